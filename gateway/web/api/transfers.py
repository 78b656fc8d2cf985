"""Transfers: begun, looked at, sent, taken back."""

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final

import msgspec
from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from gateway.access.model import Caller
from gateway.delivery import transfers as delivery
from gateway.delivery.webhooks import Secrets
from gateway.model import Transfer as TransferRow
from gateway.model import UploadState
from gateway.store.transfers import TransferFile
from gateway.web.api import transfer_shapes as shapes
from gateway.web.api.calls import Answer, Ask, Book, Nothing
from gateway.web.api.examples import TRANSFER, TRANSFER_WISH
from gateway.web.desk import Desk
from gateway.web.doors import Door, door_of
from gateway.web.transfers.counter import Counter, Wish
from gateway.web.transfers.files import shown_name, state_of, words_of
from gateway.web.transfers.repeating import HEADER, Kept, kept, once

EVENTS: Final = "text/event-stream"


class Shown:
    """Turns what the store knows into what this caller is told at this door."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.counter = Counter(desk.gateway)
        self._secrets = Secrets(desk.gateway.settings)

    def transfer(self, caller: Caller, door: Door, row: TransferRow) -> shapes.Transfer:
        """A recipient does not learn who the others are, nor of webhooks."""
        mine = row.person_id == caller.person.id
        recipients = row.recipients if mine else [each for each in row.recipients if each == caller.person.address]
        return shapes.Transfer(
            id=row.id,
            side=row.side,
            title=row.title,
            sender=row.address,
            recipients=list(recipients),
            created_at=row.created_at,
            expires_at=row.expires_at,
            state=row.state,
            files=row.files,
            bytes=row.bytes,
            ready=row.ready,
            held=row.held,
            mine=mine,
            can_add=self.counter.may_add(caller, door, row),
            can_fetch=self.counter.may_fetch(caller, door, row),
            webhook=row.webhook if mine and row.webhook else None,
            webhook_secret=self._secrets.of(row.person_id) if mine and row.webhook else None,
        )

    def kept(self, caller: Caller, door: Door, row: TransferRow, status: int = 200, **headers: str) -> Kept:
        """The answer that repetitions of a request get, without the secret; `filled` gives it to whoever asks."""
        return kept(msgspec.structs.replace(self.transfer(caller, door, row), webhook_secret=None), status, **headers)

    def filled(self, caller: Caller) -> Callable[[Kept], Kept]:
        """Puts the owner's secret back in: it does not lie in the store with the answers."""

        def fill(answer: Kept) -> Kept:
            said = msgspec.json.decode(answer.body)
            if said["webhook"]:
                said["webhook_secret"] = self._secrets.of(caller.person.id)
            return msgspec.structs.replace(answer, body=msgspec.json.encode(said).decode())

        return fill

    async def file(self, request: Request, row: TransferFile) -> shapes.File:
        """Findings in the reader's language."""
        upload, item = row.upload, row.item
        ready = item is not None and delivery.is_ready(item)
        first = item.report.parts[0] if ready and item and item.report and item.report.parts else None
        size, digest = (first.size_out, first.sha256_out) if first else (None, "")
        if item is not None and ready and item.deliver_original:  # a person let it go on as it came
            size, digest = item.original_size, item.original_sha256
        open_ = upload.state is UploadState.OPEN
        return shapes.File(
            upload=upload.id,
            item=upload.item or None,
            transfer=upload.transfer_id,
            name=shown_name(row),
            path=upload.path,
            size=upload.length,
            received=await self._desk.gateway.uploads.received(upload.id) if open_ else upload.length,
            state=state_of(item),
            clean_name=delivery.outgoing_name(item) if ready and item else None,
            clean_size=size,
            findings=words_of(item.report if item else None, self._desk.language(request)),
            sha256=digest or None,
        )


def add_transfers(book: Book, desk: Desk) -> None:
    """Adds the calls."""
    shown = Shown(desk)
    _add_begin(book, desk, shown)
    _add_lists(book, shown)
    _add_deeds(book, desk, shown)
    _add_events(book, desk, shown)


def _add_begin(book: Book, desk: Desk, shown: Shown) -> None:
    @book.call(
        "POST",
        "/transfers",
        tag="transfers",
        title="Begin a transfer",
        more="Files are added to it by tus (`POST /transfers/{transfer_id}/uploads`) at a listener of the same side, "
        "and can be fetched, cleaned, on the other side alone. Without recipients it is for oneself.",
        body=shapes.TransferWish,
        answers=Answer(status=201, what=shapes.Transfer, text="It takes files."),
        problems=("conflict",),
        example=TRANSFER_WISH,
        answer_example=TRANSFER,
        headers=(HEADER,),
    )
    async def begin(ask: Ask[Nothing, shapes.TransferWish]) -> Response:
        door, given = door_of(ask.request), ask.body
        wish = Wish(
            title=given.title,
            recipients=tuple(given.recipients),
            profile=given.profile,
            days=given.days,
            webhook=given.webhook,
        )

        async def do() -> Kept:
            made = await shown.counter.begin(ask.caller, door, wish)
            return shown.kept(ask.caller, door, made, 201, Location=f"/api/v1/transfers/{made.id}")

        return await once(desk.gateway.store.once, ask, msgspec.json.encode(given), do, shown.filled(ask.caller))


