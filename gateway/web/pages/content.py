"""Looking inside an item: headers and bodies before and after, pictures of pages, clean parts to save; on record."""

from typing import Any, TypeVar

from fastapi import FastAPI, Request, Response

from gateway.model import Item
from gateway.viewing import Viewer
from gateway.web import downloads
from gateway.web.api.problem import Problem
from gateway.web.desk import Desk
from gateway.web.guard import caller_of, form_of
from gateway.web.handling import short
from gateway.web.reading.compare import field_rows, rows
from gateway.web.reading.offers import needs_reason
from gateway.web.reading.pictures import Gallery
from sanitizers.views import WIDEST, CleanPart, Difference, Headers, NoView, Pages, Texts, View

PAGES_AT_ONCE = 4
WIDTH, WIDTH_STEP = 1_000, 500  #: pixels of a page, and how they grow
LAST_FIRST = 100_000  #: more pages than any budget lets through

Kind = TypeVar("Kind", Headers, Texts, Difference)


def add_content(app: FastAPI, desk: Desk, gallery: Gallery) -> None:
    """Adds the routes."""
    for method in (app.get, app.post):  # posted by those who give a reason first

        @method("/items/{item_id}/content", include_in_schema=False)
        async def content(request: Request, item_id: str) -> Response:
            return await _content(desk, request, item_id)

        @method("/items/{item_id}/parts/{path}/pages", include_in_schema=False)
        async def pages(request: Request, item_id: str, path: str) -> Response:
            return await _pages(desk, gallery, request, item_id, path)

    @app.get("/pictures/{token}/{number}", include_in_schema=False)
    async def picture(request: Request, token: str, number: int) -> Response:
        png = gallery.find(caller_of(request).session, token, number)
        if png is None:
            raise Problem("not_found")
        return downloads.picture(png)

    @app.post("/items/{item_id}/parts/{path}/clean", include_in_schema=False)
    async def clean_part(request: Request, item_id: str, path: str) -> Response:
        caller = caller_of(request)
        item, reason = await desk.bench.handling.content(caller, item_id, form_of(request).get("reason"))
        found = await _viewer(desk).clean_part(item, path, actor=caller.actor, reason=reason)
        if isinstance(found, CleanPart):
            return downloads.attachment(found.data, found.name)
        return _nothing(desk, request, item, found)


def _viewer(desk: Desk) -> Viewer:
    viewer: Viewer | None = desk.gateway.viewer
    if viewer is None:  # this process has no children
        raise Problem("unavailable")
    return viewer


async def _admitted(desk: Desk, request: Request, item_id: str) -> tuple[Item, str | None]:
    """The item and why somebody looks at it; None when they still have to say why."""
    caller, handling = caller_of(request), desk.bench.handling
    said = short(form_of(request).get("reason")) if request.method == "POST" else ""
    if needs_reason(caller) and not said:
        return await handling.item(caller, item_id), None
    return await handling.content(caller, item_id, said)


def _ask_why(desk: Desk, request: Request, item: Item, title: str) -> Response:
    status = 422 if request.method == "POST" else 200
    return desk.page(request, "content_reason.html", status, item=item, asked_for=title, missing=status == 422)


async def _content(desk: Desk, request: Request, item_id: str) -> Response:
    item, reason = await _admitted(desk, request, item_id)
    if reason is None:
        return _ask_why(desk, request, item, "compare")
    viewer, who = _viewer(desk), {"actor": caller_of(request).actor, "reason": reason}
    headers = _shown(await viewer.headers(item, **who), Headers)
    difference = _shown(await viewer.difference(item, **who), Difference)
    texts = _shown(await viewer.texts(item, **who), Texts)
    found: dict[str, Any] = {
        "fields": field_rows(headers.before, headers.after) if isinstance(headers, Headers) else [],
        "lines": rows(difference.runs) if isinstance(difference, Difference) else [],
        "sources": [each for each in texts.before if each.source] if isinstance(texts, Texts) else [],
    }
    return desk.page(request, "content.html", item=item, headers=headers, difference=difference, none=NoView, **found)


def _shown(view: View, kind: type[Kind]) -> Kind | NoView:
    """What was asked for, or why it is not there."""
    if isinstance(view, kind | NoView):
        return view
    raise Problem("failed")


async def _pages(desk: Desk, gallery: Gallery, request: Request, item_id: str, path: str) -> Response:
    caller = caller_of(request)
    item, reason = await _admitted(desk, request, item_id)
    part = next((each for each in (item.report.parts if item.report else ()) if each.path == path), None)
    if part is None:
        raise Problem("not_found")
    if reason is None:
        return _ask_why(desk, request, item, "pages_show")
    first, width = number(request, "first", 1, LAST_FIRST), number(request, "width", WIDTH, WIDEST)
    view = await _viewer(desk).pages(item, path, first, PAGES_AT_ONCE, width, actor=caller.actor, reason=reason)
    if not isinstance(view, Pages):
        return _nothing(desk, request, item, view)
    return desk.page(
        request, "pages.html", item=item, part=part, reason=reason, **leaf(view, gallery, caller.session, width)
    )


def leaf(view: Pages, gallery: Gallery, session: str, width: int) -> dict[str, Any]:
    """What a page with pictures needs, whatever it is of."""
    first = view.pages[0].number if view.pages else 1
    last = view.pages[-1].number if view.pages else 0
    return {
        "view": view,
        "token": gallery.hang(session, [page.png for page in view.pages]),
        "first": first,
        "last": last,
        "width": width,
        "following": last + 1 if last < view.total else 0,
        "previous": max(first - PAGES_AT_ONCE, 1) if first > 1 else 0,
        "wider": width + WIDTH_STEP if width + WIDTH_STEP <= WIDEST else 0,
        "narrower": width - WIDTH_STEP if width > WIDTH_STEP else 0,
        "step": PAGES_AT_ONCE,
    }


def number(request: Request, name: str, otherwise: int, most: int) -> int:
    """A number of the address bar, brought into its range."""
    text = request.query_params.get(name, "")
    if not text.isascii() or not text.isdecimal():
        return otherwise
    return min(max(int(text[:9]), 1), most)


def _nothing(desk: Desk, request: Request, item: Item, view: View) -> Response:
    why = view.why.value if isinstance(view, NoView) else "ended"
    return desk.page(request, "no_view.html", item=item, why=why)
