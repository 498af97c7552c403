"""A refund has three business days to reach the provider, and ten to settle (S2.2)."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.case.events import CaseKind
from shared.domain.letters.payment_letters import PaymentLetter
from shared.domain.payment import commands as c
from shared.domain.payment import events as e
from shared.domain.policy import CURRENT
from tests.unit.domain.payment.play import (
    AGENT,
    DAY,
    MANAGER,
    MONDAY,
    PaymentPlay,
    nobodys,
    rub,
    top_up,
    unused,
)

# The end of Thursday in Moscow; Monday itself is not counted.
THURSDAY_NIGHT = datetime(2026, 3, 5, 20, 59, 59, tzinfo=UTC)
# The end of the Monday after next: two week-ends are not counted.
SECOND_MONDAY_NIGHT = datetime(2026, 3, 16, 20, 59, 59, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def stages(play: PaymentPlay) -> list[e.Stage]:
    return [event.stage for event in play.of(e.RefundOverdue)]


def test_both_deadlines_are_counted_in_business_days_where_the_tenant_lives() -> None:
    # S2.2
    refund = unused().ask()
    assert (refund.initiate_by, refund.settle_by) == (THURSDAY_NIGHT, SECOND_MONDAY_NIGHT)


def test_a_refund_the_provider_has_not_taken_by_the_first_deadline_becomes_a_case() -> None:
    # S2.2
    play = unused()
    play.ask()
    play.until(THURSDAY_NIGHT - SECOND)
    assert stages(play) == []
    play.until(THURSDAY_NIGHT)
    assert stages(play) == [e.Stage.INITIATE]
    (needed,) = play.of(e.CaseNeeded)
    assert (needed.effect_id, needed.kind) == ("case-overdue-initiate-r1", CaseKind.REFUND_OVERDUE)
    assert needed.deadline == THURSDAY_NIGHT + timedelta(seconds=CURRENT.payment_check)


def test_a_refund_that_is_late_twice_is_two_cases_and_one_letter() -> None:
    # S2.2
    play = unused()
    play.ask()
    play.until(SECOND_MONDAY_NIGHT + DAY)
    assert stages(play) == [e.Stage.INITIATE, e.Stage.SETTLE]
    assert play.cases() == ["case-overdue-initiate-r1", "case-overdue-settle-r1"]
    assert play.letters().count(PaymentLetter.REFUND_DELAYED) == 1


def test_a_refund_the_provider_is_on_must_settle_by_the_second_deadline() -> None:
    # S2.2
    play = unused()
    play.ask()
    play.do(c.NoteRefund("r1", "re_1", settled=False))
    play.until(SECOND_MONDAY_NIGHT - SECOND)
    assert stages(play) == []
    play.until(SECOND_MONDAY_NIGHT)
    assert stages(play) == [e.Stage.SETTLE]
    assert play.letters()[-1] is PaymentLetter.REFUND_DELAYED


def test_a_settled_refund_is_never_late() -> None:
    # S2.2
    play = unused()
    play.ask()
    play.settled()
    play.until(MONDAY + 60 * DAY)
    assert stages(play) == []


def test_a_refund_that_stays_with_a_manager_is_late_like_any_other() -> None:
    # S2.2: whoever keeps it waiting
    play = top_up(5_000_000)
    play.ask(by=AGENT)
    play.until(THURSDAY_NIGHT)
    assert stages(play) == [e.Stage.INITIATE]
    play.do(c.DenyRefund("r1", MANAGER))
    play.until(MONDAY + 60 * DAY)
    assert stages(play) == [e.Stage.INITIATE]


@pytest.mark.parametrize("settled", [True, False])
def test_a_refund_that_came_back_is_not_late_any_more(settled: bool) -> None:
    # S2.2
    play = unused()
    play.ask()
    if settled:
        play.settled()
    play.do(c.NoteRefundRefused("r1", "expired_or_canceled_card"))
    play.until(MONDAY + 60 * DAY)
    assert stages(play) == []


def test_nobodys_late_refund_is_a_case_and_no_letter() -> None:
    # S2.2
    play = nobodys()
    play.do(c.RequestRefund("r1", rub(150_000), e.RefundReason.OUR_FAULT, "system"))
    play.until(THURSDAY_NIGHT)
    assert play.cases()[-1] == "case-overdue-initiate-r1"
    assert play.letters() == []


def test_each_refund_has_deadlines_and_letters_of_its_own() -> None:
    # S2.2
    play = unused()
    play.ask(rub(50_000))
    play.now += DAY
    play.ask(rub(50_000), refund_id="r2")
    play.until(THURSDAY_NIGHT + DAY)
    assert play.cases() == ["case-overdue-initiate-r1", "case-overdue-initiate-r2"]
    delayed = [x.about for x in play.of(e.LetterDue) if x.letter is PaymentLetter.REFUND_DELAYED]
    assert delayed == ["r1", "r2"]


def test_an_outage_of_ours_makes_one_case_of_each_deadline_not_many() -> None:
    # S2.2, S4.2
    play = unused()
    play.ask()
    play.now = SECOND_MONDAY_NIGHT + 5 * DAY
    play.do(c.Tick())
    assert stages(play) == [e.Stage.INITIATE, e.Stage.SETTLE]
    assert play.do(c.Tick()) == ()
