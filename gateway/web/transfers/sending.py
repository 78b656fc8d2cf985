"""Clean files on their way out: in pieces, never whole in memory; one file with byte ranges, or many as a ZIP."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Final

import msgspec
from fastapi import Response
from fastapi.responses import StreamingResponse
from zipstream import ZIP_STORED, ZipStream

from gateway.store.blobs import Original
from gateway.web.api.problem import Problem
from gateway.web.downloads import MEDIA_TYPE, PIECE, headers_for, threaded
from gateway.web.transfers.ranges import NotThere, Span, span

ZIP: Final = "application/zip"


class Member(msgspec.Struct, frozen=True):
    """One file of a ZIP."""

    path: str  #: safe, and there once
    size: int
    opened: Callable[[], Awaitable[Original]]


class _Coming:
    """The bytes of one member, when it is its turn: small files are read into memory, and many of them are large."""

    def __init__(self, member: Member) -> None:
        self._member = member
        self._original: Original | None = None

    async def open(self) -> None:
        """Its turn has come."""
        self._original = await self._member.opened()

    def close(self) -> None:
        """It is over."""
        self._original = None

    def __iter__(self) -> Iterator[bytes]:
        if self._original is None:
            raise RuntimeError("it is not its turn")
        return self._original.chunks(PIECE)


def answer(original: Original, name: str, blob: str, asked: Mapping[str, str]) -> Response:
    """The file, or the part that is asked for; its tag is that of its bytes, so that a broken download can go on."""
    tag = f'"{blob}"'
    headers = headers_for(name) | {"ETag": tag, "Accept-Ranges": "bytes"}
    try:
        wanted = span(asked, original.size, tag)
    except NotThere:
        raise Problem("range", headers={"Content-Range": f"bytes */{original.size}"}) from None
    if wanted is None:
        pieces, status, size = original.chunks(PIECE), 200, original.size
    else:
        pieces, status, size = original.between(wanted.first, wanted.end, PIECE), 206, wanted.end - wanted.first
        headers["Content-Range"] = _said(wanted, original.size)
    headers["Content-Length"] = str(size)
    return StreamingResponse(threaded(pieces), status, headers=headers, media_type=MEDIA_TYPE)


def archive(members: Sequence[Member], name: str) -> Response:
    """A ZIP that is made while it is sent. Nothing is compressed: documents and pictures already are."""
    made = ZipStream(compress_type=ZIP_STORED, sized=True)
    coming = [_Coming(member) for member in members]
    for member, data in zip(members, coming, strict=True):
        made.add(data, member.path, size=member.size)
    headers = headers_for(name) | {"Content-Length": str(len(made))}
    return StreamingResponse(_in_turn(made, coming), headers=headers, media_type=ZIP)


async def _in_turn(made: ZipStream, coming: Sequence[_Coming]) -> AsyncIterator[bytes]:
    for data in coming:
        await data.open()
        async for piece in threaded(made.file()):
            yield piece
        data.close()
    async for piece in threaded(made.finalize()):
        yield piece


def _said(wanted: Span, size: int) -> str:
    return f"bytes {wanted.first}-{wanted.end - 1}/{size}"
