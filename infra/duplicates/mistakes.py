"""Stories in which somebody was charged for more than he wanted."""

from dataclasses import replace

from infra.duplicates.customer import Customer, Paid
from infra.duplicates.house import after

_THREE = 0.15  # of double clicks are three
_SECOND_ACCOUNT = 0.1  # of those who try much later try once more from a new account
_THIRD_TIME = 0.2  # of those whose slot seemed taken try once more on another visit


def double_click(one: Customer) -> None:
    """Clicks twice; a client that makes a key for each click. A named operator is held once."""
    wish = one.session(named=True) if one.random.random() < 0.2 else one.anything()
    form, at, made = one.form(), one.start, list[Paid | None]()
    for _ in range(3 if one.random.random() < _THREE else 2):
        made.append(one.buy(at, wish, form))
        at = after(at, one.between(0.15, 2))
    one.one_of(made)


def two_tabs(one: Customer) -> None:
    """Orders in a second tab while the first one is still at the bank's page."""
    wish = one.anything()
    second = after(one.start, one.between(5, 60))
    first = one.buy(one.start, wish, one.form(), takes=one.between(90, 900))
    one.one_of([first, one.buy(second, wish, one.form(), takes=one.between(15, 900))])


def retry_new_key(one: Customer) -> None:
    """The answer is lost; the page tries again under a new key."""
    wish, form, at = one.anything(), one.form(), one.start
    made = [one.buy(at, wish, form, seen=False)]
    for _ in range(one.random.choice((0, 0, 1))):
        at = after(at, one.between(30, 300))
        made.append(one.buy(at, wish, form, seen=False))
    made.append(one.buy(after(at, one.between(30, 600)), wish, form))
    one.one_of(made)


def back_button(one: Customer) -> None:
    """Has seen it work, goes back to the form, and it is sent again; the page kept its name."""
    wish, form = one.anything(), one.form(told=True)
    first = one.buy(one.start, wish, form)
    again = after(one.start, one.between(60, 1800))
    one.one_of([first, one.buy(again, wish, form)])


def card_swap(one: Customer) -> None:
    """It worked unseen; he fetches another card and pays again, for one booking or a top-up."""
    wish, form = one.anything(), one.form()
    first = one.buy(one.start, wish, form, seen=False)
    if first is None:
        return
    card, at = one.house.name("card"), after(first.at, one.between(60, 720))
    if wish.amount:
        one.one_of([first, one.buy(at, wish, form, card=card)])
        return
    again = one.charged(at, first.order_id, wish, form, asked=first.asked, card=card)
    one.one_of([first, again])


def slow_retry(one: Customer) -> None:
    """Saw nothing, comes back after 20 to 60 minutes, sometimes with a changed mind."""
    wish = one.anything()
    first = one.buy(one.start, wish, one.form(), seen=False)
    again = after(one.start, one.between(1200, 3600))
    changed = wish
    if not wish.amount and one.random.random() < 0.3:
        changed = replace(wish, operator_id=one.house.name("op"))
    second = one.buy(again, changed, one.form())
    if first is None or second is None:
        return
    stays, extra = (first, second) if changed == wish else (second, first)
    third = None
    if one.random.random() < _SECOND_ACCOUNT:
        # He cannot log in any more and makes an account: beyond what any rule of ours can tell.
        other = one.relative(card=one.card)
        third = other.buy(after(again, one.between(1200, 3600)), wish, other.form())
    one.one_too_many(stays, extra, third)


def slot_taken_by_himself(one: Customer) -> None:
    """The answer is lost; sent again, his own first booking is in the way; he takes another time.

    Who then tries a third time on another visit has booked something unlike the second, as far as
    anybody can tell.
    """
    wish, form = one.session(named=True), one.form(told=True)
    next_free = -(-wish.minutes // 15) * 15
    first = one.buy(one.start, wish, form, seen=False)
    refused = after(one.start, one.between(40, 200))
    one.order(refused, wish, form)
    third_time = one.random.random() < _THIRD_TIME
    at = after(refused, one.between(15, 120))
    second = one.buy(at, wish.later(next_free), form, seen=not third_time)
    if first is None or second is None:
        return
    if not third_time:
        one.one_too_many(second, first)
        return
    last = after(at, one.between(600, 3000))
    third = one.buy(last, wish.later(2 * next_free), one.form())
    if third is not None:
        one.one_too_many(third, first, second)
