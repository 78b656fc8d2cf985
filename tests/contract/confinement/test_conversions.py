"""Documents that a reader wishes to have converted: real children, a real LibreOffice, and children that lie."""

import asyncio
import io
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import docx
import msgspec
import pytest
from PIL import Image

from sanitizers.budget import BudgetMeter, OverBudget
from sanitizers.confinement import converter, wishes
from sanitizers.confinement.converter import Conversion, find_program
from sanitizers.confinement.forking import Order as ChildOrder
from sanitizers.confinement.offices import Offices
from sanitizers.confinement.pool import Pool, PoolStopped
from sanitizers.confinement.process import Child
from sanitizers.confinement.watch import look
from sanitizers.model import Cleaned, DnsAnswer, Notice, Threat
from sanitizers.rules import Budget, Kind, OwnChild, Profile, Task
from tests.contract.confinement.workshops import wishing
from tests.contract.confinement.workshops.wishing import LONG, RTF, Order, Told

pytestmark = pytest.mark.skipif(
    not find_program("libreoffice"), reason="LibreOffice is not installed (Debian: libreoffice-writer-nogui)"
)

BUDGET = Budget(seconds=300)  # far more than any needs, however busy the machine is
PATIENCE = 100  # seconds, after which a test gives up
WARM, STARTED = "kept warm", "started for each document"
ONCE_MORE = "a document is tried once more, with LibreOffice started for it"


@pytest.fixture(autouse=True)
def scratch_root(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of the test's own, which the user that a child becomes can reach."""
    root = Path(tempfile.mkdtemp(prefix="kiyome-test-"))
    root.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(root))
    yield root
    root.rmdir()  # fails where anything is left


@pytest.fixture(autouse=True, params=[WARM, STARTED])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of LibreOffice: what holds for one must hold for the other."""

    async def none_warm(_offices: Offices, _order: object) -> None:
        return None

    if request.param == STARTED:
        monkeypatch.setattr(Offices, "bear", none_warm)
    return str(request.param)


@asynccontextmanager
async def pool_of(count: int = 1) -> AsyncIterator[Pool]:
    pool = Pool(
        count,
        budget=BUDGET,
        items_before_recycling=1_000,
        seconds_before_recycling=3_600,
        workshop=wishing.__name__,
        start_seconds=300,
    )
    await pool.start()
    try:
        yield pool
    finally:
        await pool.stop()


async def clean(pool: Pool, order: Order, budget: Budget = BUDGET, own_child: OwnChild = OwnChild.ALWAYS) -> Cleaned:
    async def absent(name: str, rdtype: str) -> DnsAnswer:
        return DnsAnswer("absent")

    task = Task("20261121-TEST-0001", Kind.FILE, "", Profile(own_child=own_child), budget, Notice("1", ()))
    return await pool.clean(task, msgspec.msgpack.encode(order), absent)


async def made(pool: Pool, order: Order, budget: Budget = BUDGET) -> tuple[str, ...]:
    return told(await clean(pool, order, budget)).made


def told(cleaned: Cleaned) -> Told:
    assert cleaned.data is not None, cleaned.report
    return msgspec.json.decode(cleaned.data, type=Told)


def refusal(cleaned: Cleaned) -> tuple[Threat, str]:
    assert cleaned.data is None
    (found,) = cleaned.report.parts[0].findings
    return found.threat, found.detail


async def nothing_left(root: Path) -> None:
    """No folder, no converter: not even for a moment longer than its item, so that no load can pile up."""
    async with asyncio.timeout(PATIENCE):
        while converters() or any(root.iterdir()):  # noqa: ASYNC110, ASYNC240 - nobody tells
            await asyncio.sleep(0.02)


def converters() -> list[int]:
    """LibreOffice's processes below this one that have a document: forked from a warm one, or started."""
    parents = {int(place.parent.name): _parent(place) for place in Path("/proc").glob("[0-9]*/stat")}
    own = _own_children()
    warm = {pid for pid in own if b"confinement.office" in _command(pid)}
    children = {pid: parent for pid, parent in parents.items() if parent in own}
    return [
        *(pid for pid, parent in children.items() if parent in warm),
        *(pid for pid, parent in parents.items() if parent in children and b"soffice.bin" in _command(pid)),
    ]


def _own_children() -> set[int]:
    stats = Path("/proc").glob("[0-9]*/stat")
    return {int(place.parent.name) for place in stats if _parent(place) == os.getpid()}


def _parent(stat: Path) -> int:
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _owner_of_descriptors(pid: int) -> int:
    return Path(f"/proc/{pid}/fd").stat().st_uid


def _status(pid: int) -> dict[str, list[str]]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.split() for name, _, value in (line.partition(":") for line in lines)}


