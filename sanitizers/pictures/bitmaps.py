"""Takes BMP, icon and Photoshop files apart, and hands the decoder what the picture needs."""

import struct
from typing import Final

import msgspec
from PIL import Image

from sanitizers.model import CannotSanitize, Threat
from sanitizers.pictures.census import Census, Extra
from sanitizers.pictures.exif import count_exif

_MOST_ICONS: Final = 200
_PNG: Final = b"\x89PNG"
_UNPACKED: Final = frozenset({0, 3, 6})  # BI_RGB, BI_BITFIELDS, BI_ALPHABITFIELDS: rows of fixed length
_BITFIELDS: Final = frozenset({3, 6})


class Masks(msgspec.Struct, frozen=True):
    """Where in a pixel of 16 or 32 bits each colour stands."""

    red: int
    green: int
    blue: int
    alpha: int


class BmpFile(msgspec.Struct, frozen=True):
    """A BMP file whose pixels are all there."""

    trimmed: bytes
    size: tuple[int, int]
    bits: int
    rows: tuple[int, int]  #: where they begin; bytes of each, 0 when they are packed
    upside_down: bool  #: the last row comes first, as usual
    masks: Masks | None


def read_bmp(data: bytes, census: Census) -> BmpFile:
    """Pixels that are missing at the end become zero, as viewers show them; what is behind them goes."""
    if len(data) < 26:
        raise CannotSanitize(Threat.MALFORMED, "a BMP picture without a header")
    offset, header = struct.unpack_from("<II", data, 10)
    if header == 12:
        width, height, _, bits = struct.unpack_from("<HHHH", data, 18)
        packing = 0
    elif header >= 40 and len(data) >= 54:
        width, height, _, bits, packing = struct.unpack_from("<iiHHI", data, 18)
    else:
        raise CannotSanitize(Threat.MALFORMED, "a BMP picture with an unknown header")
    stride = (width * bits + 31) // 32 * 4
    masks = Masks(*struct.unpack_from("<IIII", data.ljust(70, b"\0"), 54)) if packing in _BITFIELDS else None
    file = (width, abs(height)), bits, (offset, stride if packing in _UNPACKED else 0), height > 0, masks
    if packing not in _UNPACKED or width <= 0 or stride * abs(height) > 1 << 32:
        return BmpFile(data, *file)
    end = offset + stride * abs(height)
    if end > len(data):
        if len(data) - offset < (end - offset) // 2:  # a few bytes that claim to be a large picture
            raise CannotSanitize(Threat.MALFORMED, "a BMP picture that is cut short")
        census.met(Extra.DAMAGE)
    if header < 124 or len(data) < 142:
        census.behind(data[end:])
    elif data[end:]:
        census.met(Extra.PROFILE)  # header version 5: a profile stands behind the pixels
    return BmpFile(data[:end].ljust(end, b"\0"), *file)


def unmasked(file: BmpFile) -> Image.Image | None:
    """Pixels of 16 bits with masks of any kind, which Pillow does not read; None: they are others. Counted before."""
    (start, stride), size = file.rows, file.size
    direction = -1 if file.upside_down else 1
    if file.bits != 16 or file.masks is None:
        return None
    words = Image.frombytes("I;16", size, file.trimmed[start:], "raw", "I;16", stride, direction).convert("I")
    bands = [_band(words, mask) for mask in (file.masks.red, file.masks.green, file.masks.blue)]
    if file.masks.alpha:
        bands.append(_band(words, file.masks.alpha))
    return Image.merge("RGBA" if file.masks.alpha else "RGB", bands)


