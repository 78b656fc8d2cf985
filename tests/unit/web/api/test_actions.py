"""Actions by the API: once, with a reason, by those who may; with a second person where the profile asks for one."""

import pytest

from gateway.access.rights import RIGHTS, Role
from gateway.model import ItemState
from gateway.store.queries import Wanted
from sanitizers.rules import Verdict
from tests.unit.web.api.world import CITY, NOBODY, World


async def test_release_once(world: World) -> None:
    item_id = await world.item()
    operator = await world.person("operator", Role.OPERATOR)
    first = await world.post(operator, f"/items/{item_id}/release", {"reason": "確認済み"})
    assert (first.status_code, first.json()["state"], first.json()["approval"]) == (200, "released", None)
    assert world.gateway.woken == 1
    again = await world.post(operator, f"/items/{item_id}/release", {"reason": "確認済み"})
    assert (again.status_code, again.json()["reason"]) == (409, "wrong_state")
    assert [action for actor, action in await world.actions(item_id) if actor == "user:operator"] == ["released"]


@pytest.mark.parametrize(
    ("deed", "verdict", "state"),
    [
        ("discard", Verdict.HOLD, ItemState.DISCARDED),
        ("clean-again", Verdict.HOLD, ItemState.RECEIVED),
        ("hold", Verdict.DELIVER, ItemState.HELD),
    ],
)
async def test_deeds(world: World, deed: str, verdict: Verdict, state: ItemState) -> None:
    item_id = await world.item(verdict=verdict)
    operator = await world.person("operator", Role.OPERATOR)
    assert (await world.post(operator, f"/items/{item_id}/{deed}", {"reason": "理由"})).status_code == 200
    assert await world.state(item_id) is state


async def test_nothing_clean_to_release(world: World) -> None:
    item_id = await world.item(clean=None)
    operator = await world.person("operator", Role.OPERATOR)
    answer = await world.post(operator, f"/items/{item_id}/release", {"reason": "x"})
    assert (answer.status_code, answer.json()["reason"]) == (409, "nothing_to_deliver")


async def test_a_second_person_agrees(world: World) -> None:
    item_id = await world.item(profile="strict")
    operator = await world.person("operator", Role.OPERATOR)
    approver = await world.person("approver", Role.APPROVER)
    asked = await world.post(operator, f"/items/{item_id}/release", {"reason": "業者の見積"})
    assert (asked.status_code, asked.json()["state"], asked.json()["approval"]["state"]) == (202, "held", "waiting")
    approval = asked.json()["approval"]["id"]
    twice = await world.post(operator, f"/items/{item_id}/release", {"reason": "業者の見積"})
    assert (twice.status_code, twice.json()["reason"]) == (409, "already_asked")
    assert [each["id"] for each in (await world.get(approver, "/approvals")).json()["items"]] == [approval]
    assert (await world.post(operator, f"/approvals/{approval}/approve", {})).status_code == 403
    agreed = await world.post(approver, f"/approvals/{approval}/approve", {"reason": "可"})
    assert (agreed.status_code, agreed.json()["state"]) == (200, "released")
    assert (await world.post(approver, f"/approvals/{approval}/approve", {})).status_code in {404, 409}


async def test_who_asked_cannot_agree_by_session_or_token(world: World) -> None:
    item_id = await world.item(profile="strict")
    admin = await world.person("admin", Role.ADMINISTRATOR)
    token = await world.token("admin", Role.ADMINISTRATOR, RIGHTS[Role.ADMINISTRATOR])
    asked = await world.post(token, f"/items/{item_id}/release", {"reason": "x"})
    approval = asked.json()["approval"]["id"]
    same = await world.post(admin, f"/approvals/{approval}/approve", {})
    assert (same.status_code, same.json()["reason"]) == (409, "same_person")
    assert await world.state(item_id) is ItemState.HELD


async def test_who_asked_as_a_recipient_cannot_agree_as_an_approver(world: World) -> None:
    item_id = await world.item(profile="strict")
    approver = await world.person("approver", Role.APPROVER, address="buchou@city.example.jp")
    asker = "recipient:Buchou@City.example.jp"
    asked = await world.store.approvals.ask(item_id, Wanted.ORIGINAL, reason="x", actor=asker)
    same = await world.post(approver, f"/approvals/{asked.id}/approve", {})
    assert (same.status_code, same.json()["reason"]) == (409, "same_person")
    assert await world.state(item_id) is ItemState.HELD


