"""The report of a replay: a table by mishap, and what it does and does not say."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from infra.policy_replay.draft import REPLAYED, Draft
from infra.policy_replay.history import History
from infra.policy_replay.replay import Outcome, recorded, replayed
from shared.domain.money import Money
from shared.domain.policy import CURRENT


@dataclass(slots=True)
class Sums:
    """One side of a row: what was granted then, or would be now."""

    bonus: int = 0
    value: int = 0
    refunds: int = 0

    def add(self, outcome: Outcome) -> None:
        """One more incident."""
        self.bonus += outcome.bonus
        self.value += outcome.bonus_value.minor
        self.refunds += outcome.refunded.minor


@dataclass(slots=True)
class Group:
    """The incidents of the same mishaps in one currency."""

    incidents: int = 0
    returned: int = 0
    offered: int = 0
    then: Sums = field(default_factory=Sums)
    now: Sums = field(default_factory=Sums)


@dataclass(slots=True)
class Report:
    """What a draft would have cost.

    Args:
        bookings: that were looked at.
        groups: by mishaps and currency.
        otherwise: incidents that today's code would judge otherwise without any draft.
        unheard: choices that the draft would not have left time for.
    """

    bookings: int = 0
    groups: dict[tuple[str, str], Group] = field(default_factory=dict)
    otherwise: int = 0
    unheard: int = 0


def compare(histories: Iterable[History], draft: Draft) -> Report:
    """Hold what was granted against what the draft would have granted."""
    report = Report()
    for history in histories:
        report.bookings += 1
        then, now = recorded(history), replayed(history, draft.over)
        if then != replayed(history, lambda policy: policy):
            report.otherwise += 1
        for outcome, is_then in ((then, True), (now, False)):
            if outcome is not None:
                _count(report, outcome, is_then=is_then)
        if then is not None and now is not None and then.chosen is not now.chosen:
            report.unheard += 1
    return report


def _count(report: Report, outcome: Outcome, *, is_then: bool) -> None:
    label = " + ".join(sorted(outcome.mishaps))
    group = report.groups.setdefault((label, outcome.bonus_value.currency), Group())
    (group.then if is_then else group.now).add(outcome)
    if is_then:
        group.incidents += 1
        group.returned += outcome.returned
        group.offered += bool(outcome.offered)


def lines(report: Report, draft: Draft, source: str) -> Iterator[str]:
    """The report as people read it.

    Args:
        source: where the history came from.
    """
    incidents = sum(group.incidents for group in report.groups.values())
    yield f"{source}: {report.bookings} bookings, {incidents} incidents"
    for name, value in draft.changes.items():
        taken = "taken" if name in REPLAYED else "NOT taken"
        yield f"{taken} into account: {name} = {value}, in force {getattr(CURRENT, name)}"
    if any(name not in REPLAYED for name in draft.changes):
        yield "  (that shifts what happens, and history does not tell what would have happened)"
    yield ""
    yield (
        f"{'mishaps':42}{'':4}{'incidents':>10}{'offers':>8}{'min back':>10}"
        f"{'bonus min, then':>17}{'now':>9}{'more':>9}"
        f"{'their value, then':>19}{'now':>13}{'more':>13}{'refunds, then':>16}{'now':>13}"
    )
    for (label, currency), group in sorted(report.groups.items()):
        yield f"{label:42}{currency:4}{_cells(group, currency)}"
    for currency in sorted({currency for _, currency in report.groups}):
        groups = [group for (_, unit), group in report.groups.items() if unit == currency]
        yield f"{'all':42}{currency:4}{_cells(_total(groups), currency)}"
    yield ""
    if report.unheard:
        yield f"{report.unheard} choices would have come too late, and count as silence"
    if report.otherwise:
        yield (
            f"{report.otherwise} incidents are judged otherwise by today's code even without the "
            "draft; 'now' holds that too"
        )
    yield "an offer that is open at the end of the history counts as one that nobody answers"


def _cells(group: Group, currency: str) -> str:
    then, now = group.then, group.now
    value = [Money(n, currency) for n in (then.value, now.value, now.value - then.value)]
    refunds = [Money(n, currency) for n in (then.refunds, now.refunds)]
    return (
        f"{group.incidents:>10}{group.offered:>8}{_minutes(group.returned):>10}"
        f"{_minutes(then.bonus):>17}{_minutes(now.bonus):>9}{_minutes(now.bonus - then.bonus):>9}"
        f"{_amount(value[0]):>19}{_amount(value[1]):>13}{_amount(value[2]):>13}"
        f"{_amount(refunds[0]):>16}{_amount(refunds[1]):>13}"
    )


def _minutes(seconds: int) -> str:
    return f"{seconds / 60:.1f}"


def _amount(money: Money) -> str:
    return str(money).partition(" ")[0]


def _total(groups: Iterable[Group]) -> Group:
    total = Group()
    for group in groups:
        total.incidents += group.incidents
        total.returned += group.returned
        total.offered += group.offered
        for mine, theirs in ((total.then, group.then), (total.now, group.now)):
            mine.bonus += theirs.bonus
            mine.value += theirs.value
            mine.refunds += theirs.refunds
    return total
