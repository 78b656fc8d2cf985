"""The operator's manual, and the guides beside it, for whoever is signed in."""

import asyncio
from pathlib import Path

from fastapi import FastAPI, Request, Response

from gateway.web.api.problem import Problem
from gateway.web.desk import Desk
from gateway.web.reading.documents import GUIDES, MANUAL, PICTURES, Document, documents_folder, file_of, read_document
from gateway.web.static_files import StaticFiles

AT = "/manual"


class Shelf:
    """The documents: each is read when somebody first asks for it, and kept."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._pictures: StaticFiles | None = None
        self._read: dict[str, Document] = {}

    async def document(self, name: str, language: str) -> Document:
        """Raises Problem for a name that is not in the table, or when the documents were not installed."""
        file = file_of(name, language)
        if file is None or self._folder is None:
            raise Problem("not_found")
        if file not in self._read:
            self._read[file] = await asyncio.to_thread(read_document, self._folder, file, self.pictures().path)
        return self._read[file]

    def pictures(self) -> StaticFiles:
        """All of them. Raises Problem when they were not installed."""
        if self._folder is None:
            raise Problem("not_found")
        if self._pictures is None:
            self._pictures = StaticFiles(self._folder / PICTURES, f"{AT}/{PICTURES}")
        return self._pictures


def add_manual(app: FastAPI, desk: Desk) -> None:
    """Adds the routes."""
    shelf = Shelf(documents_folder())

    async def show(request: Request, name: str) -> Response:
        document = await shelf.document(name, desk.language(request))
        # The guides are in English, with Japanese beside it where it helps.
        foreign = "" if name == MANUAL else "en"
        return desk.page(request, "manual.html", name=name, document=document, guides=tuple(GUIDES), foreign=foreign)

    @app.get(AT, include_in_schema=False)
    async def manual(request: Request) -> Response:
        return await show(request, MANUAL)

    @app.get("/manual/{name}", include_in_schema=False)
    async def guide(request: Request, name: str) -> Response:
        if name == MANUAL:
            raise Problem("not_found")
        return await show(request, name)

    @app.get("/manual/pictures/{name}", include_in_schema=False)
    async def picture(request: Request, name: str) -> Response:
        return shelf.pictures().answer(name, request.query_params.get("v", ""))
