"""What the table says the time is."""

from collections.abc import Callable
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from shared.adapters.dynamodb.tables import connect


def on_every_answer(table: str, told: Callable[[datetime], None]) -> None:
    """Pass on the time of every answer of a table, in whole seconds, UTC.

    Each carries it as a Date header (RFC 9110, 6.6.1).
    """

    def answered(**call: Any) -> None:
        date = call["parsed"].get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
        if date:
            told(parsedate_to_datetime(date))

    client: Any = connect(table).connection.connection.client
    client.meta.events.register("after-call.dynamodb", answered)
