"""What the API shows of payments: money, refunds, disputes, and what the customer is asked."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypedDict

from functions.http.views import MoneyView, moment, money
from shared.domain.card import Card
from shared.domain.declines import advice_on, advice_text, told_code

if TYPE_CHECKING:
    from shared.application.choices import Made
    from shared.application.store import PaymentSummary
    from shared.domain.letters.receipts import PaidSession, Receipt, Seller
    from shared.domain.payment.claims import Dispute, Refund
    from shared.domain.payment.payment import Payment
    from shared.domain.payment.refundable import Refundable


class AdviceView(TypedDict):
    """What helps against a decline; `text` is in the customer's language."""

    code: str
    text: str


class CardView(TypedDict):
    """A card as its owner knows it."""

    brand: str
    last4: str


class PaymentRow(TypedDict):
    """A payment in a list; `refunded` went back or is on its way."""

    id: str
    status: str
    amount: MoneyView
    refunded: MoneyView
    booking_id: str | None
    captured_at: str | None


class PaymentList(TypedDict):
    """Payments, latest first."""

    items: list[PaymentRow]
    cursor: str | None


class RefundDetail(TypedDict):
    """Money on its way back: the bank has it by `initiate_by`, the customer by `settle_by`.

    Refused or failed, it stands on the balance. Made by hand, it has no reason and no deadlines.
    """

    id: str
    status: str
    amount: MoneyView
    reason: str | None
    requested_at: str
    initiate_by: str | None
    settle_by: str | None


class DisputeView(TypedDict):
    """A question (`inquiry`) or claim of the customer's bank; `outcome` is won or lost."""

    id: str
    amount: MoneyView
    inquiry: bool
    open: bool
    outcome: str | None
    opened_at: str


class QuestionView(TypedDict):
    """Whether both payments were meant, asked once; `of` is the other one where it is his own."""

    pending: bool
    answer_by: str
    of: str | None
    wanted_both: bool | None


class ChoiceView(TypedDict):
    """What becomes of a late payment: what was chosen, else the nearest free times."""

    made: str | None
    booking_id: str | None
    slots: list[str]


class RefundableView(TypedDict):
    """What may go back on request now, and until when all of it; null where no time is set.

    What was paid for a session that has not begun goes back by cancelling its booking.
    """

    amount: MoneyView
    until: str | None


class PaymentDetail(TypedDict):
    """One payment with everything that became of it; `shown` once a page said that it shows it."""

    id: str
    purpose: str
    status: str
    amount: MoneyView
    card: CardView | None
    captured_at: str | None
    booking_id: str | None
    shown: bool
    decline_code: str | None
    advice: AdviceView | None
    refunds: list[RefundDetail]
    disputes: list[DisputeView]
    question: QuestionView | None
    choice: ChoiceView | None
    refundable: RefundableView


class BoughtView(TypedDict):
    """The session that was paid for; `phone` is masked."""

    booking_id: str
    operator: str
    starts_at: str
    minutes: int
    phone: str


class SellerView(TypedDict):
    """Who sold it."""

    name: str
    address: str
    tax_number: str
    contact: str


class ExplanationView(TypedDict):
    """What a charge was, in one paragraph and in its parts; `amount` is `net` and `tax` together.

    `tax_rate` is in basis points; without a session it was a top-up of the balance.
    """

    payment_id: str
    language: str
    text: str
    paid_at: str
    amount: MoneyView
    net: MoneyView
    tax: MoneyView
    tax_rate: int
    card: CardView | None
    session: BoughtView | None
    seller: SellerView


def advice(code: str | None, language: str) -> AdviceView | None:
    """What to do about a decline; None without one."""
    if code is None:
        return None
    kind = advice_on(code)
    return {"code": kind.value, "text": advice_text(kind, language)}


