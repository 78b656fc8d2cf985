"""Uploads: files that come in pieces, may be cut anywhere and go on from there, and become items when they are whole.

The bytes lie in <blobs>/uploads/ID, in the file system of the blobs: a file that is whole becomes an original by a hard
link and is never copied nor held in memory. How far an upload is, is the size of its file; nothing else remembers it.
"""

import asyncio
import hashlib
import logging
import os
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import msgspec

from gateway.intake.acceptance import FileAcceptance
from gateway.intake.pieces import Piece, Progress
from gateway.model import (
    Channel,
    Direction,
    Envelope,
    MailOptions,
    Recipient,
    Segment,
    Transfer,
    Upload,
    UploadState,
)
from gateway.settings import Settings
from gateway.store.adopting import Adopted, locked
from gateway.store.blobs import Blobs, Spool, full_or_unavailable, sync_folder
from gateway.store.drafts import Draft
from gateway.store.errors import StoreError, StoreFull
from gateway.store.transfer_errors import (
    NoSuchTransfer,
    NoSuchUpload,
    TooLarge,
    UploadBusy,
    UploadOver,
    WrongChecksum,
    WrongOffset,
)
from gateway.store.transfers import TransferDraft, Transfers
from gateway.store.upload_rows import UploadDraft
from gateway.store.uploads import Limits, UploadRows

FOLDER = "uploads"
READ_BYTES = 1_048_576
KNOWN_DIGESTS = 256  # of uploads that are under way here; any other is read again when it is whole

#: What is handed in on the Internet side goes in, what is handed in on the LGWAN side goes out.
WAYS = {Segment.INTERNET: Direction.INBOUND, Segment.LGWAN: Direction.OUTBOUND}

log = logging.getLogger(__name__)


class Keeps(Protocol):
    """The part of the store that uploads need."""

    blobs: Blobs
    transfers: Transfers
    uploads: UploadRows

    def free_bytes(self) -> int:
        """Room left."""

    async def accept_upload(self, upload_id: str, draft: Draft, spool: Spool) -> str:
        """Keep it as an item, once."""


