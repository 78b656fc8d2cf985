"""Joins the families of calls to the application, and tells what there is: OpenAPI and a page that shows it."""

from typing import Literal

import msgspec
from fastapi import FastAPI, Response
from fastapi.responses import HTMLResponse

from gateway.web.api.actions import add_actions
from gateway.web.api.bulk import add_bulk
from gateway.web.api.calls import JSON, Answer, Ask, Book, Nothing
from gateway.web.api.cleaning import add_cleaning
from gateway.web.api.figures import add_figures
from gateway.web.api.files import add_files
from gateway.web.api.items import add_items
from gateway.web.api.live import add_live
from gateway.web.api.looks import add_looks
from gateway.web.api.me import add_me
from gateway.web.api.metrics import add_metrics
from gateway.web.api.openapi import Document
from gateway.web.api.parts import add_parts
from gateway.web.api.people import add_people
from gateway.web.api.record import add_record
from gateway.web.api.reference import sections
from gateway.web.api.regulations import add_regulations
from gateway.web.api.system import add_system
from gateway.web.api.transfers import add_transfers
from gateway.web.api.unlocking import add_unlocking
from gateway.web.api.uploads import add_uploads
from gateway.web.desk import Desk

#: In the order of the guide.
FAMILIES = (
    add_items,
    add_looks,
    add_parts,
    add_actions,
    add_bulk,
    add_figures,
    add_live,
    add_metrics,
    add_regulations,
    add_record,
    add_unlocking,
    add_me,
    add_people,
    add_transfers,
    add_uploads,
    add_files,
    add_cleaning,
    add_system,
)


class Language(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In which language; remembered."""

    lang: Literal["ja", "en"] | None = None


def add_api(app: FastAPI, desk: Desk) -> Book:
    """Adds every call of /api/v1, and the guide to all of them."""
    book = Book(app)
    for add in FAMILIES:
        add(book, desk)
    _add_guide(book, desk)
    return book


def _add_guide(book: Book, desk: Desk) -> None:
    document = Document(book.calls)

    @book.call(
        "GET",
        "/openapi.json",
        tag="system",
        title="This API as OpenAPI 3.1",
        answers=Answer(media=JSON, text="The document."),
    )
    async def openapi(ask: Ask[Nothing, Nothing]) -> Response:  # noqa: ARG001 - every call is asked alike
        return Response(document.as_json, media_type=JSON)

    @book.call(
        "GET",
        "/docs",
        tag="system",
        title="This API as a page",
        query=Language,
        answers=Answer(media="text/html", text="The page."),
    )
    async def docs(ask: Ask[Language, Nothing]) -> HTMLResponse:
        return desk.page(ask.request, "api.html", **sections(document.tree))
