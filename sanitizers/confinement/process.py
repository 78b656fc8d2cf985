"""One child process and the parent's end of its pipe."""

import asyncio
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import cast

from sanitizers.budget import MEBIBYTE
from sanitizers.confinement.protocol import FROM_CHILD, FrameReader, Kind, ProtocolBroken

log = logging.getLogger(__name__)

CHILD_COMMAND = (sys.executable, "-s", "-P", "-m", "sanitizers.confinement.child")
INBOX_BYTES = 2 * MEBIBYTE  #: what a child may say ahead of being heard
COMPLAINT_BYTES = 65_536  #: of standard error, as much as a pipe holds
EXCEPTION_NAME = re.compile(r"(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?=:|\Z)")


class ChildGone(Exception):
    """The child ended or closed its pipe. The text is ours and safe to log."""


class CannotStart(Exception):
    """A child process does not come up; says why."""


class Child:
    """Started by `Child.start`; ended by `kill` and `reap`."""

    def __init__(self, process: subprocess.Popen[bytes], complaints: int, wire: "Wire") -> None:
        self.wire = wire
        self.items = 0
        self.started = time.monotonic()
        self._process = process
        self._complaints = complaints

    @classmethod
    async def start(cls, command: Sequence[str], seconds: float) -> "Child":
        """A child that has read what it needs and waits for work; raises CannotStart."""
        ours, theirs = socket.socketpair()
        complaints, their_complaints = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            process = _spawn(command, theirs, their_complaints)
        except OSError as error:
            ours.close()
            os.close(complaints)
            raise CannotStart(f"{command[0]}: {error.strerror}") from error
        finally:
            theirs.close()
            os.close(their_complaints)
        wire = Wire()
        child = cls(process, complaints, wire)
        try:
            await asyncio.get_running_loop().create_unix_connection(lambda: wire, sock=ours)
            await child._await_ready(seconds)
        except BaseException:
            child.kill()
            await child.reap()
            raise
        return child

    @property
    def pid(self) -> int:
        """For logs and tests."""
        return self._process.pid

    @property
    def idle(self) -> bool:
        """Alive, and has said nothing unasked."""
        return not self.wire.gone and not self.wire.inbox

    def kill(self) -> None:
        """The whole process group, at once."""
        self.wire.close()
        if self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    async def reap(self) -> str:
        """Wait for the end after `kill`; the name of the exception it died of, if it said one."""
        await asyncio.to_thread(self._process.wait)
        return _exception_name(self._last_words())

    async def _await_ready(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                kind, _ = await self.wire.receive()
        except TimeoutError:
            raise CannotStart(f"no sign of life within {seconds:g} seconds") from None
        except (ChildGone, ProtocolBroken) as failure:
            self.kill()
            await asyncio.to_thread(self._process.wait)
            # Nothing untrusted has been read yet, so its last line may be told.
            words = self._last_words().strip().rpartition("\n")[2][:300]
            raise CannotStart(words or str(failure) or f"exit status {self._process.returncode}") from failure
        if kind is not Kind.READY:
            raise CannotStart("it speaks another protocol")

    def _last_words(self) -> str:
        if self._complaints < 0:
            return ""
        try:
            return os.read(self._complaints, COMPLAINT_BYTES).decode("utf-8", "replace")
        except BlockingIOError:
            return ""
        finally:
            os.close(self._complaints)
            self._complaints = -1


def _spawn(command: Sequence[str], pipe: socket.socket, complaints: int) -> "subprocess.Popen[bytes]":
    """Own session, empty environment, no file descriptor but the pipe and the place for complaints."""
    return subprocess.Popen(  # noqa: S603 - our own command, no shell
        [*command, str(pipe.fileno()), str(os.getpid())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=complaints,
        pass_fds=(pipe.fileno(),),
        close_fds=True,
        start_new_session=True,
        cwd="/",
        env={
            "LC_ALL": "C.UTF-8",
            "MALLOC_ARENA_MAX": "2",  # address space is limited
            "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
    )


def _exception_name(words: str) -> str:
    """The type alone: the message may quote a mail."""
    name = EXCEPTION_NAME.match(words.strip().rpartition("\n")[2])
    return name[0][:100] if name else ""


class Wire(asyncio.Protocol):
    """Frames from and to one child; one reader and one writer at a time."""

    def __init__(self) -> None:
        self.inbox: deque[tuple[Kind, bytes]] = deque()
        self.gone = False
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
        if self._waiting_bytes > INBOX_BYTES or len(self.inbox) > 100:
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
        self._full = False
        _wake(self._listener)
        _wake(self._sender)


def _wake(waiter: asyncio.Future[None] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)