async def at_work(root: Path, after: int = 0) -> int:
    """The first that has its document; `after`: another than that one."""
    async with asyncio.timeout(PATIENCE):
        while not (found := set(converters()) - {after}) or not _has_document(root):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
    return found.pop()


def _has_document(root: Path) -> bool:
    return any(root.glob("converter-*/in/*"))


def reader_of(pool: Pool) -> Child:
    """The child whose item it is."""
    (reader,) = (child for child in pool._busy if child.items and not _converts(child.pid))
    return reader


def _converts(pid: int) -> bool:
    """A converter's child has started LibreOffice, or is one; a reader can start nothing."""
    return bool(Path(f"/proc/{pid}/task/{pid}/children").read_bytes()) or pid in converters()


async def test_a_reader_has_documents_converted(scratch_root: Path) -> None:
    async with pool_of() as pool:
        results = await made(pool, Order((RTF, RTF)))
        assert [result.split()[0] for result in results] == ["PK", "PK"]
        await nothing_left(scratch_root)
        assert pool.alive == 1  # the warm one


async def test_a_warm_child_goes_on_after_it(scratch_root: Path) -> None:
    async with pool_of() as pool:
        first = told(await clean(pool, Order(), own_child=OwnChild.NEVER))
        second = told(await clean(pool, Order(), own_child=OwnChild.NEVER))
        assert first.pid == second.pid
        assert second.made[0].startswith("PK")


async def test_a_picture_that_is_put_into_another_format_is_there(scratch_root: Path) -> None:
    bitmap, package = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(bitmap, "BMP")
    document = docx.Document()
    document.add_picture(bitmap)
    document.save(package)
    async with pool_of() as pool:
        made = await pool.convert(Conversion("libreoffice", "docx", "doc"), package.getvalue())
    assert b"\x89PNG" in made  # which DOC has instead


async def test_a_large_result_comes_through(scratch_root: Path) -> None:
    async with pool_of() as pool:
        text = b"".join(b"\\par %d" % (number * 7_919 % 1_000_003) for number in range(60_000))
        (result,) = await made(pool, Order((b"{\\rtf1 " + text + b"}",), target="pdf"))
        assert result.startswith("%P")
        assert int(result.split()[1]) > 1 << 20  # more than a chunk


def test_the_engine_counts_what_it_asks_for() -> None:
    meter = BudgetMeter(Budget(conversions=2, bytes_in=100))
    meter.take_conversion(60)
    with pytest.raises(OverBudget, match="more than 100 bytes to be converted"):
        meter.take_conversion(41)
    meter.take_conversion(40)
    with pytest.raises(OverBudget, match="more than 2 conversions for one item"):
        meter.take_conversion(0)
    assert not meter.exhausted  # the part is blocked, the rest of the item goes on


async def test_one_document_too_many_blocks_the_item(scratch_root: Path) -> None:
    async with pool_of() as pool:
        budget = Budget(conversions=2)
        assert len(await made(pool, Order((RTF,) * 2), budget)) == 2
        assert refusal(await clean(pool, Order((RTF,) * 3), budget))[0] is Threat.MALFORMED
        assert await made(pool, Order(), budget)
    await nothing_left(scratch_root)


async def test_a_byte_too_many_to_convert_blocks_the_item(scratch_root: Path) -> None:
    async with pool_of() as pool:
        budget = Budget(bytes_in=2 * len(RTF))
        assert len(await made(pool, Order((RTF, RTF)), budget)) == 2
        assert refusal(await clean(pool, Order((RTF, RTF + b" ")), budget))[0] is Threat.MALFORMED


async def test_a_byte_too_many_that_was_made_is_a_refusal(scratch_root: Path) -> None:
    async with pool_of() as pool:
        size = int((await made(pool, Order()))[0].split()[1])
        room = Budget(bytes_out=2 * size + 16)  # its dates make it some bytes longer or shorter
        assert all(result.startswith("PK") for result in await made(pool, Order((RTF, RTF)), room))
        first, second = await made(pool, Order((RTF, RTF)), Budget(bytes_out=2 * size - 16))
        assert first.startswith("PK")
        assert second.startswith("limit_exceeded: ")
    await nothing_left(scratch_root)


