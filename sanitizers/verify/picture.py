"""The second reading of pictures that Kiyome wrote: a walk through the file, without any picture library.

Only segments, chunks, blocks and tags that our writers use may be there, each where it belongs and as long as it says,
with nothing before the first and nothing behind the last. The tables are said here once more on purpose.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import Final

from sanitizers.model import CannotSanitize, Threat

TYPES: Final = ("image/jpeg", "image/png", "image/gif", "image/webp", "image/tiff")  #: what our writers write


class Surprise(Exception):
    """The bytes are not what our writers write."""


def verify(clean: bytes) -> None:
    """Raises CannotSanitize when a picture is not exactly what our writers may write."""
    try:
        _walk(clean)
    except Surprise as surprise:
        raise CannotSanitize(Threat.MALFORMED, f"second reading of a picture: {surprise}") from surprise
    except (struct.error, IndexError, zlib.error) as broken:
        raise CannotSanitize(Threat.MALFORMED, "second reading of a picture: a piece is cut off") from broken


def _walk(clean: bytes) -> None:
    walk = next((walk for start, walk in _WALKS.items() if clean.startswith(start)), None)
    if walk is None:
        raise Surprise("no type that is written")
    walk(clean)


def _expect(holds: bool, what: str) -> None:
    if not holds:
        raise Surprise(what)


# --- JPEG (ITU-T T.81 annex B)

_JFIF: Final = 0xE0
_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended (16-bit tables), progressive
_SCAN, _END_OF_IMAGE = 0xDA, 0xD9


def _jpeg(data: bytes) -> None:
    place = 2
    seen: list[int] = []
    while True:
        _expect(data[place] == 0xFF, "JPEG: data between segments")
        marker = data[place + 1]
        place += 2
        if marker == _END_OF_IMAGE:
            break
        (length,) = struct.unpack_from(">H", data, place)
        _expect(length >= 2 and place + length <= len(data), "JPEG: a segment that is cut off")
        _jpeg_segment(marker, data[place + 2 : place + length], seen)
        seen.append(marker)
        place += length
        if marker == _SCAN:
            place = _behind_scan(data, place)
    _expect(place == len(data), "JPEG: data behind the end")
    _expect(_SCAN in seen and len(_FRAMES & set(seen)) == 1, "JPEG: not one picture")


def _jpeg_segment(marker: int, body: bytes, seen: list[int]) -> None:
    if marker == _JFIF:
        _expect(not seen and len(body) == 14 and body[:5] == b"JFIF\0" and body[12:] == b"\0\0", "JPEG: a wrong JFIF")
    elif marker in _FRAMES:
        _expect(not _FRAMES & set(seen) and len(body) == 6 + 3 * body[5], "JPEG: a second or wrong frame")
        _expect(body[5] in {1, 3} and body[0] == 8 and all(struct.unpack_from(">HH", body, 1)), "JPEG: a wrong frame")
    elif marker == _SCAN:
        _expect(len(body) == 4 + 2 * body[0], "JPEG: a wrong scan")
    elif marker == 0xDB:
        _expect(len(body) % 65 == 0 or len(body) % 129 == 0, "JPEG: wrong quantisation tables")
    elif marker == 0xC4:
        _huffman(body)
    else:
        raise Surprise(f"JPEG: segment {marker:#x}")


def _huffman(body: bytes) -> None:
    place = 0
    while place < len(body):
        place += 17 + sum(body[place + 1 : place + 17])
    _expect(place == len(body), "JPEG: wrong Huffman tables")


def _behind_scan(data: bytes, place: int) -> int:
    """Our writers set no restart markers: a 0xFF in coded data is always followed by 0."""
    while True:
        place = data.find(b"\xff", place)
        _expect(place >= 0, "JPEG: no end")
        if data[place + 1]:
            return place
        place += 2


# --- PNG (W3C PNG, third edition)

# Chunk → its length; None: any.
_PNG_CHUNKS: Final[dict[bytes, int | None]] = {
    b"IHDR": 13,
    b"acTL": 8,
    b"gAMA": 4,
    b"pHYs": 9,
    b"PLTE": None,
    b"tRNS": None,
    b"fcTL": 26,
    b"IDAT": None,
    b"fdAT": None,
    b"IEND": 0,
}
_ORDER: Final = {kind: number for number, kind in enumerate((b"IHDR", b"acTL", b"gAMA", b"pHYs", b"PLTE", b"tRNS"))}
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_STEP: Final = 1_048_576


def _png(data: bytes) -> None:
    chunks = list(_png_chunks(data))
    kinds = [kind for kind, _ in chunks]
    _expect(kinds[0] == b"IHDR" and kinds[-1] == b"IEND", "PNG: header or end missing")
    before = [kind for kind in kinds if kind in _ORDER]
    _expect(before == sorted(set(before), key=_ORDER.__getitem__), "PNG: chunks out of order or twice")
    width, height, bits, colour, packing, filtering, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    _expect(width > 0 and height > 0 and not packing and not filtering and not interlaced, "PNG: a wrong header")
    _expect(colour in _CHANNELS and (b"PLTE" in kinds) == (colour == 3), "PNG: a wrong colour type")
    controls = [body for kind, body in chunks if kind == b"fcTL"]
    _expect((b"acTL" in kinds) == bool(controls), "PNG: frames without an animation")
    if controls:
        _expect(struct.unpack_from(">I", dict(chunks)[b"acTL"])[0] == len(controls), "PNG: a wrong number of frames")
    _png_pictures(chunks, (width, height), bits * _CHANNELS[colour])


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 8
    while place < len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        body = data[place + 8 : place + 8 + length]
        _expect(kind in _PNG_CHUNKS, f"PNG: chunk {kind!r}")
        _expect(_PNG_CHUNKS[kind] in {None, length} and len(body) == length, "PNG: a chunk of a wrong length")
        (checksum,) = struct.unpack_from(">I", data, place + 8 + length)
        _expect(checksum == zlib.crc32(body, zlib.crc32(kind)), "PNG: a wrong checksum")
        place += 12 + length
        yield kind, body
        if kind == b"IEND":
            break
    _expect(place == len(data), "PNG: data behind the end")


def _png_pictures(chunks: list[tuple[bytes, bytes]], size: tuple[int, int], bits: int) -> None:
    """Every frame holds its rows and not a byte more."""
    frame = size
    sequence = 0
    for kind, body in chunks:
        if kind in {b"fcTL", b"fdAT"}:
            _expect(struct.unpack_from(">I", body)[0] == sequence, "PNG: frames out of sequence")
            sequence += 1
        if kind == b"fcTL":
            width, height, left, top = struct.unpack_from(">IIII", body, 4)
            _expect(left + width <= size[0] and top + height <= size[1], "PNG: a frame outside the picture")
            frame = (width, height)
        elif kind in {b"IDAT", b"fdAT"}:
            wanted = frame[1] * (1 + (frame[0] * bits + 7) // 8)
            _expect(_unpacked_length(body[4:] if kind == b"fdAT" else body, wanted) == wanted, "PNG: rows missing")


def _unpacked_length(coded: bytes, wanted: int) -> int:
    decoder = zlib.decompressobj()
    total = 0
    waiting = coded
    while not decoder.eof:
        piece = decoder.decompress(waiting, _STEP)
        total += len(piece)
        waiting = decoder.unconsumed_tail
        _expect(bool(piece or decoder.eof) and total <= wanted, "PNG: rows missing, or too many")
    _expect(not decoder.unused_data and not waiting, "PNG: data behind the rows")
    return total


# --- GIF (GIF89a specification)


def _gif(data: bytes) -> None:
    width, height, flags, _, _ = struct.unpack_from("<HHBBB", data, 6)
    _expect(width > 0 and height > 0, "GIF: no size")
    place = 13 + _gif_palette(flags)
    frames = 0
    if data.startswith(b"\x21\xff\x0bNETSCAPE2.0\x03\x01", place):
        place += 19
        _expect(data[place - 1] == 0, "GIF: more than a loop count")
    while data[place] != 0x3B:
        if data[place : place + 3] == b"\x21\xf9\x04":
            _expect(data[place + 7] == 0 and data[place + 8] == 0x2C, "GIF: a control without a frame")
            place += 8
        _expect(data[place] == 0x2C, f"GIF: block {data[place]:#x}")
        left, top, across, down, flags = struct.unpack_from("<HHHHB", data, place + 1)
        _expect(left + across <= width and top + down <= height, "GIF: a frame outside the picture")
        place += 10 + _gif_palette(flags)
        _expect(data[place] == 8, "GIF: a wrong code size")
        place += 1
        while data[place]:
            place += 1 + data[place]
        place += 1
        frames += 1
    _expect(place + 1 == len(data), "GIF: data behind the end")
    _expect(frames > 0, "GIF: no frame")


def _gif_palette(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


# --- WebP (RFC 9649)

_WEBP_CHUNKS: Final = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF"})
_WEBP_FRAME: Final = frozenset({b"VP8 ", b"VP8L", b"ALPH"})
_ALPHA_AND_ANIMATION: Final = 0x12


def _webp(data: bytes) -> None:
    _expect(data[8:12] == b"WEBP", "WebP: not one")
    _expect(struct.unpack_from("<I", data, 4)[0] + 8 == len(data), "WebP: a wrong length")
    chunks = list(_webp_chunks(data, 12, _WEBP_CHUNKS))
    for kind, body in chunks:
        if kind == b"VP8X":
            _expect(len(body) == 10 and not body[0] & ~_ALPHA_AND_ANIMATION, "WebP: flags of metadata")
        elif kind == b"ANMF":
            _expect(len(list(_webp_chunks(body, 16, _WEBP_FRAME))) in {1, 2}, "WebP: a wrong frame")
    _expect(any(kind in {b"VP8 ", b"VP8L", b"ANMF"} for kind, _ in chunks), "WebP: no picture")


def _webp_chunks(data: bytes, place: int, allowed: frozenset[bytes]) -> Iterator[tuple[bytes, bytes]]:
    while place < len(data):
        kind, length = struct.unpack_from("<4sI", data, place)
        _expect(kind in allowed, f"WebP: chunk {kind!r}")
        _expect(place + 8 + length <= len(data), "WebP: a chunk that is cut off")
        yield kind, data[place + 8 : place + 8 + length]
        place += 8 + length + (length & 1)


# --- TIFF (TIFF 6.0 section 2)

# What our writer says of a page: size, depth, compression, colours, where its strips are, resolution.
_TIFF_TAGS: Final = frozenset(
    {256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 282, 283, 284, 292, 293, 296, 317, 320, 338, 339, 347, 530, 532}
)
_TIFF_SIZES: Final = {1: 1, 3: 2, 4: 4, 5: 8, 7: 1}  # bytes of BYTE, SHORT, LONG, RATIONAL, UNDEFINED
_OFFSETS, _LENGTHS = 273, 279


def _tiff(data: bytes) -> None:
    order = "<" if data[:2] == b"II" else ">"
    used = [(0, 8)]
    (place,) = struct.unpack_from(order + "I", data, 4)
    pages = 0
    while place:
        (count,) = struct.unpack_from(order + "H", data, place)
        end = place + 2 + 12 * count
        used.append((place, end + 4))
        strips: dict[int, tuple[int, ...]] = {}
        for at in range(place + 2, end, 12):
            _tiff_tag(data, order, at, strips, used)
        _expect(len(strips.get(_OFFSETS, ())) == len(strips.get(_LENGTHS, (0,))), "TIFF: strips missing")
        used += [(at, at + length) for at, length in zip(strips[_OFFSETS], strips[_LENGTHS], strict=True)]
        (place,) = struct.unpack_from(order + "I", data, end)
        pages += 1
    _expect(pages > 0, "TIFF: no page")
    _nothing_unused(data, used)


def _tiff_tag(
    data: bytes, order: str, at: int, strips: dict[int, tuple[int, ...]], used: list[tuple[int, int]]
) -> None:
    tag, kind, count = struct.unpack_from(order + "HHI", data, at)
    _expect(tag in _TIFF_TAGS, f"TIFF: tag {tag}")
    _expect(kind in _TIFF_SIZES, f"TIFF: tag {tag} of a wrong kind")
    size = _TIFF_SIZES[kind] * count
    place = at + 8
    if size > 4:
        (place,) = struct.unpack_from(order + "I", data, place)
        used.append((place, place + size))
    if tag in {_OFFSETS, _LENGTHS}:
        strips[tag] = struct.unpack_from(f"{order}{count}{'H' if kind == 3 else 'I'}", data, place)


def _nothing_unused(data: bytes, used: list[tuple[int, int]]) -> None:
    """No byte belongs to two pieces, and between them is at most one zero, to begin at an even place."""
    reached = 0
    for start, end in sorted(used):
        _expect(start >= reached, "TIFF: pieces that overlap")
        _expect(start - reached < 2 and not data[reached:start].strip(b"\0"), "TIFF: data between the pieces")
        reached = end
    _expect(reached == len(data), "TIFF: data behind the end")


_WALKS: Final = {
    b"\xff\xd8\xff": _jpeg,
    b"\x89PNG\r\n\x1a\n": _png,
    b"GIF89a": _gif,
    b"RIFF": _webp,
    b"II*\0": _tiff,
    b"MM\0*": _tiff,
}
