"""What a child and all that it started hold, seen from outside: memory, threads and nameless files, from /proc.

A reader starts nothing, so it is looked at alone. A converter is the leader of a session that nothing in it can leave
(`calls.CONVERTER_CALLS`), so its programs are found by their session, wherever they hang in the tree of processes.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
SESSION = 3  # proc_pid_stat(5), fields from the third on: state, ppid, pgrp, session
THREADS = 17
RESIDENT = 21
BLOCK_BYTES = 512  # of st_blocks, stat(2)


class Held(msgspec.Struct, frozen=True):
    """By a child and all that it started, at one moment."""

    resident: int  #: bytes, pages that they share counted for each
    threads: int  #: of all of them; RLIMIT_NPROC cannot bound them, as it counts everything that its user runs
    hidden: (
        int  #: bytes on the disk of files that are open and have no name any more: no walk through a folder finds them
    )


def look(leader: int) -> Held:
    """One walk through /proc; what has ended meanwhile counts nothing.

    What is hidden is to be added to what `scratch` measures. A file that is only mapped into memory is bounded by the
    address space.
    """
    members = [(pid, fields) for pid in (leader, *_others(leader)) if (fields := _fields(pid)) is not None]
    return Held(
        sum(int(fields[RESIDENT]) for _, fields in members) * PAGE_BYTES,
        sum(int(fields[THREADS]) for _, fields in members),
        _hidden_bytes([pid for pid, _ in members]),
    )


def resident_of_group(leader: int) -> int:
    """The first number of `look` alone, for a reader, which is looked at often."""
    every = [_fields(pid) for pid in (leader, *_others(leader))]
    return sum(int(fields[RESIDENT]) for fields in every if fields is not None) * PAGE_BYTES


def _hidden_bytes(pids: list[int]) -> int:
    blocks = {}
    for pid in pids:
        with suppress(OSError):  # ended, or a reader's kin, which no one may look into and which writes nothing
            for descriptor in Path(f"/proc/{pid}/fd").iterdir():
                with suppress(OSError):
                    status = descriptor.stat()
                    if stat.S_ISREG(status.st_mode) and status.st_nlink == 0:
                        blocks[status.st_dev, status.st_ino] = status.st_blocks
    return sum(blocks.values()) * BLOCK_BYTES


def _others(leader: int) -> Iterator[int]:
    if not _has_started(leader):
        return
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and folder.name != str(leader):
            fields = _fields(int(folder.name))
            if fields is not None and int(fields[SESSION]) == leader:
                yield int(folder.name)


def _has_started(leader: int) -> bool:
    """Whether it has children; a kernel that does not say (CONFIG_PROC_CHILDREN) counts as yes."""
    try:
        return bool(Path(f"/proc/{leader}/task/{leader}/children").read_bytes())
    except OSError:
        return True


def _fields(pid: int) -> list[bytes] | None:
    with suppress(OSError):
        # The name of the program may hold anything, a bracket too: the fields begin after the last one.
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    return None
