"""Kill -9 at random moments while files are handed in and cleaned: each becomes one item, and none is lost."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.model import ItemState
from gateway.processing.worker import MOST_ATTEMPTS
from gateway.settings import load_configuration
from gateway.store.drafts import ItemQuery
from gateway.store.items import Store
from tests.contract.store.conftest import server
from tests.crash.uploading import FILES, STEPS, content
from tests.servers.gateway import ROOT, Gateway

__all__ = ["server"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

KILLS = MOST_ATTEMPTS - 1  # once more, and what went down with the gateway so often would be held


def run(settings: Path, fuse: str = "inf") -> tuple[int, str]:
    """How the process ended, and what it said."""
    command = [sys.executable, "-m", "tests.crash.uploading", str(settings), fuse]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        out, _ = process.communicate(timeout=300)
        return process.returncode, out


async def what_is_there(settings: Path) -> None:
    store = await Store.open(load_configuration(settings).settings.store)
    try:
        items = await store.items(ItemQuery(limit=500))
        assert sorted(item.name for item in items) == sorted(f"{number}.csv" for number in range(FILES))
        for item in items:
            data = content(int(item.name.removesuffix(".csv")))
            assert (await store.original(item)).read() == data
            assert (item.state, item.decision.rule if item.decision else "") == (
                ItemState.CLEANED,
                "standard.deliver",
            )
            assert (await store.clean(item)).decode("utf-8-sig") == data.decode()
        assert not any((store.blobs.folder / "uploads").iterdir())
        assert not any(store.blobs.incoming.iterdir())
        assert (await store.verify_audit()).intact
    finally:
        await store.close()


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_each_file_becomes_one_item(tmp_path: Path, store: str, request: pytest.FixtureRequest) -> None:
    choose = random.Random(20261121)
    url = "" if store == "sqlite" else request.getfixturevalue("server").new_database()
    settings = Gateway(tmp_path / "kiyome", 1, extra="\n[children]\ncount = 1\n", store=url).settings
    for _ in range(KILLS):
        fuse = f"{choose.randint(1, STEPS // KILLS - 4)}+{choose.uniform(0, 0.05)}"
        assert run(settings, fuse) == (-signal.SIGKILL, ""), fuse
    assert run(settings) == (os.EX_OK, "done\n")
    asyncio.run(what_is_there(settings))
