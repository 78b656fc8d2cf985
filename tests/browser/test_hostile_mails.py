"""Mail made to break the web interface: in by SMTP, through the real engine, and then on every page that shows it."""

import asyncio
import base64
import csv
import io
import unicodedata
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.header import Header
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pikepdf
import pytest

from gateway.access.callers import new_token, token_hash
from gateway.access.links import of_originals
from gateway.access.rights import Role
from gateway.app import Gateway
from gateway.model import ItemState
from gateway.settings import WebSettings
from gateway.store.drafts import ItemQuery
from gateway.store.people import NewPerson
from gateway.store.queries import Wanted
from gateway.store.sessions import NewSession
from gateway.web.app import build
from gateway.web.pages import Trial
from gateway.web.server import WebServer
from sanitizers.rules import Profile, Rules, TellHeld, Verdict
from tests.browser.chromium import NEEDS_CHROMIUM, Windows, chromium, follow
from tests.end_to_end.test_app import ROLES, arrived, send, settings_of
from tests.fakes.next_hop import NextHop

pytestmark = [NEEDS_CHROMIUM, pytest.mark.slow]

LONG = "W" * 10_000
HANAKO = "hanako@city.example.jp"
RLO, LRI, PDI, ALM = "\u202e", "\u2066", "\u2069", "\u061c"
SCRIPT = "<script>alert(1)</script>"
#: Subject, display name, words of the body, name of the file.
HOSTILE = {
    "script": (SCRIPT, '"><img src=x onerror=alert(2)>', f"{SCRIPT}<svg/onload=alert(3)>", f"{SCRIPT}.txt"),
    "attribute": (
        "' autofocus onfocus='alert(4)",
        '" style="position:fixed;inset:0',
        "</pre></textarea>",
        "a\"onx='.txt",
    ),
    "template": (
        "{{ 7919 * 7907 }}",
        "${7919*7907} {% raw %}",
        "{{ config }} %(x)s {0.__class__}",
        "{{7919*7907}}.txt",
    ),
    "closing": (
        "]]></title></script><h1>x",
        "--></style><base href=//evil.example/>",
        "\x1b[2J\x08\x7f",
        "</title>.txt",
    ),
    "bidi": (f"{RLO}gpj.exe{LRI}", f"{RLO}moc.live@a{ALM}", f"{RLO}txet desrever {PDI}{PDI}", f"invoice{RLO}fdp.txt"),
    "long": (LONG, "N" * 2_000, LONG, "f" * 240 + ".txt"),
    "wide": ("あ" * 3_000, "﷽" * 300, "Ẑ̧̢" * 2_000, "い" * 70 + ".txt"),
    "formula": ('=HYPERLINK("http://evil.example","x")', "@SUM(1+1)*cmd|' /C calc'!A0", "+1+1", "=1+1.csv"),
    "links": (
        "javascript:alert(5)",
        "data:text/html,<script>",
        "<a href=javascript:alert(6)>x</a>",
        "javascript:x.html",
    ),
}
WIDTHS = (360, 1280)
#: Our own words do not share a line's direction with the sender's: every text that turns stands by itself.
ALONE = """() => {
  const turns = /[\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]/;
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    if (!turns.test(node.data)) continue;
    let box = node.parentElement;
    while (box && getComputedStyle(box).display.startsWith("inline") &&
           !/isolate|plaintext/.test(getComputedStyle(box).unicodeBidi)) box = box.parentElement;
    if (box.textContent.trim() !== node.data.trim()) found.push(box.outerHTML.slice(0, 300));
  }
  return found;
}"""
OVERFLOW = """() => {
  const page = document.documentElement;
  if (page.scrollWidth <= page.clientWidth) return [];
  const isWide = (each) => each.getBoundingClientRect().right > page.clientWidth;
  const wide = [...document.querySelectorAll("main *")].filter(isWide);
  return [`${page.scrollWidth} > ${page.clientWidth}`, ...wide.slice(-1).map((each) => each.outerHTML.slice(0, 200))];
}"""
#: What only a sender's markup could have brought.
FOREIGN = """() => {
  const ours = "script:not([src^='/static/']), img:not([src^='/']), link:not([href^='/static/'])";
  const never = "form[action]:not([action^='/']), iframe, object, embed, base, style, [style]";
  const found = [...document.querySelectorAll(`${ours}, ${never}`)];
  for (const each of document.querySelectorAll("*"))
    if ([...each.attributes].some((one) => one.name.startsWith("on"))) found.push(each);
  for (const each of document.querySelectorAll("a[href]"))
    if (new URL(each.getAttribute("href"), location.href).origin !== location.origin) found.push(each);
  return found.map((each) => each.outerHTML.slice(0, 200));
}"""


def encoded(text: str) -> str:
    """Words of a header, as a mail program would write them; nothing of them is lost."""
    return Header(text, "utf-8", maxlinelen=70).encode(linesep="\r\n")


