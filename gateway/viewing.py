"""What a person looks at of an item: put on record, made in a confined child, kept a while for turning pages."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Final, Protocol

import msgspec

from gateway.model import FILE_CHANNELS, Item
from gateway.store.errors import BlobGone
from sanitizers.confinement.pool import PoolStopped
from sanitizers.confinement.recheck import PATH
from sanitizers.model import Notice
from sanitizers.rules import Kind, Profile, Rules, Task
from sanitizers.views import (
    LAST_PAGE,
    MOST_PAGES,
    NARROWEST,
    WIDEST,
    CleanPart,
    NoView,
    Page,
    Pages,
    Shown,
    View,
    ViewWish,
    Why,
)

AT_ONCE: Final = 2  #: looks that are being made; each may take a child, and a converter besides
WAITING: Final = 50  #: that wait for one of these to end; more are turned away
KEPT_BYTES: Final = 67_108_864
KEPT_SECONDS: Final = 600.0
WINDOW: Final = 10  #: pages that are drawn together, so that turning one does not open the item again
WIDTH_STEP: Final = 100  #: pixels; widths are rounded up to it
PATH_CHARACTERS: Final = 200
OVERHEAD_BYTES: Final = 1_024  #: of what is kept beside texts and pictures
_WITH_CLEAN: Final = frozenset({Shown.HEADERS, Shown.TEXTS, Shown.DIFFERENCE, Shown.CLEAN_PART})


class Bytes(Protocol):
    """An original."""

    def read(self) -> bytes:
        """All of it."""


class Record(Protocol):
    """The part of the store that is needed."""

    async def viewed(self, item_id: str, *, what: str, actor: str, reason: str) -> None:
        """Put on record; raises NoSuchItem."""

    async def original(self, item: Item) -> Bytes:
        """As it came in; raises BlobGone."""

    async def clean(self, item: Item) -> bytes:
        """What went on; raises BlobGone."""


class Children(Protocol):
    """The confined processes."""

    async def view(self, task: Task, original: bytes, wish: ViewWish, clean: bytes = b"") -> View:
        """Never raises for anything that a child does; PoolStopped when there are none any more."""


class Tried(msgspec.Struct, frozen=True):
    """Something that was tried out and is no item: nothing of it is kept, and no look at it is recorded."""

    original: bytes
    kind: Kind
    name: str = ""  #: claimed
    clean: bytes = b""  #: what would go on; b"" for nothing
    profile: Profile = Profile()


_Make = Callable[[], Awaitable[View]]


class Viewer:
    """Every method returns the view that was asked for, or NoView with the reason; raises StoreError."""

    def __init__(
        self,
        rules: Rules,
        store: Record,
        pool: Children,
        clock: Callable[[], float] = time.monotonic,
        *,
        passwords: tuple[str, ...] = (),
    ) -> None:
        """`passwords` are tried on every part behind one: the organisation's."""
        self._rules = rules
        self._store = store
        self._pool = pool
        self._passwords = passwords
        self._shelf = _Shelf(clock)
        self._places = asyncio.Semaphore(AT_ONCE)
        self._under_way: dict[tuple[str, ViewWish], asyncio.Task[View]] = {}

    async def headers(self, item: Item, *, actor: str, reason: str = "") -> View:
        """Header fields, as they came and as they went out."""
        return await self._show(item, ViewWish(Shown.HEADERS), actor, reason)

    async def texts(self, item: Item, *, actor: str, reason: str = "") -> View:
        """The words of the bodies, as they came and as they went out."""
        return await self._show(item, ViewWish(Shown.TEXTS), actor, reason)

    async def difference(self, item: Item, *, actor: str, reason: str = "") -> View:
        """Between the two."""
        return await self._show(item, ViewWish(Shown.DIFFERENCE), actor, reason)

    async def tree(self, item: Item, *, actor: str, reason: str = "") -> View:
        """The parts of the original, and which of them can be drawn."""
        return await self._show(item, ViewWish(Shown.TREE), actor, reason)

    async def pages(
        self, item: Item, path: str, first: int = 1, count: int = 1, width: int = 1_000, *, actor: str, reason: str = ""
    ) -> View:
        """Pictures of pages of one part, counted from 1; `width` in pixels. Numbers are brought into their range."""
        if not _is_path(path):
            return NoView(Why.NO_SUCH_PART)
        wish = _wished_pages(path, first, count, width)
        await self._store.viewed(item.id, what=_what(wish), actor=actor, reason=reason)
        return await self._turned(wish, lambda window: self._look(item, window))

    async def clean_part(self, item: Item, path: str, *, actor: str, reason: str = "") -> View:
        """One file of the clean mail, by the path that the report gives it."""
        wish = _wished_part(item, path)
        if wish is None:
            return NoView(Why.NO_SUCH_PART)
        view = await self._show(item, wish, actor, reason)
        if isinstance(view, CleanPart) and sha256(view.data).hexdigest() != wish.sha256:
            return NoView(Why.ENDED, "the confined process gave another file")
        return view

    async def of_tried(self, tried: Tried, wish: ViewWish) -> View:
        """The same of something that was tried out."""
        if wish.path and not _is_path(wish.path):
            return NoView(Why.NO_SUCH_PART)
        of = f"{tried.kind} {tried.name}".encode("utf-8", "replace")
        key = sha256(b"".join(sha256(each).digest() for each in (tried.original, tried.clean, of))).hexdigest()
        task = Task("", tried.kind, tried.name, tried.profile, self._rules.budget, Notice("", ()))

        async def bytes_of(_wish: ViewWish) -> tuple[bytes, bytes]:
            return tried.original, tried.clean

        async def look(wanted: ViewWish) -> View:
            return await self._made(key, wanted, lambda: self._asked(task, wanted, bytes_of))

        if wish.shown is not Shown.PAGES:
            return await look(wish)
        return await self._turned(_wished_pages(wish.path, wish.first, wish.count, wish.width), look)

    async def _show(self, item: Item, wish: ViewWish, actor: str, reason: str) -> View:
        await self._store.viewed(item.id, what=_what(wish), actor=actor, reason=reason)
        return await self._look(item, wish)

    async def _look(self, item: Item, wish: ViewWish) -> View:
        kind = Kind.FILE if item.channel in FILE_CHANNELS else Kind.MAIL
        profile = self._rules.profiles.get(item.profile, Profile())  # the rules may have changed since it was kept
        task = Task(
            item.id, kind, item.name, profile, self._rules.budget, Notice(item.id, ()), passwords=self._passwords
        )  # fmt: skip

        if item.original_size > self._rules.budget.bytes_in:
            return NoView(Why.TOO_MUCH, f"more than {self._rules.budget.bytes_in} bytes")

        async def bytes_of(wanted: ViewWish) -> tuple[bytes, bytes]:
            return await self._bytes(item, wanted)

        return await self._made(f"{item.id} {item.clean}", wish, lambda: self._asked(task, wish, bytes_of))

    async def _turned(self, wish: ViewWish, look: Callable[[ViewWish], Awaitable[View]]) -> View:
        """Pages, out of windows that are drawn at once and kept."""
        found: list[Page] = []
        view: View = NoView(Why.NO_SUCH_PART)
        at, end = wish.first, wish.first + wish.count
        while at < end:
            view = await look(_window(wish, at))
            if isinstance(view, Pages) and not _of(view, at, end) and at <= view.total:  # too many bytes for its window
                view = await look(msgspec.structs.replace(wish, first=at, count=WINDOW))
            pages = _of(view, at, end) if isinstance(view, Pages) else []
            if not pages:
                break
            found += pages
            at = pages[-1].number + 1
        if isinstance(view, Pages):
            return msgspec.structs.replace(view, pages=tuple(found))
        return view

    async def _made(self, key: str, wish: ViewWish, make: _Make) -> View:
        """From the shelf, or made once for all who ask for it meanwhile."""
        kept = self._shelf.get((key, wish))
        if kept is not None:
            return kept
        task = self._under_way.get((key, wish))
        if task is None:
            if len(self._under_way) >= AT_ONCE + WAITING:
                return NoView(Why.BUSY)
            task = asyncio.get_running_loop().create_task(self._make(key, wish, make))
            task.add_done_callback(_taken_note_of)
            self._under_way[key, wish] = task
        return await asyncio.shield(task)

    async def _make(self, key: str, wish: ViewWish, make: _Make) -> View:
        try:
            async with self._places:
                view = await make()
        finally:
            del self._under_way[key, wish]
        if not isinstance(view, NoView | CleanPart):
            self._shelf.put((key, wish), view)
        return view

    async def _asked(
        self, task: Task, wish: ViewWish, bytes_of: Callable[[ViewWish], Awaitable[tuple[bytes, bytes]]]
    ) -> View:
        try:
            original, clean = await bytes_of(wish)
            return await self._pool.view(task, original, wish, clean)
        except BlobGone:
            return NoView(Why.GONE)
        except PoolStopped:
            return NoView(Why.BUSY, "the gateway is stopping")

    async def _bytes(self, item: Item, wish: ViewWish) -> tuple[bytes, bytes]:
        clean = await self._store.clean(item) if wish.shown in _WITH_CLEAN and item.clean is not None else b""
        if wish.shown is Shown.CLEAN_PART:
            return b"", clean
        original = await self._store.original(item)
        return await asyncio.to_thread(original.read), clean


