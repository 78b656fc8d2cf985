"""Compact fonts: dictionaries, names and outlines parsed, and written again (Adobe Technical Note 5176)."""

import re
import struct
from itertools import pairwise

import msgspec

from sanitizers.formats.pdf.fonts.cffwriter import Font, Part, written
from sanitizers.formats.pdf.fonts.type2 import END, MOST_STEPS, RETURN, Walk, plain
from sanitizers.formats.pdf.work import StreamFailed

MOST_GLYPHS = 65_535
MOST_PARTS = 256  #: font dictionaries of a CID font
STANDARD_STRINGS = 391
_GLYPH_NAME = re.compile(rb"[A-Za-z0-9._-]{1,63}")
_REAL = re.compile(
    rb"\x1e(?:[^\x0f\x1f\x2f\x3f\x4f\x5f\x6f\x7f\x8f\x9f\xaf\xbf\xcf\xdf\xef\xf0-\xff]){0,12}.", re.DOTALL
)
_CUT_OFF = (IndexError, struct.error)

#: Operators of the top dictionary that are carried as they are; the others are names and dates, or places in the file.
TOP_ENTRIES = frozenset(
    {
        (5,),  # FontBBox
        (12, 1),  # isFixedPitch
        (12, 2),  # ItalicAngle
        (12, 5),  # PaintType
        (12, 7),  # FontMatrix
        (12, 8),  # StrokeWidth
        (12, 34),  # CIDCount
    }
)
#: Of a private dictionary: hints for the whole font, and widths. 19 is where the subroutines are.
PRIVATE_ENTRIES = frozenset(
    {(6,), (7,), (8,), (9,), (10,), (11,), (20,), (21,)} | {(12, code) for code in (9, 10, 11, 12, 13, 14, 17, 18)}
)

Key = tuple[int, ...]
Entries = dict[Key, list[bytes]]  #: operator → operands, each as it is written


class _Index(msgspec.Struct, frozen=True):
    items: list[bytes]
    end: int


def rewritten(data: bytes) -> bytes:
    """The first font of the file. Raises StreamFailed."""
    try:
        return written(_font(data))
    except _CUT_OFF as error:
        raise StreamFailed("a font cut off") from error


def _font(data: bytes) -> Font:
    names = _index(data, data[2])
    tops = _index(data, names.end)
    strings = _index(data, tops.end)
    common = _index(data, strings.end)
    top = _dictionary(tops.items[0])
    if _integer(top, (12, 6), 2) != 2:
        raise StreamFailed("a font of old charstrings")
    outlines = _index(data, _integer(top, (17,), 0)).items
    if not 1 <= len(outlines) <= MOST_GLYPHS or not _integer(top, (17,), 0):
        raise StreamFailed("a font without glyphs")
    composite = (12, 30) in top
    parts = _parts(data, top) if composite else [_part(data, top)]
    select = _select(data, _integer(top, (12, 37), 0), len(outlines)) if composite else bytes(len(outlines))
    outlines, parts, subroutines = _read_outlines(outlines, select, parts, common.items)
    glyphs = _charset(data, _integer(top, (15,), 0), len(outlines))
    named = () if composite else tuple(_glyph_names(glyphs, strings.items))
    codes_at = _integer(top, (16,), 0)
    own_codes = codes_at > 1 and not composite
    listed = _more_codes(data, codes_at) if own_codes else []
    more = zip([code for code, _ in listed], _glyph_names([name for _, name in listed], strings.items), strict=True)
    return Font(
        top=_carried(top, TOP_ENTRIES),
        outlines=outlines,
        parts=parts,
        subroutines=subroutines,
        predefined=None if isinstance(glyphs, list) else glyphs,
        names=named,
        numbers=tuple(glyphs) if composite and isinstance(glyphs, list) else (),
        select=select if composite else b"",
        standard_encoding=None if own_codes else max(0, codes_at),
        codes=_encoding(data, codes_at, len(outlines)) if own_codes else b"",
        more_codes=tuple(more),
    )


def _index(data: bytes, place: int) -> _Index:
    count = int.from_bytes(data[place : place + 2])
    if not count:
        return _Index([], place + 2)
    size = data[place + 2]
    if not 1 <= size <= 4:
        raise StreamFailed("a font with a broken index")
    table = data[place + 3 : place + 3 + size * (count + 1)]
    if len(table) < size * (count + 1):
        raise StreamFailed("a font cut off")
    offsets = [int.from_bytes(table[at : at + size]) for at in range(0, len(table), size)]
    start = place + 2 + size * (count + 1)
    items = [data[start + low : start + high] for low, high in pairwise(offsets)]
    if offsets[0] != 1 or offsets[-1] + start > len(data) or sum(map(len, items)) > len(data):
        raise StreamFailed("a font with a broken index")
    return _Index(items, start + offsets[-1])


def _dictionary(data: bytes) -> Entries:
    entries: Entries = {}
    operands: list[bytes] = []
    place = 0
    while place < len(data):
        first = data[place]
        if first <= 21:
            length = 2 if first == 12 else 1
            entries.setdefault(tuple(data[place : place + length]), operands)
            operands = []
        else:
            length = _operand_length(data, place, first)
            operands.append(data[place : place + length])
        place += length
    return entries


def _operand_length(data: bytes, place: int, first: int) -> int:
    if first == 30:
        real = _REAL.match(data, place)
        if real is None:
            raise StreamFailed("a font with a broken number")
        return real.end() - place
    length = {28: 3, 29: 5}.get(first, 1 if 32 <= first <= 246 else 2 if 247 <= first <= 254 else 0)
    if not length or place + length > len(data):
        raise StreamFailed("a font with a broken number")
    return length


