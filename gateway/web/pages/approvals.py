"""What waits for a second person: the list, and a page of confirmation for each answer."""

from enum import StrEnum

from fastapi import FastAPI, Request, Response

from gateway.access.model import Caller
from gateway.access.rights import Right
from gateway.store.approvals import person
from gateway.store.queries import Approval, ApprovalState, Wanted
from gateway.web.api.problem import Problem
from gateway.web.desk import Desk, see_other
from gateway.web.guard import caller_of, form_of


class Answer(StrEnum):
    """What can be said to a request; the value stands in the address."""

    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


def add_approvals(app: FastAPI, desk: Desk) -> None:
    """Adds the routes."""

    @app.get("/approvals", include_in_schema=False)
    async def approvals(request: Request) -> Response:
        caller = caller_of(request)
        waiting = await desk.bench.handling.waiting(caller)
        items = {each.item_id: await desk.gateway.store.item(each.item_id, caller.scope) for each in waiting}
        shown = [(each, items[each.item_id], answers(each, caller)) for each in waiting]
        return desk.page(request, "approvals.html", shown=shown)

    for answer in Answer:
        _add(app, desk, answer)


def _add(app: FastAPI, desk: Desk, answer: Answer) -> None:
    path = f"/approvals/{{approval_id}}/{answer.value}"

    @app.get(path, include_in_schema=False)
    async def ask(request: Request, approval_id: str) -> Response:
        return await _page(desk, request, approval_id, answer)

    @app.post(path, include_in_schema=False)
    async def do(request: Request, approval_id: str) -> Response:
        caller, reason, handling = caller_of(request), form_of(request).get("reason"), desk.bench.handling
        found = await _waiting(desk, caller, approval_id)
        if answer is Answer.REFUSE and not reason.strip():
            return await _page(desk, request, approval_id, answer, 422)
        if answer is Answer.APPROVE:
            _prove(desk, request, found)
            await handling.approve(caller, approval_id, reason)
        elif answer is Answer.REFUSE:
            await handling.refuse(caller, approval_id, reason)
        else:
            await handling.withdraw(caller, approval_id)
        return see_other(f"/items/{found.item_id}?done={answer.value}")


async def _page(desk: Desk, request: Request, approval_id: str, answer: Answer, status: int = 200) -> Response:
    caller = caller_of(request)
    found = await _waiting(desk, caller, approval_id)
    if answer not in answers(found, caller):
        raise Problem("no_right")
    if answer is Answer.APPROVE:
        _prove(desk, request, found)
    item = await desk.bench.handling.item(caller, found.item_id)
    return desk.page(request, "approval.html", status, approval=found, item=item, answer=answer, missing=status == 422)


def _prove(desk: Desk, request: Request, found: Approval) -> None:
    """Nobody lets an original out who did not prove of late who they are."""
    if found.wanted is Wanted.ORIGINAL:
        desk.guard.prove(request)


async def _waiting(desk: Desk, caller: Caller, approval_id: str) -> Approval:
    found = await desk.gateway.store.approvals.get(approval_id, caller.scope)
    if found is None or found.state is not ApprovalState.WAITING:
        raise Problem("not_found")
    return found


def answers(approval: Approval, caller: Caller) -> list[Answer]:
    """Who asked may only take it back; somebody else decides."""
    if person(approval.asked_by) == person(caller.actor):
        return [Answer.WITHDRAW]
    return [Answer.APPROVE, Answer.REFUSE] if Right.ITEMS_APPROVE in caller.rights else []
