"""Requests that no browser of ours would send: tricks with paths, bodies, headers and methods. None gets anywhere."""

import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from gateway.access.rights import Role
from gateway.model import ItemState
from gateway.web.doors import Where
from gateway.web.guard import SAFE_METHODS
from gateway.web.routes import ROUTES, Access
from tests.unit.web.api.world import CITY, NOBODY, Entrance, World

FORM = "application/x-www-form-urlencoded"
ORIGIN = "http://kiyome.test"
#: Ends the session of whoever asks.
ENDS = frozenset({"POST /sign-out", "DELETE /api/v1/me/sessions", "POST /account/sessions/end"})
POSTS = sorted(route for route in ROUTES if route.startswith("POST ") and route not in ENDS)
#: Calls that take something else, or nothing.
NO_JSON = ("/try", "/rules/check", "/withdraw", "/cancel", "/verify")
JSON_CALLS = [route for route in POSTS if " /api/" in route and not route.endswith(NO_JSON)]


@pytest.fixture
async def admin(world: World) -> Entrance:
    return await world.person("admin", Role.ADMINISTRATOR)


def path_of(route: str, value: str = "1") -> str:
    return re.sub(r"\{\w+\}", value, route.partition(" ")[2])


# Requests that another site makes a browser send


async def test_no_page_does_anything_without_a_value_of_its_own(world: World, admin: Entrance) -> None:
    item_id = await world.item(f"hanako@{CITY}")
    forged = Entrance({}, admin.cookies)
    before = await world.actions()
    for route in ROUTES:
        method = route.partition(" ")[0]
        if method in SAFE_METHODS or ROUTES[route].where is Where.SYSTEMS:  # of which there is none at this door
            continue
        path = path_of(route.replace("{item_id}", item_id))
        fields = {"reason": "x", "which": "chosen", "action": "discard", "item": item_id}
        for headers in ({}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": "0" * 64}, {"X-CSRF-Token": "\xff"}):
            sent = {name: value.encode("latin-1") for name, value in headers.items()}
            answer = await world.ask(forged, method, path, data=fields, headers=sent)
            assert answer.status_code == 403, (route, headers, answer.text)
        for headers in ({"Origin": "null"}, {"Origin": "https://kiyome.test"}, {"Sec-Fetch-Site": "same-site"}):
            assert (await world.ask(admin, method, path, data=fields, headers=headers)).status_code == 403, route
    assert await world.state(item_id) is ItemState.HELD
    assert await world.actions() == before


async def test_what_is_only_read_changes_nothing(world: World, admin: Entrance) -> None:
    """A link alone, which a cookie goes with, at most puts on record that somebody looked."""
    item_id = await world.item(f"hanako@{CITY}")
    for route in sorted(ROUTES):
        if not route.startswith("GET ") or "/events" in route or "manual" in route:
            continue
        await world.ask(admin, "GET", path_of(route.replace("{item_id}", item_id).replace("{path}", "1.2")))
    assert await world.state(item_id) is ItemState.HELD
    done = {action for actor, action in await world.actions() if actor == "user:admin"}
    assert done <= {"signed_in", "viewed", "exported", "audit_exported"}


# Paths

TRICKS = [
    "../../../../etc/passwd",
    "..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "..%252f..%252fetc%252fpasswd",
    "....//....//etc/passwd",
    "..%5c..%5cetc%5cpasswd",
    "%2fetc%2fpasswd",
    "file:%2f%2f%2fetc%2fpasswd",
    "passwd%00.png",
    "kiyome.db",
    "..%2fkiyome.db",
    "%c0%ae%c0%ae%2fetc%2fpasswd",
]


@pytest.mark.parametrize("trick", TRICKS)
async def test_no_path_leads_out_of_what_is_offered(world: World, admin: Entrance, trick: str) -> None:
    item_id = await world.item(f"hanako@{CITY}")
    for route in sorted(ROUTES):
        if not route.startswith("GET ") or "{" not in route or route == "GET /unlock/{token}":  # the same for any token
            continue
        for name in set(re.findall(r"\{\w+\}", route)):
            path = path_of(route.replace(name, trick).replace("{item_id}", item_id))
            answer = await raw(world, admin, "GET", path)
            drawn = "/pages" in route and name == "{path}"  # the fake viewer draws anything
            assert answer.status_code in {400, 404, 409, 410, 422, 200 if drawn else 404}, (path, answer.status_code)
            assert b"root:" not in answer.content
            assert b"SQLite format" not in answer.content


async def raw(
    world: World, who: Entrance, method: str, path: str, query: bytes = b"", **headers: str
) -> httpx.Response:
    """As it stands on the wire: no client has put the path right, and no header is too strange."""
    said: dict[str, Any] = {}
    pieces = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        said.update(message) if message["type"] == "http.response.start" else pieces.append(message.get("body", b""))

    cookie = "; ".join(f"{name}={value}" for name, value in who.cookies.items())
    sent = {"host": "kiyome.test", "cookie": cookie, **who.headers, **headers}
    await world.app(
        {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": httpx.URL(f"http://x/{path.lstrip('/')}").path if ".." not in path else unquoted(path),
            "raw_path": path.encode(),
            "query_string": query,
            "root_path": "",
            "headers": [
                (name.replace("_", "-").lower().encode(), each.encode("latin-1")) for name, each in sent.items()
            ],
            "client": ("192.0.2.1", 1),
            "server": ("kiyome.test", 80),
        },
        receive,
        send,
    )
    return httpx.Response(said["status"], headers=said["headers"], content=b"".join(pieces))


def unquoted(path: str) -> str:
    return httpx.QueryParams(f"x={path}")["x"]


# Bodies


async def endless(read: list[int]) -> AsyncIterator[bytes]:
    """For as long as anybody should wait; what was taken of it is counted."""
    for _ in range(100):
        read[0] += 65_536
        yield b"y" * 65_536


@pytest.mark.parametrize("route", [route for route in POSTS if not route.endswith("/try")])
async def test_no_body_without_an_end_is_read(world: World, admin: Entrance, route: str) -> None:
    media = "application/json" if " /api/" in route else FORM
    read = [0]
    headers = {"Content-Type": "text/plain" if route.endswith("/check") else media}
    answer = await world.ask(admin, "POST", path_of(route), content=endless(read), headers=headers)
    assert 400 <= answer.status_code < 500 or route.endswith("/verify")
    assert read[0] <= 6 * 65_536
    announced = {"Content-Type": media, "Content-Length": str(2**40)}
    answer = await world.ask(admin, "POST", path_of(route), content=b"{}", headers=announced)
    assert answer.status_code in {413, 404}, route


DEEP = 200_000
NONSENSE = [
    b"[" * DEEP,
    b'{"reason":' * DEEP,
    b'{"x":' * 5_000 + b"1" + b"}" * 5_000,
    b'{"reason": NaN}',
    b'{"days": 1e999, "name": "x", "rights": []}',
    b'{"days": ' + b"9" * 5_000 + b', "name": "x", "rights": []}',
    b'{"reason": "\\ud800"}',
    b'{"reason": "a\\u0000b", "name": "a\\u0000b", "login": "a\\u0000b"}',
    b'{"items": ["\\u0000"], "action": "discard", "reason": "x"}',
    b'{"search": {"text": "\\u0000"}, "action": "discard", "reason": "x"}',
    b'{"search": {"until": "9999-12-31T23:59:59Z"}, "action": "discard", "reason": "x"}',
    b"\xff\xfe{}",
    b"\xef\xbb\xbf{}",
    b"null",
    b"[]",
    b'"x"',
    b"",
]


@pytest.mark.parametrize("body", NONSENSE, ids=lambda body: repr(body[:24]))
async def test_nonsense_is_refused_by_every_call(world: World, admin: Entrance, body: bytes) -> None:
    item_id = await world.item(f"hanako@{CITY}")
    for route in JSON_CALLS:
        path = path_of(route.replace("{item_id}", item_id))
        answer = await world.ask(admin, "POST", path, content=body, headers={"Content-Type": "application/json"})
        assert 400 <= answer.status_code < 500, (route, answer.status_code)
    assert await world.state(item_id) is ItemState.HELD


@pytest.mark.parametrize("text", ["\0", "\ud800", "\U0010ffff", "\u202e", "9" * 5_000, "a\r\nSet-Cookie: x=1"])
async def test_no_text_in_an_address_is_too_strange(world: World, admin: Entrance, text: str) -> None:
    item_id = await world.item(f"hanako@{CITY}")
    value = quote(text.encode("utf-8", "surrogatepass"), safe="")
    names = ("text", "recipient", "after", "since", "limit", "q", "actor", "item_id", "before", "lang", "next", "first")
    for route in sorted(ROUTES):
        if not route.startswith("GET ") or "/events" in route or "manual" in route:
            continue
        path = path_of(route.replace("{item_id}", item_id))
        for address in (path + "?" + "&".join(f"{name}={value}" for name in names), path_of(route, value)):
            answer = await world.ask(admin, "GET", address)
            assert answer.status_code < 500, (address[:80], answer.status_code)
            assert "x=1" not in answer.headers.get("set-cookie", "")
        if text == "\0":
            answer = await world.ask(admin, "GET", f"{path}?{names[0]}={value}")
            assert answer.status_code == (404 if "/mailbox" in route else 422), route  # that one is of a trial run


async def test_a_form_with_nul_is_no_form(world: World, admin: Entrance) -> None:
    item_id = await world.item(f"hanako@{CITY}")
    for reason in ("a%00b", "a\0b"):
        sent = {"content": f"reason={reason}".encode(), "headers": {"Content-Type": FORM}}
        assert (await world.ask(admin, "POST", f"/items/{item_id}/discard", **sent)).status_code == 422
    assert await world.state(item_id) is ItemState.HELD


# Headers and methods


async def test_an_address_with_bytes_that_no_browser_sends_is_refused(world: World, admin: Entrance) -> None:
    for who in (admin, NOBODY):
        for path in ("/items", "/sign-in", "/api/v1/items", "/nothing"):
            answer = await raw(world, who, "GET", path, query=b"text=\xff\xfe")
            assert answer.status_code in {404, 422}, path


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example/api/v1", "", "a b", "[", "kiyome.test:99999999", "\xff"]
)
async def test_what_is_said_of_the_host_is_in_no_answer(world: World, host: str) -> None:
    for path in ("/", "/items?x=y", "/people/new", "/sign-in", "/api/v1/me", "/nothing"):
        answer = await raw(world, NOBODY, "GET", path.partition("?")[0], Host=host)
        assert answer.status_code in {200, 303, 401, 404}
        location = answer.headers.get("location", "/")
        assert location.startswith("/")
        assert not location.startswith("//")
        assert b"evil" not in answer.content


async def test_no_host_makes_a_page_a_call_of_the_api(world: World) -> None:
    """Tokens are for the API alone."""
    token = await world.token("program", Role.ADMINISTRATOR)
    for host in ("x/api/", "x/api/v1?", "x/api/v1#"):
        answer = await raw(world, token, "GET", "/items", Host=host)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/items")


async def test_methods_that_are_not_offered_are_refused_and_none_is_put_in_anothers_place(
    world: World, admin: Entrance
) -> None:
    item_id = await world.item(f"hanako@{CITY}")
    for path in (f"/items/{item_id}", f"/api/v1/items/{item_id}/discard", f"/items/{item_id}/discard", "/sign-in"):
        for method in ("HEAD", "OPTIONS", "TRACE", "PUT", "CONNECT", "PROPFIND", "get", "GETX"):
            answer = await raw(world, admin, method, path)
            assert answer.status_code == 405, (method, path)
            assert "access-control-allow-origin" not in answer.headers
    for name in ("X_HTTP_Method_Override", "X_Method_Override", "X_HTTP_Method"):
        answer = await raw(world, admin, "GET", f"/api/v1/items/{item_id}", **{name: "DELETE"})
        assert answer.status_code == 200
        answer = await raw(
            world, admin, "GET", f"/items/{item_id}/discard", query=b"_method=POST&reason=x", **{name: "POST"}
        )
        assert answer.status_code == 200
    assert await world.state(item_id) is ItemState.HELD


async def test_no_other_site_may_read_anything(world: World, admin: Entrance) -> None:
    """No route has a word for other origins; the browser then keeps the answer from them."""
    for route, row in ROUTES.items():
        if not route.startswith("GET ") or "/events" in route or "manual" in route:
            continue
        answer = await world.ask(admin, "GET", path_of(route), headers={"Origin": "https://evil.example"})
        assert not [name for name in answer.headers if name.startswith("access-control-")], route
        assert answer.headers["cross-origin-resource-policy"] == "same-origin", route
        assert answer.headers["x-content-type-options"] == "nosniff", route
        assert answer.headers["x-frame-options"] == "DENY", route
        if row.need is not Access.PUBLIC:
            assert answer.headers["cache-control"] == "no-store", route


async def test_everything_that_is_saved_is_saved_and_not_shown(world: World, admin: Entrance) -> None:
    item_id = await world.item(f"hanako@{CITY}")
    for path in (f"/api/v1/items/{item_id}/clean", f"/api/v1/items/{item_id}/parts/1.2/clean", "/audit/export"):
        answer = await world.ask(admin, "GET", path)
        assert answer.status_code == 200
        assert answer.headers["content-disposition"].startswith("attachment; ")
        assert "sandbox" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
