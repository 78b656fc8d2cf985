"""Writes a ZIP file: the same members give the same bytes; no dates, no rights, no extra fields, no comment."""

import struct
import zlib
from collections.abc import Iterable
from enum import Enum
from typing import Final

from sanitizers.budget import OverBudget

_LOCAL: Final = struct.Struct("<4s5H3I2H")  # APPNOTE 4.3.7
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")  # 4.3.12
_END: Final = struct.Struct("<4s4H2IH")  # 4.3.16
_VERSION: Final = 20  # 2.0: deflate, folders
_UTF_8: Final = 0x0800
_NO_TIME: Final = 0
_FIRST_DAY: Final = 0x0021  # 1980-01-01, the earliest that there is
_LEVEL: Final = 6
_MOST_BYTES: Final = 0xFFFF_FFFE
_MOST_MEMBERS: Final = 0xFFFE


class Packing(Enum):
    """How a member is kept."""

    STORED = 0  # pictures, which are compressed already; the first member of an OpenDocument file
    DEFLATED = 8


def written(members: Iterable[tuple[str, bytes, Packing]]) -> bytes:
    """The file: members in this order, names with forward slashes. OverBudget: it would need Zip64."""
    pieces: list[bytes] = []
    entries: list[bytes] = []
    at = 0
    for name, content, packing in members:
        raw = name.encode("utf-8")
        flags = 0 if name.isascii() else _UTF_8
        packed = content if packing is Packing.STORED else _deflated(content)
        common = (flags, packing.value, _NO_TIME, _FIRST_DAY, zlib.crc32(content), len(packed), len(content), len(raw))
        if at + len(packed) > _MOST_BYTES or len(entries) >= _MOST_MEMBERS:
            raise OverBudget("too large for a ZIP file", whole_item=False)
        pieces += (_LOCAL.pack(b"PK\x03\x04", _VERSION, *common, 0), raw, packed)
        entries.append(_CENTRAL.pack(b"PK\x01\x02", _VERSION, _VERSION, *common, 0, 0, 0, 0, 0, at) + raw)
        at += _LOCAL.size + len(raw) + len(packed)
    size = sum(map(len, entries))
    end = _END.pack(b"PK\x05\x06", 0, 0, len(entries), len(entries), size, at, 0)
    return b"".join((*pieces, *entries, end))


def _deflated(content: bytes) -> bytes:
    stream = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return stream.compress(content) + stream.flush()
