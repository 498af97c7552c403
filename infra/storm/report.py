"""What the storm came to, in lines for people, and what of it is not as it should be."""

from collections.abc import Iterator, Sequence
from random import Random

from infra.storm.limits import TARGET_SECONDS, Assumed, Limits, of_template
from infra.storm.play import Storm
from infra.storm.units import Measured, Work
from infra.storm.world import MIX, DueIndex, Ledger
from shared.domain.session.turns import Lane

_SAID = {Lane.REDIALS: "redials", Lane.STARTS: "starts"}


def perform(
    timers: int,
    seed: int,
    per_second: float,
    measured: Measured,
    limits: Limits | None = None,
    ledger: type[Ledger] = Ledger,
    index: type[DueIndex] = DueIndex,
) -> Storm:
    """Play a storm to its end.

    Args:
        timers: how many are due in one second.
        seed: of everything that is left to chance.
        per_second: calls that the telephony provider places in a second.
        measured: write units of each decision.
        limits: those of the template, unless told otherwise.
        ledger: what becomes of timers.
        index: in which they stand.
    """
    random, assumed = Random(seed), Assumed()
    book = ledger(timers, random, assumed)
    stands = index(book, random, assumed)
    storm = Storm(book, stands, measured, limits or of_template(), assumed, per_second, random)
    storm.play()
    return storm


def failures(storm: Storm) -> Iterator[str]:
    """What may not be; nothing where all is well."""
    fate = storm.ledger.fate()
    if fate.missed:
        yield f"{fate.missed} timers were missed"
    if fate.doubled:
        yield f"{fate.doubled} timers took effect more than once"
    if fate.after_cancel:
        yield f"{fate.after_cancel} timers took effect after their booking was cancelled"
    if storm.drained > TARGET_SECONDS:
        yield f"the last timer took effect after {storm.drained:.0f} s, not {TARGET_SECONDS}"


def lines(storm: Storm, measured: Measured) -> Iterator[str]:
    """The report for people."""
    fate, capacity, limits = storm.ledger.fate(), storm.capacity, storm.limits
    timers, cancelled = len(storm.ledger.due), sum(storm.ledger.cancelled_first)
    mix = ", ".join(f"{share} % {kind}" for kind, share in MIX.items())
    yield f"{timers:,} timers due in one second ({mix}), {cancelled:,} of them cancelled before"
    yield (
        f"missed {fate.missed}, doubled {fate.doubled}, after a cancel {fate.after_cancel}; "
        f"{storm.messages:,} messages, {storm.idle:,} of them found nothing left to do, "
        f"{storm.dead:,.0f} given up and left to the index"
    )
    yield f"drained in {storm.drained:.0f} simulated seconds (target: {TARGET_SECONDS})"
    yield (
        f"index shard: at most {capacity.peak_of_shard:,} write units in a second "
        f"(limit {limits.key_units:,}); line of calls: {capacity.peak_of_line:,}"
    )
    yield (
        f"table: at most {capacity.peak:,} write units in a second (limit {limits.table_units:,}), "
        f"due index: {capacity.peak_of_index:,} (limit {limits.index_units:,}); "
        f"{capacity.refused:,} requests throttled"
    )
    yield "write units, measured over the real adapters (table + due index + other indexes): " + (
        ", ".join(
            f"{work} {units.table}+{units.due}+{units.others}"
            for work, units in measured.decisions.items()
        )
        + f", turn {measured.turn}"
    )
    yield (
        f"Lambdas: at most {storm.lambdas:,} at once (limit {limits.lambdas:,}), "
        f"{limits.timers_most} of them for timers; longest sweep {storm.longest_sweep:.0f} s "
        f"(time-out {limits.sweep_timeout:.0f}), {len(limits.groups)} side by side"
    )
    yield f"calls, {storm.calls.per_second:g} a second, in seconds from the decision to the ring:"
    for lane, said in _SAID.items():
        yield f"  {said:8} {_waits(storm, lane)}"
    yield f"assumed, not measured: {_assumptions(Assumed())}"


def _waits(storm: Storm, lane: Lane) -> str:
    legs = [leg for leg in storm.calls.legs if leg.lane is lane]
    waits = sorted(leg.rung - leg.asked for leg in legs if leg.rung is not None)
    refused = sum(leg.refused for leg in legs)
    told = f"{len(legs):,}, of them {refused:,} without a turn in time"
    if waits:
        told += f"; waited {_quantile(waits, 0.5):.1f} (median), {_quantile(waits, 0.99):.1f} "
        told += f"(p99), {waits[-1]:.1f} (longest)"
    return told


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def _assumptions(assumed: Assumed) -> str:
    return (
        f"a decision takes {1000 * (assumed.load + assumed.commit):.0f} ms, a page of the sweep "
        f"{1000 * assumed.page:.0f}, a call {1000 * assumed.dial:.0f}, the relay "
        f"{assumed.relay:g} s; the index lags {assumed.lag:g} s, one row in a hundred ten times; "
        f"SQS delivers {assumed.twice:.1%} twice, functions die at {assumed.crashes:.2%} of the "
        f"messages; the {Work.START} of a session asks for its first leg only"
    )
