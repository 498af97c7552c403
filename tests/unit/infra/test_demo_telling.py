"""The demonstration has words for whatever can happen."""

from typing import get_args

from infra.local.demo.telling import EVENTS
from shared.domain import events
from shared.domain.outage import events as outage_events
from shared.domain.payment import events as payment_events

_MODULES = (events, outage_events, payment_events)


def test_every_event_is_told_and_nothing_else_is() -> None:
    happens = {event.__name__ for module in _MODULES for event in get_args(module.Event)}
    assert EVENTS.keys() == happens
