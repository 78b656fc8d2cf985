"""Webhooks that are to be sent: made from the record, so that none is forgotten, whatever process ends when."""

import secrets
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, text, update

from gateway.store.deeds import Doing, Reading
from gateway.store.rows import to_microseconds
from gateway.store.schema import audit, items, told, transfers, webhooks
from gateway.store.writer import Transaction

PAGE: Final = 500  #: rows of the record in one look
#: Where in the record the last look ended; a row of `told`, whose time is the number of the row.
_MARK: Final = "webhooks seen"
_FIRST_MARK = text("INSERT INTO told (key, at) VALUES (:key, :at) ON CONFLICT (key) DO NOTHING")
#: What happens to a file that its system is told of.
TOLD: Final = frozenset({"cleaned", "held", "released", "delivered", "discarded", "expired"})


class Happened(msgspec.Struct, frozen=True):
    """Something that a system wants to hear of."""

    transfer_id: str
    person_id: str
    url: str
    item_id: str
    action: str  #: of the record
    at: str  #: ISO 8601


class Webhook(msgspec.Struct, frozen=True):
    """One call that is to be made."""

    id: str
    url: str
    person_id: str
    body: str
    attempts: int


class Webhooks:
    """What waits to be sent."""

    def __init__(self, do: Doing, read: Reading) -> None:
        self._do = do
        self._read = read

    async def gather(self, body: Callable[[Happened], str], now: datetime) -> int:
        """Looks through the next page of the record; how many rows that were. What was found is kept with the mark."""
        return await self._do(lambda transaction: _gather(transaction, body, to_microseconds(now)))

    async def claim(
        self, now: datetime, until: datetime, limit: int, *, each: int, busy: Collection[str] = ()
    ) -> list[Webhook]:
        """Those that are due, `each` for one address at most and none for a busy one.

        Nobody else gets them before `until`.
        """
        moments = to_microseconds(now), to_microseconds(until)
        return await self._do(lambda transaction: _claim(transaction, *moments, limit, each, busy))

    async def done(self, webhook_id: str) -> None:
        """It was taken, or given up."""
        await self._do(_change(delete(webhooks).where(webhooks.c.id == webhook_id)))

    async def later(self, webhook_id: str, attempts: int, at: datetime) -> None:
        """It was not taken; the next try."""
        values = {"attempts": attempts, "next_at": to_microseconds(at)}
        await self._do(_change(update(webhooks).where(webhooks.c.id == webhook_id).values(values)))

    async def waiting(self) -> int:
        """How many are to be sent."""
        query = select(func.count()).select_from(webhooks)
        return await self._read(lambda connection: connection.execute(query).scalar_one())


def _change(statement: Any) -> Callable[[Transaction], None]:
    def deed(transaction: Transaction) -> None:
        transaction.connection.execute(statement)

    return deed


def _gather(transaction: Transaction, body: Callable[[Happened], str], now: int) -> int:
    connection = transaction.connection
    head = connection.execute(select(func.max(audit.c.seq))).scalar() or 0
    # The first look begins at the end of the record: nobody is told of the past.
    connection.execute(_FIRST_MARK, {"key": _MARK, "at": head})
    after = connection.execute(select(told.c.at).where(told.c.key == _MARK)).scalar_one()
    until = min(head, after + PAGE)
    # First of all: another process that looks at the same moment finds that the mark has moved, and does nothing.
    moved = connection.execute(update(told).where(told.c.key == _MARK, told.c.at == after).values(at=until))
    if moved.rowcount != 1:
        return 0
    values = [
        {
            "id": f"msg_{secrets.token_hex(12)}",
            "url": row.url,
            "person_id": row.person_id,
            "body": body(row),
            "attempts": 0,
            "next_at": now,
        }
        for row in _happened(connection, after, until)
    ]
    if values:
        connection.execute(insert(webhooks), values)
    return int(until - after)


def _happened(connection: Connection, after: int, until: int) -> Sequence[Happened]:
    query = (
        select(transfers.c.id, transfers.c.person_id, transfers.c.webhook, audit.c.item_id, audit.c.action, audit.c.at)
        .join(items, items.c.id == audit.c.item_id)
        .join(transfers, transfers.c.id == items.c.group_id)
        .where(audit.c.seq > after, audit.c.seq <= until, audit.c.action.in_(TOLD), transfers.c.webhook != "")
        .order_by(audit.c.seq)
    )
    return [Happened(*row) for row in connection.execute(query)]


def _claim(  # the bounds of one claim
    transaction: Transaction, now: int, until: int, limit: int, each: int, busy: Collection[str]
) -> list[Webhook]:
    connection = transaction.connection
    place = func.row_number().over(partition_by=webhooks.c.url, order_by=(webhooks.c.next_at, webhooks.c.id))
    due = select(webhooks.c.id, place.label("place")).where(webhooks.c.next_at <= now, webhooks.c.url.not_in(busy))
    first = due.subquery()
    query = select(webhooks).join(first, first.c.id == webhooks.c.id).where(first.c.place <= each)
    # Once more: another process may have claimed it between the ranking and the lock.
    query = query.where(webhooks.c.next_at <= now).order_by(webhooks.c.next_at).limit(limit)
    rows = connection.execute(query.with_for_update(of=webhooks, skip_locked=True)).all()
    ids = [row.id for row in rows]
    connection.execute(update(webhooks).where(webhooks.c.id.in_(ids)).values(next_at=until))
    return [Webhook(row.id, row.url, row.person_id, row.body, row.attempts) for row in rows]
