"""What is known of people: kept encrypted, found by pseudonym, never lost, never in the clear."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError
from botocore.session import get_session
from moto import mock_aws

from shared.adapters.dynamodb.contacts import KmsContacts
from shared.adapters.dynamodb.tables import connect
from shared.application.contacts import Contacts
from shared.domain.errors import RuleBroken
from shared.domain.refund_request import REASON_LONGEST
from tests.contract.store_subjects import aws_environment, make_table
from tests.fakes.memory_contacts import MemoryContacts

PHONE_KEY = b"a key of the tests, known to all"
MOBILE, LANDLINE = "+447700900123", "+442079460123"
EMAIL = "anna@example.com"


class CountingKms:
    """The key service, how often it was asked, and once on request no answer from it."""

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


class DeadKms:
    """A key service at which the process dies."""

    def encrypt(self, **_: Any) -> Any:
        raise SystemExit("killed")


@pytest.fixture
def kms_contacts(local_aws: str) -> Iterator[tuple[KmsContacts, CountingKms, str]]:
    with aws_environment(local_aws):
        kms, table = CountingKms(), make_table()
        yield KmsContacts(table, lambda: kms, kms.key_id, lambda: PHONE_KEY), kms, table


@pytest.fixture
def moto_contacts() -> Iterator[KmsContacts]:
    with aws_environment(None), mock_aws():
        kms = CountingKms()
        yield KmsContacts(make_table(), lambda: kms, kms.key_id, lambda: PHONE_KEY)


@pytest.fixture(
    params=[
        "memory",
        "moto",
        pytest.param("ministack", marks=pytest.mark.xdist_group("ministack")),
    ]
)
def contacts(request: pytest.FixtureRequest) -> Contacts:
    if request.param == "memory":
        return MemoryContacts()
    if request.param == "moto":
        moto: Contacts = request.getfixturevalue("moto_contacts")
        return moto
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


# --- found again by what a person gave ------------------------------------------------------------


def test_a_person_is_found_by_address_and_by_every_number(contacts: Contacts) -> None:  # S2.5
    contacts.remember("anna", email=EMAIL, phones=[MOBILE])
    contacts.remember("anna", phones=[LANDLINE])
    assert contacts.people_by_email(EMAIL) == ["anna"]
    for number in (MOBILE, LANDLINE):
        assert contacts.people_by_phone(number) == ["anna"]


def test_the_case_of_an_address_does_not_matter(contacts: Contacts) -> None:  # S2.5
    contacts.remember("anna", email="Anna@Example.com")
    assert contacts.people_by_email(" aNNA@example.COM ") == ["anna"]


def test_namesakes_are_found_each_and_never_merged(contacts: Contacts) -> None:  # S2.5
    for person in ("boris", "anna", "clara"):
        contacts.remember(person, email=EMAIL, phones=[LANDLINE])
    contacts.remember("boris", email="boris@example.com")
    assert contacts.people_by_email(EMAIL) == ["anna", "clara"]
    assert contacts.people_by_phone(LANDLINE) == ["anna", "boris", "clara"]


def test_nobody_is_found_by_what_nobody_gave(contacts: Contacts) -> None:  # Never 7
    contacts.remember("anna", email=EMAIL, phones=[MOBILE])
    assert contacts.people_by_email("other@example.com") == []
    assert contacts.people_by_phone(LANDLINE) == []


def test_an_address_that_was_replaced_finds_nobody_until_it_returns(contacts: Contacts) -> None:
    contacts.remember("anna", email=EMAIL)
    contacts.remember("anna", email="new@example.com")
    assert contacts.people_by_email(EMAIL) == []  # S2.5
    contacts.remember("anna", email=EMAIL)
    assert contacts.people_by_email(EMAIL) == ["anna"]
    assert contacts.people_by_email("new@example.com") == []


def test_a_person_can_be_forgotten_and_others_are_not(contacts: Contacts) -> None:
    for person in ("anna", "boris"):
        contacts.remember(person, email=EMAIL, phones=[MOBILE])
    contacts.forget("anna")
    contacts.forget("anna")
    assert contacts.email("anna") is None
    assert contacts.number("anna", contacts.phone_id(MOBILE)) is None
    assert contacts.people_by_email(EMAIL) == ["boris"]
    assert contacts.people_by_phone(MOBILE) == ["boris"]
    contacts.remember("anna", email=EMAIL)
    assert contacts.people_by_email(EMAIL) == ["anna", "boris"]


@pytest.mark.xdist_group("ministack")
def test_nothing_of_a_forgotten_person_is_left(
    kms_contacts: tuple[KmsContacts, CountingKms, str],
) -> None:  # Never 7
    contacts, _, table = kms_contacts
    for address in (EMAIL, "new@example.com"):
        contacts.remember("anna", email=address, phones=[MOBILE, LANDLINE])
    assert len(everything(table)) == 5
    contacts.forget("anna")
    assert everything(table) == []


@pytest.mark.xdist_group("ministack")
def test_a_pointer_shows_neither_number_nor_address(
    kms_contacts: tuple[KmsContacts, CountingKms, str],
) -> None:  # Never 7
    contacts, _, table = kms_contacts
    contacts.remember("anna", email=EMAIL, phones=[MOBILE])
    shown = repr([item for item in everything(table) if item["pk"]["S"] != "PERSON#anna"])
    assert "PERSON#anna" in shown
    assert MOBILE[1:] not in shown
    assert EMAIL not in shown


@pytest.mark.xdist_group("ministack")
def test_a_crash_between_pointer_and_contact_finds_nobody_and_is_made_good(
    kms_contacts: tuple[KmsContacts, CountingKms, str],
) -> None:  # S2.5
    contacts, kms, table = kms_contacts
    dying = KmsContacts(table, DeadKms, kms.key_id, lambda: PHONE_KEY)
    with pytest.raises(SystemExit):
        dying.remember("anna", email=EMAIL, phones=[MOBILE])
    assert len(everything(table)) == 2
    assert (contacts.people_by_email(EMAIL), contacts.people_by_phone(MOBILE)) == ([], [])
    contacts.remember("anna", email=EMAIL, phones=[MOBILE])
    assert contacts.people_by_email(EMAIL) == ["anna"]
    assert len(everything(table)) == 3


@pytest.mark.xdist_group("ministack")
def test_looking_somebody_up_needs_no_key(
    kms_contacts: tuple[KmsContacts, CountingKms, str],
) -> None:
    contacts, kms, _ = kms_contacts
    contacts.remember("anna", email=EMAIL, phones=[MOBILE])
    kms.calls.clear()
    assert contacts.people_by_email(EMAIL) == contacts.people_by_phone(MOBILE) == ["anna"]
    assert kms.calls == []


# --- personal texts -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I paid twice.",
        "Я заплатил дважды.",
        "ё" * REASON_LONGEST,
        "\U0001f4de" * REASON_LONGEST,
    ],
    ids=["empty", "English", "Russian", "longest", "longest in bytes"],
)
def test_a_sealed_text_opens_as_it_was(contacts: Contacts, text: str) -> None:  # S2.4
    assert contacts.open(contacts.seal(text, "case 1"), "case 1") == text


def test_a_sealed_text_shows_nothing_and_opens_in_its_own_case_only(contacts: Contacts) -> None:
    sealed = contacts.seal("I paid twice.", "case 1")  # Never 7
    assert "paid" not in sealed
    with pytest.raises(ValueError, match="not sealed in this context"):
        contacts.open(sealed, "case 2")


@pytest.mark.xdist_group("ministack")
def test_no_piece_of_a_sealed_text_can_be_left_out_or_moved(
    kms_contacts: tuple[KmsContacts, CountingKms, str],
) -> None:  # Never 7
    contacts, _, _ = kms_contacts
    first, second = contacts.seal("ё" * 4000, "case 1").split(".")
    for tampered in (first, second, f"{second}.{first}", f"{first}.{first}", f"{first}.x"):
        with pytest.raises(ValueError):
            contacts.open(tampered, "case 1")


def everything(table: str) -> list[dict[str, Any]]:
    dynamodb: Any = get_session().create_client("dynamodb")
    items: list[dict[str, Any]] = dynamodb.scan(TableName=table)["Items"]
    return items
