"""Memory that runs, memory of others, and all the memory there is."""

import ctypes
import errno
import mmap
import os
import sys
from collections.abc import Callable

from sanitizers.model import Threat
from tests.contract.confinement.escapes.kernel import HIGH_BIT, call, know
from tests.contract.confinement.escapes.table import MEBIBYTE, Escape, Target, killed, refused, stopped

PAGE = mmap.PAGESIZE
RUNNABLE = mmap.PROT_READ | mmap.PROT_EXEC
ALL = mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
OWN = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
MAP_FIXED, MAP_NORESERVE, MREMAP_MAYMOVE = 0x10, 0x4000, 1
PROT_GROWSDOWN = 0x0100_0000
SHM_EXEC, IPC_CREAT, IPC_PRIVATE = 0o100000, 0o1000, 0
TOO_MUCH = 8 << 30
UNLOADED_LIBRARY = "libBrokenLocale.so.1"  # comes with every glibc, used by nothing

know(
    "mmap",
    "mprotect",
    "pkey_mprotect",
    "mremap",
    "brk",
    "shmget",
    "shmat",
    "memfd_create",
    "memfd_secret",
    "mlock",
    "mlockall",
    "mlock2",
    "remap_file_pages",
    "map_shadow_stack",
    "pkey_alloc",
    "set_mempolicy",
)


def map_pages(protection: int, flags: int = OWN, address: int = 0, size: int = PAGE) -> str:
    return f"mapped at {call('mmap', address, size, protection, flags, -1, 0):x}"


def own_page() -> int:
    return call("mmap", 0, PAGE, mmap.PROT_READ | mmap.PROT_WRITE, OWN, -1, 0)


def map_a_library(at: Target) -> str:
    descriptor = os.open(at.library, os.O_RDONLY)
    return f"mapped at {call('mmap', 0, PAGE, RUNNABLE, mmap.MAP_PRIVATE, descriptor, 0):x}"


def share_a_library(at: Target) -> str:
    descriptor = os.open(at.library, os.O_RDONLY)
    return f"mapped at {call('mmap', 0, PAGE, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED, descriptor, 0):x}"


def run_the_stack(_: Target) -> int:
    local = ctypes.create_string_buffer(8)
    return call("mprotect", ctypes.addressof(local) & -PAGE, PAGE, ALL | PROT_GROWSDOWN)


def shared_segment(_: Target) -> str:
    segment = call("shmget", IPC_PRIVATE, PAGE, IPC_CREAT | 0o600)
    return f"segment at {call('shmat', segment, None, SHM_EXEC):x}"


def enough(fill: Callable[[], object]) -> object:
    """Python's word for it, turned into the kernel's."""
    try:
        return fill()
    except MemoryError:
        raise OSError(errno.ENOMEM, "no more memory") from None


def small_objects() -> int:
    hoard: list[object] = []
    while len(hoard) < TOO_MUCH // 1_000:
        hoard.append(bytearray(10_000))
    return len(hoard)


def grow_the_heap(_: Target) -> str:
    wanted = call("brk", 0) + TOO_MUCH
    if call("brk", wanted) < wanted:  # the bare call tells of no error
        raise OSError(errno.ENOMEM, "the heap does not grow")
    return "the heap grew"


def grow_a_mapping(_: Target) -> int:
    return call("mremap", own_page(), PAGE, TOO_MUCH, MREMAP_MAYMOVE)


def map_piecemeal(_: Target) -> int:
    pieces = 0
    while pieces < TOO_MUCH // MEBIBYTE:
        call("mmap", 0, MEBIBYTE, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS, -1, 0)
        pieces += 1
    return pieces


class Bottomless:
    """Each look at an attribute needs another, on the stack of C."""

    def __getattr__(self, name: str) -> object:
        return getattr(Bottomless(), name + "x"[:0])


def run_out_of_stack(_: Target) -> object:
    sys.setrecursionlimit(1_000_000_000)
    return Bottomless().depth


ROWS: tuple[Escape, ...] = (
    killed("map_runnable", "mmap PROT_EXEC", lambda _: map_pages(RUNNABLE), control=True),
    killed("map_writable_and_runnable", "mmap with every protection", lambda _: map_pages(ALL), control=True),
    killed("map_runnable_with_a_high_bit", "PROT_EXEC and a bit beyond 32", lambda _: map_pages(RUNNABLE | HIGH_BIT)),
    killed("map_a_library", "mmap PROT_EXEC of a file", map_a_library, control=True),
    killed("load_a_library", "dlopen", lambda _: ctypes.CDLL(UNLOADED_LIBRARY), control=True),
    killed("make_runnable", "mprotect PROT_EXEC", lambda _: call("mprotect", own_page(), PAGE, RUNNABLE), control=True),
    killed(
        "make_runnable_with_a_high_bit",
        "mprotect with a bit beyond 32",
        lambda _: call("mprotect", own_page(), PAGE, RUNNABLE | HIGH_BIT),
    ),
    killed(
        "make_runnable_by_key",
        "pkey_mprotect",
        lambda _: call("pkey_mprotect", own_page(), PAGE, RUNNABLE, -1),
        control=True,
    ),
    killed("make_the_stack_runnable", "mprotect PROT_GROWSDOWN", run_the_stack),
    killed("memory_file", "memfd_create", lambda _: call("memfd_create", b"escape", 0), control=True),
    killed("secret_memory_file", "memfd_secret", lambda _: call("memfd_secret", 0)),
    killed("shared_segment", "shmget, shmat SHM_EXEC", shared_segment),
    killed("attach_a_segment", "shmat alone", lambda _: call("shmat", 0, None, SHM_EXEC)),
    refused(
        "map_the_null_page", "mmap at address 0", lambda _: map_pages(mmap.PROT_READ | mmap.PROT_WRITE, OWN | MAP_FIXED)
    ),
    refused("share_a_library", "a library mapped for writing", share_a_library),
    refused(
        "remap_file_pages", "pages in another order", lambda _: call("remap_file_pages", own_page(), PAGE, 0, 0, 0)
    ),
    refused("shadow_stack", "map_shadow_stack", lambda _: call("map_shadow_stack", 0, PAGE, 0)),
    refused("protection_key", "pkey_alloc", lambda _: call("pkey_alloc", 0, 0)),
    refused("memory_policy", "set_mempolicy", lambda _: call("set_mempolicy", 0, None, 0)),
    refused("lock_memory", "mlock", lambda _: call("mlock", own_page(), PAGE), control=True),
    refused("lock_all_memory", "mlockall", lambda _: call("mlockall", 2)),
    refused(
        "eat_memory_at_once", "8 GiB in one piece", lambda _: enough(lambda: len(bytearray(TOO_MUCH))), errno.ENOMEM
    ),
    refused("eat_memory_in_crumbs", "10 kB a piece", lambda _: enough(small_objects), errno.ENOMEM),
    refused(
        "eat_memory_by_mmap",
        "8 GiB, unreserved",
        lambda _: map_pages(mmap.PROT_READ | mmap.PROT_WRITE, OWN | MAP_NORESERVE, 0, TOO_MUCH),
        errno.ENOMEM,
    ),
    refused("eat_memory_piecemeal", "shared memory, 1 MiB a piece", map_piecemeal, errno.ENOMEM),
    refused("eat_memory_by_brk", "the heap", grow_the_heap, errno.ENOMEM),
    refused("eat_memory_by_mremap", "one mapping, grown", grow_a_mapping, errno.ENOMEM),
    stopped("run_out_of_stack", "recursion in C", run_out_of_stack, Threat.MALFORMED),
)
