"""The heads of bookings, payments, cases and outages, and the indexes in which they stand."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model


class Row(Model):
    """Anything in the table."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)


class Due(GlobalSecondaryIndex["Head"]):  # type: ignore[no-untyped-call]
    """Bookings by when they must be looked at; only those that must."""

    class Meta:
        """As in template.yaml."""

        index_name = "due"
        projection = KeysOnlyProjection()

    due_shard = UnicodeAttribute(hash_key=True)
    due_at = UnicodeAttribute(range_key=True)


class ByOwner(GlobalSecondaryIndex["Head"]):  # type: ignore[no-untyped-call]
    """Bookings of a customer by their start."""

    class Meta:
        """As in template.yaml."""

        index_name = "by_owner"
        projection = KeysOnlyProjection()

    owner = UnicodeAttribute(hash_key=True)
    owner_sort = UnicodeAttribute(range_key=True)


class Outcomes(GlobalSecondaryIndex["Head"]):  # type: ignore[no-untyped-call]
    """Bookings whose session is over, by how it went and when that began."""

    class Meta:
        """As in template.yaml."""

        index_name = "outcomes"
        projection = KeysOnlyProjection()

    outcome = UnicodeAttribute(hash_key=True)
    outcome_at = UnicodeAttribute(range_key=True)


class Head(Row):
    """BOOKING#<id> / HEAD: what lists show of a booking, when it is due, how its session went.

    Args:
        due_at: <due time>#<booking id>.
        owner: CUSTOMER#<id>.
        owner_sort: <start>#<booking id>.
        outcome: OUTCOME#<grade>#<hour of the first symptom>#<shard> once the session is over.
        outcome_at: <first symptom>#<its end>#<booking id>.
    """

    customer_id = UnicodeAttribute()
    operator_id = UnicodeAttribute()
    seconds = NumberAttribute()
    status = UnicodeAttribute()
    owner = UnicodeAttribute()
    owner_sort = UnicodeAttribute()
    due_shard = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)
    outcome = UnicodeAttribute(null=True)
    outcome_at = UnicodeAttribute(null=True)
    due = Due()
    by_owner = ByOwner()
    outcomes = Outcomes()


class PaymentHead(Row):
    """PAYMENT#<id> / HEAD: what lists and reconciliation see of a payment, and when it is due.

    Args:
        owner: PAID#<date>#<currency> once it is captured.
        owner_sort: <amount>#<time of the charge>#<payment id>.
    """

    customer_id = UnicodeAttribute(null=True)
    booking_id = UnicodeAttribute(null=True)
    status = UnicodeAttribute()
    captured = NumberAttribute()
    currency = UnicodeAttribute()
    refunded = NumberAttribute()
    charge_id = UnicodeAttribute(null=True)
    captured_at = UnicodeAttribute(null=True)
    provider_refunds = UnicodeSetAttribute(null=True)
    closed_disputes = UnicodeSetAttribute(null=True)
    open_disputes = UnicodeSetAttribute(null=True)
    owner = UnicodeAttribute(null=True)
    owner_sort = UnicodeAttribute(null=True)
    due_shard = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)


class CaseHead(Row):
    """CASE#<number> / HEAD: what the desk's list shows of a case, and when it is due.

    Args:
        owner: CASES#<level> while it is open.
        owner_sort: <deadline>#<number>.
    """

    kind_of_case = UnicodeAttribute()
    level = UnicodeAttribute()
    status = UnicodeAttribute()
    deadline = UnicodeAttribute()
    owner = UnicodeAttribute(null=True)
    owner_sort = UnicodeAttribute(null=True)
    due_shard = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)


class OutageHead(Row):
    """OUTAGE#<number> / HEAD: what the desk's list shows of an outage, and when it is due.

    Args:
        operators: whose sessions were touched; none where everybody's were.
        owner: OUTAGES.
        owner_sort: <time it was opened>#<number>.
    """

    status = UnicodeAttribute()
    since = UnicodeAttribute()
    until = UnicodeAttribute(null=True)
    operators = UnicodeSetAttribute(null=True)
    owner = UnicodeAttribute()
    owner_sort = UnicodeAttribute()
    due_shard = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)
