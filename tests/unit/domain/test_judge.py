"""The judge: the full matrix of causes, from call legs, readiness and the order (S1.10)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain import commands as c
from shared.domain import events as e
from shared.domain.booking import Booking, Status, evolve
from shared.domain.lots import Holding, Source
from shared.domain.mishap.incident import Cause, Incident, Mishap
from shared.domain.mishap.judge import BUSY_BEFORE, Verdict, judge
from shared.domain.policy import CURRENT
from shared.domain.session.legs import Leg, Mark, Motion, Route, Side
from shared.domain.session.session import Session
from shared.domain.slots import NextBooking
from tests.unit.domain.play import START, TARIFF, Play, held

DROP = START + timedelta(minutes=12)
END = START + timedelta(minutes=15)

# What is known of an attempt: (placed at the provider, final status, key pressed).
ATTEMPTS = {
    "rang": (True, "no-answer", False),
    "busy": (True, "busy", False),
    "machine": (True, "completed", False),
    "came": (True, "completed", True),
    "nowhere": (True, "failed", False),
    "invalid": (False, "21211", False),
    "before": (False, BUSY_BEFORE, False),
    "refused": (False, "20429", False),
    "unplaced": (False, None, False),
    "silent": (True, None, False),
}


def legs(side: Side, attempts: str) -> tuple[Leg, ...]:
    """Attempts of a side after the drop, by name; "in" before a name is the party's own call."""
    made = []
    for n, name in enumerate(attempts.split()):
        placed, outcome, key = ATTEMPTS[name.removeprefix("in-")]
        leg = Leg(
            f"{side}-{n}",
            side,
            str(side),
            Route.INBOUND if name.startswith("in-") else Route.MAIN,
            "phone",
            DROP + timedelta(seconds=n),
            call_id=f"CA{n}" if placed else None,
            confirmed_at=DROP if key else None,
            ended_at=END if outcome else None,
            outcome=outcome,
        )
        made.append(leg)
    return tuple(made)


def booking(ready: bool | None = None, delay: int = 0) -> Booking:
    return replace(evolve(None, held(), START), ready=ready, delay=delay)


def ended(reason: e.EndReason, mishap: Mishap, *attempts: Leg) -> Session:
    """A session that ended in trouble before anybody was joined."""
    return Session(
        START, attempts, incidents=(Incident(START, (mishap,)),), reason=reason, ending_at=END
    )


def verdict(state: Booking, session: Session) -> Verdict:
    found = judge(state, session, END)
    assert found is not None
    return found


# --- nobody was joined: the matrix ----------------------------------------------------------------

# The operator's attempts against his word: not asked or silent, yes, no.
OPERATOR = [
    # attempts               no answer            yes                  no
    ("rang rang",           "operator",          "operator",          "operator"),
    ("busy",                "operator",          "operator",          "operator"),
    ("machine",             "operator",          "operator",          "operator"),
    ("came",                "operator",          "operator",          "operator"),
    ("nowhere nowhere",     "operator",          "operator",          "operator"),
    ("rang refused",        "operator",          "operator",          "operator"),
    ("before before",       "previous_session",  "previous_session",  "previous_session"),
    ("before rang",         "previous_session",  "previous_session",  "previous_session"),
    ("before refused",      "previous_session",  "previous_session",  "previous_session"),
    ("refused refused",     "ours",              "ours",              "operator"),
    ("unplaced",            "ours",              "ours",              "operator"),
    ("silent refused",      "ours",              "ours",              "operator"),
    ("silent silent",       "unknown",           "unknown",           "operator"),
    ("",                    "unknown",           "unknown",           "operator"),
]  # fmt: skip


@pytest.mark.parametrize("delay", [0, 600])
@pytest.mark.parametrize(("attempts", *("silent", "yes", "no")), OPERATOR)
def test_an_operator_who_did_not_come(
    attempts: str, silent: str, yes: str, no: str, delay: int
) -> None:
    # S1.9, S1.10
    absent = ended(
        e.EndReason.OPERATOR_ABSENT, Mishap.OPERATOR_ABSENT, *legs(Side.OPERATOR, attempts)
    )
    for ready, cause in ((None, silent), (True, yes), (False, no)):
        found = verdict(booking(ready, delay), absent)
        assert (found.cause, found.mishaps) == (Cause(cause), (Mishap.OPERATOR_ABSENT,))
        assert len(found.evidence) == 3
        # he waits from the booked time on, told of a delay or not
        assert found.facts.wait == 15 * 60


