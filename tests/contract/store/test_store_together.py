"""Many at once: group commit, several gateways on one database, and neighbours that fail."""

import asyncio
import threading
from datetime import UTC, datetime

import msgspec
import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError

from gateway.model import ItemState
from gateway.store import keeping
from gateway.store.drafts import ItemQuery, Settlement
from gateway.store.errors import StoreUnavailable
from gateway.store.items import Store
from gateway.store.writer import UncertainCommit
from tests.contract.store.conftest import OpenStore
from tests.contract.store.mails import DELIVER, accept, done, draft, existing, settled


def commits_of(store: Store) -> list[object]:
    seen: list[object] = []
    event.listen(store._engine, "commit", seen.append)
    return seen


async def test_what_waits_together_is_committed_together(store: Store) -> None:
    await accept(store)
    commits, all_wait = commits_of(store), threading.Event()
    event.listen(store._engine, "begin", lambda _connection: all_wait.wait(60))
    together = [asyncio.create_task(accept(store)) for _ in range(40)]
    asyncio.get_running_loop().call_soon(all_wait.set)  # after the first step of each
    await asyncio.gather(*together)
    assert len(commits) <= 10
    assert (await store.counts())[ItemState.RECEIVED] == 41
    assert (await store.verify_audit()).rows == 41


async def test_two_stores_never_lease_the_same_item(store: Store, open_store: OpenStore) -> None:
    other = await open_store()
    kept = {(await accept(store))[0] for _ in range(30)}
    gateways = (store, other)
    taken = await asyncio.gather(
        *(gateways[turn % 2].lease_for_cleaning(f"w{turn}", 4, 60) for turn in range(12)),
    )
    ids = [item.id for items in taken for item in items]
    assert sorted(ids) == sorted(kept)

    await asyncio.gather(
        *(
            gateways[turn % 2].settle(f"w{turn}", item.id, Settlement(DELIVER, b"clean"))
            for turn, items in enumerate(taken)
            for item in items
        )
    )
    now = datetime.now(UTC)
    taken = await asyncio.gather(*(gateways[turn % 2].lease_for_delivery(f"c{turn}", 4, 60, now) for turn in range(12)))
    assert sorted(item.id for items in taken for item in items) == sorted(kept)
    await asyncio.gather(
        *(
            gateways[turn % 2].record(f"c{turn}", item.id, [done()])
            for turn, items in enumerate(taken)
            for item in items
        )
    )
    assert (await other.counts())[ItemState.DELIVERED] == 30
    proof = await store.verify_audit()
    assert (proof.intact, proof.rows) == (True, 120)


async def test_an_operation_that_fails_does_not_fail_its_neighbours(store: Store) -> None:
    wrong = msgspec.structs.replace(draft(), profile="\ud800")  # not Unicode: no database takes it
    answers = await asyncio.gather(
        *(accept(store, wrong if number == 3 else draft()) for number in range(8)), return_exceptions=True
    )
    assert [type(answer) for answer in answers] == [tuple] * 3 + [StoreUnavailable] + [tuple] * 4
    assert (await store.counts())[ItemState.RECEIVED] == 7
    assert (await store.verify_audit()).rows == 7


async def test_a_number_that_is_taken_is_drawn_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    (taken,) = await accept(store)
    draws = iter([taken, taken, "20261121-AAAA-AAAA"])
    monkeypatch.setattr(keeping, "new_item_id", lambda _at: next(draws))
    assert await accept(store) == ("20261121-AAAA-AAAA",)


async def test_a_failed_commit_fails_everybody_in_it_and_keeps_nothing(store: Store) -> None:
    def fail(_connection: object) -> None:
        raise OperationalError("COMMIT", None, OSError("input/output error"))

    await accept(store)
    event.listen(store._engine, "commit", fail)
    answers = await asyncio.gather(*(accept(store) for _ in range(5)), return_exceptions=True)
    event.remove(store._engine, "commit", fail)
    assert {type(answer) for answer in answers} == {UncertainCommit}  # a StoreUnavailable: 451
    assert (await store.counts())[ItemState.RECEIVED] == 1
    await accept(store)
    assert (await store.verify_audit()).rows == 2


async def test_others_may_read_and_write_meanwhile(store: Store, intruder: Engine) -> None:
    await accept(store)
    with intruder.connect() as reading, reading.begin():
        assert reading.execute(text("SELECT count(*) FROM items")).scalar() == 1
        await asyncio.wait_for(accept(store), 60)  # an open reader does not stop the gateway
        assert reading.execute(text("SELECT count(*) FROM items")).scalar() >= 1
    assert len(await store.items(ItemQuery())) == 2


async def test_a_store_that_is_closed_says_so(open_store: OpenStore) -> None:
    store = await open_store()
    await store.close()
    for call in (accept(store), store.item("20261121-0000-0000"), store.counts()):
        with pytest.raises(StoreUnavailable, match="closed"):
            await call


async def test_closing_finishes_what_was_begun(store: Store, open_store: OpenStore) -> None:
    waiting = [asyncio.create_task(accept(store, data=b"x" * size)) for size in (10, 5_000, 10, 5_000)]
    await asyncio.sleep(0)
    await store.close()
    kept = {(await task)[0] for task in waiting}
    other = await open_store()
    assert {item.id for item in await other.items(ItemQuery())} == kept


async def test_a_caller_who_goes_away_leaves_nothing_half_done(store: Store) -> None:
    task = asyncio.create_task(accept(store, data=b"x" * 5_000))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await store.close()
    assert [path.name for path in store.blobs.incoming.iterdir()] == []


async def test_a_killed_connection_is_made_anew(store: Store, intruder: Engine) -> None:
    if intruder.dialect.name == "sqlite":
        pytest.skip("SQLite has no connections to kill")
    item_id = await settled(store)
    with intruder.begin() as connection:
        others = "pid <> pg_backend_pid() AND datname = current_database()"
        connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))
    with pytest.raises(StoreUnavailable):
        await accept(store)
    await accept(store)
    assert (await existing(store, item_id)).state is ItemState.CLEANED
    assert (await store.verify_audit()).intact
