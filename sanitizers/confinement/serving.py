"""The child's end of the pipe: orders in, results out, and what a child owes its parent."""

import io
import os
import signal
from collections.abc import Callable
from typing import NamedTuple, Protocol

import msgspec

from sanitizers.budget import MEBIBYTE
from sanitizers.confinement import converter
from sanitizers.confinement.converter import Conversion
from sanitizers.confinement.enclosures import Missing
from sanitizers.confinement.protocol import (
    FROM_PARENT,
    HEADER,
    UNFIT,
    Body,
    Converted,
    Kind,
    Look,
    ProtocolBroken,
    Question,
    Ready,
    Result,
    Seen,
    Wish,
    check_header,
    chunks,
    decode,
    frame,
)
from sanitizers.confinement.protocol import Convert as ConvertOrder
from sanitizers.confinement.recheck import check_converted
from sanitizers.model import AskConverter, AskDns, CannotSanitize, Cleaned, DnsAnswer, Threat
from sanitizers.rules import Task
from sanitizers.views import View, ViewWish

PIPE = 3  #: the descriptor of the pipe in every child
GRACE_SECONDS = 2.0  #: the gateway's clock comes first; the child's own ends it when the gateway is not there to do so

Mark = Callable[[str, bytes], None]
Convert = Callable[[Conversion, bytes, str, int], bytes]  #: document, scratch folder, most bytes; raises CannotSanitize


class Clean(Protocol):
    """Cleans an item."""

    def __call__(
        self, task: Task, original: bytes, ask_dns: AskDns, mark: Mark, *, convert: AskConverter
    ) -> Cleaned | None:
        """Never raises; None when the item needs a child of its own."""


class Show(Protocol):
    """Shows something of an item."""

    def __call__(
        self, task: Task, wish: ViewWish, original: bytes, clean: bytes, *, mark: Mark, convert: AskConverter
    ) -> View:
        """Never raises; `clean` is b"" where nothing may go on."""


class Workshop(Protocol):
    """What a child does with an item; a module of these functions."""

    def warm(self) -> None:
        """In the fork server: load now what the first item would load."""

    @property
    def clean(self) -> Clean:
        """In the child."""

    @property
    def view(self) -> Show:
        """In a child of its own."""


class Converting(NamedTuple):
    """By what, and where."""

    convert: Convert
    scratch: str


def cannot_convert(_conversion: Conversion, _data: bytes, _scratch: str, _most: int) -> bytes:
    """Of a child that is no converter's."""
    raise CannotSanitize(Threat.UNSUPPORTED, "not a converter's child")


def serve(missing: tuple[Missing, ...], workshop: Workshop, mark: Mark, converting: Converting) -> None:
    """Answers orders until the parent closes its end."""
    desk = _Desk()
    write(frame(Kind.READY, Ready(missing)))
    while (order := desk.next_order()) is not None:
        signal.setitimer(signal.ITIMER_REAL, _seconds(order) + GRACE_SECONDS)  # SIGALRM ends the process
        if isinstance(order, ConvertOrder):
            desk.hand_over(*_converted(order, desk.original(), converting))
        elif isinstance(order, Look):
            desk.bytes_out = order.task.budget.bytes_out
            both = desk.original()
            clean, original = both[: order.clean_size], both[order.clean_size :]
            desk.show(workshop.view(order.task, order.wish, original, clean, mark=mark, convert=desk.convert))
        else:
            desk.bytes_out = order.budget.bytes_out
            desk.hand_back(workshop.clean(order, desk.original(), desk.ask_dns, mark, convert=desk.convert))
        signal.setitimer(signal.ITIMER_REAL, 0)


def _seconds(order: Task | ConvertOrder | Look) -> int:
    if isinstance(order, ConvertOrder):
        return order.seconds
    return order.task.budget.seconds if isinstance(order, Look) else order.budget.seconds