async def test_a_document_that_takes_too_long_is_refused_before_the_item_is_over(
    scratch_root: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with pool_of() as pool:
        await made(pool, Order())  # LibreOffice is loaded
        await nothing_left(scratch_root)
        with monkeypatch.context() as short:
            short.setattr(wishes, "SECONDS_AFTERWARDS", 60.0)
            cleaning = asyncio.create_task(made(pool, Order((LONG,)), Budget(seconds=80)))
            os.kill(await at_work(scratch_root), signal.SIGSTOP)  # so that no machine is quick enough
            (result,) = await cleaning
        assert result.startswith("limit_exceeded: not converted within ")
        await nothing_left(scratch_root)
        assert (await made(pool, Order()))[0].startswith("PK")
    assert ONCE_MORE not in caplog.text


async def test_the_clock_of_the_item_goes_on_meanwhile(scratch_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wishes, "SECONDS_AFTERWARDS", -30.0)  # the converter's own time would be over later
    async with pool_of() as pool:
        threat, detail = refusal(await clean(pool, Order((LONG,)), Budget(seconds=2)))
        assert (threat, detail) == (Threat.LIMIT_EXCEEDED, "not done within 2 seconds")
        await nothing_left(scratch_root)
        assert (await made(pool, Order()))[0].startswith("PK")


async def test_a_document_with_no_time_left_is_refused_at_once(
    scratch_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wishes, "SECONDS_AFTERWARDS", BUDGET.seconds)
    async with pool_of() as pool:
        assert await made(pool, Order()) == ("limit_exceeded: no time is left for converting it",)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (signal.SIGKILL, "limit_exceeded: converting it takes more than is allowed"),
        (signal.SIGSYS, "active_content: it made the converter try a forbidden system call"),
    ],
)
async def test_a_converter_that_is_ended_is_a_refusal(
    scratch_root: Path, sent: signal.Signals, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with pool_of() as pool:
        cleaning = asyncio.create_task(made(pool, Order((LONG, RTF))))
        os.kill(await at_work(scratch_root), sent)
        first, second = await cleaning
        assert first == said
        assert second.startswith("PK")
    assert ONCE_MORE not in caplog.text
    await nothing_left(scratch_root)


async def test_a_converter_that_crashes_is_a_refusal_after_a_second_try_of_a_warm_one(
    scratch_root: Path, way: str
) -> None:
    async with pool_of() as pool:
        cleaning = asyncio.create_task(made(pool, Order((LONG, RTF))))
        crashed = await at_work(scratch_root)
        os.kill(crashed, signal.SIGSEGV)
        if way == WARM:
            os.kill(await at_work(scratch_root, after=crashed), signal.SIGSEGV)
        first, second = await cleaning
        assert first == "malformed: the converter crashed at it"
        assert second.startswith("PK")
    await nothing_left(scratch_root)


async def test_what_brings_down_a_warm_converter_goes_on_by_one_that_is_started(
    scratch_root: Path, way: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    if way == STARTED:
        pytest.skip("of the warm one")
    warm = Offices.bear

    async def fragile(offices: Offices, order: ChildOrder) -> Child | None:
        child = await warm(offices, order)
        assert child is not None
        os.kill(child.pid, signal.SIGSEGV)
        return child

    monkeypatch.setattr(Offices, "bear", fragile)
    async with pool_of() as pool:
        assert (await made(pool, Order()))[0].startswith("PK")
    assert f"{ONCE_MORE}: the converter crashed at it" in caplog.text
    await nothing_left(scratch_root)


async def test_what_a_warm_converter_makes_nothing_of_is_tried_once_more(
    scratch_root: Path, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with pool_of() as pool:
        (result,) = await made(pool, Order((b"no workbook at all",), "xls", "xlsx"))
        assert result.startswith("malformed: ")
    assert (ONCE_MORE in caplog.text) is (way == WARM)
    await nothing_left(scratch_root)


async def test_a_warm_libreoffice_is_never_root_and_has_no_privilege(scratch_root: Path, way: str) -> None:
    if way == STARTED:
        pytest.skip("of the warm one")
    async with pool_of() as pool:
        assert (await made(pool, Order()))[0].startswith("PK")
        (warm,) = (pid for pid in _own_children() if b"confinement.office" in _command(pid))
        fields = _status(warm)
    assert "0" not in (*fields["Uid"], *fields["Gid"], *fields["Groups"])
    assert {int(fields[name][0], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {0}
    assert fields["NoNewPrivs"] == ["1"]


async def test_a_converter_over_the_memory_is_ended_in_the_middle(scratch_root: Path) -> None:
    async with pool_of() as pool:
        (result,) = await made(pool, Order((LONG,)), Budget(memory=120_000_000))
        assert result == "limit_exceeded: converting it takes more than 120000000 bytes of memory"
        await nothing_left(scratch_root)
        assert (await made(pool, Order()))[0].startswith("PK")


async def test_the_files_that_a_converter_holds_open_can_be_counted(scratch_root: Path) -> None:
    async with pool_of() as pool:
        cleaning = asyncio.create_task(clean(pool, Order((LONG,))))
        pid = await at_work(scratch_root)
        # They belong to root where its memory is hidden, and the gateway may be an ordinary user.
        assert str(_owner_of_descriptors(pid)) == _status(pid)["Uid"][1]
        assert look(pid).hidden == 0
        cleaning.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cleaning
    await nothing_left(scratch_root)


async def test_who_cancels_the_item_ends_its_converter(scratch_root: Path) -> None:
    async with pool_of() as pool:
        cleaning = asyncio.create_task(clean(pool, Order((LONG,))))
        await at_work(scratch_root)
        cleaning.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cleaning
        await nothing_left(scratch_root)
        assert (await made(pool, Order()))[0].startswith("PK")


async def test_a_reader_that_dies_takes_its_converter_with_it_and_gets_no_more_than_its_item_had(
    scratch_root: Path,
) -> None:
    async with pool_of() as pool:
        order = Order((RTF, RTF), busy_with=3)
        cleaning = asyncio.create_task(clean(pool, order, Budget(seconds=300, conversions=3)))
        await at_work(scratch_root)
        os.kill(reader_of(pool).pid, signal.SIGKILL)
        # Tried again in a new child, which has two conversions left, and asks for two.
        assert len(told(await cleaning).made) == 2
        order = Order((RTF, RTF), busy_with=2)
        again = asyncio.create_task(clean(pool, order, Budget(seconds=300, conversions=2)))
        await at_work(scratch_root)
        os.kill(reader_of(pool).pid, signal.SIGKILL)
        assert refusal(await again)[0] is Threat.MALFORMED
    await nothing_left(scratch_root)


async def test_a_converter_does_not_outlive_the_reader_that_waits_for_it(scratch_root: Path) -> None:
    async with pool_of() as pool:
        order = Order(busy_with=2)
        cleaning = asyncio.create_task(clean(pool, order, Budget(seconds=300, conversions=2)))
        frozen = await at_work(scratch_root)
        os.kill(frozen, signal.SIGSTOP)  # it does not come to an end by itself
        os.kill(reader_of(pool).pid, signal.SIGKILL)
        async with asyncio.timeout(PATIENCE):
            while frozen in converters():  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.02)
        assert told(await cleaning).made[0].startswith("PK")
    await nothing_left(scratch_root)


async def test_a_pool_that_stops_leaves_nothing(scratch_root: Path) -> None:
    async with pool_of() as pool:
        cleaning = asyncio.create_task(clean(pool, Order((LONG,))))
        await at_work(scratch_root)
        await pool.stop()
        with pytest.raises(PoolStopped):
            await cleaning
    await nothing_left(scratch_root)


async def test_there_are_never_more_converters_than_places_and_all_items_are_done(scratch_root: Path) -> None:
    async with pool_of(2) as pool:
        busy = [asyncio.create_task(made(pool, Order((LONG,), mark=f"busy {number}"))) for number in range(2)]
        items = [asyncio.create_task(made(pool, Order((RTF,), mark=str(number)))) for number in range(5)]
        async with asyncio.timeout(PATIENCE):
            while len(converters()) < 2:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.02)
        await asyncio.sleep(1)  # in which there could be another
        assert len(converters()) == 2
        for each in busy:
            each.cancel()
        await asyncio.wait(busy)
        most = 0
        while not all(item.done() for item in items):
            most = max(most, len(converters()))
            await asyncio.sleep(0.02)
        assert [item.result()[0][:2] for item in items] == ["PK"] * 5
        assert most <= 2
    await nothing_left(scratch_root)


async def test_libreoffice_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converter, "find_program", lambda name: "")
    async with pool_of() as pool:
        assert await made(pool, Order()) == ("unsupported: LibreOffice is not installed on the gateway",)


async def test_a_full_disk_is_a_refusal(monkeypatch: pytest.MonkeyPatch, scratch_root: Path) -> None:
    async with pool_of() as pool:
        pool._scratch_root = str(scratch_root / "not there")
        (result,) = await made(pool, Order())
        assert result.startswith("limit_exceeded: no room for converting it: ")


async def test_the_honest_end_asks_for_listed_pairs_only() -> None:
    async with pool_of() as pool:
        assert await made(pool, Order(extension="exe")) == ("unsupported: no converter for this type",)


@pytest.mark.parametrize("garbage", wishing.GARBAGE)
async def test_garbage_blocks_the_item_and_the_next_one_is_served(scratch_root: Path, garbage: str) -> None:
    async with pool_of() as pool:
        assert refusal(await clean(pool, Order((), garbage=garbage))) == (
            Threat.MALFORMED,
            "the sanitising process answered wrongly",
        )
        assert pool.alive == 1
        assert await made(pool, Order(())) == ()
    await nothing_left(scratch_root)
