"""Taking files from a watched folder: each once, complete, whatever is killed or goes away."""

import itertools
import os
import stat
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.folders import claims
from gateway.folders.naming import TAKEN, WRITING, given_back
from gateway.folders.state import FolderState
from gateway.intake import folder as intake_folder
from gateway.intake.folder import FolderIntake
from gateway.model import Channel, Direction, Envelope
from gateway.settings import Preset, Settings, WatchedFolder
from gateway.store.blobs import Blobs, Spool
from gateway.store.errors import StoreFull
from tests.unit.folders.killing import Killed, killed_at

MOST_BYTES = 1_000_000


@dataclass
class Kept:
    """A store that remembers what it kept, by key."""

    blobs: Blobs
    files: dict[str, bytes] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    envelopes: list[Envelope] = field(default_factory=list)
    full: bool = False
    dies_after: bool = False

    async def __call__(
        self, channel: Channel, envelope: Envelope, spool: Spool, name: str, *, profile: str = "", group: str = ""
    ) -> str:
        assert channel is Channel.FOLDER
        if self.full:
            raise StoreFull("full")
        assert group not in self.files
        kept = spool.keep()
        self.files[group] = kept.data if kept.data is not None else self.blobs.path(kept.id).read_bytes()
        self.names.append(name)
        self.envelopes.append(envelope)
        if self.dies_after:
            raise Killed
        return f"item{len(self.files)}"

    async def of_group(self, channel: Channel, group: str) -> str:
        return "item" if group in self.files else ""

    def paths(self) -> dict[str, bytes]:
        """What was kept, by where it lay."""
        found = {given_back(key.partition("/")[2]): data for key, data in self.files.items()}
        assert len(found) == len(self.files), "taken twice"
        return found


