"""A customer's payments: what became of them, receipts, and what he may still decide."""

from dataclasses import replace
from hashlib import sha256

from functions.http import payment_views as views
from functions.http.identity import Role
from functions.http.languages import preferred
from functions.http.ownership import own_payment
from functions.http.requests import (
    ChoiceBody,
    DuplicateAnswer,
    LanguageQuery,
    Nothing,
    PageQuery,
    RefundBody,
)
from functions.http.rooms import Rooms
from functions.http.routing import Call, Page, Route
from shared.application.bookings import replayed
from shared.application.choices import Choice, was_asked
from shared.application.refund_desk import bought_with
from shared.application.store import Cause
from shared.domain.errors import Conflict, RuleBroken
from shared.domain.letters.receipts import Receipt, as_html, explain
from shared.domain.money import Money
from shared.domain.payment import commands as c
from shared.domain.payment.payment import Payment
from shared.domain.payment.refundable import refundable_now
from shared.domain.policy import policy_of

_CUSTOMER = frozenset({Role.CUSTOMER})
_PAGE = 50
_DIGEST = 20  # hexadecimal digits; enough that two keys of one payment never meet


def payments(rooms: Rooms, call: Call, asked: PageQuery) -> views.PaymentList:
    """A page of the caller's payments."""
    page = rooms.store().payments_of(call.caller.sub, asked.cursor, _PAGE)
    return views.payments(page.items, rooms.store().payment_summaries(page.items), page.cursor)


def payment(rooms: Rooms, call: Call, _: Nothing) -> views.PaymentDetail:
    """One payment of the caller; reading it tells nobody that he has seen it."""
    return _shown(rooms, own_payment(rooms, call))


def shown(rooms: Rooms, call: Call, _: Nothing) -> views.PaymentDetail:
    """The caller's page shows the payment as made: a second one is no repetition in doubt."""
    own = own_payment(rooms, call)
    cause = Cause("NoteShown", "customer", {})
    return _shown(rooms, rooms.payment_records().apply(own.payment_id, c.NoteShown(), cause))


def duplicate_answer(rooms: Rooms, call: Call, asked: DuplicateAnswer) -> views.PaymentDetail:
    """The caller's answer; the same one again changes nothing, so no key needs storing."""
    own = own_payment(rooms, call)
    watch = rooms.duplicate_watch()
    return _shown(rooms, watch.answer(own.payment_id, wanted_both=asked.wanted_both))


def choice(rooms: Rooms, call: Call, asked: ChoiceBody) -> views.PaymentDetail:
    """The caller's choice; a payment has one, so no key needs storing."""
    own, chosen = own_payment(rooms, call), Choice(asked.choice)
    if asked.starts_at is not None and chosen is not Choice.SLOT:
        raise RuleBroken("time_unneeded", "Only another slot has a start.", "starts_at")
    rooms.late_choices().choose(own.payment_id, chosen, asked.starts_at)
    return _shown(rooms, rooms.payment_records().load(own.payment_id).state)


def refund(rooms: Rooms, call: Call, asked: RefundBody) -> views.RefundDetail:
    """What of a payment is unused goes back to its card, all of it or the part that is named."""
    own = own_payment(rooms, call)
    amount = _amount(asked)
    digest = sha256(call.once.key.encode()).hexdigest()[:_DIGEST]
    refund_id = f"{own.payment_id}-{digest}"
    once = replace(call.once, result=refund_id)
    replayed(rooms.store(), once)
    if own.locked and own.refund(refund_id) is None:
        raise RuleBroken("payment_disputed", "Your bank asks about this payment; it decides first.")
    done = rooms.refund_desk().request(own.payment_id, refund_id, amount, "customer", once)
    made = done.refund(refund_id)
    if made is None:
        # The key was used up by another request at this very moment.
        replayed(rooms.store(), once)
        raise Conflict("busy", "Too many requests at once; please try again.")
    return views.refund(made)


def explanation(rooms: Rooms, call: Call, asked: LanguageQuery) -> views.ExplanationView:
    """What, when, for which number, and the tax (S2.6)."""
    own = own_payment(rooms, call)
    language = _language(own, call, asked)
    receipt = rooms.receipts().of_payment(own)
    return views.explanation(receipt, explain(receipt, language), language)


