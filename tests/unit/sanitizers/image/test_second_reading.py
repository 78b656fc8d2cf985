"""The second reading lets through what our writers write, and nothing that was put into it."""

import re
import struct
import zlib
from pathlib import Path

import pytest

from sanitizers.model import CannotSanitize
from sanitizers.rules import Pictures
from sanitizers.verify import picture as second_reading
from sanitizers.verify.picture import TYPES, verify
from tests.unit.sanitizers.image.making import chunk, photo, rebuilt, saved, segment

FRAMES = [photo((48, 36)), photo((48, 36)).rotate(90)]
JPEG = rebuilt(saved(photo(), "JPEG")).data
PNG = rebuilt(saved(photo(), "PNG")).data
APNG = rebuilt(saved(FRAMES[0], "PNG", save_all=True, append_images=FRAMES[1:])).data
PALETTE = rebuilt(saved(photo().quantize(7), "PNG")).data
GIF = rebuilt(saved(FRAMES[0], "GIF", save_all=True, append_images=FRAMES[1:], loop=0)).data
WEBP = rebuilt(saved(photo(), "WEBP")).data
TIFF = rebuilt(saved(photo(), "TIFF")).data


def riff(*chunks: bytes) -> bytes:
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def with_tag(tag: int) -> bytes:
    """The first tag of the directory under another number."""
    (place,) = struct.unpack_from("<I", TIFF, 4)
    return TIFF[: place + 2] + struct.pack("<H", tag) + TIFF[place + 4 :]


def recoloured(png: bytes, rows: bytes) -> bytes:
    place = png.index(b"IDAT") - 4
    (length,) = struct.unpack_from(">I", png, place)
    return png[:place] + chunk(b"IDAT", rows) + png[place + 12 + length :]


def after_header(data: bytes, piece: bytes, place: int) -> bytes:
    return data[:place] + piece + data[place:]


SURPRISES = {
    "JPEG: comment": after_header(JPEG, segment(0xFE, b"x"), 2),
    "JPEG: Exif": after_header(JPEG, segment(0xE1, b"Exif\0\0"), 20),
    "JPEG: profile": after_header(JPEG, segment(0xE2, b"ICC_PROFILE\0\1\1"), 20),
    "JPEG: second JFIF": after_header(JPEG, JPEG[2:20], 20),
    "JPEG: thumbnail in JFIF": JPEG[:18] + b"\1\1" + JPEG[20:],
    "JPEG: junk between": after_header(JPEG, b"junk", 20),
    "JPEG: behind": JPEG + b"x",
    "JPEG: second picture": JPEG + JPEG,
    "JPEG: cut": JPEG[:-2],
    "JPEG: cut in the tables": JPEG[:40],
    "JPEG: no picture": JPEG[:20] + b"\xff\xd9",
    "PNG: text": after_header(PNG, chunk(b"tEXt", b"C\0x"), 33),
    "PNG: private": after_header(PNG, chunk(b"prVt", b"x"), 33),
    "PNG: profile": after_header(PNG, chunk(b"iCCP", b"x"), 33),
    "PNG: second header": after_header(PNG, PNG[8:33], 33),
    "PNG: density twice": after_header(PNG, chunk(b"pHYs", bytes(9)) * 2, 33),
    "PNG: wrong checksum": PNG[:-1] + b"x",
    "PNG: behind": PNG + b"x",
    "PNG: cut": PNG[:-12],
    "PNG: too few rows": recoloured(PNG, zlib.compress(bytes(100))),
    "PNG: too many rows": recoloured(PNG, zlib.compress(bytes(160 * 120 * 3 + 121))),
    "PNG: a bomb": recoloured(PNG, zlib.compress(bytes(50_000_000))),
    "PNG: behind the rows": recoloured(PNG, zlib.compress(bytes(120 * 481)) + b"words"),
    "PNG: palette without colours": after_header(PNG, chunk(b"PLTE", bytes(3)), 33),
    "PNG: indices without palette": re.sub(rb"....PLTE.{21}....", b"", PALETTE, count=1, flags=re.DOTALL),
    "APNG: frame missing": APNG[: APNG.index(b"fcTL", APNG.index(b"fcTL") + 4) - 4] + PNG[-12:],
    "APNG: no count": APNG[:33] + APNG[53:],
    "GIF: comment": after_header(GIF, b"\x21\xfe\x01x\0", len(GIF) - 1),
    "GIF: behind": GIF + b"x",
    "GIF: cut": GIF[:-1],
    "GIF: nothing": GIF[:13] + bytes(768) + b"\x3b",
    "GIF: old version": b"GIF87a" + GIF[6:],
    "WebP: Exif": riff(WEBP[12:], b"EXIF\x02\0\0\0xx"),
    "WebP: flag of XMP": riff(b"VP8X\x0a\0\0\0\x04\0\0\0" + bytes(6), WEBP[12:]),
    "WebP: behind": WEBP + b"xx",
    "WebP: nothing": riff(),
    "WebP: cut": WEBP[:-4],
    "TIFF: description": with_tag(270),
    "TIFF: private": with_tag(65_000),
    "TIFF: behind": TIFF + b"x",
    "TIFF: zeros behind": TIFF + bytes(20),
    "TIFF: cut": TIFF[:-9],
    "TIFF: no page": b"II*\0\0\0\0\0",
    "BMP": saved(photo(), "BMP"),
    "SVG": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "nothing": b"",
}


@pytest.mark.parametrize("name", SURPRISES)
def test_a_surprise_is_refused(name: str) -> None:
    with pytest.raises(CannotSanitize, match="second reading of a picture"):
        verify(SURPRISES[name])


@pytest.mark.parametrize("good", [JPEG, PNG, APNG, PALETTE, GIF, WEBP, TIFF])
def test_what_we_write_passes(good: bytes) -> None:
    verify(good)


@pytest.mark.parametrize("how", list(Pictures)[:2])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "AVIF", "JPEG2000"])
@pytest.mark.parametrize("size", [(1, 1), (1, 70), (70, 1), (17, 33), (640, 480)])
def test_every_size_that_is_written_passes(kind: str, size: tuple[int, int], how: Pictures) -> None:
    for mode in ("1", "L", "RGB", "P"):
        if kind in {"JPEG", "JPEG2000", "AVIF", "WEBP"} and mode in {"1", "P"}:
            continue
        assert rebuilt(saved(photo(size).convert(mode), kind), how).type in TYPES


def test_it_shares_no_library_with_the_writers() -> None:
    source = Path(second_reading.__file__).read_text(encoding="utf-8")
    assert set(re.findall(r"^(?:import|from) ([\w.]+)", source, re.MULTILINE)) == {
        "struct",
        "zlib",
        "collections.abc",
        "typing",
        "sanitizers.model",
    }
