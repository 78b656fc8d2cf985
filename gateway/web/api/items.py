"""Items: search, one item with its report, its history, and the searches' cursor pages."""

from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from gateway.access.rights import Role
from gateway.model import Channel, Direction, ItemState
from gateway.store.drafts import AuditRow
from gateway.store.queries import Query, Sort
from gateway.web.api.calls import Answer, Ask, Book, Nothing, invalid_at
from gateway.web.api.examples import ITEM_ID, ITEM_PAGE
from gateway.web.api.shapes import ItemOut, ItemPage, item_out, page_out
from gateway.web.desk import Desk
from gateway.web.handling import refusals
from gateway.web.reading.asked import LEAST, LONGEST_TEXT, MOST, PAGE, BadParameter, asked
from sanitizers.model import Outcome, Threat
from sanitizers.rules import Verdict

Text = Annotated[str, Meta(max_length=LONGEST_TEXT)]
Time = Annotated[str, Meta(max_length=40, examples=["2026-11-21T09:00:00Z"])]


class Filter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which items. What is left out does not narrow the list; several narrow it together."""

    text: Annotated[Text, Meta(description="in subject, From, sender, recipients, number or a part's name")] = ""
    sender: Annotated[Text, Meta(description="in the envelope sender or in From")] = ""
    mail_from: Annotated[Text, Meta(description="in the envelope sender")] = ""
    header_from: Annotated[Text, Meta(description="in From")] = ""
    recipient: Annotated[Text, Meta(description="in a recipient's address")] = ""
    subject: Text = ""
    verdict: Verdict | None = None
    state: Annotated[tuple[ItemState, ...], Meta(description="any of these")] = ()
    finding: Annotated[Threat | None, Meta(description="found in one of its parts")] = None
    outcome: Annotated[Outcome | None, Meta(description="of one of its parts")] = None
    type: Annotated[Text, Meta(description="by content, of a part, e.g. application/pdf")] = ""
    sha256: Annotated[str, Meta(pattern="^([0-9A-Fa-f]{64})?$", description="of the original or of a part")] = ""
    since: Annotated[Time, Meta(description="received at or after; a day, or a time")] = ""
    until: Annotated[Time, Meta(description="received before; a day is meant to its end")] = ""
    direction: Direction | None = None
    channel: Annotated[tuple[Channel, ...], Meta(description="came in by one of these")] = ()
    follows: Annotated[Text, Meta(description="number of the item whose locked parts it brings")] = ""


class Search(Filter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A filter, the order, and the page."""

    sort: Sort = Sort.NEWEST
    after: Annotated[str, Meta(max_length=LONGEST_TEXT, description="`next` of the page before")] = ""
    limit: Annotated[int, Meta(ge=LEAST, le=MOST)] = PAGE


class History(msgspec.Struct, frozen=True):
    """What happened to an item, oldest first."""

    events: tuple["Event", ...]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the record."""

    seq: int
    at: str
    action: str
    actor: str | None  #: null for recipients
    detail: dict[str, Any] | None


def add_items(book: Book, desk: Desk) -> None:
    """Adds the calls."""
    store, handling = desk.gateway.store, desk.bench.handling
    zone = ZoneInfo(desk.gateway.settings.zone)

    @book.call(
        "GET",
        "/items",
        tag="items",
        title="Search items",
        more="Newest first unless `sort` says otherwise. A page may be shorter than `limit` while `next` is set: "
        "follow `next`, never the length.",
        query=Search,
        answers=Answer(what=ItemPage, text="A page of items."),
        problems=("invalid",),
        answer_example=ITEM_PAGE,
    )
    async def search(ask: Ask[Search, Nothing]) -> ItemPage:
        query = query_from(ask.query, zone, ask)
        with refusals():
            return page_out(await store.lists.search(query), ask.caller)

    @book.call(
        "GET",
        "/items/{item_id}",
        tag="items",
        title="One item with its report",
        answers=Answer(what=ItemOut, text="The item."),
        problems=("not_found",),
    )
    async def item(ask: Ask[Nothing, Nothing]) -> ItemOut:
        return item_out(await handling.item(ask.caller, ask["item_id"]), ask.caller)

    @book.call(
        "GET",
        "/items/{item_id}/history",
        tag="items",
        title="What happened to an item",
        answers=Answer(what=History, text="Its rows of the record."),
        problems=("not_found",),
    )
    async def history(ask: Ask[Nothing, Nothing]) -> History:
        found = await handling.item(ask.caller, ask["item_id"])
        with refusals():
            rows = [row async for row in store.audit_rows(found.id)]
        return History(tuple(_event(row, ask.caller.person.role is not Role.USER) for row in rows))


def query_from(given: Filter, zone: ZoneInfo, ask: Ask[Any, Any]) -> Query:
    """The store's query, within the caller's scope. Raises Problem."""
    pairs: list[tuple[str, str]] = []
    for name, value in msgspec.structs.asdict(given).items():
        values = value if isinstance(value, tuple) else (value,)
        pairs += [(name, str(each)) for each in values if each not in {None, ""}]
    try:
        return asked(pairs, zone, ask.caller.scope).query
    except BadParameter as error:
        raise invalid_at(error.name, "cannot be understood") from None


def _event(row: AuditRow, runs_it: bool) -> Event:
    detail = msgspec.json.decode(row.detail) if runs_it else None
    return Event(seq=row.seq, at=row.at, action=row.action, actor=row.actor if runs_it else None, detail=detail)


__all__ = ["ITEM_ID", "Filter", "Search", "add_items", "query_from"]
