"""The pages of transfers on the server: who sees what at which door, and what is said of it in both languages."""

import hashlib
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.access.rights import Role
from gateway.model import ItemState, Segment, TransferState
from gateway.store.items import Store
from gateway.web.pages.transfers import Asked
from gateway.web.transfers.files import FileState
from gateway.web.wording import WORDS, word
from gateway.web.wording.transfers import FILE_MARKS, TRANSFER_MARKS
from sanitizers.rules import Verdict
from tests.unit.web.api.world import CITY, Entrance
from tests.unit.web.transfers.house import House, settings_with_doors

OUT, INSIDE = "internet", "lgwan"


@pytest.fixture
async def house(tmp_path: Path, migrated: Path) -> AsyncIterator[House]:
    shutil.copytree(migrated, tmp_path / "store")
    settings = settings_with_doors(tmp_path / "store")
    made = House(settings, await Store.open(settings.store))
    yield made
    await made.close()


async def page(house: House, door: str, who: Entrance, path: str, language: str = "ja") -> httpx.Response:
    return await _request(house, door, who, "GET", path, language)


async def post(house: House, door: str, who: Entrance, path: str, language: str = "ja", **form: Any) -> httpx.Response:
    return await _request(house, door, who, "POST", path, language, data=form)


async def _request(
    house: House, door: str, who: Entrance, method: str, path: str, language: str, **options: Any
) -> httpx.Response:
    client = house._clients[door]
    client.cookies.clear()
    cookies = who.cookies | {"kiyome_language": language}
    headers = who.headers | {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    return await client.request(method, path, headers=headers, **options)


async def begun(house: House, who: Entrance, **form: Any) -> str:
    answer = await post(house, OUT, who, "/transfers/new", oneself="1", **form)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].rpartition("/")[2]


def test_every_state_has_a_sign_and_words() -> None:
    for state in FileState:
        assert state.value in FILE_MARKS
    for state in FILE_MARKS:
        assert f"file_state.{state}" in WORDS
        assert state in {"ready", "fetched", "sending", "failed"} or f"file_note.{state}" in WORDS
    assert {f"transfer_state.{each.value}" for each in TransferState} <= WORDS.keys()
    assert {each.value for each in TransferState} == set(TRANSFER_MARKS)
    assert {f"segment.{each.value}" for each in Segment} <= WORDS.keys()


async def test_nobody_named_is_oneself_and_days_are_kept(house: House) -> None:
    who = await house.at(OUT, "hanako")
    transfer = await house.store.transfers.get(await begun(house, who, title=" 八月 の\t資料 ", days="2"))
    assert transfer is not None
    assert transfer.recipients == (f"hanako@{CITY}",)
    assert transfer.title == "八月 の 資料"
    assert (transfer.expires_at - transfer.created_at).days in {1, 2}


async def test_recipients_come_in_any_order_with_oneself_among_them_or_not(house: House) -> None:
    who = await house.at(OUT, "hanako")
    given = f"jiro@{CITY}、 saburo@{CITY};\njiro@{CITY}, HANAKO@{CITY}"
    both = await house.store.transfers.get(await begun(house, who, recipients=given))
    assert both is not None
    assert sorted(both.recipients) == [f"{name}@{CITY}" for name in ("hanako", "jiro", "saburo")]
    answer = await post(house, OUT, who, "/transfers/new", recipients=f"jiro@{CITY}")
    alone = await house.store.transfers.get(answer.headers["location"].rpartition("/")[2])
    assert alone is not None
    assert alone.recipients == (f"jiro@{CITY}",)


@pytest.mark.parametrize(
    ("form", "at"),
    [
        ({"recipients": "taro@example.com"}, "recipients"),
        ({"recipients": "<script>"}, "recipients"),
        ({"recipients": " ".join(f"a{n}@{CITY}" for n in range(101))}, "recipients"),
        ({"title": "x" * 201}, "title"),
        ({"days": "8"}, "days"),
        ({"days": "0"}, "days"),
        ({"days": "many"}, "days"),
    ],
)
async def test_a_wrong_field_is_named_and_what_was_typed_stays(house: House, form: dict[str, str], at: str) -> None:
    who = await house.at(OUT, "hanako")
    answer = await post(house, OUT, who, "/transfers/new", **form)
    assert answer.status_code == 422
    assert f'id="{at}-wrong"' in answer.text
    assert word(f"transfer_wrong_{at}", "ja") in answer.text
    assert "<script>" not in re.sub(r'<script type="module"', "", answer.text)
    assert word("transfers_none", "ja") in (await page(house, OUT, who, "/transfers")).text


