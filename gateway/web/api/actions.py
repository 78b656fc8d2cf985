"""What is done with one item: release, discard, retry, clean again, hold; and the second person's answer."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final

import msgspec
from fastapi import Response
from msgspec import Meta

from gateway.access.model import Caller
from gateway.store.queries import Approval, Wanted
from gateway.web.api.calls import Answer, Ask, Book, Nothing, answered
from gateway.web.api.examples import REASON
from gateway.web.api.parts import Reason
from gateway.web.api.shapes import Changed
from gateway.web.desk import Desk
from gateway.web.handling import LONGEST_REASON, Handled

_PROBLEMS: Final = ("not_found", "conflict", "invalid")
_DONE: Final = Answer(what=Changed, text="Done: the item's state from now on.")
_ASKED: Final = Answer(status=202, what=Changed, text="A second person has to agree first: the request waits for them.")

Deed = Callable[[Caller, str, str], Awaitable[Handled]]


class Agreed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the second person says."""

    reason: Annotated[str, Meta(max_length=LONGEST_REASON)] = ""


class Approvals(msgspec.Struct, frozen=True):
    """Requests for a second person."""

    items: tuple[Approval, ...]


def add_actions(book: Book, desk: Desk) -> None:
    """Adds the calls."""
    _add_releases(book, desk)
    _add_deeds(book, desk)
    _add_lists(book, desk)
    _add_decisions(book, desk)


def _add_releases(book: Book, desk: Desk) -> None:
    handling = desk.bench.handling

    @book.call(
        "POST",
        "/items/{item_id}/release",
        tag="actions",
        title="Release the clean version of a held item",
        body=Reason,
        example=REASON,
        answers=(_DONE, _ASKED),
        problems=_PROBLEMS,
    )
    async def release(ask: Ask[Nothing, Reason]) -> Response:
        return _said(await handling.release(ask.caller, ask["item_id"], ask.body.reason))

    @book.call(
        "POST",
        "/items/{item_id}/release-original",
        tag="actions",
        title="Release the original, not sanitised",
        more="Needs a proof of the last minutes of who asks (`POST /me/proof`). No API token may do this.",
        body=Reason,
        example=REASON,
        answers=(_DONE, _ASKED),
        problems=(*_PROBLEMS, "proof_needed"),
    )
    async def release_original(ask: Ask[Nothing, Reason]) -> Response:
        return _said(await handling.release(ask.caller, ask["item_id"], ask.body.reason, original=True))


def _said(handled: Handled) -> Response:
    changed = Changed(id=handled.item.id, state=handled.item.state, approval=handled.approval)
    return answered(changed, 202 if handled.waits else 200)


def _add_deeds(book: Book, desk: Desk) -> None:
    handling = desk.bench.handling

    def deed(name: str, title: str, do: Deed) -> None:
        @book.call(
            "POST",
            f"/items/{{item_id}}/{name}",
            tag="actions",
            title=title,
            body=Reason,
            example=REASON,
            answers=_DONE,
            problems=_PROBLEMS,
        )
        async def act(ask: Ask[Nothing, Reason]) -> Response:
            return _said(await do(ask.caller, ask["item_id"], ask.body.reason))

    deed("discard", "Discard a held item", handling.discard)
    deed("retry", "Try the next hop now", handling.retry)
    deed("clean-again", "Clean a held item again, by the rules of now", handling.clean_again)
    deed("hold", "Hold what was not delivered yet", handling.hold)


def _add_lists(book: Book, desk: Desk) -> None:
    handling = desk.bench.handling

    @book.call(
        "GET",
        "/items/{item_id}/approvals",
        tag="approvals",
        title="What was asked for an item",
        answers=Answer(what=Approvals, text="The newest first."),
        problems=("not_found",),
    )
    async def of_item(ask: Ask[Nothing, Nothing]) -> Approvals:
        return Approvals(tuple(await handling.approvals_of(ask.caller, ask["item_id"])))

    @book.call(
        "GET",
        "/approvals",
        tag="approvals",
        title="What waits for a second person",
        answers=Answer(what=Approvals, text="The oldest first."),
    )
    async def waiting(ask: Ask[Nothing, Nothing]) -> Approvals:
        return Approvals(tuple(await handling.waiting(ask.caller)))


def _add_decisions(book: Book, desk: Desk) -> None:
    handling = desk.bench.handling

    @book.call(
        "POST",
        "/approvals/{approval_id}/approve",
        tag="approvals",
        title="Agree: the item is released",
        more="Whoever asked cannot agree, by session or by token. For an original, `proof_needed` says that "
        "`/me/proof` comes first.",
        body=Agreed,
        example=REASON,
        answers=_DONE,
        problems=(*_PROBLEMS, "proof_needed"),
    )
    async def approve(ask: Ask[Nothing, Agreed]) -> Response:
        if (await handling.approval(ask.caller, ask["approval_id"])).wanted is Wanted.ORIGINAL:
            desk.guard.prove(ask.request)
        return _said(await handling.approve(ask.caller, ask["approval_id"], ask.body.reason))

    @book.call(
        "POST",
        "/approvals/{approval_id}/refuse",
        tag="approvals",
        title="Do not agree: the item stays held",
        body=Reason,
        example=REASON,
        answers=Answer(what=Approval, text="The request as it ended."),
        problems=_PROBLEMS,
    )
    async def refuse(ask: Ask[Nothing, Reason]) -> Approval:
        return await handling.refuse(ask.caller, ask["approval_id"], ask.body.reason)

    @book.call(
        "POST",
        "/approvals/{approval_id}/withdraw",
        tag="approvals",
        title="No longer ask",
        answers=Answer(what=Approval, text="The request as it ended."),
        problems=("not_found", "conflict"),
    )
    async def withdraw(ask: Ask[Nothing, Nothing]) -> Approval:
        return await handling.withdraw(ask.caller, ask["approval_id"])
