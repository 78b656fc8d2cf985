"""A next hop that answers as the test scripts it, records the dialogue, and can drop a connection at any command."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from tests.servers.ports import free_port

DROP = "drop"  #: as an answer: close without a word

Answer = str | Callable[[str], str]


@dataclass
class NextHop:
    """`answers` by verb (also GREETING and BODY): the reply, or a function of the command line that gives it."""

    answers: dict[str, Answer] = field(default_factory=dict)
    extensions: tuple[str, ...] = ("SIZE 50000000", "8BITMIME", "ENHANCEDSTATUSCODES")
    tls: ssl.SSLContext | None = None
    port: int = field(default_factory=free_port)
    dialogue: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    connections: int = 0
    over_tls: int = 0

    async def __aenter__(self) -> Self:
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, limit=2**26)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.drop_connections()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._server.wait_closed()

    def drop_connections(self) -> None:
        """As a restart of the server does."""
        for writer in list(self._writers):
            writer.close()

    def said(self, verb: str) -> list[str]:
        """The command lines that began with it."""
        return [line for line in self.dialogue if line.upper().startswith(verb)]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._writers.add(writer)
        self.connections += 1
        try:
            if await self._say(writer, self._answer("GREETING", "", "220 hop")):
                while await self._converse(reader, writer):
                    pass
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    def _answer(self, verb: str, line: str, usual: str) -> str:
        answer = self.answers.get(verb, usual)
        return answer(line) if callable(answer) else answer

    async def _say(self, writer: asyncio.StreamWriter, reply: str) -> bool:
        if reply == DROP:
            return False
        writer.write(reply.encode() + b"\r\n")
        await writer.drain()
        return not reply.startswith("421")

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        line = (await reader.readuntil(b"\r\n")).decode().removesuffix("\r\n")
        self.dialogue.append(line)
        verb = line.split(" ")[0].split(":")[0].upper()
        if verb == "EHLO":
            offered = [*self.extensions, *(["STARTTLS"] if self.tls and not self._secure(writer) else [])]
            lines = ["hop", *offered]
            usual = "\r\n".join(f"250{'-' if n < len(lines) - 1 else ' '}{text}" for n, text in enumerate(lines))
            return await self._say(writer, self._answer(verb, line, usual))
        if verb == "STARTTLS" and self.tls:
            await self._say(writer, "220 go")
            await _start_tls(writer, self.tls)
            self.over_tls += 1
            return True
        if verb == "DATA":
            reply = self._answer(verb, line, "354 go")
            return await self._say(writer, reply) and (reply[:3] != "354" or await self._body(reader, writer))
        if verb == "QUIT":
            await self._say(writer, "221 bye")
            return False
        return await self._say(writer, self._answer(verb, line, "250 2.1.0 ok"))

    async def _body(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        body = await reader.readuntil(b"\r\n.\r\n")
        reply = self._answer("BODY", "", "250 2.0.0 taken")
        if reply.startswith("250"):
            self.bodies.append(body[:-3].replace(b"\r\n..", b"\r\n."))
        return await self._say(writer, reply)

    @staticmethod
    def _secure(writer: asyncio.StreamWriter) -> bool:
        return writer.get_extra_info("sslcontext") is not None


async def _start_tls(writer: asyncio.StreamWriter, context: ssl.SSLContext) -> None:
    """`StreamWriter.start_tls`, which in Python 3.11 breaks when the peer leaves during the handshake."""
    protocol: Any = writer.transport.get_protocol()
    loop = asyncio.get_running_loop()
    secured = await loop.start_tls(writer.transport, protocol, context, server_side=True)
    if secured is None:
        raise ConnectionResetError
    writer._transport = secured
    protocol._replace_writer(writer)
