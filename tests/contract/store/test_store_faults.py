"""Full disks, crashes and wrong versions: what was answered is kept, what was not leaves nothing behind."""

import errno
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError

from gateway.model import ItemState
from gateway.settings import StoreSettings
from gateway.store import schema
from gateway.store.blobs import Spool
from gateway.store.drafts import ItemQuery
from gateway.store.errors import BlobDamaged, StoreFull, StoreUnavailable, StoreUnusable
from gateway.store.items import Store
from tests.contract.store.conftest import INLINE, OpenStore
from tests.contract.store.mails import LARGE, accept, draft, existing, settled


def files(store: Store) -> list[str]:
    return [path.name for path in store.blobs.folder.rglob("*") if path.is_file()]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def failing(code: int) -> Callable[..., int]:
    def fail(*_: object) -> int:
        raise OSError(code, os.strerror(code))

    return fail


@pytest.mark.parametrize("call", ["fsync", "link"])
@pytest.mark.parametrize(
    ("code", "error"), [(errno.ENOSPC, StoreFull), (errno.EDQUOT, StoreFull), (errno.EIO, StoreUnavailable)]
)
async def test_a_large_original_that_cannot_be_synced_is_not_kept(
    store: Store, monkeypatch: pytest.MonkeyPatch, call: str, code: int, error: type[StoreUnavailable]
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(os, call, failing(code))
        with pytest.raises(StoreUnavailable) as raised:
            await accept(store, data=LARGE)
    assert type(raised.value) is error
    assert files(store) == []
    assert (await store.counts())[ItemState.RECEIVED] == 0
    (item_id,) = await accept(store, data=LARGE)  # the store goes on as soon as the disk does
    assert (await store.original(await existing(store, item_id))).read() == LARGE


async def test_a_full_disk_while_a_mail_comes_in(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = store.blobs.spool()
    spool.write(b"x" * INLINE)
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", failing(errno.ENOSPC))
        with pytest.raises(StoreFull):
            spool.write(b"y")
    spool.discard()
    spool.discard()
    assert files(store) == []


async def test_a_database_without_room_is_full(store: Store, intruder: Engine) -> None:
    if intruder.dialect.name == "postgresql":
        pytest.skip("a PostgreSQL's own disk cannot be filled here; see the unit test of its error code")
    await accept(store)

    def no_more_pages(connection: object) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count=1")  # type: ignore[attr-defined]

    many = [f"user{number}@city.example.jp" for number in range(1_000)]
    event.listen(store._engine, "begin", no_more_pages)
    with pytest.raises(StoreFull):
        await accept(store, draft(*many))
    with pytest.raises(StoreFull):
        await accept(store, draft(*many), data=LARGE)
    assert files(store) == []
    event.remove(store._engine, "begin", no_more_pages)
    assert (await store.verify_audit()).intact


async def test_a_large_original_stays_when_nobody_knows_about_the_commit(store: Store, open_store: OpenStore) -> None:
    def fail(_connection: object) -> None:
        raise OperationalError("COMMIT", None, OSError("connection reset"))

    event.listen(store._engine, "commit", fail)
    with pytest.raises(StoreUnavailable):
        await accept(store, data=LARGE)
    event.remove(store._engine, "commit", fail)
    assert len(files(store)) == 2  # its name in incoming/ and its final one
    await open_store()  # finds no row
    assert files(store) == []


async def test_files_are_readable_by_the_gateway_alone_and_never_writable(store: Store) -> None:
    (item_id,) = await accept(store, data=LARGE)
    path = store.blobs.path((await existing(store, item_id)).original)
    assert mode(path) == 0o400
    for folder in (store.blobs.folder, store.blobs.incoming, path.parent, path.parent.parent):
        assert mode(folder) == 0o700
    assert files(store) == [path.name]
    database = store._engine.url.database or ""
    if store._engine.dialect.name == "sqlite":
        for name in (database, database + "-wal", database + "-shm"):
            assert mode(Path(name)) == 0o600


async def test_opening_sweeps_up_after_a_crash(store: Store, open_store: OpenStore) -> None:
    (item_id,) = await accept(store, data=LARGE)
    kept = (await existing(store, item_id)).original
    os.link(store.blobs.path(kept), store.blobs.incoming / kept)  # died after the commit
    lost = _left_by_a_dead_process(store.blobs.spool(), linked=True)  # died before the commit
    cut = _left_by_a_dead_process(store.blobs.spool(), linked=False)  # died during DATA
    alive = store.blobs.spool()
    alive.write(LARGE)
    os.utime(alive.incoming, (0, 0))
    stranger = store.blobs.incoming / "README"
    stranger.write_text("not ours")

    await open_store()

    assert sorted(files(store)) == sorted([kept, alive.id, "README"])
    assert {lost, cut}.isdisjoint(files(store))
    assert (await store.original(await existing(store, item_id))).read() == LARGE
    alive.discard()


def _left_by_a_dead_process(spool: Spool, *, linked: bool) -> str:
    spool.write(LARGE)
    if linked:
        spool.keep()
    os.utime(spool.incoming, (0, 0))
    spool.leave()
    return spool.id


_VICTIM = """
import asyncio, os, sys
from gateway.settings import StoreSettings
from gateway.store.items import Store
from tests.contract.store.mails import LARGE, SMALL, accept

async def main():
    store = await Store.open(StoreSettings(url=sys.argv[1], blobs=sys.argv[2], inline_bytes=1000))
    async def mails(data):
        while True:
            (item_id,) = await accept(store, data=data)
            os.write(1, item_id.encode() + b"\\n")
    await asyncio.gather(*(mails(data) for data in (SMALL, LARGE) * 4))

asyncio.run(main())
"""


def running(script: str, settings: StoreSettings) -> "subprocess.Popen[bytes]":
    """Another process on the same store."""
    command = [sys.executable, "-c", script, settings.url, settings.blobs]
    return subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3])


