"""The pages of a trial run as a browser meets them: what is shown, what is refused, what no page ever does."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.model import Channel, Decision, Direction, Envelope, ItemState, MailOptions, Recipient
from gateway.settings import Listener, Route, Settings, StoreSettings
from gateway.store.drafts import Draft, Settlement
from gateway.store.items import Store
from gateway.web import wording
from gateway.web.app import build
from gateway.web.pages import PAGE_SIZE, Trial
from sanitizers.model import (
    Action,
    AuthenticationMethod,
    AuthenticationResult,
    Finding,
    MailFacts,
    Outcome,
    PartReport,
    Report,
    Severity,
    Threat,
)
from sanitizers.rules import Verdict

PASSWORD = "abcd-efgh-jkmn-pqrs"
NASTY = "<script>alert(1)</script>"


class FakeGateway:
    """A gateway that serves a real store and does nothing else."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings = settings
        self.store = store
        self.doing: dict[str, Any] = {
            "roles": ["intake", "web"],
            "children": 2,
            "processing": 0,
            "delivering": 0,
            "next_hops_down": ["mail.secret.example.jp:25"],
            "free_bytes": 2**40,
        }

    def health(self) -> dict[str, Any]:
        return self.doing


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[FakeGateway]:
    settings = Settings(
        hostname="kiyome.example.jp",
        accepted_domains=("city.example.jp",),
        routes=(Route(domain="*", host="127.0.0.1"),),
        listeners=(
            Listener(name="in", segment="internet", direction=Direction.INBOUND, host="127.0.0.1"),  # type: ignore[arg-type]
        ),
        store=StoreSettings(url=f"sqlite:///{tmp_path}/kiyome.db", blobs=str(tmp_path / "blobs"), minimum_free_bytes=1),
    )
    store = await Store.open(settings.store)
    yield FakeGateway(settings, store)
    await store.close()


@pytest.fixture
def mailbox(tmp_path: Path) -> Path:
    for part in ("new", "cur", "tmp"):
        (tmp_path / "mailbox" / part).mkdir(parents=True)
    return tmp_path / "mailbox"


