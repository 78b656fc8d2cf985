"""Transfers: files that somebody hands in on one side for people on the other; each change with its audit row."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, exists, func, insert, literal_column, or_, select, update

from gateway.model import Channel, Item, ItemState, Segment, Transfer, TransferState, Upload, UploadState
from gateway.store import deciding
from gateway.store.deeds import Doing, Reading
from gateway.store.errors import BadCursor, StoreError
from gateway.store.loading import load
from gateway.store.rows import storable, to_datetime, to_microseconds
from gateway.store.schema import items, transfer_recipients, transfers, uploads
from gateway.store.transfer_errors import NoSuchTransfer, TransferClosed
from gateway.store.upload_rows import CLOSE_UPLOADS, upload_from
from gateway.store.writer import Transaction

#: Of one transfer; there are more files in none.
MOST_FILES = 10_000
#: What a group of items ended as when nobody may fetch them any more.
_ENDED = {TransferState.WITHDRAWN: ItemState.DISCARDED, TransferState.EXPIRED: ItemState.EXPIRED}
_LIVES = transfers.c.state.in_((TransferState.OPEN.value, TransferState.SENT.value))
_ROW = select(transfers).where(transfers.c.id == bindparam("id"))
_FOR_UPDATE = _ROW.with_for_update()
_ADDRESSES = (
    select(transfer_recipients.c.transfer_id, transfer_recipients.c.address)
    .where(transfer_recipients.c.transfer_id.in_(bindparam("ids", expanding=True)))
    .order_by(transfer_recipients.c.transfer_id, transfer_recipients.c.position)
)
_BECOME = update(transfers).where(transfers.c.id == bindparam("of")).values(state=bindparam("new_state"))
_THERE = uploads.c.state.in_((UploadState.OPEN.value, UploadState.DONE.value))
_UPLOAD = select(uploads).where(uploads.c.item_id == bindparam("item"), _THERE)
_UPLOADS = (
    select(uploads)
    .where(uploads.c.transfer_id == bindparam("id"), _THERE)
    .order_by(uploads.c.created_at, uploads.c.id)
    .limit(MOST_FILES)
)
_ITEMS = select(items).where(items.c.id.in_(bindparam("ids", expanding=True)))
_COUNTS = (
    select(uploads.c.transfer_id, items.c.state, func.count(), func.sum(uploads.c.length))
    .join(items, items.c.id == uploads.c.item_id, isouter=True)
    .where(uploads.c.transfer_id.in_(bindparam("ids", expanding=True)), _THERE)
    .group_by(uploads.c.transfer_id, items.c.state)
)
_READY = frozenset({ItemState.CLEANED.value, ItemState.RELEASED.value, ItemState.DELIVERED.value})
_PAST = select(transfers.c.id).where(
    transfers.c.state.in_((literal_column("'open'"), literal_column("'sent'"))),
    transfers.c.expires_at <= bindparam("now"),
)
_LEFT = (
    select(items.c.id, transfers.c.state)
    .join(transfers, transfers.c.id == items.c.group_id, isouter=True)
    .where(
        items.c.state.in_((ItemState.CLEANED.value, ItemState.RELEASED.value)),
        or_(
            (items.c.channel == Channel.UPLOAD.value) & ~_LIVES,
            items.c.channel.in_((Channel.UPLOAD.value, Channel.ICAP.value))
            & transfers.c.id.is_(None)
            & (items.c.updated_at < bindparam("before")),
        ),
    )
    .limit(1_000)
)


class TransferDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer that is not begun yet."""

    person_id: str
    actor: str
    address: str  #: of the person
    side: Segment
    recipients: tuple[str, ...]
    expires_at: datetime
    title: str = ""
    profile: str = ""
    webhook: str = ""


class TransferQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which transfers, the newest first. With both, those of the person and those sent to the address."""

    person_id: str = ""  #: who began them
    address: str = ""  #: whom they were sent to
    text: str = ""  #: in the title or in a file's name
    after: str = ""  #: TransferPage.next of the page before
    limit: int = 50


class TransferPage(msgspec.Struct, frozen=True):
    """Some of the transfers that were asked for."""

    transfers: tuple[Transfer, ...]
    next: str  #: "" at the end


class TransferFile(msgspec.Struct, frozen=True):
    """One file of a transfer: on its way in, and then as an item."""

    upload: Upload
    item: Item | None


class Transfers:
    """The transfers of a store."""

    def __init__(self, do: Doing, read: Reading) -> None:
        self._do = do
        self._read = read

    async def create(self, draft: TransferDraft) -> Transfer:
        """Begin one: it takes files from now on."""
        return await self._do(lambda transaction: _create(transaction, draft))

    async def get(self, transfer_id: str) -> Transfer | None:
        """One transfer, whatever became of it."""
        return await self._read(lambda connection: _get(connection, transfer_id))

    async def of_item(self, item_id: str) -> Transfer | None:
        """The one that an item belongs to."""
        group = select(items.c.group_id).where(items.c.id == item_id, items.c.channel == Channel.UPLOAD.value)

        def found(connection: Connection) -> Transfer | None:
            transfer_id = connection.execute(group).scalar()
            return _get(connection, transfer_id) if transfer_id else None

        return await self._read(found)

    async def search(self, query: TransferQuery) -> TransferPage:
        """A page. Raises BadCursor."""
        return await self._read(lambda connection: _search(connection, query))

    async def files(self, transfer_id: str) -> list[TransferFile]:
        """Its files in the order in which they were begun, without those that were cancelled."""
        return await self._read(lambda connection: _files(connection, transfer_id))

    async def file(self, item_id: str) -> TransferFile | None:
        """One of its files, by its item."""
        return await self._read(lambda connection: _file(connection, item_id))

    async def submit(self, transfer_id: str, *, actor: str) -> Transfer:
        """No more files; its recipients may fetch. Raises NoSuchTransfer, TransferClosed."""
        return await self._do(lambda transaction: _submit(transaction, transfer_id, actor))

    async def withdraw(self, transfer_id: str, *, actor: str) -> Transfer:
        """Take it back: what nobody has fetched is discarded. Raises NoSuchTransfer, TransferClosed."""
        return await self._do(lambda transaction: _withdraw(transaction, transfer_id, actor))

    async def expire(self, now: datetime, unasked_before: datetime) -> tuple[int, int]:
        """End what is over, and the files that nobody may fetch (any more); how many transfers and files.

        Of a file without a transfer nobody asks after `unasked_before`.
        """
        moments = to_microseconds(now), to_microseconds(unasked_before)
        return await self._do(lambda transaction: (_expire(transaction, moments[0]), _end(transaction, moments[1])))


def living(transaction: Transaction, transfer_id: str) -> Any:
    """Its row, locked, while it takes files. Raises NoSuchTransfer, TransferClosed."""
    row = transaction.connection.execute(_FOR_UPDATE, {"id": transfer_id}).one_or_none()
    if row is None:
        raise NoSuchTransfer
    if row.state != TransferState.OPEN.value:
        raise TransferClosed(row.state)
    if row.expires_at <= transaction.now:
        raise TransferClosed(TransferState.EXPIRED.value)
    return row


def _create(transaction: Transaction, draft: TransferDraft) -> Transfer:
    transfer_id = secrets.token_hex(16)
    values = {
        "id": transfer_id,
        "person_id": draft.person_id,
        "actor": draft.actor,
        "address": draft.address.lower(),
        "side": draft.side.value,
        "title": storable(draft.title),
        "profile": draft.profile,
        "webhook": draft.webhook,
        "state": TransferState.OPEN.value,
        "created_at": transaction.now,
        "expires_at": to_microseconds(draft.expires_at),
    }
    addresses = dict.fromkeys(address.lower() for address in draft.recipients)
    connection = transaction.connection
    connection.execute(insert(transfers).values(values))
    rows = [
        {"transfer_id": transfer_id, "position": position, "address": address}
        for position, address in enumerate(addresses)
    ]
    connection.execute(insert(transfer_recipients), rows)
    transaction.audit(draft.actor, "transfer_begun", "", transfer=transfer_id, recipients=" ".join(addresses))
    return _known(connection, transfer_id)


def _known(connection: Connection, transfer_id: str) -> Transfer:
    found = _get(connection, transfer_id)
    if found is None:
        raise NoSuchTransfer
    return found


def _get(connection: Connection, transfer_id: str) -> Transfer | None:
    found = _transfers(connection, connection.execute(_ROW, {"id": transfer_id}).all())
    return found[0] if found else None


def _transfers(connection: Connection, rows: Sequence[Any]) -> list[Transfer]:
    ids = [row.id for row in rows]
    if not ids:
        return []
    addresses: dict[str, list[str]] = {}
    for transfer_id, address in connection.execute(_ADDRESSES, {"ids": ids}):
        addresses.setdefault(transfer_id, []).append(address)
    counts: dict[str, dict[str, int]] = {}
    for transfer_id, state, files, size in connection.execute(_COUNTS, {"ids": ids}):
        of = counts.setdefault(transfer_id, dict.fromkeys(("files", "bytes", "ready", "held"), 0))
        of["files"] += files
        of["bytes"] += int(size)
        of["ready"] += files if state in _READY else 0
        of["held"] += files if state == ItemState.HELD.value else 0
    return [_transfer(row, tuple(addresses.get(row.id, ())), counts.get(row.id, {})) for row in rows]


def _transfer(row: Any, recipients: tuple[str, ...], counts: dict[str, int]) -> Transfer:
    return Transfer(
        id=row.id,
        person_id=row.person_id,
        actor=row.actor,
        address=row.address,
        side=Segment(row.side),
        title=row.title,
        recipients=recipients,
        profile=row.profile,
        webhook=row.webhook,
        state=TransferState(row.state),
        created_at=to_datetime(row.created_at),
        expires_at=to_datetime(row.expires_at),
        **counts,
    )


def _search(connection: Connection, query: TransferQuery) -> TransferPage:
    chosen = select(transfers)
    whose = []
    if query.person_id:
        whose.append(transfers.c.person_id == query.person_id)
    if query.address:
        named = exists().where(
            transfer_recipients.c.transfer_id == transfers.c.id, transfer_recipients.c.address == query.address.lower()
        )
        whose.append(named & (transfers.c.state != TransferState.OPEN.value))
    if whose:
        chosen = chosen.where(or_(*whose))
    for word in storable(query.text).split():
        in_name = exists().where(
            uploads.c.transfer_id == transfers.c.id, uploads.c.name.icontains(word, autoescape=True)
        )
        chosen = chosen.where(transfers.c.title.icontains(word, autoescape=True) | in_name)
    if query.after:
        at, transfer_id = _place(query.after)
        chosen = chosen.where(
            (transfers.c.created_at < at) | ((transfers.c.created_at == at) & (transfers.c.id < transfer_id))
        )
    chosen = chosen.order_by(transfers.c.created_at.desc(), transfers.c.id.desc()).limit(query.limit + 1)
    rows = connection.execute(chosen).all()
    more = len(rows) > query.limit
    rows = rows[: query.limit]
    return TransferPage(
        tuple(_transfers(connection, rows)), f"{rows[-1].created_at}.{rows[-1].id}" if more and rows else ""
    )


def _place(cursor: str) -> tuple[int, str]:
    at, _, transfer_id = cursor.partition(".")
    if not (at.isdecimal() and at.isascii() and len(at) <= 18 and len(transfer_id) == 32 and transfer_id.isascii()):
        raise BadCursor
    return int(at), transfer_id


def _files(connection: Connection, transfer_id: str) -> list[TransferFile]:
    return _with_items(connection, connection.execute(_UPLOADS, {"id": transfer_id}).all())


def _file(connection: Connection, item_id: str) -> TransferFile | None:
    found = _with_items(connection, connection.execute(_UPLOAD, {"item": item_id}).all())
    return found[0] if found else None


def _with_items(connection: Connection, rows: Sequence[Row[Any]]) -> list[TransferFile]:
    ids = [row.item_id for row in rows if row.item_id]
    found = {item.id: item for item in load(connection, connection.execute(_ITEMS, {"ids": ids}).all())}
    return [TransferFile(upload_from(row), found.get(row.item_id or "")) for row in rows]


def _submit(transaction: Transaction, transfer_id: str, actor: str) -> Transfer:
    living(transaction, transfer_id)
    transaction.connection.execute(_BECOME, {"of": transfer_id, "new_state": TransferState.SENT.value})
    _close_uploads(transaction, [transfer_id], UploadState.CANCELLED)
    transaction.audit(actor, "transfer_sent", "", transfer=transfer_id)
    return _known(transaction.connection, transfer_id)


def _withdraw(transaction: Transaction, transfer_id: str, actor: str) -> Transfer:
    connection = transaction.connection
    row = connection.execute(_FOR_UPDATE, {"id": transfer_id}).one_or_none()
    if row is None:
        raise NoSuchTransfer
    if row.state in {TransferState.WITHDRAWN.value, TransferState.EXPIRED.value}:
        raise TransferClosed(row.state)
    connection.execute(_BECOME, {"of": transfer_id, "new_state": TransferState.WITHDRAWN.value})
    _close_uploads(transaction, [transfer_id], UploadState.CANCELLED)
    transaction.audit(actor, "withdrawn", "", transfer=transfer_id)
    waiting = {ItemState.CLEANED, ItemState.RELEASED, ItemState.HELD}
    ids = [file.item.id for file in _files(connection, transfer_id) if file.item and file.item.state in waiting]
    _change(transaction, ids, ItemState.DISCARDED, actor, "the transfer was withdrawn")
    return _known(connection, transfer_id)


def _expire(transaction: Transaction, now: int) -> int:
    past = list(transaction.connection.execute(_PAST, {"now": now}).scalars())
    for transfer_id in past:
        transaction.connection.execute(_BECOME, {"of": transfer_id, "new_state": TransferState.EXPIRED.value})
        transaction.audit("retention", "transfer_expired", "", transfer=transfer_id)
    _close_uploads(transaction, past, UploadState.EXPIRED)
    return len(past)


def _end(transaction: Transaction, before: int) -> int:
    """What nobody may fetch, or asked for, any more; what was still being cleaned then comes with a later call."""
    left = transaction.connection.execute(_LEFT, {"before": before}).all()
    for state in (ItemState.DISCARDED, ItemState.EXPIRED):
        ids = [row.id for row in left if _ENDED.get(row.state, ItemState.EXPIRED) is state]
        _change(transaction, ids, state, "retention", "nobody may fetch it any more")
    return len(left)


def _change(transaction: Transaction, ids: Iterable[str], to: ItemState, actor: str, reason: str) -> None:
    wanted = [deciding.Change(item_id, to, actor, reason, deliver_original=False) for item_id in ids]
    for outcome in deciding.change(transaction, wanted):
        if isinstance(outcome, StoreError):  # it was in the right state a moment ago, in this transaction
            raise outcome


def _close_uploads(transaction: Transaction, transfer_ids: Sequence[str], state: UploadState) -> None:
    """Their bytes go with the next sweep of the folder."""
    if transfer_ids:
        transaction.connection.execute(CLOSE_UPLOADS, {"ids": list(transfer_ids), "new_state": state.value})
