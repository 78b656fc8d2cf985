"""An older database is brought up to date with everything in it: found, counted, in order, and nothing lost."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, insert, inspect, select, text

from gateway.access.model import EVERYTHING, Scope
from gateway.model import ItemState
from gateway.settings import StoreSettings
from gateway.store import backfilling, database, schema
from gateway.store.drafts import Settlement
from gateway.store.items import Store
from gateway.store.queries import Query
from gateway.store.rows import item_values, recipient_values, settlement_values
from sanitizers.model import MailFacts, Report, Threat
from tests.contract.store.conftest import OpenStore
from tests.contract.store.mails import DELIVER, HOLD, NOON, accept, draft
from tests.contract.store.test_store_lists import every_page, part

COUNT = 25


def at_version(settings: StoreSettings, version: str) -> Engine:
    """A database as an older Kiyome left it."""
    url = database.store_url(settings.url, None)
    file = database.sqlite_file(url)
    if file is not None:
        database.create_sqlite_file(file)
    engine = database.engine(url)
    config = Config()
    config.set_main_option("script_location", "gateway.store:migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    return engine


def fill(engine: Engine) -> list[str]:
    """Items of every fifth minute, five at a time, as version 0001 wrote them; every fourth is held, one is fresh."""
    blob = {"id": "0" * 32, "size": 1, "sha256": "0" * 64, "place": "inline", "uses": COUNT, "data": b"x"}
    with engine.begin() as connection:
        known = {column["name"] for column in inspect(connection).get_columns("items")}
        connection.execute(insert(schema.blobs), [blob])
        for at in range(COUNT):
            of = draft(f"p{at}@city{at % 2}.example.jp", at=NOON + timedelta(minutes=at // 5 * 5))
            values = item_values(of, 0) | {
                "id": f"20261121-0000-{at:04}", "state": "received", "original": blob["id"], "original_size": at,
                "original_sha256": f"{at:064x}",
            }  # fmt: skip
            if at:
                held = at % 4 == 0
                report = Report((part("1", Threat.ENCRYPTED if held else Threat.METADATA, took=1_500.0),))
                facts = MailFacts(subject=f"防災{at}", header_from="太郎 <t@x.example>")
                values |= settlement_values(Settlement(HOLD if held else DELIVER, None, report, facts))
                values |= {"state": "held"} if held else {"state": "delivered", "finished_at": values["received_at"]}
            row = {name: value for name, value in values.items() if name in known}
            connection.execute(text(_insert("items", row)), row)
            recipient = recipient_values(values["id"], 0, of.envelope.recipients[0])
            connection.execute(text(_insert("recipients", recipient)), recipient)
    return [f"20261121-0000-{at:04}" for at in range(COUNT)]


def _insert(table: str, row: dict[str, object]) -> str:
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(f':{name}' for name in row)})"


@pytest.mark.parametrize("version", ["0001", "0003"])
async def test_items_of_an_older_version_are_listed_found_and_counted(
    settings: StoreSettings, open_store: OpenStore, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setattr(backfilling, "_BATCH", 10)
    engine = at_version(settings, version)
    kept = fill(engine)
    engine.dispose()
    store = await open_store()
    assert sorted(await every_page(store, Query(limit=7))) == kept
    times = [row.received_at for row in (await store.lists.search(Query())).items]
    assert times == sorted(times, reverse=True)
    held = [item_id for at, item_id in enumerate(kept) if at and at % 4 == 0]
    assert sorted(await every_page(store, Query(states=frozenset({ItemState.HELD})))) == held
    assert sorted(await every_page(store, Query(finding=Threat.ENCRYPTED))) == held
    assert await every_page(store, Query(text="防災24")) == [kept[24]]
    assert await every_page(store, Query(recipient="p0@")) == [kept[0]]
    city = Scope(domains=frozenset({"city1.example.jp"}))
    assert sorted(await every_page(store, Query(scope=city))) == kept[1::2]
    hours = await store.lists.statistics(EVERYTHING, NOON - timedelta(hours=1), NOON + timedelta(hours=2))
    assert sum(hour.mails_in for hour in hours) == COUNT
    assert sum(hour.items.get(ItemState.HELD, 0) for hour in hours) == len(held)
    assert sum(hour.items.get(ItemState.DELIVERED, 0) for hour in hours) == COUNT - 1 - len(held)
    assert sum(hour.findings.get(Threat.ENCRYPTED, 0) for hour in hours) == len(held)
    seen = await store.lists.overview(EVERYTHING, NOON + timedelta(hours=1), ZoneInfo("Asia/Tokyo"))
    assert len(seen.slowest) == 5
    await a_life_goes_on(store, kept)


async def a_life_goes_on(store: Store, kept: list[str]) -> None:
    """The item that was received is cleaned, a held one is cleaned again, a new one comes."""
    assert [item.id for item in await store.lease_for_cleaning("w", 9, 60)] == [kept[0]]
    await store.settle("w", kept[0], Settlement(DELIVER, b"c", None, MailFacts(subject="やっと")))
    assert await every_page(store, Query(text="やっと")) == [kept[0]]
    await store.change(kept[4], to=ItemState.RECEIVED, actor="user:a", reason="")
    assert kept[4] not in await every_page(store, Query(finding=Threat.ENCRYPTED))
    (fresh,) = await accept(store, draft(at=datetime.now(UTC)))
    assert (await every_page(store, Query()))[0] == fresh
    with store._engine.connect() as connection:
        numbers = connection.execute(select(schema.items.c.number)).scalars().all()
    assert len(set(numbers)) == COUNT + 1
