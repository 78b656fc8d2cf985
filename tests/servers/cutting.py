"""A line that can be cut: a small TCP proxy that counts what goes up, and breaks or freezes when a test says so."""

import asyncio
import contextlib
from typing import Self

PIECE = 65_536


class Line:
    """Leads to a port. `cut_after` bytes upwards every connection is broken, and again after as many, `cuts` times."""

    def __init__(self, port: int) -> None:
        self._to = port
        self.port = 0
        self.sent = 0  #: bytes upwards, all in all
        self.cuts = 0
        self._cut_at: list[int] = []
        self._freeze_at: int | None = None
        self._flows = asyncio.Event()
        self._flows.set()
        self.frozen = asyncio.Event()
        self._ends: set[asyncio.StreamWriter] = set()
        self._served: set[asyncio.Task[None]] = set()

    def cut_at(self, *bytes_sent: int) -> None:
        """Counted from now."""
        self._cut_at = [self.sent + each for each in bytes_sent]

    def freeze_at(self, bytes_sent: int) -> None:
        """Nothing goes up any more after so many bytes, until `thaw`."""
        self._freeze_at = self.sent + bytes_sent

    def thaw(self) -> None:
        """As it was; what stood still is broken."""
        self.cut()
        self._flows.set()

    def cut(self) -> None:
        """Every connection ends here and now."""
        self.cuts += 1
        for end in self._ends:
            end.transport.abort()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._flows.set()
        self._server.close()
        self.cut()
        if self._served:
            await asyncio.wait(self._served)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._served.add(task)
        task.add_done_callback(self._served.discard)
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, up_writer}
        self._ends |= ends
        await asyncio.gather(self._pour(reader, up_writer, up=True), self._pour(up_reader, writer, up=False))
        self._ends -= ends
        for end in ends:
            end.transport.abort()

    async def _pour(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(PIECE):
                if up:
                    await self._count(len(data))
                writer.write(data)
                await writer.drain()
        with contextlib.suppress(OSError, RuntimeError):
            writer.write_eof()

    async def _count(self, size: int) -> None:
        self.sent += size
        if self._freeze_at is not None and self.sent >= self._freeze_at:
            self._freeze_at = None
            self._flows.clear()
            self.frozen.set()
        await self._flows.wait()
        if self._cut_at and self.sent >= self._cut_at[0]:
            self._cut_at.pop(0)
            self.cut()
            raise ConnectionAbortedError