async def test_without_an_address_the_page_says_so(house: House) -> None:
    who = await house.at(OUT, "nobody", address="")
    for path in ("/transfers", "/transfers/new"):
        answer = await page(house, OUT, who, path, "en")
        assert word("transfer_no_address", "en") in answer.text
        assert "<textarea" not in answer.text
    refused = await post(house, OUT, who, "/transfers/new", "en")
    assert (refused.status_code, word("transfer_no_address", "en") in refused.text) == (409, True)


async def test_at_a_door_without_a_segment_there_is_the_history_alone(house: House) -> None:
    transfer = await begun(house, await house.at(OUT, "hanako"), title="八月")
    who = await house.at("", "hanako")
    listed = await page(house, "", who, "/transfers")
    assert word("transfer_no_segment", "ja") in listed.text
    assert transfer in listed.text
    shown = await page(house, "", who, f"/transfers/{transfer}")
    assert "data-add" not in shown.text


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_each_side_says_what_can_be_done_there(house: House, language: str) -> None:
    who = await house.at(OUT, "hanako")
    transfer = await begun(house, who)
    item = await house.hand_in(OUT, who, transfer, "見積.txt", path="資料")
    await house.clean(name="見積.txt")
    here = (await page(house, OUT, who, f"/transfers/{transfer}", language)).text
    assert f"https://in.example/transfers/{transfer}" in here
    assert "data-add" in here
    assert f"/api/v1/files/{item}/content" not in here
    assert word("file_state.ready", language) in here
    there = (await page(house, INSIDE, await house.at(INSIDE, "hanako"), f"/transfers/{transfer}", language)).text
    assert f'href="/api/v1/files/{item}/content"' in there
    assert f"/api/v1/transfers/{transfer}/archive" in there
    assert "data-add" not in there
    assert "資料/" in there


@pytest.mark.parametrize(
    ("verdict", "rule", "note"),
    [
        (Verdict.HOLD, "hold_on", "held"),
        (Verdict.HOLD, "locked_part", "locked"),
        (Verdict.HOLD, "transfer_approval", "approval"),
    ],
)
async def test_what_waits_says_for_what(house: House, verdict: Verdict, rule: str, note: str) -> None:
    who = await house.at(OUT, "hanako")
    transfer = await begun(house, who)
    item = await house.hand_in(OUT, who, transfer)
    await house.clean(verdict=verdict, rule=rule)
    text = (await page(house, OUT, who, f"/transfers/{transfer}")).text
    assert word(f"file_state.{note}", "ja") in text
    assert word(f"file_note.{note}", "ja") in text
    assert item in text


async def test_only_whom_it_is_for_sees_it_and_only_when_it_is_sent(house: House) -> None:
    who = await house.at(OUT, "hanako")
    transfer = await begun(house, who, title="秘密の題名", recipients=f"jiro@{CITY}")
    await house.hand_in(OUT, who, transfer)
    await house.clean()
    jiro, saburo = await house.at(INSIDE, "jiro"), await house.at(INSIDE, "saburo")
    outside = await house.at(OUT, "jiro")
    for door, each in ((INSIDE, jiro), (INSIDE, saburo), (OUT, outside)):
        assert (await page(house, door, each, f"/transfers/{transfer}")).status_code == 404
    asked = await page(house, OUT, who, f"/transfers/{transfer}/send")
    assert f"jiro@{CITY}" in asked.text
    sent = await post(house, OUT, who, f"/transfers/{transfer}/send")
    assert sent.headers["location"] == f"/transfers/{transfer}?done=sent"
    assert [each.id for each, _ in house.world.gateway.told] == [transfer]
    assert "秘密の題名" in (await page(house, INSIDE, jiro, "/transfers")).text
    seen = await page(house, INSIDE, jiro, f"/transfers/{transfer}")
    assert (seen.status_code, f"hanako@{CITY}" in seen.text) == (200, True)
    for door, each in ((INSIDE, saburo), (OUT, outside)):
        assert (await page(house, door, each, f"/transfers/{transfer}")).status_code == 404
        assert "秘密の題名" not in (await page(house, door, each, "/transfers")).text
    for deed in ("send", "withdraw"):  # which is its owner's alone
        assert (await page(house, INSIDE, jiro, f"/transfers/{transfer}/{deed}")).status_code == 404
        assert (await post(house, INSIDE, jiro, f"/transfers/{transfer}/{deed}")).status_code == 404


