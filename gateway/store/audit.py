"""The record: append-only rows, each chained to the one before by SHA-256, so that a change or a gap shows."""

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import msgspec
from sqlalchemy import Connection, bindparam, func, insert, select, update

from gateway.store.drafts import AuditProof, AuditRow
from gateway.store.errors import StoreUnavailable
from gateway.store.rows import Values, json_text, storable, to_datetime
from gateway.store.schema import audit, audit_head

NO_HASH = "0" * 64
_PAGE = 500

Seen = Callable[[int, int], None]

_encode = msgspec.json.Encoder().encode
_HEAD = select(audit_head.c.seq, audit_head.c.hash).where(audit_head.c.id == 1)
# As plain text: it is part of every transaction.
_LOCKED_HEAD = {
    "sqlite": "SELECT seq, hash FROM audit_head WHERE id = 1",  # the transaction holds the lock already
    "postgresql": "SELECT seq, hash FROM audit_head WHERE id = 1 FOR UPDATE",
}
MOVE_HEAD = update(audit_head).values(seq=bindparam("new_seq"), hash=bindparam("new_hash"))
APPEND = insert(audit)


class Entry(msgspec.Struct, frozen=True):
    """Something that happened, before it has its place in the chain."""

    actor: str
    action: str
    item_id: str
    detail: dict[str, str | int | bool]


def digest(seq: int, at: str, actor: str, action: str, item_id: str, detail: str, previous_hash: str) -> str:
    """SHA-256 over the JSON array of all other fields, without blanks, non-ASCII characters as UTF-8."""
    return hashlib.sha256(_encode((seq, at, actor, action, item_id, detail, previous_hash))).hexdigest()


def iso(moment: datetime) -> str:
    """UTC with microseconds, always 27 characters."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def chained(connection: Connection, entries: Sequence[Entry], now: int) -> list[Values]:
    """Rows that follow the head, which stays locked until the transaction ends: so gateways append in turn."""
    head = connection.exec_driver_sql(_LOCKED_HEAD[connection.dialect.name]).one_or_none()
    if head is None:
        raise StoreUnavailable("the head of the audit chain is missing")
    previous, at = head.hash, iso(to_datetime(now))
    rows: list[Values] = []
    for seq, entry in enumerate(entries, head.seq + 1):
        actor, detail = storable(entry.actor), storable(json_text(entry.detail))
        own = digest(seq, at, actor, entry.action, entry.item_id, detail, previous)
        rows.append(
            {
                "seq": seq,
                "at": at,
                "actor": actor,
                "action": entry.action,
                "item_id": entry.item_id,
                "detail": detail,
                "previous_hash": previous,
                "hash": own,
            }
        )
        previous = own
    return rows


def head(connection: Connection) -> int:
    """The number of the last row, 0 before the first."""
    return connection.execute(_HEAD).scalar() or 0


def page(connection: Connection, after_seq: int, item_id: str | None, limit: int = _PAGE) -> list[AuditRow]:
    """The next rows of the chain, or of one item, in order."""
    query = select(audit).where(audit.c.seq > after_seq).order_by(audit.c.seq).limit(limit)
    if item_id is not None:
        query = query.where(audit.c.item_id == item_id)
    return [AuditRow(**row) for row in connection.execute(query).mappings()]


def nobody(rows: int, total: int) -> None:
    """Told how far a proof is: rows that were read, of so many."""


def verify(connection: Connection, stop: threading.Event, tell: Seen = nobody) -> AuditProof:
    """Read the whole chain again, within the caller's transaction; `stop` ends it early (StoreUnavailable)."""
    head = connection.execute(_HEAD).one_or_none()
    last_seq = connection.execute(select(func.max(audit.c.seq))).scalar() or 0
    rows, previous = 0, NO_HASH
    for row in _all_rows(connection):
        if rows % _PAGE == 0:
            tell(rows, last_seq)
        if stop.is_set():
            raise StoreUnavailable("the store is closing")
        problem = _problem(row, rows + 1, previous)
        if problem:
            return AuditProof(rows, previous, rows + 1, problem)
        rows, previous = row.seq, row.hash
    if head is None:
        return AuditProof(rows, previous, rows + 1, "the head of the chain is missing")
    if (last_seq, head.seq, head.hash) != (rows, rows, previous):
        return AuditProof(rows, previous, rows + 1, "rows at the end are missing, or the head was changed")
    return AuditProof(rows, previous)


def _all_rows(connection: Connection) -> Iterator[AuditRow]:
    after = -(2**31)
    while rows := page(connection, after, None):
        yield from rows
        after = rows[-1].seq


def _problem(row: AuditRow, expected_seq: int, previous_hash: str) -> str:
    if row.seq != expected_seq:
        return "the row is missing"
    if row.previous_hash != previous_hash:
        return "the row does not follow the one before it"
    own = digest(row.seq, row.at, row.actor, row.action, row.item_id, row.detail, row.previous_hash)
    return "" if own == row.hash else "the row was changed"
