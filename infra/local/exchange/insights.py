"""Call summaries of Voice Insights made from the model: what was measured on a line, and its tags.

twilio.com/docs/voice/voice-insights/api/call, call-summary-resource and details-call-summary. A
call to or from a telephone has a carrier edge alone. How bad a bad line is is the double's own.
"""

from datetime import datetime

from infra.local.exchange.calls import Call
from shared.application.ports import CallStatus

COMPLETE = "complete"
_STATES = {
    CallStatus.COMPLETED: "completed",
    CallStatus.BUSY: "busy",
    CallStatus.FAILED: "fail",
    CallStatus.NO_ANSWER: "noanswer",
    CallStatus.CANCELED: "canceled",
}
_PACKETS_A_SECOND = 50  # of 20 ms each, as for G.711
# On a good line, and what noise all along adds; noise in a part of the call adds its part.
_JITTER, _JITTER_OF_NOISE = 0.5, 19.5
_JITTER_PEAK, _JITTER_PEAK_OF_NOISE = 1.5, 120.0
_LOSS_OF_NOISE = 0.2
# From end to end of the provider's own network, which the noise of a telephone line does not touch.
_LATENCY, _LATENCY_PEAK = 24.5, 61.0
# From where on the provider tags a call, in its own units (details-call-tags).
_TAGGED_LOSS, _TAGGED_JITTER = 5.0, 5.0


def summary_document(call: Call) -> dict[str, object]:
    """The complete summary of a call that has ended."""
    long = None
    if call.started is not None and call.ended is not None:
        long = round((call.ended - call.started).total_seconds())
    noise = _noisy_share(call)
    return {
        "account_sid": call.account_sid,
        "call_sid": call.sid,
        "call_type": "carrier",
        "call_state": _STATES[call.status],
        "answered_by": None,
        "processing_state": COMPLETE,
        "created_time": _iso_8601(call.created),
        "start_time": _iso_8601(call.started),
        "end_time": _iso_8601(call.ended),
        "duration": long,
        "connect_duration": call.duration,
        "from": {"caller": call.sender},
        "to": {"callee": call.to},
        "carrier_edge": {
            "properties": {"direction": call.direction.split("-")[0]},
            "metrics": None if noise is None else _metrics(call.duration or 0, noise),
        },
        "client_edge": None,
        "sdk_edge": None,
        "sip_edge": None,
        "tags": _tags(noise or 0.0),
        "attributes": {},
        "properties": {
            "direction": call.direction,
            "last_sip_response_num": call.sip_response,
        },
        "trust": {},
        "annotation": None,
        "url": f"https://insights.twilio.com/v1/Voice/{call.sid}/Summary",
    }


def _noisy_share(call: Call) -> float | None:
    """Of the time from answer to end, 0 to 1; None where nobody answered."""
    if call.answered is None or call.ended is None:
        return None
    length = (call.ended - call.answered).total_seconds()
    noisy = sum(
        (min(until or call.ended, call.ended) - since).total_seconds()
        for since, until in call.noise
    )
    return min(noisy / length, 1.0) if length else 0.0


def _metrics(seconds: int, noise: float) -> dict[str, object]:
    """What the provider's gateway measured: from the person, where the noise is, and to him."""
    packets = seconds * _PACKETS_A_SECOND
    lost = round(packets * noise * _LOSS_OF_NOISE)
    peak = _JITTER_PEAK + (_JITTER_PEAK_OF_NOISE if noise else 0.0)
    codec = {"codec": 0, "codec_name": "pcmu"}
    return {
        "inbound": codec
        | {
            "packets_received": packets - lost,
            "packets_lost": lost,
            "packets_loss_percentage": _loss(noise),
            "jitter": {"avg": _jitter(noise), "max": peak},
            "latency": {"avg": _LATENCY, "max": _LATENCY_PEAK},
        },
        "outbound": codec
        | {
            "packets_sent": packets,
            "packets_lost": 0,
            "packets_loss_percentage": 0,
            "jitter": {"avg": _JITTER, "max": _JITTER_PEAK},
        },
    }


def _loss(noise: float) -> float:
    return round(100 * noise * _LOSS_OF_NOISE, 2)


def _jitter(noise: float) -> float:
    return round(_JITTER + noise * _JITTER_OF_NOISE, 3)


def _tags(noise: float) -> list[str]:
    found = {"high_packet_loss": _loss(noise) > _TAGGED_LOSS}
    # The peak that belongs to it is above 30 ms whenever there is noise.
    found["high_jitter"] = _jitter(noise) > _TAGGED_JITTER
    return [tag for tag, applies in found.items() if applies]


def _iso_8601(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.replace(microsecond=0):%Y-%m-%dT%H:%M:%SZ}"