def receipt(rooms: Rooms, call: Call, asked: LanguageQuery) -> Page:
    """The receipt of a payment, to be printed."""
    own = own_payment(rooms, call)
    return _printed(rooms.receipts().of_payment(own), _language(own, call, asked))


def refund_receipt(rooms: Rooms, call: Call, asked: LanguageQuery) -> Page:
    """The receipt of a refund, to be printed."""
    own = own_payment(rooms, call)
    of_refund = rooms.receipts().of_refund(own, call.path["refund_id"])
    return _printed(of_refund, _language(own, call, asked))


def _shown(rooms: Rooms, own: Payment) -> views.PaymentDetail:
    lots = bought_with(own, rooms.store())
    now = rooms.clock().now()
    refundable = refundable_now(own, lots, now, policy_of(own.policy_version))
    late = None
    if was_asked(own):
        choices = rooms.late_choices()
        made = choices.made(own)
        late = views.choice(made, () if made else choices.starts(own))
    return views.payment(own, refundable, late, knows_other=_is_his(rooms, own))


def _is_his(rooms: Rooms, own: Payment) -> bool:
    """Whether the payment that this one may repeat is of the same customer."""
    if own.question is None:
        return False
    other = rooms.store().payment_summaries([own.question.of]).get(own.question.of)
    return other is not None and other.customer_id == own.customer_id


def _amount(asked: RefundBody) -> Money | None:
    needed = "An amount is a number of minor units and its currency."
    if asked.amount_minor is None and asked.currency is None:
        return None
    if asked.amount_minor is None:
        raise RuleBroken("field_missing", needed, "amount_minor")
    if asked.currency is None:
        raise RuleBroken("field_missing", needed, "currency")
    return Money(asked.amount_minor, asked.currency)


def _language(own: Payment, call: Call, asked: LanguageQuery) -> str:
    return asked.language or preferred(call.languages, own.language)


def _printed(made: Receipt, language: str) -> Page:
    return Page(as_html(made, language), language)


_ONE = "/v1/payments/{payment_id}"
ROUTES = (
    Route(
        "GET",
        "/v1/payments",
        "List your payments",
        _CUSTOMER,
        PageQuery,
        payments,
        views.PaymentList,
    ),
    Route("GET", _ONE, "Show a payment", _CUSTOMER, Nothing, payment, views.PaymentDetail),
    Route(
        "POST",
        f"{_ONE}/shown",
        "Tell that your page shows the payment as made",
        _CUSTOMER,
        Nothing,
        shown,
        views.PaymentDetail,
    ),
    Route(
        "POST",
        f"{_ONE}/duplicate-answer",
        "Answer whether you wanted both of two payments; one answer settles it",
        _CUSTOMER,
        DuplicateAnswer,
        duplicate_answer,
        views.PaymentDetail,
    ),
    Route(
        "POST",
        f"{_ONE}/choice",
        "Choose what becomes of a payment that came when its slot was gone",
        _CUSTOMER,
        ChoiceBody,
        choice,
        views.PaymentDetail,
    ),
    Route(
        "POST",
        f"{_ONE}/refunds",
        "Ask for what is unused of a payment; it goes back to its card",
        _CUSTOMER,
        RefundBody,
        refund,
        views.RefundDetail,
    ),
    Route(
        "GET",
        f"{_ONE}/explanation",
        "Explain a charge: what, when, for which number, and its tax",
        _CUSTOMER,
        LanguageQuery,
        explanation,
        views.ExplanationView,
    ),
    Route(
        "GET",
        f"{_ONE}/receipt",
        "Print the receipt of a payment",
        _CUSTOMER,
        LanguageQuery,
        receipt,
        Page,
    ),
    Route(
        "GET",
        f"{_ONE}/refunds/{{refund_id}}/receipt",
        "Print the receipt of a refund",
        _CUSTOMER,
        LanguageQuery,
        refund_receipt,
        Page,
    ),
)
