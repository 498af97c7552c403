"""Finding a payment by whatever a customer knows of it (S2.5); namesakes are never merged."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from shared.application.bookings import Bookings
from shared.application.contacts import Contacts
from shared.application.payments import CardPayments
from shared.application.ports import Payments
from shared.application.store import Page, PaymentSummary
from shared.domain.booking_number import is_booking_number
from shared.domain.errors import NotFound, RuleBroken, Upstream
from shared.domain.money import Money
from shared.domain.refund_request import RefundRequestForm

_PAGE = 50
_MOST_SUMMARIES = 100
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Group:
    """Payments of one customer.

    Args:
        customer_id: None for payments of nobody we know.
        payments: those that were asked for, latest first.
        more: he has older ones too.
    """

    customer_id: str | None
    payments: tuple[PaymentSummary, ...]
    more: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """A payment that a refund request may mean.

    Args:
        by: which of what was filled in leads to it: "transaction", "email", "phone",
            "date_amount".
    """

    payment: PaymentSummary
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matches:
    """What a refund request may mean, the best first.

    Args:
        complete: False where the payment provider did not answer.
    """

    found: tuple[Match, ...]
    complete: bool


class PaymentSearch:
    """Finds payments for agents; one that only the provider knows is recorded at once.

    Args:
        bookings: what was paid for.
        contacts: who gave an address or a number.
        provider: gives the payment provider when it has to be asked.
        card_payments: records a payment that we did not know.
    """

    def __init__(
        self,
        bookings: Bookings,
        contacts: Contacts,
        provider: Callable[[], Payments],
        card_payments: CardPayments,
    ) -> None:
        self._store = bookings.store
        self._contacts = contacts
        self._provider = provider
        self._card_payments = card_payments

    def by_order(self, number: str) -> tuple[Group, ...]:
        """Payments that stand behind a booking, by card or by what was on the balance."""
        loaded = self._store.booking(number) if is_booking_number(number) else None
        if loaded is None:
            return ()
        booking = loaded.state
        if booking.intent_id is not None:
            self._known(booking.intent_id, None, number)
        ids = [booking.intent_id, *(holding.payment_id for holding in booking.holdings)]
        ids += [back.intent_id for back in booking.returns]
        return _grouped(self._summaries(payment_id for payment_id in ids if payment_id))

    def by_transaction(self, number: str) -> tuple[Group, ...]:
        """The payment that a number of the provider belongs to.

        Args:
            number: of a payment intent, charge, refund or dispute.

        Raises:
            RuleBroken: it is none of these.
            Upstream: the provider did not answer.
        """
        try:
            intent_id, charge_id = self._names(number)
        except NotFound:
            return ()
        payment_id = self._known(intent_id, charge_id, number)
        return _grouped(self._summaries([payment_id])) if payment_id else ()

    def by_email(self, email: str) -> tuple[Group, ...]:
        """Payments of everybody whose address it is, each person apart."""
        return self._of_people(self._contacts.people_by_email(email))

    def by_phone(self, number: str) -> tuple[Group, ...]:
        """Payments of everybody who gave an E.164 number, each person apart."""
        return self._of_people(self._contacts.people_by_phone(number))

    def by_day(self, day: date, amount: Money, cursor: str | None) -> Page[Group]:
        """A page of the payments of an amount captured on a UTC day."""
        moment = datetime.combine(day, time(), UTC)
        page = self._store.payments_on(moment, amount, cursor)
        return Page(_grouped(self._summaries(page.items)), page.cursor)

    def matches(self, form: RefundRequestForm) -> Matches:
        """What a refund request may mean: every payment that something filled in leads to."""
        found: dict[str, PaymentSummary] = {}
        why: dict[str, list[str]] = {}
        complete = True

        def note(key: str, groups: Iterable[Group]) -> None:
            for group in groups:
                for payment in group.payments:
                    found[payment.payment_id] = payment
                    why.setdefault(payment.payment_id, []).append(key)

        try:
            note("transaction", self._by_number(form.transaction))
        except Upstream:
            complete = False
        if form.email is not None:
            note("email", self.by_email(form.email))
        if form.phone is not None:
            note("phone", self.by_phone(form.phone))
        # His day is a local one, and his bank may have booked it a day later.
        for day in (form.paid_on - _DAY, form.paid_on, form.paid_on + _DAY):
            note("date_amount", self.by_day(day, form.amount, None).items)
        best = sorted(found.values(), key=lambda p: (-len(why[p.payment_id]), _latest_first(p)))
        return Matches(tuple(Match(p, tuple(why[p.payment_id])) for p in best), complete)

    def _names(self, number: str) -> tuple[str | None, str | None]:
        """(intent, charge) behind a number of the provider, as the provider itself says."""
        match number.partition("_")[0]:
            case "pi":
                return number, None
            case "ch" | "py":
                charge = self._provider().charge(number)
                return charge.intent_id, charge.charge_id
            case "re" | "pyr":
                refund = self._provider().refund(number)
                return refund.intent_id, refund.charge_id
            case "dp" | "du":
                dispute = self._provider().dispute(number)
                return dispute.intent_id, dispute.charge_id
            case _:
                raise RuleBroken(
                    "transaction_unknown",
                    "Give a number of the provider: pi_, ch_, py_, re_, pyr_, dp_ or du_ and more.",
                    "transaction",
                )

    def _by_number(self, number: str) -> tuple[Group, ...]:
        """By our order number or the provider's, whichever it looks like."""
        if is_booking_number(number):
            return self.by_order(number)
        try:
            return self.by_transaction(number)
        except RuleBroken:
            return ()

    def _of_people(self, people: Iterable[str]) -> tuple[Group, ...]:
        groups = []
        for customer_id in people:
            page = self._store.payments_of(customer_id, None, _PAGE)
            payments = sorted(self._summaries(page.items), key=_latest_first)
            groups.append(Group(customer_id, tuple(payments), page.cursor is not None))
        return tuple(groups)

    def _known(self, intent_id: str | None, charge_id: str | None, searched: str) -> str | None:
        """The id of a payment, recorded first where the provider alone knows it (S2.5)."""
        payment_id = intent_id or charge_id
        if payment_id is not None and self._store.payment(payment_id) is None:
            try:
                self._card_payments.payment_of(intent_id, charge_id, {"search": searched})
            except NotFound:
                return None  # the provider knows none either, or nothing was paid on it
        return payment_id

    def _summaries(self, payment_ids: Iterable[str]) -> Sequence[PaymentSummary]:
        ids = list(dict.fromkeys(payment_ids))[:_MOST_SUMMARIES]
        found = self._store.payment_summaries(ids)
        return [found[payment_id] for payment_id in ids if payment_id in found]


def _grouped(payments: Iterable[PaymentSummary]) -> tuple[Group, ...]:
    groups: dict[str | None, list[PaymentSummary]] = {}
    for payment in payments:
        groups.setdefault(payment.customer_id, []).append(payment)
    return tuple(
        Group(customer_id, tuple(sorted(own, key=_latest_first)))
        for customer_id, own in groups.items()
    )


def _latest_first(payment: PaymentSummary) -> float:
    return -payment.captured_at.timestamp() if payment.captured_at else 0.0
