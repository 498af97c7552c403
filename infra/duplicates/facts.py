"""From the logs of the API and the provider's charges to purchases, as our system would know them.

What a client saw (`answer`) is not read: we only know what reached us.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from infra.duplicates.house import CHARGES, REQUESTS, Json, read_lines
from shared.domain.duplicates import AskedSession, AskedTopUp, Purchase
from shared.domain.money import Money

_SHOWN = re.compile(r"POST /v1/payments/(\w+)/shown")
_CANCEL = re.compile(r"POST /v1/bookings/(\w+)/cancel")
_ORDERS = ("POST /v1/bookings", "POST /v1/account/top-ups")
_FAR = datetime.max.replace(tzinfo=UTC)


class Facts:
    """Everything the logs tell, with the moment from which on it was known.

    Args:
        requests: lines of requests.jsonl.
        charges: lines of charges.jsonl, in the order they were delivered.
    """

    def __init__(self, requests: Iterable[Json], charges: Iterable[Json]) -> None:
        self._orders: dict[str, Json] = {}
        self._shown: dict[str, datetime] = {}
        self._cancelled: dict[str, datetime] = {}
        self._spent: dict[str, list[datetime]] = defaultdict(list)
        for request in requests:
            self._read(request)
        self.captures = [charge for charge in charges if charge["captured"]]
        self._oldest = self._oldest_top_ups()

    @classmethod
    def of(cls, folder: Path) -> "Facts":
        """What the two logs in a folder tell; nothing else there is opened."""
        return cls(read_lines(folder / REQUESTS), read_lines(folder / CHARGES))

    def purchase(self, charge: Json, now: datetime) -> Purchase:
        """A captured charge, with what was known of it at a moment.

        Args:
            charge: one of `captures`.
            now: nothing that came later is told.
        """
        order_id = charge["metadata"]["order_id"]
        order = self._orders[order_id]
        item, currency = _item(order["body"]), charge["currency"]
        session = isinstance(item, AskedSession)
        begun = item.starts_at if isinstance(item, AskedSession) else self._first_spent(charge)
        shown = self._shown.get(charge["payment_intent"], _FAR)
        return Purchase(
            payment_id=charge["payment_intent"],
            customer_id=order["customer"],
            booking_id=order_id if session else None,
            checkout=order["body"]["checkout"],
            item=item,
            amount=Money(charge["amount_captured"], currency),
            due=Money(order["result"]["due"], currency),
            card=charge["payment_method_details"]["card"]["fingerprint"],
            requested_at=datetime.fromisoformat(order["at"]),
            paid_at=captured_at(charge),
            shown_at=shown if shown <= now else None,
            used=begun <= now,
            returned=self._cancelled.get(order_id, _FAR) <= now,
        )

    def _read(self, request: Json) -> None:
        route, at = request["route"], datetime.fromisoformat(request["at"])
        made = request["result"].get("id")
        if route in _ORDERS and made is not None:
            # A request with a known key is answered with what the first one made.
            self._orders.setdefault(made, request)
            if request["body"].get("use_balance"):
                self._spent[request["customer"]].append(at)
        elif told := _SHOWN.fullmatch(route):
            self._shown.setdefault(told[1], at)
        elif ended := _CANCEL.fullmatch(route):
            self._cancelled.setdefault(ended[1], at)

    def _oldest_top_ups(self) -> dict[str, str]:
        """Of each customer, the top-up from which is spent first (S2.9)."""
        oldest: dict[str, str] = {}
        for charge in sorted(self.captures, key=captured_at):
            order = self._orders[charge["metadata"]["order_id"]]
            if "amount" in order["body"]:
                oldest.setdefault(order["customer"], charge["payment_intent"])
        return oldest

    def _first_spent(self, charge: Json) -> datetime:
        customer = self._orders[charge["metadata"]["order_id"]]["customer"]
        if self._oldest[customer] != charge["payment_intent"]:
            return _FAR
        later = (at for at in self._spent[customer] if at >= captured_at(charge))
        return min(later, default=_FAR)


def captured_at(charge: Json) -> datetime:
    """When the provider took the money; in whole seconds, as it tells them."""
    return datetime.fromtimestamp(charge["created"], UTC)


def _item(body: Json) -> AskedSession | AskedTopUp:
    if amount := body.get("amount"):
        return AskedTopUp(Money(amount["amount_minor"], amount["currency"]))
    starts_at = datetime.fromisoformat(body["starts_at"])
    return AskedSession(body["operator_id"], starts_at, body["minutes"] * 60)
