"""What goes wrong at a bad moment, on the gateway's side: nothing hangs or stays open, and no mail is blamed for it."""

import asyncio
import gc
import os
import resource
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from sanitizers.confinement import pool as pools
from sanitizers.confinement import process, scratch, talk
from sanitizers.confinement.converter import Conversion
from sanitizers.confinement.forking import ForkServer
from sanitizers.confinement.note import START
from sanitizers.confinement.offices import Offices
from sanitizers.confinement.order import MOST_DEATHS, Order
from sanitizers.confinement.pool import Pool, PoolStopped
from sanitizers.confinement.process import Child, Ending
from sanitizers.confinement.protocol import QUESTIONS, ProtocolBroken, Question, Result
from sanitizers.confinement.recheck import Evidence, check_result
from sanitizers.confinement.scratch import Scratch, Size
from sanitizers.confinement.talk import OverLimit, Watch
from sanitizers.confinement.wire import Wire
from sanitizers.model import CannotSanitize, Cleaned, DnsAnswer, Threat
from sanitizers.rules import OwnChild
from tests.contract.confinement import hostile, hostile_child
from tests.contract.confinement.behind_walls import ordinary_user
from tests.contract.confinement.test_pool import (
    PATIENCE,
    WORKSHOP,
    absent,
    assert_blocked,
    at_work,
    bad,
    clean,
    new_pool,
    pool_of,
    task,
)

LOST = Ending(None, None, "", START)  # with its fork server


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - nothing else is opened meanwhile


def descriptors_before() -> int:
    """How many are open, without what other tests left to be collected."""
    gc.collect()
    return open_descriptors()


def server_of(pool: Pool) -> ForkServer:
    assert pool._server is not None
    return pool._server