def payments(
    ids: Sequence[str], found: Mapping[str, "PaymentSummary"], cursor: str | None
) -> PaymentList:
    """A page of payments.

    Args:
        ids: in their order.
        found: those of them that exist.
    """
    rows: list[PaymentRow] = [
        {
            "id": one.payment_id,
            "status": one.status.value,
            "amount": money(one.captured),
            "refunded": {"amount_minor": one.refunded, "currency": one.captured.currency},
            "booking_id": one.booking_id,
            "captured_at": _moment(one.captured_at),
        }
        for one in (found[each] for each in ids if each in found)
    ]
    return {"items": rows, "cursor": cursor}


def payment(
    one: "Payment",
    refundable: "Refundable",
    choice: ChoiceView | None,
    *,
    knows_other: bool,
) -> PaymentDetail:
    """A payment as its customer sees it.

    Args:
        refundable: what may go back on request now.
        choice: where it came too late.
        knows_other: whether the payment that it may repeat is his own too; a card may be shared.
    """
    return {
        "id": one.payment_id,
        "purpose": one.purpose.value,
        "status": one.status.value,
        "amount": money(one.captured),
        "card": _card(one.card),
        "captured_at": _moment(one.captured_at),
        "booking_id": one.booking_id,
        "shown": one.shown_at is not None,
        "decline_code": told_code(one.decline_code),
        "advice": advice(one.decline_code, one.language),
        "refunds": [refund(each) for each in one.refunds],
        "disputes": [_dispute(each) for each in one.disputes],
        "question": _question(one, knows_other=knows_other),
        "choice": choice,
        "refundable": {"amount": money(refundable.amount), "until": _moment(refundable.until)},
    }


def choice(made: "Made | None", slots: Iterable[datetime]) -> ChoiceView:
    """What was chosen, or what there is to choose from."""
    return {
        "made": made.choice.value if made else None,
        "booking_id": made.booking_id if made else None,
        "slots": [moment(start) for start in slots],
    }


def refund(one: "Refund") -> RefundDetail:
    """A refund as its customer sees it."""
    return {
        "id": one.refund_id,
        "status": one.status.value,
        "amount": money(one.amount),
        "reason": one.reason.value if one.reason else None,
        "requested_at": moment(one.requested_at),
        "initiate_by": _moment(one.initiate_by),
        "settle_by": _moment(one.settle_by),
    }


def explanation(receipt: "Receipt", text: str, language: str) -> ExplanationView:
    """A charge explained."""
    return {
        "payment_id": receipt.payment_id,
        "language": language,
        "text": text,
        "paid_at": moment(receipt.moment),
        "amount": money(receipt.amount),
        "net": money(receipt.net),
        "tax": money(receipt.tax),
        "tax_rate": receipt.tax_rate,
        "card": _card(receipt.card),
        "session": _bought(receipt.session) if receipt.session else None,
        "seller": _seller(receipt.seller),
    }


def _moment(at: datetime | None) -> str | None:
    return moment(at) if at else None


def _card(card: Card | None) -> CardView | None:
    return {"brand": card.brand, "last4": card.last4} if card else None


def _dispute(one: "Dispute") -> DisputeView:
    return {
        "id": one.dispute_id,
        "amount": money(one.amount),
        "inquiry": one.inquiry,
        "open": one.is_open,
        "outcome": None if one.is_open else "lost" if one.lost else "won",
        "opened_at": moment(one.opened_at),
    }


def _question(one: "Payment", *, knows_other: bool) -> QuestionView | None:
    asked = one.question
    if asked is None:
        return None
    return {
        "pending": one.asks,
        "answer_by": moment(asked.answer_by),
        "of": asked.of if knows_other else None,
        "wanted_both": one.wanted_both,
    }


def _bought(session: "PaidSession") -> BoughtView:
    return {
        "booking_id": session.booking_id,
        "operator": session.operator,
        "starts_at": moment(session.starts_at),
        "minutes": session.minutes,
        "phone": session.phone,
    }


def _seller(seller: "Seller") -> SellerView:
    return {
        "name": seller.name,
        "address": seller.address,
        "tax_number": seller.tax_number,
        "contact": seller.contact,
    }