def pdf(words: str) -> bytes:
    """One page, with a title that is markup."""
    document = pikepdf.new()
    document.add_blank_page(page_size=(300, 200))
    document.docinfo["/Title"] = words
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def packed(name: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr(name.replace("/", "_")[:200], "words")
        archive.writestr("run<b>.exe", b"MZ" + bytes(60))
    return written.getvalue()


def mail(kind: str) -> bytes:
    """Plain and HTML body, a text, a PDF and an archive, and header fields of its own; written by hand."""
    subject, name, words, file = HOSTILE[kind]
    head = (
        f"From: {encoded(name)} <evil@example.com>\r\nTo: {encoded(name)} <{HANAKO}>\r\nSubject: {encoded(subject)}\r\n"
        f"Date: Wed, 01 Jul 2026 10:00:00 +0900\r\nMessage-ID: <{kind}@example.com>\r\n"
        f"X-Strange: {encoded(words[:500])}\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="kiyome"\r\n\r\n'
    )
    html = f"<html><body><p>{words}</p><img src=http://evil.example/p.png><script>alert(9)</script></body></html>"
    pieces = [part("text/plain; charset=utf-8", words.encode()), part("text/html; charset=utf-8", html.encode())]
    for named, data in ((file, words.encode()), (f"{file}.pdf", pdf(words)), (f"{file}.zip", packed(file))):
        pieces.append(part("application/octet-stream", data, encoded(named)))
    return head.encode() + b"".join(b"--kiyome\r\n" + each for each in pieces) + b"--kiyome--\r\n"


def part(media: str, data: bytes, name: str = "") -> bytes:
    attached = f'Content-Disposition: attachment;\r\n filename="{name}"\r\n' if name else ""
    head = f"Content-Type: {media}\r\n{attached}Content-Transfer-Encoding: base64\r\n\r\n"
    return head.encode() + base64.encodebytes(data).replace(b"\n", b"\r\n") + b"\r\n"


class Site:
    """The whole gateway with its web interface, hostile mail in it, and an administrator who is signed in."""

    def __init__(
        self, gateway: Gateway, windows: Windows, cookies: dict[str, str], items: dict[str, str], hop: NextHop
    ) -> None:
        self.gateway = gateway
        self.windows = windows
        self.cookies = cookies
        self.items = items  #: number of each kind's mail
        self.hop = hop

    async def paths(self, kind: str) -> list[str]:
        """Every page that shows something of this mail."""
        item_id = self.items[kind]
        item, report = f"/items/{item_id}", await self._parts(item_id)
        asked = await self.gateway.store.approvals.waiting()
        approval = next(each for each in asked if each.item_id == item_id)
        end = datetime.now(UTC) + timedelta(days=1)
        link = of_originals(self.gateway.settings).make(item_id, HANAKO, end)
        drawn = [f"{item}/parts/{path}/pages" for path, type_ in report if type_ == "application/pdf"]
        deeds = ("release", "release-original", "discard", "clean-again", "original")
        return [
            "/",
            "/items?limit=200",
            f"/items?text={item_id}",
            f"/live/items?text={item_id}",
            item,
            f"/live{item}",
            f"{item}/content",
            *drawn,
            *(f"{item}/{deed}" for deed in deeds),
            "/approvals",
            *(f"/approvals/{approval.id}/{answer}" for answer in ("approve", "refuse")),
            f"/audit?item_id={item_id}",
            f"/original/{link}",
            "/mailbox",
            f"/mailbox/1.{kind}.host",
        ]

    async def _parts(self, item_id: str) -> list[tuple[str, str]]:
        item = await self.gateway.store.item(item_id)
        assert item is not None
        assert item.report is not None
        return [(each.path, each.detected_type) for each in item.report.parts]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    rules = Rules(profiles={"standard": Profile(removed_part=Verdict.HOLD, tell_held=TellHeld.AT_ONCE)})
    mailbox = tmp_path / "mailbox"
    for folder in ("new", "cur", "tmp"):
        (mailbox / folder).mkdir(parents=True)
    async with NextHop() as hop:
        web = WebSettings(secure_cookies=False, public_url="https://kiyome.city.example.jp")
        gateway = Gateway(settings_of(tmp_path, hop.port, web=web), rules, ROLES)
        await gateway.start()
        server = WebServer(build(gateway, Trial(mailbox)), "127.0.0.1", 0)
        await server.start()
        try:
            for kind in HOSTILE:
                await send(gateway, mail(kind), HANAKO, sender="evil@example.com")
            items = await _held(gateway)
            for kind, item_id in items.items():
                reason = HOSTILE[kind][0][:500]
                await gateway.store.approvals.ask(item_id, Wanted.ORIGINAL, reason=reason, actor=f"recipient:{HANAKO}")
                item = await gateway.store.item(item_id)
                assert item is not None
                (mailbox / "new" / f"1.{kind}.host").write_bytes(await gateway.store.clean(item))
            cookies = await _signed_in(gateway)
            async with chromium() as browser:
                yield Site(gateway, Windows(browser, f"http://127.0.0.1:{server.port}"), cookies, items, hop)
        finally:
            await server.stop()
            await gateway.stop()


async def _held(gateway: Gateway) -> dict[str, str]:
    """Once all of them are cleaned: the number of each."""
    async with asyncio.timeout(240):
        while len(found := await gateway.store.items(ItemQuery(state=ItemState.HELD))) < len(HOSTILE):  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    numbers = {item.facts.message_id.partition("@")[0]: item.id for item in found if item.facts}
    assert numbers.keys() == HOSTILE.keys()
    return numbers


async def _signed_in(gateway: Gateway) -> dict[str, str]:
    people, token, now = gateway.store.people, new_token(), datetime.now(UTC)
    new = NewPerson(login="admin", name="管理者", address="", role=Role.ADMINISTRATOR, domains=None)
    person = await people.add(new, None, actor="test")
    session = NewSession(
        token=token_hash(token),
        person_id=person.id,
        step="done",
        client="127.0.0.1",
        agent="test",
        at=now,
        ends_at=now + timedelta(hours=1),
    )
    await people.sessions.begin(session)
    await people.sessions.sign_in(token_hash(token), strong_until=now + timedelta(hours=1), actor="user:admin")
    return {"kiyome": token}


@pytest.mark.timeout(900)
async def test_no_page_runs_breaks_or_is_turned_by_what_a_sender_wrote(site: Site) -> None:
    pages = {width: await site.windows.open(("ja", False, width), site.cookies) for width in WIDTHS}
    wrong = []
    for kind in HOSTILE:
        for path in [*await site.paths(kind), await tried(pages[1280], kind)]:
            for width, page in pages.items():
                answer = await page.goto(site.windows.address + path)
                assert answer.status in ({200, 410} if path.startswith("/original/") else {200}), (
                    kind,
                    path,
                    answer.status,
                )
                found = {"alone": await page.evaluate(ALONE), "foreign": await page.evaluate(FOREIGN)}
                if not path.startswith("/live/"):  # a part of a page, without the style of one
                    found["wide"] = await page.evaluate(OVERFLOW)
                wrong += [(kind, path, width, name, each) for name, each in found.items() if each]
                assert str(7919 * 7907) not in await page.content(), (kind, path)
    assert wrong == []
    assert site.windows.complaints == []


async def tried(page: Any, kind: str) -> str:
    """The same mail, tried by its page: where the result is."""
    await page.goto("/try")
    name = HOSTILE[kind][3].replace("/", "_")[:80] + ".eml"
    await page.set_input_files("#file", {"name": name, "mimeType": "message/rfc822", "buffer": mail(kind)})
    await follow(page, ".try button")
    return str(await page.evaluate("location.pathname"))


@pytest.mark.timeout(900)
async def test_what_leaves_the_pages_is_harmless_too(site: Site) -> None:
    """Many at once, the API, files to be saved, the exports, and the mails that tell of it."""
    page = await site.windows.open(cookies=site.cookies)
    await page.goto("/items?limit=200")
    for box in await page.locator("input[name=item]").all():
        await box.check()
    await page.select_option("#bulk-action", "discard")
    await follow(page, "fieldset.bulk button")
    assert [await page.evaluate(each) for each in (ALONE, OVERFLOW, FOREIGN)] == [[], [], []]
    for item_id in site.items.values():
        for path in ("", "/history", "/headers", "/texts", "/difference", "/tree", "/approvals"):
            answer = await page.request.get(f"/api/v1/items/{item_id}{path}")
            assert answer.status == 200
            assert answer.headers["content-type"] == "application/json"
            assert answer.headers["x-content-type-options"] == "nosniff"
        await saved(page, site, item_id)
    text = await (await page.request.get("/api/v1/audit/export?format=csv")).text()
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert not [
        cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"))
    ]
    for letter in await arrived(site.hop, len(HOSTILE)):
        told = letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        assert not [each for each in told + str(letter["Subject"]) if unseen(each)]
        assert [name for name in letter if letter.get_all(name, [])[1:] and name != "Received"] == []
        assert letter.get_body(("html",)) is None
    assert site.windows.complaints == []


async def saved(page: Any, site: Site, item_id: str) -> None:
    """Every clean file of it, under a name that leads nowhere and turns nothing."""
    item = await site.gateway.store.item(item_id)
    assert item is not None
    assert item.report is not None
    count = 0
    for each in item.report.parts:
        answer = await page.request.get(f"/api/v1/items/{item_id}/parts/{each.path}/clean")
        if answer.status != 200:
            continue
        count += 1
        said = answer.headers["content-disposition"]
        assert said.startswith('attachment; filename="')
        assert said.isascii()
        assert not {"/", "\\"} & set(said)
        assert answer.headers["content-type"] == "application/octet-stream"
        assert "sandbox" in answer.headers["content-security-policy"]
        name = unquote(said.partition("filename*=UTF-8''")[2])
        assert not [each for each in name if unseen(each) or each in '<>:"|?*/']
        assert not name.startswith((".", "-", "=", "+", "@")) or item_id == site.items["formula"]
    assert count


def unseen(character: str) -> bool:
    """Controls and what turns or hides the text around it."""
    return unicodedata.category(character) in {"Cc", "Cf"} and character not in "\n\t\r"
