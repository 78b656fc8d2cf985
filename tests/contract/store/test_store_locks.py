"""Parts behind a password: asked for with the settlement, counted when wrong, opened once, followed by an item."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from gateway.access.model import EVERYTHING, Scope
from gateway.model import Channel, Decision, ItemState, Lock, LockState
from gateway.store.drafts import FollowUp, LockDraft, Settlement, Unlocked
from gateway.store.errors import BlobGone, NoSuchApproval, NoSuchItem, NotLocked, WrongState
from gateway.store.items import Store
from gateway.store.queries import ApprovalState, Query, Wanted
from sanitizers.model import MailFacts
from tests.contract.store.mails import (
    DELIVER,
    HOLD,
    LARGE,
    SMALL,
    accept,
    actions,
    done,
    draft,
    existing,
    leased_for_delivery,
    settled,
    soon,
)

HANAKO, JIRO = "hanako@city.example.jp", "jiro@city.example.jp"
FROM = "太郎 <taro@example.jp>"
DAY = timedelta(days=1)


def lock(number: int, address: str = HANAKO, until: datetime | None = None) -> LockDraft:
    return LockDraft(f"{number:064}", address, "c" * 64, until or soon(60))


async def locked(
    store: Store, *locks: LockDraft, data: bytes = SMALL, header_from: str = FROM, sender: str = "taro@example.jp"
) -> str:
    """An item that went on without what is behind a password."""
    (item_id,) = await accept(store, draft(HANAKO, JIRO, sender=sender, at=datetime.now(UTC)), data=data)
    await store.lease_for_cleaning("w", 100, 60)
    facts = MailFacts(subject="資料", header_from=header_from)
    letter = (draft(HANAKO, sender="", channel=Channel.NOTICE), b"letter")
    settlement = Settlement(DELIVER, b"rest", facts=facts, locks=locks, notices=(letter,))
    await store.settle("w", item_id, settlement)
    return item_id


def follow_up(item_id: str, *locks: Unlocked, settlement: Settlement | None = None) -> FollowUp:
    made = draft(HANAKO, at=datetime.now(UTC), channel=Channel.FOLLOW_UP)
    return FollowUp(item_id, made, settlement or Settlement(DELIVER, b"opened"), locks, "recipient:hanako", 1)


async def of(store: Store, item_id: str) -> list[Lock]:
    return await store.locks(item_id)


async def test_locks_and_letters_are_kept_with_the_settlement(store: Store) -> None:
    until = soon(60)
    item_id = await locked(store, lock(1, HANAKO, until), lock(2, JIRO, until))
    first, second = await of(store, item_id)
    assert (first.address, first.state, first.wrong, first.expires_at, first.opened) == (
        HANAKO, LockState.WAITING, 0, until, (),
    )  # fmt: skip
    assert second.address == JIRO
    assert await store.lock(f"{1:064}") == first
    assert await store.lock("unknown") is None
    assert await actions(store, item_id) == ["received", "cleaned", "locked", "locked"]
    assert len(await leased_for_delivery(store)) == 2  # the mail and the letter


async def test_what_follows_has_the_same_original_and_goes_to_delivery(store: Store) -> None:
    item_id = await locked(store, lock(1), data=LARGE)
    number = await store.follow(follow_up(item_id, Unlocked(f"{1:064}", LockState.OPENED, ("d" * 64,))))
    follower, source = await existing(store, number), await existing(store, item_id)
    assert (follower.follows, follower.state, follower.channel) == (item_id, ItemState.CLEANED, Channel.FOLLOW_UP)
    assert follower.original == source.original
    assert await store.clean(follower) == b"opened"
    assert (await store.original(follower)).read() == LARGE
    assert number in await leased_for_delivery(store)
    (after,) = await of(store, item_id)
    assert (after.state, after.opened) == (LockState.OPENED, ("d" * 64,))
    assert "unlocked" in await actions(store, item_id)


async def test_it_is_opened_only_once(store: Store) -> None:
    item_id = await locked(store, lock(1))
    opened = follow_up(item_id, Unlocked(f"{1:064}", LockState.OPENED, ()))
    answers = await asyncio.gather(store.follow(opened), store.follow(opened), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["NotLocked", "str"]
    with pytest.raises(NotLocked):
        await store.follow(follow_up("20261121-NONE-NONE", Unlocked(f"{9:064}", LockState.OPENED, ())))
    with pytest.raises(NoSuchItem):
        await store.follow(follow_up("20261121-NONE-NONE"))


async def test_what_follows_may_be_held(store: Store) -> None:
    item_id = await locked(store, lock(1))
    opened = Unlocked(f"{1:064}", LockState.OPENED, ())
    number = await store.follow(follow_up(item_id, opened, settlement=Settlement(HOLD, None)))
    assert (await existing(store, number)).state is ItemState.HELD


async def test_wrong_passwords_are_counted_and_the_last_closes_it(store: Store) -> None:
    item_id = await locked(store, lock(1))
    (waiting,) = await of(store, item_id)
    later = soon(1)
    await store.wrong_password(waiting, actor="recipient:hanako", not_before=later, closed=False)
    (once,) = await of(store, item_id)
    assert (once.wrong, once.not_before, once.state) == (1, later, LockState.WAITING)
    await store.wrong_password(waiting, actor="recipient:hanako", not_before=later, closed=True)
    (twice,) = await of(store, item_id)
    assert (twice.wrong, twice.state) == (2, LockState.CLOSED)
    with pytest.raises(NotLocked):
        await store.wrong_password(waiting, actor="recipient:hanako", not_before=later, closed=False)


async def test_whether_anybody_waits(store: Store) -> None:
    assert not await store.any_lock_waits()
    await locked(store, lock(1, until=datetime.now(UTC) - timedelta(seconds=1)))
    assert not await store.any_lock_waits()
    await locked(store, lock(2))
    assert await store.any_lock_waits()


async def test_locks_end_with_their_time(store: Store) -> None:
    past = await locked(store, lock(1, until=datetime.now(UTC) - timedelta(seconds=1)))
    present = await locked(store, lock(2))
    assert await store.expire_locks() == 1
    assert await store.expire_locks() == 0
    assert [each.state for each in (*await of(store, past), *await of(store, present))] == [
        LockState.EXPIRED, LockState.WAITING,
    ]  # fmt: skip


async def test_a_sender_is_found_by_envelope_recipients_from_and_time(store: Store) -> None:
    item_id = await locked(store, lock(1, HANAKO), lock(2, JIRO))
    since = datetime.now(UTC) - DAY
    mail = draft("HANAKO@city.example.jp", sender="Taro@example.jp").envelope
    assert [each.address for each in await store.locks_from(mail, FROM, since)] == [HANAKO]
    assert [each.item_id for each in await store.locks_from(mail, None, since)] == [item_id]
    assert await store.locks_from(mail, "別人 <taro@example.jp>", since) == []
    assert await store.locks_from(mail, FROM, datetime.now(UTC) + DAY) == []
    assert await store.locks_from(replace(mail, mail_from="jiro@example.jp"), FROM, since) == []
    elsewhere = draft("saburo@city.example.jp", sender="taro@example.jp").envelope
    assert await store.locks_from(elsewhere, FROM, since) == []


async def test_other_mails_of_the_sender_newest_first(store: Store) -> None:
    now = datetime.now(UTC)
    old = await settled(store, draft(HANAKO, at=now - 2 * DAY))
    first = await settled(store, draft(HANAKO, at=now - timedelta(hours=2)))
    second = await settled(store, draft(JIRO, at=now - timedelta(hours=1)))
    other = await settled(store, draft(HANAKO, sender="x@example.jp", at=now - timedelta(hours=1)))
    item_id = await locked(store, lock(1))
    item = await existing(store, item_id)
    found = await store.other_mails(item, now - DAY, 5)
    assert found == [second, first]
    assert old not in found
    assert other not in found
    assert await store.other_mails(item, now - DAY, 1) == [second]


async def test_a_held_item_is_settled_again(store: Store) -> None:
    item_id = await settled(store, decision=HOLD, clean=b"rest" * 1_000)
    before = await existing(store, item_id)
    item = await store.resettle(item_id, Settlement(DELIVER, b"all of it"), "tester")
    assert (item.state, await store.clean(item)) == (ItemState.CLEANED, b"all of it")
    assert item_id in await leased_for_delivery(store)
    with pytest.raises(WrongState):
        await store.resettle(item_id, Settlement(DELIVER, b"again"), "tester")
    with pytest.raises(NoSuchItem):
        await store.resettle("20261121-NONE-NONE", Settlement(DELIVER, b"x"), "tester")
    await store.purge(datetime.now(UTC))
    with pytest.raises(BlobGone):
        await store.clean(before)


@pytest.mark.parametrize("decision", [DELIVER, HOLD])
async def test_what_was_asked_about_a_held_item_is_withdrawn_when_it_is_another_one(
    store: Store, decision: Decision
) -> None:
    item_id = await settled(store, decision=HOLD, clean=b"rest")
    asked = await store.approvals.ask(item_id, Wanted.CLEAN, reason="急ぎ", actor="user:hanako")
    await store.resettle(item_id, Settlement(decision, b"all of it"), "user:jiro")
    (now,) = await store.approvals.of(item_id)
    assert (now.id, now.state, now.decided_by) == (asked.id, ApprovalState.WITHDRAWN, "user:jiro")
    assert await store.approvals.waiting() == []
    (row,) = [row async for row in store.audit_rows(item_id) if row.action == "release_withdraw"]
    assert (row.actor, asked.id in row.detail) == ("user:jiro", True)
    with pytest.raises(NoSuchApproval):
        await store.approvals.approve(asked.id, actor="user:jiro")


async def found(store: Store, text: str) -> list[str]:
    return [row.id for row in (await store.lists.search(Query(text=text))).items]


async def test_what_follows_is_found_and_not_counted_as_a_mail_that_came(store: Store) -> None:
    item_id = await locked(store, lock(1))
    settlement = Settlement(HOLD, None, facts=MailFacts(subject="[解錠済] 資料", header_from=FROM))
    number = await store.follow(follow_up(item_id, Unlocked(f"{1:064}", LockState.OPENED, ()), settlement=settlement))
    assert await found(store, "解錠済") == [number]
    assert set(await found(store, "資料")) == {item_id, number}
    rows = (await store.lists.search(Query(follows=item_id))).items
    assert [row.id for row in rows] == [number]
    today = (await store.lists.overview(EVERYTHING, datetime.now(UTC), ZoneInfo("UTC"))).hours
    assert sum(each.items.get(ItemState.HELD, 0) for each in today) == 1
    assert sum(each.mails_in + each.mails_out for each in today) == 1


async def test_a_held_item_that_is_settled_again_is_found_by_what_it_is_now(store: Store) -> None:
    (item_id,) = await accept(store, draft(HANAKO, at=datetime.now(UTC)))
    await store.lease_for_cleaning("w", 100, 60)
    await store.settle("w", item_id, Settlement(HOLD, None, facts=MailFacts(subject="施錠中の資料")))
    assert await found(store, "施錠中") == [item_id]
    await store.resettle(item_id, Settlement(HOLD, None, facts=MailFacts(subject="開いた資料")), "tester")
    assert (await found(store, "施錠中"), await found(store, "開いた")) == ([], [item_id])
    hours = (await store.lists.overview(EVERYTHING, datetime.now(UTC), ZoneInfo("UTC"))).hours
    assert sum(each.items.get(ItemState.HELD, 0) for each in hours) == 1
    await store.resettle(item_id, Settlement(DELIVER, b"all", facts=MailFacts(subject="全部")), "tester")
    assert (await found(store, "開いた"), await found(store, "全部")) == ([], [item_id])


async def test_the_overview_counts_what_waits_for_a_password_within_the_scope(store: Store) -> None:
    await locked(store, lock(1, HANAKO), lock(2, JIRO))
    await locked(store, lock(3, until=datetime.now(UTC) - timedelta(seconds=1)))

    async def waiting(scope: Scope) -> int:
        return (await store.lists.overview(scope, datetime.now(UTC), ZoneInfo("UTC"))).locked

    assert await waiting(EVERYTHING) == 1
    assert await waiting(Scope(domains=frozenset({"city.example.jp"}))) == 1
    assert await waiting(Scope(domains=frozenset({"town.example.jp"}))) == 0


async def test_an_original_stays_as_long_as_an_item_needs_it(store: Store) -> None:
    item_id = await locked(store, lock(1), data=LARGE)
    number = await store.follow(follow_up(item_id, Unlocked(f"{1:064}", LockState.OPENED, ())))
    await leased_for_delivery(store, "c")
    await store.record("c", item_id, [done(HANAKO), done(JIRO)])
    assert await store.purge(datetime.now(UTC) + DAY) >= 1
    assert (await store.original(await existing(store, number))).read() == LARGE
    await store.record("c", number, [done(HANAKO)])
    await store.purge(datetime.now(UTC) + DAY)
    with pytest.raises(BlobGone):
        await store.original(await existing(store, number))
