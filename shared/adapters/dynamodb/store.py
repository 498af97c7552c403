"""The store over DynamoDB: one table, one transaction per decision."""

from collections.abc import Callable

from shared.adapters.dynamodb.accounts import AccountRows
from shared.adapters.dynamodb.bookings import BookingRows
from shared.adapters.dynamodb.commits import Commits
from shared.adapters.dynamodb.inbox import InboxRows
from shared.adapters.dynamodb.operators import OperatorRows
from shared.adapters.dynamodb.outages import OutageRows
from shared.adapters.dynamodb.payments import PaymentRows
from shared.adapters.dynamodb.tables import connect


class DynamoStore(
    Commits, InboxRows, BookingRows, PaymentRows, OutageRows, OperatorRows, AccountRows
):
    """`shared.application.outage_store.OutageStore`, each subject from its own class.

    Args:
        table: its name.
        now: real time in epoch seconds, by which items expire.
    """

    def __init__(self, table: str, now: Callable[[], float]) -> None:
        self._tables = connect(table)
        self._now = now
