"""Clean files on their way out: ranges, ZIP, waiting, live events; and requests that are done once."""

import asyncio
import io
import sqlite3
import weakref
import zipfile
from collections.abc import AsyncIterator
from functools import partial

import httpx
import pytest

from gateway.store.blobs import Original
from gateway.web.api import cleaning
from gateway.web.transfers import folders, sending
from gateway.web.transfers.folders import unique
from gateway.web.transfers.ranges import NotThere, Span, span
from sanitizers.rules import Verdict
from tests.unit.web.api.world import CITY, Listening
from tests.unit.web.transfers.house import House

LARGE = bytes(range(256)) * 1_200  # beyond what lives in the database


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bytes=0-3", Span(0, 4)),
        ("bytes=4-", Span(4, 10)),
        ("bytes=-3", Span(7, 10)),
        ("bytes=-30", Span(0, 10)),
        ("bytes=8-30", Span(8, 10)),
        ("bytes=3-2", None),
        ("bytes=0-1,3-4", None),
        ("items=0-1", None),
        ("bytes=a-b", None),
        ("", None),
    ],
)
def test_one_range_is_understood(text: str, found: Span | None) -> None:
    assert span({"range": text}, 10, '"x"') == found


@pytest.mark.parametrize("text", ["bytes=10-", "bytes=10-11", "bytes=-0"])
def test_a_range_behind_the_end(text: str) -> None:
    with pytest.raises(NotThere):
        span({"range": text}, 10, '"x"')


def test_a_range_of_another_version_is_all_of_it() -> None:
    assert span({"range": "bytes=0-3", "if-range": '"y"'}, 10, '"x"') is None
    assert span({"range": "bytes=0-3", "if-range": '"x"'}, 10, '"x"') == Span(0, 4)


def test_names_are_each_there_once() -> None:
    assert unique(["a.txt", "A.txt", "a.txt", "b/a.txt", "x", "x", ".env", ".env", "a (2).txt"]) == [
        "a.txt", "A (2).txt", "a (3).txt", "b/a.txt", "x", "x (2)", ".env", ".env (2)", "a (2) (2).txt",
    ]  # fmt: skip


def test_a_thousand_files_of_one_name_are_counted_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = 0

    def folded(path: str) -> str:
        nonlocal looked
        looked += 1
        return path

    monkeypatch.setattr(folders, "_folded", folded)
    assert len(set(unique(["a.txt"] * 1_000))) == 1_000
    assert looked < 10_000


async def test_small_files_of_an_archive_are_not_in_memory_together(house: House) -> None:
    alive: list[weakref.ref[Original]] = []
    most = 0

    async def opened(number: int) -> Original:
        nonlocal most
        original = Original(5, b"%05d" % number, None, "")
        alive.append(weakref.ref(original))
        most = max(most, sum(each() is not None for each in alive))
        return original

    members = [sending.Member(f"{number}.txt", 5, partial(opened, number)) for number in range(50)]
    answer = sending.archive(members, "a.zip")
    data = b"".join([piece async for piece in answer.body_iterator])  # type: ignore[attr-defined] # a stream
    assert len(data) == int(answer.headers["Content-Length"])
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        assert [found.read(f"{number}.txt") for number in range(50)] == [b"%05d" % number for number in range(50)]
    assert most <= 3


async def ready(house: House, clean: bytes = LARGE) -> tuple:
    outside, inside = await house.at("internet", "taro"), await house.at("lgwan", "taro")
    transfer = await house.begin("internet", outside)
    item = await house.hand_in("internet", outside, transfer)
    await house.clean(clean)
    return inside, transfer, item


async def test_a_download_goes_on_where_it_was_cut(house: House) -> None:
    inside, _, item = await ready(house)
    whole = await house.ask("lgwan", inside, "GET", f"/files/{item}/content")
    assert (whole.content == LARGE, whole.headers["Accept-Ranges"]) == (True, "bytes")
    for asked, first, end in (
        ("bytes=0-0", 0, 1),
        ("bytes=200000-", 200_000, len(LARGE)),
        ("bytes=100-299999", 100, 300_000),
    ):
        sent = {"Range": asked, "If-Range": whole.headers["ETag"]}
        answer = await house.ask("lgwan", inside, "GET", f"/files/{item}/content", headers=sent)
        assert (answer.status_code, answer.content == LARGE[first:end]) == (206, True)
        assert answer.headers["Content-Range"] == f"bytes {first}-{end - 1}/{len(LARGE)}"
    behind = await house.ask("lgwan", inside, "GET", f"/files/{item}/content", headers={"Range": "bytes=999999999-"})
    assert (behind.status_code, behind.headers["Content-Range"]) == (416, f"bytes */{len(LARGE)}")


