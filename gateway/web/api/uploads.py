"""Uploads by tus 1.0.0: announced, sent in pieces, gone on with where they were cut, given up."""

import asyncio
from collections import Counter as Tally
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from fastapi import Request, Response
from starlette.requests import ClientDisconnect

from gateway.model import Upload
from gateway.store.transfer_errors import WrongOffset
from gateway.web.api.calls import Answer, Ask, Book, Nothing, Streamed
from gateway.web.api.problem import Problem
from gateway.web.desk import Desk
from gateway.web.doors import door_of
from gateway.web.health import Piece
from gateway.web.transfers import tus
from gateway.web.transfers.counter import Counter, refusals
from gateway.web.transfers.repeating import HEADER, Kept, kept, once

IDLE_SECONDS: Final = 60.0  #: without a byte: what came stays, and the line is given up
AT_ONCE: Final = 16  #: pieces of one person that come at the same time
RESUMABLE: Final = {"Tus-Resumable": tus.VERSION}
CREATION: Final = ("Tus-Resumable", "Upload-Length", "Upload-Metadata", HEADER)
PATCH: Final = ("Tus-Resumable", "Upload-Offset", "Upload-Checksum")


def add_uploads(book: Book, desk: Desk) -> None:
    """Adds the calls."""
    counter = Counter(desk.gateway)
    _add_creation(book, desk, counter)
    _add_progress(book, desk, counter)
    _add_piece(book, desk, counter)


def _add_creation(book: Book, desk: Desk, counter: Counter) -> None:
    settings = desk.gateway.settings.transfers

    @book.call(
        "OPTIONS",
        "/transfers/{transfer_id}/uploads",
        tag="uploads",
        title="What of tus is spoken here",
        answers=Answer(status=204, text="In headers."),
    )
    async def options(ask: Ask[Nothing, Nothing]) -> Response:  # noqa: ARG001 - every call is asked alike
        return Response(status_code=204, headers=tus.offered(settings.max_bytes))

    @book.call(
        "POST",
        "/transfers/{transfer_id}/uploads",
        tag="uploads",
        title="Announce a file",
        more="tus creation. `Upload-Metadata`: `filename`, `path` (folders above it, with slashes), `type`.",
        answers=Answer(status=201, text="`Location` is where the bytes go."),
        problems=("not_found", "conflict", "tus_version", "too_large", "invalid"),
        headers=CREATION,
    )
    async def create(ask: Ask[Nothing, Nothing]) -> Response:
        with tus_headers():
            headers = ask.request.headers
            tus.insist_on_version(headers)
            said = tus.announced(headers)

            async def do() -> Kept:
                client, scheme = desk.guard.client(ask.request).address, desk.guard.scheme(ask.request)
                door, transfer_id = door_of(ask.request), ask["transfer_id"]
                upload, _ = await counter.announce(ask.caller, door, transfer_id, said, client, scheme)
                place = f"/api/v1/uploads/{upload.id}"
                expires = tus.expires(upload.expires_at)
                return kept(None, 201, Location=place, Upload_Expires=expires, Tus_Resumable=tus.VERSION)

            what = f"{said.length} {headers.get('upload-metadata', '')}".encode()
            return await once(desk.gateway.store.once, ask, what, do)


def _add_progress(book: Book, desk: Desk, counter: Counter) -> None:
    uploads = desk.gateway

    @book.call(
        "HEAD",
        "/uploads/{upload_id}",
        tag="uploads",
        title="How far an upload is",
        answers=Answer(status=200, media="application/octet-stream", text="`Upload-Offset` bytes are kept."),
        problems=("not_found", "gone", "conflict", "tus_version"),
        headers=("Tus-Resumable",),
    )
    async def head(ask: Ask[Nothing, Nothing]) -> Response:
        with tus_headers():
            tus.insist_on_version(ask.request.headers)
            upload = await counter.upload(ask.caller, door_of(ask.request), ask["upload_id"])
            with refusals():
                offset = await uploads.uploads.offset(upload.id)
        headers = {"Upload-Offset": str(offset), "Upload-Length": str(upload.length), "Cache-Control": "no-store"}
        return Response(status_code=200, headers=headers | _of(upload), media_type="application/octet-stream")

    @book.call(
        "DELETE",
        "/uploads/{upload_id}",
        tag="uploads",
        title="Give an upload up",
        more="tus termination; a file that is complete goes with its transfer.",
        answers=Answer(status=204, text="Its bytes are gone."),
        problems=("not_found", "gone", "conflict", "tus_version"),
        headers=("Tus-Resumable",),
    )
    async def terminate(ask: Ask[Nothing, Nothing]) -> Response:
        with tus_headers():
            tus.insist_on_version(ask.request.headers)
            upload = await counter.upload(ask.caller, door_of(ask.request), ask["upload_id"])
            with refusals():
                await uploads.uploads.cancel(upload.id)
        return Response(status_code=204, headers=RESUMABLE)


