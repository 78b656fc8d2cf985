"""Takes a JPEG file apart (ITU-T T.81 annex B): what the picture needs goes to the decoder, all else is counted."""

import re
import struct
from typing import Final

import msgspec

from sanitizers.model import CannotSanitize, Threat
from sanitizers.pictures.census import Census, Extra
from sanitizers.pictures.exif import count_exif

_MOST_SCANS: Final = 300  # progressive files have about ten; each scan costs a pass over the whole picture
_MOST_SEGMENTS: Final = 10_000
_SOI: Final = b"\xff\xd8"
_EOI: Final = b"\xff\xd9"
_SOS: Final = 0xDA

# Segments that the decoder gets.
_NEEDED: Final[dict[int, str]] = {
    0xC0: "baseline frame",
    0xC1: "extended sequential frame",
    0xC2: "progressive frame",
    0xC4: "Huffman tables",
    0xC9: "sequential frame, arithmetic coding",
    0xCA: "progressive frame, arithmetic coding",
    0xCC: "arithmetic coding conditioning",
    0xDA: "scan",
    0xDB: "quantisation tables",
    0xDD: "restart interval",
}
_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})
_PROGRESSIVE: Final = frozenset({0xC2, 0xCA})
_OTHER_FRAMES: Final = frozenset({0xC3, 0xC5, 0xC6, 0xC7, 0xCB, 0xCD, 0xCE, 0xCF})  # lossless, hierarchical

# Marker and first bytes of a segment → what it is. What no row names is the data of some program.
_KNOWN: Final[tuple[tuple[int, bytes, Extra | None], ...]] = (
    (0xE0, b"JFIF\0", None),  # resolution, read below; and a thumbnail, counted below
    (0xE0, b"JFXX\0", Extra.THUMBNAIL),
    (0xE1, b"http://ns.adobe.com/xap/1.0/\0", Extra.XMP),
    (0xE1, b"http://ns.adobe.com/xmp/extension/\0", Extra.XMP),
    (0xE2, b"MPF\0", Extra.VENDOR),  # where further pictures stand, which are counted as such
    (0xED, b"Photoshop 3.0\0", Extra.IPTC),
    (0xEE, b"Adobe", None),  # how colours are coded: the decoder needs it
    (0xFE, b"", Extra.COMMENT),
)
_PROFILE: Final = b"ICC_PROFILE\0"  # ICC.1:2022 annex B.4
_LARGEST_PROFILE: Final = 4_194_304
# The end of coded data: a marker that is neither a stuffed zero nor a restart (T.81, B.1.1.5, B.2.1).
_MARKER: Final = re.compile(rb"\xff+([\x01-\xcf\xd8-\xfe])", re.DOTALL)


class JpegFile(msgspec.Struct):
    """A JPEG file without anything that the picture does not need."""

    trimmed: bytes = b""
    size: tuple[int, int] = (0, 0)
    progressive: bool = False
    subsampling: int = 0  #: as Pillow has it: 0 4:4:4, 1 4:2:2, 2 4:2:0
    luminance: tuple[int, ...] = ()  #: the first quantisation table, 64 numbers in zigzag order
    orientation: int = 1
    density: tuple[int, int] = (0, 0)  #: pixels per inch; 0: not said
    profile: bytes = b""


class _Reading:
    """One file while it is read."""

    def __init__(self, census: Census) -> None:
        self.census = census
        self.file = JpegFile()
        self.kept: list[bytes] = [_SOI]
        self.profile: dict[int, bytes] = {}
        self.scans = 0


def read_jpeg(data: bytes, census: Census) -> JpegFile:
    """Raises CannotSanitize where no frame is found or there are too many scans."""
    reading = _Reading(census)
    place = 2
    for _ in range(_MOST_SEGMENTS):
        found = _MARKER.search(data, place)
        if found is None:
            census.met(Extra.DAMAGE)
            break
        if data[place : found.start()].strip(b"\xff\0"):
            census.met(Extra.BETWEEN, found.start() - place)
        marker, place = found[1][0], found.end()
        if marker == _EOI[1]:
            census.behind(data[place:])
            break
        place = _segment(reading, data, marker, place)
    else:
        raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {_MOST_SEGMENTS} segments in a JPEG picture")
    if not reading.file.size[0] or not reading.scans:
        raise CannotSanitize(Threat.MALFORMED, "a JPEG picture without a picture in it")
    reading.file.trimmed = b"".join((*reading.kept, _EOI))
    reading.file.profile = b"".join(piece for _, piece in sorted(reading.profile.items()))
    if reading.profile:
        census.met(Extra.PROFILE)
    return reading.file