async def test_unfinished_uploads_are_told_before_it_is_sent(house: House) -> None:
    who = await house.at(OUT, "hanako")
    transfer = await begun(house, who)
    await house.announce(OUT, who, transfer, "big.bin", 1_000)
    asked = await page(house, OUT, who, f"/transfers/{transfer}/send", "en")
    assert word("transfer_send_unfinished", "en", count=1) in asked.text
    shown = await page(house, OUT, who, f"/transfers/{transfer}", "en")
    assert word("file_note.uploading", "en") in shown.text


async def test_taking_back_asks_first_and_ends_it(house: House) -> None:
    who = await house.at(OUT, "hanako")
    transfer = await begun(house, who)
    item = await house.hand_in(OUT, who, transfer)
    await house.clean()
    path = f"/transfers/{transfer}/withdraw"
    assert word("transfer_withdraw_about", "ja") in (await page(house, OUT, who, path)).text
    assert (await post(house, OUT, who, path)).status_code == 303
    found = await house.store.item(item)
    assert found is not None
    assert found.state is ItemState.DISCARDED
    own = await page(house, INSIDE, await house.at(INSIDE, "hanako"), f"/transfers/{transfer}")
    assert word("transfer_over", "ja") in own.text
    assert "/content" not in own.text
    for deed in ("send", "withdraw"):
        assert (await page(house, OUT, who, f"/transfers/{transfer}/{deed}")).status_code == 409


async def test_a_form_from_another_site_does_nothing(house: House) -> None:
    who = await house.at(OUT, "hanako")
    stranger = Entrance({}, who.cookies)
    assert (await post(house, OUT, stranger, "/transfers/new", title="x")).status_code == 403


async def test_the_history_is_searched(house: House) -> None:
    who = await house.at(OUT, "hanako")
    await begun(house, who, title="八月の資料")
    other = await begun(house, who, title="九月")
    await house.hand_in(OUT, who, other, "見積書.txt")
    found = (await page(house, OUT, who, "/transfers?text=見積書")).text
    assert "九月" in found
    assert "八月の資料" not in found
    none = (await page(house, OUT, who, "/transfers?text=%3Cb%3Enothing", "en")).text
    assert word("transfers_none_found", "en") in none
    assert "<b>" not in none


async def test_hostile_names_stay_words(house: House) -> None:
    who = await house.at(OUT, "hanako")
    transfer = await begun(house, who, title="<script>alert(1)</script>")
    await house.hand_in(OUT, who, transfer, "<img src=x onerror=alert(1)>.txt", path="<b>")
    text = (await page(house, OUT, who, f"/transfers/{transfer}")).text
    assert "<script>alert" not in text
    assert "<img" not in text
    assert "<b>" not in text


async def test_the_menu_leads_there(house: House) -> None:
    who = await house.at(OUT, "hanako", Role.USER)
    text = (await page(house, OUT, who, "/transfers")).text
    assert '<a href="/transfers" aria-current="page">' in text
    assert 'href="/items"' not in text
    assert (await page(house, OUT, who, "/")).headers["location"] == "/transfers"


def test_the_form_of_a_transfer() -> None:
    asked = Asked(recipients=("a@x", "A@x", "b@x"), oneself=True)
    assert asked.wish("a@x").recipients == ("a@x", "b@x")
    assert Asked().wish("a@x").recipients == ()
    assert Asked(days="3").wish("a@x").days == 3


async def test_an_original_that_a_person_released_is_told_as_it_is(house: House) -> None:
    who = await house.at(OUT, "hanako")
    transfer = await begun(house, who)
    item = await house.hand_in(OUT, who, transfer, data=b"as it came")
    await house.clean(verdict=Verdict.HOLD, rule="hold_on")
    await house.store.change(item, to=ItemState.RELEASED, actor="test", reason="test", deliver_original=True)
    told = (await house.ask(OUT, who, "GET", f"/files/{item}")).json()
    assert (told["clean_size"], told["sha256"]) == (10, hashlib.sha256(b"as it came").hexdigest())
