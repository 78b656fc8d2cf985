"""The wall around system calls: a table of calls becomes a program that the kernel runs before each call."""

import ctypes
import errno
import os
from types import ModuleType

from sanitizers.confinement.calls import Answer, Argument, Calls, Comparison, Row
from sanitizers.confinement.enclosures import NotRaised
from sanitizers.confinement.kernel import PR_GET_SECCOMP, PR_SET_SECCOMP, prctl

_SECCOMP_MODE_FILTER = 2  # <linux/seccomp.h>
_INSTRUCTION_BYTES = 8  # struct sock_filter


class _Program(ctypes.Structure):
    """struct sock_fprog, <linux/filter.h>."""

    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def compile_filter(calls: Calls) -> bytes:
    """The program for `load`: some milliseconds. Raises NotRaised."""
    library = _library()
    try:
        wall = library.SyscallFilter(library.ERRNO(errno.EPERM))
        # Calls of a 32-bit or x32 program have other numbers, which would walk past the rows.
        wall.set_attr(library.Attr.ACT_BADARCH, library.KILL_PROCESS)
        for row in calls.rows:
            _add(library, wall, row)
        return _exported(wall)
    except OSError as error:
        raise NotRaised(f"libseccomp does not make the filter: {error.strerror}") from error


def load(program: bytes) -> None:
    """Irrevocably, for this thread and all that it starts; needs no_new_privs. Raises NotRaised."""
    described = _Program(len(program) // _INSTRUCTION_BYTES, program)
    try:
        prctl(PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(described))
    except OSError as error:
        raise NotRaised(f"the kernel takes no seccomp filter: {error.strerror}") from error
    try:
        prctl(PR_GET_SECCOMP)
    except PermissionError:  # as it should be: no row names it
        return
    raise NotRaised("the seccomp filter was loaded but refuses nothing")


def _library() -> ModuleType:
    try:
        import pyseccomp  # noqa: PLC0415 - without libseccomp2 the import itself fails
    except (RuntimeError, OSError, AttributeError) as error:
        raise NotRaised("libseccomp is not installed (Debian package libseccomp2)") from error
    library: ModuleType = pyseccomp
    return library


def _add(library: ModuleType, wall: object, row: Row) -> None:
    answers = {
        Answer.ALLOW: library.ALLOW,
        Answer.DENY: library.ERRNO(errno.EACCES),
        Answer.KILL: library.KILL_PROCESS,
        Answer.ABSENT: library.ERRNO(errno.ENOSYS),
        Answer.PRETEND: library.ERRNO(0),
    }
    arguments = [_argument(library, argument) for argument in row.when]
    for name in row.names.split():
        number = library.resolve_syscall(library.Arch.NATIVE, name)
        # Negative: another architecture has it, or it is newer than this libseccomp. Either way it stays refused.
        if number >= 0:
            wall.add_rule_exactly(answers[row.answer], number, *arguments)  # type: ignore[attr-defined]


def _argument(library: ModuleType, argument: Argument) -> object:
    if argument.comparison is Comparison.ABOVE:
        return library.Arg(argument.place, library.GT, argument.value)
    return library.Arg(argument.place, library.MASKED_EQ, argument.bits, argument.value)


def _exported(wall: object) -> bytes:
    descriptor = os.memfd_create("filter", os.MFD_CLOEXEC)
    with os.fdopen(descriptor, "w+b") as file:
        wall.export_bpf(file)  # type: ignore[attr-defined]
        return os.pread(descriptor, os.fstat(descriptor).st_size, 0)
