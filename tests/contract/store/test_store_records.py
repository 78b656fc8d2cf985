"""The record as people read it, and the totals of everything: on both databases."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from gateway.access.model import Scope
from gateway.store import auditing
from gateway.store.auditing import AuditQuery
from gateway.store.drafts import AuditRow
from gateway.store.items import Store
from tests.contract.store.mails import HOLD, accept, draft, settled


async def pages(store: Store, query: AuditQuery) -> list[AuditRow]:
    """All pages, one after the other."""
    found: list[AuditRow] = []
    while True:
        page = await store.records.search(query)
        found += page.rows
        if not page.next:
            return found
        query = msgspec.structs.replace(query, before=page.next)


async def test_pages_hold_every_row_once_newest_first(store: Store) -> None:
    for _ in range(4):
        await settled(store, decision=HOLD)
    whole = [row async for row in store.audit_rows()][::-1]
    for limit in (1, 3, 100):
        assert await pages(store, AuditQuery(limit=limit)) == whole


async def test_small_windows_find_the_same(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        await settled(store, decision=HOLD)
    wanted = await pages(store, AuditQuery(action="held"))
    assert len(wanted) == 3
    monkeypatch.setattr(auditing, "WINDOW", 2)
    monkeypatch.setattr(auditing, "STEPS", 1)
    assert await pages(store, AuditQuery(action="held")) == wanted


async def test_narrowed(store: Store) -> None:
    one = await settled(store, decision=HOLD)
    two = await settled(store, decision=HOLD)
    await store.people.note("signed_in", actor="user:100%_sure", where="Ａbc")
    assert {row.item_id for row in await pages(store, AuditQuery(item_id=one))} == {one}
    assert {row.item_id for row in await pages(store, AuditQuery(text=two.lower()))} == {two}
    assert [row.action for row in await pages(store, AuditQuery(actor="100%_sure"))] == ["signed_in"]
    assert await pages(store, AuditQuery(actor="100x_sure")) == []
    assert await pages(store, AuditQuery(text="' OR 1=1 --")) == []


async def test_between_two_times(store: Store) -> None:
    await accept(store)
    whole = await pages(store, AuditQuery())
    now = datetime.now(UTC)
    assert await pages(store, AuditQuery(since=now - timedelta(hours=1), until=now + timedelta(hours=1))) == whole
    assert await pages(store, AuditQuery(until=now - timedelta(hours=1))) == []
    assert await pages(store, AuditQuery(since=now + timedelta(hours=1))) == []


async def test_a_scope_sees_its_items_and_its_own_deeds(store: Store) -> None:
    mine = await settled(store, draft("a@city.example.jp"), decision=HOLD)
    await settled(store, draft("b@town.example.jp"), decision=HOLD)
    await store.people.note("signed_in", actor="user:hanako")
    await store.people.note("signed_in", actor="token:hanako:x")
    await store.people.note("signed_in", actor="user:hanako2")
    await store.people.note("signed_in", actor="token:han%:x")
    scope = Scope(domains=frozenset({"city.example.jp"}))
    rows = await pages(store, AuditQuery(scope=scope, own="hanako"))
    assert {(row.item_id, row.actor) for row in rows if not row.item_id} == {
        ("", "user:hanako"),
        ("", "token:hanako:x"),
    }
    assert {row.item_id for row in rows if row.item_id} == {mine}
    assert await pages(store, AuditQuery(scope=Scope(domains=frozenset()))) == []


async def test_totals_add_up(store: Store) -> None:
    assert await store.totals.now() == {}
    for number in range(1, 4):
        await settled(store, decision=HOLD)
        totals = await store.totals.now()
        assert (totals["mails.in"], totals["items.held"]) == (number, number)


async def test_rows_after_one_and_the_last_number(store: Store) -> None:
    assert await store.audit_head() == 0
    await settled(store)
    head = await store.audit_head()
    assert [row.seq for row in await store.audit_after(1, 100)] == list(range(2, head + 1))
    assert len(await store.audit_after(0, 1)) == 1
