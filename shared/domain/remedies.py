"""The heart: what a customer gets, by mishap, cause and facts, and by which rule (S1.5 to S1.15).

One table. Where several rows apply, the customer has every choice of either and the larger single
bonus (S1.15); docs/remedies.md is drawn from it (`make docs`).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.mishap.events import Choice
from shared.domain.mishap.incident import Cause, Mishap
from shared.domain.policy import Policy


class Grant(StrEnum):
    """What is given without being asked for."""

    TIME_NOT_BILLED = "time_not_billed"
    MINUTES_BACK = "minutes_back"
    STAND_BY = "stand_by"
    BONUS = "bonus"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a remedy depends on beside mishap and cause.

    Args:
        wait: seconds without a connection, from the time that was promised or from the drop to the
            end of the incident.
        restored: the line came back, whatever else went wrong then.
        stopped: every remedy for a bad line was tried, and the customer stopped.
        measured: the provider's own figures say that the line was bad.
    """

    wait: int = 0
    restored: bool = False
    stopped: bool = False
    measured: bool = False


class When(StrEnum):
    """A fact a row asks for."""

    RESTORED = "the line is back in time"
    NOT_RESTORED = "the line is not back in time"
    SHORT_WAIT = "the wait is not a long one"
    LONG_WAIT = "the wait is a long one"
    STOPPED = "still bad after every remedy, and the customer stops"
    MEASURED = "the provider's figures say so, and unused minutes were left"


_HOLDS: Mapping[When, Callable[[Facts, Policy], bool]] = {
    When.RESTORED: lambda facts, policy: facts.restored,
    When.NOT_RESTORED: lambda facts, policy: not facts.restored,
    When.SHORT_WAIT: lambda facts, policy: facts.wait <= policy.long_wait,
    When.LONG_WAIT: lambda facts, policy: facts.wait > policy.long_wait,
    When.STOPPED: lambda facts, policy: facts.stopped,
    When.MEASURED: lambda facts, policy: facts.measured,
}


