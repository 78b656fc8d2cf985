"""The door as a browser meets it: cookies, forms, other sites, what was stolen or guessed, words that say nothing."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest

from gateway.access.accounts import Accounts, Description
from gateway.access.attempts import FREE_HERE
from gateway.access.callers import csrf_token, utc_now
from gateway.access.rights import Role
from gateway.store.items import Store
from gateway.web.headers import HEADERS
from gateway.web.pace import Pace, Rate
from gateway.web.pages import Trial
from tests.fakes.web import ORIGIN, PASSWORD, RECOVERY_CODE, FakeGateway, Web, settings

STRANGERS_PAGES = ["/sign-in", "/health", "/nothing", "/people", "/api/v1/me", "/static/style.css"]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(settings(tmp_path).store)
    yield opened
    await opened.close()


@pytest.fixture
def web(tmp_path: Path, store: Store) -> Web:
    return Web(FakeGateway(settings(tmp_path), store))


def hidden(page: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page)
    assert found
    return found[1]


async def post(browser: httpx.AsyncClient, form_at: str, path: str = "", **fields: Any) -> httpx.Response:
    """Open the page, fill its form in, send it."""
    page = await browser.get(form_at)
    return await browser.post(path or form_at.partition("?")[0], data={"csrf": hidden(page.text), **fields})


async def sign_in(
    browser: httpx.AsyncClient, login: str, password: str = PASSWORD, form_at: str = "/sign-in"
) -> httpx.Response:
    return await post(browser, form_at, login=login, password=password, next="/people?q=x")


async def test_by_password_and_code_to_the_page_that_was_asked_for(web: Web) -> None:
    _, secret = await web.with_password(Role.ADMINISTRATOR, "admin")
    browser = web.browser()
    asked = await browser.get("/people?q=x")
    assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in?next=/people%3Fq%3Dx")
    first = await sign_in(browser, "admin")
    assert first.headers["location"] == "/sign-in/code?next=%2Fpeople%3Fq%3Dx"
    page = await browser.get(first.headers["location"])
    assert 'autocomplete="one-time-code"' in page.text
    fields = {"csrf": hidden(page.text), "code": pyotp.TOTP(secret).now(), "next": "/people?q=x"}
    second = await browser.post("/sign-in/code", data=fields)
    assert (second.status_code, second.headers["location"]) == (303, "/people?q=x")
    assert (await browser.get("/people?q=x")).status_code == 200
    again = await browser.get("/sign-in")
    assert (again.status_code, again.headers["location"]) == (303, "/")


async def test_the_first_time_everything_is_set_up(web: Web) -> None:
    account = await Accounts(web.store.people).add(Description(login="op", role=Role.OPERATOR), None, actor="test")
    browser = web.browser()
    assert (await sign_in(browser, "op", account.password)).headers["location"].startswith("/sign-in/password")
    weak = await post(browser, "/sign-in/password", new="password1234", again="password1234")
    assert (weak.status_code, "推測されやすい" in weak.text) == (422, True)
    differ = await post(browser, "/sign-in/password", new=PASSWORD, again=PASSWORD + "x")
    assert (differ.status_code, "一致しません" in differ.text) == (422, True)
    chosen = await post(browser, "/sign-in/password", new=PASSWORD, again=PASSWORD)
    assert chosen.headers["location"].startswith("/sign-in/second-factor")
    assert (await browser.get("/sign-in/code")).headers["location"] == "/sign-in/second-factor"
    page = (await browser.get("/sign-in/second-factor")).text
    assert "<svg " in page
    assert "later" not in page
    secret = "".join(re.findall(r'<code class="secret">([A-Z2-7 ]+)</code>', page)[0].split())
    fields = {"csrf": hidden(page), "code": "000000"}
    assert (await browser.post("/sign-in/second-factor", data=fields)).status_code == 403
    done = await browser.post("/sign-in/second-factor", data={"csrf": hidden(page), "code": pyotp.TOTP(secret).now()})
    assert len(re.findall(r"<li><code>(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}</code>", done.text)) == 10
    assert (await browser.get("/account")).status_code == 200


@pytest.mark.parametrize(("login", "password"), [("admin", "wrong"), ("nobody", "wrong"), ("", ""), ("<b>", "<i>")])
async def test_a_refusal_says_the_same_to_everybody(web: Web, login: str, password: str) -> None:
    await web.with_password(Role.ADMINISTRATOR, "admin")
    response = await sign_in(web.browser(), login, password)
    assert response.status_code == 403
    assert "ログイン名かパスワードが違います。" in response.text
    assert "set-cookie" not in response.headers
    assert "wrong" not in re.sub(r'class="[^"]*"', "", response.text)
    assert "<b>" not in response.text


@pytest.mark.parametrize("login", ["admin", "nobody"])
async def test_guessing_is_stopped_even_when_the_guess_becomes_right(web: Web, login: str) -> None:
    await web.with_password(Role.ADMINISTRATOR, "admin")
    browser, now = web.browser(), utc_now()
    web.door._clock = lambda: now
    for _ in range(FREE_HERE):
        assert (await sign_in(browser, login, "wrong")).status_code == 403
    response = await sign_in(browser, login)
    assert (response.status_code, response.headers["retry-after"]) == (429, "5")
    assert "5秒" in response.text


async def test_a_code_cannot_be_replayed(web: Web) -> None:
    _, secret = await web.with_password(Role.ADMINISTRATOR, "admin")
    code = pyotp.TOTP(secret).now()
    statuses = []
    for _ in range(2):
        browser = web.browser()
        await sign_in(browser, "admin")
        statuses.append((await post(browser, "/sign-in/code", code=code)).status_code)
    assert statuses == [303, 403]
    recovered = web.browser()
    await sign_in(recovered, "admin")
    assert (await post(recovered, "/sign-in/code", code=RECOVERY_CODE.lower())).status_code == 303


async def test_half_a_sign_in_opens_nothing(web: Web) -> None:
    await web.with_password(Role.ADMINISTRATOR, "admin")
    browser = web.browser()
    await sign_in(browser, "admin")
    for path in ("/", "/people", "/account", "/confirm", "/account/second-factor"):
        assert (await browser.get(path)).headers["location"].startswith("/sign-in?"), path
    assert (await browser.get("/api/v1/me")).status_code == 401
    assert (await browser.get("/sign-in/second-factor")).headers["location"] == "/sign-in/code"
    token = browser.cookies[web.cookie]
    for path in ("/sign-in/second-factor", "/sign-in/second-factor/later", "/sign-in/password"):
        skipped = await browser.post(path, data={"csrf": csrf_token(token), "new": PASSWORD, "again": PASSWORD})
        assert (skipped.status_code, skipped.headers["location"]) == (303, "/sign-in"), path


async def test_a_session_cannot_be_planted(web: Web) -> None:
    """Session fixation: whoever knows the cookie from before the sign-in knows nothing after it."""
    _, secret = await web.with_password(Role.ADMINISTRATOR, "admin")
    browser = web.browser()
    browser.cookies.set(web.cookie, "planted-by-somebody", domain="127.0.0.1")
    cookies = ["planted-by-somebody"]
    await sign_in(browser, "admin")
    cookies.append(browser.cookies[web.cookie])
    await post(browser, "/sign-in/code", code=pyotp.TOTP(secret).now())
    cookies.append(browser.cookies[web.cookie])
    assert len(set(cookies)) == 3
    for cookie, status in zip(cookies, (401, 401, 200), strict=True):
        thief = web.browser()
        thief.cookies.set(web.cookie, cookie)
        assert (await thief.get("/api/v1/me")).status_code == status


async def test_signing_out_ends_the_session_everywhere(web: Web) -> None:
    browser = await web.signed_in(await web.person(Role.ADMINISTRATOR))
    token = browser.cookies[web.cookie]
    response = await browser.post("/sign-out")
    assert (response.status_code, response.headers["location"]) == (303, "/sign-in")
    thief = web.browser()
    thief.cookies.set(web.cookie, token)
    assert (await thief.get("/api/v1/me")).status_code == 401


@pytest.mark.parametrize(
    "tampering",
    [
        {"X-CSRF-Token": ""},
        {"X-CSRF-Token": "0" * 64},
        {"X-CSRF-Token": csrf_token("another session")},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9090"},
        {"Origin": ORIGIN + ".evil.example"},
    ],
)
@pytest.mark.parametrize("path", ["/account/sessions/end", "/sign-out", "/api/v1/me/searches"])
async def test_another_site_cannot_act(web: Web, tampering: dict[str, str], path: str) -> None:
    browser = await web.signed_in(await web.person(Role.ADMINISTRATOR))
    honest = await browser.post("/api/v1/me/searches", json={"name": "a", "query": "b"}, headers={"Origin": ORIGIN})
    assert honest.status_code == 201
    response = await browser.post(path, headers=tampering, json={"name": "c", "query": "d"})
    assert response.status_code == 403
    assert len((await browser.get("/api/v1/me/sessions")).json()) == 1
    assert len((await browser.get("/api/v1/me/searches")).json()) == 1


async def test_nobody_is_signed_in_by_another_site(web: Web) -> None:
    """Login CSRF: without our own page's field even the right password does nothing."""
    await web.with_password(Role.AUDITOR, "auditor")
    for fields in ({}, {"csrf": "0" * 64}):
        response = await web.browser().post("/sign-in", data={"login": "auditor", "password": PASSWORD, **fields})
        assert response.status_code == 403
        assert "set-cookie" not in response.headers or "kiyome" in response.headers["set-cookie"]


