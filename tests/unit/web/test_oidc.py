"""Sign-in through a real identity provider on a socket of its own: who gets in, as what, and who does not."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import msgspec
import pytest
from joserfc.jwk import OctKey

from gateway.access.callers import csrf_token
from gateway.access.model import PasswordState, PersonState, Source
from gateway.access.rights import Role
from gateway.model import Segment
from gateway.settings import Oidc, Secret, Settings, TransferListener, TransferSettings
from gateway.settings.checks import settings_problems
from gateway.store.items import Store
from gateway.store.people import PersonChange
from gateway.web.doors import AtDoor, Door, transfer_door
from gateway.web.wording import word
from tests.contract.store.mails import HOLD, settled
from tests.fakes.web import ORIGIN, FakeGateway, Web, settings
from tests.servers.identity_provider import CLIENT, KEYS, OTHER_CLIENT, SECRET, IdentityProvider, identity_provider

BACK = f"{ORIGIN}/sign-in/oidc/back"
HANAKO = {
    "sub": "0001",
    "preferred_username": "Hanako",
    "name": "山田 花子",
    "email": "hanako@city.example.jp",
    "groups": ["everybody", "kiyome-operators"],
    "amr": ["pwd", "otp"],
}
ROLES = {"kiyome-admins": "administrator", "kiyome-operators": "operator", "kiyome-users": "user"}


@pytest.fixture
async def provider(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[IdentityProvider]:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    async with identity_provider() as running:
        running.redirect_uris.add(BACK)
        running.person = dict(HANAKO)
        yield running


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(settings(tmp_path).store)
    yield opened
    await opened.close()


def configured(folder: Path, issuer: str, **more: Any) -> Settings:
    secret = folder / "oidc.secret"
    secret.write_text(SECRET)
    given = {"mfa_values": ("otp",), "timeout_seconds": 60, **more}
    oidc = Oidc(issuer=issuer, client_id=CLIENT, client_secret=Secret(file=str(secret)), roles=ROLES, **given)
    return settings(folder, public_url=ORIGIN, oidc=oidc)


@pytest.fixture
def web(tmp_path: Path, store: Store, provider: IdentityProvider) -> Web:
    return Web(FakeGateway(configured(tmp_path, provider.issuer), store))


def web_with(store: Store, folder: Path, provider: IdentityProvider, **more: Any) -> Web:
    return Web(FakeGateway(configured(folder, provider.issuer, **more), store))


async def away(browser: httpx.AsyncClient, going_to: str = "/account", **more: str) -> str:
    """The address of the provider that the browser is sent to."""
    response = await browser.get("/sign-in/oidc?" + urlencode({"next": going_to} | more))
    assert response.status_code == 303, response.text
    return response.headers["location"]


async def at_provider(address: str) -> str:
    """What the provider sends the browser back with."""
    async with httpx.AsyncClient(timeout=60) as client:
        response = await client.get(address)
    assert response.status_code == 302, response.text
    assert response.headers["location"].startswith(BACK)
    return response.headers["location"].removeprefix(ORIGIN)


async def signs_in(web: Web, browser: httpx.AsyncClient, going_to: str = "/account", **more: str) -> httpx.Response:
    return await browser.get(await at_provider(await away(browser, going_to, **more)))


async def actions(store: Store) -> list[tuple[str, str, str]]:
    return [(row.actor, row.action, row.detail) async for row in store.audit_rows()]


async def refused(web: Web, browser: httpx.AsyncClient, path: str, why: str) -> None:
    """A clear page, no session, a row in the record."""
    response = await browser.get(path)
    assert response.status_code == 403, response.text
    assert word(why, "ja") in response.text
    assert (await browser.get("/account")).status_code == 303
    actor, action, detail = (await actions(web.store))[-1]
    assert (actor, action) == ("client:192.0.2.10", "sign_in_refused")
    assert f'"why":"{why}"' in detail


async def test_the_first_sign_in_makes_the_account_and_the_next_ones_keep_it_up(
    web: Web, provider: IdentityProvider
) -> None:
    response = await signs_in(web, web.browser(), "/items?state=held")
    assert (response.status_code, response.headers["location"]) == (303, "/items?state=held")
    person = await web.store.people.find("hanako")
    assert person is not None
    assert (person.role, person.source, person.name) == (Role.OPERATOR, Source.OIDC, "山田 花子")
    assert (person.address, person.domains) == ("hanako@city.example.jp", None)
    assert [action for _, action, _ in await actions(web.store)] == ["person_added", "signed_in"]
    provider.person |= {"groups": ["kiyome-admins"], "name": "鈴木 花子", "preferred_username": "suzuki"}
    browser = web.browser()
    await signs_in(web, browser)
    same = await web.store.people.get(person.id)
    assert same is not None
    assert (same.role, same.name, same.login) == (Role.ADMINISTRATOR, "鈴木 花子", "hanako")
    assert (await browser.get("/account")).status_code == 200


async def test_the_request_has_pkce_state_and_nonce_and_they_differ_each_time(
    web: Web, provider: IdentityProvider
) -> None:
    for _ in range(2):
        await signs_in(web, web.browser())
    first, second = provider.asked
    assert first["scope"] == "openid profile email"
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) >= 43
        assert first[name] != second[name]


async def test_the_button_is_there_in_both_languages_and_only_with_a_provider(
    web: Web, store: Store, tmp_path: Path
) -> None:
    page = (await web.browser().get("/sign-in?next=/items")).text
    assert 'href="/sign-in/oidc?next=/items"' in page
    assert "組織のアカウントでサインイン" in page
    assert "Sign in with your organisation&#39;s account" in (await web.browser().get("/sign-in?lang=en")).text
    without = Web(FakeGateway(settings(tmp_path), store)).browser()
    assert "/sign-in/oidc" not in (await without.get("/sign-in")).text
    assert (await without.get("/sign-in/oidc")).status_code == 404
    assert (await without.get("/sign-in/oidc/back")).status_code == 404


# The second factor


async def test_without_a_second_factor_over_there_ours_is_asked_for(web: Web, provider: IdentityProvider) -> None:
    provider.person["amr"] = ["pwd"]
    browser = web.browser()
    response = await signs_in(web, browser)
    assert response.headers["location"].startswith("/sign-in/second-factor?")
    assert (await browser.get("/account")).status_code == 303


async def test_a_second_factor_over_there_is_enough_also_by_acr(
    store: Store, tmp_path: Path, provider: IdentityProvider
) -> None:
    web = web_with(store, tmp_path, provider, mfa_values=("urn:mfa",))
    provider.person |= {"amr": None, "acr": "urn:mfa"}
    assert (await signs_in(web, web.browser())).headers["location"] == "/account"


async def test_a_role_that_releases_nothing_needs_none(web: Web, provider: IdentityProvider) -> None:
    provider.person |= {"amr": None, "groups": "kiyome-users"}
    browser = web.browser()
    assert (await signs_in(web, browser)).headers["location"] == "/account"
    assert (await browser.get("/account")).status_code == 200


# Proofs


async def test_an_old_sign_in_over_there_is_no_fresh_proof_and_a_new_one_is(
    web: Web, provider: IdentityProvider
) -> None:
    provider.person["groups"] = ["kiyome-admins"]
    browser = web.browser()
    await signs_in(web, browser)
    response = await browser.get("/people/new")
    assert response.headers["location"].startswith("/confirm")
    page = (await browser.get(response.headers["location"])).text
    assert 'href="/sign-in/oidc?afresh=1&amp;next=/people/new"' in page
    assert 'type="password"' not in page
    await signs_in(web, browser, "/people/new", afresh="1")
    assert (provider.asked[-1]["prompt"], provider.asked[-1]["max_age"]) == ("login", "0")
    assert (await browser.get("/people/new")).status_code == 200
    person = await web.store.people.find("hanako")
    assert person is not None
    assert len(await web.store.people.sessions.list(person.id)) == 1  # the old one has ended


@pytest.mark.parametrize("auth_time", [None, 1_000_000_000])
async def test_a_provider_that_does_not_ask_again_proves_nothing(
    web: Web, provider: IdentityProvider, auth_time: int | None
) -> None:
    provider.lies["auth_time"] = auth_time
    browser = web.browser()
    await refused(web, browser, await at_provider(await away(browser, afresh="1")), "oidc_not_proven")


async def test_an_original_is_reached_by_a_fresh_proof_over_there(web: Web, provider: IdentityProvider) -> None:
    item_id = await settled(web.store, decision=HOLD, clean=None)
    browser, page = web.browser(), f"/items/{item_id}/release-original"
    await signs_in(web, browser)
    asked = (await browser.get(page)).headers["location"]
    assert asked == f"/confirm?next={page}"
    assert f'href="/sign-in/oidc?afresh=1&amp;next={page}"' in (await browser.get(asked)).text
    await signs_in(web, browser, page, afresh="1")
    assert (await browser.get(page)).status_code == 200
    headers = {"X-CSRF-Token": csrf_token(browser.cookies[web.cookie])}
    answer = await browser.post(f"/api/v1/items/{item_id}/original", json={"reason": "確認"}, headers=headers)
    assert answer.status_code == 200


async def test_who_has_no_password_here_is_offered_none(web: Web, provider: IdentityProvider) -> None:
    browser, admin = web.browser(), await web.signed_in(await web.person(Role.ADMINISTRATOR, "admin"))
    await signs_in(web, browser)
    person = await web.store.people.find("hanako")
    assert person is not None
    account = (await browser.get("/account")).text
    assert 'action="/account/password"' not in account
    assert word("reason_no_password", "ja") in account
    assert "reset-password" not in (await admin.get(f"/people/{person.id}")).text
    browser.headers["X-CSRF-Token"] = csrf_token(browser.cookies[web.cookie])
    new = {"old": "", "new": "a long enough password", "again": "a long enough password"}
    for answer in (
        await browser.post("/account/password", data=new),
        await browser.post("/confirm", data={"password": "x", "next": "/"}),
        await admin.post(f"/people/{person.id}/reset-password"),
    ):
        assert answer.status_code == 409
        assert word("reason_no_password", "ja") in answer.text
    for answer in (
        await browser.post("/api/v1/me/password", json={"old": "", "new": "a long enough password"}),
        await browser.post("/api/v1/me/proof", json={"password": "x"}),
        await admin.post(f"/api/v1/people/{person.id}/reset-password"),
    ):
        assert (answer.status_code, answer.json()["reason"]) == (409, "no_password")
        assert answer.json()["detail"] == word("reason_no_password", "ja")
    now = await web.store.people.find("hanako")
    assert now is not None
    assert now.password is PasswordState.NONE


# Roles and domains


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"groups": ["everybody"]}, "oidc_no_role"),
        ({"groups": None}, "oidc_no_role"),
        ({"groups": {"kiyome-admins": True}}, "oidc_no_role"),
        ({"preferred_username": "../admin"}, "oidc_no_login"),
        ({"preferred_username": None}, "oidc_no_login"),
        ({"groups": "kiyome-users", "email": None}, "oidc_no_address"),
        ({"groups": "kiyome-users", "email_verified": False}, "oidc_no_address"),
        ({"groups": "kiyome-users", "email": "mayor@city.example.jp x@y"}, "oidc_no_address"),
    ],
)
async def test_who_has_no_place_here_is_told_so(
    web: Web, provider: IdentityProvider, claims: dict[str, Any], why: str
) -> None:
    provider.person |= claims
    provider.userinfo = {"sub": "0001"}
    browser = web.browser()
    await refused(web, browser, await at_provider(await away(browser)), why)
    assert await web.store.people.find("hanako") is None


@pytest.mark.parametrize(
    ("said", "domains"),
    [
        (["City.example.jp", "town.example.jp"], {"city.example.jp", "town.example.jp"}),
        ("city.example.jp", {"city.example.jp"}),
        (["*"], None),
    ],
)
async def test_domains_come_from_their_claim(
    store: Store, tmp_path: Path, provider: IdentityProvider, said: Any, domains: set[str] | None
) -> None:
    web = web_with(store, tmp_path, provider, domains_claim="domains")
    provider.person["domains"] = said
    await signs_in(web, web.browser())
    person = await store.people.find("hanako")
    assert person is not None
    assert person.domains == domains


@pytest.mark.parametrize("said", [None, [], "", "not a domain", [1]])
async def test_without_domains_nobody_gets_all_of_them(
    store: Store, tmp_path: Path, provider: IdentityProvider, said: Any
) -> None:
    web = web_with(store, tmp_path, provider, domains_claim="domains")
    provider.person["domains"] = said
    browser = web.browser()
    await refused(web, browser, await at_provider(await away(browser)), "oidc_no_domains")


async def test_claims_that_only_userinfo_has_are_taken_from_there(web: Web, provider: IdentityProvider) -> None:
    provider.userinfo = {"sub": "0001", "groups": ["kiyome-operators"], "amr": ["otp"]}
    provider.person["groups"] = None
    assert (await signs_in(web, web.browser())).headers["location"] == "/account"
    provider.userinfo["sub"] = "0002"
    browser = web.browser()
    await refused(web, browser, await at_provider(await away(browser)), "oidc_not_proven")


async def test_nobody_inherits_an_account_by_its_login(web: Web, provider: IdentityProvider) -> None:
    await web.person(Role.ADMINISTRATOR, "hanako")
    browser = web.browser()
    await refused(web, browser, await at_provider(await away(browser)), "oidc_login_taken")
    local = await web.store.people.find("hanako")
    assert local is not None
    assert local.source is Source.LOCAL


async def test_another_person_with_the_login_of_a_former_one_does_not_get_their_account(
    web: Web, provider: IdentityProvider
) -> None:
    await signs_in(web, web.browser())
    provider.person["sub"] = "0002"
    browser = web.browser()
    await refused(web, browser, await at_provider(await away(browser)), "oidc_login_taken")


async def test_a_disabled_account_stays_disabled(web: Web) -> None:
    await signs_in(web, web.browser())
    person = await web.store.people.find("hanako")
    assert person is not None
    await web.store.people.change(person.id, PersonChange(state=PersonState.DISABLED), actor="test")
    browser = web.browser()
    await refused(web, browser, await at_provider(await away(browser)), "oidc_disabled")


async def test_the_provider_cannot_take_the_last_administrator_away(web: Web, provider: IdentityProvider) -> None:
    provider.person["groups"] = ["kiyome-admins"]
    await signs_in(web, web.browser())
    provider.person["groups"] = ["kiyome-users"]
    browser = web.browser()
    await refused(web, browser, await at_provider(await away(browser)), "oidc_last_administrator")


async def test_a_role_that_was_taken_away_ends_what_is_open(web: Web, provider: IdentityProvider) -> None:
    before = web.browser()
    await signs_in(web, before)
    assert (await before.get("/account")).status_code == 200
    provider.person["groups"] = ["kiyome-users"]
    await signs_in(web, web.browser())
    assert (await before.get("/account")).status_code == 303


async def test_signing_out_ends_the_session_here(web: Web) -> None:
    browser = web.browser()
    await signs_in(web, browser)
    token = browser.cookies[web.cookie]
    (csrf,) = re.findall(r'name="csrf" content="(\w+)"', (await browser.get("/account")).text)
    await browser.post("/sign-out", data={"csrf": csrf})
    browser.cookies.set(web.cookie, token)
    assert (await browser.get("/account")).status_code == 303


# Attacks


async def test_what_was_answered_once_is_worth_nothing_again(web: Web, provider: IdentityProvider) -> None:
    browser = web.browser()
    path = await at_provider(await away(browser))
    travelling = {each.name: each.value or "" for each in browser.cookies.jar}
    assert (await browser.get(path)).status_code == 303
    assert "kiyome-oidc" not in browser.cookies
    thief = web.browser()
    for name, value in travelling.items():  # even with everything that the browser had
        thief.cookies.set(name, value)
    await refused(web, thief, path, "oidc_not_proven")
    code = parse_qs(urlsplit(path).query)["code"][0]
    provider.codes[code] = provider.asked[0]  # even by a provider that takes the same code twice
    await refused(web, web_browser_with(web, travelling), path, "oidc_not_proven")


def web_browser_with(web: Web, cookies: dict[str, str]) -> httpx.AsyncClient:
    browser = web.browser()
    for name, value in cookies.items():
        browser.cookies.set(name, value)
    return browser


async def test_a_sign_in_cannot_be_brought_into_another_browser(web: Web) -> None:
    """Else somebody would be signed in as the attacker, and work for them."""
    attacker, victim = web.browser(), web.browser()
    path = await at_provider(await away(attacker))
    await refused(web, victim, path, "oidc_not_proven")
    await away(victim)  # who has begun a sign-in of their own
    await refused(web, victim, path, "oidc_not_proven")


@pytest.mark.parametrize("state", ["", "another", "é"])
async def test_the_state_must_be_the_one_that_was_sent(web: Web, state: str) -> None:
    browser = web.browser()
    code = parse_qs(urlsplit(await at_provider(await away(browser))).query)["code"][0]
    await refused(web, browser, f"/sign-in/oidc/back?{urlencode({'code': code, 'state': state})}", "oidc_not_proven")


async def test_a_code_for_somebody_else_is_not_taken(web: Web, provider: IdentityProvider) -> None:
    """Injected into the victim's own sign-in: PKCE and nonce are of another one."""
    attacker, victim = web.browser(), web.browser()
    stolen = parse_qs(urlsplit(await at_provider(await away(attacker))).query)["code"][0]
    state = parse_qs(urlsplit(await away(victim)).query)["state"][0]
    await refused(web, victim, f"/sign-in/oidc/back?{urlencode({'code': stolen, 'state': state})}", "oidc_not_proven")


