"""Results and reports in watched folders, from a real store: each once, whatever is killed or goes away."""

import asyncio
import itertools
import os
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.delivery import folder as delivery_folder
from gateway.delivery.folder import FolderWriter
from gateway.folders.naming import WRITING, kept, readable
from gateway.model import Channel, Decision, Direction, Envelope, Item, ItemState, MailOptions, Recipient
from gateway.settings import Preset, Settings, StoreSettings, WatchedFolder
from gateway.store.drafts import Draft, Settlement
from gateway.store.items import Store
from sanitizers.model import Outcome, PartReport, Report
from sanitizers.rules import Verdict
from tests.unit.folders.killing import Killed, killed_at

OWNER = "web@city.example.lg.jp"
DELIVER = Decision(Verdict.DELIVER, "standard.deliver", "")
HOLD = Decision(Verdict.HOLD, "standard.locked_part", "パスワード付きの部品 / behind a password")

PATIENCE = 60  # seconds for what must come


async def until(condition: Callable[[], bool]) -> None:
    """Returns when it holds: the writer tells nobody."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def report(outcome: Outcome, detected: str) -> Report:
    return Report((PartReport("1", "x", "", detected, "x", outcome, 1, 0, "", "", (), 0.0),))


@dataclass
class Place:
    """A store with items of one folder, and that folder."""

    store: Store
    settings: Settings
    out: Path
    error: Path
    tickets: itertools.count

    async def item(
        self,
        path: str,
        clean: bytes | None = b"clean",
        *,
        clean_name: str = "",
        clean_type: str = "text/plain",
        why: Report | None = None,
    ) -> str:
        """One that was cleaned, or held when there is nothing clean."""
        name = readable(path.rpartition("/")[2])
        envelope = Envelope(
            OWNER, (Recipient(OWNER),), "", "", "", MailOptions(), Direction.INBOUND, datetime.now(UTC), "cms", "FOLDER"
        )
        spool = self.store.blobs.spool()
        spool.write(b"original")
        group = f"{next(self.tickets):026d}/{kept(path)}"
        (number,) = await self.store.accept([Draft(Channel.FOLDER, "standard", envelope, name, group)], spool)
        await self.store.lease_for_cleaning("worker", 1, 60)
        settlement = Settlement(
            HOLD if clean is None else DELIVER, clean, why, name=clean_name or name, type=clean_type
        )
        await self.store.settle("worker", number, settlement)
        return number

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[FolderWriter]:
        writer = FolderWriter(self.settings, self.store, "writer")
        task = asyncio.create_task(writer.run())
        try:
            yield writer
        finally:
            await writer.stop()
            await task

    async def until(self, count: int) -> dict[str, bytes]:
        """What lies in both folders, as soon as it is so many files."""
        await until(lambda: len(self.files()) >= count)
        await asyncio.sleep(0.1)  # one more would be there now
        return self.files()

    def files(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.out.parent)): path.read_bytes()
            for path in self.out.parent.glob("*/**/*")
            if path.is_file() and WRITING not in path.parts and "blobs" not in path.parts
        }

    async def news(self) -> bool:
        return bool(await self.store.folders.unreported(datetime.now(UTC), 1))

    async def state(self, number: str) -> ItemState:
        item = await self.store.item(number)
        assert item is not None
        return item.state


@asynccontextmanager
async def placed(folder: Path, **values: Any) -> AsyncIterator[Place]:
    for name in ("in", "out", "error"):
        (folder / "w" / name).mkdir(parents=True)
    paths = {"intake": str(folder / "w" / "in"), "out": str(folder / "w" / "out")}
    watched = WatchedFolder(name="cms", owner=OWNER, **({"error": str(folder / "w" / "error")} | values), **paths)
    settings = Settings(
        hostname="g", accepted_domains=(), routes=(), listeners=(), contact="情報政策課", folders=(watched,)
    )
    store = await Store.open(
        StoreSettings(url=f"sqlite:///{folder}/k.db", blobs=str(folder / "blobs"), inline_bytes=100)
    )
    try:
        yield Place(store, settings, folder / "w" / "out", folder / "w" / "error", itertools.count())
    finally:
        await store.close()


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with placed(tmp_path) as place:
        yield place


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_folder, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(delivery_folder, "AGAIN_SECONDS", (0,))
    monkeypatch.setattr("gateway.conveyor.POLL_SECONDS", 0.05)


async def test_a_result_lies_where_its_file_lay(place: Place) -> None:
    first = await place.item("窓口/申請.docx", b"c" * 5_000)
    raw = os.fsdecode("表.doc".encode("cp932"))
    await place.item(raw, clean_name="表.docx")
    async with place.writing():
        found = await place.until(2)
    assert found == {
        "out/窓口/申請.docx": b"c" * 5_000,
        "out/" + os.fsdecode("表".encode("cp932") + b".docx"): b"clean",
    }
    assert await place.state(first) is ItemState.DELIVERED
    assert list((place.out / WRITING).iterdir()) == []


async def test_results_of_one_name_stand_side_by_side(place: Place) -> None:
    (place.out / "a.txt").write_text("somebody's")
    await place.item("a.txt", b"1")
    await place.item("a.txt", b"2")
    async with place.writing():
        found = await place.until(3)
    assert found["out/a.txt"] == b"somebody's"
    assert {found["out/a (2).txt"], found["out/a (3).txt"]} == {b"1", b"2"}


async def test_what_is_held_has_a_report_and_once_released_its_result(place: Place) -> None:
    number = await place.item("窓口/鍵.pdf", None, why=report(Outcome.LOCKED, "application/pdf"))
    async with place.writing() as writer:
        found = await place.until(1)
        text = found.pop("error/窓口/鍵.pdf.report.txt").decode()
        assert not found
        assert number in text.splitlines()[0]
        assert "鍵.pdf" in text.splitlines()[0]
        assert "パスワード" in text.splitlines()[0]
        assert "情報政策課" in text
        assert "released" in text
        await place.store.change(number, to=ItemState.RELEASED, actor="op", reason="x", deliver_original=True)
        writer.wake()
        found = await place.until(2)
    assert found["out/窓口/鍵.pdf"] == b"original"
    assert await place.state(number) is ItemState.DELIVERED


async def test_what_was_discarded_or_expired_says_so(place: Place) -> None:
    first, second = await place.item("a.pdf", None), await place.item("b.pdf", None)
    async with place.writing() as writer:
        await place.until(2)
        await place.store.change(first, to=ItemState.DISCARDED, actor="op", reason="x")
        await place.store.change(second, to=ItemState.EXPIRED, actor="retention", reason="x")
        writer.wake()
        found = await place.until(4)
    assert "破棄" in found["error/a.pdf.report (2).txt"].decode()
    assert "期限" in found["error/b.pdf.report (2).txt"].decode()


async def test_a_report_is_not_written_again_after_a_restart(place: Place) -> None:
    await place.item("a.pdf", None)
    for _ in range(3):
        async with place.writing():
            found = await place.until(1)
    assert list(found) == ["error/a.pdf.report.txt"]


async def test_folders_that_go_away_get_everything_when_they_are_back(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.out.rename(place.out.with_name("away"))
    numbers = [await place.item(f"{number}.txt") for number in range(5)]
    async with place.writing() as writer:
        await until(lambda: "No such file" in writer.problems()["cms"])
        await asyncio.sleep(0.5)  # one more warning would be there now
        assert len([each for each in caplog.records if each.levelname == "WARNING"]) == 1
        place.out.with_name("away").rename(place.out)
        found = await place.until(5)
        await until(lambda: writer.problems() == {"cms": ""})
    assert sorted(found) == [f"out/{number}.txt" for number in range(5)]
    assert {await place.state(number) for number in numbers} == {ItemState.DELIVERED}


async def test_an_error_folder_that_is_away_gets_its_reports_later(place: Place) -> None:
    shutil.rmtree(place.error)
    await place.item("a.pdf", None)
    await place.item("b.txt")
    async with place.writing():
        assert list(await place.until(1)) == ["out/b.txt"]
        place.error.mkdir()
        assert sorted(await place.until(2)) == ["error/a.pdf.report.txt", "out/b.txt"]


async def test_killed_between_writing_and_the_record(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The result is not written again, even when it was fetched in between."""
    number = await place.item("a.txt")

    async def never(*_: object, **__: object) -> ItemState:
        raise Killed

    writer = FolderWriter(place.settings, place.store, "first")
    (item,) = await writer._lease(1)
    with monkeypatch.context() as patch:
        patch.setattr(place.store, "record", never)
        with pytest.raises(Killed):
            await writer._write(item)
    (place.out / "a.txt").unlink()
    await place.store.forfeit("first")
    async with place.writing():
        async with asyncio.timeout(PATIENCE):
            while await place.state(number) is not ItemState.DELIVERED:  # noqa: ASYNC110 - nor does the store
                await asyncio.sleep(0.02)
        assert place.files() == {}
    assert await place.state(number) is ItemState.DELIVERED


