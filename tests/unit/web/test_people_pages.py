"""The administration of people and the page about oneself, as pages and by the API: the same rules for both."""

import html
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest

from gateway.access.rights import Right, Role
from gateway.store.items import Store
from gateway.store.tokens import NewToken
from tests.fakes.web import PASSWORD, FakeGateway, Web, settings

CITY = frozenset({"city.example.jp"})
NASTY = "<script>alert(1)</script>"
WITH_JSON = {"login": "taro", "name": "山田 太郎", "address": "taro@city.example.jp", "role": "operator"}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(settings(tmp_path).store)
    yield opened
    await opened.close()


@pytest.fixture
def web(tmp_path: Path, store: Store) -> Web:
    return Web(FakeGateway(settings(tmp_path), store))


def secret_of(page: str) -> str:
    return html.unescape(re.findall(r'<code class="secret">([^<]+)</code>', page)[0])


async def details(store: Store) -> list[tuple[str, str]]:
    return [(row.actor, row.action) async for row in store.audit_rows()]


async def test_an_account_is_made_on_the_page_and_signs_in(web: Web) -> None:
    admin = await web.signed_in(await web.person(Role.ADMINISTRATOR, "admin"))
    form = {**WITH_JSON, "domains": "city.example.jp, town.example.jp"}
    page = await admin.post("/people/new", data=form)
    password = secret_of(page.text)
    assert re.fullmatch(r"(?:[a-z2-9]{4}-){3}[a-z2-9]{4}", password)
    person = await web.store.people.find("taro")
    assert person is not None
    assert (person.name, person.domains) == ("山田 太郎", CITY | {"town.example.jp"})
    assert ("user:admin", "person_added") in await details(web.store)
    assert "taro" in (await admin.get("/people?q=太郎")).text
    assert password not in (await admin.get(f"/people/{person.id}")).text
    browser = web.browser()
    token = re.findall(r'name="csrf" value="(\w+)"', (await browser.get("/sign-in")).text)[0]
    answer = await browser.post("/sign-in", data={"csrf": token, "login": "taro", "password": password})
    assert answer.headers["location"].startswith("/sign-in/password")


async def test_an_account_is_made_changed_and_removed_by_the_api(web: Web) -> None:
    admin = await web.signed_in(await web.person(Role.ADMINISTRATOR, "admin"))
    made = (await admin.post("/api/v1/people", json={**WITH_JSON, "domains": sorted(CITY)})).json()
    address = f"/api/v1/people/{made['person']['id']}"
    assert made["one_time_password"].count("-") == 3
    assert (await admin.get(address)).json() == made["person"]
    changed = await admin.patch(address, json={"role": "auditor", "domains": None})
    assert (changed.json()["role"], changed.json()["domains"], changed.json()["name"]) == ("auditor", None, "山田 太郎")
    again = await admin.post(f"{address}/reset-password")
    assert again.json()["one_time_password"] != made["one_time_password"]
    assert (await admin.post(f"{address}/reset-second-factor")).status_code == 204
    assert (await admin.delete(f"{address}/sessions")).json() == {"ended": 0}
    assert (await admin.delete(address)).status_code == 204
    assert (await admin.get(address)).status_code == 404


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"login": "a b"}, 422),
        ({"role": "king"}, 422),
        ({"surprise": 1}, 422),
        ({"address": "x"}, 422),
        ({"domains": ["-"]}, 422),
        ({"login": "admin"}, 409),
    ],
)
async def test_what_cannot_be_an_account_is_said_in_one_shape(web: Web, change: dict[str, Any], status: int) -> None:
    admin = await web.signed_in(await web.person(Role.ADMINISTRATOR, "admin"))
    answer = await admin.post("/api/v1/people", json=WITH_JSON | change)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert {"type", "title", "status"} <= answer.json().keys()
    page = await admin.post(
        "/people/new", data={"role": "operator"} | WITH_JSON | {k: str(v) for k, v in change.items()}
    )
    if "surprise" not in change:
        assert page.status_code == 422
        assert ("aria-invalid" in page.text) == (change.get("role") != "king")


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("path", ["/api/v1/people", "/api/v1/me/searches", "/people/new", "/searches"])
async def test_what_is_too_large_is_said_in_our_own_shape(web: Web, path: str, announced: bool) -> None:
    admin = await web.signed_in(await web.person(Role.ADMINISTRATOR, "admin"))

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 1_000

    kind = "application/json" if path.startswith("/api") else "application/x-www-form-urlencoded"
    length = {"Content-Length": "100000"} if announced else {}
    answer = await admin.post(path, content=pieces(), headers={"Content-Type": kind, **length})
    assert answer.status_code == 413
    if path.startswith("/api"):
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == "urn:kiyome:problem:too_large"
    else:
        assert answer.headers["content-type"].startswith("text/html")
        assert "送られたデータが大きすぎます" in answer.text


