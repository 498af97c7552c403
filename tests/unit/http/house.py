"""The API in process: the real routes and use cases over stores in memory."""

import itertools
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.http import account, customer, desk, links, operator, payment
from functions.http.routing import resolver
from infra.local.payments.port import InProcessPayments
from shared.adapters.links import SignedLinks
from shared.adapters.phone_numbers import e164
from shared.application.arrangements import Arrangements
from shared.application.booking import BookingOffice
from shared.application.bookings import Bookings
from shared.application.choices import LateChoices
from shared.application.duplicates import DuplicateWatch
from shared.application.extension import Extensions
from shared.application.offers import OfferDesk
from shared.application.operators import Operators
from shared.application.payment_records import PaymentRecords
from shared.application.payments import CardPayments
from shared.application.provider_books import ProviderBooks
from shared.application.receipts import Receipts
from shared.application.refund_desk import RefundDesk
from shared.application.saved_cards import SavedCardPayments, SavedCards
from shared.application.sessions import SessionDesk
from shared.application.top_ups import TopUps
from shared.domain.booking_number import with_check_digit
from shared.domain.business_days import Calendar
from shared.domain.letters.receipts import Seller
from shared.domain.lots import Tariff
from shared.domain.money import Money
from tests.fakes.memory_cards import MemoryCards
from tests.fakes.memory_contacts import MemoryContacts
from tests.fakes.memory_store import MemoryStore

NOW = datetime(2030, 1, 31, 12, 7, 30, tzinfo=UTC)
START = datetime(2030, 1, 31, 18, tzinfo=UTC)
OLGA, PAVEL, ANNA, BORIS = "op-olga", "op-pavel", "cust-anna", "cust-boris"
MAIN, BACKUP = "+12025550123", "+442079460018"
NOBODYS = with_check_digit("99999999999")  # a good number that no booking has
SELLER = Seller("Redial Example", "1 Example Street", "123456789", "help@example.com")
CALENDAR = Calendar("Europe/Moscow", lambda day: day.weekday() < 5)
ROUTES = (*customer.ROUTES, *payment.ROUTES, *account.ROUTES, *operator.ROUTES, *desk.ROUTES)


@dataclass
class SetClock:
    """A clock that stands where the test puts it."""

    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment


class CountingIds:
    """Booking numbers in a row."""

    def __init__(self) -> None:
        self._numbers = itertools.count(10000000001)

    def booking_id(self) -> str:
        return with_check_digit(str(next(self._numbers)))


@dataclass
class Answer:
    """What the gateway gives back."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class House:
    """Everything behind the API, with two operators who are free from START for two hours."""

    store: MemoryStore = field(default_factory=MemoryStore)
    contacts: MemoryContacts = field(default_factory=MemoryContacts)
    cards: MemoryCards = field(default_factory=MemoryCards)
    clock: SetClock = field(default_factory=SetClock)

    def __post_init__(self) -> None:
        serial = itertools.count(1)
        self.provider = InProcessPayments(self.clock, lambda prefix: f"{prefix}_{next(serial)}")
        self.rooms = Rooms(self)
        self.app = resolver(self.rooms, (*ROUTES, *links.ROUTES))
        self.keys = itertools.count(1)
        operators = self.rooms.operators()
        operators.set_tariff(Tariff("standard", Money(1000, "rub")))
        for operator_id, name in ((OLGA, "Olga"), (PAVEL, "Pavel")):
            operators.register(operator_id, name, "standard", ["+12025550101"])
            operators.publish(operator_id, START, START + timedelta(hours=2))
        self.untouched = self.trace()

    def trace(self) -> tuple[object, ...]:
        """What a refused request must leave as it was."""
        free = [self.store.slots(o, START, START + timedelta(hours=2)) for o in (OLGA, PAVEL)]
        mine = [self.store.bookings_of(c, None, 99).items for c in (ANNA, BORIS)]
        return [list(slots) for slots in free], mine, len(self.store.effects)

    def event(self, method: str, path: str, **parts: Any) -> dict[str, Any]:
        """An event of the gateway's REST proxy, as the Cognito authorizer completes it."""
        headers = {"Accept": "*/*", "Host": "api.example.com"}
        body = parts.get("body")
        if body is not None:
            headers["Content-Type"] = "application/json"
        if method == "POST":
            headers["Idempotency-Key"] = f"key-{next(self.keys)}"
        headers |= parts.get("headers", {})
        claims = {
            "sub": parts.get("who", ANNA),
            "email": "anna@example.com",
            "email_verified": "true",
            "cognito:groups": parts.get("groups", ""),
        }
        return {
            "httpMethod": method,
            "path": path,
            "headers": {name: value for name, value in headers.items() if value is not None},
            "queryStringParameters": parts.get("query"),
            "body": body if body is None or isinstance(body, str) else json.dumps(body),
            "isBase64Encoded": parts.get("is_base64", False),
            "requestContext": {"authorizer": {"claims": claims}, "stage": "live"},
        }

    def ask(self, method: str, path: str, **parts: Any) -> Answer:
        """Send one request; parts are body, headers, query, who, groups, is_base64."""
        return self.send(self.event(method, path, **parts))

    def send(self, event: dict[str, Any]) -> Answer:
        """Send an event as it is."""
        answer = self.app.resolve(event, LambdaContext())
        headers = {k: v[0] for k, v in answer["multiValueHeaders"].items()}
        assert answer["isBase64Encoded"] is False
        return Answer(answer["statusCode"], headers, answer["body"])

    def book(self, **changes: Any) -> Any:
        """A booking of Anna's."""
        answer = self.ask("POST", "/v1/bookings", body=order(**changes))
        assert answer.status == 201, answer.text
        return answer.json


