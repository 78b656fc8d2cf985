"""A child may do what it likes: the item comes back as blocked, and the next item is served."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvloop

from sanitizers.confinement.pool import Pool, PoolCannotStart, PoolStopped
from sanitizers.model import Cleaned, DnsAnswer, Notice, Outcome, Threat
from sanitizers.rules import Budget, Kind, Profile, Task
from tests.contract.confinement import hostile_child as hostile

HOSTILE = str(Path(hostile.__file__))


def task(seconds: int = 20) -> Task:
    return Task("20261121-TEST-0001", Kind.MAIL, "", Profile(), Budget(seconds=seconds), Notice("1", ()))


async def absent(name: str, rdtype: str) -> DnsAnswer:
    return DnsAnswer("absent")


@asynccontextmanager
async def pool_of(how: str = "good", count: int = 1, items: int = 1_000) -> AsyncIterator[Pool]:
    pool = Pool(
        count,
        items_before_recycling=items,
        seconds_before_recycling=3_600,
        command=[sys.executable, HOSTILE, how],
    )
    await pool.start()
    try:
        yield pool
    finally:
        await pool.stop()


async def clean(pool: Pool, original: bytes, seconds: int = 20) -> Cleaned:
    return await pool.clean(task(seconds), original, absent)


async def child_of(pool: Pool) -> int:
    return int(((await clean(pool, b"who")).data or b"").split()[0])


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
        async with pool_of("crash", count=2) as pool:
            assert (await clean(pool, b"x" * 3_000_000)).data == b"X" * 3_000_000
            assert_blocked(await clean(pool, hostile.BAD), Threat.MALFORMED)
            assert_blocked(await clean(pool, b"slow", seconds=1), Threat.LIMIT_EXCEEDED)
            assert (await clean(pool, b"next")).data == b"NEXT"

    uvloop.run(story())


async def test_an_original_in_pieces() -> None:
    def pieces() -> Iterator[bytes]:
        yield from (b"a" * 3_000_000, b"", b"b", b"c" * 10)

    async with pool_of() as pool:
        cleaned = await pool.clean(task(), pieces(), absent)
        assert cleaned.data == b"A" * 3_000_000 + b"B" + b"C" * 10


@pytest.mark.parametrize("how", [*hostile.RAW, *hostile.LIES])
async def test_a_wrong_answer_blocks_and_the_next_item_is_served(how: str) -> None:
    async with pool_of(how) as pool:
        before = await child_of(pool)
        assert_blocked(await clean(pool, hostile.BAD), Threat.MALFORMED)
        assert await child_of(pool) != before
        assert (await clean(pool, b"next")).data == b"NEXT"


@pytest.mark.parametrize("how", ["exit_at_once", "crash", "crash_mid_result", "complain", "allocate"])
async def test_a_child_that_ends_blocks_and_the_next_item_is_served(how: str) -> None:
    async with pool_of(how) as pool:
        assert_blocked(await clean(pool, hostile.BAD), Threat.MALFORMED)
        assert (await clean(pool, b"next")).data == b"NEXT"


@pytest.mark.parametrize("how", ["never_answer", "dribble"])
async def test_a_child_without_end_is_stopped_at_its_deadline(how: str) -> None:
    async with pool_of(how) as pool:
        assert_blocked(await clean(pool, hostile.BAD, seconds=1), Threat.LIMIT_EXCEEDED)
        assert (await clean(pool, b"next")).data == b"NEXT"


@pytest.mark.parametrize("how", ["ask_for_ever", "shout"])
async def test_too_many_questions_to_the_dns(how: str) -> None:
    asked = []

    async def count(name: str, rdtype: str) -> DnsAnswer:
        asked.append(name)
        return DnsAnswer("found", (b"v=DMARC1; p=none",))

    async with pool_of(how) as pool:
        assert_blocked(await pool.clean(task(), hostile.BAD, count), Threat.MALFORMED)
        assert 1 <= len(asked) <= 51
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
        assert b"failed" in ((await pool.clean(task(seconds=2), b"dns", slow)).data or b"")


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
        child = await child_of(pool)
        asyncio.get_running_loop().call_later(0.3, os.kill, child, signal.SIGKILL)
        slow = asyncio.create_task(clean(pool, b"slow", seconds=3))
        # The second child sleeps too; what matters is that it was the second one that ran into the deadline.
        assert_blocked(await slow, Threat.LIMIT_EXCEEDED)
        assert await child_of(pool) != child


async def test_items_queue_while_all_children_are_busy() -> None:
    async with pool_of(count=2) as pool:
        results = await asyncio.gather(*(clean(pool, b"%d x" % number) for number in range(50)))
        assert [result.data for result in results] == [b"%d X" % number for number in range(50)]


async def test_how_many_children_are_alive() -> None:
    async with pool_of(count=2) as pool:
        assert pool.alive == 2
        os.kill(await child_of(pool), signal.SIGKILL)
        while pool.alive == 2:  # noqa: ASYNC110 - nothing to wait on: nobody has asked for it
            await asyncio.sleep(0.01)
        assert pool.alive == 1
    assert pool.alive == 0


async def test_a_child_is_recycled_after_its_items() -> None:
    async with pool_of(items=3) as pool:
        pids = [await child_of(pool) for _ in range(7)]
        assert len(set(pids)) == 3
        assert pids[0] == pids[1] == pids[2]


async def test_the_heir_of_a_child_is_warm_before_the_child_is_worn_out() -> None:
    async with pool_of(items=10) as pool:
        pids = [await child_of(pool) for _ in range(8)]
        assert len(set(pids)) == 1
        async with asyncio.timeout(30):
            while pool.alive < 2:  # noqa: ASYNC110 - the pool tells nobody
                await asyncio.sleep(0.01)
        heir = await child_of(pool)
        assert heir != pids[0]
        assert not _alive(pids[0])
        assert [await child_of(pool) for _ in range(3)] == [heir] * 3
        assert pool.alive == 1


async def test_a_child_that_dies_with_its_heir_on_the_way_is_replaced_once() -> None:
    async with pool_of(items=10) as pool:
        pids = [await child_of(pool) for _ in range(8)]
        os.kill(pids[0], signal.SIGKILL)
        heir = await child_of(pool)
        assert [await child_of(pool) for _ in range(3)] == [heir] * 3
        await asyncio.sleep(1)
        assert pool.alive == 1


async def test_an_item_may_bring_down_three_children_and_no_more(caplog: pytest.LogCaptureFixture) -> None:
    async with pool_of("exit_at_once") as pool:
        assert_blocked(await clean(pool, hostile.BAD), Threat.MALFORMED)
        assert sum("ended while at it" in record.getMessage() for record in caplog.records) == 3
        assert (await clean(pool, b"next")).data == b"NEXT"


async def test_cancelling_kills_the_child() -> None:
    async with pool_of("never_answer") as pool:
        child = await child_of(pool)
        waiting = asyncio.create_task(clean(pool, hostile.BAD))
        await asyncio.sleep(0.3)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await child_of(pool) != child
        assert not _alive(child)


async def test_a_child_has_no_environment_no_terminal_and_its_own_session() -> None:
    async with pool_of() as pool:
        said = ((await clean(pool, b"who")).data or b"").decode()
        pid, session, rest = said.split(" ", 2)
        assert pid == session
        assert "'PATH'" not in rest
        assert "'HOME'" not in rest
        assert rest.count("/dev/null") == 2  # input and output; errors go to the parent


async def test_stop_ends_every_child_and_says_so_to_who_waits() -> None:
    async with pool_of("never_answer") as pool:
        child = await child_of(pool)
        at_work = asyncio.create_task(clean(pool, hostile.BAD))
        in_line = asyncio.create_task(clean(pool, b"next"))
        await asyncio.sleep(0.3)
        await pool.stop()
        for waiting in (at_work, in_line):
            with pytest.raises(PoolStopped):
                await waiting
        assert not _alive(child)


async def test_a_pool_that_cannot_start_says_why() -> None:
    pool = Pool(
        2,
        items_before_recycling=1,
        seconds_before_recycling=1,
        command=[sys.executable, HOSTILE, "import_error"],
    )
    with pytest.raises(PoolCannotStart, match="ImportError: no parser here"):
        await pool.start()


async def test_a_missing_program_is_one_clear_line() -> None:
    pool = Pool(1, items_before_recycling=1, seconds_before_recycling=1, command=["/nonexistent/python"])
    with pytest.raises(PoolCannotStart, match="No such file"):
        await pool.start()


async def test_a_child_without_a_sign_of_life() -> None:
    pool = Pool(
        1,
        items_before_recycling=1,
        seconds_before_recycling=1,
        command=[sys.executable, HOSTILE, "no_sign_of_life"],
        start_seconds=1,
    )
    with pytest.raises(PoolCannotStart, match="no sign of life"):
        await pool.start()


async def test_replacements_that_do_not_start_are_tried_with_pauses(tmp_path: Path) -> None:
    switch = tmp_path / "broken"
    log = tmp_path / "starts"
    script = tmp_path / "child.py"
    script.write_text(
        textwrap.dedent(f"""
        import os, runpy, sys
        with open({str(log)!r}, "a") as starts: starts.write("x")
        if os.path.exists({str(switch)!r}): raise ImportError("gone")
        sys.argv = [{HOSTILE!r}, "exit_at_once", *sys.argv[1:]]
        runpy.run_path({HOSTILE!r}, run_name="__main__")
        """)
    )
    pool = Pool(1, items_before_recycling=1_000, seconds_before_recycling=3_600, command=[sys.executable, str(script)])
    await pool.start()
    try:
        switch.touch()
        waiting = asyncio.create_task(clean(pool, hostile.BAD))
        await asyncio.sleep(2)
        assert 2 <= len(log.read_text()) <= 6
        assert not waiting.done()
        switch.unlink()
        assert_blocked(await waiting, Threat.MALFORMED)
    finally:
        await pool.stop()


async def test_the_log_names_the_exception_and_never_the_content(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with pool_of("complain") as pool:
            await clean(pool, hostile.BAD)
            await clean(pool, b"next")
    assert "ValueError" in caplog.text
    assert "secret" not in caplog.text


def test_no_child_outlives_a_killed_parent(tmp_path: Path) -> None:
    program = textwrap.dedent(f"""
        import asyncio, sys
        sys.path.insert(0, {str(Path(HOSTILE).parents[3])!r})
        from tests.contract.confinement.test_pool import child_of, clean, hostile, pool_of
        async def main():
            async with pool_of("never_answer") as pool:
                print(await child_of(pool), flush=True)
                await clean(pool, hostile.BAD)
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


def _gone_soon(pid: int) -> bool:
    for _ in range(100):
        if not _alive(pid):
            return True
        subprocess.run(["/bin/sleep", "0.1"], check=True)
    return False


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
