"""Old files that make LibreOffice work or grow without end: they stay behind, the next goes on, and nothing is left."""

import asyncio
import shutil
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from sanitizers.budget import MEBIBYTE
from sanitizers.confinement.converter import find_program
from sanitizers.confinement.pool import Pool
from sanitizers.model import Cleaned, DnsAnswer, Threat
from sanitizers.rules import Kind, Task
from tests.contract.confinement.test_conversions import nothing_left
from tests.golden.test_file_samples import RULES, SETTINGS, notice

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        not find_program("libreoffice"), reason="LibreOffice is not installed (Debian: libreoffice-nogui)"
    ),
]
BUDGET = msgspec.structs.replace(RULES.budget, seconds=20, memory=512 * MEBIBYTE)
FINE = rb"{\rtf1 fine words}"


def emf(*records: bytes) -> bytes:
    """[MS-EMF]: header, records, end."""
    rest = b"".join(records) + struct.pack("<5I", 14, 20, 0, 16, 20)
    sizes = struct.pack("<IIHHIIIIIII", 108 + len(rest), len(records) + 2, 2, 0, 0, 0, 0, 1000, 1000, 300, 300)
    bounds = struct.pack("<8i", 0, 0, 500, 500, 0, 0, 10_000, 10_000)
    return struct.pack("<II", 1, 108) + bounds + b" EMF" + struct.pack("<I", 0x10000) + sizes + bytes(20) + rest


NESTED = rb"{\*\nesttableprops\trowd\cellx9000\nestrow}"
CELLS = b"".join(rb"\cellx%d" % (width * 10) for width in range(1, 20_000))
BOMBS = {
    "deep.rtf": rb"{\rtf1 \pard\intbl\itap2000000000 x\nestcell" + NESTED + rb"\pard}",  # a table in two milliards more
    "wide.rtf": rb"{\rtf1 \trowd" + CELLS + rb" x" + rb"\cell" * 20_000 + rb"\row}",
    "bin.rtf": rb"{\rtf1 {\pict\pngblip\bin2147483647 x}}",  # two gibibytes are said to follow
    "many.emf": emf(*[struct.pack("<II4i", 42, 24, 0, 0, 500, 500)] * 300_000),  # ellipses
}


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    """Where the folders of children are made, which the user that a child becomes can reach."""
    folder = Path(tempfile.mkdtemp(prefix="kiyome-test-"))
    folder.chmod(0o755)
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    yield folder
    tempfile.tempdir = before
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def results(root: Path) -> dict[str, Cleaned]:
    """One after the other in one pool, each followed by a file that is fine."""
    return asyncio.run(_cleaned(root))


async def _cleaned(root: Path) -> dict[str, Cleaned]:
    async def no_dns(name: str, rdtype: str) -> DnsAnswer:
        return DnsAnswer("failed")

    pool = Pool(1, budget=BUDGET, items_before_recycling=1_000, seconds_before_recycling=3_600)
    await pool.start()
    results = {}
    try:
        for name, data in BOMBS.items():
            for key, title, content, budget in (
                (name, name, data, BUDGET),
                (f"after {name}", "fine.rtf", FINE, RULES.budget),
            ):
                mark = "20261121-TEST-TEST"
                task = Task(mark, Kind.FILE, title, RULES.profiles["standard"], budget, notice(SETTINGS, mark))
                results[key] = await pool.clean(task, content, no_dns)
            await nothing_left(root)
    finally:
        await pool.stop()
    return results


@pytest.mark.parametrize("name", BOMBS)
def test_it_stays_behind_and_says_why(name: str, results: dict[str, Cleaned]) -> None:
    result = results[name]
    assert result.data is None
    assert [finding.threat for finding in result.report.parts[0].findings] == [Threat.LIMIT_EXCEEDED]


@pytest.mark.parametrize("name", BOMBS)
def test_the_next_one_goes_on(name: str, results: dict[str, Cleaned]) -> None:
    assert results[f"after {name}"].data is not None


def test_no_folder_is_left(root: Path, results: dict[str, Cleaned]) -> None:
    assert results
    assert not list(root.iterdir())