async def test_a_code_of_another_client_is_not_taken(web: Web, provider: IdentityProvider) -> None:
    browser = web.browser()
    asked = {name: values[0] for name, values in parse_qs(urlsplit(await away(browser)).query).items()}
    code = provider.new_code(asked | {"client_id": OTHER_CLIENT})
    await refused(
        web, browser, f"/sign-in/oidc/back?{urlencode({'code': code, 'state': asked['state']})}", "oidc_not_proven"
    )


@pytest.mark.parametrize(
    "lies",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": OTHER_CLIENT},
        {"aud": [OTHER_CLIENT]},
        {"aud": [CLIENT, OTHER_CLIENT]},  # and no azp
        {"aud": [CLIENT, OTHER_CLIENT], "azp": OTHER_CLIENT},
        {"aud": OTHER_CLIENT, "azp": CLIENT},
        {"aud": None},
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"exp": "never"},
        {"iat": 9_999_999_999},
        {"nbf": 9_999_999_999},
        {"sub": None},
        {"sub": 5},
        {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    ],
    ids=str,
)
async def test_an_id_token_that_is_not_for_us_now_is_refused(
    web: Web, provider: IdentityProvider, lies: dict[str, Any]
) -> None:
    provider.lies = lies
    browser = web.browser()
    await refused(web, browser, await at_provider(await away(browser)), "oidc_not_proven")


