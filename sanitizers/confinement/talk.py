"""What an item and a document have in common on their way: bytes there, bytes back, a look at the child meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable

from sanitizers.confinement.passage import Source, pieces_of
from sanitizers.confinement.process import Child
from sanitizers.confinement.protocol import CHUNK_BYTES, END_OF_ORIGINAL, Kind, ProtocolBroken, chunks

WATCH_SECONDS = 0.1  #: how often a child at work is looked at


class OverLimit(Exception):
    """The watch has ended the child; says which limit was crossed."""


async def send(child: Child, order: bytes, pieces: Iterable[bytes]) -> None:
    """The order, the bytes, their end; waits while the child is behind."""
    await _send(child, order, _one_by_one(pieces), END_OF_ORIGINAL)


async def send_original(child: Child, order: bytes, original: bytes | Source) -> None:
    """The same, of bytes that may still have to be read. Raises what reading raises, before their end is sent."""
    await _send(child, order, pieces_of(original), END_OF_ORIGINAL)


async def send_data(child: Child, head: bytes, data: bytes) -> None:
    """The head, which says how many bytes follow, and the bytes."""
    await _send(child, head, _one_by_one([data]), b"")


async def _one_by_one(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def _send(child: Child, head: bytes, pieces: AsyncIterator[bytes], end: bytes) -> None:
    parts, waiting = [head], 0
    async for piece in pieces:
        for part in chunks(piece):
            parts.append(part)
            waiting += len(part)
            if waiting >= CHUNK_BYTES:
                await child.wire.send(parts)
                parts, waiting = [], 0
    await child.wire.send([*parts, end])


async def receive_data(child: Child, size: int) -> bytes:
    """Exactly `size` bytes in chunks; raises ProtocolBroken."""
    received: list[bytes] = []
    missing = size
    while missing > 0:
        kind, body = await child.wire.receive()
        if kind is not Kind.CHUNK or not 0 < len(body) <= missing:
            raise ProtocolBroken("data of another size than announced")
        received.append(body)
        missing -= len(body)
    return received[0] if len(received) == 1 else b"".join(received)


class Watch:
    """Looks at a child from outside while it works; costs nothing for an item that is done at once."""

    def __init__(self, child: Child, too_much: Callable[[int], str]) -> None:
        """`too_much`: of a process ID, which limit it crosses; "" for none."""
        self._child = child
        self._too_much = too_much
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(WATCH_SECONDS, self._look)

    def stop(self) -> None:
        """The item is done."""
        self._timer.cancel()

    def _look(self) -> None:
        try:
            crossed = self._too_much(self._child.pid)
        except OSError:
            crossed = ""  # no descriptor is left to look with: look again
        if crossed:
            self._child.wire.fail(OverLimit(crossed))
            self._child.kill()
        else:
            self._timer = self._loop.call_later(WATCH_SECONDS, self._look)
