"""Money nobody was known for comes to its owner, and four eyes see a large refund (S2.2, S2.5)."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.business_days import Calendar
from shared.domain.case.events import CaseKind
from shared.domain.errors import RuleBroken
from shared.domain.ledger import JournalEntry, trial_balance
from shared.domain.money import Money
from shared.domain.payment import commands as c
from shared.domain.payment import events as e
from shared.domain.payment.claims import RefundStatus
from shared.domain.payment.consequences import consequences
from shared.domain.payment.decide import decide
from shared.domain.payment.payment import Payment, evolve
from shared.domain.policy import CURRENT

NOW = datetime(2030, 3, 4, 12, tzinfo=UTC)
CALENDAR = Calendar("Europe/Moscow", lambda day: day.weekday() < 5)
PAID = Money(2_000_000, "rub")
ASSIGN = c.AssignCustomer("anna", "agent:ann")


def ask(payment: Payment, *commands: c.Command) -> tuple[tuple[e.Event, ...], Payment]:
    """What the last of some commands leads to."""
    events: tuple[e.Event, ...] = ()
    for command in commands:
        events, payment = decide(payment, command, NOW, CURRENT, CALENDAR)
    return events, payment


def unknown() -> Payment:
    """A captured payment of nobody we know."""
    opened = e.PaymentOpened(
        "pi_1", e.Purpose.UNKNOWN, None, None, PAID, None, "en", CURRENT.version
    )
    _, payment = ask(evolve(None, opened, NOW), c.Capture(PAID, "ch_1", None, NOW))
    return payment


def test_assigned_money_stands_on_the_balance_and_may_go_back_for_ever() -> None:  # S2.5
    payment = unknown()
    events, after = ask(payment, ASSIGN)
    assert after.customer_id == "anna"
    assert after.unallocated == 0
    credited = next(event for event in events if isinstance(event, e.PaymentCredited))
    assert (credited.lot.paid, credited.lot.payment_id) == (PAID, "pi_1")
    assert credited.lot.our_fault
    assert [event.letter for event in events if isinstance(event, e.LetterDue)] == ["receipt"]
    steps, state = [], payment
    for event in events:
        state = evolve(state, event, NOW)
        steps.append((event, state))
    follows = consequences(payment, steps)
    entry = JournalEntry("pi_1-2", NOW, "pi_1", "AssignCustomer", follows.postings)
    assert not any(trial_balance([entry]).values())
    assert [p.account for p in follows.postings] == ["payment:pi_1", "balance:anna"]


def test_assigning_twice_is_assigning_once_and_nobody_else_gets_it() -> None:  # S3.13
    _, after = ask(unknown(), ASSIGN)
    assert ask(after, ASSIGN) == ((), after)
    with pytest.raises(RuleBroken, match="payment_has_owner"):
        ask(after, c.AssignCustomer("dora", "agent:ann"))


def test_a_payment_nobody_made_yet_or_that_a_bank_asks_about_is_not_assigned() -> None:  # S2.7
    opened = e.PaymentOpened("pi_1", e.Purpose.UNKNOWN, None, None, PAID, None, "en", 1)
    with pytest.raises(RuleBroken, match="payment_not_captured"):
        ask(evolve(None, opened, NOW), ASSIGN)
    claim = c.NoteDispute("du_1", PAID, True, "fraudulent", None, (), ())
    with pytest.raises(RuleBroken, match="payment_disputed"):
        ask(unknown(), claim, ASSIGN)


def test_who_asked_for_a_large_refund_cannot_approve_it_but_may_take_it_back() -> None:  # S2.2
    request = c.RequestRefund("r1", PAID, e.RefundReason.CHANGE_OF_MIND, "agent:ann")
    events, waiting = ask(unknown(), request)
    needed = next(event for event in events if isinstance(event, e.CaseNeeded))
    assert needed.kind is CaseKind.REFUND_APPROVAL
    assert needed.deadline == NOW + timedelta(seconds=CURRENT.payment_check)
    with pytest.raises(RuleBroken, match="four_eyes"):
        ask(waiting, c.ApproveRefund("r1", "agent:ann"))
    _, approved = ask(waiting, c.ApproveRefund("r1", "agent:max"))
    assert approved.refunds[0].status is RefundStatus.REQUESTED
    _, denied = ask(waiting, c.DenyRefund("r1", "agent:ann"))
    assert denied.refunds[0].status is RefundStatus.DENIED
