"""Many items at once: by numbers or by a search, within the scope, with each action's own right, once for each key."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.access.rights import Role
from gateway.model import ItemState
from gateway.store.lists import Bulk
from gateway.store.queries import BulkProgress
from gateway.web.jobs import RIGHTS
from tests.unit.web.api.world import CITY, TOWN, Entrance, World


async def ended(world: World, who: Entrance, job: dict[str, Any]) -> dict[str, Any]:
    while job["state"] == "running":
        await asyncio.sleep(0.01)
        job = (await world.get(who, f"/jobs/{job['id']}")).json()
    return job


async def begin(world: World, who: Entrance, **wanted: Any) -> dict[str, Any]:
    answer = await world.post(who, "/bulk", {"reason": "一括", **wanted})
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/api/v1/jobs/{answer.json()['id']}"
    return await ended(world, who, answer.json())


async def test_discard_by_search(world: World) -> None:
    spam = [await world.item(sender="x@spam.example") for _ in range(3)]
    other = await world.item()
    operator = await world.person("operator", Role.OPERATOR)
    job = await begin(world, operator, action="discard", search={"sender": "spam.example", "state": ["held"]})
    assert (job["state"], job["progress"]["changed"]) == ("done", 3)
    assert [await world.state(each) for each in spam] == [ItemState.DISCARDED] * 3
    assert await world.state(other) is ItemState.HELD


async def test_by_numbers_each_refusal_is_counted(world: World) -> None:
    mine, strict = await world.item(), await world.item(profile="strict")
    gone = await world.item(profile="no longer in the rules")
    operator = await world.person("operator", Role.OPERATOR)
    job = await begin(world, operator, action="release", items=[mine, strict, gone, "20261121-0000-0000"])
    assert job["progress"] == {
        "seen": 4,
        "changed": 1,
        "refused": {"out_of_scope": 1, "needs_approval": 2},
        "total": 4,
    }
    again = await begin(world, operator, action="release", items=[mine])
    assert again["progress"]["refused"] == {"wrong_state": 1}


async def test_nothing_of_another_town_is_touched(world: World) -> None:
    item_id = await world.item(f"hanako@{CITY}")
    other = await world.person("town", Role.OPERATOR, frozenset({TOWN}))
    by_number = await begin(world, other, action="discard", items=[item_id])
    by_search = await begin(world, other, action="discard", search={})
    assert (by_number["progress"]["changed"], by_search["progress"]["changed"]) == (0, 0)
    assert await world.state(item_id) is ItemState.HELD


async def test_every_action_asks_for_its_right(world: World) -> None:
    auditor = await world.person("auditor", Role.AUDITOR)
    for action in RIGHTS:
        answer = await world.post(auditor, "/bulk", {"action": action.value, "reason": "x", "items": ["1"]})
        assert answer.status_code == 403, action


async def test_originals_are_released_one_by_one(world: World) -> None:
    admin = await world.person("admin", Role.ADMINISTRATOR)
    answer = await world.post(admin, "/bulk", {"action": "release_original", "reason": "x", "search": {}})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "wanted",
    [
        {"action": "discard", "reason": "x"},
        {"action": "discard", "reason": "x", "items": ["1"], "search": {}},
        {"action": "discard", "reason": "x", "items": []},
        {"action": "discard", "reason": "x", "items": ["1"] * 1_001},
        {"action": "discard", "reason": " ", "items": ["1"]},
        {"action": "discard", "reason": "x", "search": {"stat": ["held"]}},
        {"action": "discard", "reason": "x", "search": {"after": "x"}},
        {"action": "explode", "reason": "x", "items": ["1"]},
    ],
)
async def test_what_is_not_clear_is_not_begun(world: World, wanted: dict[str, Any]) -> None:
    """Above all a misspelt filter: it would mean everything."""
    item_id = await world.item()
    operator = await world.person("operator", Role.OPERATOR)
    assert (await world.post(operator, "/bulk", wanted)).status_code == 422
    assert await world.state(item_id) is ItemState.HELD


async def test_the_same_key_is_the_same_job(world: World) -> None:
    operator = await world.person("operator", Role.OPERATOR)
    colleague = await world.person("colleague", Role.OPERATOR)
    body, key = {"action": "discard", "reason": "x", "search": {}}, {"Idempotency-Key": "k1"}
    first = (await world.post(operator, "/bulk", body, headers=key)).json()["id"]
    assert (await world.post(operator, "/bulk", body, headers=key)).json()["id"] == first
    assert (await world.post(colleague, "/bulk", body, headers=key)).json()["id"] != first
    assert (await world.post(operator, "/bulk", body)).json()["id"] != first


async def test_a_job_is_its_persons_alone_and_can_be_cancelled(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        await world.item()
    operator = await world.person("operator", Role.OPERATOR)
    colleague = await world.person("colleague", Role.OPERATOR)
    real, go_on = world.store.lists.change_many, asyncio.Event()

    async def held_up(bulk: Bulk) -> AsyncIterator[BulkProgress]:
        await go_on.wait()
        async for progress in real(bulk):
            yield progress

    monkeypatch.setattr(world.store.lists, "change_many", held_up)
    begun = (await world.post(operator, "/bulk", {"action": "discard", "reason": "x", "search": {}})).json()
    assert (await world.get(colleague, f"/jobs/{begun['id']}")).status_code == 404
    assert (await world.post(colleague, f"/jobs/{begun['id']}/cancel")).status_code == 404
    assert (await world.post(operator, f"/jobs/{begun['id']}/cancel")).status_code == 200
    go_on.set()
    job = await ended(world, operator, begun)
    assert job["state"] == "cancelled"
    assert [each["id"] for each in (await world.get(operator, "/jobs")).json()["items"]] == [begun["id"]]


async def test_the_queue_is_tried_again_by_domain(world: World) -> None:
    operator = await world.person("operator", Role.OPERATOR)
    answer = await world.post(operator, "/queue/retry", {"domain": CITY})
    assert answer.status_code == 202
    job = await ended(world, operator, answer.json())
    assert (job["action"], job["state"]) == ("retry", "done")
