"""The first targets, each held against what was measured."""

from collections.abc import Iterable
from typing import Any

_START_WITHOUT_PROVIDER = 40
_START_WITH_PROVIDER = 60
_MEMORY_MB = 90
_WRITE_UNITS = 100
# Ten times the payments, by so much more memory at most: pages, not lists.
_MEMORY_RATIO = 1.5
# Checking a signature and writing TwiML call nobody; the REST client does.
_HARMLESS = frozenset(
    {"twilio", "twilio.base", "twilio.compat", "twilio.request_validator", "twilio.twiml"}
)


def hold(report: dict[str, Any]) -> list[dict[str, Any]]:
    """One entry per target, with who misses it by what."""
    functions: dict[str, dict[str, Any]] = report["starts"]["functions"]
    alone = {n: f for n, f in functions.items() if not f["providers_called"]}
    calling = {n: f for n, f in functions.items() if f["providers_called"]}
    units = report["cost"]["booking"]["quantities"]["write_unit"]
    reconciled = report["reconciliation"]
    ratio, overlooked = reconciled["memory_ratio"], reconciled["differ"] - reconciled["found"]
    return [
        _limit("start, no provider called", _START_WITHOUT_PROVIDER, alone, "ratio_to_bare"),
        _limit("start, a provider called", _START_WITH_PROVIDER, calling, "ratio_to_bare"),
        _target(
            "no function loads stripe or twilio that does not call it",
            "none",
            {name: loaded for name, f in functions.items() if (loaded := _needless(f))},
        ),
        _limit("peak memory, MB", _MEMORY_MB, functions, "memory_mb"),
        _target(
            "write units of a booking",
            f"<= {_WRITE_UNITS}",
            {"booking": units} if units > _WRITE_UNITS else {},
        ),
        _target(
            "memory of a reconciliation, to one of a tenth of the payments",
            f"<= {_MEMORY_RATIO}",
            {"reconciliation": ratio} if ratio > _MEMORY_RATIO else {},
        ),
        _target(
            "payments that differ and are not found",
            "none",
            {"reconciliation": overlooked} if overlooked else {},
        ),
    ]


def misses(targets: Iterable[dict[str, Any]]) -> list[str]:
    """The targets that were missed, a line each."""
    return [
        f"MISSED: {one['target']} ({one['wanted']}): "
        + ", ".join(f"{who} {what}" for who, what in one["missed_by"].items())
        for one in targets
        if not one["met"]
    ]


def _limit(
    target: str, limit: float, functions: dict[str, dict[str, Any]], field: str
) -> dict[str, Any]:
    over = {name: f[field] for name, f in functions.items() if f[field] > limit}
    return _target(target, f"<= {limit}", over)


def _target(target: str, wanted: str, missed_by: dict[str, Any]) -> dict[str, Any]:
    return {"target": target, "wanted": wanted, "met": not missed_by, "missed_by": missed_by}


def _needless(function: dict[str, Any]) -> list[str]:
    return [
        module
        for module in function["provider_modules"]
        if module not in _HARMLESS and module.partition(".")[0] not in function["providers_called"]
    ]
