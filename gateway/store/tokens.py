"""API tokens: what a person lets a program do for them. Only the SHA-256 of what the program sends is kept."""

import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from gateway.access.model import Person
from gateway.access.rights import Right
from gateway.store.deeds import Doing, Reading
from gateway.store.errors import NameTaken, NoSuchSession
from gateway.store.person_rows import by_id, moment, person_of
from gateway.store.rows import json_text, storable, to_datetime, to_microseconds
from gateway.store.schema import tokens
from gateway.store.writer import Transaction


class NewToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token to be kept."""

    token: str  #: SHA-256
    person_id: str
    name: str
    rights: Collection[Right]
    ends_at: datetime


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """One row, without what the program sends."""

    id: str
    person_id: str
    name: str
    rights: frozenset[Right]
    created_at: datetime
    ends_at: datetime
    used_at: datetime | None


class FoundToken(msgspec.Struct, frozen=True):
    """A token and whose it is."""

    token: Token
    person: Person


class Tokens:
    """The API tokens of a store."""

    def __init__(self, do: Doing, read: Reading) -> None:
        self._do = do
        self._read = read

    async def add(self, new: NewToken, *, actor: str) -> Token:
        """Keep one. Raises NameTaken."""
        return await self._do(lambda transaction: _add(transaction, new, actor))

    async def find(self, token: str) -> FoundToken | None:
        """Whose token this is; whether it has ended, its times tell."""
        return await self._read(lambda connection: _find(connection, token))

    async def used(self, token: str, at: datetime) -> None:
        """It was used; not on record."""
        statement = update(tokens).where(tokens.c.token == token).values(used_at=to_microseconds(at))

        def deed(transaction: Transaction) -> None:
            transaction.connection.execute(statement)

        await self._do(deed)

    async def list(self, person_id: str) -> list[Token]:
        """The person's tokens, by name."""
        query = select(tokens).where(tokens.c.person_id == person_id).order_by(tokens.c.name)
        rows = await self._read(lambda connection: connection.execute(query).all())
        return [_token(row) for row in rows]

    async def end(self, person_id: str, token_id: str, *, actor: str) -> None:
        """Take a token of this person away. Raises NoSuchSession."""

        def deed(transaction: Transaction) -> None:
            one = (tokens.c.person_id == person_id) & (tokens.c.id == token_id)
            row = transaction.connection.execute(select(tokens).where(one)).one_or_none()
            if row is None:
                raise NoSuchSession
            transaction.connection.execute(delete(tokens).where(one))
            transaction.audit(actor, "token_ended", "", name=row.name)

        await self._do(deed)


def _add(transaction: Transaction, new: NewToken, actor: str) -> Token:
    connection, name = transaction.connection, storable(new.name)
    same = select(tokens.c.id).where(tokens.c.person_id == new.person_id, tokens.c.name == name)
    if connection.execute(same).one_or_none():
        raise NameTaken(name)
    rights = sorted(right.value for right in new.rights)
    values = {
        "token": new.token,
        "id": secrets.token_hex(8),
        "person_id": new.person_id,
        "name": name,
        "rights": json_text(rights),
        "created_at": transaction.now,
        "ends_at": to_microseconds(new.ends_at),
    }
    connection.execute(insert(tokens).values(values))
    transaction.audit(actor, "token_made", "", name=name, rights=" ".join(rights))
    return _token(connection.execute(select(tokens).where(tokens.c.token == new.token)).one())


def _find(connection: Connection, token: str) -> FoundToken | None:
    row = connection.execute(select(tokens).where(tokens.c.token == token)).one_or_none()
    return None if row is None else FoundToken(_token(row), person_of(by_id(connection, row.person_id)))


def _token(row: Any) -> Token:
    known = {right.value for right in Right}  # one that a later Kiyome no longer has gives nothing
    return Token(
        id=row.id,
        person_id=row.person_id,
        name=row.name,
        rights=frozenset(Right(each) for each in msgspec.json.decode(row.rights, type=list[str]) if each in known),
        created_at=to_datetime(row.created_at),
        ends_at=to_datetime(row.ends_at),
        used_at=moment(row.used_at),
    )
