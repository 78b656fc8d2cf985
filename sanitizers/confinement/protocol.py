"""The frames on the pipe between the gateway and a child: five octets of length and kind, then a body."""

import re
import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import Literal, TypeAlias, TypeVar

import msgspec

from sanitizers.budget import MEBIBYTE
from sanitizers.confinement.converter import Conversion
from sanitizers.confinement.enclosures import Missing
from sanitizers.model import AuthenticationResult, DnsAnswer, MailFacts, Report, Threat
from sanitizers.rules import Task
from sanitizers.views import ViewWish

HEADER = struct.Struct(">IB")  #: length of the body, kind
CHUNK_BYTES = MEBIBYTE
QUESTIONS = 16  #: to the DNS, for one item: five signatures, the policies of a domain and of its parents
DNS_NAME = re.compile(
    r"(?=[^\n]{1,253}\Z)(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.){1,40}[A-Za-z0-9-]{2,63}\Z"
)


class Kind(IntEnum):
    """What a frame is. A large body goes in CHUNKs; an empty CHUNK ends the original."""

    READY = 1  # child: the walls are up; which could not be raised
    ORDER = 2  # parent: a Task; the original follows in chunks
    CHUNK = 3  # both
    QUESTION = 4  # child: what it needs of the DNS
    ANSWER = 5  # parent
    RESULT = 6  # child: all but the data, which follows in chunks
    UNFIT = 7  # child: this item needs a child of its own; nothing of it was opened but the mail around it
    CONVERT = 8  # parent, to a converter's child: a Convert; the document follows in chunks
    CONVERTED = 9  # converter's child, and parent to a reader that wished it: all but the data, which follows in chunks
    WISH = 10  # reader: a Wish; the document follows in chunks
    LOOK = 11  # parent: a Look; the clean version and the original follow in chunks
    SEEN = 12  # child: a Seen; the view follows in chunks


FROM_CHILD = {
    Kind.READY: 4_096,
    Kind.CHUNK: CHUNK_BYTES,
    Kind.QUESTION: 1_024,
    Kind.RESULT: 16 * MEBIBYTE,
    Kind.UNFIT: 0,
    Kind.CONVERTED: 4_096,
    Kind.WISH: 1_024,
    Kind.SEEN: 64,
}
FROM_PARENT = {
    Kind.CONVERT: 1_024,
    Kind.ORDER: MEBIBYTE,
    Kind.LOOK: MEBIBYTE,
    Kind.CHUNK: CHUNK_BYTES,
    Kind.ANSWER: 256 * 1024,
    Kind.CONVERTED: 4_096,
}


class ProtocolBroken(Exception):
    """The other side said something that it never says. The text is ours and safe to log."""


class Ready(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The first word of a child, before it has read an untrusted byte."""

    missing: tuple[Missing, ...]  #: walls that could not be raised


class Question(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a child may ask."""

    name: str
    rdtype: Literal["TXT"]


class Result(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """`Cleaned` without its data."""

    name: str
    type: str
    report: Report
    facts: MailFacts | None
    authentication: tuple[AuthenticationResult, ...]
    size: int | None  #: bytes of data that follow; None: nothing may go on
    passwords: tuple[str, ...] = ()


class Wish(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A reader asks for a document to be converted."""

    extension: str
    target: str
    size: int  #: bytes of the document that follow


class Convert(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """An order to a converter's child."""

    conversion: Conversion
    seconds: int
    bytes_out: int


class Converted(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What came of it."""

    size: int | None  #: bytes of data that follow; None: refused
    threat: Threat | None  #: why, then
    detail: str


class Look(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """An order to show something of an item."""

    task: Task
    wish: ViewWish
    clean_size: int  #: bytes of the clean version, which come before those of the original


class Seen(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What came of it."""

    size: int  #: bytes of the view that follow


Message: TypeAlias = Ready | Task | Question | DnsAnswer | Result | Convert | Converted | Wish | Look | Seen
Body = TypeVar("Body", Ready, Task, Question, DnsAnswer, Result, Convert, Converted, Wish, Look, Seen)

_encoder = msgspec.msgpack.Encoder()
_decoders: dict[type, msgspec.msgpack.Decoder[object]] = {
    body: msgspec.msgpack.Decoder(body)
    for body in (Ready, Task, Question, DnsAnswer, Result, Convert, Converted, Wish, Look, Seen)
}


def frame(kind: Kind, body: Message) -> bytes:
    """One whole frame."""
    encoded = _encoder.encode(body)
    return HEADER.pack(len(encoded), kind) + encoded


def decode(wanted: type[Body], encoded: bytes) -> Body:
    """Strictly typed."""
    try:
        decoded = _decoders[wanted].decode(encoded)
    except (msgspec.MsgspecError, RecursionError, ValueError, OverflowError) as error:
        raise ProtocolBroken(f"not a {wanted.__name__}") from error
    if not isinstance(decoded, wanted):
        raise ProtocolBroken(f"not a {wanted.__name__}")
    return decoded


def check_header(header: bytes | bytearray, at: int, allowed: dict[Kind, int]) -> tuple[Kind, int]:
    """Kind and length of the frame that begins at `at`, before any of its body is read."""
    length, number = HEADER.unpack_from(header, at)
    try:
        kind = Kind(number)
    except ValueError:
        raise ProtocolBroken("unknown kind of frame") from None
    if kind not in allowed or length > allowed[kind]:
        raise ProtocolBroken(f"{kind.name} frame not allowed or too long")
    return kind, length


class FrameReader:
    """Cuts what arrives into frames; holds no more than one unfinished frame."""

    def __init__(self, allowed: dict[Kind, int]) -> None:
        self._allowed = allowed
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[tuple[Kind, bytes]]:
        """The frames that are complete now; raises ProtocolBroken."""
        buffer = self._buffer
        buffer += data
        frames = []
        at = 0
        while len(buffer) - at >= HEADER.size:
            kind, length = check_header(buffer, at, self._allowed)
            start = at + HEADER.size
            if len(buffer) - start < length:
                break
            at = start + length
            with memoryview(buffer) as view:
                frames.append((kind, bytes(view[start:at])))
        del buffer[:at]
        return frames


def chunks(data: bytes) -> Iterator[bytes]:
    """`data` as CHUNK frames, header and body by turns; nothing for no data."""
    for start in range(0, len(data), CHUNK_BYTES):
        body = data if len(data) <= CHUNK_BYTES else data[start : start + CHUNK_BYTES]
        yield HEADER.pack(len(body), Kind.CHUNK)
        yield body


END_OF_ORIGINAL = HEADER.pack(0, Kind.CHUNK)
UNFIT = HEADER.pack(0, Kind.UNFIT)