class _Shelf:
    """Views that were made, for a while; the one that was not looked at for longest goes first."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._views: OrderedDict[tuple[str, ViewWish], tuple[float, int, View]] = OrderedDict()
        self._size = 0

    def get(self, key: tuple[str, ViewWish]) -> View | None:
        self._clear()
        if key not in self._views:
            return None
        self._views.move_to_end(key)
        return self._views[key][2]

    def put(self, key: tuple[str, ViewWish], view: View) -> None:
        self._drop(key)
        size = _size(view)
        self._views[key] = (self._clock(), size, view)
        self._size += size
        self._clear()

    def _clear(self) -> None:
        until = self._clock() - KEPT_SECONDS
        for key in [key for key, (kept_at, _, _) in self._views.items() if kept_at < until]:
            self._drop(key)
        while self._size > KEPT_BYTES:
            self._drop(next(iter(self._views)))

    def _drop(self, key: tuple[str, ViewWish]) -> None:
        if key in self._views:
            self._size -= self._views.pop(key)[1]


def _is_path(path: str) -> bool:
    return len(path) <= PATH_CHARACTERS and PATH.match(path) is not None


def _taken_note_of(task: asyncio.Task[View]) -> None:
    """What was raised is told to those who wait; nobody may be left who does."""
    if not task.cancelled():
        task.exception()


def _size(view: View) -> int:
    """Bytes, roughly."""
    if isinstance(view, Pages):
        return OVERHEAD_BYTES + sum(len(page.png) for page in view.pages)
    return OVERHEAD_BYTES + len(msgspec.msgpack.encode(view))


def _wished_pages(path: str, first: int, count: int, width: int) -> ViewWish:
    rounded = -(-width // WIDTH_STEP) * WIDTH_STEP
    return ViewWish(
        Shown.PAGES,
        path=path,
        first=min(max(first, 1), LAST_PAGE),
        count=min(max(count, 1), MOST_PAGES),
        width=min(max(rounded, NARROWEST), WIDEST),
    )


def _wished_part(item: Item, path: str) -> ViewWish | None:
    parts = item.report.parts if item.report else ()
    part = next((part for part in parts if part.path == path and part.sha256_out), None)
    if part is None:
        return None
    same = [each.path for each in parts if each.sha256_out == part.sha256_out]
    return ViewWish(Shown.CLEAN_PART, path=path, sha256=part.sha256_out, nth=same.index(path))


def _window(wish: ViewWish, at: int) -> ViewWish:
    return msgspec.structs.replace(wish, first=(at - 1) // WINDOW * WINDOW + 1, count=WINDOW)


def _of(view: Pages, at: int, end: int) -> list[Page]:
    """Those from `at` on without a gap."""
    pages = [page for page in view.pages if at <= page.number < end]
    return pages if pages and pages[0].number == at else []


def _what(wish: ViewWish) -> str:
    """For the record."""
    if wish.shown is Shown.PAGES:
        last = wish.first + wish.count - 1
        return f"pages {wish.first}-{last} of {wish.path}"
    return f"{wish.shown.value} {wish.path}".rstrip()
