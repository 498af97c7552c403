"""`make demo STORY=name`: plays a story on this machine and checks its end.

Exit code 0 only if all was as promised and the ledger's trial balance is zero.
"""

import argparse
import sys

from infra.local.demo.cast import Cast
from infra.local.demo.stories import STORIES
from infra.local.demo.telling import Screen
from infra.local.settings import Settings, StackError
from infra.local.stack import running


def main() -> int:
    """Play it."""
    parser = argparse.ArgumentParser(prog="infra.local.demo", description=__doc__)
    parser.add_argument("story", nargs="?", default="dropped_line", choices=list(STORIES))
    story = STORIES[parser.parse_args().story]
    screen = Screen()
    screen.say(f"Redial: {story.title}, on this machine.")
    try:
        with running(Settings.from_environment(), screen.say) as stack:
            failures = story.play(Cast.of(stack), screen)
    except StackError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; everything that was started has been ended", file=sys.stderr)
        return 130
    for failure in failures:
        screen.say(f"  FAILED: {failure}")
    screen.say(
        "\nNot as promised."
        if failures
        else f"\nAs promised: {story.promise}, and the trial balance is zero."
    )
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
