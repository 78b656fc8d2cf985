"""Files that come in pieces: cut anywhere, they go on from there; each becomes one item, and is never in memory."""

import asyncio
import contextlib
import hashlib
import os
import resource
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from gateway.intake.acceptance import FileAcceptance
from gateway.intake.upload import FOLDER, Uploads, keep_house
from gateway.model import Channel, Direction, ItemState, Segment, Transfer, UploadState
from gateway.settings import StoreSettings, TransferSettings
from gateway.store.drafts import ItemQuery
from gateway.store.errors import StoreFull, StoreUnavailable
from gateway.store.items import Store
from gateway.store.transfer_errors import (
    MixedProfiles,
    NoSuchUpload,
    TooLarge,
    TooLong,
    UploadBusy,
    UploadOver,
    WrongChecksum,
    WrongOffset,
)
from gateway.store.transfers import TransferDraft
from gateway.store.upload_rows import UploadDraft
from gateway.store.uploads import AT_ONCE_OF_ONE_PERSON
from sanitizers.rules import Assignment, Profile, Rules
from tests.fakes.items import settings

DATA = os.urandom(100_000)
RULES = Rules(
    profiles={"standard": Profile(), "strict": Profile()},
    assignments=(Assignment(profile="strict", recipients=("*@strict.example.jp",)),),
)


class Place:
    """A store with uploads; `again` is what is there after a crash."""

    def __init__(self, folder: Path) -> None:
        self._store_settings = StoreSettings(
            url=f"sqlite:///{folder}/kiyome.db",
            blobs=str(folder / "blobs"),
            inline_bytes=1_000,
            minimum_free_bytes=1,
        )
        transfers = TransferSettings(max_bytes=300_000_000, max_files=10, days=7)
        self.settings = settings(store=self._store_settings, transfers=transfers)
        self.kept = 0
        self._open: list[Store] = []

    async def again(self) -> None:
        self.store = await Store.open(self._store_settings)
        self._open.append(self.store)
        acceptance = FileAcceptance(self.store, RULES, lambda: None)
        self.uploads = Uploads(self.settings, self.store, acceptance, self._count)

    def _count(self) -> None:
        self.kept += 1

    async def close(self) -> None:
        for store in self._open:
            await store.close()

    @property
    def files(self) -> list[Path]:
        return sorted(path for path in self.store.blobs.folder.rglob("*") if path.is_file())

    async def transfer(self, *recipients: str) -> Transfer:
        return await self.uploads.begin_transfer(
            TransferDraft(
                person_id="p1",
                actor="user:taro",
                address="taro@city.example.jp",
                side=Segment.INTERNET,
                recipients=recipients or ("hanako@city.example.jp",),
                expires_at=datetime.now(UTC) + timedelta(days=7),
            )
        )

    async def begin(self, length: int = len(DATA), **changes: object) -> str:
        transfer = await self.transfer()
        draft = UploadDraft(transfer_id=transfer.id, name="予算.csv", length=length, client="192.0.2.7", listener="in")
        return (await self.uploads.begin(msgspec.structs.replace(draft, **changes))).id

    async def append(self, upload: str, offset: int, data: bytes, step: int = 7_000) -> int:
        async with self.uploads.appending(upload, offset) as piece:
            for at in range(0, len(data), step):
                await piece.write(data[at : at + step])
            return await piece.keep()


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    made = Place(tmp_path)
    await made.again()
    yield made
    await made.close()


@pytest.mark.parametrize("length", [0, 1, 1_000, 1_001, 100_000])
async def test_a_file_in_pieces_becomes_one_item(place: Place, length: int) -> None:
    data = DATA[:length]
    upload = await place.begin(length)
    for at in range(0, length, 33_333):
        assert await place.uploads.offset(upload) == at
        assert await place.append(upload, at, data[at : at + 33_333]) == min(at + 33_333, length)
    numbers = {await place.uploads.finish(upload) for _ in range(3)}
    (number,) = numbers
    item = await place.store.item(number)
    assert item is not None
    assert (item.channel, item.name, item.profile, item.state) == (
        Channel.UPLOAD,
        "予算.csv",
        "standard",
        ItemState.RECEIVED,
    )
    envelope = item.envelope
    assert (envelope.mail_from, envelope.direction, envelope.client, envelope.listener, envelope.protocol) == (
        "taro@city.example.jp",
        Direction.INBOUND,
        "192.0.2.7",
        "in",
        "HTTPS",
    )
    assert (await place.store.original(item)).read() == data
    assert item.original_sha256 == hashlib.sha256(data).hexdigest()
    assert len(place.files) == (length > 1_000)  # the original itself, and no other name of it
    assert place.kept == 1
    assert await place.uploads.offset(upload) == length
    with pytest.raises(UploadOver):
        await place.append(upload, length, b"x")


