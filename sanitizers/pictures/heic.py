"""Decodes the primary picture of a HEIC file: tiles joined, colours, opacity, and turned as the file says."""

import struct
from collections.abc import Iterator
from typing import Final

from PIL import Image

from sanitizers.budget import BudgetMeter
from sanitizers.model import CannotSanitize, Threat
from sanitizers.pictures.heif import HeifFile, Item
from sanitizers.pictures.hevc import Planes, decoded_planes

# How much red and blue weigh in luminance, by the matrix coefficients of ITU-T H.273 table 4.
_WEIGHTS: Final = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}
_USUAL: Final = 6
_NOT_SAID: Final = 2
_ANTICLOCKWISE: Final = (None, Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)
_MIRRORED: Final = (Image.Transpose.FLIP_TOP_BOTTOM, Image.Transpose.FLIP_LEFT_RIGHT)


def decoded_heic(file: HeifFile, meter: BudgetMeter) -> Image.Image:
    """L, RGB or RGBA; raises CannotSanitize. Pixels are counted before they are decoded."""
    item = file.items[file.primary]
    image = _picture(file, item, meter)
    opacity = file.opacity_of(file.primary)
    if opacity is not None:
        image = image.convert("RGB")
        image.putalpha(_picture(file, opacity, meter).convert("L").resize(image.size))
    return _turned(image, item)


def profile_of(file: HeifFile) -> bytes:
    """The ICC profile of the primary picture; b"": none."""
    return next(
        (
            body[4:]
            for kind, body in file.items[file.primary].properties
            if kind == b"colr" and body[:4] in {b"prof", b"rICC"}
        ),
        b"",
    )


def _picture(file: HeifFile, item: Item, meter: BudgetMeter) -> Image.Image:
    if item.kind == b"iden" and item.refers.get(b"dimg"):
        item = _item(file, item.refers[b"dimg"][0])
    if item.kind != b"grid":
        return _coded(file, item, item, meter)
    grid = file.grid(item)
    canvas: Image.Image | None = None
    for place, number in enumerate(grid.tiles):
        tile = _coded(file, _item(file, number), item, meter)
        if canvas is None:
            rows = len(grid.tiles) // grid.columns
            if grid.size[0] > tile.width * grid.columns or grid.size[1] > tile.height * rows:
                raise CannotSanitize(Threat.MALFORMED, "a HEIC picture larger than its tiles")
            canvas = Image.new(tile.mode, grid.size)
        canvas.paste(tile, (place % grid.columns * tile.width, place // grid.columns * tile.height))
    if canvas is None:
        raise CannotSanitize(Threat.MALFORMED, "a HEIC picture without tiles")
    return canvas


def _item(file: HeifFile, number: int) -> Item:
    if number not in file.items:
        raise CannotSanitize(Threat.MALFORMED, "a HEIC picture with a tile missing")
    return file.items[number]


def _coded(file: HeifFile, item: Item, whole: Item, meter: BudgetMeter) -> Image.Image:
    """One coded picture; `whole`: what it is a tile of, whose colours hold where it says nothing."""
    if item.kind != b"hvc1":
        raise CannotSanitize(Threat.UNSUPPORTED, "a HEIC picture that is not coded as HEVC")
    size = file.size(item)
    meter.take_pixels(*size)
    planes = decoded_planes(_units(file.property(item, b"hvcC"), file.content(item)), size)
    if len(planes.planes) == 1:
        return planes.planes[0]
    stated = [
        body for owner in (item, whole) for kind, body in owner.properties if kind == b"colr" and body[:4] == b"nclx"
    ]
    return _in_rgb(planes, stated[0] if stated else b"")


def _units(configuration: bytes, content: bytes) -> Iterator[bytes]:
    """Parameter sets, then the picture, without the lengths before them (ISO/IEC 14496-15, 8.3.3)."""
    try:
        place = 23
        for _ in range(configuration[22]):
            count = struct.unpack_from(">H", configuration, place + 1)[0]
            place += 3
            for _ in range(count):
                length = struct.unpack_from(">H", configuration, place)[0]
                yield configuration[place + 2 : place + 2 + length]
                place += 2 + length
        size = (configuration[21] & 3) + 1
    except (IndexError, struct.error) as failure:
        raise CannotSanitize(Threat.MALFORMED, "a HEIC picture with broken parameters") from failure
    place = 0
    while place + size < len(content):
        length = int.from_bytes(content[place : place + size], "big")
        yield content[place + size : place + size + length]
        place += size + length


def _in_rgb(planes: Planes, nclx: bytes) -> Image.Image:
    """ITU-T H.273, 8.3. What the file says (nclx) holds over what the coded picture says."""
    matrix, full_range = planes.matrix, planes.full_range or planes.matrix == _NOT_SAID
    if len(nclx) >= 11:
        matrix, full_range = struct.unpack_from(">H", nclx, 8)[0], bool(nclx[10] & 0x80)
    red, blue = _WEIGHTS.get(matrix, _WEIGHTS[_USUAL])
    green = 1 - red - blue
    luma, chroma, black = (1.0, 1.0, 0) if full_range else (255 / 219, 255 / 224, 16)
    to_red, to_blue = 2 * (1 - red) * chroma, 2 * (1 - blue) * chroma
    green_of_blue, green_of_red = -to_blue * blue / green, -to_red * red / green
    rows = ((0.0, to_red), (green_of_blue, green_of_red), (to_blue, 0.0))
    numbers = [
        number for of_cb, of_cr in rows for number in (luma, of_cb, of_cr, -luma * black - 128 * (of_cb + of_cr))
    ]
    return Image.merge("RGB", planes.planes).convert("RGB", tuple(numbers))


def _turned(image: Image.Image, item: Item) -> Image.Image:
    """Cut, rotated and mirrored, in the order that the file says (23008-12, 6.5.9, 6.5.10, 6.5.12)."""
    for kind, body in item.properties:
        if kind == b"clap" and len(body) >= 32:
            image = _cut(image, struct.unpack(">IIIIiIiI", body[:32]))
        elif kind == b"irot" and body:
            turn = _ANTICLOCKWISE[body[0] & 3]
            image = image if turn is None else image.transpose(turn)
        elif kind == b"imir" and body:
            image = image.transpose(_MIRRORED[body[0] & 1])
    return image


def _cut(image: Image.Image, numbers: tuple[int, ...]) -> Image.Image:
    """The clean aperture (ISO/IEC 14496-12, 12.1.4): size, and how far its middle is from that of the picture."""
    if not all(numbers[1::2]):
        return image
    width, height, right, down = (above / below for above, below in zip(numbers[::2], numbers[1::2], strict=True))
    left, top = round((image.width - width) / 2 + right), round((image.height - height) / 2 + down)
    box = (max(0, left), max(0, top), min(image.width, left + round(width)), min(image.height, top + round(height)))
    return image.crop(box) if box[0] < box[2] and box[1] < box[3] else image