def _add_lists(book: Book, shown: Shown) -> None:
    @book.call(
        "GET",
        "/transfers",
        tag="transfers",
        title="Own transfers, and those that came for oneself",
        query=shapes.TransferSearch,
        answers=Answer(what=shapes.Transfers, text="The newest first; a page may be shorter than `limit`."),
    )
    async def search(ask: Ask[shapes.TransferSearch, Nothing]) -> shapes.Transfers:
        door, asked = door_of(ask.request), ask.query
        page = await shown.counter.search(ask.caller, door, asked.text, asked.after, asked.limit)
        return shapes.Transfers([shown.transfer(ask.caller, door, each) for each in page.transfers], page.next or None)

    @book.call(
        "GET",
        "/transfers/{transfer_id}",
        tag="transfers",
        title="One transfer",
        answers=Answer(what=shapes.Transfer, text="As it is now."),
        answer_example=TRANSFER,
        problems=("not_found",),
    )
    async def one(ask: Ask[Nothing, Nothing]) -> shapes.Transfer:
        door = door_of(ask.request)
        return shown.transfer(ask.caller, door, await shown.counter.transfer(ask.caller, door, ask["transfer_id"]))

    @book.call(
        "GET",
        "/transfers/{transfer_id}/files",
        tag="transfers",
        title="Its files",
        answers=Answer(what=shapes.Files, text="As they were handed in."),
        problems=("not_found",),
    )
    async def files(ask: Ask[Nothing, Nothing]) -> shapes.Files:
        transfer = await shown.counter.transfer(ask.caller, door_of(ask.request), ask["transfer_id"])
        return shapes.Files([await shown.file(ask.request, each) for each in await shown.counter.files(transfer)])


def _add_deeds(book: Book, desk: Desk, shown: Shown) -> None:
    @book.call(
        "POST",
        "/transfers/{transfer_id}/send",
        tag="transfers",
        title="Send it",
        more="No more files can be added; unfinished uploads are given up. Its recipients get a letter, once.",
        answers=Answer(what=shapes.Transfer, text="It is sent."),
        problems=("not_found", "conflict"),
        headers=(HEADER,),
    )
    async def send(ask: Ask[Nothing, Nothing]) -> Response:
        door = door_of(ask.request)

        async def do() -> Kept:
            return shown.kept(ask.caller, door, await shown.counter.send(ask.caller, door, ask["transfer_id"]))

        return await once(desk.gateway.store.once, ask, b"", do, shown.filled(ask.caller))

    @book.call(
        "DELETE",
        "/transfers/{transfer_id}",
        tag="transfers",
        title="Take it back",
        more="What nobody has fetched is discarded; the originals stay in quarantine as long as the rules say.",
        answers=Answer(status=204, text="It is withdrawn."),
        problems=("not_found", "conflict"),
    )
    async def withdraw(ask: Ask[Nothing, Nothing]) -> None:
        await shown.counter.withdraw(ask.caller, door_of(ask.request), ask["transfer_id"])


def _add_events(book: Book, desk: Desk, shown: Shown) -> None:
    watching = desk.bench.watching

    @book.call(
        "GET",
        "/transfers/{transfer_id}/events",
        tag="transfers",
        title="Live events of one transfer",
        more="Server-Sent Events: `transfer` with the transfer, `file` with each file, first all of them and then "
        "those that have changed. A comment line is a heartbeat.",
        answers=Answer(media=EVENTS, text="The stream; it ends with the session or the token."),
        problems=("not_found",),
    )
    async def events(ask: Ask[Nothing, Nothing]) -> Response:
        door, transfer_id = door_of(ask.request), ask["transfer_id"]
        await shown.counter.transfer(ask.caller, door, transfer_id)
        watching.insist_on_room(ask.caller.person.id)

        async def look() -> Sequence[tuple[str, Any]]:
            row = await shown.counter.transfer(ask.caller, door, transfer_id)
            files = [await shown.file(ask.request, each) for each in await shown.counter.files(row)]
            return [("transfer", shown.transfer(ask.caller, door, row)), *(("file", file) for file in files)]

        async def stream() -> AsyncIterator[bytes]:
            watching.enter(ask.caller.person.id)
            try:
                yield b"retry: 3000\n\n"
                async with contextlib.aclosing(watching.events(look, lambda: still_there(desk, ask))) as pieces:  # type: ignore[type-var] # an async generator
                    async for piece in pieces:
                        yield piece
            finally:
                watching.leave(ask.caller.person.id)

        return StreamingResponse(stream(), media_type=EVENTS, headers={"X-Accel-Buffering": "no"})


async def still_there(desk: Desk, ask: Ask[Any, Any]) -> bool:
    """Whether this is the same person with the same rights, still."""
    caller, authorization = ask.caller, ask.request.headers.get("Authorization", "")
    if caller.session:
        now = await desk.doorkeeper.session(desk.guard.cookies.of(ask.request), quiet=True)
    else:
        now = await desk.doorkeeper.callers.by_token(authorization.partition(" ")[2].strip())
    return now is not None and (now.rights, now.scope) == (caller.rights, caller.scope)
