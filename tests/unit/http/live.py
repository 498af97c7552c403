"""Sessions of Anna's with Olga, as the tests of the API need them."""

from datetime import datetime, timedelta
from typing import Any

from shared.application.store import Cause
from shared.domain import commands as c
from shared.domain.booking import Booking
from shared.domain.decide import next_due
from shared.domain.policy import CURRENT
from shared.domain.session.legs import Mark, Motion, Side
from tests.unit.http.house import ANNA, OLGA, Answer, House
from tests.unit.http.paid import paid

_CAUSE = Cause("Test", "telephony provider", {"sip_response": "404"})


def live(house: House, **changes: Any) -> str:
    """Anna talks with Olga since this minute; returns the booking."""
    number = scheduled(house, **changes)
    pass_until(house, number, state(house, number).starts_at)
    for side in (Side.OPERATOR, Side.CUSTOMER):
        answer(house, number, side)
    assert state(house, number).live_session.connected_since() is not None
    return number


def scheduled(house: House, **changes: Any) -> str:
    """Anna has paid for a session; returns the booking."""
    number: str = house.book(**changes)["id"]
    paid(house, number)
    return number


def answer(house: House, number: str, side: Side) -> None:
    """Whoever is rung presses 1 and is joined."""
    leg = next(leg for leg in state(house, number).live_session.of(side) if leg.wanted)
    mark = Mark(house.clock.moment, Motion.JOIN, seen=False)
    for command in (
        c.NotePlaced(leg.leg_id, f"CA-{leg.leg_id}"),
        c.ConfirmLeg(leg.leg_id),
        c.MoveLeg(leg.leg_id, mark),
    ):
        tell(house, number, command)


def drop(house: House, number: str, side: Side) -> None:
    """Somebody's line ends."""
    leg = state(house, number).live_session.on_the_line(side)
    assert leg is not None
    tell(house, number, c.EndLeg(leg.leg_id, house.clock.moment, "completed"))


def missed(house: House, **changes: Any) -> str:
    """Nobody came to Anna's session, and it is over; returns the booking."""
    number = scheduled(house, **changes)
    begun = state(house, number).starts_at
    pass_until(house, number, begun + timedelta(minutes=30))
    return number


def pass_until(house: House, number: str, moment: datetime) -> None:
    """Time passes; every timer of the booking fires at its moment, and no phone is picked up."""
    while True:
        due = next_due(state(house, number), house.clock.moment, CURRENT)
        if due is None or due > moment:
            break
        house.clock.moment = max(house.clock.moment, due)
        tell(house, number, c.Tick())
    house.clock.moment = moment


def tell(house: House, number: str, command: c.Command) -> None:
    """Something becomes known of a booking."""
    house.rooms.bookings().apply(number, command, _CAUSE)


def state(house: House, number: str) -> Booking:
    """A booking as it stands."""
    return house.rooms.bookings().load(number).state


def asks(house: House, number: str, what: str, body: Any = None, **parts: Any) -> Answer:
    """Anna asks for something around her session."""
    return house.ask("POST", f"/v1/bookings/{number}/{what}", body=body, who=ANNA, **parts)


def as_olga(house: House, number: str, what: str, body: Any = None, **parts: Any) -> Answer:
    """Olga says something about the session."""
    path = f"/v1/operator/sessions/{number}/{what}"
    return house.ask("POST", path, **({"body": body, "who": OLGA, "groups": "operator"} | parts))
