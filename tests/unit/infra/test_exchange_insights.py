"""What the exchange measures on a line, and when it tells."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from infra.local.exchange.insights import summary_document
from infra.local.exchange.model import Exchange, Refused
from infra.local.exchange.people import Answer, Busy, Drop, Noise, Person, Steps
from infra.local.exchange.port import Driver, ExchangePort
from shared.domain.mishap.quality import CallQuality, is_bad
from shared.domain.policy import CURRENT

OURS, ANN = "+12025550100", "+12025550101"
START = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)
ROOM = "<Response><Dial><Conference>room</Conference></Dial></Response>"


def called(*steps: Steps) -> tuple[Exchange, str]:
    """An hour after a call to Ann, who does this; the last of her calls."""
    sids = itertools.count()
    exchange = Exchange("AC" + "0" * 32, OURS, START, lambda prefix: f"{prefix}{next(sids):032x}")
    exchange.meet(ANN, Person(steps))
    for _ in steps:
        call = exchange.place_call(ANN, OURS, "https://api.example.com/room")
    Driver(exchange, lambda *_: ROOM).run(START + timedelta(hours=1))
    return exchange, call.sid


@pytest.mark.parametrize(
    ("noise", "basis_points", "bad"),
    [
        ((), 0, False),
        ((Noise(0, 10),), 200, False),
        ((Noise(0, 50),), 1000, True),
        ((Noise(50),), 1000, True),
        ((Noise(10, 20), Noise(30, 20)), 800, True),
        ((Noise(),), 2000, True),
        ((Noise(), Noise()), 2000, True),
        ((Noise(0, 7200),), 2000, True),
    ],
)
def test_noise_counts_by_its_share_of_the_call(noise: Steps, basis_points: int, bad: bool) -> None:
    # S1.8: figures are of the whole call
    length = 100 - sum(step.after for step in noise if isinstance(step, Noise))
    exchange, sid = called((Answer(), *noise, Drop(length)))
    measured = ExchangePort(exchange, "https://api.example.com").quality(sid)
    assert measured is not None
    assert measured.packet_loss == basis_points
    assert is_bad(measured, CURRENT) is bad
    tags = summary_document(exchange.call(sid))["tags"]
    assert tags == (["high_packet_loss", "high_jitter"] if bad else [])


def test_another_call_to_the_same_person_may_have_another_line() -> None:
    # S1.8: redial over another line
    exchange, again = called((Answer(), Noise(), Drop(60)), (Answer(), Drop(60)))
    port = ExchangePort(exchange, "https://api.example.com")
    (first,) = (call.sid for call in exchange.calls() if call.sid != again)
    bad, good = port.quality(first), port.quality(again)
    assert bad is not None and is_bad(bad, CURRENT)
    assert good is not None and not is_bad(good, CURRENT)


def test_nothing_was_measured_where_nobody_answered() -> None:
    # S1.8
    exchange, sid = called((Busy(),))
    assert ExchangePort(exchange, "https://api.example.com").quality(sid) == CallQuality()


def test_a_summary_is_complete_half_an_hour_after_the_end() -> None:
    # S1.8; call-summary, processing_state
    exchange, sid = called((Answer(), Drop(2700)))
    ended = exchange.call(sid).ended
    assert ended is not None
    exchange.advance(ended + HALF_AN_HOUR - timedelta(seconds=1))
    with pytest.raises(Refused) as refused:
        exchange.summarised(sid)
    assert (refused.value.status, refused.value.code) == (404, 20404)
    exchange.advance(ended + HALF_AN_HOUR)
    assert exchange.summarised(sid).sid == sid