async def test_a_token_without_a_signature_is_refused(web: Web, provider: IdentityProvider) -> None:
    provider.algorithm = "none"
    browser = web.browser()
    await refused(web, browser, await at_provider(await away(browser)), "oidc_not_proven")


async def test_a_token_signed_with_what_everybody_knows_is_refused(web: Web, provider: IdentityProvider) -> None:
    """The public key, or the client's secret, as the key of an HMAC."""
    provider.algorithm = "HS256"
    for secret in (provider.key.as_pem(private=False), SECRET.encode() * 3):
        provider.signs_with = OctKey.import_key(secret.replace(b"-----", b"....."))  # type: ignore[assignment]
        browser = web.browser()
        await refused(web, browser, await at_provider(await away(browser)), "oidc_not_proven")


async def test_a_token_signed_by_another_key_is_refused(web: Web, provider: IdentityProvider) -> None:
    provider.signs_with = KEYS[1]
    browser = web.browser()
    await refused(web, browser, await at_provider(await away(browser)), "oidc_not_proven")


@pytest.mark.parametrize(
    "next_page",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/x\nSet-Cookie: a=b"],
)
async def test_nobody_is_led_elsewhere_after_signing_in(web: Web, next_page: str) -> None:
    assert (await signs_in(web, web.browser(), next_page)).headers["location"] == "/"


