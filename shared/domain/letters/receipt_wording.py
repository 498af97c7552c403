"""The words on a receipt, in Russian and English."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReceiptWording:
    """One language of a receipt; in braces what receipts.py fills in.

    Args:
        labels: of the rows.
        bought: a phone session, after a verb of paying.
        topped_up: a top-up, likewise.
        paid: the sentence on a payment.
        refunded: the sentence on a refund.
        by_card: with which card it was paid, where that is known.
        to_card: the same for a refund.
        taxed: the sentence on the tax.
        untaxed: the sentence where there is none.
        returned: the sentence on what went back since.
        sold_by: the last sentence.
    """

    labels: dict[str, str]
    bought: str
    topped_up: str
    paid: str
    refunded: str
    by_card: str
    to_card: str
    taxed: str
    untaxed: str
    returned: str
    sold_by: str


ENGLISH = ReceiptWording(
    labels={
        "payment": "Receipt of payment",
        "refund": "Receipt of refund",
        "number": "Receipt number",
        "moment": "Date",
        "what": "For",
        "session": "phone session",
        "top_up": "top-up of the balance",
        "booking": "Booking",
        "operator": "With",
        "starts_at": "Start",
        "minutes": "Minutes",
        "phone": "For the number",
        "card": "Card",
        "net": "Without tax",
        "tax": "Tax",
        "paid_amount": "Paid",
        "refunded_amount": "Returned",
        "returned": "Returned on",
        "kept": "Remains paid",
        "payment_id": "Transaction number",
        "seller": "Seller",
        "address": "Address",
        "tax_number": "Tax number",
        "contact": "Questions",
    },
    bought=(
        "a phone session of {minutes} minutes with {operator}, starting on {starts_at}, for the "
        "number {phone} (booking {booking})"
    ),
    topped_up="a top-up of your balance",
    paid="On {moment} you paid {amount}{card} for {what}.",
    refunded="On {moment} we returned {amount}{card} of what you had paid for {what}.",
    by_card=" with card {card}",
    to_card=" to card {card}",
    taxed="The amount includes tax of {rate}, which is {tax}.",
    untaxed="It includes no tax.",
    returned="Since then {returned} of it went back to you, and {kept} remains paid.",
    sold_by="The seller is {seller}; for questions: {contact}.",
)

RUSSIAN = ReceiptWording(
    labels={
        "payment": "Квитанция об оплате",
        "refund": "Квитанция о возврате",
        "number": "Номер квитанции",
        "moment": "Дата",
        "what": "За что",
        "session": "телефонный разговор",
        "top_up": "пополнение баланса",
        "booking": "Заказ",
        "operator": "С кем",
        "starts_at": "Начало",
        "minutes": "Минуты",
        "phone": "Для номера",
        "card": "Карта",
        "net": "Без налога",
        "tax": "Налог",
        "paid_amount": "Оплачено",
        "refunded_amount": "Возвращено",
        "returned": "Возвращено",
        "kept": "Остаётся оплаченным",
        "payment_id": "Номер операции",
        "seller": "Продавец",
        "address": "Адрес",
        "tax_number": "Налоговый номер",
        "contact": "Вопросы",
    },
    bought=(
        "телефонный разговор, {minutes} мин., собеседник: {operator}, начало {starts_at}, для "
        "номера {phone} (заказ {booking})"
    ),
    topped_up="пополнение баланса",
    paid="{moment} вы оплатили {amount}{card} за {what}.",
    refunded="{moment} мы вернули {amount}{card} из оплаты за {what}.",
    by_card=" картой {card}",
    to_card=" на карту {card}",
    taxed="В сумму включён налог {rate}, это {tax}.",
    untaxed="Налога в этой сумме нет.",
    returned="С тех пор вам вернулось {returned}, оплаченным остаётся {kept}.",
    sold_by="Продавец: {seller}; вопросы: {contact}.",
)
