"""One house for each test, on a copy of a store that was migrated once."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.store.items import Store
from tests.unit.web.api.conftest import migrated
from tests.unit.web.transfers.house import House, settings_with_doors

__all__ = ["migrated"]


@pytest.fixture
async def house(tmp_path: Path, migrated: Path) -> AsyncIterator[House]:
    shutil.copytree(migrated, tmp_path / "store")
    settings = settings_with_doors(
        tmp_path / "store", max_bytes=1_000_000, max_files=5, chunk_bytes=100_000, profiles=("mild",)
    )
    made = House(settings, await Store.open(settings.store))
    yield made
    await made.close()