async def test_a_form_of_another_session_is_worth_nothing(web: Web) -> None:
    mine = await web.signed_in(await web.person(Role.ADMINISTRATOR))
    other = await web.signed_in(await web.person(Role.AUDITOR))
    page = (await other.get("/account")).text
    del mine.headers["X-CSRF-Token"]
    assert (await mine.post("/account/sessions/end", data={"csrf": hidden(page)})).status_code == 403
    own = (await mine.get("/account")).text
    assert (await mine.post("/account/sessions/end", data={"csrf": hidden(own)})).status_code == 303


@pytest.mark.parametrize(
    "going_to", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\t/evil", "/日"]
)
async def test_signing_in_leads_nowhere_else(web: Web, going_to: str) -> None:
    await web.with_password(Role.AUDITOR, "auditor")
    browser = web.browser()
    page = await browser.get("/sign-in", params={"next": going_to})
    assert 'name="next" value="/"' in page.text
    first = await post(browser, "/sign-in", login="auditor", password=PASSWORD, next=going_to)
    assert first.headers["location"] in {"/", "/sign-in/code?next=%2F"}


async def test_the_cookie_cannot_be_read_or_sent_by_others(tmp_path: Path, store: Store) -> None:
    secure = Web(FakeGateway(settings(tmp_path, secure_cookies=True), store))
    await secure.person(Role.AUDITOR)
    response = await secure.browser(origin="https://kiyome.example.jp").get("/sign-in")
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("__Host-kiyome=")
    assert {"httponly", "secure", "path=/", "samesite=lax"} <= {part.strip().lower() for part in cookie.split(";")}
    assert "domain" not in cookie.lower()
    assert response.headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize("path", STRANGERS_PAGES)
