"""The pieces of split archives: known by their names, joined when all are there; the whole is as untrusted as they."""

import re
import struct
from collections.abc import Mapping
from enum import Enum
from typing import Final, NamedTuple

_MOST_PIECES: Final = 200
_SPANNED: Final = b"PK\x07\x08"  # APPNOTE 8.5.4: in front of the first piece of a ZIP file that was split
_END: Final = struct.Struct("<4s4H2IH")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")


class Style(Enum):
    """How a program names the pieces."""

    NUMBERED = "numbered"  # a.zip.001, a.7z.002: cut anywhere
    SPANNED_ZIP = "spanned"  # a.z01, a.z02, a.zip: the directory, in the last one, counts in pieces
    RAR_PARTS = "parts"  # a.part1.rar
    OLD_RAR = "old"  # a.rar, a.r00, a.r01


class Volume(NamedTuple):
    """A piece, by its name."""

    style: Style
    stem: str  #: what all pieces of one archive have in common, in lower case
    number: int  #: from 0; of a spanned ZIP the last is -1
    whole_name: str  #: what the joined file is called


_NUMBERED: Final = re.compile(
    r"(?P<stem>.+\.(?:zip|7z|rar|lzh|lha|tar|tgz|gz|bz2|xz|cab|iso))\.(?P<number>[0-9]{3})", re.IGNORECASE
)
_SPANNED_PIECE: Final = re.compile(r"(?P<stem>.+)\.z(?P<number>[0-9]{2})", re.IGNORECASE)
_PART: Final = re.compile(r"(?P<stem>.+)\.part(?P<number>[0-9]{1,3})\.(?:rar|exe)", re.IGNORECASE)
_OLD_PIECE: Final = re.compile(r"(?P<stem>.+)\.r(?P<number>[0-9]{2})", re.IGNORECASE)
# Style, how its pieces are named, what is put behind the stem for the whole, the number that stands for piece 0.
_PATTERNS: Final = (
    (Style.NUMBERED, _NUMBERED, "", 1),
    (Style.SPANNED_ZIP, _SPANNED_PIECE, ".zip", 1),
    (Style.RAR_PARTS, _PART, ".rar", 1),
    (Style.OLD_RAR, _OLD_PIECE, ".rar", -1),
)


_HEADS: Final = {"zip": Style.SPANNED_ZIP, "rar": Style.OLD_RAR}
_OLD_RAR: Final = b"Rar!\x1a\x07\x00"
_VOLUME, _NEW_NAMES = 0x0001, 0x0010  # flags of the main header of RAR 4


def volume_of(name: str, data: bytes) -> Volume | None:
    """What piece it is by its name; a.zip and a.rar, by what they say of themselves. None for a whole file."""
    for style, pattern, ending, first in _PATTERNS:
        if found := pattern.fullmatch(name):
            return Volume(style, found["stem"].lower(), int(found["number"]) - first, found["stem"] + ending)
    stem, _, ending = name.rpartition(".")
    head = _HEADS.get(ending.lower())
    if head is None or not _says_so(head, data):
        return None
    return Volume(head, stem.lower(), -1 if head is Style.SPANNED_ZIP else 0, name)


def _says_so(style: Style, data: bytes) -> bool:
    """A ZIP file that is the last of several (APPNOTE 4.4.19), or the first volume of a RAR archive of the old kind."""
    if style is Style.SPANNED_ZIP:
        end = data.rfind(b"PK\x05\x06", max(0, len(data) - _END.size - 65_535))
        return 0 <= end <= len(data) - _END.size and _END.unpack_from(data, end)[1] not in {0, 0xFFFF}
    flags = int.from_bytes(data[10:12], "little") if data.startswith(_OLD_RAR) else 0
    return bool(flags & _VOLUME) and not flags & _NEW_NAMES


def joined(style: Style, pieces: Mapping[int, bytes]) -> bytes | None:
    """The whole archive, or None where a piece is missing or they do not fit."""
    last = [-1] if style is Style.SPANNED_ZIP else []
    numbers = [number for number in sorted(pieces) if number >= 0]
    if not numbers or numbers != list(range(len(numbers))) or len(numbers) > _MOST_PIECES:
        return None
    if any(number not in pieces for number in last) or (not last and len(numbers) < 2):
        return None
    ordered = [pieces[number] for number in [*numbers, *last]]
    return _unspanned(ordered) if last else b"".join(ordered)


def _unspanned(pieces: list[bytes]) -> bytes | None:
    """Joined, and the directory made to count from the beginning, so that it is a ZIP file like any other."""
    starts = [sum(map(len, pieces[:number])) for number in range(len(pieces))]
    whole = bytearray(b"".join(pieces))
    end = whole.rfind(b"PK\x05\x06")
    if end < 0 or end + _END.size > len(whole):
        return None
    _, disk, first, here, count, size, start, _comment = _END.unpack_from(whole, end)
    if disk != len(pieces) - 1 or first >= len(pieces) or 0xFFFF in {count, here} or 0xFFFF_FFFF in {size, start}:
        return None
    at = directory = starts[first] + start
    for _ in range(count):
        if whole[at : at + 4] != b"PK\x01\x02" or at + _CENTRAL.size > end:
            return None
        fields = _CENTRAL.unpack_from(whole, at)
        if fields[13] >= len(pieces) or fields[16] == 0xFFFF_FFFF:
            return None
        struct.pack_into("<H", whole, at + 34, 0)
        struct.pack_into("<I", whole, at + 42, starts[fields[13]] + fields[16])
        at += _CENTRAL.size + sum(fields[10:13])
    struct.pack_into("<4H2I", whole, end + 4, 0, 0, count, count, end - directory, directory)
    if whole.startswith(_SPANNED):
        return _without_sign(whole, directory, count, end)
    return bytes(whole)


def _without_sign(whole: bytearray, directory: int, count: int, end: int) -> bytes:
    """Four bytes less in front, and so in every place that the directory names."""
    at = directory
    for _ in range(count):
        fields = _CENTRAL.unpack_from(whole, at)
        struct.pack_into("<I", whole, at + 42, fields[16] - len(_SPANNED))
        at += _CENTRAL.size + sum(fields[10:13])
    struct.pack_into("<I", whole, end + 16, directory - len(_SPANNED))
    return bytes(whole[len(_SPANNED) :])
