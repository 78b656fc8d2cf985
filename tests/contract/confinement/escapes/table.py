"""A row of the table of escapes: what is tried, and how it must end."""

import errno
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from enum import StrEnum

import msgspec

from sanitizers.model import Threat
from sanitizers.rules import Budget

MEBIBYTE = 1 << 20
BUDGET = Budget(seconds=60, memory=512 * MEBIBYTE, bytes_out=8 * MEBIBYTE)
QUICK = msgspec.structs.replace(BUDGET, seconds=1)  # for what never ends by itself

TWO_SECONDS = msgspec.structs.replace(BUDGET, seconds=2)

# What a wall answers. ENOENT is not among them: a victim that is not there proves nothing.
REFUSALS = frozenset({errno.EACCES, errno.EPERM, errno.ENOSYS})
SECRET = "HimitsuNoKotoba4711"  # in every original, and in no log


class Ending(StrEnum):
    """How an attempt must end. The item is blocked each time."""

    KILLED = "killed"  # SIGSYS; the finding says that a forbidden system call was tried
    REFUSED = "refused"  # an OSError, after which the sanitizer gives up
    STOPPED = "stopped"  # by a deadline, the memory bound, the check of what it says, or its own end


class Target(msgspec.Struct, frozen=True):
    """What there is to attack. Every file lies open to everybody: only the walls are in the way."""

    folder: str  #: anybody may write here
    item: str  #: the original of another item
    configuration: str
    key: str
    database: str
    checkout: str
    library: str  #: a file that the child may read
    tcp: int  #: ports and paths of the gateway
    udp: int
    unix: str
    abstract: str
    gateway: int  #: processes
    sibling: int
    bystander: int
    mark: str  #: begins the name of all that an escape leaves behind
    held: int  #: descriptor of the key, open in the gateway


class Escape(msgspec.Struct, frozen=True):
    """One attempt. It returns only when it succeeded."""

    name: str
    tries: str
    must: Ending
    attempt: Callable[[Target], object]
    refusals: frozenset[int] = REFUSALS
    threat: Threat = Threat.ACTIVE_CONTENT  #: of the finding, unless it is refused
    budget: Budget = BUDGET
    warm: bool = True  #: also tried in a warm child
    control: bool = False  #: an ordinary user without walls succeeds with this, so the row is able to fail


def killed(
    name: str, tries: str, attempt: Callable[[Target], object], *, warm: bool = True, control: bool = False
) -> Escape:
    """A row for what no honest parser does by accident."""
    return Escape(name, tries, Ending.KILLED, attempt, warm=warm, control=control)


def refused(
    name: str, tries: str, attempt: Callable[[Target], object], *also: int, warm: bool = True, control: bool = False
) -> Escape:
    """A row for what a parser may ask by accident; `also`: further errors that are as good as a refusal here."""
    return Escape(name, tries, Ending.REFUSED, attempt, REFUSALS | set(also), warm=warm, control=control)


def stopped(
    name: str,
    tries: str,
    attempt: Callable[[Target], object],
    threat: Threat,
    budget: Budget = BUDGET,
    *,
    warm: bool = True,
) -> Escape:
    """A row for what has to be ended from outside."""
    return Escape(name, tries, Ending.STOPPED, attempt, threat=threat, budget=budget, warm=warm)


def new(at: Target, folder: str) -> str:
    """A path for something that is not there yet."""
    return f"{folder}/{at.mark}-{os.getpid()}"


def read(path: str) -> str:
    """The beginning of a file."""
    descriptor = os.open(path, os.O_RDONLY)
    return f"read {len(os.read(descriptor, 4_096))} bytes of {path}"


def any_of(attempts: Iterable[Callable[[], object]]) -> object:
    """The first that succeeds; else the error of the first whose victim is there at all."""
    refusal: OSError | None = None
    for attempt in attempts:
        try:
            return attempt()
        except OSError as error:
            if refusal is None or refusal.errno == errno.ENOENT:
                refusal = error
    raise refusal or OSError(errno.ENOENT, "nothing to try")


def grants(attempt: Callable[[], object]) -> str:
    """For what tells success by returning nothing."""
    attempt()
    return "done"


def close_quietly(descriptor: int) -> None:
    """In a process that may have lost it."""
    with suppress(OSError):
        os.close(descriptor)
