"""Our own style sheets, scripts and pictures: read once, named with a digest, so that a browser keeps them."""

import hashlib
from pathlib import Path

import msgspec
from fastapi import FastAPI, Request, Response

from gateway.web.api.problem import Problem

FOLDER = Path(__file__).parent / "static"
#: By the end of the name; what is not here is not served.
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".png": "image/png"}
FOR_EVER = "public, max-age=31536000, immutable"


class StaticFile(msgspec.Struct, frozen=True):
    """One file."""

    data: bytes
    type: str
    version: str


class StaticFiles:
    """All of them, in memory."""

    def __init__(self, folder: Path = FOLDER, base: str = "/static") -> None:
        self._base = base
        self._files = {path.name: _read(path) for path in sorted(folder.iterdir()) if path.suffix in TYPES}

    def path(self, name: str) -> str:
        """Where a page finds it; a name that is not there is a programming error."""
        return f"{self._base}/{name}?v={self._files[name].version}"

    def answer(self, name: str, version: str) -> Response:
        """The file. Raises Problem when there is none."""
        file = self._files.get(name)
        if file is None:
            raise Problem("not_found")
        headers = {"Cache-Control": FOR_EVER if version == file.version else "no-cache"}
        return Response(file.data, media_type=file.type, headers=headers)


def _read(path: Path) -> StaticFile:
    data = path.read_bytes()
    return StaticFile(data, TYPES[path.suffix], hashlib.sha256(data).hexdigest()[:12])


def add_static(app: FastAPI, files: StaticFiles) -> None:
    """Adds the route."""

    @app.get("/static/{name}", include_in_schema=False)
    async def static(request: Request, name: str) -> Response:
        return files.answer(name, request.query_params.get("v", ""))
