"""Which child takes an item, and what becomes of an item, its parts and its neighbours when a child ends."""

import asyncio
import email
import gc
import logging
import os
import signal
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sanitizers.confinement import forking
from sanitizers.confinement import pool as pools
from sanitizers.confinement.converter import Conversion, find_program
from sanitizers.confinement.pool import Pool, PoolCannotStart
from sanitizers.confinement.protocol import END_OF_ORIGINAL, Convert, Converted, decode, frame
from sanitizers.confinement.protocol import Kind as ProtocolKind
from sanitizers.model import CannotSanitize, Cleaned, DnsAnswer, Notice, Outcome, Severity, Threat
from sanitizers.rules import Budget, Kind, OwnChild, Profile, Task
from tests.contract.confinement import fragile
from tests.contract.confinement.fragile import mail

DEFAULT = Budget()
PATIENCE = 60  # seconds, after which a test gives up
TEXT = b"From: a@example.jp\r\nSubject: x\r\n\r\nhello\r\n"


@asynccontextmanager
async def pool_of(
    count: int = 1,
    *,
    budget: Budget = DEFAULT,
    items: int = 1_000,
    seconds: int = 3_600,
    workshop: str = fragile.__name__,
) -> AsyncIterator[Pool]:
    pool = Pool(
        count,
        budget=budget,
        items_before_recycling=items,
        seconds_before_recycling=seconds,
        workshop=workshop,
        start_seconds=300,
    )
    await pool.start()
    try:
        yield pool
    finally:
        await pool.stop()


async def clean(
    pool: Pool,
    original: bytes,
    own_child: OwnChild = OwnChild.ATTACHMENTS,
    budget: Budget = DEFAULT,
    kind: Kind = Kind.MAIL,
) -> Cleaned:
    async def absent(name: str, rdtype: str) -> DnsAnswer:
        return DnsAnswer("absent")

    task = Task("20261121-TEST-0001", kind, "", Profile(own_child=own_child), budget, Notice("1", ()))
    return await pool.clean(task, original, absent)


async def process_of(pool: Pool, own_child: OwnChild) -> int:
    """The process that took a mail with an attachment."""
    data = (await clean(pool, mail("process"), own_child)).data
    assert data is not None
    attached = next(part for part in email.message_from_bytes(data).walk() if part.get_filename())
    return int(attached.get_payload(decode=True))


def outcomes(cleaned: Cleaned) -> list[tuple[str, Outcome]]:
    return [(part.path, part.outcome) for part in cleaned.report.parts]


def only_finding(cleaned: Cleaned) -> tuple[Threat, Severity, str]:
    assert cleaned.data is None
    (part,) = cleaned.report.parts
    (found,) = part.findings
    return found.threat, found.severity, found.detail


def children(caplog: pytest.LogCaptureFixture) -> int:
    return sum("ended while at part" in record.getMessage() for record in caplog.records)


async def test_text_only_mail_goes_to_a_warm_child_and_anything_else_to_one_of_its_own() -> None:
    async with pool_of() as pool:
        (warm,) = (child.pid for child in pool._idle)
        for _ in range(3):
            assert (await clean(pool, TEXT)).data
            assert [child.pid for child in pool._idle] == [warm]
        lone = [await process_of(pool, OwnChild.ATTACHMENTS) for _ in range(3)]
        assert len({warm, *lone}) == 4
        assert [child.pid for child in pool._idle] == [warm]


async def test_by_rule_every_item_gets_a_child_of_its_own_or_none_does() -> None:
    async with pool_of() as pool:
        (warm,) = (child.pid for child in pool._idle)
        assert await process_of(pool, OwnChild.NEVER) == warm
        assert await process_of(pool, OwnChild.NEVER) == warm
        assert await process_of(pool, OwnChild.ALWAYS) != warm
        assert (await clean(pool, TEXT, OwnChild.ALWAYS)).data
        assert [child.items for child in pool._idle] == [2]


async def test_a_file_gets_a_child_of_its_own() -> None:
    async with pool_of() as pool:
        assert (await clean(pool, fragile.attachment("harmless"), kind=Kind.FILE)).data
        assert [child.items for child in pool._idle] == [0]