def _converted(order: ConvertOrder, document: bytes, converting: Converting) -> tuple[Converted, bytes]:
    try:
        data = converting.convert(order.conversion, document, converting.scratch, order.bytes_out)
    except CannotSanitize as refusal:
        return Converted(None, refusal.threat, refusal.detail), b""
    return Converted(len(data), None, ""), data


def write(data: bytes) -> None:
    """All of it, by the system call of that name alone: behind the walls there is no system call for sockets."""
    with memoryview(data) as view:
        at = 0
        while at < len(view):
            at += os.write(PIPE, view[at:])


class _Desk:
    """What comes in and goes out over the pipe."""

    def __init__(self) -> None:
        self._stream = open(PIPE, "rb", buffering=65_536, closefd=False)  # noqa: SIM115 - as long as the process
        self.bytes_out = 0  #: the most that may come back from a converter

    def next_order(self) -> Task | ConvertOrder | Look | None:
        header = self._stream.read(HEADER.size)
        if not header:
            return None
        if header[-1] == Kind.CONVERT:
            return self._decode(Kind.CONVERT, ConvertOrder, header)
        if header[-1] == Kind.LOOK:
            return self._decode(Kind.LOOK, Look, header)
        return self._decode(Kind.ORDER, Task, header)

    def original(self) -> bytes:
        first = self._body(Kind.CHUNK, self._stream.read(HEADER.size))
        if not first:
            return first
        received = None
        while chunk := self._body(Kind.CHUNK, self._stream.read(HEADER.size)):
            if received is None:
                received = io.BytesIO()
                received.write(first)
            received.write(chunk)
        # Unlike joining pieces, this grows in place and hands over what it holds: a large original is here once.
        return first if received is None else received.getvalue()

    def ask_dns(self, name: str, rdtype: str) -> DnsAnswer:
        write(frame(Kind.QUESTION, Question(name, "TXT")))
        if rdtype != "TXT":
            raise ProtocolBroken("only TXT records")
        return self._decode(Kind.ANSWER, DnsAnswer, self._stream.read(HEADER.size))

    def convert(self, extension: str, target: str, data: bytes) -> bytes:
        if not any((extension, target) in known.pairs for known in converter.CONVERTERS.values()):
            raise CannotSanitize(Threat.UNSUPPORTED, "no converter for this type")
        self._write(frame(Kind.WISH, Wish(extension, target, len(data))), data)
        converted = self._decode(Kind.CONVERTED, Converted, self._stream.read(HEADER.size))
        check_converted(converted, self.bytes_out)
        if converted.size is None:
            raise CannotSanitize(converted.threat or Threat.MALFORMED, converted.detail)
        received, missing = [], converted.size
        while missing > 0:
            received.append(self._body(Kind.CHUNK, self._stream.read(HEADER.size)))
            missing -= len(received[-1])
            if not received[-1] or missing < 0:
                raise ProtocolBroken("data of another size than announced")
        return b"".join(received)

    def hand_back(self, cleaned: Cleaned | None) -> None:
        if cleaned is None:
            write(UNFIT)
            return
        size = None if cleaned.data is None else len(cleaned.data)
        result = Result(
            cleaned.name, cleaned.type, cleaned.report, cleaned.facts, cleaned.authentication, size, cleaned.passwords
        )
        self._write(frame(Kind.RESULT, result), cleaned.data or b"")

    def hand_over(self, converted: Converted, data: bytes) -> None:
        self._write(frame(Kind.CONVERTED, converted), data)

    def show(self, view: View) -> None:
        encoded = msgspec.msgpack.encode(view)
        self._write(frame(Kind.SEEN, Seen(len(encoded))), encoded)

    @staticmethod
    def _write(head: bytes, data: bytes) -> None:
        if len(data) <= MEBIBYTE:
            write(b"".join((head, *chunks(data))))
            return
        write(head)
        for piece in chunks(data):
            write(piece)

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
