"""Another municipality's people, and a recipient among blind copies: whatever they ask for, by every route there is."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from gateway.access.model import PersonState
from gateway.access.rights import NOT_FOR_TOKENS, RIGHTS, Right, Role
from gateway.model import Item, ItemState, Segment
from gateway.store.people import PersonChange
from gateway.store.queries import Wanted
from gateway.store.transfers import TransferDraft
from gateway.store.upload_rows import UploadDraft
from gateway.store.uploads import Limits
from gateway.web.doors import Where
from gateway.web.routes import ROUTES
from tests.unit.web.api.world import CITY, TOWN, Entrance, World

HANAKO, JIRO = f"hanako@{CITY}", f"jiro@{CITY}"
SUBJECT = "極秘の見積"
LOGIN = "city-operator"
ENDLESS = "GET /api/v1/events"  # tests/unit/web/api/test_events.py
#: The same for everybody.
GUIDES = "/manual"
#: Ends what the asker is: asked last, or not at all.
ENDS = frozenset({"POST /sign-out", "DELETE /api/v1/me/sessions", "POST /account/sessions/end"})


class Secrets(msgspec.Struct, frozen=True):
    """Things of the city, by the name that a route has for them."""

    ids: dict[str, str]
    words: tuple[str, ...]

    def at(self, path: str) -> str:
        """The route's path with the city's numbers in it."""
        return re.sub(r"\{(\w+)\}", lambda found: self.ids.get(found[1], "1"), path)


async def furnished(world: World) -> Secrets:
    """One of everything that has a number."""
    owner = await world.person(LOGIN, Role.ADMINISTRATOR, frozenset({CITY}))
    item_id = await world.item(HANAKO, JIRO, subject=SUBJECT)
    asked = await world.store.approvals.ask(item_id, Wanted.CLEAN, reason="城下町", actor=f"user:{LOGIN}")
    tried = await world.post(owner, "/try?name=shiro.txt", content=b"x", headers=_BYTES)
    job = await world.post(owner, "/bulk", {"action": "retry", "reason": "城下町", "items": [item_id]})
    search = await world.post(owner, "/me/searches", {"name": "城下町", "query": "state=held"})
    person = await world.store.people.find(LOGIN)
    assert person is not None
    draft = TransferDraft(
        person_id=person.id,
        actor=f"user:{LOGIN}",
        address=HANAKO,
        side=Segment.INTERNET,
        recipients=(HANAKO,),
        expires_at=datetime.now(UTC) + timedelta(days=1),
        title="城下町",
        profile="standard",
    )
    transfer = await world.store.transfers.create(draft)
    upload = await world.store.uploads.begin(
        UploadDraft(transfer_id=transfer.id, name="城下町.txt", length=1), Limits(9, 9)
    )
    (session,) = await world.store.people.sessions.list(person.id)
    made = await world.post(owner, "/me/tokens", {"name": "城下町", "rights": ["items.see"], "days": 1})
    picture = await world.ask(owner, "GET", f"/items/{item_id}/parts/1.2/pages")
    hung = re.search(r'src="/pictures/([\w-]+)/0"', picture.text)
    assert hung
    ids = {
        "item_id": item_id,
        "approval_id": asked.id,
        "tried_id": tried.json()["id"],
        "job_id": job.json()["id"],
        "search_id": search.json()["id"],
        "person_id": person.id,
        "session_id": session.id,
        "token_id": made.json()["token"]["id"],
        "transfer_id": transfer.id,
        "upload_id": upload.id,
        "path": "1.2",
        "number": "1",
        "side": "after",
        "token": hung[1],
    }
    return Secrets(ids, (item_id, SUBJECT, HANAKO, JIRO, LOGIN, "城下町", asked.id))


#: What the protocol of uploads wants before it looks for anything.
_TUS = {
    "Tus-Resumable": "1.0.0",
    "Upload-Length": "1",
    "Upload-Metadata": "filename eA==",
    "Upload-Offset": "0",
    "Content-Type": "application/offset+octet-stream",
}
_BYTES = {"Content-Type": "application/octet-stream"}


def every_route() -> list[str]:
    return sorted(each for each in ROUTES.keys() - ENDS - {ENDLESS} if GUIDES not in each)


async def asked(world: World, who: Entrance, route: str, secrets: Secrets) -> Any:
    method, path = route.split(" ")
    options: dict[str, Any] = {}
    if method in {"POST", "PATCH"}:
        said = {
            "reason": "x",
            "passwords": "himitsu",
            "login": LOGIN if "{person_id}" in path else "x",
            "session": "",
            "token": "",
            "query": "",
            "role": "administrator",
            "name": "x",
        }
        api = {"reason": "x"} if method == "POST" else {"name": "taken over"}
        if path.endswith("{item_id}/unlock") and "/api/" in path:
            api = {"passwords": ["himitsu"]}  # type: ignore[dict-item]
        if path == "/bulk" or path.endswith("/bulk/begin"):
            said |= {"action": "discard", "which": "chosen", "item": secrets.ids["item_id"]}
        if path.endswith("/password") and "/files/" in path:
            api = {"password": "himitsu"}
        options = {"json": api} if path.startswith("/api/") else {"data": said}
    if "/uploads" in path:
        options = {"headers": _TUS}
    return await world.ask(who, method, secrets.at(path), **options)


async def everything_of(world: World, secrets: Secrets) -> list[Any]:
    """What must be as it was."""
    people = world.store.people
    item: Item | None = await world.store.item(secrets.ids["item_id"])
    person = await people.get(secrets.ids["person_id"])
    return [
        item,
        person,
        await people.sessions.list(secrets.ids["person_id"]),
        await people.tokens.list(secrets.ids["person_id"]),
        await people.searches.list(secrets.ids["person_id"]),
        await world.store.approvals.of(secrets.ids["item_id"]),
        await world.actions(secrets.ids["item_id"]),
    ]


@pytest.mark.parametrize("role", Role)
async def test_by_no_route_is_another_towns_anything_seen_or_changed(world: World, role: Role) -> None:
    """Guessed numbers (insecure direct object references): as if there were nothing."""
    secrets = await furnished(world)
    before = await everything_of(world, secrets)
    stranger = await world.person("town", role, frozenset({TOWN}), f"town@{TOWN}")
    wrong = {}
    for route in every_route():
        answer = await asked(world, stranger, route, secrets)
        told = [word for word in secrets.words if word in answer.text and word not in secrets.at(route)]
        has_number = ("_id}" in route and not route.startswith("OPTIONS")) or "{token}/{number}" in route
        if told or (has_number and answer.status_code not in {303, 403, 404, 405, 410}):
            wrong[route] = (answer.status_code, told)
        if has_number and answer.status_code == 303:  # to prove again who one is, or to the items: never to a deed
            assert re.match(r"/(confirm|sign-in|$)", answer.headers["location"]), route
    assert wrong == {}
    assert await everything_of(world, secrets) == before


async def test_the_owner_sees_all_of_it(world: World) -> None:
    """Or the test above would show nothing."""
    secrets = await furnished(world)
    owner = await world.person(LOGIN, Role.ADMINISTRATOR, frozenset({CITY}))
    seen = " ".join([(await asked(world, owner, route, secrets)).text for route in sorted(_SHOWING)])
    assert [word for word in secrets.words if word not in seen] == []


_SHOWING = {
    "GET /api/v1/items",
    "GET /approvals",
    "GET /people",
    "GET /api/v1/approvals",
    "GET /api/v1/items/{item_id}",
}


# Blind copies


@pytest.fixture
async def blind(world: World) -> tuple[World, Entrance, Secrets]:
    """Hanako's mail, of which Jiro got a blind copy and asked for the original."""
    item_id = await world.item(HANAKO, JIRO, subject="お知らせ")
    asked_for = await world.store.approvals.ask(item_id, Wanted.ORIGINAL, reason="次郎です", actor=f"recipient:{JIRO}")
    await world.item(JIRO, subject="次郎への手紙")
    who = await world.person("hanako", Role.USER, address=HANAKO)
    ids = {"item_id": item_id, "approval_id": asked_for.id, "path": "1.2", "number": "1"}
    return world, who, Secrets(ids, (JIRO, "次郎"))


