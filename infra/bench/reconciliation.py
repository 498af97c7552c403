"""What it takes to find 50 payments among 100,000 that nobody told us the truth of.

The production sweep goes through an account made as it is read (account.py): each request to the
provider and each item asked of the table is counted. What one item costs is measured: a hundred
payments are written and read by the real adapter, and metered. Memory is Python's own, traced in
this process; what differs is then repaired by the inbox worker, as after a webhook.
"""

import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from infra.bench.account import PRICE, Account, Ours, Provider
from infra.bench.stage import Stage, ready
from infra.local.settings import Keys
from shared import bootstrap
from shared.application.ports import Payments
from shared.application.provider_events import keep
from shared.application.reconciliation import PAGE, Reconciliation
from shared.application.store import Cause, Store
from shared.domain.card import Card
from shared.domain.payment.commands import Capture, Credit
from shared.domain.payment.events import PaymentOpened, Purpose
from shared.domain.policy import CURRENT

PAYMENTS, DIFFER = 100_000, 50
_TENTH = PAYMENTS // 10
_NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
_MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Measured:
    """One sweep of a month that nobody had looked at.

    Args:
        ours: what was asked of the table.
        requests: pages asked of the provider, by list.
        peak: bytes of Python's memory at most.
    """

    ours: Ours
    requests: dict[str, int]
    peak: int


class _Now:
    def now(self) -> datetime:
        """The moment of the sweep."""
        return _NOW


def sweep(payments: int, differ: int) -> Measured:
    """Sweep an account of so many payments in the last month.

    Raises:
        RuntimeError: a net failed, or did not come to its end.
    """
    account = Account(payments, differ, _NOW - _MONTH, _NOW - timedelta(minutes=5))
    provider, ours = Provider(account), Ours(account)
    room = Reconciliation(cast(Store, ours), _Now(), cast(Payments, provider))
    tracemalloc.start()
    try:
        swept = room.sweep(lambda: True)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    for net, brought in swept.items():
        if brought.failure is not None or brought.behind:
            raise RuntimeError(f"{net} did not come to its end") from brought.failure
    return Measured(ours, provider.requests, peak)


def measure(keys: Keys, work: Path) -> dict[str, Any]:
    """The whole chapter of the report.

    Args:
        work: a folder for the clock of the functions.
    """
    few, many = sweep(_TENTH, DIFFER), sweep(PAYMENTS, DIFFER)
    with ready(keys, work, _NOW.timestamp()) as stage:
        each = _costs(stage)
    ours = many.ours
    asked = {
        "payment_head": ours.heads,
        "inbox_message": ours.messages,
        "watermark": ours.marks,
    }
    stored = {"inbox_message": ours.received, "watermark": ours.noted}
    return {
        "story": f"{PAYMENTS} payments of 30 days of which {DIFFER} differ, nothing swept before: "
        "the feed of events, charges at two ages, refunds and disputes at four",
        "payments": PAYMENTS,
        "differ": DIFFER,
        "found": len(ours.found),
        "provider_requests": many.requests,
        "requests": sum(many.requests.values()),
        "items_read": asked,
        "items_written": stored,
        "read_unit": sum(n * each[f"read {name}"] for name, n in asked.items()),
        "write_unit": sum(n * each[f"write {name}"] for name, n in stored.items()),
        "units_of_one": each,
        "peak_memory_kb": round(many.peak / 1024),
        "memory_ratio": round(many.peak / few.peak, 2),
        "not_counted": "the repair of what was found, which costs what a webhook's work costs",
    }


# --- what one item costs --------------------------------------------------------------------------


def _costs(stage: Stage) -> dict[str, float]:
    """Units of one item each: of a full page by the real adapter, divided by its items."""
    names = [f"pi_{number:024d}" for number in range(PAGE)]
    for name in names:
        _pay(name)
    store = bootstrap.store()
    messages = [f"evt_{number:024d}" for number in range(PAGE)]
    kept = _units(
        stage,
        lambda: [
            keep(store, message, "payment_intent.succeeded", name, _NOW)
            for message, name in zip(messages, names, strict=True)
        ],
    )
    noted = _units(stage, lambda: store.note_swept("stripe_events", _NOW))
    return {
        "read payment_head": _units(stage, lambda: store.payment_summaries(names))[0] / PAGE,
        "read inbox_message": _units(stage, lambda: store.known("stripe", messages))[0] / PAGE,
        "read watermark": _units(stage, lambda: store.swept_until("stripe_events"))[0],
        "write inbox_message": kept[1] / PAGE,
        "write watermark": noted[1],
    }


def _units(stage: Stage, ask: Callable[[], object]) -> tuple[float, int]:
    """Read units and write units of what is asked.

    Raises:
        RuntimeError: nothing was recorded: it was asked over a connection of somebody else.
    """
    stage.wire.take()
    ask()
    consumed = [each.consumed for each in stage.wire.take() if each.consumed is not None]
    if not consumed:
        raise RuntimeError("nothing that was asked of the table was recorded")
    return sum(c.read_units for c in consumed), sum(c.write_units for c in consumed)


def _pay(payment_id: str) -> None:
    """A payment as a card brings it, with all its head may carry before a refund."""
    opened = PaymentOpened(
        payment_id=payment_id,
        purpose=Purpose.TOP_UP,
        customer_id="0f8b6f0e-1c1d-4c3a-9a55-2f6f0a7c1e01",
        booking_id=None,
        due=PRICE,
        checkout=None,
        language="en",
        policy_version=CURRENT.version,
    )
    card = Card("visa", "4242", "0123456789abcdef")
    capture = Capture(PRICE, payment_id.replace("pi_", "ch_"), card, _NOW)
    cause = Cause("Capture", "payment provider", {"payment_intent": payment_id})
    bootstrap.payment_records().open(opened, (capture, Credit(late=False)), cause, None)