class Rooms:
    """shared.bootstrap over memory."""

    def __init__(self, house: House) -> None:
        self._house = house

    def bookings(self) -> Bookings:
        house = self._house
        return Bookings(house.store, house.clock, lambda attempt: None, self.payment_records())

    def payment_records(self) -> PaymentRecords:
        house = self._house
        return PaymentRecords(house.store, house.clock, lambda attempt: None, CALENDAR)

    def refund_desk(self) -> RefundDesk:
        return RefundDesk(self.payment_records())

    def duplicate_watch(self) -> DuplicateWatch:
        return DuplicateWatch(self.bookings(), self.refund_desk())

    def late_choices(self) -> LateChoices:
        office, desk = self.booking_office(), self.refund_desk()
        return LateChoices(self.bookings(), office, desk, self._house.contacts)

    def receipts(self) -> Receipts:
        return Receipts(self.bookings(), self._house.contacts, SELLER)

    def booking_office(self) -> BookingOffice:
        return BookingOffice(self.bookings(), self._house.contacts, IDS)

    def session_desk(self) -> SessionDesk:
        return SessionDesk(self.bookings(), self._house.contacts)

    def offer_desk(self) -> OfferDesk:
        house = self._house
        return OfferDesk(self.bookings(), house.contacts, Arrangements(house.store, IDS))

    def links(self) -> SignedLinks:
        return SignedLinks("https://redial.example", lambda: "k" * 64, self._house.clock)

    def contacts(self) -> MemoryContacts:
        return self._house.contacts

    def card_payments(self) -> CardPayments:
        watch, cards = self.duplicate_watch(), self.saved_cards()
        return CardPayments(self.bookings(), self._house.provider, watch.look, cards.keep)

    def saved_cards(self) -> SavedCards:
        house = self._house
        return SavedCards(house.cards, house.provider, self.payment_records(), house.clock)

    def saved_card_payments(self) -> SavedCardPayments:
        payments, provider = self.card_payments(), self._house.provider
        return SavedCardPayments(self.bookings(), payments, provider, self.saved_cards())

    def top_ups(self) -> TopUps:
        records, provider = self.payment_records(), self._house.provider
        contacts = self._house.contacts
        return TopUps(records, self.card_payments(), provider, self.saved_cards(), contacts)

    def extensions(self) -> Extensions:
        return Extensions(self.bookings(), self.top_ups())

    def provider_books(self) -> ProviderBooks:
        house = self._house
        return ProviderBooks(house.store, house.provider, house.clock)

    def operators(self) -> Operators:
        return Operators(self._house.store, self._house.contacts, self._house.clock)

    def store(self) -> MemoryStore:
        return self._house.store

    def clock(self) -> SetClock:
        return self._house.clock

    def phone_number(self, text: str, field: str) -> str:
        return e164(text, field)


IDS = CountingIds()


def order(**changes: Any) -> dict[str, Any]:
    """The body of a good booking, changed; a value of ... takes the field out."""
    good = {
        "operator_id": OLGA,
        "starts_at": "2030-01-31T18:00:00Z",
        "minutes": 30,
        "main_phone": MAIN,
        "language": "en",
        "adult": True,
    }
    return {k: v for k, v in (good | changes).items() if v is not ...}


def assert_problem(answer: Answer, status: int, code: str, at: str | None = None) -> None:
    """A refusal as every refusal must be."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json
    assert (answer.status, problem["status"], problem["code"]) == (status, status, code), problem
    assert problem.get("field") == at
    assert {"type", "title", "detail", "instance"} <= problem.keys()
    assert "Traceback" not in answer.text
