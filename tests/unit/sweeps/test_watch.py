"""What the watch tells the alarms and the dashboard (S4.1)."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.sweeps import watch as sweep
from infra.bench import template
from shared.application.watch import Watch
from shared.domain.policy import CURRENT
from shared.domain.watch.detection import Proposal
from shared.domain.watch.pulse import Count, minute_of
from tests.fakes.memory_pulses import MemoryPulses

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Clock:
    def now(self) -> datetime:
        return NOW


def watch(*, silent_for: int, deaf: bool = False) -> Watch:
    """A house with three orders a minute, and none for some minutes."""
    pulses, end = MemoryPulses(), minute_of(NOW) - CURRENT.watch_settle // 60
    for minute in range(end - (CURRENT.watch_days + 1) * 1440, end):
        if minute < end - silent_for:
            pulses.add_pulse(minute, {Count.ORDERS: 3})

    def propose(proposal: Proposal) -> None:
        if deaf:
            raise ConnectionError("busy")

    return Watch(pulses, Clock(), propose, UTC)


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Iterator[Any]:
    def metrics() -> dict[str, float]:
        capsys.readouterr()
        sweep.metrics.flush_metrics()
        emf = json.loads(capsys.readouterr().out)
        (declared,) = emf["_aws"]["CloudWatchMetrics"]
        assert (declared["Namespace"], declared["Dimensions"]) == ("Redial", [["service"]])
        return {metric["Name"]: emf[metric["Name"]][0] for metric in declared["Metrics"]}

    yield metrics
    sweep.metrics.clear_metrics()


def test_every_minute_tells_all_counts_and_signals_zeros_too(told: Any) -> None:  # S4.1
    assert sweep.perform(watch(silent_for=0))["orders"] == 3
    assert told() == {
        "Orders": 3,
        "SessionsStarted": 0,
        "SessionsJoined": 0,
        "LinesDropped": 0,
        "StartsFailed": 0,
        "PaymentWebhooks": 0,
        "DropRateJumped": 0,
        "OrdersSilent": 0,
        "WebhooksSilent": 0,
        "StartsFailing": 0,
    }


def test_silence_is_told_as_a_metric_and_in_the_log(
    told: Any, caplog: pytest.LogCaptureFixture
) -> None:
    # S4.1
    sweep.perform(watch(silent_for=10))
    (outage,) = [vars(record) for record in caplog.records if record.msg == "outage"]
    since = NOW - timedelta(seconds=CURRENT.watch_settle) - timedelta(minutes=10)
    assert (outage["signal"], outage["since"]) == ("orders_silent", since.isoformat())
    assert told()["OrdersSilent"] == 1


def test_a_look_whose_outage_could_not_be_proposed_fails_and_tells_all_the_same(
    told: Any,
) -> None:
    # S1.13, S4.1
    with pytest.raises(RuntimeError, match="not proposed: 1"):
        sweep.perform(watch(silent_for=10, deaf=True))
    assert told()["OrdersSilent"] == 1


def test_it_runs_every_minute_and_without_a_provider_s_package() -> None:
    assert "WatchSweep" in template.every_minute()
    (function,) = [one for one in template.functions() if one.name == "WatchSweep"]
    assert function.layers == ("CoreLayer",)
