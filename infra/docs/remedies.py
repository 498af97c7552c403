"""Draws docs/remedies.md from the table of remedies and the policy in force: `make docs`."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from shared.domain.mishap.events import Choice
from shared.domain.mishap.incident import Cause, Mishap
from shared.domain.money import Money
from shared.domain.policy import CURRENT, Policy
from shared.domain.remedies import TABLE, Grant, Remedy, Row, When

PATH = Path(__file__).resolve().parents[2] / "docs" / "remedies.md"

MISHAPS = {
    Mishap.DROPPED: "the line drops",
    Mishap.BAD_LINE: "the line is bad",
    Mishap.OPERATOR_ABSENT: "the operator does not come",
    Mishap.CUSTOMER_ABSENT: "the customer does not come",
    Mishap.START_MISSED: "we do not ring at the start",
    Mishap.OUTAGE: "an outage of ours",
}
CAUSES = {
    Cause.OURS: "ours",
    Cause.OPERATOR: "the operator's",
    Cause.PREVIOUS_SESSION: "the session before was extended",
    Cause.WRONG_NUMBER: "a wrong number",
    Cause.CUSTOMER_SILENT: "the customer did not answer",
    Cause.NOBODY: "nobody's",
    Cause.UNKNOWN: "unknown",
}
GIVEN = {
    Grant.TIME_NOT_BILLED: "the time without a connection is not billed",
    Grant.MINUTES_BACK: "all unused minutes on his balance",
    Grant.STAND_BY: "the operator's stand-by time is recorded",
    Grant.BONUS: "bonus minutes",
}
CHOSEN = {
    Choice.CALL_NOW: "a call now",
    Choice.NEW_TIME: "a new time",
    Choice.REFUND: "a full refund to the card",
    Choice.OTHER_PHONE: "another phone",
}

_HEAD = """# What a customer gets when something goes wrong

Drawn by `make docs` from the table in `shared/domain/remedies.py` and the numbers in
`shared/domain/policy.py`, which are what the system itself goes by. Do not edit. The ids in
brackets are those of the rules.

Whose fault it was is judged from the legs of the call, the operator's word that he would be there,
and the order (`shared/domain/mishap/judge.py`); what that rests on is kept with each booking and
shown in its timeline. What is unknown counts as ours (S1.10).

## The table
"""
_COMBINED = """## When several rows apply

An incident is one stretch of one booking from the first symptom to restored or closed; mishaps that
overlap merge into it, and it is compensated once (S1.15).

- The customer has every choice of each row that applies.
- He has one bonus: the largest of them. It is never added up.
- A choice brings the bonus if any row gives it with one. Where all choices do, or a row gives it at
  once, it is on his balance at once.
- Where one row asks for a number to be corrected and another offers the same without, none is
  asked for.
- Who chooses nothing in {offer_valid} keeps his minutes, with the bonus.
- What turns up later, say an outage, adds only what is missing to what he has got.
- The policy in force when a session was bought judges it, whatever holds today.
- A choice that cannot be carried out is not offered: no refund where no card paid, nothing to go on
  with where no minutes are left.
"""
_ELSEWHERE = """## Money

Mishaps with money are not in this table; each is decided where it happens.

