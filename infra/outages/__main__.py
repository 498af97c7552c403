"""`make outage-report`: days of three shops with planted outages and quiet traps, watched.

Writes what each shop counted, the truth, the alarms and report.json to build/outages.
"""

import argparse
from pathlib import Path

from infra.outages.report import SHOPS, document, perform, table

_FOLDER = Path(__file__).resolve().parents[2] / "build" / "outages"


def main(arguments: list[str] | None = None, folder: Path = _FOLDER) -> int:
    """Play, watch, score, tell; returns 0.

    Args:
        arguments: of the command line.
        folder: where the files go.
    """
    parser = argparse.ArgumentParser(prog="infra.outages", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=int, default=5, help="watched days, at least 3")
    parser.add_argument("--shop", action="append", choices=SHOPS, help="one alone, or several")
    asked = parser.parse_args(arguments)
    if asked.days < 3:
        parser.error("--days: at least 3, as there are three traps of a day each")
    shops = asked.shop or list(SHOPS)
    scores = {shop: perform(folder / shop, asked.seed, shop, asked.days) for shop in shops}
    (folder / "report.json").write_text(f"{document(scores)}\n")
    print(f"seed {asked.seed}, {asked.days} days; orders a day: ", end="")
    print(", ".join(f"{shop} {SHOPS[shop]}" for shop in shops))
    print("\n".join(table(scores)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