CUSTOMER = [
    ("rang rang rang rang",      "customer_silent"),
    ("busy",                     "customer_silent"),
    ("machine machine",          "customer_silent"),
    ("nowhere rang",             "customer_silent"),   # his other number rings
    ("rang rang refused",        "customer_silent"),
    ("rang rang silent",         "customer_silent"),
    ("rang refused",             "unknown"),
    ("rang silent silent",       "unknown"),
    ("nowhere nowhere",          "wrong_number"),
    ("nowhere nowhere refused",  "wrong_number"),
    ("invalid invalid",          "wrong_number"),      # not even tried
    ("nowhere silent",           "unknown"),
    ("nowhere refused",          "ours"),
    ("refused refused",          "ours"),
    ("unplaced silent",          "ours"),
    ("silent silent",            "unknown"),
    ("in-came",                  "unknown"),           # his own call tells nothing of ours
    ("",                         "unknown"),
]  # fmt: skip


@pytest.mark.parametrize("ready", [None, True, False])
@pytest.mark.parametrize("delay", [0, 600])
@pytest.mark.parametrize(("attempts", "cause"), CUSTOMER)
def test_a_customer_who_was_not_there(
    attempts: str, cause: str, delay: int, ready: bool | None
) -> None:
    # S1.4b, S1.10: whatever the operator had said, who came
    absent = ended(
        e.EndReason.CUSTOMER_ABSENT,
        Mishap.CUSTOMER_ABSENT,
        *legs(Side.OPERATOR, "came"),
        *legs(Side.CUSTOMER, attempts),
    )
    found = verdict(booking(ready, delay), absent)
    assert (found.cause, found.mishaps) == (Cause(cause), (Mishap.CUSTOMER_ABSENT,))


def test_a_start_that_we_missed_is_ours_whatever_else_is_known() -> None:  # S1.10
    for ready in (None, True, False):
        missed = ended(e.EndReason.START_MISSED, Mishap.START_MISSED)
        assert verdict(booking(ready), missed).cause is Cause.OURS


# --- the line dropped and was not restored: the matrix --------------------------------------------

BOTH = (Side.CUSTOMER, Side.OPERATOR)
DROPPED = [
    # missing                 operator's       customer's         cause
    ((Side.CUSTOMER,),        "",              "rang rang",       "nobody"),
    ((Side.CUSTOMER,),        "",              "nowhere",         "nobody"),
    ((Side.CUSTOMER,),        "",              "rang refused",    "unknown"),
    ((Side.CUSTOMER,),        "",              "silent",          "unknown"),
    ((Side.CUSTOMER,),        "",              "",                "unknown"),
    ((Side.CUSTOMER,),        "",              "refused refused", "ours"),
    ((Side.OPERATOR,),        "rang rang",     "",                "operator"),
    ((Side.OPERATOR,),        "nowhere",       "",                "operator"),
    ((Side.OPERATOR,),        "rang refused",  "",                "operator"),
    ((Side.OPERATOR,),        "silent",        "",                "operator"),
    ((Side.OPERATOR,),        "",              "",                "operator"),
    ((Side.OPERATOR,),        "refused",       "",                "ours"),
    (BOTH,                    "rang",          "rang",            "unknown"),
    (BOTH,                    "refused",       "refused",         "unknown"),
    ((),                      "came",          "came",            "unknown"),
]  # fmt: skip


def dropped(
    missing: tuple[Side, ...], *attempts: Leg, mishaps: tuple[Mishap, ...] = (Mishap.DROPPED,)
) -> Session:
    """A session that ended in a gap of three minutes, in which both had been lost for a time."""
    before = replace(legs(Side.CUSTOMER, "refused")[0], requested_at=START)
    return Session(
        START,
        (before, *attempts),
        joined=True,
        dropped_at=DROP,
        lost=BOTH,
        incidents=(Incident(DROP, mishaps),),
        reason=e.EndReason.NOT_RESTORED,
        ending_at=END,
        missing=missing,
    )


@pytest.mark.parametrize(("missing", "operator", "customer", "cause"), DROPPED)
def test_a_line_that_was_not_restored(
    missing: tuple[Side, ...], operator: str, customer: str, cause: str
) -> None:
    # S1.7, S1.10; attempts before the drop tell nothing
    gone = dropped(missing, *legs(Side.OPERATOR, operator), *legs(Side.CUSTOMER, customer))
    found = verdict(booking(), gone)
    assert found.cause is Cause(cause)
    assert (found.facts.wait, found.facts.restored) == (180, False)