async def test_another_domain_s_people_are_not_there(web: Web) -> None:
    of_city = await web.signed_in(await web.person(Role.ADMINISTRATOR, "of-city", domains=CITY))
    other = await web.person(Role.OPERATOR, "other", domains=frozenset({"town.example.jp"}))
    everywhere = await web.person(Role.ADMINISTRATOR, "all")
    assert [each["login"] for each in (await of_city.get("/api/v1/people")).json()["items"]] == ["of-city"]
    assert "other" not in (await of_city.get("/people")).text
    for person in (other, everywhere):
        for method, path in (
            ("GET", f"/people/{person.id}"),
            ("POST", f"/people/{person.id}"),
            ("POST", f"/people/{person.id}/reset-password"),
            ("POST", f"/people/{person.id}/reset-second-factor"),
            ("POST", f"/people/{person.id}/end-sessions"),
            ("POST", f"/people/{person.id}/remove"),
            ("GET", f"/api/v1/people/{person.id}"),
            ("DELETE", f"/api/v1/people/{person.id}"),
            ("GET", f"/api/v1/people/{person.id}/sessions"),
            ("POST", f"/api/v1/people/{person.id}/reset-password"),
        ):
            data = {"role": "operator"} if method == "POST" and not path.startswith("/api") else None
            answer = await of_city.request(method, path, data=data)
            assert answer.status_code == 404, path
    for domains in (None, ["town.example.jp"]):
        answer = await of_city.post("/api/v1/people", json=WITH_JSON | {"domains": domains})
        assert answer.status_code == 403
    assert (await of_city.post("/api/v1/people", json=WITH_JSON | {"domains": sorted(CITY)})).status_code == 201


@pytest.mark.parametrize("way", ["page", "api"])
async def test_who_is_shut_out_has_no_token_left_either(web: Web, store: Store, way: str) -> None:
    admin = await web.signed_in(await web.person(Role.ADMINISTRATOR, "admin"))
    taro = await web.person(Role.OPERATOR, "taro")
    ends_at = datetime.now(UTC) + timedelta(days=1)
    token = NewToken(token="t", person_id=taro.id, name="n", rights=[Right.QUEUE], ends_at=ends_at)
    await store.people.tokens.add(token, actor="user:taro")
    assert f"/people/{taro.id}/end-sessions" in (await admin.get(f"/people/{taro.id}")).text  # without any session
    if way == "page":
        assert (await admin.post(f"/people/{taro.id}/end-sessions", data={})).status_code == 303
    else:
        assert (await admin.delete(f"/api/v1/people/{taro.id}/sessions")).status_code == 200
    assert await store.people.tokens.list(taro.id) == []
    assert f"/people/{taro.id}/end-sessions" not in (await admin.get(f"/people/{taro.id}")).text


async def test_the_last_administrator_stays(web: Web) -> None:
    person = await web.person(Role.ADMINISTRATOR, "admin")
    admin = await web.signed_in(person)
    assert (await admin.patch(f"/api/v1/people/{person.id}", json={"state": "disabled"})).status_code == 409
    assert (await admin.delete(f"/api/v1/people/{person.id}")).status_code == 409
    removed = await admin.post(f"/people/{person.id}/remove", data={"login": "admin"})
    assert (removed.status_code, "最後の有効な全体管理者" in removed.text) == (409, True)


async def test_removing_somebody_is_meant(web: Web) -> None:
    admin = await web.signed_in(await web.person(Role.ADMINISTRATOR, "admin"))
    other = await web.person(Role.OPERATOR, "other")
    assert (await admin.post(f"/people/{other.id}/remove", data={"login": "othr"})).status_code == 422
    assert await web.store.people.get(other.id) is not None
    assert (await admin.post(f"/people/{other.id}/remove", data={"login": "Other"})).headers["location"] == "/people"
    assert await web.store.people.get(other.id) is None


