"""A small file, cleaned while the caller waits: for systems, at listeners that hand back to the side they stand on."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec
from fastapi import Response
from starlette.requests import ClientDisconnect

from gateway.delivery import transfers as delivery
from gateway.model import Item, ItemState
from gateway.web.api import transfer_shapes as shapes
from gateway.web.api.calls import Answer, Ask, Book, Streamed
from gateway.web.api.problem import Problem
from gateway.web.desk import Desk
from gateway.web.doors import door_of
from gateway.web.downloads import MEDIA_TYPE
from gateway.web.transfers import sending
from gateway.web.transfers.counter import Counter, Wish, refusals
from gateway.web.transfers.repeating import HEADER, Kept, kept, once
from gateway.web.transfers.tus import Announced

MOST_BYTES: Final = 33_554_432
IDLE_SECONDS: Final = 60.0  #: without a byte: the line is given up
WAIT_SECONDS: Final = 120.0  #: for the end of cleaning; after that the caller asks for the file by its number


class _Begun(msgspec.Struct, frozen=True):
    """What a repeated request is told."""

    item: str


def add_cleaning(book: Book, desk: Desk) -> None:
    """Adds the call."""
    counter = Counter(desk.gateway)

    @book.call(
        "POST",
        "/clean",
        tag="files",
        title="Clean a small file at once",
        more="Only at listeners with `same_side`, 32 MiB at most. Held or still being cleaned: a problem with `item`, "
        "and `report` where there is one; then the file is asked for by `GET /files/{item_id}`.",
        query=shapes.CleanWish,
        body=Streamed,
        body_media=MEDIA_TYPE,
        answers=Answer(media=MEDIA_TYPE, text="The clean file; `Kiyome-Item` is its number."),
        problems=("conflict", "not_found", "timeout", "unavailable"),
        headers=(HEADER,),
    )
    async def clean(ask: Ask[shapes.CleanWish, Streamed]) -> Response:
        item_id = await _handed_in(desk, counter, ask)
        with refusals():
            await desk.gateway.store.settled.wait(item_id, WAIT_SECONDS)
        door = door_of(ask.request)
        _, file = await counter.file(ask.caller, door, item_id)
        if file.item is None or not delivery.is_ready(file.item):
            raise _not_clean(item_id, file.item)
        item, original = await counter.fetch(ask.caller, door, item_id)
        answer = sending.answer(original, delivery.outgoing_name(item), item.clean or "", {})
        answer.headers["Kiyome-Item"] = item.id
        return answer


def _not_clean(item_id: str, item: Item | None) -> Problem:
    if item is None or item.state is ItemState.RECEIVED:
        return Problem("unavailable", reason="not_ready", more={"item": item_id}, headers={"Retry-After": "10"})
    return Problem("conflict", reason="held", more={"item": item_id, "report": item.report})


async def _handed_in(desk: Desk, counter: Counter, ask: Ask[Any, Any]) -> str:
    """The number of the item: a new one, or that of the first request with this key."""
    request, door = ask.request, door_of(ask.request)
    length = request.headers.get("content-length", "")
    if not (length.isascii() and length.isdecimal()):
        raise Problem("bad_request", "Content-Length is needed")
    if int(length[:20]) > MOST_BYTES:
        raise Problem("too_large", f"{MOST_BYTES} bytes at most")
    transfer = await counter.begin(ask.caller, door, Wish(title=ask.query.name[:200], profile=ask.query.profile))
    mine = ""
    try:
        said = Announced(int(length), ask.query.name, "", "")
        client, scheme = desk.guard.client(request).address, desk.guard.scheme(request)
        upload, _ = await counter.announce(ask.caller, door, transfer.id, said, client, scheme)
        digest = await _pour(desk, ask, upload.id)

        async def do() -> Kept:
            with refusals():
                return kept(_Begun(await desk.gateway.uploads.finish(upload.id)))

        answer = await once(desk.gateway.store.once, ask, digest, do)
        begun = msgspec.json.decode(bytes(answer.body), type=_Begun)
        found = await desk.gateway.uploads.get(upload.id)
        mine = found.item if found else ""
    finally:
        if not mine:  # refused, cut off, or done before
            await counter.withdraw(ask.caller, door, transfer.id)
    return begun.item


async def _pour(desk: Desk, ask: Ask[Any, Any], upload_id: str) -> bytes:
    """The body on disk; its digest."""
    digest = hashlib.sha256()
    try:
        with refusals():
            async with desk.gateway.uploads.appending(upload_id, 0) as piece:
                pieces = ask.request.stream()
                while (data := await _next(pieces)) is not None:
                    digest.update(data)
                    await piece.write(data)
                await piece.keep()
    except ClientDisconnect as error:
        raise Problem("bad_request") from error
    except TimeoutError as error:
        raise Problem("timeout", headers={"Connection": "close"}) from error
    return digest.digest()


async def _next(pieces: AsyncIterator[bytes]) -> bytes | None:
    """None at the end. Raises TimeoutError for a line that has gone quiet."""
    async with asyncio.timeout(IDLE_SECONDS):
        return await anext(pieces, None)