def test_who_was_taken_off_a_bad_line_and_not_brought_back_is_not_at_fault() -> None:
    # S1.8, S1.15
    mishaps = (Mishap.BAD_LINE, Mishap.DROPPED)
    gone = dropped((Side.CUSTOMER,), *legs(Side.CUSTOMER, "rang rang"), mishaps=mishaps)
    renewed = replace(gone, renewed=e.LineRenewed(DROP, backup=False))
    assert verdict(booking(), gone).cause is Cause.NOBODY
    assert verdict(booking(), renewed).cause is Cause.UNKNOWN


def test_the_matrix_reaches_every_cause() -> None:  # S1.10
    rows = [cause for row in OPERATOR for cause in row[1:]]
    rows += [row[-1] for row in CUSTOMER] + [str(row[-1]) for row in DROPPED]
    assert {Cause(cause) for cause in rows} == set(Cause)


# --- how it ended ---------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", e.EndReason)
def test_only_who_was_kept_from_his_minutes_is_judged(reason: e.EndReason) -> None:
    # S1.15: the same line, the customer not back, by how the session ended
    gone = replace(dropped((Side.CUSTOMER,), *legs(Side.CUSTOMER, "rang")), reason=reason)
    as_it_should = {
        *(e.EndReason.CUSTOMER_ENDED, e.EndReason.MINUTES_USED, e.EndReason.NEXT_BOOKING),
        *(e.EndReason.HOLD_LIMIT, e.EndReason.CALLBACK_PROMISED),
    }
    assert (judge(booking(), gone, END) is None) == (reason in as_it_should)
    well = replace(gone, incidents=())
    assert judge(booking(), well, END) is None


@pytest.mark.parametrize("reason", [e.EndReason.CUSTOMER_ENDED, e.EndReason.NEXT_BOOKING])
def test_whose_session_ends_while_the_operator_is_gone_was_kept_from_going_on(
    reason: e.EndReason,
) -> None:
    # S1.7: he ended it himself, or the next customer could not wait any more
    for missing, judged in (((Side.OPERATOR,), True), (BOTH, True), ((Side.CUSTOMER,), False)):
        gone = replace(dropped(missing), reason=reason)
        assert (judge(booking(), gone, END) is not None) is judged


@pytest.mark.parametrize(("minutes", "judged"), [(0.2, False), (9, True)])
def test_who_gives_up_waiting_for_an_operator_who_does_not_come_is_made_good(
    minutes: float, judged: bool
) -> None:
    # S1.9, S1.15: he called in and waited; at first nothing is wrong yet
    play = started()
    play.do(c.TakeCall("CA-in", "main"))
    play.do(c.ConfirmLeg("in-CA-in"))
    end = START + timedelta(minutes=minutes)
    while play.now < end:
        if play.ringing(Side.OPERATOR):
            play.no_answer(Side.OPERATOR)
        play.until(min(end, play.now + timedelta(seconds=5)))
    play.do(c.EndSession("key", "in-CA-in"))
    play.hang_up_all()
    assert [verdict.cause for verdict in play.of(e.IncidentJudged)] == [Cause.OPERATOR] * judged
    assert [offer.choices for offer in play.of(e.OfferMade)] == [
        (e.Choice.CALL_NOW, e.Choice.NEW_TIME, e.Choice.REFUND)
    ] * judged


# --- played from the start to the settlement ------------------------------------------------------


def judged(play: Play) -> e.IncidentJudged:
    (found,) = play.of(e.IncidentJudged)
    return found


def nobody_answers(play: Play, side: Side, outcome: str = "no-answer") -> Play:
    """A side is rung in vain until the session ends."""
    while play.booking.status is Status.LIVE:
        if play.ringing(side):
            play.until(play.now + timedelta(seconds=20))
        if play.ringing(side):
            play.no_answer(side, outcome)
        play.until(play.now + timedelta(seconds=5))
    if play.booking.status is Status.ENDING:
        play.hang_up_all()
    return play


def started(play: Play | None = None) -> Play:
    play = play or Play().scheduled()
    play.until(START)
    return play


@pytest.mark.parametrize(
    ("outcome", "cause"),
    [("no-answer", Cause.OPERATOR), (BUSY_BEFORE, Cause.PREVIOUS_SESSION), ("gone", Cause.OURS)],
)
def test_played_an_operator_who_stays_away_is_made_good(outcome: str, cause: Cause) -> None:
    # S1.10: ten minutes, three choices
    play = nobody_answers(started(), Side.OPERATOR, outcome)
    assert (judged(play).cause, judged(play).rules) == (cause, ("S1.10", "S1.7"))
    (offer,) = play.of(e.OfferMade)
    assert offer.choices == (e.Choice.CALL_NOW, e.Choice.NEW_TIME, e.Choice.REFUND)
    assert (offer.bonus, offer.needs_number) == (CURRENT.no_show_bonus, frozenset())
    assert play.closed().returned[0].our_fault


