"""What is known of people: kept encrypted, found by pseudonym, never lost, never in the clear."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError
from botocore.session import get_session

from shared.adapters.dynamodb.contacts import KmsContacts
from shared.adapters.dynamodb.tables import connect
from shared.application.store import Contacts
from shared.domain.errors import RuleBroken
from tests.contract.store_subjects import aws_environment, make_table
from tests.fakes.memory_store import MemoryContacts

PHONE_KEY = b"a key of the tests, known to all"
MOBILE, LANDLINE = "+447700900123", "+442079460123"


class CountingKms:
    """The key service, and how often it was asked."""

    def __init__(self) -> None:
        self._kms = cast(Any, get_session().create_client("kms"))
        self.calls: list[str] = []
        self.key_id: str = self._kms.create_key()["KeyMetadata"]["KeyId"]

    def encrypt(self, **arguments: Any) -> Any:
        self.calls.append("encrypt")
        return self._kms.encrypt(**arguments)

    def decrypt(self, **arguments: Any) -> Any:
        self.calls.append("decrypt")
        return self._kms.decrypt(**arguments)


@pytest.fixture
def kms_contacts(local_aws: str) -> Iterator[tuple[KmsContacts, CountingKms, str]]:
    with aws_environment(local_aws):
        kms, table = CountingKms(), make_table()
        yield KmsContacts(table, lambda: kms, kms.key_id, lambda: PHONE_KEY), kms, table


@pytest.fixture(
    params=["memory", pytest.param("ministack", marks=pytest.mark.xdist_group("ministack"))]
)
def contacts(request: pytest.FixtureRequest) -> Contacts:
    if request.param == "memory":
        return MemoryContacts()
    contacts: Contacts = request.getfixturevalue("kms_contacts")[0]
    return contacts


def test_a_number_has_one_pseudonym(contacts: Contacts) -> None:
    assert contacts.phone_id(MOBILE) == contacts.phone_id(MOBILE)
    assert contacts.phone_id(MOBILE) != contacts.phone_id(LANDLINE)


def test_what_is_remembered_is_known(contacts: Contacts) -> None:
    contacts.remember("anna", email="anna@example.com", language="ru", phones=[MOBILE])
    contacts.remember("anna", phones=[LANDLINE])
    assert contacts.email("anna") == "anna@example.com"
    for number in (MOBILE, LANDLINE):
        assert contacts.number("anna", contacts.phone_id(number)) == number


def test_a_new_address_replaces_the_old_one_also_back_again(contacts: Contacts) -> None:
    for address in ("a@example.com", "b@example.com", "a@example.com"):
        contacts.remember("anna", email=address)
        assert contacts.email("anna") == address


def test_nobody_is_known_by_anothers_number(contacts: Contacts) -> None:  # Never 7
    contacts.remember("anna", phones=[MOBILE])
    contacts.remember("boris", language="en")
    assert contacts.number("boris", contacts.phone_id(MOBILE)) is None
    assert contacts.number("nobody", contacts.phone_id(MOBILE)) is None
    assert contacts.number("anna", contacts.phone_id(LANDLINE)) is None
    assert contacts.email("boris") is None
    assert contacts.email("nobody") is None


@pytest.mark.xdist_group("ministack")
def test_what_is_known_already_needs_no_key(
    kms_contacts: tuple[KmsContacts, CountingKms, str],
) -> None:
    contacts, kms, _ = kms_contacts
    contacts.remember("anna", email="anna@example.com", language="ru", phones=[MOBILE, LANDLINE])
    kms.calls.clear()
    contacts.remember("anna", email="anna@example.com", language="ru", phones=[LANDLINE])
    contacts.remember("anna", phones=[MOBILE])
    assert kms.calls == []
    contacts.remember("anna", language="en")
    assert kms.calls == ["decrypt", "encrypt"]


@pytest.mark.xdist_group("ministack")
def test_the_item_shows_neither_number_nor_address(
    kms_contacts: tuple[KmsContacts, CountingKms, str],
) -> None:  # Never 7
    contacts, _, table = kms_contacts
    contacts.remember("anna", email="anna@example.com", phones=[MOBILE])
    item = connect(table).person.get("PERSON#anna", "CONTACT")
    shown = repr(item.attribute_values)
    assert len(contacts.phone_id(MOBILE)) == 16
    assert contacts.phone_id(MOBILE) in shown
    assert MOBILE[1:] not in shown
    assert "anna@example.com" not in shown


@pytest.mark.xdist_group("ministack")
def test_one_persons_secret_does_not_open_as_anothers(
    kms_contacts: tuple[KmsContacts, CountingKms, str],
) -> None:  # Never 7
    contacts, _, table = kms_contacts
    contacts.remember("anna", email="anna@example.com")
    person = connect(table).person
    stolen = person.get("PERSON#anna", "CONTACT")
    person("PERSON#boris", "CONTACT", version=1, secret=stolen.secret, known=stolen.known).save()
    with pytest.raises(ClientError, match="InvalidCiphertextException"):
        contacts.email("boris")


@pytest.mark.xdist_group("ministack")
def test_no_number_is_lost_when_several_come_at_once(
    kms_contacts: tuple[KmsContacts, CountingKms, str],
) -> None:
    contacts, _, _ = kms_contacts
    numbers = [f"+4477009001{n:02d}" for n in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: contacts.remember("anna", phones=[number]), numbers))
    found = [contacts.number("anna", contacts.phone_id(number)) for number in numbers]
    assert found == numbers


@pytest.mark.xdist_group("ministack")
def test_an_account_holds_a_limited_number_of_phones(
    kms_contacts: tuple[KmsContacts, CountingKms, str],
) -> None:
    contacts, _, _ = kms_contacts
    contacts.remember("anna", phones=[f"+4477009001{n:02d}" for n in range(50)])
    with pytest.raises(RuleBroken) as broken:
        contacts.remember("anna", phones=["+447700900150"])
    assert broken.value.code == "too_many_phones"
