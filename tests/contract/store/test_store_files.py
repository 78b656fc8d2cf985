"""Files beside mails: named, leased by channel, handed over, expired; transfers and the uploads they are made of."""

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from gateway.model import (
    Channel,
    Decision,
    Direction,
    ItemState,
    Recipient,
    RecipientState,
    Segment,
    Transfer,
    TransferState,
    UploadState,
)
from gateway.store.drafts import Draft, ItemQuery, Settlement
from gateway.store.errors import BadCursor, NeedsApproval, SamePerson, UnknownRecipient, WrongState
from gateway.store.items import Store
from gateway.store.queries import Query
from gateway.store.transfer_errors import NoSuchTransfer, NoSuchUpload, TooLarge, TooMany, TransferClosed
from gateway.store.transfers import TransferDraft, TransferQuery
from gateway.store.upload_rows import UploadDraft
from gateway.store.uploads import Limits
from sanitizers.rules import Verdict
from tests.contract.store.conftest import OpenStore
from tests.contract.store.mails import DELIVER, HOLD, LARGE, accept, draft, existing, leased_for_delivery

APPROVAL = Decision(Verdict.HOLD, "standard.transfer_approval", "needs a second person")
NAME = "予算\u202e案.xlsx"
LIMITS = Limits(files=3, bytes=100)
SOON = timedelta(days=7)


def file(
    *addresses: str,
    channel: Channel = Channel.UPLOAD,
    name: str = NAME,
    group: str = "",
    direction: Direction = Direction.INBOUND,
) -> Draft:
    plain = draft(*addresses, channel=channel)
    recipients = tuple(Recipient(address) for address in addresses or ("hanako@city.example.jp",))
    envelope = msgspec.structs.replace(plain.envelope, recipients=recipients, direction=direction)
    return msgspec.structs.replace(plain, name=name, group=group, envelope=envelope)


async def cleaned_file(store: Store, of: Draft, *, decision: Decision = DELIVER, data: bytes = b"clean") -> str:
    (item_id,) = await accept(store, of, data=b"original")
    assert item_id in [item.id for item in await store.lease_for_cleaning("w", 100, 60)]
    spool = store.blobs.spool()
    spool.write(data)
    asks = decision is APPROVAL
    await store.settle(
        "w", item_id, Settlement(decision, spool, name="予算案.xlsx", type="application/x", asks_approval=asks)
    )
    return item_id


def transfer_draft(**changes: object) -> TransferDraft:
    plain = TransferDraft(
        person_id="p1",
        actor="user:taro",
        address="Taro@city.example.jp",
        side=Segment.INTERNET,
        recipients=("Hanako@city.example.jp", "taro@city.example.jp"),
        expires_at=datetime.now(UTC) + SOON,
        title="十一月の資料",
    )
    return msgspec.structs.replace(plain, **changes)


async def begun(store: Store, **changes: object) -> Transfer:
    return await store.transfers.create(transfer_draft(**changes))


async def uploaded(store: Store, transfer: Transfer, name: str = "a.csv", *, decision: Decision = DELIVER) -> str:
    upload = await store.uploads.begin(UploadDraft(transfer_id=transfer.id, name=name, length=4), LIMITS)
    spool = store.blobs.spool()
    spool.write(b"1,2\n")
    item_id = await store.accept_upload(upload.id, file(*transfer.recipients, name=name, group=transfer.id), spool)
    await store.lease_for_cleaning("w", 100, 60)
    settlement = Settlement(decision, b"1,2\r\n", name=name, type="text/csv", asks_approval=decision is APPROVAL)
    await store.settle("w", item_id, settlement)
    return item_id


async def words(store: Store, item_id: str | None = None) -> list[str]:
    return [row.action async for row in store.audit_rows(item_id)]


async def test_a_file_is_known_by_its_name_from_the_beginning(store: Store) -> None:
    (item_id,) = await accept(store, file(group="t/1"))
    item = await existing(store, item_id)
    assert (item.name, item.group, item.facts.subject if item.facts else "") == (NAME, "t/1", "予算\ufffd案.xlsx")
    assert [each.id for each in await store.items(ItemQuery(text="予算"))] == [item_id]
    await store.lease_for_cleaning("w", 10, 60)
    await store.settle("w", item_id, Settlement(HOLD, None))
    assert [each.id for each in await store.items(ItemQuery(text="案.xlsx"))] == [item_id]
    (row,) = (await store.lists.search(Query(subject="予算", channels=frozenset({Channel.UPLOAD})))).items
    assert row.subject == "予算\ufffd案.xlsx"
    assert not (await store.lists.search(Query(subject="予算", channels=frozenset({Channel.SMTP})))).items
    either = frozenset({Channel.UPLOAD, Channel.ICAP})
    assert [each.id for each in (await store.lists.search(Query(channels=either))).items] == [item_id]
    await store.change(item_id, to=ItemState.RECEIVED, actor="user:a", reason="")
    assert (await existing(store, item_id)).facts == item.facts
    assert [each.id for each in (await store.lists.search(Query(channels=either))).items] == [item_id]
    assert not (await store.lists.search(Query(channels=either - {Channel.UPLOAD}))).items


