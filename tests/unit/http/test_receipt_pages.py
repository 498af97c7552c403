"""Receipts and explanations as the customer reads them, and as letters enclose them (S2.6)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.http.languages import preferred
from shared.application.payment_letters import PaymentLetters
from shared.application.store import Cause
from shared.domain.effects import EffectKind
from shared.domain.letters.receipts import as_text
from shared.domain.lots import Tariff
from shared.domain.money import Money
from shared.domain.payment import commands as c
from shared.domain.policy import CURRENT
from tests.unit.http.house import ANNA, BORIS, MAIN, NOW, SELLER, House, assert_problem
from tests.unit.http.paid import PRICE, paid, report, settled, started

_MASKED = "+120••••••23"


def test_a_receipt_is_a_page_to_print_and_fetches_nothing() -> None:
    house = House()
    number = house.book()["id"]
    payment_id = paid(house, number)
    answer = house.ask("GET", f"/v1/payments/{payment_id}/receipt")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Language"] == "en"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "frame-ancestors 'none'" in policy
    assert "script" not in policy
    for told in (number, payment_id, "300.00 RUB", "Olga", _MASKED, "Visa •••• 4242", SELLER.name):
        assert told in answer.text
    assert MAIN not in answer.text
    assert "<script" not in answer.text


def test_what_others_wrote_is_shown_and_not_run() -> None:
    house = House()
    house.rooms.operators().register("op-olga", "<b>Olga", "standard", ["+12025550101"])
    payment_id = paid(house, house.book()["id"])
    page = house.ask("GET", f"/v1/payments/{payment_id}/receipt").text
    assert "&lt;b&gt;Olga" in page
    assert "<b>" not in page


@pytest.mark.parametrize(
    ("query", "accepted", "booked", "language"),
    [
        (None, None, "ru", "ru"),
        (None, "en-GB,en;q=0.9", "ru", "en"),
        ({"language": "ru"}, "en", "en", "ru"),
        ({"language": "en"}, "ru", "ru", "en"),
        (None, "de, fr;q=0.9", "ru", "ru"),
        (None, "\"';;;=\x7f", "ru", "ru"),
    ],
)
def test_the_language_is_the_one_asked_for(
    query: dict[str, str] | None, accepted: str | None, booked: str, language: str
) -> None:
    house = House()
    payment_id = paid(house, house.book(language=booked)["id"])
    headers = {"Accept-Language": accepted}
    path = f"/v1/payments/{payment_id}"
    page = house.ask("GET", f"{path}/receipt", query=query, headers=headers)
    title = {"en": "Receipt of payment", "ru": "Квитанция об оплате"}[language]
    assert (title in page.text, page.headers["Content-Language"]) == (True, language)
    told = house.ask("GET", f"{path}/explanation", query=query, headers=headers)
    assert told.json["language"] == language


@pytest.mark.parametrize(
    ("accepted", "wanted"),
    [
        ("", "ru"),
        ("en", "en"),
        ("EN-us", "en"),
        ("ru;q=0.5, en;q=0.8", "en"),
        ("en;q=0, ru;q=0.1", "ru"),
        ("*", "ru"),
        ("en ; q=0.3 , *;q=0.2", "en"),
        ("en;q=2", "ru"),
        ("english", "ru"),
        ("en;q=0", "ru"),
        ("e" * 9000, "ru"),
    ],
)
def test_a_header_names_languages_by_preference(accepted: str, wanted: str) -> None:
    assert preferred(accepted, "ru") == wanted


@pytest.mark.parametrize("end", ["receipt", "explanation", "refunds/re_1/receipt"])
@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ({"language": "de"}, "choice_unknown", "language"),
        ({"language": ""}, "choice_unknown", "language"),
        ({"lang": "ru"}, "field_unknown", "lang"),
    ],
)
def test_a_wrong_language_is_named(end: str, query: dict[str, str], code: str, field: str) -> None:
    house = House()
    payment_id = paid(house, house.book()["id"])
    answer = house.ask("GET", f"/v1/payments/{payment_id}/{end}", query=query)
    assert_problem(answer, 422, code, field)


def test_a_charge_is_explained_in_words_and_in_parts() -> None:
    house = House()
    number = house.book()["id"]
    payment_id = paid(house, number)
    told = house.ask("GET", f"/v1/payments/{payment_id}/explanation").json
    assert told | {"text": ""} == {
        "payment_id": payment_id,
        "language": "en",
        "text": "",
        "paid_at": "2030-01-31T12:07:30Z",
        "amount": PRICE,
        "net": PRICE,
        "tax": {"amount_minor": 0, "currency": "rub"},
        "tax_rate": CURRENT.tax_rate,
        "card": {"brand": "visa", "last4": "4242"},
        "session": {
            "booking_id": number,
            "operator": "Olga",
            "starts_at": "2030-01-31T18:00:00Z",
            "minutes": 30,
            "phone": _MASKED,
        },
        "seller": {
            "name": SELLER.name,
            "address": SELLER.address,
            "tax_number": SELLER.tax_number,
            "contact": SELLER.contact,
        },
    }
    assert told["text"].startswith("On 31.01.2030 12:07 UTC you paid 300.00 RUB with card Visa")
    assert _MASKED in told["text"]


def test_a_top_up_is_explained_without_a_session() -> None:
    house = House()
    payment_id = _top_up(house)
    told = house.ask("GET", f"/v1/payments/{payment_id}/explanation").json
    assert told["session"] is None
    assert "a top-up of your balance" in told["text"]


def test_an_erased_number_stays_unknown() -> None:
    house = House()
    payment_id = paid(house, house.book()["id"])
    house.contacts.forget(ANNA)
    told = house.ask("GET", f"/v1/payments/{payment_id}/explanation").json
    assert told["session"]["phone"] == "•••"


def test_money_without_decimals_is_shown_so() -> None:  # S2.8
    house = House()
    house.rooms.operators().set_tariff(Tariff("yen", Money(100, "jpy")))
    house.rooms.operators().register("op-olga", "Olga", "yen", ["+12025550101"])
    payment_id = paid(house, house.book()["id"])
    assert "3000 JPY" in house.ask("GET", f"/v1/payments/{payment_id}/receipt").text


def test_a_refund_has_a_receipt_of_its_own_and_stands_on_that_of_the_payment() -> None:
    house = House()
    number = house.book()["id"]
    payment_id = paid(house, number)
    path = f"/v1/payments/{payment_id}"
    house.clock.moment = NOW + timedelta(hours=1)
    house.ask("POST", f"/v1/bookings/{number}/cancel")
    refund = house.ask("GET", path).json["refunds"][0]["id"]
    early = house.ask("GET", f"{path}/refunds/{refund}/receipt")
    assert_problem(early, 409, "refund_not_made")
    assert refund not in house.ask("GET", f"{path}/receipt").text
    settled(house, payment_id, refund)
    for name in (refund, "re_1"):  # ours, and the provider's as a bank statement may show it
        page = house.ask("GET", f"{path}/refunds/{name}/receipt")
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        for told in ("Receipt of refund", "31.01.2030 13:07 UTC", "300.00 RUB", f"R-{refund}"):
            assert told in page.text
    after = house.ask("GET", f"{path}/receipt").text
    assert refund in after
    assert "0.00 RUB" in after


@pytest.mark.parametrize("refund", ["re_999", "x" * 300, "%3Cb%3E"])
def test_an_unknown_refund_has_no_receipt(refund: str) -> None:
    house = House()
    payment_id = paid(house, house.book()["id"])
    answer = house.ask("GET", f"/v1/payments/{payment_id}/refunds/{refund}/receipt")
    assert_problem(answer, 404, "refund_unknown", "refund_id")


def test_a_refund_of_another_payment_has_no_receipt_here() -> None:  # Never 7
    house = House()
    number = house.book()["id"]
    mine = paid(house, number)
    house.ask("POST", f"/v1/bookings/{number}/cancel")
    refund = house.ask("GET", f"/v1/payments/{mine}").json["refunds"][0]["id"]
    settled(house, mine, refund)
    theirs = _top_up(house, who=BORIS)
    path = f"/v1/payments/{theirs}/refunds/{refund}/receipt"
    assert_problem(house.ask("GET", path, who=BORIS), 404, "refund_unknown", "refund_id")


def test_what_was_never_paid_has_no_receipt() -> None:
    house = House()
    intent = started(house, house.book()["id"])
    for end in ("receipt", "explanation"):
        answer = house.ask("GET", f"/v1/payments/{intent}/{end}")
        assert_problem(answer, 404, "payment_unknown", "payment_id")


# --- letters --------------------------------------------------------------------------------------


class _Box:
    """A mail service that keeps what it is given."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str]] = []

    def send(self, to: str, subject: str, text: str, message_id: str) -> None:
        self.sent.append((to, subject, text))


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_letters_enclose_the_receipts(language: str) -> None:
    house = House()
    number = house.book(language=language)["id"]
    payment_id = paid(house, number)
    receipts = house.rooms.receipts()
    paid_letter = _written(house)[-1]
    payment = house.store.payment(payment_id).state  # type: ignore[union-attr]
    assert paid_letter.endswith("\n\n" + as_text(receipts.of_payment(payment), language))
    assert f"https://pages.example/payments/{payment_id}/receipt" in paid_letter
    house.ask("POST", f"/v1/bookings/{number}/cancel")
    refund = house.ask("GET", f"/v1/payments/{payment_id}").json["refunds"][0]["id"]
    settled(house, payment_id, refund)
    payment = house.store.payment(payment_id).state  # type: ignore[union-attr]
    letter = _written(house)[-1]
    assert letter.endswith("\n\n" + as_text(receipts.of_refund(payment, refund), language))
    assert f"https://pages.example/payments/{payment_id}/refunds/{refund}/receipt" in letter
    assert MAIN not in paid_letter + letter