async def test_a_cookie_of_ones_own_making_is_no_sign_in(web: Web) -> None:
    browser = web.browser()
    path = await at_provider(await away(browser))
    sealed = browser.cookies["kiyome-oidc"]
    for forged in ("", "00" * 60, sealed[:-2] + ("00" if sealed[-2:] != "00" else "01"), "no hexadecimal"):
        await refused(web, web_browser_with(web, {"kiyome-oidc": forged}), path, "oidc_not_proven")


async def test_an_answer_in_the_name_of_another_provider_is_refused(web: Web) -> None:
    browser = web.browser()
    path = re.sub("iss=[^&]*", "iss=https%3A%2F%2Fevil.example", await at_provider(await away(browser)))
    await refused(web, browser, path, "oidc_not_proven")


async def test_what_the_provider_denies_is_said(web: Web) -> None:
    browser = web.browser()
    state = parse_qs(urlsplit(await away(browser)).query)["state"][0]
    await refused(
        web, browser, f"/sign-in/oidc/back?{urlencode({'error': 'access_denied', 'state': state})}", "oidc_denied"
    )


# A provider that fails


@pytest.mark.parametrize(
    "description",
    [{"issuer": "https://evil.example"}, {"token_endpoint": "ftp://x"}, {"jwks_uri": None}],
)
async def test_a_provider_that_describes_itself_wrongly_is_not_used(
    web: Web, provider: IdentityProvider, description: dict[str, Any]
) -> None:
    provider.description = description
    response = await web.browser().get("/sign-in/oidc")
    assert response.status_code == 503
    assert "接続できません" in response.text