async def test_every_answer_forbids_what_is_not_ours(web: Web, path: str) -> None:
    response = await web.browser().get(path)
    policy = response.headers["content-security-policy"]
    for part in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert part in policy
    assert "unsafe" not in policy
    for name in set(HEADERS) - {"Cache-Control"}:
        assert response.headers[name] == HEADERS[name]
    if not path.startswith("/static/"):
        assert response.headers["cache-control"] == "no-store"


def test_browsers_say_where_our_own_forms_come_from() -> None:
    """Under "no-referrer" they would send `Origin: null` with every form, which the guard refuses."""
    assert HEADERS["Referrer-Policy"] == "same-origin"


async def test_a_failure_says_nothing_and_forbids_the_same(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = await web.signed_in(await web.person(Role.ADMINISTRATOR))

    async def fail(*_: object) -> None:
        raise RuntimeError("the secret reason")

    monkeypatch.setattr(type(web.store.people), "list", fail)
    transport = httpx.ASGITransport(web.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, cookies=browser.cookies) as client:
        for path in ("/people", "/api/v1/people"):
            response = await client.get(path)
            assert response.status_code == 500
            assert "secret reason" not in response.text
            assert "Traceback" not in response.text
            assert response.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]


async def test_an_endless_form_is_not_read(web: Web) -> None:
    browser = web.browser()
    page = await browser.get("/sign-in")
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        yield f"csrf={hidden(page.text)}&x=".encode()
        for _ in range(1_000):
            read += 65_536
            yield b"y" * 65_536

    headers = {"content-type": "application/x-www-form-urlencoded"}
    response = await browser.post("/sign-in", content=endless(), headers=headers)
    assert response.status_code == 413
    assert read <= 4 * 65_536


@pytest.mark.parametrize("content", [b"csrf=%s" % (b"x" * 10), b"\xff\xfe", b"&".join([b"a=b"] * 2_000), b"no form"])
async def test_what_is_no_form_is_refused(web: Web, content: bytes) -> None:
    browser = web.browser()
    await browser.get("/sign-in")
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert (await browser.post("/sign-in", content=content, headers=headers)).status_code in {400, 403}


