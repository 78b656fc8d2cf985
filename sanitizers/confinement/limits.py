"""The wall around what a process may use up: resource limits, hard as soft."""

import resource
from pathlib import Path

import msgspec

from sanitizers.confinement.enclosures import Enclosure, NotRaised

SIGNALS = 64  # that may wait: a timer and then some


class Bounds(msgspec.Struct, frozen=True):
    """What one child may use up."""

    memory: int  #: bytes of address space
    cpu_seconds: int
    file_bytes: int  #: of the largest file; 0 for a reader


def limit_table(enclosure: Enclosure, bounds: Bounds, user: int) -> dict[int, tuple[int, int]]:
    """Limit → soft and hard. Counts processes where the enclosure allows any, so it needs /proc."""
    processes = enclosure.processes + processes_of(user) if enclosure.processes else 0
    equal = {
        resource.RLIMIT_AS: bounds.memory,
        resource.RLIMIT_FSIZE: bounds.file_bytes,
        resource.RLIMIT_NOFILE: enclosure.files,
        resource.RLIMIT_NPROC: processes,
        resource.RLIMIT_CORE: 0,  # a core file would hold a mail
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_SIGPENDING: SIGNALS,
        resource.RLIMIT_NICE: 0,
        resource.RLIMIT_RTPRIO: 0,
    }
    limits = {limit: (value, value) for limit, value in equal.items()}
    # At the hard limit the kernel kills without a word; a second before it says SIGXCPU, which names the reason.
    limits[resource.RLIMIT_CPU] = (bounds.cpu_seconds, bounds.cpu_seconds + 1)
    return limits


def set_limits(limits: dict[int, tuple[int, int]]) -> None:
    """A limit that is tighter already stays. Raises NotRaised."""
    for name, (soft, hard) in limits.items():
        wanted = (_tighter(name, soft), _tighter(name, hard))
        try:
            resource.setrlimit(name, wanted)
        except (OSError, ValueError) as error:
            raise NotRaised(f"resource limit {name} cannot be set: {error}") from error
        if resource.getrlimit(name) != wanted:
            raise NotRaised(f"resource limit {name} did not take")


def processes_of(user: int) -> int:
    """Processes and threads of a user, as far as /proc shows them: RLIMIT_NPROC counts them all together."""
    return sum(_threads(status, user) for status in Path("/proc").glob("[0-9]*/status"))


def _threads(status: Path, user: int) -> int:
    try:
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0  # it ended meanwhile, or is not shown to us
    return int(fields["Threads"]) if int(fields["Uid"].split()[0]) == user else 0


def _tighter(name: int, value: int) -> int:
    hard = resource.getrlimit(name)[1]
    return value if hard == resource.RLIM_INFINITY else min(value, hard)
