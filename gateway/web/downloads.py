"""Files that leave as downloads: never shown by the browser, under names that no system takes for something else."""

import asyncio
import re
import unicodedata
from collections.abc import AsyncIterator, Iterator
from typing import Final
from urllib.parse import quote

from fastapi import Response
from fastapi.responses import StreamingResponse

from gateway.model import FILE_CHANNELS, Item
from gateway.store.blobs import Original

PIECE: Final = 262_144  #: bytes that are read at a time
LONGEST_NAME: Final = 150  #: bytes of UTF-8, so that it fits any file system with " (2)" behind it
MEDIA_TYPE: Final = "application/octet-stream"  #: whatever it is: it is to be saved, not looked at
#: A document that a browser opens all the same may do nothing (CSP level 3, sandbox).
POLICY: Final = "sandbox; default-src 'none'"
_SEPARATORS = re.compile(r"[/\\]")
_NOT_IN_NAMES = re.compile(r'[<>:"|?*]')  # Windows
#: Devices of Windows, with any extension.
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\.|$)", re.IGNORECASE)
#: Control, formatting (bidirectional, invisible), unassigned, private; separators of lines and paragraphs.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


def safe_name(claimed: str, otherwise: str = "download") -> str:
    """A plain file name in no folder: its last part, without what misleads; `otherwise` when nothing is left."""
    last = _SEPARATORS.split(unicodedata.normalize("NFC", claimed))[-1]
    seen = "".join(" " if unicodedata.category(each) == "Zs" else each for each in last if not _is_unseen(each))
    plain = _NOT_IN_NAMES.sub("_", seen).strip(" .")
    if _DEVICES.match(plain):
        plain = f"_{plain}"
    return _shortened(plain) or otherwise


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character) in _UNSEEN


def _shortened(name: str) -> str:
    """The extension stays: it says what opens the file."""
    if len(name.encode()) <= LONGEST_NAME:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension.encode()) > 20:
        stem, dot, extension = name, "", ""
    room = LONGEST_NAME - len((dot + extension).encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(" .") + dot + extension


def disposition(name: str) -> str:
    """RFC 6266 with both forms: an ASCII stand-in, and the name in UTF-8 (RFC 8187)."""
    ascii_name = re.sub(r"[^A-Za-z0-9 ._()+-]", "_", name)
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"


def headers_for(name: str) -> dict[str, str]:
    """What every download says; `name` is made safe here."""
    return {
        "Content-Disposition": disposition(safe_name(name)),
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }


def attachment(data: bytes, name: str) -> Response:
    """Bytes to be saved."""
    return Response(data, media_type=MEDIA_TYPE, headers=headers_for(name))


def streamed(pieces: AsyncIterator[bytes], name: str, media_type: str = MEDIA_TYPE) -> StreamingResponse:
    """The same, piece by piece; with another type for text that Kiyome writes itself."""
    return StreamingResponse(pieces, media_type=media_type, headers=headers_for(name))


async def threaded(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Read in a thread: a disk that is slow holds up nobody else. A reader that goes away ends the reading."""
    try:
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            yield piece
    finally:
        if hasattr(pieces, "close"):
            pieces.close()


class Kept:
    """What the store keeps of an item, opened to be saved: never whole in memory, it may be gigabytes."""

    def __init__(self, original: Original, name: str, first: bytes, others: Iterator[bytes]) -> None:
        self._headers = headers_for(name) | {"Content-Length": str(original.size)}
        self._pieces = _behind(first, others)

    @classmethod
    async def open(cls, original: Original, name: str) -> "Kept":
        """Reads the first piece, so that what is gone is said before an answer begins. Raises StoreError."""
        pieces = original.chunks(PIECE)
        return cls(original, name, await asyncio.to_thread(next, pieces, b""), pieces)

    def answer(self) -> StreamingResponse:
        """All of it, to be saved."""
        return StreamingResponse(threaded(self._pieces), media_type=MEDIA_TYPE, headers=self._headers)


def _behind(first: bytes, others: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from others


def name_of_original(item: Item) -> str:
    """Says that it is not sanitised, and of a file what it was called."""
    return f"{item.id}.original.{safe_name(item.name, 'file') if item.channel in FILE_CHANNELS else 'eml'}"


def name_of_clean(item: Item) -> str:
    """A clean file's own name, or the number of a mail."""
    return (item.clean_name or item.id) if item.channel in FILE_CHANNELS else f"{item.id}.eml"


def picture(png: bytes) -> Response:
    """A picture that was drawn here."""
    return Response(
        png, media_type="image/png", headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
    )
