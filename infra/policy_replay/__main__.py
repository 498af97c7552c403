"""`make policy-replay POLICY=draft.toml`: what another policy would have granted in the past.

The draft names the changed numbers alone. HISTORY=file replays what `make policy-history` wrote;
without it, bookings with scripted misfortunes are played (SEED=1).
"""

import argparse
import sys
from pathlib import Path

from infra.policy_replay.draft import DraftRefused, read_draft
from infra.policy_replay.history import HistoryRefused, read
from infra.policy_replay.played import play
from infra.policy_replay.report import compare, lines

_PLAYED = 150


def main(arguments: list[str] | None = None) -> int:
    """Replay, and print the report; 2 where the draft or the history is refused."""
    parser = argparse.ArgumentParser(prog="python -m infra.policy_replay", description=__doc__)
    parser.add_argument("draft", type=Path, help="TOML")
    parser.add_argument("--history", type=Path, help="JSON lines")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    try:
        draft = read_draft(asked.draft.read_text())
        if asked.history is None:
            source = f"played with seed {asked.seed}"
            report = compare(play(asked.seed, _PLAYED), draft)
        else:
            source = asked.history.name
            with asked.history.open() as file:
                report = compare(read(file), draft)
    except (DraftRefused, HistoryRefused) as refused:
        print(refused, file=sys.stderr)
        return 2
    except UnicodeDecodeError as error:
        print(f"a draft and a history are text in UTF-8: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    for line in lines(report, draft, source):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
