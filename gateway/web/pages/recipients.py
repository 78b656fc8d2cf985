"""The two pages that recipients reach by a link from a notice: giving a password, and asking for an original."""

from datetime import UTC, datetime
from typing import Any, Final

from fastapi import FastAPI, Request, Response

from gateway.access.links import Link, Links, of_originals
from gateway.model import Item, ItemState
from gateway.store.errors import AlreadyAsked, StoreError, WrongState
from gateway.store.queries import Wanted
from gateway.web.api.problem import Problem
from gateway.web.desk import Desk
from gateway.web.guard import form_of
from gateway.web.handling import short

DONE: Final = frozenset({"opened", "held", "over"})  #: answers after which there is nothing more to give
LONGEST_CODE: Final = 20  #: characters, as the page has it
STATUS: Final = {"opened": 200, "partly": 200, "held": 200, "wrong": 403, "wait": 429, "over": 410, "unavailable": 503}


def request_links(desk: Desk) -> Links:
    """Of the page that asks for an original: with a key of its own, made from the one beside the store."""
    return of_originals(desk.gateway.settings)


def add_recipients(app: FastAPI, desk: Desk) -> None:
    """Adds the routes."""
    _add_unlock(app, desk)
    _add_original(app, desk, request_links(desk))


def _add_unlock(app: FastAPI, desk: Desk) -> None:
    @app.get("/unlock/{token}", include_in_schema=False)
    async def form(request: Request, token: str) -> Response:
        return _unlock_page(desk, request, token)

    @app.post("/unlock/{token}", include_in_schema=False)
    async def give(request: Request, token: str) -> Response:
        desk.guard.try_link(request)
        given = form_of(request)
        locksmith = desk.gateway.locksmith
        if locksmith is None:
            return _unlock_page(desk, request, token, "unavailable")
        try:
            tried = await locksmith.open_by_link(token, given.get("code"), given.get("passwords").splitlines())
        except StoreError:
            return _unlock_page(desk, request, token, "unavailable")
        answer, code = tried.answer.value, given.get("code")
        return _unlock_page(desk, request, token, answer, code=code, seconds=tried.wait_seconds, left=tried.tries_left)


def _unlock_page(
    desk: Desk, request: Request, token: str, answer: str = "", *, code: str = "", seconds: int = 0, left: int = 0
) -> Response:
    """Whether the link is good for anything nobody learns before a code and a password were given."""
    response = desk.page(
        request,
        "unlock.html",
        STATUS.get(answer, 200),
        token=token,
        answer=answer,
        code=code[:LONGEST_CODE],
        seconds=seconds,
        left=left,
        ended=answer in DONE,
        contact=desk.gateway.settings.contact,
    )
    if seconds:
        response.headers["Retry-After"] = str(seconds)
    return response


def _add_original(app: FastAPI, desk: Desk, links: Links) -> None:
    async def item_of(token: str) -> tuple[Item, Link] | None:
        link = links.read(token, datetime.now(UTC))
        item = await desk.gateway.store.item(link.item_id) if link else None
        if link is None or item is None or item.state is not ItemState.HELD:
            return None
        mine = any(recipient.address == link.address for recipient in item.envelope.recipients)
        return (item, link) if mine else None

    @app.get("/original/{token}", include_in_schema=False)
    async def form(request: Request, token: str) -> Response:
        found = await item_of(token)
        return _original_page(desk, request, token, found[0] if found else None)

    @app.post("/original/{token}", include_in_schema=False)
    async def ask(request: Request, token: str) -> Response:
        desk.guard.try_link(request)
        found = await item_of(token)
        if found is None:
            return _original_page(desk, request, token, None)
        item, link = found
        reason = short(form_of(request).get("reason"))
        if not reason:
            return _original_page(desk, request, token, item, 422, wrong="reason_needed", chosen=_wanted(request, item))
        try:
            wanted = _wanted(request, item)
            await desk.gateway.store.approvals.ask(item.id, wanted, reason=reason, actor=f"recipient:{link.address}")
        except AlreadyAsked:
            return _original_page(desk, request, token, item, 409, said="original_already")
        except WrongState:
            return _original_page(desk, request, token, None)
        except StoreError as error:
            raise Problem("unavailable") from error
        return _original_page(desk, request, token, item, said="original_asked")


def _wanted(request: Request, item: Item) -> Wanted:
    """What was chosen; nothing is chosen where there is no clean version."""
    return Wanted.CLEAN if item.clean and form_of(request).get("wanted") == Wanted.CLEAN.value else Wanted.ORIGINAL


def _original_page(
    desk: Desk, request: Request, token: str, item: Item | None, status: int = 200, **values: Any
) -> Response:
    """A link that is good for nothing says no more than that."""
    shown = {"wrong": "", "said": "", "wanted": Wanted, "chosen": Wanted.CLEAN} | values
    contact = desk.gateway.settings.contact
    return desk.page(
        request, "original.html", 410 if item is None else status, token=token, item=item, contact=contact, **shown
    )
