"""How good a line was, and when it counts as bad (S1.8)."""

from dataclasses import dataclass

from shared.domain.policy import Policy


@dataclass(frozen=True, slots=True)
class CallQuality:
    """What the provider measured on a call from its answer to its end, the worse direction each.

    None where it has no figure. Fractions are rounded up, so that a figure is above a threshold
    exactly where the provider's own was.

    Args:
        packet_loss: packets that never arrived, basis points.
        jitter: of their arrival, ms on average.
        jitter_peak: the same, ms at the worst.
        latency: of the way through the provider's network, ms on average.
    """

    packet_loss: int | None = None
    jitter: int | None = None
    jitter_peak: int | None = None
    latency: int | None = None


def is_bad(quality: CallQuality, policy: Policy) -> bool:
    """Whether the line was bad by what was measured alone, without a word of the customer's."""
    return bool(describe(quality, policy))


def describe(quality: CallQuality, policy: Policy) -> tuple[str, ...]:
    """Which thresholds were crossed, as evidence: one short text each, none for a good line."""
    # A figure that is missing crosses nothing.
    loss, latency = quality.packet_loss or 0, quality.latency or 0
    average, peak = quality.jitter or 0, quality.jitter_peak or 0
    crossed = []
    if loss > (most := policy.bad_line_packet_loss):
        crossed.append(f"packet loss {_percent(loss)}, over {_percent(most)}")
    # High on average and at the worst: one late packet is not heard.
    if average > policy.bad_line_jitter and peak > policy.bad_line_jitter_peak:
        crossed.append(
            f"jitter {average} ms, at the worst {peak} ms, "
            f"over {policy.bad_line_jitter} ms and {policy.bad_line_jitter_peak} ms"
        )
    if latency > (most := policy.bad_line_latency):
        crossed.append(f"latency {latency} ms, over {most} ms")
    return tuple(crossed)


def _percent(basis_points: int) -> str:
    return f"{basis_points // 100}.{basis_points % 100:02} %"
