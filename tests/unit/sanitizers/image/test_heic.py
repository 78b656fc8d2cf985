"""HEIC through our own reading of its boxes and libde265, compared with what libheif shows."""

import io
import struct

import pillow_heif
import pytest
from PIL import Image

from sanitizers.budget import BudgetMeter
from sanitizers.model import CannotSanitize
from sanitizers.pictures.heic import decoded_heic
from sanitizers.pictures.heif import read_heif
from sanitizers.rules import Budget
from tests.unit.sanitizers.image.making import details, photo, rebuilt, saved, shown
from tests.unit.sanitizers.image.similarity import ssim


def as_libheif_shows(data: bytes) -> Image.Image:
    return shown(data)


def decoded(data: bytes) -> Image.Image:
    """By our own reading, before it is written as JPEG."""
    return decoded_heic(read_heif(data), BudgetMeter(Budget()))


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize("options", [{}, {"chroma": 444}, {"matrix_coefficients": 1}, {"full_range_flag": 0}])
def test_it_looks_the_same(mode: str, options: dict[str, int]) -> None:
    picture = photo((256, 192)).convert(mode)
    if mode == "RGBA":
        picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    data = saved(picture, "HEIF", quality=90, **options)
    new = rebuilt(data)
    assert new.type == ("image/png" if mode == "RGBA" else "image/jpeg")
    assert ssim(shown(new.data), as_libheif_shows(data)) >= 0.93  # grain, once more through JPEG
    assert ssim(decoded(data), as_libheif_shows(data)) >= 0.995  # colours of half the size are enlarged in another way
    middle = (128, 96)
    there, here = (each.convert("RGB").getpixel(middle) for each in (as_libheif_shows(data), decoded(data)))
    assert here == pytest.approx(there, abs=12)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_turned_as_libheif_turns_it(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(photo((256, 192)), "HEIF", quality=90, exif=exif.tobytes())
    new = shown(rebuilt(data).data)
    assert new.size == as_libheif_shows(data).size
    assert ssim(decoded(data), as_libheif_shows(data)) >= 0.995  # colours of half the size are enlarged in another way


def test_ten_bits_become_eight() -> None:
    picture = photo((128, 96))
    deep = pillow_heif.from_bytes(
        "RGB;16", picture.size, b"".join(struct.pack("<H", byte * 257) for byte in picture.tobytes())
    )
    out = io.BytesIO()
    deep.save(out, quality=90)
    assert ssim(decoded(out.getvalue()), as_libheif_shows(out.getvalue())) > 0.99
    assert shown(rebuilt(out.getvalue()).data).mode == "RGB"


def test_tiles_are_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pillow_heif.options, "GRID_TILE_SIZE", 128)
    data = saved(photo((300, 200)), "HEIF", quality=90)
    assert b"grid" in data
    new = rebuilt(data)
    assert shown(new.data).size == (300, 200)
    assert ssim(decoded(data), as_libheif_shows(data)) >= 0.995  # colours of half the size are enlarged in another way
    assert "further" not in details(new.findings)


def test_extras_are_told() -> None:
    exif = Image.Exif()
    exif[0x010E] = "KIYOME-HARM-EXTRA"
    found = details(rebuilt(saved(photo((256, 192)), "HEIF", exif=exif.tobytes(), xmp=b"KIYOME-HARM-EXTRA")).findings)
    assert "camera data (Exif)" in found
    assert "editing data (XMP)" in found


def test_damage_anywhere_is_refused_or_repaired_never_a_surprise() -> None:
    data = saved(photo((64, 48)), "HEIF", quality=50)
    refusals = 0
    for place in range(16, len(data), max(1, len(data) // 250)):
        broken = data[:place] + bytes((data[place] ^ 0xFF,)) + data[place + 1 :]
        try:
            rebuilt(broken, pixels=1_000_000)
        except CannotSanitize:
            refusals += 1
    assert refusals > 20


@pytest.mark.parametrize("length", [40, 200, 400])
def test_what_breaks_off_is_refused(length: int) -> None:
    with pytest.raises(CannotSanitize):
        rebuilt(saved(photo((64, 48)), "HEIF")[:length])
