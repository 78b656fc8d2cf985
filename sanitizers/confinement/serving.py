"""The child's end of the pipe: orders in, results out, and what a child owes its parent."""

import ctypes
import os
import resource
import signal
import socket
from collections.abc import Callable
from typing import BinaryIO

from sanitizers.confinement.protocol import (
    FROM_PARENT,
    HEADER,
    READY,
    Body,
    Kind,
    ProtocolBroken,
    Question,
    Result,
    check_header,
    chunks,
    decode,
    frame,
)
from sanitizers.model import AskDns, Cleaned, DnsAnswer
from sanitizers.rules import Task

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>

Clean = Callable[[Task, bytes, AskDns], Cleaned]


def die_with(parent: int) -> None:
    """SIGKILL for this process when its parent goes, even when the parent was killed."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it went before the line above
        os._exit(1)


def serve(pipe: socket.socket, clean: Clean) -> None:
    """Answers orders until the parent closes its end."""
    with open(pipe.fileno(), "rb", buffering=65_536, closefd=False) as stream:
        desk = _Desk(pipe, stream)
        pipe.sendall(READY)
        while (task := desk.next_task()) is not None:
            limit_memory(task.budget.memory)
            desk.hand_back(clean(task, desk.original(), desk.ask_dns))


def limit_memory(size: int) -> None:
    """Address space in bytes. It only ever shrinks: a child that needs more is a new child."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or size < hard:
        resource.setrlimit(resource.RLIMIT_AS, (size, size))


class _Desk:
    """What comes in and goes out over the pipe."""

    def __init__(self, pipe: socket.socket, stream: BinaryIO) -> None:
        self._pipe = pipe
        self._stream = stream

    def next_task(self) -> Task | None:
        header = self._stream.read(HEADER.size)
        if not header:
            return None
        return self._decode(Kind.ORDER, Task, header)

    def original(self) -> bytes:
        received = []
        while chunk := self._body(Kind.CHUNK, self._stream.read(HEADER.size)):
            received.append(chunk)
        return received[0] if len(received) == 1 else b"".join(received)

    def ask_dns(self, name: str, rdtype: str) -> DnsAnswer:
        self._pipe.sendall(frame(Kind.QUESTION, Question(name, "TXT")))
        if rdtype != "TXT":
            raise ProtocolBroken("only TXT records")
        return self._decode(Kind.ANSWER, DnsAnswer, self._stream.read(HEADER.size))

    def hand_back(self, cleaned: Cleaned) -> None:
        size = None if cleaned.data is None else len(cleaned.data)
        result = Result(cleaned.name, cleaned.type, cleaned.report, cleaned.facts, cleaned.authentication, size)
        self._pipe.sendall(b"".join((frame(Kind.RESULT, result), *chunks(cleaned.data or b""))))

    def _decode(self, kind: Kind, wanted: type[Body], header: bytes) -> Body:
        return decode(wanted, self._body(kind, header))

    def _body(self, expected: Kind, header: bytes) -> bytes:
        if len(header) < HEADER.size:
            os._exit(1)  # the parent is gone
        kind, length = check_header(header, 0, FROM_PARENT)
        if kind is not expected:
            raise ProtocolBroken(f"{kind.name} instead of {expected.name}")
        body = self._stream.read(length)
        if len(body) < length:
            os._exit(1)
        return body
