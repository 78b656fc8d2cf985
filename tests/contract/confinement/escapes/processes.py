"""Other programs, other processes, other threads; and the inside of those that run already."""

# ruff: noqa: PTH115 - system calls by their own names

import _thread
import ctypes
import errno
import os
import signal

from tests.contract.confinement.escapes.kernel import GADGET, LIBC, NUMBERS, X32_BIT, Gadget, call, call_number, know
from tests.contract.confinement.escapes.table import Escape, Target, killed, refused

SHELL = "/bin/sh"
AT_EMPTY_PATH = 0x1000
PTRACE = {"traceme": 0, "peektext": 1, "attach": 16, "seize": 0x4206}
CLONE_VM, CLONE_PARENT = 0x100, 0x8000
I386_GETPID, I386_FORK, I386_EXECVE, I386_SOCKETCALL = 20, 2, 11, 102

know(
    "execve",
    "execveat",
    "clone",
    "clone3",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "pidfd_open",
    "pidfd_getfd",
    "process_madvise",
    "process_mrelease",
    "kcmp",
    "move_pages",
    "migrate_pages",
    "get_robust_list",
    "getpid",
    "socket",
    "pipe2",
    "wait4",
)


class Vector(ctypes.Structure):
    """struct iovec."""

    _fields_ = (("base", ctypes.c_void_p), ("size", ctypes.c_size_t))


def run_a_file(at: Target) -> int:
    """The way of fexecve: a descriptor instead of a path."""
    descriptor = os.open(at.library, os.O_RDONLY)
    return call("execveat", descriptor, b"", None, None, AT_EMPTY_PATH)


def child_ends(process: int) -> str:
    """In the child of a fork that succeeded: out, before the rest of the test runs twice."""
    if process == 0:
        os._exit(0)
    return f"forked {process}"


def fork_bomb(_: Target) -> str:
    for _number in range(20):
        child_ends(os.fork())
    return "20 processes"


def thread(count: int) -> str:
    try:
        for _ in range(count):
            _thread.start_new_thread(signal.pause, ())
    except RuntimeError as error:  # all that Python says of it
        raise OSError(errno.EPERM, str(error)) from error
    return f"{count} threads"


def clone(flags: int) -> str:
    return child_ends(call("clone", flags | signal.SIGCHLD, 0, 0, 0, 0))


def clone3(_: Target) -> str:
    arguments = bytearray(64)
    arguments[32:40] = int(signal.SIGCHLD).to_bytes(8, "little")  # exit_signal
    return child_ends(call("clone3", bytes(arguments), len(arguments)))


def vector() -> ctypes.Array[ctypes.c_char]:
    room = ctypes.create_string_buffer(64)
    piece = Vector(ctypes.addressof(room), 64)
    return (ctypes.c_char * ctypes.sizeof(piece)).from_buffer(piece)


def look_into(call_name: str, process: int) -> int:
    remote = Vector(ctypes.addressof(LIBC.syscall), 8)
    return call(call_name, process, vector(), 1, (ctypes.c_char * 16).from_buffer(remote), 1, 0)


def take_a_descriptor(at: Target) -> int:
    return call("pidfd_getfd", call("pidfd_open", at.gateway, 0), at.held, 0)


def by_gadget(gadget: Gadget, which: int, argument: int = 0) -> str:
    return f"answer {gadget(which, argument)}"


def by_x32(name: str, *arguments: int) -> str:
    return f"answer {call_number(NUMBERS[name] | X32_BIT, *arguments)}"


OLD_CALLS: tuple[Escape, ...] = (
    (
        killed("vfork", "vfork(2)", lambda _: child_ends(call("vfork"))),
        killed("old_fork", "fork(2) instead of clone(2)", lambda _: child_ends(call("fork"))),
        killed("x32_getpid", "a harmless call by its x32 number", lambda _: by_x32("getpid")),
        killed("x32_socket", "a socket by its x32 number", lambda _: by_x32("socket", 2, 1, 0)),
        killed("x32_execve", "execve by its x32 number", lambda _: by_x32("execve", 0, 0, 0)),
    )
    if know("fork", "vfork")
    else ()
)
GADGETS: tuple[Escape, ...] = (
    (
        killed(
            "i386_getpid", "a harmless call through int 0x80", lambda _: by_gadget(GADGET, I386_GETPID), control=True
        ),
        killed("i386_fork", "fork through int 0x80", lambda _: by_gadget(GADGET, I386_FORK)),
        killed("i386_execve", "execve through int 0x80", lambda _: by_gadget(GADGET, I386_EXECVE)),
        killed("i386_socket", "socketcall through int 0x80", lambda _: by_gadget(GADGET, I386_SOCKETCALL, 1)),
    )
    if GADGET is not None
    else ()
)

