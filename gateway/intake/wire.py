"""One connection's bytes: input kept until it is asked for, replies gathered and written in one go (RFC 2920)."""

import asyncio

from gateway.intake.replies import BARE_ENDING, ENDLESS_LINE, LONG_LINE, HungUp, Refused

HIGH_WATER = 262_144  # octets of input nobody asked for; more than this and the client has to wait
LARGEST_BATCH = 16_384  # octets of replies gathered before they are written in any case
DRAINED_LINE = 65_536  # octets of one over-long command line read away before giving up


class Gone(Exception):
    """The connection is closed, or will take nothing more."""


class Wire:
    """Input and output of one connection; it outlives the change of transport that STARTTLS makes."""

    def __init__(self, loop: asyncio.AbstractEventLoop, command_octets: int) -> None:
        self.transport: asyncio.Transport | None = None
        self.output = bytearray()
        self._loop = loop
        self._command_octets = command_octets
        self._input = bytearray()
        self._drained = 0
        self._ended = False
        self._held_back = False
        self._more: asyncio.Future[None] | None = None
        self._writable: asyncio.Future[None] | None = None

    @property
    def pending(self) -> int:
        """Octets received that nobody has asked for yet."""
        return len(self._input)

    # What the event loop tells

    def received(self, data: bytes) -> None:
        """Take what came in."""
        self._input += data
        if len(self._input) > HIGH_WATER and not self._held_back and self.transport is not None:
            self._held_back = True
            self.transport.pause_reading()
        self._wake()

    def ended(self) -> None:
        """The client will send nothing more."""
        self._ended = True
        self._wake()

    def lost(self) -> None:
        """The connection is gone in both directions."""
        self.transport = None
        self.ended()
        self.writable()

    def unwritable(self) -> None:
        """The client is slow to read."""
        if self._writable is None:
            self._writable = self._loop.create_future()

    def writable(self) -> None:
        """The client has read."""
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None

    def _wake(self) -> None:
        if self._more is not None and not self._more.done():
            self._more.set_result(None)

    # What the session asks for

    async def more(self) -> None:
        """Write what is gathered, then wait until something new comes in."""
        await self.flush()
        if self._ended:
            raise Gone
        if self._held_back and self.transport is not None:
            self._held_back = False
            self.transport.resume_reading()
        self._more = self._loop.create_future()
        await self._more
        self._more = None

    def next_line(self) -> bytes | None:
        """The next command line without its CRLF; None until there is one.

        Lines end with CRLF and nothing else (RFC 5321 section 2.3.8): where two programs could disagree about where
        a line ends, the session ends. An over-long line is read away first: its tail is no command.
        """
        end = self._input.find(b"\n")
        if end < 0:
            self._drain_overlong()
            return None
        line = bytes(self._input[: end + 1])
        del self._input[: end + 1]
        if not line.endswith(b"\r\n") or b"\r" in line[:-2]:
            raise HungUp(BARE_ENDING)
        if self._drained or len(line) > self._command_octets:
            self._drained = 0
            raise Refused(LONG_LINE)
        return line[:-2]

    def _drain_overlong(self) -> None:
        if len(self._input) <= self._command_octets:
            return
        if b"\r" in self._input[:-1]:
            raise HungUp(BARE_ENDING)
        self._drained += len(self._input) - 1
        del self._input[:-1]  # the last octet may be the CR of the line's end
        if self._drained > DRAINED_LINE:
            raise HungUp(ENDLESS_LINE)

    def take(self) -> bytearray:
        """Everything received so far; may be empty."""
        taken, self._input = self._input, bytearray()
        return taken

    def peek(self) -> bytes:
        """Everything received so far, left where it is."""
        return bytes(self._input)

    def put_back(self, rest: bytes) -> None:
        """Return the part of what was taken that belongs to what comes next."""
        self._input[:0] = rest

    def skip(self, octets: int) -> None:
        """Drop the first octets of the input."""
        del self._input[:octets]

    async def flush(self) -> None:
        """Write the gathered replies in one write; wait while the client does not read."""
        transport = self.transport
        if transport is None or transport.is_closing():
            raise Gone
        if self.output:
            batch, self.output = self.output, bytearray()
            transport.write(batch)
        if self._writable is not None:
            await self._writable

    def close(self) -> None:
        """Write what is gathered and close; unread input is dropped."""
        transport = self.transport
        if transport is None or transport.is_closing():
            return
        if self.output:
            batch, self.output = self.output, bytearray()
            transport.write(batch)
        transport.close()

    def abort(self) -> None:
        """Close at once, whatever is still to be written."""
        if self.transport is not None:
            self.transport.abort()
