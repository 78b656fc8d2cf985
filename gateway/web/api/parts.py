"""What can be taken out of an item: clean parts, the clean mail, and by right and on record the original."""

from typing import Annotated, Final

import msgspec
from fastapi import Response
from msgspec import Meta

from gateway.web.api.calls import Answer, Ask, Book, Nothing
from gateway.web.api.examples import REASON
from gateway.web.api.looks import Look, clean_part_of, seen, viewer_of
from gateway.web.api.problem import Problem
from gateway.web.desk import Desk
from gateway.web.downloads import MEDIA_TYPE, Kept, attachment, name_of_clean, name_of_original
from gateway.web.handling import LONGEST_REASON, reason_of, refusals


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why; kept in the record."""

    reason: Annotated[str, Meta(min_length=1, max_length=LONGEST_REASON, pattern=r"\S")]


_FILE: Final = Answer(media=MEDIA_TYPE, text="The bytes, to be saved and not shown.")


def add_parts(book: Book, desk: Desk) -> None:
    """Adds the calls."""
    _add_clean(book, desk)
    _add_original(book, desk)


def _add_clean(book: Book, desk: Desk) -> None:
    @book.call(
        "GET",
        "/items/{item_id}/parts/{path}/clean",
        tag="content",
        title="One file of the clean mail",
        query=Look,
        answers=_FILE,
        problems=("not_found", "conflict", "gone", "invalid"),
    )
    async def part(ask: Ask[Look, Nothing]) -> Response:
        item, reason = await desk.bench.handling.content(ask.caller, ask["item_id"], ask.query.reason)
        if item.clean == item.original:
            raise Problem("conflict", reason="original_released")
        view = await seen(viewer_of(desk).clean_part(item, ask["path"], actor=ask.caller.actor, reason=reason))
        clean = clean_part_of(view)
        return attachment(clean.data, clean.name)

    @book.call(
        "GET",
        "/items/{item_id}/clean",
        tag="content",
        title="The clean mail or file",
        query=Look,
        answers=_FILE,
        problems=("not_found", "conflict", "gone", "invalid"),
    )
    async def mail(ask: Ask[Look, Nothing]) -> Response:
        item, reason = await desk.bench.handling.content(ask.caller, ask["item_id"], ask.query.reason)
        if item.clean is None:
            raise Problem("conflict", reason="nothing_clean")
        if item.clean == item.original:
            raise Problem("conflict", reason="original_released")
        store = desk.gateway.store
        with refusals():
            kept = await Kept.open(await store.clean_original(item), name_of_clean(item))
            await store.exported(item.id, what="clean", actor=ask.caller.actor, reason=reason)
        return kept.answer()


def _add_original(book: Book, desk: Desk) -> None:
    store = desk.gateway.store

    @book.call(
        "POST",
        "/items/{item_id}/original",
        tag="content",
        title="The original, not sanitised",
        more="Needs a proof of the last minutes of who asks (`POST /me/proof`), and a reason; it is on record before "
        "the first byte leaves. No API token may do this.",
        body=Reason,
        example=REASON,
        answers=_FILE,
        problems=("not_found", "gone", "invalid", "proof_needed"),
    )
    async def original(ask: Ask[Nothing, Reason]) -> Response:
        item = await desk.bench.handling.item(ask.caller, ask["item_id"])
        reason = reason_of(ask.body.reason)
        with refusals():
            kept = await Kept.open(await store.original(item), name_of_original(item))
            await store.exported(item.id, what="original", actor=ask.caller.actor, reason=reason)
        return kept.answer()
