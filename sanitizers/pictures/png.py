"""Takes a PNG or APNG file apart (W3C PNG, third edition), and writes one chunk by chunk."""

import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec
from PIL import Image

from sanitizers.model import CannotSanitize, Threat
from sanitizers.pictures.census import Census, Extra
from sanitizers.pictures.exif import count_exif

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_MOST_CHUNKS: Final = 200_000
_MOST_FRAMES: Final = 5_000

# Chunks that only say something about the picture; what no row names is the data of some program.
_KNOWN: Final[dict[bytes, Extra]] = {
    b"tEXt": Extra.TEXT,
    b"zTXt": Extra.TEXT,
    b"iTXt": Extra.TEXT,
    b"tIME": Extra.TEXT,
    b"iCCP": Extra.PROFILE,
}
# Said again by every writer, without a word of its own: colours as sRGB has them, depth, background, a histogram.
_SILENT: Final = frozenset(
    {b"sRGB", b"cHRM", b"gAMA", b"cICP", b"sBIT", b"bKGD", b"hIST", b"mDCV", b"cLLI", b"mDCv", b"cLLi"}
)
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
_PASSES: Final = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)  # Adam7
_LARGEST_PROFILE: Final = 4_194_304
_SRGB_GAMMA: Final = 45_455
_EFFORT, _EFFORT_IF_LARGE = 6, 4  # of zlib; 9 takes five times as long as 6 for two hundredths of the size
_LARGE: Final = 16_000_000  # pixels

# How a Pillow mode is stored: raw mode, bits, colour type.
_STORED: Final[dict[str, tuple[str, int, int]]] = {
    "1": ("1", 1, 0),
    "L": ("L", 8, 0),
    "I;16": ("I;16B", 16, 0),
    "LA": ("LA", 8, 4),
    "RGB": ("RGB", 8, 2),
    "RGBA": ("RGBA", 8, 6),
}


class Control(msgspec.Struct, frozen=True):
    """One frame of an APNG (fcTL)."""

    size: tuple[int, int]
    offset: tuple[int, int]
    delay: tuple[int, int]  #: numerator and denominator of seconds
    disposal: int
    blend: int


class PngFrame(msgspec.Struct):
    """Coded pixels, and how they are shown; without a control: the picture that a viewer without APNG shows."""

    control: Control | None
    coded: list[bytes]

    def fills(self, size: tuple[int, int]) -> bool:
        """Whether it covers a canvas of this size."""
        return self.control is None or self.control.size == size


class PngFile(msgspec.Struct):
    """A PNG file without anything that the picture does not need."""

    size: tuple[int, int]
    bits: int
    colour_type: int
    interlaced: bool
    palette: bytes = b""
    transparency: bytes = b""
    density: tuple[int, int] = (0, 0)  #: pixels per metre; 0: not said
    gamma: int = 0  #: times 100000; 0: not said
    orientation: int = 1
    profile: bytes = b""
    plays: int = 0  #: of an animation; 0: for ever
    frames: list[PngFrame] = []

    def standalone(self, frame: PngFrame) -> bytes:
        """A PNG file of one frame, as the decoder gets it."""
        size = frame.control.size if frame.control else self.size
        head = struct.pack(">IIBBBBB", *size, self.bits, self.colour_type, 0, 0, self.interlaced)
        palette = _chunk(b"PLTE", self.palette) if self.palette else b""
        return b"".join((SIGNATURE, _chunk(b"IHDR", head), palette, _chunk(b"IDAT", b"".join(frame.coded)), _END))

    def completed(self, frame: PngFrame) -> bytes:
        """The same of coded pixels that break off or are damaged: what is missing is zero."""
        size = frame.control.size if frame.control else self.size
        wanted = _raw_length(size, self.bits * _CHANNELS[self.colour_type], interlaced=self.interlaced)
        decoder = zlib.decompressobj()
        pixels = b""
        try:
            pixels = decoder.decompress(b"".join(frame.coded), wanted)
        except zlib.error:  # what came out before the damage is lost with it: once more in small steps
            pixels = _readable(b"".join(frame.coded), wanted)
        return self.standalone(PngFrame(frame.control, [zlib.compress(pixels.ljust(wanted, b"\0"), 1)]))


