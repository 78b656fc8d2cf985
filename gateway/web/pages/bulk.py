"""Many items at once: choose, read what will happen, confirm, watch."""

import secrets
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from fastapi import FastAPI, Request, Response

from gateway.access.model import Caller
from gateway.store.queries import BulkAction, Counted, Query
from gateway.store.sought import left_out
from gateway.web.api.problem import Problem
from gateway.web.desk import Desk, see_other
from gateway.web.guard import Form, caller_of, form_of
from gateway.web.jobs import MOST_IDS, RIGHTS, JobState
from gateway.web.reading.asked import BadParameter, asked

NAMED = 10  #: that the page of confirmation shows one by one
EVERY, CHOSEN = "every", "chosen"


def add_bulk(app: FastAPI, desk: Desk) -> None:
    """Adds the routes."""

    @app.post("/bulk", include_in_schema=False)
    async def confirm(request: Request) -> Response:
        return await _confirmation(desk, request)

    @app.post("/bulk/begin", include_in_schema=False)
    async def begin(request: Request) -> Response:
        caller, form = caller_of(request), form_of(request)
        action = _action(form, caller)
        if not form.get("reason").strip():
            return await _confirmation(desk, request, 422)
        chosen = _query(desk, caller, form) if form.get("which") == EVERY else form.all("item")
        job = desk.bench.jobs.begin(caller, chosen, action, form.get("reason"), key=form.get("key"))
        return see_other(f"/bulk/{job.id}")

    @app.get("/bulk/{job_id}", include_in_schema=False)
    async def job(request: Request, job_id: str) -> Response:
        found = desk.bench.jobs.get(caller_of(request), job_id)
        return desk.page(request, "bulk_job.html", job=found, running=found.state is JobState.RUNNING)

    @app.get("/live/bulk/{job_id}", include_in_schema=False)
    async def live(request: Request, job_id: str) -> Response:
        found = desk.bench.jobs.get(caller_of(request), job_id)
        return desk.page(request, "bulk_job_live.html", job=found, running=found.state is JobState.RUNNING)

    @app.post("/bulk/{job_id}/stop", include_in_schema=False)
    async def stop(request: Request, job_id: str) -> Response:
        desk.bench.jobs.cancel(caller_of(request), job_id)
        return see_other(f"/bulk/{job_id}")


async def _confirmation(desk: Desk, request: Request, status: int = 200) -> Response:
    """Says what will happen, to how many."""
    caller, form = caller_of(request), form_of(request)
    action = _action(form, caller)
    every = form.get("which") == EVERY
    ids = [] if every else list(dict.fromkeys(form.all("item")))[:MOST_IDS]
    count, at_least, named = await (_of_search(desk, caller, form) if every else _of_ids(desk, caller, ids))
    query = _query(desk, caller, form) if every else Query()
    return desk.page(
        request,
        "bulk_confirm.html",
        status if count else 422,
        action=action,
        which=EVERY if every else CHOSEN,
        ids=ids,
        query=form.get("query"),
        count=count,
        at_least=at_least,
        named=named,
        left_out=left_out(query),
        reason_missing=status == 422,
        key=form.get("key") or secrets.token_hex(8),
    )


async def _of_search(desk: Desk, caller: Caller, form: Form) -> tuple[int, bool, list[Any]]:
    page = await desk.gateway.store.lists.search(_query(desk, caller, form))
    return page.total, page.counted is Counted.AT_LEAST, list(page.items[:NAMED])


async def _of_ids(desk: Desk, caller: Caller, ids: list[str]) -> tuple[int, bool, list[Any]]:
    within = await desk.gateway.store.lists.within(ids, caller.scope)
    items = [await desk.gateway.store.item(item_id, caller.scope) for item_id in ids[:NAMED] if item_id in within]
    return len(within), False, [item for item in items if item is not None]


def _query(desk: Desk, caller: Caller, form: Form) -> Query:
    """The search that the list was of, from its first page."""
    pairs = [pair for pair in parse_qsl(form.get("query")) if pair[0] not in {"after", "limit"}]
    try:
        return asked(pairs, ZoneInfo(desk.gateway.settings.zone), caller.scope).query
    except BadParameter as error:
        raise Problem("bad_request") from error


def _action(form: Form, caller: Caller) -> BulkAction:
    try:
        action = BulkAction(form.get("action"))
    except ValueError as error:
        raise Problem("bad_request") from error
    if action not in RIGHTS:
        raise Problem("bad_request")
    if RIGHTS[action] not in caller.rights:
        raise Problem("no_right")
    return action
