"""Every test of this folder runs on SQLite and on a real PostgreSQL."""

import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

from gateway.settings import StoreSettings
from gateway.store.items import Store
from tests.postgresql import PostgreSQL, binaries, postgresql

INLINE = 1_000

OpenStore = Callable[[], Awaitable[Store]]


@pytest.fixture(scope="session")
def server() -> Iterator[PostgreSQL]:
    found = binaries()
    if found is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    with postgresql(found) as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> StoreSettings:
    """An empty store's settings; originals of more than 1,000 bytes become files."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/store/kiyome.db"
    else:
        url = request.getfixturevalue("server").new_database()
    return StoreSettings(url=url, blobs=os.fspath(tmp_path / "blobs"), inline_bytes=INLINE)


@pytest.fixture
async def open_store(settings: StoreSettings) -> AsyncIterator[OpenStore]:
    """Opens one more Store object, as another process would, on the same database."""
    opened: list[Store] = []

    async def one_more() -> Store:
        opened.append(await Store.open(settings))
        return opened[-1]

    yield one_more
    for store in opened:
        await store.close()


@pytest.fixture
async def store(open_store: OpenStore) -> Store:
    return await open_store()


@pytest.fixture
def within_an_hour() -> None:
    """Waits where an hour is about to end: what a test does would be counted in two."""
    left = 3_600 - time.time() % 3_600
    if left < 30:
        time.sleep(left + 0.1)


@pytest.fixture
def intruder(settings: StoreSettings) -> Iterator[Engine]:
    """Somebody with a database client."""
    patience = {"timeout": 60} if settings.url.startswith("sqlite") else {}
    engine = create_engine(settings.url, connect_args=patience)
    yield engine
    engine.dispose()
