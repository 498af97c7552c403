"""Who has a link may do the one thing it was made for, in time, and can make no other (Never 7)."""

import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer

from shared.adapters.links import SignedLinks
from shared.application.links import Link, Purpose
from shared.domain.errors import NotFound, RuleBroken

SITE = "https://redial.example"
NOW = datetime(2030, 1, 31, 12, 7, 30, 250000, tzinfo=UTC)
OFFER = Link(
    Purpose.OFFER, "100000000006", "100000000006-o1", NOW.replace(microsecond=0) + timedelta(days=1)
)
PHONES = replace(OFFER, purpose=Purpose.PHONES, subject="")


class Clock:
    """A clock that stands where the test puts it."""

    def __init__(self, moment: datetime = NOW) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


def links(key: str = "k" * 64, clock: Clock | None = None) -> SignedLinks:
    return SignedLinks(SITE, lambda: key, clock or Clock())


def token_of(link: Link) -> str:
    return links().to(link).partition("#")[2]


@pytest.mark.parametrize("link", [OFFER, PHONES])
def test_a_link_is_read_as_it_was_made(link: Link) -> None:
    address = links().to(link)
    page, _, token = address.partition("#")
    assert page == {Purpose.OFFER: f"{SITE}/offers", Purpose.PHONES: f"{SITE}/phones"}[link.purpose]
    assert links().read(token) == link
    assert links().to(link) == address  # a letter that is written again has the same text


def test_it_goes_through_an_address_as_it_is() -> None:
    token = token_of(OFFER)
    assert set(token) <= set(string.ascii_letters + string.digits + "-_.")
    assert len(token) < 160


@pytest.mark.parametrize("link", [OFFER, PHONES])
def test_a_link_with_any_character_changed_is_none_of_ours(link: Link) -> None:
    token = token_of(link)
    for at, char in enumerate(token):
        for other in string.ascii_letters + string.digits + "-_.=":
            if other != char:
                refused(f"{token[:at]}{other}{token[at + 1 :]}")
        refused(token[:at] + token[at + 1 :])
        refused(f"{token[:at]}A{token[at:]}")


def test_a_link_is_good_for_its_own_purpose_alone() -> None:
    phones = replace(OFFER, purpose=Purpose.PHONES)  # it differs in nothing else
    assert links().read(token_of(OFFER)) == OFFER
    assert links().read(token_of(phones)) == phones
    said = token_of(OFFER).rpartition(".")[0], token_of(phones).rpartition(".")[0]
    assert said[0] == said[1]
    assert token_of(OFFER) != token_of(phones)


def test_the_parts_of_two_links_make_no_third() -> None:
    mine, theirs = token_of(OFFER), token_of(replace(OFFER, booking_id="100000000014"))
    refused(f"{theirs.rpartition('.')[0]}.{mine.rpartition('.')[2]}")


def test_another_key_s_link_is_none_of_ours() -> None:
    refused(links("x" * 64).to(OFFER).partition("#")[2])


def test_the_library_s_own_way_to_sign_is_not_ours() -> None:
    said = [OFFER.booking_id, OFFER.subject, int(OFFER.until.timestamp())]
    for salt in (f"redial.link.{Purpose.OFFER}", "itsdangerous"):
        signed = URLSafeSerializer("k" * 64, salt=salt).dumps(said)
        assert isinstance(signed, str)
        refused(signed)


@given(st.text(st.characters()))
def test_whatever_is_sent_instead_is_none_of_ours(token: str) -> None:
    refused(token)


def test_a_link_works_until_its_time_is_over() -> None:
    clock = Clock(OFFER.until - timedelta(microseconds=1))
    ours = links(clock=clock)
    assert ours.read(token_of(OFFER)) == OFFER
    clock.moment = OFFER.until
    with pytest.raises(RuleBroken) as over:
        ours.read(token_of(OFFER))
    assert over.value.code == "link_over"


def refused(token: str) -> None:
    with pytest.raises(NotFound) as unknown:
        links().read(token)
    assert unknown.value.code == "link_unknown"
