"""Uploads: files on their way in, until each is an item: never lost, never two."""

import secrets
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, func, insert, select, update

from gateway.model import Upload, UploadState
from gateway.store.blobs import Kept, new_blob_id
from gateway.store.drafts import Draft
from gateway.store.errors import StoreError
from gateway.store.keeping import Arrival, keep_arrivals
from gateway.store.rows import storable, to_datetime
from gateway.store.schema import transfers, uploads
from gateway.store.transfer_errors import NoSuchUpload
from gateway.store.writer import Transaction

_ROW = select(uploads).where(uploads.c.id == bindparam("id"))
_FOR_UPDATE = _ROW.with_for_update()
_OPEN = uploads.c.state == UploadState.OPEN.value
_DONE = (
    update(uploads)
    .where(uploads.c.id == bindparam("of"))
    .values(state=UploadState.DONE.value, item_id=bindparam("item"))
)
_CANCEL = update(uploads).where(uploads.c.id == bindparam("of"), _OPEN).values(state=UploadState.CANCELLED.value)
CLOSE_UPLOADS = (
    update(uploads)
    .where(uploads.c.transfer_id.in_(bindparam("ids", expanding=True)), _OPEN)
    .values(state=bindparam("new_state"))
)
#: Files and bytes of a transfer that were not cancelled.
SIZES = select(func.count(), func.coalesce(func.sum(uploads.c.length), 0)).where(
    uploads.c.transfer_id == bindparam("id"), uploads.c.state.in_((UploadState.OPEN.value, UploadState.DONE.value))
)
#: Uploads of one person that are on their way, and what they announced.
OPEN_OF_PERSON = (
    select(func.count(), func.coalesce(func.sum(uploads.c.length), 0))
    .join(transfers, transfers.c.id == uploads.c.transfer_id)
    .where(transfers.c.person_id == bindparam("person"), _OPEN)
)
_EXPECTED = select(func.coalesce(func.sum(uploads.c.length), 0)).where(_OPEN)
_AMONG = select(uploads.c.id).where(uploads.c.id.in_(bindparam("ids", expanding=True)), _OPEN)
_ALL_OPEN = select(uploads).where(_OPEN).order_by(uploads.c.created_at, uploads.c.id)


class UploadDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is not begun yet. All names are untrusted."""

    transfer_id: str
    name: str
    length: int  #: bytes
    path: str = ""
    type: str = ""
    sha256: str = ""  #: hexadecimal
    client: str = ""
    listener: str = ""
    protocol: str = "HTTPS"


class Completed(msgspec.Struct, frozen=True):
    """An upload whose bytes are all there."""

    upload_id: str
    draft: Draft
    original: Kept


def begin(transaction: Transaction, draft: UploadDraft, expires_at: int) -> Upload:
    """The row; the caller has looked at the limits."""
    values = {
        "id": secrets.token_hex(16),
        "transfer_id": draft.transfer_id,
        "name": storable(draft.name),
        "path": storable(draft.path),
        "type": storable(draft.type),
        "length": draft.length,
        "sha256": draft.sha256.lower(),
        "client": storable(draft.client),
        "listener": draft.listener,
        "protocol": draft.protocol,
        "blob": new_blob_id(),
        "state": UploadState.OPEN.value,
        "created_at": transaction.now,
        "expires_at": expires_at,
    }
    transaction.connection.execute(insert(uploads).values(values))
    return upload_from(transaction.connection.execute(_ROW, {"id": values["id"]}).one())


def get(connection: Connection, upload_id: str) -> Upload | None:
    """One, whatever became of it."""
    row = connection.execute(_ROW, {"id": upload_id}).one_or_none()
    return None if row is None else upload_from(row)


def cancel(transaction: Transaction, upload_id: str) -> None:
    """Raises NoSuchUpload when it is not open."""
    if not transaction.connection.execute(_CANCEL, {"of": upload_id}).rowcount:
        raise NoSuchUpload


def complete(transaction: Transaction, requests: Sequence[Completed]) -> list[str | StoreError]:
    """The number of each one's item: a new one, or the one that it is already."""
    return [_complete(transaction, request) for request in requests]


def _complete(transaction: Transaction, request: Completed) -> str | StoreError:
    row = transaction.connection.execute(_FOR_UPDATE, {"id": request.upload_id}).one_or_none()
    if row is not None and row.state == UploadState.DONE.value:
        return str(row.item_id)
    if row is None or row.state != UploadState.OPEN.value:
        return NoSuchUpload()
    ((item_id,),) = keep_arrivals(transaction, [Arrival((request.draft,), request.original)])
    transaction.connection.execute(_DONE, {"of": row.id, "item": item_id})
    return item_id


def expected_bytes(connection: Connection) -> int:
    """What all open uploads announced together."""
    return int(connection.execute(_EXPECTED).scalar_one())


def still_open(connection: Connection, upload_ids: Sequence[str]) -> set[str]:
    """Which of these take bytes, or are to become items."""
    return set(connection.execute(_AMONG, {"ids": list(upload_ids)}).scalars())


def all_open(connection: Connection) -> list[Upload]:
    """The oldest first."""
    return [upload_from(row) for row in connection.execute(_ALL_OPEN)]


def upload_from(row: Any) -> Upload:
    """As the model knows it."""
    return Upload(
        id=row.id,
        transfer_id=row.transfer_id,
        name=row.name,
        path=row.path,
        type=row.type,
        length=row.length,
        sha256=row.sha256,
        client=row.client,
        listener=row.listener,
        protocol=row.protocol,
        blob=row.blob,
        state=UploadState(row.state),
        item=row.item_id or "",
        created_at=to_datetime(row.created_at),
        expires_at=to_datetime(row.expires_at),
    )
