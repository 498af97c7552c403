"""Holds what the rules said against what the customers meant; the only reader of the truth."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from infra.duplicates.house import Json
from infra.duplicates.judging import Judged
from shared.domain.duplicates import Kind


@dataclass(slots=True)
class Tally:
    """What one rule made of some payments.

    Args:
        found: duplicates that were refunded, or whose silent customer's case is with a person.
        missed: duplicates that nobody noticed.
        wrongly: wanted payments that were refunded.
        left: wanted payments that were not.
        rightly: duplicates that were refunded.
        doubted: wanted payments that were flagged, refunded or not.
        asked: customers' questions.
        needless: of those, where both payments were wanted.
        silent: of those, the unanswered; nothing is refunded, a person has the case.
    """

    found: int = 0
    missed: int = 0
    wrongly: int = 0
    left: int = 0
    rightly: int = 0
    doubted: int = 0
    asked: int = 0
    needless: int = 0
    silent: int = 0

    def add(self, other: "Tally") -> None:
        """Count another tally in."""
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)

    @property
    def precision(self) -> float | None:
        """Of what was refunded, the share that was a duplicate; None where nothing was."""
        return _share(self.rightly, self.rightly + self.wrongly)

    @property
    def recall(self) -> float | None:
        """Of the duplicates, the share that was found; None where there are none."""
        return _share(self.found, self.found + self.missed)

    def shown(self) -> dict[str, Any]:
        """For the report, with the second measure beside the first."""
        return {
            "precision": self.precision,
            "recall": self.recall,
            "confusion": {
                "true_positive": self.found,
                "false_positive": self.wrongly,
                "false_negative": self.missed,
                "true_negative": self.left,
            },
            "acted_on_rightly": self.rightly,
            "acted_on_rightly_recall": _share(self.rightly, self.found + self.missed),
            "flagged": self.found + self.doubted,
            "flagged_precision": _share(self.found, self.found + self.doubted),
            "asked": self.asked,
            "asked_needlessly": self.needless,
            "silent": self.silent,
        }


@dataclass(frozen=True, slots=True)
class Score:
    """Both rules, by class of story: class -> tally."""

    ours: Mapping[str, Tally]
    baseline: Mapping[str, Tally]


def score(judged: Judged, truth: Iterable[Json]) -> Score:
    """Count what each rule did to each payment.

    Args:
        judged: what the rules said.
        truth: lines of truth.jsonl, one per payment.
    """
    meant = {line["payment_id"]: line for line in truth}
    ours, flagged, refunded = _settled(judged, meant)
    plain: dict[str, Tally] = {}
    for payment_id in judged.payments:
        line = meant[payment_id]
        kind = line["class"]
        _count(ours.setdefault(kind, Tally()), line, payment_id in flagged, payment_id in refunded)
        blamed = payment_id in judged.baseline
        _count(plain.setdefault(kind, Tally()), line, blamed, blamed)
    return Score(ours, plain)


def total(tallies: Mapping[str, Tally]) -> Tally:
    """All classes together."""
    whole = Tally()
    for one in tallies.values():
        whole.add(one)
    return whole


def better(ours: float | None, other: float | None) -> bool:
    """Whether a share is the greater one, or both are 1; without a case nothing is wrong: 1."""
    mine, its = 1.0 if ours is None else ours, 1.0 if other is None else other
    return mine > its or mine == its == 1.0


def _settled(
    judged: Judged, meant: Mapping[str, Json]
) -> tuple[dict[str, Tally], set[str], set[str]]:
    """Ask the customers; what was flagged, and what of it refunded."""
    tallies: dict[str, Tally] = {}
    flagged, refunded = set[str](), set[str]()
    for payment_id, verdict in judged.ours.items():
        stays, extra = meant[verdict.of or ""], meant[verdict.extra or ""]
        flagged.add(extra["payment_id"])
        if verdict.kind is Kind.CERTAIN:
            refunded.add(extra["payment_id"])
            continue
        asked = meant[payment_id]
        tally = tallies.setdefault(asked["class"], Tally())
        both = stays["wanted"] and extra["wanted"]
        tally.asked += 1
        tally.needless += both
        if asked["answer"] == "silence":
            tally.silent += 1
        elif not both:
            refunded.add(extra["payment_id"])
    return tallies, flagged, refunded


def _count(tally: Tally, line: Json, flagged: bool, refunded: bool) -> None:
    if line["wanted"]:
        tally.wrongly += refunded
        tally.left += not refunded
        tally.doubted += flagged
    else:
        tally.found += flagged
        tally.missed += not flagged
        tally.rightly += refunded


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
