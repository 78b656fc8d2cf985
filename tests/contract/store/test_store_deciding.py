"""What people do with items: hold, clean again, ask and approve, look at, many at once; and what is counted of it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from gateway.access.model import EVERYTHING, Scope
from gateway.model import Channel, ItemState
from gateway.store import lists
from gateway.store.approvals import person
from gateway.store.drafts import Settlement
from gateway.store.errors import (
    AlreadyAsked,
    NoSuchApproval,
    NoSuchItem,
    NothingToDeliver,
    OnItsWay,
    SamePerson,
    WrongState,
)
from gateway.store.items import Store
from gateway.store.lists import Bulk
from gateway.store.queries import ApprovalState, BulkAction, BulkProgress, Query, Wanted
from sanitizers.model import MailFacts, Outcome, Report, Threat
from tests.contract.store.mails import (
    DELIVER,
    HOLD,
    accept,
    actions,
    bounced,
    delivered,
    done,
    draft,
    existing,
    leased_for_delivery,
    settled,
    soon,
    waits,
)
from tests.contract.store.test_store_lists import ids, part

BY = {"actor": "user:sato", "reason": "確認のため"}
CITY = Scope(domains=frozenset({"city.example.jp"}))


# Hold


async def test_what_is_not_delivered_yet_can_be_held_and_released_again(store: Store) -> None:
    item_id = await settled(store)
    assert (await store.change(item_id, to=ItemState.HELD, **BY)).state is ItemState.HELD
    assert await leased_for_delivery(store) == []
    await store.change(item_id, to=ItemState.RELEASED, **BY)
    assert await leased_for_delivery(store) == [item_id]
    assert (await actions(store, item_id))[2:] == ["held", "released", "delivering"]


async def test_what_waits_for_its_next_attempt_can_be_held_and_goes_at_once_when_released(store: Store) -> None:
    item_id = await settled(store)
    assert await leased_for_delivery(store) == [item_id]
    await store.record("c", item_id, [waits(until=soon())])
    await store.change(item_id, to=ItemState.HELD, **BY)
    assert await store.due_at() is None
    await store.change(item_id, to=ItemState.RELEASED, **BY)
    assert (await existing(store, item_id)).envelope.recipients[0].next_attempt_at is None
    assert await leased_for_delivery(store) == [item_id]


async def test_what_is_on_its_way_cannot_be_called_back(store: Store) -> None:
    item_id = await settled(store)
    await leased_for_delivery(store)
    with pytest.raises(OnItsWay):
        await store.change(item_id, to=ItemState.HELD, **BY)
    assert await store.record("c", item_id, [done()]) is ItemState.DELIVERED
    with pytest.raises(WrongState):
        await store.change(item_id, to=ItemState.HELD, **BY)


async def test_our_own_notices_are_neither_held_nor_cleaned(store: Store) -> None:
    notice = await store.enqueue(draft("x@far.example", sender="", channel=Channel.NOTICE), b"bounce")
    with pytest.raises(WrongState):
        await store.change(notice, to=ItemState.HELD, **BY)


async def test_an_original_that_was_released_and_held_is_not_released_by_itself(store: Store) -> None:
    item_id = await settled(store, decision=HOLD)
    await store.change(item_id, to=ItemState.RELEASED, deliver_original=True, **BY)
    held = await store.change(item_id, to=ItemState.HELD, **BY)
    assert await store.clean(held) == b"clean"
    assert await store.clean(await store.change(item_id, to=ItemState.RELEASED, **BY)) == b"clean"


# Clean again


async def test_a_held_item_is_cleaned_again(store: Store) -> None:
    (item_id,) = await accept(store)
    await store.lease_for_cleaning("w", 9, 60)
    old = Settlement(HOLD, b"old", Report((part("1", Threat.ENCRYPTED),)), MailFacts(subject="古い件名"))
    await store.settle("w", item_id, old)
    again = await store.change(item_id, to=ItemState.RECEIVED, **BY)
    assert (again.state, again.clean, again.report, again.decision, again.attempts) == (
        ItemState.RECEIVED,
        None,
        None,
        None,
        0,
    )
    assert await ids(store, text="古い件名") == [item_id]  # as long as nothing better is known
    assert await ids(store, finding=Threat.ENCRYPTED) == []
    assert [item.id for item in await store.lease_for_cleaning("w", 9, 60)] == [item_id]
    new = Settlement(DELIVER, b"new", Report((part("1", Threat.METADATA),)), MailFacts(subject="新しい件名"))
    await store.settle("w", item_id, new)
    assert await ids(store, text="古い件名") == []
    assert await ids(store, text="新しい件名") == [item_id]
    assert await ids(store, finding=Threat.METADATA) == [item_id]
    assert await ids(store, finding=Threat.ENCRYPTED) == []
    assert await store.clean(await existing(store, item_id)) == b"new"
    assert (await actions(store, item_id)) == ["received", "held", "to_clean_again", "cleaned"]
    with pytest.raises(WrongState):
        await store.change(item_id, to=ItemState.RECEIVED, **BY)


async def test_the_clean_version_that_is_given_up_leaves_no_bytes_behind(store: Store) -> None:
    item_id = await settled(store, decision=HOLD, clean=b"x" * 5_000)
    before = [path for path in store.blobs.folder.rglob("*") if path.is_file()]
    await store.change(item_id, to=ItemState.RECEIVED, **BY)
    await store.purge(datetime(2000, 1, 1, tzinfo=UTC))
    assert len([path for path in store.blobs.folder.rglob("*") if path.is_file()]) == len(before) - 1


async def test_what_followed_a_password_is_not_cleaned_without_it(store: Store) -> None:
    item_id = await settled(store, decision=HOLD)
    with store._engine.begin() as connection:
        connection.execute(text("UPDATE items SET follows = '20260101-0000-0000'"))
    with pytest.raises(WrongState):
        await store.change(item_id, to=ItemState.RECEIVED, **BY)


async def test_a_look_is_on_record(store: Store) -> None:
    item_id = await settled(store)
    await store.viewed(item_id, what="body", **BY)
    row = [row async for row in store.audit_rows(item_id)][-1]
    assert (row.action, row.actor, row.detail) == ("viewed", "user:sato", '{"what":"body","reason":"確認のため"}')
    with pytest.raises(NoSuchItem):
        await store.viewed("20260101-0000-0000", what="body", **BY)


# A second person


async def test_one_asks_another_approves_and_it_goes(store: Store) -> None:
    item_id = await settled(store, decision=HOLD)
    asked = await store.approvals.ask(item_id, Wanted.CLEAN, **BY)
    assert (asked.state, asked.asked_by, asked.item_id) == (ApprovalState.WAITING, "user:sato", item_id)
    assert await store.approvals.waiting() == [asked]
    item = await store.approvals.approve(asked.id, actor="user:suzuki", answer="よい")
    assert item.state is ItemState.RELEASED
    assert await store.clean(item) == b"clean"
    (row,) = await store.approvals.of(item_id)
    assert (row.state, row.decided_by, row.answer) == (ApprovalState.APPROVED, "user:suzuki", "よい")
    assert await store.approvals.waiting() == []
    assert (await actions(store, item_id))[2:] == ["release_asked", "released", "approved"]
    assert (await store.verify_audit()).intact


async def test_an_original_goes_only_as_it_was_asked_for(store: Store) -> None:
    item_id = await settled(store, decision=HOLD, clean=None)
    with pytest.raises(NothingToDeliver):
        await store.approvals.ask(item_id, Wanted.CLEAN, **BY)
    asked = await store.approvals.ask(item_id, Wanted.ORIGINAL, **BY)
    item = await store.approvals.approve(asked.id, actor="user:suzuki")
    assert item.clean == item.original


@pytest.mark.parametrize("actor", ["user:sato", "token:sato:night", "user:SATO"])
async def test_nobody_approves_or_refuses_their_own_wish(store: Store, actor: str) -> None:
    item_id = await settled(store, decision=HOLD)
    asked = await store.approvals.ask(item_id, Wanted.CLEAN, actor="token:sato:day", reason="")
    with pytest.raises(SamePerson):
        await store.approvals.approve(asked.id, actor=actor)
    with pytest.raises(SamePerson):
        await store.approvals.refuse(asked.id, actor=actor, answer="")
    assert (await existing(store, item_id)).state is ItemState.HELD
    assert (await store.approvals.withdraw(asked.id, actor=actor)).state is ApprovalState.WITHDRAWN


def test_a_person_is_one_however_they_come() -> None:
    assert person("user:sato") == person("token:sato:x") == person("user:Sato")
    assert len({person("user:sato"), person("user:suzuki"), person("recipient:sato"), person("root")}) == 4


async def test_what_is_decided_is_decided(store: Store) -> None:
    item_id = await settled(store, decision=HOLD)
    asked = await store.approvals.ask(item_id, Wanted.CLEAN, **BY)
    with pytest.raises(AlreadyAsked):
        await store.approvals.ask(item_id, Wanted.ORIGINAL, **BY)
    refused = await store.approvals.refuse(asked.id, actor="user:suzuki", answer="危険")
    assert refused.state is ApprovalState.REFUSED
    for act in (store.approvals.approve(asked.id, actor="user:x"), store.approvals.withdraw(asked.id, actor="user:x")):
        with pytest.raises(NoSuchApproval):
            await act
    assert (await existing(store, item_id)).state is ItemState.HELD
    await store.approvals.ask(item_id, Wanted.CLEAN, **BY)  # once more


async def test_a_recipient_asks_once_for_each_mail(store: Store) -> None:
    """By a link that may have been stolen: a refusal is not asked away."""
    item_id = await settled(store, decision=HOLD)
    asked = await store.approvals.ask(item_id, Wanted.ORIGINAL, actor="recipient:b@city.example.jp", reason="x")
    await store.approvals.refuse(asked.id, actor="user:suzuki", answer="危険")
    with pytest.raises(AlreadyAsked):
        await store.approvals.ask(item_id, Wanted.ORIGINAL, actor="recipient:B@city.example.jp", reason="x")
    await store.approvals.ask(item_id, Wanted.ORIGINAL, actor="recipient:c@city.example.jp", reason="x")


async def test_a_wish_ends_when_the_item_is_no_longer_held(store: Store) -> None:
    item_id = await settled(store, decision=HOLD)
    asked = await store.approvals.ask(item_id, Wanted.CLEAN, **BY)
    await store.change(item_id, to=ItemState.DISCARDED, actor="user:chief", reason="")
    (row,) = await store.approvals.of(item_id)
    assert (row.state, row.decided_by) == (ApprovalState.WITHDRAWN, "user:chief")
    with pytest.raises(NoSuchApproval):
        await store.approvals.approve(asked.id, actor="user:suzuki")
    with pytest.raises(WrongState):
        await store.approvals.ask(item_id, Wanted.CLEAN, **BY)


async def test_wishes_are_seen_within_the_scope(store: Store) -> None:
    here = await settled(store, decision=HOLD)
    there = await settled(store, draft("x@other.example"), decision=HOLD)
    mine = await store.approvals.ask(here, Wanted.CLEAN, **BY)
    other = await store.approvals.ask(there, Wanted.CLEAN, **BY)
    assert await store.approvals.waiting() == [mine, other]
    assert await store.approvals.waiting(CITY) == [mine]
    assert await store.approvals.get(other.id, CITY) is None
    assert await store.approvals.get(other.id) == other


# Many at once


async def last(store: Store, **bulk: object) -> BulkProgress:
    return [step async for step in store.lists.change_many(Bulk(actor="user:sato", reason="迷惑", **bulk))][-1]


async def test_all_that_a_search_finds_is_discarded_batch_by_batch(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "BATCH", 2)
    held = [await settled(store, draft(sender=f"s{at}@spam.example"), decision=HOLD) for at in range(5)]
    kept = await settled(store, decision=HOLD)
    (fresh,) = await accept(store, draft(sender="new@spam.example"))
    query = Query(text="spam.example")
    bulk = Bulk(chosen=query, action=BulkAction.DISCARD, actor="user:sato", reason="迷惑")
    steps = [step async for step in store.lists.change_many(bulk)]
    assert [step.seen for step in steps] == [2, 4, 6]
    assert steps[-1] == BulkProgress(6, 5, {"wrong_state": 1}, 6)
    for item_id in held:
        assert (await existing(store, item_id)).state is ItemState.DISCARDED
        assert (await actions(store, item_id))[-1] == "discarded"
    assert (await existing(store, kept)).state is ItemState.HELD
    assert (await existing(store, fresh)).state is ItemState.RECEIVED


async def test_numbers_out_of_scope_are_left_alone_and_so_is_what_needs_a_second_person(store: Store) -> None:
    here, there = await settled(store, decision=HOLD), await settled(store, draft("x@other.example"), decision=HOLD)
    wanted = {"chosen": (here, there, "20260101-0000-0000", here), "action": BulkAction.RELEASE, "scope": CITY}
    spared = await last(store, alone=frozenset({"strict"}), **wanted)
    assert spared == BulkProgress(3, 0, {"out_of_scope": 2, "needs_approval": 1}, 3)
    assert await last(store, **wanted) == BulkProgress(3, 1, {"out_of_scope": 2}, 3)
    assert (await existing(store, there)).state is ItemState.HELD
    found = {"chosen": Query(), "action": BulkAction.DISCARD, "scope": CITY}
    assert (await last(store, **found)).refused == {"out_of_scope": 1, "wrong_state": 1}


# Counts


@pytest.mark.usefixtures("within_an_hour")
async def test_hours_count_what_happened_by_domain(store: Store) -> None:
    now = datetime.now(UTC)
    took = (
        part("1", Threat.METADATA, took=250.0),
        part("1.1", Threat.METADATA, Threat.ENCRYPTED, outcome=Outcome.BLOCKED),
    )
    (one,) = await accept(store, draft("a@city.example.jp", "b@town.example.jp"), data=b"12345")
    await store.lease_for_cleaning("w", 9, 60)
    await store.settle("w", one, Settlement(DELIVER, b"c", Report(took)))
    await leased_for_delivery(store)
    await store.record("c", one, [done("a@city.example.jp"), bounced("b@town.example.jp")])
    held = await settled(store, draft("x@town.example.jp"), decision=HOLD, data=b"1")
    await store.change(held, to=ItemState.DISCARDED, **BY)
    await store.enqueue(draft("far@far.example", sender="", channel=Channel.NOTICE), b"bounce")
    since, until = now - timedelta(hours=1), now + timedelta(hours=1)

    def totals(hours: list) -> dict[str, int]:
        return {
            name: sum(getattr(hour, name) for hour in hours)
            for name in ("mails_in", "notices", "bytes", "milliseconds")
        }

    everything = await store.lists.statistics(EVERYTHING, since, until)
    assert totals(everything) == {"mails_in": 2, "notices": 1, "bytes": 6, "milliseconds": 250}
    assert all(hour.hour.minute == 0 for hour in everything)
    (city,) = await store.lists.statistics(CITY, since, until)
    assert totals([city]) == {"mails_in": 1, "notices": 0, "bytes": 5, "milliseconds": 250}
    assert city.items == {ItemState.BOUNCED: 1}
    assert city.parts == {Outcome.CLEAN: 1, Outcome.BLOCKED: 1}
    assert city.findings == {Threat.METADATA: 2, Threat.ENCRYPTED: 1}
    assert (city.longest, city.took) == (250, {300: 1})
    town = await store.lists.statistics(Scope(domains=frozenset({"town.example.jp"})), since, until)
    assert sum(hour.items.get(ItemState.DISCARDED, 0) for hour in town) == 1
    assert await store.lists.statistics(Scope(addresses=frozenset({"a@city.example.jp"})), since, until) == []
    assert await store.lists.statistics(EVERYTHING, since - timedelta(days=1), since) == []
    with pytest.raises(ValueError, match="hours"):
        await store.lists.statistics(EVERYTHING, since - timedelta(days=400), until)


async def test_what_is_rolled_back_is_not_counted(store: Store) -> None:
    with pytest.raises(NoSuchItem):
        await store.change("20260101-0000-0000", to=ItemState.RELEASED, **BY)
    now = datetime.now(UTC)
    assert await store.lists.statistics(EVERYTHING, now - timedelta(hours=1), now + timedelta(hours=1)) == []


@pytest.mark.usefixtures("within_an_hour")
async def test_the_overview_says_what_waits_and_what_was_slow(store: Store) -> None:
    now = datetime.now(UTC)
    await delivered(store, draft(at=now))
    held = await settled(store, draft("x@other.example", at=now), decision=HOLD)
    await store.approvals.ask(held, Wanted.CLEAN, **BY)
    (slow,) = await accept(store, draft(at=now))
    await store.lease_for_cleaning("w", 9, 60)
    await store.settle("w", slow, Settlement(DELIVER, b"c", Report((part("1", took=2_500.0),))))
    await accept(store, draft(at=now))
    seen = await store.lists.overview(EVERYTHING, now, ZoneInfo("Asia/Tokyo"))
    assert seen.today.mails_in in {0, 4}  # 0: midnight has just gone by
    assert len(seen.hours) == 24
    assert sum(hour.mails_in for hour in seen.hours) == 4
    assert seen.now == {
        ItemState.RECEIVED: 1, ItemState.CLEANED: 1, ItemState.HELD: 1, ItemState.RELEASED: 0, ItemState.DELIVERING: 0,
    }  # fmt: skip
    assert seen.approvals == 1
    assert [row.id for row in seen.slowest] == [slow]
    (queue,) = seen.queue
    assert (queue.domain, queue.recipients, queue.items, queue.attempts) == ("city.example.jp", 1, 1, 0)
    elsewhere = await store.lists.overview(Scope(domains=frozenset({"other.example"})), now, ZoneInfo("Asia/Tokyo"))
    assert (elsewhere.now[ItemState.HELD], elsewhere.now[ItemState.RECEIVED], elsewhere.approvals) == (1, 0, 1)
    assert (elsewhere.slowest, elsewhere.queue) == ((), ())


async def test_the_queue_is_by_domain_with_the_last_answer(store: Store) -> None:
    item_id = await settled(store, draft("a@One.example", "b@one.example", "c@two.example"))
    await leased_for_delivery(store)
    later = soon()
    await store.record("c", item_id, [done("c@two.example"), waits("a@One.example", until=later)])
    (row,) = await store.lists.queue()
    assert (row.domain, row.recipients, row.items, row.attempts) == ("one.example", 2, 1, 1)
    assert row.last_reply == "451 later"
    assert row.next_attempt_at is None
    assert await store.lists.queue(Scope(domains=frozenset({"three.example"}))) == []
