"""Looking at an item: on record before anything is shown, made once for all who ask, kept for a while and no longer."""

import asyncio
from collections.abc import Awaitable, Callable
from hashlib import sha256

import pytest

from gateway import viewing
from gateway.model import Item
from gateway.store.errors import BlobGone, NoSuchItem
from gateway.viewing import Tried, Viewer
from sanitizers.confinement.pool import PoolStopped
from sanitizers.model import Outcome, PartReport, Report
from sanitizers.rules import Kind, Links, Profile, Rules, Task
from sanitizers.views import (
    MOST_PAGES,
    CleanPart,
    Headers,
    NoView,
    Page,
    Pages,
    Shown,
    Texts,
    View,
    ViewWish,
    Why,
)
from tests.fakes import items

PEOPLE = {"actor": "user:hanako", "reason": "asked by the recipient"}
FILE = b"a clean file"
DIGEST = sha256(FILE).hexdigest()


class Bytes:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self) -> bytes:
        return self._data


class Store:
    def __init__(self) -> None:
        self.record: list[tuple[str, str, str, str]] = []
        self.gone = self.missing = False

    async def viewed(self, item_id: str, *, what: str, actor: str, reason: str) -> None:
        if self.missing:
            raise NoSuchItem(item_id)
        self.record.append((item_id, what, actor, reason))

    async def original(self, item: Item) -> Bytes:
        if self.gone:
            raise BlobGone("gone")
        return Bytes(b"original")

    async def clean(self, item: Item) -> bytes:
        return b"clean"


class Children:
    """Answers as a child does; remembers what was asked."""

    def __init__(self, total: int = 30, most: int = 100) -> None:
        self.asked: list[tuple[Task, bytes, ViewWish, bytes]] = []
        self.answer: Callable[[ViewWish], Awaitable[View]] = self.draw
        self.at_work = self.most_at_work = 0
        self._total, self._most = total, most

    async def view(self, task: Task, original: bytes, wish: ViewWish, clean: bytes = b"") -> View:
        self.asked.append((task, original, wish, clean))
        self.at_work += 1
        self.most_at_work = max(self.at_work, self.most_at_work)
        try:
            await asyncio.sleep(0)
            return await self.answer(wish)
        finally:
            self.at_work -= 1

    async def draw(self, wish: ViewWish) -> View:
        if wish.shown is Shown.HEADERS:
            return Headers((), ())
        if wish.shown is Shown.TEXTS:
            return Texts((), "")
        if wish.shown is Shown.CLEAN_PART:
            return CleanPart("a.txt", "text/plain", FILE)
        last = min(wish.first + min(wish.count, self._most) - 1, self._total)
        pages = [Page(number, wish.width, 10, b"png %d" % number) for number in range(wish.first, last + 1)]
        return Pages(wish.path, "application/pdf", self._total, tuple(pages))


def part(path: str, digest: str) -> PartReport:
    outcome = Outcome.CLEAN if digest else Outcome.REMOVED
    return PartReport(path, "", "", "", "", outcome, 1, 1, "0" * 64, digest, (), 0.0)


def item(**changes: object) -> Item:
    report = Report((part("1", "1" * 64), part("1.1", ""), part("1.2", DIGEST), part("1.3", DIGEST)))
    return items.item(**{"clean": "clean-blob", "report": report, "profile": "standard", **changes})


class Desk:
    """A viewer with everything around it."""

    def __init__(self, children: Children | None = None) -> None:
        self.store = Store()
        self.children = children or Children()
        self.now = 1_000.0
        rules = Rules(profiles={"standard": Profile(links=Links.DEFANGED)})
        self.viewer = Viewer(rules, self.store, self.children, clock=lambda: self.now)

    @property
    def wishes(self) -> list[ViewWish]:
        return [wish for _, _, wish, _ in self.children.asked]

    async def pages(self, first: int, count: int = 1, width: int = 300, path: str = "1.2") -> View:
        return await self.viewer.pages(item(), path, first, count, width, **PEOPLE)


def numbers(view: View) -> list[int]:
    assert isinstance(view, Pages)
    return [page.number for page in view.pages]


# On record first


async def test_every_look_is_on_record_before_a_child_is_asked() -> None:
    desk = Desk()
    seen: list[int] = []

    async def answer(_wish: ViewWish) -> View:
        seen.append(len(desk.store.record))
        return NoView(Why.NO_PICTURE)

    desk.children.answer = answer
    viewer, it = desk.viewer, item()
    for look in (viewer.headers, viewer.texts, viewer.difference, viewer.tree):
        await look(it, **PEOPLE)
    await viewer.pages(it, "1.2", 2, 3, **PEOPLE)
    await viewer.clean_part(it, "1.2", **PEOPLE)
    whats = ["headers", "texts", "difference", "tree", "pages 2-4 of 1.2", "clean_part 1.2"]
    assert desk.store.record == [(it.id, what, "user:hanako", "asked by the recipient") for what in whats]
    assert seen == [1, 2, 3, 4, 5, 6]