def test_a_receipt_that_is_sent_late_says_what_was_paid() -> None:
    house = House()
    number = house.book()["id"]
    payment_id = paid(house, number)
    house.ask("POST", f"/v1/bookings/{number}/cancel")
    refund = house.ask("GET", f"/v1/payments/{payment_id}").json["refunds"][0]["id"]
    settled(house, payment_id, refund)
    payment = house.store.payment(payment_id).state  # type: ignore[union-attr]
    receipt = replace(house.rooms.receipts().of_payment(payment), refunds=())
    assert any(text.endswith(as_text(receipt, "en")) for text in _written(house))


def test_a_receipt_of_money_that_came_back_is_not_enclosed() -> None:
    house = House()
    number = house.book()["id"]
    payment_id = paid(house, number)
    _written(house)
    house.ask("POST", f"/v1/bookings/{number}/cancel")
    refund = house.ask("GET", f"/v1/payments/{payment_id}").json["refunds"][0]["id"]
    settled(house, payment_id, refund)
    failed = c.NoteRefundRefused(refund, "expired_or_canceled_card")
    cause = Cause("NoteRefundRefused", "payment provider", {})
    house.rooms.payment_records().apply(payment_id, failed, cause)
    assert not any("Receipt of refund" in text for text in _written(house))


def _written(house: House) -> list[str]:
    """The letters about money that are due now, as they are sent."""
    box = _Box()
    letters = PaymentLetters(
        house.rooms.bookings(),
        house.contacts,
        box,
        "https://pages.example",
        house.rooms.receipts(),
    )
    for effect in list(house.store.effects):
        if effect.kind is EffectKind.SEND_PAYMENT_LETTER:
            letters.send(effect.owner_id, effect.subject)
    return [text for _, _, text in box.sent]


def _top_up(house: House, who: str = ANNA) -> str:
    metadata: dict[str, Any] = {"customer_id": who, "purpose": "top_up"}
    intent = house.provider.create_intent(Money(50000, "rub"), metadata, f"top-up-{who}")
    report(house, intent.intent_id)
    return intent.intent_id
