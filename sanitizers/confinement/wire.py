"""The gateway's end of a child's pipe: frames in and out, never more of them in memory than a few."""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import cast

from sanitizers.budget import MEBIBYTE
from sanitizers.confinement.protocol import FROM_CHILD, FrameReader, Kind, ProtocolBroken

INBOX_BYTES = 2 * MEBIBYTE  #: what a child may say ahead of being heard
INBOX_FRAMES = 100


class ChildGone(Exception):
    """The child ended or closed its pipe. The text is ours and safe to log."""


class Wire(asyncio.Protocol):
    """Frames from and to one child; one reader and one writer at a time."""

    def __init__(self) -> None:
        self.inbox: deque[tuple[Kind, bytes]] = deque()
        self.gone = False
        self.ended = asyncio.Event()  #: set with `gone`
        self._waiting_bytes = 0
        self._reader = FrameReader(FROM_CHILD)
        self._failure: Exception = ChildGone("the process ended")
        self._transport: asyncio.Transport | None = None
        self._listener: asyncio.Future[None] | None = None
        self._sender: asyncio.Future[None] | None = None
        self._full = False

    async def receive(self) -> tuple[Kind, bytes]:
        """The next frame; raises ChildGone or ProtocolBroken."""
        while not self.inbox:
            if self.gone:
                raise self._failure
            self._listener = asyncio.get_running_loop().create_future()
            await self._listener
        kind, body = self.inbox.popleft()
        self._waiting_bytes -= len(body)
        if not self.inbox and self._transport is not None and not self.gone:
            self._transport.resume_reading()
        return kind, body

    async def send(self, parts: Iterable[bytes]) -> None:
        """One write; waits when the child is behind."""
        if self.gone or self._transport is None:
            raise self._failure
        self._transport.write(b"".join(parts))
        while self._full:
            self._sender = asyncio.get_running_loop().create_future()
            await self._sender
        if self.gone:
            raise self._failure

    def fail(self, failure: Exception) -> None:
        """Why it is closed next: whoever waits is told."""
        if not self.gone:
            self._failure = failure

    @property
    def failure(self) -> Exception:
        """Why it is gone."""
        return self._failure

    def close(self) -> None:
        """At once; whoever waits is told that the child is gone."""
        if self._transport is not None:
            self._transport.abort()
        self._end()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio calls this."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop has classes of its own

    def data_received(self, data: bytes) -> None:
        """Asyncio calls this."""
        try:
            frames = self._reader.feed(data)
        except ProtocolBroken as failure:
            self._failure = failure
            self.close()
            return
        self.inbox.extend(frames)
        self._waiting_bytes += sum(len(body) for _, body in frames)
        if self._waiting_bytes > INBOX_BYTES or len(self.inbox) > INBOX_FRAMES:
            assert self._transport is not None  # noqa: S101 - data came through it
            self._transport.pause_reading()
        if frames:
            _wake(self._listener)

    def pause_writing(self) -> None:
        """Asyncio calls this."""
        self._full = True

    def resume_writing(self) -> None:
        """Asyncio calls this."""
        self._full = False
        _wake(self._sender)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why does not matter
        """Asyncio calls this."""
        self._end()

    def _end(self) -> None:
        self.gone = True
        self.ended.set()
        self._full = False
        _wake(self._listener)
        _wake(self._sender)


def _wake(waiter: asyncio.Future[None] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)