async def test_who_is_disabled_is_out_at_once(web: Web) -> None:
    admin = await web.signed_in(await web.person(Role.ADMINISTRATOR, "admin"))
    person = await web.person(Role.OPERATOR, "op")
    browser = await web.signed_in(person)
    assert (await browser.get("/api/v1/me")).status_code == 200
    form = {"name": person.name, "address": person.address, "role": "operator", "domains": "", "state": "disabled"}
    assert (await admin.post(f"/people/{person.id}", data=form)).status_code == 200
    assert (await browser.get("/api/v1/me")).status_code == 401


async def test_what_somebody_is_called_is_never_markup(web: Web) -> None:
    admin = await web.signed_in(await web.person(Role.ADMINISTRATOR, "admin", name=NASTY))
    person = await web.person(Role.OPERATOR, "op", name=NASTY + "x" * 80)
    for path in ("/account", "/people", f"/people/{person.id}", f"/people?q={NASTY}"):
        page = (await admin.get(path)).text
        assert NASTY not in page
        assert "&lt;script&gt;" in page


async def test_one_s_own_password_sessions_and_tokens(web: Web) -> None:
    person, secret = await web.with_password(Role.OPERATOR, "op")
    browser, other = await web.signed_in(person), await web.signed_in(person)
    wrong = {"old": "x", "new": "another long password", "again": "another long password"}
    assert (await browser.post("/account/password", data=wrong)).status_code == 403
    sessions = (await browser.get("/api/v1/me/sessions")).json()
    assert [each["this"] for each in sessions].count(True) == 1
    assert (await browser.post("/account/sessions/end", data={})).status_code == 303
    assert (await other.get("/api/v1/me")).status_code == 401
    made = await browser.post(
        "/account/tokens", data={"name": "bot", "rights": ["queue.see", "items.see"], "days": "9"}
    )
    value = secret_of(made.text)
    assert value not in (await browser.get("/account")).text
    program = web.browser()
    program.headers["Authorization"] = f"Bearer {value}"
    assert (await program.get("/api/v1/me")).json()["rights"] == ["items.see", "queue.see"]
    (token,) = (await browser.get("/api/v1/me/tokens")).json()
    assert (await browser.delete(f"/api/v1/me/tokens/{token['id']}")).status_code == 204
    assert (await program.get("/api/v1/me")).status_code == 401
    right = {"old": PASSWORD, "new": "another long password", "again": "another long password"}
    assert "変更しました" in (await browser.post("/account/password", data=right)).text
    proof = {"password": "another long password", "code": pyotp.TOTP(secret).now()}
    assert (await browser.post("/api/v1/me/proof", json=proof)).status_code == 204
    assert (await browser.post("/api/v1/me/proof", json=proof)).status_code == 403  # the code was used


@pytest.mark.parametrize(
    "form",
    [
        {"name": "", "rights": "items.see", "days": "9"},
        {"name": "x", "days": "9"},
        {"name": "x", "rights": "people.change", "days": "9"},
        {"name": "x", "rights": "items.see", "days": "0"},
        {"name": "x", "rights": "items.see", "days": "99999"},
        {"name": "x", "rights": "items.see", "days": "²"},
    ],
)
async def test_a_token_that_cannot_be_is_not_made(web: Web, form: dict[str, str]) -> None:
    browser = await web.signed_in(await web.person(Role.ADMINISTRATOR))
    assert (await browser.post("/account/tokens", data=form)).status_code == 422
    assert (await browser.get("/api/v1/me/tokens")).json() == []


async def test_searches_are_one_s_own(web: Web) -> None:
    mine, other = [await web.signed_in(await web.person(role)) for role in (Role.OPERATOR, Role.APPROVER)]
    kept = (await mine.post("/api/v1/me/searches", json={"name": "held", "query": "state=held"})).json()
    assert (await mine.post("/api/v1/me/searches", json={"name": "held", "query": "x"})).status_code == 409
    assert (await other.get("/api/v1/me/searches")).json() == []
    assert (await other.delete(f"/api/v1/me/searches/{kept['id']}")).status_code == 404
    assert (await mine.delete(f"/api/v1/me/searches/{kept['id']}")).status_code == 204


async def test_menus_show_what_one_may(web: Web) -> None:
    administrator = (await (await web.signed_in(await web.person(Role.ADMINISTRATOR))).get("/account")).text
    user = (await (await web.signed_in(await web.person(Role.USER))).get("/account")).text
    assert 'href="/people"' in administrator
    assert 'href="/people"' not in user
    assert 'href="/items"' in user
    assert Right.TOKENS.value not in user
    assert "/account/tokens" in user  # for the command line
    assert f'value="{Right.TRANSFER.value}"' in user
    assert f'value="{Right.ITEMS_RELEASE.value}"' not in user
