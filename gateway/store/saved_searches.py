"""Searches that a person keeps under a name."""

import secrets
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import delete, insert, select

from gateway.store.deeds import Doing, Reading
from gateway.store.errors import NameTaken, NoSuchSession
from gateway.store.rows import storable, to_datetime
from gateway.store.schema import saved_searches
from gateway.store.writer import Transaction


class SavedSearch(msgspec.Struct, frozen=True, kw_only=True):
    """One search; `query` is what stands behind the question mark of the address."""

    id: str
    name: str
    query: str
    created_at: datetime


class SavedSearches:
    """The saved searches of a store."""

    def __init__(self, do: Doing, read: Reading) -> None:
        self._do = do
        self._read = read

    async def list(self, person_id: str) -> list[SavedSearch]:
        """The person's searches, by name."""
        query = select(saved_searches).where(saved_searches.c.person_id == person_id).order_by(saved_searches.c.name)
        rows = await self._read(lambda connection: connection.execute(query).all())
        return [_search(row) for row in rows]

    async def save(self, person_id: str, name: str, query: str, *, actor: str) -> SavedSearch:
        """Keep one. Raises NameTaken."""
        return await self._do(
            lambda transaction: _save(transaction, person_id, (storable(name), storable(query)), actor)
        )

    async def remove(self, person_id: str, search_id: str, *, actor: str) -> None:
        """Take one of this person's away. Raises NoSuchSession."""
        one = delete(saved_searches).where(saved_searches.c.person_id == person_id, saved_searches.c.id == search_id)

        def deed(transaction: Transaction) -> None:
            if not transaction.connection.execute(one).rowcount:
                raise NoSuchSession
            transaction.audit(actor, "search_removed", "", search=search_id)

        await self._do(deed)


def _save(transaction: Transaction, person_id: str, search: tuple[str, str], actor: str) -> SavedSearch:
    name, query = search
    same = select(saved_searches.c.id).where(saved_searches.c.person_id == person_id, saved_searches.c.name == name)
    if transaction.connection.execute(same).one_or_none():
        raise NameTaken(name)
    search_id = secrets.token_hex(8)
    values = {"id": search_id, "person_id": person_id, "name": name, "query": query, "created_at": transaction.now}
    transaction.connection.execute(insert(saved_searches).values(values))
    transaction.audit(actor, "search_saved", "", search=search_id)
    return SavedSearch(id=search_id, name=name, query=query, created_at=to_datetime(transaction.now))


def _search(row: Any) -> SavedSearch:
    return SavedSearch(id=row.id, name=row.name, query=row.query, created_at=to_datetime(row.created_at))
