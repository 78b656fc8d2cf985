"""Live parts in a real Chromium: told by the stream when to ask, polling without it, quiet, and none while hidden."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.access.rights import Role
from gateway.web import happenings
from tests.browser.chromium import NEEDS_CHROMIUM
from tests.browser.test_pages import Site, migrated, site
from tests.unit.web.api.world import Entrance

pytestmark = [NEEDS_CHROMIUM, pytest.mark.slow, pytest.mark.timeout(600)]

__all__ = ["migrated", "site"]

FIRST, SECOND = "はじめの件", "あとの件"
SEEN = 20_000  #: milliseconds within which something must be there
HIDE = """hidden => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(happenings, "POLL_SECONDS", 0.05)


@pytest.fixture
async def live(site: Site) -> "Live":
    await site.world.item(subject=FIRST)
    return Live(site, await site.world.person("operator", Role.OPERATOR))


class Live:
    """The list of items, open in windows."""

    def __init__(self, site: Site, operator: Entrance) -> None:
        self.site = site
        self.world = site.world
        self.operator = operator
        self.happenings = site.world.app.state.desk.bench.happenings

    async def window(self, *, every: int, cut: bool = False) -> Any:
        """A window that would poll so often; `cut`: no stream comes through."""
        page = await self.site.page(self.operator)

        async def slowed(route: Any) -> None:
            answer = await route.fetch()
            body = (await answer.text()).replace('data-every="5"', f'data-every="{every}"')
            assert f'data-every="{every}"' in body
            await route.fulfill(response=answer, body=body)

        await page.route("**/items", slowed)
        if cut:
            await page.route("**/api/v1/events", lambda route: route.abort())
        await page.goto(f"{self.site.address}/items")
        assert FIRST in await page.inner_text("tbody")
        return page

    async def watchers(self, number: int) -> None:
        """Waits until so many streams are open."""
        await until(lambda: len(self.happenings._watchers) == number)


async def until(reached: Callable[[], bool]) -> None:
    for _ in range(400):
        if reached():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("not reached")


async def appears(page: Any, subject: str) -> None:
    await page.wait_for_selector(f"tbody >> text={subject}", timeout=SEEN)


async def test_the_stream_says_when_in_every_window(live: Live) -> None:
    windows = [await live.window(every=3_600) for _ in range(2)]
    await live.watchers(2)
    await live.world.item(subject=SECOND)
    for page in windows:
        await appears(page, SECOND)
    assert live.site.complaints == []


async def test_without_a_stream_it_is_asked_now_and_then(live: Live) -> None:
    page = await live.window(every=1, cut=True)
    await live.world.item(subject=SECOND)
    await appears(page, SECOND)
    assert len(live.happenings._watchers) == 0


async def test_a_stream_that_breaks_and_is_refused_leaves_polling(live: Live) -> None:
    page = await live.window(every=1)
    await live.watchers(1)
    live.happenings.stop()  # it ends, and further ones are answered 429
    await live.watchers(0)
    await live.world.item(subject=SECOND)
    await appears(page, SECOND)


async def test_what_a_page_asks_on_its_own_keeps_nobody_signed_in(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    page = await live.window(every=1)
    await live.watchers(1)
    renewed: list[str] = []

    async def seen(token: str, found: Any) -> None:
        renewed.append(token)

    monkeypatch.setattr(live.world.app.state.guard._doorkeeper.callers, "seen", seen)
    await live.world.item(subject=SECOND)
    await appears(page, SECOND)
    assert renewed == []
    await page.reload()
    assert renewed != []


async def test_a_hidden_page_holds_no_stream_and_asks_nothing(live: Live) -> None:
    page = await live.window(every=1)
    await live.watchers(1)
    await page.evaluate(HIDE, True)
    await live.watchers(0)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await live.world.item(subject=SECOND)
    await page.wait_for_timeout(2_500)
    assert asked == []
    await page.evaluate(HIDE, False)
    await appears(page, SECOND)
    await live.watchers(1)


async def test_one_item_follows_what_happens_to_it(live: Live, tmp_path: Path) -> None:
    item_id = await live.world.item(subject=SECOND)
    page = await live.site.page(live.operator)

    async def slowed(route: Any) -> None:
        answer = await route.fetch()
        await route.fulfill(response=answer, body=(await answer.text()).replace('data-every="5"', 'data-every="3600"'))

    await page.route(f"**/items/{item_id}", slowed)
    await page.goto(f"{live.site.address}/items/{item_id}")
    await live.watchers(1)
    await page.wait_for_timeout(1_500)  # the question after the stream was opened is over
    await live.world.post(live.operator, f"/items/{item_id}/discard", {"reason": "迷惑メール"})
    await page.wait_for_selector("main >> text=迷惑メール", timeout=SEEN)
