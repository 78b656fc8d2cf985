"""Takes a HEIF file apart (ISO/IEC 23008-12): which item is the picture, how it is coded, turned and cut."""

import struct
from typing import Final

import msgspec

from sanitizers.model import CannotSanitize, Threat
from sanitizers.pictures.boxes import boxes

_MOST_ITEMS: Final = 5_000
_ALPHA: Final = (b"urn:mpeg:hevc:2015:auxid:1\0", b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0")


class Item(msgspec.Struct):
    """One item: a picture, a tile, metadata."""

    kind: bytes = b""
    places: list[tuple[int, int, int]] = []  #: of its bytes: in the file (0) or in its store (1), offset, length
    properties: list[tuple[bytes, bytes]] = []  #: kind and body, in the order in which they apply
    refers: dict[bytes, list[int]] = {}  #: by kind of reference, e.g. dimg: made of these


class Grid(msgspec.Struct, frozen=True):
    """A picture made of tiles of one size (23008-12, 6.6.2.3)."""

    columns: int
    size: tuple[int, int]
    tiles: tuple[int, ...]


class HeifFile(msgspec.Struct):
    """The items of a file."""

    data: bytes
    store: bytes = b""  #: the box idat
    primary: int = 0
    items: dict[int, Item] = {}
    shared: list[tuple[bytes, bytes]] = []  #: properties, by their place

    def content(self, item: Item) -> bytes:
        """The bytes of an item."""
        source = {0: self.data, 1: self.store}
        return b"".join(source[base][start : start + length] for base, start, length in item.places)

    def property(self, item: Item, kind: bytes) -> bytes:
        """The body of a property; b"" when the item has none of this kind."""
        return next((body for found, body in item.properties if found == kind), b"")

    def size(self, item: Item) -> tuple[int, int]:
        """As the item says (ispe), before it is turned."""
        body = self.property(item, b"ispe")
        if len(body) < 12:
            raise _broken()
        width, height = struct.unpack_from(">II", body, 4)
        return width, height

    def opacity_of(self, number: int) -> Item | None:
        """The picture of how opaque another one is."""
        found = (item for item in self.items.values() if number in item.refers.get(b"auxl", ()))
        return next((item for item in found if self.property(item, b"auxC")[4:].startswith(_ALPHA)), None)

    def grid(self, item: Item) -> Grid:
        """The tiles of an item of the kind grid."""
        body = self.content(item)
        if len(body) < 8:
            raise _broken()
        width, height = struct.unpack_from(">II" if body[1] & 1 else ">HH", body.ljust(12, b"\0"), 4)
        rows, columns = body[2] + 1, body[3] + 1
        tiles = item.refers.get(b"dimg", [])
        if len(tiles) != rows * columns or not width or not height:
            raise _broken()
        return Grid(columns, (width, height), tuple(tiles))


def _broken() -> CannotSanitize:
    return CannotSanitize(Threat.MALFORMED, "HEIC: the picture is damaged, cut short or of an unknown kind")


def read_heif(data: bytes) -> HeifFile:
    """Raises CannotSanitize where there is no picture."""
    meta = next((box.body for box in boxes(data) if box.kind == b"meta"), b"")
    file = HeifFile(data, items={}, shared=[])
    parts = {box.kind: box.body for box in boxes(meta[4:])}
    try:
        file.store = parts.get(b"idat", b"")
        file.primary = _numbers(parts[b"pitm"], 4, 4 if parts[b"pitm"][0] else 2)
        _kinds(file, parts[b"iinf"])
        _locations(file, parts[b"iloc"])
        _references(file, parts.get(b"iref", b""))
        _properties(file, parts[b"iprp"])
    except (KeyError, IndexError, struct.error) as failure:
        raise _broken() from failure
    if file.primary not in file.items:
        raise _broken()
    return file


def _numbers(body: bytes, place: int, size: int) -> int:
    if place + size > len(body):
        raise IndexError
    return int.from_bytes(body[place : place + size], "big")


def _kinds(file: HeifFile, body: bytes) -> None:
    start = 8 if body[0] else 6
    for box in boxes(body[start:]):
        if box.kind != b"infe" or box.body[0] < 2 or len(file.items) >= _MOST_ITEMS:
            continue
        wide = 4 if box.body[0] >= 3 else 2
        place = 4 + wide + 2
        number = _numbers(box.body, 4, wide)
        file.items[number] = Item(box.body[place : place + 4], places=[], properties=[], refers={})


def _locations(file: HeifFile, body: bytes) -> None:
    """ISO/IEC 14496-12, 8.11.3."""
    version = body[0]
    offset_size, length_size, base_size, index_size = body[4] >> 4, body[4] & 15, body[5] >> 4, body[5] & 15
    wide = 4 if version == 2 else 2
    count, place = _numbers(body, 6, wide), 6 + wide
    for _ in range(min(count, _MOST_ITEMS)):
        number = _numbers(body, place, wide)
        place += wide
        method = _numbers(body, place, 2) & 15 if version else 0
        place += 4 if version else 2
        base = _numbers(body, place, base_size)
        place += base_size
        pieces = _numbers(body, place, 2)
        place += 2
        for _ in range(pieces):
            place += index_size if version else 0
            offset = base + _numbers(body, place, offset_size)
            length = _numbers(body, place + offset_size, length_size)
            place += offset_size + length_size
            source = file.data if method == 0 else file.store
            if method > 1 or offset + length > len(source):
                raise _broken()
            if number in file.items:
                file.items[number].places.append((method, offset, length))


def _references(file: HeifFile, body: bytes) -> None:
    wide = 4 if body[:1] == b"\1" else 2
    for box in boxes(body[4:]):
        number, count = _numbers(box.body, 0, wide), _numbers(box.body, wide, 2)
        to = [_numbers(box.body, wide + 2 + wide * at, wide) for at in range(min(count, _MOST_ITEMS))]
        if number in file.items:
            file.items[number].refers.setdefault(box.kind, []).extend(to)


def _properties(file: HeifFile, body: bytes) -> None:
    for box in boxes(body):
        if box.kind == b"ipco":
            file.shared = [(found.kind, found.body) for found in boxes(box.body)]
    for box in boxes(body):
        if box.kind == b"ipma":
            _associations(file, box.body)


def _associations(file: HeifFile, body: bytes) -> None:
    """23008-12, 9.3.1."""
    wide = 4 if body[0] else 2
    index_size = 2 if body[3] & 1 else 1
    count, place = _numbers(body, 4, 4), 8
    for _ in range(min(count, _MOST_ITEMS)):
        number, several = _numbers(body, place, wide), _numbers(body, place + wide, 1)
        place += wide + 1
        for at in range(several):
            index = _numbers(body, place + at * index_size, index_size) & (0x7FFF if index_size == 2 else 0x7F)
            if number in file.items and 0 < index <= len(file.shared):
                file.items[number].properties.append(file.shared[index - 1])
        place += several * index_size
