"""Takes a GIF file apart (GIF89a specification), and writes one block by block."""

import struct
from collections.abc import Iterator
from typing import Final

import msgspec
from PIL import Image

from sanitizers.model import CannotSanitize, Threat
from sanitizers.pictures.census import Census, Extra

_MOST_FRAMES: Final = 5_000
_MOST_BLOCKS: Final = 50_000
_IMAGE, _EXTENSION, _TRAILER = 0x2C, 0x21, 0x3B
_CONTROL, _COMMENT, _PLAIN_TEXT, _APPLICATION = 0xF9, 0xFE, 0x01, 0xFF
_LOOPS: Final = frozenset({b"NETSCAPE2.0", b"ANIMEXTS1.0"})  # how often an animation plays
_GREY: Final = bytes(value for value in range(256) for _ in range(3))  # where no palette is given at all


class GifFrame(msgspec.Struct):
    """One frame, still coded or decoded."""

    size: tuple[int, int]
    offset: tuple[int, int]
    palette: bytes  #: of this frame alone; empty: the global one
    interlaced: bool
    coded: bytes  #: minimum code size and sub-blocks, as the decoder reads them
    delay: int = 0  #: hundredths of a second
    disposal: int = 0
    transparent: int | None = None  #: index of the colour that is not painted


class GifFile(msgspec.Struct):
    """A GIF file without anything that the picture does not need."""

    size: tuple[int, int]
    palette: bytes
    background: int
    loops: int | None = None  #: times to play it again, 0 for ever; None: play it once
    frames: list[GifFrame] = []


def read_gif(data: bytes, census: Census) -> GifFile:
    """Raises CannotSanitize where there is no picture."""
    if len(data) < 13:
        raise CannotSanitize(Threat.MALFORMED, "a GIF picture without a header")
    width, height, flags, background = struct.unpack_from("<HHBB", data, 6)
    palette, place = _palette(data, 13, flags)
    file = GifFile((width, height), palette, background, frames=[])
    control = GifFrame((0, 0), (0, 0), b"", interlaced=False, coded=b"")
    for _ in range(_MOST_BLOCKS):
        introducer = data[place] if place < len(data) else None
        if introducer == _TRAILER:
            census.behind(data[place + 1 :])
            break
        if introducer == _EXTENSION:
            place, control = _extension(file, data, place, control, census)
        elif introducer == _IMAGE and place + 10 < len(data):
            place = _image(file, data, place, control)
            control = GifFrame((0, 0), (0, 0), b"", interlaced=False, coded=b"")
        elif introducer == 0:  # a stray terminator, which viewers step over
            place += 1
        else:
            census.met(Extra.DAMAGE)
            break
    else:
        raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {_MOST_BLOCKS} blocks in a GIF picture")
    if not file.frames:
        raise CannotSanitize(Threat.MALFORMED, "a GIF picture without a picture in it")
    _fit(file)
    return file


def _palette(data: bytes, place: int, flags: int) -> tuple[bytes, int]:
    if not flags & 0x80:
        return b"", place
    size = 3 << ((flags & 7) + 1)
    return data[place : place + size].ljust(size, b"\0"), place + size


def _sub_blocks(data: bytes, place: int) -> tuple[list[bytes], int]:
    """The pieces up to their terminator, and what follows it."""
    pieces = []
    while place < len(data) and data[place]:
        pieces.append(data[place + 1 : place + 1 + data[place]])
        place += 1 + data[place]
    return pieces, place + 1


def _extension(file: GifFile, data: bytes, place: int, control: GifFrame, census: Census) -> tuple[int, GifFrame]:
    label = data[place + 1] if place + 1 < len(data) else _COMMENT
    pieces, place = _sub_blocks(data, place + 2)
    first = pieces[0] if pieces else b""
    if label == _CONTROL and len(first) >= 4:
        flags, delay, transparent = struct.unpack_from("<BHB", first)
        control.delay, control.disposal = delay, min(flags >> 2 & 7, 3)
        control.transparent = transparent if flags & 1 else None
    elif label == _APPLICATION and first in _LOOPS:
        if len(pieces) > 1 and len(pieces[1]) >= 3:
            file.loops = struct.unpack_from("<H", pieces[1], 1)[0]
        if len(pieces) > 2 or len(b"".join(pieces[1:])) > 5:
            census.met(Extra.BETWEEN, len(b"".join(pieces[1:])))
    elif label == _APPLICATION:
        census.met(Extra.XMP if first.startswith(b"XMP Data") else Extra.VENDOR)
    else:
        census.met(Extra.TEXT if label == _PLAIN_TEXT else Extra.COMMENT)
    return place, control


