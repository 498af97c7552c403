"""Models of one subject, kept out of tables.py, over the table's one connection."""

from typing import Any, cast

from shared.adapters.dynamodb.heads import Row
from shared.adapters.dynamodb.tables import connect


def bound[R: Row](table: str, row: type[R]) -> type[R]:
    """The model over the table's one connection."""
    meta = type("Meta", (), {"table_name": table})
    derive: Any = type(row)
    made = derive(row.__name__, (row,), {"Meta": meta, "_connection": connect(table).connection})
    return cast(type[R], made)
