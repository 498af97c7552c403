"""The watch: judges each minute of the house, and proposes what looks like an outage."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta, tzinfo

from shared.application.ports import Clock
from shared.application.pulses import Pulses, Watched
from shared.domain.policy import CURRENT, Policy
from shared.domain.watch.detection import Proposal, Signal, Span, detect, looked_at
from shared.domain.watch.norms import QUARTER, Norm, norm_of, reach, totals
from shared.domain.watch.pulse import Counts, Series, minute_of

# Is handed every outage again and again while it goes on, and once more when it is over; what it
# knows by its signal and beginning it does not take for a new one.
Propose = Callable[[Proposal], None]
# Norms are made for so many minutes to come: the days before are then read four times an hour.
_AHEAD = QUARTER


@dataclass(frozen=True, slots=True)
class Look:
    """What one look brought.

    Args:
        counts: of the minutes judged for the first time.
        proposals: what is out of order, or was until lately.
        failures: of handing proposals over; they are handed over again at the next look.
    """

    counts: Counts
    proposals: tuple[Proposal, ...]
    failures: tuple[Exception, ...] = field(default=())


class Watch:
    """Looks at the pulse once a minute.

    Args:
        pulses: the counts.
        clock: business time.
        propose: see `Propose`.
        zone: where those live who come and go.
        policy: what is out of order.
    """

    def __init__(
        self,
        pulses: Pulses,
        clock: Clock,
        propose: Propose,
        zone: tzinfo,
        policy: Policy = CURRENT,
    ) -> None:
        self._pulses = pulses
        self._clock = clock
        self._propose = propose
        self._zone = zone
        self._policy = policy
        # Past days do not change: a minute's norm holds for the life of the process.
        self._norms: dict[int, Norm] = {}

    def look(self) -> Look:
        """Judge the minutes that are settled by now.

        A new outage is remembered before it is proposed, so that it keeps its beginning; that it
        has ended only after its end was taken.
        """
        end = minute_of(self._clock.now() - timedelta(seconds=self._policy.watch_settle))
        minutes = looked_at(end, self._policy)
        before = self._pulses.watched() or Watched(end - 1, {})
        counts = self._pulses.pulses(minutes)
        proposals = tuple(detect(counts, self._norms_of(minutes), end, before.known, self._policy))
        known = dict(before.known) | {p.signal: Span(p.since, None) for p in proposals}
        if known != before.known:
            self._pulses.note_watched(Watched(before.end, known))
        ended, failures = self._handed_over(proposals)
        self._pulses.note_watched(Watched(max(end, before.end), known | ended))
        fresh = range(max(before.end, minutes.start), end)
        return Look(totals(counts, fresh), proposals, failures)

    def _handed_over(
        self, proposals: Iterable[Proposal]
    ) -> tuple[dict[Signal, Span], tuple[Exception, ...]]:
        """The ends that were taken, and why others were not."""
        ended, failures = dict[Signal, Span](), list[Exception]()
        for proposal in proposals:
            try:
                self._propose(proposal)
            except Exception as failure:
                failures.append(failure)
                continue
            if proposal.until is not None:
                ended[proposal.signal] = Span(proposal.since, proposal.until)
        return ended, tuple(failures)

    def _norms_of(self, minutes: range) -> Mapping[int, Norm]:
        missing = next((minute for minute in minutes if minute not in self._norms), None)
        if missing is not None:
            made = range(missing, minutes.stop + _AHEAD)
            past = self._past(made)
            kept = {m: n for m, n in self._norms.items() if minutes.start <= m < missing}
            self._norms = kept | {m: norm_of(m, past, self._policy, self._zone) for m in made}
        return self._norms

    def _past(self, minutes: range) -> Series:
        """The days before, as far as the norms of these minutes need them."""
        past: dict[int, Counts] = {}
        for day in range(1, self._policy.watch_days + 1):
            past.update(self._pulses.pulses(reach(minutes, day, self._policy, self._zone)))
        return past
