"""The table of remedies: every row is reached, and rows that meet give the better of each."""

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.mishap.events import Choice
from shared.domain.mishap.incident import Cause, Mishap
from shared.domain.policy import CURRENT, Policy
from shared.domain.remedies import OUR_SIDE, TABLE, Entitlement, Facts, Grant, Row, entitlement

LONG = CURRENT.long_wait + 1
FACTS = tuple(
    Facts(wait, restored, stopped, measured)
    for wait in (0, CURRENT.long_wait, LONG)
    for restored in (False, True)
    for stopped in (False, True)
    for measured in (False, True)
)
PAIRS = list(combinations(Mishap, 2))
NOT_OURS = frozenset(Cause) - OUR_SIDE
OFFERS_OF_S1_10 = (Choice.CALL_NOW, Choice.NEW_TIME, Choice.REFUND)


def worth(due: Entitlement) -> dict[Choice | None, int]:
    """The bonus by what he chooses, and by choosing nothing."""
    return {None: due.bonus} | {
        choice: due.bonus if due.bonus_at_once or choice in due.with_bonus else 0
        for choice in due.choices
    }


def at_least(more: Entitlement, less: Entitlement) -> bool:
    """Whether nobody would rather have the second."""
    here, there = worth(more), worth(less)
    return more.grants >= less.grants and all(
        choice in here and here[choice] >= bonus for choice, bonus in there.items()
    )


# --- one mishap -----------------------------------------------------------------------------------

ASKED, LONGER = CURRENT.no_show_bonus, CURRENT.long_wait_bonus
BACK, STAND_BY, UNBILLED = Grant.MINUTES_BACK, Grant.STAND_BY, Grant.TIME_NOT_BILLED


@pytest.mark.parametrize(
    ("mishap", "cause", "facts", "grants", "choices", "bonus"),
    [
        # S1.10, at and above 20 minutes of waiting
        ("operator_absent", "operator", Facts(600), {BACK}, OFFERS_OF_S1_10, ASKED),
        ("operator_absent", "previous_session", Facts(1199), {BACK}, OFFERS_OF_S1_10, ASKED),
        ("operator_absent", "ours", Facts(1200), {BACK}, OFFERS_OF_S1_10, ASKED),
        ("operator_absent", "unknown", Facts(1201), {BACK}, OFFERS_OF_S1_10, LONGER),
        ("start_missed", "ours", Facts(1200), {BACK}, OFFERS_OF_S1_10, ASKED),
        ("start_missed", "ours", Facts(1201), {BACK}, OFFERS_OF_S1_10, LONGER),
        # S1.4b: no bonus, and the operator's time is recorded
        ("customer_absent", "customer_silent", Facts(600), {BACK, STAND_BY}, (), 0),
        ("customer_absent", "customer_silent", Facts(LONG), {BACK, STAND_BY}, (), 0),
        # S1.10: his mistake is corrected and the call arranged, without a bonus
        (
            *("customer_absent", "wrong_number", Facts(LONG), {BACK, STAND_BY}),
            *((Choice.CALL_NOW, Choice.NEW_TIME), 0),
        ),
        # S1.10: an unknown cause is taken in his favour
        ("customer_absent", "unknown", Facts(600), {BACK, STAND_BY}, OFFERS_OF_S1_10, ASKED),
        ("customer_absent", "ours", Facts(LONG), {BACK, STAND_BY}, OFFERS_OF_S1_10, LONGER),
        # S1.6, S1.7
        ("dropped_call", "operator", Facts(restored=True), {UNBILLED}, (), 0),
        ("dropped_call", "nobody", Facts(180), {UNBILLED, BACK}, (), 0),
        ("dropped_call", "operator", Facts(180), {UNBILLED, BACK}, OFFERS_OF_S1_10, ASKED),
        ("dropped_call", "unknown", Facts(1200), {UNBILLED, BACK}, OFFERS_OF_S1_10, ASKED),
        ("dropped_call", "ours", Facts(1201), {UNBILLED, BACK}, OFFERS_OF_S1_10, LONGER),
        # S1.8
        ("bad_line", "unknown", Facts(), set(), (), 0),
        (
            *("bad_line", "unknown", Facts(stopped=True), {BACK, Grant.BONUS}),
            *((Choice.NEW_TIME, Choice.OTHER_PHONE), CURRENT.bad_line_bonus),
        ),
        ("bad_line", "unknown", Facts(measured=True), {Grant.BONUS}, (), CURRENT.bad_line_bonus),
        # S1.13, whatever was judged
        *(
            ("outage", why, Facts(), set(), (Choice.NEW_TIME, Choice.REFUND), CURRENT.outage_bonus)
            for why in Cause
        ),
    ],
)  # fmt: skip
def test_one_mishap_gives_what_its_row_says(
    mishap: str,
    cause: str,
    facts: Facts,
    grants: set[Grant],
    choices: tuple[Choice, ...],
    bonus: int,
) -> None:
    due = entitlement((Mishap(mishap),), Cause(cause), facts, CURRENT)
    assert (due.grants, due.choices, due.bonus) == (grants, choices, bonus)


@pytest.mark.parametrize("row", TABLE)
def test_every_row_is_reached(row: Row) -> None:  # S1.10
    causes, rules = row.causes, {remedy.rule for remedy in row.remedies}
    reached = [(c, f) for c in causes for f in FACTS if row.applies(row.mishap, c, f, CURRENT)]
    assert {cause for cause, _ in reached} == causes
    for cause, facts in reached:
        assert rules <= set(entitlement((row.mishap,), cause, facts, CURRENT).rules)


