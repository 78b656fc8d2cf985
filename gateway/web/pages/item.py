"""One item: its facts, its report as a tree, its history, and what can be done with it."""

from typing import Any

from fastapi import FastAPI, Request, Response

from gateway.access.model import Caller
from gateway.access.rights import Right, Role
from gateway.model import Item
from gateway.store.drafts import AuditRow
from gateway.web.desk import Desk
from gateway.web.guard import caller_of
from gateway.web.handling import GOES_ON, shown_recipients
from gateway.web.reading.offers import DEEDS, Deed, needs_reason, offers
from gateway.web.tree import nodes
from sanitizers.model import Outcome, PartReport
from sanitizers.views import is_drawn

HISTORY_ROWS = 200  #: the latest


def add_item(app: FastAPI, desk: Desk) -> None:
    """Adds the routes."""

    @app.get("/items/{item_id}", include_in_schema=False)
    async def item(request: Request, item_id: str) -> Response:
        found = await desk.bench.handling.item(caller_of(request), item_id)
        return desk.page(request, "item.html", **await _values(desk, request, found))

    @app.get("/live/items/{item_id}", include_in_schema=False)
    async def live(request: Request, item_id: str) -> Response:
        found = await desk.bench.handling.item(caller_of(request), item_id)
        return desk.page(request, "item_live.html", **await _values(desk, request, found))


async def _values(desk: Desk, request: Request, item: Item) -> dict[str, Any]:
    caller, gateway = caller_of(request), desk.gateway
    parts = item.report.parts if item.report else ()
    approvals = (
        await desk.bench.handling.approvals_of(caller, item.id)
        if Right.ITEMS_RELEASE in caller.rights or (Right.ITEMS_APPROVE in caller.rights)
        else []
    )
    done = request.query_params.get("done", "")
    looks = _can_look(desk, caller, item)
    return {
        "item": item,
        "as_recipient": caller.scope.addresses is not None,
        "recipients": shown_recipients(caller, item),
        "tree": nodes(parts),
        "finding_count": sum(len(part.findings) for part in parts),
        "threats": list(dict.fromkeys(found.threat for part in parts for found in part.findings)),
        "offers": offers(item, caller, gateway.rules, locksmith=gateway.locksmith is not None),
        "approvals": approvals,
        "history": await _history(desk, caller, item),
        "drawn": lambda part: looks and part.path != "1" and is_drawn(part.detected_type),
        "saved": lambda part: looks and Right.PARTS_DOWNLOAD in caller.rights and is_file(item, part),
        "can_look": looks,
        "with_reason": needs_reason(caller),
        "done": done if done in {deed.value for deed in DEEDS} | {"approve", "refuse", "withdraw", "ask"} else "",
        "Deed": Deed,
    }


def _can_look(desk: Desk, caller: Caller, item: Item) -> bool:
    """A recipient looks into what goes on, never into what is held."""
    withheld = caller.person.role is Role.USER and item.state not in GOES_ON
    return desk.gateway.viewer is not None and Right.ITEMS_CONTENT in caller.rights and not withheld


def is_file(item: Item, part: PartReport) -> bool:
    """Whether the clean mail holds it as a file of its own."""
    goes_on = part.outcome not in {Outcome.REMOVED, Outcome.BLOCKED, Outcome.LOCKED}
    return goes_on and item.clean is not None and bool(part.name) and bool(part.sha256_out) and part.path != "1"


async def _history(desk: Desk, caller: Caller, item: Item) -> list[AuditRow]:
    """The item's rows of the record, for those who may see the record."""
    if Right.AUDIT not in caller.rights:
        return []
    rows = [row async for row in desk.gateway.store.audit_rows(item.id)]
    return rows[-HISTORY_ROWS:]
