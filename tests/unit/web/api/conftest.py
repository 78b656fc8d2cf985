"""One world for each test, on a copy of a store that was migrated once."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.store.items import Store
from tests.unit.web.api.world import FakeGateway, World, settings_in


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an empty store."""
    folder = tmp_path_factory.mktemp("empty")

    async def make() -> None:
        await (await Store.open(settings_in(folder).store)).close()

    asyncio.run(make())
    return folder


@pytest.fixture
async def world(tmp_path: Path, migrated: Path) -> AsyncIterator[World]:
    shutil.copytree(migrated, tmp_path / "store")
    settings = settings_in(tmp_path / "store")
    made = World(FakeGateway(settings, await Store.open(settings.store)))
    yield made
    await made.close()