def read_png(data: bytes, census: Census) -> PngFile:
    """Raises CannotSanitize where there is no picture."""
    chunks = _chunks(data, census)
    kind, head = next(chunks, (b"", b""))
    if kind != b"IHDR" or len(head) != 13:
        raise CannotSanitize(Threat.MALFORMED, "a PNG picture without a header")
    width, height, bits, colour_type, _, _, interlaced = struct.unpack(">IIBBBBB", head)
    if colour_type not in _CHANNELS or not width or not height or bits not in {1, 2, 4, 8, 16}:
        raise CannotSanitize(Threat.MALFORMED, "a PNG picture with an impossible header")
    file = PngFile((width, height), bits, colour_type, bool(interlaced), frames=[])
    for kind, body in chunks:
        _sort(file, kind, body, census)
    file.frames = [frame for frame in file.frames if frame.coded]
    if not file.frames:
        raise CannotSanitize(Threat.MALFORMED, "a PNG picture without a picture in it")
    return file


def _chunks(data: bytes, census: Census) -> Iterator[tuple[bytes, bytes]]:
    place = len(SIGNATURE)
    for _ in range(_MOST_CHUNKS):
        if place + 8 > len(data):
            census.met(Extra.DAMAGE)
            return
        length, kind = struct.unpack_from(">I4s", data, place)
        body = data[place + 8 : place + 8 + length]
        place += 12 + length
        if kind == b"IEND":
            if body:
                census.met(Extra.BETWEEN, len(body))
            census.behind(data[place:])
            return
        if place <= len(data) and data[place - 4 : place] != struct.pack(">I", zlib.crc32(kind + body)):
            census.met(Extra.CHECKSUM)
        yield kind, body
    raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {_MOST_CHUNKS} chunks in a PNG picture")


