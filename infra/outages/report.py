"""The report on the watch: played, watched, scored; a table for people, a document for machines."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from statistics import median

from infra.outages.plan import plan
from infra.outages.scoring import Score, Share, score
from infra.outages.traffic import play
from infra.outages.watching import PULSES, read_lines, watched, write_counts, write_lines
from shared.domain.policy import CURRENT
from shared.domain.watch.norms import MINUTES_A_DAY
from shared.domain.watch.pulse import minute_of

TROUBLES, TRUTH = "troubles.jsonl", "truth.jsonl"
# Orders a day. The first is too small for a verdict on most things; it must be left in peace.
SHOPS: Mapping[str, int] = {"small": 72, "medium": 1500, "large": 12000}
_FIRST_DAY = 20514  # since 1970: 2 March 2026, a Monday
MEANING = (
    "delay: minutes from the beginning of an outage to the first alarm of a kind that fits it, of",
    "those found. alarms right: about an outage. sessions, precision: of those whose trouble lies",
    "in an outage as the watch dated it, those an outage broke; recall: the other way round.",
)


def put_on(folder: Path, seed: int, shop: str, days: int) -> range:
    """Play a shop; write what it counted, the troubles it knows of and, apart, the truth.

    Args:
        folder: where the files go; made if missing.
        seed: of the play.
        shop: one of `SHOPS`.
        days: that are watched, after those that serve as a measure.

    Returns:
        The minutes that are watched.
    """
    folder.mkdir(parents=True, exist_ok=True)
    random = Random(f"{seed} {shop}")
    first = _FIRST_DAY + CURRENT.watch_days
    minutes = range(first * MINUTES_A_DAY, (first + days) * MINUTES_A_DAY)
    planted = plan(random, minutes.start, days)
    played = play(random, SHOPS[shop], range(_FIRST_DAY, first + days), planted)
    write_counts(folder / PULSES, played.counts)
    write_lines(
        folder / TROUBLES, ({"session": s, "minute": m} for s, m in played.troubles.items())
    )
    write_lines(
        folder / TRUTH,
        (
            {
                "what": one.what.value,
                "since": one.since,
                "until": one.until,
                "sessions": played.broken.get(number, []),
            }
            for number, one in enumerate(planted)
        ),
    )
    return minutes


def perform(folder: Path, seed: int, shop: str, days: int) -> Score:
    """Play, watch, and score; the arguments are those of `put_on`."""
    minutes = put_on(folder, seed, shop, days)
    alarms = watched(folder, minutes)
    write_lines(
        folder / "alarms.jsonl",
        (
            {
                "signal": alarm.signal.value,
                "since": minute_of(alarm.since),
                "until": minute_of(alarm.until) if alarm.until else None,
                "told": minute_of(alarm.told),
                "evidence": alarm.evidence,
            }
            for alarm in alarms
        ),
    )
    troubles = {line["session"]: line["minute"] for line in read_lines(folder / TROUBLES)}
    return score(alarms, troubles, read_lines(folder / TRUTH), minutes.stop)


def document(scores: Mapping[str, Score]) -> str:
    """All scores as JSON."""
    return json.dumps({shop: one.shown() for shop, one in scores.items()}, indent=2)


def table(scores: Mapping[str, Score]) -> Iterator[str]:
    """The lines of the table that people read."""
    yield f"{'shop':8}{'outage':18}{'begins':18}{'lasts':>6}{'delay':>7}  by"
    for shop, one in scores.items():
        for found in sorted(one.found, key=lambda each: each.since):
            delay = "-" if found.delay is None else str(found.delay)
            yield (
                f"{shop:8}{found.outage:18}{found.since:%Y-%m-%d %H:%M}  {found.minutes:6}"
                f"{delay:>7}  {found.by or 'not found'}"
            )
    yield ""
    yield f"{'':8}{'outages':^12}{'delay':^18}{'alarms':^12}{'sessions':^46}"
    yield (
        f"{'shop':8}{'found':>9}   {'median':>8}{'longest':>9}{'right':>9}   "
        f"{'precision':>23}{'recall':>23}"
    )
    for shop, one in scores.items():
        delays = one.delays
        middle = f"{median(delays):g}" if delays else "-"
        longest = str(delays[-1]) if delays else "-"
        yield (
            f"{shop:8}{_of(one.recall):>9}   {middle:>8}{longest:>9}{_of(one.precision):>9}   "
            f"{_share(one.chosen):>23}{_share(one.reached):>23}"
        )
    yield ""
    yield from MEANING


def _of(share: Share) -> str:
    return f"{share.part} of {share.whole}"


def _share(share: Share) -> str:
    return "no case" if share.value is None else f"{share.value:.3f} ({_of(share)})"
