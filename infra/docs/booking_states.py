"""Draws docs/booking-states.md from the transitions of a booking: `make docs`."""

from pathlib import Path

from shared.domain.booking import TRANSITIONS, Status

PAGE = Path(__file__).resolve().parents[2] / "docs" / "booking-states.md"

_HEAD = """# The states of a booking

Drawn by `make docs` from `TRANSITIONS` in `shared/domain/booking.py`, which is what `evolve` itself
goes by. Do not edit.
"""
_FOOT = """
Every other event changes facts within a state, not the state. When an event happens is decided in
`shared/domain/decide.py` (what somebody asks) and `shared/domain/duties.py` (what falls due). An
expired booking stays so unless its payment turns out to have succeeded before the start.
"""


def page() -> str:
    """The whole page, in Markdown with a Mermaid diagram."""
    arrows = [
        f"    {source or '[*]'} --> {target}: {event.__name__}"
        for (source, event), target in TRANSITIONS.items()
    ]
    left = {source for source, _ in TRANSITIONS}
    ends = [f"    {status} --> [*]" for status in Status if status not in left]
    rows = [
        f"| {event.__name__} | {source or 'none'} | {target} | {_promise(event)} |"
        for (source, event), target in TRANSITIONS.items()
    ]
    return "\n".join(
        [
            _HEAD,
            "```mermaid",
            "stateDiagram-v2",
            *arrows,
            *ends,
            "```",
            "",
            "| event | from | to | meaning |",
            "|---|---|---|---|",
            *rows,
            _FOOT,
        ]
    )


def _promise(event: type) -> str:
    return (event.__doc__ or "").partition("\n")[0]


if __name__ == "__main__":
    PAGE.write_text(page())
    print("wrote docs/booking-states.md")
