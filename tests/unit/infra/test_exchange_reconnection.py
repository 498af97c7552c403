"""A lost line and its replacement on the exchange, driven by instructions to the second."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from infra.local.exchange.model import Exchange
from infra.local.exchange.people import Answer, Drop, Person, Press
from infra.local.exchange.port import Driver, ExchangePort
from shared.application.ports import CallStatus
from shared.domain.session.instructions import AskKeys, HangUp, Instruction, Join, Prompt, Say

OPERATOR, CUSTOMER, BACKUP = "+12025550101", "+12025550102", "+12025550103"
START = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Asked:
    """A request of the exchange: when, the last part of its path, its leg and its form."""

    at: datetime
    what: str
    leg: str
    params: Mapping[str, str]


class House:
    """Our side in its simplest form: whoever presses 1 joins, with the limit that is his.

    Args:
        limits: seconds by leg; without an entry a leg stays as long as it likes.
    """

    def __init__(self, **limits: int) -> None:
        ids = itertools.count()
        self.exchange = Exchange(
            "AC" + "0" * 32, "+12025550100", START, lambda prefix: f"{prefix}{next(ids):032x}"
        )
        self.telephony = ExchangePort(self.exchange, "https://api.example.com")
        self.limits = limits
        self.asked: list[Asked] = []
        self._driver = Driver(self.exchange, self._answer)

    def _answer(self, url: str, params: Mapping[str, str]) -> list[Instruction]:
        parts = urlsplit(url)
        what, query = parts.path.rsplit("/", 1)[1], dict(parse_qsl(parts.query))
        leg = query.get("leg", params.get("ParticipantLabel", ""))
        self.asked.append(Asked(self.exchange.now, what, leg, params))
        join = Join("booking-1", leg, self.limits.get(leg))
        match what, params.get("Digits"), params.get("CallStatus"):
            case "answer", _, _ if query.get("step") == "wait":
                return [Say(Prompt.CUSTOMER_LOST), join]
            case "answer", _, _:
                return [AskKeys(Prompt.PRESS_ONE, 1, 6, "confirm"), HangUp()]
            case "keys", "1", _:
                return [join]
            case "left", _, "in-progress":
                return [Say(Prompt.MINUTES_USED_UP), HangUp()]
        return [HangUp()]

    def place(self, number: str, leg: str) -> str:
        """Ring a number."""
        return self.telephony.place_call(number, leg, "1", 30)

    def until(self, what: str, leg: str, count: int = 1, **form: str) -> Asked:
        """Let time pass until the exchange has asked or told something so often; the last of it."""
        while len(found := self.of(what, leg, **form)) < count:
            due = self._driver.next_at()
            assert due is not None, "nothing will ever happen again"
            self._driver.run(due)
        return found[-1]

    def run(self, seconds: int) -> None:
        """Let so many seconds pass."""
        self._driver.run(self.exchange.now + timedelta(seconds=seconds))

    def of(self, what: str, leg: str, **form: str) -> list[Asked]:
        """Requests about a leg whose form has these values."""
        return [
            asked
            for asked in self.asked
            if (asked.what, asked.leg) == (what, leg) and form.items() <= asked.params.items()
        ]

    def moves(self, leg: str) -> list[tuple[str, datetime]]:
        """When a leg joined and left."""
        told = self.of("conference", leg)
        return [(asked.params["StatusCallbackEvent"], asked.at) for asked in told]


def test_a_backup_number_replaces_a_lost_line_and_ends_by_its_own_limit() -> None:
    # S1.4a, S1.5: half of the minutes are used when the customer's line is lost
    house = House(customer=1800, backup=900)
    exchange, telephony = house.exchange, house.telephony
    exchange.meet(CUSTOMER, Person(((Answer(), Press("1"), Drop(900)),)))

    operator = house.place(OPERATOR, "operator")
    house.until("conference", "operator")
    customer = house.place(CUSTOMER, "customer")
    lost = house.until("status", "customer", CallStatus="completed").at
    (_, joined), (_, left) = house.moves("customer")
    assert (left - joined, left) == (timedelta(seconds=900), lost)
    assert [asked.params["CallStatus"] for asked in house.of("left", "customer")] == ["completed"]
    assert telephony.call(customer).ended == lost.replace(microsecond=0)

    telephony.redirect(operator, "operator", "1", "wait")
    backup = house.place(BACKUP, "backup")
    limit = house.until("left", "backup")
    assert limit.params["CallStatus"] == CallStatus.IN_PROGRESS
    assert limit.params["DialCallStatus"] == "answered"
    (_, joined), (_, left) = house.moves("backup")
    assert (left - joined, left) == (timedelta(seconds=900), limit.at)
    house.until("status", "backup", CallStatus="completed")
    assert exchange.call(backup).heard == [Prompt.PRESS_ONE, Prompt.MINUTES_USED_UP]

    house.run(3600)
    assert exchange.call(operator).heard == [Prompt.PRESS_ONE, Prompt.CUSTOMER_LOST]
    assert house.of("left", "operator") == []
    events = [event for event, _ in house.moves("operator")]
    assert events == ["participant-join", "participant-leave", "participant-join"]
    assert telephony.call(operator).status is CallStatus.IN_PROGRESS
    living, over = exchange.conferences()
    assert (living.status, over.status) == ("in-progress", "completed")
    assert over.call_sid_ending == operator
    assert list(living.participants) == [operator]


def test_a_redirected_leg_leaves_its_limit_behind() -> None:
    # S1.5: the operator's line is lost, and the customer waits past the end of his first limit
    house = House(customer=1800)
    house.exchange.meet(OPERATOR, Person(((Answer(), Press("1"), Drop(900)),)))
    house.place(OPERATOR, "operator")
    house.until("conference", "operator")
    customer = house.place(CUSTOMER, "customer")
    house.until("status", "operator", CallStatus="completed")
    house.limits.pop("customer")
    house.telephony.redirect(customer, "customer", "1", "wait")
    house.run(7200)
    assert house.of("left", "customer") == []
    (conference, _) = house.exchange.conferences()
    assert [p.label for p in conference.participants.values()] == ["customer"]


@pytest.mark.parametrize("steps", [(Answer(),), (Answer(), Press("2"))])
def test_whoever_does_not_press_one_never_joins(steps: tuple[Answer | Press, ...]) -> None:
    # S1.4: an instruction to ask for keys reports silence like a key
    house = House()
    house.exchange.meet(CUSTOMER, Person((steps,)))
    house.place(CUSTOMER, "customer")
    house.until("status", "customer", CallStatus="completed")
    pressed = "".join(step.keys for step in steps if isinstance(step, Press))
    assert [asked.params["Digits"] for asked in house.of("keys", "customer")] == [pressed]
    assert house.exchange.conferences() == []