async def test_killed_anywhere_there_is_one_result_and_one_report(place: Place) -> None:
    for number in itertools.count():
        await place.item(f"{number}/a.txt")
        await place.item(f"{number}/b.pdf", None)
        writer = FolderWriter(place.settings, place.store, "first")
        (item,) = await writer._lease(1)
        through = False
        try:
            with killed_at(number):
                await writer._write(item)
                await writer._report_news()
            through = True
        except Killed:
            pass
        await place.store.forfeit("first")
        async with place.writing():
            async with asyncio.timeout(PATIENCE):
                while await place.state(item.id) is not ItemState.DELIVERED or await place.news():  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
        found = {path for path in place.files() if f"/{number}/" in path}
        assert found == {f"out/{number}/a.txt", f"error/{number}/b.pdf.report.txt"}, number
        if through:
            assert number > 20
            return


async def test_what_was_on_record_when_a_crash_came_is_forgotten(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    await place.item("a.txt")
    with monkeypatch.context() as patch:
        patch.setattr("gateway.folders.placing.forget", lambda *_: None)
        async with place.writing():
            await place.until(1)
    assert len(list((place.out / WRITING).iterdir())) == 1
    async with place.writing():
        await until(lambda: list((place.out / WRITING).iterdir()) == [])


async def test_an_item_of_a_folder_that_is_no_longer_watched_waits(place: Place) -> None:
    number = await place.item("a.txt")
    writer = FolderWriter(Settings(hostname="g", accepted_domains=(), routes=(), listeners=()), place.store, "w")
    (item,) = await writer._lease(1)
    await writer._write(item)
    assert await place.state(number) is ItemState.DELIVERING


async def test_a_full_disk_is_tried_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    await place.item("a.txt")
    real, left = os.write, [3]

    def full(*words: Any) -> int:
        if left[0]:
            left[0] -= 1
            raise OSError(28, "No space left on device")
        return real(*words)

    monkeypatch.setattr("gateway.folders.ground.os.write", full)
    async with place.writing():
        assert list(await place.until(1)) == ["out/a.txt"]


SHIRASAGI: Sequence[tuple[str, bytes | None, str, str, Report | None, str]] = (
    ("ss_file_1_1635072302.pdf", b"x", "ss_file_1_1635072302.pdf", "application/pdf", None, "marked.pdf"),
    ("ss_file_2_1635072302.doc", b"x", "ss_file_2_1635072302.docx", "application/msword", None, "marked.docx"),
    ("ss_uploader_3_1635072302.zip", b"x", "ss_uploader_3_1635072302.zip", "application/zip", None, "sanitized.zip"),
    ("ss_file_4_1635072302.xlsx", None, "", "", report(Outcome.LOCKED, "application/x-ole-storage"), "holdReport.txt"),
    ("ss_file_5_1635072302.pdf", None, "", "", report(Outcome.LOCKED, "application/pdf"), "pdfEncryptReport.txt"),
    ("ss_file_6_1635072302.exe", None, "", "", report(Outcome.BLOCKED, "application/x-dosexec"), "blockReport.txt"),
)


async def test_shirasagi_gets_its_names(tmp_path: Path) -> None:
    async with placed(tmp_path, preset=Preset.SHIRASAGI, error="") as place:
        items: dict[str, Item] = {}
        for path, clean, clean_name, clean_type, why, _ in SHIRASAGI:
            number = await place.item(path, clean, clean_name=clean_name, clean_type=clean_type, why=why)
            item = await place.store.item(number)
            assert item is not None
            items[path] = item
        async with place.writing():
            found = await place.until(len(SHIRASAGI))
    for path, *_, ending in SHIRASAGI:
        process = int(items[path].envelope.received_at.timestamp() * 1000)
        name = f"out/{path.rpartition('.')[0]}_{process}_{ending}"
        assert name in found
        if ending.endswith("Report.txt"):
            assert items[path].id in found[name].decode().splitlines()[0]
    assert len(found) == len(SHIRASAGI)


async def test_one_report_that_cannot_be_written_holds_up_no_other(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    (place.error / "窓口").symlink_to(place.out)  # or a name that the share of the error folder does not take
    await place.item("窓口/秘密.pdf", None)
    await place.item("b.pdf", None)
    async with place.writing() as writer:
        found = await place.until(1)
        assert list(found) == ["error/b.pdf.report.txt"]
    assert not list(place.out.glob("*.txt"))
    assert "窓口" not in caplog.text + str(writer.problems())


async def test_what_goes_wrong_is_said_without_names_of_files(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    (place.out / "窓口").write_bytes(b"in the way")
    await place.item("窓口/秘密.pdf")
    async with place.writing() as writer:
        await until(lambda: bool(writer.problems()["cms"]))
        assert writer.problems()["cms"] == "nothing can be written: Not a directory"
    assert "窓口" not in caplog.text
