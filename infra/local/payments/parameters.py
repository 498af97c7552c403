"""Form-encoded parameters, nested by brackets, and their checks (docs.stripe.com/api)."""

import re
from collections.abc import Iterable, Sequence

from infra.local.payments.errors import invalid, missing_parameter

type Tree = dict[str, "str | Tree"]

_LIMITS = {"metadata keys": 50, "metadata key": 40, "metadata value": 500}


def parse(pairs: Iterable[tuple[str, str]]) -> Tree:
    """Nest `a[b][0]=x` as {"a": {"b": {"0": "x"}}}; `a[]=x` takes the next free index."""
    tree: Tree = {}
    for name, value in pairs:
        head, *rest = re.findall(r"[^\[\]]+|(?<=\[)(?=\])", name) or [name]
        branch, key = tree, head
        for step in rest:
            below = branch.setdefault(key, {})
            if isinstance(below, str):
                raise invalid(f"Invalid object: {name}", param=name)
            branch, key = below, step or str(len(below))
        branch[key] = value
    return tree


class Parameters:
    """Reads each parameter once and refuses those nobody asked for.

    Args:
        tree: what `parse` made of the request.
    """

    def __init__(self, tree: Tree) -> None:
        self._left = dict(tree)

    def text(self, name: str) -> str | None:
        """A string, or None where it is not given; an empty one is refused."""
        value = self._left.pop(name, None)
        if isinstance(value, dict):
            raise invalid(f"Invalid string: {value}", param=name)
        if value == "":
            raise invalid(
                f"You passed an empty string for '{name}'.",
                code="parameter_invalid_empty",
                param=name,
            )
        return value

    def required(self, name: str) -> str:
        """A string that must be given."""
        value = self.text(name)
        if value is None:
            raise missing_parameter(name)
        return value

    def integer(self, name: str, low: int, high: int | None = None) -> int | None:
        """A whole number from `low` to `high`, or None where it is not given."""
        value = self.text(name)
        if value is None:
            return None
        problem = None
        if re.fullmatch(r"-?[0-9]{1,18}", value) is None:
            problem = f"Invalid integer: {value}"
        elif int(value) < low:
            problem = f"This value must be greater than or equal to {low}."
        elif high is not None and int(value) > high:
            problem = f"This value must be less than or equal to {high}."
        if problem is not None:
            raise invalid(problem, code="parameter_invalid_integer", param=name)
        return int(value)

    def flag(self, name: str) -> bool:
        """True or false; false where it is not given."""
        return self.choice(name, ("true", "false")) == "true"

    def choice(self, name: str, allowed: Sequence[str]) -> str | None:
        """One of a few words, or None where it is not given."""
        value = self.text(name)
        if value is not None and value not in allowed:
            raise invalid(f"Invalid {name}: must be one of {', '.join(allowed)}", param=name)
        return value

    def texts(self, name: str) -> list[str]:
        """A list of strings, empty where it is not given."""
        value = self._left.pop(name, {})
        entries = list(value.values()) if isinstance(value, dict) else [value]
        if not all(isinstance(entry, str) for entry in entries):
            raise invalid("Invalid array", param=name)
        return [str(entry) for entry in entries]

    def below(self, name: str) -> "Parameters":
        """The parameters inside `name[...]`; none where it is not given."""
        value = self._left.pop(name, {})
        if isinstance(value, str):
            raise invalid("Invalid object", param=name)
        return Parameters(value)

    def given(self, name: str) -> bool:
        """Whether a parameter was sent and not read yet."""
        return name in self._left

    def metadata(self) -> dict[str, str]:
        """`metadata[...]` within its limits (docs.stripe.com/api/metadata); "" unsets a key."""
        value = self._left.pop("metadata", {})
        if isinstance(value, str):
            raise invalid("Invalid object", param="metadata")
        if len(value) > _LIMITS["metadata keys"]:
            raise invalid("You can have up to 50 keys in metadata.", param="metadata")
        found: dict[str, str] = {}
        for key, text in value.items():
            if not isinstance(text, str) or len(text) > _LIMITS["metadata value"]:
                raise invalid(
                    "Metadata values must be strings of up to 500 characters.",
                    param=f"metadata[{key}]",
                )
            if len(key) > _LIMITS["metadata key"]:
                raise invalid(
                    "Metadata keys can be up to 40 characters long.", param=f"metadata[{key}]"
                )
            found[key] = text
        return found

    def done(self) -> None:
        """Refuse whatever was sent and not read."""
        for name in self._left:
            raise invalid(
                f"Received unknown parameter: {name}", code="parameter_unknown", param=name
            )