async def test_agreeing_to_an_original_needs_a_fresh_proof(world: World) -> None:
    item_id = await world.item()
    stale = await world.person("approver", Role.APPROVER, strong=False)
    asked = await world.store.approvals.ask(item_id, Wanted.ORIGINAL, reason="x", actor=f"recipient:hanako@{CITY}")
    path = f"/approvals/{asked.id}/approve"
    answer = await world.post(stale, path, {})
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:kiyome:problem:proof_needed")
    for method in ("GET", "POST"):
        page = await world.ask(stale, method, path, **({"data": {"reason": ""}} if method == "POST" else {}))
        assert (page.status_code, page.headers["location"]) == (303, f"/confirm?next={path}")
    assert await world.state(item_id) is ItemState.HELD
    fresh = await world.person("boss", Role.APPROVER)
    assert (await world.post(fresh, path, {})).status_code == 200
    assert await world.state(item_id) is ItemState.RELEASED


async def test_refused_or_withdrawn_stays_held(world: World) -> None:
    operator = await world.person("operator", Role.OPERATOR)
    colleague = await world.person("colleague", Role.OPERATOR)
    approver = await world.person("approver", Role.APPROVER)
    for who, deed in ((approver, "refuse"), (operator, "withdraw")):
        item_id = await world.item(profile="strict")
        asked = await world.post(operator, f"/items/{item_id}/release", {"reason": "x"})
        approval = asked.json()["approval"]["id"]
        assert (await world.post(colleague, f"/approvals/{approval}/withdraw")).status_code == 403
        body = {"reason": "だめ"} if deed == "refuse" else None
        assert (await world.post(who, f"/approvals/{approval}/{deed}", body)).status_code == 200
        assert await world.state(item_id) is ItemState.HELD
        states = [each["state"] for each in (await world.get(operator, f"/items/{item_id}/approvals")).json()["items"]]
        assert states == [{"refuse": "refused", "withdraw": "withdrawn"}[deed]]


async def test_another_towns_approver_is_told_nothing(world: World) -> None:
    item_id = await world.item(profile="strict")
    operator = await world.person("operator", Role.OPERATOR, frozenset({CITY}))
    stranger = await world.person("stranger", Role.APPROVER, frozenset({"other.example.jp"}))
    asked = await world.post(operator, f"/items/{item_id}/release", {"reason": "x"})
    approval = asked.json()["approval"]["id"]
    assert (await world.get(stranger, "/approvals")).json()["items"] == []
    assert (await world.post(stranger, f"/approvals/{approval}/approve", {})).status_code == 404


async def test_a_form_of_another_site_is_no_call(world: World) -> None:
    operator = await world.person("operator", Role.OPERATOR)
    for media in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        answer = await world.ask(
            operator, "POST", "/api/v1/bulk", content=b'{"action":"discard"}', headers={"Content-Type": media}
        )
        assert (answer.status_code, answer.json()["type"]) == (415, "urn:kiyome:problem:media_type"), media


async def test_passwords_of_a_recipient(world: World) -> None:
    async def unlock(token: str, code: str, *passwords: str) -> tuple[int, str]:
        body = {"token": token, "code": code, "passwords": passwords}
        answer = await world.post(NOBODY, "/unlock", body)
        assert "himitsu" not in answer.text
        return answer.status_code, answer.json().get("answer") or answer.json()["reason"]

    assert await unlock("link", "1", "himitsu") == (200, "opened")
    assert await unlock("link", "1", "falsch") == (403, "wrong")
    assert await unlock("link", "slow", "x") == (429, "wait")
    assert await unlock("stolen", "1", "himitsu") == (410, "over")
    wrong = await world.post(NOBODY, "/unlock", {"token": "link", "code": "1", "passwords": ["falsch"]})
    told = {name: wrong.json()[name] for name in ("answer", "wait_seconds", "tries_left")}
    assert told == {"answer": "wrong", "wait_seconds": 1, "tries_left": 4}
    slow = await world.post(NOBODY, "/unlock", {"token": "link", "code": "slow", "passwords": ["x"]})
    assert (slow.headers["retry-after"], slow.json()["wait_seconds"]) == ("7", 7)
    world.gateway.locksmith = None
    answer = await world.post(NOBODY, "/unlock", {"token": "link", "code": "1", "passwords": ["himitsu"]})
    assert answer.status_code == 503
