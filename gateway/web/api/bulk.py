"""Many items at once: by numbers or by a search; goes on after the answer."""

from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from fastapi import Response
from msgspec import Meta

from gateway.model import ItemState
from gateway.store.queries import BulkAction, Query
from gateway.web.api.calls import ROOT, Answer, Ask, Book, Nothing, answered, invalid_at
from gateway.web.api.items import Filter, query_from
from gateway.web.desk import Desk
from gateway.web.handling import LONGEST_REASON
from gateway.web.jobs import MOST_IDS, Job

ItemId = Annotated[str, Meta(max_length=40)]


class BulkOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is to be done, with what, and why. Exactly one of `items` and `search`."""

    action: BulkAction
    reason: Annotated[str, Meta(min_length=1, max_length=LONGEST_REASON, pattern=r"\S")]
    items: Annotated[list[ItemId], Meta(max_length=MOST_IDS)] | None = None
    search: Filter | None = None


class JobsOut(msgspec.Struct, frozen=True):
    """One's own jobs, the newest first."""

    items: tuple[Job, ...]


class Domain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose mail is to be tried again."""

    domain: Annotated[str, Meta(max_length=255, description='of the recipients; "" for all')] = ""


_EXAMPLE = {"action": "discard", "reason": "迷惑メール", "search": {"sender": "spam.example", "state": ["held"]}}
_BEGUN = Answer(status=202, what=Job, text="Begun; ask at `Location` how far it is.")


def add_bulk(book: Book, desk: Desk) -> None:
    """Adds the calls."""
    _add_begin(book, desk)
    _add_jobs(book, desk)


def _begun(job: Job) -> Response:
    return answered(job, 202, Location=f"{ROOT}/jobs/{job.id}")


def _add_begin(book: Book, desk: Desk) -> None:
    jobs = desk.bench.jobs
    zone = ZoneInfo(desk.gateway.settings.zone)

    @book.call(
        "POST",
        "/bulk",
        tag="bulk",
        title="Do something with many items",
        more="Items that do not allow it are counted by reason and left alone; those whose profile asks for a second "
        "person are left alone, too. Originals are released one by one. With the same `Idempotency-Key` the job that "
        "was begun before is given again.",
        body=BulkOrder,
        example=_EXAMPLE,
        answers=_BEGUN,
        problems=("invalid",),
        headers=("Idempotency-Key",),
    )
    async def begin(ask: Ask[Nothing, BulkOrder]) -> Response:
        wanted = ask.body
        if (wanted.items is None) == (wanted.search is None):
            raise invalid_at("items", "give exactly one of items and search")
        chosen: Any = wanted.items if wanted.search is None else query_from(wanted.search, zone, ask)
        return _begun(jobs.begin(ask.caller, chosen, wanted.action, wanted.reason, _key(ask)))

    @book.call(
        "POST",
        "/queue/retry",
        tag="queue",
        title="Try the next hops now",
        body=Domain,
        example={"domain": "city.example.lg.jp"},
        answers=_BEGUN,
        problems=("invalid",),
        headers=("Idempotency-Key",),
    )
    async def retry(ask: Ask[Nothing, Domain]) -> Response:
        domain = ask.body.domain.strip()
        query = Query(
            states=frozenset({ItemState.DELIVERING}), recipient=f"@{domain}" if domain else "", scope=ask.caller.scope
        )
        return _begun(jobs.begin(ask.caller, query, BulkAction.RETRY, "retry of the queue", _key(ask)))


def _key(ask: Ask[Any, Any]) -> str:
    return ask.request.headers.get("Idempotency-Key", "").strip()


def _add_jobs(book: Book, desk: Desk) -> None:
    jobs = desk.bench.jobs

    @book.call("GET", "/jobs", tag="bulk", title="One's own jobs", answers=Answer(what=JobsOut, text="The jobs."))
    async def mine(ask: Ask[Nothing, Nothing]) -> JobsOut:
        return JobsOut(tuple(jobs.list(ask.caller)))

    @book.call(
        "GET",
        "/jobs/{job_id}",
        tag="bulk",
        title="How far a job is",
        answers=Answer(what=Job, text="The job."),
        problems=("not_found",),
    )
    async def job(ask: Ask[Nothing, Nothing]) -> Job:
        return jobs.get(ask.caller, ask["job_id"])

    @book.call(
        "POST",
        "/jobs/{job_id}/cancel",
        tag="bulk",
        title="Cancel a job",
        more="It ends at the items that it is at; what was changed stays changed.",
        answers=Answer(what=Job, text="The job."),
        problems=("not_found",),
    )
    async def cancel(ask: Ask[Nothing, Nothing]) -> Job:
        return jobs.cancel(ask.caller, ask["job_id"])
