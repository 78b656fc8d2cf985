"""The gateway's side of the fork server: starts it, has children born, hears how they ended."""

import asyncio
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from sanitizers.confinement.births import PACKET_BYTES, Birth, Born, Ended, Failed, Ready, packed, read_answer
from sanitizers.confinement.enclosures import Missing, Wall
from sanitizers.confinement.process import Child
from sanitizers.confinement.protocol import Kind, ProtocolBroken, decode
from sanitizers.confinement.protocol import Ready as ChildReady
from sanitizers.confinement.wire import ChildGone

log = logging.getLogger(__name__)

SERVER_COMMAND = (sys.executable, "-s", "-P", "-m", "sanitizers.confinement.forkserver")
BIRTH_SECONDS = 20.0
COMPLAINT_BYTES = 65_536
PACKETS_AT_ONCE = 100


class CannotStart(Exception):
    """A process does not come up; says why in one line."""


class WallMissing(CannotStart):
    """A wall cannot be raised on this host and no setting accepts that."""


class Order(msgspec.Struct, frozen=True):
    """What child is wanted."""

    enclosure: str
    memory: int  #: address space, bytes
    cpu_seconds: int
    file_bytes: int = 0
    scratch: str = ""


class Ends(msgspec.Struct, frozen=True):
    """Of what a process is spoken to and complains through: ours to keep, theirs to hand over."""

    ours: socket.socket
    theirs: socket.socket
    complaints: int
    their_complaints: int


