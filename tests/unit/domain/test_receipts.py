"""Receipts of payments and refunds."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.card import Card
from shared.domain.errors import RuleBroken
from shared.domain.letters.receipt_wording import ENGLISH, RUSSIAN
from shared.domain.letters.receipts import (
    PaidSession,
    Receipt,
    ReceiptKind,
    Returned,
    Seller,
    as_html,
    as_text,
    explain,
)
from shared.domain.money import Money
from shared.domain.session.wording import LANGUAGES

PAID = Receipt(
    number="R-1001",
    kind=ReceiptKind.PAYMENT,
    payment_id="pi_3Made1Up",
    session=PaidSession(
        booking_id="123456789015",
        operator="Olga",
        starts_at=datetime(2026, 3, 5, 17, 30, tzinfo=UTC),
        minutes=30,
        phone="+120••••••23",
    ),
    amount=Money(150000, "rub"),
    tax_rate=2000,
    card=Card("visa", "4242", "fingerprint"),
    moment=datetime(2026, 3, 2, 12, 0, tzinfo=UTC),
    refunds=(),
    seller=Seller("Redial Example", "1 Example Street", "123456", "help@example.com"),
)
SOME_BACK = replace(
    PAID,
    refunds=(
        Returned("re_1", datetime(2026, 3, 6, 9, 0, tzinfo=UTC), Money(50000, "rub")),
        Returned("re_2", datetime(2026, 3, 7, 9, 0, tzinfo=UTC), Money(25001, "rub")),
    ),
)
REFUND = replace(PAID, number="R-1002", kind=ReceiptKind.REFUND, amount=Money(50000, "rub"))
TOP_UP = replace(PAID, session=None)
FORMS: list[Callable[[Receipt, str], str]] = [as_text, as_html, explain]


class Page(HTMLParser):
    """The tags, attributes and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def read(receipt: Receipt, language: str = "en") -> dict[str, str]:
    """The rows of the mail."""
    rows = as_text(receipt, language).splitlines()[2:]
    return dict(row.split(": ", 1) for row in rows)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", FORMS)
def test_receipt_says_what_when_for_which_number_and_tax(
    form: Callable[[Receipt, str], str], language: str
) -> None:
    # S2.6
    text = form(PAID, language)
    for fact in (
        *("1500.00 RUB", "250.00 RUB", "20 %", "Visa •••• 4242", "02.03.2026 12:00 UTC"),
        *("Olga", "05.03.2026 17:30 UTC", "30", "+120••••••23", "123456789015"),
        *("Redial Example", "help@example.com"),
    ):
        assert fact in text
    assert bool(re.search("[а-яё]", text)) is (language == "ru")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "receipt",
    [PAID, SOME_BACK, REFUND, TOP_UP, replace(TOP_UP, card=None, tax_rate=0)],
    ids=["paid", "some-back", "refund", "top-up", "bare"],
)
def test_receipt_is_whole_whichever_facts_there_are(
    receipt: Receipt, form: Callable[[Receipt, str], str], language: str
) -> None:
    # S2.6
    text = form(receipt, language)
    shown = Page(text).text if form is as_html else text
    assert "None" not in shown
    assert form is as_html or not re.search(r"[{}]|\S  | [.,]", shown)


def test_languages_have_the_same_rows_and_others_read_english() -> None:
    # S2.6
    assert list(ENGLISH.labels) == list(RUSSIAN.labels)
    assert [form(SOME_BACK, "de") for form in FORMS] == [form(SOME_BACK, "en") for form in FORMS]


def test_tax_is_within_the_amount() -> None:
    # S2.6: 20 % of 1250.00 is 250.00
    assert (PAID.net, PAID.tax) == (Money(125000, "rub"), Money(25000, "rub"))
    assert read(PAID)["Tax 20 %"] == "250.00 RUB"


def test_seller_without_tax_says_so() -> None:
    # S2.6
    untaxed = replace(PAID, tax_rate=0)
    assert (untaxed.net, untaxed.tax) == (PAID.amount, Money(0, "rub"))
    assert "It includes no tax." in explain(untaxed, "en")


@given(st.integers(0, 10**12), st.integers(0, 10_000))
def test_net_and_tax_add_up_and_are_exact_to_half_a_minor_unit(minor: int, rate: int) -> None:
    # S2.6, S2.8
    receipt = replace(PAID, amount=Money(minor, "rub"), tax_rate=rate)
    assert receipt.net + receipt.tax == receipt.amount
    # tax = amount x rate / (100 % + rate), compared without division
    assert abs(2 * (receipt.tax.minor * (10_000 + rate) - minor * rate)) <= 10_000 + rate


