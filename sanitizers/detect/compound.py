"""The names at the root of an OLE2 file ([MS-CFB]), read from its directory: what is embedded deeper does not count."""

import struct
from collections.abc import Iterator
from typing import Final

_HEADER: Final = 512  # bytes
_IN_HEADER: Final = 109  # sectors of the allocation table that the header names
_ENTRY: Final = 128  # bytes
_NAME: Final = 64  # bytes of an entry that are for its name
_NONE: Final = 0xFFFF_FFFA  # from here on, numbers that are no sector or entry
_MOST_SECTORS: Final = 4_000  # of a directory
_MOST_ENTRIES: Final = 4_000  # at the root
_SHIFTS: Final = {9, 12}  # 512 and 4096 bytes

Unreadable = (struct.error, IndexError, ValueError)


def root_names(data: bytes) -> frozenset[str] | None:
    """In small letters; None when the directory cannot be read."""
    try:
        directory = b"".join(_sectors_of_directory(data))
        return frozenset(_children(directory))
    except Unreadable:
        return None


def _sectors_of_directory(data: bytes) -> Iterator[bytes]:
    (shift,) = struct.unpack_from("<H", data, 30)
    if shift not in _SHIFTS:
        raise ValueError(shift)
    size = 1 << shift
    (sector,) = struct.unpack_from("<I", data, 48)
    for _ in range(_MOST_SECTORS):
        if sector >= _NONE:
            return
        start = (sector + 1) << shift
        block = data[start : start + size]
        if not block:
            raise IndexError(sector)
        yield block
        sector = _next(data, sector, shift)
    raise ValueError(sector)


def _next(data: bytes, sector: int, shift: int) -> int:
    """What follows a sector, by the allocation table; behind the first 109 sectors of it nobody puts a directory."""
    place, entry = divmod(sector, (1 << shift) // 4)
    if place >= _IN_HEADER:
        raise IndexError(sector)
    (table,) = struct.unpack_from("<I", data, 76 + 4 * place)
    return int(struct.unpack_from("<I", data, ((table + 1) << shift) + 4 * entry)[0])


def _children(directory: bytes) -> Iterator[str]:
    """The names in the tree below the first entry."""
    waiting = [struct.unpack_from("<I", directory, 76)[0]]
    seen: set[int] = set()
    while waiting:
        number = waiting.pop()
        if number >= _NONE or number in seen:
            continue
        seen.add(number)
        if len(seen) > _MOST_ENTRIES or (number + 1) * _ENTRY > len(directory):
            raise IndexError(number)
        entry = directory[number * _ENTRY : (number + 1) * _ENTRY]
        (length,) = struct.unpack_from("<H", entry, _NAME)
        yield entry[: max(min(length, _NAME) - 2, 0)].decode("utf-16-le", "replace").lower()
        waiting += struct.unpack_from("<2I", entry, 68)