async def test_what_matters_asks_for_the_password_again(web: Web) -> None:
    person, secret = await web.with_password(Role.ADMINISTRATOR, "admin")
    browser = await web.signed_in(person, strong=False)
    asked = await browser.get("/people/new")
    assert (asked.status_code, asked.headers["location"]) == (303, "/confirm?next=/people/new")
    acted = await browser.post(f"/people/{person.id}/reset-password")
    assert acted.headers["location"] == f"/confirm?next=/people/{person.id}"
    assert (
        (await browser.post("/api/v1/people", json={"login": "x", "role": "user"}))
        .json()["type"]
        .endswith("proof_needed")
    )
    wrong = await post(browser, "/confirm?next=/people/new", password="x", code="000000")
    assert wrong.status_code == 403
    right = await post(browser, "/confirm", password=PASSWORD, code=pyotp.TOTP(secret).now(), next="/people/new")
    assert right.headers["location"] == "/people/new"
    assert (await browser.get("/people/new")).status_code == 200


async def test_somebody_elses_forwarded_address_is_not_believed(tmp_path: Path, store: Store) -> None:
    web = Web(FakeGateway(settings(tmp_path, trusted_proxies=("10.0.0.0/8",)), store))
    await web.with_password(Role.AUDITOR, "auditor")
    seen = []
    for peer, said in (
        ("192.0.2.1", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9"),
        ("10.0.0.1", "1.2.3.4, 203.0.113.9, 10.0.0.7"),
        ("10.0.0.1", "nonsense"),
        ("10.0.0.1", ""),
    ):
        browser = web.browser(peer)
        browser.headers["X-Forwarded-For"] = said
        await sign_in(browser, "auditor", "wrong")
        rows = [row async for row in store.audit_rows()]
        seen.append(rows[-1].actor.removeprefix("client:"))
    assert seen == ["192.0.2.1", "203.0.113.9", "203.0.113.9", "10.0.0.1", "10.0.0.1"]


async def test_too_many_requests_are_put_off(web: Web) -> None:
    web.app.state.guard._addresses = Pace(Rate(burst=3, per_second=0.5), lambda: 0.0)
    answers = [await web.browser().get("/sign-in") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].headers["retry-after"] == "3"
    assert (await web.browser("198.51.100.2").get("/sign-in")).status_code == 200


def test_a_bucket_fills_again() -> None:
    now = 0.0
    pace = Pace(Rate(burst=2, per_second=0.5), lambda: now)
    assert [pace.seconds_to_wait("a") for _ in range(3)] == [0, 0, 3]
    assert pace.seconds_to_wait("b") == 0
    now = 2.0
    assert [pace.seconds_to_wait("a") for _ in range(2)] == [0, 3]


async def test_a_trial_run_may_put_the_second_step_off(tmp_path: Path, store: Store) -> None:
    web = Web(FakeGateway(settings(tmp_path), store), Trial(tmp_path / "mailbox"))
    made = await Accounts(store.people).first_administrator("admin", actor="test")
    browser = web.browser()
    await sign_in(browser, "admin", made.password)
    await post(browser, "/sign-in/password", new=PASSWORD, again=PASSWORD)
    assert "今はしない" in (await browser.get("/sign-in/second-factor")).text
    later = await post(browser, "/sign-in/second-factor", "/sign-in/second-factor/later", next="/account")
    assert later.headers["location"] == "/account"
    assert (await browser.get("/account")).status_code == 200


async def test_english_is_a_click_away_and_stays(web: Web) -> None:
    browser = web.browser()
    assert 'href="?next=%2Fpeople&amp;lang=en"' in (await browser.get("/sign-in?next=/people")).text
    assert '<html lang="en">' in (await browser.get("/sign-in?lang=en")).text
    assert "Sign in" in (await browser.get("/sign-in")).text


async def test_style_sheets_are_kept_until_they_change(web: Web) -> None:
    browser = web.browser()
    address = re.findall(r'href="(/static/style.css\?v=[0-9a-f]{12})"', (await browser.get("/sign-in")).text)[0]
    assert "immutable" in (await browser.get(address)).headers["cache-control"]
    assert (await browser.get("/static/style.css?v=old")).headers["cache-control"] == "no-cache"
    for nothing in ("/static/none.css", "/static/..%2fapp.py", "/static/%2e%2e/app.py"):
        assert (await browser.get(nothing)).status_code == 404