def _sort(file: PngFile, kind: bytes, body: bytes, census: Census) -> None:
    if kind == b"IDAT":
        if not file.frames:
            file.frames.append(PngFrame(None, []))
        if len(file.frames) == 1:
            file.frames[0].coded.append(body)
    elif kind == b"fdAT" and file.frames and file.frames[-1].control:
        file.frames[-1].coded.append(body[4:])
    elif kind == b"fcTL" and len(body) == 26:
        _control(file, body)
    elif kind == b"PLTE":
        file.palette = body[: len(body) // 3 * 3][:768]
    elif kind == b"tRNS":
        file.transparency = body[:256]
    elif kind == b"acTL" and len(body) == 8:
        file.plays = struct.unpack(">II", body)[1]
    else:
        _set_aside(file, kind, body, census)


def _control(file: PngFile, body: bytes) -> None:
    _, width, height, left, top, delay, of_second, disposal, blend = struct.unpack(">IIIIIHHBB", body)
    control = Control((width, height), (left, top), (delay, of_second), min(disposal, 2), min(blend, 1))
    outside = left + width > file.size[0] or top + height > file.size[1]
    if outside or not width or not height:
        raise CannotSanitize(Threat.MALFORMED, "a frame that lies outside the animation")
    if len(file.frames) >= _MOST_FRAMES:
        raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {_MOST_FRAMES} frames")
    file.frames.append(PngFrame(control, []))


def _set_aside(file: PngFile, kind: bytes, body: bytes, census: Census) -> None:
    if kind == b"pHYs" and len(body) == 9 and body[8] == 1:
        file.density = struct.unpack_from(">II", body)
    elif kind == b"gAMA" and len(body) == 4:
        file.gamma = struct.unpack(">I", body)[0]
    elif kind == b"eXIf":
        file.orientation = count_exif(body, census)
    elif kind not in _SILENT and kind not in {b"pHYs", b"sPLT"}:
        if kind == b"iCCP":
            file.profile = _unpacked_profile(body)
        census.met(_KNOWN.get(kind, Extra.VENDOR))


def _unpacked_profile(body: bytes) -> bytes:
    """Empty when it is damaged or grows beyond reason."""
    decoder = zlib.decompressobj()
    try:
        profile = decoder.decompress(body[body.find(b"\0") + 2 :], _LARGEST_PROFILE)
    except zlib.error:
        return b""
    return profile if decoder.eof else b""


def _readable(coded: bytes, wanted: int) -> bytes:
    decoder = zlib.decompressobj()
    pixels = bytearray()
    try:
        for place in range(0, len(coded), 256):
            pixels += decoder.decompress(coded[place : place + 256], wanted - len(pixels) or 1)
            if len(pixels) >= wanted:
                break
    except zlib.error:
        pass  # the rest stays empty
    return bytes(pixels[:wanted])


def _raw_length(size: tuple[int, int], bits_of_pixel: int, *, interlaced: bool) -> int:
    """Bytes of the filtered rows (W3C PNG, 7.2 and 8.1)."""
    passes = _PASSES if interlaced else ((0, 0, 1, 1),)
    total = 0
    for left, top, across, down in passes:
        width, height = -(-(size[0] - left) // across), -(-(size[1] - top) // down)
        if width > 0 and height > 0:
            total += height * (1 + (width * bits_of_pixel + 7) // 8)
    return total


class Drawn(msgspec.Struct, frozen=True):
    """One frame to write."""

    image: Image.Image
    control: Control | None = None


class Looks(msgspec.Struct, frozen=True):
    """What is said of the picture in small numbers."""

    palette: bytes = b""
    transparency: bytes = b""
    density: tuple[int, int] = (0, 0)  #: pixels per metre
    gamma: int = 0
    plays: int = 0


def write_png(size: tuple[int, int], frames: Iterable[Drawn], looks: Looks) -> bytes:
    """A PNG of one frame without a control, else an APNG. All frames have the same mode (and palette)."""
    parts: list[bytes] = []
    sequence = 0
    count = 0
    for drawn in frames:
        rawmode, bits, colour_type = _storage(drawn.image, looks)
        if not parts:
            parts.append(_chunk(b"IHDR", struct.pack(">IIBBBBB", *size, bits, colour_type, 0, 0, 0)))
        if drawn.control:
            count += 1
            parts.append(_frame_control(drawn.control, sequence))
            sequence += 1
        effort = _EFFORT if drawn.image.width * drawn.image.height <= _LARGE else _EFFORT_IF_LARGE
        coded = drawn.image.tobytes("zip", (rawmode, False, effort, -1, b""))
        if drawn.control and len(parts) > 2:
            parts.append(_chunk(b"fdAT", struct.pack(">I", sequence) + coded))
            sequence += 1
        else:
            parts.append(_chunk(b"IDAT", coded))
    animation = _chunk(b"acTL", struct.pack(">II", count, looks.plays)) if count else b""
    return b"".join((SIGNATURE, parts[0], animation, *_look_chunks(looks), *parts[1:], _END))


def _storage(image: Image.Image, looks: Looks) -> tuple[str, int, int]:
    if image.mode != "P":
        return _STORED[image.mode]
    colours = len(looks.palette) // 3
    bits = next(bits for bits in (1, 2, 4, 8) if colours <= 1 << bits)
    return (f"P;{bits}" if bits < 8 else "P"), bits, 3


def _look_chunks(looks: Looks) -> Iterator[bytes]:
    if looks.gamma and abs(looks.gamma - _SRGB_GAMMA) > 500 and 10_000 <= looks.gamma <= 1_000_000:
        yield _chunk(b"gAMA", struct.pack(">I", looks.gamma))
    if all(0 < number < 1_000_000 for number in looks.density):
        yield _chunk(b"pHYs", struct.pack(">IIB", *looks.density, 1))
    if looks.palette:
        yield _chunk(b"PLTE", looks.palette)
    if looks.transparency:
        yield _chunk(b"tRNS", looks.transparency)


def _frame_control(control: Control, sequence: int) -> bytes:
    numbers = (sequence, *control.size, *control.offset, *control.delay, control.disposal, control.blend)
    return _chunk(b"fcTL", struct.pack(">IIIIIHHBB", *numbers))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


_END: Final = _chunk(b"IEND", b"")
