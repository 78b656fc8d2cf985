"""System calls by name, past every library; and what attackers bring with them: a page of machine code."""

import ctypes
import mmap
import os
import platform

import pyseccomp

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.syscall.restype = ctypes.c_long
# Younger than Debian 12's libseccomp; the same on every architecture (<asm-generic/unistd.h>).
YOUNG = {
    "cachestat": 451,
    "fchmodat2": 452,
    "map_shadow_stack": 453,
    "statmount": 457,
    "listmount": 458,
    "lsm_set_self_attr": 460,
    "setxattrat": 463,
    "open_tree_attr": 467,
    "file_setattr": 469,
}
X32_BIT = 0x4000_0000
HIGH_BIT = 1 << 32  # the kernel cuts an int argument to 32 bits; a careless filter compares 64
X86_64 = platform.machine() == "x86_64"


def number(name: str) -> int:
    """Negative when this architecture has no such call."""
    return YOUNG.get(name) or int(pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name))


# Resolved now: behind the walls nothing may be loaded.
NUMBERS: dict[str, int] = {}


def know(*names: str) -> bool:
    """Look the numbers up while that is possible; whether this architecture has all of them."""
    NUMBERS.update((name, number(name)) for name in names)
    return all(NUMBERS[name] >= 0 for name in names)


def call(name: str, *arguments: int | bytes | ctypes.Array[ctypes.c_char] | None) -> int:
    """Raises OSError."""
    return call_number(NUMBERS[name], *arguments)


def call_number(which: int, *arguments: int | bytes | ctypes.Array[ctypes.c_char] | None) -> int:
    """Raises OSError."""
    plain = (ctypes.c_ulong(argument) if isinstance(argument, int) else argument for argument in arguments)
    result = int(LIBC.syscall(ctypes.c_long(which), *plain))
    if result == -1:
        number_of_error = ctypes.get_errno()
        raise OSError(number_of_error, os.strerror(number_of_error))
    return result


class Gadget:
    """`mov eax, edi; mov ebx, esi; int 0x80; ret`: a system call of the old 32-bit kind, from a 64-bit process.

    Made before the walls go up: it stands for a piece of code that an attacker found in some library.
    """

    CODE = bytes.fromhex("53 89 f8 89 f3 cd 80 5b c3".replace(" ", ""))

    def __init__(self) -> None:
        every = mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
        self._page = mmap.mmap(-1, mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=every)
        self._page.write(self.CODE)
        address = ctypes.addressof(ctypes.c_char.from_buffer(self._page))
        self._function = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int)(address)

    def __call__(self, which: int, argument: int) -> int:
        result = int(self._function(which, argument))
        if result < 0:
            raise OSError(-result, os.strerror(-result))
        return result


GADGET = Gadget() if X86_64 else None
