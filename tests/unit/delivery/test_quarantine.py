"""Held items: what a person does with them, and what the end of their retention does."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from gateway.delivery.quarantine import SecondPersonNeeded, discard, expire_due, needs_second_person, release
from gateway.model import Item, ItemState
from gateway.processing.notices import expiry
from gateway.store.drafts import Draft, ItemQuery
from gateway.store.errors import WrongState
from sanitizers.rules import Approval, Profile, Retention, Rules
from tests.fakes.items import item, settings

NOW = datetime(2026, 7, 1, tzinfo=UTC)
RULES = Rules(profiles={"standard": Profile()}, retention=Retention(held_days=10))


class Held:
    def __init__(self, *items: Item) -> None:
        self.all = {each.id: each for each in items}
        self.log: list[tuple[str, ...]] = []
        self.release_before_change: set[str] = set()

    async def items(self, query: ItemQuery) -> list[Item]:
        assert query.until is not None
        found = [
            each for each in self.all.values() if each.state is query.state and each.envelope.received_at < query.until
        ]
        newest_first = sorted(found, key=lambda each: each.id, reverse=True)
        return [each for each in newest_first if not query.before_id or each.id < query.before_id][: query.limit]

    async def change(self, item_id, *, to, actor, reason, deliver_original=False, notices=()):
        if self.all[item_id].state is not ItemState.HELD or item_id in self.release_before_change:
            raise WrongState(item_id, ItemState.RELEASED, to)
        self.log.append((to.value, item_id, actor, reason, str(deliver_original)))
        self.log += [("notice", draft.envelope.recipients[0].address) for draft, _ in notices]
        self.all[item_id] = msgspec.structs.replace(self.all[item_id], state=to)
        return self.all[item_id]


def held(item_id: str, days: int, state: ItemState = ItemState.HELD) -> Item:
    return item(item_id, state=state, received_at=NOW - timedelta(days=days))


def tell(of: Item, now: datetime) -> tuple[Draft, bytes]:
    return expiry(settings(), of, now)


async def test_release_and_discard_say_who_and_why() -> None:
    store = Held(held("I-1", 1), held("I-2", 1), held("I-3", 1))
    await release(store, RULES, store.all["I-1"], "sato", "asked by the sender")
    await release(store, RULES, store.all["I-2"], "sato", "as it was", original=True)
    await discard(store, "I-3", "suzuki", "junk")
    assert store.log == [
        ("released", "I-1", "sato", "asked by the sender", "False"),
        ("released", "I-2", "sato", "as it was", "True"),
        ("discarded", "I-3", "suzuki", "junk", "False"),
    ]


async def test_what_is_not_held_cannot_be_released() -> None:
    with pytest.raises(WrongState):
        await release(Held(held("I-1", 1, ItemState.DELIVERED)), RULES, held("I-1", 1), "sato", "")


async def test_only_what_was_held_too_long_expires_and_its_recipients_hear_of_it() -> None:
    store = Held(held("I-1", 11), held("I-2", 9), held("I-3", 20, ItemState.DELIVERED))
    assert await expire_due(store, RULES, NOW, tell) == 1
    assert [entry[0] for entry in store.log] == ["expired", "notice"]
    assert store.all["I-1"].state is ItemState.EXPIRED
    assert store.all["I-2"].state is ItemState.HELD
    assert await expire_due(store, RULES, NOW, tell) == 0


async def test_many_pages_expire() -> None:
    store = Held(*(held(f"I-{n:04}", 11) for n in range(250)))
    assert await expire_due(store, RULES, NOW, tell) == 250


async def test_an_item_that_is_released_meanwhile_stays_released() -> None:
    store = Held(held("I-1", 11), held("I-2", 11))
    store.release_before_change = {"I-2"}
    assert await expire_due(store, RULES, NOW, tell) == 1


@pytest.mark.parametrize(
    ("approval", "clean", "original"),
    [(Approval.NONE, False, False), (Approval.ORIGINAL, False, True), (Approval.ALWAYS, True, True)],
)
async def test_where_the_rules_want_a_second_person_one_alone_releases_nothing(
    approval: Approval, clean: bool, original: bool
) -> None:
    rules = Rules(profiles={"standard": Profile(approval=approval)})
    for wants_original, refused in ((False, clean), (True, original)):
        store = Held(held("I-1", 1))
        assert needs_second_person(rules, "standard", original=wants_original) is refused
        if refused:
            with pytest.raises(SecondPersonNeeded, match="I-1"):
                await release(store, rules, store.all["I-1"], "sato", "please", original=wants_original)
            assert store.log == []
        else:
            await release(store, rules, store.all["I-1"], "sato", "please", original=wants_original)


def test_a_profile_that_left_the_rules_is_as_strict_as_the_strictest() -> None:
    lenient, strict = Profile(), Profile(approval=Approval.ALWAYS)
    assert not needs_second_person(Rules(profiles={"standard": lenient}), "gone", original=True)
    assert needs_second_person(Rules(profiles={"standard": lenient, "strict": strict}), "gone", original=False)
