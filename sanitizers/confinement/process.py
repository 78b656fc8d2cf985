"""One child as the gateway sees it: its pipe, its note, its complaints, and how it ended."""

import asyncio
import builtins
import os
import re
import signal
import time
from collections.abc import Callable
from contextlib import suppress

import msgspec

from sanitizers.confinement.note import Note, Place
from sanitizers.confinement.wire import Wire

COMPLAINT_BYTES = 65_536  #: of standard error, as much as a pipe holds
END_SECONDS = 20.0  #: after which a fork server that says nothing of a killed child is taken to hang
EXCEPTION_NAME = re.compile(r"[A-Z]\w*(?=:|\Z)")


class Ending(msgspec.Struct, frozen=True):
    """How a child ended."""

    exit_status: int | None  #: None: by a signal, or unknown since the fork server went with it
    signal: int | None
    complaint: str  #: the built-in exception it died of, if it said one; other words of its own may quote a mail
    place: Place  #: the part it was at

    @property
    def unknown(self) -> bool:
        """Its fork server went with it, so what it died of says nothing about its item."""
        return self.exit_status is None and self.signal is None

    @property
    def words(self) -> str:
        """For the log."""
        if self.signal is not None:
            return signal_name(self.signal)
        how = "with its fork server" if self.unknown else f"exit status {self.exit_status}"
        return f"{how} {self.complaint}".rstrip()


class Child:
    """Made by `ForkServer.bear`; ended by `end`, which may be called again."""

    def __init__(self, serial: int, complaints: int, give_up: Callable[[], None]) -> None:
        """`give_up` ends the fork server, and with it every child of it."""
        self.serial = serial
        self.wire = Wire()
        self.items = 0  #: begun
        self.started = time.monotonic()
        self.pid = 0  #: once born
        self.last_line = ""  #: of its complaints, when it ended before it was given anything untrusted
        self.note = Note()
        self._pidfd = -1
        self._complaints = complaints
        self._give_up = give_up
        self._killed = False
        self._ending: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()

    @property
    def idle(self) -> bool:
        """Alive, and has said nothing unasked."""
        return not self.wire.gone and not self.wire.inbox

    def begin_item(self) -> None:
        """From here on what it says may quote a mail."""
        self.items += 1
        self.note.wipe()

    def born(self, pid: int, pidfd: int) -> None:
        """The fork server has forked it."""
        self.pid, self._pidfd = pid, pidfd
        if self._killed:
            self.kill()

    def ended(self, status: int | None) -> None:
        """The fork server has waited for it, or is gone itself (None)."""
        words = self._last_words()
        if not self.items:
            self.last_line = words.strip().rpartition("\n")[2][:300]
        self._ending.set_result(_ending(status, words, self.note.read()))
        self.note.close()
        self.wire.close()
        os.close(self._complaints)
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1

    def kill(self) -> None:
        """At once; the fork server ends what is left of its process group."""
        self._killed = True
        self.wire.close()
        if self._pidfd >= 0:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    async def end(self) -> Ending:
        """Kill it and wait until it is gone."""
        self.kill()
        try:
            async with asyncio.timeout(END_SECONDS):
                return await asyncio.shield(self._ending)
        except TimeoutError:
            self._give_up()
        return await asyncio.shield(self._ending)

    def _last_words(self) -> str:
        try:
            return os.read(self._complaints, COMPLAINT_BYTES).decode("utf-8", "replace")
        except BlockingIOError:
            return ""


def signal_name(number: int) -> str:
    """SIGSEGV for 11."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _ending(status: int | None, words: str, place: Place) -> Ending:
    name = EXCEPTION_NAME.match(words.strip().rpartition("\n")[2])
    complaint = name[0] if name and _is_exception(name[0]) else ""
    if status is None:
        return Ending(None, None, complaint, place)
    code = os.waitstatus_to_exitcode(status)
    return Ending(None, -code, complaint, place) if code < 0 else Ending(code, None, complaint, place)


def _is_exception(name: str) -> bool:
    found = getattr(builtins, name, None)
    return isinstance(found, type) and issubclass(found, BaseException)
