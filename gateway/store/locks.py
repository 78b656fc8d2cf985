"""Parts behind a password: who was asked for it, how often somebody was wrong, and what followed when it was right."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Boolean, Connection, bindparam, func, insert, or_, select, update

from gateway.model import Lock, LockState
from gateway.store.blobs import Kept
from gateway.store.drafts import FollowUp, LockDraft
from gateway.store.errors import NoSuchItem, NotLocked, StoreError
from gateway.store.keeping import Following, keep_followers
from gateway.store.rows import Values, json_text, to_datetime, to_microseconds
from gateway.store.schema import audit, items, locks, recipients
from gateway.store.writer import Transaction

_INSERT = insert(locks)
_ROW = select(locks).where(locks.c.id == bindparam("id"))
_FOR_UPDATE = _ROW.with_for_update()
_OF_ITEM = select(locks).where(locks.c.item_id == bindparam("item_id")).order_by(locks.c.address)
_WRONG = update(locks).where(locks.c.id == bindparam("of")).values(
    wrong=locks.c.wrong + 1, not_before=bindparam("new_not_before"), state=bindparam("new_state")
)  # fmt: skip
_OPENED = update(locks).where(locks.c.id == bindparam("of")).values(
    state=bindparam("new_state"), opened=bindparam("new_opened")
)  # fmt: skip
_EXPIRED = select(locks.c.id, locks.c.item_id).where(
    locks.c.state == LockState.WAITING.value, locks.c.expires_at <= bindparam("now")
)
_EXPIRE = update(locks).where(locks.c.id.in_(bindparam("ids", expanding=True))).values(state=LockState.EXPIRED.value)
_FROM_SENDER = (
    select(locks)
    .join(items, items.c.id == locks.c.item_id)
    .where(
        locks.c.state == LockState.WAITING.value,
        locks.c.expires_at > bindparam("now"),
        items.c.received_at >= bindparam("since"),
        func.lower(items.c.mail_from) == bindparam("sender"),
        or_(bindparam("any_from", type_=Boolean), items.c.header_from == bindparam("header_from")),
        func.lower(locks.c.address).in_(bindparam("addresses", expanding=True)),
    )
    .order_by(items.c.received_at, locks.c.id)
    .limit(50)
)
_WRONG_ONES = select(func.count()).where(audit.c.item_id == bindparam("item_id"), audit.c.action == "wrong_password")
_ANY = (
    select(locks.c.id).where(locks.c.state == LockState.WAITING.value, locks.c.expires_at > bindparam("now")).limit(1)
)
_RECENT = (
    select(items.c.id)
    .where(
        items.c.received_at >= bindparam("since"),
        items.c.received_at <= bindparam("until"),
        items.c.id != bindparam("id"),
        items.c.channel == "smtp",
        func.lower(items.c.mail_from) == bindparam("sender"),
        select(recipients.c.item_id)
        .where(recipients.c.item_id == items.c.id)
        .where(func.lower(recipients.c.address).in_(bindparam("addresses", expanding=True)))
        .exists(),
    )
    .order_by(items.c.received_at.desc())
    .limit(bindparam("limit"))
)


class Wrong(msgspec.Struct, frozen=True):
    """A password that did not fit."""

    id: str
    actor: str
    not_before: int  #: microseconds since 1970: no try before that
    state: LockState  #: CLOSED after too many


class Opened(msgspec.Struct, frozen=True):
    """A password fitted: what follows the item, and for whom nothing is left to be opened."""

    follow_up: FollowUp
    clean: Kept | None


class Sought(msgspec.Struct, frozen=True):
    """Mails or locks of one sender towards these recipients; all addresses in lower case, times in microseconds."""

    sender: str
    addresses: tuple[str, ...]
    since: int
    until: int


def rows_of(item_id: str, drafts: Iterable[LockDraft], now: int) -> list[Values]:
    """The rows of locks that a settlement brings."""
    return [
        {
            "id": draft.id,
            "item_id": item_id,
            "address": draft.address,
            "code": draft.code,
            "state": LockState.WAITING.value,
            "wrong": 0,
            "not_before": now,
            "created_at": now,
            "expires_at": to_microseconds(draft.expires_at),
            "opened": "[]",
        }
        for draft in drafts
    ]


def keep(transaction: Transaction, rows: Sequence[Values]) -> None:
    """In the transaction that settles their items."""
    transaction.write(_INSERT, rows)
    for row in rows:
        transaction.audit("kiyome", "locked", row["item_id"], recipient=row["address"])


def wrong(transaction: Transaction, requests: Sequence[Wrong]) -> list[StoreError | None]:
    """Counted and on record; the next try has to wait."""
    return [_wrong(transaction, request) for request in requests]


def _wrong(transaction: Transaction, request: Wrong) -> StoreError | None:
    row = transaction.connection.execute(_FOR_UPDATE, {"id": request.id}).one_or_none()
    if row is None or row.state != LockState.WAITING.value:
        return NotLocked(row.item_id if row else "?")
    values = {"of": request.id, "new_not_before": request.not_before, "new_state": request.state.value}
    transaction.connection.execute(_WRONG, values)
    transaction.audit(request.actor, "wrong_password", row.item_id, recipient=row.address, count=row.wrong + 1)
    return None


def opened(transaction: Transaction, requests: Sequence[Opened]) -> list[str | StoreError]:
    """The item that follows: its number."""
    return [_opened(transaction, request) for request in requests]


#: CLOSED is closed for its recipient; an administrator may still open it.
_MAY_OPEN = frozenset({LockState.WAITING.value, LockState.CLOSED.value})


def _opened(transaction: Transaction, request: Opened) -> str | StoreError:
    connection, follow_up = transaction.connection, request.follow_up
    for lock in follow_up.locks:
        row = connection.execute(_FOR_UPDATE, {"id": lock.id}).one_or_none()
        if row is None or row.state not in _MAY_OPEN:
            return NotLocked(follow_up.follows)  # somebody else was quicker
    source = connection.execute(select(items).where(items.c.id == follow_up.follows)).one_or_none()
    if source is None:
        return NoSuchItem(follow_up.follows)
    (item_id,) = keep_followers(transaction, [Following(follow_up, request.clean, source.original)])
    for lock in follow_up.locks:
        values = {"of": lock.id, "new_state": lock.state.value, "new_opened": json_text(lock.opened)}
        connection.execute(_OPENED, values)
    transaction.audit(follow_up.actor, "unlocked", follow_up.follows, follow_up=item_id, parts=follow_up.parts)
    return item_id


def expire(transaction: Transaction, moments: Sequence[int]) -> list[int]:
    """Locks that nobody opened in time; how many."""
    return [_expire(transaction, moment) for moment in moments]


def _expire(transaction: Transaction, moment: int) -> int:
    rows = transaction.connection.execute(_EXPIRED, {"now": moment}).all()
    if rows:
        transaction.connection.execute(_EXPIRE, {"ids": [row.id for row in rows]})
    for row in rows:
        transaction.audit("retention", "lock_expired", row.item_id)
    return len(rows)


def find(connection: Connection, lock_id: str) -> Lock | None:
    """One lock, or None."""
    row = connection.execute(_ROW, {"id": lock_id}).one_or_none()
    return None if row is None else _lock(row)


def of_item(connection: Connection, item_id: str) -> list[Lock]:
    """All of an item, by recipient."""
    return [_lock(row) for row in connection.execute(_OF_ITEM, {"item_id": item_id})]


def from_sender(connection: Connection, sought: Sought, header_from: str | None, now: int) -> list[Lock]:
    """Locks that wait for a password of this sender, the oldest first."""
    values = {
        "sender": sought.sender, "addresses": sought.addresses, "since": sought.since,
        "header_from": header_from or "", "any_from": header_from is None, "now": now,
    }  # fmt: skip
    return [_lock(row) for row in connection.execute(_FROM_SENDER, values)]


def wrong_ones(connection: Connection, item_id: str) -> int:
    """How many wrong passwords are on record for an item."""
    return connection.execute(_WRONG_ONES, {"item_id": item_id}).scalar_one()


def any_waits(connection: Connection, now: int) -> bool:
    """Whether there is a lock that is open."""
    return connection.execute(_ANY, {"now": now}).first() is not None


def recent(connection: Connection, sought: Sought, item_id: str, limit: int) -> list[str]:
    """Numbers of other mails from this sender to any of these recipients, the newest first."""
    values = {
        "sender": sought.sender, "addresses": sought.addresses, "since": sought.since, "until": sought.until,
        "id": item_id, "limit": limit,
    }  # fmt: skip
    return list(connection.execute(_RECENT, values).scalars())


def _lock(row: Any) -> Lock:
    return Lock(
        id=row.id,
        item_id=row.item_id,
        address=row.address,
        code=row.code,
        state=LockState(row.state),
        wrong=row.wrong,
        not_before=to_datetime(row.not_before),
        expires_at=to_datetime(row.expires_at),
        opened=tuple(msgspec.json.decode(row.opened, type=list[str])),
    )
