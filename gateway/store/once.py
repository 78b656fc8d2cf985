"""Requests that are to be done once, whatever a client repeats: by its key, with the answer it had."""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec
from sqlalchemy import delete, insert, select, update

from gateway.store.deeds import Doing, Reading
from gateway.store.rows import to_microseconds
from gateway.store.schema import once
from gateway.store.writer import Transaction

KEPT: Final = timedelta(hours=24)
#: A request whose process ended before it answered may be begun anew after so long.
PATIENCE: Final = timedelta(minutes=10)


class First(StrEnum):
    """What a request with a key is."""

    NEW = "new"  # nobody has asked for this
    GOING_ON = "going_on"  # the first has no answer yet
    DONE = "done"
    OTHER = "other"  # the key was used for something else


class Told(msgspec.Struct, frozen=True):
    """What there is under a key; the answer only when it is done."""

    first: First
    answer: str = ""


class Once:
    """The keys of the last day."""

    def __init__(self, do: Doing, read: Reading) -> None:
        self._do = do
        self._read = read

    async def begin(self, key: str, request: str, now: datetime) -> Told:
        """Claims a key for this request, unless it is taken; both are digests."""
        return await self._do(lambda transaction: _begin(transaction, key, request, to_microseconds(now)))

    async def answered(self, key: str, answer: str) -> None:
        """What every repetition is told from now on."""
        statement = update(once).where(once.c.key == key).values(answer=answer)

        def deed(transaction: Transaction) -> None:
            transaction.connection.execute(statement)

        await self._do(deed)

    async def failed(self, key: str) -> None:
        """Nothing was done: the key is free again."""
        statement = delete(once).where(once.c.key == key, once.c.answer.is_(None))

        def deed(transaction: Transaction) -> None:
            transaction.connection.execute(statement)

        await self._do(deed)

    async def tidy(self, now: datetime) -> None:
        """Forget keys of yesterday."""
        statement = delete(once).where(once.c.at < to_microseconds(now - KEPT))

        def deed(transaction: Transaction) -> None:
            transaction.connection.execute(statement)

        await self._do(deed)


def key_of(person_id: str, key: str) -> str:
    """One person's keys mean nothing to another's."""
    return hashlib.sha256(f"{person_id}\0{key}".encode("utf-8", "replace")).hexdigest()


def _begin(transaction: Transaction, key: str, request: str, now: int) -> Told:
    connection = transaction.connection
    row = connection.execute(select(once).where(once.c.key == key)).one_or_none()
    if row is not None and row.at >= now - _microseconds(KEPT):
        if row.request != request:
            return Told(First.OTHER)
        if row.answer is not None:
            return Told(First.DONE, row.answer)
        if row.at >= now - _microseconds(PATIENCE):
            return Told(First.GOING_ON)
    connection.execute(delete(once).where(once.c.key == key))
    connection.execute(insert(once).values(key=key, request=request, answer=None, at=now))
    return Told(First.NEW)


def _microseconds(span: timedelta) -> int:
    return span // timedelta(microseconds=1)