class Place:
    """A folder, what takes from it, and a clock that tests move."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> None:
        self.folder = folder
        self.inside, self.out, self.error = (folder / name for name in ("in", "out", "error"))
        for each in (self.inside, self.out, self.error):
            each.mkdir(parents=True)
        blobs = Blobs(folder / "blobs", 1_000)
        blobs.create()
        self.kept = Kept(blobs)
        values = {"error": str(self.error), "owner": "web@city.example.lg.jp"} | settings
        watched = WatchedFolder(name="cms", intake=str(self.inside), out=str(self.out), **values)
        self.settings = Settings(
            hostname="g.example.jp",
            accepted_domains=(),
            routes=(),
            listeners=(),
            contact="情報政策課",
            folders=(watched,),
        )
        self.now = 100.0
        self.intake: FolderIntake | None = None
        monkeypatch.setattr(intake_folder.time, "monotonic", lambda: self.now)
        self.restart()

    def restart(self) -> None:
        if self.intake is not None:  # a killed process holds no lock
            self.intake._watchers[0]._thread.submit(lambda: None).result()
        self.intake = FolderIntake(self.settings, self.kept, self.kept, self.kept.blobs.spool, MOST_BYTES)

    def put(self, path: str, content: bytes = b"content") -> Path:
        target = self.inside / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        return target

    async def look(self, times: int = 2) -> FolderState:
        for _ in range(times):
            self.now += 5
            watcher = self.intake._watchers[0]
            await watcher._look()
            await watcher._in_thread(lambda: None)
        (state,) = self.intake.states()
        return state

    def left(self) -> list[str]:
        return sorted(str(path.relative_to(self.inside)) for path in self.inside.rglob("*") if not path.is_dir())


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return Place(tmp_path, monkeypatch)


async def test_complete_files_are_taken_with_their_sub_folders(place: Place) -> None:
    place.put("申請.docx", b"1")
    place.put("窓口/a/b.txt", b"2" * 5_000)
    (place.inside / "空").mkdir()
    assert (await place.look(1)).waiting == 2
    assert place.kept.files == {}
    state = await place.look(1)
    assert place.kept.paths() == {"申請.docx": b"1", "窓口/a/b.txt": b"2" * 5_000}
    assert place.kept.names == ["申請.docx", "b.txt"]
    assert (state.waiting, state.problem) == (0, "")
    assert place.left() == [f"{TAKEN}/.lock"]
    assert (place.inside / "空").is_dir()  # folders stay: they are the system's
    assert (place.inside / "窓口" / "a").is_dir()
    assert [each.name for each in (place.inside / TAKEN).iterdir()] == [".lock"]


async def test_who_answers_for_it(place: Place) -> None:
    place.put("a.txt")
    await place.look()
    (envelope,) = place.kept.envelopes
    assert envelope.mail_from == "web@city.example.lg.jp"
    assert [each.address for each in envelope.recipients] == ["web@city.example.lg.jp"]
    assert (envelope.listener, envelope.protocol, envelope.direction) == ("cms", "FOLDER", Direction.INBOUND)


async def test_temporary_names_wait_until_they_are_renamed(place: Place) -> None:
    place.put("a.txt.part", b"whole")
    place.put("~$a.txt")
    place.put(".hidden")
    await place.look(3)
    assert place.kept.files == {}
    (place.inside / "a.txt.part").rename(place.inside / "a.txt")
    await place.look(1)
    assert place.kept.paths() == {"a.txt": b"whole"}


async def test_a_growing_file_waits(place: Place) -> None:
    target = place.put("a.txt", b"1")
    for _ in range(3):
        await place.look(1)
        with target.open("ab") as file:
            file.write(b"1")
    assert place.kept.files == {}
    await place.look(2)
    assert place.kept.paths() == {"a.txt": b"1111"}


async def test_a_file_that_grows_while_it_is_read_is_taken_when_it_stands_still(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = place.put("a.txt", b"1" * 10)
    writer = target.open("ab")
    real = claims.claim

    def growing(*words: Any) -> Any:
        writer.write(b"2")
        writer.flush()
        return real(*words)

    monkeypatch.setattr(claims, "claim", growing)
    await place.look(2)
    assert place.kept.files == {}
    assert not target.exists()
    writer.write(b"3")
    writer.close()
    await place.look(2)
    assert place.kept.paths() == {"a.txt": b"1111111111" + b"23"}
    assert place.left() == [f"{TAKEN}/.lock"]


async def test_a_name_of_shift_jis_is_kept_byte_for_byte(place: Place) -> None:
    raw = "表.txt".encode("cp932")
    place.put(os.fsdecode(raw), b"x")
    await place.look()
    assert place.kept.paths() == {os.fsdecode(raw): b"x"}
    assert place.kept.names == ["表.txt"]


async def test_links_pipes_and_what_is_too_large_stay_and_are_reported_once(place: Place, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    (place.inside / "link.txt").symlink_to(secret)
    (place.inside / "folder").symlink_to(tmp_path)
    os.mkfifo(place.inside / "pipe")
    with place.put("sub/large.bin").open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    place.put("/".join(["長い" * 30] * 5) + "/a.txt")
    state = await place.look(3)
    place.restart()
    await place.look(3)
    assert place.kept.files == {}
    assert state.refused == 5
    reports = {str(path.relative_to(place.error)) for path in place.error.rglob("*.report.txt")}
    expected = {
        "link.txt.report.txt",
        "folder.report.txt",
        "pipe.report.txt",
        "sub/large.bin.report.txt",
        "a.txt.report.txt",
    }
    assert reports == expected
    text = (place.error / "link.txt.report.txt").read_text()
    assert "リンク" in text.splitlines()[0]
    assert "no ordinary file" in text
    assert "secret" not in text
    assert stat.S_ISLNK((place.inside / "link.txt").lstat().st_mode)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
async def test_what_may_not_be_read_is_reported_and_taken_as_soon_as_it_may(place: Place) -> None:
    target = place.put("a.txt")
    target.chmod(0)
    assert (await place.look(3)).refused == 1
    assert "アクセス権" in (place.error / "a.txt.report.txt").read_text()
    target.chmod(0o600)
    os.utime(target)
    await place.look(3)
    assert list(place.kept.paths()) == ["a.txt"]


async def test_what_the_system_will_not_open_is_reported(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same as above, for root."""
    place.put("a.txt")
    place.put("b.txt")
    real = intake_folder.ground.open_file

    def refusing(folder: int, name: str) -> int:
        if name == "a.txt":
            raise PermissionError(13, "Permission denied")
        return real(folder, name)

    monkeypatch.setattr(intake_folder.ground, "open_file", refusing)
    assert (await place.look(3)).refused == 1
    assert list(place.kept.paths()) == ["b.txt"]
    assert "アクセス権" in (place.error / "a.txt.report.txt").read_text()
    assert (place.inside / "a.txt").exists()


