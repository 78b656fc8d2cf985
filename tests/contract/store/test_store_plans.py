"""No query of the interface reads a whole table: what SQLite says it would do, for each that is sent."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event

from gateway.access.model import EVERYTHING, Scope
from gateway.model import Direction, ItemState
from gateway.settings import StoreSettings
from gateway.store import listing
from gateway.store.items import Store
from gateway.store.queries import Query, Sort, Wanted
from sanitizers.model import Threat
from tests.contract.store.mails import HOLD, NOON, accept, delivered, draft, settled

CITY = Scope(domains=frozenset({"city.example.jp"}))
HELD = frozenset({ItemState.HELD})
TWO = frozenset({ItemState.HELD, ItemState.DELIVERED})
TIMES = {"since": NOON - timedelta(days=1), "until": NOON + timedelta(days=1)}
QUERIES = [
    Query(),
    Query(sort=Sort.OLDEST),
    Query(states=HELD),
    Query(states=TWO, sort=Sort.OLDEST),
    Query(sort=Sort.SIZE),
    Query(sort=Sort.SENDER),
    Query(sort=Sort.SIZE, states=TWO),
    Query(sort=Sort.SENDER, **TIMES),
    Query(**TIMES),
    Query(text="お知らせ"),
    Query(text="お知らせ", states=HELD),
    Query(text="お知らせ", states=TWO, sort=Sort.SIZE),
    Query(text="example", sort=Sort.SENDER),
    Query(text="example", scope=CITY, **TIMES),
    Query(scope=CITY),
    Query(scope=CITY, states=HELD),
    Query(finding=Threat.ENCRYPTED, direction=Direction.INBOUND),
]
#: The index for texts, rows that were limited before, no row at all; and a table that is small.
HARMLESS = ("VIRTUAL TABLE", "subquery", "anon_", "CONSTANT ROW", "approvals")


class Watched:
    """Every SELECT that a store sends, and the plan that SQLite has for it."""

    def __init__(self, store: Store) -> None:
        self.plans: list[tuple[str, list[str]]] = []
        event.listen(store._engine, "before_cursor_execute", self._asked)

    def _asked(self, connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            explained = connection.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            self.plans.append((statement, [row[3] for row in explained.fetchall()]))

    def whole_tables(self) -> Iterator[str]:
        """Steps that go through all of a table: an index that is read in order until a limit is none."""
        for statement, plan in self.plans:
            sorts = any(step == "USE TEMP B-TREE FOR ORDER BY" for step in plan)  # the right part of one is short
            for step in plan:
                in_order = "INDEX ix_items_" in step and "LIMIT" in statement and not sorts
                if step.startswith("SCAN ") and not in_order and not any(word in step for word in HARMLESS):
                    yield f"{step}: {statement}"


@pytest.fixture
async def filled(tmp_path: Path) -> Store:
    store = await Store.open(StoreSettings(url=f"sqlite:///{tmp_path}/k.db", blobs=os.fspath(tmp_path / "b")))
    await delivered(store)
    held = [await settled(store, decision=HOLD) for _ in range(3)]
    await accept(store)
    await store.approvals.ask(held[0], Wanted.CLEAN, reason="", actor="user:a")
    await settled(store, draft("a@other.example"))
    yield store
    await store.close()


@pytest.mark.parametrize("many", [2_000, 1], ids=["few", "many"])
async def test_lists_and_searches_follow_an_index(filled: Store, monkeypatch: pytest.MonkeyPatch, many: int) -> None:
    monkeypatch.setattr(listing, "COUNTED_TO", many)
    monkeypatch.setattr(listing, "SORTED_TO", many)
    watched = Watched(filled)
    for query in QUERIES:
        page = await filled.lists.search(query)
        if page.next:
            await filled.lists.search(query)
    assert len(watched.plans) > len(QUERIES)
    assert list(watched.whole_tables()) == []


async def test_overview_statistics_queue_and_wishes_follow_an_index(filled: Store) -> None:
    watched = Watched(filled)
    now = datetime.now(UTC)
    for scope in (EVERYTHING, CITY):
        await filled.lists.overview(scope, now, ZoneInfo("Asia/Tokyo"))
        await filled.lists.statistics(scope, now - timedelta(days=30), now)
        await filled.lists.queue(scope)
        await filled.lists.within(["20260101-0000-0000"], scope)
        await filled.approvals.waiting(scope)
        await filled.item("20260101-0000-0000", scope)
    assert watched.plans
    assert list(watched.whole_tables()) == []


async def test_the_watch_sees_a_whole_table(filled: Store) -> None:
    watched = Watched(filled)
    with filled._engine.connect() as connection:
        connection.exec_driver_sql("SELECT id FROM items WHERE subject LIKE '%a%' ORDER BY profile LIMIT 5")
        connection.exec_driver_sql("SELECT address FROM recipients")
    assert len(list(watched.whole_tables())) == 2
