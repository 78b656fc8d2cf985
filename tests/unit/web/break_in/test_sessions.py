"""Sessions, stolen, planted, brought back: what was known before is worth nothing after."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pyotp
import pytest

from gateway.access.callers import csrf_token, utc_now
from gateway.access.rights import Role
from gateway.access.totp import STEP_SECONDS
from gateway.store.items import Store
from tests.fakes.web import PASSWORD, RECOVERY_CODE, FakeGateway, Web, settings


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    store = await Store.open(settings(tmp_path).store)
    yield Web(FakeGateway(settings(tmp_path), store))
    await store.close()


async def post(browser: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    """With the value that the page of this session has."""
    token = next((cookie.value or "" for cookie in browser.cookies.jar), "")
    if not token:
        await browser.get("/sign-in")
        token = next(cookie.value or "" for cookie in browser.cookies.jar)
    return await browser.post(path, data={"csrf": csrf_token(token), **fields})


def token_of(browser: httpx.AsyncClient) -> str:
    return next(cookie.value or "" for cookie in browser.cookies.jar)


async def known(web: Web, token: str) -> int:
    """What somebody gets who has only this."""
    thief = web.browser("198.51.100.7")
    thief.cookies.set(web.cookie, token)
    return (await thief.get("/api/v1/me")).status_code


async def test_every_step_of_the_door_has_a_token_of_its_own(web: Web) -> None:
    _, secret = await web.with_password(Role.ADMINISTRATOR, "admin")
    browser, seen = web.browser(), []
    await browser.get("/sign-in")
    seen.append(token_of(browser))
    await post(browser, "/sign-in", login="admin", password=PASSWORD)
    seen.append(token_of(browser))
    await post(browser, "/sign-in/code", code=pyotp.TOTP(secret).now())
    seen.append(token_of(browser))
    assert len(set(seen)) == 3
    assert [await known(web, each) for each in seen] == [401, 401, 200]


async def test_a_planted_token_is_never_signed_in(web: Web) -> None:
    """Session fixation: the attacker's own value, in the victim's browser before they sign in."""
    await web.with_password(Role.AUDITOR, "auditor")
    planted = "planted-by-the-attacker"
    victim = web.browser()
    victim.cookies.set(web.cookie, planted, domain="127.0.0.1")
    page = await victim.get("/sign-in")
    hidden = re.search(r'name="csrf" value="(\w+)"', page.text)
    assert hidden
    answer = await victim.post("/sign-in", data={"csrf": hidden[1], "login": "auditor", "password": PASSWORD})
    assert answer.status_code == 303
    assert planted not in answer.headers["set-cookie"]
    assert await known(web, planted) == 401


async def test_who_was_signed_out_is_so_on_the_server(web: Web) -> None:
    browser = await web.signed_in(await web.person(Role.ADMINISTRATOR))
    token = token_of(browser)
    assert await known(web, token) == 200
    assert (await post(browser, "/sign-out")).status_code == 303
    assert await known(web, token) == 401


@pytest.mark.parametrize("change", ["role", "password", "second factor", "sessions"])
async def test_another_right_or_proof_ends_what_was_open_before(web: Web, change: str) -> None:
    person = await web.person(Role.OPERATOR)
    token = token_of(await web.signed_in(person))
    admin = await web.signed_in(await web.person(Role.ADMINISTRATOR))
    path = f"/api/v1/people/{person.id}"
    answer = {
        "role": lambda: admin.patch(path, json={"role": "administrator"}),
        "password": lambda: admin.post(f"{path}/reset-password"),
        "second factor": lambda: admin.post(f"{path}/reset-second-factor"),
        "sessions": lambda: admin.delete(f"{path}/sessions"),
    }[change]()
    assert (await answer).status_code < 300
    assert await known(web, token) == 401


async def test_a_code_that_was_used_proves_nothing_again(web: Web) -> None:
    """Neither in another browser nor for the fresh proof, for as long as it is good."""
    person, secret = await web.with_password(Role.ADMINISTRATOR, "admin")
    code = pyotp.TOTP(secret).now()
    first, second = web.browser(), web.browser("198.51.100.7")
    await post(first, "/sign-in", login="admin", password=PASSWORD)
    await post(second, "/sign-in", login="admin", password=PASSWORD)
    assert (await post(first, "/sign-in/code", code=code)).status_code == 303
    assert (await post(second, "/sign-in/code", code=code)).status_code == 403
    weak = await web.signed_in(person, strong=False)
    assert (await post(weak, "/confirm", password=PASSWORD, code=code)).status_code == 403
    later = pyotp.TOTP(secret).at(utc_now().timestamp() + STEP_SECONDS)
    assert (await post(weak, "/confirm", password=PASSWORD, code=later)).status_code == 303
    before = pyotp.TOTP(secret).at(utc_now().timestamp() - STEP_SECONDS)
    assert (await post(second, "/sign-in/code", code=before)).status_code == 403  # nor one of before it


async def test_a_recovery_code_is_good_once_wherever_it_is_used(web: Web) -> None:
    person, _ = await web.with_password(Role.ADMINISTRATOR, "admin")
    browser = web.browser()
    await post(browser, "/sign-in", login="admin", password=PASSWORD)
    assert (await post(browser, "/sign-in/code", code=RECOVERY_CODE)).status_code == 303
    weak = await web.signed_in(person, strong=False)
    assert (await post(weak, "/confirm", password=PASSWORD, code=RECOVERY_CODE)).status_code == 403
    assert (await weak.post("/api/v1/me/proof", json={"password": PASSWORD, "code": RECOVERY_CODE})).status_code == 403


async def test_half_a_sign_in_is_nobody(web: Web) -> None:
    """After the password, before the code: nothing but the page for the code."""
    await web.with_password(Role.ADMINISTRATOR, "admin")
    browser = web.browser()
    await post(browser, "/sign-in", login="admin", password=PASSWORD)
    for path in ("/", "/items", "/account", "/people"):
        assert (await browser.get(path)).headers["location"].startswith("/sign-in")
    for path in ("/sign-in/password", "/sign-in/second-factor", "/account/password", "/sign-in/second-factor/later"):
        answer = await post(browser, path, new=PASSWORD, again=PASSWORD, old=PASSWORD, code="000000")
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/sign-in"), path
    assert (await browser.get("/api/v1/me")).status_code == 401


async def test_a_value_of_the_page_is_of_one_session(web: Web) -> None:
    """Signing in changes it: what another site may have read of the form before is worth nothing."""
    _, secret = await web.with_password(Role.AUDITOR, "auditor")
    browser = web.browser()
    await browser.get("/sign-in")
    before = csrf_token(token_of(browser))
    await post(browser, "/sign-in", login="auditor", password=PASSWORD)
    await post(browser, "/sign-in/code", code=pyotp.TOTP(secret).now())
    assert (await browser.post("/account/sessions/end", data={"csrf": before})).status_code == 403
    assert (await browser.get("/account")).status_code == 200
