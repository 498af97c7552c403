"""What the desk sees of payments and cases."""

from collections.abc import Iterable, Sequence
from typing import TypedDict

from functions.http import timelines, views
from functions.http.payment_views import CardView
from shared.application.money_desk import DeskRefund
from shared.application.payment_search import Group
from shared.application.payment_trail import Trail
from shared.application.store import Decision, PaymentSummary
from shared.application.summaries import CaseSummary
from shared.domain.case.case import Case
from shared.domain.money import Money
from shared.domain.payment.claims import Dispute, Refund


class DeskPaymentRow(TypedDict):
    """A payment in a list."""

    id: str
    booking_id: str | None
    status: str
    amount: views.MoneyView
    refunded: views.MoneyView
    disputed: bool
    captured_at: str | None


class CustomerGroup(TypedDict):
    """Payments of one customer, latest first; namesakes stand apart, `more` says he has more."""

    customer_id: str | None
    payments: list[DeskPaymentRow]
    more: bool


class PaymentsFound(TypedDict):
    """What a key leads to, each customer apart."""

    items: list[CustomerGroup]
    cursor: str | None


class DeskRefundView(TypedDict):
    """A refund with who asked for it; `note` is what he wrote about it."""

    id: str
    status: str
    amount: views.MoneyView
    reason: str | None
    by: str
    requested_at: str
    initiate_by: str | None
    settle_by: str | None
    provider_refund: str | None
    code: str | None
    note: str | None


class DeskDisputeView(TypedDict):
    """A claim of the customer's bank; `lost` is null while it is open."""

    id: str
    amount: views.MoneyView
    inquiry: bool
    reason: str
    opened_at: str
    withdrawn_minor: int
    lost: bool | None


class CaseRow(TypedDict):
    """A case in a list."""

    number: str
    kind: str
    level: str
    status: str
    deadline: str


class CaseOfPayment(CaseRow):
    """A case of a payment, with the matter it was opened for."""

    matter: str


class LetterView(TypedDict):
    """A letter about a payment, and how far it came."""

    letter: str
    about: str
    status: str
    at: str


class PostingView(TypedDict):
    """One line of the journal, debit positive; minutes are seconds of their tariff."""

    owner: str
    version: int
    at: str
    account: str
    unit: str
    amount: int


class DeskPaymentView(TypedDict):
    """A payment with its whole trail; `locked` while a bank asks about it.

    `explanation` is for a customer who does not recognise the charge, by language.
    """

    id: str
    customer_id: str | None
    booking_id: str | None
    purpose: str
    status: str
    due: views.MoneyView
    amount: views.MoneyView
    refunded: views.MoneyView
    refundable: views.MoneyView
    unallocated: views.MoneyView
    locked: bool
    card: CardView | None
    decline_code: str | None
    checkout: str | None
    opened_at: str
    captured_at: str | None
    explanation: dict[str, str]
    refunds: list[DeskRefundView]
    disputes: list[DeskDisputeView]
    cases: list[CaseOfPayment]
    letters: list[LetterView]
    timeline: list[timelines.EventView]
    booking_timeline: list[timelines.EventView]
    postings: list[PostingView]


class AskedRefundView(TypedDict):
    """A refund that was asked for or decided on; a manager decides in the case of `case_number`."""

    id: str
    status: str
    amount: views.MoneyView
    case_number: str | None


def payments_found(groups: Iterable[Group], cursor: str | None) -> PaymentsFound:
    """What a search led to."""
    items: list[CustomerGroup] = [
        {
            "customer_id": group.customer_id,
            "payments": [payment_row(payment) for payment in group.payments],
            "more": group.more,
        }
        for group in groups
    ]
    return {"items": items, "cursor": cursor}


def payment_row(one: PaymentSummary) -> DeskPaymentRow:
    """A payment in a list."""
    return {
        "id": one.payment_id,
        "booking_id": one.booking_id,
        "status": one.status.value,
        "amount": views.money(one.captured),
        "refunded": views.money(Money(one.refunded, one.captured.currency)),
        "disputed": bool(one.open_disputes),
        "captured_at": views.moment(one.captured_at) if one.captured_at else None,
    }


def case_row(one: Case | CaseSummary) -> CaseRow:
    """A case in a list."""
    return {
        "number": one.number,
        "kind": one.kind.value,
        "level": one.level.value,
        "status": one.status.value,
        "deadline": views.moment(one.deadline),
    }


def asked_refund(one: DeskRefund) -> AskedRefundView:
    """A refund that was asked for or decided on."""
    return {
        "id": one.refund.refund_id,
        "status": one.refund.status.value,
        "amount": views.money(one.refund.amount),
        "case_number": one.case_number,
    }


def payment(trail: Trail, explanation: dict[str, str]) -> DeskPaymentView:
    """A payment with its whole trail."""
    one = trail.payment
    postings = [
        *_postings(one.payment_id, trail.history),
        *_postings(one.booking_id or "", trail.booking),
    ]
    return {
        "id": one.payment_id,
        "customer_id": one.customer_id,
        "booking_id": one.booking_id,
        "purpose": one.purpose.value,
        "status": one.status.value,
        "due": views.money(one.due),
        "amount": views.money(one.captured),
        "refunded": views.money(one.refunded),
        "refundable": views.money(one.refundable),
        "unallocated": views.money(Money(one.unallocated, one.captured.currency)),
        "locked": one.locked,
        "card": {"brand": one.card.brand, "last4": one.card.last4} if one.card else None,
        "decline_code": one.decline_code,
        "checkout": one.checkout,
        "opened_at": views.moment(one.opened_at),
        "captured_at": views.moment(one.captured_at) if one.captured_at else None,
        "explanation": explanation,
        "refunds": [_refund(back, trail.notes.get(back.refund_id)) for back in one.refunds],
        "disputes": [_dispute(dispute) for dispute in one.disputes],
        "cases": [{**case_row(case), "matter": matter} for matter, case in trail.cases],
        "letters": [
            {
                "letter": sent.letter.value,
                "about": sent.about,
                "status": sent.status,
                "at": views.moment(sent.at),
            }
            for sent in trail.letters
        ],
        "timeline": timelines.timeline(trail.history, for_customer=False)["items"],
        "booking_timeline": timelines.timeline(trail.booking, for_customer=False)["items"],
        "postings": sorted(postings, key=lambda posting: posting["at"]),
    }


def _refund(one: Refund, note: str | None) -> DeskRefundView:
    return {
        "id": one.refund_id,
        "status": one.status.value,
        "amount": views.money(one.amount),
        "reason": one.reason.value if one.reason else None,
        "by": one.by,
        "requested_at": views.moment(one.requested_at),
        "initiate_by": views.moment(one.initiate_by) if one.initiate_by else None,
        "settle_by": views.moment(one.settle_by) if one.settle_by else None,
        "provider_refund": one.provider_refund_id,
        "code": one.code,
        "note": note,
    }


def _dispute(one: Dispute) -> DeskDisputeView:
    return {
        "id": one.dispute_id,
        "amount": views.money(one.amount),
        "inquiry": one.inquiry,
        "reason": one.reason,
        "opened_at": views.moment(one.opened_at),
        "withdrawn_minor": one.withdrawn,
        "lost": one.lost,
    }


def _postings(owner: str, history: Sequence[Decision]) -> list[PostingView]:
    return [
        {
            "owner": owner,
            "version": decision.version,
            "at": views.moment(decision.at),
            "account": posting.account,
            "unit": posting.unit,
            "amount": posting.amount,
        }
        for decision in history
        for posting in decision.postings
    ]
