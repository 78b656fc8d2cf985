"""Attempts to prove who one is: counted before they are judged, so that many at once are not judged for nothing."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from gateway.store.deeds import Doing, Reading
from gateway.store.rows import Values, to_microseconds
from gateway.store.schema import failures
from gateway.store.writer import Transaction

_SECOND = 1_000_000

#: How many seconds to close after so many attempts that were not right; 0: stay open.
Waits = Callable[[int], int]


class Try(msgspec.Struct, frozen=True):
    """Attempts at `at`, one under each key; what lies before `forget_before` no longer counts."""

    keys: Mapping[str, Waits]  #: SHA-256 → how the waiting grows
    at: datetime
    forget_before: datetime


class Failures:
    """The failed attempts of a store."""

    def __init__(self, do: Doing, read: Reading) -> None:
        self._do = do
        self._read = read

    async def take(self, attempt: Try) -> int:
        """Count an attempt under every key and give 0; or count nothing and give the seconds to wait."""
        return await self._do(lambda transaction: _take(transaction, attempt))

    async def give_back(self, key: str) -> None:
        """The attempt was right, but the others under this key were not."""
        one_less = update(failures).where(failures.c.key == key, failures.c.count > 0)
        statement = one_less.values(count=failures.c.count - 1, closed_until=0)

        def deed(transaction: Transaction) -> None:
            transaction.connection.execute(statement)

        await self._do(deed)

    async def forget(self, *keys: str) -> None:
        """The attempt was right."""
        await self._do(lambda transaction: _forget(transaction, keys))


def _take(transaction: Transaction, attempt: Try) -> int:
    now = to_microseconds(attempt.at)
    rows = {key: _row(transaction.connection, key) for key in sorted(attempt.keys)}
    closed_until = max((row.closed_until for row in rows.values() if row is not None), default=0)
    if closed_until > now:
        return -((now - closed_until) // _SECOND)  # rounded up
    for key, row in rows.items():
        stale = row is None or row.last_at < to_microseconds(attempt.forget_before)
        count = 1 if stale else row.count + 1
        _count(
            transaction,
            key,
            row,
            {"count": count, "last_at": now, "closed_until": now + attempt.keys[key](count) * _SECOND},
        )
    return 0


def _row(connection: Connection, key: str) -> Any:
    return connection.execute(select(failures).where(failures.c.key == key).with_for_update()).one_or_none()


def _count(transaction: Transaction, key: str, row: Any, values: Values) -> None:
    if row is None:
        transaction.connection.execute(insert(failures).values(key=key, **values))
    else:
        transaction.connection.execute(update(failures).where(failures.c.key == key).values(values))


def _forget(transaction: Transaction, keys: tuple[str, ...]) -> None:
    transaction.connection.execute(delete(failures).where(failures.c.key.in_(keys)))
