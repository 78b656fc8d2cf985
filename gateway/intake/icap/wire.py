"""The bytes of one ICAP connection: each read within its limit and its time, nothing left over, nothing taken twice."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Final

from gateway.intake.icap.framing import CHUNK_LINE_BYTES, Malformed, chunk_of

PIECE_BYTES: Final = 65_536
LINGER_BYTES: Final = 4_194_304  # read away after an early answer, so that it arrives before the connection ends
LINGER_SECONDS: Final = 5.0


class Gone(Exception):
    """The peer has left, or is too slow; there is nobody to answer."""


class TooLong(Exception):
    """More body than may come."""


class Wire:
    """One connection. Whatever waits for the peer waits at most `idle_seconds`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, idle_seconds: float) -> None:
        """`reader` must be made with the limit HEADER_BYTES."""
        self._reader = reader
        self._writer = writer
        self._idle = idle_seconds

    async def head(self) -> bytes | None:
        """The next ICAP head with its empty line; None when the peer ends where a request would begin."""
        try:
            async with asyncio.timeout(self._idle):  # for all of it: a head that drips in is no head
                return await self._reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as error:
            if error.partial:
                raise Gone from error
            return None
        except asyncio.LimitOverrunError as error:
            raise Malformed("the ICAP header is too long", 431) from error
        except (TimeoutError, OSError) as error:
            raise Gone from error

    async def exactly(self, octets: int) -> bytes:
        """A header block whose length is known."""
        return await self._within(self._reader.readexactly(octets))

    async def body(self, take: Callable[[bytes], None], most: int) -> bool:
        """Read chunks to their end; whether that said ieof. Raises TooLong, and then the rest is still to come."""
        left = most
        while True:
            size, ends = chunk_of(await self._line())
            if not size:
                if await self._line():
                    raise Malformed("a trailer behind the last chunk")
                return ends
            left -= size
            if left < 0:
                raise TooLong
            await self._chunk(size, take)

    async def preview(self, take: Callable[[bytes], None], most: int) -> bool:
        """The same, of a preview; more than was announced is no preview. True: there is no more to come."""
        try:
            return await self.body(take, most)
        except TooLong as error:
            raise Malformed("the preview is longer than announced") from error

    async def _chunk(self, size: int, take: Callable[[bytes], None]) -> None:
        while size:
            piece = await self._within(self._reader.read(min(size, PIECE_BYTES)))
            if not piece:
                raise Gone
            size -= len(piece)
            take(piece)
        if await self.exactly(2) != b"\r\n":
            raise Malformed("a chunk is not as long as it says")

    async def _line(self) -> bytes:
        try:
            line = await self._within(self._reader.readuntil(b"\r\n"))
        except asyncio.LimitOverrunError as error:
            raise Malformed("a chunk's line is too long") from error
        if len(line) > CHUNK_LINE_BYTES:
            raise Malformed("a chunk's line is too long")
        return line[:-2]

    async def _within(self, reading: Coroutine[Any, Any, bytes]) -> bytes:
        try:
            async with asyncio.timeout(self._idle):
                return await reading
        except (asyncio.IncompleteReadError, TimeoutError, OSError) as error:
            raise Gone from error

    async def send(self, *pieces: bytes) -> None:
        """Write; returns when the peer has taken nearly all of it."""
        try:
            async with asyncio.timeout(self._idle):
                self._writer.writelines(pieces)
                await self._writer.drain()
        except (TimeoutError, OSError) as error:
            raise Gone from error

    async def send_chunked(self, content: AsyncIterator[bytes]) -> None:
        """A body to its end. An error while it is read leaves it without one, so that nobody takes it for whole."""
        async for piece in content:
            await self._send_chunk(piece)
        await self.send(b"0\r\n\r\n")

    async def _send_chunk(self, piece: bytes) -> None:
        if piece:
            await self.send(b"%x\r\n" % len(piece), piece, b"\r\n")

    async def linger(self) -> None:
        """After an answer that came before the body's end: read some of the rest away, or the peer loses the answer."""
        left = LINGER_BYTES
        try:
            async with asyncio.timeout(LINGER_SECONDS):
                if self._writer.can_write_eof():
                    self._writer.write_eof()
                while left > 0 and (piece := await self._reader.read(PIECE_BYTES)):
                    left -= len(piece)
        except (TimeoutError, OSError):
            return

    def cut(self) -> None:
        """End at once."""
        self._writer.transport.abort()

    async def close(self) -> None:
        """End, what was written first."""
        self._writer.close()
        try:
            async with asyncio.timeout(LINGER_SECONDS):
                await self._writer.wait_closed()
        except (TimeoutError, OSError):
            self.cut()
