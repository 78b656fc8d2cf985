"""Items by the API: pages, scope, what a recipient and an auditor see, and looks that are on record."""

import base64

import pytest

from gateway.access.rights import Role
from gateway.model import ItemState
from sanitizers.rules import Verdict
from sanitizers.views import NoView, Why
from tests.unit.web.api.world import CITY, NASTY, PNG, TOWN, World


async def test_pages_follow_each_other_to_the_end(world: World) -> None:
    made = [await world.item(subject=f"件名 {number}") for number in range(5)]
    admin = await world.person("admin", Role.ADMINISTRATOR)
    seen: list[str] = []
    after = ""
    while True:
        page = (await world.get(admin, "/items", params={"limit": 2, "after": after})).json()
        assert page["total"] == 5
        seen += [row["id"] for row in page["items"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert seen == made[::-1]


async def test_a_search_narrows(world: World) -> None:
    wanted = await world.item(subject="特別な件", sender="jiro@example.net")
    await world.item()
    admin = await world.person("admin", Role.ADMINISTRATOR)
    for query in ("text=特別", "sender=jiro", "subject=特別", "mail_from=example.net"):
        assert [row["id"] for row in (await world.get(admin, f"/items?{query}")).json()["items"]] == [wanted], query
    assert (
        len((await world.get(admin, "/items?state=held&state=delivered&finding=active_content")).json()["items"]) == 2
    )
    assert (await world.get(admin, "/items?state=delivered")).json()["items"] == []


@pytest.mark.parametrize(
    "query",
    [
        "after=%00", "after=AAAA", "after=" + "x" * 500, "limit=0", "limit=201", "limit=x", "limit=1&limit=2",
        "state=nonsense", "sort=nonsense", "since=yesterday", "since=9999-12-31", "until=0001-01-01T00:00:00Z",
        "sha256=zz", "unknown=1", "text=" + "x" * 501,
    ],
)  # fmt: skip
async def test_what_cannot_be_understood_is_said_and_not_repeated(world: World, query: str) -> None:
    admin = await world.person("admin", Role.ADMINISTRATOR)
    answer = await world.get(admin, f"/items?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert "nonsense" not in answer.text


async def test_a_cursor_of_another_scope_shows_nothing_of_it(world: World) -> None:
    for _ in range(3):
        await world.item(f"a@{TOWN}")
    mine = await world.item(f"b@{CITY}")
    everything = await world.person("admin", Role.ADMINISTRATOR)
    cursor = (await world.get(everything, "/items?limit=1")).json()["next"]
    city = await world.person("city", Role.OPERATOR, frozenset({CITY}))
    page = (await world.get(city, "/items", params={"after": cursor, "limit": 50})).json()
    assert {row["id"] for row in page["items"]} <= {mine}


async def test_one_item_with_its_report_as_a_tree(world: World) -> None:
    item_id = await world.item()
    admin = await world.person("admin", Role.ADMINISTRATOR)
    item = (await world.get(admin, f"/items/{item_id}")).json()
    assert (item["id"], item["state"], item["goes_on"], item["subject"]) == (item_id, "held", "clean", "見積の件")
    assert item["received_at"] == "2026-11-21T03:00:00Z"
    assert [part["path"] for part in item["parts"][0]["parts"]] == ["1.1", "1.2"]
    assert item["parts"][0]["parts"][0]["findings"][0]["threat"] == "active_content"
    assert item["session"]["client"] == "192.0.2.7"


PATHS = ("", "/history", "/headers", "/texts", "/difference", "/tree", "/parts/1.2/pages", "/parts/1.2/pages/1")
DEEDS = ("release", "release-original", "original", "discard", "retry", "clean-again", "hold")


async def test_another_towns_operator_sees_nothing_and_is_told_nothing(world: World) -> None:
    """404, not 403: not even that there is such an item."""
    item_id = await world.item(f"hanako@{CITY}")
    other = await world.person("town", Role.OPERATOR, frozenset({TOWN}))
    assert (await world.get(other, "/items")).json()["items"] == []
    for path in (*PATHS, "/parts/1.2/clean", "/clean", "/approvals"):
        assert (await world.get(other, f"/items/{item_id}{path}")).status_code == 404, path
    for deed in DEEDS:
        assert (await world.post(other, f"/items/{item_id}/{deed}", {"reason": "x"})).status_code == 404, deed
    assert await world.state(item_id) is ItemState.HELD
    assert not [action for actor, action in await world.actions(item_id) if actor.startswith("user:")]
    overview = (await world.get(other, "/overview")).json()
    assert overview["now"]["held"] == 0
    assert all(not hour["items"] for hour in overview["hours"])
    queue = (await world.get(other, "/queue")).json()
    assert [hop["host"] for hop in queue["hops"]] == ["mail.town.example.jp"]
    rows = (await world.get(other, "/audit")).json()["items"]
    assert {row["actor"] for row in rows} == {"user:town"}


async def test_a_recipient_sees_their_own_mail_and_no_other_recipient(world: World) -> None:
    mine = await world.item(f"hanako@{CITY}", f"secret@{CITY}")
    other = await world.item(f"secret@{CITY}")
    hanako = await world.person("hanako", Role.USER, address=f"hanako@{CITY}")
    listed = await world.get(hanako, "/items")
    assert [row["id"] for row in listed.json()["items"]] == [mine]
    one = await world.get(hanako, f"/items/{mine}")
    history = await world.get(hanako, f"/items/{mine}/history")
    for answer in (listed, one, history):
        assert "secret@" not in answer.text
        assert "192.0.2.7" not in answer.text
    assert (await world.get(hanako, f"/items/{other}")).status_code == 404


async def test_a_recipient_looks_into_what_goes_on_and_not_into_what_is_held(world: World) -> None:
    held = await world.item(f"hanako@{CITY}")
    goes_on = await world.item(f"hanako@{CITY}", verdict=Verdict.DELIVER)
    hanako = await world.person("hanako", Role.USER, address=f"hanako@{CITY}")
    refused = await world.get(hanako, f"/items/{held}/texts")
    assert (refused.status_code, refused.json()["reason"]) == (403, "held")
    assert (await world.get(hanako, f"/items/{held}/clean")).status_code == 403
    assert (await world.get(hanako, f"/items/{goes_on}/texts")).status_code == 200


async def test_an_auditor_says_why_and_that_is_on_record(world: World) -> None:
    item_id = await world.item()
    auditor = await world.person("auditor", Role.AUDITOR)
    for path in PATHS[2:]:
        answer = await world.get(auditor, f"/items/{item_id}{path}")
        assert (answer.status_code, answer.json()["reason"]) == (422, "reason_needed"), path
    before = await world.actions(item_id)
    assert (await world.get(auditor, f"/items/{item_id}/texts", params={"reason": "照会 12"})).status_code == 200
    assert (await world.actions(item_id))[len(before) :] == [("user:auditor", "viewed")]
    rows = [row async for row in world.store.audit_rows(item_id)]
    assert "照会 12" in rows[-1].detail


async def test_every_look_is_on_record(world: World) -> None:
    item_id = await world.item()
    operator = await world.person("operator", Role.OPERATOR)
    looks = (*PATHS[2:], "/parts/1.2/clean", "/clean")
    before = len(await world.actions(item_id))
    for path in looks:
        assert (await world.get(operator, f"/items/{item_id}{path}")).status_code == 200, path
    said = (await world.actions(item_id))[before:]
    assert [actor for actor, _ in said] == ["user:operator"] * len(looks)
    assert {action for _, action in said} == {"viewed", "exported"}


async def test_pictures_of_pages(world: World) -> None:
    item_id = await world.item()
    operator = await world.person("operator", Role.OPERATOR)
    pages = (await world.get(operator, f"/items/{item_id}/parts/1.2/pages?count=9&width=400")).json()
    assert [page["number"] for page in pages["pages"]] == [1, 2, 3]
    assert base64.b64decode(pages["pages"][0]["png"]) == PNG
    picture = await world.get(operator, f"/items/{item_id}/parts/1.2/pages/2")
    assert (picture.content, picture.headers["content-type"]) == (PNG, "image/png")
    assert "sandbox" in picture.headers["content-security-policy"]
    for number in ("0", "4", "-1", "1.5", "９", "9" * 30):
        assert (await world.get(operator, f"/items/{item_id}/parts/1.2/pages/{number}")).status_code == 404, number


@pytest.mark.parametrize(
    ("why", "status"),
    [(Why.NO_SUCH_PART, 404), (Why.GONE, 410), (Why.BUSY, 503), (Why.ENCRYPTED, 409), (Why.NOT_A_MAIL, 409)],
)
async def test_why_there_is_nothing_to_see(world: World, why: Why, status: int) -> None:
    item_id = await world.item()
    world.gateway.viewer.none = NoView(why, "detail")
    operator = await world.person("operator", Role.OPERATOR)
    answer = await world.get(operator, f"/items/{item_id}/texts")
    assert (answer.status_code, answer.json()["reason"]) == (status, why.value)


async def test_a_process_without_children_says_so(world: World) -> None:
    item_id = await world.item()
    world.gateway.viewer = None
    operator = await world.person("operator", Role.OPERATOR)
    assert (await world.get(operator, f"/items/{item_id}/texts")).status_code == 503


async def test_untrusted_words_come_as_they_are_in_json_and_nothing_else(world: World) -> None:
    item_id = await world.item(subject=NASTY)
    operator = await world.person("operator", Role.OPERATOR)
    answer = await world.get(operator, f"/items/{item_id}")
    assert answer.json()["subject"] == NASTY
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
