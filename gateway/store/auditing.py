"""Reading the record for people: newest first, narrowed, within a scope; each look is bounded."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Connection, bindparam, or_, select

from gateway.access.model import EVERYTHING, Scope
from gateway.store import reach, sought
from gateway.store.audit import head, iso
from gateway.store.deeds import Reading
from gateway.store.drafts import AuditRow
from gateway.store.rows import storable
from gateway.store.schema import audit, items

WINDOW = 5_000  #: rows of the record that one step looks through
STEPS = 10  #: of one look; then the reader asks again
MOST = 500  #: rows in one answer

_AT = select(audit.c.at).where(audit.c.seq == bindparam("seq"))


class AuditQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows. An empty value does not narrow the list."""

    text: str = ""  #: in the detail, the actor or the item's number, in either case
    actor: str = ""  #: in the actor
    action: str = ""  #: exactly
    item_id: str = ""  #: exactly
    since: datetime | None = None
    until: datetime | None = None
    before: int = 0  #: AuditPage.next of the page before; 0 begins at the end of the record
    limit: int = 50
    scope: Scope = EVERYTHING  #: rows of items within it
    own: str = ""  #: within a scope: and rows of what this login did


class AuditPage(msgspec.Struct, frozen=True):
    """Some of the rows, the newest first."""

    rows: tuple[AuditRow, ...]
    next: int  #: for AuditQuery.before; 0 at the end. A page can be short, or empty, while there is more


class Records:
    """The record of a store."""

    def __init__(self, read: Reading) -> None:
        self._read = read

    async def search(self, query: AuditQuery) -> AuditPage:
        """A page of rows."""
        return await self._read(lambda connection: search(connection, query))


def search(connection: Connection, query: AuditQuery) -> AuditPage:
    """Step by step towards older rows, until there are enough or it took long enough."""
    last = head(connection)
    top = min(query.before - 1, last) if query.before else last
    if query.until is not None:
        top = min(top, _last_before(connection, query.until, last))
    bottom = 1 if query.since is None else _last_before(connection, query.since, last) + 1
    limit, conditions = max(1, min(query.limit, MOST)), _conditions(query)
    found: list[AuditRow] = []
    for _ in range(STEPS):
        low = bottom if query.item_id else max(bottom, top - WINDOW + 1)  # of one item there are few, by their index
        wanted = limit - len(found)
        rows = _window(connection, conditions, low, top, wanted)
        found += _within(connection, query, rows)
        top = rows[-1].seq - 1 if len(rows) == wanted else low - 1
        if len(found) >= limit or top < bottom:
            break
    return AuditPage(tuple(found), top + 1 if top >= bottom else 0)


def _last_before(connection: Connection, moment: datetime, last: int) -> int:
    """The number of the last row before a time: rows follow each other in time, without gaps."""
    low, high, limit = 0, last, iso(moment)
    while low < high:
        middle = (low + high + 1) // 2
        at = connection.execute(_AT, {"seq": middle}).scalar()
        if at is not None and at < limit:
            low = middle
        else:
            high = middle - 1
    return low


def _conditions(query: AuditQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.item_id:
        conditions.append(audit.c.item_id == query.item_id)
    if query.action:
        conditions.append(audit.c.action == query.action)
    if query.actor:
        conditions.append(_holds(audit.c.actor, query.actor))
    anywhere = (audit.c.detail, audit.c.actor, audit.c.item_id)
    conditions += [or_(*(_holds(column, word) for column in anywhere)) for word in query.text.split()]
    if not reach.unlimited(query.scope):
        own = [audit.c.actor == f"user:{query.own}", audit.c.actor.startswith(f"token:{query.own}:", autoescape=True)]
        conditions.append(or_(audit.c.item_id != "", *(own if query.own else [])))
    return conditions


def _holds(column: ColumnElement[str], words: str) -> ColumnElement[bool]:
    return column.icontains(storable(words), autoescape=True)


def _window(
    connection: Connection, conditions: Sequence[ColumnElement[bool]], low: int, high: int, limit: int
) -> list[AuditRow]:
    chosen = select(audit).where(audit.c.seq >= low, audit.c.seq <= high, *conditions)
    ordered = chosen.order_by(audit.c.seq.desc()).limit(limit)
    return [AuditRow(**row) for row in connection.execute(ordered).mappings()]


def _within(connection: Connection, query: AuditQuery, rows: Sequence[AuditRow]) -> list[AuditRow]:
    if reach.unlimited(query.scope) or not rows:
        return list(rows)
    ids = {row.item_id for row in rows if row.item_id}
    inside = select(items.c.id).where(items.c.id.in_(ids), sought.within(query.scope))
    reachable = set(connection.execute(inside).scalars())
    return [row for row in rows if row.item_id in reachable or (not row.item_id)]
