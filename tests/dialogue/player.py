"""Plays a dialogue against a real Intake on a free port, with a store that only remembers."""

import asyncio
import ssl
import subprocess
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import msgspec

from gateway.intake import smtp
from gateway.intake.smtp import Intake
from gateway.model import Envelope
from gateway.settings import Settings
from gateway.store.errors import StoreFull, StoreUnavailable
from tests.dialogue.script import Script, Step, octets

PATIENCE = 60.0  # seconds for anything to happen; only a broken session takes that long
STOPPING = b"421 4.3.2 Shutting down, try again later\r\n"
BASE: dict[str, Any] = {
    "hostname": "mx.city.example.lg.jp",
    "accepted_domains": ["city.example.lg.jp", "町.example.jp"],
    "routes": [],
    "limits": {"message_bytes": 100_000, "line_octets": 2_000},
    "store": {"minimum_free_bytes": 1_000_000},
}
LISTENER: dict[str, Any] = {
    "name": "internet",
    "segment": "internet",
    "direction": "inbound",
    "host": "127.0.0.1",
    "port": 0,
    "tls": "optional",
}


class Clock:
    """What the gateway takes for the time: that of the event loop, and ahead of it when a dialogue says so."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.ahead = 0.0
        self._real = loop.time
        loop.time = self.time  # type: ignore[method-assign]

    def time(self) -> float:
        return self._real() + self.ahead


class Mail(msgspec.Struct):
    envelope: Envelope
    content: bytes


class MemorySpool:
    """A spool that can be full, and that tells when it is used after it was given up."""

    def __init__(self, room: int | None) -> None:
        self.size = 0
        self.content = bytearray()
        self.discarded = False
        self._room = room

    def write(self, chunk: bytes) -> None:
        assert not self.discarded
        if self._room is not None and self.size + len(chunk) > self._room:
            raise StoreFull("no room")
        self.size += len(chunk)
        self.content += chunk

    def discard(self) -> None:
        self.discarded = True


class MemoryStore:
    """Keeps mails in a list; behaves as the [fake] table of the dialogue says."""

    def __init__(self, fake: dict[str, Any]) -> None:
        self.mails: list[Mail] = []
        self.spools: list[MemorySpool] = []
        self.asked = asyncio.Event()
        self.release = asyncio.Event()
        self._accept = fake.get("accept", "")
        self._free_bytes = fake.get("free_bytes", 10**12)
        self._spool_room = fake.get("spool_room")
        self._items = fake.get("items", 1)

    def spool(self) -> MemorySpool:
        self.spools.append(MemorySpool(self._spool_room))
        return self.spools[-1]

    def free_bytes(self) -> int:
        return self._free_bytes

    async def accept(self, envelope: Envelope, spool: MemorySpool) -> tuple[str, ...]:
        self.asked.set()
        match self._accept:
            case "full":
                raise StoreFull("disk full at /secret/path")
            case "unavailable":
                raise StoreUnavailable("secret detail")
            case "broken":
                raise RuntimeError("secret detail of the mail")
            case "slow":
                await self.release.wait()
        self.mails.append(Mail(envelope, bytes(spool.content)))
        number = len(self.mails)
        return (
            tuple(f"ITEM-{number}{letter}" for letter in "abc"[: self._items])
            if self._items > 1
            else (f"ITEM-{number}",)
        )

    @property
    def unaccounted(self) -> list[MemorySpool]:
        """Spools that were neither kept nor discarded, or both."""
        kept = {id(spool) for spool in self.spools if not spool.discarded}
        return [] if len(kept) == len(self.mails) else self.spools


class Client:
    """The client's end of one connection; `cut` sends every octet by itself."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, cut: bool) -> None:
        self.reader = reader
        self.writer = writer
        self.over = False
        self._cut = cut

    async def send(self, data: bytes) -> None:
        pieces = [data[i : i + 1] for i in range(len(data))] if self._cut else [data]
        with suppress(ConnectionError):  # the server may have hung up; the next step tells whether it should have
            for piece in pieces:
                self.writer.write(piece)
                await self.writer.drain()
                await asyncio.sleep(0)

    async def start_tls(self) -> None:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        await self.writer.start_tls(context)

    async def rest(self) -> bytes:
        with suppress(ConnectionError):
            return await asyncio.wait_for(self.reader.read(), PATIENCE)
        return b""

    async def close(self) -> None:
        self.over = True
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()


