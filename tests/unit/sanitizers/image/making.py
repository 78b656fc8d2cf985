"""Pictures for the tests, and what the sanitizer makes of them."""

import io
import struct
import zlib
from collections.abc import Iterable
from hashlib import shake_128

import pillow_heif
import zxingcpp
from PIL import Image

from sanitizers import pictures
from sanitizers.budget import BudgetMeter
from sanitizers.detect import detect
from sanitizers.model import Finding
from sanitizers.pictures import NewPicture
from sanitizers.rules import Budget, Pictures
from sanitizers.verify.picture import verify

pillow_heif.register_heif_opener()  # to make HEIC files, and to read them as others do


def photo(size: tuple[int, int] = (160, 120)) -> Image.Image:
    """Soft colours, an edge, and grain such as a camera makes."""
    across = Image.linear_gradient("L").resize(size)
    down = across.transpose(Image.Transpose.ROTATE_90).resize(size)
    round_ = Image.radial_gradient("L").resize(size)
    picture = Image.merge("RGB", (across, down, round_))
    picture.paste((250, 250, 250), (size[0] // 4, size[1] // 4, size[0] // 2, size[1] // 2))
    grain = Image.frombytes("RGB", size, shake_128(b"grain").digest(size[0] * size[1] * 3))
    return Image.blend(picture, grain, 0.04)


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def rebuilt(data: bytes, how: Pictures = Pictures.REBUILT, **budget: int) -> NewPicture:
    """Through detection, sanitizer and second reading, as the engine does it."""
    new = pictures.rebuilt(data, detect(data, ""), BudgetMeter(Budget(**budget)), how)
    verify(new.data)
    return new


def shown(data: bytes) -> Image.Image:
    """What a viewer shows of it at first."""
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def details(findings: Iterable[Finding]) -> str:
    return "; ".join(finding.detail for finding in findings)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def qr_code(text: str) -> Image.Image:
    rows = memoryview(zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode).to_image(scale=4))
    return Image.frombytes("L", (rows.shape[1], rows.shape[0]), rows.tobytes())
