"""Who may use which route: asked of the running application, role by role, and held against `who_may.txt`.

A new route needs a row in gateway/web/routes.py and a line in that file, which says it once more in plain words.
"""

import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute

from gateway.access.rights import Role
from gateway.store.items import Store
from gateway.web.app import routes_of
from gateway.web.doors import Where
from gateway.web.guard import GuardedRoute
from gateway.web.pace import Pace, Rate
from gateway.web.pages import Trial
from gateway.web.routes import ROUTES
from tests.fakes.web import FakeGateway, Web, settings

WHO_MAY = Path(__file__).with_name("who_may.txt")
ADMITTED = "admitted"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(settings(tmp_path).store)
    yield opened
    await opened.close()


@pytest.fixture
def doors(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> Web:
    """The application with its guard, and behind every route nothing but a word."""

    def word_alone(route: APIRoute) -> Callable[[Request], Any]:
        async def handler(request: Request) -> Response:
            return Response(ADMITTED)

        return handler

    monkeypatch.setattr(APIRoute, "get_route_handler", word_alone)
    web = Web(FakeGateway(settings(tmp_path), store), Trial(tmp_path / "mailbox"))
    patient = Rate(burst=1_000_000, per_second=1.0)
    web.app.state.guard._addresses = web.app.state.guard._people = Pace(patient)
    return web


async def admitted(browser: httpx.AsyncClient, route: str) -> bool:
    method, path = route.split(" ")
    response = await browser.request(method, re.sub(r"\{\w+\}", "1", path))
    not_here = {404} if ROUTES[route].where is Where.SYSTEMS else set()
    assert response.status_code in {200, 303, 401, 403} | not_here, (route, response.text)
    return response.text == ADMITTED or (method == "HEAD" and response.status_code == 200)  # which has no body


async def who_is_admitted(web: Web) -> dict[str, str]:
    stranger = web.browser()
    stranger.headers["X-CSRF-Token"] = re.findall(
        r'"csrf" content="(\w+)"', (await stranger.get("/nothing")).text
    )[0]  # fmt: skip
    browsers = {role.value: await web.signed_in(await web.person(role)) for role in Role}
    found = {}
    for route in ROUTES:
        if await admitted(stranger, route):
            found[route] = "everyone"
            continue
        found[route] = (
            " ".join([name for name, browser in browsers.items() if await admitted(browser, route)]) or "nobody"
        )
    return found


def expected() -> dict[str, str]:
    lines = [line for line in WHO_MAY.read_text().splitlines() if line and not line.startswith("#")]
    return dict(re.split(r"  +", line) for line in lines)


async def test_every_route_admits_whom_it_should(doors: Web) -> None:
    found, wanted = await who_is_admitted(doors), expected()
    assert {route: found.get(route) for route in wanted | found} == {
        route: wanted.get(route) for route in wanted | found
    }


def test_the_table_has_what_is_served_and_nothing_else(tmp_path: Path, store: Store) -> None:
    web = Web(FakeGateway(settings(tmp_path), store), Trial(tmp_path / "mailbox"))
    assert {f"{method} {path}" for method, path in routes_of(web.app)} == set(ROUTES)


def test_a_route_that_is_not_in_the_table_cannot_be_served() -> None:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.router.route_class = GuardedRoute
    with pytest.raises(KeyError, match="GET /secret"):
        app.get("/secret")(lambda: None)


def test_a_route_without_the_guard_cannot_be_served() -> None:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.get("/people")(lambda: None)
    with pytest.raises(RuntimeError, match="/people is not guarded"):
        routes_of(app)


async def test_api_tokens_are_for_the_api_alone(doors: Web) -> None:
    person = await doors.person(Role.ADMINISTRATOR)
    browser = await doors.signed_in(person)
    caller = await doors.door.session(browser.cookies[doors.cookie])
    assert caller is not None
    made = await doors.door.callers.make_token(
        caller, "people", [right for right in caller.rights if right == "people.see"], 1
    )
    program = doors.browser()
    program.headers["Authorization"] = f"Bearer {made.value}"
    for route, inside in (
        ("GET /api/v1/people", True),
        ("GET /api/v1/me", True),
        ("GET /people", False),
        ("GET /account", False),
        ("POST /api/v1/people", False),
        ("GET /api/v1/me/tokens", False),
        ("POST /api/v1/me/tokens", False),
    ):
        assert await admitted(program, route) is inside, route
    program.headers["Authorization"] = "Bearer kiyome_wrong"
    program.cookies.set(doors.cookie, browser.cookies[doors.cookie])
    wrong = await program.get("/api/v1/me")  # a cookie does not make up for it
    assert (wrong.status_code, wrong.headers["www-authenticate"]) == (401, 'Bearer error="invalid_token"')
