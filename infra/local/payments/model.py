"""One merchant's account as Stripe keeps it: its objects, its balance, its events and its time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush

from infra.local.payments import charge_objects, objects
from infra.local.payments.cards import Card
from infra.local.payments.errors import no_such
from infra.local.payments.faults import Faults
from infra.local.payments.objects import Json
from infra.local.payments.shelf import Shelf
from infra.local.payments.webhooks import Outbox

# docs.stripe.com/api/events: "we guarantee access to events through the Retrieve Event API only
# for 30 days".
EVENTS_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Cause:
    """The request an event goes back to; both None where time or somebody else brought it."""

    request_id: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class _Due:
    at: datetime
    number: int
    action: Callable[[datetime], None] = field(compare=False)


class PaymentsModel:
    """What all parts of the account share; what is done to it stands in the modules beside.

    Time comes in as an argument and never goes back, ids come from outside, and every document
    returned is the model's own: callers that keep one copy it.

    Args:
        ids: a fresh identifier for a prefix such as "pi".
        faults: what is ordered to go wrong with webhooks.
    """

    def __init__(self, ids: Callable[[str], str], faults: Faults) -> None:
        self.new_id = ids
        self.cards: dict[str, Card] = {}
        self.intents = Shelf("customer")
        self.methods = Shelf()
        self.customers = Shelf()
        self.charges = Shelf("payment_intent", "customer")
        self.refunds = Shelf("payment_intent", "charge")
        self.disputes = Shelf("payment_intent", "charge")
        self.transactions = Shelf("source")
        self.events = Shelf()
        self._shelves = {
            "payment_intent": self.intents,
            "payment_method": self.methods,
            "customer": self.customers,
            "charge": self.charges,
            "refund": self.refunds,
            "dispute": self.disputes,
            "balance_transaction": self.transactions,
        }
        self.snapshots: dict[str, list[tuple[int, Json]]] = {}
        self.outbox = Outbox(faults)
        self._agenda: list[_Due] = []
        self._planned = 0

    def find(self, kind: str, identifier: str, param: str = "id") -> Json:
        """Look an object up by the name of its kind ("charge") and its id.

        Raises:
            ApiError: 404, naming the parameter the id came in.
        """
        found = self._shelves[kind].get(identifier)
        if found is None:
            raise no_such(kind, identifier, param)
        return found

    # --- money --------------------------------------------------------------------------------

    def move(
        self, kind: str, category: str, source: Json, amount: int, now: datetime, fee: int = 0
    ) -> Json:
        """Put money into the balance, or take it out where the amount is negative.

        Taking cards costs this account nothing, so that gross lists and the balance agree; only
        disputes have a fee.
        """
        moved = charge_objects.balance_transaction(
            self.new_id("txn"), kind, category, source, amount, fee, now
        )
        self.transactions.add(moved)
        return moved

    # --- time ---------------------------------------------------------------------------------

    def later(self, at: datetime, action: Callable[[datetime], None]) -> None:
        """Do something when its time has come."""
        self._planned += 1
        heappush(self._agenda, _Due(at, self._planned, action))

    def settle(self, now: datetime) -> None:
        """Bring about what was due by now, each at its own time; goes before all that is done."""
        while self._agenda and self._agenda[0].at <= now:
            due = heappop(self._agenda)
            due.action(due.at)

    def expecting(self) -> bool:
        """Whether time alone will change something."""
        return bool(self._agenda or self.outbox.waiting)

    # --- events -------------------------------------------------------------------------------

    def oldest_event(self, now: datetime) -> int:
        """From when on the feed can still be read: seconds since 1970."""
        return objects.seconds(now - EVENTS_KEPT)

    def note_delivery(self, event_id: str) -> None:
        """Let an event say how many endpoints have not taken it yet."""
        self.events[event_id]["pending_webhooks"] = int(self.outbox.is_waiting(event_id))

    def emit(self, kind: str, subject: Json, cause: Cause, now: datetime) -> None:
        """Tell of what has just happened to an object."""
        snapshot = self.remember(subject, now)
        event = objects.event(
            self.new_id("evt"), kind, snapshot, cause.request_id, cause.idempotency_key, now
        )
        self.events.add(event)
        self.outbox.add(event["id"], now)

    def remember(self, subject: Json, now: datetime) -> Json:
        """Keep, for the search, what an object looks like from now on; returns the copy."""
        snapshot = subject.copy()
        self.snapshots.setdefault(subject["id"], []).append((objects.seconds(now), snapshot))
        return snapshot
