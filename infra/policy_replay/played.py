"""A history for want of a recorded one: bookings with scripted misfortunes, the same for a seed.

The domain itself is played, message by message, under the policy in force; what people do and what
breaks is drawn from the seed.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from random import Random

from infra.policy_replay.history import Decided, History
from shared.domain import commands as c
from shared.domain import events as e
from shared.domain.booking import Booking, Status
from shared.domain.decide import decide, next_due, open_booking
from shared.domain.errors import RuleBroken
from shared.domain.lots import Tariff
from shared.domain.mishap.judge import BUSY_BEFORE
from shared.domain.mishap.quality import CallQuality
from shared.domain.money import Money
from shared.domain.policy import CURRENT
from shared.domain.session.legs import Leg, Mark, Motion, Side
from shared.domain.session.ringing import MISSED_CALL

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
_TARIFFS = (
    Tariff("standard", Money(5000, "rub")),
    Tariff("expert", Money(12000, "rub")),
    Tariff("abroad", Money(90, "eur")),
)
_STEP = timedelta(seconds=5)


class Player:
    """One booking, paid by card, and everybody around it.

    Args:
        number: of the booking.
    """

    def __init__(self, number: int, random: Random) -> None:
        self.random = random
        tariff, minutes = random.choice(_TARIFFS), random.choice((15, 30, 60))
        self.now = START - timedelta(days=1)
        held = e.BookingHeld(
            booking_id=f"{number:012}",
            customer_id=f"customer-{number}",
            operator_id="operator",
            operator_phones=("operator-main", "operator-backup"),
            tariff=tariff,
            starts_at=START,
            seconds=minutes * 60,
            main_phone="main",
            backup_phone="backup",
            language="en",
            policy_version=CURRENT.version,
            holdings=(),
            card_seconds=minutes * 60,
            card_due=tariff.price(minutes * 60),
            hold_until=self.now + timedelta(seconds=CURRENT.payment_hold),
        )
        events, self.booking = open_booking(held, self.now, CURRENT)
        self._decisions = [Decided(1, self.now, events)]
        self.do(c.NoteIntent("payment"))
        self.do(c.ConfirmPayment("payment", "charge", held.card_due, reinstate=True))

    @property
    def history(self) -> History:
        """All that was decided."""
        return History(self.booking.booking_id, tuple(self._decisions))

    def do(self, command: c.Command) -> tuple[e.Event, ...]:
        """Something is asked or reported, now; letters and cases are done at once."""
        events = self._decided(command)
        for effect_id in self.booking.pending:
            case = effect_id == MISSED_CALL
            done = c.NoteCase(effect_id, "1") if case else c.NoteLetterSent(effect_id)
            self._decided(done)
        return events

    def _decided(self, command: c.Command) -> tuple[e.Event, ...]:
        events, self.booking = decide(self.booking, command, self.now, CURRENT)
        if events:
            self._decisions.append(Decided(len(self._decisions) + 1, self.now, events))
        return events

    def until(self, moment: datetime) -> None:
        """Time passes; every timer fires at its moment."""
        while (due := next_due(self.booking, self.now, CURRENT)) is not None and due <= moment:
            self.now = max(self.now, due)
            self.do(c.Tick())
        self.now = moment

    def ringing(self, side: Side) -> Leg | None:
        """The leg that rings a side now."""
        legs = self.booking.live_session.of(side)
        return next((leg for leg in legs if leg.wanted and not leg.confirmed_at), None)

    def answer(self, side: Side) -> None:
        """A side is rung, picks up and presses 1."""
        while (leg := self.ringing(side)) is None:
            self.until(self.now + _STEP)
        self.do(c.NotePlaced(leg.leg_id, f"call-{leg.leg_id}"))
        self.do(c.ConfirmLeg(leg.leg_id))
        self.do(c.MoveLeg(leg.leg_id, Mark(self.now, Motion.JOIN, seen=False)))

    def leave(self, side: Side) -> None:
        """A side's line is down."""
        leg = self.booking.live_session.on_the_line(side)
        if leg is not None:
            self.do(c.MoveLeg(leg.leg_id, Mark(self.now, Motion.LEAVE, seen=False)))
            self.do(c.EndLeg(leg.leg_id, self.now, "completed"))

    def in_vain(self, side: Side, outcome: str) -> None:
        """A side is rung until the session ends, each time with this outcome."""
        while self.booking.status is Status.LIVE:
            self.until(self.now + timedelta(seconds=self.random.randrange(5, 25)))
            leg = self.ringing(side) if self.booking.status is Status.LIVE else None
            if leg is not None:
                self.do(c.NotePlaced(leg.leg_id, f"call-{leg.leg_id}"))
                self.do(c.EndLeg(leg.leg_id, self.now, outcome))

    def joined(self) -> None:
        """Both come at the start and talk for a while."""
        self.until(START)
        self.answer(Side.OPERATOR)
        self.answer(Side.CUSTOMER)
        talk = self.booking.seconds // 60 - 5
        self.until(self.now + timedelta(minutes=self.random.randrange(1, talk)))

    def over(self) -> None:
        """Every leg's last callbacks come."""
        for leg in self.booking.live_session.legs:
            if leg.inside:
                self.do(c.MoveLeg(leg.leg_id, Mark(self.now, Motion.LEAVE, seen=False)))
            if leg.ended_at is None:
                self.do(c.EndLeg(leg.leg_id, self.now, "completed"))