async def test_a_provider_that_is_away_is_said_to_be(store: Store, tmp_path: Path) -> None:
    gone = Web(FakeGateway(configured(tmp_path, "http://127.0.0.1:1"), store))
    assert (await gone.browser().get("/sign-in/oidc")).status_code == 503


async def test_keys_that_were_changed_are_asked_for_again(
    web: Web, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    await signs_in(web, web.browser())
    provider.key = provider.signs_with = KEYS[1]
    monkeypatch.setattr("gateway.access.provider.KEYS_AGAIN_SECONDS", 0.0)
    assert (await signs_in(web, web.browser())).headers["location"] == "/account"


# Settings


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"issuer": "login.example.jp"}, "web.oidc.issuer"),
        ({"scopes": ("profile",)}, "web.oidc.scopes"),
        ({"roles": {}}, "web.oidc.roles"),
        ({"roles": {"a": "king"}}, 'web.oidc.roles.a: "king" is not one of'),
        ({"login_claim": " "}, "web.oidc.login_claim"),
        ({"timeout_seconds": 0}, "web.oidc.timeout_seconds"),
    ],
)
def test_settings_that_cannot_work_are_refused(tmp_path: Path, change: dict[str, Any], problem: str) -> None:
    good = configured(tmp_path, "https://login.example.jp")
    assert not [each for each in settings_problems(good) if "oidc" in each]
    assert good.web.oidc is not None
    bad = msgspec.structs.replace(good.web, oidc=msgspec.structs.replace(good.web.oidc, **change))
    problems = settings_problems(msgspec.structs.replace(good, web=bad))
    assert any(problem in each for each in problems), problems