@pytest.mark.parametrize("data", [b"clean", LARGE])
async def test_a_clean_file_has_a_name_a_type_and_bytes_that_were_never_copied(store: Store, data: bytes) -> None:
    item = await existing(store, await cleaned_file(store, file(), data=data))
    assert (item.state, item.clean_name, item.clean_type) == (ItemState.CLEANED, "予算案.xlsx", "application/x")
    found = await store.clean_original(item)
    assert (found.size, b"".join(found.chunks(1_000)), await store.clean(item)) == (len(data), data, data)
    assert list(store.blobs.incoming.iterdir()) == []


async def test_a_settlement_that_is_refused_leaves_no_file(store: Store) -> None:
    item_id = await cleaned_file(store, file(), data=LARGE)
    spool = store.blobs.spool()
    spool.write(LARGE)
    with pytest.raises(WrongState):
        await store.resettle(item_id, Settlement(DELIVER, spool, name="x", type="y/z"), "user:a")
    files = [path for path in store.blobs.folder.rglob("*") if path.is_file()]
    assert [path.name for path in files if path.name == spool.id] == []


async def test_mail_files_of_folders_and_what_is_fetched_are_leased_apart(store: Store) -> None:
    mail = await cleaned_file(store, file(channel=Channel.SMTP, name=""))
    folder = await cleaned_file(store, file(channel=Channel.FOLDER))
    for channel in (Channel.UPLOAD, Channel.ICAP):
        await cleaned_file(store, file(channel=channel))
    assert await leased_for_delivery(store) == [mail]
    taken = await store.lease_for_delivery("f", 10, 60, datetime.now(UTC), channels=frozenset({Channel.FOLDER}))
    assert [item.id for item in taken] == [folder]
    everything = frozenset(Channel)
    assert await store.lease_for_delivery("f", 10, 60, datetime.now(UTC), channels=everything) == []


async def test_a_file_is_delivered_when_all_have_fetched_it(store: Store) -> None:
    item_id = await cleaned_file(store, file("a@city.example.jp", "b@city.example.jp"))
    once = await store.handed_over(item_id, actor="user:a", text="fetched", address="A@city.example.jp")
    assert (once.state, [each.state for each in once.envelope.recipients]) == (
        ItemState.CLEANED,
        [RecipientState.DELIVERED, RecipientState.WAITING],
    )
    again = await store.handed_over(item_id, actor="user:a", text="fetched", address="a@city.example.jp")
    assert again.state is ItemState.CLEANED
    with pytest.raises(UnknownRecipient):
        await store.handed_over(item_id, actor="user:c", text="fetched", address="c@city.example.jp")
    done = await store.handed_over(item_id, actor="user:b", text="fetched", address="b@city.example.jp")
    assert (done.state, done.envelope.recipients[0].attempts) == (ItemState.DELIVERED, 1)
    await store.handed_over(item_id, actor="user:b", text="fetched", address="b@city.example.jp")
    assert await words(store, item_id) == ["received", "cleaned", *["handed_over"] * 3, "delivered", "handed_over"]
    hours = await store.lists.statistics(
        Query().scope, datetime(2026, 11, 21, tzinfo=UTC), datetime.now(UTC) + timedelta(hours=1)
    )
    assert (sum(hour.files_in for hour in hours), sum(hour.mails_in for hour in hours)) == (1, 0)
    assert sum(hour.items.get(ItemState.DELIVERED, 0) for hour in hours) == 1


async def test_what_is_held_or_a_mail_is_not_handed_over(store: Store) -> None:
    held = await cleaned_file(store, file(), decision=HOLD)
    mail = await cleaned_file(store, file(channel=Channel.SMTP, name=""))
    for item_id in (held, mail):
        with pytest.raises(WrongState):
            await store.handed_over(item_id, actor="user:a", text="fetched")
    released = await store.change(held, to=ItemState.RELEASED, actor="user:a", reason="", deliver_original=True)
    assert released.deliver_original
    assert await store.due_at() is None or released.id not in await leased_for_delivery(store)
    assert (await store.handed_over(held, actor="icap", text="answered")).state is ItemState.DELIVERED


