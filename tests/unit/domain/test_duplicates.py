"""What is charged twice and what only looks like it (S1.14, S2.1)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.duplicates import (
    AskedSession,
    AskedTopUp,
    Kind,
    Purchase,
    Reason,
    Verdict,
    baseline,
    in_order,
    judge,
)
from shared.domain.money import Money

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WINDOW, UNSEEN = 300, 24 * 3600
FIVE_HUNDRED = Money(50000, "rub")
TOP_UP = AskedTopUp(FIVE_HUNDRED)
EVENING = AskedSession(None, NOON + timedelta(hours=6), 1800)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def bought(
    name: str,
    at: float = 0,
    item: AskedSession | AskedTopUp = TOP_UP,
    *,
    seen: bool = True,
    form: str | None = None,
    booking: str | None = None,
    customer: str = "anna",
    card: str = "card-a",
    amount: Money = FIVE_HUNDRED,
    used: bool = False,
    returned: bool = False,
) -> Purchase:
    """A purchase asked for at a second after noon, paid 10 s later, shown 2 s after that."""
    if booking is None and isinstance(item, AskedSession):
        booking = f"booking-{name}"
    return Purchase(
        payment_id=name,
        customer_id=customer,
        booking_id=booking,
        checkout=form or f"form-{name}",
        item=item,
        amount=amount,
        due=FIVE_HUNDRED,
        card=card,
        requested_at=after(at),
        paid_at=after(at + 10),
        shown_at=after(at + 12) if seen else None,
        used=used,
        returned=returned,
    )


def verdict(new: Purchase, *earlier: Purchase) -> Verdict:
    return judge(new, earlier, window=WINDOW, unseen_window=UNSEEN)


def found(new: Purchase, *earlier: Purchase) -> tuple[Kind, Reason, str | None]:
    made = verdict(new, *earlier)
    return made.kind, made.reason, made.extra


NOTHING = (Kind.NONE, Reason.UNRELATED, None)


# --- certain --------------------------------------------------------------------------------------


def test_a_booking_paid_twice_by_two_cards_is_certain_and_the_later_charge_is_extra() -> None:
    # S1.14, S2.1
    first = bought("1", 0, EVENING, booking="b", seen=False)
    second = bought("2", 720, EVENING, booking="b", card="card-b")
    assert verdict(second, first) == Verdict(Kind.CERTAIN, "1", "2", Reason.SAME_BOOKING)


def test_the_extra_charge_of_a_booking_has_bought_nothing_even_once_the_session_runs() -> None:
    # S2.1
    first = bought("1", 0, EVENING, booking="b", used=True)
    second = bought("2", 4000, EVENING, booking="b", used=True)
    assert found(second, first) == (Kind.CERTAIN, Reason.SAME_BOOKING, "2")


def test_a_price_shared_by_two_cards_is_paid_once() -> None:
    # S2.1, S2.9
    first = bought("1", 0, EVENING, booking="b", amount=Money(30000, "rub"))
    second = bought("2", 60, EVENING, booking="b", card="card-b", amount=Money(20000, "rub"))
    assert found(second, first) == NOTHING
    third = bought("3", 90, EVENING, booking="b", card="card-b", amount=Money(20000, "rub"))
    assert verdict(third, first, second).extra == "3"


def test_what_stays_of_a_booking_paid_twice_still_pays_for_it() -> None:
    # S1.14: the whole came after a part; giving back the whole would leave the booking unpaid
    part = bought("part", 0, EVENING, booking="b", amount=Money(20000, "rub"))
    whole = bought("whole", 60, EVENING, booking="b")
    assert found(whole, part) == (Kind.CERTAIN, Reason.SAME_BOOKING, "part")
    most, more = Money(40000, "rub"), Money(30000, "rub")
    first = bought("1", 0, EVENING, booking="b", amount=most)
    second = bought("2", 60, EVENING, booking="b", amount=more)
    assert verdict(second, first).kind is Kind.SUSPECTED


def test_an_extension_is_another_item_of_the_same_booking() -> None:
    # S1.12, S2.1
    session = bought("1", 0, EVENING, booking="b", used=True)
    longer = AskedSession(None, EVENING.starts_at + timedelta(seconds=1800), 600)
    assert found(bought("2", 100, longer, booking="b"), session) == NOTHING


def test_a_form_sent_again_before_it_showed_a_success_is_certain() -> None:
    # S2.1: double click, and a page that tries again after a time-out
    click = bought("1", 0, form="f")
    assert found(bought("2", 0.3, form="f"), click) == (Kind.CERTAIN, Reason.SAME_LINE, "2")
    lost = bought("1", 0, form="f", seen=False)
    late = bought("2", 2400, form="f", card="card-b")
    assert found(late, lost) == (Kind.CERTAIN, Reason.SAME_LINE, "2")


def test_of_one_line_the_unused_one_is_extra() -> None:
    # S2.1
    first = bought("1", 0, form="f", seen=False)
    used = bought("2", 100, form="f", used=True)
    assert found(used, first) == (Kind.CERTAIN, Reason.SAME_LINE, "1")


def test_what_is_used_is_never_refunded_without_asking() -> None:
    # S2.1: "the extra one unused"
    first = bought("1", 0, form="f", seen=False, used=True)
    second = bought("2", 100, form="f", used=True)
    assert verdict(second, first).kind is Kind.SUSPECTED


def test_a_line_of_attempts_does_not_last_for_days() -> None:
    # S2.1: a client that calls all its forms alike must not lose what it bought
    first = bought("1", 0, EVENING, form="f", seen=False)
    later = replace(EVENING, starts_at=EVENING.starts_at + timedelta(days=7))
    assert found(bought("2", UNSEEN + 60, later, form="f"), first) == NOTHING


def test_a_form_of_somebody_else_proves_nothing() -> None:
    # S2.1, Never 7: the client chooses the name, so a stranger could send it
    his = bought("1", 0, EVENING, form="f", seen=False)
    hers = bought("2", 60, form="f", customer="olga", card="card-o")
    assert found(hers, his) == NOTHING


# --- suspected ------------------------------------------------------------------------------------


def test_the_same_item_within_five_minutes_is_asked_about() -> None:
    # S2.1
    first = bought("1", 0)
    assert found(bought("2", 300), first) == (Kind.SUSPECTED, Reason.SAME_ITEM, "2")
    assert found(bought("2", 301), first) == NOTHING


def test_the_same_item_by_one_card_within_five_minutes_is_asked_about() -> None:
    # S2.1: whoever's account it is
    first = bought("1", 0, seen=False)
    second = bought("2", 200, customer="olga")
    assert found(second, first) == (Kind.SUSPECTED, Reason.SAME_ITEM, "2")
    assert found(bought("2", 200, customer="olga", card="card-o"), first) == NOTHING


def test_a_retry_much_later_of_what_was_never_shown_is_asked_about() -> None:
    # S2.1: "did it work?" after 40 minutes, from a new visit
    first = bought("1", 0, seen=False)
    assert found(bought("2", 2400), first) == (Kind.SUSPECTED, Reason.NEVER_SHOWN, "2")
    assert found(bought("2", UNSEEN + 1), first) == NOTHING


def test_a_second_tab_opened_before_the_first_has_paid_is_asked_about() -> None:
    # S2.1: asked for at second 20, when the first, paid at 400, could not have been shown
    first = replace(bought("1", 390), requested_at=NOON)
    second = replace(bought("2", 800), requested_at=after(20))
    assert found(second, first) == (Kind.SUSPECTED, Reason.NEVER_SHOWN, "2")


def test_a_form_sent_again_after_its_success_is_asked_about() -> None:
    # S2.1: the back button, or wanted once more
    first = bought("1", 0, form="f")
    second = bought("2", 1500, form="f")
    assert found(second, first) == (Kind.SUSPECTED, Reason.FORM_SENT_AGAIN, "2")


def test_another_item_from_a_form_that_showed_no_success_is_asked_about() -> None:
    # S1.14, S2.1: his own first booking was in the way; what he chose last stays
    unseen = bought("1", 0, EVENING, form="f", seen=False)
    other = replace(EVENING, starts_at=EVENING.starts_at + timedelta(minutes=30))
    chosen = bought("2", 120, other, form="f")
    assert verdict(chosen, unseen) == Verdict(Kind.SUSPECTED, "2", "1", Reason.CHOSEN_ANEW)


def test_overlapping_sessions_of_one_customer_are_asked_about_whenever_they_were_bought() -> None:
    # S2.1
    first = bought("1", 0, EVENING)
    other = AskedSession("olga", EVENING.starts_at + timedelta(minutes=15), 3600)
    assert found(bought("2", 7200, other), first) == (Kind.SUSPECTED, Reason.OVERLAP, "2")


# --- neither --------------------------------------------------------------------------------------


def test_the_same_webhook_twice_is_no_duplicate() -> None:
    # S2.1
    paid = bought("1", 0, EVENING, form="f", seen=False)
    assert found(paid, paid) == NOTHING
    assert found(replace(paid, shown_at=after(12)), paid) == NOTHING
    part, rest = Money(30000, "rub"), Money(20000, "rub")
    first = bought("1", 0, EVENING, booking="b", amount=part)
    second = bought("2", 60, EVENING, booking="b", amount=rest)
    assert found(second, first, first) == NOTHING


def test_the_same_amount_is_no_duplicate() -> None:
    # S2.1: "not by amount alone"
    assert found(bought("2", 60, EVENING), bought("1", 0)) == NOTHING


def test_two_sessions_one_after_the_other_are_no_duplicate() -> None:
    # S2.1
    first = bought("1", 0, EVENING)
    for later in (timedelta(minutes=30), timedelta(minutes=45), timedelta(days=7)):
        for operator in (None, "olga"):
            second = AskedSession(operator, EVENING.starts_at + later, 1800)
            assert found(bought("2", 60, second), first) == NOTHING


def test_a_session_before_another_is_no_duplicate_of_it() -> None:
    # S2.1
    first = bought("1", 0, EVENING)
    before = AskedSession("olga", EVENING.starts_at - timedelta(minutes=30), 1800)
    assert found(bought("2", 60, before), first) == NOTHING


def test_two_unknown_cards_or_forms_are_not_the_same_one() -> None:
    # S2.1
    his = replace(bought("1", 0, EVENING, seen=False), card=None, checkout=None)
    later = replace(EVENING, starts_at=EVENING.starts_at + timedelta(days=1))
    own = replace(bought("2", 60, later), card=None, checkout=None)
    hers = replace(bought("3", 60, EVENING, customer="olga"), card=None)
    assert found(own, his) == NOTHING
    assert found(hers, his) == NOTHING


def test_a_family_with_one_card_and_things_of_its_own_is_not_suspected() -> None:
    # S2.1: overlapping, but for two people; and the same amount an hour later
    first = bought("1", 0, EVENING, seen=False)
    hers = bought("2", 60, replace(EVENING, operator_id="olga"), customer="olga")
    assert found(hers, first) == NOTHING
    assert found(bought("3", 3600, customer="olga"), bought("4", 0, seen=False)) == NOTHING


def test_another_order_from_the_old_form_is_no_duplicate() -> None:
    # S2.1: its line of attempts ended with the success it showed
    first = bought("1", 0, EVENING, form="f")
    tomorrow = replace(EVENING, starts_at=EVENING.starts_at + timedelta(days=1))
    assert found(bought("2", 120, tomorrow, form="f"), first) == NOTHING


def test_what_was_given_back_is_repeated_by_nothing() -> None:
    # S2.1: cancelled, and booked again after all
    first = bought("1", 0, EVENING, returned=True)
    assert found(bought("2", 60, EVENING), first) == NOTHING
    assert found(first, bought("2", 60, EVENING)) == NOTHING


# --- several, and in any order --------------------------------------------------------------------


def test_the_certain_one_is_told_before_the_suspected_and_the_first_payment_stays() -> None:
    # S2.1
    tab, click = bought("1", 0), bought("2", 20, form="f")
    again = bought("3", 20.5, form="f")
    assert verdict(again, tab, click) == Verdict(Kind.CERTAIN, "2", "3", Reason.SAME_LINE)
    clicks = [bought(str(n), n, form="f") for n in range(3)]
    assert verdict(clicks[2], clicks[1], clicks[0]).of == "0"


PURCHASES = st.builds(
    bought,
    st.sampled_from("123456"),
    st.sampled_from((0, 1, 60, 290, 900, 5000, 90000)),
    st.sampled_from((TOP_UP, EVENING, replace(EVENING, operator_id="olga"))),
    seen=st.booleans(),
    form=st.sampled_from((None, "f", "g")),
    booking=st.sampled_from((None, "b")),
    customer=st.sampled_from(("anna", "olga")),
    card=st.sampled_from(("card-a", "card-b")),
    used=st.booleans(),
)


@given(PURCHASES, PURCHASES)
def test_a_pair_is_judged_alike_whichever_of_the_two_comes_to_be_known_first(
    one: Purchase, other: Purchase
) -> None:
    # S2.1, Never 5
    assert verdict(one, other) == verdict(other, one)


@given(PURCHASES, st.lists(PURCHASES, max_size=5))
def test_only_something_unused_of_his_own_is_refunded_at_once(
    new: Purchase, earlier: list[Purchase]
) -> None:
    # S2.1
    made = verdict(new, *earlier)
    if made.kind is Kind.NONE:
        assert (made.of, made.extra) == (None, None)
        return
    assert new.payment_id in (made.of, made.extra)
    assert made.of != made.extra
    pairs = [each for each in earlier if {each.payment_id, new.payment_id} == {made.of, made.extra}]
    if made.kind is Kind.CERTAIN and made.reason is not Reason.SAME_BOOKING:
        assert any(each.customer_id == new.customer_id for each in pairs)
        assert any(not p.used for p in (new, *pairs) if p.payment_id == made.extra)


# --- the plain rule -------------------------------------------------------------------------------


def test_the_plain_rule_sees_the_item_and_the_time_alone() -> None:
    # S2.1: kept as what ours is measured against
    first = bought("1", 0, seen=False)
    assert baseline(bought("2", 300), [first], WINDOW) == "1"
    assert baseline(bought("2", 301), [first], WINDOW) is None
    assert baseline(bought("2", 60, customer="olga"), [first], WINDOW) == "1"
    assert baseline(bought("2", 60, customer="olga", card="card-o"), [first], WINDOW) is None
    assert baseline(bought("2", 60, EVENING), [first], WINDOW) is None
    assert baseline(first, [first], WINDOW) is None
    assert baseline(bought("2", 60), [replace(first, returned=True)], WINDOW) is None


def test_of_several_the_first_payment_is_repeated() -> None:
    # S2.1
    made = [bought(str(n), n * 10) for n in range(3)]
    assert baseline(made[2], made[1::-1], WINDOW) == "0"
    assert sorted(reversed(made), key=in_order) == made
