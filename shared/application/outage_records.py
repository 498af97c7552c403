"""One decision on an outage: load, decide, commit; again where somebody else was first."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime

from shared.application.bookings import replayed
from shared.application.change import TRIES, outage_change
from shared.application.outage_store import OutageStore
from shared.application.ports import Clock, Ids
from shared.application.store import Busy, Cause, KeyUsed, Loaded, Replay, StaleRead
from shared.domain.booking_number import LENGTH, with_check_digit
from shared.domain.errors import Conflict, NotFound, RuleBroken
from shared.domain.outage import commands as c
from shared.domain.outage.decide import decide
from shared.domain.outage.events import Extent
from shared.domain.outage.outage import Outage, Status
from shared.domain.policy import CURRENT

_PAGE = 50


class OutageRecords:
    """The way every change of an outage takes.

    Args:
        store: the table.
        clock: business time.
        ids: fresh outage numbers.
        pause: waits before the n-th retry, with jitter.
    """

    def __init__(
        self, store: OutageStore, clock: Clock, ids: Ids, pause: Callable[[int], None]
    ) -> None:
        self.store = store
        self.clock = clock
        self._ids = ids
        self._pause = pause

    def load(self, number: str) -> Loaded[Outage]:
        """An outage as it stands.

        Raises:
            NotFound: there is none of this number.
        """
        loaded = self.store.outage(number)
        if loaded is None:
            raise NotFound("outage_unknown", "There is no such outage.", "outage_id")
        return loaded

    def propose(
        self,
        signal: str,
        since: datetime,
        until: datetime | None,
        evidence: Mapping[str, str],
    ) -> Outage:
        """Keep what detection saw, and have a manager decide; once per signal and beginning.

        Seen again it is the same outage, after days too; its end is noted when it comes. Where a
        manager has declared a part of it by then, the rest is proposed for itself.

        Args:
            signal: what it was seen by.
            since: UTC.
            until: UTC; None where it goes on.
            evidence: short texts for the manager, by name.

        Raises:
            Conflict: others were first, again and again.
        """
        number, cause = _number_of(signal, since), Cause("Propose", "detection", {"signal": signal})
        for attempt in range(TRIES):
            known = self.store.outage(number)
            if known is not None:
                return self._seen_again(known.state, signal, until, evidence)
            try:
                return self._begun(c.Propose(number, signal, since, until, evidence), cause)
            except (KeyUsed, Busy):
                self._pause(attempt)
        raise Conflict("busy", "Too many changes at once; please try again.")

    def _seen_again(
        self, known: Outage, signal: str, until: datetime | None, evidence: Mapping[str, str]
    ) -> Outage:
        if until is None or known.status is Status.DISMISSED:
            return known
        if known.status is Status.PROPOSED:
            cause = Cause("NoteEnd", "detection", {"signal": signal})
            return self.apply(known.number, c.NoteEnd(until), cause)
        declared = known.extent
        if until > declared.until:
            # Declared while it went on, as nobody can declare what is to come.
            rest = {**evidence, "after_outage": known.number}
            self.propose(signal, declared.until, until, rest)
        return known

    def declare(self, extent: Extent, by: str, replay: Replay) -> Outage:
        """Declare an outage; every session it broke is made good from now on (S1.13).

        Args:
            by: "agent:<id>".
            replay: the idempotency key of the request.

        Raises:
            RuleBroken: it cannot have been like that, or names somebody who is no operator.
            Conflict: the very same is declared already, and its run not finished.
        """
        self._require_known(extent.operators)
        cause = Cause("Declare", "desk", {"idempotency_key": replay.key})
        for attempt in range(TRIES):
            before = replayed(self.store, replay)
            if before is not None:
                return self.load(before).state
            self._require_new(extent)
            number = self._ids.booking_id()
            used = Replay(replay.owner, replay.key, replay.fingerprint, number)
            try:
                return self._begun(c.Declare(number, extent, by), cause, used)
            except (KeyUsed, Busy):
                self._pause(attempt)
        raise Conflict("busy", "Too many changes at once; please try again.")

    def confirm(self, number: str, command: c.Confirm) -> Outage:
        """Declare what was proposed, as a manager says it was; repeating it does no harm.

        Raises:
            RuleBroken, NotFound: as `declare` and `apply` do.
        """
        self._require_known(command.operators)
        return self.apply(number, command, Cause("Confirm", "desk", {}))

    def apply(
        self,
        number: str,
        command: c.Command,
        cause: Cause,
        *,
        at: datetime | None = None,
        replay: Replay | None = None,
    ) -> Outage:
        """Carry out one command, and whatever else is due.

        Args:
            number: which outage.
            command: what is asked.
            cause: for its history.
            at: the moment a timer stood for, where our clock is still a little behind it; UTC.
            replay: the idempotency key of a request that may not be carried out twice.

        Raises:
            RuleBroken, NotFound: as `decide` does.
            Conflict: others were first, again and again.
        """
        for attempt in range(TRIES):
            if replayed(self.store, replay) is not None:
                return self.load(number).state
            loaded = self.load(number)
            now = max(self.clock.now(), at) if at else self.clock.now()
            events, after = decide(loaded.state, command, now, CURRENT)
            if not events:
                return loaded.state
            try:
                self.store.commit(outage_change(loaded, events, after, now, cause, replay))
            except (StaleRead, KeyUsed, Busy):
                self._pause(attempt)
            else:
                return after
        raise Conflict("busy", "Too many changes at once; please try again.")

    def _begun(
        self, command: c.Propose | c.Declare, cause: Cause, used: Replay | None = None
    ) -> Outage:
        """A new outage.

        Raises:
            KeyUsed: its number, or the key of the request, was used before.
            Busy: the table was throttled; nothing was written.
        """
        now = self.clock.now()
        events, outage = decide(None, command, now, CURRENT)
        self.store.commit(outage_change(None, events, outage, now, cause, used))
        return outage

    def _require_known(self, operators: frozenset[str]) -> None:
        """A name that is mistyped would have us find nothing."""
        for operator_id in sorted(operators):
            if self.store.operator(operator_id) is None:
                raise RuleBroken(
                    "operator_unknown", f"There is no operator {operator_id}.", "operators"
                )

    def _require_new(self, extent: Extent) -> None:
        """Declaring the same twice pays nobody twice, but is surely not what was meant."""
        cursor: str | None = None
        while True:
            page = self.store.outages(cursor, _PAGE)
            for one in page.items:
                if one.opened_at < extent.since:
                    return  # none that was opened before its beginning is the same
                if one.is_open and (one.since, one.until, one.operators) == (
                    extent.since,
                    extent.until,
                    extent.operators,
                ):
                    raise Conflict(
                        "outage_declared",
                        f"Outage {one.number} has the same range and scope, and is {one.status}.",
                    )
            cursor = page.cursor
            if cursor is None:
                return


def _number_of(signal: str, since: datetime) -> str:
    """The number of a proposal, ever the same: idempotency keys are forgotten after days."""
    digest = hashlib.sha256(f"{signal}:{since.isoformat()}".encode()).digest()
    return with_check_digit(str(int.from_bytes(digest) % 10 ** (LENGTH - 1)).zfill(LENGTH - 1))