async def test_by_no_route_does_a_recipient_learn_of_the_others(blind: tuple[World, Entrance, Secrets]) -> None:
    world, hanako, secrets = blind
    for route in every_route():
        answer = await asked(world, hanako, route, secrets)
        assert not [word for word in secrets.words if word in answer.text], (route, answer.text)


@pytest.mark.parametrize("text", ["jiro", JIRO, f"jiro@{CITY}", "jir"])
async def test_no_search_tells_a_recipient_of_the_others(blind: tuple[World, Entrance, Secrets], text: str) -> None:
    """That something is found would say it."""
    world, hanako, _ = blind
    operator = await world.person("operator", Role.OPERATOR)
    for field in ("text", "recipient"):
        found = await world.get(hanako, "/items", params={field: text})
        assert (found.json()["items"], found.json()["total"]) == ([], 0), field
        assert JIRO not in (await world.ask(hanako, "GET", "/items", params={field: "hanako"})).text
        assert len((await world.get(operator, "/items", params={field: text})).json()["items"]) == 2
    for item_id in ("", (await world.get(hanako, "/items")).json()["items"][0]["id"]):
        assert len((await world.get(hanako, "/items", params={"text": item_id})).json()["items"]) == 1


async def test_a_recipient_sees_what_they_asked_for_themselves(world: World) -> None:
    item_id = await world.item(HANAKO, JIRO)
    await world.store.approvals.ask(item_id, Wanted.ORIGINAL, reason="花子です", actor=f"recipient:{HANAKO}")
    hanako = await world.person("hanako", Role.USER, address=HANAKO)
    (mine,) = (await world.get(hanako, "/approvals")).json()["items"]
    assert (mine["reason"], mine["asked_by"]) == ("花子です", f"recipient:{HANAKO}")
    await world.store.approvals.refuse(mine["id"], actor="user:approver", answer="no")
    (mine,) = (await world.get(hanako, f"/items/{item_id}/approvals")).json()["items"]
    assert (mine["state"], mine["decided_by"], mine["answer"]) == ("refused", "", "no")