async def test_a_child_of_its_own_is_gone_when_its_item_is_done() -> None:
    async with pool_of() as pool:
        lone = await process_of(pool, OwnChild.ALWAYS)
        await gone(lone)


async def test_a_part_that_kills_its_child_three_times_is_left_out_and_the_rest_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with pool_of() as pool:
        cleaned = await clean(pool, mail("harmless", "crash"))
        assert outcomes(cleaned) == [
            ("1", Outcome.REBUILT),
            ("1.1", Outcome.CLEAN),
            ("1.2", Outcome.CLEAN),
            ("1.3", Outcome.BLOCKED),
        ]
        assert cleaned.report.parts[3].findings[-1].threat is Threat.MALFORMED
        assert "not opened again" in cleaned.report.parts[3].findings[-1].detail
        assert children(caplog) == 3
        assert "SIGSEGV" in caplog.text


async def test_what_one_item_says_of_a_part_counts_for_no_other_item(caplog: pytest.LogCaptureFixture) -> None:
    # A child that an attacker owns could name a part of somebody else's mail and die.
    async with pool_of() as pool:
        await clean(pool, mail("crash"))
        await clean(pool, mail("crash", text="another mail"))
        assert children(caplog) == 6


async def test_two_parts_that_kill_are_left_out_and_five_block_the_item(caplog: pytest.LogCaptureFixture) -> None:
    async with pool_of() as pool:
        # Each differs in its bytes: else the second would not be opened at all.
        two = await clean(pool, mail("crash 1", "harmless", "crash 2"))
        assert [outcome for _, outcome in outcomes(two)[2:]] == [Outcome.BLOCKED, Outcome.CLEAN, Outcome.BLOCKED]
        assert children(caplog) == 6
        five = await clean(pool, mail(*(f"crash {number}" for number in range(3, 8))))
        assert only_finding(five)[:2] == (Threat.MALFORMED, Severity.WARNING)
        assert children(caplog) == 6 + 3 * 4


async def test_a_container_that_kills_is_blamed_and_not_what_was_in_it() -> None:
    async with pool_of() as pool:
        cleaned = await clean(pool, mail("container", "harmless"))
        assert outcomes(cleaned)[2:] == [("1.2", Outcome.BLOCKED), ("1.3", Outcome.CLEAN)]


async def test_an_item_that_kills_its_children_itself_is_blocked() -> None:
    async with pool_of() as pool:
        cleaned = await clean(pool, fragile.attachment("crash"), kind=Kind.FILE)
        assert only_finding(cleaned)[0] is Threat.MALFORMED
        assert (await clean(pool, TEXT)).data


async def test_a_forbidden_system_call_blocks_the_item_at_once(caplog: pytest.LogCaptureFixture) -> None:
    async with pool_of() as pool:
        threat, severity, detail = only_finding(await clean(pool, mail("harmless", "network")))
        assert (threat, severity) == (Threat.ACTIVE_CONTENT, Severity.DANGER)
        assert "forbidden system call, at part 1.3" in detail
        assert children(caplog) == 1
        assert "SIGSYS" in caplog.text
        assert (await clean(pool, TEXT)).data


async def test_the_clock_names_the_part() -> None:
    budget = Budget(seconds=10)  # by then it is there, however busy the machine is
    async with pool_of(budget=budget) as pool:
        threat, _, detail = only_finding(await clean(pool, mail("harmless", "sleep"), budget=budget))
        assert threat is Threat.LIMIT_EXCEEDED
        assert detail == "not done within 10 seconds, at part 1.3"


async def test_the_timer_of_the_child_ends_it_when_the_gateway_does_not() -> None:
    async with pool_of() as pool:
        threat, _, detail = only_finding(await clean(pool, mail("timer")))
        assert threat is Threat.LIMIT_EXCEEDED
        assert detail == "not done within 60 seconds, at part 1.2"


async def test_the_watch_ends_a_child_that_holds_too_much() -> None:
    # The address space is bounded too, so the watch comes first only where it looks for less.
    async with pool_of() as pool:
        threat, _, detail = only_finding(await clean(pool, mail("grow"), budget=Budget(memory=120_000_000)))
        assert threat is Threat.LIMIT_EXCEEDED
        assert detail == "more than 120000000 bytes of memory, at part 1.2"


