"""Figures: statistics by hour, the overview, what waits for which next hop, health."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from fastapi import Response
from msgspec import Meta

from gateway.delivery.smtp import HopState, ascii_domain
from gateway.model import Direction
from gateway.store.queries import HourCounts, Overview, QueueRow
from gateway.store.statistics import MOST_HOURS
from gateway.web.api.calls import Answer, Ask, Book, Nothing, answered, invalid_at
from gateway.web.desk import Desk
from gateway.web.handling import refusals
from gateway.web.health import examine
from gateway.web.reading.asked import BadParameter, moment

DAY = timedelta(days=1)
Time = Annotated[str, Meta(max_length=40, examples=["2026-11-21T09:00:00Z"])]


class Span(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From when to when; the last day when nothing is said."""

    since: Annotated[Time, Meta(description="a day, or a time")] = ""
    until: Annotated[Time, Meta(description="a day is meant to its end")] = ""


class Statistics(msgspec.Struct, frozen=True):
    """Hours in which anything happened, oldest first."""

    hours: tuple[HourCounts, ...]


class HopOut(msgspec.Struct, frozen=True, kw_only=True):
    """A next hop, and who waits for it."""

    host: str
    port: int
    tls: str
    direction: Direction
    domains: tuple[str, ...]
    down: bool
    known: bool  #: the process that answers has delivered to it, or tried
    waiting: int  #: recipients


class Queue(msgspec.Struct, frozen=True):
    """What waits, by domain and by next hop."""

    domains: tuple[QueueRow, ...]
    hops: tuple[HopOut, ...]


class HealthOut(msgspec.Struct, frozen=True, kw_only=True):
    """Counts only."""

    status: str
    problems: list[str]
    items: dict[str, int]
    roles: list[str]
    children: int | None
    processing: int | None
    delivering: int | None
    next_hops_down: int
    folders_in_trouble: int
    free_bytes: int | None


def add_figures(book: Book, desk: Desk) -> None:
    """Adds the calls."""
    _add_health(book, desk)
    _add_statistics(book, desk)
    _add_queue(book, desk)


def _add_health(book: Book, desk: Desk) -> None:
    sick = Answer(status=503, what=HealthOut, text="The gateway runs, and something is wrong with it.")

    @book.call(
        "GET",
        "/health",
        tag="system",
        title="Whether the gateway is well",
        more="Counts only: whoever may connect may read it.",
        answers=(Answer(what=HealthOut, text="It is well."), sick),
    )
    async def health(ask: Ask[Nothing, Nothing]) -> Response:  # noqa: ARG001 - every call is asked alike
        found = await examine(desk.gateway)
        known = {name: found.body.get(name) for name in HealthOut.__struct_fields__}
        known |= {name: known[name] or empty for name, empty in _EMPTY.items()}
        return answered(known, 200 if found.well else 503)


_EMPTY: dict[str, Any] = {"problems": [], "items": {}, "roles": [], "next_hops_down": 0, "folders_in_trouble": 0}


def _add_statistics(book: Book, desk: Desk) -> None:
    store = desk.gateway.store
    zone = ZoneInfo(desk.gateway.settings.zone)

    @book.call(
        "GET",
        "/statistics",
        tag="figures",
        title="What happened, by hour",
        query=Span,
        answers=Answer(what=Statistics, text="The hours."),
        problems=("invalid",),
    )
    async def statistics(ask: Ask[Span, Nothing]) -> Statistics:
        since, until = span_of(ask.query, zone)
        with refusals():
            return Statistics(tuple(await store.lists.statistics(ask.caller.scope, since, until)))

    @book.call(
        "GET",
        "/overview",
        tag="figures",
        title="Today, the last 24 hours, and what waits now",
        answers=Answer(what=Overview, text="The overview."),
    )
    async def overview(ask: Ask[Nothing, Nothing]) -> Overview:
        with refusals():
            return await store.lists.overview(ask.caller.scope, datetime.now(UTC), zone)


def span_of(given: Span, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Raises Problem."""
    try:
        until = moment("until", given.until, zone) if given.until else datetime.now(UTC)
        since = moment("since", given.since, zone) if given.since else until - DAY
    except BadParameter as error:
        raise invalid_at(error.name, "cannot be understood") from None
    if not timedelta() <= until - since <= timedelta(hours=MOST_HOURS - 2):
        raise invalid_at("since", f"must be before `until`, and {MOST_HOURS // 24} days at most")
    return since, until


def _add_queue(book: Book, desk: Desk) -> None:
    gateway = desk.gateway

    @book.call(
        "GET",
        "/queue",
        tag="queue",
        title="What waits for delivery, and the next hops",
        answers=Answer(what=Queue, text="By domain, and by next hop."),
    )
    async def queue(ask: Ask[Nothing, Nothing]) -> Queue:
        with refusals():
            rows = await gateway.store.lists.queue(ask.caller.scope)
        return Queue(tuple(rows), tuple(hops_out(gateway.hops(), rows, ask.caller.scope.domains)))


def hops_out(hops: list[HopState], rows: list[QueueRow], within: frozenset[str] | None) -> list[HopOut]:
    """With who waits; of other municipalities' hops nothing is told."""
    named = {(hop.direction, domain) for hop in hops for domain in map(ascii_domain, hop.domains)}
    found = []
    for hop in hops:
        domains = [ascii_domain(domain) for domain in hop.domains]
        if within is not None and "*" not in domains and not set(domains) & within:
            continue
        waiting = sum(row.recipients for row in rows if _goes_to(ascii_domain(row.domain), hop, domains, named))
        shown = tuple(each for each in hop.domains if within is None or each == "*" or ascii_domain(each) in within)
        found.append(
            HopOut(
                host=hop.host,
                port=hop.port,
                tls=hop.tls.value,
                direction=hop.direction,
                domains=shown,
                down=hop.down,
                known=hop.known,
                waiting=waiting,
            )
        )
    return found


def _goes_to(domain: str, hop: HopState, domains: list[str], named: set[tuple[Direction, str]]) -> bool:
    """The queue does not say in which direction: a domain with a route of its own is inbound's, and so on."""
    if domain in domains:
        return True
    return "*" in domains and not any((direction, domain) in named for direction in Direction) and bool(hop.host)
