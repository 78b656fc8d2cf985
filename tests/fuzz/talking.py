"""What a child that was taken over may say on its pipe, heard by the parent's own code: an item, and a document."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import cast

from sanitizers import engine
from sanitizers.confinement.conversions import Document
from sanitizers.confinement.converter import Conversion
from sanitizers.confinement.enclosures import CONVERTER, Missing, Wall
from sanitizers.confinement.order import Order, Unfit
from sanitizers.confinement.process import Child
from sanitizers.confinement.protocol import (
    CHUNK_BYTES,
    UNFIT,
    Converted,
    Kind,
    ProtocolBroken,
    Question,
    Ready,
    Result,
    Wish,
    chunks,
    frame,
)
from sanitizers.confinement.scratch import Scratch
from sanitizers.confinement.wire import ChildGone, Wire
from sanitizers.model import CannotSanitize, Cleaned, DnsAnswer, Threat
from sanitizers.rules import Budget
from tests.fuzz.cleaning import SENDER, no_dns, task
from tests.fuzz.mails import sober

ORIGINAL = sober(b"hello\n")
ORDER = task(sender=SENDER)
CONVERSION = Conversion("libreoffice", "doc", "docx")
BUDGET = Budget(bytes_out=3_000)
LOOP = asyncio.new_event_loop()
HONEST_ENDS = (ProtocolBroken, ChildGone, CannotSanitize, Unfit)


class _NoPipe(asyncio.Transport):
    """Takes whatever is written."""

    def write(self, data: object) -> None:
        """Nobody reads it."""

    def abort(self) -> None:
        """Nothing is open."""

    def pause_reading(self) -> None:
        """All is said already."""

    def resume_reading(self) -> None:
        """As above."""


class _Said(Wire):
    """Says one more piece whenever it is listened to, then ends."""

    def __init__(self, words: bytes, piece: int) -> None:
        super().__init__()
        self._pieces = iter([words[at : at + piece] for at in range(0, len(words), piece)])
        self.connection_made(_NoPipe())

    async def receive(self) -> tuple[Kind, bytes]:
        """See `Wire.receive`."""
        while not self.inbox and not self.gone:
            piece = next(self._pieces, None)
            if piece is None:
                self.connection_lost(None)
            else:
                self.data_received(piece)
        return await super().receive()


class _Talker:
    """A child as the parent sees it."""

    pid = 1

    def __init__(self, words: bytes, piece: int) -> None:
        self.wire = _Said(words, piece)

    def begin_item(self) -> None:
        """Nothing to forget."""


async def _dns(name: str, _rdtype: str) -> DnsAnswer:
    assert name.isascii()
    assert len(name) <= 253
    return DnsAnswer("absent")


def talk(data: bytes) -> None:
    """The first byte chooses who listens, the second cuts what is said into pieces."""
    if len(data) < 2:
        return
    talker = cast("Child", _Talker(data[2:], data[1] * 16 + 1))
    with suppress(*HONEST_ENDS):
        if data[0] % 2:
            converted = LOOP.run_until_complete(_document().convert_in(talker))
            assert 0 < len(converted) <= BUDGET.bytes_out
        else:
            believed(LOOP.run_until_complete(Order(ORDER, ORIGINAL, _dns).clean_in(talker)))


def believed(cleaned: Cleaned) -> None:
    """What was let through fits together."""
    item = cleaned.report.parts[0]
    assert (cleaned.data is None) is (item.sha256_out == "")
    assert len(cleaned.data or b"") == item.size_out
    assert item.size_in == len(ORIGINAL)


def _document() -> Document:
    return Document(CONVERSION, b"x", BUDGET, cast("Scratch", None), CONVERTER)


def talk_seeds() -> Iterable[bytes]:
    """Every kind of frame: honest ones alone and in a row, then some that break a rule each."""
    cleaned = engine.clean(ORDER, ORIGINAL, no_dns)
    assert cleaned is not None
    assert cleaned.data is not None
    size = len(cleaned.data)
    said = Result(cleaned.name, cleaned.type, cleaned.report, cleaned.facts, cleaned.authentication, size)
    result = frame(Kind.RESULT, said) + b"".join(chunks(cleaned.data))
    question = frame(Kind.QUESTION, Question("a._domainkey.example.jp", "TXT"))
    converted = frame(Kind.CONVERTED, Converted(3, None, "")) + b"".join(chunks(b"abc"))
    refused = frame(Kind.CONVERTED, Converted(None, Threat.ENCRYPTED, "a password is asked for"))
    both = frame(Kind.CONVERTED, Converted(3, Threat.ENCRYPTED, "")) + b"".join(chunks(b"abc"))
    neither = frame(Kind.CONVERTED, Converted(None, None, ""))
    too_much = frame(Kind.CONVERTED, Converted(BUDGET.bytes_out + 1, None, ""))
    ready = frame(Kind.READY, Ready((Missing(Wall.FILES, "an old kernel"),)))
    wish = frame(Kind.WISH, Wish("rtf", "docx", 3)) + b"".join(chunks(b"abc"))
    unlisted = frame(Kind.WISH, Wish("exe", "docx", 3)) + b"".join(chunks(b"abc"))
    assert size <= CHUNK_BYTES
    for words in (
        result,
        question + result,
        question * 17,
        UNFIT,
        UNFIT + result,
        ready + result,
        result + result,
        wish + result,
        wish * 20 + result,
        unlisted,
    ):
        yield b"\0\xff" + words
    for words in (converted, refused, both, neither, too_much, converted + UNFIT, result, ready):
        yield b"\1\xff" + words