async def test_the_log_names_the_exception_and_never_the_content(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with pool_of() as pool:
            await clean(pool, mail("complain"))
    assert "exit status 7 ValueError" in caplog.text
    assert "secret" not in caplog.text


async def test_a_fork_server_that_is_killed_costs_no_mail() -> None:
    async with pool_of(2) as pool:
        assert pool._server is not None
        at_work = asyncio.create_task(clean(pool, mail("sleep"), budget=Budget(seconds=3)))
        await asyncio.sleep(1)
        pool._server._process.kill()
        assert (await clean(pool, TEXT)).data
        # Tried again in a child of the new fork server, it sleeps there until its time is over.
        assert only_finding(await at_work)[0] is Threat.LIMIT_EXCEEDED


async def test_a_fork_server_is_replaced_in_time_and_the_old_one_ends_with_its_last_child() -> None:
    async with pool_of(2) as pool:  # of which one will be busy
        first = pool._server
        assert first is not None
        at_work = asyncio.create_task(clean(pool, mail("sleep"), OwnChild.ALWAYS, Budget(seconds=300)))
        async with asyncio.timeout(PATIENCE):
            while not pool._busy:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
        pool._seconds = 1
        await asyncio.sleep(1.2)
        assert (await clean(pool, TEXT)).data
        assert pool._server is not first
        assert not first.gone
        assert not at_work.done()
        at_work.cancel()
        await asyncio.wait({at_work})
        async with asyncio.timeout(PATIENCE):
            while not first.gone:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.05)


async def test_a_fork_server_that_stops_answering_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "FIRST_PAUSE", 0.1)
    async with pool_of() as pool:
        monkeypatch.setattr(forking, "BIRTH_SECONDS", 2.0)
        assert pool._server is not None
        frozen = pool._server._process.pid
        os.kill(frozen, signal.SIGSTOP)
        assert (await clean(pool, TEXT, OwnChild.ALWAYS)).data
        assert pool._server._process.pid != frozen
        await gone(frozen)


async def test_a_fork_server_is_one_thread_alone() -> None:
    async with pool_of() as pool:
        assert pool._server is not None
        assert threads(pool._server._process.pid) == 1


async def test_a_workshop_that_starts_threads_is_refused() -> None:
    pool = Pool(
        1,
        budget=Budget(),
        items_before_recycling=1,
        seconds_before_recycling=1,
        workshop="tests.contract.confinement.threaded",
    )
    with pytest.raises(PoolCannotStart, match="threads"):
        await pool.start()


async def test_a_user_that_is_not_there_is_named() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root becomes another user")
    pool = Pool(1, budget=Budget(), items_before_recycling=1, seconds_before_recycling=1, user="nobody-of-that-name")
    with pytest.raises(PoolCannotStart, match="there is no user nobody-of-that-name"):
        await pool.start()


async def test_descriptors_do_not_leak() -> None:
    async with pool_of() as pool:
        for _ in range(3):
            await clean(pool, mail("harmless"))
        await only_the_warm_one(pool)
        gc.collect()  # what other tests left
        before = open_descriptors()
        for act in ("harmless", "crash", "network") * 2:
            await clean(pool, mail(act))
        await only_the_warm_one(pool)
        assert open_descriptors() == before


async def only_the_warm_one(pool: Pool) -> None:
    assert pool._server is not None
    async with asyncio.timeout(PATIENCE):
        while len(pool._server.children) > 1:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.01)  # asyncio closes a transport's socket one turn later


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def process_exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def gone(pid: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while process_exists(pid):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)


# --- documents for a converter -------------------------------------------------------------------------------------

WRITER = Conversion("libreoffice", "rtf", "docx")


def needs_libreoffice() -> None:
    if not find_program("libreoffice"):
        pytest.skip("LibreOffice is not installed (Debian package libreoffice-writer-nogui)")


@pytest.fixture
def scratch_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the test's own, which the user that a child becomes can reach."""
    root = Path(tempfile.mkdtemp(prefix="kiyome-test-"))
    root.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(root))
    return root


