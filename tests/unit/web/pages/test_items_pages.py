"""The list of items as pages: searching, sharing, saving, and many at once."""

import asyncio
import html
import re

import pytest

from gateway.access.rights import Role
from gateway.model import ItemState
from sanitizers.rules import Verdict
from tests.unit.web.api.world import CITY, TOWN, Entrance, World


def shown(page: str) -> list[str]:
    return re.findall(r'<tr id="row-([0-9A-Z-]+)"', page)


def links(page: str, start: str) -> list[str]:
    return [html.unescape(link) for link in re.findall(rf'href="({re.escape(start)}[^"]*)"', page)]


async def test_a_search_in_the_address_narrows_and_each_condition_can_be_taken_away(world: World) -> None:
    held = await world.item(subject="請求書の件")
    other = await world.item(subject="別の件", verdict=Verdict.DELIVER)
    operator = await world.person("operator", Role.OPERATOR)
    assert set(shown((await world.ask(operator, "GET", "/items")).text)) == {held, other}
    page = await world.ask(operator, "GET", "/items?state=held&text=請求書&finding=active_content")
    assert shown(page.text) == [held]
    chips = links(page.text, "/items?")
    assert "/items?text=%E8%AB%8B%E6%B1%82%E6%9B%B8&state=held" in chips  # without the finding
    assert shown((await world.ask(operator, "GET", "/items?sha256=" + "a" * 64)).text) != []
    assert shown((await world.ask(operator, "GET", "/items?recipient=nobody")).text) == []


async def test_words_that_are_not_searched_for_are_named(world: World) -> None:
    await world.item(subject="広告 0")
    operator = await world.person("operator", Role.OPERATOR)
    said = "検索に使いません: 1"
    assert said in (await world.ask(operator, "GET", "/items?text=広告+1")).text
    assert said not in (await world.ask(operator, "GET", "/items?text=広告")).text
    chosen = {"which": "every", "action": "discard", "query": "text=広告+1"}
    assert said in (await world.ask(operator, "POST", "/bulk", data=chosen)).text


@pytest.mark.parametrize(
    "query",
    [
        "state=<script>",
        "finding=nothing",
        "since=yesterday",
        "until=9999-12-31",
        "limit=0",
        "limit=²",
        "sha256=xyz",
        "after=AAAA",
        "sort=random",
        "text=" + "x" * 501,
    ],
)
async def test_what_cannot_be_understood_is_said_and_never_ignored(world: World, query: str) -> None:
    await world.item()
    operator = await world.person("operator", Role.OPERATOR)
    for path in ("/items", "/live/items"):
        page = await world.ask(operator, "GET", f"{path}?{query}")
        assert page.status_code == 400
        assert shown(page.text) == []
        assert "<script>" not in page.text


async def test_pages_follow_each_other_to_the_end_and_back(world: World) -> None:
    items = [await world.item(subject=f"件 {number}") for number in range(5)]
    operator = await world.person("operator", Role.OPERATOR)
    found, address = [], "/items?limit=2"
    while True:
        page = await world.ask(operator, "GET", address)
        found += shown(page.text)
        following = re.search(r'href="([^"]+)" rel="next"', page.text)
        if following is None:
            break
        address = html.unescape(following[1])
    assert sorted(found) == sorted(items)
    assert "/items?limit=2" in links(page.text, "/items?")


async def test_another_towns_operator_sees_none_of_it(world: World) -> None:
    item_id = await world.item(f"hanako@{CITY}")
    town = await world.person("town", Role.OPERATOR, frozenset({TOWN}))
    assert shown((await world.ask(town, "GET", "/items")).text) == []
    paths = ["", "/content", "/release", "/discard", "/original", "/release-original", "/parts/1.2/pages"]
    for path in [f"/items/{item_id}{each}" for each in paths] + [f"/live/items/{item_id}"]:
        assert (await world.ask(town, "GET", path)).status_code == 404, path
    assert not [each for each in await world.actions(item_id) if each[1] == "viewed"]


async def test_a_recipient_sees_neither_the_others_nor_where_it_came_from(world: World) -> None:
    mine = await world.item(f"hanako@{CITY}", f"secret@{CITY}")
    await world.item(f"secret@{CITY}")
    hanako = await world.person("hanako", Role.USER, address=f"hanako@{CITY}")
    listed = await world.ask(hanako, "GET", "/items")
    assert shown(listed.text) == [mine]
    one = await world.ask(hanako, "GET", f"/items/{mine}")
    for page in (listed, one):
        assert "secret@" not in page.text
        assert "192.0.2.7" not in page.text
        assert "/release" not in page.text
        assert "/bulk" not in links(page.text, "/bulk")


