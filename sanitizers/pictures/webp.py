"""Takes a WebP file apart (RFC 9649): what the picture needs goes to the decoder, all else is counted."""

import struct
from collections.abc import Iterator
from typing import Final

import msgspec

from sanitizers.model import CannotSanitize, Threat
from sanitizers.pictures.census import Census, Extra
from sanitizers.pictures.exif import count_exif
from sanitizers.pictures.vp8 import quality_of

_MOST_FRAMES: Final = 2_000
_MOST_CHUNKS: Final = 10_000
# Chunks that the decoder gets.
_NEEDED: Final = frozenset({b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF"})
_ALPHA, _ANIMATION = 0x10, 0x02  # of the flags in VP8X


class WebpFile(msgspec.Struct):
    """A WebP file without anything that the picture does not need."""

    trimmed: bytes = b""
    size: tuple[int, int] = (0, 0)
    lossless: bool = False
    quality: int = 0  #: 0 to 100, of the first frame that is lossy
    durations: list[int] = []  #: milliseconds, of the frames of an animation
    loops: int = 0  #: 0: for ever
    orientation: int = 1
    profile: bytes = b""


def read_webp(data: bytes, census: Census) -> WebpFile:
    """Raises CannotSanitize where there is no picture."""
    file = WebpFile(durations=[])
    kept: list[bytes] = []
    flags = 0
    end = 8 + struct.unpack_from("<I", data, 4)[0]
    if end > len(data):
        raise CannotSanitize(Threat.MALFORMED, "a WebP picture that is cut short")
    for kind, body in _chunks(data, 12, end):
        if kind == b"VP8X" and len(body) >= 10:
            flags = body[0] & (_ALPHA | _ANIMATION)
            file.size = (1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little"))
        elif kind in _NEEDED:
            _note_picture(file, kind, body)
            kept.append(_chunk(kind, body))
        elif kind == b"EXIF":
            file.orientation = count_exif(body, census)
        else:
            _set_aside(file, kind, body, census)
    census.behind(data[end + (end & 1) :])
    if not kept:
        raise CannotSanitize(Threat.MALFORMED, "a WebP picture without a picture in it")
    if flags or len(kept) > 1:
        numbers = (file.size[0] - 1).to_bytes(3, "little") + (file.size[1] - 1).to_bytes(3, "little")
        kept.insert(0, _chunk(b"VP8X", bytes((flags, 0, 0, 0)) + numbers))
    content = b"WEBP" + b"".join(kept)
    file.trimmed = b"RIFF" + struct.pack("<I", len(content)) + content
    return file


def _chunks(data: bytes, place: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    for _ in range(_MOST_CHUNKS):
        if place + 8 > end:
            return
        kind, length = struct.unpack_from("<4sI", data, place)
        if place + 8 + length > end:
            raise CannotSanitize(Threat.MALFORMED, "a WebP picture that is cut short")
        yield kind, data[place + 8 : place + 8 + length]
        place += 8 + length + (length & 1)
    raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {_MOST_CHUNKS} chunks in a WebP picture")


def _note_picture(file: WebpFile, kind: bytes, body: bytes) -> None:
    if kind == b"ANIM" and len(body) >= 6:
        file.loops = struct.unpack_from("<H", body, 4)[0]
    elif kind == b"ANMF" and len(body) >= 24:
        if len(file.durations) >= _MOST_FRAMES:
            raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {_MOST_FRAMES} frames")
        file.durations.append(int.from_bytes(body[12:15], "little"))
        for inner, coded in _chunks(body, 16, len(body)):
            _note_coding(file, inner, coded)
    else:
        _note_coding(file, kind, body)


def _note_coding(file: WebpFile, kind: bytes, body: bytes) -> None:
    if kind == b"VP8L" and len(body) >= 5:
        bits = struct.unpack_from("<I", body, 1)[0]
        file.lossless = not file.quality
        size = ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    elif kind == b"VP8 " and len(body) >= 10:
        file.quality = file.quality or quality_of(body)
        file.lossless = False
        size = (struct.unpack_from("<H", body, 6)[0] & 0x3FFF, struct.unpack_from("<H", body, 8)[0] & 0x3FFF)
    else:
        return
    if not file.durations:
        file.size = size


def _set_aside(file: WebpFile, kind: bytes, body: bytes, census: Census) -> None:
    if kind == b"ICCP":
        file.profile = body
        census.met(Extra.PROFILE)
    else:
        census.met(Extra.XMP if kind == b"XMP " else Extra.VENDOR)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) & 1)