def client_of(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8080")


@pytest.fixture
async def stranger(gateway: FakeGateway, mailbox: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(build(gateway, Trial(PASSWORD, mailbox))) as client:
        yield client


@pytest.fixture
async def reader(stranger: httpx.AsyncClient) -> httpx.AsyncClient:
    response = await stranger.post("/sign-in", data={"password": PASSWORD})
    assert response.status_code == 303
    return stranger


async def add_item(gateway: FakeGateway, subject: str = "見積の件", sender: str = "a@example.jp") -> str:
    envelope = Envelope(
        mail_from=sender,
        recipients=(Recipient("b@city.example.jp"),),
        client="192.0.2.7",
        helo="mail.example.jp",
        tls="",
        options=MailOptions(),
        direction=Direction.INBOUND,
        received_at=datetime(2026, 11, 21, 20, 30, tzinfo=UTC),
    )
    spool = gateway.store.blobs.spool()
    spool.write(b"Subject: x\r\n\r\nx\r\n")
    (item_id,) = await gateway.store.accept([Draft(Channel.SMTP, "standard", envelope)], spool)
    await gateway.store.lease_for_cleaning("test", 10, 60)
    finding = Finding(Threat.ACTIVE_CONTENT, Severity.DANGER, Action.REMOVED, NASTY, "スクリプト")
    report = Report(
        (
            _part("1", "", "message/rfc822", Outcome.REBUILT, ()),
            _part("1.1", "", "text/html", Outcome.CONVERTED, (finding,)),
            _part("1.2", "請求書.exe", "application/octet-stream", Outcome.REMOVED, ()),
        )
    )
    settlement = Settlement(
        decision=Decision(Verdict.HOLD, "standard.hold_on", "暗号化されている"),
        clean=b"Subject: x\r\n\r\nx\r\n",
        report=report,
        facts=MailFacts(subject=subject, header_from=f"{NASTY} <{sender}>"),
        authentication=(AuthenticationResult(AuthenticationMethod.SPF, "fail", "example.jp"),),
    )
    await gateway.store.settle("test", item_id, settlement)
    return item_id


def _part(path: str, name: str, kind: str, outcome: Outcome, findings: tuple[Finding, ...]) -> PartReport:
    return PartReport(path, name, kind, kind, "mail", outcome, 10, 5, "0" * 64, "", findings, 1.0)


async def test_health_is_for_everyone_and_names_nobody(stranger: httpx.AsyncClient, gateway: FakeGateway) -> None:
    await add_item(gateway)
    response = await stranger.get("/health")
    assert response.status_code == 200
    assert response.json()["status"] == "ok"
    assert response.json()["items"]["held"] == 1
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


@pytest.mark.parametrize("path", ["/", "/items", "/sign-in", "/mailbox", "/static/style.css", "/docs", "/openapi.json"])
async def test_outside_a_trial_only_health_is_served(gateway: FakeGateway, path: str) -> None:
    async with client_of(build(gateway)) as client:
        assert (await client.get(path)).status_code == 404
        assert (await client.get("/health")).status_code == 200


@pytest.mark.parametrize("path", ["/items", "/items/20261121-AAAA-BBBB", "/mailbox", "/mailbox/x", "/mailbox/x/1"])
async def test_a_stranger_is_sent_to_sign_in(stranger: httpx.AsyncClient, path: str) -> None:
    response = await stranger.get(path)
    assert (response.status_code, response.headers["location"]) == (303, "/sign-in")


async def test_a_wrong_password_is_refused_and_not_echoed(stranger: httpx.AsyncClient) -> None:
    response = await stranger.post("/sign-in", data={"password": "guess-guess"})
    assert response.status_code == 403
    assert "パスワードが違います" in response.text
    assert "guess-guess" not in response.text
    assert "set-cookie" not in response.headers


async def test_guessing_is_stopped_even_when_the_guess_becomes_right(stranger: httpx.AsyncClient) -> None:
    for _ in range(10):
        assert (await stranger.post("/sign-in", data={"password": "guess"})).status_code == 403
    assert (await stranger.post("/sign-in", data={"password": PASSWORD})).status_code == 429


async def test_an_endless_form_is_not_read(stranger: httpx.AsyncClient) -> None:
    response = await stranger.post("/sign-in", content=b"x=" + b"y" * 10_000_000 + b"&password=" + PASSWORD.encode())
    assert response.status_code == 403


async def test_the_session_cookie_cannot_be_read_or_sent_from_elsewhere(stranger: httpx.AsyncClient) -> None:
    response = await stranger.post("/sign-in", data={"password": PASSWORD})
    cookie = response.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


async def test_signing_out_ends_the_session(reader: httpx.AsyncClient) -> None:
    token = reader.cookies["kiyome_trial"]
    assert (await reader.get("/items")).status_code == 200
    await reader.post("/sign-out")
    assert (await reader.get("/items", headers={"cookie": f"kiyome_trial={token}"})).status_code == 303


@pytest.mark.parametrize("path", ["/items", "/sign-in", "/health", "/static/style.css", "/nothing"])
async def test_every_answer_forbids_scripts_and_framing(reader: httpx.AsyncClient, path: str) -> None:
    policy = (await reader.get(path)).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


async def test_the_list_finds_and_links(reader: httpx.AsyncClient, gateway: FakeGateway) -> None:
    item_id = await add_item(gateway, "見積の件")
    await add_item(gateway, "会議の案内")
    page = (await reader.get("/items", params={"q": "見積"})).text
    assert "見積の件" in page
    assert "会議の案内" not in page
    assert f'href="/items/{item_id}"' in page
    assert "2026-11-22 05:30" in page  # Asia/Tokyo
    assert "当てはまる受付アイテムはありません" in (await reader.get("/items", params={"state": "delivered"})).text


async def test_the_list_has_pages(reader: httpx.AsyncClient, gateway: FakeGateway) -> None:
    for number in range(PAGE_SIZE + 1):
        await add_item(gateway, f"件名{number:03d}")
    page = (await reader.get("/items")).text
    first = set(re.findall(r"件名\d{3}", page))
    following = re.search(r'href="([^"]+)" rel="next"', page)
    assert following
    page = (await reader.get(following[1].replace("&amp;", "&"))).text
    second = set(re.findall(r"件名\d{3}", page))
    assert (len(first), len(second), len(first | second)) == (PAGE_SIZE, 1, PAGE_SIZE + 1)
    assert 'rel="next"' not in page


async def test_one_item_shows_its_report_in_words(reader: httpx.AsyncClient, gateway: FakeGateway) -> None:
    item_id = await add_item(gateway)
    page = (await reader.get(f"/items/{item_id}")).text
    for words in (
        "■ 保留",
        "暗号化されている",
        "請求書.exe",
        "− 除去",
        "◆ 危険",
        "アクティブコンテンツ → 除去",
        "SPF fail",
    ):
        assert words in page


async def test_what_a_sender_wrote_is_never_markup(reader: httpx.AsyncClient, gateway: FakeGateway) -> None:
    item_id = await add_item(gateway, subject=NASTY)
    for path in ("/items", f"/items/{item_id}", "/items?q=" + NASTY):
        page = (await reader.get(path)).text
        assert NASTY not in page
        assert "<script" not in page


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
    assert '<a href="/mailbox/1.a.host/1" download>清め&lt;b&gt;.html</a>' in page
    assert "1.a.host" in (await reader.get("/mailbox", params={"q": "清め"})).text
    saved = await reader.get("/mailbox/1.a.host/1")
    assert saved.content == b"<script>"
    assert saved.headers["content-type"] == "application/octet-stream"
    assert saved.headers["content-disposition"] == "attachment; filename*=utf-8''%E6%B8%85%E3%82%81%3Cb%3E.html"
    assert saved.headers["x-content-type-options"] == "nosniff"
    for nothing in ("/mailbox/1.a.host/2", "/mailbox/1.a.host/0", "/mailbox/none/1"):
        assert (await reader.get(nothing)).status_code == 404


@pytest.mark.parametrize("path", ["/items/none", "/mailbox/..%2f..%2fetc%2fpasswd", "/nothing", "/mailbox?page=2"])
async def test_what_is_not_there_is_a_page_too(reader: httpx.AsyncClient, path: str) -> None:
    response = await reader.get(path)
    assert response.status_code in {200, 404}
    assert "root:" not in response.text
    assert "清め" in response.text


async def test_english_is_a_click_away_and_stays(reader: httpx.AsyncClient) -> None:
    assert 'lang="ja"' in (await reader.get("/items")).text
    page = (await reader.get("/items?q=x")).text
    assert 'href="?q=x&amp;lang=en"' in page
    assert '<html lang="en">' in (await reader.get("/items?lang=en")).text
    assert "No item matches." in (await reader.get("/items?state=held")).text


def test_states_of_items_have_words() -> None:
    for table, members in (
        (wording.STATES, ItemState),
        (wording.OUTCOMES, Outcome),
        (wording.SEVERITIES, Severity),
        (wording.ACTIONS, Action),
        (wording.THREATS, Threat),
        (wording.VERDICTS, Verdict),
    ):
        assert set(table) == set(members)


def test_every_word_is_used_and_every_used_word_is_there(project: Path) -> None:
    folder = project / "gateway" / "web"
    text = "".join(path.read_text() for path in folder.rglob("*.html")) + (folder / "pages.py").read_text()
    used = set(re.findall(r'\bt\("(\w+)"\)', text)) | set(re.findall(r'problem="(\w+)"', text))
    assert used == set(wording.WORDS)


def test_pages_ask_nothing_of_other_hosts(project: Path) -> None:
    for path in (project / "gateway" / "web").rglob("*.*"):
        if path.suffix in {".html", ".css"}:
            assert not re.search(r"(?:https?:)?//\w|<script|style=|\bon\w+=", path.read_text()), path.name
