"""Files of an in-folder that are ours now: each moved, in one step, below a ticket of its own.

    in/窓口/申請.docx  →  in/.kiyome-taken/TICKET/窓口/申請.docx  →  kept under "TICKET/窓口/申請.docx"  →  removed

A rename happens once, so of several gateways one has the file. Ticket and path are the key that the item is kept under:
what a crash leaves behind below a ticket was either kept already, and only has to be removed, or was not.
"""

import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import msgspec

from gateway.folders import ground
from gateway.folders.ground import Seen
from gateway.folders.naming import TAKEN, kept

_LOCK: Final = ".lock"


class Claimed(msgspec.Struct, frozen=True):
    """A file below a ticket."""

    ticket: str
    path: str  #: where it lay in the in-folder

    @property
    def key(self) -> str:
        """What the item is kept under; no other file ever has it."""
        return f"{self.ticket}/{kept(self.path)}"

    @property
    def steps(self) -> list[str]:
        """The sub-folders that it lies in now."""
        return [TAKEN, self.ticket, *self.path.split("/")[:-1]]

    @property
    def name(self) -> str:
        """The last step."""
        return self.path.rpartition("/")[2]


class Busy(Exception):
    """Another gateway is taking files from this folder at this moment."""


@contextmanager
def taking(folder: int) -> Iterator[None]:
    """While inside, what lies below a ticket is nobody else's business. Raises Busy."""
    with ground.parent_of(folder, [TAKEN], make=ground.PRIVATE) as taken:
        lock = os.open(_LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=taken)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy from None
        except OSError:
            pass  # a share without locks: the rename alone must do
        yield
    finally:
        os.close(lock)


def left_behind(folder: int) -> Iterator[Seen]:
    """Files below tickets. Tickets that were left empty go."""
    with ground.parent_of(folder, [TAKEN]) as taken:
        found = list(ground.walk(taken))
        full = {seen.path.partition("/")[0] for seen in found}
        for ticket in [each for each in ground.names_in(taken) if not each.startswith(".") and each not in full]:
            _remove_empty_below(taken, ticket)
    yield from (msgspec.structs.replace(seen, path=f"{TAKEN}/{seen.path}") for seen in found)


def _remove_empty_below(taken: int, ticket: str) -> None:
    with suppress(NotADirectoryError, FileNotFoundError), ground.parent_of(taken, [ticket]) as inner:
        for name in ground.names_in(inner):
            _remove_empty_below(inner, name)
    with suppress(OSError):  # not empty after all, or not ours to remove: the next look tells
        os.rmdir(ticket, dir_fd=taken)


def claimed_at(path: str) -> Claimed | None:
    """Of a path that `left_behind` gave, or None when it is any other."""
    first, _, rest = path.partition("/")
    ticket, _, inner = rest.partition("/")
    return Claimed(ticket, inner) if first == TAKEN and inner else None


def claim(folder: int, path: str) -> Claimed:
    """Moves a file below a new ticket. Raises FileNotFoundError when somebody was quicker."""
    # Time first: whoever looks at the folder sees the order.
    claimed = Claimed(f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(7)}", path)
    steps = path.split("/")
    try:
        with (
            ground.parent_of(folder, steps[:-1]) as source,
            ground.parent_of(folder, claimed.steps, make=ground.PRIVATE) as target,
        ):
            ground.move_without_replacing(source, steps[-1], target, steps[-1])
    except OSError:
        _remove_ticket(folder, claimed)
        raise
    return claimed


def remove(folder: int, claimed: Claimed) -> None:
    """The file is kept: it goes, and its ticket with it."""
    with suppress(FileNotFoundError), ground.parent_of(folder, claimed.steps) as parent:
        os.unlink(claimed.name, dir_fd=parent)
    _remove_ticket(folder, claimed)


def _remove_ticket(folder: int, claimed: Claimed) -> None:
    with suppress(OSError), ground.parent_of(folder, claimed.steps[:2]) as ticket:
        ground.remove_empty(ticket, claimed.steps[2:])
    with suppress(OSError), ground.parent_of(folder, [TAKEN]) as taken:
        os.rmdir(claimed.ticket, dir_fd=taken)