class Player:
    """One run of one dialogue."""

    def __init__(self, script: Script, settings: Settings, *, cut: bool) -> None:
        self.script = script
        self.store = MemoryStore(script.settings.get("fake", {}))
        self.intake = Intake(settings, self.store.accept, self.store.free_bytes, self.store.spool)
        self.clients: dict[str, Client] = {}
        self.clock = Clock(asyncio.get_running_loop())
        self._cut = cut
        self._stop: asyncio.Task[None] | None = None

    async def play(self) -> None:
        await self.intake.start()
        try:
            await self._connect("first")
            for step in self.script.steps:
                await self._play(step)
        finally:
            self.store.release.set()
            await (self._stop or self.intake.stop(PATIENCE / 2))
            rests = {name: await client.rest() for name, client in self.clients.items() if not client.over}
            for client in self.clients.values():
                await client.close()
        for name, rest in rests.items():
            assert rest in {b"", STOPPING}, f"{name}: more replies than the dialogue expects: {rest!r}"
        assert not self.store.unaccounted

    async def _connect(self, name: str) -> None:
        _, host, port = self.intake.addresses[0]
        reader, writer = await asyncio.open_connection(host, port)
        self.clients[name] = self.client = Client(reader, writer, cut=self._cut)

    async def _play(self, step: Step) -> None:
        if step.verb == "later":
            self.clock.ahead += float(step.text)
            await asyncio.sleep(4 * smtp.CHECK_SECONDS)  # what follows from it may come now
            return
        try:
            await asyncio.wait_for(self._do(step), PATIENCE)
        except TimeoutError:
            raise AssertionError(f"line {step.line}: nothing happened: {step.verb} {step.text}") from None

    async def _do(self, step: Step) -> None:
        match step.verb:
            case "s:":
                await self._expect(step)
            case "c:":
                await self.client.send(octets(step.text) + b"\r\n")
            case "c~":
                await self.client.send(octets(step.text))
            case "c*":
                count, _, text = step.text.partition(" ")
                await self.client.send(octets(text) * int(count))
            case "closed":
                rest = await self.client.rest()
                assert rest == b"", f"line {step.line}: expected the end, got {rest!r}"
            case "connect":
                await self._connect(step.text)
            case "use":
                self.client = self.clients[step.text]
            case _:
                await self._do_rarely(step)

    async def _do_rarely(self, step: Step) -> None:
        match step.verb:
            case "tls":
                await self.client.start_tls()
            case "hang up":
                await self.client.close()
            case "half close":
                self.client.writer.write_eof()
            case "pause":
                await asyncio.sleep(float(step.text))
            case "stop":
                self._stop = asyncio.get_running_loop().create_task(self.intake.stop(PATIENCE / 2))
                await asyncio.sleep(0.05)
            case "release":
                self.store.release.set()
            case _:
                await self._wait_for(step)

    async def _wait_for(self, step: Step) -> None:
        match step.verb:
            case "keeping":
                await self.store.asked.wait()
            case "read":
                while max(session.data_octets for session in self.intake._sessions) < int(step.text):  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            case "left":
                while len(self.intake._sessions) > len(self.clients) - int(step.text):  # noqa: ASYNC110 - no event
                    await asyncio.sleep(0.01)

    async def _expect(self, step: Step) -> None:
        line = (await self.client.reader.readline()).decode("utf-8", "backslashreplace")
        assert line.endswith("\r\n"), f"line {step.line}: expected {step.text!r}, got {line!r}"
        assert fnmatchcase(line[:-2], step.text), f"line {step.line}: expected {step.text!r}, got {line!r}"


def settings_of(script: Script, certificate: tuple[Path, Path]) -> Settings:
    """The base settings with the dialogue's own on top; `listener.tls_certificate = "here"` names a real one."""
    own = {key: value for key, value in script.settings.items() if key not in {"fake", "listener"}}
    listener = LISTENER | script.settings.get("listener", {})
    if listener.get("tls_certificate") == "here":
        listener |= {"tls_certificate": str(certificate[0]), "tls_key": str(certificate[1])}
    merged = {key: BASE[key] | value if isinstance(BASE.get(key), dict) else value for key, value in own.items()}
    return msgspec.convert(BASE | merged | {"listeners": [listener]}, Settings)


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for mx.city.example.lg.jp."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subject = ["-days", "2", "-subj", "/CN=mx.city.example.lg.jp", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command, *subject], check=True, capture_output=True)
    return certificate, key
