"""GET /health, and the trial mailbox as a browser meets it: what is shown, what is refused, what no page ever does."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.access.rights import Role
from gateway.store.items import Store
from gateway.web.pages import Trial
from tests.fakes.web import FakeGateway, Web, settings


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[FakeGateway]:
    made = settings(tmp_path)
    store = await Store.open(made.store)
    yield FakeGateway(made, store)
    await store.close()


@pytest.fixture
def mailbox(tmp_path: Path) -> Path:
    for part in ("new", "cur", "tmp"):
        (tmp_path / "mailbox" / part).mkdir(parents=True)
    return tmp_path / "mailbox"


@pytest.fixture
def web(gateway: FakeGateway, mailbox: Path) -> Web:
    return Web(gateway, Trial(mailbox))


@pytest.fixture
def stranger(web: Web) -> httpx.AsyncClient:
    return web.browser()


@pytest.fixture
async def reader(web: Web) -> httpx.AsyncClient:
    return await web.signed_in(await web.person(Role.ADMINISTRATOR))


async def test_health_is_for_everyone_and_names_nobody(stranger: httpx.AsyncClient) -> None:
    response = await stranger.get("/health")
    assert response.status_code == 200
    assert response.json()["status"] == "ok"
    assert response.json()["items"]["held"] == 0
    assert "secret" not in response.text


@pytest.mark.parametrize(
    ("doing", "problem"),
    [({"children": 0}, "no child process is alive"), ({"free_bytes": 0}, "the disk is nearly full")],
)
async def test_health_says_503_when_mail_cannot_move(
    stranger: httpx.AsyncClient, gateway: FakeGateway, doing: dict[str, Any], problem: str
) -> None:
    gateway.doing.update(doing)
    response = await stranger.get("/health")
    assert response.status_code == 503
    assert any(problem in each for each in response.json()["problems"])


async def test_health_says_503_when_the_store_is_gone(stranger: httpx.AsyncClient, gateway: FakeGateway) -> None:
    await gateway.store.close()
    response = await stranger.get("/health")
    assert (response.status_code, response.json()["problems"]) == (503, ["the store does not answer"])


async def test_outside_a_trial_there_is_no_mailbox(gateway: FakeGateway) -> None:
    web = Web(gateway)
    reader = await web.signed_in(await web.person(Role.ADMINISTRATOR))
    for path in ("/mailbox", "/mailbox/x", "/mailbox/x/1"):
        assert (await reader.get(path)).status_code == 404
    assert "/mailbox" not in (await reader.get("/account")).text


@pytest.mark.parametrize("path", ["/mailbox", "/mailbox/x", "/mailbox/x/1"])
async def test_a_stranger_is_sent_to_sign_in(stranger: httpx.AsyncClient, path: str) -> None:
    response = await stranger.get(path)
    assert (response.status_code, response.headers["location"]) == (303, f"/sign-in?next={path}")


async def test_the_mailbox_shows_and_searches_text(reader: httpx.AsyncClient, mailbox: Path) -> None:
    head = "Delivered-To: b@city.example.jp\r\nFrom: a@example.jp\r\nSubject: =?UTF-8?B?5Lya6K2w?=\r\n"
    head += "X-Kiyome-Report: v=1; item=20261121-4X7K-2M9Q; verdict=deliver\r\n"
    body = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n本文です <b>\r\n"
    (mailbox / "new" / "1.a.host").write_bytes((head + body).encode())
    (mailbox / "new" / "2.b.host").write_bytes(b"Subject: other\r\n\r\nnothing\r\n")
    page = (await reader.get("/mailbox", params={"q": "本文"})).text
    assert "会議" in page
    assert "other" not in page
    letter = (await reader.get("/mailbox/1.a.host")).text
    assert "本文です &lt;b&gt;" in letter
    assert 'href="/items/20261121-4X7K-2M9Q"' in letter


async def test_attachments_are_named_and_saved_never_shown(reader: httpx.AsyncClient, mailbox: Path) -> None:
    mail = (
        'Subject: x\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\ntext\r\n"
        "--b\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n"
        "Content-Disposition: attachment; filename*=utf-8''%E6%B8%85%E3%82%81%3Cb%3E.html\r\n\r\n"
        "PHNjcmlwdD4=\r\n--b--\r\n"
    )
    (mailbox / "new" / "1.a.host").write_bytes(mail.encode())
    page = (await reader.get("/mailbox/1.a.host")).text
    assert '<a href="/mailbox/1.a.host/1" download><bdi class="name">清め&lt;b&gt;.html</bdi></a>' in page
    assert "1.a.host" in (await reader.get("/mailbox", params={"q": "清め"})).text
    saved = await reader.get("/mailbox/1.a.host/1")
    assert saved.content == b"<script>"
    assert saved.headers["content-type"] == "application/octet-stream"
    assert saved.headers["content-disposition"].endswith("; filename*=UTF-8''%E6%B8%85%E3%82%81_b_.html")
    assert saved.headers["x-content-type-options"] == "nosniff"
    for nothing in ("/mailbox/1.a.host/2", "/mailbox/1.a.host/0", "/mailbox/none/1"):
        assert (await reader.get(nothing)).status_code == 404


@pytest.mark.parametrize("path", ["/mailbox/..%2f..%2fetc%2fpasswd", "/nothing", "/mailbox?page=2", "/mailbox/none"])
async def test_what_is_not_there_is_a_page_too(reader: httpx.AsyncClient, path: str) -> None:
    response = await reader.get(path)
    assert response.status_code == (200 if "?" in path else 404)
    assert "root:" not in response.text
    assert "清め" in response.text
