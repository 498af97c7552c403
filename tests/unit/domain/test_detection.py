"""What is so unlike other days that it is no chance; and what is not (S4.1, S1.13)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from shared.domain.policy import CURRENT
from shared.domain.watch.detection import Proposal, Signal, Span, detect, looked_at
from shared.domain.watch.norms import MINUTES_A_DAY, Norm, norm_of
from shared.domain.watch.pulse import Count, Counts, begin_of

Change = Callable[[int, dict[Count, int]], object]
QUIET = Norm(orders=0.0, webhooks=0.0, started=0.0, joined_share=0.9, drop_share=0.04)
BUSY = replace(QUIET, orders=2.0, webhooks=2.0)
BEGIN = 500 * MINUTES_A_DAY
END = BEGIN + 600
# What happens in a minute of a usual day with two orders a minute, 20 sessions a quarter.
USUAL: Counts = {Count.ORDERS: 2, Count.WEBHOOKS: 2}


def usual(minute: int) -> dict[Count, int]:
    counts = dict(USUAL)
    if minute % 15 == 0:
        counts |= {Count.STARTED: 20}
    if minute % 15 == 1:
        counts |= {Count.JOINED: 18}
    return counts


def norms(minutes: range, norm: Norm = BUSY, started: float = 20.0) -> Mapping[int, Norm]:
    return {m: replace(norm, started=0.0 if m % 15 else started) for m in minutes}


def seen(
    change: Change = lambda minute, counts: None,
    *,
    end: int = END,
    known: Mapping[Signal, Span] | None = None,
    norm: Norm = BUSY,
) -> dict[Signal, Proposal]:
    """What is found in usual minutes, each changed by a hand."""
    minutes = looked_at(end, CURRENT)
    counts = {minute: usual(minute) for minute in minutes}
    for minute in minutes:
        change(minute, counts[minute])
    found = detect(counts, norms(minutes, norm), end, known or {}, CURRENT)
    assert len({proposal.signal for proposal in found}) == len(found)
    return {proposal.signal: proposal for proposal in found}


def without(
    *counts: Count, since: int, until: int = END
) -> Callable[[int, dict[Count, int]], None]:
    def change(minute: int, there: dict[Count, int]) -> None:
        for count in counts if since <= minute < until else ():
            there.pop(count, None)

    return change


# --- what is found --------------------------------------------------------------------------------


def test_a_usual_day_has_nothing_to_tell() -> None:  # S4.1
    assert seen() == {}


def test_orders_that_stop_are_told_within_minutes_with_the_minute_they_stopped() -> None:  # S4.1
    found = seen(without(Count.ORDERS, since=END - 11))
    (only,) = found.values()
    assert (only.signal, only.since, only.until) == (
        Signal.ORDERS_SILENT,
        begin_of(END - 11),
        None,
    )
    assert only.evidence == {
        "seen": "0",
        "expected": "15.4",
        "counted_from": begin_of(END - 11).isoformat(),
    }
    assert seen(without(Count.ORDERS, since=END - 10)) == {}


def test_one_order_that_trickles_in_is_still_silence() -> None:  # S4.1
    def change(minute: int, counts: dict[Count, int]) -> None:
        if minute >= END - 20:
            counts[Count.ORDERS] = int(minute == END - 10)

    assert seen(change)[Signal.ORDERS_SILENT].since == begin_of(END - 20)


def test_webhooks_that_stop_while_people_order_are_told() -> None:  # S4.1
    found = seen(without(Count.WEBHOOKS, since=END - 11))
    assert found.keys() == {Signal.WEBHOOKS_SILENT}
    assert found[Signal.WEBHOOKS_SILENT].since == begin_of(END - 11)


def test_without_orders_nobody_misses_webhooks() -> None:  # S4.1
    found = seen(without(Count.ORDERS, Count.WEBHOOKS, since=END - 30))
    assert found.keys() == {Signal.ORDERS_SILENT}


def test_lines_that_drop_much_more_often_are_told_from_the_first_of_them_on() -> (
    None
):  # S4.1, S1.13
    def change(minute: int, counts: dict[Count, int]) -> None:
        if minute >= END - 3:
            counts[Count.DROPPED] = 5

    found = seen(change)
    assert found.keys() == {Signal.DROP_RATE}
    assert found[Signal.DROP_RATE].since == begin_of(END - 3)


def test_sessions_that_do_not_start_are_told_at_their_quarter() -> None:  # S4.1, S1.13
    found = seen(without(Count.STARTED, Count.JOINED, since=END - 40))
    assert found.keys() == {Signal.STARTS_FAILING}
    assert found[Signal.STARTS_FAILING].since == begin_of(END - 30)


def test_sessions_that_start_and_reach_nobody_are_told() -> None:  # S4.1, S1.13
    found = seen(without(Count.JOINED, since=END - 40))
    assert found.keys() == {Signal.STARTS_FAILING}
    assert found[Signal.STARTS_FAILING].since == begin_of(END - 30)


def test_a_quarter_is_not_judged_before_its_sessions_could_be_joined() -> None:  # S4.1
    change = without(Count.STARTED, Count.JOINED, since=END - 15)
    assert seen(change, end=END - 15 + CURRENT.watch_join_within // 60 - 1) == {}


# --- what is not ----------------------------------------------------------------------------------


def test_where_little_is_expected_nothing_is_told() -> None:  # S4.1: nights, and small shops
    three_an_hour = replace(BUSY, orders=0.05, webhooks=0.05)
    silent = without(Count.ORDERS, Count.WEBHOOKS, since=0)
    assert Signal.ORDERS_SILENT not in seen(silent, norm=three_an_hour)
    assert Signal.WEBHOOKS_SILENT not in seen(silent, norm=three_an_hour)


def test_a_holiday_on_which_few_order_is_no_silence() -> None:  # S4.1
    def change(minute: int, counts: dict[Count, int]) -> None:
        counts[Count.ORDERS] = counts[Count.WEBHOOKS] = int(minute % 3 == 0)  # a sixth

    assert seen(change) == {}


def test_the_end_of_a_campaign_is_no_silence() -> None:  # S4.1
    def change(minute: int, counts: dict[Count, int]) -> None:
        if minute < END - 30:
            counts[Count.ORDERS] *= 8
            counts[Count.WEBHOOKS] *= 8

    assert seen(change) == {}


def test_more_sessions_drop_more_often_and_that_is_no_jump() -> None:  # S4.1
    def change(minute: int, counts: dict[Count, int]) -> None:
        for count in (Count.STARTED, Count.JOINED):
            if count in counts:
                counts[count] *= 6
        counts[Count.DROPPED] = int(minute % 3 == 0)  # 4 % of them, 20 an hour

    assert seen(change) == {}


def test_a_few_bad_lines_are_no_jump() -> None:  # S4.1
    def change(minute: int, counts: dict[Count, int]) -> None:
        counts[Count.DROPPED] = int(minute in range(END - 60, END, 8))

    assert seen(change) == {}


def test_a_shop_that_has_just_opened_has_nothing_to_be_measured_by() -> None:  # S4.1
    past = {BEGIN - MINUTES_A_DAY * day + m: usual(m) for day in (1, 2, 3) for m in range(-60, 60)}
    norm = norm_of(BEGIN, past, CURRENT, UTC)
    assert (norm.orders, norm.webhooks, norm.started) == (0, 0, 0)


# --- the measure ----------------------------------------------------------------------------------


@pytest.mark.parametrize("odd", [0, 50])
def test_a_few_odd_days_do_not_move_the_measure(odd: int) -> None:  # S4.1
    days = range(1, CURRENT.watch_days + 1)
    past = {
        BEGIN - MINUTES_A_DAY * day + m: {
            c: n * odd if day <= 3 else n for c, n in usual(m).items()
        }
        for day in days
        for m in range(-60, 60)
    }
    norm = norm_of(BEGIN, past, CURRENT, UTC)
    assert norm == replace(BUSY, started=20.0, drop_share=CURRENT.watch_drop_least)


# --- while it goes on, and its end ----------------------------------------------------------------


def test_an_outage_keeps_its_beginning_while_it_goes_on() -> None:  # S1.13
    since = begin_of(END - 300)  # longer ago than we look back
    change = without(Count.ORDERS, since=0)
    found = seen(change, known={Signal.ORDERS_SILENT: Span(since, None)})
    proposal = found[Signal.ORDERS_SILENT]
    assert (proposal.since, proposal.until) == (since, None)
    assert proposal.evidence["seen"] == "0"


@pytest.mark.parametrize("count", [Count.ORDERS, Count.WEBHOOKS])
def test_it_ends_with_the_minute_in_which_life_came_back(count: Count) -> None:  # S1.13
    signal = {Count.ORDERS: Signal.ORDERS_SILENT, Count.WEBHOOKS: Signal.WEBHOOKS_SILENT}[count]
    known = {signal: Span(begin_of(END - 40), None)}
    change = without(count, since=END - 40, until=END - 3)
    assert seen(change, known=known)[signal].until == begin_of(END - 3)
    one_order = without(count, since=END - 40, until=END - 1)
    assert seen(one_order, known=known)[signal].until is None


def test_drops_that_have_stopped_for_long_are_over_though_nobody_talks() -> None:  # S1.13
    def change(minute: int, counts: dict[Count, int]) -> None:
        for count in (Count.STARTED, Count.JOINED):
            counts.pop(count, None)
        counts[Count.DROPPED] = 20 * (minute == END - 60)

    known = {Signal.DROP_RATE: Span(begin_of(END - 61), None)}
    assert seen(change, known=known)[Signal.DROP_RATE].until == begin_of(END - 59)


def test_what_has_ended_is_not_found_again() -> None:  # S1.13
    change = without(Count.ORDERS, since=END - 60, until=END - 20)
    ended = Span(begin_of(END - 60), begin_of(END - 20))
    assert seen(change, known={Signal.ORDERS_SILENT: ended}) == {}


def test_a_second_outage_is_another_one() -> None:  # S1.13
    def change(minute: int, counts: dict[Count, int]) -> None:
        if END - 60 <= minute < END - 40 or minute >= END - 15:
            counts.pop(Count.ORDERS)

    ended = Span(begin_of(END - 60), begin_of(END - 40))
    found = seen(change, known={Signal.ORDERS_SILENT: ended})
    assert found[Signal.ORDERS_SILENT].since == begin_of(END - 15)


def test_an_outage_of_one_minute_is_not_shorter_than_that() -> None:  # S1.13
    known = {Signal.ORDERS_SILENT: Span(begin_of(END - 10), None)}
    found = seen(known=known)[Signal.ORDERS_SILENT]
    assert found.until == begin_of(END - 10) + timedelta(minutes=1)
