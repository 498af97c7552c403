"""What bookings cost: counted from the exchanges of their invocations, then priced."""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from infra.bench import template
from infra.bench.prices import Prices
from infra.bench.stage import Invocation
from infra.bench.template import Function
from infra.bench.wire import PROVIDERS, Exchange

_SWEEPS = frozenset(template.every_minute())
_HTTP = "statusCode"  # only functions behind the API answer with one
# Lambda receives a message from a queue and deletes it (docs.aws.amazon.com/lambda: with-sqs).
_SQS_REQUESTS_OF_A_WORKER = 2
_MINUTES_A_MONTH = 60 * 730
_MILLION = 1_000_000
_NOT_COUNTED = (
    "storage and backups",
    "sign-in",
    "alarms and metrics",
    "traffic",
    "the platform's own log lines",
    "empty receives of Lambda's pollers",
    "requests of DynamoDB to its own key",
    "what the payment and telephony providers charge",
)


# Of a happy booking, in turn: until it is paid, and from then on.
_BOOKING = frozenset({"booking", "session"})
_STORIES = {
    "session": "the same booking from paid on, which what follows is compared with",
    "drop": "the customer's line drops in the middle; he is rung again after a minute, the "
    "operator waiting, and his minutes are talked to their end; from paid on",
    "missed_call": "the operator comes to none of his phones: escalated for ten minutes, judged, "
    "three things offered; by the link in his letter the customer has another operator call him "
    "now, and talks 30 minutes; from paid on, both bookings together",
}


def count(
    invocations: Sequence[Invocation], functions: Sequence[Function], prices: Prices
) -> dict[str, Any]:
    """The whole chapter of the report.

    Sweeps run whether anybody has booked or not: the sweep and its look into the due index or the
    provider's list are fixed; what it then does for the booking is counted with the booking.
    """
    meter = _Meter(invocations, functions, prices)
    booking, session = meter.of(_BOOKING), meter.of({"session"})
    stories = {"session": session} | {
        name: (found := meter.of({name})) | {"more_than_session": _more(found, session)}
        for name in ("drop", "missed_call")
    }
    return {
        "booking": {
            "story": "first booking of a customer with two phones: choose, book, pay by card, "
            "reminder, 30 minutes joined, ended by the limit; functions are warm",
            **booking,
        },
        **{name: {"story": _STORIES[name], **found} for name, found in stories.items()},
        "payment": meter.of({"payment"}),
        "refund": meter.of({"refund"}),
        "per_cold_start": {
            "secret_request": 1,
            "functions": sorted(
                {one.function for one in invocations if _of(one.exchanges, "secrets-manager")}
            ),
        },
        "fixed_per_month": _fixed(invocations, functions, prices),
        "not_counted": list(_NOT_COUNTED),
        "prices": prices.source,
    }


class _Meter:
    """Counts what of all that was played belongs together."""

    def __init__(
        self, invocations: Sequence[Invocation], functions: Sequence[Function], prices: Prices
    ) -> None:
        self._invocations = invocations
        self._functions = functions
        self._prices = prices

    def of(self, phases: Collection[str]) -> dict[str, Any]:
        """Quantities, requests and dollars of some phases together."""
        played = [one for one in self._invocations if one.phase in phases]
        exchanges = [e for one in played for e in _of_booking(one)]
        own = [one for one in played if one.function not in _SWEEPS]
        called = Counter(one.function for one in own)
        workers = sum(1 for one in played if "Records" in one.event and one.function != "Relay")
        quantities: dict[str, float] = {
            "write_unit": sum(e.consumed.write_units for e in exchanges if e.consumed),
            "read_unit": sum(e.consumed.read_units for e in exchanges if e.consumed),
            "lambda_request": called.total(),
            "lambda_gb_second": _gb_seconds(called, self._functions, self._prices),
            "api_request": sum(1 for one in played if _behind_api(one)),
            "sqs_request": _of(exchanges, "sqs") + _SQS_REQUESTS_OF_A_WORKER * workers,
            "kms_request": _of(exchanges, "kms"),
            "email": _of(exchanges, "ses"),
            "log_byte": sum(one.logged for one in own),
        }
        million = {name: quantity * _MILLION for name, quantity in quantities.items()}
        return {
            "quantities": quantities,
            "invocations": dict(called),
            "messages": _messages(exchanges),
            "requests": dict(Counter(f"{e.service} {_named(e)}" for e in exchanges)),
            "write_units": _write_units(exchanges),
            "stripe_requests": _of(exchanges, "stripe"),
            "twilio_requests": _of(exchanges, "twilio"),
            "dollars_per_million": _dollars(million, self._prices),
        }


