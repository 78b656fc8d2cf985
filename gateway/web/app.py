"""The web interface: /health always; sign-in, items and mailbox in a trial run."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.exceptions import HTTPException

from gateway.web.health import Served, examine
from gateway.web.pages import Trial, add_pages
from gateway.web.unlocking import Unlocks, add_unlocking

HEADERS = {
    # Nothing but our own style sheet: no script, no image, no other host (CSP level 3).
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def build(gateway: Served, trial: Trial | None = None, unlocks: Unlocks | None = None) -> FastAPI:
    """The application. Without `trial` it answers GET /health and, with `unlocks`, POST /api/v1/unlock."""
    app = FastAPI(title="Kiyome", openapi_url=None, docs_url=None, redoc_url=None)

    @app.middleware("http")
    async def add_headers(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await go_on(request)
        response.headers.update(HEADERS)
        return response

    @app.get("/health")
    async def health() -> JSONResponse:
        found = await examine(gateway)
        return JSONResponse(found.body, status_code=200 if found.well else 503)

    if unlocks is not None:
        add_unlocking(app, unlocks)
    if trial is None:
        app.add_exception_handler(HTTPException, _plain)
    else:
        add_pages(app, gateway, trial)
    return app


async def _plain(request: Request, error: Exception) -> Response:  # noqa: ARG001 - starlette's signature
    status = error.status_code if isinstance(error, HTTPException) else 500
    return PlainTextResponse(f"{status}\n", status_code=status)
