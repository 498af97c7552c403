"""A whole Redial in one process and virtual time: production code over the fakes and the doubles.

Nothing is patched. Messages wait in one agenda; the exchange and the payment double say when they
have something to do next; the sweeps run every minute, as their schedule has it.
"""

import heapq
import itertools
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from functions.webhooks.voice import Asked, answer
from functions.workers import calls as calls_worker
from functions.workers import inbox as inbox_worker
from functions.workers import payments as payments_worker
from infra.local.exchange.model import Exchange
from infra.local.exchange.people import Person, Steps
from infra.local.exchange.port import Driver, ExchangePort, Reply
from infra.local.payments.port import InProcessPayments
from shared.adapters.twilio.twiml import render
from shared.application import provider_events
from shared.application.arrangements import Arrangements
from shared.application.booking import BookingOffice, BookingRequest
from shared.application.bookings import Bookings
from shared.application.callbacks import Callbacks
from shared.application.calls import CallRoom
from shared.application.case_letters import CaseLetters
from shared.application.case_records import CaseRecords
from shared.application.cases import BookingCases, PaymentCases
from shared.application.disputes import Disputes
from shared.application.duplicates import DuplicateWatch
from shared.application.extension import Extensions
from shared.application.messages import Letters
from shared.application.offers import OfferDesk
from shared.application.operators import Operators
from shared.application.outage_cases import OutageCases
from shared.application.outage_compensation import OutageCompensation
from shared.application.outage_records import OutageRecords
from shared.application.outage_runs import OutageRuns
from shared.application.outbox import Queue, message_of
from shared.application.pace import CallPace
from shared.application.payment_letters import PaymentLetters
from shared.application.payment_records import PaymentRecords
from shared.application.payments import CardPayments
from shared.application.ports import Payments
from shared.application.readiness import ReadinessDesk
from shared.application.receipts import Receipts
from shared.application.reconciliation import Reconciliation
from shared.application.refund_desk import RefundDesk
from shared.application.refunds import Refunds
from shared.application.saved_cards import SavedCardPayments, SavedCards
from shared.application.store import Change, Replay
from shared.application.timers import SHARDS, Timers
from shared.application.top_ups import TopUps
from shared.application.voice import VoiceDesk
from shared.domain.booking import Booking
from shared.domain.business_days import Calendar
from shared.domain.effects import Effect, EffectKind
from shared.domain.errors import Conflict, NotFound, RuleBroken, Upstream
from shared.domain.events import Event, SessionClosed
from shared.domain.letters.receipts import Seller
from shared.domain.lots import Tariff
from shared.domain.money import Money
from shared.domain.session.session import Session
from shared.domain.session.wording import spoken
from shared.domain.slots import quarter_of
from tests.fakes.memory_cards import MemoryCards
from tests.fakes.memory_contacts import MemoryContacts
from tests.fakes.memory_links import MemoryLinks
from tests.fakes.memory_store import MemoryStore
from tests.fakes.memory_turns import MemoryTurns
from tests.journeys.bookkeeping import assert_books
from tests.journeys.post import CountedIds, Post

MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BASE = "http://redial.example"
OUR_NUMBER = "+12025550100"
CUSTOMER, BACKUP = "+12025550111", "+12025550112"
OPERATOR, OPERATOR_BACKUP = "+12025550121", "+12025550122"
OTHER_OPERATOR = "+12025550131"
TARIFF = Tariff("standard", Money(5000, "rub"))
SITE = "https://redial.example"
SUPERVISOR = "supervisor@example.com"
SELLER = Seller("Redial Example", "1 Example Street", "123456789", "help@example.com")
CALENDAR = Calendar("Europe/Moscow", lambda day: day.weekday() < 5)
_MINUTE = timedelta(minutes=1)
# As template.yaml has it for the queues.
_SEEN_AGAIN_AFTER, _MOST_TRIES = timedelta(seconds=180), 5


# How often each callback is worked: 0 when it is lost, 2 when it comes twice; and how much later.
Deliveries = Callable[[str, Mapping[str, str]], tuple[float, ...]]


def on_time(route: str, form: Mapping[str, str]) -> tuple[float, ...]:
    """Every callback comes once, at once."""
    return (0.0,)