def _image(file: GifFile, data: bytes, place: int, control: GifFrame) -> int:
    if len(file.frames) >= _MOST_FRAMES:
        raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {_MOST_FRAMES} frames")
    left, top, width, height, flags = struct.unpack_from("<HHHHB", data, place + 1)
    palette, place = _palette(data, place + 10, flags)
    code_size = data[place : place + 1]
    pieces, end = _sub_blocks(data, place + 1)
    control.size, control.offset = (width, height), (left, top)
    control.palette, control.interlaced = palette, bool(flags & 0x40)
    control.coded = code_size + b"".join(bytes((len(piece),)) + piece for piece in pieces) + b"\0"
    if width and height:
        file.frames.append(control)
    return end


def _fit(file: GifFile) -> None:
    """Browsers make the canvas as large as the first frame; what else lies outside is never seen."""
    first = file.frames[0]
    reach = (first.offset[0] + first.size[0], first.offset[1] + first.size[1])
    file.size = (max(file.size[0], reach[0]), max(file.size[1], reach[1]))
    file.frames = [frame for frame in file.frames if frame.offset[0] < file.size[0] and frame.offset[1] < file.size[1]]


def decoded(frame: GifFrame) -> Image.Image:
    """The indices of a frame; ValueError when they break off."""
    bits = frame.coded[0] if frame.coded else 0
    if not 1 <= bits <= 8:  # GIF89a, appendix F: 2 to 8; some writers say 1
        raise ValueError("no such code size")
    return Image.frombytes("P", frame.size, frame.coded[1:], "gif", (bits, int(frame.interlaced)))


class Painted(msgspec.Struct, frozen=True):
    """One frame to write: indices, and the frame that they came from."""

    image: Image.Image
    frame: GifFrame


def write_gif(file: GifFile, frames: Iterator[Painted]) -> bytes:
    """A GIF file with our own header, palettes of the colours in use, and nothing but frames and the loop count."""
    painted = [(piece.image, piece.frame, _code(piece)) for piece in frames]
    shared = [image for image, frame, _ in painted if not frame.palette]
    palette = _of_used(file.palette or _GREY, shared) if shared else b""
    background = file.background if file.background * 3 < len(palette) else 0
    parts = [
        b"GIF89a",
        struct.pack("<HHBBB", *file.size, 0x70 | _size_bits(palette), background, 0),
        palette,
    ]
    if file.loops is not None:
        parts.append(b"\x21\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<H", file.loops) + b"\0")
    for image, frame, coded in painted:
        local = _of_used(frame.palette, [image]) if frame.palette else b""
        flags = frame.disposal << 2 | (frame.transparent is not None)
        if flags or frame.delay:
            parts.append(b"\x21\xf9\x04" + struct.pack("<BHB", flags, frame.delay, frame.transparent or 0) + b"\0")
        parts.append(b"\x2c" + struct.pack("<HHHHB", *frame.offset, *image.size, _size_bits(local)) + local)
        parts.append(coded)
    return b"".join((*parts, b"\x3b"))


def _code(piece: Painted) -> bytes:
    return b"\x08" + piece.image.tobytes("gif", ("P", 8, 0)) + b"\0"


def _size_bits(palette: bytes) -> int:
    return 0x80 | (len(palette) // 3).bit_length() - 2 if palette else 0


def _of_used(palette: bytes, images: list[Image.Image]) -> bytes:
    """A palette of 2 to 256 colours; an index that no pixel has is black, whatever stood there."""
    used = [sum(counts) for counts in zip(*(image.histogram() for image in images), strict=True)]
    last = max((index for index, count in enumerate(used) if count), default=0)
    length = max(2, 1 << last.bit_length())
    return b"".join(
        palette[3 * index : 3 * index + 3].ljust(3, b"\0") if used[index] else bytes(3) for index in range(length)
    )
