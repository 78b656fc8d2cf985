"""The record: searched, verified, exported."""

import re
from collections.abc import AsyncIterator
from zoneinfo import ZoneInfo

import msgspec
from fastapi import FastAPI, Request, Response

from gateway.access.rights import Right
from gateway.store.auditing import AuditPage, AuditQuery
from gateway.web import downloads
from gateway.web.api.problem import Problem
from gateway.web.desk import Desk, see_other
from gateway.web.guard import caller_of
from gateway.web.reading.asked import BadParameter, moment

PAGE = 100
TEXTS = ("text", "actor", "action", "item_id")
LONGEST = 200  #: characters of a text
_NUMBER = re.compile(r"[0-9]{1,15}")


def add_audit(app: FastAPI, desk: Desk) -> None:
    """Adds the routes."""

    @app.get("/audit", include_in_schema=False)
    async def audit(request: Request) -> Response:
        return await _page(desk, request)

    @app.post("/audit/verify", include_in_schema=False)
    async def verify(request: Request) -> Response:
        _all_domains(request)
        return see_other(f"/audit/verify/{desk.bench.proofs.begin().id}")

    @app.get("/audit/verify/{job_id}", include_in_schema=False)
    async def proof(request: Request, job_id: str) -> Response:
        _all_domains(request)
        return desk.page(request, "audit_proof.html", proving=desk.bench.proofs.get(job_id))

    @app.get("/live/audit/verify/{job_id}", include_in_schema=False)
    async def live(request: Request, job_id: str) -> Response:
        _all_domains(request)
        return desk.page(request, "audit_proof_live.html", proving=desk.bench.proofs.get(job_id))

    @app.get("/audit/export", include_in_schema=False)
    async def export(request: Request) -> Response:
        _all_domains(request)
        await desk.gateway.store.people.note("audit_exported", actor=caller_of(request).actor, format="jsonl")
        return downloads.streamed(_lines(desk), "kiyome-audit.jsonl", "application/jsonl")


def _all_domains(request: Request) -> None:
    """The chain is one for all domains. Raises Problem."""
    if caller_of(request).scope.domains is not None:
        raise Problem("no_right")


async def _page(desk: Desk, request: Request) -> Response:
    """The rows that were asked for, the newest first."""
    caller, given = caller_of(request), request.query_params
    zone, wrong, page = ZoneInfo(desk.gateway.settings.zone), "", AuditPage((), 0)
    try:
        since = moment("since", given["since"], zone) if given.get("since") else None
        until = moment("until", given["until"], zone) if given.get("until") else None
        texts = {name: given.get(name, "").strip()[:LONGEST] for name in TEXTS}
        before = int(given["before"]) if _NUMBER.fullmatch(given.get("before", "")) else 0
        query = AuditQuery(
            **texts,
            since=since,
            until=until,
            before=before,
            limit=PAGE,
            scope=caller.scope,
            own=caller.person.login,
        )
        page = await desk.gateway.store.records.search(query)
    except BadParameter as error:
        wrong = error.name
    kept = {name: given[name] for name in (*TEXTS, "since", "until") if given.get(name)}
    return desk.page(
        request,
        "audit.html",
        400 if wrong else 200,
        rows=page.rows,
        kept=kept,
        wrong=wrong,
        following=kept | {"before": str(page.next)} if page.next else None,
        paged="before" in given,
        may_export=Right.AUDIT_EXPORT in caller.rights,
        may_verify=caller.scope.domains is None,
    )


async def _lines(desk: Desk) -> AsyncIterator[bytes]:
    """JSON, one row a line, the oldest first: what `kiyome audit export` writes."""
    async for row in desk.gateway.store.audit_rows():
        yield msgspec.json.encode(row) + b"\n"