def test_played_the_operator_who_was_there_is_not_punished_for_an_absent_customer() -> None:
    # S1.4b: his stand-by time is recorded, and nobody gets a bonus
    play = started()
    play.answer(Side.OPERATOR)
    nobody_answers(play, Side.CUSTOMER)
    assert judged(play).cause is Cause.CUSTOMER_SILENT
    assert play.closed().stand_by == (play.closed().ended_at - START).total_seconds() >= 600
    assert not play.of(e.OfferMade) and not play.of(e.BonusGranted)
    assert not play.closed().returned[0].our_fault
    assert play.closed().bill.unused == 30 * 60


def test_played_a_wrong_number_is_asked_for_and_brings_no_bonus() -> None:  # S1.10
    play = started()
    play.answer(Side.OPERATOR)
    nobody_answers(play, Side.CUSTOMER, "failed")
    assert judged(play).cause is Cause.WRONG_NUMBER
    (offer,) = play.of(e.OfferMade)
    assert offer.choices == (e.Choice.CALL_NOW, e.Choice.NEW_TIME)
    assert offer.needs_number == frozenset(offer.choices)
    assert (offer.bonus, offer.with_bonus) == (0, frozenset())
    assert play.closed().stand_by >= 600


def test_played_without_any_callback_the_unknown_is_taken_in_his_favour() -> None:  # S1.10
    play = started()
    play.answer(Side.OPERATOR)
    while play.booking.status is Status.LIVE:
        leg = play.ringing(Side.CUSTOMER)
        if leg is not None and leg.call_id is None:
            play.place(leg)
        play.until(play.now + timedelta(seconds=5))
    play.hang_up_all()
    assert judged(play).cause is Cause.UNKNOWN
    assert play.of(e.OfferMade)[0].bonus == CURRENT.no_show_bonus


def test_played_a_late_fact_changes_nothing_that_was_given() -> None:
    # S1.10, Never 5: what rang is told after the judgement
    play = nobody_answers(started(), Side.OPERATOR, "gone")
    first = play.legs(Side.OPERATOR)[0]
    assert play.do(c.EndLeg(first.leg_id, play.now, "no-answer")) == ()
    assert judged(play).cause is Cause.OURS


def test_played_a_delayed_session_counts_its_delay_as_waiting() -> None:
    # S1.10: 15 minutes where the wait passed 20
    play = Play().scheduled()
    play.until(START - timedelta(minutes=5))
    play.do(c.DelayStart(600, START))
    play.until(START + timedelta(minutes=10))
    nobody_answers(play, Side.OPERATOR, BUSY_BEFORE)
    assert judged(play).cause is Cause.PREVIOUS_SESSION
    assert (play.closed().ended_at - START).total_seconds() > CURRENT.long_wait
    assert play.of(e.OfferMade)[0].bonus == CURRENT.long_wait_bonus


def test_played_a_line_that_nobody_brought_back_in_time_gives_the_minutes_alone() -> None:
    # S1.7
    play = Play().scheduled().joined()
    play.until(START + timedelta(minutes=15))
    play.drop(Side.CUSTOMER)
    nobody_answers(play, Side.CUSTOMER)
    assert (judged(play).cause, judged(play).rules) == (Cause.NOBODY, ("S1.6", "S1.7"))
    assert not play.of(e.OfferMade)
    assert [letter.letter for letter in play.of(e.LetterDue)][-1] is e.Letter.MINUTES_RETURNED


def test_played_a_gap_in_which_we_were_down_ends_in_the_larger_bonus() -> None:
    # S1.7, S1.10: nobody was rung, and the wait passed 20 minutes
    play = Play().scheduled().joined()
    play.until(START + timedelta(minutes=15))
    play.drop(Side.CUSTOMER)
    play.now += timedelta(minutes=25)
    play.do(c.Tick())
    play.hang_up_all()
    assert judged(play).cause is Cause.UNKNOWN
    assert play.of(e.OfferMade)[0].bonus == CURRENT.long_wait_bonus


