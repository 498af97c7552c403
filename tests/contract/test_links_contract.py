"""Links: the signed ones and those of the tests keep the same promises (S1.10, Never 7)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.adapters.links import SignedLinks
from shared.application.links import Link, Links, Purpose
from shared.application.ports import Clock
from shared.domain.errors import NotFound, RuleBroken
from tests.fakes.memory_links import MemoryLinks

UNTIL = datetime(2030, 1, 31, 12, tzinfo=UTC)
OFFER = Link(Purpose.OFFER, "100000000006", "100000000006-o1", UNTIL)


class SetClock:
    """A clock that stands where the test puts it."""

    moment = UNTIL - timedelta(seconds=1)

    def now(self) -> datetime:
        return self.moment


Make = Callable[[Clock], Links]
MAKES: dict[str, Make] = {
    "signed": lambda clock: SignedLinks("https://redial.example", lambda: "k" * 64, clock),
    "memory": MemoryLinks,
}


@pytest.fixture(params=MAKES)
def make(request: pytest.FixtureRequest) -> Make:
    return MAKES[request.param]


def token_of(links: Links, link: Link) -> str:
    return links.to(link).partition("#")[2]


@pytest.mark.parametrize("link", [OFFER, replace(OFFER, purpose=Purpose.PHONES, subject="")])
def test_a_link_says_what_it_was_made_for(make: Make, link: Link) -> None:
    links = make(SetClock())
    assert links.read(token_of(links, link)) == link
    assert links.to(link) == links.to(link)
    assert links.to(link).startswith("https://redial.example/")


@pytest.mark.parametrize("token", ["", "x", "100000000006", "offer", "é", "a.b.c"])
def test_what_was_never_made_is_unknown(make: Make, token: str) -> None:
    with pytest.raises(NotFound) as unknown:
        make(SetClock()).read(token)
    assert unknown.value.code == "link_unknown"


def test_a_link_is_over_at_its_moment(make: Make) -> None:
    clock = SetClock()
    links = make(clock)
    token = token_of(links, OFFER)
    assert links.read(token) == OFFER
    clock.moment = UNTIL
    with pytest.raises(RuleBroken) as over:
        links.read(token)
    assert over.value.code == "link_over"
