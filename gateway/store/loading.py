"""Rows of items to items with their recipients, in one more query."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select

from gateway.model import Item
from gateway.store.rows import items_from
from gateway.store.schema import recipients

_OF_ITEMS = (
    select(recipients)
    .where(recipients.c.item_id.in_(bindparam("ids", expanding=True)))
    .order_by(recipients.c.item_id, recipients.c.position)
)


def recipient_rows(connection: Connection, item_ids: Iterable[str]) -> Sequence[Any]:
    """The recipients of these items, in the order of RCPT."""
    return connection.execute(_OF_ITEMS, {"ids": list(item_ids)}).all()


def load(connection: Connection, rows: Sequence[Any]) -> list[Item]:
    """Items in the order of their rows."""
    if not rows:
        return []
    return items_from(rows, recipient_rows(connection, [row.id for row in rows]))
