"""Transfers through the API, on SQLite and on a real PostgreSQL: what waits, what races, what is done once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from gateway.delivery.webhooks import body_of
from gateway.settings import StoreSettings
from gateway.store.items import Store
from sanitizers.rules import Verdict
from tests.contract.store.conftest import server, settings
from tests.unit.web.transfers.house import CITY, House, settings_with_doors

__all__ = ["server", "settings"]
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def house(tmp_path: Path, settings: StoreSettings) -> AsyncIterator[House]:
    given = settings_with_doors(tmp_path / "kiyome", max_bytes=1_000_000, max_files=5, chunk_bytes=100_000)
    (tmp_path / "kiyome").mkdir()
    made = House(msgspec.structs.replace(given, store=settings), await Store.open(settings))
    yield made
    await made.close()


async def test_a_file_goes_from_one_side_to_the_other(house: House) -> None:
    outside, hanako = await house.at("internet", "taro"), await house.at("lgwan", "hanako")
    transfer = await house.begin("internet", outside, title="議事録 100%_", recipients=[f"hanako@{CITY}"])
    large, small = b"a" * 250_000, b"words"
    items = [await house.hand_in("internet", outside, transfer, "小.txt", small)]
    announced = await house.announce("internet", outside, transfer, "大.txt", len(large), "資料/別紙")
    upload = announced.headers["Location"].rpartition("/")[2]
    for begin in range(0, len(large), 100_000):
        answer = await house.piece("internet", outside, upload, begin, large[begin : begin + 100_000])
        assert answer.status_code == 204, answer.text
    found = await house.store.uploads.get(upload)
    assert found is not None
    items.append(found.item)
    assert sorted(await house.clean(b"clean" * 1_000)) == sorted(items)
    assert (await house.ask("internet", outside, "POST", f"/transfers/{transfer}/send")).status_code == 200
    (seen,) = (await house.ask("lgwan", hanako, "GET", "/transfers?text=100%25_")).json()["transfers"]
    assert (seen["id"], seen["ready"], seen["files"]) == (transfer, 2, 2)
    files = (await house.ask("lgwan", hanako, "GET", f"/transfers/{transfer}/files")).json()["files"]
    assert [(each["path"], each["name"]) for each in files] == [("", "小.txt"), ("資料/別紙", "大.txt")]
    for item in items:
        answer = await house.ask("lgwan", hanako, "GET", f"/files/{item}/content")
        assert (answer.status_code, answer.content) == (200, b"clean" * 1_000)
        assert (await house.ask("internet", outside, "GET", f"/files/{item}/content")).status_code == 404
        assert ("user:hanako", "handed_over") in await house.world.actions(item)
    archive = await house.ask("lgwan", hanako, "GET", f"/transfers/{transfer}/archive")
    assert (archive.status_code, archive.content[:2]) == (200, b"PK")


async def test_the_same_request_at_the_same_time_is_done_once(house: House) -> None:
    who, key = await house.at("internet", "taro"), {"Idempotency-Key": "k"}
    asked = [house.ask("internet", who, "POST", "/transfers", json={}, headers=key) for _ in range(8)]
    statuses = {answer.status_code for answer in await asyncio.gather(*asked)}
    assert 201 in statuses
    assert statuses <= {201, 409}
    assert len((await house.ask("internet", who, "GET", "/transfers")).json()["transfers"]) == 1


async def test_what_is_held_and_taken_back(house: House) -> None:
    outside = await house.at("internet", "taro")
    transfer = await house.begin("internet", outside)
    item = await house.hand_in("internet", outside, transfer)
    await house.clean(verdict=Verdict.HOLD, rule="locked_part")
    assert (await house.ask("internet", outside, "GET", f"/files/{item}")).json()["state"] == "locked"
    assert (await house.ask("internet", outside, "DELETE", f"/transfers/{transfer}")).status_code == 204
    assert (await house.ask("internet", outside, "GET", f"/files/{item}")).json()["state"] == "discarded"


async def test_two_processes_tell_a_system_once(house: House) -> None:
    who = await house.at("internet", "taro")
    transfer = await house.begin("internet", who, webhook="https://hooks.example/")
    now, mine = datetime.now(UTC), house.store.webhooks
    await mine.gather(body_of, now)
    other = await Store.open(house.settings.store)
    try:
        items = {await house.hand_in("internet", who, transfer, f"{n}.txt") for n in range(4)}
        await house.clean()
        await asyncio.gather(mine.gather(body_of, now), other.webhooks.gather(body_of, now))
        claims = await asyncio.gather(*(each.claim(now, now + MINUTE, 20, each=20) for each in (mine, other.webhooks)))
    finally:
        await other.close()
    told = [msgspec.json.decode(each.body)["data"]["item"] for claimed in claims for each in claimed]
    assert sorted(told) == sorted(items)
