"""One SMTP connection on aiosmtpd's session class: admission, command loop, deadlines, and how it ends.

aiosmtpd gives the shape (a stream protocol whose commands are `smtp_*` methods, the hook `handle_exception`, the PROXY
parser). Its constructor, command loop, time-outs and STARTTLS are replaced: they cost more than a whole session may
(reflection for each connection, a timer for each command), read lines that end with a bare LF, and time out sessions
that make progress.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from enum import Enum
from typing import Any, cast

from aiosmtpd.smtp import SMTP

from gateway.intake.admission import covers
from gateway.intake.gate import Gate
from gateway.intake.origin import ClientAddress, plain_address, proxied_address, proxy_header_length
from gateway.intake.replies import (
    FAILED,
    INTERNAL,
    NO_PROXY_HEADER,
    NOT_ALLOWED,
    STOPPING,
    TIMED_OUT,
    TOO_MANY_ERRORS,
    TOO_SLOW,
    HungUp,
    Refused,
)
from gateway.intake.wire import LARGEST_BATCH, Gone, Wire

log = logging.getLogger(__name__)

CLOSING_SECONDS = 5.0  # to take the last reply; then the connection is cut
PROXY_HEADER_SECONDS = 10.0


class Phase(Enum):
    """What the session is doing; deadlines and the stop of the gateway treat them differently."""

    GREETING = "greeting"
    COMMANDS = "commands"
    DATA = "data"  # between 354 and the end of data
    ACCEPTING = "accepting"  # the store has the mail


class Sessions(set["Connection"]):
    """The sessions that are not over; `empty` is set while there is none."""

    def __init__(self) -> None:
        super().__init__()
        self.empty = asyncio.Event()
        self.empty.set()

    def begin(self, session: "Connection") -> None:
        """A client came."""
        self.add(session)
        self.empty.clear()

    def end(self, session: "Connection") -> None:
        """A client left."""
        self.discard(session)
        if not self:
            self.empty.set()


class Connection(SMTP):
    """The transport side of a session; the verbs are in `SmtpSession`."""

    def __init__(self, gate: Gate, sessions: Sessions, loop: asyncio.AbstractEventLoop) -> None:
        # SMTP.__init__ is not called: it only prepares what is replaced here.
        self.gate = gate
        self.loop = loop
        self.wire = Wire(loop, gate.limits.command_octets)
        self.phase = Phase.GREETING
        self.peer: ClientAddress | None = None
        self.client: ClientAddress | None = None
        self.tls = ""
        self.commands = 0
        self.errors = 0
        self.data_octets = 0  # of the message being read
        self.desynchronised = False  # inside a message body, whose rest must not be read as commands
        self._sessions = sessions
        self._step: Callable[[], Coroutine[Any, Any, None]] = self._greet
        self._started = self._progress = loop.time()
        self._window = (0.0, 0)  # start and octets of the current window of the DATA rate
        self._network: int | None = None
        self._entered = False
        self._closing_since: float | None = None
        self._lost = False
        self._ending = "client left"
        self._last_error = "-"

    # What the event loop tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the session."""
        self.wire.transport = cast(asyncio.Transport, transport)
        self._sessions.begin(self)
        self._handler_coroutine = self.loop.create_task(self._handle_client())

    def data_received(self, data: bytes) -> None:
        """Input; any counts as progress."""
        self._progress = self.loop.time()
        self.wire.received(data)

    def eof_received(self) -> bool:
        """Half-closed: replies to what was sent can still go out, but not over TLS."""
        self.wire.ended()
        return not self.tls

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002
        """Never cancels the session: a mail that the store has may still be kept, and its outcome is logged."""
        self._lost = True
        self.wire.lost()
        self._leave_when_over()

    def pause_writing(self) -> None:
        """The client does not read."""
        self.wire.unwritable()

    def resume_writing(self) -> None:
        """The client reads again."""
        self.wire.writable()

    # The session

    async def _handle_client(self) -> None:
        try:
            while True:
                await self._guarded_step()
        except HungUp as end:
            self.say(end.reply)
            self._ending = end.reply[:9].decode()
        except Gone:
            pass
        finally:
            self._close()
            self._log_end()
            self._handler_coroutine = None
            self._leave_when_over()

    async def _guarded_step(self) -> None:
        try:
            await self._step()
        except (HungUp, Gone):
            raise
        except Refused as refusal:
            self.say(refusal.reply)
        except Exception as error:  # the framework's hook for what nobody foresaw: answer 451, go on
            self.say((await self.handle_exception(error)).encode())
            if self.desynchronised:
                raise HungUp(INTERNAL) from error
        if self.errors > self.gate.limits.errors:
            raise HungUp(TOO_MANY_ERRORS)
        if len(self.wire.output) > LARGEST_BATCH:
            await self.wire.flush()

    async def handle_exception(self, error: Exception) -> str:
        """Tell the client nothing, and the log what kind of error it was, never its text: it may quote the mail."""
        name = type(error).__name__
        log.error("failure listener=%s client=%s error=%s", self.gate.listener.name, self.client, name)
        return "" if self.desynchronised else FAILED.decode()

    async def _serve_command(self) -> None:
        line = self.wire.next_line()
        if line is None:
            await self.wire.more()
        else:
            await self.command(line)

    async def command(self, line: bytes) -> None:
        """Carry out one command line."""
        raise NotImplementedError

    def say(self, reply: bytes) -> None:
        """Add a reply to the batch; 5yz counts as an error of the client."""
        self.wire.output += reply
        if reply[:1] == b"5":
            self.errors += 1
            self._last_error = reply[:9].decode()

    @property
    def banner(self) -> bytes:
        """The greeting, also after XCLIENT."""
        return f"220 {self.gate.hostname} ESMTP\r\n".encode()

    async def _greet(self) -> None:
        self._entered = True
        self.gate.admission.enter()
        transport = self.wire.transport
        peername = transport.get_extra_info("peername") if transport else None
        if not peername:
            raise Gone
        self.peer = self.client = plain_address(peername[0])
        if covers(self.gate.trusted_proxies, self.peer):
            await self._read_proxy_header()
        if not covers(self.gate.trusted_xclient, self.peer):
            self.admit_client()
        self.say(self.banner)
        self.phase = Phase.COMMANDS
        self._step = self._serve_command

    async def _read_proxy_header(self) -> None:
        # The header may have come before this session was first run: look before waiting.
        while (length := proxy_header_length(self.wire.peek())) is None:
            await self.wire.more()
        while self.wire.pending < length:
            await self.wire.more()
        header = self.wire.peek()[:length]
        self.wire.skip(length)
        self.client = await proxied_address(header) or self.peer

    def admit_client(self) -> None:
        """Hold the client, as now known, against the listener's networks and the connections from its own."""
        if not self.gate.allows(self.client):
            raise HungUp(NOT_ALLOWED)
        self._leave_network()
        if self.client is not None:
            self._network = self.gate.admission.enter_network(self.client)

    # Deadlines and endings

    def begin_data(self) -> None:
        """The message begins; its rate is measured from here."""
        self.phase = Phase.DATA
        self.desynchronised = True
        self.data_octets = 0
        self._window = (self.loop.time(), 0)

    def check(self, now: float) -> None:
        """Called every so often for every session, instead of a timer for each."""
        limits = self.gate.limits
        if self._closing_since is not None:
            if now - self._closing_since > CLOSING_SECONDS:
                self._cut()
        elif now - self._started > limits.session_seconds or now - self._progress > limits.idle_seconds:
            self.dismiss(TIMED_OUT)
        elif self.phase is Phase.GREETING and now - self._started > PROXY_HEADER_SECONDS:
            self.dismiss(NO_PROXY_HEADER)
        elif self.phase is Phase.DATA:
            self._check_rate(now)

    def _check_rate(self, now: float) -> None:
        began, octets = self._window
        limits = self.gate.limits
        if now - began < limits.data_rate_window_seconds:
            return
        if self.data_octets - octets < limits.data_bytes_per_second * (now - began):
            self.dismiss(TOO_SLOW)
        self._window = (now, self.data_octets)

    def retire(self) -> None:
        """The gateway stops: leave, unless a message is on its way."""
        if self.phase in {Phase.GREETING, Phase.COMMANDS}:
            self.dismiss(STOPPING)

    def dismiss(self, reply: bytes) -> None:
        """End the session from outside, whatever it waits for; what the store already has is not taken back."""
        if self._closing_since is None:
            self.wire.output += reply
            self._ending = reply[:9].decode()
            self._close()

    def _close(self) -> None:
        if self._closing_since is None:
            self._closing_since = self.loop.time()
        self.wire.close()

    def cut_short(self) -> asyncio.Task[None] | None:
        """End at once; returns the session's task, cancelled, if it still runs."""
        task = self._handler_coroutine
        self._cut()
        if task is not None:
            task.cancel()
        return task

    def _cut(self) -> None:
        """The client does not take the last reply, or the transport never said that it is gone."""
        self.wire.abort()
        self._lost = True
        self.wire.lost()
        self._leave_when_over()

    def _leave_when_over(self) -> None:
        if not self._lost or self._handler_coroutine is not None or self not in self._sessions:
            return
        self._sessions.end(self)
        self._leave_network()
        if self._entered:
            self.gate.admission.leave()

    def _leave_network(self) -> None:
        if self._network is not None:
            self.gate.admission.leave_network(self._network)
            self._network = None

    def _log_end(self) -> None:
        log.info(
            "session listener=%s client=%s tls=%s commands=%d errors=%d last_error=%s seconds=%.3f end=%s",
            self.gate.listener.name,
            self.client,
            self.tls.replace(" ", "/") or "-",
            self.commands,
            self.errors,
            self._last_error.replace(" ", "/"),
            self.loop.time() - self._started,
            self._ending.replace(" ", "/"),
        )
