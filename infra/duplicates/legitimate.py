"""Stories in which everything that was paid was wanted, however much it looks alike."""

from dataclasses import replace
from datetime import timedelta

from infra.duplicates.customer import Customer
from infra.duplicates.house import after

_PAGE_CLOSED = 0.03  # before it could tell that it shows the success
_DECLINES = ("insufficient_funds", "do_not_honor", "expired_card", "lost_card")


def _told(one: Customer) -> bool:
    return one.random.random() >= _PAGE_CLOSED


def single(one: Customer) -> None:
    """One purchase and nothing else."""
    wish = one.top_up() if one.random.random() < 0.2 else one.session(named=True)
    one.wanted(one.buy(one.start, wish, one.form(), seen=_told(one)))


def two_sessions(one: Customer) -> None:
    """Two sessions bought within minutes: the next quarter, another operator, next week."""
    first = one.session(named=True)
    other = one.house.name("op")
    second = one.random.choice(
        (
            first.later(-(-first.minutes // 15) * 15),
            replace(first.later(-(-first.minutes // 15) * 15), operator_id=other),
            replace(first.later(24 * 60), operator_id=other),
            first.later(7 * 24 * 60),
        )
    )
    paid = one.buy(one.start, first, one.form(), seen=_told(one))
    again = after(one.start, one.between(60, 280))
    one.wanted(paid, one.buy(again, second, one.form(), seen=_told(one)))


def in_a_row(one: Customer) -> None:
    """The same operator, one session right after the other."""
    wish = one.session(named=True)
    at = one.start
    for _ in range(one.random.choice((2, 2, 3))):
        one.wanted(one.buy(at, wish, one.form(), seen=_told(one)))
        wish = wish.later(-(-wish.minutes // 15) * 15)
        at = after(at, one.between(45, 600))


def two_top_ups(one: Customer) -> None:
    """The same amount twice, both wanted, from another visit or the old form sent once more.

    Who sends the old form again has waited for its success, so his page has told of it: without
    that, one more from the same form is a duplicate by S2.1 itself.
    """
    wish, form = one.top_up(), one.form()
    old = one.random.random() < 0.3
    paid = one.buy(one.start, wish, form, seen=old or _told(one))
    again = after(one.start, one.between(70, 1200))
    one.wanted(paid, one.buy(again, wish, form if old else one.form(), seen=_told(one)))


def spent_and_again(one: Customer) -> None:
    """Tops up, spends it, tops up by the same amount."""
    wish = one.top_up()
    one.wanted(one.buy(one.start, wish, one.form()))
    one.spend(after(one.start, one.between(60, 120)))
    one.wanted(one.buy(after(one.start, one.between(130, 1800)), wish, one.form()))


def weekly(one: Customer) -> None:
    """The same session and the same top-up every week."""
    session, top_up = one.session(named=True), one.top_up()
    for week in range(one.random.choice((3, 4, 5))):
        at = one.start + timedelta(days=7 * week)
        wish = session.later(7 * 24 * 60 * week)
        one.wanted(one.buy(at, wish, one.form(), seen=_told(one)))
        if one.random.random() < 0.5:
            later = after(at, one.between(100, 3000))
            one.wanted(one.buy(later, top_up, one.form(), seen=_told(one)))


def gift(one: Customer) -> None:
    """A second session at the same time, for somebody of the family."""
    wish = one.session(named=False)
    paid = one.buy(one.start, wish, one.form(), seen=_told(one))
    again = after(one.start, one.between(90, 900))
    one.wanted(paid, one.buy(again, wish, one.form(), seen=_told(one)))


def shared_card(one: Customer) -> None:
    """Two accounts and one card, each for things of its own; now and then the same amount."""
    other = one.relative(card=one.card)
    wish = one.top_up()
    same = one.random.random() < 0.3
    one.wanted(one.buy(one.start, wish, one.form(), seen=_told(one)))
    again = after(one.start, one.between(60, 2400))
    its = wish if same else other.session(named=True)
    other.wanted(other.buy(again, its, other.form(), seen=_told(one)))


def family(one: Customer) -> None:
    """Two accounts, one card, sessions at the same time; now and then asked for alike."""
    other = one.relative(card=one.card)
    wish = one.session(named=False)
    alike = one.random.random() < 0.3
    one.wanted(one.buy(one.start, wish, one.form(), seen=_told(one)))
    again = after(one.start, one.between(40, 900))
    its = wish if alike else replace(wish, operator_id=one.house.name("op"))
    other.wanted(other.buy(again, its, other.form(), seen=_told(one)))


def declined(one: Customer) -> None:
    """Declined once or twice, then paid for the same booking by another card."""
    wish, form = one.session(named=True), one.form()
    order = one.order(one.start, wish, form)
    if order is None:
        return
    at, again = one.start, None
    for _ in range(one.random.choice((1, 1, 2))):
        at = after(at, one.between(15, 90))
        again = one.house.charge(
            at,
            order,
            one.card,
            one.price(wish),
            one.currency,
            declined=one.random.choice(_DECLINES),
            again=again,
        )
    at = after(at, one.between(20, 240))
    card = one.house.name("card")
    one.wanted(one.charged(at, order, wish, form, asked=one.start, card=card, again=again))


def split_cards(one: Customer) -> None:
    """One booking, its price shared by two cards."""
    wish, form = one.session(named=True), one.form()
    order = one.order(one.start, wish, form)
    if order is None:
        return
    whole = one.price(wish)
    part = whole * one.random.randrange(1, 10) // 10
    at = after(one.start, one.between(10, 60))
    first = one.charged(at, order, wish, form, asked=one.start, part=part)
    second = one.charged(
        after(at, one.between(20, 280)),
        order,
        wish,
        form,
        asked=one.start,
        card=one.house.name("card"),
        part=whole - part,
    )
    one.wanted(first, second)


def cancelled_and_again(one: Customer) -> None:
    """Books, cancels, and books the very same after all."""
    wish = one.session(named=False)
    paid = one.buy(one.start, wish, one.form())
    if paid is not None:
        one.house.cancel(after(paid.done, one.between(10, 60)), one.form(), paid.order_id)
        again = after(paid.done, one.between(70, 240))
        one.wanted(paid, one.buy(again, wish, one.form()))


def back_for_another(one: Customer) -> None:
    """Goes back to the old form after its success, and orders something else from it."""
    wish, form = one.session(named=True), one.form()
    paid = one.buy(one.start, wish, form, seen=_told(one))
    another = replace(wish.later(24 * 60 * one.random.randrange(1, 9)), minutes=30)
    again = after(one.start, one.between(80, 1200))
    one.wanted(paid, one.buy(again, another, form))


def retry_same_key(one: Customer) -> None:
    """A time-out, tried again with the key of the first request: one payment."""
    wish, form, key = one.session(named=False), one.form(), one.house.name("key")
    one.order(one.start, wish, form, key=key)
    again = after(one.start, one.between(5, 120))
    one.wanted(one.buy(again, wish, form, key=key))
