"""Compact fonts as they are written: one layout, every offset five bytes (Adobe Technical Note 5176)."""

import struct

import msgspec

STANDARD_STRINGS = 391
_HEADER = b"\1\0\4\4"
_NAME = b"Font"
_ADOBE, _IDENTITY = b"Adobe", b"Identity"


class Part(msgspec.Struct, frozen=True):
    """A private dictionary with the subroutines that belong to it."""

    private: bytes  #: entries, without the place of the subroutines
    subroutines: list[bytes]
    matrix: bytes = b""  #: FontMatrix of a CID font's dictionary


class Font(msgspec.Struct, frozen=True):
    """All of a font that is carried."""

    top: bytes  #: entries of the top dictionary, without places
    outlines: list[bytes]
    parts: list[Part]  #: one, or those of a CID font
    subroutines: list[bytes]  #: those of all parts
    predefined: int | None  #: a charset that every reader knows
    names: tuple[int | bytes, ...]  #: of each glyph but the first, its name or the number of a standard string
    numbers: tuple[int, ...]  #: of a CID font: of each glyph but the first its CID
    select: bytes  #: of a CID font: the part of each glyph
    standard_encoding: int | None  #: 0 or 1; None when it has one of its own
    codes: bytes = b""  #: of its own encoding: the code of each glyph, from glyph 1 on
    more_codes: tuple[tuple[int, int | bytes], ...] = ()  #: further codes, and the glyph's name


def written(font: Font) -> bytes:
    """The file."""
    strings, numbers, more = _strings(font)
    charset = b"" if font.predefined is not None else b"\0" + struct.pack(f">{len(numbers)}H", *numbers)
    if font.select and len(numbers) > 8:
        charset = _ranges(numbers)
    blocks = {
        "charset": charset,
        "encoding": _encoding(font.codes, more) if font.standard_encoding is None else b"",
        "select": b"\0" + font.select if font.select else b"",
        "outlines": _index(font.outlines),
    }
    before = _HEADER + _index([_NAME])
    middle = _index(strings) + _index(font.subroutines)
    place = len(before) + len(_index([_top(font, {}, 0, 0)])) + len(middle)
    places: dict[str, int] = {}
    for name, block in blocks.items():
        places[name] = place
        place += len(block)
    privates, at = _privates(font.parts, place)
    place += len(privates)
    dictionaries = _index(
        [_part_entries(part, size, where) for part, (size, where) in zip(font.parts, at, strict=True)]
    )
    size, where = at[0]
    places["dictionaries"] = place
    top = _index([_top(font, places, size, where)])
    tail = dictionaries if font.select else b""
    return before + top + middle + b"".join(blocks.values()) + privates + tail


def _strings(font: Font) -> tuple[list[bytes], list[int], list[tuple[int, int]]]:
    """The names that are no standard strings; the number of each glyph's name; further codes with such numbers."""
    if font.select:
        return [_ADOBE, _IDENTITY], list(font.numbers), []
    order: dict[bytes, int] = {}

    def number(name: int | bytes) -> int:
        return name if isinstance(name, int) else STANDARD_STRINGS + order.setdefault(name, len(order))

    numbers = [number(name) for name in font.names]
    more = [(code, number(name)) for code, name in font.more_codes]
    return list(order), numbers, more


def _ranges(numbers: list[int]) -> bytes:
    """Format 2 of the charset: runs of numbers."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and number == runs[-1][0] + runs[-1][1] + 1 and runs[-1][1] < 0xFFFF:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((number, 0))
    return b"\2" + b"".join(struct.pack(">HH", *run) for run in runs)


def _encoding(codes: bytes, more: list[tuple[int, int]]) -> bytes:
    """Format 0, with the codes of glyphs that have several."""
    supplement = b"".join(struct.pack(">BH", code, number) for code, number in more)
    kind = 0x80 if more else 0
    return bytes((kind, len(codes))) + codes + (bytes((len(more),)) + supplement if more else b"")


def _number(value: int) -> bytes:
    return b"\x1d" + value.to_bytes(4, signed=True)


def _top(font: Font, places: dict[str, int], size: int, where: int) -> bytes:
    composite = bool(font.select)
    entries = (
        b"" if not composite else _number(STANDARD_STRINGS) + _number(STANDARD_STRINGS + 1) + _number(0) + b"\x0c\x1e"
    )
    entries += font.top
    charset = places.get("charset", 0) if font.predefined is None else font.predefined
    entries += _number(charset) + b"\x0f"
    if composite:
        entries += _number(places.get("dictionaries", 0)) + b"\x0c\x24" + _number(places.get("select", 0)) + b"\x0c\x25"
    else:
        encoding = places.get("encoding", 0) if font.standard_encoding is None else font.standard_encoding
        entries += _number(encoding) + b"\x10" + _number(size) + _number(where) + b"\x12"
    return entries + _number(places.get("outlines", 0)) + b"\x11"


def _part_entries(part: Part, size: int, where: int) -> bytes:
    return part.matrix + _number(size) + _number(where) + b"\x12"


def _privates(parts: list[Part], place: int) -> tuple[bytes, list[tuple[int, int]]]:
    """The private dictionaries, each followed by its subroutines, and size and place of each."""
    pieces: list[bytes] = []
    at: list[tuple[int, int]] = []
    for part in parts:
        size = len(part.private) + (6 if part.subroutines else 0)
        routines = _number(size) + b"\x13" if part.subroutines else b""
        piece = part.private + routines + (_index(part.subroutines) if part.subroutines else b"")
        at.append((size, place))
        pieces.append(piece)
        place += len(piece)
    return b"".join(pieces), at


def _index(items: list[bytes]) -> bytes:
    if not items:
        return b"\0\0"
    offsets, place = [1], 1
    for item in items:
        place += len(item)
        offsets.append(place)
    size = (place.bit_length() + 7) // 8
    table = b"".join(offset.to_bytes(size) for offset in offsets)
    return len(items).to_bytes(2) + bytes((size,)) + table + b"".join(items)
