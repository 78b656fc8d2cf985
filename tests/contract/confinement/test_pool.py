"""A child may do what it likes: the item comes back as blocked, and the next item is served."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
import uvloop

from sanitizers.confinement import forking
from sanitizers.confinement.order import LARGE_BYTES, AskParent
from sanitizers.confinement.pool import Pool, PoolCannotStart, PoolStopped
from sanitizers.model import (
    AuthenticationMethod,
    AuthenticationResult,
    Cleaned,
    DnsAnswer,
    Notice,
    Outcome,
    SenderClaim,
    Severity,
    Threat,
)
from sanitizers.rules import Budget, Kind, OwnChild, Profile, Task
from tests.contract.confinement import hostile, hostile_child
from tests.contract.confinement.workshops import moody

WORKSHOP = "tests.contract.confinement.hostile"
BUDGET = Budget(seconds=100, memory=512 << 20)  # more than any needs, however busy the machine is
PATIENCE = 60  # seconds, after which a test gives up

SENDER = SenderClaim(AuthenticationResult(AuthenticationMethod.SPF, "pass", "example.jp"))


def task(
    seconds: int = BUDGET.seconds, own_child: OwnChild = OwnChild.NEVER, sender: SenderClaim | None = SENDER
) -> Task:
    budget = msgspec.structs.replace(BUDGET, seconds=seconds)
    profile = Profile(own_child=own_child)
    return Task("20261121-TEST-0001", Kind.MAIL, "", profile, budget, Notice("1", ()), sender)


async def absent(name: str, rdtype: str) -> DnsAnswer:
    return DnsAnswer("absent")


def new_pool(count: int = 1, *, items: int = 1_000, workshop: str = WORKSHOP, start_seconds: float = 300) -> Pool:
    return Pool(
        count,
        budget=BUDGET,
        items_before_recycling=items,
        seconds_before_recycling=3_600,
        workshop=workshop,
        start_seconds=start_seconds,
    )


@asynccontextmanager
async def pool_of(count: int = 1, items: int = 1_000, workshop: str = WORKSHOP) -> AsyncIterator[Pool]:
    pool = new_pool(count, items=items, workshop=workshop)
    await pool.start()
    try:
        yield pool
    finally:
        await pool.stop()


async def clean(
    pool: Pool,
    original: bytes,
    seconds: int = BUDGET.seconds,
    own_child: OwnChild = OwnChild.NEVER,
    ask: AskParent = absent,
) -> Cleaned:
    return await pool.clean(task(seconds, own_child), original, ask)


def bad(how: str) -> bytes:
    return hostile.BAD + how.encode()


async def child_of(pool: Pool) -> int:
    return int(((await clean(pool, b"who")).data or b"").split()[0])


async def at_work(pool: Pool) -> None:
    """A child has been given an item."""
    async with asyncio.timeout(PATIENCE):
        while not any(child.items for child in pool._busy):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)


def assert_blocked(cleaned: Cleaned, threat: Threat) -> None:
    assert cleaned.data is None
    assert cleaned.report.parts[0].outcome is Outcome.BLOCKED
    assert [found.threat for found in cleaned.report.parts[0].findings] == [threat]


async def test_an_honest_child() -> None:
    async with pool_of() as pool:
        cleaned = await clean(pool, b"hello")
        assert cleaned.data == b"HELLO"
        assert cleaned.report.parts[0].outcome is Outcome.CLEAN


@pytest.mark.parametrize("size", [0, 1, 4_096, 1_048_576, 1_048_577, 7_000_000])
async def test_any_size_comes_through(size: int) -> None:
    async with pool_of() as pool:
        assert (await clean(pool, b"x" * size)).data == b"X" * size


def test_the_same_on_the_event_loop_of_the_gateway() -> None:
    async def story() -> None:
        async with pool_of(count=2) as pool:
            assert (await clean(pool, b"x" * 3_000_000)).data == b"X" * 3_000_000
            assert pool.deaths == 0
            assert_blocked(await clean(pool, bad("crash")), Threat.MALFORMED)
            assert pool.deaths > 0
            assert_blocked(await clean(pool, b"slow", seconds=1), Threat.LIMIT_EXCEEDED)
            assert (await clean(pool, b"next")).data == b"NEXT"

    uvloop.run(story())


class InPieces:
    """An original that is read while it is handed over."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = pieces
        self.size = sum(map(len, pieces))
        self.sha256 = sha256(b"".join(pieces)).hexdigest()
        self.read = 0

    def chunks(self, _size: int) -> Iterator[bytes]:
        self.read += 1
        yield from self._pieces