# Tokens


def narrowed(rights: frozenset[Right], right: Right) -> frozenset[Right]:
    return (rights - {right}) - NOT_FOR_TOKENS


async def test_a_token_cannot_do_what_it_was_not_given(world: World) -> None:
    """For each right: a token with all the others is refused by every call that asks for it."""
    for right in sorted(RIGHTS[Role.ADMINISTRATOR] - NOT_FOR_TOKENS):
        token = await world.token("program", Role.ADMINISTRATOR, narrowed(RIGHTS[Role.ADMINISTRATOR], right))
        calls = [
            route
            for route, row in ROUTES.items()
            if row.need is right and " /api/" in route and route != ENDLESS and row.where is not Where.SYSTEMS
        ]
        for route in calls:
            method, path = route.split(" ")
            answer = await world.ask(token, method, re.sub(r"\{\w+\}", "1", path))
            assert answer.status_code == 403, (right, route)


@pytest.mark.parametrize(
    "change",
    [
        PersonChange(state=PersonState.DISABLED),
        PersonChange(role=Role.USER, address=f"nobody@{TOWN}"),
        PersonChange(domains=frozenset({TOWN})),
        None,
    ],
    ids=["locked", "demoted", "moved", "removed"],
)
async def test_what_somebody_had_is_worth_nothing_at_once(world: World, change: PersonChange | None) -> None:
    item_id = await world.item(HANAKO)
    token = await world.token("clerk", Role.OPERATOR)
    session = await world.person("clerk", Role.OPERATOR)
    assert [(await world.get(who, f"/items/{item_id}")).status_code for who in (token, session)] == [200, 200]
    clerk = await world.store.people.find("clerk")
    assert clerk is not None
    if change is None:
        await world.store.people.remove(clerk.id, actor="test")
    else:
        await world.store.people.change(clerk.id, change, actor="test")
    assert (await world.get(token, f"/items/{item_id}")).status_code in {401, 403, 404}
    assert (await world.get(session, f"/items/{item_id}")).status_code == 401
    for deed in ("release", "discard"):
        answer = await world.post(token, f"/items/{item_id}/{deed}", {"reason": "x"})
        assert answer.status_code in {401, 403, 404}
    assert await world.state(item_id) is ItemState.HELD


async def test_a_picture_is_for_one_session(world: World) -> None:
    """Not even for the same person's other one."""
    secrets = await furnished(world)
    other = await world.person(LOGIN, Role.ADMINISTRATOR, frozenset({CITY}))
    assert (await world.ask(other, "GET", secrets.at("/pictures/{token}/0"))).status_code == 404