async def test_a_search_is_saved_read_anew_and_removed_by_its_owner_alone(world: World) -> None:
    operator, other = await world.person("operator", Role.OPERATOR), await world.person("other", Role.OPERATOR)
    form = {"name": "保留 <b>", "query": "state=held&after=AAAA&evil=1&state=delivered"}
    answer = await world.ask(operator, "POST", "/searches", data=form)
    assert answer.headers["location"] == "/items?state=delivered&state=held"
    page = (await world.ask(operator, "GET", "/items")).text
    assert "保留 &lt;b&gt;" in page
    assert "保留 &lt;b&gt;" not in (await world.ask(other, "GET", "/items")).text
    (remove,) = re.findall(r'action="(/searches/\w+/remove)"', page)
    assert (await world.ask(other, "POST", remove, data={})).status_code == 404
    assert (await world.ask(operator, "POST", remove, data={})).status_code == 303
    assert "保留 &lt;b&gt;" not in (await world.ask(operator, "GET", "/items")).text
    assert (await world.ask(operator, "POST", "/searches", data={"name": "x", "query": "state=no"})).status_code == 400


# Many at once


async def bulk(world: World, who: Entrance, **form: object) -> str:
    """Through the page of confirmation to the end of the job: the last page."""
    asked = await world.ask(who, "POST", "/bulk", data=form)
    assert asked.status_code == 200, asked.text
    hidden = re.findall(r'<input type="hidden" name="(key|action|which|query|item)" value="([^"]*)"', asked.text)
    fields: dict[str, list[str]] = {"reason": ["片付け"]}
    for name, value in hidden:
        fields.setdefault(name, []).append(html.unescape(value))
    begun = await world.ask(who, "POST", "/bulk/begin", data=fields)
    assert begun.status_code == 303
    async with asyncio.timeout(60):
        while True:
            page = (await world.ask(who, "GET", begun.headers["location"])).text
            if "data-live-over" in page:
                return page
            await asyncio.sleep(0.05)


async def test_the_selected_ones_are_discarded_after_a_page_that_says_so(world: World) -> None:
    first, second, third = [await world.item() for _ in range(3)]
    operator = await world.person("operator", Role.OPERATOR)
    form = {"which": "chosen", "action": "discard", "item": [first, third], "query": ""}
    asked = (await world.ask(operator, "POST", "/bulk", data=form)).text
    assert "2 件を破棄しますか" in asked
    assert "元に戻せません" in asked
    assert await world.state(first) is ItemState.HELD  # nothing has happened yet
    await bulk(world, operator, **form)
    assert [await world.state(each) for each in (first, second, third)] == [
        ItemState.DISCARDED,
        ItemState.HELD,
        ItemState.DISCARDED,
    ]
    assert ("user:operator", "discarded") in await world.actions(first)


async def test_everything_that_matches_and_nothing_else(world: World) -> None:
    held = [await world.item(subject="宣伝") for _ in range(3)]
    other = await world.item(subject="大事")
    strict = await world.item(subject="宣伝", profile="strict")
    operator = await world.person("operator", Role.OPERATOR)
    page = await bulk(world, operator, which="every", action="release", query="subject=宣伝&limit=1")
    assert all([await world.state(each) is ItemState.RELEASED for each in held])
    assert await world.state(other) is ItemState.HELD
    assert await world.state(strict) is ItemState.HELD
    assert "二人目の承認が必要" in page


async def test_many_at_once_needs_a_reason_a_right_and_something_to_do(world: World) -> None:
    item_id = await world.item()
    operator, auditor = await world.person("operator", Role.OPERATOR), await world.person("auditor", Role.AUDITOR)
    form = {"which": "chosen", "action": "discard", "item": [item_id], "query": "", "reason": " "}
    refused = await world.ask(operator, "POST", "/bulk/begin", data=form)
    assert refused.status_code == 422
    assert "理由を入力してください" in refused.text
    assert (await world.ask(auditor, "POST", "/bulk", data=form)).status_code == 403
    assert (await world.ask(auditor, "POST", "/bulk/begin", data=form | {"reason": "x"})).status_code == 403
    assert (await world.ask(operator, "POST", "/bulk", data=form | {"item": []})).status_code == 422
    for wrong in ({"action": "release_original"}, {"action": "burn"}):
        assert (await world.ask(operator, "POST", "/bulk", data=form | wrong)).status_code == 400
    assert await world.state(item_id) is ItemState.HELD


async def test_nobody_touches_another_towns_items_by_their_numbers(world: World) -> None:
    item_id = await world.item(f"hanako@{CITY}")
    mine = await world.item(f"jiro@{TOWN}")
    town = await world.person("town", Role.OPERATOR, frozenset({TOWN}))
    form = {"which": "chosen", "action": "discard", "item": [item_id, mine], "query": ""}
    asked = (await world.ask(town, "POST", "/bulk", data=form)).text
    assert "1 件を破棄しますか" in asked
    page = await bulk(world, town, **form)
    assert await world.state(item_id) is ItemState.HELD
    assert await world.state(mine) is ItemState.DISCARDED
    assert "担当範囲にない" in page
    other = await world.person("other", Role.OPERATOR)
    (job,) = world.app.state.desk.bench.jobs.list(await caller(world, "town"))
    assert (await world.ask(other, "GET", f"/bulk/{job.id}")).status_code == 404
    assert (await world.ask(other, "POST", f"/bulk/{job.id}/stop", data={})).status_code == 404


async def caller(world: World, login: str):  # type: ignore[no-untyped-def]
    from gateway.access.model import Caller  # noqa: PLC0415

    person = await world.store.people.find(login)
    assert person is not None
    return Caller(person=person, rights=person.rights, scope=person.scope, actor=f"user:{login}")