async def test_what_is_not_kept_is_cut_off_again(place: Place) -> None:
    upload = await place.begin()
    await place.append(upload, 0, DATA[:50_000])
    async with place.uploads.appending(upload, 50_000) as piece:
        await piece.write(b"x" * 40_000)
    assert await place.uploads.offset(upload) == 50_000
    with contextlib.suppress(ConnectionResetError):
        async with place.uploads.appending(upload, 50_000) as piece:
            await piece.write(b"x" * 40_000)
            raise ConnectionResetError
    assert await place.uploads.offset(upload) == 50_000
    await place.append(upload, 50_000, DATA[50_000:])
    item = await place.store.item(await place.uploads.finish(upload))
    assert item is not None
    assert item.original_sha256 == hashlib.sha256(DATA).hexdigest()


async def test_a_caller_that_goes_away_leaves_nothing_locked(place: Place) -> None:
    upload = await place.begin()

    kept = asyncio.Event()

    async def slow() -> None:
        async with place.uploads.appending(upload, 0) as piece:
            await piece.write(DATA[:10_000])
            await piece.keep()
            kept.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(slow())
    async with asyncio.timeout(60):
        await kept.wait()
    with pytest.raises(UploadBusy):
        await place.append(upload, 10_000, DATA[10_000:])
    with pytest.raises(UploadBusy):
        await place.uploads.offset(upload)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await place.uploads.offset(upload) == 10_000


async def test_bytes_at_another_place_or_too_many_are_refused(place: Place) -> None:
    upload = await place.begin(10)
    with pytest.raises(WrongOffset) as found:
        await place.append(upload, 1, b"x")
    assert found.value.offset == 0
    with pytest.raises(TooLong):
        await place.append(upload, 0, b"x" * 11)
    assert await place.uploads.offset(upload) == 0
    with pytest.raises(WrongOffset):
        await place.uploads.finish(upload)
    assert await place.store.items(ItemQuery()) == []


async def test_a_checksum_that_does_not_fit_ends_the_upload(place: Place) -> None:
    right, wrong = hashlib.sha256(DATA).hexdigest(), "0" * 64
    good, bad = await place.begin(sha256=right.upper()), await place.begin(sha256=wrong)
    for upload in (good, bad):
        await place.append(upload, 0, DATA)
    assert await place.uploads.finish(good)
    with pytest.raises(WrongChecksum):
        await place.uploads.finish(bad)
    with pytest.raises(NoSuchUpload):
        await place.uploads.offset(bad)
    assert len(place.files) == 1


async def test_it_goes_on_after_the_process_was_killed(place: Place) -> None:
    upload = await place.begin()
    await place.append(upload, 0, DATA[:60_000])
    await place.again()  # another process: it knows nothing of the digest so far
    assert await place.uploads.offset(upload) == 60_000
    await place.append(upload, 60_000, DATA[60_000:])
    item = await place.store.item(await place.uploads.finish(upload))
    assert item is not None
    assert item.original_sha256 == hashlib.sha256(DATA).hexdigest()


@pytest.mark.parametrize("crash", ["before the link", "before the row", "after the row"])
@pytest.mark.parametrize("length", [500, 100_000])
async def test_a_crash_while_it_becomes_an_item(
    place: Place, monkeypatch: pytest.MonkeyPatch, crash: str, length: int
) -> None:
    class Killed(BaseException):
        """Nothing after this is done."""

    upload = await place.begin(length)
    await place.append(upload, 0, DATA[:length])
    real = place.store.accept_upload

    async def accept(upload_id: str, draft: object, spool: object) -> str:
        if crash == "before the row":
            await asyncio.to_thread(spool.keep)
        if crash == "after the row":
            monkeypatch.setattr(type(spool), "committed", lambda _: None)
            await real(upload_id, draft, spool)
        raise Killed

    monkeypatch.setattr(place.store, "accept_upload", accept)
    with pytest.raises(Killed):
        await place.uploads.finish(upload)
    monkeypatch.undo()
    await place.again()
    finished = await place.uploads.resume()
    assert finished == (crash != "after the row")
    (item,) = await place.store.items(ItemQuery())
    assert await place.uploads.finish(upload) == item.id
    assert (await place.store.original(item)).read() == DATA[:length]
    assert len(place.files) == (length > 1_000)
    assert await place.uploads.resume() == 0


async def test_a_store_that_is_unavailable_loses_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = await place.begin()
    await place.append(upload, 0, DATA)
    with monkeypatch.context() as broken:

        async def unavailable(*_: object) -> None:
            raise StoreUnavailable("not now")

        broken.setattr(place.store, "_write", unavailable)
        with pytest.raises(StoreUnavailable):
            await place.uploads.finish(upload)
    assert [path.parent.name for path in place.files] == [FOLDER]
    assert await place.uploads.finish(upload)
    assert len(await place.store.items(ItemQuery())) == 1


