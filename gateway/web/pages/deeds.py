"""What is done with one item: a page that says what will happen, and a button that does it."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request, Response

from gateway.access.model import Caller
from gateway.model import Item
from gateway.web import downloads
from gateway.web.api.problem import Problem
from gateway.web.desk import Desk, see_other
from gateway.web.guard import caller_of, form_of
from gateway.web.handling import Handled, reason_of, refusals
from gateway.web.reading.offers import DEEDS, Deed, Offer, offers

OPENED = frozenset({"opened", "partly", "held"})  #: answers of the locksmith after which there is something new


def add_deeds(app: FastAPI, desk: Desk) -> None:
    """Adds two routes for each deed."""
    for deed in DEEDS:
        _add(app, desk, deed)


def _add(app: FastAPI, desk: Desk, deed: Deed) -> None:
    path = f"/items/{{item_id}}/{deed.value}"

    @app.get(path, include_in_schema=False)
    async def ask(request: Request, item_id: str) -> Response:
        item = await desk.bench.handling.item(caller_of(request), item_id)
        return _page(desk, request, item, _offer(desk, request, item, deed))

    @app.post(path, include_in_schema=False)
    async def do(request: Request, item_id: str) -> Response:
        caller, form = caller_of(request), form_of(request)
        item = await desk.bench.handling.item(caller, item_id)
        offer = _offer(desk, request, item, deed)
        if not form.get("reason").strip():
            return _page(desk, request, item, offer, 422, wrong="reason_needed")
        if deed is Deed.ORIGINAL:
            return await _original(desk, caller, item, reason_of(form.get("reason")))
        if deed is Deed.UNLOCK:
            return await _unlock(desk, request, item, offer, form.get("passwords").splitlines())
        handled = await _do(desk, caller, item_id, deed, form.get("reason"))
        return see_other(f"/items/{item_id}?done={'ask' if handled.waits else deed.value}")


def _offer(desk: Desk, request: Request, item: Item, deed: Deed) -> Offer:
    """The deed, when it is possible now. Raises Problem."""
    possible = offers(item, caller_of(request), desk.gateway.rules, locksmith=desk.gateway.locksmith is not None)
    for offer in possible:
        if offer.deed is deed:
            return offer
    if not DEEDS[deed][1] <= caller_of(request).rights:
        raise Problem("no_right")
    raise Problem("conflict")


def _page(desk: Desk, request: Request, item: Item, offer: Offer, status: int = 200, **values: Any) -> Response:
    reason = form_of(request).get("reason") if request.method == "POST" else ""
    shown = {"wrong": "", "passwords_wrong": False, "reason": reason} | values
    return desk.page(request, "deed.html", status, item=item, offer=offer, Deed=Deed, **shown)


async def _do(desk: Desk, caller: Caller, item_id: str, deed: Deed, reason: str) -> Handled:
    handling = desk.bench.handling
    if deed in {Deed.RELEASE, Deed.RELEASE_ORIGINAL}:
        return await handling.release(caller, item_id, reason, original=deed is Deed.RELEASE_ORIGINAL)
    act = {
        Deed.DISCARD: handling.discard,
        Deed.HOLD: handling.hold,
        Deed.RETRY: handling.retry,
        Deed.CLEAN_AGAIN: handling.clean_again,
    }[deed]
    return await act(caller, item_id, reason)


async def _original(desk: Desk, caller: Caller, item: Item, reason: str) -> Response:
    """On record before the first byte leaves, as something to be saved."""
    store = desk.gateway.store
    with refusals():
        kept = await downloads.Kept.open(await store.original(item), downloads.name_of_original(item))
        await store.exported(item.id, what="original", actor=caller.actor, reason=reason)
    return kept.answer()


async def _unlock(desk: Desk, request: Request, item: Item, offer: Offer, passwords: Sequence[str]) -> Response:
    locksmith = desk.gateway.locksmith
    if locksmith is None:
        raise Problem("unavailable")
    with refusals():
        tried = await locksmith.open_by_administrator(item, "", passwords, caller_of(request).actor)
    if tried.answer.value in OPENED:
        return see_other(f"/items/{item.id}?done={Deed.UNLOCK.value}")
    return _page(desk, request, item, offer, 422, passwords_wrong=True)
