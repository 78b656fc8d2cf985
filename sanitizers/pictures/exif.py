"""Reads the few things of Exif that matter here: how the picture is turned, and what is worth a word in the report."""

import struct
from typing import Final

import msgspec

from sanitizers.pictures.census import Census, Extra

_MOST_ENTRIES: Final = 500  # real directories have some dozens
_ORIENTATION: Final = 0x0112  # Exif 2.32, table 4
_GPS: Final = 0x8825
_THUMBNAILS: Final = frozenset({0x0111, 0x0201})  # strips, or a JPEG, in the second directory
_SHORT: Final = 3


class Exif(msgspec.Struct, frozen=True):
    """What was found in an Exif block."""

    orientation: int = 1  #: 1 to 8; 1: upright
    position: bool = False
    thumbnail: bool = False


def read_exif(block: bytes) -> Exif:
    """Read a block that begins with the TIFF header, with or without the name before it; nonsense counts as empty."""
    block = block.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None or len(block) < 8:
        return Exif()
    first, following = _directory(block, order, struct.unpack_from(order + "I", block, 4)[0])
    second = _directory(block, order, following)[0] if following else {}
    orientation = first.get(_ORIENTATION, 1)
    return Exif(orientation if 1 <= orientation <= 8 else 1, _GPS in first, bool(_THUMBNAILS & second.keys()))


def count_exif(block: bytes, census: Census) -> int:
    """Tell the census what an Exif block holds; the orientation, 1 to 8."""
    exif = read_exif(block)
    census.met(Extra.EXIF)
    if exif.position:
        census.met(Extra.POSITION)
    if exif.thumbnail:
        census.met(Extra.THUMBNAIL)
    return exif.orientation


def _directory(block: bytes, order: str, place: int) -> tuple[dict[int, int], int]:
    """The tags of a directory, each with its value when that is one short number, and where the next begins; or 0."""
    if place + 2 > len(block):
        return {}, 0
    count = min(struct.unpack_from(order + "H", block, place)[0], _MOST_ENTRIES)
    end = place + 2 + 12 * count
    if end > len(block):
        return {}, 0
    tags: dict[int, int] = {}
    for entry in range(place + 2, end, 12):
        tag, kind, _, value = struct.unpack_from(order + "HHIH", block, entry)
        tags[tag] = value if kind == _SHORT else 0
    following = struct.unpack_from(order + "I", block, end)[0] if end + 4 <= len(block) else 0
    return tags, following