def _more(found: Mapping[str, Any], than: Mapping[str, Any]) -> dict[str, float]:
    """How much more one story took than another."""
    pairs = {
        "twilio_requests": (found["twilio_requests"], than["twilio_requests"]),
        "messages": (found["messages"], than["messages"]),
        **{
            name: (found["quantities"][name], than["quantities"][name])
            for name in ("write_unit", "read_unit", "lambda_request", "email")
        },
        "dollars_per_million": tuple(
            round(one["dollars_per_million"]["total"], 2) for one in (found, than)
        ),
    }
    return {name: round(more - less, 2) for name, (more, less) in pairs.items()}


def _messages(exchanges: Iterable[Exchange]) -> int:
    """Messages that were put into queues."""
    sent = (e for e in exchanges if e.operation == "SendMessageBatch")
    return sum(len(json.loads(e.request)["Entries"]) for e in sent)


def _of_booking(one: Invocation) -> Iterable[Exchange]:
    for exchange in one.exchanges:
        if exchange.service == "secrets-manager":
            continue  # once per cold start
        if one.function in _SWEEPS and _look(exchange):
            continue
        yield exchange


def _look(exchange: Exchange) -> bool:
    """Whether a sweep would have asked this without any booking."""
    if b"SWEEP#" in exchange.request or b"PULSE#" in exchange.request:
        return True  # how far it has come, and what was counted
    if exchange.consumed is not None:
        return exchange.consumed.index is not None
    return exchange.service in PROVIDERS and exchange.operation.startswith("GET")


def _of(exchanges: Iterable[Exchange], service: str) -> int:
    return sum(1 for exchange in exchanges if exchange.service == service)


def _named(exchange: Exchange) -> str:
    """The operation without the ids in its path."""
    return re.sub(r"/(AC|CA|CF|pi_|ch_|re_)\w+", r"/\1..", exchange.operation)


def _behind_api(one: Invocation) -> bool:
    return isinstance(one.answer, dict) and _HTTP in one.answer


def _gb_seconds(called: Mapping[str, int], functions: Sequence[Function], prices: Prices) -> float:
    gigabytes = {one.name: one.memory / 1024 for one in functions}
    return sum(gigabytes[name] * times for name, times in called.items()) * prices.billed_seconds


def _write_units(exchanges: Iterable[Exchange]) -> dict[str, Any]:
    """Where the write units go: into which items and indexes, and for which decisions."""
    items: Counter[str] = Counter()
    decisions: Counter[str] = Counter()
    times: Counter[str] = Counter()
    for exchange in exchanges:
        if exchange.consumed is None or not exchange.consumed.writes:
            continue
        for write in exchange.consumed.writes:
            items[write.kind] += write.units
            for index, cost in write.index_units.items():
                items[f"index {index}"] += cost
        decision = exchange.consumed.decision or exchange.consumed.writes[0].kind
        decisions[decision] += exchange.consumed.write_units
        times[decision] += 1
    return {
        "by_item": dict(items.most_common()),
        "by_decision": {
            name: {"times": times[name], "units": cost} for name, cost in decisions.most_common()
        },
    }


def _fixed(
    invocations: Sequence[Invocation], functions: Sequence[Function], prices: Prices
) -> dict[str, Any]:
    """What the sweeps ask for in an empty month, each as its schedules start it.

    The first of each may have had to catch up, so it counts only where it is the only one.
    """
    schedules = template.scheduled_every_minute()
    called = {name: _MINUTES_A_MONTH * len(inputs) for name, inputs in schedules.items()}
    quantities = Counter[str]({"lambda_request": sum(called.values())})
    providers = Counter[str]()
    for name, given in ((name, one) for name, inputs in schedules.items() for one in inputs):
        of_one = [one for one in invocations if one.function == name and one.event == given]
        steady = of_one[1:] or of_one
        looks = [e for one in steady for e in one.exchanges if _look(e)]
        months = _MINUTES_A_MONTH / len(steady)
        consumed = [e.consumed for e in looks if e.consumed]
        quantities["write_unit"] += round(sum(c.write_units for c in consumed) * months)
        quantities["read_unit"] += round(sum(c.read_units for c in consumed) * months)
        quantities["log_byte"] += round(sum(one.logged for one in steady) * months)
        for provider in PROVIDERS:
            providers[provider] += round(_of(looks, provider) * months)
    fixed = quantities | {"lambda_gb_second": _gb_seconds(called, functions, prices)}
    return {
        "quantities": fixed,
        **{f"{provider}_requests": providers[provider] for provider in sorted(PROVIDERS)},
        "dollars": _dollars(fixed, prices),
    }


def _dollars(quantities: Mapping[str, float], prices: Prices) -> dict[str, float]:
    lines = {name: round(n * prices.dollars[name], 2) for name, n in quantities.items()}
    return lines | {"total": round(sum(lines.values()), 2)}