async def test_a_folder_that_goes_away_is_said_once_and_nothing_is_lost(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.put("a.txt")
    await place.look(1)
    away = place.inside.rename(place.folder / "away")
    caplog.clear()
    state = await place.look(5)
    assert "No such file" in state.problem
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    away.rename(place.inside)
    state = await place.look(2)
    assert list(place.kept.paths()) == ["a.txt"]
    assert state.problem == ""


async def test_a_full_store_leaves_the_file_for_later(place: Place) -> None:
    place.put("a.txt")
    place.kept.full = True
    state = await place.look(3)
    assert "StoreFull" in state.problem
    place.kept.full = False
    place.restart()
    state = await place.look(2)
    assert list(place.kept.paths()) == ["a.txt"]
    assert (state.problem, place.left()) == ("", [f"{TAKEN}/.lock"])


async def test_an_error_folder_that_is_away_holds_up_nothing_else(place: Place) -> None:
    (place.inside / "0link").symlink_to("/etc/passwd")
    place.put("a.txt")
    place.error.rmdir()
    state = await place.look(2)
    assert list(place.kept.paths()) == ["a.txt"]
    assert "report" in state.problem
    place.error.mkdir()
    state = await place.look(2)
    assert [path.name for path in place.error.glob("*.txt")] == ["0link.report.txt"]
    assert state.problem == ""


async def test_two_gateways_at_one_folder_take_each_file_once(place: Place) -> None:
    for number in range(20):
        place.put(f"{number}.txt")
    other = FolderIntake(place.settings, place.kept, place.kept, place.kept.blobs.spool, MOST_BYTES)
    for _ in range(3):
        await place.look(1)
        await other._watchers[0]._look()
        await other._watchers[0]._in_thread(lambda: None)
    assert len(place.kept.paths()) == 20


async def test_while_another_gateway_is_at_it_nothing_is_taken(place: Place) -> None:
    place.put("a.txt")
    with intake_folder.ground.opened(str(place.inside)) as folder, claims.taking(folder):
        await place.look(3)
        assert place.kept.files == {}
    await place.look(2)
    assert list(place.kept.paths()) == ["a.txt"]


async def test_killed_anywhere_each_file_is_kept_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = {"窓口/a.txt": b"a" * 3_000, "b.txt": b"b"}
    for number in itertools.count():
        place = Place(tmp_path / str(number), monkeypatch)
        for path, data in content.items():
            place.put(path, data)
        await place.look(1)
        try:
            with killed_at(number):
                await place.look(1)
        except Killed:
            place.restart()
            await place.look(3)
            assert place.kept.paths() == content, number
            assert place.left() == [f"{TAKEN}/.lock"], number
            assert [each.name for each in (place.inside / TAKEN).iterdir()] == [".lock"], number
        else:
            assert number > 20
            return


async def test_killed_after_the_store_kept_it_and_before_it_went(place: Place) -> None:
    place.put("a.txt")
    place.kept.dies_after = True
    with pytest.raises(Killed):
        await place.look(2)
    place.kept.dies_after = False
    place.restart()
    await place.look(3)
    assert list(place.kept.paths()) == ["a.txt"]
    assert place.left() == [f"{TAKEN}/.lock"]


async def test_shirasagis_refusals_lie_where_it_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(tmp_path, monkeypatch, preset=Preset.SHIRASAGI, error="")
    (place.inside / "ss_file_7_1635072302.pdf").symlink_to("/etc/passwd")
    await place.look(3)
    (report,) = [path for path in place.out.iterdir() if path.name != WRITING]
    assert report.name.startswith("ss_file_7_1635072302_")
    assert report.name.endswith("_refuseReport.txt")


def test_states_before_the_first_look(place: Place) -> None:
    assert msgspec.to_builtins(place.intake.states()[0])["looked_at"] is None
    assert time.monotonic() == place.now
