"""The record: search, proof that it is whole, export."""

import csv
import io
from collections.abc import AsyncIterator, Callable
from enum import StrEnum
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import msgspec
from fastapi import Response
from msgspec import Meta

from gateway.access.model import Caller
from gateway.store.auditing import MOST, AuditQuery
from gateway.store.drafts import AuditRow
from gateway.web.api.calls import ROOT, Answer, Ask, Book, Nothing, answered, invalid_at
from gateway.web.api.figures import Time
from gateway.web.desk import Desk
from gateway.web.downloads import streamed
from gateway.web.handling import refusals
from gateway.web.proving import Proving
from gateway.web.reading.asked import LONGEST_TEXT, BadParameter, moment

COLUMNS: Final = ("seq", "at", "actor", "action", "item_id", "detail", "previous_hash", "hash")
JSON_LINES: Final = "application/jsonl"
CSV: Final = "text/csv"
EXPORT_PAGE: Final = 500
#: What spreadsheets begin a formula with; Japanese ones take full-width signs, too.
FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")

Text = Annotated[str, Meta(max_length=LONGEST_TEXT)]


class Narrowed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which rows. What is left out does not narrow the list."""

    text: Annotated[Text, Meta(description="in the detail, the actor or the item's number")] = ""
    actor: Annotated[Text, Meta(description="in the actor, e.g. user:hanako")] = ""
    action: Annotated[Text, Meta(description="exactly, e.g. released")] = ""
    item: Annotated[Text, Meta(description="number of an item")] = ""
    since: Time = ""
    until: Annotated[Time, Meta(description="a day is meant to its end")] = ""


class Search(Narrowed, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """And the page."""

    before: Annotated[int, Meta(ge=0, le=2**53, description="`next` of the page before")] = 0
    limit: Annotated[int, Meta(ge=1, le=MOST)] = 50


class Form(StrEnum):
    """How the record is written out."""

    JSONL = "jsonl"
    CSV = "csv"


class Export(Narrowed, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """And the form."""

    format: Form = Form.JSONL


class RowsOut(msgspec.Struct, frozen=True):
    """Rows, the newest first. A page may be short while `next` is set."""

    items: tuple[AuditRow, ...]
    next: int | None


def add_record(book: Book, desk: Desk) -> None:
    """Adds the calls."""
    _add_search(book, desk)
    _add_proof(book, desk)
    _add_export(book, desk)


def _add_search(book: Book, desk: Desk) -> None:
    zone = ZoneInfo(desk.gateway.settings.zone)

    @book.call(
        "GET",
        "/audit",
        tag="audit",
        title="Search the record",
        more="Who is limited to some domains sees the rows of items of these, and what they did themselves.",
        query=Search,
        answers=Answer(what=RowsOut, text="A page of rows."),
        problems=("invalid",),
    )
    async def search(ask: Ask[Search, Nothing]) -> RowsOut:
        query = _query(ask.query, zone, ask.caller)
        with refusals():
            page = await desk.gateway.store.records.search(
                msgspec.structs.replace(query, before=ask.query.before, limit=ask.query.limit)
            )
        return RowsOut(page.rows, page.next or None)


def _query(given: Narrowed, zone: ZoneInfo, caller: Caller) -> AuditQuery:
    try:
        since = moment("since", given.since, zone) if given.since else None
        until = moment("until", given.until, zone) if given.until else None
    except BadParameter as error:
        raise invalid_at(error.name, "cannot be understood") from None
    return AuditQuery(
        text=given.text,
        actor=given.actor,
        action=given.action,
        item_id=given.item,
        since=since,
        until=until,
        scope=caller.scope,
        own=caller.person.login,
    )


def _add_proof(book: Book, desk: Desk) -> None:
    @book.call(
        "POST",
        "/audit/verify",
        tag="audit",
        title="Prove that the record is whole",
        more="Reads all of it and computes its chain of hashes again; one at a time, for all who ask.",
        answers=Answer(status=202, what=Proving, text="Begun, or under way; ask at `Location` how far it is."),
    )
    async def verify(ask: Ask[Nothing, Nothing]) -> Response:  # noqa: ARG001 - every call is asked alike
        begun = desk.bench.proofs.begin()
        return answered(begun, 202, Location=f"{ROOT}/audit/verify/{begun.id}")

    @book.call(
        "GET",
        "/audit/verify/{job_id}",
        tag="audit",
        title="How far a proof of the record is, and what it showed",
        answers=Answer(what=Proving, text="The proof."),
        problems=("not_found",),
    )
    async def look(ask: Ask[Nothing, Nothing]) -> Proving:
        return desk.bench.proofs.get(ask["job_id"])


def _add_export(book: Book, desk: Desk) -> None:
    zone = ZoneInfo(desk.gateway.settings.zone)
    store = desk.gateway.store

    @book.call(
        "GET",
        "/audit/export",
        tag="audit",
        title="Write the record out",
        more="The newest row first; the export itself is put on record.",
        query=Export,
        answers=(Answer(media=JSON_LINES, text="One row in each line."), Answer(media=CSV, text="With a heading.")),
        problems=("invalid",),
    )
    async def export(ask: Ask[Export, Nothing]) -> Response:
        query, form = _query(ask.query, zone, ask.caller), ask.query.format
        with refusals():
            await store.people.note("audit_exported", actor=ask.caller.actor, format=form.value)
        write, media = _WRITERS[form]
        return streamed(_pages(desk, query, write), f"kiyome-audit.{form.value}", media)


async def _pages(desk: Desk, query: AuditQuery, write: Callable[[tuple[AuditRow, ...]], bytes]) -> AsyncIterator[bytes]:
    if write is _as_csv:
        yield _csv_rows([COLUMNS])
    before = query.before
    while True:
        page = await desk.gateway.store.records.search(msgspec.structs.replace(query, before=before, limit=EXPORT_PAGE))
        if page.rows:
            yield write(page.rows)
        if not page.next:
            return
        before = page.next


def _as_json_lines(rows: tuple[AuditRow, ...]) -> bytes:
    return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)


def _as_csv(rows: tuple[AuditRow, ...]) -> bytes:
    return _csv_rows([[_harmless(str(getattr(row, column))) for column in COLUMNS] for row in rows])


def _csv_rows(rows: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet would take for a formula is quoted: actors and reasons are typed by people."""
    return f"'{cell}" if cell.startswith(FORMULAS) else cell


_WRITERS: Final = {Form.JSONL: (_as_json_lines, JSON_LINES), Form.CSV: (_as_csv, CSV)}
