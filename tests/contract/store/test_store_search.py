"""Finding items: by text, state, sender, recipient and time, page by page, newest first."""

from datetime import timedelta

from gateway.model import ItemState
from gateway.store.drafts import ItemQuery
from gateway.store.items import Store
from tests.contract.store.mails import HOLD, NOON, accept, delivered, draft, settled


async def found(store: Store, query: ItemQuery) -> set[str]:
    return {item.id for item in await store.items(query)}


async def test_text_is_found_wherever_it_is(store: Store) -> None:
    first = await settled(store, draft("hanako@city.example.jp", sender="Taro@Example.jp"))
    (second,) = await accept(store, draft("jiro_x@city.example.jp", sender="50%@other.example"))
    assert await found(store, ItemQuery()) == {first, second}
    assert await found(store, ItemQuery(text="お知らせ")) == {first}  # subject
    assert await found(store, ItemQuery(text="太郎")) == {first}  # From
    assert await found(store, ItemQuery(text="TARO@EXAMPLE")) == {first}  # either case
    assert await found(store, ItemQuery(text="hanako")) == {first}
    assert await found(store, ItemQuery(text=second[9:].lower())) == {second}
    assert await found(store, ItemQuery(text="nothing like it")) == set()


async def test_signs_of_like_mean_themselves(store: Store) -> None:
    (first,) = await accept(store, draft("a_b@city.example.jp", sender="50%@example.jp"))
    await accept(store, draft("axb@city.example.jp", sender="50x@example.jp"))
    assert await found(store, ItemQuery(text="50%@")) == {first}
    assert await found(store, ItemQuery(recipient="a_b")) == {first}
    assert await found(store, ItemQuery(text="\\")) == set()
    assert await found(store, ItemQuery(text="' OR 1=1 --\0")) == set()


async def test_state_sender_and_recipient(store: Store) -> None:
    held = await settled(store, decision=HOLD)
    (fresh,) = await accept(store, draft("a@city.example.jp", "b@city.example.jp", sender="x@other.example"))
    assert await found(store, ItemQuery(state=ItemState.HELD)) == {held}
    assert await found(store, ItemQuery(sender="OTHER.example")) == {fresh}
    assert await found(store, ItemQuery(sender="太郎")) == {held}
    assert await found(store, ItemQuery(recipient="b@city")) == {fresh}
    assert await found(store, ItemQuery(recipient="b@city", state=ItemState.HELD)) == set()


async def test_since_is_included_and_until_is_not(store: Store) -> None:
    early, noon, late = [(await accept(store, draft(at=NOON + timedelta(seconds=s))))[0] for s in (-1, 0, 1)]
    assert await found(store, ItemQuery(since=NOON)) == {noon, late}
    assert await found(store, ItemQuery(until=NOON)) == {early}
    assert await found(store, ItemQuery(since=NOON, until=NOON + timedelta(seconds=1))) == {noon}


async def test_pages_show_every_item_once_newest_first(store: Store) -> None:
    times = [NOON + timedelta(minutes=number // 3) for number in range(10)]  # three at a time come at once
    kept = [(await accept(store, draft(at=at)))[0] for at in times]
    seen: list[str] = []
    while page := await store.items(ItemQuery(limit=4, before_id=seen[-1] if seen else "")):
        assert len(page) <= 4
        seen += [item.id for item in page]
    assert sorted(seen) == sorted(kept)
    assert [times[kept.index(item_id)] for item_id in seen] == sorted(times, reverse=True)
    assert await store.items(ItemQuery(before_id="20261121-0000-0000")) == []


async def test_counts_name_every_state(store: Store) -> None:
    await settled(store, decision=HOLD)
    await delivered(store)
    counts = await store.counts()
    assert set(counts) == set(ItemState)
    assert {state: number for state, number in counts.items() if number} == {ItemState.HELD: 1, ItemState.DELIVERED: 1}


async def test_nothing_is_found_under_a_number_nobody_has(store: Store) -> None:
    assert await store.item("20261121-0000-0000") is None
