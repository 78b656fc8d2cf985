"""The pages of the trial run, made on the server: sign-in, items, one item, the trial mailbox."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs, quote, urlencode
from zoneinfo import ZoneInfo

import jinja2
import msgspec
from fastapi import Depends, FastAPI, Query, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException

from gateway.model import Item, ItemState
from gateway.store.drafts import ItemQuery
from gateway.web.health import Served
from gateway.web.mailbox import Attachment, Letter, letter_by_key, letters
from gateway.web.signin import SESSION_SECONDS, SignIn, TooManyFailures
from gateway.web.tree import nodes
from gateway.web.wording import LANGUAGES, enum_word, symbol, word

HERE = Path(__file__).parent
SESSION_COOKIE = "kiyome_trial"
LANGUAGE_COOKIE = "kiyome_language"
LANGUAGE_SECONDS = 365 * 24 * 3600
PAGE_SIZE = 50
FORM_BYTES = 4_096
ITEM_ID = re.compile(r"\bitem=([0-9A-Z-]{8,40})")


class Trial(msgspec.Struct, frozen=True):
    """What a trial run adds: who may sign in, and where delivered mail arrives."""

    password: str
    mailbox: Path


class Desk:
    """Renders templates in the reader's language and knows who is signed in."""

    def __init__(self, gateway: Served, trial: Trial) -> None:
        self.gateway = gateway
        self.mailbox = trial.mailbox
        self.sessions = SignIn(trial.password)
        self._zone = ZoneInfo(gateway.settings.zone)
        loader = jinja2.FileSystemLoader(HERE / "templates")
        self._templates = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)

    def language(self, request: Request) -> str:
        """?lang, else the cookie, else the settings' first language."""
        asked = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
        return asked if asked in LANGUAGES else self.gateway.settings.language

    def signed_in(self, request: Request) -> bool:
        """Whether the request carries the cookie of a session that goes on."""
        return self.sessions.knows(request.cookies.get(SESSION_COOKIE, ""))

    def page(self, request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page in the reader's language; a language asked for by ?lang is remembered."""
        language = self.language(request)
        query = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
        body = self._templates.get_template(template).render(
            language=language,
            t=lambda key: word(key, language),
            say=lambda member: enum_word(member, language),
            symbol=symbol,
            when=self._when,
            signed_in=self.signed_in(request),
            here="?" + (urlencode(query) + "&" if query else ""),
            section=request.url.path.split("/")[1],
            **values,
        )
        response = HTMLResponse(body, status_code=status)
        if request.query_params.get("lang") in LANGUAGES:
            response.set_cookie(LANGUAGE_COOKIE, language, LANGUAGE_SECONDS, httponly=True, samesite="strict")
        return response

    def _when(self, moment: datetime) -> str:
        return moment.astimezone(self._zone).strftime("%Y-%m-%d %H:%M")


class SignedOut(Exception):
    """The page needs a session."""


def add_pages(app: FastAPI, gateway: Served, trial: Trial) -> None:
    """Adds all routes of the trial run."""
    desk = Desk(gateway, trial)

    async def session(request: Request) -> None:
        if not desk.signed_in(request):
            raise SignedOut

    @app.exception_handler(SignedOut)
    async def to_sign_in(request: Request, error: SignedOut) -> Response:  # noqa: ARG001 - starlette's signature
        return RedirectResponse("/sign-in", 303)

    @app.exception_handler(HTTPException)
    async def not_found(request: Request, error: HTTPException) -> Response:
        return desk.page(request, "not_found.html", error.status_code)

    @app.get("/static/style.css")
    async def style() -> FileResponse:
        return FileResponse(HERE / "static" / "style.css", media_type="text/css")

    @app.get("/")
    async def start() -> Response:
        return RedirectResponse("/items", 303)

    _add_sign_in(app, desk)
    _add_items(app, desk, session)
    _add_mailbox(app, desk, session)


def _add_sign_in(app: FastAPI, desk: Desk) -> None:
    @app.get("/sign-in")
    async def sign_in_form(request: Request) -> Response:
        return desk.page(request, "sign_in.html", problem="")

    @app.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        try:
            token = desk.sessions.begin(await _form_value(request, "password"))
        except TooManyFailures:
            return desk.page(request, "sign_in.html", 429, problem="too_many")
        if token is None:
            return desk.page(request, "sign_in.html", 403, problem="password_wrong")
        response = RedirectResponse("/items", 303)
        response.set_cookie(SESSION_COOKIE, token, SESSION_SECONDS, httponly=True, samesite="strict")
        return response

    @app.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        desk.sessions.end(request.cookies.get(SESSION_COOKIE, ""))
        response = RedirectResponse("/sign-in", 303)
        response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict")
        return response


def _add_items(app: FastAPI, desk: Desk, session: Callable[[Request], Awaitable[None]]) -> None:
    store = desk.gateway.store

    @app.get("/items", dependencies=[Depends(session)])
    async def items(request: Request, q: str = "", state: str = "", before: str = "") -> Response:
        chosen = ItemState(state) if state in list(ItemState) else None
        query = ItemQuery(text=q.strip(), state=chosen, limit=PAGE_SIZE + 1, before_id=before)
        found = await store.items(query)
        shown, narrowed = found[:PAGE_SIZE], {"q": q, "state": state}
        return desk.page(
            request,
            "items.html",
            items=shown,
            q=q,
            state=chosen,
            states=list(ItemState),
            counts=await store.counts(),
            before=before,
            first_page="/items?" + urlencode(narrowed),
            next_page="/items?" + urlencode({**narrowed, "before": shown[-1].id}) if len(found) > PAGE_SIZE else "",
        )

    @app.get("/items/{item_id}", dependencies=[Depends(session)])
    async def item(request: Request, item_id: str) -> Response:
        found: Item | None = await store.item(item_id)
        if found is None:
            raise HTTPException(404)
        parts = found.report.parts if found.report else ()
        return desk.page(
            request,
            "item.html",
            item=found,
            tree=nodes(parts),
            found=sum(len(part.findings) for part in parts),
        )


def _add_mailbox(app: FastAPI, desk: Desk, session: Callable[[Request], Awaitable[None]]) -> None:
    @app.get("/mailbox", dependencies=[Depends(session)])
    async def mailbox(request: Request, q: str = "", page: Annotated[int, Query(ge=1, le=100_000)] = 1) -> Response:
        found = await asyncio.to_thread(letters, desk.mailbox, q.strip())
        start = (page - 1) * PAGE_SIZE
        more = len(found) > start + PAGE_SIZE
        return desk.page(
            request,
            "mailbox.html",
            letters=found[start : start + PAGE_SIZE],
            q=q,
            page=page,
            first_page="/mailbox?" + urlencode({"q": q}),
            next_page="/mailbox?" + urlencode({"q": q, "page": page + 1}) if more else "",
        )

    @app.get("/mailbox/{key}", dependencies=[Depends(session)])
    async def one_letter(request: Request, key: str) -> Response:
        found = await asyncio.to_thread(letter_by_key, desk.mailbox, key)
        if found is None:
            raise HTTPException(404)
        return desk.page(request, "letter.html", letter=found, item_id=_item_id(found))

    @app.get("/mailbox/{key}/{number}", dependencies=[Depends(session)])
    async def attachment(key: str, number: int) -> Response:
        found = await asyncio.to_thread(letter_by_key, desk.mailbox, key)
        if found is None or not 1 <= number <= len(found.attachments):
            raise HTTPException(404)
        return _download(found.attachments[number - 1])


def _download(attachment: Attachment) -> Response:
    """To be saved, never shown here; what it is, its name says (RFC 6266 section 4.3)."""
    name = quote(attachment.name or "attachment", safe="", errors="replace")
    headers = {"Content-Disposition": f"attachment; filename*=utf-8''{name}"}
    return Response(attachment.data, media_type="application/octet-stream", headers=headers)


def _item_id(letter: Letter) -> str:
    report = next((value for name, value in letter.headers if name.lower() == "x-kiyome-report"), "")
    match = ITEM_ID.search(report)
    return match[1] if match else ""


async def _form_value(request: Request, name: str) -> str:
    """One field of a small urlencoded form; what is too large or not a form has no fields."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES:
            return ""
    return parse_qs(body.decode("utf-8", "replace")).get(name, [""])[0]
