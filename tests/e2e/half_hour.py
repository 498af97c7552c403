"""Half an hour of business time, played once: what waits is waited for together.

A slot that nobody pays, a payment whose webhooks are all lost, and a session whose line drops; the
hold of both slots ends when the session begins. The tests look at what came of it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import requests

from shared.domain.slots import QUARTER, quarter_of
from tests.e2e.customer import Customer, Json
from tests.e2e.local_stack import OPERATOR_PHONE, LocalStack
from tests.e2e.payment_double import webhooks

MINUTES = 5
DROPS_AFTER, CALLS_BACK_AFTER, ENDS_AFTER = 60, 15, 30  # seconds
_PICKS_UP = [{"do": "answer", "after": 4}, {"do": "press", "keys": "1", "after": 2}]
_ENDS_BY_KEY = [
    {"do": "press", "keys": "1", "after": 2},
    {"do": "star", "after": ENDS_AFTER},
    {"do": "press", "keys": "9", "after": 2},
]


@dataclass(frozen=True, slots=True)
class HalfHour:
    """What took part in it: numbers of bookings, and where the holds stood.

    Args:
        unpaid: Anna's booking that nobody paid; its slot, the end of its hold, and its checkout.
        lost: Boris's booking that was paid while webhooks were lost; its slot.
        session: Anna's session.
    """

    unpaid: str
    unpaid_at: datetime
    unpaid_until: datetime
    unpaid_checkout: Json
    lost: str
    lost_at: datetime
    session: str


def play(stack: LocalStack, anna: Customer, boris: Customer) -> HalfHour:
    """Play it, from a full quarter of an hour to the end of the session in the next one."""
    # Every timer that falls due slows business time down, also those of other tests.
    anna.cancel_what_is_held()
    boris.cancel_what_is_held()
    begin = quarter_of(stack.now()) + QUARTER
    stack.offer("operator", begin + QUARTER, begin + 2 * QUARTER)
    _teach(stack, anna)
    stack.run_to(begin)
    unpaid_at, lost_at = stack.free_quarter(), stack.free_quarter()
    unpaid = anna.book(unpaid_at)
    lost = boris.book(lost_at)
    for held in (unpaid, lost):
        until, since = (datetime.fromisoformat(held[at]) for at in ("hold_until", "created_at"))
        assert until - since == timedelta(minutes=15)  # P: payment_hold
    unpaid_checkout = anna.start_payment(unpaid["id"])
    lost_checkout = boris.start_payment(lost["id"])
    with webhooks(stack, "drop"):
        assert boris.confirm(lost_checkout).ok
    session = anna.book(begin + QUARTER, MINUTES)["id"]
    anna.pay(session)
    assert boris.booking(lost["id"])["status"] == "held"
    with stack.in_a_hurry():
        anna.wait_until(session, lambda found: found["status"] == "completed", seconds=300)
    return HalfHour(
        unpaid=unpaid["id"],
        unpaid_at=unpaid_at,
        unpaid_until=datetime.fromisoformat(unpaid["hold_until"]),
        unpaid_checkout=unpaid_checkout,
        lost=lost["id"],
        lost_at=lost_at,
        session=session,
    )


def _teach(stack: LocalStack, anna: Customer) -> None:
    """The operator picks up; the customer loses the line, calls back, and ends by key."""
    drops = {"do": "drop", "after": DROPS_AFTER}
    calls_back = {"do": "call_back", "after": CALLS_BACK_AFTER, "steps": _ENDS_BY_KEY}
    people = {
        OPERATOR_PHONE: {"calls": [_PICKS_UP]},
        anna.phone: {"calls": [[*_PICKS_UP, drops, calls_back]]},
    }
    answer = requests.post(f"{stack.exchange}/_control/people", json=people, timeout=10)
    answer.raise_for_status()