# --- misfortunes ----------------------------------------------------------------------------------


def _operator_absent(player: Player) -> None:
    player.until(START)
    player.in_vain(Side.OPERATOR, player.random.choice(("no-answer", "busy", "out of service")))


def _session_before(player: Player) -> None:
    delay = player.random.choice((0, 300, 600))
    player.until(START - timedelta(minutes=5))
    if delay:
        player.do(c.DelayStart(delay, START))
    player.until(START + timedelta(seconds=delay))
    player.in_vain(Side.OPERATOR, BUSY_BEFORE)


def _start_missed(player: Player) -> None:
    player.until(START - timedelta(minutes=5))
    player.now = START + timedelta(minutes=player.random.randrange(11, 40))
    player.do(c.Tick())


def _customer_absent(player: Player) -> None:
    player.until(START)
    player.answer(Side.OPERATOR)
    player.in_vain(Side.CUSTOMER, player.random.choice(("no-answer", "failed", "out of service")))


def _dropped(player: Player) -> None:
    player.joined()
    side = player.random.choice(list(Side))
    player.leave(side)
    player.in_vain(side, "no-answer")


def _bad_line(player: Player) -> None:
    player.joined()
    while True:
        reported = player.do(c.ReportBadLine("api", None))[0]
        if not isinstance(reported, e.BadLineReported):
            return
        if reported.remedy is e.LineRemedy.CHOICE:
            player.do(c.ChooseLine(c.LineChoice.STOP, None))
            return
        if reported.remedy is not e.LineRemedy.MOVE:
            player.leave(Side.CUSTOMER)
            player.answer(Side.CUSTOMER)
        player.until(player.now + timedelta(seconds=20))


def _measured(player: Player) -> None:
    """He ends it early, without a word; the provider's figures tell of his line."""
    player.joined()
    player.do(c.EndSession("api", None))
    player.over()
    player.until(player.now + timedelta(hours=1))
    loss = player.random.choice((0, 200, 400, 600, 900))
    figures = tuple(
        (leg.leg_id, CallQuality(packet_loss=loss)) for leg in player.booking.live_session.legs
    )
    player.do(c.NoteQuality(figures))


_MISFORTUNES: tuple[Callable[[Player], None], ...] = (
    _operator_absent,
    _session_before,
    _start_missed,
    _customer_absent,
    _dropped,
    _bad_line,
    _measured,
)


# --- what follows ---------------------------------------------------------------------------------


def _outage(player: Player) -> None:
    day = timedelta(days=1)
    player.do(c.CompensateOutage("outage", START - day, START + day))


def _choice(player: Player) -> None:
    offer = player.booking.offers[-1] if player.booking.offers else None
    if offer is None or not offer.is_open:
        return
    choice = player.random.choice((*offer.choices, None))
    if choice is None:
        return
    refunds = tuple(_refunds(player.booking)) if choice is e.Choice.REFUND else ()
    with suppress(RuleBroken):
        player.do(c.AcceptOffer(offer.offer_id, choice, "link", None, refunds))


def _refunds(booking: Booking) -> Iterator[e.OfferRefund]:
    for n, holding in enumerate(booking.holdings, start=1):
        if holding.payment_id is not None:
            refund_id = f"{booking.booking_id}-o-{n}"
            yield e.OfferRefund(refund_id, holding.payment_id, holding.paid, (), 0)


def play(seed: int, bookings: int) -> Iterator[History]:
    """Bookings with a misfortune each, one by one.

    Args:
        seed: the same gives the same.
        bookings: how many.
    """
    random = Random(seed)
    for number in range(1, bookings + 1):
        player = Player(number, random)
        random.choice(_MISFORTUNES)(player)
        if player.booking.status is Status.ENDING:
            player.over()
        then = [_choice, *([_outage] if random.random() < 0.3 else [])]
        random.shuffle(then)
        for happens in then:
            player.until(player.now + timedelta(hours=random.randrange(1, 20)))
            happens(player)
        if random.random() < 0.9:
            player.until(player.now + timedelta(days=2))
        yield player.history