async def test_all_files_as_a_zip_under_names_that_lead_nowhere(house: House) -> None:
    outside, inside = await house.at("internet", "taro"), await house.at("lgwan", "taro")
    transfer = await house.begin("internet", outside)
    for path in ("", "", "資料/図", "C:\\evil"):
        await house.hand_in("internet", outside, transfer, path=path)
    await house.clean(b"clean", "報告書.txt")
    answer = await house.ask("lgwan", inside, "GET", f"/transfers/{transfer}/archive")
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == sorted(
            ["報告書.txt", "報告書 (2).txt", "資料/図/報告書.txt", "C_/evil/報告書.txt"]
        )
        assert {archive.read(name) for name in archive.namelist()} == {b"clean"}
        assert all(info.flag_bits & 0x800 for info in archive.infolist())  # names in UTF-8


async def test_what_is_held_is_not_in_the_zip_and_not_to_be_fetched(house: House) -> None:
    outside, inside = await house.at("internet", "taro"), await house.at("lgwan", "taro")
    transfer = await house.begin("internet", outside)
    item = await house.hand_in("internet", outside, transfer)
    await house.clean(verdict=Verdict.HOLD, rule="hold_on")
    for path in (f"/files/{item}/content", f"/transfers/{transfer}/archive"):
        answer = await house.ask("lgwan", inside, "GET", path)
        assert (answer.status_code, answer.json()["reason"]) == (409, "not_ready")
    assert (await house.ask("lgwan", inside, "GET", f"/files/{item}")).json()["state"] == "held"


@pytest.mark.parametrize(("rule", "state"), [("locked_part", "locked"), ("transfer_approval", "approval")])
async def test_why_a_file_waits(house: House, rule: str, state: str) -> None:
    outside = await house.at("internet", "taro")
    transfer = await house.begin("internet", outside)
    item = await house.hand_in("internet", outside, transfer)
    await house.clean(verdict=Verdict.HOLD, rule=rule)
    assert (await house.ask("internet", outside, "GET", f"/files/{item}")).json()["state"] == state


async def test_waiting_ends_with_the_cleaning(house: House) -> None:
    outside = await house.at("internet", "taro")
    transfer = await house.begin("internet", outside)
    item = await house.hand_in("internet", outside, transfer)
    waiting = asyncio.create_task(house.ask("internet", outside, "GET", f"/files/{item}?wait=30"))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    await house.clean()
    assert (await asyncio.wait_for(waiting, 60)).json()["state"] == "ready"
    assert (await house.ask("internet", outside, "GET", f"/files/{item}?wait=61")).status_code == 422


async def test_live_events_tell_each_file_that_changed(house: House) -> None:
    outside = await house.at("", "taro")
    begun = await house.at("internet", "taro")
    transfer = await house.begin("internet", begun)
    await house.hand_in("internet", begun, transfer, "one.txt")
    async with Listening(house.world, outside, f"/api/v1/transfers/{transfer}/events") as events:
        assert events.status == 200
        assert (await events.event()).startswith("retry:")
        assert (await events.event()).startswith("event: transfer")
        assert '"state":"received"' in await events.event()
        await house.clean()
        told = [await events.event(), await events.event()]
        assert ["event: transfer" in told[0], '"state":"ready"' in told[1]] == [True, True]
    other = await house.at("", "jiro")
    async with Listening(house.world, other, f"/api/v1/transfers/{transfer}/events") as events:
        assert events.status == 404


async def test_a_password_is_asked_for_by_locked_files_alone(house: House) -> None:
    outside = await house.at("internet", "taro")
    transfer = await house.begin("internet", outside)
    item = await house.hand_in("internet", outside, transfer)

    async def give(password: str) -> httpx.Response:
        return await house.ask("internet", outside, "POST", f"/files/{item}/password", json={"password": password})

    assert (await give("himitsu")).json()["reason"] == "wrong_state"
    await house.clean(verdict=Verdict.HOLD, rule="locked_part")
    assert ((await give("wrong")).status_code, (await give("himitsu")).status_code) == (403, 200)
    stranger = await house.at("internet", "jiro")
    answer = await house.ask("internet", stranger, "POST", f"/files/{item}/password", json={"password": "himitsu"})
    assert answer.status_code == 404
    statuses = [(await give("wrong")).status_code for _ in range(12)]
    assert statuses[-1] == 429


# Once


