"""Walks through files made of boxes (ISO/IEC 14496-12 section 4.2): HEIF, AVIF, JPEG 2000."""

import struct
from collections.abc import Iterator
from typing import Final

import msgspec

from sanitizers.model import CannotSanitize, Threat
from sanitizers.pictures.census import Census, Extra

_MOST_BOXES: Final = 10_000
# Boxes at the top of HEIF and AVIF files; what no row names is the data of some program.
_HEIF_BOXES: Final = frozenset({b"ftyp", b"meta", b"mdat", b"moov", b"free", b"skip", b"sidx", b"mini"})
# Boxes that the decoder of JPEG 2000 gets (ISO/IEC 15444-1 annex I).
_JP2_BOXES: Final = frozenset({b"jP  ", b"ftyp", b"jp2h", b"jp2c"})
_CODESTREAM: Final = b"\xff\x4f\xff\x51"  # SOC, SIZ
_MOST_COMPONENTS: Final = 5  # CMYK and opacity; each is decoded to four bytes a pixel


class Box(msgspec.Struct, frozen=True):
    """One box; `body` without its header."""

    kind: bytes
    body: bytes
    whole: bytes


def boxes(data: bytes, census: Census | None = None) -> Iterator[Box]:
    """The boxes one after the other; what is no box any more is counted as data behind the end."""
    place = 0
    for _ in range(_MOST_BOXES):
        if place + 8 > len(data):
            break
        length, kind = struct.unpack_from(">I4s", data, place)
        head = 8
        if length == 1 and place + 16 <= len(data):
            (length,) = struct.unpack_from(">Q", data, place + 8)
            head = 16
        length = length or len(data) - place  # 0: to the end of the file
        if length < head or place + length > len(data) or not kind.isascii():
            break
        yield Box(kind, data[place + head : place + length], data[place : place + length])
        place += length
    else:
        raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {_MOST_BOXES} boxes in a picture")
    if census is not None and place < len(data):
        census.behind(data[place:])


def count_heif(data: bytes, census: Census) -> frozenset[bytes]:
    """Tell the census what stands beside the picture; the brands that the file says it has."""
    brands: frozenset[bytes] = frozenset()
    for box in boxes(data, census):
        if box.kind == b"ftyp":
            brands |= {box.body[place : place + 4] for place in range(0, len(box.body), 4)}
        elif box.kind not in _HEIF_BOXES or (box.kind in {b"free", b"skip"} and box.body.strip(b"\0")):
            census.met(Extra.BETWEEN if box.kind in {b"free", b"skip"} else Extra.VENDOR, len(box.body))
    return brands


class Jp2File(msgspec.Struct, frozen=True):
    """A JPEG 2000 file without anything that the picture does not need."""

    trimmed: bytes
    profile: bytes
    size: tuple[int, int]  #: as the coded picture itself says, whatever the boxes say


def read_jp2(data: bytes, census: Census) -> Jp2File:
    """A file of boxes, or a bare codestream; broken boxes are left for the decoder to refuse."""
    if data.startswith(_CODESTREAM):
        return Jp2File(data, b"", _coded_size(data))
    kept: list[bytes] = []
    profile = b""
    size = (0, 0)
    for box in boxes(data, census):
        if box.kind in _JP2_BOXES:
            kept.append(box.whole)
            size = size if any(size) or box.kind != b"jp2c" else _coded_size(box.body)
            profile = profile or (_profile(box.body) if box.kind == b"jp2h" else b"")
        else:
            census.met(Extra.TEXT if box.kind == b"xml " else Extra.VENDOR)
    return Jp2File(b"".join(kept), profile, size)


def _coded_size(codestream: bytes) -> tuple[int, int]:
    """Of the SIZ marker segment, which comes first (15444-1, A.5.1)."""
    if not codestream.startswith(_CODESTREAM) or len(codestream) < 42:
        raise CannotSanitize(Threat.MALFORMED, "a JPEG 2000 picture without a header")
    right, bottom, left, top = struct.unpack_from(">IIII", codestream, 8)
    (components,) = struct.unpack_from(">H", codestream, 40)
    if components > _MOST_COMPONENTS or left >= right or top >= bottom:
        raise CannotSanitize(Threat.MALFORMED, "a JPEG 2000 picture with an impossible header")
    return right - left, bottom - top


def _profile(header: bytes) -> bytes:
    """The ICC profile of a colour specification box with method 2 (15444-1, I.5.3.3)."""
    return next((box.body[3:] for box in boxes(header) if box.kind == b"colr" and box.body[:1] == b"\2"), b"")