class Uploads:
    """All uploads of a store; one object for each process."""

    def __init__(self, settings: Settings, store: Keeps, acceptance: FileAcceptance, on_kept: Any) -> None:
        """`on_kept` is called without arguments when there is something to clean."""
        self._limits = Limits(settings.transfers.max_files, settings.transfers.max_bytes)
        self._minimum_free = settings.store.minimum_free_bytes
        self._store = store
        self._acceptance = acceptance
        self._on_kept = on_kept
        self._folder = store.blobs.folder / FOLDER
        self._digests: OrderedDict[str, Progress] = OrderedDict()
        self._finishing: dict[str, asyncio.Task[str]] = {}

    async def begin_transfer(self, draft: TransferDraft) -> Transfer:
        """With the profile of its recipients, unless it names one. Raises MixedProfiles."""
        profile = draft.profile or self._acceptance.profile(_envelope_to(draft.recipients, draft.side))
        return await self._store.transfers.create(msgspec.structs.replace(draft, profile=profile))

    async def begin(self, draft: UploadDraft) -> Upload:
        """Room for one file. Raises NoSuchTransfer, TransferClosed, TooLarge, TooMany, StoreFull."""
        if draft.length > self._limits.bytes:
            raise TooLarge(self._limits.bytes)
        expected = await self._store.uploads.expected_bytes()
        if self._store.free_bytes() - expected - draft.length < self._minimum_free:
            raise StoreFull("no space left for an upload")
        return await self._store.uploads.begin(draft, self._limits)

    async def get(self, upload_id: str) -> Upload | None:
        """One, whatever became of it."""
        return await self._store.uploads.get(upload_id)

    async def offset(self, upload_id: str) -> int:
        """How many bytes are here for good. Raises NoSuchUpload, UploadBusy while somebody writes."""
        upload = await self._known(upload_id)
        if upload.state is UploadState.DONE:
            return upload.length
        return await asyncio.to_thread(self._synced_size, upload_id)

    async def received(self, upload_id: str) -> int:
        """How many bytes have come, some of which may not be kept: for showing only."""
        return await asyncio.to_thread(self._size, upload_id)

    @asynccontextmanager
    async def appending(self, upload_id: str, offset: int) -> AsyncIterator[Piece]:
        """Take bytes from `offset` on; what is not kept inside is cut off again.

        Raises NoSuchUpload, UploadOver, UploadBusy, WrongOffset, StoreFull.
        """
        upload = await self._known(upload_id)
        if upload.state is UploadState.DONE:
            raise UploadOver
        if self._store.free_bytes() < self._minimum_free:
            raise StoreFull("no space left for an upload")
        await asyncio.to_thread(self._make, upload_id)
        descriptor = self._opened(upload_id)
        size = os.fstat(descriptor).st_size
        known = self._digest_of(upload_id, size)
        piece = Piece(descriptor, size, upload.length, None if known is None else known.copy())
        try:
            if size != offset:
                raise WrongOffset(size)
            yield piece
        finally:
            piece.close()
            if piece.kept != size:
                self._remember(upload_id, piece.progress())

    async def finish(self, upload_id: str) -> str:
        """The number of the item that a whole upload is, the same each time.

        Raises NoSuchUpload, UploadBusy, WrongOffset, WrongChecksum, StoreFull, StoreUnavailable.
        """
        task = self._finishing.get(upload_id)
        if task is None:
            # It comes to its end even when the caller goes away, and the file stays locked until then.
            task = self._finishing[upload_id] = asyncio.create_task(self._finish(upload_id))
            task.add_done_callback(lambda _: self._finishing.pop(upload_id, None))
        return await asyncio.shield(task)

    async def cancel(self, upload_id: str) -> None:
        """Forget it. Raises NoSuchUpload when it is not on its way."""
        await self._store.uploads.cancel(upload_id)
        self._digests.pop(upload_id, None)
        await asyncio.to_thread(self._path(upload_id).unlink, missing_ok=True)

    async def resume(self) -> int:
        """After a start: what is whole becomes an item, what nobody wants any more goes; how many became items."""
        finished = 0
        await sweep(self._store)
        for upload in await self._store.uploads.open():
            if await asyncio.to_thread(self._size, upload.id) == upload.length:
                finished += await self._finished(upload.id)
        return finished

    # How it is done

    async def _finished(self, upload_id: str) -> bool:
        try:
            await self.finish(upload_id)
        except (NoSuchUpload, UploadBusy, WrongOffset, WrongChecksum):
            return False
        except StoreError as error:  # it stays where it is, for its sender to finish or for the next start
            log.warning("upload %s is whole, but cannot be kept now: %s", upload_id, type(error).__name__)
            return False
        return True

    async def _finish(self, upload_id: str) -> str:
        upload = await self._known(upload_id)
        path = self._path(upload_id)
        if upload.state is UploadState.DONE:
            await asyncio.to_thread(path.unlink, missing_ok=True)
            return upload.item
        await asyncio.to_thread(self._make, upload_id)
        descriptor = self._opened(upload_id, whole=True)
        try:
            size = os.fstat(descriptor).st_size
            if size != upload.length:
                raise WrongOffset(size)
            sha256 = await self._whole_digest(upload, descriptor)
            if upload.sha256 not in {"", sha256}:
                await self.cancel(upload_id)
                raise WrongChecksum
            item_id = await self._accept(upload, sha256)
            await asyncio.to_thread(path.unlink, missing_ok=True)
        finally:
            os.close(descriptor)
        self._digests.pop(upload_id, None)
        self._on_kept()
        return item_id

    async def _accept(self, upload: Upload, sha256: str) -> str:
        transfer = await self._store.transfers.get(upload.transfer_id)
        if transfer is None:
            raise NoSuchTransfer
        envelope = _envelope(upload, transfer)
        draft = self._acceptance.draft(
            Channel.UPLOAD, envelope, upload.name, profile=transfer.profile, group=transfer.id
        )
        path, blobs = self._path(upload.id), self._store.blobs
        spool: Spool = Adopted(blobs, path, upload.blob, upload.length, sha256)
        if upload.length <= blobs.inline_bytes:
            spool = blobs.spool()
            spool.write(await asyncio.to_thread(path.read_bytes))
        return await self._store.accept_upload(upload.id, draft, spool)

    async def _known(self, upload_id: str) -> Upload:
        upload = await self._store.uploads.get(upload_id)
        if upload is None or upload.state not in {UploadState.OPEN, UploadState.DONE}:
            raise NoSuchUpload
        if upload.state is UploadState.OPEN and upload.expires_at <= datetime.now(UTC):
            raise NoSuchUpload
        return upload

    async def _whole_digest(self, upload: Upload, descriptor: int) -> str:
        known = self._digest_of(upload.id, upload.length)
        if known is None:  # it came in pieces to several processes, or this one was started since
            known = await asyncio.to_thread(_digest, descriptor)
        return str(known.hexdigest())

    def _digest_of(self, upload_id: str, size: int) -> Any:
        if not size:
            return hashlib.sha256()
        known = self._digests.get(upload_id)
        return known.digest if known is not None and known.size == size else None

    def _remember(self, upload_id: str, progress: Progress | None) -> None:
        self._digests.pop(upload_id, None)
        if progress is not None:
            self._digests[upload_id] = progress
        while len(self._digests) > KNOWN_DIGESTS:
            self._digests.popitem(last=False)

    def _path(self, upload_id: str) -> Path:
        return self._folder / upload_id

    def _make(self, upload_id: str) -> None:
        """The file of an upload, when it is not there yet."""
        try:
            if not self._folder.is_dir():
                self._folder.mkdir(mode=0o700, exist_ok=True)
                sync_folder(self._folder.parent)
            if not self._path(upload_id).exists():
                os.close(os.open(self._path(upload_id), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
                sync_folder(self._folder)
        except OSError as error:
            raise full_or_unavailable(error) from error

    def _opened(self, upload_id: str, *, whole: bool = False) -> int:
        """Locked by us alone; never in a thread, whose caller could be cancelled and the lock be lost."""
        try:
            descriptor = locked(self._path(upload_id), os.O_RDONLY if whole else os.O_RDWR)
        except PermissionError as error:
            raise UploadBusy from error  # it is whole, and just becomes an item
        except FileNotFoundError as error:
            raise NoSuchUpload from error
        except OSError as error:
            raise full_or_unavailable(error) from error
        if descriptor is None:
            raise UploadBusy
        return descriptor

    def _synced_size(self, upload_id: str) -> int:
        if not self._path(upload_id).exists():
            return 0
        descriptor = self._opened(upload_id, whole=True)
        try:
            os.fsync(descriptor)
            return os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)

    def _size(self, upload_id: str) -> int:
        try:
            return self._path(upload_id).stat().st_size
        except FileNotFoundError:
            return 0


async def keep_house(store: Keeps, days: int, now: datetime) -> tuple[int, int]:
    """End what is over, and what nobody asked for within so many days; how many transfers and files."""
    transfers = files = 0
    while True:
        ended = await store.transfers.expire(now, now - timedelta(days=days))
        transfers, files = transfers + ended[0], files + ended[1]
        if not any(ended):
            break
    await sweep(store)
    return transfers, files


async def sweep(store: Keeps) -> None:
    """Remove the bytes of uploads that are items, cancelled or over."""
    folder = store.blobs.folder / FOLDER
    names = await asyncio.to_thread(_names, folder)
    open_ones = {upload.id for upload in await store.uploads.open()} if names else set()
    for name in names:
        if name not in open_ones:
            await asyncio.to_thread((folder / name).unlink, missing_ok=True)


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()] if folder.is_dir() else []


def _digest(descriptor: int) -> Any:
    digest, at = hashlib.sha256(), 0
    while chunk := os.pread(descriptor, READ_BYTES, at):
        digest.update(chunk)
        at += len(chunk)
    return digest


def _envelope_to(recipients: tuple[str, ...], side: Segment) -> Envelope:
    return Envelope(
        mail_from="",
        recipients=tuple(Recipient(address) for address in recipients),
        client="",
        helo="",
        tls="",
        options=MailOptions(),
        direction=WAYS[side],
        received_at=datetime.now(UTC),
    )


def _envelope(upload: Upload, transfer: Transfer) -> Envelope:
    return msgspec.structs.replace(
        _envelope_to(transfer.recipients, transfer.side),
        mail_from=transfer.address,
        client=upload.client,
        listener=upload.listener,
        protocol=upload.protocol,
    )
