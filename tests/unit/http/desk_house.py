"""The desk's routes and the public ones in process, over a whole Redial in virtual time."""

import itertools
import json
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.http import desk_cases, desk_outages, desk_payments, public, reliability
from functions.http.routing import resolver
from shared.adapters.phone_numbers import e164
from shared.application.booking import BookingOffice
from shared.application.bookings import Bookings
from shared.application.case_records import CaseRecords
from shared.application.intake import Intake
from shared.application.money_desk import MoneyDesk
from shared.application.operators import Operators
from shared.application.outage_records import OutageRecords
from shared.application.payment_records import PaymentRecords
from shared.application.payment_search import PaymentSearch
from shared.application.payment_trail import PaymentTrails
from shared.application.payments import CardPayments
from shared.application.ports import Clock
from shared.application.receipts import Receipts
from shared.application.refund_desk import RefundDesk
from shared.application.reliability import Reliability
from tests.fakes.memory_contacts import MemoryContacts
from tests.fakes.memory_store import MemoryStore
from tests.fakes.memory_tallies import MemoryTallies
from tests.fakes.memory_uploads import MemoryUploads
from tests.journeys.world import OPERATOR, World
from tests.unit.http.house import Answer

ROUTES = (
    *desk_payments.ROUTES,
    *desk_cases.ROUTES,
    *desk_outages.ROUTES,
    *public.ROUTES,
    *reliability.ROUTES,
)


class DeskHouse:
    """A world with Boris at work, and the desk's API over it."""

    def __init__(self, world: World | None = None) -> None:
        self.world = world or World()
        self.world.operator("boris", OPERATOR)
        self.rooms = DeskRooms(self.world)
        self.app = resolver(self.rooms, ROUTES)
        self._keys = itertools.count(1)

    def paid(self, **changes: Any) -> tuple[str, str]:
        """A paid booking: its number and its payment."""
        booking_id = self.world.book(**changes)
        return booking_id, self.world.pay(booking_id)

    def agent(self, method: str, path: str, **parts: Any) -> Answer:
        """What agent Ann asks."""
        return self.ask(method, path, who="ann", groups="agent", **parts)

    def manager(self, method: str, path: str, **parts: Any) -> Answer:
        """What manager Max asks."""
        return self.ask(method, path, who="max", groups="manager", **parts)

    def ask(self, method: str, path: str, **parts: Any) -> Answer:
        """Send one request, and work off what it brought about.

        Parts are body, query, key, headers, who and groups; without who nobody signs in.
        """
        headers = {"Accept": "*/*", "Content-Type": "application/json"}
        if method == "POST":
            headers["Idempotency-Key"] = parts.get("key", f"key-{next(self._keys)}")
        claims = {"sub": parts.get("who"), "cognito:groups": parts.get("groups", "")}
        body = parts.get("body")
        event = {
            "httpMethod": method,
            "path": path,
            "headers": {n: v for n, v in (headers | parts.get("headers", {})).items() if v},
            "queryStringParameters": parts.get("query"),
            "body": body if body is None or isinstance(body, str) else json.dumps(body),
            "isBase64Encoded": False,
            "requestContext": {
                "authorizer": {"claims": claims} if "who" in parts else None,
                "stage": "live",
            },
        }
        answer = self.app.resolve(event, LambdaContext())
        self.world.settle()
        headers = {name: value[0] for name, value in answer["multiValueHeaders"].items()}
        return Answer(answer["statusCode"], headers, answer["body"])


class DeskRooms:
    """shared.bootstrap over a world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._uploads = MemoryUploads()
        self._reliability = Reliability(world.store, MemoryTallies(world.store), world.driver)

    def bookings(self) -> Bookings:
        return self._world.bookings

    def booking_office(self) -> BookingOffice:
        return self._world.office

    def card_payments(self) -> CardPayments:
        return self._world.payments

    def payment_records(self) -> PaymentRecords:
        return self._world.records

    def refund_desk(self) -> RefundDesk:
        return self._world.refund_desk

    def payment_search(self) -> PaymentSearch:
        world = self._world
        return PaymentSearch(world.bookings, world.contacts, lambda: world.provider, world.payments)

    def payment_trails(self) -> PaymentTrails:
        return PaymentTrails(self._world.records, self._world.contacts)

    def money_desk(self) -> MoneyDesk:
        world = self._world
        return MoneyDesk(world.records, world.case_records, world.refund_desk, world.contacts)

    def receipts(self) -> Receipts:
        return self._world.receipts

    def case_records(self) -> CaseRecords:
        return self._world.case_records

    def outage_records(self) -> OutageRecords:
        return self._world.outage_records

    def intake(self) -> Intake:
        return Intake(self._world.case_records, self._world.contacts, self.uploads)

    def reliability(self) -> Reliability:
        return self._reliability

    def contacts(self) -> MemoryContacts:
        return self._world.contacts

    def uploads(self) -> MemoryUploads:
        return self._uploads

    def operators(self) -> Operators:
        return self._world.operators

    def store(self) -> MemoryStore:
        return self._world.store

    def clock(self) -> Clock:
        return self._world.driver

    def phone_number(self, text: str, field: str) -> str:
        return e164(text, field)
