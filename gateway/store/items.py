"""The store: one async class that keeps items, blobs, leases and the record, for one event loop."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection, Engine

from gateway.access.model import EVERYTHING, Scope
from gateway.model import MAIL_CHANNELS, Channel, Envelope, Item, ItemState, Lock, LockState
from gateway.settings import StoreSettings
from gateway.store import (
    audit,
    changes,
    database,
    deciding,
    handing,
    keeping,
    leases,
    locks,
    opening,
    purging,
    searching,
    telling,
    upload_rows,
)
from gateway.store.approvals import Approvals
from gateway.store.auditing import Records
from gateway.store.blobs import Blobs, Original, Place, Spool
from gateway.store.drafts import AuditProof, AuditRow, Draft, FollowUp, ItemQuery, Progress, Settlement
from gateway.store.errors import BlobDamaged, BlobGone, StoreUnusable
from gateway.store.folder_records import FolderRecords
from gateway.store.lists import Lists
from gateway.store.once import Once
from gateway.store.people import People
from gateway.store.rows import check_draft, to_microseconds
from gateway.store.settling import Settled
from gateway.store.totals import Totals
from gateway.store.transfers import Transfers
from gateway.store.uploads import UploadRows
from gateway.store.webhooks import Webhooks
from gateway.store.workings import Workings
from sanitizers.rules import Verdict

_SECOND = 1_000_000


class Store(Workings):
    """Everything that lasts. Open it with `Store.open`, close it before the loop ends."""

    def __init__(self, engine: Engine, blobs: Blobs, folders: Sequence[Path]) -> None:
        super().__init__(engine, folders, _now)
        self.blobs = blobs
        self.people = People(self._do, self._read)
        self.approvals = Approvals(self._do, self._read)
        self.lists = Lists(self._read, self.change)
        self.records = Records(self._read)
        self.totals = Totals(self._read)
        self.tellings = telling.Tellings(self._do, self._read)
        self.transfers = Transfers(self._do, self._read)
        self.uploads = UploadRows(self._do, self._read)
        self.once = Once(self._do, self._read)
        self.webhooks = Webhooks(self._do, self._read)
        self.settled = Settled(self.item)
        self.folders = FolderRecords(self._do, self._read)

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

    async def accept_upload(self, upload_id: str, draft: Draft, spool: Spool) -> str:
        """Keep an upload as an item, in one transaction with its end; its number, the same each time.

        Raises NoSuchUpload, and what `accept` raises.
        """
        check_draft(draft)
        return await self._with_blobs(
            [spool], upload_rows.complete, lambda kept: upload_rows.Completed(upload_id, draft, kept[0])
        )

    async def enqueue(self, notice: Draft, data: bytes) -> str:
        """Keep a mail that Kiyome wrote, ready for delivery."""
        check_draft(notice)
        spools = self.blobs.spools_of([data])
        return await self._with_blobs(spools, keeping.keep_notices, lambda kept: keeping.Notice(notice, kept[0]))

    async def tell(
        self, key: str, notices: Sequence[tuple[Draft, bytes]], *, at: datetime, since: datetime | None = None
    ) -> bool:
        """Keep mails that tell of one thing, unless it was told already (`since`: unless it was told since then).

        `key` names the thing, `at` is remembered as when it was told. Whether they were kept.
        """
        drafts = [draft for draft, _ in notices]
        for draft in drafts:
            check_draft(draft)
        return await self._with_blobs(
            self.blobs.spools_of(data for _, data in notices),
            telling.tell,
            lambda kept: telling.Telling(key=key, at=at, since=since, notices=tuple(map(keeping.Notice, drafts, kept))),
        )

    # Who works on what

    async def lease_for_cleaning(self, owner: str, limit: int, seconds: int) -> list[Item]:
        """Take received items that nobody works on, oldest first; each lease ends after `seconds`."""
        now = _now()
        return await self._write(leases.claim_for_cleaning, leases.Claim(owner, limit, now, now + seconds * _SECOND))

    async def lease_for_delivery(
        self, owner: str, limit: int, seconds: int, now: datetime, *, channels: frozenset[Channel] = MAIL_CHANNELS
    ) -> list[Item]:
        """Take items of these channels with a waiting recipient who is due at `now`; they become DELIVERING."""
        at = to_microseconds(now)
        claim = leases.Claim(owner, limit, at, at + seconds * _SECOND, channels)
        return await self._write(leases.claim_for_delivery, claim)

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
        first = settlement.clean is not None
        spools = self.blobs.spools_of([settlement.clean, *(data for _, data in settlement.notices)])
        await self._with_blobs(
            spools,
            changes.settle,
            lambda kept: changes.Settled(
                owner,
                item_id,
                settlement,
                kept[0] if first else None,
                tuple(map(keeping.Notice, drafts, kept[int(first) :])),
            ),
        )
        self.settled.tell(item_id)

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
        """Release, discard, expire or have cleaned again (`to` RECEIVED) what is held; hold what is not delivered yet,
        or try it again at once (`to` DELIVERING).

        Notices are kept in the same transaction. Raises NoSuchItem, WrongState, NothingToDeliver when there is no
        clean version to release, or OnItsWay when what is to be held is being delivered at this moment.
        """
        drafts = [draft for draft, _ in notices]
        for draft in drafts:
            check_draft(draft)
        return await self._with_blobs(
            self.blobs.spools_of(data for _, data in notices),
            deciding.change,
            lambda kept: deciding.Change(
                item_id, to, actor, reason, deliver_original, tuple(map(keeping.Notice, drafts, kept))
            ),
        )

    async def handed_over(self, item_id: str, *, actor: str, text: str, address: str = "") -> Item:
        """A file was fetched or answered with, by one recipient (or "": for all). When all have it, it is DELIVERED.

        Raises NoSuchItem, WrongState, UnknownRecipient.
        """
        wish = handing.HandOver(item_id, actor, text, address)
        return await self._do(lambda transaction: handing.hand_over(transaction, wish))

    async def of_group(self, channel: Channel, group: str) -> str:
        """The number of the first item of a group; "" for none."""
        return await self._read(lambda connection: handing.of_group(connection, channel, group))

    # Parts behind a password

    async def follow(self, follow_up: FollowUp) -> str:
        """Keep the item that brings what was unlocked, ready for delivery or held; its number. Raises NotLocked."""
        check_draft(follow_up.draft)
        return await self._with_blobs(
            self.blobs.spools_of([follow_up.settlement.clean]),
            locks.opened,
            lambda kept: locks.Opened(follow_up, kept[0] if kept else None),
        )

    async def wrong_password(self, lock: Lock, *, actor: str, not_before: datetime, closed: bool) -> None:
        """Count a try that failed; `closed`: it was the last one. Raises NotLocked."""
        state = LockState.CLOSED if closed else LockState.WAITING
        await self._write(locks.wrong, locks.Wrong(lock.id, actor, to_microseconds(not_before), state))

    async def wrong_passwords(self, item_id: str) -> int:
        """How many wrong ones were given for a held file."""
        return await self._read(lambda connection: locks.wrong_ones(connection, item_id))

    async def password_was_wrong(self, item_id: str, *, actor: str, count: int) -> None:
        """Put one on record that was given for a held file."""
        await self._do(lambda transaction: transaction.audit(actor, "wrong_password", item_id, count=count))

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
        return await self._with_blobs(
            self.blobs.spools_of([settlement.clean]),
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
        await self._write(deciding.sight, deciding.Sight(item_id, "exported", what, actor, reason))

    async def viewed(self, item_id: str, *, what: str, actor: str, reason: str) -> None:
        """Put on record that somebody looks at content of an item; `what` names it, e.g. "body". Raises NoSuchItem."""
        await self._write(deciding.sight, deciding.Sight(item_id, "viewed", what, actor, reason))

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

    async def item(self, item_id: str, scope: Scope = EVERYTHING) -> Item | None:
        """One item, or None when there is none within the scope."""
        return await self._read(lambda connection: searching.item(connection, item_id, scope))

    async def items(self, query: ItemQuery) -> list[Item]:
        """The items a query asks for, newest first."""
        return await self._read(lambda connection: searching.find(connection, query))

    async def original(self, item: Item) -> Original:
        """The bytes as they came. Raises BlobGone after their retention."""
        return await self._bytes(item.original)

    async def clean_original(self, item: Item) -> Original:
        """The bytes that go on, to be read in pieces. Raises BlobGone when there are none."""
        if item.clean is None:
            raise BlobGone(f"item {item.id} has no clean version")
        return await self._bytes(item.clean)

    async def clean(self, item: Item) -> bytes:
        """The bytes that go on, at once. Raises BlobGone when there are none."""
        found = await self.clean_original(item)
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

    async def audit_head(self) -> int:
        """The number of the last row; 0 when there is none."""
        return await self._read(audit.head)

    async def audit_after(self, seq: int, limit: int) -> list[AuditRow]:
        """Rows that follow one, oldest first."""
        return await self._read(lambda connection: audit.page(connection, seq, None, limit))

    async def _audit_page(self, after: int, item_id: str | None) -> list[AuditRow]:
        return await self._read(lambda connection: audit.page(connection, after, item_id))

    async def verify_audit(self, tell: audit.Seen = audit.nobody) -> AuditProof:
        """Read the whole record again and recompute its chain; `tell` hears how far it is, in another thread."""
        return await self._read(lambda connection: audit.verify(connection, self._closing, tell))

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


def _sought(envelope: Envelope, since: datetime) -> locks.Sought:
    addresses = tuple(recipient.address.lower() for recipient in envelope.recipients)
    return locks.Sought(envelope.mail_from.lower(), addresses, to_microseconds(since), _now())


def _now() -> int:
    return to_microseconds(datetime.now(UTC))