async def test_a_look_from_the_shelf_is_on_record_too() -> None:
    desk = Desk()
    for _ in range(3):
        await desk.viewer.headers(item(), **PEOPLE)
    assert len(desk.store.record) == 3
    assert len(desk.children.asked) == 1


async def test_what_cannot_be_recorded_is_not_shown() -> None:
    desk = Desk()
    desk.store.missing = True
    for look in (desk.viewer.headers(item(), **PEOPLE), desk.pages(1), desk.viewer.clean_part(item(), "1.2", **PEOPLE)):
        with pytest.raises(NoSuchItem):
            await look
    assert desk.children.asked == []


# What a child gets


async def test_a_child_gets_what_the_look_needs_and_no_more() -> None:
    desk = Desk()
    await desk.viewer.texts(item(), **PEOPLE)
    await desk.pages(1)
    await desk.viewer.clean_part(item(), "1.2", **PEOPLE)
    assert [(original, clean) for _, original, _, clean in desk.children.asked] == [
        (b"original", b"clean"),
        (b"original", b""),
        (b"", b"clean"),
    ]
    task = desk.children.asked[0][0]
    assert (task.kind, task.profile.links, task.sender) == (Kind.MAIL, Links.DEFANGED, None)


async def test_a_profile_that_is_gone_and_an_item_without_clean_version() -> None:
    desk = Desk()
    await desk.viewer.texts(item(profile="of old", clean=None), **PEOPLE)
    ((task, _, _, clean),) = desk.children.asked
    assert task.profile == Profile()
    assert clean == b""


async def test_bytes_that_are_gone_are_a_reason() -> None:
    desk = Desk()
    desk.store.gone = True
    assert await desk.viewer.texts(item(), **PEOPLE) == NoView(Why.GONE)
    desk.store.gone = False
    assert isinstance(await desk.viewer.texts(item(), **PEOPLE), Texts)


async def test_a_gateway_that_stops_is_a_reason() -> None:
    desk = Desk()

    async def stopped(_wish: ViewWish) -> View:
        raise PoolStopped

    desk.children.answer = stopped
    found = await desk.viewer.headers(item(), **PEOPLE)
    assert isinstance(found, NoView)
    assert found.why is Why.BUSY


# Pages


async def test_turning_pages_opens_the_item_once_for_each_ten() -> None:
    desk = Desk()
    for number in (1, 2, 10, 3, 11, 12):
        assert numbers(await desk.pages(number)) == [number]
    assert [(wish.first, wish.count) for wish in desk.wishes] == [(1, 10), (11, 10)]


async def test_pages_across_two_windows() -> None:
    desk = Desk()
    assert numbers(await desk.pages(8, 5)) == [8, 9, 10, 11, 12]


async def test_pages_that_are_too_large_to_come_together_come_all_the_same() -> None:
    desk = Desk(Children(total=9, most=2))
    assert numbers(await desk.pages(1, 9)) == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert numbers(await desk.pages(7)) == [7]


async def test_behind_the_last_page() -> None:
    desk = Desk(Children(total=3))
    assert numbers(await desk.pages(2, 9)) == [2, 3]
    assert numbers(await desk.pages(4)) == []
    assert numbers(await desk.pages(100_000_000)) == []


async def test_a_part_without_pictures_says_why() -> None:
    desk = Desk()

    async def none(_wish: ViewWish) -> View:
        return NoView(Why.NO_PICTURE, "an exe")

    desk.children.answer = none
    assert await desk.pages(1) == NoView(Why.NO_PICTURE, "an exe")


@pytest.mark.parametrize(
    ("asked", "made"), [((-5, 1_000, 1), (1, 100)), ((0, 0, 10**9), (1, 2_000)), ((1, 1, 301), (1, 400))]
)
async def test_numbers_are_brought_into_their_range(asked: tuple[int, int, int], made: tuple[int, int]) -> None:
    desk = Desk(Children(total=1_000))
    found = await desk.pages(*asked)
    assert isinstance(found, Pages)
    assert len(found.pages) <= MOST_PAGES
    assert (found.pages[0].number, found.pages[0].width) == made


@pytest.mark.parametrize("path", ["", "../1", "1.2\n", "1" + ".1" * 200, "2"])
async def test_a_path_that_is_none_goes_nowhere(path: str) -> None:
    desk = Desk()
    assert await desk.pages(1, path=path) == NoView(Why.NO_SUCH_PART)
    assert desk.store.record == []
    assert desk.children.asked == []


# Files to be downloaded