def table(rows: int) -> bytes:
    """What a converter is busy with: rows take square time, 2 000 of them about a second, 60 000 many minutes."""
    return rb"{\rtf1 " + rb"\trowd\cellx1000 x\cell\row " * rows + rb"}"


async def refused(pool: Pool, data: bytes, conversion: Conversion = WRITER) -> tuple[Threat, str]:
    with pytest.raises(CannotSanitize) as refusal:
        await pool.convert(conversion, data)
    return refusal.value.threat, refusal.value.detail


async def test_a_document_is_converted_and_nothing_stays(scratch_root: Path) -> None:
    needs_libreoffice()
    async with pool_of(workshop="sanitizers.engine") as pool:
        made = await pool.convert(WRITER, rb"{\rtf1 hello}")
        assert made.startswith(b"PK")
        assert pool.alive == 1  # the warm one
    assert_empty(scratch_root)


async def test_what_cannot_be_converted_is_refused_and_nothing_stays(scratch_root: Path) -> None:
    needs_libreoffice()
    async with pool_of(workshop="sanitizers.engine") as pool:
        threat, _ = await refused(pool, b"\0\1\2 nonsense", Conversion("libreoffice", "doc", "docx"))
        assert threat is Threat.MALFORMED
        threat, _ = await refused(pool, b"x", Conversion("libreoffice", "exe", "docx"))
        assert threat is Threat.UNSUPPORTED
    assert_empty(scratch_root)


async def test_a_converter_over_its_time_is_ended_with_all_that_it_started(scratch_root: Path) -> None:
    needs_libreoffice()
    budget = Budget(seconds=1)
    async with pool_of(workshop="sanitizers.engine", budget=budget) as pool:
        threat, detail = await refused(pool, table(60_000))  # busy for longer than that
        assert (threat, detail) == (Threat.LIMIT_EXCEEDED, "not converted within 1 seconds")
    assert await programs_left(scratch_root) == []
    assert_empty(scratch_root)


async def test_a_converter_over_its_memory_is_ended(scratch_root: Path) -> None:
    needs_libreoffice()
    async with pool_of(workshop="sanitizers.engine") as pool:
        pool._budget = Budget(memory=30_000_000)  # less than LibreOffice needs to start
        threat, detail = await refused(pool, table(60_000))  # for longer than from one look to the next
        assert threat is Threat.LIMIT_EXCEEDED
        assert "more than 30000000 bytes of memory" in detail
    assert_empty(scratch_root)


async def test_a_converter_whose_output_is_over_the_budget_is_refused(scratch_root: Path) -> None:
    needs_libreoffice()
    async with pool_of(workshop="sanitizers.engine") as pool:
        size = len(await pool.convert(WRITER, rb"{\rtf1 hello}"))
        pool._budget = Budget(bytes_out=size + 16)  # its dates make it some bytes longer or shorter
        assert await pool.convert(WRITER, rb"{\rtf1 hello}")
        pool._budget = Budget(bytes_out=size - 16)
        threat, _ = await refused(pool, rb"{\rtf1 hello}")
        assert threat is Threat.LIMIT_EXCEEDED


async def test_a_reader_does_not_convert(scratch_root: Path) -> None:
    async with pool_of(workshop="sanitizers.engine") as pool:
        assert pool._server is not None
        child = await pool._server.bear(pool._lone_order, frozenset())
        child.begin_item()
        await child.wire.send([frame(ProtocolKind.CONVERT, Convert(WRITER, 10, 100)), END_OF_ORIGINAL])
        kind, body = await child.wire.receive()
        assert (kind, decode(Converted, body).threat) == (ProtocolKind.CONVERTED, Threat.UNSUPPORTED)
        await child.end()


def assert_empty(folder: Path) -> None:
    assert list(folder.iterdir()) == []


async def programs_left(root: Path) -> list[str]:
    """Converters of this test; the kernel takes a moment to bury a large program that was killed."""
    until = time.monotonic() + PATIENCE
    while (left := _programs(root)) and time.monotonic() < until:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.1)
    return left


def _programs(root: Path) -> list[str]:
    return [command for place in Path("/proc").glob("[0-9]*/cmdline") if str(root) in (command := _text(place))]


def _text(place: Path) -> str:
    try:
        return place.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""