async def test_an_item_of_a_group_is_found_by_all_of_its_name(store: Store) -> None:
    long = "x" * 3_900
    first, second = f"{long}/1", f"{long}/2"
    (item_id,) = await accept(store, file(channel=Channel.FOLDER, group=first))
    await accept(store, file(channel=Channel.FOLDER, group=second))
    assert await store.of_group(Channel.FOLDER, first) == item_id
    assert await store.of_group(Channel.FOLDER, long) == ""
    assert await store.of_group(Channel.UPLOAD, first) == ""


async def test_who_waits_for_the_end_of_cleaning_is_woken(store: Store, open_store: OpenStore) -> None:
    (item_id,) = await accept(store, file())
    other = await open_store()
    assert await store.settled.wait(item_id, 0) is None
    waiting = [asyncio.create_task(each.settled.wait(item_id, 100)) for each in (store, other)]
    await asyncio.sleep(0)
    await store.lease_for_cleaning("w", 10, 60)
    await store.settle("w", item_id, Settlement(HOLD, None))
    async with asyncio.timeout(60):  # the other process finds it by looking
        assert [each.state for each in await asyncio.gather(*waiting) if each] == [ItemState.HELD] * 2


async def test_a_transfer_takes_files_is_sent_and_found(store: Store) -> None:
    transfer = await begun(store)
    assert (transfer.state, transfer.recipients) == (
        TransferState.OPEN,
        ("hanako@city.example.jp", "taro@city.example.jp"),
    )
    item_id = await uploaded(store, transfer)
    held = await uploaded(store, transfer, "危険.exe", decision=HOLD)
    on_its_way = await store.uploads.begin(UploadDraft(transfer_id=transfer.id, name="c", length=5), LIMITS)
    now = await store.transfers.get(transfer.id)
    assert now is not None
    assert (now.files, now.bytes, now.ready, now.held) == (3, 13, 1, 1)
    assert await store.transfers.of_item(item_id) == now
    nobody = await store.transfers.search(TransferQuery(address="hanako@city.example.jp"))
    assert nobody.transfers == ()  # not sent yet
    assert (await store.transfers.submit(transfer.id, actor="user:taro")).state is TransferState.SENT
    assert [(each.upload.name, each.item.id if each.item else "") for each in await store.transfers.files(now.id)] == [
        ("a.csv", item_id),
        ("危険.exe", held),
    ]
    gone = await store.uploads.get(on_its_way.id)
    assert gone is not None
    assert gone.state is UploadState.CANCELLED
    for query in (
        TransferQuery(address="HANAKO@city.example.jp"),
        TransferQuery(person_id="p1"),
        TransferQuery(person_id="p1", text="十一月"),
        TransferQuery(person_id="p1", text="危険 資料"),
    ):
        assert [each.id for each in (await store.transfers.search(query)).transfers] == [transfer.id]
    for query in (TransferQuery(person_id="p2"), TransferQuery(person_id="p1", text="十二月")):
        assert (await store.transfers.search(query)).transfers == ()
    with pytest.raises(TransferClosed):
        await store.uploads.begin(UploadDraft(transfer_id=transfer.id, name="d", length=1), LIMITS)
    assert [word for word in await words(store) if word.startswith("transfer")] == ["transfer_begun", "transfer_sent"]


async def test_transfers_come_in_pages(store: Store) -> None:
    made = [(await begun(store, title=str(number))).id for number in range(5)]
    found, after = [], ""
    while True:
        page = await store.transfers.search(TransferQuery(person_id="p1", after=after, limit=2))
        found += [each.id for each in page.transfers]
        after = page.next
        if not after:
            break
    assert found == made[::-1]
    with pytest.raises(BadCursor):
        await store.transfers.search(TransferQuery(person_id="p1", after="1.x"))


async def test_a_transfer_has_limits(store: Store) -> None:
    transfer = await begun(store)

    async def begin(length: int) -> str:
        return (await store.uploads.begin(UploadDraft(transfer_id=transfer.id, name="x", length=length), LIMITS)).id

    first = await begin(60)
    with pytest.raises(TooLarge) as found:
        await begin(41)
    assert found.value.most == 40
    await begin(20)
    await begin(20)
    with pytest.raises(TooMany):
        await begin(0)
    await store.uploads.cancel(first)
    await begin(60)
    with pytest.raises(NoSuchUpload):
        await store.uploads.cancel(first)
    with pytest.raises(NoSuchTransfer):
        await store.uploads.begin(UploadDraft(transfer_id="0" * 32, name="x", length=1), LIMITS)
    assert await store.uploads.expected_bytes() == 100


