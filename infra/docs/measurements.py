"""Puts what `make bench` measured into README.md, between its two marks: `make docs`."""

import json
import textwrap
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
README, BENCH = ROOT / "README.md", ROOT / "build" / "bench.json"
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"
_WIDTH = 100


def table(report: dict[str, Any]) -> str:
    """The measurements in Markdown.

    Args:
        report: what build/bench.json holds.
    """
    starts, warm, cost = report["starts"], report["warm"], report["cost"]
    rows = [
        f"| {name} | {one['ratio_to_bare']}x | {one['memory_mb']} |"
        for name, one in starts["functions"].items()
    ]
    units = cost["booking"]["quantities"]
    dollars = cost["booking"]["dollars_per_million"]["total"]
    return "\n".join(
        [
            f"Python {report['python']} on {report['machine']}; a bare interpreter takes "
            f"{starts['bare_cpu_ms']} ms of CPU; medians of {starts['rounds']}.",
            "",
            "| entry point | CPU to the first answer, to bare | peak memory, MB |",
            "|---|---|---|",
            *rows,
            "",
            f"- A warm `POST /v1/bookings` takes {warm['post_bookings']['ratio']}x the CPU of one "
            "boto3 transaction of five items,",
            f"  a warm payment webhook {warm['payment_webhook']['ratio']}x.",
            f"- One happy booking takes {units['write_unit']} write units, "
            f"{units['read_unit']:g} read units and {units['lambda_request']} invocations;",
            f"  a million of them ${dollars:,.2f} at the prices of {cost['prices']['date']} in "
            f"{cost['prices']['region']} (infra/bench/prices.toml).",
            *[_one(what, cost[what]) for what in ("payment", "refund")],
            *mishap("A line that drops once and is rung again", cost["drop"]),
            *mishap(
                "A session whose operator never comes, with the call now that makes up for it,",
                cost["missed_call"],
            ),
            *_reconciled(report["reconciliation"]),
            *[f"- Target missed: {t['target']} {t['wanted']}." for t in missed(report)],
        ]
    )


def _one(what: str, found: dict[str, Any]) -> str:
    units = found["quantities"]
    return (
        f"- One {what} takes {_some(found['stripe_requests'], 'request')} to the provider, "
        f"{units['write_unit']} write and {units['read_unit']:g} read units, "
        f"{units['lambda_request']} invocations."
    )


def mishap(what: str, found: dict[str, Any]) -> list[str]:
    """What a session with a mishap takes, and how much more that is than without one.

    Args:
        what: the mishap, as the subject of a sentence.
        found: a chapter of the cost with "more_than_session".
    """
    units, more = found["quantities"], found["more_than_session"]
    whole = units | {name: found[name] for name in ("twilio_requests", "messages")}
    told = (
        f"- {what} takes, from paid on, {_listed(whole, ' to the telephony provider')}; "
        f"that is more than a session without a mishap takes by {_listed(more)}, "
        f"and ${more['dollars_per_million']:,.2f} for a million, the provider's charges aside."
    )
    return textwrap.wrap(told, _WIDTH, subsequent_indent="  ", break_on_hyphens=False)


def _listed(found: dict[str, Any], to: str = "") -> str:
    return (
        f"{_some(found['twilio_requests'], 'request')}{to}, "
        f"{found['write_unit']} write and {found['read_unit']:g} read units, "
        f"{_some(found['lambda_request'], 'invocation')}, {_some(found['messages'], 'message')} "
        f"and {_some(found['email'], 'letter')}"
    )


def _some(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _reconciled(found: dict[str, Any]) -> list[str]:
    return [
        f"- Finding {found['found']} payments that nobody told us of among "
        f"{found['payments']:,} of a month takes",
        f"  {found['requests']:,} requests to the provider, {found['read_unit']:,.0f} read units "
        f"and {found['write_unit']:,.0f} write units;",
        f"  Python's memory peaks at {found['peak_memory_kb']} KB, {found['memory_ratio']}x that "
        "for a tenth of them: pages, not lists.",
    ]


def missed(report: dict[str, Any]) -> list[dict[str, Any]]:
    """The targets that were not met."""
    return [target for target in report["targets"] if not target["met"]]


def main() -> None:
    """Write them, where there are any."""
    if not BENCH.is_file():
        print("README.md keeps its measurements: `make bench` has not run here")
        return
    text = README.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    made = table(json.loads(BENCH.read_text()))
    README.write_text(f"{before}{BEGIN}\n{made}\n{END}{after}")
    print("wrote the measurements into README.md")


if __name__ == "__main__":
    main()