def test_a_provider_needs_the_address_that_it_sends_people_back_to(tmp_path: Path) -> None:
    good = configured(tmp_path, "http://login.example.jp")
    bad = msgspec.structs.replace(good, web=msgspec.structs.replace(good.web, public_url="", secure_cookies=True))
    problems = "\n".join(settings_problems(bad))
    assert "web.oidc: needs web.public_url" in problems
    assert "web.oidc.issuer: must be an https address" in problems


# At the doors of transfers

INSIDE = "https://in.example"


def browser_at(web: Web, door: Door, origin: str = INSIDE) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(AtDoor(web.app, door), client=("192.0.2.10", 40000))
    return httpx.AsyncClient(transport=transport, base_url=origin)


def listener(name: str, public_url: str = "") -> TransferListener:
    return TransferListener(name=name, segment=Segment.LGWAN, host="127.0.0.1", port=0, public_url=public_url)


async def test_whoever_begins_at_a_door_comes_back_to_it_and_is_signed_in_there_alone(
    store: Store, tmp_path: Path, provider: IdentityProvider
) -> None:
    known, unknown = listener("lgwan", INSIDE), listener("systems")
    transfers = TransferSettings(listeners=(known, unknown))
    given = msgspec.structs.replace(configured(tmp_path, provider.issuer), transfers=transfers)
    web = Web(FakeGateway(given, store))
    provider.redirect_uris.add(f"{INSIDE}/sign-in/oidc/back")
    browser = browser_at(web, transfer_door(known))
    assert "/sign-in/oidc" in (await browser.get("/sign-in")).text
    async with httpx.AsyncClient(timeout=60) as client:
        response = await client.get(await away(browser, "/transfers"))
    back = response.headers["location"]
    assert back.startswith(f"{INSIDE}/sign-in/oidc/back?")
    response = await browser.get(back.removeprefix(INSIDE))
    assert (response.status_code, response.headers["location"]) == (303, "/transfers")
    assert (await browser.get("/transfers")).status_code == 200
    elsewhere = web.browser()
    for value in dict(browser.cookies.items()).values():  # the session of the door, under the name of the pages'
        elsewhere.cookies[web.cookie] = value
    assert (await elsewhere.get("/transfers")).status_code == 303


async def test_a_door_without_an_address_offers_no_provider(
    store: Store, tmp_path: Path, provider: IdentityProvider
) -> None:
    unknown = listener("systems")
    given = msgspec.structs.replace(
        configured(tmp_path, provider.issuer), transfers=TransferSettings(listeners=(unknown,))
    )
    browser = browser_at(Web(FakeGateway(given, store)), transfer_door(unknown))
    assert "/sign-in/oidc" not in (await browser.get("/sign-in")).text
    assert (await browser.get("/sign-in/oidc")).status_code == 404
