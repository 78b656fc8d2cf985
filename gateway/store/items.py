"""The store: one async class that keeps items, blobs, leases and the record, for one event loop."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from gateway.model import Envelope, Item, ItemState, Lock, LockState
from gateway.settings import StoreSettings
from gateway.store import audit, changes, database, keeping, leases, locks, opening, purging, searching
from gateway.store.blobs import Blobs, Kept, Original, Place, Recent, Spool, free_bytes
from gateway.store.drafts import AuditProof, AuditRow, Draft, FollowUp, ItemQuery, Progress, Settlement
from gateway.store.errors import BlobDamaged, BlobGone, StoreError, StoreUnavailable, StoreUnusable
from gateway.store.rows import check_draft, to_microseconds
from gateway.store.writer import Kind, UncertainCommit, Writer
from sanitizers.rules import Verdict

Request = TypeVar("Request")
Answer = TypeVar("Answer")

_READERS = 2
_SECOND = 1_000_000


class Store:
    """Everything that lasts. Open it with `Store.open`, close it before the loop ends."""

    def __init__(self, engine: Engine, blobs: Blobs, folders: Sequence[Path]) -> None:
        self.blobs = blobs
        self._engine = engine
        self._folders = folders
        self._writer = Writer(engine, _now)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="kiyome-read")
        self._files = ThreadPoolExecutor(_READERS, thread_name_prefix="kiyome-files")
        self._closing = threading.Event()
        self._running: set[asyncio.Task[Any]] = set()
        self._recent = Recent()

    @classmethod
    async def open(cls, settings: StoreSettings, *, secret: str | None = None) -> "Store":
        """Make what is missing, migrate, sweep up after a crash. Raises StoreUnusable with the reason."""
        started = time.time()
        url = database.store_url(settings.url, secret)
        blobs = Blobs(Path(settings.blobs), settings.inline_bytes)
        try:
            await asyncio.to_thread(blobs.create)
        except OSError as error:
            raise StoreUnusable(f"the folder of blobs cannot be made: {error.strerror}: {settings.blobs}") from error
        engine = await asyncio.to_thread(opening.open_engine, url)
        file = database.sqlite_file(url)
        store = cls(engine, blobs, [blobs.folder] if file is None else [blobs.folder, file.parent])
        try:
            await store._read(lambda connection: store._sweep(connection, started))
        except BaseException:
            await store.close()
            raise
        return store

    def _sweep(self, connection: Connection, started: float) -> None:
        self.blobs.sweep(started, lambda ids: searching.blobs_with_row(connection, ids))

    async def close(self) -> None:
        """Finish what was begun; later calls raise StoreUnavailable."""
        self._closing.set()
        if self._running:
            await asyncio.wait(self._running)
        await asyncio.to_thread(self._shut_down)

    def _shut_down(self) -> None:
        self._writer.stop()
        self._readers.shutdown()
        self._files.shutdown()
        self._engine.dispose()

    def free_bytes(self) -> int:
        """Room left where blobs and the database are, whichever is less."""
        return min(free_bytes(folder) for folder in self._folders)

    # What comes in

    async def accept(self, drafts: Sequence[Draft], spool: Spool) -> tuple[str, ...]:
        """Keep a mail as one item per draft; when this returns, all of it is on disk.

        The spool belongs to the store from here on. Raises StoreFull or StoreUnavailable; then nothing was kept.
        """
        if not drafts:
            raise ValueError("a mail without drafts would be lost")
        for draft in drafts:
            check_draft(draft)
        kept_drafts = tuple(drafts)
        return await self._with_blobs(
            [spool], keeping.keep_arrivals, lambda kept: keeping.Arrival(kept_drafts, kept[0])
        )

    async def enqueue(self, notice: Draft, data: bytes) -> str:
        """Keep a mail that Kiyome wrote, ready for delivery."""
        check_draft(notice)
        spools = self.blobs.spools_of([data])
        return await self._with_blobs(spools, keeping.keep_notices, lambda kept: keeping.Notice(notice, kept[0]))

    # Who works on what

    async def lease_for_cleaning(self, owner: str, limit: int, seconds: int) -> list[Item]:
        """Take received items that nobody works on, oldest first; each lease ends after `seconds`."""
        now = _now()
        return await self._write(leases.claim_for_cleaning, leases.Claim(owner, limit, now, now + seconds * _SECOND))

    async def lease_for_delivery(self, owner: str, limit: int, seconds: int, now: datetime) -> list[Item]:
        """Take items with a waiting recipient who is due at `now`; they become DELIVERING."""
        at = to_microseconds(now)
        return await self._write(leases.claim_for_delivery, leases.Claim(owner, limit, at, at + seconds * _SECOND))

    async def renew(self, owner: str, ids: Sequence[str], seconds: int) -> None:
        """Hold items longer: `seconds` from now. Those that were lost stay lost."""
        await self._write(leases.renew, leases.Renewal(owner, tuple(ids), _now() + seconds * _SECOND))

    async def forfeit(self, owner: str) -> int:
        """Give back everything an owner holds; how many items that were."""
        return await self._write(leases.forfeit, owner)

    # What becomes of it

    async def settle(self, owner: str, item_id: str, settlement: Settlement) -> None:
        """End cleaning: CLEANED or HELD, and the lease is over. Raises LeaseLost, and then nothing has changed."""
        if settlement.decision.verdict is Verdict.DELIVER and settlement.clean is None:
            raise ValueError("nothing clean to deliver")
        drafts = [draft for draft, _ in settlement.notices]
        for draft in drafts:
            check_draft(draft)
        first = [] if settlement.clean is None else [settlement.clean]
        spools = self.blobs.spools_of([*first, *(data for _, data in settlement.notices)])
        await self._with_blobs(
            spools,
            changes.settle,
            lambda kept: changes.Settled(
                owner,
                item_id,
                settlement,
                kept[0] if first else None,
                tuple(map(keeping.Notice, drafts, kept[len(first) :])),
            ),
        )

    async def record(
        self,
        owner: str,
        item_id: str,
        progress: Sequence[Progress],
        notices: Sequence[tuple[Draft, bytes]] = (),
    ) -> ItemState:
        """End an attempt: the item's new state. Notices are kept in the same transaction. Raises LeaseLost."""
        drafts = [draft for draft, _ in notices]
        for draft in drafts:
            check_draft(draft)
        steps = tuple(progress)
        return await self._with_blobs(
            self.blobs.spools_of(data for _, data in notices),
            changes.record,
            lambda kept: changes.Recorded(owner, item_id, steps, tuple(map(keeping.Notice, drafts, kept))),
        )

    async def change(
        self,
        item_id: str,
        *,
        to: ItemState,
        actor: str,
        reason: str,
        deliver_original: bool = False,
        notices: Sequence[tuple[Draft, bytes]] = (),
    ) -> Item:
        """Release, discard or expire what is held, or retry (`to` DELIVERING) at once what is being delivered.

        Notices are kept in the same transaction. Raises NoSuchItem, WrongState, or NothingToDeliver when there is no
        clean version to release.
        """
        drafts = [draft for draft, _ in notices]
        for draft in drafts:
            check_draft(draft)
        return await self._with_blobs(
            self.blobs.spools_of(data for _, data in notices),
            changes.change,
            lambda kept: changes.Change(
                item_id, to, actor, reason, deliver_original, tuple(map(keeping.Notice, drafts, kept))
            ),
        )

    # Parts behind a password

    async def follow(self, follow_up: FollowUp) -> str:
        """Keep the item that brings what was unlocked, ready for delivery or held; its number. Raises NotLocked."""
        check_draft(follow_up.draft)
        clean = follow_up.settlement.clean
        return await self._with_blobs(
            self.blobs.spools_of([] if clean is None else [clean]),
            locks.opened,
            lambda kept: locks.Opened(follow_up, kept[0] if kept else None),
        )

    async def wrong_password(self, lock: Lock, *, actor: str, not_before: datetime, closed: bool) -> None:
        """Count a try that failed; `closed`: it was the last one. Raises NotLocked."""
        state = LockState.CLOSED if closed else LockState.WAITING
        await self._write(locks.wrong, locks.Wrong(lock.id, actor, to_microseconds(not_before), state))

    async def expire_locks(self) -> int:
        """End the locks whose time is over; how many they were."""
        return await self._write(locks.expire, _now())

    async def lock(self, lock_id: str) -> Lock | None:
        """One lock, or None."""
        return await self._read(lambda connection: locks.find(connection, lock_id))

    async def locks(self, item_id: str) -> list[Lock]:
        """All locks of an item, by recipient."""
        return await self._read(lambda connection: locks.of_item(connection, item_id))

    async def resettle(self, item_id: str, settlement: Settlement, actor: str) -> Item:
        """A held item after it was cleaned again: CLEANED, or still HELD. Raises NoSuchItem or WrongState."""
        clean = settlement.clean
        return await self._with_blobs(
            self.blobs.spools_of([] if clean is None else [clean]),
            changes.resettle,
            lambda kept: changes.Settled(actor, item_id, settlement, kept[0] if kept else None),
        )

    async def locks_from(self, envelope: Envelope, header_from: str | None, since: datetime) -> list[Lock]:
        """Locks of the recipients of this mail that wait for a password of its sender (and of this From)."""
        sought = _sought(envelope, since)
        return await self._read(lambda connection: locks.from_sender(connection, sought, header_from, _now()))

    async def any_lock_waits(self) -> bool:
        """Whether anybody at all waits for a password."""
        return await self._read(lambda connection: locks.any_waits(connection, _now()))

    async def other_mails(self, item: Item, since: datetime, limit: int) -> list[str]:
        """Numbers of other mails of the item's sender to any of its recipients, the newest first."""
        sought = _sought(item.envelope, since)
        return await self._read(lambda connection: locks.recent(connection, sought, item.id, limit))

    async def exported(self, item_id: str, *, what: str, actor: str, reason: str) -> None:
        """Put on record that somebody takes bytes of an item out of the store. Raises NoSuchItem."""
        await self._write(changes.export, changes.Export(item_id, what, actor, reason))

    async def purge(self, finished_before: datetime) -> int:
        """Remove the bytes of items that ended before a time; how many items that were. Their rows stay."""
        before, purged = to_microseconds(finished_before), 0
        while number := await self._write(purging.let_go, before):
            purged += number
        self._recent.forget()
        leaving = await self._read(purging.leaving)
        if leaving:
            await self._with_files(lambda: self.blobs.remove(leaving))
            await self._write(purging.mark_gone, leaving)
        return purged

    # Reading

    async def item(self, item_id: str) -> Item | None:
        """One item, or None."""
        return await self._read(lambda connection: searching.item(connection, item_id))

    async def items(self, query: ItemQuery) -> list[Item]:
        """The items a query asks for, newest first."""
        return await self._read(lambda connection: searching.find(connection, query))

    async def original(self, item: Item) -> Original:
        """The bytes as they came. Raises BlobGone after their retention."""
        return await self._bytes(item.original)

    async def clean(self, item: Item) -> bytes:
        """The bytes that go on. Raises BlobGone when there are none."""
        if item.clean is None:
            raise BlobGone(f"item {item.id} has no clean version")
        found = await self._bytes(item.clean)
        return found.read() if found.in_memory else await self._with_files(found.read)

    async def counts(self) -> dict[ItemState, int]:
        """How many items are in each state."""
        return await self._read(searching.counts)

    async def due_at(self) -> datetime | None:
        """When the next item can be taken for delivery (perhaps in the past); None when none waits."""
        return await self._read(searching.due_at)

    async def audit_rows(self, item_id: str | None = None) -> AsyncIterator[AuditRow]:
        """The record, oldest first: all of it, or of one item."""
        after = 0
        while rows := await self._audit_page(after, item_id):
            for row in rows:
                yield row
            after = rows[-1].seq

    async def _audit_page(self, after: int, item_id: str | None) -> list[AuditRow]:
        return await self._read(lambda connection: audit.page(connection, after, item_id))

    async def verify_audit(self) -> AuditProof:
        """Read the whole record again and recompute its chain."""
        return await self._read(lambda connection: audit.verify(connection, self._closing))

    async def _bytes(self, blob_id: str) -> Original:
        recent = self._recent.get(blob_id)
        if recent is not None:
            return Original(len(recent), recent, None, "")
        row = await self._read(lambda connection: searching.blob(connection, blob_id))
        if row is None or row.place in {Place.GONE, Place.LEAVING}:
            raise BlobGone("the bytes were removed at the end of their retention")
        if row.place == Place.FILE:
            return Original(row.size, None, self.blobs.path(blob_id), row.sha256)
        if sha256(row.data).hexdigest() != row.sha256:
            raise BlobDamaged("the row of a blob does not hold the bytes that were kept")
        return Original(row.size, row.data, None, row.sha256)

    # How it is done

    async def _write(self, kind: Kind[Request, Answer], request: Request) -> Answer:
        return await self._writer.submit(kind, request)

    async def _with_blobs(
        self, spools: Sequence[Spool], kind: Kind[Request, Answer], request: Callable[[list[Kept]], Request]
    ) -> Answer:
        """Make blobs durable, then commit the rows that refer to them."""
        if all(spool.in_memory for spool in spools):
            kept = [spool.keep() for spool in spools]
            answer = await self._write(kind, request(kept))
            for one in kept:
                self._recent.add(one)
            return answer
        for spool in spools:
            spool.hand_over()
        # Files on the way must come to their end even when the caller goes away: he only stops waiting.
        task = asyncio.create_task(self._with_file_blobs(spools, kind, request))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def _with_file_blobs(
        self, spools: Sequence[Spool], kind: Kind[Request, Answer], request: Callable[[list[Kept]], Request]
    ) -> Answer:
        try:
            kept = await self._with_files(lambda: [spool.keep() for spool in spools])
            answer = await self._write(kind, request(kept))
        except UncertainCommit:
            _each(Spool.leave, spools)
            raise
        except StoreError:
            _each(Spool.undo, spools)
            raise
        _each(Spool.committed, spools)
        return answer

    async def _with_files(self, work: Callable[[], Answer]) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._files, work)

    async def _read(self, work: Callable[[Connection], Answer]) -> Answer:
        if self._closing.is_set():
            raise StoreUnavailable("the store is closed")
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._reading, work)

    def _reading(self, work: Callable[[Connection], Answer]) -> Answer:
        try:
            with self._engine.connect() as plain:
                connection = database.for_reading(plain)
                with connection.begin():
                    return work(connection)
        except SQLAlchemyError as error:
            raise database.translated(error) from error


def _each(fate: Callable[[Spool], None], spools: Sequence[Spool]) -> None:
    for spool in spools:
        fate(spool)


def _sought(envelope: Envelope, since: datetime) -> locks.Sought:
    addresses = tuple(recipient.address.lower() for recipient in envelope.recipients)
    return locks.Sought(envelope.mail_from.lower(), addresses, to_microseconds(since), _now())


def _now() -> int:
    return to_microseconds(datetime.now(UTC))
