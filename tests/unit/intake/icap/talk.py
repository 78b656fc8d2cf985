"""A running ICAP server on a free port, and a client that says exactly what a test wants."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from gateway.intake.acceptance import FileAcceptance
from gateway.intake.icap.server import IcapServer
from gateway.intake.icap.service import Service
from gateway.intake.icap.session import Keeping, Offer
from gateway.processing.words import ENGLISH, JAPANESE
from gateway.settings import Icap
from sanitizers.rules import Profile, Rules
from tests.fakes.items import settings
from tests.unit.intake.icap.shelf import Result, Shelf

RULES = Rules(profiles={"standard": Profile()})
REQUEST = b"GET http://origin.example/%s HTTP/1.1\r\nHost: origin.example\r\nAccept-Language: en\r\n\r\n"


class Reply(msgspec.Struct, frozen=True):
    """What the server answered."""

    status: int
    head: str
    header: bytes  #: the encapsulated header block
    body: bytes

    def field(self, name: str) -> str:
        """Of the encapsulated header; "" when it is not there."""
        found = re.search(rf"^{name}: (.*)\r$", self.header.decode("latin-1"), re.MULTILINE | re.IGNORECASE)
        return found[1] if found else ""


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def say(self, *pieces: bytes) -> None:
        self.writer.write(b"".join(pieces))
        await self.writer.drain()

    async def reply(self) -> Reply:
        async with asyncio.timeout(60):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            status = int(head.split()[1])
            encapsulated = re.search(r"^Encapsulated: (.*)\r$", head, re.MULTILINE)
            parts = dict(each.strip().split("=") for each in encapsulated[1].split(",")) if encapsulated else {}
            last = next(reversed(parts), "null-body")
            header = await self.reader.readexactly(int(parts.get(last, 0)))
            body = b"" if last == "null-body" else await self._body()
            return Reply(status, head, header, body)

    async def _body(self) -> bytes:
        body = b""
        while size := int(await self.reader.readline(), 16):
            body += await self.reader.readexactly(size)
            assert await self.reader.readexactly(2) == b"\r\n"
        assert await self.reader.readexactly(2) == b"\r\n"
        return body

    async def ended(self) -> bool:
        try:
            async with asyncio.timeout(60):
                return not await self.reader.read(1)
        except ConnectionResetError:  # it closed before it had read all that we said
            return True


class Served:
    """A server with its shelf."""

    def __init__(self, folder: Path, results: Callable[[bytes], Result], icap: Icap, mark: str) -> None:
        self.shelf = Shelf(folder, results)
        self.free = 10**12
        accept = FileAcceptance(self.shelf, RULES, lambda: None)
        threats = {words.language: words.threats for words in (JAPANESE, ENGLISH)}
        plain = settings(contact="情報政策課 <1234>")
        self.service = Service(plain, icap, RULES, self.shelf, accept, mark=mark, threats=threats)
        offer = Offer(
            istag=mark,
            connections=icap.connections,
            options_seconds=60,
            preview_bytes=icap.preview_bytes,
            max_bytes=icap.max_bytes,
            minimum_free_bytes=1_000,
        )
        self.server = IcapServer(icap, self.service, offer, Keeping(self.shelf.spool, lambda: self.free))

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        assert self.server.address is not None
        reader, writer = await asyncio.open_connection(*self.server.address)
        try:
            yield Client(reader, writer)
        finally:
            writer.close()


@asynccontextmanager
async def served(
    folder: Path,
    results: Callable[[bytes], Result] = Result,
    mark: str = "mark-1",
    **changes: object,
) -> AsyncIterator[Served]:
    """A server, running. `changes` are settings of [icap]."""
    plain = Icap(port=0, allowed_networks=("127.0.0.0/8",), owner="proxy@city.example.jp", idle_seconds=60)
    here = Served(folder, results, msgspec.structs.replace(plain, **changes), mark)
    await here.server.start()
    try:
        yield here
    finally:
        await here.server.stop(0.1)


async def until(condition: Callable[[], bool]) -> None:
    """Return when it holds; TimeoutError when it never does."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - nobody would set an event
            await asyncio.sleep(0.01)


def chunked(body: bytes, end: bytes = b"0\r\n\r\n", piece: int = 1_000) -> bytes:
    pieces = (body[at : at + piece] for at in range(0, len(body), piece))
    return b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in pieces) + end


def response(content_type: str = "text/plain", *fields: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}", *fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def respmod(
    header: bytes, body: bytes | None, *fields: str, name: bytes = b"a.txt", request: bytes | None = None
) -> bytes:
    """The head of a RESPMOD with its encapsulated headers; the body is said after it."""
    asked = REQUEST % name if request is None else request
    kind = "null-body" if body is None else "res-body"
    offsets = f"req-hdr=0, res-hdr={len(asked)}, {kind}={len(asked) + len(header)}"
    head = ["RESPMOD icap://localhost/respmod ICAP/1.0", "Host: localhost", f"Encapsulated: {offsets}", *fields]
    return ("\r\n".join(head) + "\r\n\r\n").encode() + asked + header


def reqmod(header: bytes, body: bytes | None, *fields: str) -> bytes:
    kind = "null-body" if body is None else "req-body"
    offsets = f"req-hdr=0, {kind}={len(header)}"
    head = ["REQMOD icap://localhost/reqmod ICAP/1.0", "Host: localhost", f"Encapsulated: {offsets}", *fields]
    return ("\r\n".join(head) + "\r\n\r\n").encode() + header
