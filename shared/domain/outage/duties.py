"""What an outage needs next, and when: asking again, further passes, its end."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from shared.domain.duty import Duty
from shared.domain.outage import events as e
from shared.domain.outage.outage import Outage, Status
from shared.domain.policy import Policy


def duties(outage: Outage, policy: Policy) -> Iterator[Duty[e.Event]]:
    """Everything the outage will have to do if nothing else happens.

    Args:
        outage: its present state.
        policy: the present one.
    """
    for effect_id, pending in outage.pending.items():
        yield Duty(pending.again_at(policy), (e.EffectRedriven(effect_id),))
    match outage.status:
        case Status.DECLARED:
            yield Duty(outage.extent.until, (e.PassStarted(outage.passes + 1),))
        case Status.RUNNING if not outage.pass_open:
            look = _next_look(outage, policy)
            if look is None:
                yield Duty(outage.extent.until, (e.RunFinished(),))
            else:
                yield Duty(look, (e.PassStarted(outage.passes + 1),))
        case _:
            pass


def _next_look(outage: Outage, policy: Policy) -> datetime | None:
    """When its sessions are gone through again; None once the last that it hit must be closed.

    A session has no outcome before its end, and one that was mended may go on for hours.
    """
    until, begun = outage.extent.until, outage.pass_started_at
    looks = (until + timedelta(seconds=seconds) for seconds in policy.outage_looks)
    return next((look for look in looks if begun is None or look > begun), None)
