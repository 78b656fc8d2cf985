"""Try it: a file or mail comes as the body of a request, and what would become of it is shown."""

from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response

from gateway import viewing
from gateway.web import downloads
from gateway.web.api.problem import Problem
from gateway.web.desk import Desk
from gateway.web.guard import caller_of, received
from gateway.web.pages.content import PAGES_AT_ONCE, WIDTH, leaf, number
from gateway.web.reading.pictures import Gallery
from gateway.web.tree import nodes
from gateway.web.trying import MOST_BYTES, Tried
from sanitizers.rules import Kind
from sanitizers.views import LAST_PAGE, WIDEST, Pages, Shown, ViewWish, is_drawn

LONGEST_NAME = 255  #: characters
BEFORE, AFTER = "before", "after"


def add_trying(app: FastAPI, desk: Desk, gallery: Gallery) -> None:
    """Adds the routes."""

    @app.get("/try", include_in_schema=False)
    async def form(request: Request) -> Response:
        return desk.page(
            request,
            "try.html",
            profiles=list(desk.gateway.rules.profiles),
            kinds=list(Kind),
            most=MOST_BYTES,
            possible=desk.gateway.try_out is not None,
        )

    @app.post("/try", include_in_schema=False, max_body_size=MOST_BYTES)
    async def begin(request: Request, name: str = "", kind: Kind = Kind.FILE, profile: str = "standard") -> Response:
        data = await received(request)
        tried = await desk.bench.trying.begin(caller_of(request), data, kind, name[:LONGEST_NAME], profile)
        return Response(msgspec.json.encode({"location": f"/try/{tried.id}"}), media_type="application/json")

    @app.get("/try/{tried_id}", include_in_schema=False)
    async def result(request: Request, tried_id: str) -> Response:
        return _result(desk, request, desk.bench.trying.get(caller_of(request), tried_id))

    @app.get("/try/{tried_id}/clean", include_in_schema=False)
    async def clean(request: Request, tried_id: str) -> Response:
        tried = desk.bench.trying.get(caller_of(request), tried_id)
        if tried.cleaned.data is None:
            raise Problem("not_found")
        return downloads.attachment(tried.cleaned.data, tried.cleaned.name or tried.name or "clean")

    @app.get("/try/{tried_id}/pages/{side}", include_in_schema=False)
    async def pages(request: Request, tried_id: str, side: str) -> Response:
        return await _pages(desk, gallery, request, tried_id, side)


def _result(desk: Desk, request: Request, tried: Tried) -> Response:
    parts, can_draw = tried.cleaned.report.parts, desk.gateway.viewer is not None
    return desk.page(
        request,
        "try_result.html",
        tried=tried,
        top=parts[0] if parts else None,
        tree=nodes(parts),
        finding_count=sum(len(part.findings) for part in parts),
        drawn_before=can_draw and bool(parts) and is_drawn(parts[0].detected_type),
        drawn_after=can_draw and tried.cleaned.data is not None and is_drawn(tried.cleaned.type),
    )


async def _pages(desk: Desk, gallery: Gallery, request: Request, tried_id: str, side: str) -> Response:
    caller = caller_of(request)
    tried = desk.bench.trying.get(caller, tried_id)
    if side not in {BEFORE, AFTER} or (side == AFTER and tried.cleaned.data is None) or desk.gateway.viewer is None:
        raise Problem("not_found")
    first, width = number(request, "first", 1, LAST_PAGE), number(request, "width", WIDTH, WIDEST)
    wish = ViewWish(Shown.PAGES, path="1", first=first, count=PAGES_AT_ONCE, width=width)
    view = await desk.gateway.viewer.of_tried(_bytes(desk, tried, side), wish)
    if not isinstance(view, Pages):
        why = getattr(view, "why", None)
        return desk.page(request, "try_no_view.html", tried=tried, why=why.value if why else "ended")
    shown: dict[str, Any] = leaf(view, gallery, caller.session, width)
    return desk.page(request, "try_pages.html", tried=tried, side=side, **shown)


def _bytes(desk: Desk, tried: Tried, side: str) -> viewing.Tried:
    """What is to be drawn: as it came, or what became of it."""
    profile = desk.gateway.rules.profiles[tried.profile]
    if side == BEFORE:
        return viewing.Tried(tried.original, tried.kind, tried.name, tried.cleaned.data or b"", profile)
    return viewing.Tried(tried.cleaned.data or b"", tried.kind, tried.cleaned.name, b"", profile)
