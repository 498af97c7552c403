"""Consent and saved cards: what is needed before a card is kept, and which are shown."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.card import Card
from shared.domain.errors import RuleBroken
from shared.domain.saved_card import (
    CONSENT_TEXTS,
    CONSENT_VERSION,
    Consent,
    KeptCard,
    SavedCard,
    agreed,
    same_card,
    shown,
)

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def card(card_id: str, fingerprint: str | None, minutes: int = 0) -> SavedCard:
    kept = None
    if fingerprint is not None:
        kept = KeptCard(f"pm_{card_id}", "cus_1", Card("visa", "4242", fingerprint))
    consent = Consent(CONSENT_VERSION, "en", NOW + timedelta(minutes=minutes))
    return SavedCard(card_id, "anna", consent, kept=kept)


def test_consent_is_to_the_present_text_and_says_yes() -> None:
    # Issue 3, 8
    given = agreed(CONSENT_VERSION, accepted=True, language="ru", now=NOW)
    assert given == Consent(CONSENT_VERSION, "ru", NOW)
    assert given.text == CONSENT_TEXTS[CONSENT_VERSION]["ru"]


@pytest.mark.parametrize(
    ("version", "accepted", "field"),
    [
        (None, True, "consent"),
        (CONSENT_VERSION, False, "consent.accepted"),
        ("0", False, "consent.accepted"),
        ("0", True, "consent.version"),
    ],
)
def test_anything_else_is_no_consent(version: str | None, accepted: bool, field: str) -> None:
    # Issue 3, 8
    with pytest.raises(RuleBroken) as refused:
        agreed(version, accepted=accepted, language="en", now=NOW)
    assert refused.value.field == field


def test_every_version_of_the_text_stands_in_both_languages() -> None:
    assert CONSENT_VERSION in CONSENT_TEXTS
    for texts in CONSENT_TEXTS.values():
        assert texts.keys() == {"en", "ru"}
        assert all(texts.values())


def test_cards_are_shown_once_each_the_latest_first() -> None:
    old, new, other = card("a", "fp_1", 0), card("b", "fp_1", 2), card("c", "fp_2", 1)
    empty, withdrawn = card("d", None, 3), replace(card("e", "fp_3", 4), withdrawn_at=NOW)
    assert shown([old, new, other, empty, withdrawn]) == (new, other)


def test_one_card_is_known_again_by_its_fingerprint() -> None:
    old, new, other, empty = (
        card("a", "fp_1"),
        card("b", "fp_1"),
        card("c", "fp_2"),
        card("d", None),
    )
    every = [old, new, other, empty]
    assert same_card(every, new) == (old, new)
    assert same_card(every, empty) == ()


def test_only_a_kept_card_whose_consent_stands_may_be_charged() -> None:
    # Issue 3, 8
    good = card("a", "fp_1")
    assert good.chargeable == good.kept
    assert card("b", None).chargeable is None
    assert replace(good, withdrawn_at=NOW).chargeable is None