def _segment(reading: _Reading, data: bytes, marker: int, place: int) -> int:
    """Sort one segment; where to look for the next marker."""
    if marker <= 0x01 or 0xD0 <= marker <= 0xD8:  # without a length (T.81, table B.1)
        return place
    (length,) = struct.unpack_from(">H", data, place) if place + 2 <= len(data) else (2,)
    end: int = place + max(length, 2)
    body = data[place + 2 : end]
    if marker in _OTHER_FRAMES:
        raise CannotSanitize(Threat.UNSUPPORTED, "a JPEG picture of a kind that viewers do not show (lossless)")
    if marker not in _NEEDED:
        _set_aside(reading, marker, body)
        return end
    if marker == _SOS:
        end = _end_of_scan(reading, data, end)
    reading.kept.append(bytes((0xFF, marker)) + data[place:end])
    if marker in _FRAMES:
        _note_frame(reading.file, marker, body)
    elif marker == 0xDB:
        _note_tables(reading.file, body)
    return end


def _end_of_scan(reading: _Reading, data: bytes, place: int) -> int:
    reading.scans += 1
    if reading.scans > _MOST_SCANS:
        raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {_MOST_SCANS} scans in a JPEG picture")
    following = _MARKER.search(data, place)
    return following.start() if following else len(data)


def _note_frame(file: JpegFile, marker: int, body: bytes) -> None:
    if len(body) < 9:
        raise CannotSanitize(Threat.MALFORMED, "a JPEG picture with a broken frame")
    height, width = struct.unpack_from(">HH", body, 1)
    file.size = (width, height)
    file.progressive = marker in _PROGRESSIVE
    file.subsampling = {0x21: 1, 0x22: 2}.get(body[7], 0) if body[5] >= 3 else 0


def _note_tables(file: JpegFile, body: bytes) -> None:
    """Quantisation table 0 (T.81, B.2.4.1), from which the quality is estimated."""
    place = 0
    while place < len(body):
        wide, name = body[place] >> 4, body[place] & 15
        size = 128 if wide else 64
        table = body[place + 1 : place + 1 + size]
        if name == 0 and len(table) == size:
            file.luminance = struct.unpack(">64H" if wide else ">64B", table)
        place += 1 + size


def _set_aside(reading: _Reading, marker: int, body: bytes) -> None:
    """A segment that the picture does not need."""
    file, census = reading.file, reading.census
    if marker == 0xE1 and body.startswith(b"Exif\0"):
        file.orientation = count_exif(body, census)
    elif marker == 0xE2 and body.startswith(_PROFILE) and len(body) > 14:
        if sum(map(len, reading.profile.values())) < _LARGEST_PROFILE:
            reading.profile[body[12]] = body[14:]
    else:
        known = [row for row in _KNOWN if row[0] == marker and body.startswith(row[1])]
        extra = known[0][2] if known else Extra.VENDOR
        if extra is not None:
            census.met(extra)
        elif marker == 0xEE:
            reading.kept.append(b"\xff\xee" + struct.pack(">H", 14) + body[:12].ljust(12, b"\0"))
        else:
            _note_density(file, body, census)


def _note_density(file: JpegFile, body: bytes, census: Census) -> None:
    """JFIF 1.02, page 5: units 1 are dots per inch, 2 dots per centimetre."""
    if len(body) < 14:
        return
    unit, across, down = struct.unpack_from(">BHH", body, 7)
    scale = {1: 1.0, 2: 2.54}.get(unit, 0.0)
    file.density = (round(across * scale), round(down * scale))
    if body[12] and body[13]:
        census.met(Extra.THUMBNAIL)
    elif len(body) > 14:
        census.met(Extra.BETWEEN, len(body) - 14)
