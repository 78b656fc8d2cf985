"""A rebuilt picture looks like the one that came, has its size and mode, and is about as many bytes."""

import io

import pytest
from PIL import Image, ImageCms

from tests.unit.sanitizers.image.making import photo, rebuilt, saved, shown
from tests.unit.sanitizers.image.similarity import ssim

MODES = {
    "JPEG": ("L", "RGB"),
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "WEBP": ("RGB", "RGBA"),
    "TIFF": ("1", "L", "P", "RGB", "RGBA", "I;16", "F"),
    "GIF": ("P",),
    "BMP": ("1", "L", "P", "RGB"),
}


def of_mode(mode: str) -> Image.Image:
    if mode == "I;16":
        return photo().convert("L").convert("I").point(lambda value: value * 257).convert("I;16")
    if mode in {"LA", "RGBA"}:
        picture = photo().convert(mode)
        picture.putalpha(Image.linear_gradient("L").resize(picture.size))
        return picture
    return photo().convert(mode)


@pytest.mark.parametrize(("kind", "mode"), [(kind, mode) for kind, modes in MODES.items() for mode in modes])
def test_it_looks_the_same(kind: str, mode: str) -> None:
    data = saved(of_mode(mode), kind)
    new = rebuilt(data)
    assert not new.findings
    assert new.type == {"BMP": "image/png"}.get(kind, f"image/{kind.lower()}")
    assert shown(new.data).mode == shown(data).mode
    assert ssim(shown(data), shown(new.data)) >= 0.98
    assert len(new.data) < len(data) * 1.3 + 300


@pytest.mark.parametrize("quality", [20, 40, 60, 75, 85, 92, 98])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_jpegs_keep_their_quality_their_sampling_and_their_size(quality: int, subsampling: int) -> None:
    data = saved(photo((320, 240)), "JPEG", quality=quality, subsampling=subsampling, optimize=True)
    new = rebuilt(data)
    assert ssim(shown(data), shown(new.data)) >= 0.98
    assert len(new.data) < len(data) * 1.35
    assert [layer[1:3] for layer in shown(new.data).layer] == [layer[1:3] for layer in shown(data).layer]


def test_tables_of_other_programs_give_a_quality_that_loses_nothing() -> None:
    tables = [[min(255, 3 + place // 2) for place in range(64)], [min(255, 4 + place) for place in range(64)]]
    data = saved(photo((320, 240)), "JPEG", qtables=tables)
    new = rebuilt(data)
    assert ssim(shown(data), shown(new.data)) >= 0.98
    assert shown(new.data).quantization[0] != shown(data).quantization[0]  # whatever words they spelt


def test_progressive_and_resolution_stay() -> None:
    new = shown(rebuilt(saved(photo(), "JPEG", progressive=True, dpi=(300, 300))).data)
    assert new.info["progressive"]
    assert new.info["dpi"] == (300, 300)
    assert shown(rebuilt(saved(photo(), "PNG", dpi=(300, 300))).data).info["dpi"] == pytest.approx((300, 300), abs=0.1)
    assert shown(rebuilt(saved(photo(), "TIFF", dpi=(204, 196))).data).info["dpi"] == (204, 196)


@pytest.mark.parametrize("quality", [30, 50, 75, 90])
def test_webp_keeps_its_quality_and_size(quality: int) -> None:
    data = saved(photo((320, 240)), "WEBP", quality=quality)
    new = rebuilt(data)
    assert ssim(shown(data), shown(new.data)) >= 0.98
    assert len(new.data) < len(data) * 1.5


def test_lossless_webp_stays_lossless() -> None:
    data = saved(of_mode("RGBA"), "WEBP", lossless=True, exact=True)
    assert shown(rebuilt(data).data).tobytes() == shown(data).tobytes()


def test_a_fax_stays_a_fax() -> None:
    page = photo((1728, 1100)).convert("L").point([255 * (value > 120) for value in range(256)]).convert("1")
    data = saved(page, "TIFF", compression="group4")
    new = rebuilt(data).data
    assert shown(new).info["compression"] == "group4"
    assert shown(new).tobytes() == page.tobytes()
    assert len(new) < len(data) * 1.02


def test_a_jpeg_in_a_tiff_does_not_swell() -> None:
    data = saved(photo((640, 480)).convert("YCbCr"), "TIFF", compression="jpeg", quality=85)
    new = rebuilt(data).data
    assert len(new) < len(data) * 1.5
    assert ssim(shown(data), shown(new)) >= 0.98


def test_palette_and_transparency_of_a_png_stay() -> None:
    picture = photo().quantize(13)
    data = saved(picture, "PNG", transparency=bytes((255, 128, 0)))
    new = shown(rebuilt(data).data)
    assert new.mode == "P"
    assert new.convert("RGBA").tobytes() == shown(data).convert("RGBA").tobytes()


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_a_grey_png_of_few_bits_keeps_its_transparent_grey(bits: int) -> None:
    picture = Image.new("P", (32, 32), 1)
    picture.paste(0, (0, 0, 16, 32))
    picture.putpalette([0, 0, 0, 255, 255, 255])
    data = saved(picture.convert("L"), "PNG", transparency=0)
    new = shown(rebuilt(data).data).convert("RGBA")
    assert new.getpixel((0, 0))[3] == 0
    assert new.getpixel((31, 0)) == (255, 255, 255, 255)


def test_colours_of_another_profile_become_those_that_a_viewer_shows() -> None:
    swapped = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = swapped.index(b"rXYZ"), swapped.index(b"gXYZ")
    swapped[red : red + 4], swapped[green : green + 4] = b"gXYZ", b"rXYZ"
    picture = Image.new("RGB", (32, 32), (200, 40, 40))
    for kind in ("JPEG", "PNG", "TIFF"):
        data = saved(picture, kind, icc_profile=bytes(swapped))
        new = shown(rebuilt(data).data)
        source = ImageCms.ImageCmsProfile(io.BytesIO(bytes(swapped)))
        wanted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB")).getpixel((16, 16))
        assert new.getpixel((16, 16)) == pytest.approx(wanted, abs=4), kind
        assert wanted[1] > wanted[0] + 100
        assert "icc_profile" not in new.info


def test_printing_colours_become_rgb() -> None:
    picture = Image.new("CMYK", (32, 32), (0, 255, 255, 0))
    for kind in ("JPEG", "TIFF"):
        new = shown(rebuilt(saved(picture, kind)).data)
        assert new.mode == "RGB"
        assert new.getpixel((16, 16)) == pytest.approx((255, 0, 0), abs=4), kind


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_upright(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}  # Image.Transpose of each
    for kind in ("JPEG", "PNG", "WEBP"):
        data = saved(photo(), kind, exif=exif.tobytes())
        wanted = photo() if orientation == 1 else photo().transpose(Image.Transpose(upright[orientation]))
        new = shown(rebuilt(data).data)
        assert new.size == wanted.size, kind
        assert ssim(new, wanted) > 0.93, kind
        assert not new.getexif()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP"])
def test_a_second_time_nothing_changes_that_matters(kind: str) -> None:
    once = rebuilt(saved(photo(), kind))
    twice = rebuilt(once.data)
    assert not twice.findings
    assert twice.type == once.type
    assert abs(len(twice.data) - len(once.data)) < len(once.data) * 0.05
    assert ssim(shown(once.data), shown(twice.data)) > 0.98


def test_the_same_file_gives_the_same_bytes() -> None:
    for kind in ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF"):
        data = saved(photo(), kind)
        assert rebuilt(data).data == rebuilt(data).data
