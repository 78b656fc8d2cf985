"""Looking at an item without opening it: headers, texts, what changed, pictures of pages. Every look is on record."""

from collections.abc import Awaitable
from typing import Annotated, Any, Final

import msgspec
from fastapi import Response
from msgspec import Meta

from gateway.viewing import Viewer
from gateway.web.api.calls import Answer, Ask, Book, Nothing
from gateway.web.api.problem import Problem
from gateway.web.desk import Desk
from gateway.web.downloads import picture
from gateway.web.handling import LONGEST_REASON, refusals
from sanitizers.views import (
    LAST_PAGE,
    MOST_PAGES,
    NARROWEST,
    WIDEST,
    CleanPart,
    Field,
    NoView,
    Pages,
    Run,
    TreePart,
    View,
    Why,
    Words,
)

PNG: Final = "image/png"
#: What a view that is none is called; the reason is its own word.
KINDS: Final[dict[Why, str]] = {
    Why.NO_SUCH_PART: "not_found",
    Why.GONE: "gone",
    Why.BUSY: "unavailable",
    Why.ENDED: "unavailable",
}
ViewReason = Annotated[str, Meta(max_length=LONGEST_REASON, description="why; recorded, and needed from auditors")]


class Look(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why somebody looks."""

    reason: ViewReason = ""


class PageSpan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which pages."""

    first: Annotated[int, Meta(ge=1, le=LAST_PAGE, description="counted from 1")] = 1
    count: Annotated[int, Meta(ge=1, le=MOST_PAGES)] = 1
    width: Annotated[int, Meta(ge=NARROWEST, le=WIDEST, description="pixels")] = 1_000


class PageLook(PageSpan, frozen=True, forbid_unknown_fields=True):
    """Which pages, and why."""

    reason: ViewReason = ""


class OnePage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one page is drawn."""

    width: Annotated[int, Meta(ge=NARROWEST, le=WIDEST, description="pixels")] = 1_000
    reason: ViewReason = ""


class HeadersOut(msgspec.Struct, frozen=True):
    """Header fields in their order; `raw` where it differs from the decoded value."""

    before: tuple["FieldOut", ...]
    after: tuple["FieldOut", ...]
    more: int  #: fields that came and are not shown


class FieldOut(msgspec.Struct, frozen=True):
    """One header field."""

    name: str
    value: str
    raw: str
    cut: bool


class TextsOut(msgspec.Struct, frozen=True):
    """The bodies as they came, and the one that went out."""

    before: tuple["WordsOut", ...]
    after: str
    cut: bool


class WordsOut(msgspec.Struct, frozen=True):
    """One body as it came; `source` of HTML, as it was written."""

    path: str
    type: str
    text: str
    source: str
    cut: bool


class DifferenceOut(msgspec.Struct, frozen=True):
    """Text before and after as runs in reading order."""

    runs: tuple["RunOut", ...]
    left_out: tuple[str, ...]
    cut: bool


class RunOut(msgspec.Struct, frozen=True):
    """A stretch of text: same, removed or added."""

    side: str
    text: str


class TreeOut(msgspec.Struct, frozen=True):
    """The parts of the original, parents before children."""

    parts: tuple["TreePartOut", ...]


class TreePartOut(msgspec.Struct, frozen=True):
    """One part of the original; `drawn`: there are pictures of its pages."""

    path: str
    name: str
    claimed_type: str
    detected_type: str
    size: int
    drawn: bool


class PagesOut(msgspec.Struct, frozen=True):
    """Pictures of pages; fewer than were asked for when they are large or there are no more."""

    path: str
    type: str
    total: int
    pages: tuple["PageOut", ...]


class PageOut(msgspec.Struct, frozen=True):
    """One page; `png` is Base64."""

    number: int
    width: int
    height: int
    png: bytes


_SHAPES: Final[dict[type, type]] = {Field: FieldOut, Words: WordsOut, Run: RunOut, TreePart: TreePartOut}
_PROBLEMS: Final = ("not_found", "conflict", "gone", "invalid")


def add_looks(book: Book, desk: Desk) -> None:
    """Adds the calls."""
    _add_words(book, desk)
    _add_pages(book, desk)


def _add_words(book: Book, desk: Desk) -> None:
    def look(name: str, title: str, shape: type) -> None:
        @book.call(
            "GET",
            f"/items/{{item_id}}/{name}",
            tag="content",
            title=title,
            query=Look,
            answers=Answer(what=shape, text="The view."),
            problems=_PROBLEMS,
        )
        async def show(ask: Ask[Look, Nothing]) -> Any:
            item, reason = await desk.bench.handling.content(ask.caller, ask["item_id"], ask.query.reason)
            make = getattr(viewer_of(desk), name)
            return _as(shape, await seen(make(item, actor=ask.caller.actor, reason=reason)))

    look("headers", "Header fields before and after", HeadersOut)
    look("texts", "The words of the bodies before and after", TextsOut)
    look("difference", "What changed in the words", DifferenceOut)
    look("tree", "The parts of the original", TreeOut)


def _add_pages(book: Book, desk: Desk) -> None:
    async def drawn(ask: Ask[Any, Nothing], first: int, count: int) -> PagesOut:
        item, reason = await desk.bench.handling.content(ask.caller, ask["item_id"], ask.query.reason)
        made = viewer_of(desk).pages(
            item, ask["path"], first, count, ask.query.width, actor=ask.caller.actor, reason=reason
        )
        return pages_out(await seen(made))

    @book.call(
        "GET",
        "/items/{item_id}/parts/{path}/pages",
        tag="content",
        title="Pictures of the pages of a part",
        more="Drawn in a confined process from the original, so that a person can judge a part without opening it.",
        query=PageLook,
        answers=Answer(what=PagesOut, text="The pictures, PNG in Base64."),
        problems=_PROBLEMS,
    )
    async def pages(ask: Ask[PageLook, Nothing]) -> PagesOut:
        return await drawn(ask, ask.query.first, ask.query.count)

    @book.call(
        "GET",
        "/items/{item_id}/parts/{path}/pages/{number}",
        tag="content",
        title="The picture of one page",
        query=OnePage,
        answers=Answer(media=PNG, text="The picture."),
        problems=_PROBLEMS,
    )
    async def page(ask: Ask[OnePage, Nothing]) -> Response:
        number = ask["number"]
        if not (number.isascii() and number.isdecimal() and 1 <= int(number[:8]) <= LAST_PAGE):
            raise Problem("not_found")
        view = await drawn(ask, int(number), 1)
        return picture(view.pages[0].png)


def pages_out(view: View) -> PagesOut:
    """Raises Problem when there are none."""
    if not isinstance(view, Pages) or not view.pages:
        raise Problem("not_found")
    shown = tuple(PageOut(page.number, page.width, page.height, page.png) for page in view.pages)
    return PagesOut(view.path, view.type, view.total, shown)


def viewer_of(desk: Desk) -> Viewer:
    """Raises Problem in a process without children."""
    viewer = desk.gateway.viewer
    if viewer is None:
        raise Problem("unavailable")
    return viewer


async def seen(made: Awaitable[View]) -> View:
    """The view; raises Problem when there is nothing to see."""
    with refusals():
        view = await made
    if isinstance(view, NoView):
        kind = KINDS.get(view.why, "conflict")
        headers = {"Retry-After": "5"} if view.why is Why.BUSY else {}
        raise Problem(kind, "" if kind == "not_found" else view.detail, reason=view.why.value, headers=headers)
    return view


def clean_part_of(view: View) -> CleanPart:
    """For mypy: what was wished for is what came."""
    if not isinstance(view, CleanPart):
        raise Problem("unavailable")
    return view


def _as(shape: type, view: View) -> Any:
    """Arrays on the pipe are objects here."""
    fields = {name: _plain(value) for name, value in msgspec.structs.asdict(view).items()}
    return shape(**fields)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple) and value and type(value[0]) in _SHAPES:
        return tuple(_SHAPES[type(each)](**msgspec.structs.asdict(each)) for each in value)
    return value
