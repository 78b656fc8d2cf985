"""What the probes do: one function for each way out. Raises OSError when refused, else returns what it got."""

import ctypes
import errno
import os
import platform
import resource
from collections.abc import Callable
from pathlib import Path

import msgspec

from sanitizers.confinement import office
from sanitizers.confinement.converter import LIBREOFFICE

AF_UNIX, AF_INET, AF_INET6, AF_NETLINK = 1, 2, 10, 16  # <linux/socket.h>; no socket module in a child
SOCK_STREAM, SOCK_RAW = 1, 3
CLONE_THREAD = 0x0001_0000  # <linux/sched.h>; without CLONE_SIGHAND the kernel itself refuses it, with EINVAL
CAPABILITY_VERSION = 0x2008_0522  # <linux/capability.h>
CAP_CHOWN = 1 << 0
PTRACE_PEEKDATA = 2  # <linux/ptrace.h>: reads one word of a process that is being traced
PAGE_BYTES = 4_096
FIRST_FREE = 4  #: descriptors 0 to 3 are the child's own
LOOKED_AT = 4_096  #: descriptors

# Numbers of calls without a name in the C library: <asm/unistd_64.h>, and <asm-generic/unistd.h> for the others.
_X86_64 = {
    "bpf": 321,
    "clone": 56,
    "finit_module": 313,
    "io_uring_setup": 425,
    "keyctl": 250,
    "landlock_create_ruleset": 444,
    "openat2": 437,
    "perf_event_open": 298,
    "pidfd_open": 434,
    "seccomp": 317,
    "userfaultfd": 323,
    "x32": 0x4000_0000 + 39,  # getpid by the other set of numbers that such a kernel may know
}
_GENERIC = {
    "bpf": 280,
    "clone": 220,
    "finit_module": 273,
    "io_uring_setup": 425,
    "keyctl": 219,
    "landlock_create_ruleset": 444,
    "openat2": 437,
    "perf_event_open": 241,
    "pidfd_open": 434,
    "seccomp": 277,
    "userfaultfd": 282,
}
NUMBERS = _X86_64 if platform.machine() == "x86_64" else _GENERIC

