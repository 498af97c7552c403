"""What must follow from an outage's events, in the same transaction."""

from collections.abc import Iterable, Iterator

from shared.domain.effects import Consequences, Effect, EffectKind
from shared.domain.outage import events as e
from shared.domain.outage.outage import Outage, Status
from shared.domain.outage.reach import SHARDS


def consequences(steps: Iterable[tuple[e.Event, Outage]]) -> Consequences:
    """The effects of some events.

    Args:
        steps: each event with the state after it, in order.
    """
    return Consequences(
        effects=tuple(effect for event, after in steps for effect in _effects(event, after))
    )


def _effects(event: e.Event, after: Outage) -> Iterator[Effect]:
    match event:
        case e.OutageProposed():
            yield _case(after)
        case e.CaseNoted() if after.status is not Status.PROPOSED:
            yield _case(after)
        case e.OutageDeclared() | e.OutageDismissed() if after.case_number is not None:
            yield _case(after)
        case e.EffectRedriven() if event.effect_id == e.CASE:
            yield _case(after, redriven=True)
        case e.EffectRedriven():
            yield from _work(after, redriven=True)
        case e.PassStarted() | e.RunResumed() if after.pass_open:
            yield from _work(after)
        case _:
            return


def _case(outage: Outage, *, redriven: bool = False) -> Effect:
    return Effect(EffectKind.CARE_FOR_OUTAGE_CASE, outage.number, redriven=redriven)


def _work(outage: Outage, *, redriven: bool = False) -> Iterator[Effect]:
    for shard in range(SHARDS):
        yield Effect(
            EffectKind.RUN_OUTAGE,
            outage.number,
            shard_subject(outage.passes, shard),
            redriven=redriven,
        )


def shard_subject(number: int, shard: int) -> str:
    """How an effect names one shard of a pass."""
    return f"{number}-{shard:02d}"


def shard_named(subject: str) -> tuple[int, int]:
    """(number of the pass, shard) that an effect names."""
    number, shard = subject.split("-")
    return int(number), int(shard)
