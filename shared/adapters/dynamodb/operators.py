"""Operators, their tariffs, and the quarters of an hour they offer."""

import json
from collections.abc import Sequence
from datetime import datetime

from pynamodb.exceptions import DeleteError, PutError

from shared.adapters.dynamodb.tables import Price, Profile, Tables, moment, stamp
from shared.application.store import Operator, Page, Slot
from shared.domain.lots import Tariff
from shared.domain.money import Money

_OPERATORS = "OPERATORS"
_TARIFFS = "TARIFFS"
_FAILED = "ConditionalCheckFailedException"


class OperatorRows:
    """What customers choose from."""

    _tables: Tables

    def put_operator(self, operator: Operator) -> None:
        """Store or replace an operator's profile."""
        self._tables.profile(
            _OPERATORS,
            operator.operator_id,
            name=operator.name,
            tariff_id=operator.tariff_id,
            phones=json.dumps(operator.phones),
        ).save()

    def operator(self, operator_id: str) -> Operator | None:
        """One operator."""
        try:
            return _operator(self._tables.profile.get(_OPERATORS, operator_id))
        except self._tables.profile.DoesNotExist:
            return None

    def operators(self, cursor: str | None, limit: int) -> Page[Operator]:
        """All operators, by id."""
        profile = self._tables.profile
        wanted = profile.sk > cursor if cursor else None
        found = list(profile.query(_OPERATORS, wanted, limit=limit + 1))
        return Page(
            [_operator(row) for row in found[:limit]],
            found[limit - 1].sk if len(found) > limit else None,
        )

    def put_tariff(self, tariff: Tariff) -> bool:
        """Store a tariff; False where one of that id exists with another price."""
        price, each = self._tables.price, tariff.per_minute
        same = (price.minor == each.minor) & (price.currency == each.currency)
        row = price(_TARIFFS, tariff.tariff_id, minor=each.minor, currency=each.currency)
        try:
            row.save(condition=price.pk.does_not_exist() | same)
        except PutError as error:
            if error.cause_response_code != _FAILED:
                raise
            return False
        return True

    def tariff(self, tariff_id: str) -> Tariff | None:
        """One tariff."""
        try:
            return _tariff(self._tables.price.get(_TARIFFS, tariff_id, consistent_read=True))
        except self._tables.price.DoesNotExist:
            return None

    def tariffs(self) -> Sequence[Tariff]:
        """All tariffs."""
        return [_tariff(row) for row in self._tables.price.query(_TARIFFS)]

    def publish(self, operator_id: str, quarters: Sequence[datetime]) -> None:
        """Offer quarters; one that is published already stays as it is."""
        quarter, partition = self._tables.quarter, f"OPERATOR#{operator_id}"
        for start in quarters:
            at = stamp(start)
            row = quarter(partition, f"SLOT#{at}", open_at=at, operator_id=operator_id)
            try:
                row.save(condition=quarter.pk.does_not_exist())
            except PutError as error:
                if error.cause_response_code != _FAILED:
                    raise

    def withdraw(self, operator_id: str, quarters: Sequence[datetime]) -> Sequence[datetime]:
        """Take back quarters; those that are claimed stay, and are returned."""
        quarter, kept = self._tables.quarter, []
        for start in quarters:
            row = quarter(f"OPERATOR#{operator_id}", f"SLOT#{stamp(start)}")
            try:
                row.delete(condition=quarter.booking_id.does_not_exist())
            except DeleteError as error:
                if error.cause_response_code != _FAILED:
                    raise
                kept.append(start)
        return kept

    def slots(self, operator_id: str, start: datetime, end: datetime) -> Sequence[Slot]:
        """An operator's published quarters in [start, end), in order."""
        quarter, last = self._tables.quarter, f"SLOT#{stamp(end)}"
        rows = quarter.query(
            f"OPERATOR#{operator_id}",
            quarter.sk.between(f"SLOT#{stamp(start)}", last),
            consistent_read=True,
        )
        return [
            Slot(operator_id, moment(row.sk.partition("#")[2]), row.booking_id)
            for row in rows
            if row.sk < last
        ]

    def open_operators(self, quarter: datetime) -> Sequence[str]:
        """Operators with that quarter free; read from an index, so a claim may still fail."""
        rows = self._tables.quarter.open_slots.query(stamp(quarter))
        return [row.operator_id for row in rows]


def _operator(row: Profile) -> Operator:
    return Operator(row.sk, row.name, row.tariff_id, tuple(json.loads(row.phones)))


def _tariff(row: Price) -> Tariff:
    return Tariff(row.sk, Money(int(row.minor), row.currency))
