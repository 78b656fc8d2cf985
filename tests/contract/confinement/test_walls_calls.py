"""The filter of system calls, row by row: what kills, what is refused, and that nothing stands between the rows."""

import ctypes
import mmap
import os
import platform
import socket
import subprocess
import threading
from collections.abc import Callable

import pytest

from sanitizers.confinement.calls import Answer, Argument, Calls, Comparison, Row
from sanitizers.confinement.enclosures import ENCLOSURES, READER
from sanitizers.confinement.walls import Walls
from tests.contract.confinement.behind_walls import address_of, behind, call, number_of, ordinary_user

WALLS = {name: Walls(enclosure) for name, enclosure in ENCLOSURES.items()}
LAST_CALL = 480  # of Linux 6.18, rounded up
# The breakpoints of uprobes: no filter sees them, and from elsewhere they do nothing (Linux 6.18).
BREAKPOINTS = {335, 336} if platform.machine() == "x86_64" else set()
X32 = 0x4000_0000


def names_of(calls: Calls, *answers: Answer) -> list[tuple[str, Row]]:
    """Each call of such a row that this machine has."""
    rows = [row for row in calls.rows if row.answer in answers]
    return [(name, row) for row in rows for name in row.names.split() if number_of(name) >= 0]


def arguments_for(row: Row) -> list[int]:
    """Some with which the row holds."""

    def one(argument: Argument) -> int:
        return argument.value + 1 if argument.comparison is Comparison.ABOVE else argument.value

    asked = {argument.place: one(argument) for argument in row.when}
    return [asked.get(place, 0) for place in range(6)]


def ids(rows: list[tuple[str, Row]]) -> list[str]:
    return [name for name, _ in rows]


KILLING = names_of(READER.calls, Answer.KILL)
REFUSING = names_of(READER.calls, Answer.DENY, Answer.ABSENT)


@pytest.mark.parametrize(("name", "row"), KILLING, ids=ids(KILLING))
def test_what_no_honest_parser_does_ends_the_process(name: str, row: Row) -> None:
    seen = behind(lambda: call(number_of(name), *arguments_for(row)), before=ordinary_user, walls=WALLS["reader"])
    assert seen.died_of == "SIGSYS"


@pytest.mark.parametrize(("name", "row"), REFUSING, ids=ids(REFUSING))
def test_what_is_refused_in_its_own_way(name: str, row: Row) -> None:
    seen = behind(lambda: call(number_of(name), *arguments_for(row)), before=ordinary_user, walls=WALLS["reader"])
    assert seen.error == {Answer.DENY: "EACCES", Answer.ABSENT: "ENOSYS"}[row.answer]


DEADLY = """
    socket connect bind sendto execve execveat clone ptrace process_vm_readv kill tkill pidfd_open pidfd_getfd
    mount chroot pivot_root setns unshare setuid setresuid setgroups capset keyctl add_key bpf perf_event_open
    io_uring_setup userfaultfd memfd_create mmap mprotect pkey_mprotect shmget mq_open semget msgget personality
    init_module finit_module kexec_load reboot swapon setrlimit prlimit64 seccomp landlock_restrict_self
    open_by_handle_at mknodat fanotify_init
"""


def test_the_table_names_the_calls_of_the_threat_model() -> None:
    """A row that was lost by accident would take its test with it; these are written down twice."""
    for name in DEADLY.split():
        assert name in ids(KILLING), name


@pytest.mark.parametrize("name", ENCLOSURES)
def test_what_no_row_names_is_refused(name: str) -> None:
    named = {number_of(call_name) for call_name, _ in names_of(ENCLOSURES[name].calls, *Answer)}
    others = [number for number in range(LAST_CALL) if number not in named | BREAKPOINTS]
    assert len(others) > 150

    def try_all() -> list[str]:
        return [f"{number}: {ending}" for number in others if (ending := _ending(number)) != "EPERM"]

    assert behind(try_all, before=ordinary_user, walls=WALLS[name]).value == []


def _ending(number: int) -> str:
    try:
        return str(call(number))
    except PermissionError:
        return "EPERM"
    except OSError as error:
        return str(error)


@pytest.mark.parametrize(
    ("act", "died_of"),
    [
        (lambda: socket.socket(socket.AF_INET), "SIGSYS"),
        (lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM), "SIGSYS"),
        (lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW), "SIGSYS"),
        (socket.socketpair, "SIGSYS"),
        (os.fork, "SIGSYS"),
        (lambda: os.execv("/bin/true", ["true"]), "SIGSYS"),
        (lambda: os.posix_spawn("/bin/true", ["true"], {}), "SIGSYS"),
        (lambda: os.kill(os.getppid(), 0), "SIGSYS"),
        (lambda: os.setuid(0), "SIGSYS"),
        (lambda: mmap.mmap(-1, 4_096, prot=mmap.PROT_READ | mmap.PROT_EXEC), "SIGSYS"),
        (lambda: mmap.mmap(-1, 4_096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC), "SIGSYS"),
        (lambda: os.memfd_create("x"), "SIGSYS"),
        (os.abort, "SIGSEGV"),  # raise(3) is refused, upon which the C library crashes on purpose
    ],
    ids=[
        "inet", "unix", "netlink", "socketpair", "fork", "exec", "spawn", "kill", "setuid", "code",
        "code that can be written", "memfd", "abort",
    ],
)  # fmt: skip
def test_the_same_through_python_and_the_c_library(act: Callable[[], object], died_of: str) -> None:
    assert behind(act, walls=WALLS["reader"]).died_of == died_of


def test_a_program_is_refused_before_it_is_started() -> None:
    seen = behind(lambda: subprocess.run(["/bin/true"], check=True), walls=WALLS["reader"])
    assert seen.error == "EPERM"  # the pipe that subprocess makes first


def test_a_thread_is_refused_and_kills_nobody() -> None:
    seen = behind(lambda: threading.Thread(target=print).start(), walls=WALLS["reader"])
    assert seen.error == "RuntimeError: can't start new thread"


def test_memory_that_was_data_does_not_become_code() -> None:
    page = mmap.mmap(-1, 4_096)
    executable = mmap.PROT_READ | mmap.PROT_EXEC
    act = lambda: call(number_of("mprotect"), address_of(page), 4_096, executable)  # noqa: E731
    assert behind(act, walls=WALLS["reader"]).died_of == "SIGSYS"


def test_the_filter_cannot_be_lifted() -> None:
    for arguments in ((22, 0, 0), (38, 0, 0), (4, 1, 0), (1, 0, 0)):  # seccomp, no_new_privs, dumpable, death signal
        seen = behind(lambda: call(number_of("prctl"), *arguments, 0, 0), walls=WALLS["reader"])  # noqa: B023
        assert seen.error == "EPERM"


@pytest.mark.skipif(platform.machine() != "x86_64", reason="only x86_64 has a second set of numbers")
def test_the_numbers_of_x32_are_no_way_around() -> None:
    assert behind(lambda: call(X32 | number_of("getpid")), walls=WALLS["reader"]).died_of == "SIGSYS"
    assert behind(lambda: call(X32 | 520), walls=WALLS["reader"]).died_of == "SIGSYS"  # its execve


@pytest.mark.skipif(platform.machine() != "x86_64", reason="only x86_64 runs the calls of i386")
def test_the_calls_of_i386_are_no_way_around() -> None:
    code = mmap.mmap(-1, 4_096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")  # mov eax, 20 (getpid); int 0x80; ret
    old_call = ctypes.CFUNCTYPE(ctypes.c_int)(address_of(code))
    assert behind(old_call, walls=WALLS["reader"]).died_of == "SIGSYS"
