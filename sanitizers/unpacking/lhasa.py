"""lhasa (Debian: liblhasa0) by ctypes: decoders of LZH members. Headers are read by `formats.archive.lzh`, not by it.

The interface is that of lhasa's lha_decoder.h. A decoder asks for its input by calling back; that one function is made
before the walls go up, since making it takes memory that may hold code.
"""

import ctypes
import mmap
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from sanitizers.model import CannotSanitize, Threat

LIBRARY: Final = "liblhasa.so.0"
_CHUNK: Final = 65_536
_FEED: Final = ctypes.CFUNCTYPE(ctypes.c_size_t, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)


class _Input:
    """What the decoder that works now has yet to read; there is only ever one."""

    def __init__(self) -> None:
        self.data = b""
        self.at = 0

    def feed(self, target: int, room: int, _user: int) -> int:
        """Called by lhasa: fills its buffer; 0 at the end."""
        piece = self.data[self.at : self.at + room]
        ctypes.memmove(target, piece, len(piece))
        self.at += len(piece)
        return len(piece)


_INPUT: Final = _Input()


@cache
def _library() -> tuple[ctypes.CDLL, Any] | None:
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError:
        return None
    pointer, size = ctypes.c_void_p, ctypes.c_size_t
    library.lha_decoder_for_name.restype, library.lha_decoder_for_name.argtypes = pointer, (ctypes.c_char_p,)
    library.lha_decoder_new.restype, library.lha_decoder_new.argtypes = pointer, (pointer, _FEED, pointer, size)
    library.lha_decoder_read.restype, library.lha_decoder_read.argtypes = size, (pointer, pointer, size)
    library.lha_decoder_free.restype, library.lha_decoder_free.argtypes = None, (pointer,)
    library.lha_crc16_buf.restype = None
    library.lha_crc16_buf.argtypes = (ctypes.POINTER(ctypes.c_uint16), ctypes.c_char_p, size)
    return library, _FEED(_INPUT.feed)


def load() -> bool:
    """Load it now; whether it is there."""
    return _library() is not None


def seal() -> None:
    """For a process that children are forked from: makes the page with our callback one that cannot be written.

    ctypes keeps callbacks in memory that is writable and runnable, which no child may have. From here on this process
    can make no other callback; ours is never freed, since that would write there.
    """
    loaded = _library()
    if loaded is None:
        return
    feed = loaded[1]
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(feed))
    size = mmap.PAGESIZE
    page = (ctypes.cast(feed, ctypes.c_void_p).value or 0) & -size
    process = ctypes.CDLL(None, use_errno=True)
    process.mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    if process.mprotect(page, size, mmap.PROT_READ | mmap.PROT_EXEC):
        raise OSError(ctypes.get_errno(), "the memory of a callback cannot be sealed")


def _loaded() -> tuple[ctypes.CDLL, Any]:
    loaded = _library()
    if loaded is None:
        raise CannotSanitize(Threat.UNSUPPORTED, "lhasa is not installed on the gateway")
    return loaded


def checksum(data: bytes, before: int = 0) -> int:
    """CRC-16 as LZH files have it (polynomial 0x8005, reflected)."""
    library, _ = _loaded()
    value = ctypes.c_uint16(before)
    library.lha_crc16_buf(ctypes.byref(value), data, len(data))
    return value.value


def decoded(method: bytes, packed: bytes, size: int) -> Iterator[bytes]:
    """What a member holds, piece by piece, at most `size` bytes in all. CannotSanitize: no such method."""
    library, feed = _loaded()
    kind = library.lha_decoder_for_name(method)
    if not kind:
        shown = method.decode("ascii", "replace")
        raise CannotSanitize(Threat.UNSUPPORTED, f"an LZH file with a compression that is not opened: {shown}")
    _INPUT.data, _INPUT.at = packed, 0
    decoder = library.lha_decoder_new(kind, feed, None, size)
    if not decoder:
        raise CannotSanitize(Threat.MALFORMED, "an LZH file with a member that is damaged")
    buffer = ctypes.create_string_buffer(_CHUNK)
    try:
        while count := library.lha_decoder_read(decoder, buffer, _CHUNK):
            yield ctypes.string_at(buffer, count)
    finally:
        library.lha_decoder_free(decoder)
        _INPUT.data = b""
