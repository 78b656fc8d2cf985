"""Every page in a real Chromium: what a sender wrote does not run, nothing overflows, axe-core is content, keys do."""

import asyncio
import shutil
import struct
import zlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.access.rights import Role
from gateway.model import ItemState, Segment
from gateway.store.items import Store
from gateway.store.queries import Wanted
from gateway.store.transfers import TransferDraft
from gateway.store.upload_rows import UploadDraft
from gateway.web.server import WebServer
from tests.browser.chromium import LOOKS, NEEDS_CHROMIUM, Look, Windows, chromium, follow, screenshots
from tests.unit.web.api import world as worlds
from tests.unit.web.api.conftest import migrated
from tests.unit.web.api.world import CITY, Entrance, FakeGateway, World, settings_in

axe_core = pytest.importorskip("axe_playwright_python.async_playwright", reason="axe-core is not installed")

pytestmark = [NEEDS_CHROMIUM, pytest.mark.slow]

__all__ = ["migrated"]

HOSTILE = ["<script>alert(1)</script>", "\u202egnp.exe", "A" * 1_000, '"><img src=x onerror=alert(2)>', "あ" * 900]


def png(width: int, height: int) -> bytes:
    """A white picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\0" + b"\xff" * width) * height)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


class Site(Windows):
    """The application on a port of its own, and a Chromium in front of it."""

    def __init__(self, world: World, address: str, browser: Any) -> None:
        super().__init__(browser, address)
        self.world = world

    async def page(self, who: Entrance | None = None, look: Look = LOOKS[0], **options: Any) -> Any:
        """A new window of somebody who is signed in, or of a stranger."""
        return await self.open(look, who.cookies if who else {}, **options)


@pytest.fixture
async def site(tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:

    monkeypatch.setattr(worlds, "PNG", png(300, 400))
    shutil.copytree(migrated, tmp_path / "store")
    settings = settings_in(tmp_path / "store")
    settings = msgspec.structs.replace(settings, web=msgspec.structs.replace(settings.web, segment=Segment.INTERNET))
    world = World(FakeGateway(settings, await Store.open(settings.store)))
    server = WebServer(world.app, "127.0.0.1", 0)
    await server.start()
    async with chromium() as browser:
        yield Site(world, f"http://127.0.0.1:{server.port}", browser)
    await server.stop()
    await world.close()


async def furnished(site: Site) -> tuple[Entrance, list[str]]:
    """An administrator, hostile mail, a request, a try: every page that there is."""
    world = site.world
    admin = await world.person("admin", Role.ADMINISTRATOR, address=f"admin@{CITY}")
    items = [await world.item(f"hanako@{CITY}", f"jiro@{CITY}", subject=subject) for subject in HOSTILE]
    reason = HOSTILE[0]
    asked = await world.store.approvals.ask(items[0], Wanted.ORIGINAL, reason=reason, actor=f"recipient:hanako@{CITY}")
    tried = await world.ask(admin, "POST", "/try?name=<b>x.txt&kind=file&profile=standard", content=b"words")
    proving = world.app.state.desk.bench.proofs.begin()
    person = await world.store.people.find("admin")
    assert person is not None
    item, transfer = f"/items/{items[0]}", f"/transfers/{await handed_in(site, person.id)}"
    deeds = ("release", "release-original", "discard", "clean-again", "original")
    return admin, [
        "/",
        "/items",
        "/items?state=held&finding=active_content&sort=oldest",
        "/items?state=nothing",
        *(f"/items/{each}" for each in items),
        f"{item}/content",
        f"{item}/parts/1.2/pages",
        *(f"{item}/{deed}" for deed in deeds),
        "/approvals",
        f"/approvals/{asked.id}/approve",
        f"/approvals/{asked.id}/refuse",
        "/transfers",
        "/transfers?text=nothing",
        "/transfers/new",
        transfer,
        f"{transfer}/send",
        f"{transfer}/withdraw",
        "/try",
        tried.json()["location"],
        "/rules?address=hanako@city.example.jp",
        "/audit",
        f"/audit/verify/{proving.id}",
        "/system",
        "/people",
        f"/people/{person.id}",
        "/people/new",
        "/account",
        "/unlock/link",
        "/original/none",
        "/manual",
        "/manual/api",
        "/manual/operation",
        "/nothing-here",
    ]


async def handed_in(site: Site, person_id: str) -> str:
    """A transfer with hostile names, whole and in part."""
    uploads = site.world.gateway.uploads
    draft = TransferDraft(
        person_id=person_id,
        actor="user:admin",
        address=f"admin@{CITY}",
        side=Segment.INTERNET,
        recipients=(f"admin@{CITY}", f"{'a' * 200}@{CITY}"),
        expires_at=datetime.now(UTC) + timedelta(days=7),
        title=HOSTILE[2],
    )
    transfer = await uploads.begin_transfer(draft)
    for name in HOSTILE:
        for length in (0, 1_000):
            told = UploadDraft(
                transfer_id=transfer.id,
                name=name,
                length=length,
                path="深い/フォルダー/" + "長" * 200,
                client="192.0.2.1",
                listener="web",
                protocol="HTTPS",
            )
            upload = await uploads.begin(told)
            if not length:
                await uploads.finish(upload.id)
    return transfer.id


@pytest.mark.timeout(900)
@pytest.mark.parametrize("look", LOOKS)
async def test_every_page_is_clean_and_fits(site: Site, look: Look, tmp_path: Path) -> None:
    admin, paths = await furnished(site)
    page, axe, shots = await site.page(admin, look), axe_core.Axe(), screenshots(tmp_path)
    language, dark, width = look
    found = []
    for number, path in enumerate(paths):
        await page.goto(site.address + path)
        shot = f"{number:02}-{language}-{width}-{'dark' if dark else 'light'}.png"
        await page.screenshot(path=shots / shot, full_page=True)
        too_wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        if await page.evaluate(too_wide):
            found.append(f"{path}: wider than the window")
        assert await page.evaluate("document.documentElement.lang") == language
        assert await page.locator("h1").count() == 1, path
        results = (await axe.run(page)).response
        found += [
            f"{path}: {each['id']}: {each['nodes'][0]['html'][:200]}: {each['nodes'][0]['failureSummary'][:200]}"
            for each in results["violations"]
        ]
    assert found == []
    assert site.complaints == []


@pytest.mark.timeout(900)
async def test_the_list_by_keyboard_alone(site: Site) -> None:
    items = [await site.world.item(subject=f"件 {number}") for number in range(4)]
    page = await site.page(await site.world.person("operator", Role.OPERATOR))
    await page.goto(f"{site.address}/items")
    for key in ("j", "x", "j", "j", "x", "k"):
        await page.keyboard.press(key)
    assert await page.locator("input[name=item]:checked").count() == 2
    await page.keyboard.press("?")
    assert await page.locator("dialog[open]").count() == 1
    await page.keyboard.press("Escape")
    await page.keyboard.press("/")
    assert await page.evaluate("document.activeElement.id") == "text"
    await page.keyboard.type("jx")  # letters there are letters
    assert await page.input_value("#text") == "jx"
    await page.keyboard.press("Escape")
    await page.select_option("#bulk-action", "discard")
    await page.locator("fieldset.bulk button").focus()
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    assert "2 件" in await page.inner_text("h1")
    await page.fill("#reason", "片付け")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    await page.wait_for_selector("[data-live-over]")
    states = [await site.world.state(each) for each in items]
    assert states.count(ItemState.DISCARDED) == 2
    assert site.complaints == []


@pytest.mark.timeout(900)
async def test_letter_keys_can_be_switched_off_and_stay_so(site: Site) -> None:
    await site.world.item()
    page = await site.page(await site.world.person("operator", Role.OPERATOR))
    await page.goto(f"{site.address}/items")
    await page.keyboard.press("?")
    await page.uncheck("[data-keys-on]")
    await page.goto(f"{site.address}/items")
    await page.keyboard.press("j")
    assert await page.evaluate("document.activeElement.tagName") == "BODY"


@pytest.mark.timeout(900)
async def test_new_mail_appears_and_what_was_chosen_stays(site: Site) -> None:
    await site.world.item(subject="はじめの件")
    page = await site.page(await site.world.person("operator", Role.OPERATOR))
    await page.goto(f"{site.address}/items")
    await page.keyboard.press("j")
    await page.keyboard.press("x")
    await site.world.item(subject="<b>あとの件</b>")
    await page.wait_for_selector("text=<b>あとの件</b>", timeout=20_000)
    assert await page.locator("tbody tr").count() == 2
    assert "はじめの件" in await page.locator("tr:has(input:checked)").inner_text()
    assert "はじめの件" in await page.evaluate("document.activeElement.closest('tr').textContent")
    assert site.complaints == []


@pytest.mark.timeout(900)
async def test_without_scripts_everything_but_try_works(site: Site) -> None:
    item_id = await site.world.item()
    operator = await site.world.person("operator", Role.OPERATOR)
    page = await site.page(operator, java_script_enabled=False)
    await page.goto(f"{site.address}/items")
    await page.check(f"input[value='{item_id}']")
    await page.select_option("#bulk-action", "discard")
    await follow(page, "fieldset.bulk button")
    await page.fill("#reason", "片付け")
    await follow(page, "main form button")
    for _ in range(300):
        if await site.world.state(item_id) is ItemState.DISCARDED:
            break
        await asyncio.sleep(0.1)
    assert await site.world.state(item_id) is ItemState.DISCARDED
    await page.goto(f"{site.address}/try")
    assert "kiyome clean" in await page.inner_text("main")


@pytest.mark.timeout(900)
async def test_a_file_is_tried_by_its_own_page(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "<img src=x onerror=alert(1)>.eml"
    file.write_bytes(b"Subject: x\r\n\r\nwords\r\n")
    page = await site.page(await site.world.person("operator", Role.OPERATOR))
    await page.goto(f"{site.address}/try")
    await page.set_input_files("#file", str(file))
    assert await page.input_value("#kind") == "mail"
    await follow(page, ".try button")
    assert "onerror" in await page.inner_text("h1")
    assert site.complaints == []
