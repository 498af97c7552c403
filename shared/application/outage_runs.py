"""The run of an outage: every session it may have broken is looked at, and made good once (S1.13).

A message stands for one shard of a pass and leads to the next one, page after page. How far a shard
is stands in a row that only its own workers write, each under the condition that nobody else did
meanwhile: a message that comes twice, or a worker that died, leads to pages that are worked twice
and counted once. The outage itself hears of a pass only when it is through.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from shared.application.outage_records import OutageRecords
from shared.application.outage_store import OutcomeRow, Progress
from shared.application.store import Cause
from shared.domain.effects import Effect, EffectKind
from shared.domain.errors import NotFound
from shared.domain.outage import commands as c
from shared.domain.outage.consequences import shard_named
from shared.domain.outage.outage import Outage, Status
from shared.domain.outage.reach import SHARDS, step, steps, touches

# Quiet hours are passed over in one go, but for so many at most that a worker has time for them.
_MOST_QUERIES = 50
# A message can be delayed for fifteen minutes at most.
_WAIT = timedelta(minutes=10)


class Compensate(Protocol):
    """Makes good one booking that an outage broke."""

    def __call__(self, booking_id: str, outage: Outage) -> bool:
        """Compensate it and have its customer told, once however often it is asked for.

        Returns:
            Whether the outage broke it: it is compensated now, or was before.
        """
        ...


class OutageRuns:
    """Carries out passes.

    Args:
        records: the outages, and the table.
        compensate: makes good one booking.
        send: puts an effect into the queue of its worker.
    """

    def __init__(
        self, records: OutageRecords, compensate: Compensate, send: Callable[[Effect], None]
    ) -> None:
        self._records = records
        self._store = records.store
        self._compensate = compensate
        self._send = send

    def work(self, number: str, subject: str) -> Mapping[str, Exception]:
        """Work one page of a shard, and ask for the next; nothing where the pass is not on.

        Args:
            number: of the outage.
            subject: which shard of which pass.

        Returns:
            Why bookings could not be compensated now, by their number; each is tried by itself.
        """
        which, shard = shard_named(subject)
        failures: dict[str, Exception] = {}
        outage = self._records.load(number).state
        if not outage.is_at(which):
            return failures  # stopped, finished, or a message of a pass that is over
        known = {one.shard: one for one in self._store.progress(number, which)}
        now = known.get(shard, Progress(which, shard))
        if now.step < steps(outage.extent):
            now = self._page(outage, now, failures)
            if not self._store.note_progress(number, now):
                return failures  # another worker did this page, and asked for the next
        if now.step < steps(outage.extent):
            self._send(Effect(EffectKind.RUN_OUTAGE, number, subject))
        elif self._is_through(outage):
            cause = Cause("FinishPass", "worker", {"pass": str(which)})
            self._records.apply(number, c.FinishPass(which), cause)
        return failures

    def compensate(self, number: str, booking_id: str) -> None:
        """Try once more what failed on its page; while the run is stopped it waits.

        Args:
            number: of the outage.
        """
        outage = self._records.load(number).state
        if outage.status is Status.STOPPED:
            later = self._records.clock.now() + _WAIT
            self._send(Effect(EffectKind.COMPENSATE, number, booking_id, at=later))
        else:
            self._compensate(booking_id, outage)

    def _page(self, outage: Outage, progress: Progress, failures: dict[str, Exception]) -> Progress:
        """The shard after its next page that is not empty, or after many that are."""
        extent, left = outage.extent, _MOST_QUERIES
        while progress.step < steps(extent) and left:
            grade, hour = step(extent, progress.step)
            page = self._store.outcomes(grade, hour, progress.shard, progress.cursor)
            progress = replace(
                progress,
                step=progress.step if page.cursor else progress.step + 1,
                cursor=page.cursor,
            )
            left -= 1
            if page.items:
                progress = self._counted(outage, progress, page.items, failures)
                break
        return replace(progress, turn=progress.turn + 1)

    def _counted(
        self,
        outage: Outage,
        progress: Progress,
        rows: Sequence[OutcomeRow],
        failures: dict[str, Exception],
    ) -> Progress:
        """The progress with a page's sessions in it, each made good where the outage broke it."""
        found = [row for row in rows if touches(outage.extent, row.since, row.until)]
        compensated = 0
        for row in found:
            try:
                compensated += self._compensate(row.booking_id, outage)
            except NotFound:
                continue  # a stale row of the index does no harm
            except Exception as error:
                # One that fails again and again must not keep the others waiting: it gets a
                # message of its own, which ends where an alarm watches.
                failures[row.booking_id] = error
                self._send(Effect(EffectKind.COMPENSATE, outage.number, row.booking_id))
        return replace(
            progress,
            looked=progress.looked + len(rows),
            found=progress.found + len(found),
            compensated=progress.compensated + compensated,
            put_aside=progress.put_aside + len(failures),
        )

    def _is_through(self, outage: Outage) -> bool:
        """Whether every shard of the pass is at its end; the last one to get there sees it."""
        every = self._store.progress(outage.number, outage.passes)
        return sum(one.step >= steps(outage.extent) for one in every) == SHARDS
