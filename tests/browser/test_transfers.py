"""Transfers in a real Chromium: many files and large ones, lines that are cut, fetching on the other side alone."""

import asyncio
import csv
import hashlib
import random
import sqlite3
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from tests.browser.chromium import NEEDS_CHROMIUM, chromium, follow
from tests.conftest import ROOT
from tests.servers.cutting import Line
from tests.servers.transfer_people import signed_in
from tests.servers.transferring import TransferGateway

axe_core = pytest.importorskip("axe_playwright_python.async_playwright", reason="axe-core is not installed")

CORPUS = ROOT.parent / "shared" / "corpus"
pytestmark = [
    NEEDS_CHROMIUM,
    pytest.mark.slow,
    pytest.mark.timeout(900),
]

PASSWORD = "kaigi-2026"
MEGABYTE = 1_048_576
GIGABYTE = 1_024 * MEGABYTE
MANY = 30
#: Families of the corpus, and how many of each make a mixed lot.
MIXED = {"image": 6, "pdf": 5, "ooxml": 6, "arc-zip": 3, "text/other": 3, "odf": 3, "rtf": 2, "csv/sylk": 2}
OVER = {"ready", "held", "locked", "approval", "fetched", "discarded"}
LANGUAGES = ("ja", "en")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TransferGateway]:
    made = TransferGateway(tmp_path_factory.mktemp("kiyome"))
    made.people = signed_in(made, "hanako", "jiro", "saburo")  # type: ignore[attr-defined]
    with made:
        yield made


class Window:
    """A Chromium; pages of signed-in people, and what they complain of."""

    def __init__(self, browser: Any, gateway: TransferGateway) -> None:
        self.browser = browser
        self.gateway = gateway
        self.complaints: list[str] = []

    async def page(self, login: str, language: str = "ja", *, address: str = "", width: int = 1280) -> Any:
        size = {"width": width, "height": 900}
        context = await self.browser.new_context(viewport=size, accept_downloads=True)
        cookies = {"kiyome_language": language, **self.gateway.people[login]}  # type: ignore[attr-defined]
        url = address or self.gateway.out
        await context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])
        page = await context.new_page()
        page.on("console", lambda said: self._note(said.type, said.text))
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
        return page

    def _note(self, kind: str, text: str) -> None:
        expected = ("the server responded with a status of", "net::ERR_")
        if kind == "error" and not any(each in text for each in expected):
            self.complaints.append(text)


@pytest.fixture
async def window(gateway: TransferGateway) -> AsyncIterator[Window]:
    async with chromium() as browser:
        window = Window(browser, gateway)
        yield window
        assert window.complaints == []


async def begin(page: Any, address: str, title: str = "", recipients: str = "") -> str:
    """A new transfer by its form; its number."""
    await page.goto(f"{address}/transfers/new")
    await page.fill("#title", title)
    await page.fill("#recipients", recipients)
    await follow(page, "form.stack button")
    assert await page.locator("[data-add]").is_visible()
    return str(page.url.rpartition("/")[2])


async def states(page: Any) -> list[str]:
    found: list[str] = await page.eval_on_selector_all("table.files tbody tr", "rows => rows.map(r => r.dataset.state)")
    return found


async def settled(page: Any, count: int, seconds: int = 240) -> list[str]:
    """The states when nothing is under way any more."""
    for _ in range(seconds * 2):
        found = await states(page)
        if len(found) == count and set(found) <= OVER:
            return found
        await asyncio.sleep(0.5)
    raise AssertionError(f"{found}: {await page.inner_text('main')}")


def shown(gateway: TransferGateway, transfer: str) -> list[dict[str, Any]]:
    """What the store has of it."""
    with sqlite3.connect(f"file:{gateway.folder}/kiyome.db?mode=ro", uri=True) as store:
        store.row_factory = sqlite3.Row
        rows = store.execute("SELECT id, state, original_sha256 AS sha256 FROM items WHERE group_id = ?", (transfer,))
        return [dict(row) for row in rows]