@contextmanager
def no_descriptors_but(left: int) -> Iterator[None]:
    """The process may open so many more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(name) for name in os.listdir("/proc/self/fd"))  # noqa: PTH208
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 20, hard))
    taken = []
    try:
        while True:
            taken.append(os.dup(0))
    except OSError:
        for _ in range(left):
            os.close(taken.pop())
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for descriptor in taken:
            os.close(descriptor)


async def settled(pool: Pool) -> None:
    """All that was told to end has ended."""
    async with asyncio.timeout(PATIENCE):
        while pool._tasks or any(child._killed for child in server_of(pool).children.values()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.01)  # asyncio closes a transport's socket one turn later


# --- too many open files ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("left", range(6))
async def test_too_many_open_files_delay_an_item_and_nothing_stays_open(
    left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "FIRST_PAUSE", 0.05)
    async with pool_of() as pool:
        before = descriptors_before()
        with no_descriptors_but(left):
            item = asyncio.create_task(clean(pool, b"hello", own_child=OwnChild.ALWAYS))
            await asyncio.wait({item}, timeout=0.3)
        assert (await item).data == b"HELLO"
        await settled(pool)
        assert open_descriptors() == before


async def test_a_child_whose_descriptor_does_not_arrive_takes_no_other_with_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(pools, "FIRST_PAUSE", 0.05)
    async with pool_of() as pool:
        server, before = server_of(pool), descriptors_before()
        item = asyncio.create_task(clean(pool, b"hello", own_child=OwnChild.ALWAYS))
        await asyncio.sleep(0)  # asked for, and not yet born
        async with asyncio.timeout(PATIENCE):
            with no_descriptors_but(0):
                while "no file descriptor is left for a child" not in caplog.text:  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(0.01)
            assert (await item).data == b"HELLO"
        await settled(pool)
        assert server_of(pool) is server
        assert open_descriptors() == before


# --- a fork server at a bad moment --------------------------------------------------------------------------------


async def test_a_child_that_ends_while_the_fork_server_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "END_SECONDS", 0.5)
    async with pool_of() as pool:
        item = asyncio.create_task(clean(pool, b"slow", seconds=3))
        await at_work(pool)
        (child,) = pool._busy
        os.kill(server_of(pool)._process.pid, signal.SIGSTOP)
        os.kill(child.pid, signal.SIGKILL)
        async with asyncio.timeout(PATIENCE):
            assert_blocked(await item, Threat.LIMIT_EXCEEDED)  # in the second child it runs into its deadline
            assert (await clean(pool, b"next")).data == b"NEXT"


async def test_fork_servers_that_go_are_not_blamed_on_the_item() -> None:
    async with pool_of() as pool:
        asked: list[str] = []

        async def ask(name: str, rdtype: str) -> DnsAnswer:
            asked.append(name)
            if len(asked) <= 4:
                server = server_of(pool)
                server._process.kill()
                while not server.gone:  # noqa: ASYNC110 - nobody tells; its children are cut off with it
                    await asyncio.sleep(0.01)
            return DnsAnswer("absent")

        assert (await pool.clean(task(), hostile.WAIT, ask)).data == b"unharmed"
        assert len(asked) == 5


def test_an_item_is_not_tried_for_ever() -> None:
    order = Order(task(), b"x", absent)
    verdicts = [order.after_death(LOST) for _ in range(MOST_DEATHS)]
    assert verdicts[:-1] == [None] * (MOST_DEATHS - 1)
    assert isinstance(verdicts[-1], Cleaned)
    assert verdicts[-1].data is None


async def test_with_another_child_an_item_has_no_more_questions() -> None:
    asked: list[str] = []

    async def ask(name: str, rdtype: str) -> DnsAnswer:
        asked.append(name)
        return DnsAnswer("found", (name.encode(),))

    order = Order(task(), b"x", ask)
    names = [f"_dmarc.{number}.example.jp" for number in range(QUESTIONS)]
    for name in names * 2:  # the second child asks the same again, as an honest one would
        assert (await order._answer(Question(name, "TXT"), 1)).texts == (name.encode(),)
    assert asked == names
    with pytest.raises(ProtocolBroken):
        await order._answer(Question("_dmarc.one-more.example.jp", "TXT"), 1)


async def test_a_start_that_is_cancelled_twice_leaves_nothing_open() -> None:
    await asyncio.to_thread(os.getpid)  # the pool of threads keeps what it opens
    before = descriptors_before()
    start = asyncio.create_task(ForkServer.start("nobody", WORKSHOP, 60))
    await asyncio.sleep(0)
    for _ in range(2):
        start.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await start
    assert open_descriptors() == before


async def test_a_pool_that_is_stopped_while_it_starts_has_no_child() -> None:
    pool = new_pool()
    start = asyncio.create_task(pool.start())
    await asyncio.sleep(0)
    await pool.stop()
    with pytest.raises(PoolStopped):
        await start
    assert pool._server is None
    assert pool.alive == 0


# --- what a child says --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [".", ".."])
def test_a_name_that_is_a_folder_is_no_name(name: str) -> None:
    said = hostile_child.answer(b"x", b"y")
    result = Result(name, said.type, said.report, None, (), 1)
    digests = (sha256(b"x").hexdigest(), 1, sha256(b"y").hexdigest())
    with pytest.raises(ProtocolBroken, match="path"):
        check_result(result, task(), Evidence(1, *digests))


# --- cancelled ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["lone", "warm", "crash"])
async def test_who_is_cancelled_gives_everything_back(how: str) -> None:
    original = bad("exit_at_once") if how == "crash" else b"x" * 3_000_000
    own_child = OwnChild.ALWAYS if how == "lone" else OwnChild.NEVER
    async with pool_of() as pool:
        before = descriptors_before()
        for moment in (*[0.0] * 10, *(thousandth / 1_000 for thousandth in range(1, 40, 3))):
            item = asyncio.create_task(clean(pool, original, own_child=own_child))
            await asyncio.sleep(moment)
            item.cancel()
            await asyncio.wait({item})
            assert (await clean(pool, b"next")).data == b"NEXT"
            await settled(pool)
            assert (len(pool._busy), len(pool._idle), pool._places._value) == (0, 1, 1)
            assert open_descriptors() == before


# --- a converter's folder -----------------------------------------------------------------------------------------


async def none_warm(_offices: Offices, _order: object) -> None:
    return None


async def test_a_folder_that_is_still_written_to_is_removed_a_moment_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = tempfile.mkdtemp(prefix="kiyome-test-")
    os.chmod(root, 0o755)  # noqa: PTH101 - the user that a child becomes can reach it
    monkeypatch.setattr(tempfile, "tempdir", root)
    monkeypatch.setattr(pools, "check_installed", lambda _: None)  # the child refuses it, in its folder
    monkeypatch.setattr(Offices, "bear", none_warm)
    failures = [OSError(39, "Directory not empty")] * 2
    remove = Scratch.remove

    def fail_twice(folder: Scratch) -> None:
        if failures:
            raise failures.pop()
        remove(folder)

    monkeypatch.setattr(Scratch, "remove", fail_twice)
    async with pool_of() as pool:
        before = descriptors_before()
        with pytest.raises(CannotSanitize):
            await pool.convert(Conversion("libreoffice", "exe", "docx"), b"x")
        await settled(pool)
        assert failures == []
        os.rmdir(root)  # noqa: PTH106 - fails where anything is left
        assert open_descriptors() == before


def test_a_folder_that_cannot_be_entered_counts_as_too_much() -> None:
    """Else who owns a converter could end the watch with one chmod."""
    process_id = os.fork()
    if process_id == 0:
        verdict = 1
        try:
            os.chdir("/tmp")
            ordinary_user()
            verdict = _verdict_on_a_closed_folder()
        finally:
            os._exit(verdict)
    assert os.waitstatus_to_exitcode(os.waitpid(process_id, 0)[1]) == 0


def _verdict_on_a_closed_folder() -> int:
    folder = scratch.make("/tmp")
    inner = Path(folder.path, "inner")
    inner.mkdir()
    (inner / "large").write_bytes(b"x" * 10_000)
    inner.chmod(0o400)
    most = Size(1 << 30, 1_000)
    try:
        return 0 if folder.size(most).exceeds(most) else 1
    finally:
        folder.remove()


class Watched(Child):
    """No process; only told to end."""

    def __init__(self) -> None:
        self.pid = 0
        self.wire = Wire()
        self.told = False

    def kill(self) -> None:
        self.told = True


async def test_the_watch_looks_again_when_it_could_not_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(talk, "WATCH_SECONDS", 0.01)
    looks = 0

    def too_much(_pid: int) -> str:
        nonlocal looks
        looks += 1
        if looks < 3:
            raise OSError(24, "Too many open files")
        return "too much"

    child = Watched()
    Watch(child, too_much)
    async with asyncio.timeout(PATIENCE):
        while not child.told:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
    assert (looks, child.told) == (3, True)
    child.wire.close()
    with pytest.raises(OverLimit):
        await child.wire.receive()
