"""TrueType outlines: each glyph parsed and written again without its program (OpenType, chapters glyf and loca).

A glyph that cannot be parsed becomes an empty one. Between and behind glyphs nothing is carried.
"""

import struct
import sys
from array import array

from sanitizers.formats.pdf.work import StreamFailed

MOST_CONTOURS = 4_096
MOST_COMPONENTS = 256
DEEPEST = 8  #: components made of components

# A byte of flags: 1 on the curve, 2 x is one byte, 4 y is one byte, 8 a count of repetitions follows, 16 x is positive
# or as before, 32 the same for y, 64 outlines overlap, 128 reserved.
_REPEATED = 8
_NOT_REPEATED = bytes(flag for flag in range(256) if not flag & _REPEATED)
_KNOWN_FLAGS = bytes(flag & 0x7F for flag in range(256))
_BYTES_OF_X = bytes(1 if flag & 2 else 0 if flag & 16 else 2 for flag in range(256))
_BYTES_OF_Y = bytes(1 if flag & 4 else 0 if flag & 32 else 2 for flag in range(256))

# Of a component.
_WORDS, _SCALE, _MORE, _TWO_SCALES, _MATRIX, _PROGRAM = 0x1, 0x8, 0x20, 0x40, 0x80, 0x100
_KNOWN_COMPONENT = 0x1EEF & ~_PROGRAM
_NO_PROGRAM = b"\0\0"


def outlines(glyf: bytes, loca: bytes, count: int, *, long_offsets: bool) -> tuple[bytes, bytes, bool]:
    """The tables glyf and loca written anew, and whether loca has long offsets. Raises StreamFailed."""
    offsets = _offsets(loca, count, long_offsets=long_offsets)
    used: dict[int, list[int]] = {}
    glyphs: list[bytes] = []
    failed = 0
    for number in range(len(offsets) - 1):
        start, end = offsets[number], min(offsets[number + 1], len(glyf))
        if end - start < 10:
            glyphs.append(b"")
            continue
        try:
            glyphs.append(_glyph(glyf[start:end], number, count, used))
        except (IndexError, struct.error, StreamFailed):
            glyphs.append(b"")
            failed += 1
    if failed > len(offsets) // 2:
        raise StreamFailed("a font whose outlines cannot be read")
    _cut_cycles(used, glyphs)
    return _joined(glyphs, count)


def _offsets(loca: bytes, count: int, *, long_offsets: bool) -> list[int]:
    """Where each glyph begins; tables that end too early have empty glyphs at the end."""
    table = array("I" if long_offsets else "H", loca[: (len(loca) // 4 * 4 if long_offsets else len(loca) // 2 * 2)])
    if sys.byteorder == "little":
        table.byteswap()
    offsets = table[: count + 1].tolist()
    return offsets if long_offsets else [offset * 2 for offset in offsets]


def _glyph(data: bytes, number: int, count: int, used: dict[int, list[int]]) -> bytes:
    contours = int.from_bytes(data[:2], signed=True)
    if contours >= 0:
        return _simple(data, contours)
    return b"\xff\xff" + data[2:10] + _composite(data, number, count, used)


def _simple(data: bytes, contours: int) -> bytes:
    if contours == 0:
        return b""
    place = 10 + 2 * contours
    ends = struct.unpack_from(f">{contours}H", data, 10)
    if contours > MOST_CONTOURS or any(map(int.__ge__, ends, ends[1:])):
        raise StreamFailed("contours in disorder")
    points = ends[-1] + 1
    start = place + 2 + (data[place] << 8 | data[place + 1])
    flags, written, place = _flags(data, start, points)
    coordinates = data[place : place + sum(flags.translate(_BYTES_OF_X)) + sum(flags.translate(_BYTES_OF_Y))]
    if len(coordinates) != sum(flags.translate(_BYTES_OF_X)) + sum(flags.translate(_BYTES_OF_Y)):
        raise StreamFailed("points that are missing")
    return data[: 10 + 2 * contours] + _NO_PROGRAM + written + coordinates


def _flags(data: bytes, start: int, points: int) -> tuple[bytes, bytes, int]:
    """The flags of all points, as they are written, and where the coordinates begin."""
    flags = data[start : start + points]
    if not flags.translate(None, _NOT_REPEATED):
        if len(flags) < points:
            raise StreamFailed("points that are missing")
        return flags, flags.translate(_KNOWN_FLAGS), start + points
    spread, written = bytearray(), bytearray()
    place = start
    while len(spread) < points:
        flag = data[place] & 0x7F
        place += 1
        written.append(flag)
        spread.append(flag)
        if flag & _REPEATED:
            again = min(data[place], points - len(spread))
            place += 1
            written.append(again)
            spread += bytes((flag,)) * again
    return bytes(spread), bytes(written), place


def _composite(data: bytes, number: int, count: int, used: dict[int, list[int]]) -> bytes:
    pieces: list[bytes] = []
    place = 10
    inside = used.setdefault(number, [])
    more = True
    while more:
        flags, glyph = struct.unpack_from(">HH", data, place)
        size = (4 if flags & _WORDS else 2) + (
            2 if flags & _SCALE else 4 if flags & _TWO_SCALES else 8 if flags & _MATRIX else 0
        )
        if glyph >= count or place + 4 + size > len(data) or len(pieces) >= MOST_COMPONENTS:
            raise StreamFailed("components that are missing")
        inside.append(glyph)
        pieces.append(struct.pack(">HH", flags & _KNOWN_COMPONENT, glyph) + data[place + 4 : place + 4 + size])
        place += 4 + size
        more = bool(flags & _MORE)
    return b"".join(pieces)


def _cut_cycles(used: dict[int, list[int]], glyphs: list[bytes]) -> None:
    """A glyph that is made of itself, or too deep, becomes empty: readers recurse."""
    depths: dict[int, int] = {}
    for number in used:
        if _depth(number, used, depths, 0) > DEEPEST:
            glyphs[number] = b""


def _depth(number: int, used: dict[int, list[int]], depths: dict[int, int], level: int) -> int:
    if number not in used:
        return 0
    if level > DEEPEST or number in depths:
        return depths.get(number, DEEPEST + 1)
    depths[number] = DEEPEST + 1  # while it is being measured: who comes back here goes in a circle
    depths[number] = 1 + max((_depth(inside, used, depths, level + 1) for inside in used[number]), default=0)
    return depths[number]


def _joined(glyphs: list[bytes], count: int) -> tuple[bytes, bytes, bool]:
    padded = [glyph + b"\0" * (-len(glyph) % 4) for glyph in glyphs]
    offsets, place = [0], 0
    for glyph in padded:
        place += len(glyph)
        offsets.append(place)
    offsets += [place] * (count + 1 - len(offsets))
    long_offsets = place > 0x1FFFE
    table = array("I", offsets) if long_offsets else array("H", [offset // 2 for offset in offsets])
    if sys.byteorder == "little":
        table.byteswap()
    return b"".join(padded), table.tobytes(), long_offsets