def bad_line(play: Play) -> None:
    """Every remedy for a bad line is tried in vain."""
    while True:
        (reported, *_) = play.do(c.ReportBadLine("api", None))
        assert isinstance(reported, e.BadLineReported)
        if reported.remedy is e.LineRemedy.CHOICE:
            break
        if reported.remedy is not e.LineRemedy.MOVE:
            leg = play.booking.live_session.on_the_line(Side.CUSTOMER)
            assert leg is not None
            play.do(c.MoveLeg(leg.leg_id, Mark(play.now, Motion.LEAVE, seen=False)))
            play.do(c.EndLeg(leg.leg_id, play.now, "completed"))
            while play.ringing(Side.CUSTOMER) is None:
                play.until(play.now + timedelta(seconds=5))
            play.answer(Side.CUSTOMER)
        play.until(play.now + timedelta(seconds=30))


def test_played_a_bad_line_is_not_judged_as_one_that_never_came_back() -> None:
    # S1.8: minutes and bonus, a new time, or another phone; no refund, and it was redialled
    play = Play().scheduled().joined()
    play.until(START + timedelta(minutes=2))
    bad_line(play)
    play.do(c.ChooseLine(c.LineChoice.STOP, None))
    play.hang_up_all()
    assert set(judged(play).mishaps) == {Mishap.BAD_LINE, Mishap.DROPPED}
    (offer,) = play.of(e.OfferMade)
    assert offer.choices == (e.Choice.NEW_TIME, e.Choice.OTHER_PHONE)
    assert [bonus.lot.bought for bonus in play.of(e.BonusGranted)] == [CURRENT.bad_line_bonus]


@pytest.mark.parametrize(("minutes", "bonus"), [(1, [CURRENT.bad_line_bonus]), (11, [])])
def test_played_who_ends_it_on_a_line_that_stays_bad_stops_for_that(
    minutes: int, bonus: list[int]
) -> None:
    # S1.8: by the key or the page that ends any session; a line that was quiet since is good again
    play = Play().scheduled().joined()
    play.until(START + timedelta(minutes=2))
    bad_line(play)
    play.until(play.now + timedelta(minutes=minutes))
    play.do(c.EndSession("api", None))
    play.hang_up_all()
    assert [granted.lot.bought for granted in play.of(e.BonusGranted)] == bonus
    assert play.do(c.EndSession("api", None)) == ()


def test_played_a_bad_line_that_was_never_taken_down_can_still_be_given_up() -> None:
    # S1.8: each request to take it down is lost, and he stays on it
    play = Play(held(minutes=60)).scheduled().joined()
    for remedy in e.LineRemedy:
        play.until(play.now + timedelta(minutes=9))
        (reported, *_) = play.do(c.ReportBadLine("api", None))
        assert isinstance(reported, e.BadLineReported)
        assert reported.remedy is remedy
    play.do(c.ChooseLine(c.LineChoice.STOP, None))
    play.hang_up_all()
    assert [bonus.lot.bought for bonus in play.of(e.BonusGranted)] == [CURRENT.bad_line_bonus]


def test_played_an_operator_who_came_late_but_came_leaves_nothing_to_judge() -> None:
    # S1.9: the incident ends with his coming
    play = started()
    play.until(START + timedelta(seconds=20))
    play.no_answer(Side.OPERATOR)
    play.until(START + timedelta(minutes=4))
    while play.ringing(Side.OPERATOR) is None:
        play.until(play.now + timedelta(seconds=5))
    play.answer(Side.OPERATOR)
    play.answer(Side.CUSTOMER)
    play.until(play.now + timedelta(minutes=30, seconds=5))
    play.hang_up_all()
    assert play.of(e.Escalated) and not play.of(e.IncidentJudged)


def test_played_minutes_that_were_a_gift_are_offered_a_time_but_no_refund() -> None:
    # S1.10: there is no card to give back to
    gift = Holding(Source.BONUS, 30 * 60, TARIFF.price(0), START)
    play = nobody_answers(started(Play(held(holdings=(gift,)))), Side.OPERATOR)
    assert play.of(e.OfferMade)[0].choices == (e.Choice.CALL_NOW, e.Choice.NEW_TIME)


def test_played_a_delayed_session_that_nobody_came_to_before_the_next_one_is_made_good() -> None:
    # S1.10: ten minutes late by our fault, and the next customer is called before ten more
    play = Play(held(minutes=5)).scheduled()
    play.until(START - timedelta(minutes=5))
    play.do(c.DelayStart(600, START))
    play.until(START + timedelta(minutes=10))
    after = NextBooking("200000000002", START + timedelta(minutes=15))
    play.do(c.NoteNextBooking("boris", after))
    nobody_answers(play, Side.OPERATOR)
    assert play.closed().reason is e.EndReason.NEXT_BOOKING
    assert judged(play).cause is Cause.OPERATOR
    assert play.of(e.OfferMade)