def _value(operand: bytes) -> int:
    first = operand[0]
    if first in {28, 29}:
        return int.from_bytes(operand[1:], signed=True)
    if first == 30:
        raise StreamFailed("a font with a broken number")
    if first <= 246:
        return first - 139
    return (first - 247) * 256 + operand[1] + 108 if first <= 250 else -(first - 251) * 256 - operand[1] - 108


def _integer(entries: Entries, key: Key, default: int) -> int:
    operands = entries.get(key)
    return _value(operands[-1]) if operands else default


def _carried(entries: Entries, allowed: frozenset[Key]) -> bytes:
    return b"".join(
        b"".join(operands) + bytes(key)
        for key, operands in sorted(entries.items())
        if key in allowed and len(operands) <= 48
    )


def _part(data: bytes, entries: Entries) -> Part:
    """A private dictionary with its subroutines; without one, an empty one."""
    place = entries.get((18,))
    matrix = _carried(entries, frozenset({(12, 7)}))
    if place is None or len(place) != 2:
        return Part(b"", [], matrix)
    size, start = map(_value, place)
    private = _dictionary(data[start : start + size]) if start > 0 and size > 0 else {}
    local = _integer(private, (19,), 0)
    routines = _index(data, start + local).items if local > 0 else []
    return Part(_carried(private, PRIVATE_ENTRIES), routines, matrix)


def _parts(data: bytes, top: Entries) -> list[Part]:
    items = _index(data, _integer(top, (12, 36), 0)).items
    if not 1 <= len(items) <= MOST_PARTS:
        raise StreamFailed("a font without dictionaries")
    return [_part(data, _dictionary(item)) for item in items]


def _select(data: bytes, place: int, count: int) -> bytes:
    """For each glyph the number of its dictionary."""
    if not place or data[place] == 0:
        return data[place + 1 : place + 1 + count].ljust(count, b"\0") if place else bytes(count)
    ranges = int.from_bytes(data[place + 1 : place + 3])
    listed = [struct.unpack_from(">HB", data, place + 3 + 3 * number) for number in range(ranges)]
    ends = [first for first, _ in listed[1:]] + [count]
    selected = bytearray(count)
    for (first, part), end in zip(listed, ends, strict=True):
        if first < end <= count:
            selected[first:end] = bytes((part,)) * (end - first)
    return bytes(selected)


def _read_outlines(
    outlines: list[bytes], select: bytes, parts: list[Part], common: list[bytes]
) -> tuple[list[bytes], list[Part], list[bytes]]:
    """All outlines, and of the subroutines those that they call; one that nobody calls is empty."""
    steps = [MOST_STEPS]
    walks = [Walk(part.subroutines, common, steps) for part in parts]
    kept: list[bytes] = []
    failed = 0
    for outline, part in zip(outlines, select, strict=True):
        read = plain(outline)
        if read is None:
            try:
                read = walks[min(part, len(walks) - 1)].outline(outline)
            except (*_CUT_OFF, StreamFailed):
                read = END
                failed += 1
        kept.append(read)
    if failed > len(outlines) // 2:
        raise StreamFailed("a font whose outlines cannot be read")
    shared: dict[int, bytes] = {}
    for walk in walks:
        shared |= walk.read[1]
    new = [
        Part(part.private, _met(part.subroutines, walk.read[0]), part.matrix)
        for part, walk in zip(parts, walks, strict=True)
    ]
    return kept, new, _met(common, shared)


def _met(routines: list[bytes], read: dict[int, bytes]) -> list[bytes]:
    return [read.get(number, RETURN) for number in range(len(routines))] if read else []


def _charset(data: bytes, place: int, count: int) -> list[int] | int:
    """Of each glyph but the first its name's or its own number; or the number of a predefined list."""
    if place <= 2:
        return max(place, 0)
    kind = data[place]
    if kind == 0:
        return list(struct.unpack_from(f">{count - 1}H", data, place + 1))
    size = 1 if kind == 1 else 2
    numbers: list[int] = []
    place += 1
    while len(numbers) < count - 1:
        first = int.from_bytes(data[place : place + 2])
        more = int.from_bytes(data[place + 2 : place + 2 + size])
        if place + 2 + size > len(data):
            raise StreamFailed("a font cut off")
        numbers.extend(range(first, first + more + 1))
        place += 2 + size
    return [number & 0xFFFF for number in numbers[: count - 1]]


def _glyph_names(glyphs: list[int] | int, strings: list[bytes]) -> list[int | bytes]:
    """A number of the standard strings, or a name."""
    if isinstance(glyphs, int):
        return []
    return [number if number < STANDARD_STRINGS else _name(number, strings) for number in glyphs]


def _name(number: int, strings: list[bytes]) -> bytes:
    place = number - STANDARD_STRINGS
    if place < len(strings) and _GLYPH_NAME.fullmatch(strings[place]):
        return strings[place]
    return b"glyph%d" % number


def _encoding(data: bytes, place: int, count: int) -> bytes:
    """The code of each glyph from the second on."""
    kind, entries = data[place] & 0x7F, data[place + 1]
    if kind == 0:
        return data[place + 2 : place + 2 + min(entries, count - 1)]
    codes: list[int] = []
    for number in range(entries):
        first, more = data[place + 2 + 2 * number], data[place + 3 + 2 * number]
        codes.extend(range(first, min(first + more, 255) + 1))
    return bytes(codes[: min(count - 1, 255)])


def _more_codes(data: bytes, place: int) -> list[tuple[int, int]]:
    """Further codes of glyphs that have several, and the numbers of their names."""
    if not data[place] & 0x80:
        return []
    kind, entries = data[place] & 0x7F, data[place + 1]
    place += 2 + entries * (1 if kind == 0 else 2)
    return [struct.unpack_from(">BH", data, place + 1 + 3 * number) for number in range(data[place])]
