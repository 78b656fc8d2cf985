"""A hundred files of the corpus, looked at: pages or a reason for each, and the gateway goes on."""

import asyncio
import csv
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from sanitizers.confinement.pool import Pool
from sanitizers.model import Notice
from sanitizers.rules import Budget, Kind, Profile, Task
from sanitizers.views import NoView, Pages, Shown, View, ViewWish, Why

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2700)]

FILES = 100
LARGEST = 3_000_000
CONVERTED = ("legacy-office-other", "odf", "ole-office", "ooxml", "rtf")
OFFICE = 4  #: of each of these: each starts a LibreOffice
ARCHIVES = frozenset({"arc-7z", "arc-cab", "arc-lzh", "arc-other", "arc-rar"})  # no pictures; ZIP is among the hundred
AT_ONCE = 2
BUDGET = Budget(seconds=60)


@pytest.fixture(scope="module")
def corpus_files() -> list[Path]:
    """Of each kind in turn, so that all are among them."""
    folder = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
    if not (folder / "INDEX.tsv").exists():
        pytest.skip("the shared corpus is not beside the project")
    with (folder / "INDEX.tsv").open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    kinds: dict[str, list[Path]] = {}
    for row in sorted(rows, key=lambda row: row["sha256"]):
        if int(row["size"]) <= LARGEST and row["kind"] not in ARCHIVES:
            kinds.setdefault(row["kind"], []).append(folder / row["local"])
    for kind in CONVERTED:
        kinds[kind] = kinds[kind][:OFFICE]
    return list(islice(in_turn(kinds), FILES))


def in_turn(kinds: dict[str, list[Path]]) -> Iterator[Path]:
    for number in range(max(map(len, kinds.values()))):
        yield from (files[number] for files in kinds.values() if number < len(files))


async def test_every_file_gives_pages_or_a_reason(corpus_files: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    pool = Pool(AT_ONCE, budget=BUDGET, items_before_recycling=1_000, seconds_before_recycling=3_600)
    await pool.start()
    places = asyncio.Semaphore(AT_ONCE)

    async def look(path: Path) -> View:
        task = Task("20261121-TEST-0001", Kind.FILE, path.name, Profile(), BUDGET, Notice("1", ()))
        async with places:
            data = await asyncio.to_thread(path.read_bytes)
            return await pool.view(task, data, ViewWish(Shown.PAGES, path="1", count=2, width=600))

    began = time.monotonic()
    try:
        found = await asyncio.gather(*map(look, corpus_files))
        assert isinstance(await look(corpus_files[0]), View)
    finally:
        await pool.stop()
    seconds = time.monotonic() - began
    outcomes = Counter("pages" if isinstance(view, Pages) else view.why.value for view in found)
    with capsys.disabled():
        print(f"\n{len(found)} files in {seconds:.1f} s: {dict(outcomes)}")
    reasons = {path.name: view.why for path, view in zip(corpus_files, found, strict=True) if isinstance(view, NoView)}
    assert Why.ENDED not in reasons.values(), reasons
    assert outcomes["pages"] > FILES / 3
