"""Reading payments and cases, and finding them: by customer, card, day and amount, urgency."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from shared.adapters.dynamodb.codec import CASE_EVENTS, PAYMENT_EVENTS
from shared.adapters.dynamodb.decisions import Decisions
from shared.adapters.dynamodb.heads import PaymentHead
from shared.adapters.dynamodb.tables import moment, stamp
from shared.application.store import Decision, Loaded, Page, PaymentSummary
from shared.application.summaries import CaseSummary
from shared.domain.case import case as cases
from shared.domain.case.events import CaseKind, Level
from shared.domain.money import Money
from shared.domain.payment import payment as payments

_PAGE = 100
_PAID = "PAID#"


class PaymentRows(Decisions):
    """The read side of payments and cases."""

    def payment(self, payment_id: str) -> Loaded[payments.Payment] | None:
        """The fold of its events; None where there is no such payment."""
        return self._load("PAYMENT", payment_id, PAYMENT_EVENTS, payments.fold)

    def payment_history(self, payment_id: str) -> Sequence[Decision]:
        """Every decision on a payment, oldest first; empty where there is none."""
        return self._history("PAYMENT", payment_id, PAYMENT_EVENTS)

    def payment_summaries(self, payment_ids: Sequence[str]) -> Mapping[str, PaymentSummary]:
        """Those that exist of at most 100 payments, by id."""
        keys = [(f"PAYMENT#{payment_id}", "HEAD") for payment_id in payment_ids]
        summaries = (_summary(row) for row in self._tables.payment_head.batch_get(keys))
        return {summary.payment_id: summary for summary in summaries}

    def payments_of(self, customer_id: str, cursor: str | None, limit: int) -> Page[str]:
        """A customer's captured payments, latest first."""
        paid = self._tables.paid
        wanted = paid.sk.between(_PAID, f"{_PAID}{cursor}") if cursor else paid.sk.startswith(_PAID)
        rows = paid.query(
            f"CUSTOMER#{customer_id}",
            wanted,
            consistent_read=True,
            scan_index_forward=False,
            # The range takes in the row the cursor stands on.
            limit=limit + (2 if cursor else 1),
        )
        sorts = [row.sk.removeprefix(_PAID) for row in rows]
        return _page([sort for sort in sorts if sort != cursor], limit)

    def payments_since(self, customer_id: str, since: datetime) -> Sequence[str]:
        """A customer's payments captured since then, oldest first."""
        return self._paid_since(f"CUSTOMER#{customer_id}", since)

    def payments_by_card(self, fingerprint: str, since: datetime) -> Sequence[str]:
        """Payments captured from a card since then, as far as two days back."""
        return self._paid_since(f"CARD#{fingerprint}", since)

    def _paid_since(self, owner: str, since: datetime) -> Sequence[str]:
        paid = self._tables.paid
        wanted = paid.sk.between(f"{_PAID}{stamp(since)}", f"{_PAID}~")
        rows = paid.query(owner, wanted, consistent_read=True)
        return [row.sk.rpartition("#")[2] for row in rows]

    def payments_on(self, day: datetime, amount: Money, cursor: str | None) -> Page[str]:
        """Payments of an amount captured on one UTC day."""
        head = self._tables.head
        date, prefix = day.astimezone(UTC).date().isoformat(), f"{amount.minor:015d}#"
        wanted = (
            head.owner_sort.between(f"{cursor}~", f"{prefix}~")
            if cursor
            else head.owner_sort.startswith(prefix)
        )
        rows = head.by_owner.query(f"PAID#{date}#{amount.currency}", wanted, limit=_PAGE + 1)
        sorts = [row.owner_sort for row in rows]
        following = sorts[_PAGE - 1] if len(sorts) > _PAGE else None
        return Page([sort.rpartition("#")[2] for sort in sorts[:_PAGE]], following)

    # cases

    def case(self, number: str) -> Loaded[cases.Case] | None:
        """The fold of its events; None where there is no such case."""
        return self._load("CASE", number, CASE_EVENTS, cases.fold)

    def case_history(self, number: str) -> Sequence[Decision]:
        """Every decision on a case, oldest first; empty where there is none."""
        return self._history("CASE", number, CASE_EVENTS)

    def open_cases(self, level: Level, cursor: str | None, limit: int) -> Page[CaseSummary]:
        """Cases that wait for agents or managers, the most urgent first."""
        head = self._tables.head
        found = list(
            head.by_owner.query(
                f"CASES#{level}",
                head.owner_sort > f"{cursor}" if cursor else None,
                limit=limit + 1,
            )
        )
        keys = [(row.pk, row.sk) for row in found[:limit]]
        rows = {row.pk: row for row in self._tables.case_head.batch_get(keys, consistent_read=True)}
        items = [
            CaseSummary(
                pk.partition("#")[2],
                CaseKind(rows[pk].kind_of_case),
                Level(rows[pk].level),
                cases.Status(rows[pk].status),
                moment(rows[pk].deadline),
            )
            for pk, _ in keys
        ]
        return Page(items, found[limit - 1].owner_sort if len(found) > limit else None)

    def texts(self, owner_id: str) -> Mapping[str, str]:
        """What was written with the decisions on a payment or case, sealed, by id."""
        rows = self._tables.written.query(f"TEXT#{owner_id}", consistent_read=True)
        return {row.sk: row.sealed for row in rows}


def _page(sorts: list[str], limit: int) -> Page[str]:
    ids = [sort.rpartition("#")[2] for sort in sorts[:limit]]
    return Page(ids, sorts[limit - 1] if len(sorts) > limit else None)


def _summary(row: PaymentHead) -> PaymentSummary:
    return PaymentSummary(
        payment_id=row.pk.partition("#")[2],
        customer_id=row.customer_id,
        booking_id=row.booking_id,
        status=payments.Status(row.status),
        captured=Money(int(row.captured), row.currency),
        refunded=int(row.refunded),
        charge_id=row.charge_id,
        captured_at=moment(row.captured_at) if row.captured_at else None,
        provider_refunds=frozenset(row.provider_refunds or ()),
        closed_disputes=frozenset(row.closed_disputes or ()),
        open_disputes=frozenset(row.open_disputes or ()),
    )