class Outlet:
    """Where a result goes, piece by piece."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.begun = 0

    def begin(self) -> None:
        self.begun += 1
        self.data.clear()

    def write(self, chunk: bytes) -> None:
        assert len(chunk) <= 1 << 20
        self.data += chunk

    def hexdigest(self) -> str:
        return sha256(self.data).hexdigest()


async def test_an_original_in_pieces() -> None:
    async with pool_of() as pool:
        cleaned = await pool.clean(task(), InPieces(b"a" * 3_000_000, b"", b"b", b"c" * 10), absent)
        assert cleaned.data == b"A" * 3_000_000 + b"B" + b"C" * 10


async def test_an_original_that_is_not_what_was_kept_is_no_childs_business() -> None:
    class Damaged(InPieces):
        def chunks(self, size: int) -> Iterator[bytes]:
            yield from super().chunks(size)
            raise LookupError("not the bytes that were kept")

    async with pool_of() as pool:
        with pytest.raises(LookupError):
            await pool.clean(task(), Damaged(b"abc"), absent)
        assert (await clean(pool, b"next")).data == b"NEXT"


async def test_a_result_goes_to_the_outlet_and_is_checked_all_the_same() -> None:
    async with pool_of() as pool:
        outlet = Outlet()
        cleaned = await pool.clean(task(), InPieces(b"a" * 3_000_000, b"b"), absent, outlet)
        assert (cleaned.data, cleaned.passed) == (None, True)
        assert bytes(outlet.data) == b"A" * 3_000_000 + b"B"
        assert_blocked(await pool.clean(task(), bad("wrong_sha256_out"), absent, outlet), Threat.MALFORMED)
        again = await pool.clean(task(), b"x", absent, outlet)
        assert (bytes(outlet.data), again.passed) == (b"X", True)


async def test_what_the_outlet_cannot_take_is_told_and_the_child_is_not_used_again() -> None:
    class Full(Outlet):
        def write(self, chunk: bytes) -> None:
            raise OSError("no space left")

    async with pool_of() as pool:
        with pytest.raises(OSError, match="no space left"):
            await pool.clean(task(), b"a" * 3_000_000, absent, Full())
        assert (await clean(pool, b"next")).data == b"NEXT"


async def test_large_items_leave_a_place_to_the_others() -> None:
    gate = threading.Event()

    class Slow(InPieces):
        def chunks(self, size: int) -> Iterator[bytes]:
            yield from super().chunks(size)
            assert gate.wait(60)

    async with pool_of(count=2) as pool:
        large = Slow(bytes(LARGE_BYTES + 1))
        both = [asyncio.create_task(pool.clean(task(), large, absent)) for _ in range(2)]
        async with asyncio.timeout(PATIENCE):
            while not large.read:  # noqa: ASYNC110 - a child tells nobody
                await asyncio.sleep(0.01)
        assert (await clean(pool, b"small")).data == b"SMALL"
        assert large.read == 1  # the other waits for it
        gate.set()
        assert [each.passed for each in await asyncio.gather(*both)] == [True, True]


@pytest.mark.parametrize("how", [*hostile_child.RAW, *hostile_child.LIES])
async def test_a_wrong_answer_blocks_and_the_next_item_is_served(how: str) -> None:
    async with pool_of() as pool:
        before = await child_of(pool)
        assert_blocked(await clean(pool, bad(how)), Threat.MALFORMED)
        assert await child_of(pool) != before
        assert (await clean(pool, b"next")).data == b"NEXT"


@pytest.mark.parametrize("how", ["exit_at_once", "crash", "crash_mid_result", "complain", "close_pipe"])
async def test_a_child_that_ends_blocks_and_the_next_item_is_served(how: str) -> None:
    async with pool_of() as pool:
        assert_blocked(await clean(pool, bad(how)), Threat.MALFORMED)
        assert (await clean(pool, b"next")).data == b"NEXT"


@pytest.mark.parametrize("how", ["never_answer", "dribble"])
async def test_a_child_without_end_is_stopped_at_its_deadline(how: str) -> None:
    async with pool_of() as pool:
        assert_blocked(await clean(pool, bad(how), seconds=1), Threat.LIMIT_EXCEEDED)
        assert (await clean(pool, b"next")).data == b"NEXT"


@pytest.mark.parametrize("how", ["ask_for_ever", "shout"])
async def test_too_many_questions_to_the_dns(how: str) -> None:
    asked = []

    async def count(name: str, rdtype: str) -> DnsAnswer:
        asked.append(name)
        return DnsAnswer("found", (b"v=DMARC1; p=none",))

    async with pool_of() as pool:
        assert_blocked(await pool.clean(task(), bad(how), count), Threat.MALFORMED)
        assert asked == ["_dmarc.example.jp"]  # looked up once, however often it is asked
        assert (await clean(pool, b"next")).data == b"NEXT"


@pytest.mark.parametrize("original", [b"dns", bad("unasked_authentication")])
async def test_nothing_is_said_of_a_sender_whom_nobody_asked_for(original: bytes) -> None:
    async with pool_of() as pool:
        assert_blocked(await pool.clean(task(sender=None), original, absent), Threat.MALFORMED)
        assert (await clean(pool, b"next")).data == b"NEXT"


async def test_the_dns_is_asked_through_the_parent() -> None:
    async def found(name: str, rdtype: str) -> DnsAnswer:
        return DnsAnswer("found", (f"{name} {rdtype}".encode(),))

    async with pool_of() as pool:
        assert b"_dmarc.example.jp TXT" in ((await pool.clean(task(), b"dns", found)).data or b"")


async def test_a_slow_dns_counts_as_failed_and_blocks_nothing() -> None:
    async def slow(name: str, rdtype: str) -> DnsAnswer:
        await asyncio.sleep(60)
        raise AssertionError

    async with pool_of() as pool:
        assert b"failed" in ((await pool.clean(task(seconds=16), b"dns", slow)).data or b"")


async def test_a_broken_dns_counts_as_failed() -> None:
    async def broken(name: str, rdtype: str) -> DnsAnswer:
        raise OSError("network is unreachable")

    async with pool_of() as pool:
        assert b"failed" in ((await pool.clean(task(), b"dns", broken)).data or b"")


async def test_a_child_killed_from_outside_costs_no_mail() -> None:
    async with pool_of() as pool:
        os.kill(await child_of(pool), signal.SIGKILL)
        assert (await clean(pool, b"hello")).data == b"HELLO"


async def test_a_child_killed_while_at_an_item_is_tried_once_more() -> None:
    async with pool_of() as pool:
        asked: list[str] = []

        async def ask(name: str, rdtype: str) -> DnsAnswer:
            asked.append(name)
            if len(asked) == 1:
                os.kill(hostile.child_in(name), signal.SIGKILL)
            return DnsAnswer("absent")

        assert (await clean(pool, hostile.WAIT, ask=ask)).data == b"unharmed"
        assert len(set(asked)) == 2  # the first child, and the one that came to the end


async def test_items_queue_while_all_children_are_busy() -> None:
    async with pool_of(count=2) as pool:
        results = await asyncio.gather(*(clean(pool, b"%d x" % number) for number in range(50)))
        assert [result.data for result in results] == [b"%d X" % number for number in range(50)]


async def test_how_many_children_are_alive() -> None:
    async with pool_of(count=2) as pool:
        assert pool.alive == 2
        os.kill(await child_of(pool), signal.SIGKILL)
        async with asyncio.timeout(PATIENCE):
            while pool.alive == 2:  # noqa: ASYNC110 - nothing to wait on: nobody has asked for it
                await asyncio.sleep(0.01)
        assert pool.alive == 1
    assert pool.alive == 0


async def test_a_child_is_recycled_after_its_items() -> None:
    async with pool_of(items=3) as pool:
        pids = [await child_of(pool) for _ in range(7)]
        assert len(set(pids)) == 3
        assert pids[0] == pids[1] == pids[2]


async def test_an_item_may_bring_down_three_children_and_no_more(caplog: pytest.LogCaptureFixture) -> None:
    async with pool_of() as pool:
        assert_blocked(await clean(pool, bad("exit_at_once")), Threat.MALFORMED)
        assert sum("ended while at" in record.getMessage() for record in caplog.records) == 3
        assert (await clean(pool, b"next")).data == b"NEXT"


async def test_a_forbidden_system_call_is_not_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    async with pool_of() as pool:
        cleaned = await clean(pool, bad("open_a_socket"))
        assert_blocked(cleaned, Threat.ACTIVE_CONTENT)
        assert cleaned.report.parts[0].findings[0].severity is Severity.DANGER
        assert sum("SIGSYS" in record.getMessage() for record in caplog.records) == 1
        assert (await clean(pool, b"next")).data == b"NEXT"


async def test_a_part_that_brings_down_three_children_is_left_out_of_its_item(caplog: pytest.LogCaptureFixture) -> None:
    async with pool_of() as pool:
        assert (await clean(pool, hostile.DEADLY_PART)).data == b"without it"
        assert sum("ended while at part 1.2" in record.getMessage() for record in caplog.records) == 3


async def test_a_child_of_its_own_ends_with_its_item() -> None:
    async with pool_of() as pool:
        pids = [((await clean(pool, b"who", own_child=OwnChild.ALWAYS)).data or b"").split()[0] for _ in range(3)]
        assert len(set(pids)) == 3
        assert all(_gone_soon(int(pid)) for pid in pids)
        warm = await child_of(pool)
        assert await child_of(pool) == warm


async def test_what_an_item_leaves_behind_no_other_child_sees() -> None:
    async with pool_of() as pool:
        await clean(pool, hostile.LEAVE)
        assert b"something" in ((await clean(pool, hostile.FIND)).data or b"")  # the same warm child
        await clean(pool, hostile.LEAVE, own_child=OwnChild.ALWAYS)
        assert b"something" not in ((await clean(pool, hostile.FIND, own_child=OwnChild.ALWAYS)).data or b"")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can see which memory a child has")
@pytest.mark.parametrize("workshop", ["sanitizers.workshop", WORKSHOP])
async def test_two_children_share_no_memory_that_either_could_write(workshop: str) -> None:
    async with pool_of(count=2, workshop=workshop):
        children = [child for child in _children_of(os.getpid(), 2) if b"forkserver" in _command_of(child)]
        assert len(children) == 2
        mine, other = (_shared_and_writable(child) for child in children)
        assert mine  # its note to the gateway
        assert not mine & other


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can see which memory a child has")
async def test_no_memory_of_a_child_is_writable_and_runnable() -> None:
    """Behind the walls none can become so; none may be so from the start."""
    async with pool_of(workshop="sanitizers.engine"):
        children = [child for child in _children_of(os.getpid(), 2) if b"forkserver" in _command_of(child)]
        rights = {mapping[1][:3] for child in children for mapping in _mappings(child)}
        assert "r-x" in rights
        assert "rwx" not in rights
        assert "-wx" not in rights


async def test_a_child_that_always_wants_another_one() -> None:
    async with pool_of() as pool:
        assert_blocked(await clean(pool, bad("unfit_for_ever")), Threat.MALFORMED)


async def test_cancelling_kills_the_child() -> None:
    async with pool_of() as pool:
        child = await child_of(pool)
        waiting = asyncio.create_task(clean(pool, bad("never_answer")))
        await at_work(pool)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await child_of(pool) != child
        assert _gone_soon(child)


async def test_a_child_has_no_environment_its_own_session_and_is_not_root() -> None:
    async with pool_of() as pool:
        pid, *names, uid = ((await clean(pool, b"who")).data or b"").decode().split()
        assert os.getsid(int(pid)) == int(pid)
        assert names
        assert not any(name in " ".join(names) for name in ("'PATH'", "'HOME'", "'USER'", "SECRET"))
        assert int(uid) != 0


async def test_stop_ends_every_child_and_says_so_to_who_waits() -> None:
    async with pool_of() as pool:
        child = await child_of(pool)
        first = asyncio.create_task(clean(pool, bad("never_answer")))
        in_line = asyncio.create_task(clean(pool, b"next"))
        await at_work(pool)
        await pool.stop()
        for waiting in (first, in_line):
            with pytest.raises(PoolStopped):
                await waiting
        assert _gone_soon(child)


async def test_a_workshop_that_does_not_load_is_one_clear_line() -> None:
    pool = new_pool(2, workshop="tests.contract.confinement.workshops.broken")
    with pytest.raises(PoolCannotStart, match="ImportError: no parser here"):
        await pool.start()


async def test_a_missing_program_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forking, "SERVER_COMMAND", ("/nonexistent/python",))
    with pytest.raises(PoolCannotStart, match="No such file"):
        await new_pool().start()


async def test_a_user_that_is_not_there_is_one_clear_line() -> None:
    pool = Pool(1, budget=BUDGET, items_before_recycling=1, seconds_before_recycling=1, user="nobody-of-that-name")
    if os.geteuid() == 0:
        with pytest.raises(PoolCannotStart, match="no user nobody-of-that-name"):
            await pool.start()
    else:  # who cannot become another user stays who it is
        await pool.start()
        await pool.stop()


async def test_a_fork_server_without_a_sign_of_life() -> None:
    pool = new_pool(workshop="tests.contract.confinement.workshops.silent", start_seconds=1)
    with pytest.raises(PoolCannotStart, match="no sign of life"):
        await pool.start()


async def test_a_fork_server_that_was_killed_costs_no_mail() -> None:
    async with pool_of() as pool:
        child = await child_of(pool)
        os.kill(_parent_of(child), signal.SIGKILL)
        assert (await clean(pool, b"hello")).data == b"HELLO"
        assert _gone_soon(child)


async def test_a_fork_server_that_does_not_start_again_is_tried_with_pauses(caplog: pytest.LogCaptureFixture) -> None:
    switch, tries = moody.broken(os.getpid()), moody.starts(os.getpid())
    pool = new_pool(workshop=moody.__name__)
    await pool.start()
    try:
        before = len(tries.read_text())
        switch.touch()
        os.kill(_parent_of(await child_of(pool)), signal.SIGKILL)
        async with asyncio.timeout(PATIENCE):
            while pool.alive:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
        began = time.monotonic()
        waiting = asyncio.create_task(clean(pool, b"hello"))
        async with asyncio.timeout(PATIENCE):
            while len(pauses := _pauses(caplog)) < 3:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
        assert pauses[:3] == [0.5, 1.0, 2.0]
        assert time.monotonic() - began >= 1.5  # two of them are over
        assert len(tries.read_text()) - before >= 3
        assert not waiting.done()
        switch.unlink()
        assert (await waiting).data == b"HELLO"
    finally:
        await pool.stop()
        switch.unlink(missing_ok=True)
        tries.unlink()


def _pauses(caplog: pytest.LogCaptureFixture) -> list[float]:
    """Seconds, as the log says before each."""
    said = [record.getMessage().partition("again in ")[2] for record in caplog.records]
    return [float(words.split()[0]) for words in said if words]


async def test_the_log_names_the_exception_and_never_the_content(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with pool_of() as pool:
            await clean(pool, bad("complain"))
            await clean(pool, b"next")
    assert "ValueError" in caplog.text
    assert "secret" not in caplog.text


def test_no_child_outlives_a_killed_parent(project: Path) -> None:
    program = textwrap.dedent(f"""
        import asyncio, sys
        sys.path.insert(0, {str(project)!r})
        from tests.contract.confinement.test_pool import bad, child_of, clean, pool_of
        async def main():
            async with pool_of() as pool:
                print(await child_of(pool), flush=True)
                await clean(pool, bad("never_answer"))
        asyncio.run(main())
        """)
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    try:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert _alive(child)
        parent.kill()
        parent.wait()
        assert _gone_soon(child)
    finally:
        parent.kill()
        parent.communicate()


def _alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def _status_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _parent_of(pid: int) -> int:
    return int(_status_of(pid)[1])


def _children_of(pid: int, generations: int) -> list[int]:
    below = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return below if generations == 1 else [one for child in below for one in _children_of(child, generations - 1)]


def _command_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def _mappings(pid: int) -> list[list[str]]:
    """Address, rights, offset, device, inode, name: proc_pid_maps(5)."""
    return [line.split() for line in Path(f"/proc/{pid}/maps").read_text().splitlines()]


def _shared_and_writable(pid: int) -> set[tuple[str, str]]:
    """Device and inode of what is mapped so."""
    return {
        (device, inode) for _, rights, _, device, inode, *_ in _mappings(pid) if rights[1] == "w" and rights[3] == "s"
    }


def _gone_soon(pid: int) -> bool:
    until = time.monotonic() + PATIENCE
    while _alive(pid):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def test_the_side_of_the_parent_loads_no_parser() -> None:
    program = "import sys, sanitizers.confinement.pool; print(*sys.modules)"
    loaded = set(
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    )
    assert "sanitizers.confinement.pool" in loaded
    parsers = {
        "email",
        "magic",
        "selectolax",
        "fast_mail_parser",
        "dkim",
        "dmarc",
        "sanitizers.engine",
        "sanitizers.detect",
    }
    assert not parsers & loaded
