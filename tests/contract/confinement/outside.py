"""What there is to attack, and what can be seen from outside of whether an attack did anything."""

import asyncio
import os
import resource
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path

import msgspec

from sanitizers.confinement import pool
from tests.contract.confinement.escapes.table import Target

PLACES = ("/tmp", "/var/tmp", "/dev/shm", "/run", "/")  # where anybody can often write


class Seen(msgspec.Struct, frozen=True):
    """The state of the world, as far as an attempt could change it. Two of them are compared."""

    files: dict[str, str]
    traces: tuple[str, ...]
    told: int
    signalled: int
    bystander: str
    gateway: str
    machine: str
    processes: tuple[str, ...]


class Site:
    """A folder open to everybody, ears on every kind of socket, and a process that does no harm."""

    def __init__(self, folder: Path, uid: int, checkout: Path) -> None:
        self._folder = folder
        self._checkout = checkout
        self._uid = uid
        self._told = 0
        self._signalled = 0
        self._ears: list[socket.socket] = []
        folder.chmod(0o777)
        for name in ("item.eml", "gateway.toml", "report.key", "kiyome.sqlite"):
            victim = folder / name
            victim.write_bytes(b"not for others: " + name.encode())
            os.chown(victim, uid, -1)
            victim.chmod(0o666)
        self._held = os.open(folder / "report.key", os.O_RDONLY)
        self._bystander = subprocess.Popen(["/bin/sleep", "1000"], user=uid if os.geteuid() == 0 else None)
        self._grow_ears()

    def listen(self) -> None:
        """What the ears hear and which signals come is counted from here on."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGURG, self._count_signal)
        for ear in self._ears:
            loop.add_reader(ear, self._hear, ear)

    def _grow_ears(self) -> None:
        self.mark = f"kiyome-escape-{secrets.token_hex(8)}"
        for family, kind, address in (
            (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
            (socket.AF_UNIX, socket.SOCK_STREAM, str(self._folder / "control")),
            (socket.AF_UNIX, socket.SOCK_STREAM, f"\0{self.mark}"),
        ):
            ear = socket.socket(family, kind)
            ear.bind(address)
            ear.setblocking(False)
            if kind is socket.SOCK_STREAM:
                ear.listen()
            self._ears.append(ear)
        (self._folder / "control").chmod(0o777)

    def deafen(self) -> None:
        """Before the loop ends."""
        for ear in self._ears:
            asyncio.get_running_loop().remove_reader(ear)

    def close(self) -> None:
        """Nothing of it stays but the folder."""
        for ear in self._ears:
            ear.close()
        os.close(self._held)
        self._bystander.kill()
        self._bystander.wait()

    def target(self, sibling: int) -> Target:
        """Everything that an attempt may be aimed at."""
        return Target(
            folder=str(self._folder),
            item=str(self._folder / "item.eml"),
            configuration=str(self._folder / "gateway.toml"),
            key=str(self._folder / "report.key"),
            database=str(self._folder / "kiyome.sqlite"),
            checkout=str(self._checkout),
            library=str(Path(pool.__file__).resolve()),
            tcp=self._ears[0].getsockname()[1],
            udp=self._ears[1].getsockname()[1],
            unix=str(self._folder / "control"),
            abstract=self.mark,
            mark=self.mark,
            gateway=os.getpid(),
            sibling=sibling,
            bystander=self._bystander.pid,
            held=self._held,
        )

    def look(self) -> Seen:
        """Now."""
        return Seen(
            files={path.name: _described(path) for path in sorted(self._folder.iterdir())},
            traces=tuple(_traces(self._checkout, self.mark)),
            told=self._told,
            signalled=self._signalled,
            bystander=self._state_of_bystander(),
            gateway=_gateway(),
            machine=_machine(),
            processes=tuple(self._strangers()),
        )

    def _state_of_bystander(self) -> str:
        if not self._sleeps_on():  # a signal is on its way, and the kernel takes a moment to bury who was killed
            until = time.monotonic() + 30
            while self._bystander.poll() is None and not self._sleeps_on() and time.monotonic() < until:
                time.sleep(0.01)
        if self._bystander.poll() is not None:
            return f"ended with {self._bystander.returncode}"
        return f"at priority {os.getpriority(os.PRIO_PROCESS, self._bystander.pid)}"

    def _sleeps_on(self) -> bool:
        """With no signal waiting for it (proc(5))."""
        status = Path(f"/proc/{self._bystander.pid}/status").read_text()
        told = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        return told["State"].startswith("S") and int(told["SigPnd"], 16) == int(told["ShdPnd"], 16) == 0

    def _strangers(self) -> list[str]:
        """Its own children, to which orphans are added, and grandchildren of these: a child has no children."""
        parents = _parents()
        own = {child for child, parent in parents.items() if parent == os.getpid()}
        children = {child for child, parent in parents.items() if parent in own}
        return [*map(str, sorted(own)), *(f"below {parent}" for parent in parents.values() if parent in children)]

    def _hear(self, ear: socket.socket) -> None:
        self._told += 1
        if ear.type is socket.SOCK_STREAM:
            ear.accept()[0].close()
        else:
            ear.recv(1_000)

    def _count_signal(self) -> None:
        self._signalled += 1


@asynccontextmanager
async def site(folder: Path, uid: int, checkout: Path) -> AsyncIterator[Site]:
    """One for a whole run."""
    there = Site(folder, uid, checkout)
    try:
        there.listen()
        yield there
    finally:
        there.deafen()
        there.close()


def memory() -> int:
    """Bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _described(path: Path) -> str:
    status = path.lstat()
    content = sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    attributes = os.listxattr(path, follow_symlinks=False)
    return f"{status.st_mode:o} {status.st_uid} {status.st_nlink} {status.st_mtime_ns} {attributes} {content}"


def _traces(checkout: Path, mark: str) -> list[str]:
    library = Path(pool.__file__).resolve()
    places = (*map(Path, PLACES), checkout, library.parent)
    found = [str(path) for place in places if place.is_dir() for path in place.glob(f"{mark}*")]
    status = library.stat()
    return [*found, f"{library.name} {status.st_mode:o} {status.st_uid} {status.st_size} {status.st_mtime_ns}"]


def _gateway() -> str:
    limits = [resource.getrlimit(limit) for limit in range(16)]
    scheduling = (os.sched_getaffinity(0), os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0))
    return f"{limits} {scheduling} {sorted(os.environ)}"


def _machine() -> str:
    queues = [Path(f"/proc/sysvipc/{kind}") for kind in ("shm", "msg", "sem")]
    ours = [line for queue in queues if queue.exists() for line in queue.read_text().splitlines() if " 1600 " in line]
    return f"{os.uname().nodename} {Path('/proc/self/mountinfo').read_text()} {Path('/proc/swaps').read_text()} {ours}"


def _parents() -> dict[int, int]:
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        found[int(folder.name)] = int(fields[1])
    return found
