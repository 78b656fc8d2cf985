"""The SMTP intake: binds the listeners, runs a session for each client, and lets them finish when the gateway stops."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from gateway.intake.admission import Admission
from gateway.intake.certificates import Certificates
from gateway.intake.connection import Sessions
from gateway.intake.gate import Accept, Gate, Keeping
from gateway.intake.replies import STOPPING
from gateway.intake.session import SmtpSession
from gateway.settings import Settings
from gateway.store.blobs import Spool

log = logging.getLogger(__name__)

CHECK_SECONDS = 0.5  # between two looks at the deadlines of all sessions
BACKLOG = 1_024
LAST_REPLY_SECONDS = 2.0


class Intake:
    """All SMTP listeners. A mail is kept when `accept` returns; the spool it was given is then the store's.

    `free_bytes` tells the room left for originals; `spool` opens a place for the bytes of one mail.
    """

    def __init__(
        self, settings: Settings, accept: Accept, free_bytes: Callable[[], int], spool: Callable[[], Spool]
    ) -> None:
        self.addresses: list[tuple[str, str, int]] = []  #: name, host and port of each listener once started
        self._certificates = Certificates(settings.listeners)
        self._admission = Admission(settings.limits)
        keeping = Keeping(accept, spool, free_bytes)
        self._gates = [
            Gate.of(listener, settings, self._admission, self._certificates, keeping) for listener in settings.listeners
        ]
        self._servers: list[asyncio.Server] = []
        self._sessions = Sessions()
        self._watch: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Read the certificates and bind every listener; raises OSError, ssl.SSLError or CertificateMissing."""
        self._certificates.load()
        loop = asyncio.get_running_loop()
        try:
            for gate in self._gates:
                await self._listen(loop, gate)
        except OSError:
            self._stop_listening()
            raise
        self._watch = loop.call_later(CHECK_SECONDS, self._check_sessions, loop)

    async def _listen(self, loop: asyncio.AbstractEventLoop, gate: Gate) -> None:
        def session() -> SmtpSession:
            return SmtpSession(gate, self._sessions, loop)

        listener = gate.listener
        server = await loop.create_server(session, listener.host, listener.port, backlog=BACKLOG)
        self._servers.append(server)
        for bound in server.sockets:
            host, port = bound.getsockname()[:2]
            self.addresses.append((listener.name, host, port))
            log.info("listening listener=%s host=%s port=%d", listener.name, host, port)

    def reload_certificates(self) -> None:
        """Read the certificate files again; on an error the old ones stay and the error is raised."""
        self._certificates.load()

    async def stop(self, drain_seconds: float) -> None:
        """Take no new connection, send the idle away, and let messages on their way finish for this long."""
        self._admission.closed = True
        self._stop_listening()
        await asyncio.sleep(0)  # connections taken just before have their session now
        for session in list(self._sessions):
            session.retire()
        await self._wait_for_sessions(drain_seconds)
        for session in list(self._sessions):
            session.dismiss(STOPPING)
        await self._wait_for_sessions(LAST_REPLY_SECONDS)
        if self._watch is not None:
            self._watch.cancel()
        await self._cut_sessions()

    def _stop_listening(self) -> None:
        for server in self._servers:
            server.close()
        self._servers.clear()

    async def _wait_for_sessions(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._sessions.empty.wait(), seconds)

    async def _cut_sessions(self) -> None:
        tasks = [session.cut_short() for session in list(self._sessions)]
        await asyncio.gather(*(task for task in tasks if task is not None), return_exceptions=True)

    def _check_sessions(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for session in list(self._sessions):
            session.check(now)
        self._watch = loop.call_later(CHECK_SECONDS, self._check_sessions, loop)
