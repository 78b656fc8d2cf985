"""Every call × everybody who could make it: what is said. A call that is not in the table fails the test."""

import re
from typing import Any

import pytest
from fastapi.routing import APIRoute

from gateway.access.rights import Right, Role
from tests.unit.web.api.world import CITY, NOBODY, TOWN, Entrance, World

#: Who may: A administrator, O operator, P approver, E auditor, U user, T a token with items.see alone, N nobody at all.
#: The number is what they get who may, for an item or a thing that does not exist and an empty body; others get 403 and
#: nobody gets 401.
EXPECTED: dict[str, tuple[str, int]] = {
    "GET /api/v1/items": ("AOPEUT", 200),
    "GET /api/v1/items/{item_id}": ("AOPEUT", 404),
    "GET /api/v1/items/{item_id}/history": ("AOPEUT", 404),
    "GET /api/v1/items/{item_id}/headers": ("AOPEU", 404),
    "GET /api/v1/items/{item_id}/texts": ("AOPEU", 404),
    "GET /api/v1/items/{item_id}/difference": ("AOPEU", 404),
    "GET /api/v1/items/{item_id}/tree": ("AOPEU", 404),
    "GET /api/v1/items/{item_id}/parts/{path}/pages": ("AOPEU", 404),
    "GET /api/v1/items/{item_id}/parts/{path}/pages/{number}": ("AOPEU", 404),
    "GET /api/v1/items/{item_id}/parts/{path}/clean": ("AOPU", 404),
    "GET /api/v1/items/{item_id}/clean": ("AOPU", 404),
    "GET /api/v1/items/{item_id}/approvals": ("AOPEUT", 404),
    "POST /api/v1/items/{item_id}/original": ("AO", 422),
    "POST /api/v1/items/{item_id}/release": ("AO", 422),
    "POST /api/v1/items/{item_id}/release-original": ("AO", 422),
    "POST /api/v1/items/{item_id}/discard": ("AO", 422),
    "POST /api/v1/items/{item_id}/retry": ("AO", 422),
    "POST /api/v1/items/{item_id}/clean-again": ("AO", 422),
    "POST /api/v1/items/{item_id}/hold": ("AO", 422),
    "POST /api/v1/items/{item_id}/unlock": ("AO", 422),
    "POST /api/v1/unlock": ("AOPEUTN", 422),
    "GET /api/v1/approvals": ("AOPEUT", 200),
    "POST /api/v1/approvals/{approval_id}/approve": ("AP", 404),
    "POST /api/v1/approvals/{approval_id}/refuse": ("AP", 422),
    "POST /api/v1/approvals/{approval_id}/withdraw": ("AO", 404),
    "POST /api/v1/bulk": ("AOPEUT", 422),  # the action's own right comes after it: test_jobs.py
    "GET /api/v1/jobs": ("AOPEUT", 200),
    "GET /api/v1/jobs/{job_id}": ("AOPEUT", 404),
    "POST /api/v1/jobs/{job_id}/cancel": ("AOPEUT", 404),
    "GET /api/v1/statistics": ("AOPE", 200),
    "GET /api/v1/overview": ("AOPE", 200),
    "GET /api/v1/queue": ("AOE", 200),
    "POST /api/v1/queue/retry": ("AO", 202),
    "GET /api/v1/events": ("AOPEUT", 200),
    "GET /api/v1/health": ("AOPEUTN", 200),
    "GET /api/v1/system": ("AE", 200),
    "GET /metrics": ("AE", 200),
    "GET /api/v1/rules": ("AOPE", 200),
    "GET /api/v1/rules/profile": ("AOPE", 422),
    "POST /api/v1/rules/check": ("AOPE", 200),
    "POST /api/v1/try": ("AOU", 201),
    "GET /api/v1/try/{tried_id}": ("AOU", 404),
    "GET /api/v1/try/{tried_id}/clean": ("AOU", 404),
    "GET /api/v1/try/{tried_id}/pages/{side}": ("AOU", 404),
    "DELETE /api/v1/try/{tried_id}": ("AOU", 404),
    "GET /api/v1/audit": ("AOPE", 200),
    "POST /api/v1/audit/verify": ("AOPE", 202),
    "GET /api/v1/audit/verify/{job_id}": ("AOPE", 404),
    "GET /api/v1/audit/export": ("AE", 200),
    "POST /api/v1/transfers": ("AOU", 409),
    "GET /api/v1/transfers": ("AOU", 200),
    "GET /api/v1/transfers/{transfer_id}": ("AOU", 404),
    "POST /api/v1/transfers/{transfer_id}/send": ("AOU", 404),
    "DELETE /api/v1/transfers/{transfer_id}": ("AOU", 404),
    "OPTIONS /api/v1/transfers/{transfer_id}/uploads": ("AOU", 204),
    "POST /api/v1/transfers/{transfer_id}/uploads": ("AOU", 412),
    "HEAD /api/v1/uploads/{upload_id}": ("AOU", 412),
    "PATCH /api/v1/uploads/{upload_id}": ("AOU", 415),
    "DELETE /api/v1/uploads/{upload_id}": ("AOU", 412),
    "GET /api/v1/transfers/{transfer_id}/files": ("AOU", 404),
    "GET /api/v1/transfers/{transfer_id}/events": ("AOU", 404),
    "GET /api/v1/transfers/{transfer_id}/archive": ("AOU", 404),
    "GET /api/v1/files/{item_id}": ("AOU", 404),
    "GET /api/v1/files/{item_id}/report": ("AOU", 404),
    "GET /api/v1/files/{item_id}/content": ("AOU", 404),
    "POST /api/v1/files/{item_id}/password": ("AOU", 422),
    # At listeners with same_side alone (tests/unit/web/transfers); here it is for nobody, whoever they are.
    "POST /api/v1/clean": ("AOPEUTN", 404),
    "GET /api/v1/openapi.json": ("AOPEUTN", 200),
    "GET /api/v1/docs": ("AOPEUTN", 200),
    "GET /api/v1/me": ("AOPEUT", 200),
    "GET /api/v1/me/sessions": ("AOPEUT", 200),
    "DELETE /api/v1/me/sessions": ("AOPEUT", 200),
    "DELETE /api/v1/me/sessions/{session_id}": ("AOPEUT", 404),
    "POST /api/v1/me/proof": ("AOPEUT", 422),
    "POST /api/v1/me/password": ("AOPEUT", 422),
    "GET /api/v1/me/tokens": ("AOPEU", 200),
    "POST /api/v1/me/tokens": ("AOPEU", 422),
    "DELETE /api/v1/me/tokens/{token_id}": ("AOPEU", 404),
    "GET /api/v1/me/searches": ("AOPEUT", 200),
    "POST /api/v1/me/searches": ("AOPEUT", 422),
    "DELETE /api/v1/me/searches/{search_id}": ("AOPEUT", 404),
    "GET /api/v1/people": ("AE", 200),
    "POST /api/v1/people": ("A", 422),
    "GET /api/v1/people/{person_id}": ("AE", 404),
    "PATCH /api/v1/people/{person_id}": ("A", 404),
    "DELETE /api/v1/people/{person_id}": ("A", 404),
    "POST /api/v1/people/{person_id}/reset-password": ("A", 404),
    "POST /api/v1/people/{person_id}/reset-second-factor": ("A", 404),
    "GET /api/v1/people/{person_id}/sessions": ("AE", 404),
    "DELETE /api/v1/people/{person_id}/sessions": ("A", 404),
}
WHO = "AOPEUTN"
ROLES = {
    "A": Role.ADMINISTRATOR,
    "O": Role.OPERATOR,
    "P": Role.APPROVER,
    "E": Role.AUDITOR,
    "U": Role.USER,
}
#: What no API token may do, whatever its rights: a person has to be there.
NEVER_BY_TOKEN = (
    "POST /api/v1/items/{item_id}/original",
    "POST /api/v1/items/{item_id}/release-original",
    "POST /api/v1/approvals/{approval_id}/approve",
    "POST /api/v1/approvals/{approval_id}/refuse",
    "POST /api/v1/me/tokens",
    "POST /api/v1/people",
    "PATCH /api/v1/people/{person_id}",
    "DELETE /api/v1/people/{person_id}",
)
#: Needs a proof of the last minutes.
FRESH = (
    "POST /api/v1/items/{item_id}/original",
    "POST /api/v1/items/{item_id}/release-original",
    "POST /api/v1/people",
)


