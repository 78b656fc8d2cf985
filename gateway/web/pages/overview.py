"""The first page: how things are now, what came in, what was found, what waits."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import FastAPI, Request, Response

from gateway.access.model import Caller, Scope
from gateway.access.rights import Right
from gateway.model import FILE_CHANNELS, ItemState
from gateway.store.queries import Query
from gateway.web.desk import Desk, see_other
from gateway.web.guard import caller_of
from gateway.web.reading import charts, week
from sanitizers.model import Threat


def add_overview(app: FastAPI, desk: Desk) -> None:
    """Adds the routes."""

    @app.get("/", include_in_schema=False)
    async def overview(request: Request) -> Response:
        caller = caller_of(request)
        if Right.STATISTICS not in caller.rights:
            return see_other("/items")
        return desk.page(request, "overview.html", **await _figures(desk, caller))

    @app.get("/live/overview", include_in_schema=False)
    async def live(request: Request) -> Response:
        return desk.page(request, "overview_live.html", **await _figures(desk, caller_of(request)))


async def _figures(desk: Desk, caller: Caller) -> dict[str, Any]:
    """Everything that the page shows."""
    lists, zone = desk.gateway.store.lists, ZoneInfo(desk.gateway.settings.zone)
    now = datetime.now(UTC)
    end = week.this_hour(now) + week.HOUR
    since = week.beginning(now)
    hours = await lists.statistics(caller.scope, since, end)
    return {
        "now": now,
        "overview": await lists.overview(caller.scope, now, zone),
        "encrypted": await _encrypted(desk, caller.scope),
        "address": lambda at, until: urlencode({"since": at.isoformat(), "until": until.isoformat()}),
        "file_channels": urlencode([("channel", channel.value) for channel in sorted(FILE_CHANNELS)]),
        "day": charts.draw(week.mails(hours, end - week.DAY, end, week.HOUR), zone, "%H:%M"),
        "days": charts.draw(week.mails(hours, since, end, week.STRIDE), zone, "%m/%d"),
        "held_chart": charts.draw(week.held(hours, since, end, week.STRIDE), zone, "%m/%d"),
        "mails_trend": week.day_beside_day(hours, end, lambda hour: hour.mails_in + hour.mails_out),
        "held_trend": week.day_beside_day(hours, end, lambda hour: hour.items.get(ItemState.HELD, 0)),
        "threats": charts.shares((threat.value, count) for threat, count in week.found_threats(hours)),
        "threat_of": Threat,
        "week_address": urlencode({"since": since.isoformat()}),
        "hops": sorted(desk.gateway.hops(), key=lambda hop: not hop.down),
    }


async def _encrypted(desk: Desk, scope: Scope) -> int:
    """Held items with something encrypted in them."""
    query = Query(states=frozenset({ItemState.HELD}), finding=Threat.ENCRYPTED, limit=1, scope=scope)
    return (await desk.gateway.store.lists.search(query)).total
