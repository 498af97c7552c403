"""Consents to keep a card, each with its card, and who a customer is at the provider.

A consent is evidence: it is never deleted, and what was recorded first stays.
"""

from collections.abc import Sequence
from datetime import datetime

from pynamodb.attributes import UnicodeAttribute
from pynamodb.exceptions import PutError, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from shared.adapters.dynamodb.binding import bound
from shared.adapters.dynamodb.heads import Row
from shared.adapters.dynamodb.tables import moment, stamp
from shared.domain.card import Card
from shared.domain.saved_card import Consent, KeptCard, SavedCard

_PREFIX = "SAVED#"
_OWNER = "PROVIDER"


class CardRow(Row):
    """CUSTOMER#<id> / SAVED#<card id>: a consent, and the card that came of it.

    Args:
        payment_method: the provider's id, with all that follows only where the card is kept.
        withdrawn_at: where the consent was taken back.
    """

    version = UnicodeAttribute()
    language = UnicodeAttribute()
    accepted_at = UnicodeAttribute()
    payment_id = UnicodeAttribute(null=True)
    payment_method = UnicodeAttribute(null=True)
    provider_customer = UnicodeAttribute(null=True)
    brand = UnicodeAttribute(null=True)
    last4 = UnicodeAttribute(null=True)
    fingerprint = UnicodeAttribute(null=True)
    withdrawn_at = UnicodeAttribute(null=True)


class OwnerRow(Row):
    """CUSTOMER#<id> / PROVIDER: the provider's id of a customer."""

    provider_customer = UnicodeAttribute()


class DynamoCardFile:
    """`shared.application.saved_cards.CardFile` in the table.

    Args:
        table: its name.
    """

    def __init__(self, table: str) -> None:
        self._row = bound(table, CardRow)
        self._owner = bound(table, OwnerRow)

    def record(self, card: SavedCard) -> None:
        """Keep a consent; one of that id stays as it is."""
        consent = card.consent
        row = self._row(
            *_key(card.customer_id, card.card_id),
            version=consent.version,
            language=consent.language,
            accepted_at=stamp(consent.accepted_at),
        )
        _put(row, self._row.pk.does_not_exist())

    def note_payment(self, customer_id: str, card_id: str, payment_id: str) -> None:
        """Note which payment a consent was given with."""
        row = self._row
        actions = [row.payment_id.set(payment_id)]
        self._change(customer_id, card_id, actions, row.payment_id.does_not_exist())

    def keep(self, customer_id: str, card_id: str, payment_id: str, kept: KeptCard) -> None:
        """Add the card to its consent; nothing happens where it has one or is withdrawn."""
        row = self._row
        actions = [
            row.payment_id.set(payment_id),
            row.payment_method.set(kept.payment_method),
            row.provider_customer.set(kept.provider_customer),
            row.brand.set(kept.card.brand),
            row.last4.set(kept.card.last4),
            row.fingerprint.set(kept.card.fingerprint),
        ]
        empty = row.payment_method.does_not_exist() & row.withdrawn_at.does_not_exist()
        self._change(customer_id, card_id, actions, empty)

    def withdraw(self, customer_id: str, card_id: str, at: datetime) -> None:
        """Note that a consent was taken back; the first time stays."""
        row = self._row
        actions = [row.withdrawn_at.set(stamp(at))]
        self._change(customer_id, card_id, actions, row.withdrawn_at.does_not_exist())

    def card(self, customer_id: str, card_id: str) -> SavedCard | None:
        """One consent, with its card where it has one."""
        try:
            row = self._row.get(*_key(customer_id, card_id), consistent_read=True)
        except self._row.DoesNotExist:
            return None
        return _read(row)

    def cards(self, customer_id: str) -> Sequence[SavedCard]:
        """All of a customer's consents, withdrawn ones too, by id."""
        place = f"CUSTOMER#{customer_id}"
        found = self._row.query(place, self._row.sk.startswith(_PREFIX), consistent_read=True)
        return [_read(row) for row in found]

    def provider_customer(self, customer_id: str) -> str | None:
        """The provider's id of a customer; None where he has none yet."""
        try:
            row = self._owner.get(f"CUSTOMER#{customer_id}", _OWNER, consistent_read=True)
        except self._owner.DoesNotExist:
            return None
        return row.provider_customer

    def note_provider_customer(self, customer_id: str, provider_customer: str) -> str:
        """Note the provider's id of a customer; returns the one that was noted first."""
        row = self._owner(f"CUSTOMER#{customer_id}", _OWNER, provider_customer=provider_customer)
        _put(row, self._owner.pk.does_not_exist())
        return self.provider_customer(customer_id) or provider_customer

    def _change(
        self, customer_id: str, card_id: str, actions: Sequence[Action], wanted: Condition
    ) -> None:
        """Change a consent where the condition holds; else leave it as it is."""
        try:
            self._row(*_key(customer_id, card_id)).update(
                actions=list(actions), condition=self._row.pk.exists() & wanted
            )
        except UpdateError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise


def _put(row: Row, wanted: Condition) -> None:
    """Write a row where the condition holds; else leave what is there."""
    try:
        row.save(condition=wanted)
    except PutError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise


def _key(customer_id: str, card_id: str) -> tuple[str, str]:
    return f"CUSTOMER#{customer_id}", f"{_PREFIX}{card_id}"


def _read(row: CardRow) -> SavedCard:
    kept = None
    if row.payment_method is not None:
        card = Card(str(row.brand), str(row.last4), str(row.fingerprint))
        kept = KeptCard(row.payment_method, str(row.provider_customer), card)
    return SavedCard(
        card_id=row.sk.removeprefix(_PREFIX),
        customer_id=row.pk.removeprefix("CUSTOMER#"),
        consent=Consent(row.version, row.language, moment(row.accepted_at)),
        payment_id=row.payment_id,
        kept=kept,
        withdrawn_at=moment(row.withdrawn_at) if row.withdrawn_at else None,
    )
