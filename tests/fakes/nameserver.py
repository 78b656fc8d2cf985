"""A name server on 127.0.0.1 (UDP and TCP) that knows what the test tells it."""

import asyncio
import struct
from typing import Any, Self

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from tests.servers.ports import free_port

LONG_UDP = 512


class NameServer:
    """Records as text: `{"example.com": {"TXT": ['"v=spf1 -all"']}}`; "FAIL" answers SERVFAIL, "SILENT" not at all."""

    def __init__(self, records: dict[str, dict[str, list[str]]]) -> None:
        self.records = records
        self.questions: list[tuple[str, str]] = []
        self.port = free_port()

    @property
    def address(self) -> str:
        """As the settings name it."""
        return f"127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._udp, _ = await loop.create_datagram_endpoint(lambda: _Udp(self), local_addr=("127.0.0.1", self.port))
        self._tcp = await asyncio.start_server(self._over_tcp, "127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._udp.close()
        self._tcp.close()
        await self._tcp.wait_closed()
        await asyncio.sleep(0)

    def answer(self, wire: bytes, *, udp: bool) -> bytes | None:
        """The reply to a query; a long one is cut off over UDP."""
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
        self.questions.append((name, kind))
        known = self.records.get(name)
        if known is not None and "SILENT" in known:
            return None
        response = dns.message.make_response(query)
        if known is None:
            response.set_rcode(dns.rcode.NXDOMAIN)
        elif "FAIL" in known:
            response.set_rcode(dns.rcode.SERVFAIL)
        elif kind in known:
            response.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *known[kind]))
        made = response.to_wire(max_size=65535)
        if udp and len(made) > LONG_UDP:
            response.answer.clear()
            response.flags |= dns.flags.TC
            made = response.to_wire()
        return made

    async def _over_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (length,) = struct.unpack("!H", await reader.readexactly(2))
        made = self.answer(await reader.readexactly(length), udp=False)
        if made is not None:
            writer.write(struct.pack("!H", len(made)) + made)
            await writer.drain()
        writer.close()
        await writer.wait_closed()


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, server: NameServer) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        made = self._server.answer(data, udp=True)
        if made is not None:
            self._transport.sendto(made, addr)
