"""What was told is told once, on every database, whoever asks at the same moment."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from gateway.model import Channel, Direction, Envelope, MailOptions, Recipient
from gateway.store.drafts import Draft, ItemQuery
from gateway.store.items import Store
from gateway.store.telling import held_key
from tests.contract.store.mails import HOLD, draft, existing, settled

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def letter() -> tuple[Draft, bytes]:
    came = Envelope(
        mail_from="",
        recipients=(Recipient("b@city.example.jp"),),
        client="",
        helo="",
        tls="",
        options=MailOptions(),
        direction=Direction.INBOUND,
        received_at=NOW,
    )
    return Draft(Channel.NOTICE, "standard", came), b"Subject: x\r\n\r\nx"


async def kept(store: Store) -> int:
    return len(await store.items(ItemQuery()))


async def test_a_thing_is_told_once_and_its_mail_is_kept_once(store: Store) -> None:
    told = await asyncio.gather(*(store.tell("held x", [letter()], at=NOW) for _ in range(5)))
    assert sorted(told) == [False, False, False, False, True]
    assert await kept(store) == 1


async def test_it_is_told_again_when_the_last_time_was_long_ago(store: Store) -> None:
    assert await store.tell("alert x", [letter()], at=NOW, since=NOW - HOUR)
    assert not await store.tell("alert x", [letter()], at=NOW + HOUR, since=NOW)
    assert await store.tell("alert x", [letter()], at=NOW + HOUR, since=NOW + timedelta(microseconds=1))
    assert await store.tellings.last("alert ") == {"x": NOW + HOUR}
    assert await kept(store) == 2


async def test_what_nobody_needs_any_more_is_forgotten(store: Store) -> None:
    for key in ("held x", "oidc x", "digest b@city.example.jp", "alert x"):
        assert await store.tellings.once(key, NOW)
    await store.tellings.tidy(NOW + timedelta(hours=23))
    assert len(await store.tellings.last("")) == 4
    await store.tellings.tidy(NOW + timedelta(days=4))
    assert set(await store.tellings.last("")) == {"digest b@city.example.jp", "alert x"}
    assert await store.tellings.once("oidc x", NOW)


async def test_keys_are_plain_text_to_the_database(store: Store) -> None:
    for key in ("digest a%b_c@x.example", "digest aXbYc@x.example", "digest 'x' OR 1=1 -- @x"):
        assert await store.tellings.once(key, NOW)
    assert set(await store.tellings.last("digest a%b_")) == {"c@x.example"}


async def test_what_is_held_is_read_page_by_page_with_every_recipient(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.store.telling._PAGE", 2)
    three = draft("a@city.example.jp", "b@city.example.jp", "c@city.example.jp")
    ids = [await settled(store, three, decision=HOLD) for _ in range(3)]
    await settled(store, draft())  # goes on
    wanted = {
        (item_id, each.address) for item_id in ids for each in (await existing(store, item_id)).envelope.recipients
    }
    found: list[tuple[str, str]] = []
    after: tuple[int, int] | None = (-1, -1)
    while after is not None:
        page, after = await store.tellings.held(after)
        found += [(each.item_id, each.address) for each in page]
    assert len(found) == len(wanted)
    assert set(found) == wanted


async def test_what_is_held_and_not_told_yet_is_found(store: Store) -> None:
    held = await settled(store, draft(), decision=HOLD)
    profile, received = (await existing(store, held)).profile, (await existing(store, held)).envelope.received_at
    look = [profile], received - HOUR, 10
    assert await store.tellings.untold(*look) == [held]
    assert await store.tellings.untold(["another"], received - HOUR, 10) == []
    assert await store.tellings.untold([profile], received + HOUR, 10) == []
    assert await store.tell(held_key(held), [], at=NOW)
    assert await store.tellings.untold(*look) == []


async def test_a_lock_counts_as_closed_when_it_is(store: Store) -> None:
    assert await store.tellings.closed_locks(0) == ([], 0)
    await store.people.note("wrong_password", actor="recipient:b@city.example.jp")
    closed, head = await store.tellings.closed_locks(0)
    assert (closed, head) == ([], await store.audit_head())
