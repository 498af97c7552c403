"""`make duplicates-report`: our rule for duplicate charges beside the plain one, on a seeded play.

Writes requests.jsonl, charges.jsonl, truth.jsonl and report.json to build/duplicates; the exit code
is 1 where ours is not better on precision and on recall.
"""

import argparse
import json
from pathlib import Path

from infra.duplicates.mixes import NAMED, STORIES, UnknownMix, weights
from infra.duplicates.report import compare, perform, table

_FOLDER = Path(__file__).resolve().parents[2] / "build" / "duplicates"


def _mix(text: str) -> str:
    try:
        weights(text)
    except UnknownMix as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def main(arguments: list[str] | None = None, folder: Path = _FOLDER) -> int:
    """Play, judge, compare, tell.

    Args:
        arguments: of the command line.
        folder: where the files go.

    Returns:
        0 where ours is better on both, else 1.
    """
    parser = argparse.ArgumentParser(prog="infra.duplicates", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--mix",
        type=_mix,
        default="everyday",
        help=f"{', '.join(NAMED)}, or class=weight,... of {', '.join(STORIES)}",
    )
    parser.add_argument("--customers", type=int, default=3000)
    asked = parser.parse_args(arguments)
    report = {"seed": asked.seed, "mix": asked.mix, "customers": asked.customers}
    report |= compare(folder, perform(folder, asked.seed, asked.mix, asked.customers))
    (folder / "report.json").write_text(f"{json.dumps(report, indent=2)}\n")
    print(f"seed {asked.seed}, mix {asked.mix}, {asked.customers} customers")
    print("\n".join(table(report)))
    for measure, ahead in report["better"].items():
        print(f"{measure}: ours is {'better, or both are 1' if ahead else 'NOT better'}")
    return 0 if all(report["better"].values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