@dataclass(frozen=True, slots=True)
class Remedy:
    """Something a row gives.

    Args:
        what: given at once, or to be chosen.
        rule: that grants it.
        bonus: the policy's number of bonus seconds that comes with it; empty for none.
        needs_number: it goes to a number that must be given first.
    """

    what: Grant | Choice
    rule: str
    bonus: str = ""
    needs_number: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table.

    Args:
        when: all of them must hold.
        evidence: what the row rests on.
    """

    mishap: Mishap
    causes: frozenset[Cause]
    when: tuple[When, ...]
    remedies: tuple[Remedy, ...]
    evidence: str

    def applies(self, mishap: Mishap, cause: Cause, facts: Facts, policy: Policy) -> bool:
        """Whether it says what is given."""
        hit = self.mishap is mishap and cause in self.causes
        return hit and all(_HOLDS[fact](facts, policy) for fact in self.when)


# An unknown cause is taken in the customer's favour (S1.10, S1.15).
OUR_SIDE = frozenset({Cause.OURS, Cause.OPERATOR, Cause.PREVIOUS_SESSION, Cause.UNKNOWN})
_NOT_OURS = frozenset({Cause.NOBODY, Cause.CUSTOMER_SILENT, Cause.WRONG_NUMBER})
_ANY = frozenset(Cause)

_NOT_BILLED = Remedy(Grant.TIME_NOT_BILLED, "S1.6")
_BACK = Remedy(Grant.MINUTES_BACK, "S1.7")
_STAND_BY = Remedy(Grant.STAND_BY, "S1.4b")


def _offers(rule: str, bonus: str) -> tuple[Remedy, ...]:
    """The three offers of S1.10; who takes his money back takes no bonus."""
    return (
        Remedy(Choice.CALL_NOW, rule, bonus),
        Remedy(Choice.NEW_TIME, rule, bonus),
        Remedy(Choice.REFUND, rule),
    )


_CORRECTED = (
    Remedy(Choice.CALL_NOW, "S1.10", needs_number=True),
    Remedy(Choice.NEW_TIME, "S1.10", needs_number=True),
)

TABLE: tuple[Row, ...] = (
    Row(
        Mishap.OPERATOR_ABSENT,
        OUR_SIDE,
        (When.SHORT_WAIT,),
        (_BACK, *_offers("S1.10", "no_show_bonus")),
        "the operator's legs, his readiness, the session before",
    ),
    Row(
        Mishap.OPERATOR_ABSENT,
        OUR_SIDE,
        (When.LONG_WAIT,),
        (_BACK, *_offers("S1.10", "long_wait_bonus")),
        "the operator's legs, his readiness, the session before",
    ),
    Row(
        Mishap.START_MISSED,
        OUR_SIDE,
        (When.SHORT_WAIT,),
        (_BACK, *_offers("S1.10", "no_show_bonus")),
        "the moment we came to ring, against the booked one",
    ),
    Row(
        Mishap.START_MISSED,
        OUR_SIDE,
        (When.LONG_WAIT,),
        (_BACK, *_offers("S1.10", "long_wait_bonus")),
        "the moment we came to ring, against the booked one",
    ),
    Row(
        Mishap.CUSTOMER_ABSENT,
        frozenset({Cause.CUSTOMER_SILENT, Cause.NOBODY}),
        (),
        (Remedy(Grant.MINUTES_BACK, "S1.4b"), _STAND_BY),
        "the customer's legs: his phone rang",
    ),
    Row(
        Mishap.CUSTOMER_ABSENT,
        frozenset({Cause.WRONG_NUMBER}),
        (),
        (Remedy(Grant.MINUTES_BACK, "S1.4b"), _STAND_BY, *_CORRECTED),
        "the customer's legs: the network knows no such number",
    ),
    Row(
        Mishap.CUSTOMER_ABSENT,
        OUR_SIDE,
        (When.SHORT_WAIT,),
        (_BACK, _STAND_BY, *_offers("S1.10", "no_show_bonus")),
        "the customer's legs: they never left our house, or nothing is known of them",
    ),
    Row(
        Mishap.CUSTOMER_ABSENT,
        OUR_SIDE,
        (When.LONG_WAIT,),
        (_BACK, _STAND_BY, *_offers("S1.10", "long_wait_bonus")),
        "the customer's legs: they never left our house, or nothing is known of them",
    ),
    Row(
        Mishap.DROPPED,
        _ANY,
        (When.RESTORED,),
        (_NOT_BILLED,),
        "the provider's moments of the drop and of the return",
    ),
    Row(
        Mishap.DROPPED,
        _NOT_OURS,
        (When.NOT_RESTORED,),
        (_NOT_BILLED, _BACK),
        "who was missing at the end, and whose phones rang",
    ),
    Row(
        Mishap.DROPPED,
        OUR_SIDE,
        (When.NOT_RESTORED, When.SHORT_WAIT),
        (_NOT_BILLED, _BACK, *_offers("S1.7", "no_show_bonus")),
        "who was missing at the end, and whose phones rang",
    ),
    Row(
        Mishap.DROPPED,
        OUR_SIDE,
        (When.NOT_RESTORED, When.LONG_WAIT),
        (_NOT_BILLED, _BACK, *_offers("S1.7", "long_wait_bonus")),
        "who was missing at the end, and whose phones rang",
    ),
    Row(
        Mishap.BAD_LINE,
        _ANY,
        (When.STOPPED,),
        (
            Remedy(Grant.MINUTES_BACK, "S1.8"),
            Remedy(Grant.BONUS, "S1.8", "bad_line_bonus"),
            Remedy(Choice.NEW_TIME, "S1.8", "bad_line_bonus"),
            Remedy(Choice.OTHER_PHONE, "S1.8", "bad_line_bonus", needs_number=True),
        ),
        "the customer's reports, and what was tried after each",
    ),
    Row(
        Mishap.BAD_LINE,
        _ANY,
        (When.MEASURED,),
        (Remedy(Grant.BONUS, "S1.8", "bad_line_bonus"),),
        "the provider's quality figures of the legs",
    ),
    Row(
        Mishap.OUTAGE,
        _ANY,
        (),
        (
            Remedy(Choice.REFUND, "S1.13", "outage_bonus"),
            Remedy(Choice.NEW_TIME, "S1.13", "outage_bonus"),
        ),
        "the outage's range and scope, and the session's trouble within it",
    ),
)


@dataclass(frozen=True, slots=True)
class Entitlement:
    """All that a customer gets for one incident.

    Args:
        grants: given without being asked for.
        choices: what he may choose, each once, in the order of `Choice`.
        with_bonus: of them, those that bring the bonus.
        needs_number: of them, those for which a number must be given first.
        bonus: seconds; the larger single one where several rows apply.
        bonus_rule: that grants it.
        rules: all that apply.
    """

    grants: frozenset[Grant]
    choices: tuple[Choice, ...]
    with_bonus: frozenset[Choice]
    needs_number: frozenset[Choice]
    bonus: int
    bonus_rule: str
    rules: tuple[str, ...]

    @property
    def bonus_at_once(self) -> bool:
        """Whether the bonus is his whatever he chooses, so that nothing need wait for it."""
        return Grant.BONUS in self.grants or self.with_bonus == frozenset(self.choices)


def entitlement(
    mishaps: Iterable[Mishap], cause: Cause, facts: Facts, policy: Policy
) -> Entitlement:
    """What the table gives for one incident.

    Args:
        mishaps: what it is made of.
        policy: the one in force when the session was bought.
    """
    rows = [
        row
        for mishap in mishaps
        for row in TABLE
        if row.applies(mishap, Cause.OURS if mishap is Mishap.OUTAGE else cause, facts, policy)
    ]
    remedies = [remedy for row in rows for remedy in row.remedies]
    chosen = [r for r in remedies if isinstance(r.what, Choice)]
    best = max((r for r in remedies if r.bonus), key=lambda r: _bonus(r, policy), default=None)
    # Of two rows that give the same choice, one without a number to be given is the better.
    free = {r.what for r in chosen if not r.needs_number}
    return Entitlement(
        grants=frozenset(r.what for r in remedies if isinstance(r.what, Grant)),
        choices=tuple(c for c in Choice if any(r.what is c for r in chosen)),
        with_bonus=frozenset(r.what for r in chosen if r.bonus and isinstance(r.what, Choice)),
        needs_number=frozenset(
            r.what for r in chosen if isinstance(r.what, Choice) and r.what not in free
        ),
        bonus=_bonus(best, policy) if best else 0,
        bonus_rule=best.rule if best else "",
        rules=tuple(sorted({r.rule for r in remedies})),
    )


def _bonus(remedy: Remedy, policy: Policy) -> int:
    seconds: int = getattr(policy, remedy.bonus)
    return seconds
