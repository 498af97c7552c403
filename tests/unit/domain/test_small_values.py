"""Money, booking numbers, slots and journal entries."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.booking_number import LENGTH, is_booking_number, with_check_digit
from shared.domain.errors import RuleBroken
from shared.domain.ledger import JournalEntry, Posting, move, trial_balance
from shared.domain.money import Money
from shared.domain.slots import on_a_quarter, quarter_of, quarters
from tests.unit.domain.play import START

DIGITS = st.text("0123456789", min_size=LENGTH - 1, max_size=LENGTH - 1)


@given(DIGITS, st.integers(0, LENGTH - 1), st.integers(1, 9))
def test_every_single_wrong_digit_of_a_booking_number_is_noticed(
    digits: str, place: int, off: int
) -> None:
    # S1.5: digits with a check digit
    number = with_check_digit(digits)
    wrong = number[:place] + str((int(number[place]) + off) % 10) + number[place + 1 :]
    assert is_booking_number(number)
    assert not is_booking_number(wrong)


@given(DIGITS, st.integers(0, LENGTH - 2))
def test_two_swapped_neighbours_of_a_booking_number_are_noticed(digits: str, place: int) -> None:
    # S1.5
    number = with_check_digit(digits)
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert is_booking_number(swapped) == (swapped == number)


@pytest.mark.parametrize("text", ["", "1" * 11, "12345678901x", "１" * 12, " 10000000001"])
def test_other_texts_are_no_booking_numbers(text: str) -> None:
    # S1.5
    assert not is_booking_number(text)


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(150000, "rub"), "1500.00 RUB"),
        (Money(1500, "jpy"), "1500 JPY"),
        (Money(1500, "kwd"), "1.500 KWD"),
        (Money(-5, "usd"), "-0.05 USD"),
    ],
)
def test_money_is_shown_with_the_decimals_of_its_currency(money: Money, text: str) -> None:
    # S2.8
    assert str(money) == text


def test_currencies_are_never_mixed() -> None:
    # S2.8
    with pytest.raises(RuleBroken, match="currency_mismatch"):
        Money(1, "rub") + Money(1, "usd")
    with pytest.raises(RuleBroken, match="currency_invalid"):
        Money(1, "RUB")


def test_a_session_touches_every_quarter_it_runs_in() -> None:
    # S1.2
    assert quarters(START, 1800) == (START, START + timedelta(minutes=15))
    assert len(quarters(START, 1801)) == 3
    assert quarter_of(START + timedelta(minutes=44, seconds=59)) == START + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (START + timedelta(minutes=7), "not_on_a_quarter"),
        (START + timedelta(microseconds=1), "not_on_a_quarter"),
        (datetime(2026, 3, 2, 12, 0), "time_zone_missing"),
    ],
)
def test_start_off_the_grid_or_without_a_zone_is_refused(moment: datetime, code: str) -> None:
    # S1.2
    with pytest.raises(RuleBroken) as refused:
        on_a_quarter(moment, "starts_at")
    assert (refused.value.code, refused.value.field) == (code, "starts_at")


def test_entry_that_does_not_sum_to_zero_in_every_unit_cannot_be_made() -> None:
    # Never 1
    with pytest.raises(RuleBroken, match="entry_unbalanced"):
        JournalEntry("e", START, "b", "test", (Posting("a", "rub", 5), Posting("b", "usd", -5)))


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc"), st.integers(-9, 9))))
def test_whatever_moves_the_trial_balance_is_zero(moves: list[tuple[str, str, int]]) -> None:
    # Never 1
    entries = [
        JournalEntry(str(n), START, "b", "test", move("rub", debit, credit, amount))
        for n, (debit, credit, amount) in enumerate(moves)
    ]
    assert not any(trial_balance(entries).values())