| mishap | rules | decided in |
|---|---|---|
| one booking paid twice | S1.14, S2.1 | `shared/domain/decide.py` |
| charged twice, perhaps | S1.14, S2.1 | `shared/domain/duplicates.py` |
| charged, but no booking | S1.14, S2.10 | `shared/application/choices.py` |
| card declined, or blocked by the bank | S1.14 | `shared/domain/declines.py` |
| cancelled before the start | S2.3 | `shared/domain/decide.py` |
| refund that fails, or takes too long | S2.2 | `shared/domain/payment/duties.py` |
| what may go back, and from where | S2.3, S2.9 | `shared/domain/payment/refund_sources.py` |
| payment nobody told us of | S2.5 | `shared/application/reconciliation.py` |
| bank claims a payment back | S2.7, S2.11 | `shared/domain/payment/disputes.py` |
"""

# Numbers of the policy that are not seconds.
_UNITS = {
    "version": "{}",
    "goodwill_sessions": "{} sessions",
    "bad_line_jitter": "{} ms",
    "bad_line_jitter_peak": "{} ms",
    "bad_line_latency": "{} ms",
    "watch_days": "{} days",
    "figures_days": "{} days",
    "support_rating_least": "{} hundredths",
    "refund_initiate_days": "{} business days",
    "refund_settle_days": "{} business days",
    "refund_window_days": "{} days",
}
_DAY = 24 * 3600
_BASIS_POINTS = frozenset(
    {"bad_line_packet_loss", "tax_rate", "problem_share_below", "critical_share_below"}
)


def page(policy: Policy = CURRENT) -> str:
    """The whole page, in Markdown."""
    combined = _COMBINED.format(offer_valid=time(policy.offer_valid))
    return "\n".join(
        [_HEAD, *_table(policy), "", combined, *_numbers(policy), "", _ELSEWHERE.rstrip("\n"), ""]
    )


def _table(policy: Policy) -> Iterator[str]:
    yield "| what went wrong | whose fault | and | he gets | he may choose | bonus | rests on |"
    yield "|---|---|---|---|---|---|---|"
    for row in TABLE:
        grants = [_given(remedy) for remedy in row.remedies if isinstance(remedy.what, Grant)]
        choices = [_chosen(remedy) for remedy in row.remedies if isinstance(remedy.what, Choice)]
        cells = (
            MISHAPS[row.mishap],
            _fault(row.causes),
            " and ".join(_condition(fact, policy) for fact in row.when) or "always",
            "; ".join(grants) or "nothing without choosing",
            "; ".join(choices) or "nothing",
            _bonus(row, policy),
            row.evidence,
        )
        yield f"| {' | '.join(cells)} |"


def _fault(causes: frozenset[Cause]) -> str:
    if causes == frozenset(Cause):
        return "whoever's"
    return ", ".join(word for cause, word in CAUSES.items() if cause in causes)


def _condition(fact: When, policy: Policy) -> str:
    match fact:
        case When.SHORT_WAIT:
            return f"he waited {time(policy.long_wait)} at most"
        case When.LONG_WAIT:
            return f"he waited longer than {time(policy.long_wait)}"
        case _:
            return str(fact)


def _given(remedy: Remedy) -> str:
    return f"{GIVEN[Grant(remedy.what)]} ({remedy.rule})"


def _chosen(remedy: Remedy) -> str:
    number = ", once he gives a number that can be reached" if remedy.needs_number else ""
    return f"{CHOSEN[Choice(remedy.what)]}{number} ({remedy.rule})"


def _bonus(row: Row, policy: Policy) -> str:
    """What the row's one bonus is, and what it comes with."""
    names = {remedy.bonus for remedy in row.remedies if remedy.bonus}
    if not names:
        return "none"
    (name,) = names
    size = f"{time(getattr(policy, name))} (`{name}`)"
    choices = [r for r in row.remedies if isinstance(r.what, Choice)]
    without = [CHOSEN[Choice(r.what)] for r in choices if not r.bonus]
    return f"{size}, not with {', '.join(without)}" if without else size


def _numbers(policy: Policy) -> Iterator[str]:
    yield "## The numbers\n"
    yield "| number | value |"
    yield "|---|---|"
    for field in fields(policy):
        yield f"| `{field.name}` | {_value(field.name, getattr(policy, field.name))} |"


def _value(name: str, value: float | tuple[int, ...] | tuple[tuple[str, int], ...]) -> str:
    if isinstance(value, float):
        return str(value)  # a factor or a share
    if isinstance(value, int):
        if name in _BASIS_POINTS:
            return f"{value // 100}.{value % 100:02} %"
        return _UNITS[name].format(value) if name in _UNITS else time(value)
    return ", ".join(_part(part) for part in value)


def _part(part: int | tuple[str, int]) -> str:
    return time(part) if isinstance(part, int) else str(Money(part[1], part[0]))


def time(seconds: int) -> str:
    """Seconds in the largest unit that they are a whole number of."""
    if seconds > _DAY and seconds % _DAY == 0:
        return f"{seconds // _DAY} days"
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


if __name__ == "__main__":
    PATH.write_text(page())
    print(f"wrote docs/{PATH.name}")
