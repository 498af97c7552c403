"""Scripted people: what the person at a number does, call by call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime


class ScriptInvalid(Exception):
    """A script that nobody could act out; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Pick up after so many seconds of ringing."""

    after: float = 3.0


@dataclass(frozen=True, slots=True)
class Voicemail:
    """A machine picks up, presses nothing, and hangs up when it has recorded long enough.

    Args:
        after: seconds of ringing.
        records: seconds from answer to hanging up.
    """

    after: float = 20.0
    records: float = 60.0


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Let it ring."""


@dataclass(frozen=True, slots=True)
class Busy:
    """The line is engaged; the network says so after so many seconds."""

    after: float = 1.0


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The network cannot connect the call; it says so after so many seconds."""

    after: float = 1.0


@dataclass(frozen=True, slots=True)
class Unallocated:
    """Nobody has this number; the network says so after so many seconds."""

    after: float = 1.0


@dataclass(frozen=True, slots=True)
class Press:
    """Wait to be asked for keys, then press them.

    Args:
        keys: pressed one after the other, half a second apart.
        after: seconds from the beginning of the prompt.
    """

    keys: str
    after: float = 2.0


@dataclass(frozen=True, slots=True)
class Star:
    """Press star after so many seconds in the conference."""

    after: float


@dataclass(frozen=True, slots=True)
class Noise:
    """The line turns bad after so many seconds in the conference: words break off.

    Nobody does anything about it by himself; it shows in what is measured on the call.

    Args:
        lasts: seconds, or None to the end of the call.
    """

    after: float = 0.0
    lasts: float | None = None


@dataclass(frozen=True, slots=True)
class Drop:
    """Lose the line after so many seconds in the conference."""

    after: float


@dataclass(frozen=True, slots=True)
class DropAt:
    """Lose the line at a moment, UTC."""

    moment: datetime


@dataclass(frozen=True, slots=True)
class HangUp:
    """Hang up so many seconds after the step before (a wrong person after a word of surprise)."""

    after: float = 5.0


PRESSES_ONE = (Press("1"),)


@dataclass(frozen=True, slots=True)
class CallBack:
    """Once this call is over, dial our number.

    Args:
        after: seconds from the end of the call.
        withheld: whether the caller's number is hidden.
        steps: what the person does in that call.
    """

    after: float
    withheld: bool = False
    steps: tuple["Step", ...] = PRESSES_ONE


Ring = Answer | Voicemail | NoAnswer | Busy | Unreachable | Unallocated
Step = Ring | Press | Star | Noise | Drop | DropAt | HangUp | CallBack
Steps = tuple[Step, ...]

_STEPS: Mapping[str, type[Step]] = {
    "answer": Answer,
    "voicemail": Voicemail,
    "no_answer": NoAnswer,
    "busy": Busy,
    "unreachable": Unreachable,
    "unallocated": Unallocated,
    "press": Press,
    "star": Star,
    "noise": Noise,
    "drop": Drop,
    "drop_at": DropAt,
    "hang_up": HangUp,
    "call_back": CallBack,
}


@dataclass(frozen=True, slots=True)
class Person:
    """The person at a number.

    Args:
        calls: steps for the first call, the second, and so on; the last ones serve all that follow.
            Each begins with what happens to the ringing.
    """

    calls: tuple[Steps, ...]

    def __post_init__(self) -> None:
        if not self.calls:
            raise ScriptInvalid("calls: at least one call needs steps")
        for steps in self.calls:
            if not steps or not isinstance(steps[0], Ring):
                raise ScriptInvalid(
                    "calls: begin with answer, voicemail, no_answer, busy, unreachable "
                    "or unallocated"
                )
            in_call(steps[1:])

    def steps(self, call: int) -> Steps:
        """What the person does in the n-th call, counted from 0."""
        return self.calls[min(call, len(self.calls) - 1)]


def in_call(steps: Steps) -> Steps:
    """The same steps, once it is certain that none of them is about ringing."""
    for step in steps:
        if isinstance(step, Ring):
            raise ScriptInvalid(f"{type(step).__name__} belongs at the beginning of a call")
    return steps


EASY_GOING = Person(((Answer(), *PRESSES_ONE),))


def person_from_json(script: object) -> Person:
    """Read {"calls": [[step, ...], ...]}.

    Each step is {"do": name, ...arguments of the class of that name...}; `moment` is RFC 3339,
    `steps` of a call_back a list of steps.

    Raises:
        ScriptInvalid: naming what is wrong.
    """
    if not isinstance(script, dict) or not isinstance(script.get("calls"), list):
        raise ScriptInvalid('a person is {"calls": [[step, ...], ...]}')
    return Person(tuple(steps_from_json(steps) for steps in script["calls"]))


def steps_from_json(steps: object) -> Steps:
    """Read a list of steps; raises ScriptInvalid."""
    if not isinstance(steps, Sequence) or isinstance(steps, str):
        raise ScriptInvalid("steps are a list")
    return tuple(_step_from_json(step) for step in steps)


def _step_from_json(step: object) -> Step:
    if not isinstance(step, dict) or step.get("do") not in _STEPS:
        raise ScriptInvalid(f"{step!r}: `do` is one of {', '.join(_STEPS)}")
    kind = _STEPS[step["do"]]
    arguments = {name: value for name, value in step.items() if name != "do"}
    unknown = set(arguments) - {field.name for field in fields(kind)}
    if unknown:
        raise ScriptInvalid(f"{step['do']} takes no {', '.join(sorted(unknown))}")
    for name, value in arguments.items():
        arguments[name] = _argument(name, value)
    try:
        return kind(**arguments)
    except TypeError as missing:
        raise ScriptInvalid(f"{step['do']}: {missing}") from missing


def _argument(name: str, value: object) -> object:
    match name, value:
        case "steps", _:
            return in_call(steps_from_json(value))
        case "moment", str(text):
            try:
                return datetime.fromisoformat(text).astimezone(UTC)
            except ValueError as wrong:
                raise ScriptInvalid(f"moment: {wrong}") from wrong
        case "withheld", bool():
            return value
        case "keys", str(text) if text and set(text) <= set("0123456789*#"):
            return text
        case "after" | "records" | "lasts", int() | float() if (
            type(value) is not bool and value >= 0
        ):
            return float(value)
    raise ScriptInvalid(f"{name}: {value!r} is not possible")
