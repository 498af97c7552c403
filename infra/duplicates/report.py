"""The report on both rules: a table for people, a document for machines."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from infra.duplicates.house import read_lines, write_lines
from infra.duplicates.judging import Judged, judge_all
from infra.duplicates.mixes import play
from infra.duplicates.scoring import better, score, total
from shared.domain.policy import CURRENT

TRUTH = "truth.jsonl"
MEANING = (
    "precision: of the charges a rule refunded, those that were duplicates. The plain rule refunds",
    "what it flags; ours what is certain, and what an asked customer says he did not want.",
    "recall: of the duplicates, those refunded or, the asked customer silent, with a person. The",
    "last columns: refunded; left to a person; customers asked; asked although both were wanted.",
)


def perform(folder: Path, seed: int, mix: str, customers: int) -> Judged:
    """Play, write the logs and, apart, the truth; then judge the logs.

    Args:
        folder: where the files go; made if missing.
        seed: of the play.
        mix: as `play` takes it.
        customers: how many stories.
    """
    folder.mkdir(parents=True, exist_ok=True)
    house, truth = play(seed, mix, customers)
    house.write(folder)
    write_lines(folder / TRUTH, truth)
    return judge_all(
        folder, window=CURRENT.duplicate_window, unseen_window=CURRENT.duplicate_unseen_window
    )


def compare(folder: Path, judged: Judged) -> dict[str, Any]:
    """Hold the verdicts against the truth.

    Returns:
        The document; `better` says whether ours is ahead on precision and on recall.
    """
    counted = score(judged, read_lines(folder / TRUTH))
    ours, plain = total(counted.ours), total(counted.baseline)
    return {
        "payments": len(judged.payments),
        "deliveries": judged.deliveries,
        "duplicates": ours.found + ours.missed,
        "meaning": " ".join(MEANING),
        "ours": ours.shown(),
        "baseline": plain.shown(),
        "better": {
            "precision": better(ours.precision, plain.precision),
            "recall": better(ours.recall, plain.recall),
        },
        "classes": {
            kind: {"ours": counted.ours[kind].shown(), "baseline": counted.baseline[kind].shown()}
            for kind in sorted(counted.ours)
        },
    }


def table(report: Mapping[str, Any]) -> Iterator[str]:
    """The lines of the table that people read."""
    yield (
        f"{report['payments']} payments ({report['deliveries']} deliveries), "
        f"{report['duplicates']} of them duplicates"
    )
    yield ""
    yield f"{'':24}{'ours':^24}{'same item in 5 minutes':^24}{'ours, in detail':^40}"
    heads = ("TP", "FP", "FN", "TN")
    detail = ("refund", "person", "asked", "needless")
    yield (
        f"{'class':24}"
        + "".join(f"{h:>6}" for h in heads * 2)
        + "".join(f"{h:>10}" for h in detail)
    )
    rows = {**report["classes"], "all": {rule: report[rule] for rule in ("ours", "baseline")}}
    for kind, both in rows.items():
        cells = [*both["ours"]["confusion"].values(), *both["baseline"]["confusion"].values()]
        yield f"{kind:24}" + "".join(f"{n:6}" for n in cells) + _detail(both["ours"])
    yield ""
    yield f"{'':24}{'ours':>10}{'5 minutes':>12}"
    for name in (
        "precision",
        "recall",
        "flagged_precision",
        "acted_on_rightly_recall",
        "asked",
        "asked_needlessly",
    ):
        yield f"{name:24}{_said(report['ours'][name]):>10}{_said(report['baseline'][name]):>12}"
    yield ""
    yield from MEANING


def _detail(ours: Mapping[str, Any]) -> str:
    confusion = ours["confusion"]
    refunds = ours["acted_on_rightly"] + confusion["false_positive"]
    cells = (refunds, ours["silent"], ours["asked"], ours["asked_needlessly"])
    return "".join(f"{n:10}" for n in cells)


def _said(value: float | None) -> str:
    if value is None:
        return "no case"
    return f"{value:.4f}" if isinstance(value, float) else str(value)