async def entrance(world: World, who: str) -> Entrance:
    if who == "N":
        return NOBODY
    if who == "T":
        return await world.token("program", Role.ADMINISTRATOR, frozenset({Right.ITEMS_SEE}))
    address = f"user@{CITY}" if who == "U" else ""
    return await world.person(f"person-{who.lower()}", ROLES[who], address=address)


def route_of(row: str) -> tuple[str, str]:
    method, path = row.split(" ")
    return method, re.sub(r"\{\w+\}", "1", path.replace("{item_id}", "20261121-0000-0000"))


def options_for(row: str) -> dict[str, Any]:
    if row.endswith(("/rules/check", "/try")):
        return {"content": b"", "headers": {"Content-Type": "application/octet-stream"}}
    return {} if row.startswith(("GET", "DELETE")) else {"json": {}}


async def said(world: World, row: str, who: Entrance) -> int:
    """The status; of live events, without waiting for them to end."""
    method, path = route_of(row)
    if row != "GET /api/v1/events":
        return (await world.ask(who, method, path, **options_for(row))).status_code
    return await world.first_status(who, path)


def test_the_table_names_every_call(world: World) -> None:
    served = {
        f"{method} {route.path}"
        for route in world.app.routes
        if isinstance(route, APIRoute) and route.path.startswith(("/api/", "/metrics"))
        for method in route.methods
    }
    assert served == EXPECTED.keys()