async def test_an_upload_becomes_one_item_however_often_it_is_finished(store: Store, open_store: OpenStore) -> None:
    transfer = await begun(store)
    upload = await store.uploads.begin(UploadDraft(transfer_id=transfer.id, name="x", length=4), LIMITS)

    async def finish(by: Store) -> str:
        spool = by.blobs.spool()
        spool.write(b"1234")
        return await by.accept_upload(upload.id, file(group=transfer.id), spool)

    other = await open_store()
    numbers = await asyncio.gather(*(finish(by) for by in (store, other) * 5))
    assert len(set(numbers)) == 1
    assert len(await store.items(ItemQuery())) == 1
    late = await store.uploads.begin(UploadDraft(transfer_id=transfer.id, name="y", length=4), LIMITS)
    await store.transfers.withdraw(transfer.id, actor="user:taro")
    with pytest.raises(NoSuchUpload):
        await store.accept_upload(late.id, file(), store.blobs.spool())
    assert len(await store.items(ItemQuery())) == 1


async def test_what_is_withdrawn_nobody_fetches(store: Store) -> None:
    transfer = await begun(store)
    ready = await uploaded(store, transfer, "1")
    held = await uploaded(store, transfer, "2", decision=HOLD)
    fetched = await uploaded(store, transfer, "3")
    await store.handed_over(fetched, actor="user:a", text="fetched")
    (late,) = await accept(store, file(group=transfer.id))
    assert (await store.transfers.withdraw(transfer.id, actor="user:taro")).state is TransferState.WITHDRAWN
    states = [(await existing(store, each)).state for each in (ready, held, fetched, late)]
    assert states == [ItemState.DISCARDED, ItemState.DISCARDED, ItemState.DELIVERED, ItemState.RECEIVED]
    with pytest.raises(TransferClosed):
        await store.transfers.withdraw(transfer.id, actor="user:taro")
    await store.lease_for_cleaning("w", 10, 60)
    await store.settle("w", late, Settlement(DELIVER, b"x", name="x", type="y/z"))
    assert await store.transfers.expire(datetime.now(UTC), datetime.now(UTC) - SOON) == (0, 1)
    assert (await existing(store, late)).state is ItemState.DISCARDED
    assert (await words(store, late))[-1] == "discarded"


async def test_what_nobody_fetched_in_time_expires_on_record(store: Store) -> None:
    now = datetime.now(UTC)
    over = await begun(store, expires_at=now + timedelta(seconds=60))
    lasting = await begun(store)
    old, young = await uploaded(store, over), await uploaded(store, lasting)
    open_one = await store.uploads.begin(UploadDraft(transfer_id=over.id, name="x", length=1), LIMITS)
    unasked = await cleaned_file(store, file(channel=Channel.ICAP))
    folder = await cleaned_file(store, file(channel=Channel.FOLDER))
    later = now + timedelta(seconds=61)
    assert await store.transfers.expire(later, now - SOON) == (1, 1)
    assert await store.transfers.expire(later, now - SOON) == (0, 0)
    assert [(await existing(store, each)).state for each in (old, young, unasked)] == [
        ItemState.EXPIRED,
        ItemState.CLEANED,
        ItemState.CLEANED,
    ]
    gone = await store.uploads.get(open_one.id)
    assert gone is not None
    assert gone.state is UploadState.EXPIRED
    assert await store.transfers.expire(later, later) == (0, 1)  # an answer that its proxy never took
    assert [(await existing(store, each)).state for each in (young, unasked, folder)] == [
        ItemState.CLEANED,
        ItemState.EXPIRED,
        ItemState.CLEANED,
    ]
    assert (await words(store, old))[-1] == "expired"
    assert "transfer_expired" in await words(store)


async def test_a_file_that_needs_a_second_person_is_released_by_nobody_else(store: Store) -> None:
    transfer = await begun(store)
    item_id = await uploaded(store, transfer, decision=APPROVAL)
    (asked,) = await store.approvals.waiting()
    assert (asked.item_id, asked.asked_by) == (item_id, "user:taro")
    with pytest.raises(NeedsApproval):
        await store.change(item_id, to=ItemState.RELEASED, actor="user:saburo", reason="")
    for taro in ("user:taro", "token:taro:night"):
        with pytest.raises(SamePerson):
            await store.approvals.approve(asked.id, actor=taro)
    released = await store.approvals.approve(asked.id, actor="user:jiro")
    assert released.state is ItemState.RELEASED
    assert (await store.handed_over(item_id, actor="user:hanako", text="fetched")).state is ItemState.DELIVERED