async def test_what_was_answered_survives_kill_9(settings: StoreSettings, open_store: OpenStore) -> None:
    await open_store()
    with running(_VICTIM, settings) as victim:
        assert victim.stdout is not None
        answered = [victim.stdout.readline().decode().strip() for _ in range(60)]
        victim.send_signal(signal.SIGKILL)
        answered += victim.stdout.read().decode().split("\n")[:-1]
    store = await open_store()
    items = {item.id: item for item in await store.items(ItemQuery(limit=100_000))}
    assert set(answered) <= set(items)
    for item in items.values():
        assert len((await store.original(item)).read()) == item.original_size
        assert len(item.envelope.recipients) == 1
    proof = await store.verify_audit()
    assert (proof.intact, proof.rows) == (True, len(items))
    assert {path.name for path in store.blobs.incoming.iterdir()} == set()
    assert set(files(store)) == {item.original for item in items.values() if item.original_size > INLINE}


async def test_a_limit_of_the_kernel_is_a_full_disk(settings: StoreSettings, open_store: OpenStore) -> None:
    await open_store()
    script = _VICTIM.replace("async def main():", "import resource\nasync def main():").replace(
        "    async def mails(data):",
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
        "    from gateway.store.errors import StoreFull\n"
        "    try:\n        await accept(store, data=LARGE)\n"
        "    except StoreFull:\n        print('full', flush=True)\n"
        "    os._exit(0)\n"
        "    async def mails(data):",
    )
    with running(script, settings) as process:
        assert process.stdout is not None
        assert process.stdout.read() == b"full\n"


async def test_the_migrated_tables_are_those_of_the_schema(store: Store) -> None:
    def described(thing: object, name: str | None, kind: str, *_: object) -> bool:
        """All but the index of lists: each database has its own kind of it, which gateway.store.indexing makes."""
        return not (kind == "table" and (name == "search" or str(name).startswith("search_")))

    with store._engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": described})
        assert compare_metadata(context, schema.metadata) == []


def test_the_schema_names_the_newest_migration() -> None:
    folder = Path(schema.__file__).parent / "migrations"
    assert ScriptDirectory(folder).get_current_head() == schema.VERSION


async def test_a_store_of_a_newer_kiyome_is_not_touched(
    settings: StoreSettings, store: Store, intruder: Engine
) -> None:
    await store.close()
    with intruder.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreUnusable, match=r"version 9999.*newer Kiyome"):
        await Store.open(settings)


async def test_many_may_open_a_new_store_at_once(settings: StoreSettings) -> None:
    script = (
        "import asyncio, sys\nfrom gateway.settings import StoreSettings\nfrom gateway.store.items import Store\n"
        "async def main():\n    store = await Store.open(StoreSettings(url=sys.argv[1], blobs=sys.argv[2]))\n"
        "    await store.close()\nasyncio.run(main())"
    )
    started = [running(script, settings) for _ in range(3)]
    for process in started:
        with process:
            assert process.wait() == 0


async def test_free_bytes_is_what_may_still_be_written(store: Store) -> None:
    assert 0 < store.free_bytes() <= os.statvfs(store.blobs.folder).f_blocks * 4096


async def test_a_second_accept_of_the_same_draft_is_another_item(store: Store) -> None:
    one = draft()
    assert (await accept(store, one)) != (await accept(store, one))


async def test_a_clean_file_that_was_changed_on_disk_is_not_delivered(store: Store, open_store: OpenStore) -> None:
    item_id = await settled(store, clean=LARGE)
    (path,) = [path for path in store.blobs.folder.rglob("*") if path.is_file()]
    path.chmod(0o600)
    path.write_bytes(LARGE[:-1] + b"!")
    with pytest.raises(BlobDamaged):
        await (await open_store()).clean(await existing(store, item_id))


async def test_a_row_that_was_changed_is_not_read_as_if_it_were_kept(
    store: Store, open_store: OpenStore, intruder: Engine
) -> None:
    (item_id,) = await accept(store)
    with intruder.begin() as connection:
        connection.execute(text("UPDATE blobs SET data = :data"), {"data": b"Subject: other\r\n\r\n"})
    with pytest.raises(BlobDamaged):
        await (await open_store()).original(await existing(store, item_id))
