"""What is played to be measured: a happy booking, two with a mishap, and others beside them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from infra.bench import template
from infra.bench.play import SUBJECTS, Play
from infra.local.exchange.people import Answer, Drop, NoAnswer, Press, Steps

# The customer books a little more than the reminder's hour before the session.
BOOKED = datetime(2026, 3, 2, 10, 50, tzinfo=UTC)
_HAPPY = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
_DROPPED = _HAPPY + timedelta(hours=2)
_MISSED = _HAPPY + timedelta(hours=4)
_ASIDE = _HAPPY + timedelta(hours=5)
_BEFORE = _HAPPY - BOOKED
_MINUTES = 30
_LENGTH = timedelta(minutes=_MINUTES)
# So long after a session nothing of it is left to do.
_AFTER = timedelta(minutes=10)
_WAIT = timedelta(minutes=11)
# Reserved for fiction.
_OPERATOR, _OPERATOR_BACKUP, _OTHER = "+12025550121", "+12025550122", "+12025550123"
_CUSTOMER, _BACKUP = "+12025550111", "+12025550112"
_TALKS: Steps = (Answer(3), Press("1", 2))
_SILENT: Steps = (NoAnswer(),)


class Stories:
    """Played one after the other, each invocation in the phase it belongs to."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._api = play.api

    def perform(self) -> None:
        """Play everything, so that every function of the template is started by something.

        Raises:
            RuntimeError: a story did not end as it should: nothing measured would mean anything.
        """
        self._set_up()
        self._in_phase("booking", self._happy)
        self._give_up(_ASIDE)
        self._mishap("drop", "customer_2", _DROPPED, self._dropped)
        self._mishap("missed_call", "customer_3", _MISSED, self._missed)
        # So late that its reminder is not due yet.
        self._pay_and_return(_ASIDE + timedelta(hours=2))
        self._at_the_desk()

    # --- the three sessions -----------------------------------------------------------------------

    def _happy(self) -> None:
        booking_id = self._book(_HAPPY)
        self._pay(booking_id)
        self._play.expect(booking_id, "scheduled")
        self._play.stage.phase = "session"
        self._play.until(_HAPPY + _LENGTH + _AFTER)
        self._play.stage.phase = "aside"
        self._play.expect(booking_id, "completed")

    def _mishap(
        self, phase: str, who: str, start: datetime, story: Callable[[str, str], None]
    ) -> None:
        """A booking that is paid as the happy one is; what follows is a phase of its own."""
        self._play.until(start - _BEFORE)
        booking_id = self._book(start, who)
        self._pay(booking_id, who)
        self._in_phase(phase, lambda: story(booking_id, who))

    def _dropped(self, booking_id: str, who: str) -> None:
        """His line drops in the middle; he does not call back and is rung after a minute."""
        self._play.meet(_CUSTOMER, (*_TALKS, Drop(_LENGTH.total_seconds() / 2)), _TALKS)
        self._play.until(_DROPPED + _LENGTH + _AFTER)
        self._in_phase("aside", lambda: self._play.expect(booking_id, "completed", who))

    def _missed(self, booking_id: str, who: str) -> None:
        """The operator comes to no phone; ten minutes later the customer chooses a call now."""
        for number in (_OPERATOR, _OPERATOR_BACKUP):
            self._play.meet(number, _SILENT)
        self._play.until(_MISSED + _WAIT)
        self._in_phase("aside", self._other_operator)
        link = f"/v1/offers/{self._play.token()}"
        self._api("Offers", "GET", link)
        chosen = self._api("Offers", "POST", f"{link}/accept", {"choice": "call_now"})
        new = str(chosen["new_booking"]["id"])
        self._play.follow(new)
        self._play.until(_MISSED + _WAIT + _LENGTH + _AFTER)
        self._in_phase("aside", lambda: self._play.expect(booking_id, "completed", who))
        self._in_phase("aside", lambda: self._play.expect(new, "completed", who))

    # --- others -----------------------------------------------------------------------------------

    def _set_up(self) -> None:
        for number in (_OPERATOR, _OTHER, _CUSTOMER):
            self._play.meet(number, _TALKS)
        price = {"per_minute": {"amount_minor": 5000, "currency": "rub"}}
        self._api("Desk", "PUT", "/v1/desk/tariffs/standard", price, "manager")
        self._operator("operator", _HAPPY, main_phone=_OPERATOR, backup_phone=_OPERATOR_BACKUP)
        self._api("Customer", "GET", "/v1/operators")
        for sweep, inputs in template.scheduled_every_minute().items():
            for given in inputs:
                self._play.invoke(sweep, given)

    def _operator(self, who: str, since: datetime, **phones: str) -> None:
        """He is there from a quarter of an hour on, to the end of all stories."""
        profile = {"name": "Olga", "tariff_id": "standard", **phones}
        self._api("Operator", "PUT", "/v1/operator/profile", profile, who)
        until = _ASIDE + timedelta(hours=3)
        offered = {"start": since.isoformat(), "end": until.isoformat(), "offered": True}
        self._api("Operator", "PUT", "/v1/operator/availability", offered, who)

    def _other_operator(self) -> None:
        self._operator("operator_2", _MISSED, main_phone=_OTHER)

    def _book(self, start: datetime, who: str = "customer") -> str:
        """What a customer's browser asks for until a slot is held."""
        self._api("Customer", "GET", "/v1/operators", who=who)
        day = {"from": start.isoformat(), "to": (start + timedelta(hours=1)).isoformat()}
        slots = f"/v1/operators/{SUBJECTS['operator']}/slots"
        self._api("Customer", "GET", slots, who=who, query=day)
        wanted = {
            "operator_id": SUBJECTS["operator"],
            "starts_at": start.isoformat(),
            "minutes": _MINUTES,
            "main_phone": _CUSTOMER,
            "backup_phone": _BACKUP,
            "language": "en",
            "adult": True,
        }
        booking_id = str(self._api("Customer", "POST", "/v1/bookings", wanted, who)["id"])
        self._play.follow(booking_id)
        self._play.settle()
        return booking_id

    def _pay(self, booking_id: str, who: str = "customer") -> None:
        payment = f"/v1/bookings/{booking_id}/payment"
        intent = self._api("Payment", "POST", payment, {}, who)
        self._play.confirm(intent["payment_intent"], who)
        self._play.settle()

    def _give_up(self, start: datetime) -> None:
        booking_id = self._book(start)
        self._api("Payment", "POST", f"/v1/bookings/{booking_id}/payment", {})
        self._cancel(booking_id)

    def _pay_and_return(self, start: datetime) -> None:
        """A payment and its refund, each a phase of its own."""
        booking_id = self._book(start)
        self._in_phase("payment", lambda: self._pay(booking_id))
        self._play.expect(booking_id, "scheduled")
        self._in_phase("refund", lambda: self._cancel(booking_id))

    def _cancel(self, booking_id: str) -> None:
        self._api("Customer", "POST", f"/v1/bookings/{booking_id}/cancel", {})
        self._play.settle()
        self._in_phase("aside", lambda: self._play.expect(booking_id, "cancelled"))

    def _at_the_desk(self) -> None:
        """What is asked for now and then."""
        price = {"amount_minor": 150000, "currency": "rub", "language": "en"}
        self._api("Account", "POST", "/v1/account/top-ups", price)
        query = {"transaction": self._play.charge()}
        self._api("DeskMoney", "GET", "/v1/desk/payments", who="manager", query=query)
        request = {
            "email": "customer@example.com",
            "transaction": self._play.charge(),
            "paid_on": f"{BOOKED:%Y-%m-%d}",
            "amount": {"amount_minor": 150000, "currency": "rub"},
            "reason": "I do not know this charge.",
            "language": "en",
        }
        self._api("Public", "POST", "/v1/refund-requests", request)
        # Long after the last session: it is gone through, and nothing is found.
        begun = self._play.now - timedelta(minutes=5)
        outage = {"since": begun.isoformat(), "until": self._play.now.isoformat()}
        self._api("Desk", "POST", "/v1/desk/outages", outage, "manager")
        self._play.settle()
        self._play.invoke("Books", {})
        self._play.invoke("ReliabilitySweep", {})
        self._play.settle()

    def _in_phase(self, phase: str, play: Callable[[], object]) -> None:
        stage = self._play.stage
        before, stage.phase = stage.phase, phase
        play()
        stage.phase = before