# Names that a child's environment may have: none carries anything of the host or of the gateway.
ENVIRONMENT = frozenset({
    *("LC_ALL", "MALLOC_ARENA_MAX", "OPENBLAS_NUM_THREADS", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE"),
    *(*LIBREOFFICE.environment, "TMPDIR", "CONFIGURATION_LAYERS"),  # where LibreOffice is loaded
})  # fmt: skip

_libc = ctypes.CDLL(None, use_errno=True)


class Target(msgspec.Struct, frozen=True):
    """What to aim at, and how large the limits are that should be met."""

    secrets: tuple[str, ...]  #: files and folders of the gateway that exist
    memory: int  #: bytes of address space
    files: int  #: open at a time
    file_bytes: int  #: of the largest file
    scratch: str  #: the folder that may be written to, "" for none


Act = Callable[[Target], str]


def call(name: str, *arguments: int | bytes) -> Act:
    """A call of the kernel by its number, else by its name in the C library."""

    def act(_: Target) -> str:
        return f"{name} = {_called(name, *arguments)}"

    return act


def _called(name: str, *arguments: int | bytes) -> int:
    converted = [ctypes.c_char_p(each) if isinstance(each, bytes) else ctypes.c_long(each) for each in arguments]
    if name in NUMBERS:
        function, converted = _libc.syscall, [ctypes.c_long(NUMBERS[name]), *converted]
    else:
        function = getattr(_libc, name)
    function.restype = ctypes.c_long
    ctypes.set_errno(0)
    result: int = function(*converted)
    if ctypes.c_int(result).value == -1 and ctypes.get_errno():
        raise OSError(ctypes.get_errno(), name)
    return result


def read(path: str) -> Act:
    """Open a file and read from it."""

    def act(_: Target) -> str:
        return _read(path)

    return act


def _read(path: str) -> str:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if not Path(path).is_dir():
            os.read(descriptor, 1)
    finally:
        os.close(descriptor)
    return path


def read_secrets(target: Target) -> str:
    """Each of them; refused only when all are."""
    refusal = OSError(errno.ENOENT, "nothing to try")
    for path in target.secrets:
        try:
            return _read(path)
        except PermissionError as error:
            refusal = error
    raise refusal


def enumerate_folder(path: str) -> Act:
    """List a folder."""

    def act(_: Target) -> str:
        return f"{path}: {len(list(Path(path).iterdir()))}"

    return act


def write_in_tmp(_: Target) -> str:
    """A new file, removed again."""
    path = f"/tmp/kiyome-probe-{os.getpid()}"  # noqa: S108 - where everybody may write, that is the point
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    Path(path).unlink()
    return path


def execute(program: str) -> Act:
    """Become another program; where it succeeds this one is gone and has told nothing."""

    def act(_: Target) -> str:
        os.execv(program, [program])  # noqa: S606 - our own path

    return act


def open_socket(family: int) -> Act:
    """A socket, closed again."""

    def act(_: Target) -> str:
        os.close(_called("socket", family, SOCK_RAW if family == AF_NETLINK else SOCK_STREAM, 0))
        return "socket"

    return act


def fork(_: Target) -> str:
    """A process, ended at once."""
    pid = _called("fork")
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return f"process {pid}"


def map_code(_: Target) -> str:
    """A page of memory that can be written and executed."""
    read_write_execute, private_anonymous = 7, 0x22
    return f"{_mapped(PAGE_BYTES, read_write_execute, private_anonymous)} bytes"


def map_memory(target: Target) -> str:
    """As much again as the limit; the pages are never touched, so that it costs nothing where it succeeds."""
    read_write, private_anonymous_unreserved = 3, 0x4022
    return f"{_mapped(target.memory, read_write, private_anonymous_unreserved)} bytes"


def _mapped(size: int, protection: int, flags: int) -> int:
    address = _called("mmap", 0, size, protection, flags, -1, 0)
    _called("munmap", address, size)
    return size


def make_memfd(_: Target) -> str:
    """A file in memory, closed again."""
    os.close(_called("memfd_create", b"probe", 0))
    return "memfd"


def signal_parent(_: Target) -> str:
    """Signal 0 only asks whether it could be sent (kill(2))."""
    return f"kill = {_called('kill', os.getppid(), 0)}"


def trace_parent(_: Target) -> str:
    """One word of it."""
    return f"ptrace = {_called('ptrace', PTRACE_PEEKDATA, os.getppid(), 0, 0)}"


def read_parent(_: Target) -> str:
    """No bytes of it: the right to is asked for all the same."""
    return f"process_vm_readv = {_called('process_vm_readv', os.getppid(), 0, 0, 0, 0, 0)}"


def open_parent(_: Target) -> str:
    """A descriptor of it, closed again."""
    os.close(_called("pidfd_open", os.getppid(), 0))
    return "pidfd"


def gain_capability(_: Target) -> str:
    """CAP_CHOWN alone, permitted and effective."""
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    words = (ctypes.c_uint32 * 6)(CAP_CHOWN, CAP_CHOWN, 0, 0, 0, 0)
    ctypes.set_errno(0)
    if _libc.capset(header, words) == -1:
        raise OSError(ctypes.get_errno(), "capset")
    return "CAP_CHOWN"


def change_owner(_: Target) -> str:
    """Of /, to whom it belongs already: only root may do even that."""
    os.chown("/", 0, -1)
    return "/"


def open_many(target: Target) -> str:
    """More than are allowed, closed again."""
    opened: list[int] = []
    try:
        while len(opened) <= target.files:
            opened.append(os.dup(0))
    finally:
        for descriptor in opened:
            os.close(descriptor)
    return f"{len(opened)} descriptors"


def lift_limit(_: Target) -> str:
    """Of the address space; put back where it could be lifted."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    except ValueError:  # what Python makes of EPERM here
        raise PermissionError(errno.EPERM, "setrlimit") from None
    resource.setrlimit(resource.RLIMIT_AS, before)
    return "no limit"


def look_at_limits(target: Target) -> str:
    """Those that are laxer than they should be."""
    wanted = {
        "AS": target.memory,
        "NOFILE": target.files,
        "FSIZE": target.file_bytes,
        "CORE": 0,
        "MEMLOCK": 0,
        "MSGQUEUE": 0,
        "CPU": 1 << 31,  # any: how many seconds is the budget's
    }
    if not target.scratch:
        wanted["NPROC"] = 0
    lax = []
    for name, most in wanted.items():
        hard = resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))[1]
        if hard == resource.RLIM_INFINITY or hard > most:
            lax.append(name)
    return ", ".join(lax)


def grow_file(target: Target) -> str:
    """A file in the scratch folder, one byte larger than allowed; its bytes are never written."""
    path = f"{target.scratch}/large"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.ftruncate(descriptor, target.file_bytes + 1)
    finally:
        os.close(descriptor)
        Path(path).unlink()
    return f"{target.file_bytes + 1} bytes"


def look_for_descriptors(_: Target) -> str:
    """Any that is open besides the child's own; EBADF when there is none."""
    own = office.own_descriptors()
    found = [number for number in range(FIRST_FREE, LOOKED_AT) if number not in own and _is_open(number)]
    if not found:
        raise OSError(errno.EBADF, "fstat")
    return ", ".join(map(str, found[:10]))


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError as error:
        if error.errno == errno.EBADF:
            return False
        raise
    return True


def look_at_environment(_: Target) -> str:
    """Names that should not be there; never their values."""
    return ", ".join(sorted(set(os.environ) - ENVIRONMENT)[:10])


def look_at_folder(_: Target) -> str:
    """The working folder, when it is another than /."""
    folder = str(Path.cwd())
    return "" if folder == "/" else folder
