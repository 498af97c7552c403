"""Draws docs/*-states.md from the transitions of all that has states: `make docs`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.domain import booking
from shared.domain.case import case
from shared.domain.outage import outage
from shared.domain.payment import payment

_DOCS = Path(__file__).resolve().parents[2] / "docs"


@dataclass(frozen=True, slots=True)
class Chart:
    """The states of one thing.

    Args:
        name: what it is.
        source: the module whose table `evolve` goes by.
        statuses: all of them.
        transitions: (state, event) to state.
        foot: what a reader should know beside it.
    """

    name: str
    source: str
    statuses: Iterable[Any]
    transitions: Mapping[tuple[Any, type], Any]
    foot: str

    @property
    def path(self) -> Path:
        """Where the page stands."""
        return _DOCS / f"{self.name}-states.md"

    def page(self) -> str:
        """The whole page, in Markdown with a Mermaid diagram."""
        arrows = [
            f"    {source or '[*]'} --> {target}: {event.__name__}"
            for (source, event), target in self.transitions.items()
        ]
        left = {source for source, _ in self.transitions}
        ends = [f"    {status} --> [*]" for status in self.statuses if status not in left]
        rows = [
            f"| {event.__name__} | {source or 'none'} | {target} | {_promise(event)} |"
            for (source, event), target in self.transitions.items()
        ]
        article = "an" if self.name[0] in "aeiou" else "a"
        head = (
            f"# The states of {article} {self.name}\n\n"
            f"Drawn by `make docs` from `TRANSITIONS` in `{self.source}`, which is what `evolve` "
            "itself\ngoes by. Do not edit.\n"
        )
        return "\n".join(
            [
                head,
                "```mermaid",
                "stateDiagram-v2",
                *arrows,
                *ends,
                "```",
                "",
                "| event | from | to | meaning |",
                "|---|---|---|---|",
                *rows,
                f"\n{self.foot}\n",
            ]
        )


CHARTS = (
    Chart(
        "booking",
        "shared/domain/booking.py",
        booking.Status,
        booking.TRANSITIONS,
        "Every other event changes facts within a state, not the state. When an event happens is\n"
        "decided in `shared/domain/decide.py` (what somebody asks) and `shared/domain/duties.py`\n"
        "(what falls due). An expired booking stays so unless its payment turns out to have\n"
        "succeeded before the start. Lists show a booking that is ending as live.",
    ),
    Chart(
        "payment",
        "shared/domain/payment/payment.py",
        payment.Status,
        payment.TRANSITIONS,
        "Refunds and disputes are claims on a captured payment and have states of their own\n"
        "(`shared/domain/payment/claims.py`). When an event happens is decided in `decide.py` and\n"
        "`duties.py` beside it. A payment that was given up is captured after all where the\n"
        "provider turns out to hold the money.",
    ),
    Chart(
        "case",
        "shared/domain/case/case.py",
        case.Status,
        case.TRANSITIONS,
        "Escalation changes who must act, not the state: every deadline that passes goes to a\n"
        "manager, until the case is closed.",
    ),
    Chart(
        "outage",
        "shared/domain/outage/outage.py",
        outage.Status,
        outage.TRANSITIONS,
        "While it is running its sessions are gone through several times: at once, and again when\n"
        "those that were still going on are closed (`outage_looks` in `shared/domain/policy.py`).\n"
        "How far a pass is stands beside the outage, shard by shard, and is none of its states.",
    ),
)


def _promise(event: type) -> str:
    return (event.__doc__ or "").partition("\n")[0]


if __name__ == "__main__":
    for chart in CHARTS:
        chart.path.write_text(chart.page())
        print(f"wrote docs/{chart.path.name}")
