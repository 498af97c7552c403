"""`make storm`: so many timers due in one second, simulated over the real key design.

The exit code is 1 where a timer is missed, takes effect twice or after a cancel, or the last one
takes effect later than the target.
"""

import argparse

from infra.storm.report import failures, lines, perform
from infra.storm.units import measure


def main(arguments: list[str] | None = None) -> int:
    """Measure, play, tell.

    Args:
        arguments: of the command line.

    Returns:
        0 where all is well, else 1.
    """
    parser = argparse.ArgumentParser(prog="infra.storm", description=__doc__)
    parser.add_argument("--timers", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--calls-per-second", type=float, default=1000, help="that the telephony provider places"
    )
    asked = parser.parse_args(arguments)
    if asked.timers < 1 or asked.calls_per_second <= 0:
        parser.error("there must be timers, and calls in a second")
    measured = measure()
    storm = perform(asked.timers, asked.seed, asked.calls_per_second, measured)
    print("\n".join(lines(storm, measured)))
    wrong = list(failures(storm))
    for line in wrong:
        print(f"WRONG: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
