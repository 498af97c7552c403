"""Cards kept for later payments without their owner, each with the consent it rests on.

A consent is recorded before the provider is asked to keep anything, and gets its card when the
payment it was given with is captured. One record is both: there is no card without a consent.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.domain.card import Card
from shared.domain.errors import RuleBroken

# What was agreed to is never changed: another wording is another version, and old ones stay.
CONSENT_VERSION = "1"
CONSENT_TEXTS: Mapping[str, Mapping[str, str]] = {
    "1": {
        "en": "I agree that Redial keeps this card with its payment provider and charges it for "
        "what I order, also when I do not confirm the payment myself. Each charge is one that I "
        "asked for; I get a receipt for each. I can remove the card from my account at any time, "
        "and then it is charged no more.",
        "ru": "Я согласен, что Redial сохранит эту карту у платёжного провайдера и будет списывать "
        "с неё оплату того, что я заказал, в том числе без моего подтверждения платежа. Каждое "
        "списание сделано по моему заказу, и на каждое я получу чек. Я могу удалить карту из "
        "своего аккаунта в любой момент, и списаний с неё больше не будет.",
    },
}


@dataclass(frozen=True, slots=True)
class Consent:
    """What somebody agreed to, and when.

    Args:
        version: of the text he was shown.
        language: it was shown in, "ru" or "en".
        accepted_at: UTC.
    """

    version: str
    language: str
    accepted_at: datetime

    @property
    def text(self) -> str:
        """The very words."""
        return CONSENT_TEXTS[self.version][self.language]


@dataclass(frozen=True, slots=True)
class KeptCard:
    """A card as the provider keeps it.

    Args:
        payment_method: the provider's id of the card.
        provider_customer: the provider's id of its owner.
        card: enough to name it.
    """

    payment_method: str
    provider_customer: str
    card: Card


@dataclass(frozen=True, slots=True)
class SavedCard:
    """A consent, and the card it was given for.

    Args:
        card_id: ours, unique per customer.
        payment_id: the payment it was given with; None until the provider has made one.
        kept: None until that payment is captured.
        withdrawn_at: when he took the consent back, UTC; the card is charged no more.
    """

    card_id: str
    customer_id: str
    consent: Consent
    payment_id: str | None = None
    kept: KeptCard | None = None
    withdrawn_at: datetime | None = None

    @property
    def chargeable(self) -> KeptCard | None:
        """What may be charged, None where nothing may."""
        return None if self.withdrawn_at else self.kept


def agreed(version: str | None, *, accepted: bool, language: str, now: datetime) -> Consent:
    """The consent that a request to keep a card carries.

    Args:
        version: of the text that was shown, None where none was.
        accepted: whether he said yes to it.
        language: of the text, "ru" or "en".
        now: UTC.

    Raises:
        RuleBroken: without consent to the present text no card is kept; `field` names what is
            missing.
    """
    if version is None:
        raise RuleBroken(
            "consent_missing", "Show the consent text, and send what was agreed to.", "consent"
        )
    if not accepted:
        raise RuleBroken(
            "consent_missing", "Without consent the card is not saved.", "consent.accepted"
        )
    if version != CONSENT_VERSION:
        raise RuleBroken(
            "consent_outdated",
            f"The consent text is version {CONSENT_VERSION}; show that one.",
            "consent.version",
        )
    return Consent(version, language, now)


def shown(cards: Iterable[SavedCard]) -> tuple[SavedCard, ...]:
    """The cards that can be charged, each once however often it was saved, the latest first."""
    latest: dict[str, SavedCard] = {}
    for card in sorted(cards, key=lambda one: (one.consent.accepted_at, one.card_id)):
        if card.chargeable is not None:
            latest[card.chargeable.card.fingerprint] = card
    return tuple(sorted(latest.values(), key=lambda one: one.consent.accepted_at, reverse=True))


def same_card(cards: Iterable[SavedCard], card: SavedCard) -> tuple[SavedCard, ...]:
    """Every time that a card was saved, itself included."""
    if card.kept is None:
        return ()
    fingerprint = card.kept.card.fingerprint
    return tuple(one for one in cards if one.kept and one.kept.card.fingerprint == fingerprint)
