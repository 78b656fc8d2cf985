"""Transfers for people: what one handed in and what came for oneself, files on their way, sending and taking back."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from fastapi import FastAPI, Request, Response

from gateway.delivery import transfers as delivery
from gateway.model import Transfer, TransferState
from gateway.web.api import transfer_shapes as shapes
from gateway.web.api.problem import Problem
from gateway.web.api.transfers import Shown
from gateway.web.desk import Desk, see_other
from gateway.web.doors import Door, door_of, other_side
from gateway.web.guard import Form, caller_of, form_of
from gateway.web.transfers.counter import Wish
from gateway.web.transfers.files import FileState
from gateway.web.wording.transfers import FILE_MARKS, TRANSFER_MARKS

PAGE: Final = 50
LONGEST_SEARCH: Final = 200  #: characters
LONGEST_TITLE: Final = 200
PIECE: Final = 8_388_608  #: bytes that the page sends at once, unless the settings want less
#: What people put between addresses, in either script.
_BETWEEN: Final = re.compile(r"[\s,;、，；]+")
#: Reasons for which a transfer cannot begin, and how the page says it.
_WHY: Final = {
    "no_address": "transfer_no_address",
    "no_segment": "transfer_no_segment",
    "mixed_profiles": "transfer_mixed",
}
_WRONG: Final = {
    "recipients": "transfer_wrong_recipients",
    "title": "transfer_wrong_title",
    "days": "transfer_wrong_days",
}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The form of a new transfer, as it was filled in."""

    title: str = ""
    recipients: tuple[str, ...] = ()
    oneself: bool = True
    days: str = ""

    def wish(self, own: str) -> Wish:
        """Nobody named is oneself. Raises Problem."""
        mine = (own,) if own and self.oneself and self.recipients else ()
        known = {each.lower() for each in mine}
        others = tuple(each for each in dict.fromkeys(self.recipients) if each.lower() not in known)
        days = int(self.days) if re.fullmatch(r"[0-9]{1,4}", self.days) and int(self.days) else None
        if len(self.title) > LONGEST_TITLE:
            raise Problem("invalid", reason="title")
        if self.days and days is None:
            raise Problem("invalid", reason="days")
        if len(mine + others) > shapes.MOST_RECIPIENTS or any(not _is_address(each) for each in others):
            raise Problem("invalid", reason="recipients")
        return Wish(title=self.title, recipients=mine + others, days=days)


def add_transfers(app: FastAPI, desk: Desk) -> None:
    """Adds the routes."""
    shown = Shown(desk)
    _add_list(app, desk, shown)
    _add_new(app, desk, shown)
    _add_one(app, desk, shown)
    _add_deeds(app, desk, shown)


def _add_list(app: FastAPI, desk: Desk, shown: Shown) -> None:
    @app.get("/transfers", include_in_schema=False)
    async def transfers(request: Request) -> Response:
        caller, door, asked = caller_of(request), door_of(request), request.query_params
        text, after = asked.get("text", "")[:LONGEST_SEARCH], asked.get("after", "")[:LONGEST_SEARCH]
        page = await shown.counter.search(caller, door, text, after, PAGE)
        return desk.page(
            request,
            "transfers.html",
            rows=[shown.transfer(caller, door, each) for each in page.transfers],
            text=text,
            after=after,
            following=page.next,
            why_not=_why_not(request, door),
            marks=TRANSFER_MARKS,
        )


def _add_new(app: FastAPI, desk: Desk, shown: Shown) -> None:
    @app.get("/transfers/new", include_in_schema=False)
    async def form(request: Request) -> Response:
        return _form(desk, request, Asked())

    @app.post("/transfers/new", include_in_schema=False)
    async def begin(request: Request) -> Response:
        caller, asked = caller_of(request), _asked(form_of(request))
        try:
            made = await shown.counter.begin(caller, door_of(request), asked.wish(caller.person.address))
        except Problem as problem:
            if problem.kind not in {"invalid", "conflict"}:
                raise
            return _form(desk, request, asked, problem.status, problem=problem)
        return see_other(f"/transfers/{made.id}")


def _asked(form: Form) -> Asked:
    """A field that is not there says nothing of it; a check box that is not there is not ticked."""
    return Asked(
        title=" ".join(form.get("title").split()),
        recipients=tuple(each for each in _BETWEEN.split(form.get("recipients")) if each),
        oneself=form.get("oneself") == "1",
        days=form.get("days").strip(),
    )


def _is_address(text: str) -> bool:
    return 3 <= len(text) <= 254 and text.count("@") == 1


