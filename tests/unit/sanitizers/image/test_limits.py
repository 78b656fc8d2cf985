"""Small files that are large pictures, or endless ones, are refused before they are decoded."""

import io
import struct
import zlib
from contextlib import suppress

import pytest
from PIL import Image

from sanitizers import pictures
from sanitizers.budget import BudgetMeter, OverBudget
from sanitizers.model import CannotSanitize, Threat
from sanitizers.pictures import decoding
from sanitizers.pictures.census import Census
from sanitizers.pictures.png import read_png
from sanitizers.rules import Budget
from tests.unit.sanitizers.image.making import chunk, photo, rebuilt, saved

LIMIT = 160 * 120 * 3  # pixels


def patched(kind: str, find: bytes, offset: int, number: bytes) -> bytes:
    data = bytearray(saved(photo(), kind))
    place = data.index(find) + offset
    data[place : place + len(number)] = number
    return bytes(data)


BOMBS = {
    "JPEG": patched("JPEG", b"\xff\xc0", 5, struct.pack(">HH", 60_000, 60_000)),
    "PNG": patched("PNG", b"IHDR", 4, struct.pack(">II", 60_000, 60_000)),
    "GIF": patched("GIF", b"GIF8", 6, struct.pack("<HH", 60_000, 60_000)),
    "BMP": patched("BMP", b"BM", 18, struct.pack("<ii", 60_000, 60_000)),
    "JPEG2000": patched("JPEG2000", b"\xff\x51", 6, struct.pack(">II", 60_000, 60_000)),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_a_claimed_size_is_believed_before_anything_is_decoded(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "loaded", lambda *_: pytest.fail("decoded"))
    with pytest.raises(CannotSanitize) as refusal:
        rebuilt(BOMBS[kind])
    assert refusal.value.threat in {Threat.LIMIT_EXCEEDED, Threat.MALFORMED}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "AVIF", "HEIF", "JPEG2000", "ICO"])
def test_every_kind_counts_its_pixels(kind: str) -> None:
    data = saved(photo((64, 64)), kind)
    meter = BudgetMeter(Budget())
    pictures.rebuilt(
        data,
        {"HEIF": "image/heic", "JPEG2000": "image/jp2", "ICO": "image/vnd.microsoft.icon"}.get(
            kind, f"image/{kind.lower()}"
        ),
        meter,
    )
    assert 64 * 64 <= meter.pixels <= 2 * 64 * 64
    with pytest.raises(OverBudget):
        rebuilt(data, pixels=64 * 64 - 1)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF", "AVIF"])
def test_every_frame_counts(kind: str) -> None:
    frames = [photo().rotate(angle) for angle in (0, 40, 90, 130, 180)]
    data = (
        saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
        if kind != "TIFF"
        else saved(frames[0], kind, save_all=True, append_images=frames[1:])
    )
    with pytest.raises(OverBudget):
        rebuilt(data, pixels=LIMIT)
    assert rebuilt(data, pixels=LIMIT * 3).data


def test_pages_count() -> None:
    frames = [Image.new("1", (16, 16))] * 12
    data = saved(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    with pytest.raises(OverBudget, match="pages"):
        rebuilt(data, pages=11)


def refused(data: bytes) -> CannotSanitize:
    with pytest.raises(CannotSanitize) as refusal:
        rebuilt(data)
    return refusal.value


def test_more_frames_than_anybody_watches() -> None:
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    gif = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6) + frame * 5_001 + b"\x3b"
    assert refused(gif).threat is Threat.LIMIT_EXCEEDED
    control = chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 1, 1, 0, 0, 1, 100, 0, 0))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) + chunk(b"acTL", struct.pack(">II", 5_001, 0))
    png = b"\x89PNG\r\n\x1a\n" + head + control * 5_002 + chunk(b"IEND", b"")
    assert refused(png).threat is Threat.LIMIT_EXCEEDED


def test_a_canvas_larger_than_its_frames_counts() -> None:
    control = chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 1, 1, 0, 0, 1, 100, 0, 0))
    rows = chunk(b"IDAT", zlib.compress(b"\0\0"))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0))
    png = b"\x89PNG\r\n\x1a\n" + head + chunk(b"acTL", struct.pack(">II", 1, 0)) + control + rows + chunk(b"IEND", b"")
    assert refused(png).threat is Threat.LIMIT_EXCEEDED


def test_a_picture_inside_an_icon_tells_its_own_size() -> None:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0))
    png = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")
    icon = b"\0\0\1\0\1\0" + bytes((32, 32, 0, 0)) + struct.pack("<HHII", 1, 32, len(png), 22) + png
    assert refused(icon).threat is Threat.LIMIT_EXCEEDED


def test_scans_without_end() -> None:
    data = saved(photo().convert("L"), "JPEG", progressive=True)
    first = data.index(b"\xff\xda")
    second = data.index(b"\xff\xda", first + 2)
    assert refused(data[:first] + data[first:second] * 400 + data[second:]).threat is Threat.LIMIT_EXCEEDED


def test_compressed_text_is_never_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = chunk(b"zTXt", b"C\0\0" + zlib.compress(bytes(50_000_000), 9))
    data = saved(photo(), "PNG")
    monkeypatch.setattr(zlib, "decompress", lambda *_: pytest.fail("unpacked"))
    assert len(rebuilt(data[:33] + bomb + data[33:]).data) < 2 * len(data)


def test_a_profile_is_unpacked_to_a_limit() -> None:
    bomb = chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(50_000_000), 9))
    data = saved(photo(), "PNG")
    assert rebuilt(data[:33] + bomb + data[33:]).data == rebuilt(data).data
    census = Census()
    assert read_png(data[:33] + bomb + data[33:], census).profile == b""


def test_the_canvas_of_a_webp_counts_before_its_decoder_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytearray(saved(photo(), "WEBP", save_all=True, append_images=[photo().rotate(90)]))
    data[24:30] = (16_382).to_bytes(3, "little") * 2
    monkeypatch.setattr(Image, "open", lambda *_, **__: pytest.fail("opened"))
    assert refused(bytes(data)).threat is Threat.LIMIT_EXCEEDED


def test_directories_in_a_circle() -> None:
    data = bytearray(saved(photo(), "TIFF"))
    (place,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, place)
    struct.pack_into("<I", data, place + 2 + 12 * count, place)
    assert Image.open(io.BytesIO(rebuilt(bytes(data)).data)).n_frames == 1


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "AVIF", "JPEG2000", "ICO"])
def test_damage_anywhere_is_refused_or_repaired_never_a_surprise(kind: str) -> None:
    """Every byte in turn of a small picture: a rebuilt picture, or a refusal with a reason."""
    data = saved(photo((20, 16)), kind)
    kinds = {"JPEG2000": "image/jp2", "ICO": "image/vnd.microsoft.icon"}
    for place in range(0, len(data), max(1, len(data) // 150)):
        broken = data[:place] + bytes((data[place] ^ 0xFF,)) + data[place + 1 :]
        with suppress(CannotSanitize):
            pictures.rebuilt(broken, kinds.get(kind, f"image/{kind.lower()}"), BudgetMeter(Budget(pixels=1_000_000)))


@pytest.mark.parametrize("claimed", sorted(pictures.TYPES - {"image/png"}))
def test_no_decoder_but_that_of_the_detected_type_sees_a_file(claimed: str) -> None:
    with pytest.raises(CannotSanitize):
        pictures.rebuilt(saved(photo(), "PNG"), claimed, BudgetMeter(Budget()))
