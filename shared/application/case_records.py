"""One decision on a case: load, decide, commit; again where somebody else was first."""

from collections.abc import Callable, Mapping
from datetime import datetime

from shared.application.bookings import replayed
from shared.application.change import TRIES, case_change
from shared.application.ports import Clock, Ids
from shared.application.store import (
    Busy,
    Cause,
    KeyUsed,
    Loaded,
    Replay,
    StaleRead,
    Store,
)
from shared.domain.case import commands as c
from shared.domain.case import events as e
from shared.domain.case.case import Case
from shared.domain.case.decide import decide
from shared.domain.errors import Conflict, NotFound
from shared.domain.policy import CURRENT

_SYSTEM = "cases"


class CaseRecords:
    """The way every change of a case takes.

    Args:
        store: the table.
        clock: business time.
        ids: fresh case numbers.
        pause: waits before the n-th retry, with jitter.
    """

    def __init__(self, store: Store, clock: Clock, ids: Ids, pause: Callable[[int], None]) -> None:
        self.store = store
        self.clock = clock
        self._ids = ids
        self._pause = pause

    def load(self, number: str) -> Loaded[Case]:
        """A case as it stands.

        Raises:
            NotFound: there is none of this number.
        """
        loaded = self.store.case(number)
        if loaded is None:
            raise NotFound("case_unknown", "There is no such case.", "case_number")
        return loaded

    def open(
        self,
        matter: str,
        kind: e.CaseKind,
        about: e.About,
        deadline: datetime,
        cause: Cause,
        *,
        language: str = "en",
        facts: Mapping[str, str] | None = None,
        text: tuple[str, Callable[[str], str]] | None = None,
        owner: str = _SYSTEM,
        fingerprint: str = "",
    ) -> Case:
        """Open the case of a matter, once: asked again, it is the same case.

        Args:
            matter: names it, unique for its owner.
            deadline: by when somebody must act, UTC.
            cause: for its history.
            facts: short texts without personal data.
            text: id of what the customer wrote, and what seals it for the case of a number.
            owner: who asks for it: we ourselves, or whoever sent the idempotency key.
            fingerprint: of the request it came with, where it came with one.

        Raises:
            RuleBroken: the same was asked for by another request.
        """
        text_id, seal = text or (None, None)
        for attempt in range(TRIES):
            before = replayed(self.store, Replay(owner, matter, fingerprint, ""))
            if before is not None:
                return self.load(before).state
            number, now = self._ids.booking_id(), self.clock.now()
            opened = c.OpenCase(
                number,
                kind,
                about,
                deadline,
                CURRENT.case_escalation,
                language,
                facts or {},
                text_id,
            )
            events, case = decide(None, opened, now)
            replay = Replay(owner, matter, fingerprint, number)
            texts = {text_id: seal(number)} if text_id and seal else None
            try:
                self.store.commit(case_change(None, events, case, now, cause, replay, texts))
            except (KeyUsed, Busy):
                self._pause(attempt)
            else:
                return case
        raise Conflict("busy", "Too many changes at once; please try again.")

    def apply(
        self, number: str, command: c.Command, cause: Cause, *, at: datetime | None = None
    ) -> Case:
        """Carry out one command, and whatever else is due.

        Args:
            number: which case.
            command: what is asked; repeating it does no harm.
            cause: for its history.
            at: the moment a timer stood for, where our clock is still a little behind it; UTC.

        Raises:
            RuleBroken, NotFound: as `decide` does.
            Conflict: others were first, again and again.
        """
        for attempt in range(TRIES):
            loaded = self.load(number)
            now = max(self.clock.now(), at) if at else self.clock.now()
            events, after = decide(loaded.state, command, now)
            if not events:
                return loaded.state
            try:
                self.store.commit(case_change(loaded, events, after, now, cause))
            except (StaleRead, Busy):
                self._pause(attempt)
            else:
                return after
        raise Conflict("busy", "Too many changes at once; please try again.")
