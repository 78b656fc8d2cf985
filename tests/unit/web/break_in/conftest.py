"""The same world as the API's, with a locksmith of flesh and blood: only what opens files is a fake."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.store.items import Store
from tests.unit.web.api.conftest import migrated
from tests.unit.web.api.world import FakeGateway, World
from tests.unit.web.break_in.locked import Town, settings_of

__all__ = ["migrated"]


@pytest.fixture
async def town(tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    shutil.copytree(migrated, tmp_path / "store")
    settings = settings_of(tmp_path / "store")
    made = Town(World(FakeGateway(settings, await Store.open(settings.store))))
    yield made
    await made.world.close()


@pytest.fixture
def world(town: Town) -> World:
    return town.world
