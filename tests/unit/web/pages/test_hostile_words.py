"""Words that a sender wrote, on every page: they stay words, stand by themselves, and break nothing."""

import re

import pytest

from gateway.access.rights import Role
from gateway.store.queries import Wanted
from tests.unit.web.api.world import CITY, Entrance, World

HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>'",
    "{{ 7919 * 7907 }} {% raw %} ${7919*7907} %(x)s {0}",
    "\u202egnp.exe",
    "A" * 10_000,
    "javascript:alert(1)",
    "]]></title><svg/onload=alert(1)>",
]
TAGS = re.compile(r"<(script|img|svg|b|style|iframe)\b[^>]*>")


def ours(tag: str) -> bool:
    """What our own pages are made of."""
    return (
        re.fullmatch(r'<script type="module" src="/static/\w+\.js\?v=\w+">', tag) is not None
        or re.fullmatch(r'<img src="/pictures/[\w-]+/\d+" width="\d+" height="\d+" alt="[^"<>]*">', tag) is not None
        or re.fullmatch(r'<svg viewBox="[\d. ]+"[^<>]*aria-hidden="true"[^<>]*>|<svg viewBox="[\d. ]+"[^<>]*>', tag)
        is not None
    )


async def pages_of(world: World, who: Entrance, item_id: str, approval: str) -> list[tuple[str, str]]:
    item = f"/items/{item_id}"
    paths = [
        "/",
        "/items",
        "/live/items",
        f"/items?text={item_id}",
        item,
        f"/live{item}",
        f"{item}/content",
        f"{item}/parts/1.2/pages",
        *(f"{item}/{deed}" for deed in ("release", "discard", "clean-again", "release-original", "original")),
        "/approvals",
        f"/approvals/{approval}/approve",
        "/audit",
    ]
    found = []
    for path in paths:
        answer = await world.ask(who, "GET", path)
        assert answer.status_code == 200, (path, answer.text[:300])
        found.append((path, answer.text))
    form = {"which": "chosen", "action": "discard", "item": [item_id], "query": ""}
    return [*found, ("/bulk", (await world.ask(who, "POST", "/bulk", data=form)).text)]


@pytest.mark.parametrize("words", HOSTILE)
async def test_they_stay_words(world: World, words: str) -> None:
    item_id = await world.item(f"hanako@{CITY}", subject=words[:1_000], sender="a+<b>@example.jp")
    asked = await world.store.approvals.ask(
        item_id, Wanted.ORIGINAL, reason=words[:500], actor=f"recipient:{words[:50]}"
    )
    admin = await world.person("admin", Role.ADMINISTRATOR)
    for path, page in await pages_of(world, admin, item_id, asked.id):
        for tag in TAGS.finditer(page):
            assert ours(tag[0]), (path, tag[0])
        assert str(7919 * 7907) not in page, path
        for link in re.findall(r'(?:href|src|action)="([^"]*)"', page):
            assert link.startswith(("/", "?", "#")), (path, link)
        assert " style=" not in page, path
        assert not re.search(r"<[^>]+\son\w+=", page), path


async def test_they_turn_nothing_around_them(world: World) -> None:
    item_id = await world.item(subject="\u202egnp.exe")
    operator = await world.person("operator", Role.OPERATOR)
    for path in ("/items", f"/items/{item_id}", f"/items/{item_id}/discard"):
        page = (await world.ask(operator, "GET", path)).text
        body = page.partition("<main")[2] or page
        assert "\u202e" in body
        for before in re.findall(r"(.{30})\u202e", body, re.DOTALL):
            assert re.search(r"<bdi[^>]*>$|=\"$|=\"[^\"]*$", before), (path, before)
