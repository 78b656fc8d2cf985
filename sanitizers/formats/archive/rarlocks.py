"""Whether a RAR archive is behind a password: libarchive reads on and makes noise of what is encrypted.

RAR 4: the archive format in UnRAR's technote.txt of version 3. RAR 5: www.rarlab.com/technote.htm.
"""

import struct
from typing import Final

_OLD: Final = b"Rar!\x1a\x07\x00"
_NEW: Final = b"Rar!\x1a\x07\x01\x00"
_MOST_BLOCKS: Final = 100_000
_MAIN, _FILE, _END = 0x73, 0x74, 0x7B
_HEADERS_ENCRYPTED, _PASSWORD, _HAS_DATA = 0x0080, 0x0004, 0x8000
_NEW_FILE, _NEW_ENCRYPTION = 2, 4
_HAS_EXTRA, _HAS_AREA = 1, 2
_ENCRYPTION_RECORD: Final = 1


def is_locked(data: bytes) -> bool:
    """Whether its names or any of its members are encrypted; a header that cannot be read ends the search."""
    try:
        if data.startswith(_NEW):
            return _is_locked_new(data)
        return data.startswith(_OLD) and _is_locked_old(data)
    except (struct.error, IndexError):
        return False


def _is_locked_old(data: bytes) -> bool:
    at = len(_OLD)
    for _ in range(_MOST_BLOCKS):
        _, kind, flags, size = struct.unpack_from("<HBHH", data, at)
        if (kind == _MAIN and flags & _HEADERS_ENCRYPTED) or (kind == _FILE and flags & _PASSWORD):
            return True
        if kind == _END or size < 7:
            return False
        if kind == _FILE or flags & _HAS_DATA:
            size += struct.unpack_from("<I", data, at + 7)[0]
        at += size
    return False


def _is_locked_new(data: bytes) -> bool:
    at = len(_NEW)
    for _ in range(_MOST_BLOCKS):
        size, begin = _number(data, at + 4)
        kind, place = _number(data, begin)
        flags, place = _number(data, place)
        if kind == _NEW_ENCRYPTION:
            return True
        extra = area = 0
        if flags & _HAS_EXTRA:
            extra, place = _number(data, place)
        if flags & _HAS_AREA:
            area, place = _number(data, place)
        if kind == _NEW_FILE and _has_record(data, begin + size - extra, begin + size):
            return True
        if begin + size + area <= at:
            return False
        at = begin + size + area
    return False


def _has_record(data: bytes, at: int, stop: int) -> bool:
    """Whether the extra area of a file has a record on its encryption."""
    while at < stop:
        size, place = _number(data, at)
        if _number(data, place)[0] == _ENCRYPTION_RECORD:
            return True
        if not size:
            return False
        at = place + size
    return False


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
    return value, at
