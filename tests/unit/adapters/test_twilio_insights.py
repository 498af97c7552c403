"""What a call summary of Twilio's says of the line, and what it may leave out."""

import pytest

from shared.adapters.twilio.insights import quality_from
from shared.domain.mishap.quality import CallQuality


def edge(inbound: object, outbound: object = None) -> dict[str, object]:
    """A carrier edge with these metrics."""
    return {"properties": {}, "metrics": {"inbound": inbound, "outbound": outbound}}


def test_the_worse_direction_of_each_figure_counts() -> None:
    # S1.8; details-call-summary, edges and their metrics
    carrier = edge(
        {
            "packets_loss_percentage": 0.1,
            "jitter": {"avg": 7, "max": 20},
            "latency": {"avg": 151.0, "max": 400},
        },
        {"packets_loss_percentage": 6, "jitter": {"avg": 1, "max": 90}},
    )
    assert quality_from("complete", carrier) == CallQuality(600, 7, 90, 151)


@pytest.mark.parametrize(
    ("percentage", "basis_points"), [(0, 0), (5, 500), (5.0, 500), (5.01, 501), (5.001, 501)]
)
def test_a_fraction_is_rounded_up_and_a_whole_figure_stays(
    percentage: float, basis_points: int
) -> None:
    # S1.8: above a threshold exactly where the provider's figure was
    found = quality_from("complete", edge({"packets_loss_percentage": percentage}))
    assert found == CallQuality(packet_loss=basis_points)


@pytest.mark.parametrize(
    "carrier",
    [
        None,
        {},
        "unreadable",
        {"metrics": None},
        edge(None),
        edge({}),
        edge([]),
        edge({"packets_loss_percentage": None, "jitter": None, "latency": 3}),
        edge({"packets_loss_percentage": "6", "jitter": {"avg": True, "max": None}}),
        edge({"packets_loss_percentage": float("nan"), "jitter": {"max": float("inf")}}),
    ],
)
def test_a_figure_that_is_missing_or_none_is_no_failure(carrier: object) -> None:
    # S1.8; every property is nullable in the provider's OpenAPI document
    assert quality_from("complete", carrier) == CallQuality()


@pytest.mark.parametrize("state", ["partial", None, "timeout"])
def test_nothing_is_said_of_a_line_before_the_provider_has_finished(state: object) -> None:
    # S1.8; call-summary, processing_state
    assert quality_from(state, edge({"packets_loss_percentage": 50})) is None
