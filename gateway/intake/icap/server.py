"""The ICAP listener: binds, counts connections, starts a session for each, and lets them finish at the end."""

import asyncio
import logging
import ssl
from contextlib import suppress

from gateway.conveyor import place
from gateway.intake.admission import Admission, covers, parse_networks
from gateway.intake.icap.framing import HEADER_BYTES
from gateway.intake.icap.service import Service
from gateway.intake.icap.session import Keeping, Offer, Session
from gateway.intake.icap.wire import Gone, Wire
from gateway.intake.origin import ClientAddress, plain_address
from gateway.intake.replies import HungUp
from gateway.settings import Icap, Limits

log = logging.getLogger(__name__)

BACKLOG = 256
HANDSHAKE_SECONDS = 10.0
LAST_ANSWER_SECONDS = 2.0
_FORBIDDEN = b"ICAP/1.0 403 Forbidden\r\nConnection: close\r\n\r\n"
_OVERLOADED = b"ICAP/1.0 503 Service overloaded\r\nConnection: close\r\n\r\n"


class IcapServer:
    """The listener of [icap]."""

    def __init__(self, icap: Icap, service: Service, offer: Offer, keeping: Keeping) -> None:
        self.address: tuple[str, int] | None = None  #: host and port once started
        self._icap = icap
        self._service = service
        self._offer = offer
        self._keeping = keeping
        self._allowed = parse_networks(icap.allowed_networks)
        limits = Limits(connections=icap.connections, connections_per_network=icap.connections_per_network)
        self._admission = Admission(limits)
        self._context: ssl.SSLContext | None = None
        self._server: asyncio.Server | None = None
        self._running: dict[asyncio.Task[None], Session | None] = {}

    async def start(self) -> None:
        """Read the certificate and bind; raises OSError or ssl.SSLError."""
        if self._icap.tls_certificate:
            self._context = _context(self._icap)
        self._server = await asyncio.start_server(
            self._connected,
            self._icap.host,
            self._icap.port,
            limit=HEADER_BYTES,
            ssl=self._context,
            ssl_handshake_timeout=HANDSHAKE_SECONDS if self._context else None,
            backlog=BACKLOG,
        )
        host, port = self._server.sockets[0].getsockname()[:2]
        self.address = (host, port)
        log.info("listening listener=icap host=%s port=%d tls=%s", host, port, "on" if self._context else "off")

    def reload_certificates(self) -> None:
        """Read the certificate again; on an error the old one stays and the error is raised."""
        if self._context is not None:
            _context(self._icap)  # a pair that does not fit must not touch the one in use
            self._context.load_cert_chain(self._icap.tls_certificate, self._icap.tls_key)

    async def stop(self, drain_seconds: float) -> None:
        """Take no new connection, end the idle ones, let requests on their way finish for this long."""
        if self._server is not None:
            self._server.close()
        self._admission.closed = True
        await asyncio.sleep(0)  # connections taken just before have their task now
        for task, session in list(self._running.items()):
            if session is None or session.idle:
                task.cancel()
            else:
                session.retiring = True
        if self._running:
            await asyncio.wait(list(self._running), timeout=drain_seconds)
        for task in list(self._running):
            task.cancel()
        if self._running:
            await asyncio.wait(list(self._running), timeout=LAST_ANSWER_SECONDS)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer), name="icap session")
        self._running[task] = None
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        error = None if task.cancelled() else task.exception()
        if error is not None:  # nobody foresaw it: the peer got no answer, so nothing passed
            log.error("icap session failed: %s at %s", type(error).__name__, place(error))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = Wire(reader, writer, self._icap.idle_seconds)
        try:
            await self._admitted(wire, writer)
        except asyncio.CancelledError:
            wire.cut()
            raise
        finally:
            await wire.close()

    async def _admitted(self, wire: Wire, writer: asyncio.StreamWriter) -> None:
        network: int | None = None
        try:
            self._admission.enter()
            peer = plain_address((writer.get_extra_info("peername") or ("",))[0])
            if not covers(self._allowed, peer):
                log.warning("icap client=%s is not in icap.allowed_networks", peer)
                await _say(wire, _FORBIDDEN)
                return
            network = self._admission.enter_network(peer)
            await self._session(wire, writer, peer)
        except HungUp:
            await _say(wire, _OVERLOADED)
        except ValueError:  # a peer that left before it was looked at has no address
            return
        finally:
            if network is not None:
                self._admission.leave_network(network)
            self._admission.leave()

    async def _session(self, wire: Wire, writer: asyncio.StreamWriter, peer: ClientAddress) -> None:
        cipher = writer.get_extra_info("cipher")
        tls = f"{cipher[1]} {cipher[0]}" if cipher else ""
        session = Session(wire, self._service, self._offer, self._keeping, str(peer), tls)
        task = asyncio.current_task()
        if task is not None:
            self._running[task] = session
        await session.run()


async def _say(wire: Wire, answer: bytes) -> None:
    with suppress(Gone):
        await wire.send(answer)


def _context(icap: Icap) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.load_cert_chain(icap.tls_certificate, icap.tls_key)
    return context