@pytest.mark.parametrize("who", WHO)
async def test_what_everybody_gets(world: World, who: str) -> None:
    asks, wrong = await entrance(world, who), {}
    for row, (allowed, status) in EXPECTED.items():
        expected = status if who in allowed else 401 if who == "N" else 403
        got = await said(world, row, asks)
        if got != expected:
            wrong[row] = (got, expected)
    assert not wrong


async def test_a_token_with_every_right_cannot_do_what_needs_a_person(world: World) -> None:
    token = await world.token("program", Role.ADMINISTRATOR)
    assert {row: await said(world, row, token) for row in NEVER_BY_TOKEN} == dict.fromkeys(NEVER_BY_TOKEN, 403)


async def test_an_old_proof_is_asked_for_again(world: World) -> None:
    stale = await world.person("admin", Role.ADMINISTRATOR, strong=False)
    for row in FRESH:
        method, path = route_of(row)
        answer = await world.ask(stale, method, path, json={})
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:kiyome:problem:proof_needed"), row


async def test_no_change_by_cookie_without_the_pages_own_value(world: World) -> None:
    """Cross-site request forgery: the cookie alone is what another site could make a browser send."""
    person = await world.person("admin", Role.ADMINISTRATOR)
    forged = Entrance({}, person.cookies)
    for row in EXPECTED:
        if row.startswith(("GET", "HEAD", "OPTIONS")) or row == "POST /api/v1/clean":
            continue
        method, path = route_of(row)
        answer = await world.ask(forged, method, path, **options_for(row))
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:kiyome:problem:cross_site"), row


async def test_another_origin_is_refused_even_with_the_value(world: World) -> None:
    person = await world.person("admin", Role.ADMINISTRATOR)
    answer = await world.post(person, "/bulk", {}, headers={"Origin": "https://evil.example"})
    assert answer.json()["type"] == "urn:kiyome:problem:cross_site"


async def test_a_wrong_token_is_nobody_even_with_a_cookie(world: World) -> None:
    person = await world.person("admin", Role.ADMINISTRATOR)
    for value in ("kiyome_wrong", "", "Bearer", "\x7f"):
        answer = await world.get(Entrance({"Authorization": f"Bearer {value}"}, person.cookies), "/items")
        assert answer.status_code == 401, value


async def test_metrics_are_of_everything_and_not_for_one_town(world: World) -> None:
    town = await world.person("town", Role.ADMINISTRATOR, frozenset({TOWN}))
    assert (await world.ask(town, "GET", "/metrics")).status_code == 403
