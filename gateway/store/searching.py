"""Reading: lists for people, single items, blobs, counts. Nothing here changes a row."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, case, exists, func, or_, select

from gateway.model import Item, ItemState
from gateway.store.drafts import ItemQuery
from gateway.store.loading import load
from gateway.store.rows import to_datetime, to_microseconds
from gateway.store.schema import blobs, items, recipients

_ITEM = select(items).where(items.c.id == bindparam("id"))
_BLOB = select(blobs).where(blobs.c.id == bindparam("id"))
_BLOB_IDS = select(blobs.c.id).where(blobs.c.id.in_(bindparam("ids", expanding=True)))
_COUNTS = select(items.c.state, func.count()).group_by(items.c.state)
_later = case((items.c.lease_until > items.c.due_at, items.c.lease_until), else_=items.c.due_at)
_NEXT = select(func.min(_later)).where(items.c.due_at.is_not(None))


def item(connection: Connection, item_id: str) -> Item | None:
    """One item with its recipients."""
    found = load(connection, connection.execute(_ITEM, {"id": item_id}).all())
    return found[0] if found else None


def find(connection: Connection, query: ItemQuery) -> list[Item]:
    """The page of items that a query asks for, newest first."""
    return load(connection, connection.execute(_page(query)).all())


def _page(query: ItemQuery) -> Select[*tuple[Any, ...]]:
    chosen = select(items).where(*_conditions(query))
    if query.before_id:
        at = select(items.c.received_at).where(items.c.id == query.before_id).scalar_subquery()
        chosen = chosen.where(items.c.received_at <= at, or_(items.c.received_at < at, items.c.id < query.before_id))
    return chosen.order_by(items.c.received_at.desc(), items.c.id.desc()).limit(query.limit)


def _conditions(query: ItemQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.state is not None:
        conditions.append(items.c.state == query.state.value)
    if query.since is not None:
        conditions.append(items.c.received_at >= to_microseconds(query.since))
    if query.until is not None:
        conditions.append(items.c.received_at < to_microseconds(query.until))
    if query.sender:
        conditions.append(or_(_holds(items.c.mail_from, query.sender), _holds(items.c.header_from, query.sender)))
    if query.recipient:
        conditions.append(_sent_to(query.recipient))
    if query.text:
        columns = (items.c.id, items.c.subject, items.c.header_from, items.c.mail_from)
        conditions.append(or_(*(_holds(column, query.text) for column in columns), _sent_to(query.text)))
    return conditions


def _holds(column: ColumnElement[str], words: str) -> ColumnElement[bool]:
    return column.icontains(words.replace("\0", ""), autoescape=True)


def _sent_to(words: str) -> ColumnElement[bool]:
    return exists().where(recipients.c.item_id == items.c.id, _holds(recipients.c.address, words))


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
