"""Calls of the kernel that Python has no name for: prctl(2), capget(2), capset(2)."""

import ctypes
import os
import signal

# <linux/prctl.h>
PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_GET_DUMPABLE = 3
PR_GET_SECCOMP = 21
PR_SET_SECCOMP = 22
PR_SET_NO_NEW_PRIVS = 38
PR_GET_NO_NEW_PRIVS = 39
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4

_LINUX_CAPABILITY_VERSION_3 = 0x20080522  # <linux/capability.h>: two words of each set

_libc = ctypes.CDLL(None, use_errno=True)
_libc.prctl.argtypes = (ctypes.c_int, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong)
_libc.prctl.restype = ctypes.c_int


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Word(ctypes.Structure):
    _fields_ = [("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32)]


_Words = _Word * 2
_capget = _libc.capget
_capset = _libc.capset


def prctl(option: int, argument: int = 0, second: int = 0) -> int:
    """The rest of the arguments is 0; raises OSError."""
    return _checked(_libc.prctl(option, argument, second, 0, 0))


def die_with(parent: int) -> None:
    """SIGKILL for this process when its parent goes, even when the parent was killed."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it went before the line above
        os._exit(1)


def has_capabilities() -> bool:
    """Whether any is left in any set of this process; raises OSError."""
    words = _Words()
    _checked(_capget(ctypes.byref(_own_header()), words))
    return any(word.effective or word.permitted or word.inheritable for word in words)


def drop_capabilities() -> None:
    """All, from every set; ambient ones go with the permitted ones (capabilities(7)). Raises OSError."""
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    _checked(_capset(ctypes.byref(_own_header()), _Words()))


def _own_header() -> _Header:
    return _Header(_LINUX_CAPABILITY_VERSION_3, 0)


def _checked(result: int) -> int:
    if result == -1:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result