ROWS: tuple[Escape, ...] = (
    killed("execute", "execve of a shell", lambda _: os.execv(SHELL, [SHELL, "-c", "exit"]), control=True),
    killed("execute_a_file", "execveat of an open file", run_a_file),
    killed(
        "execute_the_gateway",
        "execveat of /proc/self/exe",
        lambda _: call("execveat", 0, b"/proc/self/exe", None, None, 0),
    ),
    killed("spawn", "posix_spawn", lambda _: os.posix_spawn(SHELL, [SHELL, "-c", "exit"], {}), control=True),
    killed("fork", "fork", lambda _: child_ends(os.fork()), control=True),
    killed("fork_bomb", "twenty forks", fork_bomb, control=True),
    killed("clone", "clone(2)", lambda _: clone(0), control=True),
    killed("clone_beside_itself", "a child of its parent", lambda _: clone(CLONE_PARENT)),
    refused("clone3", "whose flags no filter sees", clone3, control=True),
    refused("thread", "a thread", lambda _: thread(1), control=True),
    refused("thread_bomb", "a thousand threads", lambda _: thread(1_000)),
    *(
        killed(
            f"ptrace_{name}_the_{whose}",
            f"PTRACE_{name.upper()}",
            lambda at, request=PTRACE[name], whose=whose: call("ptrace", request, getattr(at, whose), 0, 0),
        )
        for name in ("peektext", "attach", "seize")
        for whose in ("gateway", "sibling", "bystander")
    ),
    killed(
        "ptrace_traceme",
        "let the fork server look in",
        lambda _: call("ptrace", PTRACE["traceme"], 0, 0, 0),
        control=True,
    ),
    *(
        killed(f"{name}_the_{whose}", name, lambda at, name=name, whose=whose: look_into(name, getattr(at, whose)))
        for name in ("process_vm_readv", "process_vm_writev")
        for whose in ("gateway", "sibling")
    ),
    killed(
        "process_vm_readv_the_fork_server",
        "which all children came from",
        lambda _: look_into("process_vm_readv", os.getppid()),
    ),
    killed("pidfd_open", "a handle on the gateway", lambda at: call("pidfd_open", at.gateway, 0), control=True),
    killed("pidfd_getfd", "a descriptor out of the gateway", take_a_descriptor),
    killed("pidfd_getfd_alone", "out of whatever it holds", lambda at: call("pidfd_getfd", 3, at.held, 0)),
    killed(
        "process_madvise", "advice on other processes' memory", lambda _: call("process_madvise", 3, vector(), 1, 20, 0)
    ),
    killed("kcmp", "whether two processes share a file", lambda at: call("kcmp", os.getpid(), at.gateway, 0, 0, 0)),
    refused("process_mrelease", "other processes' memory", lambda _: call("process_mrelease", 3, 0)),
    refused(
        "move_pages", "where the gateway's pages lie", lambda at: call("move_pages", at.gateway, 0, None, None, None, 0)
    ),
    refused(
        "migrate_pages", "the gateway's memory", lambda at: call("migrate_pages", at.gateway, 1, bytes(8), bytes(8))
    ),
    refused(
        "get_robust_list",
        "addresses inside the gateway",
        lambda at: call("get_robust_list", at.gateway, ctypes.create_string_buffer(8), ctypes.create_string_buffer(8)),
    ),
    refused(
        "read_its_links",
        "what the gateway has open, by readlink",
        lambda at: os.readlink(f"/proc/{at.gateway}/fd/{at.held}"),
    ),
    refused(
        "read_its_program",
        "which program the gateway is, by readlink",
        lambda at: os.readlink(f"/proc/{at.gateway}/exe"),
    ),
    refused("wait_for_others", "wait4", lambda _: call("wait4", -1, None, os.WNOHANG, None)),
    refused("make_a_pipe", "a pipe of its own, the first half of many tricks", lambda _: os.pipe(), control=True),
    *OLD_CALLS,
    *GADGETS,
)
