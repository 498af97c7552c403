"""A provider's account of any size and what we hold of it, made while it is gone through.

Payments come at an even pace. Now and then one was refunded by us, or disputed; and of all of them
a given number differs from what we hold: by turns a payment, a refund made by hand, a refund that
failed and a dispute that we were never told of. Nothing is kept, so that whoever goes through it is
alone in memory.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from itertools import batched

from shared.application.ports import (
    DisputeStatus,
    ProviderCharge,
    ProviderDispute,
    ProviderEvent,
    ProviderRefund,
    RefundStatus,
)
from shared.application.store import PaymentSummary
from shared.domain.money import Money
from shared.domain.payment.payment import Status

PRICE = Money(150_000, "rub")
_NOTHING = Money(0, "rub")
_PAGE = 100
_REFUNDED_OF, _DISPUTED_OF = 20, 500


class Kind(Enum):
    """What became of a payment at the provider."""

    PLAIN = auto()
    REFUNDED = auto()
    DISPUTED = auto()
    MISSED_PAYMENT = auto()
    MISSED_REFUND = auto()
    MISSED_FAILURE = auto()
    MISSED_DISPUTE = auto()


_MISSED = (Kind.MISSED_PAYMENT, Kind.MISSED_REFUND, Kind.MISSED_FAILURE, Kind.MISSED_DISPUTE)


@dataclass(frozen=True, slots=True)
class Account:
    """So many payments between two moments, some of which differ from what we hold.

    Args:
        payments: how many.
        differ: how many of them differ.
        since: of the first payment, UTC.
        until: after the last payment, UTC.
    """

    payments: int
    differ: int
    since: datetime
    until: datetime

    @property
    def pace(self) -> timedelta:
        """From one payment to the next."""
        return (self.until - self.since) / self.payments

    def kind(self, number: int) -> Kind:
        """What became of the n-th payment."""
        every = self.payments // self.differ
        if number % every == 1:
            return _MISSED[number // every % len(_MISSED)]
        if number % _REFUNDED_OF == 0:
            return Kind.REFUNDED
        return Kind.DISPUTED if number % _DISPUTED_OF == 7 else Kind.PLAIN

    def numbers(self, since: datetime, until: datetime) -> range:
        """The payments made in [since, until], newest first."""
        first = max(0, -((self.since - since) // self.pace))
        last = min(self.payments - 1, (until - self.since) // self.pace)
        return range(last, first - 1, -1)


class Provider:
    """The lists of an account, a page at a time, newest first.

    Args:
        account: what is listed.

    Attributes:
        requests: pages that were asked for, by list.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self.requests: dict[str, int] = {}

    def events(
        self, since: datetime, until: datetime, kinds: Sequence[str]
    ) -> Iterator[ProviderEvent]:
        """One event per payment."""
        return self._pages("events", since, until, self._event)

    def charges_created(self, since: datetime, until: datetime) -> Iterator[ProviderCharge]:
        """The charge of each payment."""
        return self._pages("charges", since, until, self._charge)

    def refunds_created(self, since: datetime, until: datetime) -> Iterator[ProviderRefund]:
        """The refunds, which are made at once."""
        return self._pages("refunds", since, until, self._refund)

    def disputes_created(self, since: datetime, until: datetime) -> Iterator[ProviderDispute]:
        """The disputes, which are opened at once."""
        return self._pages("disputes", since, until, self._dispute)

    def _pages[T](
        self, name: str, since: datetime, until: datetime, make: Callable[[int], T | None]
    ) -> Iterator[T]:
        made = map(make, self._account.numbers(since, until))
        pages = batched((each for each in made if each is not None), _PAGE, strict=False)
        more = True
        while more:
            self.requests[name] = self.requests.get(name, 0) + 1
            page = next(pages, ())
            yield from page
            more = len(page) == _PAGE

    def _at(self, number: int) -> datetime:
        return self._account.since + number * self._account.pace

    def _event(self, number: int) -> ProviderEvent:
        kind, intent = "payment_intent.succeeded", f"pi_{number:024d}"
        return ProviderEvent(f"evt_{number:024d}", kind, intent, self._at(number))

    def _charge(self, number: int) -> ProviderCharge:
        kind = self._account.kind(number)
        gone = kind in (Kind.REFUNDED, Kind.MISSED_REFUND)
        return ProviderCharge(
            charge_id=f"ch_{number:024d}",
            intent_id=f"pi_{number:024d}",
            captured=PRICE,
            refunded=PRICE if gone else _NOTHING,
            disputed=kind in (Kind.DISPUTED, Kind.MISSED_DISPUTE),
            metadata={},
            card=None,
            created=self._at(number),
        )

    def _refund(self, number: int) -> ProviderRefund | None:
        kind = self._account.kind(number)
        if kind not in (Kind.REFUNDED, Kind.MISSED_REFUND, Kind.MISSED_FAILURE):
            return None
        failed, ours = kind is Kind.MISSED_FAILURE, kind is not Kind.MISSED_REFUND
        return ProviderRefund(
            provider_refund_id=f"re_{number:024d}",
            intent_id=f"pi_{number:024d}",
            charge_id=f"ch_{number:024d}",
            amount=PRICE,
            status=RefundStatus.FAILED if failed else RefundStatus.SUCCEEDED,
            metadata={"refund_id": f"{number}-refund-1"} if ours else {},
            failure_reason="expired_or_canceled_card" if failed else None,
            created=self._at(number),
        )

    def _dispute(self, number: int) -> ProviderDispute | None:
        if self._account.kind(number) not in (Kind.DISPUTED, Kind.MISSED_DISPUTE):
            return None
        return ProviderDispute(
            dispute_id=f"du_{number:024d}",
            intent_id=f"pi_{number:024d}",
            charge_id=f"ch_{number:024d}",
            amount=PRICE,
            status=DisputeStatus.NEEDS_RESPONSE,
            reason="fraudulent",
            movements=(),
            created=self._at(number),
        )