@given(st.lists(st.integers(1, 10**9)), st.integers(0, 10**9))
def test_payment_is_its_refunds_and_what_remains(parts: list[int], left: int) -> None:
    # S2.6, S2.9
    refunds = tuple(
        Returned(f"re_{n}", PAID.moment, Money(part, "rub")) for n, part in enumerate(parts)
    )
    receipt = replace(PAID, amount=Money(sum(parts) + left, "rub"), refunds=refunds)
    assert receipt.kept == Money(left, "rub")


def test_refunds_are_listed_and_the_rest_is_named() -> None:
    # S2.6
    rows = read(SOME_BACK)
    assert rows["Returned on 06.03.2026 09:00 UTC"] == "500.00 RUB (re_1)"
    assert rows["Returned on 07.03.2026 09:00 UTC"] == "250.01 RUB (re_2)"
    assert rows["Remains paid"] == "749.99 RUB"
    assert "750.01 RUB of it went back to you, and 749.99 RUB remains paid" in explain(
        SOME_BACK, "en"
    )


def test_refund_in_another_currency_is_no_part_of_the_payment() -> None:
    # S2.8
    wrong = Returned("re_1", PAID.moment, Money(1, "usd"))
    with pytest.raises(RuleBroken, match="currency_mismatch"):
        as_text(replace(PAID, refunds=(wrong,)), "en")


@pytest.mark.parametrize(
    ("amount", "net", "tax", "total"),
    [
        (Money(1500, "jpy"), "1250 JPY", "250 JPY", "1500 JPY"),
        (Money(1500, "kwd"), "1.250 KWD", "0.250 KWD", "1.500 KWD"),
        (Money(1501, "jpy"), "1251 JPY", "250 JPY", "1501 JPY"),
        (Money(1503, "kwd"), "1.252 KWD", "0.251 KWD", "1.503 KWD"),
        (Money(1, "usd"), "0.01 USD", "0.00 USD", "0.01 USD"),
    ],
)
def test_currencies_without_and_with_three_decimals(
    amount: Money, net: str, tax: str, total: str
) -> None:
    # S2.8
    rows = read(replace(PAID, amount=amount))
    assert (rows["Without tax"], rows["Tax 20 %"], rows["Paid"]) == (net, tax, total)


def test_refund_says_that_money_went_back() -> None:
    # S2.6
    assert as_text(REFUND, "en").startswith("Receipt of refund\n")
    assert as_text(REFUND, "ru").startswith("Квитанция о возврате\n")
    assert read(REFUND)["Returned"] == "500.00 RUB"
    assert "we returned 500.00 RUB to card Visa •••• 4242" in explain(REFUND, "en")


def test_top_up_names_no_session() -> None:
    # S2.6
    rows = read(TOP_UP)
    assert rows["For"] == "top-up of the balance"
    assert not {"Booking", "With", "Start", "Minutes", "For the number"} & rows.keys()


HOSTILE = "</td><script>alert('1')</script>&\"{0}"


def test_nothing_typed_by_anybody_becomes_part_of_the_page() -> None:
    # S2.6: operator, seller and ids are texts from outside
    assert PAID.session is not None
    hostile = replace(
        PAID,
        number=HOSTILE,
        payment_id=HOSTILE,
        session=replace(PAID.session, operator=HOSTILE, phone=HOSTILE, booking_id=HOSTILE),
        card=Card(HOSTILE, HOSTILE, HOSTILE),
        refunds=(Returned(HOSTILE, PAID.moment, Money(1, "rub")),),
        seller=Seller(HOSTILE, HOSTILE, HOSTILE, HOSTILE),
    )
    harmless = replace(PAID, refunds=(Returned("re_1", PAID.moment, Money(1, "rub")),))
    page = Page(as_html(hostile, "en"))
    assert page.tags == Page(as_html(harmless, "en")).tags
    assert page.text.count(HOSTILE) >= 9


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_fetches_and_runs_nothing_and_can_be_printed(language: str) -> None:
    # S2.6
    source = as_html(SOME_BACK, language)
    page = Page(source)
    assert page.attributes[0] == ("lang", language)
    assert not {"script", "img", "link", "iframe", "form", "a"} & set(page.tags)
    assert not {"src", "href", "style"} & {name for name, _ in page.attributes}
    assert not any(name.startswith("on") for name, _ in page.attributes)
    assert "@media print" in source and "url(" not in source and "@import" not in source
