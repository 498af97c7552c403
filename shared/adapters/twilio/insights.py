"""What Twilio's call summaries say of a line.

The properties are those of twilio.com/docs/voice/voice-insights/api/call/call-summary-resource and
of details-call-summary beside it. A mean opinion score is measured in the provider's own phone
software alone; our calls go to telephones, whose summary has a carrier edge without one.
"""

import math
from collections.abc import Iterator
from decimal import Decimal

from shared.domain.mishap.quality import CallQuality

COMPLETE = "complete"


def quality_from(processing_state: object, carrier_edge: object) -> CallQuality | None:
    """The figures of a summary, None while the provider still works on it.

    Args:
        processing_state: the property of that name.
        carrier_edge: the property of that name; whatever is missing in it is a figure missing.
    """
    if processing_state != COMPLETE:
        return None
    return CallQuality(
        packet_loss=_worst(carrier_edge, 100, "packets_loss_percentage"),
        jitter=_worst(carrier_edge, 1, "jitter", "avg"),
        jitter_peak=_worst(carrier_edge, 1, "jitter", "max"),
        latency=_worst(carrier_edge, 1, "latency", "avg"),
    )


def _worst(edge: object, factor: int, *path: str) -> int | None:
    """The higher figure of both directions, rounded up; None where neither has one."""
    return max((math.ceil(figure * factor) for figure in _figures(edge, path)), default=None)


def _figures(edge: object, path: tuple[str, ...]) -> Iterator[Decimal]:
    for direction in ("inbound", "outbound"):
        match _at(edge, "metrics", direction, *path):
            case bool():
                pass
            case int() | float() as figure if math.isfinite(figure):
                # Through its text: 5.01 times 100 is 501, not a little more.
                yield Decimal(str(figure))


def _at(document: object, *path: str) -> object:
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return document
