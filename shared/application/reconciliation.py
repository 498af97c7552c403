"""What the payment provider knows and nobody told us (S2.5): found without any webhook.

Two of three nets stand here: the provider's feed of events, and its lists of charges, refunds and
disputes. The third are the duties of our own objects that are not final. What is found is kept as
if a webhook had brought it, so that the inbox works it, repeats it and raises the alarm about it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from shared.application import provider_events, provider_lists
from shared.application.ports import (
    Clock,
    Payments,
    ProviderCharge,
    ProviderDispute,
    ProviderEvent,
    ProviderRefund,
)
from shared.application.provider_lists import Missed, Summaries, payment_of
from shared.application.store import Store
from shared.domain.policy import CURRENT

# Both the provider's pages and the store's batches hold as many.
PAGE = 100
# A slice of time is read whole before the watermark moves. It grows while it holds few objects, so
# that a quiet month is few requests, and shrinks where it holds many, so that each is soon done.
_SLICE = timedelta(minutes=10)
_NARROWEST = timedelta(minutes=1)
_FEW, _MANY = 10 * PAGE, 20 * PAGE

_REACH = timedelta(seconds=CURRENT.reconcile_reach)
_OVERLAP = timedelta(seconds=CURRENT.reconcile_overlap)
_EVERY = timedelta(seconds=CURRENT.reconcile_every)

GoOn = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Swept:
    """What one net brought.

    Args:
        seen: objects that the provider showed.
        new: what nobody had told us of: events, or differences.
        requests: pages that were read.
        behind: seconds that are still to be swept.
        failure: what stopped it, where anything did.
    """

    seen: int
    new: int
    requests: int
    behind: int
    failure: Exception | None


@dataclass(frozen=True, slots=True)
class _Net[T]:
    """One list of the provider, swept by the time its objects were created.

    Args:
        name: of its watermark.
        until: how far it is read now, UTC.
        every: it is left alone until so much more has come.
        oldest: what is older cannot be read, UTC; None where everything can.
        read: objects created in [since, until], page after page.
        keep: stores what is new of at most a page of them, and says how much that was.
    """

    name: str
    until: datetime
    every: timedelta
    oldest: datetime | None
    read: Callable[[datetime, datetime], Iterator[T]]
    keep: Callable[[Sequence[T]], int]


class Reconciliation:
    """Looks at the provider instead of waiting for it to speak.

    Args:
        store: the table.
        clock: business time.
        provider: who takes the money.
    """

    def __init__(self, store: Store, clock: Clock, provider: Payments) -> None:
        self._store = store
        self._clock = clock
        self._provider = provider

    def sweep(self, go_on: GoOn) -> dict[str, Swept]:
        """Sweep every net that is due, the one furthest behind first.

        A net that fails does not keep the others from being swept. What was not finished is swept
        again from its watermark; two sweeps at once do each other no harm.

        Args:
            go_on: asked before each page; False ends the sweep where it stands.

        Returns:
            What each net brought, by its name.
        """
        due: list[tuple[timedelta, _Net[Any], datetime]] = []
        for net in self._nets(self._clock.now()):
            mark = self._store.swept_until(net.name) or net.until - _REACH
            if net.until - mark >= net.every:
                due.append((net.until - mark, net, mark))
        due.sort(key=lambda each: each[0], reverse=True)
        return {net.name: self._swept(net, mark, go_on) for _, net, mark in due}

    # --- the nets --------------------------------------------------------------------------------

    def _nets(self, now: datetime) -> Iterator[_Net[Any]]:
        none = timedelta(0)
        yield _Net("stripe_events", now, none, now - _REACH, self._events, self._keep_events)
        made = self._provider
        for age in CURRENT.reconcile_charges_at:
            yield self._list("charges", age, now, made.charges_created, provider_lists.in_charges)
        for age in CURRENT.reconcile_claims_at:
            yield self._list("refunds", age, now, made.refunds_created, provider_lists.in_refunds)
            yield self._list(
                "disputes", age, now, made.disputes_created, provider_lists.in_disputes
            )

    def _events(self, since: datetime, until: datetime) -> Iterator[ProviderEvent]:
        return self._provider.events(since, until, provider_events.WORKED)

    def _keep_events(self, batch: Sequence[ProviderEvent]) -> int:
        known = self._store.known(
            provider_events.PROVIDER, list(dict.fromkeys(event.event_id for event in batch))
        )
        fresh = [event for event in batch if event.event_id not in known]
        return sum(self._keep(event.event_id, event.kind, event.object_id) for event in fresh)

    def _list[T: (ProviderCharge, ProviderRefund, ProviderDispute)](
        self,
        what: str,
        age: int,
        now: datetime,
        read: Callable[[datetime, datetime], Iterator[T]],
        compare: Callable[[Iterable[T], Summaries], Iterator[Missed]],
    ) -> _Net[T]:
        """A list whose objects are looked at when they are of an age, in seconds."""

        def keep(batch: Sequence[T]) -> int:
            ours = self._store.payment_summaries(list(dict.fromkeys(map(payment_of, batch))))
            # The age belongs to the name: what still differs at the next one is told again.
            return sum(
                self._keep(f"{each.subject}:{each.fact}:{age}", each.kind, each.subject)
                for each in compare(batch, ours)
            )

        until = now - timedelta(seconds=age)
        return _Net(f"stripe_{what}_{age}", until, _EVERY, None, read, keep)

    def _keep(self, event_id: str, kind: str, subject: str) -> bool:
        now = self._clock.now()
        return provider_events.keep(self._store, event_id, kind, subject, now, swept=True)

    # --- sweeping --------------------------------------------------------------------------------

    def _swept[T](self, net: _Net[T], mark: datetime, go_on: GoOn) -> Swept:
        """Slice after slice from a little before the watermark, which follows each."""
        count, width = _Count(), _SLICE
        since = mark - _OVERLAP
        if net.oldest is not None:
            since = max(since, net.oldest)
        failure: Exception | None = None
        try:
            while since < net.until:
                until, before = min(since + width, net.until), count.seen
                if not _read(net, since, until, go_on, count):
                    break
                if until > mark:
                    self._store.note_swept(net.name, until)
                    mark = until
                since, width = until, _next_width(width, count.seen - before)
        except Exception as error:
            failure = error
        behind = int((net.until - mark).total_seconds())
        return Swept(count.seen, count.new, count.requests, behind, failure)


@dataclass(slots=True)
class _Count:
    seen: int = 0
    new: int = 0
    requests: int = 0


def _read[T](net: _Net[T], since: datetime, until: datetime, go_on: GoOn, count: _Count) -> bool:
    """Go through all pages of a slice; False where time was up before the last."""
    objects, more = net.read(since, until), True
    while more:
        if not go_on():
            return False
        batch = tuple(islice(objects, PAGE))
        count.requests += 1
        if batch:
            count.new += net.keep(batch)
            count.seen += len(batch)
        more = len(batch) == PAGE
    return True


def _next_width(width: timedelta, seen: int) -> timedelta:
    if seen < _FEW:
        return 2 * width
    return max(width / 2, _NARROWEST) if seen > _MANY else width
