"""The one file of prices."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Prices:
    """What things cost.

    Args:
        dollars: of one, by name.
        billed_seconds: assumed for one invocation.
        source: date, pages and how each was checked, for the report.
    """

    dollars: dict[str, float]
    billed_seconds: float
    source: dict[str, Any]


def load() -> Prices:
    """Read prices.toml."""
    file = tomllib.loads(Path(__file__).with_name("prices.toml").read_text())
    entries = {name: e for name, e in file.items() if isinstance(e, dict) and name != "assumed"}
    return Prices(
        dollars={name: entry["dollars"] / entry["per"] for name, entry in entries.items()},
        billed_seconds=file["assumed"]["billed_milliseconds"] / 1000,
        source={
            "date": file["date"],
            "region": file["region"],
            "assumed": file["assumed"],
            "pages": {name: [entry["page"], entry["checked"]] for name, entry in entries.items()},
        },
    )