def _add_piece(book: Book, desk: Desk, counter: Counter) -> None:
    writing: Tally[str] = Tally()

    @book.call(
        "PATCH",
        "/uploads/{upload_id}",
        tag="uploads",
        title="Send a piece",
        more="The bytes from `Upload-Offset` on; with the last one the file is an item and is cleaned. "
        "When the line is cut, what came is kept, unless the piece has an `Upload-Checksum`.",
        body=Streamed,
        body_media=tus.MEDIA_TYPE,
        answers=Answer(status=204, text="`Upload-Offset` is where the next piece begins."),
        problems=("not_found", "gone", "conflict", "tus_version", "timeout", "checksum"),
        headers=PATCH,
    )
    async def patch(ask: Ask[Nothing, Streamed]) -> Response:
        with tus_headers():
            tus.insist_on_version(ask.request.headers)
            offset = tus.number(ask.request.headers, "upload-offset")
            checksum = tus.checksum(ask.request.headers)
            upload = await counter.upload(ask.caller, door_of(ask.request), ask["upload_id"])
            person = ask.caller.person.id
            if writing[person] >= AT_ONCE:
                raise Problem("too_many", headers={"Retry-After": "1"})
            writing[person] += 1
            try:
                now_at = await _take(desk, ask.request, upload, offset, checksum)
            finally:
                writing[person] -= 1
                if not writing[person]:
                    del writing[person]
        return Response(status_code=204, headers={"Upload-Offset": str(now_at)} | _of(upload))


async def _take(desk: Desk, request: Request, upload: Upload, offset: int, checksum: tus.Checksum | None) -> int:
    """The new offset; a file that is whole by it becomes an item."""
    uploads, most = desk.gateway.uploads, desk.gateway.settings.transfers.chunk_bytes
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > min(most, upload.length - offset):
        _too_large(most, upload.length - offset)
    with refusals():
        if upload.item and offset == upload.length:
            return offset  # the answer to the last piece was lost
        async with uploads.appending(upload.id, offset) as piece:
            now_at = await _pour(request, piece, checksum, most)
        if now_at == upload.length:
            await uploads.finish(upload.id)
    return now_at


def _too_large(most: int, room: int) -> None:
    if room < most:
        raise Problem("too_large", "more than was announced", reason="too_long")
    raise Problem("too_large", f"{most} bytes at most in one piece", reason="piece_too_large")


async def _pour(request: Request, piece: Piece, checksum: tus.Checksum | None, most: int) -> int:
    """From the line into the file, a little at a time; how far it is then."""
    digest, size = checksum.begin() if checksum else None, 0
    pieces = request.stream()
    try:
        while True:
            async with asyncio.timeout(IDLE_SECONDS):
                data = await anext(pieces, None)
            if data is None:
                break
            size += len(data)
            if size > most:
                raise Problem("too_large", f"{most} bytes at most in one piece", reason="piece_too_large")
            if digest is not None:
                digest.update(data)
            await piece.write(data)
    except (ClientDisconnect, TimeoutError, asyncio.CancelledError) as error:
        if digest is None:  # the line was cut: what came is good
            await asyncio.shield(piece.keep())
        if isinstance(error, asyncio.CancelledError):
            raise
        raise Problem("timeout", headers={"Connection": "close"}) from error
    if digest is not None and checksum is not None and digest.digest() != checksum.digest:
        raise Problem("checksum", headers={"Connection": "close"})
    return await piece.keep()


def _of(upload: Upload) -> dict[str, str]:
    return RESUMABLE | {"Upload-Expires": tus.expires(upload.expires_at)}


@contextmanager
def tus_headers() -> Iterator[None]:
    """Every answer of the protocol names its version; of a wrong offset also the right one."""
    try:
        yield
    except Problem as problem:
        problem.headers.update(RESUMABLE)
        if isinstance(problem.__cause__, WrongOffset):
            problem.headers["Upload-Offset"] = str(problem.__cause__.offset)
        raise
