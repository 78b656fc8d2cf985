"""Forks a process that raises the walls and does what a test wants; tells how that went, also as seen from outside."""

import ctypes
import errno
import faulthandler
import mmap
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import msgspec
import pyseccomp

from sanitizers.confinement.enclosures import READER, Enclosure, Missing
from sanitizers.confinement.walls import Account, Bounds, Walls

GIBIBYTE = 1 << 30
NOBODY = Account(65_534, 65_534)
ROOMY = Bounds(memory=64 * GIBIBYTE, cpu_seconds=60, file_bytes=0)
TOO_LONG = 60  # seconds, after which SIGALRM ends a process that hangs

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
libc.syscall(0xFFFF)  # resolved now: behind the walls nothing is loaded


class Seen(msgspec.Struct):
    """What the process said, and what /proc says about it."""

    missing: tuple[Missing, ...] = ()
    value: object = None
    error: str = ""  #: EACCES and the like, or the name of an exception
    died_of: str = ""  #: SIGSYS and the like
    status: dict[str, str] = {}
    limits: str = ""


def anybody() -> None:
    """Stays who runs the tests."""


def ordinary_user() -> None:
    """Nobody, where root runs the tests."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY.gid, NOBODY.gid, NOBODY.gid)
        os.setresuid(NOBODY.uid, NOBODY.uid, NOBODY.uid)


def number_of(name: str) -> int:
    """Of a system call on this machine; negative when it has none."""
    return int(pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name))


def address_of(page: mmap.mmap) -> int:
    """Where it lies in memory."""
    return ctypes.addressof(ctypes.c_char.from_buffer(page))


def call(number: int, *arguments: int) -> int:
    """A system call as such; raises OSError."""
    result = int(libc.syscall(number, *(ctypes.c_ulong(argument) for argument in arguments)))
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def behind(
    act: Callable[[], object],
    *,
    enclosure: Enclosure = READER,
    bounds: Bounds = ROOMY,
    before: Callable[[], object] = anybody,
    walls: Walls | None = None,
    owner: Account = NOBODY,
    scratch: str = "",
    look: Callable[[int], object] = lambda _pid: None,
) -> Seen:
    """`before` runs in the forked process while it is still free; walls that are not given are made after it.

    `look` runs outside, with its process id, when the act is done and the process waits.
    """
    said, say = os.pipe()
    wait, go = os.pipe()

    def live() -> Seen:
        before()
        built = walls or Walls(enclosure)
        os.umask(0o077)
        return _tried(built.up(bounds, owner, scratch), act)

    pid = os.fork()
    if pid == 0:
        os.close(said)
        os.close(go)
        _become(live, say, wait)
    os.close(say)
    os.close(wait)
    return _watched(pid, said, go, look)


def _become(live: Callable[[], Seen], say: int, wait: int) -> NoReturn:
    try:
        faulthandler.disable()  # pytest's would print the crash that a test wants
        for number in (signal.SIGALRM, signal.SIGXCPU):
            signal.signal(number, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, TOO_LONG)
        os.write(say, msgspec.json.encode(live()))
        os.read(wait, 1)  # until it has been looked at
    finally:
        os._exit(0)


def _tried(missing: tuple[Missing, ...], act: Callable[[], object]) -> Seen:
    try:
        return Seen(missing, act())
    except OSError as refusal:
        return Seen(missing, error=errno.errorcode.get(refusal.errno or 0, str(refusal)))
    except (MemoryError, RuntimeError, ImportError, LookupError, ValueError) as failure:
        return Seen(missing, error=f"{type(failure).__name__}: {failure}")


def _watched(pid: int, said: int, go: int, look: Callable[[int], object]) -> Seen:
    with os.fdopen(said, "rb") as answer:
        first = answer.read(1)
        proc = Path("/proc") / str(pid)
        status = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines())
        limits = (proc / "limits").read_text() if first else ""
        if first:
            look(pid)
        os.close(go)
        words = first + answer.read()
    _, ended = os.waitpid(pid, 0)
    seen = msgspec.json.decode(words, type=Seen) if words else Seen()
    seen.status = {name: " ".join(value.split()) for name, value in status.items()}
    seen.limits = limits
    with suppress(ValueError):
        seen.died_of = signal.Signals(-os.waitstatus_to_exitcode(ended)).name
    return seen