class Ours:
    """What our table holds of an account, and how much of it was asked for.

    Args:
        account: at the provider.

    Attributes:
        heads: payments that were asked for, there or not.
        messages: external messages that were asked for, there or not.
        received: external messages that were stored.
        found: the payments that they are about.
        marks: watermarks that were read.
        noted: watermarks that were written.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._marks: dict[str, datetime] = {}
        self.found: set[int] = set()
        self.heads = self.messages = self.received = self.marks = self.noted = 0

    def swept_until(self, sweep: str) -> datetime | None:
        """See Store.swept_until."""
        self.marks += 1
        return self._marks.get(sweep)

    def note_swept(self, sweep: str, until: datetime) -> None:
        """See Store.note_swept."""
        self.noted += 1
        self._marks[sweep] = until

    def known(self, provider: str, message_ids: Sequence[str]) -> frozenset[str]:
        """See Store.known: every event came by webhook but those that we missed."""
        self.messages += len(message_ids)
        missed = Kind.MISSED_PAYMENT
        return frozenset(i for i in message_ids if self._account.kind(_number(i)) is not missed)

    def receive(self, provider: str, message_id: str, kind: str, body: str, at: datetime) -> bool:
        """See Store.receive."""
        self.received += 1
        self.found.add(_number(message_id.partition(":")[0]))
        return True

    def payment_summaries(self, payment_ids: Sequence[str]) -> Mapping[str, PaymentSummary]:
        """See Store.payment_summaries."""
        self.heads += len(payment_ids)
        found = (self._summary(payment_id) for payment_id in payment_ids)
        return {each.payment_id: each for each in found if each is not None}

    def _summary(self, payment_id: str) -> PaymentSummary | None:
        number = _number(payment_id)
        kind = self._account.kind(number)
        if kind is Kind.MISSED_PAYMENT:
            return None
        settled = kind in (Kind.REFUNDED, Kind.MISSED_FAILURE)
        disputed = kind is Kind.DISPUTED
        return PaymentSummary(
            payment_id=payment_id,
            customer_id="anna",
            booking_id="100000000013",
            status=Status.CAPTURED,
            captured=PRICE,
            refunded=PRICE.minor if settled else 0,
            charge_id=f"ch_{number:024d}",
            captured_at=self._account.since + number * self._account.pace,
            provider_refunds=frozenset({f"re_{number:024d}"} if settled else ()),
            closed_disputes=frozenset(),
            open_disputes=frozenset({f"du_{number:024d}"} if disputed else ()),
        )


def _number(identifier: str) -> int:
    return int(identifier.rpartition("_")[2])
