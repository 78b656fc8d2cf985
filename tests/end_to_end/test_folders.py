"""Files dropped into a watched folder in bursts: each gives one result or report, whatever is killed or goes away."""

import asyncio
import os
import re
import shutil
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from gateway.folders.naming import TAKEN, WRITING, is_temporary
from gateway.model import Channel, Item, ItemState
from gateway.settings import StoreSettings
from gateway.store.drafts import ItemQuery
from gateway.store.items import Store
from tests.contract.store.conftest import server
from tests.servers.gateway import Gateway

__all__ = ["server"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(2700)]

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
FOLDERS = """
[[folders]]
name = "cms"
in = "{share}/in"
out = "{share}/out"
error = "{share}/error"
owner = "web@city.example.lg.jp"
stable_seconds = 1
look_seconds = 1
"""
NUMBER = re.compile(r"(\d{4})-")


class Drop:
    """A gateway, its share, and who drops files into it."""

    def __init__(self, folder: Path, store: str = "") -> None:
        self.share = folder / "share"
        for name in ("in", "out", "error"):
            (self.share / name).mkdir(parents=True)
        self.gateway = Gateway(folder / "kiyome", 1, extra=FOLDERS.format(share=self.share), store=store)
        self.store = StoreSettings(
            url=store or f"sqlite:///{self.gateway.folder}/kiyome.db", blobs=f"{self.gateway.folder}/blobs"
        )
        self.dropped: dict[str, str] = {}  # number → sub-folder

    def burst(self, files: Sequence[Path], sub_folder: str) -> None:
        """Half of them are written in place, half get their name at the end."""
        target = self.share / "in" / sub_folder
        target.mkdir(parents=True, exist_ok=True)
        for path in files:
            number = f"{len(self.dropped):04d}"
            name = f"{number}-{path.name}"
            if len(self.dropped) % 2:
                shutil.copyfile(path, target / name)
            else:
                shutil.copyfile(path, target / f"{name}.part")
                (target / f"{name}.part").rename(target / name)
            self.dropped[number] = sub_folder

    def found(self, name: str) -> list[Path]:
        """Files in "in", "out" or "error", but not what is on its way."""
        return [
            (Path(folder) / file).relative_to(self.share / name)
            for folder, _, files in os.walk(self.share / name)  # folders may go meanwhile
            for file in files
            if file != ".lock" and WRITING not in Path(folder).parts
        ]

    def wait(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self.settled():
            time.sleep(0.5)
        time.sleep(5)  # one too many would come now

    def settled(self) -> bool:
        """All are where they belong, on record too, and nothing else is on its way."""
        done = len(self.found("out")) + len(self.found("error"))
        if done < len(self.dropped) or self.found("in") or self.under_way():
            return False
        return all(item.state in {ItemState.DELIVERED, ItemState.HELD} for item in asyncio.run(self.items()))

    def under_way(self) -> list[str]:
        """Left of taking and writing."""
        taken, writing = os.listdir(self.share / "in" / TAKEN), os.listdir(self.share / "out" / WRITING)  # noqa: PTH208
        return [name for name in (*taken, *writing) if name != ".lock"]

    def vanish(self) -> None:
        self.share.rename(self.share.with_name("away"))

    def come_back(self) -> None:
        self.share.with_name("away").rename(self.share)

    async def items(self) -> list[Item]:
        store = await Store.open(self.store)
        try:
            return await store.items(ItemQuery(limit=2 * len(self.dropped) + 10))
        finally:
            await store.close()


def bursts_with_three_kills_and_a_vanished_folder(drop: Drop, files: Sequence[Path], pause: float) -> None:
    third = len(files) // 3 + 1
    gateway = drop.gateway
    gateway.start()
    drop.burst(files[:third], "窓口")
    time.sleep(2 * pause)
    gateway.kill()
    drop.burst(files[third : 2 * third], "建設課/道路")
    gateway.start()
    time.sleep(pause)
    drop.vanish()
    time.sleep(pause)
    gateway.kill()
    gateway.start()  # a share that is away keeps no gateway from starting
    time.sleep(pause)
    drop.come_back()
    drop.burst(files[2 * third :], "")
    time.sleep(pause)
    gateway.kill()
    gateway.start()


def check(drop: Drop) -> Counter[ItemState]:
    """One result or one report each, where it belongs; nothing left; as many items."""
    log = drop.gateway.log()[-4000:]
    found = {name: drop.found(name) for name in ("in", "out", "error")}
    assert found["in"] == [], log
    counted = Counter(number_of(path) for path in (*found["out"], *found["error"]))
    assert set(counted) == set(drop.dropped), log
    assert {number: count for number, count in counted.items() if count != 1} == {}
    for path in (*found["out"], *found["error"]):
        assert str(path.parent).replace(".", "", 1) == drop.dropped[number_of(path)]
    assert all(path.name.endswith(".report.txt") for path in found["error"])
    assert drop.under_way() == []
    items = [item for item in asyncio.run(drop.items()) if item.channel is Channel.FOLDER]
    assert len(items) == len(drop.dropped)
    states = Counter(item.state for item in items)
    assert states[ItemState.DELIVERED] == len(found["out"])
    assert states[ItemState.HELD] == len(found["error"])
    return states


def number_of(path: Path) -> str:
    match = NUMBER.match(path.name)
    assert match, path
    return match[1]


def run(folder: Path, files: Sequence[Path], *, pause: float, patience: float, store: str = "") -> Counter[ItemState]:
    drop = Drop(folder, store)
    try:
        bursts_with_three_kills_and_a_vanished_folder(drop, files, pause)
        drop.wait(patience)
        drop.gateway.stop()
        return check(drop)
    finally:
        process = drop.gateway.process
        if process is not None and process.poll() is None:
            drop.gateway.kill()


def smallest(files: Sequence[Path], count: int) -> list[Path]:
    """Files that are quick to clean, of every kind among them."""
    named = [path for path in files if not is_temporary(path.name)]
    return sorted(named, key=lambda path: (path.stat().st_size, path))[:count]


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_samples_dropped_in_bursts(tmp_path: Path, store: str, request: pytest.FixtureRequest) -> None:
    url = "" if store == "sqlite" else request.getfixturevalue("server").new_database()
    files = [path for path in (ROOT / "samples").rglob("*") if path.is_file() and path.suffix not in {".py", ".toml"}]
    states = run(tmp_path, smallest(files, 60), pause=3, patience=900, store=url)
    assert states[ItemState.DELIVERED] > 30


def test_a_thousand_files_of_the_corpus_dropped_in_bursts(tmp_path: Path) -> None:
    if not (CORPUS / "INDEX.tsv").exists():
        pytest.skip("the shared corpus is not beside the project")
    files = [path for path in CORPUS.rglob("*") if path.is_file()]
    states = run(tmp_path, smallest(files, 1_000), pause=6, patience=2_000)
    assert states[ItemState.DELIVERED] > 500