class World:
    """Everybody and everything.

    Args:
        deliveries: seconds after which each status or conference callback is worked, once per
            entry.
        webhooks: how many times each payment event is delivered.
        fault: see tests/fakes/memory_store.py.
        wire: what stands between us and the payment provider.
        calls_per_second: that the telephony provider places.
    """

    def __init__(
        self,
        *,
        deliveries: Deliveries = on_time,
        webhooks: int = 1,
        fault: Callable[[str, Change], None] | None = None,
        wire: Callable[[InProcessPayments], Payments] = lambda provider: provider,
        calls_per_second: float = 1.0,
    ) -> None:
        sids = itertools.count(1)
        self.exchange = Exchange(
            "AC" + "0" * 32,
            OUR_NUMBER,
            MORNING,
            lambda prefix: f"{prefix}{next(sids):032x}",
            calls_per_second,
        )
        self.exchange.voice_url = f"{BASE}/v1/voice/inbound"
        self.driver = Driver(self.exchange, self._answer)
        self.deliveries, self.webhooks = deliveries, webhooks
        self.store = MemoryStore(fault)
        self.contacts, self.post = MemoryContacts(), Post()
        provider_ids = itertools.count(1)
        self.provider = InProcessPayments(
            self.driver, lambda prefix: f"{prefix}_{next(provider_ids):024d}"
        )
        asked = wire(self.provider)
        self.records = PaymentRecords(self.store, self.driver, lambda attempt: None, CALENDAR)
        self.bookings = Bookings(self.store, self.driver, lambda attempt: None, self.records)
        self.office = BookingOffice(self.bookings, self.contacts, CountedIds())
        self.operators = Operators(self.store, self.contacts, self.driver)
        self.case_records = CaseRecords(
            self.store, self.driver, CountedIds(20000000001), lambda attempt: None
        )
        self.case_letters = CaseLetters(self.case_records, self.contacts, self.post)
        self.cases = PaymentCases(self.records, self.case_records)
        self.refund_desk = RefundDesk(self.records)
        self.watch = DuplicateWatch(self.bookings, self.refund_desk)
        self.card_file = MemoryCards()
        self.cards = SavedCards(self.card_file, asked, self.records, self.driver)
        self.payments = CardPayments(self.bookings, asked, self.watch.look, self.cards.keep)
        self.top_ups = TopUps(self.records, self.payments, asked, self.cards, self.contacts)
        self.extensions = Extensions(self.bookings, self.top_ups)
        self.saved_card_payments = SavedCardPayments(
            self.bookings, self.payments, asked, self.cards
        )
        self.dispute_room = Disputes(self.bookings, asked, self.payments)
        self.refund_room = Refunds(self.bookings, asked, self.payments, self.dispute_room.check)
        self.reconciliation = Reconciliation(self.store, self.driver, asked)
        self.desk = VoiceDesk(self.bookings, self.contacts)
        self.pace = CallPace(MemoryTurns(), calls_per_second)
        telephony = ExchangePort(self.exchange, BASE)
        self.room = CallRoom(self.bookings, self.contacts, telephony, self.pace)
        self.links = MemoryLinks(self.driver)
        self.letters = Letters(self.bookings, self.contacts, self.post, self.links, SUPERVISOR)
        self.readiness = ReadinessDesk(self.bookings, self.contacts, self.post, SITE)
        arrangements = self.arrangements = Arrangements(self.store, CountedIds(30000000001))
        self.offers = OfferDesk(self.bookings, self.contacts, arrangements)
        self.call_backs = Callbacks(self.bookings, arrangements)
        self.booking_cases = BookingCases(self.bookings, self.case_records)
        self.receipts = Receipts(self.bookings, self.contacts, SELLER)
        self.payment_letters = PaymentLetters(
            self.bookings,
            self.contacts,
            self.post,
            SITE,
            self.receipts,
        )
        self.outage_records = OutageRecords(
            self.store, self.driver, CountedIds(30000000001), lambda attempt: None
        )
        self.outage_cases = OutageCases(self.outage_records, self.case_records)
        self.outage_runs = OutageRuns(
            self.outage_records, OutageCompensation(self.bookings), self._send
        )
        self.timers = Timers(self.bookings, self.case_records, self.outage_records, self._send_all)
        self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._keys = itertools.count()
        self._next_sweep = MORNING + _MINUTE
        self.sweeping, self.sweep_every = True, _MINUTE
        self.operators.set_tariff(TARIFF)

    # --- people ----------------------------------------------------------------------------------

    def operator(self, operator_id: str, *phones: str, hours: int = 4) -> None:
        """An operator who offers time from the morning on."""
        self.operators.register(operator_id, operator_id.title(), "standard", phones)
        self.contacts.remember(operator_id, email=f"{operator_id}@example.com")
        begin = max(START - timedelta(hours=1), quarter_of(self.exchange.now))
        self.operators.publish(operator_id, begin, START + timedelta(hours=hours))

    def person(self, number: str, *calls: Steps) -> None:
        """What the person at a number does in each call."""
        self.exchange.meet(number, Person(calls))

    # --- customers -------------------------------------------------------------------------------

    def book(
        self,
        *,
        customer_id: str = "anna",
        operator_id: str | None = "boris",
        minutes: int = 30,
        starts_at: datetime = START,
        backup: str | None = BACKUP,
        use_balance: bool = False,
        language: str = "en",
        key: str | None = None,
        checkout: str | None = None,
        main_phone: str = CUSTOMER,
    ) -> str:
        """Hold a slot; returns the booking number."""
        request = BookingRequest(
            customer_id=customer_id,
            email=f"{customer_id}@example.com",
            operator_id=operator_id,
            starts_at=starts_at,
            minutes=minutes,
            main_phone=main_phone,
            backup_phone=backup,
            language=language,
            adult=True,
            use_balance=use_balance,
            checkout=checkout,
        )
        replay = self.replay(customer_id, key)
        return self.office.book(request, replay).booking_id

    def replay(self, owner: str = "anna", key: str | None = None) -> Replay:
        """A fresh idempotency key."""
        return Replay(owner, key or f"key-{next(self._keys)}", "same", "")

    def pay(self, booking_id: str, card: str = "pm_card_visa") -> str:
        """Pay by card; returns the intent."""
        intent = self.payments.start(booking_id).intent
        self.provider.pay(intent.intent_id, card)
        self.settle()
        return intent.intent_id

    def booked(self, *, minutes: int = 30, backup: str | None = BACKUP) -> str:
        """A paid booking of Anna's with Boris."""
        self.operator("boris", OPERATOR, OPERATOR_BACKUP)
        booking_id = self.book(minutes=minutes, backup=backup)
        self.pay(booking_id)
        return booking_id

    # --- time ------------------------------------------------------------------------------------

    def until(self, moment: datetime) -> None:
        """Let everything happen that happens up to a moment."""
        self.settle()
        while (due := self._next()) <= moment:
            self.exchange.advance(max(due, self.exchange.now))
            self.settle()
            if due >= self._next_sweep:
                self._sweep()
        self.exchange.advance(moment)
        self.settle()

    def settle(self) -> None:
        """Work off everything that is due now."""
        busy = True
        while busy:
            self.driver.settle()
            busy = self._collect()
            while self._agenda and self._agenda[0][0] <= self.exchange.now:
                heapq.heappop(self._agenda)[2]()
                self.driver.settle()
                busy = True

    def _next(self) -> datetime:
        ahead = [self._next_sweep]
        if self._agenda:
            ahead.append(self._agenda[0][0])
        exchange = self.exchange.next_at()
        if exchange is not None:
            ahead.append(exchange)
        return min(ahead)

    def _sweep(self) -> None:
        self._next_sweep += self.sweep_every
        if not self.sweeping:
            return
        for shard in range(SHARDS):
            self.timers.sweep(shard)
        self.room.sweep_ended()
        self.reconciliation.sweep(lambda: True)
        self.settle()

    def _collect(self) -> bool:
        """What the stream and the payment provider bring."""
        found = False
        effects, self.store.effects[:] = list(self.store.effects), []
        for effect in effects:
            self._deliver(effect.at, lambda again, effect=effect: self._perform(effect, again))
            found = True
        inbox, self.store.inbox[:] = list(self.store.inbox), []
        for message in inbox:
            self._deliver(None, lambda _, body=message.body: inbox_worker.perform(self, body))
            found = True
        for event in self.provider.undelivered():
            self.provider.delivered(event["id"])
            for _ in range(self.webhooks):
                self.webhook(event)
            found = True
        return found

    def webhook(self, event: Mapping[str, object]) -> None:
        """A delivery of a payment event, as functions/webhooks/stripe.py stores it."""
        event_id, kind = str(event["id"]), str(event["type"])
        if kind in provider_events.WORKED:
            subject = event["data"]["object"]["id"]  # type: ignore[index]
            provider_events.keep(self.store, event_id, kind, subject, self.exchange.now)

    def _later(self, at: datetime | None, work: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (at or self.exchange.now, next(self._order), work))

    def _send(self, effect: Effect) -> None:
        self._deliver(effect.at, lambda again: self._perform(effect, again))

    def _send_all(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            self._send(effect)

    # --- functions/workers/rooms.py ---------------------------------------------------------------

    def card_payments(self) -> CardPayments:
        """Money coming in by card."""
        return self.payments

    def refunds(self) -> Refunds:
        """Money on its way back."""
        return self.refund_room

    def disputes(self) -> Disputes:
        """What banks claim."""
        return self.dispute_room

    def duplicate_watch(self) -> DuplicateWatch:
        """Payments that were not meant."""
        return self.watch

    def call_room(self) -> CallRoom:
        """Asks the telephony provider."""
        return self.room

    def callbacks(self) -> Callbacks:
        """Keeps the promise of a call back."""
        return self.call_backs

    def _perform(self, effect: Effect, again: bool) -> None:
        again = again or effect.redriven
        match message_of(effect).queue:
            case Queue.PAYMENTS:
                payments_worker.perform(self, effect, again)
            case Queue.MESSAGES if effect.kind is EffectKind.OPEN_CASE:
                self.cases.open(effect.owner_id, effect.subject)
            case Queue.MESSAGES if effect.kind is EffectKind.OPEN_BOOKING_CASE:
                self.booking_cases.open(effect.owner_id, effect.subject)
            case Queue.MESSAGES if effect.kind is EffectKind.ASK_READINESS:
                self.readiness.ask(effect.owner_id, effect.subject)
            case Queue.MESSAGES if effect.kind is EffectKind.SEND_PAYMENT_LETTER:
                self.payment_letters.send(effect.owner_id, effect.subject)
            case Queue.MESSAGES if effect.kind is EffectKind.SEND_CASE_LETTER:
                self.case_letters.send(effect.owner_id)
            case Queue.MESSAGES if effect.kind is EffectKind.CARE_FOR_OUTAGE_CASE:
                self.outage_cases.care(effect.owner_id)
            case Queue.MESSAGES:
                self.letters.send(effect.owner_id, effect.subject)
            case Queue.CALLS | Queue.STARTS:
                calls_worker.perform(self, effect, again)
            case Queue.OUTAGES if effect.kind is EffectKind.COMPENSATE:
                self.outage_runs.compensate(effect.owner_id, effect.subject)
            case Queue.OUTAGES:
                self.outage_runs.work(effect.owner_id, effect.subject)
            case _:
                self.timers.wake(effect)

    def _deliver(self, at: datetime | None, work: Callable[[bool], None], tries: int = 1) -> None:
        """A queue: what a worker does not finish is seen again, five times in all."""

        def one() -> None:
            try:
                work(tries > 1)
            except (RuleBroken, NotFound):
                return
            except Exception as error:
                if tries >= _MOST_TRIES:
                    if isinstance(error, Upstream):
                        return  # the dead-letter queue; what is still due is asked for again
                    raise
                self._deliver(self.exchange.now + _SEEN_AGAIN_AFTER, work, tries + 1)

        self._later(at, one)

    # --- the exchange asks -----------------------------------------------------------------------

    def _answer(self, url: str, form: Mapping[str, str]) -> Reply:
        parts = urlsplit(url)
        route = parts.path.rsplit("/", 1)[-1]
        query = dict(parse_qsl(parts.query))
        if route in ("status", "conference"):
            for delay in self.deliveries(route, form):
                asked = Asked(query, form, self.exchange.now)
                if delay:
                    at = self.exchange.now + timedelta(seconds=delay)
                    self._later(at, lambda asked=asked: self._callback(route, asked))
                else:
                    self._callback(route, asked)
            return ""
        reply = answer(self.desk, route, Asked(query, form, self.exchange.now))
        assert reply is not None
        if isinstance(reply, tuple):
            return f"<Response><Say>{spoken(*reply)}</Say></Response>"
        return render(
            reply.instructions,
            language=reply.language,
            base_url=BASE,
            leg_id=reply.leg_id,
            booking_id=reply.booking_id,
            wording=spoken,
        )

    def _callback(self, route: str, asked: Asked) -> None:
        try:
            answer(self.desk, route, asked)
        except (NotFound, Conflict, RuleBroken):
            return

    # --- what became of it -----------------------------------------------------------------------

    def booking(self, booking_id: str) -> Booking:
        """A booking as it stands."""
        return self.bookings.load(booking_id).state

    def session(self, booking_id: str) -> Session:
        """Its session."""
        return self.booking(booking_id).live_session

    def closed(self, booking_id: str) -> SessionClosed:
        """How its session was settled."""
        closed = self.session(booking_id).closed
        assert closed is not None, f"not closed but {self.booking(booking_id).status}"
        return closed

    def events[E: Event](self, booking_id: str, kind: type[E]) -> list[E]:
        """Its events of a kind, in order."""
        return [
            event
            for decision in self.store.history(booking_id)
            for event in decision.events
            if isinstance(event, kind)
        ]

    def assert_books_are_right(self, *, still_open: tuple[str, ...] = ()) -> None:
        """Never 1 and 2: nothing is lost, nothing is paid twice, and no money waits for nobody.

        Args:
            still_open: beginnings of accounts that wait for somebody, where the story is not over.
        """
        assert_books(self.store, self.provider, MORNING, self.exchange.now, still_open)

    def balance_seconds(self, customer_id: str = "anna") -> int:
        """Seconds on a customer's balance."""
        return sum(lot.left for lot in self.store.lots(customer_id))
