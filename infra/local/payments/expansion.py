"""`expand[]`: ids replaced by what they stand for (docs.stripe.com/api/expanding_objects)."""

from collections.abc import Sequence

from infra.local.payments.errors import invalid
from infra.local.payments.model import PaymentsModel
from infra.local.payments.objects import Json

_DEEPEST = 4
# What can be expanded, and the kind of object that is then there.
_FIELDS = {
    "payment_intent": {
        "customer": "customer",
        "latest_charge": "charge",
        "payment_method": "payment_method",
    },
    "charge": {
        "balance_transaction": "balance_transaction",
        "customer": "customer",
        "payment_intent": "payment_intent",
    },
    "refund": {
        "balance_transaction": "balance_transaction",
        "charge": "charge",
        "failure_balance_transaction": "balance_transaction",
        "payment_intent": "payment_intent",
    },
    "dispute": {"charge": "charge", "payment_intent": "payment_intent"},
    "payment_method": {"customer": "customer"},
}


def check(paths: Sequence[str], kind: str, *, listed: bool) -> None:
    """Refuse what cannot be expanded before anything is done.

    Args:
        paths: such as "latest_charge.balance_transaction", under "data." in lists.
        kind: of the object answered, or of those in the list.

    Raises:
        ApiError: 400, naming the path.
    """
    for path in paths:
        steps, at = path.split("."), kind
        if listed and steps[0] == "data":
            del steps[0]
        elif listed:
            at = "list"
        if not 0 < len(steps) <= _DEEPEST:
            raise _refused(path)
        for step in steps:
            if step not in _FIELDS.get(at, {}):
                raise _refused(path)
            at = _FIELDS[at][step]


def expanded(document: Json, paths: Sequence[str], model: PaymentsModel) -> Json:
    """A document with what the checked paths name in place of its ids; the model's is kept."""
    for path in paths:
        document = _with(document, path.split("."), model)
    return document


def _with(document: Json, steps: Sequence[str], model: PaymentsModel) -> Json:
    step, *rest = steps
    value = document.get(step)
    if isinstance(value, list):
        return document | {step: [_with(each, rest, model) for each in value]}
    if isinstance(value, str):
        value = model.find(_FIELDS[document["object"]][step], value)
    if value is None:
        return document
    return document | {step: _with(value, rest, model) if rest else value.copy()}


def _refused(path: str) -> Exception:
    return invalid(f"This property cannot be expanded ({path}).", param="expand")
