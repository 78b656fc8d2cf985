"""Walks through the directories of a TIFF file (TIFF 6.0 section 2, BigTIFF), and joins coded pages to a new one."""

import struct
from collections.abc import Iterable
from typing import Final

import msgspec

from sanitizers.model import CannotSanitize, Threat
from sanitizers.pictures.census import Census, Extra

_MOST_PAGES: Final = 2_000
_MOST_ENTRIES: Final = 1_000
_REDUCED: Final = 1  # of NewSubfileType: a smaller copy of another page

# Tags that say how the picture is stored, shown and measured. The decoder reads them; the writer says them anew.
_NEEDED: Final = frozenset(
    {
        *(254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 274, 277, 278, 279, 280, 281, 282, 283, 284),
        *(286, 287, 290, 291, 292, 293, 296, 297, 301, 317, 318, 319, 320, 321, 322, 323, 324, 325, 326, 327, 328),
        *(332, 334, 336, 338, 339, 340, 341, 342, 347, 512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532),
    }
)
_OTHER: Final[dict[int, Extra]] = {
    330: Extra.PICTURES,  # directories inside this one
    700: Extra.XMP,
    33723: Extra.IPTC,
    34377: Extra.IPTC,
    34665: Extra.EXIF,
    34675: Extra.PROFILE,
    34853: Extra.POSITION,
    37724: Extra.LAYERS,  # of Photoshop
    **dict.fromkeys((269, 270, 271, 272, 285, 305, 306, 315, 316, 33432), Extra.TEXT),  # names, programs, dates
}


class TiffPage(msgspec.Struct, frozen=True):
    """What a directory says of one page."""

    compression: int
    reduced: bool
    orientation: int


def read_tiff(data: bytes, census: Census) -> list[TiffPage]:
    """The pages in their order; raises CannotSanitize where there are none."""
    order = "<" if data[:2] == b"II" else ">"
    large = data[2:4] in {b"+\0", b"\0+"}
    place = struct.unpack_from(order + "Q", data, 8)[0] if large else struct.unpack_from(order + "I", data, 4)[0]
    pages: list[TiffPage] = []
    seen: set[int] = set()
    while place and place not in seen and place + 8 <= len(data):
        if len(pages) >= _MOST_PAGES:
            raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {_MOST_PAGES} pages in a TIFF picture")
        seen.add(place)
        page, place = _page(data, order, place, census, large=large)
        pages.append(page)
    if not pages:
        raise CannotSanitize(Threat.MALFORMED, "a TIFF picture without a page in it")
    return pages


def _page(data: bytes, order: str, place: int, census: Census, *, large: bool) -> tuple[TiffPage, int]:
    """One directory, and where the next begins (0: nowhere)."""
    head, entry, link = ("Q", "HHQ8s", "Q") if large else ("H", "HHI4s", "I")
    count = struct.unpack_from(order + head, data, place)[0]
    start, size = place + struct.calcsize("=" + head), struct.calcsize("=" + entry)
    end = start + count * size
    if count > _MOST_ENTRIES or end + struct.calcsize("=" + link) > len(data):
        raise CannotSanitize(Threat.MALFORMED, "a TIFF picture with a broken directory")
    numbers: dict[int, int] = {}
    for at in range(start, end, size):
        tag, kind, _, value = struct.unpack_from(order + entry, data, at)
        numbers[tag] = struct.unpack_from(order + {3: "H", 4: "I"}.get(kind, "B"), value)[0]
        if tag not in _NEEDED:
            census.met(_OTHER.get(tag, Extra.VENDOR))
    page = TiffPage(numbers.get(259, 1), bool(numbers.get(254, 0) & _REDUCED), numbers.get(274, 1))
    return page, struct.unpack_from(order + link, data, end)[0]


# What a new page says: size, depth, compression, colours, where its strips are, resolution. Sizes of types in bytes.
_WRITTEN: Final = frozenset(
    {256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 282, 283, 284, 292, 293, 296, 317, 320, 338, 339, 347, 530, 532}
)
_SIZES: Final = {1: 1, 3: 2, 4: 4, 5: 8, 7: 1}
_OFFSETS, _LENGTHS, _SHORT, _LONG = 273, 279, 3, 4


class _Field(msgspec.Struct, frozen=True):
    """One tag of a page that Pillow coded."""

    tag: int
    kind: int
    count: int
    value: bytes

    def numbers(self) -> tuple[int, ...]:
        return struct.unpack(f"<{self.count}{'H' if self.kind == _SHORT else 'I'}", self.value)


def write_tiff(pages: Iterable[bytes]) -> bytes:
    """One file of pages that our encoder wrote as a little-endian file each.

    Strips, values and directories follow each other without a gap; no tag is written that the table does not name.
    """
    out = bytearray(b"II*\0\0\0\0\0")
    link = 4
    for page in pages:
        fields = {field.tag: field for field in _fields(page)}
        offsets = []
        for start, length in zip(fields[_OFFSETS].numbers(), fields[_LENGTHS].numbers(), strict=True):
            offsets.append(len(out))
            out += page[start : start + length]
        fields[_OFFSETS] = _Field(_OFFSETS, _LONG, len(offsets), struct.pack(f"<{len(offsets)}I", *offsets))
        entries = [_entry(fields[tag], out) for tag in sorted(fields)]
        out += bytes(len(out) & 1)
        out[link : link + 4] = struct.pack("<I", len(out))
        out += struct.pack("<H", len(entries)) + b"".join(entries)
        link = len(out)
        out += bytes(4)
    return bytes(out)


def _fields(page: bytes) -> list[_Field]:
    (place,) = struct.unpack_from("<I", page, 4)
    fields = []
    for number in range(struct.unpack_from("<H", page, place)[0]):
        at = place + 2 + 12 * number
        tag, kind, count = struct.unpack_from("<HHI", page, at)
        if tag not in _WRITTEN:
            continue
        size = _SIZES[kind] * count
        start = at + 8 if size <= 4 else struct.unpack_from("<I", page, at + 8)[0]
        fields.append(_Field(tag, kind, count, page[start : start + size]))
    return fields


def _entry(field: _Field, out: bytearray) -> bytes:
    """Twelve bytes of the directory; a value that is longer than four of them goes before it."""
    value = field.value.ljust(4, b"\0")
    if len(value) > 4:
        out += bytes(len(out) & 1)
        value = struct.pack("<I", len(out))
        out += field.value
    return struct.pack("<HHI", field.tag, field.kind, field.count) + value