async def test_many_who_finish_at_once_get_one_number(place: Place) -> None:
    upload = await place.begin()
    await place.append(upload, 0, DATA)
    assert len(set(await asyncio.gather(*(place.uploads.finish(upload) for _ in range(5))))) == 1
    assert len(await place.store.items(ItemQuery())) == 1


async def test_a_cancelled_or_expired_upload_leaves_no_bytes(place: Place) -> None:
    cancelled, expired, forgotten = [await place.begin() for _ in range(3)]
    for upload in (cancelled, expired):
        await place.append(upload, 0, DATA[:10])
    await place.uploads.cancel(cancelled)
    assert [path.name for path in place.files] == [expired]
    later = datetime.now(UTC) + timedelta(days=8)
    transfers, files = await keep_house(place.store, 7, later)
    assert (transfers, files, place.files) == (3, 0, [])
    for upload in (cancelled, expired, forgotten):
        with pytest.raises(NoSuchUpload):
            await place.append(upload, 0, DATA)


async def test_a_full_disk_is_told_before_anything_is_begun(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TooLarge):
        await place.begin(300_000_001)
    monkeypatch.setattr(place.store, "free_bytes", lambda: 250_000)
    upload = await place.begin(200_000)
    with pytest.raises(StoreFull):
        await place.begin(50_000)  # the first will need its room
    monkeypatch.setattr(place.store, "free_bytes", lambda: 0)
    with pytest.raises(StoreFull):
        await place.append(upload, 0, b"x")


async def test_recipients_whose_profiles_differ_need_a_profile_that_is_named(place: Place) -> None:
    assert (await place.transfer("a@strict.example.jp")).profile == "strict"
    with pytest.raises(MixedProfiles):
        await place.transfer("a@strict.example.jp", "b@city.example.jp")


async def test_uploads_of_names_that_are_too_long_keep_their_extension(place: Place) -> None:
    upload = await place.begin(1, name="長" * 300 + ".xlsx")
    await place.append(upload, 0, b"x")
    item = await place.store.item(await place.uploads.finish(upload))
    assert item is not None
    assert (len(item.name), item.name[-6:]) == (255, "長.xlsx")
    known = await place.uploads.get(upload)
    assert known is not None
    assert (known.state, known.item) == (UploadState.DONE, item.id)


async def test_a_large_file_is_never_in_memory_whole(place: Place) -> None:
    length, piece = 200_000_000, os.urandom(1_000_000)

    def pieces() -> Iterator[bytes]:
        yield from (piece for _ in range(length // len(piece)))

    upload = await place.begin(length)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tracemalloc.start()
    try:
        async with place.uploads.appending(upload, 0) as taken:
            for each in pieces():
                await taken.write(each)
            await taken.keep()
        item = await place.store.item(await place.uploads.finish(upload))
        assert item is not None
        assert sum(len(each) for each in (await place.store.original(item)).chunks(1 << 20)) == length
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert peak < 20_000_000
    assert grown < 100_000_000
    assert item.original_size == length


async def test_one_person_cannot_set_all_room_aside(place: Place) -> None:
    most = place.settings.transfers.max_bytes
    begun = [await place.begin(most) for _ in range(AT_ONCE_OF_ONE_PERSON)]
    with pytest.raises(StoreFull):
        await place.begin(1)
    someone = await place.uploads.begin_transfer(
        TransferDraft(
            person_id="p2",
            actor="user:jiro",
            address="jiro@city.example.jp",
            side=Segment.INTERNET,
            recipients=("jiro@city.example.jp",),
            expires_at=datetime.now(UTC) + timedelta(days=7),
        )
    )
    await place.uploads.begin(UploadDraft(transfer_id=someone.id, name="a", length=1))
    await place.uploads.cancel(begun[0])
    await place.begin(1)


async def test_one_person_cannot_announce_files_without_end(place: Place) -> None:
    for _ in range(AT_ONCE_OF_ONE_PERSON):
        transfer = await place.transfer()
        for _ in range(place.settings.transfers.max_files):
            await place.uploads.begin(UploadDraft(transfer_id=transfer.id, name="a", length=1))
    with pytest.raises(StoreFull):
        await place.begin(1)


async def test_a_disk_that_is_full_at_the_start_stops_no_start(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = await place.begin()
    await place.append(upload, 0, DATA)
    await place.again()

    async def full(*_: object) -> str:
        raise StoreFull("not now")

    with monkeypatch.context() as broken:
        broken.setattr(place.store, "accept_upload", full)
        assert await place.uploads.resume() == 0
    assert await place.uploads.resume() == 1
