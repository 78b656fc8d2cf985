"""Reading: lists for people, single items, blobs, counts. Nothing here changes a row."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, select

from gateway.access.model import Scope
from gateway.model import Item, ItemState
from gateway.store import listing, reach, sought
from gateway.store.drafts import ItemQuery
from gateway.store.loading import load
from gateway.store.queries import Query, Sort
from gateway.store.rows import to_datetime
from gateway.store.schema import blobs, items

_ITEM = select(items).where(items.c.id == bindparam("id"))
_NUMBER = select(items.c.number).where(items.c.id == bindparam("id"))
_THESE = select(items).where(items.c.number.in_(bindparam("numbers", expanding=True))).order_by(items.c.number.desc())
_BLOB = select(blobs).where(blobs.c.id == bindparam("id"))
_BLOB_IDS = select(blobs.c.id).where(blobs.c.id.in_(bindparam("ids", expanding=True)))
_COUNTS = select(items.c.state, func.count()).group_by(items.c.state)
_later = case((items.c.lease_until > items.c.due_at, items.c.lease_until), else_=items.c.due_at)
_NEXT = select(func.min(_later)).where(items.c.due_at.is_not(None))


def item(connection: Connection, item_id: str, scope: Scope) -> Item | None:
    """One item with its recipients, when it is within the scope."""
    chosen = _ITEM if reach.unlimited(scope) else _ITEM.where(sought.within(scope))
    found = load(connection, connection.execute(chosen, {"id": item_id}).all())
    return found[0] if found else None


def find(connection: Connection, query: ItemQuery) -> list[Item]:
    """The page of items that a query asks for, newest first."""
    before = ""
    if query.before_id:
        number = connection.execute(_NUMBER, {"id": query.before_id}).scalar_one_or_none()
        if number is None:
            return []
        before = listing.cursor(Sort.NEWEST, (0, number))
    wanted = Query(
        text=query.text,
        states=frozenset() if query.state is None else frozenset({query.state}),
        sender=query.sender,
        recipient=query.recipient,
        since=query.since,
        until=query.until,
        after=before,
        limit=query.limit,
    )
    numbers = listing.numbers(connection, wanted)
    return load(connection, connection.execute(_THESE, {"numbers": numbers}).all())


def blob(connection: Connection, blob_id: str) -> Any:
    """The row of a blob, or None."""
    return connection.execute(_BLOB, {"id": blob_id}).one_or_none()


def blobs_with_row(connection: Connection, ids: Collection[str]) -> set[str]:
    """Which of these blobs are kept."""
    return set(connection.execute(_BLOB_IDS, {"ids": list(ids)}).scalars())


def counts(connection: Connection) -> dict[ItemState, int]:
    """How many items are in each state; every state is there."""
    found = {ItemState(state): number for state, number in connection.execute(_COUNTS)}
    return {state: found.get(state, 0) for state in ItemState}


def due_at(connection: Connection) -> datetime | None:
    """When an item can next be taken for delivery: it is due, and no lease is in the way."""
    earliest = connection.execute(_NEXT).scalar()
    return None if earliest is None else to_datetime(earliest)