@pytest.mark.parametrize("mishap", Mishap)
@pytest.mark.parametrize("facts", FACTS)
def test_a_mishap_that_is_ours_never_gives_less_than_one_that_is_not(
    mishap: Mishap, facts: Facts
) -> None:
    # S1.15: our fault, full compensation; nobody's, the unused minutes
    for ours in OUR_SIDE:
        for other in NOT_OURS:
            better = entitlement((mishap,), ours, facts, CURRENT)
            assert at_least(better, entitlement((mishap,), other, facts, CURRENT))


@pytest.mark.parametrize("mishap", sorted(set(Mishap) - {Mishap.OUTAGE}))
def test_nobody_but_us_pays_a_bonus_for_what_is_not_our_fault(mishap: Mishap) -> None:
    # S1.4b, S1.10: a line alone is ours whoever reports it (S1.8)
    for cause in NOT_OURS:
        due = entitlement((mishap,), cause, Facts(LONG), CURRENT)
        assert (due.bonus, due.bonus_rule, due.with_bonus) == (0, "", frozenset())


def test_who_takes_his_money_back_takes_no_bonus_unless_it_was_an_outage() -> None:
    # S1.10: a full refund; S1.13: refund plus bonus
    absent = entitlement((Mishap.OPERATOR_ABSENT,), Cause.OURS, Facts(600), CURRENT)
    assert worth(absent) == {
        None: ASKED, Choice.CALL_NOW: ASKED, Choice.NEW_TIME: ASKED, Choice.REFUND: 0
    }  # fmt: skip
    assert not absent.bonus_at_once
    both = entitlement((Mishap.OPERATOR_ABSENT, Mishap.OUTAGE), Cause.OURS, Facts(600), CURRENT)
    assert both.bonus_at_once
    assert set(worth(both).values()) == {CURRENT.outage_bonus}


def test_a_number_must_be_given_only_where_a_wrong_one_is_all_that_is_wrong() -> None:
    # S1.10
    wrong = entitlement((Mishap.CUSTOMER_ABSENT,), Cause.WRONG_NUMBER, Facts(600), CURRENT)
    assert wrong.needs_number == {Choice.CALL_NOW, Choice.NEW_TIME}
    mishaps = (Mishap.CUSTOMER_ABSENT, Mishap.OUTAGE)
    broken = entitlement(mishaps, Cause.WRONG_NUMBER, Facts(600), CURRENT)
    assert broken.needs_number == {Choice.CALL_NOW}


def test_every_number_of_seconds_in_the_table_is_one_of_the_policy() -> None:
    named = {remedy.bonus for row in TABLE for remedy in row.remedies if remedy.bonus}
    assert named == {"no_show_bonus", "long_wait_bonus", "bad_line_bonus", "outage_bonus"}
    assert all(getattr(CURRENT, name) > 0 for name in named)


# --- mishaps that overlap -------------------------------------------------------------------------


@pytest.mark.parametrize(("one", "other"), PAIRS)
@pytest.mark.parametrize("cause", Cause)
def test_of_two_mishaps_he_has_every_choice_and_the_larger_single_bonus(
    one: Mishap, other: Mishap, cause: Cause
) -> None:
    # S1.15
    for facts in FACTS:
        first, second, both, turned = (
            entitlement(mishaps, cause, facts, CURRENT)
            for mishaps in ((one,), (other,), (one, other), (other, one))
        )
        assert set(both.choices) == {*first.choices, *second.choices}
        assert both.bonus == max(first.bonus, second.bonus)
        assert both.grants == first.grants | second.grants
        assert set(both.rules) == {*first.rules, *second.rules}
        assert worth(both) == worth(turned)


policies = st.builds(
    replace,
    st.just(CURRENT),
    no_show_bonus=st.integers(60, 3600),
    long_wait=st.integers(0, 3600),
    long_wait_bonus=st.integers(60, 3600),
    bad_line_bonus=st.integers(60, 3600),
    outage_bonus=st.integers(60, 3600),
)
facts_met = st.builds(Facts, st.integers(0, 7200), st.booleans(), st.booleans(), st.booleans())
several = st.lists(st.sampled_from(Mishap), unique=True)


@given(several, st.sampled_from(Mishap), st.sampled_from(Cause), facts_met, policies)
def test_one_more_mishap_never_takes_anything_away(
    mishaps: list[Mishap], one_more: Mishap, cause: Cause, facts: Facts, policy: Policy
) -> None:
    # S1.15, whatever the numbers are
    less = entitlement(mishaps, cause, facts, policy)
    more = entitlement([*mishaps, one_more], cause, facts, policy)
    assert at_least(more, less)


@given(several, st.sampled_from(Cause), facts_met, policies)
def test_there_is_never_more_than_one_bonus(
    mishaps: list[Mishap], cause: Cause, facts: Facts, policy: Policy
) -> None:
    # S1.15: nothing is compensated twice
    due = entitlement([*mishaps, *mishaps], cause, facts, policy)
    single = [entitlement((mishap,), cause, facts, policy).bonus for mishap in mishaps]
    assert due.bonus == max(single, default=0)
    assert len(due.choices) == len(set(due.choices))
    assert bool(due.bonus_rule) == bool(due.bonus)
