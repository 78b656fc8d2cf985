"""Mails and their lives, in one line each, for the tests of this folder."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from gateway.model import (
    Channel,
    Decision,
    Direction,
    Envelope,
    Item,
    ItemState,
    MailOptions,
    Recipient,
    RecipientState,
    Reply,
)
from gateway.store.drafts import Draft, Progress, Settlement
from gateway.store.items import Store
from sanitizers.model import MailFacts
from sanitizers.rules import Verdict

NOON = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
SMALL = b"Subject: small\r\n\r\nhello\r\n"
LARGE = bytes(range(256)) * 40
DELIVER = Decision(Verdict.DELIVER, "standard", "nothing to hold")
HOLD = Decision(Verdict.HOLD, "standard.hold_on", "encrypted")
OK = Reply(250, "2.0.0", "kept", "queued as 1")
NO = Reply(550, "5.1.1", "no such user", "said by 192.0.2.9")


def draft(
    *addresses: str, sender: str = "taro@example.jp", at: datetime = NOON, channel: Channel = Channel.SMTP
) -> Draft:
    recipients = tuple(Recipient(address) for address in addresses or ("hanako@city.example.jp",))
    envelope = Envelope(
        mail_from=sender,
        recipients=recipients,
        client="192.0.2.1",
        helo="mx.example.jp",
        tls="",
        options=MailOptions(),
        direction=Direction.INBOUND,
        received_at=at,
        listener="internet",
    )
    return Draft(channel, "standard", envelope)


async def accept(store: Store, *drafts: Draft, data: bytes = SMALL) -> tuple[str, ...]:
    spool = store.blobs.spool()
    spool.write(data)
    return await store.accept(drafts or (draft(),), spool)


async def existing(store: Store, item_id: str) -> Item:
    item = await store.item(item_id)
    assert item is not None
    return item


async def settled(
    store: Store, *drafts: Draft, decision: Decision = DELIVER, clean: bytes | None = b"clean", data: bytes = SMALL
) -> str:
    """An item that was cleaned, or is held."""
    item_id, *_ = await accept(store, *drafts, data=data)
    assert item_id in [item.id for item in await store.lease_for_cleaning("w", 100, 60)]
    facts = MailFacts(subject="お知らせ", header_from="太郎 <taro@example.jp>")
    await store.settle("w", item_id, Settlement(decision, clean, facts=facts))
    return item_id


async def leased_for_delivery(store: Store, owner: str = "c", now: datetime | None = None) -> list[str]:
    return [item.id for item in await store.lease_for_delivery(owner, 100, 60, now or datetime.now(UTC))]


async def delivered(store: Store, *drafts: Draft, data: bytes = SMALL, clean: bytes = b"clean") -> str:
    item_id = await settled(store, *drafts, data=data, clean=clean)
    assert item_id in await leased_for_delivery(store)
    address = (await existing(store, item_id)).envelope.recipients[0].address
    assert await store.record("c", item_id, [done(address)]) is ItemState.DELIVERED
    return item_id


def done(address: str = "hanako@city.example.jp") -> Progress:
    return Progress(address, RecipientState.DELIVERED, OK, None, 1)


def bounced(address: str = "hanako@city.example.jp") -> Progress:
    return Progress(address, RecipientState.BOUNCED, NO, None, 1)


def waits(address: str = "hanako@city.example.jp", *, until: datetime) -> Progress:
    return Progress(address, RecipientState.WAITING, Reply(451, "4.3.0", "later"), until, 1)


def soon(minutes: int = 5) -> datetime:
    """Whole seconds, so that it comes back as it went in from anywhere."""
    return (datetime.now(UTC) + timedelta(minutes=minutes)).replace(microsecond=0)


async def actions(store: Store, item_id: str) -> Sequence[str]:
    return [row.action async for row in store.audit_rows(item_id)]
