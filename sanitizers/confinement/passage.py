"""Large originals and large results: read and written piece by piece, never whole in the gateway's memory."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Protocol, runtime_checkable

from sanitizers.confinement.process import Child
from sanitizers.confinement.protocol import CHUNK_BYTES, Kind, ProtocolBroken


@runtime_checkable
class Source(Protocol):
    """An original that can be read again and again."""

    @property
    def size(self) -> int:
        """Bytes."""

    @property
    def sha256(self) -> str:
        """Hexadecimal, as it is known since it was kept."""

    def chunks(self, size: int) -> Iterator[bytes]:
        """All of it, in pieces; raises at the end when these are not the bytes of that digest."""


class Outlet(Protocol):
    """Where a result goes."""

    def begin(self) -> None:
        """A result comes; what came of an earlier try is void."""

    def write(self, chunk: bytes) -> None:
        """Its next bytes."""

    def hexdigest(self) -> str:
        """SHA-256 of what was written since `begin`."""


async def pieces_of(original: bytes | Source) -> AsyncIterator[bytes]:
    """The bytes, read outside the event loop when they are not here yet."""
    if isinstance(original, bytes):
        yield original
        return
    chunks = original.chunks(CHUNK_BYTES)
    while (piece := await asyncio.to_thread(next, chunks, None)) is not None:
        yield piece


async def receive_into(child: Child, size: int, outlet: Outlet) -> str:
    """Exactly `size` bytes in chunks, to the outlet; their SHA-256. Raises ProtocolBroken."""
    outlet.begin()
    missing = size
    while missing > 0:
        kind, body = await child.wire.receive()
        if kind is not Kind.CHUNK or not 0 < len(body) <= missing:
            raise ProtocolBroken("data of another size than announced")
        await asyncio.to_thread(outlet.write, body)
        missing -= len(body)
    return outlet.hexdigest()
