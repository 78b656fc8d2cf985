"""A real Chromium: windows in a language, a colour scheme and a width, and all that they complain of."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

playwright = pytest.importorskip("playwright.async_api", reason="Playwright is not installed")

PROGRAM = Path("/usr/bin/chromium")
NEEDS_CHROMIUM = pytest.mark.skipif(not PROGRAM.exists(), reason="Chromium is not installed (Debian package chromium)")
#: Language, dark, width in pixels.
Look = tuple[str, bool, int]
LOOKS: list[Look] = [
    ("ja", False, 1280),
    ("en", True, 360),
    ("ja", True, 1920),
    ("ja", False, 360),
    ("en", False, 1280),
]
STATUS = "the server responded with a status of"  #: of a page that says so itself

#: Of a picture: whether something dark is drawn on it.
INK = """image => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    const paper = canvas.getContext("2d");
    paper.drawImage(image, 0, 0);
    return paper.getImageData(0, 0, canvas.width, canvas.height).data.some((value, at) => at % 4 === 0 && value < 100);
}"""
#: What a person drags: a file of this name and these bytes (base 64).
DROP = """([name, data]) => {
    const carried = new DataTransfer();
    carried.items.add(new File([Uint8Array.from(atob(data), each => each.charCodeAt(0))], name));
    return carried;
}"""
#: What the page's own scripts could send; the status of the answer.
POST = """async ([path, type, body]) => {
    const headers = {"X-CSRF-Token": document.querySelector("meta[name=csrf]").content, "Content-Type": type};
    return (await fetch(path, {method: "POST", headers, body})).status;
}"""


def screenshots(folder: Path) -> Path:
    """Where what people see is kept: the folder that KIYOME_SCREENSHOTS names, else below this one."""
    shots = Path(os.environ.get("KIYOME_SCREENSHOTS") or folder / "screenshots")
    shots.mkdir(parents=True, exist_ok=True)
    return shots


@asynccontextmanager
async def chromium() -> AsyncIterator[Any]:
    """A browser without windows yet."""
    async with playwright.async_playwright() as started:
        browser = await started.chromium.launch(
            executable_path=str(PROGRAM), args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield browser
        await browser.close()


async def follow(page: Any, selector: str) -> None:
    """Click, and wait until the page is there that it leads to: before that the old one would be looked at."""
    async with page.expect_navigation(timeout=60_000):
        await page.click(selector)


class Windows:
    """Of one site. `complaints`: errors of the console, refusals by the page's policy, dialogs, requests elsewhere."""

    def __init__(self, browser: Any, address: str) -> None:
        self.address = address
        self.complaints: list[str] = []
        self._browser = browser

    async def open(self, look: Look = LOOKS[0], cookies: Mapping[str, str] | None = None, **options: Any) -> Any:
        """A page of a person of its own: nothing is shared with the others but the site."""
        language, dark, width = look
        size = {"width": width, "height": 800}
        context = await self._browser.new_context(
            viewport=size,
            color_scheme="dark" if dark else "light",
            locale="ja-JP" if language == "ja" else "en-GB",
            base_url=self.address,
            **options,
        )
        given = {"kiyome_language": language} | dict(cookies or {})
        await context.add_cookies([{"name": name, "value": each, "url": self.address} for name, each in given.items()])
        context.on("console", lambda said: self._note(said.type, said.text))
        context.on("weberror", lambda error: self.complaints.append(f"error: {error.error}"))
        context.on("dialog", self._dismiss)
        context.on("request", lambda request: self._stranger(request.url))
        return await context.new_page()

    def _note(self, kind: str, text: str) -> None:
        if kind == "error" and STATUS not in text:
            self.complaints.append(text)

    async def _dismiss(self, dialog: Any) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        await dialog.dismiss()

    def _stranger(self, url: str) -> None:
        if not url.startswith((f"{self.address}/", "data:", "blob:")):
            self.complaints.append(f"asked elsewhere: {url}")
