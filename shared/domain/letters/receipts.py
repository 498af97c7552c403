"""Electronic receipts: what was paid or returned, in words, as a mail and as a page (S2.6)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from html import escape

from shared.domain.card import Card
from shared.domain.letters.receipt_wording import ENGLISH, RUSSIAN, ReceiptWording
from shared.domain.letters.shown import card_text, moment_text, percent_text
from shared.domain.money import Money

_WHOLE = 10_000  # basis points
_WORDING = {"en": ENGLISH, "ru": RUSSIAN}
_STYLE = """
body { font: 1rem/1.5 system-ui, sans-serif; color: #111; background: #fff; margin: 2rem; }
main { max-width: 40rem; margin: 0 auto; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #ccc; padding: .3rem 0; text-align: left; vertical-align: top; }
th { font-weight: normal; padding-right: 2rem; white-space: nowrap; }
td { overflow-wrap: anywhere; }
@media print { body { margin: 0; font-size: 11pt; } tr, p { break-inside: avoid; } }
"""


class ReceiptKind(StrEnum):
    """Which way the money went."""

    PAYMENT = "payment"
    REFUND = "refund"


@dataclass(frozen=True, slots=True)
class Seller:
    """Who sold it; a setting of the tenant.

    Args:
        tax_number: empty where the seller has none.
        contact: an e-mail address or a phone number.
    """

    name: str
    address: str
    tax_number: str
    contact: str


@dataclass(frozen=True, slots=True)
class PaidSession:
    """A phone session that was paid for.

    Args:
        booking_id: digits with a check digit.
        operator: the name that customers see.
        starts_at: UTC.
        minutes: bought.
        phone: the number that is called, masked, or its pseudonym.
    """

    booking_id: str
    operator: str
    starts_at: datetime
    minutes: int
    phone: str


@dataclass(frozen=True, slots=True)
class Returned:
    """A refund of the payment that a receipt is about.

    Args:
        refund_id: shown to the customer.
        moment: UTC.
    """

    refund_id: str
    moment: datetime
    amount: Money


@dataclass(frozen=True, slots=True)
class Receipt:
    """One payment or one refund, as the customer may keep it.

    Args:
        number: of this receipt.
        payment_id: the transaction number.
        session: what was bought; None for a top-up of the balance.
        amount: what moved, never negative; tax is included in it.
        tax_rate: basis points; 0 where the seller charges none.
        card: which paid, or to which the refund goes; None where it is unknown.
        moment: of the payment or refund, UTC.
        refunds: of this payment up to now; none on the receipt of a refund.
    """

    number: str
    kind: ReceiptKind
    payment_id: str
    session: PaidSession | None
    amount: Money
    tax_rate: int
    card: Card | None
    moment: datetime
    refunds: tuple[Returned, ...]
    seller: Seller

    @property
    def tax(self) -> Money:
        """The tax within the amount, to the nearest minor unit, a half upwards."""
        gross = _WHOLE + self.tax_rate
        tax = (2 * self.amount.minor * self.tax_rate + gross) // (2 * gross)
        return Money(tax, self.amount.currency)

    @property
    def net(self) -> Money:
        """The amount without its tax."""
        return self.amount - self.tax

    @property
    def kept(self) -> Money:
        """What is left of the payment after its refunds."""
        left = self.amount
        for refund in self.refunds:
            left -= refund.amount
        return left


def as_text(receipt: Receipt, language: str) -> str:
    """The receipt as plain text for an e-mail; English where the language is not one of ours."""
    words = _WORDING.get(language, ENGLISH)
    rows = "\n".join(f"{label}: {value}" for label, value in _rows(receipt, words))
    return f"{words.labels[receipt.kind]}\n\n{rows}\n"


def as_html(receipt: Receipt, language: str) -> str:
    """The receipt as one page to print, without scripts and without anything to be fetched."""
    words = _WORDING.get(language, ENGLISH)
    title = escape(words.labels[receipt.kind])
    rows = "\n".join(
        f'<tr><th scope="row">{escape(label)}</th><td>{escape(value)}</td></tr>'
        for label, value in _rows(receipt, words)
    )
    return f"""<!doctype html>
<html lang="{"ru" if words is RUSSIAN else "en"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<table>
{rows}
</table>
<p>{escape(explain(receipt, language))}</p>
</main>
</body>
</html>
"""


def explain(receipt: Receipt, language: str) -> str:
    """What a charge or a refund was, for a customer who does not recognise it, in one paragraph."""
    words = _WORDING.get(language, ENGLISH)
    payment = receipt.kind is ReceiptKind.PAYMENT
    card = words.by_card if payment else words.to_card
    sentences = [
        (words.paid if payment else words.refunded).format(
            moment=moment_text(receipt.moment),
            amount=receipt.amount,
            card=card.format(card=card_text(receipt.card)) if receipt.card else "",
            what=_what(receipt.session, words),
        )
    ]
    tax = words.taxed if receipt.tax_rate else words.untaxed
    sentences.append(tax.format(rate=percent_text(receipt.tax_rate), tax=receipt.tax))
    if receipt.refunds:
        returned = receipt.amount - receipt.kept
        sentences.append(words.returned.format(returned=returned, kept=receipt.kept))
    seller = receipt.seller
    sentences.append(words.sold_by.format(seller=seller.name, contact=seller.contact))
    return " ".join(sentences)


def _what(session: PaidSession | None, words: ReceiptWording) -> str:
    if session is None:
        return words.topped_up
    return words.bought.format(
        minutes=session.minutes,
        operator=session.operator,
        starts_at=moment_text(session.starts_at),
        phone=session.phone,
        booking=session.booking_id,
    )


def _rows(receipt: Receipt, words: ReceiptWording) -> Iterator[tuple[str, str]]:
    labels, session, seller = words.labels, receipt.session, receipt.seller
    yield labels["number"], receipt.number
    yield labels["moment"], moment_text(receipt.moment)
    yield labels["what"], labels["top_up" if session is None else "session"]
    if session is not None:
        yield labels["booking"], session.booking_id
        yield labels["operator"], session.operator
        yield labels["starts_at"], moment_text(session.starts_at)
        yield labels["minutes"], str(session.minutes)
        yield labels["phone"], session.phone
    if receipt.card is not None:
        yield labels["card"], card_text(receipt.card)
    yield labels["net"], str(receipt.net)
    yield f"{labels['tax']} {percent_text(receipt.tax_rate)}", str(receipt.tax)
    moved = "paid_amount" if receipt.kind is ReceiptKind.PAYMENT else "refunded_amount"
    yield labels[moved], str(receipt.amount)
    for refund in receipt.refunds:
        when = f"{labels['returned']} {moment_text(refund.moment)}"
        yield when, f"{refund.amount} ({refund.refund_id})"
    if receipt.refunds:
        yield labels["kept"], str(receipt.kept)
    yield labels["payment_id"], receipt.payment_id
    yield labels["seller"], seller.name
    yield labels["address"], seller.address
    if seller.tax_number:
        yield labels["tax_number"], seller.tax_number
    yield labels["contact"], seller.contact