async def test_a_request_with_a_key_is_done_once(house: House) -> None:
    who, key = await house.at("internet", "taro"), {"Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}
    first, second = [
        await house.ask("internet", who, "POST", "/transfers", json={"title": "a"}, headers=key) for _ in range(2)
    ]
    assert (first.status_code, first.content, first.headers["Location"]) == (
        second.status_code, second.content, second.headers["Location"],
    )  # fmt: skip
    assert len((await house.ask("internet", who, "GET", "/transfers")).json()["transfers"]) == 1
    other = await house.ask("internet", who, "POST", "/transfers", json={"title": "b"}, headers=key)
    assert (other.status_code, other.json()["reason"]) == (422, "key_used")
    somebody = await house.at("internet", "jiro")
    theirs = await house.ask("internet", somebody, "POST", "/transfers", json={"title": "b"}, headers=key)
    assert theirs.status_code == 201


async def test_the_secret_of_webhooks_does_not_lie_with_the_answer(house: House) -> None:
    who, key = await house.at("internet", "taro"), {"Idempotency-Key": "k"}
    wish = {"webhook": "https://hooks.example/"}
    first, second = [await house.ask("internet", who, "POST", "/transfers", json=wish, headers=key) for _ in range(2)]
    assert first.json() == second.json()
    assert first.json()["webhook_secret"].startswith("whsec_")
    with sqlite3.connect(house.settings.store.url.removeprefix("sqlite:///")) as store:
        ((answer,),) = store.execute("SELECT answer FROM once").fetchall()
    assert first.json()["id"] in answer
    assert "whsec_" not in answer


async def test_a_request_that_was_refused_may_come_again(house: House) -> None:
    who, key = await house.at("internet", "taro"), {"Idempotency-Key": "k"}
    wish = {"recipients": ["x@elsewhere.example"]}
    for _ in range(2):
        assert (await house.ask("internet", who, "POST", "/transfers", json=wish, headers=key)).status_code == 422
    assert (await house.ask("internet", who, "POST", "/transfers", json={}, headers=key)).status_code == 201


async def test_the_same_request_at_the_same_time_waits(house: House) -> None:
    who, key = await house.at("internet", "taro"), {"Idempotency-Key": "k"}
    asked = [house.ask("internet", who, "POST", "/transfers", json={}, headers=key) for _ in range(5)]
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*asked))
    assert set(statuses) <= {201, 409}
    assert len((await house.ask("internet", who, "GET", "/transfers")).json()["transfers"]) == 1


@pytest.mark.parametrize(
    "wish",
    [
        {"recipients": ["x@elsewhere.example"]},
        {"recipients": [f"a\u202eb@{CITY}"]},
        {"recipients": [f"<a>@{CITY}"]},
        {"days": 8},
        {"profile": "none"},
        {"profile": "strict"},  # it is there, but not for callers to choose
        {"title": "a\nb"},
        {"webhook": "https://elsewhere.example/"},
        {"webhook": "http://hooks.example/"},
        {"webhook": "https://user:pass@hooks.example/"},
        {"nonsense": 1},
    ],
)
async def test_what_cannot_be_a_transfer(house: House, wish: dict) -> None:
    who = await house.at("internet", "taro")
    assert (await house.ask("internet", who, "POST", "/transfers", json=wish)).status_code == 422


async def test_only_profiles_of_the_settings_can_be_asked_for(house: House) -> None:
    who = await house.at("internet", "taro")
    transfer = await house.begin("internet", who, profile="mild")
    found = await house.store.transfers.get(transfer)
    assert found is not None
    assert found.profile == "mild"
    system = await house.token("bunsho")
    sent = {"Content-Type": "application/octet-stream"}
    answer = await house.ask("systems", system, "POST", "/clean?name=a.txt&profile=strict", content=b"x", headers=sent)
    assert answer.status_code == 422


# At once


async def test_a_system_has_a_file_cleaned_and_handed_back(house: House) -> None:
    system = await house.token("bunsho")
    sent = {"Content-Type": "application/octet-stream", "Idempotency-Key": "k1"}

    async def ask(data: bytes = b"original", door: str = "systems") -> httpx.Response:
        return await house.ask(door, system, "POST", "/clean?name=a.txt", content=data, headers=sent)

    asking = asyncio.create_task(ask())
    items = await house.as_soon_as_it_comes(clean=b"clean")
    answer = await asyncio.wait_for(asking, 60)
    assert (answer.status_code, answer.content, answer.headers["Kiyome-Item"]) == (200, b"clean", items[0])
    again = await ask()
    assert (again.content, again.headers["Kiyome-Item"]) == (b"clean", items[0])
    assert (await ask(b"other")).json()["reason"] == "key_used"
    assert not await house.clean()  # nothing was handed in twice
    assert (await ask(door="internet")).status_code == (await ask(door="")).status_code == 404


async def test_a_system_hears_why_it_gets_nothing(house: House) -> None:
    system = await house.token("bunsho")
    sent = {"Content-Type": "application/octet-stream"}
    asking = asyncio.create_task(house.ask("systems", system, "POST", "/clean?name=a.txt", content=b"x", headers=sent))
    items = await house.as_soon_as_it_comes(verdict=Verdict.HOLD, rule="hold_on")
    answer = await asyncio.wait_for(asking, 60)
    assert (answer.status_code, answer.json()["reason"], answer.json()["item"]) == (409, "held", items[0])
    assert answer.json()["report"]["parts"]
    long = await house.ask(
        "systems", system, "POST", "/clean?name=a", content=b"", headers=sent | {"Content-Length": "33554433"}
    )
    assert long.status_code == 413


async def test_a_system_whose_line_goes_quiet_is_given_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleaning, "IDLE_SECONDS", 0.1)
    system = await house.token("bunsho")

    async def dripping() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.Event().wait()

    sent = {"Content-Type": "application/octet-stream", "Content-Length": "2"}
    asking = house.ask("systems", system, "POST", "/clean?name=a.txt", content=dripping(), headers=sent)
    assert (await asyncio.wait_for(asking, 60)).status_code == 408
    assert await house.store.uploads.open() == []
