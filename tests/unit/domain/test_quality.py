"""When a line counts as bad by what was measured on it."""

from dataclasses import replace

import pytest

from shared.domain.mishap.quality import CallQuality, describe, is_bad
from shared.domain.policy import CURRENT

# Each figure exactly at its threshold.
AT_MOST = CallQuality(
    packet_loss=CURRENT.bad_line_packet_loss,
    jitter=CURRENT.bad_line_jitter,
    jitter_peak=CURRENT.bad_line_jitter_peak,
    latency=CURRENT.bad_line_latency,
)


@pytest.mark.parametrize("quality", [AT_MOST, CallQuality(0, 0, 0, 0), CallQuality()])
def test_a_line_at_the_thresholds_or_without_figures_is_not_bad(quality: CallQuality) -> None:
    # S1.8
    assert not is_bad(quality, CURRENT)
    assert describe(quality, CURRENT) == ()


@pytest.mark.parametrize(
    ("measured", "evidence"),
    [
        ({"packet_loss": 501}, "packet loss 5.01 %, over 5.00 %"),
        ({"latency": 151}, "latency 151 ms, over 150 ms"),
        (
            {"jitter": 6, "jitter_peak": 31},
            "jitter 6 ms, at the worst 31 ms, over 5 ms and 30 ms",
        ),
    ],
)
def test_a_figure_above_its_threshold_makes_the_line_bad_and_is_named(
    measured: dict[str, int], evidence: str
) -> None:
    # S1.8; details-call-tags
    quality = replace(AT_MOST, **measured)
    assert is_bad(quality, CURRENT)
    assert describe(quality, CURRENT) == (evidence,)
    assert is_bad(replace(CallQuality(), **measured), CURRENT)


@pytest.mark.parametrize(
    "jitter",
    [
        {"jitter": 6, "jitter_peak": 30},
        {"jitter": 5, "jitter_peak": 900},
        {"jitter": 6, "jitter_peak": None},
        {"jitter": None, "jitter_peak": 900},
    ],
)
def test_jitter_counts_only_when_it_is_high_on_average_and_at_the_worst(
    jitter: dict[str, int | None],
) -> None:
    # S1.8; details-call-tags: both conditions
    assert not is_bad(replace(AT_MOST, **jitter), CURRENT)


def test_every_threshold_that_was_crossed_is_evidence() -> None:
    # S1.8
    assert [line.split()[0] for line in describe(CallQuality(10_000, 40, 400, 700), CURRENT)] == [
        *("packet", "jitter", "latency")
    ]


def test_the_policy_in_force_at_the_purchase_judges_the_line() -> None:
    # S1.8, P
    lenient = replace(CURRENT, bad_line_packet_loss=2_000)
    assert not is_bad(CallQuality(packet_loss=1_000), lenient)
    assert is_bad(CallQuality(packet_loss=1_000), CURRENT)
