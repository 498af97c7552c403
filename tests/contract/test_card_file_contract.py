"""Consents and saved cards as they are stored: what was recorded first stays, nothing is lost."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from moto import mock_aws

from shared.adapters.dynamodb.saved_cards import DynamoCardFile
from shared.adapters.dynamodb.store import DynamoStore
from shared.application.saved_cards import CardFile
from shared.domain.card import Card
from shared.domain.saved_card import Consent, KeptCard, SavedCard
from tests.contract.store_subjects import aws_environment, make_table
from tests.fakes.memory_cards import MemoryCards

NOW = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)
GIVEN = SavedCard("c1", "anna", Consent("1", "ru", NOW))
KEPT = KeptCard("pm_1", "cus_1", Card("visa", "4242", "fp_1"))
LATER = NOW + timedelta(days=1)


@pytest.fixture
def ministack_file(local_aws: str) -> Iterator[DynamoCardFile]:
    with aws_environment(local_aws):
        yield DynamoCardFile(make_table())


@pytest.fixture
def moto_file() -> Iterator[DynamoCardFile]:
    with aws_environment(None), mock_aws():
        yield DynamoCardFile(make_table())


@pytest.fixture(
    params=[
        "memory",
        "moto",
        pytest.param("ministack", marks=pytest.mark.xdist_group("ministack")),
    ]
)
def file(request: pytest.FixtureRequest) -> CardFile:
    if request.param == "memory":
        return MemoryCards()
    found: CardFile = request.getfixturevalue(f"{request.param}_file")
    return found


def test_consent_is_kept_as_it_was_given_first(file: CardFile) -> None:
    # Issue 3, 8
    file.record(GIVEN)
    file.record(replace(GIVEN, consent=Consent("2", "en", LATER)))
    assert file.card("anna", "c1") == GIVEN
    assert list(file.cards("anna")) == [GIVEN]


def test_card_joins_its_consent_once(file: CardFile) -> None:
    # Issue 3, 8; Never 5
    file.record(GIVEN)
    file.note_payment("anna", "c1", "pi_1")
    assert file.card("anna", "c1") == replace(GIVEN, payment_id="pi_1")
    file.note_payment("anna", "c1", "pi_2")
    file.keep("anna", "c1", "pi_1", KEPT)
    file.keep("anna", "c1", "pi_1", replace(KEPT, payment_method="pm_2"))
    assert file.card("anna", "c1") == replace(GIVEN, payment_id="pi_1", kept=KEPT)


def test_withdrawn_consent_stays_on_record_with_its_time_and_gets_no_card(file: CardFile) -> None:
    # Issue 3, 8
    file.record(GIVEN)
    file.withdraw("anna", "c1", LATER)
    file.withdraw("anna", "c1", LATER + timedelta(days=1))
    file.keep("anna", "c1", "pi_1", KEPT)
    assert file.card("anna", "c1") == replace(GIVEN, withdrawn_at=LATER)


def test_nothing_comes_of_a_consent_that_was_never_given(file: CardFile) -> None:
    # Issue 3, 8: there is no card without a consent
    file.note_payment("anna", "c1", "pi_1")
    file.keep("anna", "c1", "pi_1", KEPT)
    file.withdraw("anna", "c1", LATER)
    assert file.card("anna", "c1") is None
    assert list(file.cards("anna")) == []


def test_nobody_has_anothers_cards(file: CardFile) -> None:
    # Never 7
    for card_id in ("c2", "c1"):
        file.record(replace(GIVEN, card_id=card_id))
    file.record(replace(GIVEN, customer_id="ann"))
    file.note_provider_customer("anna", "cus_1")
    assert [card.card_id for card in file.cards("anna")] == ["c1", "c2"]
    assert file.card("dora", "c1") is None
    assert list(file.cards("dora")) == []
    assert file.provider_customer("dora") is None


def test_customer_is_one_at_the_provider_for_life(file: CardFile) -> None:
    assert file.provider_customer("anna") is None
    assert file.note_provider_customer("anna", "cus_1") == "cus_1"
    assert file.note_provider_customer("anna", "cus_2") == "cus_1"
    assert file.provider_customer("anna") == "cus_1"


def test_saved_cards_are_no_lots_and_no_payments(local_aws: str) -> None:
    # they share their customer's partition
    with aws_environment(local_aws):
        table = make_table()
        file, store = DynamoCardFile(table), DynamoStore(table, lambda: NOW.timestamp())
        file.record(GIVEN)
        file.note_provider_customer("anna", "cus_1")
        assert list(store.lots("anna")) == []
        assert store.payments_of("anna", None, 9).items == []
