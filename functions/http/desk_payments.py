"""The desk's side of money: payments found and explained, refunds by hand, money nobody claimed."""

import re
from dataclasses import replace
from hashlib import sha256

from functions.http import desk_cases, desk_views
from functions.http.desk_requests import AssignBody, DeskRefundBody, PaymentQuery
from functions.http.identity import Role
from functions.http.ownership import payment_in_path
from functions.http.requests import Nothing
from functions.http.rooms import Rooms
from functions.http.routing import Call, Route, resolver
from functions.problems import FieldsWrong
from shared import bootstrap
from shared.application.payment_search import Group
from shared.application.store import Page
from shared.domain.errors import RuleBroken
from shared.domain.letters.receipts import explain
from shared.domain.money import Money
from shared.domain.payment.payment import Payment
from shared.domain.session.wording import LANGUAGES

_MANAGER = frozenset({Role.MANAGER})
_DESK = frozenset({Role.AGENT, Role.MANAGER})
_KEYS = ("order_number", "transaction", "email", "phone")


def find(rooms: Rooms, call: Call, asked: PaymentQuery) -> desk_views.PaymentsFound:
    """Payments by one key, each customer apart."""
    _require_one_key(asked)
    search = rooms.payment_search()
    found: tuple[Group, ...] = ()
    if asked.order_number is not None:
        found = search.by_order(re.sub(r"[\s-]", "", asked.order_number))
    elif asked.transaction is not None:
        found = search.by_transaction(asked.transaction)
    elif asked.email is not None:
        found = search.by_email(asked.email)
    elif asked.phone is not None:
        found = search.by_phone(rooms.phone_number(asked.phone, "phone"))
    elif asked.date_ is not None:
        amount = Money(int(asked.amount_minor or 0), asked.currency or "")
        page: Page[Group] = search.by_day(asked.date_, amount, asked.cursor)
        return desk_views.payments_found(page.items, page.cursor)
    return desk_views.payments_found(found, None)


def payment(rooms: Rooms, call: Call, _: Nothing) -> desk_views.DeskPaymentView:
    """A payment with its whole trail."""
    trail = rooms.payment_trails().of(payment_in_path(call))
    return desk_views.payment(trail, _explained(rooms, trail.payment))


def refund(rooms: Rooms, call: Call, asked: DeskRefundBody) -> desk_views.AskedRefundView:
    """Ask for a refund by hand."""
    payment_id, once = payment_in_path(call), call.once
    name = sha256(f"{payment_id}#{once.owner}#{once.key}".encode()).hexdigest()[:24]
    refund_id = f"rf-{name}"
    done = rooms.money_desk().refund(
        payment_id,
        refund_id,
        Money(asked.amount_minor, asked.currency),
        call.caller.as_agent,
        replace(once, result=refund_id),
        our_fault=asked.our_fault,
        note=asked.reason_text,
    )
    return desk_views.asked_refund(done)


def approve(rooms: Rooms, call: Call, _: Nothing) -> desk_views.AskedRefundView:
    """Approve what somebody else asked for; repeating it does no harm, so no key is stored."""
    return _decided(rooms, call, approved=True)


def deny(rooms: Rooms, call: Call, _: Nothing) -> desk_views.AskedRefundView:
    """Deny a refund; repeating it does no harm, so no key is stored."""
    return _decided(rooms, call, approved=False)


def assign(rooms: Rooms, call: Call, asked: AssignBody) -> desk_views.DeskPaymentView:
    """Give a payment nobody was known for to a customer; repeating it does no harm."""
    payment_id = payment_in_path(call)
    owned = rooms.money_desk().assign(payment_id, asked.customer_id, call.caller.as_agent)
    trail = rooms.payment_trails().of(payment_id)
    return desk_views.payment(trail, _explained(rooms, owned))


def _decided(rooms: Rooms, call: Call, *, approved: bool) -> desk_views.AskedRefundView:
    payment_id, refund_id = payment_in_path(call), call.path["refund_id"]
    desk = rooms.money_desk()
    return desk_views.asked_refund(
        desk.decide(payment_id, refund_id, call.caller.as_agent, approve=approved)
    )


def _explained(rooms: Rooms, one: Payment) -> dict[str, str]:
    """What the charge was, in every language of ours; nothing where nothing was charged."""
    if one.captured_at is None:
        return {}
    receipt = rooms.receipts().of_payment(one)
    return {language: explain(receipt, language) for language in LANGUAGES}


def _require_one_key(asked: PaymentQuery) -> None:
    """Raise FieldsWrong unless there is one key, or the whole of day, amount and currency."""
    pair = {
        "date": asked.date_,
        "amount_minor": asked.amount_minor,
        "currency": asked.currency,
    }
    keys = [name for name in _KEYS if getattr(asked, name) is not None]
    given = [*keys, *(name for name, value in pair.items() if value is not None)]
    faults: list[RuleBroken] = []
    if not given:
        wanted = f"Give one of {', '.join(_KEYS)}, or {', '.join(pair)}."
        faults.append(RuleBroken("key_missing", wanted, "order_number"))
    elif keys:
        faults += [
            RuleBroken("one_key_only", "Search by one key at a time.", name) for name in given[1:]
        ]
    else:
        together = f"{', '.join(pair)} go together."
        faults += [
            RuleBroken("field_missing", together, name)
            for name, value in pair.items()
            if value is None
        ]
    if asked.cursor is not None and keys:
        faults.append(RuleBroken("cursor_unknown", "This list has one page.", "cursor"))
    if faults:
        raise FieldsWrong(faults)


_ONE = "/v1/desk/payments/{payment_id}"
_REFUND = f"{_ONE}/refunds/{{refund_id}}"
ROUTES = (
    Route(
        "GET",
        "/v1/desk/payments",
        "Find payments by order, transaction, e-mail, phone, or day and amount",
        _DESK,
        PaymentQuery,
        find,
        desk_views.PaymentsFound,
    ),
    Route(
        "GET",
        _ONE,
        "Show a payment with its whole trail, and explain it",
        _DESK,
        Nothing,
        payment,
        desk_views.DeskPaymentView,
    ),
    Route(
        "POST",
        f"{_ONE}/refunds",
        "Refund by hand; above the limit a manager decides",
        _DESK,
        DeskRefundBody,
        refund,
        desk_views.AskedRefundView,
    ),
    Route(
        "POST",
        f"{_REFUND}/approve",
        "Approve a refund that another agent asked for",
        _MANAGER,
        Nothing,
        approve,
        desk_views.AskedRefundView,
    ),
    Route(
        "POST",
        f"{_REFUND}/deny",
        "Deny a refund that waits for a manager",
        _MANAGER,
        Nothing,
        deny,
        desk_views.AskedRefundView,
    ),
    Route(
        "POST",
        f"{_ONE}/assign",
        "Give a payment that nobody was known for to a customer's balance",
        _DESK,
        AssignBody,
        assign,
        desk_views.DeskPaymentView,
    ),
)
handler = resolver(bootstrap, (*ROUTES, *desk_cases.ROUTES)).resolve
