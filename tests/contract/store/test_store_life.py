"""The states of an item, in the words of DESIGN "The data": what each step keeps, refuses and puts on record."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from gateway.model import Channel, ItemState, Recipient, RecipientOptions, RecipientState
from gateway.store.drafts import Settlement
from gateway.store.errors import LeaseLost, NoSuchItem, NothingToDeliver, UnknownRecipient, WrongState
from gateway.store.items import Store
from sanitizers.model import (
    Action,
    AuthenticationMethod,
    AuthenticationResult,
    Finding,
    MailFacts,
    Outcome,
    PartReport,
    Report,
    Severity,
    Threat,
)
from tests.contract.store.conftest import OpenStore
from tests.contract.store.mails import (
    DELIVER,
    HOLD,
    LARGE,
    NO,
    NOON,
    OK,
    SMALL,
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

REPORT = Report(
    (
        PartReport(
            path="1",
            name="mail",
            claimed_type="message/rfc822",
            detected_type="message/rfc822",
            sanitizer="mail",
            outcome=Outcome.CONVERTED,
            size_in=10,
            size_out=9,
            sha256_in="0" * 64,
            sha256_out="1" * 64,
            findings=(Finding(Threat.DECEPTION, Severity.WARNING, Action.REWRITTEN, "リンク 1", "別のホスト"),),
            milliseconds=1.5,
        ),
    )
)


async def test_an_accepted_mail_is_read_back_as_it_came(store: Store, open_store: OpenStore) -> None:
    options = RecipientOptions(frozenset({"FAILURE", "DELAY"}), "rfc822;花子@city.example.jp")
    first = draft("a@city.example.jp", "b@city.example.jp")
    envelope = first.envelope
    recipients = (Recipient("花子@city.example.jp", options=options), *envelope.recipients)
    sent = replace(first, profile="strict", envelope=replace(envelope, recipients=recipients))

    (item_id,) = await accept(store, sent)

    item = await existing(await open_store(), item_id)
    assert item.envelope == sent.envelope
    assert (item.state, item.profile, item.channel) == (ItemState.RECEIVED, "strict", Channel.SMTP)
    assert (item.original_size, item.clean, item.attempts) == (len(SMALL), None, 0)
    assert re.fullmatch(r"20261121-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", item_id)


@pytest.mark.parametrize("data", [b"", SMALL, LARGE], ids=["empty", "inline", "file"])
async def test_the_original_is_the_same_bytes(store: Store, open_store: OpenStore, data: bytes) -> None:
    (item_id,) = await accept(store, data=data)
    for reader in (store, await open_store()):
        original = await reader.original(await existing(reader, item_id))
        assert original.size == len(data)
        assert original.read() == data
        assert b"".join(original.chunks(777)) == data


async def test_drafts_of_one_mail_share_one_original(store: Store) -> None:
    first, second = await accept(store, draft("a@city.example.jp"), draft("b@city.example.jp"), data=LARGE)
    assert (await existing(store, first)).original == (await existing(store, second)).original
    assert first != second


async def test_cleaned_then_delivered(store: Store) -> None:
    (item_id,) = await accept(store)
    (leased,) = await store.lease_for_cleaning("w", 10, 60)
    assert (leased.id, leased.attempts) == (item_id, 1)
    spf = AuthenticationResult(AuthenticationMethod.SPF, "pass", "example.jp")
    facts = MailFacts("件名", "太郎 <taro@example.jp>", "", "1@example.jp", "")
    await store.settle("w", item_id, Settlement(DELIVER, b"clean", REPORT, facts, (spf,)))

    (item,) = await store.lease_for_delivery("c", 10, 60, datetime.now(UTC))
    assert (item.state, item.report, item.facts, item.authentication) == (ItemState.DELIVERING, REPORT, facts, (spf,))
    assert item.decision == DELIVER
    assert await store.clean(item) == b"clean"

    assert await store.record("c", item_id, [done()]) is ItemState.DELIVERED
    kept = await existing(store, item_id)
    assert kept.state is ItemState.DELIVERED
    assert kept.envelope.recipients[0].last_reply == OK
    assert await actions(store, item_id) == ["received", "cleaned", "delivering", "delivered"]


async def test_a_large_clean_version_comes_back_too(store: Store, open_store: OpenStore) -> None:
    item_id = await settled(store, clean=LARGE)
    other = await open_store()
    assert await other.clean(await existing(other, item_id)) == LARGE


async def test_one_recipient_waits_and_then_bounces(store: Store) -> None:
    item_id = await settled(store, draft("a@city.example.jp", "b@city.example.jp"))
    await leased_for_delivery(store)
    later = soon()
    steps = [done("a@city.example.jp"), waits("b@city.example.jp", until=later)]
    assert await store.record("c", item_id, steps) is ItemState.DELIVERING

    assert await store.due_at() == later
    assert await leased_for_delivery(store) == []
    assert await leased_for_delivery(store, now=later) == [item_id]
    notice = draft("taro@example.jp", sender="", channel=Channel.NOTICE)
    state = await store.record("c", item_id, [bounced("b@city.example.jp")], [(notice, b"sorry")])
    assert state is ItemState.BOUNCED

    first, second = (await existing(store, item_id)).envelope.recipients
    assert (first.state, second.state) == (RecipientState.DELIVERED, RecipientState.BOUNCED)
    assert (first.last_reply, second.last_reply) == (OK, NO)
    (told,) = await store.lease_for_delivery("c", 10, 60, datetime.now(UTC))
    assert (told.channel, told.envelope.mail_from, told.clean) == (Channel.NOTICE, "", told.original)
    assert await store.clean(told) == b"sorry"
    assert await actions(store, item_id) == ["received", "cleaned", "delivering", "deferred", "bounced"]
    assert await actions(store, told.id) == ["notice", "delivering"]


async def test_what_is_final_for_a_recipient_stays_so(store: Store) -> None:
    item_id = await settled(store, draft("a@city.example.jp", "b@city.example.jp"))
    await leased_for_delivery(store)
    await store.record("c", item_id, [done("a@city.example.jp"), waits("b@city.example.jp", until=soon(-1))])
    await leased_for_delivery(store)
    steps = [bounced("a@city.example.jp"), done("b@city.example.jp")]
    assert await store.record("c", item_id, steps) is ItemState.DELIVERED


async def test_progress_of_a_stranger_is_refused(store: Store) -> None:
    item_id = await settled(store)
    await leased_for_delivery(store)
    with pytest.raises(UnknownRecipient):
        await store.record("c", item_id, [done("mallory@example.com")])
    assert (await existing(store, item_id)).state is ItemState.DELIVERING
    assert await store.record("c", item_id, [done()]) is ItemState.DELIVERED


async def test_held_then_released(store: Store) -> None:
    item_id = await settled(store, decision=HOLD)
    assert await leased_for_delivery(store) == []
    assert await store.due_at() is None
    item = await store.change(item_id, to=ItemState.RELEASED, actor="suzuki", reason="本人に確認済み")
    assert (item.state, item.decision) == (ItemState.RELEASED, HOLD)
    assert await leased_for_delivery(store) == [item_id]
    assert await store.clean(await existing(store, item_id)) == b"clean"
    rows = [row async for row in store.audit_rows(item_id)]
    assert (rows[2].actor, rows[2].action) == ("suzuki", "released")
    assert rows[2].detail == '{"reason":"本人に確認済み","original":false}'


async def test_the_original_goes_on_only_when_a_person_says_so(store: Store) -> None:
    item_id = await settled(store, decision=HOLD)
    assert (await existing(store, item_id)).clean != (await existing(store, item_id)).original
    await store.change(item_id, to=ItemState.RELEASED, actor="suzuki", reason="needed", deliver_original=True)
    (item,) = await store.lease_for_delivery("c", 10, 60, datetime.now(UTC))
    assert await store.clean(item) == SMALL
    assert '"original":true' in [row.detail async for row in store.audit_rows(item_id)][2]


async def test_without_a_clean_version_only_the_original_can_be_released(store: Store) -> None:
    item_id = await settled(store, decision=HOLD, clean=None)
    with pytest.raises(NothingToDeliver):
        await store.change(item_id, to=ItemState.RELEASED, actor="suzuki", reason="")
    assert (await existing(store, item_id)).state is ItemState.HELD


@pytest.mark.parametrize("end", [ItemState.DISCARDED, ItemState.EXPIRED])
async def test_discarded_and_expired_are_the_end(store: Store, end: ItemState) -> None:
    item_id = await settled(store, decision=HOLD)
    assert (await store.change(item_id, to=end, actor="suzuki", reason="spam")).state is end
    assert await leased_for_delivery(store) == []
    with pytest.raises(WrongState, match=f"is {end.value}; it cannot become released"):
        await store.change(item_id, to=ItemState.RELEASED, actor="suzuki", reason="")
    assert await actions(store, item_id) == ["received", "held", end.value]


async def test_an_end_and_its_notice_come_together_or_not_at_all(store: Store) -> None:
    item_id = await settled(store, decision=HOLD)
    notice = (draft("taro@example.jp", sender="", channel=Channel.NOTICE), b"told")
    await store.change(item_id, to=ItemState.EXPIRED, actor="retention", reason="old", notices=[notice])
    (told,) = await leased_for_delivery(store)
    assert await store.clean(await existing(store, told)) == b"told"
    with pytest.raises(WrongState):
        await store.change(item_id, to=ItemState.EXPIRED, actor="retention", reason="old", notices=[notice])
    assert (await store.counts()).get(ItemState.CLEANED, 0) == 0
    assert sum((await store.counts()).values()) == 2


@pytest.mark.parametrize("wanted", list(ItemState))
async def test_what_a_person_cannot_change(store: Store, wanted: ItemState) -> None:
    (fresh,) = await accept(store)
    finished = await delivered(store)
    for item_id, state in ((fresh, ItemState.RECEIVED), (finished, ItemState.DELIVERED)):
        with pytest.raises(WrongState) as refused:
            await store.change(item_id, to=wanted, actor="suzuki", reason="")
        assert (refused.value.state, refused.value.wanted) == (state, wanted)
    with pytest.raises(NoSuchItem):
        await store.change("20261121-0000-0000", to=wanted, actor="suzuki", reason="")


async def test_retry_makes_a_waiting_item_due_at_once(store: Store) -> None:
    item_id = await settled(store)
    await leased_for_delivery(store)
    await store.record("c", item_id, [waits(until=soon(240))])
    assert await leased_for_delivery(store) == []
    item = await store.change(item_id, to=ItemState.DELIVERING, actor="suzuki", reason="server is back")
    assert item.envelope.recipients[0].next_attempt_at is None
    assert await leased_for_delivery(store) == [item_id]
    assert (await actions(store, item_id))[-1] == "retried"


async def test_a_notice_is_an_item_to_deliver(store: Store) -> None:
    item_id = await store.enqueue(draft("taro@example.jp", sender="", channel=Channel.NOTICE), LARGE)
    item = await existing(store, item_id)
    assert (item.state, item.clean, item.envelope.mail_from) == (ItemState.CLEANED, item.original, "")
    assert await store.clean(item) == LARGE
    assert await leased_for_delivery(store) == [item_id]


async def test_a_lease_keeps_others_away_until_it_ends(store: Store, open_store: OpenStore) -> None:
    other = await open_store()
    (item_id,) = await accept(store)
    assert len(await store.lease_for_cleaning("first", 10, 60)) == 1
    assert await other.lease_for_cleaning("second", 10, 60) == []
    await store.renew("first", [item_id], -1)
    await other.renew("second", [item_id], 60)  # does not hold it: no effect
    (taken,) = await other.lease_for_cleaning("second", 10, 60)
    assert (taken.id, taken.attempts) == (item_id, 2)
    await store.renew("first", [item_id], 600)  # lost: no effect
    with pytest.raises(LeaseLost):
        await store.settle("first", item_id, Settlement(DELIVER, b"late"))
    await other.settle("second", item_id, Settlement(DELIVER, b"in time"))
    assert await other.clean(await existing(other, item_id)) == b"in time"
    assert await actions(store, item_id) == ["received", "cleaned"]


@pytest.mark.parametrize("clean", [b"late", LARGE], ids=["inline", "file"])
async def test_who_lost_the_lease_changes_nothing(store: Store, clean: bytes) -> None:
    (item_id,) = await accept(store)
    before = await existing(store, item_id)
    with pytest.raises(LeaseLost):
        await store.settle("w", item_id, Settlement(DELIVER, clean))
    assert await existing(store, item_id) == before
    assert [path for path in store.blobs.folder.rglob("*") if path.is_file()] == []

    item_id = await settled(store)
    await store.lease_for_delivery("slow", 10, -1, datetime.now(UTC))
    await leased_for_delivery(store, owner="quick")
    with pytest.raises(LeaseLost):
        await store.record("slow", item_id, [bounced()], [(draft(sender="", channel=Channel.NOTICE), clean)])
    assert sum((await store.counts()).values()) == 2
    assert await store.record("quick", item_id, [done()]) is ItemState.DELIVERED


async def test_settling_twice_at_once_counts_once(store: Store) -> None:
    (item_id,) = await accept(store)
    await store.lease_for_cleaning("w", 10, 60)
    answers = await asyncio.gather(
        store.settle("w", item_id, Settlement(DELIVER, b"one")),
        store.settle("w", item_id, Settlement(HOLD, b"two")),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers] == [type(None), LeaseLost]
    assert (await existing(store, item_id)).state is ItemState.CLEANED


async def test_forfeit_gives_everything_back(store: Store) -> None:
    ready = await settled(store)
    (fresh,) = await accept(store)
    await store.lease_for_cleaning("me", 10, 60)
    await leased_for_delivery(store, owner="me")
    assert await store.forfeit("somebody") == 0
    assert await store.forfeit("me") == 2
    assert [item.id for item in await store.lease_for_cleaning("you", 10, 60)] == [fresh]
    assert await leased_for_delivery(store, owner="you") == [ready]


async def test_due_at_is_when_delivery_has_something_to_do(store: Store) -> None:
    assert await store.due_at() is None
    await accept(store)
    assert await store.due_at() is None  # cleaning is not delivery
    item_id = await settled(store)
    assert (await store.due_at() or soon()) <= datetime.now(UTC)
    now = datetime.now(UTC)
    await store.lease_for_delivery("c", 10, 60, now)
    assert await store.due_at() == now + timedelta(seconds=60)
    await store.record("c", item_id, [done()])
    assert await store.due_at() is None


async def test_oldest_first(store: Store) -> None:
    (new,) = await accept(store, draft(at=NOON + timedelta(hours=1)))
    (old,) = await accept(store, draft(at=NOON))
    assert [item.id for item in await store.lease_for_cleaning("w", 1, 60)] == [old]
    assert [item.id for item in await store.lease_for_cleaning("w", 1, 60)] == [new]


async def test_what_could_never_be_delivered_is_refused(store: Store) -> None:
    nobody = replace(draft(), envelope=replace(draft().envelope, recipients=()))
    for wrong in (nobody, draft("a\0b@city.example.jp"), draft("a\ud800@city.example.jp")):
        with pytest.raises(ValueError, match=r"recipient|address"):
            await accept(store, wrong)
    (item_id,) = await accept(store)
    await store.lease_for_cleaning("w", 10, 60)
    with pytest.raises(ValueError, match="nothing clean"):
        await store.settle("w", item_id, Settlement(DELIVER, None))
    assert (await existing(store, item_id)).state is ItemState.RECEIVED


async def test_what_somebody_takes_out_is_on_record_and_changes_nothing(store: Store) -> None:
    item_id = await settled(store, decision=HOLD)
    before = await existing(store, item_id)
    await store.exported(item_id, what="original", actor="hanako", reason="asked for by the police")
    assert await existing(store, item_id) == before
    *_, last = [row async for row in store.audit_rows(item_id)]
    assert (last.actor, last.action) == ("hanako", "exported")
    assert json.loads(last.detail) == {"what": "original", "reason": "asked for by the police"}
    assert (await store.verify_audit()).intact
    with pytest.raises(NoSuchItem):
        await store.exported("20260101-AAAA-AAAA", what="original", actor="hanako", reason="x")


async def test_a_mail_from_the_future_is_delivered_now(store: Store) -> None:
    """The clock was wrong when it came and has been set right since."""
    item_id = await settled(store, draft(at=datetime.now(UTC) + timedelta(days=365)))
    assert await leased_for_delivery(store) == [item_id]
    held = await settled(store, draft(at=datetime.now(UTC) + timedelta(days=365)), decision=HOLD)
    await store.change(held, to=ItemState.RELEASED, actor="hanako", reason="fine")
    assert await leased_for_delivery(store) == [held]
