"""The connections to one next hop: reused, bounded in number, closed when idle, and left in peace while it is down."""

import asyncio
import logging
import ssl
import time
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from gateway.delivery.message import Message
from gateway.delivery.session import TLS_FAILED, Hop, HopUnusable, Session, SessionLost, temporary, tls_context
from gateway.model import MailOptions, Recipient, Reply
from gateway.settings import DeliverySettings, TlsPolicy

IDLE_SECONDS = 60.0  # shorter than the five minutes a server must wait (RFC 5321 4.5.3.2.7)
DOWN_SECONDS = 30.0  # how long a hop that cannot be reached is not tried again, whatever is waiting for it
CLEAR_SECONDS = 600.0  # how long an opportunistic hop with broken TLS is spoken to in clear

log = logging.getLogger(__name__)


class Handed(msgspec.Struct, frozen=True):
    """What a hop answered: one reply per recipient, in order."""

    replies: list[Reply]
    notifies: bool  #: it offers DSN and so sends its own notifications (RFC 3461 5.2.2)


class Connections:
    """All connections to one hop. `send` never raises for anything that the hop does."""

    def __init__(self, hop: Hop, local_hostname: str, settings: DeliverySettings) -> None:
        self.hop = hop
        self._local_hostname = local_hostname
        self._seconds = float(settings.timeout_seconds)
        self._down_seconds = min(DOWN_SECONDS, settings.retry_first_seconds)
        self._places = asyncio.Semaphore(settings.connections_per_hop)
        self._idle: deque[Session] = deque()
        self._tls: ssl.SSLContext | None = None
        self._down: Reply | None = None
        self._down_until = 0.0
        self.failing_since: datetime | None = None  #: it did not answer, then and ever since
        self._clear_until = 0.0

    @property
    def down(self) -> bool:
        """Whether it could not be reached just now."""
        return self._down is not None and time.monotonic() < self._down_until

    async def send(
        self, sender: str, options: MailOptions, recipients: Sequence[Recipient], message: Message
    ) -> Handed:
        """One transaction, over a connection that is open already when there is one."""
        async with self._places:
            try:
                return await self._send(sender, options, recipients, message)
            except (HopUnusable, SessionLost) as error:
                return Handed([error.reply] * len(recipients), notifies=False)

    async def _send(
        self, sender: str, options: MailOptions, recipients: Sequence[Recipient], message: Message
    ) -> Handed:
        session = self._idle_session()
        if session:
            try:
                return await self._over(session, sender, options, recipients, message)
            except SessionLost as lost:
                if lost.begun:
                    raise
                log.debug("connection to %s had ended; opening another", self.hop.host)
        session = await self._open()
        return await self._over(session, sender, options, recipients, message)

    async def _over(
        self,
        session: Session,
        sender: str,
        options: MailOptions,
        recipients: Sequence[Recipient],
        message: Message,
    ) -> Handed:
        notifies = session.offers("dsn")
        finished = False
        try:
            replies = await session.send(sender, options, recipients, message)
            finished = True
        finally:
            if not finished:  # lost, or cancelled in the middle: what it would say next belongs to another question
                session.abandon()
        if session.alive:
            session.idle_since = time.monotonic()
            self._idle.append(session)
        return Handed(replies, notifies)

    def _idle_session(self) -> Session | None:
        """The one used last, so that those too many grow old and are closed."""
        while self._idle:
            session = self._idle.pop()
            if session.alive and time.monotonic() - session.idle_since < IDLE_SECONDS:
                return session
            session.abandon()
        return None

    async def _open(self) -> Session:
        if self._down and time.monotonic() < self._down_until:
            raise HopUnusable(self._down)
        try:
            session = await self._connect()
        except HopUnusable as error:
            self._down = error.reply
            self._down_until = time.monotonic() + self._down_seconds
            self.failing_since = self.failing_since or datetime.now(UTC)
            detail = error.reply.private_detail
            log.warning("next hop %s:%d: %s (%s)", self.hop.host, self.hop.port, error.reply.public_text, detail)
            raise
        if self._down:
            self._down = self.failing_since = None
            log.info("next hop %s:%d answers again", self.hop.host, self.hop.port)
        return session

    async def _connect(self) -> Session:
        if self._tls is None:
            self._tls = _context(self.hop)
        in_clear = self.hop.tls is TlsPolicy.OPPORTUNISTIC and time.monotonic() < self._clear_until
        try:
            return await Session.open(self.hop, self._local_hostname, self._seconds, None if in_clear else self._tls)
        except HopUnusable as error:
            if self.hop.tls is not TlsPolicy.OPPORTUNISTIC or error.reply.enhanced != TLS_FAILED:
                raise
        log.warning("next hop %s:%d: TLS failed; going on in clear, as its policy allows", self.hop.host, self.hop.port)
        self._clear_until = time.monotonic() + CLEAR_SECONDS
        return await Session.open(self.hop, self._local_hostname, self._seconds, None)

    async def close_idle(self, *, all_of_them: bool = False) -> None:
        """Say QUIT on connections that were not used for a while."""
        now = time.monotonic()
        while self._idle and (all_of_them or now - self._idle[0].idle_since >= IDLE_SECONDS):
            await self._idle.popleft().close()


def _context(hop: Hop) -> ssl.SSLContext | None:
    try:
        return tls_context(hop)
    except OSError as error:
        reply = temporary(TLS_FAILED, "TLS with the next hop failed", f"ca_file cannot be used: {type(error).__name__}")
        raise HopUnusable(reply) from error
