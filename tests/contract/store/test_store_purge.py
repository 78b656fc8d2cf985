"""The end of retention: the bytes go, the rows and the record stay."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.model import ItemState
from gateway.store.errors import BlobGone, StoreUnavailable
from gateway.store.items import Store
from tests.contract.store.conftest import OpenStore
from tests.contract.store.mails import (
    HOLD,
    LARGE,
    SMALL,
    actions,
    delivered,
    done,
    draft,
    existing,
    leased_for_delivery,
    settled,
)


def files(store: Store) -> list[str]:
    return [path.name for path in store.blobs.folder.rglob("*") if path.is_file()]


def later() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=1)


@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["inline", "file"])
async def test_finished_items_lose_their_bytes_only(store: Store, open_store: OpenStore, data: bytes) -> None:
    item_id = await delivered(store, data=data, clean=data)
    before = await existing(store, item_id)
    assert await store.purge(later()) == 1
    assert await store.purge(later()) == 0
    assert files(store) == []
    assert await existing(store, item_id) == before
    for reader in (store, await open_store()):
        with pytest.raises(BlobGone):
            await reader.original(before)
        with pytest.raises(BlobGone):
            await reader.clean(before)
    assert (await actions(store, item_id))[-1] == "purged"
    assert (await store.verify_audit()).intact


async def test_what_is_young_or_unfinished_is_kept(store: Store) -> None:
    young = await delivered(store, data=LARGE)
    assert await store.purge(datetime.now(UTC) - timedelta(minutes=1)) == 0
    held = await settled(store, decision=HOLD, data=LARGE)
    discarded = await settled(store, decision=HOLD, data=LARGE)
    await store.change(discarded, to=ItemState.DISCARDED, actor="suzuki", reason="spam")
    assert await store.purge(later()) == 2
    assert (await store.original(await existing(store, held))).read() == LARGE
    for gone in (young, discarded):
        with pytest.raises(BlobGone):
            await store.original(await existing(store, gone))


async def test_an_original_stays_while_another_item_needs_it(store: Store) -> None:
    first = await settled(store, draft("a@city.example.jp"), draft("b@city.example.jp"), data=LARGE)
    await leased_for_delivery(store)
    await store.record("c", first, [done("a@city.example.jp")])
    assert await store.purge(later()) == 1
    await store.forfeit("w")
    (second,) = await store.lease_for_cleaning("w", 10, 60)
    assert second.id != first
    assert (await store.original(second)).read() == LARGE


async def test_an_interrupted_purge_is_finished_by_the_next(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    await delivered(store, data=LARGE)

    def fail(_path: Path) -> None:
        raise PermissionError

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", fail)
        with pytest.raises(StoreUnavailable):
            await store.purge(later())
    assert len(files(store)) == 1
    await store.purge(later())
    assert files(store) == []