class ForkServer:
    """One fork server process; made by `start`. When it goes, its children go."""

    def __init__(self, process: "subprocess.Popen[bytes]", control: socket.socket, complaints: int) -> None:
        self.gone = False
        self.children: dict[int, Child] = {}  #: by serial; in it until the process has ended
        self.missing: frozenset[Missing] = frozenset()  #: walls that a child could not raise, and that are accepted
        self._process = process
        self._control = control
        self._complaints = complaints
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._births: dict[int, asyncio.Future[None]] = {}
        self._serial = 0

    @classmethod
    async def start(cls, user: str, workshop: str, seconds: float, folder: str = "") -> "ForkServer":
        """A fork server that has loaded everything; raises CannotStart.

        With a `folder`, for its temporary files, it is itself no more than `user`, from before it loads the workshop.
        """
        with _ends(socket.SOCK_SEQPACKET) as ends:
            number = str(ends.theirs.fileno())
            command = (*SERVER_COMMAND, number, str(os.getpid()), user, workshop, folder)
            process = _spawn(command, ends.theirs, ends.their_complaints)
        ends.ours.setblocking(False)
        server = cls(process, ends.ours, ends.complaints)
        asyncio.get_running_loop().add_reader(ends.ours, server._hear)
        try:
            await server._await_ready(seconds)
        except BaseException:
            await server.stop()
            raise
        return server

    @property
    def has_living(self) -> bool:
        """Whether any of its children has not been told to end."""
        return any(not child.wire.gone for child in self.children.values())

    async def bear(self, order: Order, accepted: frozenset[Wall]) -> Child:
        """A child whose walls stand; raises CannotStart."""
        child, ours = self._ask_for(order)
        self.children[child.serial] = child
        birth = self._births[child.serial] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(BIRTH_SECONDS):
                await asyncio.get_running_loop().create_unix_connection(lambda: child.wire, sock=ours)
                await birth
                await self._check_walls(child, accepted)
        except BaseException as failure:
            child.kill()
            if isinstance(failure, TimeoutError):
                self._process.kill()  # it forks no more, or its children hang at birth
                raise CannotStart(f"a child gave no sign of life within {BIRTH_SECONDS:g} seconds") from None
            raise
        finally:
            self._births.pop(child.serial, None)
        return child

    async def stop(self) -> None:
        """Ends it and every child."""
        for child in self.children.values():
            child.kill()
        if self._process.poll() is None:
            self._process.kill()
        try:
            await self._waited_for()
        finally:  # who is cancelled here leaves nothing open
            self._lost()
            if self._complaints >= 0:
                os.close(self._complaints)
                self._complaints = -1

    async def _waited_for(self) -> None:
        """It has ended; when this is cancelled it is still waited for, lest it stay behind as a zombie."""
        await asyncio.shield(asyncio.get_running_loop().run_in_executor(None, self._process.wait))

    def _ask_for(self, order: Order) -> tuple[Child, socket.socket]:
        """A child that is about to be forked, and our end of its pipe; raises CannotStart."""
        self._serial += 1
        with _ends(socket.SOCK_STREAM) as ends:
            child = Child(self._serial, ends.complaints, self._process.kill)
            try:
                self._send(child.serial, order, (ends.theirs.fileno(), ends.their_complaints, child.note.descriptor))
            except OSError:
                child.note.close()
                raise
        return child, ends.ours

    def _send(self, serial: int, order: Order, descriptors: Sequence[int]) -> None:
        birth = Birth(serial, order.enclosure, order.memory, order.cpu_seconds, order.file_bytes, order.scratch)
        socket.send_fds(self._control, [packed(birth)], descriptors)

    async def _check_walls(self, child: Child, accepted: frozenset[Wall]) -> None:
        try:
            kind, body = await child.wire.receive()
            if kind is not Kind.READY:
                raise CannotStart("a child speaks another protocol")
            missing = decode(ChildReady, body).missing
        except (ChildGone, ProtocolBroken) as failure:
            ending = await child.end()
            # Nothing untrusted has been read yet, so its last line may be told.
            raise CannotStart(child.last_line or ending.words) from failure
        self.missing |= frozenset(missing)
        for each in missing:
            if each.wall not in accepted:
                raise WallMissing(f'the wall "{each.wall}" is missing on this host: {each.reason}')

    async def _await_ready(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._ready
        except TimeoutError:
            raise CannotStart(f"no sign of life within {seconds:g} seconds") from None
        except ChildGone:
            await self._waited_for()
            # Nothing untrusted was read there, ever, so its last line may be told.
            words = self._last_words().strip().rpartition("\n")[2][:300]
            raise CannotStart(words or f"exit status {self._process.returncode}") from None

    def _hear(self) -> None:
        for _ in range(PACKETS_AT_ONCE):
            try:
                packet, descriptors, _, _ = socket.recv_fds(self._control, PACKET_BYTES, 1)
            except BlockingIOError:
                return
            except OSError:
                packet = b""
            if not packet:
                self._lost()
                return
            self._heard(packet, descriptors)

    def _heard(self, packet: bytes, descriptors: list[int]) -> None:
        match read_answer(packet):
            case Ready():
                if not self._ready.done():  # who waited may have given up a moment ago
                    self._ready.set_result(None)
            case Born(serial) if not descriptors:  # recvmsg(2) leaves out what would be one too many for us
                self._settle(serial, CannotStart("no file descriptor is left for a child"))
            case Born(serial, pid):
                self.children[serial].born(pid, descriptors[0])
                self._settle(serial, None)
            case Failed(serial, reason):
                self.children.pop(serial).ended(None)
                self._settle(serial, CannotStart(reason))
            case Ended(serial, status):
                self.children.pop(serial).ended(status)
                self._settle(serial, CannotStart("a child ended at its birth"))

    def _settle(self, serial: int, failure: Exception | None) -> None:
        birth = self._births.get(serial)
        if birth is None or birth.done():
            return
        if failure:
            birth.set_exception(failure)
        else:
            birth.set_result(None)

    def _lost(self) -> None:
        if self.gone:
            return
        self.gone = True
        asyncio.get_running_loop().remove_reader(self._control)
        self._control.close()
        if not self._ready.done():
            self._ready.set_exception(ChildGone("the fork server ended"))
            self._ready.exception()  # nobody may be waiting
        children, self.children = self.children, {}
        for serial, child in children.items():
            self._settle(serial, CannotStart("the fork server ended"))
            child.kill()
            child.ended(None)

    def _last_words(self) -> str:
        try:
            return os.read(self._complaints, COMPLAINT_BYTES).decode("utf-8", "replace")
        except BlockingIOError:
            return ""


@contextmanager
def _ends(kind: socket.SocketKind) -> Iterator[Ends]:
    """Closes theirs, and ours too when it fails; every OSError, such as of too many open files, is CannotStart."""
    with ExitStack() as ours, ExitStack() as theirs:
        try:
            near, far = socket.socketpair(socket.AF_UNIX, kind)
            ours.callback(near.close)
            theirs.callback(far.close)
            complaints, their_complaints = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
            ours.callback(os.close, complaints)
            theirs.callback(os.close, their_complaints)
            yield Ends(near, far, complaints, their_complaints)
        except OSError as error:
            what = error.filename or "a process cannot be asked for"
            raise CannotStart(f"{what}: {error.strerror}") from error
        ours.pop_all()  # to be kept


def _spawn(command: Sequence[str], control: socket.socket, complaints: int) -> "subprocess.Popen[bytes]":
    """Own session, empty environment, no file descriptor but the control socket and the place for complaints."""
    return subprocess.Popen(  # noqa: S603 - our own command, no shell
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=complaints,
        pass_fds=(control.fileno(),),
        close_fds=True,
        start_new_session=True,
        cwd="/",
        env={
            "LC_ALL": "C.UTF-8",
            "MALLOC_ARENA_MAX": "2",  # address space is limited
            "OPENBLAS_NUM_THREADS": "1",  # numpy, which reads drawings, else starts threads as it is loaded
            "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
    )
