"""Uncompressed pixels, whatever packed them, packed again with Flate; PNG's predictors where there were some."""

import zlib
from io import BytesIO

from PIL import Image

from sanitizers.formats.pdf.encoded import Encoded

LARGE = 8_388_608  #: bytes from which speed counts more than the last percent

#: Bytes of a pixel → mode of a picture with as many bytes a pixel: PNG's filters look that far back.
_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


def row_bytes(width: int, components: int, bits: int) -> int:
    """Bytes of one row; rows begin at a byte (ISO 32000-2, 8.9.5.1)."""
    return (width * components * bits + 7) // 8


def packed(pixels: bytes, size: tuple[int, int], components: int, bits: int, *, predicted: bool = False) -> Encoded:
    """The pixels as Flate; what is missing at the end is zero."""
    width, height = size
    row = row_bytes(width, components, bits)
    pixels = pixels[: row * height].ljust(row * height, b"\0")
    step = max(1, components * bits // 8)
    if predicted and step in _MODES and row % step == 0:
        parameters: dict[str, object] = {"/Predictor": 15, "/Columns": width}
        parameters |= {"/Colors": components, "/BitsPerComponent": bits}
        data = _png(pixels, row // step, height, _MODES[step])
        return Encoded(data, "/FlateDecode", width, height, bits, components, parameters)
    data = zlib.compress(pixels, 6 if len(pixels) < LARGE else 4)
    return Encoded(data, "/FlateDecode", width, height, bits, components)


def _png(pixels: bytes, width: int, height: int, mode: str) -> bytes:
    """The data of a PNG file's IDAT chunks, which is Flate with predictors (7.4.4.4)."""
    file = BytesIO()
    Image.frombuffer(mode, (width, height), pixels, "raw", mode, 0, 1).save(file, "PNG", compress_level=6)
    png = file.getvalue()
    pieces, place = [], 8
    while place < len(png):
        length = int.from_bytes(png[place : place + 4])
        if png[place + 4 : place + 8] == b"IDAT":
            pieces.append(png[place + 8 : place + 8 + length])
        place += length + 12
    return b"".join(pieces)
