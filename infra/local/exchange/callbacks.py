"""Requests to our own URLs: retries as asked for in the URL, and the unkindness of networks."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs, urldefrag

from infra.local.exchange.agenda import Agenda

# twilio.com/docs/usage/webhooks/webhooks-connection-overrides: rc is 0 to 5, rp is ct by default.
_MOST_RETRIES = 5
_SECONDS_BETWEEN_ATTEMPTS = 1.0
_PLACING = ("429", "500", "timeout")


class Failure(StrEnum):
    """Why no answer came, in the words of the retry policy `rp`."""

    CONNECT = "ct"
    READ = "rt"
    CLIENT_ERROR = "4xx"
    SERVER_ERROR = "5xx"


@dataclass(frozen=True, slots=True)
class Request:
    """A form-encoded POST to one of our URLs.

    Args:
        request_id: the same on every attempt (sent as I-Twilio-Idempotency-Token).
        url: without the fragment, which is never sent.
        wants_twiml: whether the answer is executed; otherwise it is only noted.
        retries: how many more attempts may follow this one.
    """

    request_id: str
    url: str
    params: Mapping[str, str]
    wants_twiml: bool
    retries: int


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong on the way; nothing by default. Requests for TwiML are not touched.

    Args:
        drop_every: every n-th callback never arrives; 0 for none. The same for the next two.
        double_every: every n-th callback comes twice.
        delay_every: every n-th callback is late by `delay_seconds`.
        drop_share: chance of 0 to 1 that a callback never arrives.
        shuffle_seconds: each callback is late by a random part of this, so that they overtake.
        seed: of the chances.
        placing: what the next requests to place a call meet, in order: "429" (nothing happened),
            "500" or "timeout" (the call was placed).
    """

    drop_every: int = 0
    double_every: int = 0
    delay_every: int = 0
    delay_seconds: float = 0.0
    drop_share: float = 0.0
    shuffle_seconds: float = 0.0
    seed: int = 0
    placing: tuple[str, ...] = ()


class FaultsInvalid(Exception):
    """Faults that are not of the form of Faults; the text says why."""


def faults_from_json(document: Mapping[str, object]) -> Faults:
    """Read {field of Faults: value}; what is not named goes right.

    Raises:
        FaultsInvalid: naming the field.
    """
    kinds = {field.name: type(field.default) for field in fields(Faults)}
    values: dict[str, Any] = {}
    for name, value in document.items():
        match kinds.get(name), value:
            case kind, list() if kind is tuple and all(v in _PLACING for v in value):
                values[name] = tuple(value)
            case kind, int() if kind is int and type(value) is int and value >= 0:
                values[name] = value
            case kind, int() | float() if kind is float and type(value) is not bool and value >= 0:
                values[name] = float(value)
            case _:
                raise FaultsInvalid(f"{name}: {value!r} is not possible")
    return Faults(**values)


class Courier:
    """Carries requests out of the model and answers back into it.

    Args:
        agenda: virtual time.
        new_id: a fresh request id.
    """

    def __init__(self, agenda: Agenda, new_id: Callable[[], str]) -> None:
        self._agenda = agenda
        self._new_id = new_id
        self._outgoing: list[Request] = []
        self._waiting: dict[str, tuple[Request, str, Callable[[str | Failure], None]]] = {}
        self.meet(Faults())

    def meet(self, faults: Faults) -> None:
        """Let the callbacks from now on meet these faults."""
        self._faults = faults
        self._random = random.Random(faults.seed)
        self._told = 0
        self._placing = list(faults.placing)

    def placing_fault(self) -> str | None:
        """What the request to place a call that is being answered meets."""
        return self._placing.pop(0) if self._placing else None

    @property
    def waiting(self) -> int:
        """How many requests have no answer yet."""
        return len(self._waiting)

    def ask(
        self, url: str, params: Mapping[str, str], answer: Callable[[str | Failure], None]
    ) -> None:
        """Ask a URL of ours for TwiML; `answer` gets it, or the failure of the last attempt."""
        self._send(url, params, True, answer)

    def tell(self, url: str, params: Mapping[str, str]) -> None:
        """Report something to a URL of ours, through the faults."""
        self._told += 1
        if self._nth(self._faults.drop_every) or self._random.random() < self._faults.drop_share:
            return
        late = self._random.random() * self._faults.shuffle_seconds
        if self._nth(self._faults.delay_every):
            late += self._faults.delay_seconds
        for _ in range(2 if self._nth(self._faults.double_every) else 1):
            if late:
                self._agenda.after(late, lambda: self._send(url, params, False, _forget))
            else:
                self._send(url, params, False, _forget)

    def take(self) -> list[Request]:
        """The requests to be carried out now; each is handed out once."""
        taken, self._outgoing = self._outgoing, []
        return taken

    def answered(self, request_id: str, answer: str | Failure) -> None:
        """Bring back what came of a request; a failure is retried where the URL asked for it."""
        request, policy, act = self._waiting.pop(request_id)
        if isinstance(answer, Failure) and request.retries and _covers(policy, answer):
            again = replace(request, retries=request.retries - 1)
            self._waiting[request_id] = again, policy, act
            self._agenda.after(_SECONDS_BETWEEN_ATTEMPTS, lambda: self._outgoing.append(again))
        else:
            act(answer)

    def _nth(self, every: int) -> bool:
        return every > 0 and self._told % every == 0

    def _send(
        self,
        url: str,
        params: Mapping[str, str],
        wants_twiml: bool,
        act: Callable[[str | Failure], None],
    ) -> None:
        bare, fragment = urldefrag(url)
        overrides = parse_qs(fragment)
        retries = min(int(overrides.get("rc", ["0"])[0]), _MOST_RETRIES)
        request = Request(self._new_id(), bare, params, wants_twiml, retries)
        self._waiting[request.request_id] = request, overrides.get("rp", ["ct"])[0], act
        self._outgoing.append(request)


def _covers(policy: str, failure: Failure) -> bool:
    return not {"all", failure.value}.isdisjoint(policy.split(","))


def _forget(_: str | Failure) -> None:
    """The provider ignores what a callback answers."""