def mixed_lot() -> list[Path]:
    if not (CORPUS / "INDEX.tsv").exists():
        pytest.skip("the shared corpus is not beside the project")
    left, found = dict(MIXED), []
    with (CORPUS / "INDEX.tsv").open(newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            path = CORPUS / row["local"]
            if left.get(row["kind"]) and 0 < int(row["size"]) < 500_000 and path.name not in {p.name for p in found}:
                left[row["kind"]] -= 1
                found.append(path)
    assert len(found) == MANY
    return found


@pytest.mark.parametrize("language", LANGUAGES)
async def test_thirty_files_at_once_and_fetched_on_the_other_side(
    window: Window, gateway: TransferGateway, tmp_path: Path, language: str
) -> None:
    lot = mixed_lot()
    page = await window.page("hanako", language)
    title = "八月の資料 <b>30</b>"
    transfer = await begin(page, gateway.out, title, "jiro@city.example.lg.jp")
    await page.set_input_files("#files", [str(path) for path in lot])
    found = await settled(page, MANY)
    assert found.count("ready") >= MANY // 2, found
    assert len(shown(gateway, transfer)) == MANY
    summary = await page.inner_text("[data-summary]")
    assert f"{MANY}" in summary
    assert ("受け取れるもの" in summary) is (language == "ja")
    assert gateway.inside + f"/transfers/{transfer}" in await page.inner_text("main")
    assert await page.locator("[data-fetch]").count() == 0
    answer = await page.request.get(f"{gateway.out}/api/v1/transfers/{transfer}/archive")
    assert answer.status == 404  # the wrong side
    await looks_well(page, f"many-{language}")
    await sifted(page, lot[0].name, language)
    await follow(page, "[data-send]")
    assert "jiro@city.example.lg.jp" in await page.inner_text("main")
    await follow(page, "main form button")
    assert await page.locator(".said").count() == 1
    await fetched_by(window, "jiro", transfer, found.count("ready"), tmp_path, language)
    await gets_nothing(window, "saburo", gateway.inside, transfer)
    await gets_nothing(window, "jiro", gateway.out, transfer)


async def sifted(page: Any, name: str, language: str) -> None:
    """The long list shows only what is looked for, and then all of it again."""
    await page.fill("#sift", name.upper())
    shown = page.locator("table.files tbody tr:visible")
    count = await shown.count()
    assert 1 <= count < MANY
    assert all(name in text for text in await shown.all_inner_texts())
    said = await page.inner_text("[data-sifted]")
    assert f"{MANY}" in said
    assert f"{count}" in said
    assert ("表示" in said) is (language == "ja")
    await page.fill("#sift", "")
    assert await shown.count() == MANY


async def fetched_by(window: Window, login: str, transfer: str, ready: int, folder: Path, language: str) -> None:
    """The results are read, one file and the ZIP of all are saved."""
    there = window.gateway.inside
    page = await window.page(login, language, address=there)
    await page.goto(f"{there}/")
    await follow(page, f"a[href='/transfers/{transfer}']")
    assert await page.locator("[data-fetch]:visible").count() == ready
    assert await page.locator("[data-add]").count() == 0
    await looks_well(page, f"fetch-{language}")
    async with page.expect_download() as one:
        await page.locator("[data-fetch]:visible").first.click()
    assert (await (await one.value).path()).stat().st_size > 0
    async with page.expect_download() as all_:
        await page.click("[data-archive]")
    saved = folder / "all.zip"
    await (await all_.value).save_as(saved)
    with zipfile.ZipFile(saved) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == ready


async def gets_nothing(window: Window, login: str, address: str, transfer: str) -> None:
    """Neither the page nor a file, nor that there is one."""
    page = await window.page(login, address=address)
    answer = await page.goto(f"{address}/transfers/{transfer}")
    assert answer.status == 404
    items = [each["id"] for each in shown(window.gateway, transfer)]
    for path in (f"/transfers/{transfer}", f"/transfers/{transfer}/archive", f"/files/{items[0]}/content"):
        assert (await page.request.get(f"{address}/api/v1{path}")).status == 404, path
    await page.goto(f"{address}/transfers")
    assert transfer not in await page.content()


async def looks_well(page: Any, name: str) -> None:
    """axe-core is content, and nothing is wider than the window; at 360 pixels too."""
    for width in (1280, 360):
        await page.set_viewport_size({"width": width, "height": 900})
        wide = await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not wide, f"{name} at {width}"
        found = (await axe_core.Axe().run(page)).response["violations"]
        assert [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found] == []
    await page.set_viewport_size({"width": 1280, "height": 900})


async def test_an_expired_link_gets_nothing(window: Window, gateway: TransferGateway, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("words\n")
    page = await window.page("hanako", "en")
    transfer = await begin(page, gateway.out, recipients="jiro@city.example.lg.jp")
    await page.set_input_files("#files", str(tmp_path / "a.txt"))
    assert await settled(page, 1) == ["ready"]
    assert (await page.request.get(f"{gateway.out}/transfers/{transfer}")).status == 200
    with sqlite3.connect(gateway.folder / "kiyome.db", timeout=30) as store:
        store.execute("UPDATE transfers SET state = 'sent', expires_at = 1 WHERE id = ?", (transfer,))
    await gets_nothing(window, "jiro", gateway.inside, transfer)
    own = await window.page("hanako", "en", address=gateway.inside)
    await own.goto(f"{gateway.inside}/transfers/{transfer}")
    assert "This transfer is over" in await own.inner_text("main")
    assert await own.locator("[data-fetch], [data-archive], [data-add]").count() == 0
    item = shown(gateway, transfer)[0]["id"]
    assert (await own.request.get(f"{gateway.inside}/api/v1/files/{item}/content")).status in {404, 410}


@asynccontextmanager
async def line_to(address: str) -> AsyncIterator[tuple[Line, str]]:
    async with Line(int(address.rpartition(":")[2])) as line:
        yield line, f"http://127.0.0.1:{line.port}"


def prose(folder: Path, size: int) -> Path:
    """A text of so many bytes that is the same nowhere."""
    choose = random.Random(size)
    file = folder / "長い記録.txt"
    with file.open("wb") as out:
        while out.tell() < size:
            out.write(choose.randbytes(24_000).hex().encode() + b"\n")
    return file


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


async def test_a_cut_line_does_not_start_over(window: Window, gateway: TransferGateway, tmp_path: Path) -> None:
    file = prose(tmp_path, 40 * MEGABYTE)
    async with line_to(gateway.out) as (line, address):
        page = await window.page("hanako", address=address)
        transfer = await begin(page, address, "切れる線")
        line.cut_at(12 * MEGABYTE, 24 * MEGABYTE, 36 * MEGABYTE)
        await page.set_input_files("#files", str(file))
        assert await settled(page, 1) == ["ready"]
        assert line.cuts == 3
        assert line.sent < 40 * MEGABYTE + 3 * 10 * MEGABYTE  # at most the piece on its way, never what was there
    assert [each["sha256"] for each in shown(gateway, transfer)] == [sha256_of(file)]


async def test_after_a_reload_the_same_file_goes_on(window: Window, gateway: TransferGateway, tmp_path: Path) -> None:
    file = prose(tmp_path, 40 * MEGABYTE)
    async with line_to(gateway.out) as (line, address):
        page = await window.page("hanako", address=address)
        transfer = await begin(page, address)
        line.freeze_at(30 * MEGABYTE)
        await page.set_input_files("#files", str(file))
        await line.frozen.wait()
        line.thaw()
        await page.goto(f"{address}/transfers/{transfer}")
        assert await states(page) == ["uploading"]
        assert "もう一度選ぶ" in await page.inner_text("table.files")
        before = line.sent
        await page.set_input_files("#files", str(file))
        assert await settled(page, 1) == ["ready"]
        assert line.sent - before < 30 * MEGABYTE
    assert [each["sha256"] for each in shown(gateway, transfer)] == [sha256_of(file)]


def archive_of(folder: Path, members: int, size: int) -> Path:
    """A ZIP of texts, not compressed, so that all of it has to travel."""
    file = folder / "全資料.zip"
    text = prose(folder, size).read_bytes()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(members):
            archive.writestr(f"記録{number}.txt", text)
    return file


@pytest.mark.timeout(900)
async def test_a_gigabyte_is_cleaned_and_fetched_on_the_other_side(
    window: Window, gateway: TransferGateway, tmp_path: Path
) -> None:
    huge, odd = archive_of(tmp_path, 32, GIGABYTE // 32), tmp_path / "動画.bin"
    assert huge.stat().st_size > GIGABYTE
    odd.write_bytes(random.Random(1).randbytes(2 * MEGABYTE))
    page = await window.page("hanako", "ja")
    transfer = await begin(page, gateway.out, "大きなもの")
    await page.set_input_files("#files", [str(huge), str(odd)])
    await page.wait_for_selector("[data-all] progress")
    assert "1.0 GB" in await page.inner_text("[data-sent]")
    assert await settled(page, 2, 600) == ["ready", "held"]
    originals = {each["sha256"] for each in shown(gateway, transfer)}
    assert originals == {sha256_of(huge), sha256_of(odd)}
    there = await window.page("hanako", "en", address=gateway.inside)
    await there.goto(f"{gateway.inside}/transfers/{transfer}")
    async with there.expect_download(timeout=120_000) as coming:
        await there.locator("[data-fetch]:visible").click()
    saved = tmp_path / "saved.zip"
    await (await coming.value).save_as(saved)
    with zipfile.ZipFile(saved) as archive:
        assert len(archive.namelist()) == 32
        assert archive.testzip() is None
        assert sum(each.file_size for each in archive.infolist()) >= GIGABYTE


async def test_a_folder_is_dropped_with_what_is_in_it(window: Window, gateway: TransferGateway, tmp_path: Path) -> None:
    folder = tmp_path / "資料"
    (folder / "別紙").mkdir(parents=True)
    (folder / "表紙.txt").write_text("表紙\n")
    (folder / "別紙" / "一.txt").write_text("一\n")
    (folder / "別紙" / "空.txt").write_text("")
    page = await window.page("hanako")
    transfer = await begin(page, gateway.out)
    await page.set_input_files("#folder", str(folder))
    await settled(page, 3)
    there = await window.page("hanako", address=gateway.inside)
    files = await (await there.request.get(f"{gateway.inside}/api/v1/transfers/{transfer}/files")).json()
    assert sorted((each["path"], each["name"]) for each in files["files"]) == [
        ("資料", "表紙.txt"),
        ("資料/別紙", "一.txt"),
        ("資料/別紙", "空.txt"),
    ]


async def test_by_keyboard_alone_a_password_opens_a_locked_file(
    window: Window, gateway: TransferGateway, tmp_path: Path
) -> None:
    locked = tmp_path / "秘密.pdf"
    with pikepdf.new() as document:
        document.add_blank_page()
        document.save(locked, encryption=pikepdf.Encryption(user=PASSWORD, owner="owner-of-it", R=6))
    page = await window.page("hanako", "en")
    await begin(page, gateway.out)
    await page.set_input_files("#files", str(locked))
    assert await settled(page, 1) == ["locked"]
    await page.focus("[data-password] input")
    await page.keyboard.type("wrong password")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("text=This is not its password.")
    assert await states(page) == ["locked"]
    assert await page.evaluate("document.activeElement.type") == "password"
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("tr[data-state=ready]")


async def test_what_is_taken_back_is_gone(window: Window, gateway: TransferGateway, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("words\n")
    page = await window.page("hanako", "en")
    transfer = await begin(page, gateway.out, "mistake")
    await page.set_input_files("#files", str(tmp_path / "a.txt"))
    assert await settled(page, 1) == ["ready"]
    await follow(page, f"a[href='/transfers/{transfer}/withdraw']")
    await follow(page, "main form button")
    assert "withdrawn" in await page.inner_text("main")
    assert [each["state"] for each in shown(gateway, transfer)] == ["discarded"]