def _form(desk: Desk, request: Request, asked: Asked, status: int = 200, *, problem: Problem | None = None) -> Response:
    settings = desk.gateway.settings.transfers
    return desk.page(
        request,
        "transfer_new.html",
        status,
        asked=asked,
        own=caller_of(request).person.address,
        domains=desk.gateway.settings.accepted_domains,
        most_days=settings.days,
        longest=LONGEST_TITLE,
        why_not=_why_not(request, door_of(request)),
        **_said(problem),
    )


def _said(problem: Problem | None) -> dict[str, str]:
    """Which field is wrong and why, or what is wrong with all of it."""
    if problem is None:
        return {"wrong_at": "", "wrong": "", "problem": ""}
    at = problem.fields[0].where.partition("[")[0] if problem.fields else problem.reason
    if at in _WRONG:
        return {"wrong_at": at, "wrong": _WRONG[at], "problem": ""}
    return {"wrong_at": "", "wrong": "", "problem": _WHY.get(problem.reason, f"problem_{problem.kind}")}


def _why_not(request: Request, door: Door) -> str:
    """Why nothing can be handed in here; "" when it can."""
    if door.segment is None:
        return _WHY["no_segment"]
    return "" if caller_of(request).person.address else _WHY["no_address"]


def _add_one(app: FastAPI, desk: Desk, shown: Shown) -> None:
    @app.get("/transfers/{transfer_id}", include_in_schema=False)
    async def one(request: Request, transfer_id: str) -> Response:
        row, files = await _found(shown, request, transfer_id)
        transfer = shown.transfer(caller_of(request), door_of(request), row)
        settings = desk.gateway.settings.transfers
        there = other_side(desk.gateway.settings, row.side)
        return desk.page(
            request,
            "transfer.html",
            transfer=transfer,
            over=_is_over(row),
            files=files,
            there=f"{there}/transfers/{row.id}" if there else "",
            can_open=delivery.may_open(row, caller_of(request).person.id, caller_of(request).person.address, _now()),
            most_bytes=settings.max_bytes,
            most_files=settings.max_files,
            piece=min(settings.chunk_bytes, PIECE),
            contact=desk.gateway.settings.contact,
            marks=FILE_MARKS,
            transfer_marks=TRANSFER_MARKS,
            done=request.query_params.get("done") == "sent" and row.state is TransferState.SENT,
        )


async def _found(shown: Shown, request: Request, transfer_id: str) -> tuple[Transfer, Sequence[shapes.File]]:
    row = await shown.counter.transfer(caller_of(request), door_of(request), transfer_id)
    return row, [await shown.file(request, each) for each in await shown.counter.files(row)]


def _is_over(row: Transfer) -> bool:
    return row.state in {TransferState.WITHDRAWN, TransferState.EXPIRED} or row.expires_at <= _now()


def _now() -> datetime:
    return datetime.now(UTC)


def _add_deeds(app: FastAPI, desk: Desk, shown: Shown) -> None:
    """Each is a page that says what will happen, and a button that does it."""

    async def ask(request: Request, transfer_id: str, deed: str) -> Response:
        row, files = await _found(shown, request, transfer_id)
        _insist(row, request, deed)
        values: dict[str, Any] = {"transfer": row, "deed": deed, "files": files}
        unfinished = [each for each in files if each.state is FileState.UPLOADING]
        return desk.page(request, "transfer_confirm.html", unfinished=unfinished, **values)

    @app.get("/transfers/{transfer_id}/send", include_in_schema=False)
    async def ask_to_send(request: Request, transfer_id: str) -> Response:
        return await ask(request, transfer_id, "send")

    @app.post("/transfers/{transfer_id}/send", include_in_schema=False)
    async def send(request: Request, transfer_id: str) -> Response:
        await shown.counter.send(caller_of(request), door_of(request), transfer_id)
        return see_other(f"/transfers/{transfer_id}?done=sent")

    @app.get("/transfers/{transfer_id}/withdraw", include_in_schema=False)
    async def ask_to_withdraw(request: Request, transfer_id: str) -> Response:
        return await ask(request, transfer_id, "withdraw")

    @app.post("/transfers/{transfer_id}/withdraw", include_in_schema=False)
    async def withdraw(request: Request, transfer_id: str) -> Response:
        await shown.counter.withdraw(caller_of(request), door_of(request), transfer_id)
        return see_other(f"/transfers/{transfer_id}")


def _insist(row: Transfer, request: Request, deed: str) -> None:
    """On its owner, and on a transfer with which this can still be done. Raises Problem."""
    if row.person_id != caller_of(request).person.id:
        raise Problem("not_found")
    if _is_over(row) or (deed == "send" and (row.state is not TransferState.OPEN or not row.files)):
        raise Problem("conflict")