def _band(words: Image.Image, mask: int) -> Image.Image:
    mask &= 0xFFFF
    shift = (mask & -mask).bit_length() - 1 if mask else 0
    most = mask >> shift or 1
    return words.point([((word & mask) >> shift) * 255 // most for word in range(65_536)], "L")


class Icon(msgspec.Struct, frozen=True):
    """The best picture of an icon or cursor."""

    data: bytes  #: a PNG file, or an icon file of this picture alone
    is_png: bool
    size: tuple[int, int]  #: as the picture itself says, whatever the directory says


def read_icon(data: bytes, census: Census) -> Icon:
    """The largest one, with the most colours; raises CannotSanitize where there is none."""
    count = min(struct.unpack_from("<H", data, 4)[0], _MOST_ICONS)
    entries = [data[6 + 16 * number : 22 + 16 * number] for number in range(count)]
    entries = [entry for entry in entries if len(entry) == 16]
    if not entries:
        raise CannotSanitize(Threat.MALFORMED, "an icon without a picture in it")
    cursor = data[2] == 2  # a cursor has its hot spot where an icon has its bits
    for _ in entries[1:]:
        census.met(Extra.SIZES)

    def worth(entry: bytes) -> tuple[int, int, int]:
        bits = 0 if cursor else int(struct.unpack_from("<H", entry, 6)[0])
        return (entry[0] or 256) * (entry[1] or 256), bits, int(struct.unpack_from("<I", entry, 8)[0])

    best = max(entries, key=worth)
    size, offset = struct.unpack_from("<II", best, 8)
    picture = data[offset : offset + size]
    if picture.startswith(_PNG):
        return Icon(picture, is_png=True, size=(0, 0))
    if len(picture) < 40:
        raise CannotSanitize(Threat.MALFORMED, "an icon that is cut short")
    width, height = struct.unpack_from("<ii", picture, 4)
    plain = b"\0\0\0\0" if cursor else best[4:8]
    alone = b"\0\0\1\0\1\0" + best[:2] + best[2:4] + plain + struct.pack("<II", len(picture), 22) + picture
    return Icon(alone, is_png=False, size=(abs(width), abs(height)))


class PsdFile(msgspec.Struct):
    """A Photoshop file without layers and resources: the flattened picture alone."""

    trimmed: bytes = b""
    profile: bytes = b""
    density: tuple[float, float] = (0, 0)  #: pixels per inch


def read_psd(data: bytes, census: Census) -> PsdFile:
    """Adobe Photoshop File Formats: header, colour mode data, resources, layers, picture."""
    sections: list[bytes] = []
    place = 26
    for _ in range(3):
        if place + 4 > len(data):
            raise CannotSanitize(Threat.MALFORMED, "a Photoshop picture that is cut short")
        (length,) = struct.unpack_from(">I", data, place)
        sections.append(data[place + 4 : place + 4 + length])
        place += 4 + length
    colours, resources, layers = sections
    if place >= len(data):
        raise CannotSanitize(Threat.MALFORMED, "a Photoshop picture without a flattened picture")
    file = PsdFile()
    _resources(file, resources, census)
    if len(layers) > 6 and struct.unpack_from(">h", layers, 4)[0]:
        census.met(Extra.LAYERS)
    file.trimmed = data[:26] + struct.pack(">I", len(colours)) + colours + bytes(8) + data[place:]
    return file


_RESOURCES: Final = {
    1028: Extra.IPTC,
    1033: Extra.THUMBNAIL,
    1036: Extra.THUMBNAIL,
    1039: Extra.PROFILE,
    1060: Extra.XMP,
}


def _resources(file: PsdFile, resources: bytes, census: Census) -> None:
    """Image resource blocks: signature, number, padded name, length, padded body."""
    place = 0
    while place + 12 <= len(resources) and resources[place : place + 4] in {
        b"8BIM",
        b"MeSa",
        b"AgHg",
        b"PHUT",
        b"DCSR",
    }:
        (number,) = struct.unpack_from(">H", resources, place + 4)
        place += 6 + (resources[place + 6] + 2) // 2 * 2
        (length,) = struct.unpack_from(">I", resources.ljust(place + 4, b"\0"), place)
        body = resources[place + 4 : place + 4 + length]
        place += 4 + length + (length & 1)
        if number in _RESOURCES:
            census.met(_RESOURCES[number])
        if number == 1039:
            file.profile = body
        elif number == 1005 and len(body) >= 16:
            across, down = struct.unpack_from(">I", body)[0], struct.unpack_from(">I", body, 8)[0]
            file.density = (across / 65_536, down / 65_536)
        elif number == 1058:
            count_exif(body, census)