async def test_a_clean_file_is_asked_for_by_digest_and_place() -> None:
    desk = Desk()
    assert await desk.viewer.clean_part(item(), "1.3", **PEOPLE) == CleanPart("a.txt", "text/plain", FILE)
    assert (desk.wishes[0].sha256, desk.wishes[0].nth) == (DIGEST, 1)


async def test_another_file_than_the_report_names_is_not_given() -> None:
    desk = Desk()

    async def other(_wish: ViewWish) -> View:
        return CleanPart("a.txt", "text/plain", b"another file")

    desk.children.answer = other
    found = await desk.viewer.clean_part(item(), "1.2", **PEOPLE)
    assert isinstance(found, NoView)
    assert found.why is Why.ENDED


@pytest.mark.parametrize("path", ["1.1", "1.9", "x"])
async def test_a_part_that_stayed_behind_cannot_be_had(path: str) -> None:
    desk = Desk()
    assert await desk.viewer.clean_part(item(), path, **PEOPLE) == NoView(Why.NO_SUCH_PART)
    assert await desk.viewer.clean_part(item(report=None), path, **PEOPLE) == NoView(Why.NO_SUCH_PART)
    assert desk.children.asked == []


# The shelf


async def test_what_was_kept_too_long_is_made_anew() -> None:
    desk = Desk()
    await desk.viewer.headers(item(), **PEOPLE)
    desk.now += viewing.KEPT_SECONDS + 1
    await desk.viewer.headers(item(), **PEOPLE)
    assert len(desk.children.asked) == 2


async def test_the_shelf_is_bounded_and_keeps_what_was_looked_at_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewing, "KEPT_BYTES", 3 * viewing.OVERHEAD_BYTES)
    desk = Desk()
    for first in (1, 11, 1, 21):
        await desk.pages(first)
    asked = len(desk.children.asked)
    await desk.pages(1)
    assert len(desk.children.asked) == asked
    await desk.pages(11)
    assert len(desk.children.asked) == asked + 1


async def test_a_file_and_a_failure_are_not_kept() -> None:
    desk = Desk()
    for _ in range(2):
        await desk.viewer.clean_part(item(), "1.2", **PEOPLE)
    assert len(desk.children.asked) == 2

    async def none(_wish: ViewWish) -> View:
        return NoView(Why.ENDED)

    desk.children.answer = none
    for _ in range(2):
        await desk.viewer.headers(item(), **PEOPLE)
    assert len(desk.children.asked) == 4


async def test_what_was_cleaned_again_is_not_taken_from_the_shelf() -> None:
    desk = Desk()
    await desk.viewer.headers(item(), **PEOPLE)
    await desk.viewer.headers(item(clean="another-blob"), **PEOPLE)
    assert len(desk.children.asked) == 2


async def test_many_who_ask_for_the_same_wait_for_one_child() -> None:
    desk = Desk()
    found = await asyncio.gather(*(desk.pages(number) for number in range(1, 11)))
    assert [numbers(each) for each in found] == [[number] for number in range(1, 11)]
    assert len(desk.children.asked) == 1


async def test_only_so_many_at_once_and_the_rest_is_turned_away() -> None:
    desk = Desk()
    found = await asyncio.gather(*(desk.pages(1, path=f"1.{number}") for number in range(1, 100)))
    assert desk.children.most_at_work == viewing.AT_ONCE
    turned_away = [each for each in found if each == NoView(Why.BUSY)]
    assert len(turned_away) == 99 - viewing.AT_ONCE - viewing.WAITING
    assert isinstance(await desk.pages(1, path="1.99"), Pages)


async def test_who_goes_away_does_not_take_the_view_from_the_others() -> None:
    desk = Desk()
    first, second = (asyncio.create_task(desk.pages(1)) for _ in range(2))
    while not desk.children.at_work:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0)
    first.cancel()
    assert numbers(await second) == [1]


# What was tried out


async def test_what_is_tried_out_is_shown_and_not_recorded() -> None:
    desk = Desk()
    tried = Tried(b"data", Kind.FILE, "a.pdf", b"clean")
    wish = ViewWish(Shown.PAGES, path="1", first=2, count=2, width=300)
    assert numbers(await desk.viewer.of_tried(tried, wish)) == [2, 3]
    assert numbers(await desk.viewer.of_tried(tried, wish)) == [2, 3]
    ((task, original, asked, clean),) = desk.children.asked
    assert (task.kind, task.claimed_name, original, asked.first, clean) == (Kind.FILE, "a.pdf", b"data", 1, b"clean")
    await desk.viewer.of_tried(Tried(b"other", Kind.FILE, "a.pdf"), wish)
    await desk.viewer.of_tried(tried, ViewWish(Shown.TEXTS))
    assert len(desk.children.asked) == 3
    assert desk.store.record == []
    assert await desk.viewer.of_tried(tried, ViewWish(Shown.PAGES, path="x")) == NoView(Why.NO_SUCH_PART)
