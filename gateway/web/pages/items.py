"""The list of items: a search in the address bar, saved searches, and the live part that a script asks for again."""

from collections import Counter
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from fastapi import FastAPI, Request, Response

from gateway.model import Channel, Direction, ItemState
from gateway.store.errors import BadCursor
from gateway.store.queries import BulkAction, Counted, Page, Sort
from gateway.store.sought import left_out
from gateway.web.api.problem import Problem
from gateway.web.desk import Desk, see_other
from gateway.web.guard import caller_of, form_of
from gateway.web.handling import shown_row
from gateway.web.jobs import RIGHTS
from gateway.web.reading.asked import CHOICES, SEVERAL, Asked, BadParameter, asked
from sanitizers.model import Outcome, Threat
from sanitizers.rules import Verdict

LONGEST_NAME = 80  #: characters of a saved search's
NOTHING = Page((), "", 0, Counted.EXACT)
#: What the form offers to choose from.
OPTIONS = {
    "state": list(ItemState),
    "verdict": list(Verdict),
    "finding": list(Threat),
    "outcome": list(Outcome),
    "direction": list(Direction),
    "channel": list(Channel),
    "sort": list(Sort),
}
#: Conditions of a closed set.
CLOSED = {**CHOICES, **SEVERAL}
#: Enums whose words every page has; of the others the words are "filter name.value".
SAID = frozenset({"state", "verdict", "finding", "outcome"})
FIELDS = ("sender", "recipient", "subject", "type", "sha256", "follows")


def add_items(app: FastAPI, desk: Desk) -> None:
    """Adds the routes."""

    @app.get("/items", include_in_schema=False)
    async def items(request: Request) -> Response:
        values, status = await _found(desk, request)
        saved = await desk.gateway.store.people.searches.list(caller_of(request).person.id)
        return desk.page(request, "items.html", status, saved=saved, **values)

    @app.get("/live/items", include_in_schema=False)
    async def live(request: Request) -> Response:
        values, status = await _found(desk, request)
        return desk.page(request, "items_live.html", status, **values)

    @app.post("/searches", include_in_schema=False)
    async def save(request: Request) -> Response:
        caller, form = caller_of(request), form_of(request)
        query, name = _address(desk, form.get("query")), form.get("name").strip()[:LONGEST_NAME]
        if not name or not name.isprintable():
            raise Problem("invalid")
        await desk.gateway.store.people.searches.save(caller.person.id, name, query, actor=caller.actor)
        return see_other(f"/items?{query}")

    @app.post("/searches/{search_id}/remove", include_in_schema=False)
    async def remove(request: Request, search_id: str) -> Response:
        caller = caller_of(request)
        await desk.gateway.store.people.searches.remove(caller.person.id, search_id, actor=caller.actor)
        return see_other("/items")


def _address(desk: Desk, query: str) -> str:
    """A search as it came from a form, read and written anew."""
    try:
        return asked(parse_qsl(query), ZoneInfo(desk.gateway.settings.zone)).address(after="")
    except BadParameter as error:
        raise Problem("bad_request") from error


async def _found(desk: Desk, request: Request) -> tuple[dict[str, Any], int]:
    """What the list shows, and the status."""
    caller, zone = caller_of(request), ZoneInfo(desk.gateway.settings.zone)
    page, wrong = NOTHING, ""
    try:
        search = asked(request.query_params.multi_items(), zone, caller.scope)
        page = await desk.gateway.store.lists.search(search.query)
    except BadParameter as error:
        search, wrong = asked((), zone, caller.scope), error.name
    except BadCursor:
        search, wrong = asked((), zone, caller.scope), "after"
    values = {
        "asked": search,
        "given": dict(search.pairs),
        "chosen": _chosen(search),
        "chips": _chips(search),
        "left_out": left_out(search.query),
        "page": page,
        "rows": [shown_row(caller, row) for row in page.items],
        "wrong": wrong,
        "options": OPTIONS,
        "said": SAID,
        "fields": FIELDS,
        "actions": [action for action in BulkAction if action in RIGHTS and RIGHTS[action] in caller.rights],
    }
    return values, 400 if wrong else 200


def _chosen(search: Asked) -> set[tuple[str, str]]:
    """What the form shows as chosen: a list to choose one from has no place for several."""
    times = Counter(name for name, _ in search.pairs)
    return {(name, value) for name, value in search.pairs if times[name] == 1}


def _chips(search: Asked) -> list[tuple[str, str, Any, str]]:
    """The conditions that hold now: name, value as given, the enum member if it is one, the address without it."""
    found = []
    for name, value in search.narrowing:
        member: Any = None
        if name in CLOSED:
            member = CLOSED[name][1](value)
        found.append((name, value, member, search.without(name, value)))
    return found
