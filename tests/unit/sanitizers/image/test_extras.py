"""What stands beside a picture goes, is told in the report, and costs nothing to leave out."""

import io
import struct
import zlib

import pillow_heif
import pytest
from PIL import Image

from sanitizers.model import Action, CannotSanitize, Severity, Threat
from sanitizers.pictures.census import Census, Extra
from sanitizers.pictures.exif import read_exif
from tests.unit.sanitizers.image.making import chunk, details, photo, rebuilt, saved, segment, shown
from tests.unit.sanitizers.image.similarity import ssim

MARKER = b"KIYOME-HARM-EXTRA"


def with_segment(marker: int, body: bytes) -> bytes:
    data = saved(photo(), "JPEG")
    return data[:2] + segment(marker, body) + data[2:]


def with_chunk(kind: bytes, body: bytes) -> bytes:
    data = saved(photo(), "PNG")
    return data[:33] + chunk(kind, body) + data[33:]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (with_segment(0xE1, b"Exif\0\0" + MARKER), "camera data (Exif)"),
        (with_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + MARKER), "editing data (XMP)"),
        (with_segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + MARKER), "editing data (XMP)"),
        (with_segment(0xED, b"Photoshop 3.0\0" + MARKER), "press and editing data"),
        (with_segment(0xFE, MARKER), "comment"),
        (with_segment(0xEB, MARKER), "data of a program"),
        (with_segment(0xE0, b"JFXX\0" + MARKER), "thumbnail"),
        (saved(photo(), "JPEG") + MARKER, "data behind the end of the picture, 17 bytes"),
        (saved(photo(), "JPEG") + b"\0\0\0\x14ftypmp42" + MARKER, "video behind the picture"),
        (saved(photo(), "JPEG") + saved(photo(), "JPEG", comment=MARKER), "further picture"),
        (with_chunk(b"tEXt", b"C\0" + MARKER), "text field"),
        (with_chunk(b"zTXt", b"C\0\0" + zlib.compress(MARKER)), "text field"),
        (with_chunk(b"iTXt", b"C\0\0\0\0\0" + MARKER), "text field"),
        (with_chunk(b"eXIf", MARKER), "camera data (Exif)"),
        (with_chunk(b"prVt", MARKER), "data of a program"),
        (saved(photo(), "PNG") + MARKER, "data behind the end of the picture, 17 bytes"),
        (saved(photo(), "GIF", comment=MARKER), "comment"),
        (saved(photo(), "GIF") + MARKER, "data behind the end"),
        (saved(photo(), "WEBP", exif=b"II*\0\x08\0\0\0\0\0\0\0\0\0" + MARKER), "camera data (Exif)"),
        (saved(photo(), "WEBP", xmp=MARKER), "editing data (XMP)"),
        (saved(photo(), "WEBP") + MARKER, "data behind the end"),
        (saved(photo(), "TIFF", tiffinfo={270: MARKER.decode()}), "text field"),
        (saved(photo(), "BMP") + MARKER, "data behind the end"),
        (saved(photo(), "AVIF", xmp=MARKER), "editing data (XMP)"),
        (saved(photo(), "JPEG2000") + MARKER, "data behind the end"),
    ],
)
def test_it_goes_and_is_told(data: bytes, words: str) -> None:
    assert MARKER in data or zlib.compress(MARKER) in data
    new = rebuilt(data)
    assert MARKER not in new.data
    assert words in details(new.findings)
    assert {finding.action for finding in new.findings} == {Action.REMOVED}
    assert not rebuilt(new.data).findings


def test_a_position_and_a_thumbnail_are_named() -> None:
    thumbnail = struct.pack("<HHHIII", 1, 0x0201, 4, 1, 0, 0)
    block = b"II*\0\x08\0\0\0" + struct.pack("<HHHII", 1, 0x8825, 4, 1, 90) + struct.pack("<I", 26) + thumbnail
    found = rebuilt(with_segment(0xE1, b"Exif\0\0" + block)).findings
    assert {(finding.threat, finding.severity) for finding in found} == {
        (Threat.METADATA, Severity.NOTE),
        (Threat.EMBEDDED_OBJECT, Severity.NOTE),
    }
    assert "the place where it was taken (GPS)" in details(found)
    assert "thumbnail" in details(found)


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"II",
        b"XX*\0\x08\0\0\0",
        b"II*\0\xff\xff\xff\xff",
        b"MM\0*\0\0\0\x08\xff\xff",
        b"II*\0\x08\0\0\0\x01\0\x12\x01",
    ],
)
def test_broken_exif_counts_as_empty(block: bytes) -> None:
    assert read_exif(block).orientation == 1


def test_padding_behind_the_end_is_nothing_to_report() -> None:
    assert not rebuilt(saved(photo(), "JPEG") + bytes(512) + b"\r\n").findings


def test_one_finding_for_each_kind_however_many() -> None:
    data = saved(photo(), "JPEG")
    found = rebuilt(data[:2] + segment(0xFE, MARKER) * 2_000 + data[2:]).findings
    assert details(found) == "comment (2000)"


def test_every_kind_has_a_row() -> None:
    census = Census()
    for extra in Extra:
        census.met(extra, 1)
    assert len(census.findings()) == len(Extra)


def test_colours_that_no_pixel_has_are_black() -> None:
    picture = Image.new("P", (16, 16), 1)
    picture.paste(30, (8, 8, 16, 16))
    picture.putpalette([200, 0, 0, 0, 200, 0, *MARKER.ljust(84, b"!"), 0, 0, 200])
    for kind in ("PNG", "GIF"):
        data = saved(picture, kind, optimize=False)
        assert MARKER in data, kind
        new = rebuilt(data)
        assert MARKER not in new.data, kind
        colours = shown(new.data).convert("RGB")
        assert (colours.getpixel((3, 3)), colours.getpixel((12, 12))) == ((0, 200, 0), (0, 0, 200)), kind


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_what_breaks_off_is_shown_as_far_as_it_goes(kind: str) -> None:
    data = saved(photo(), kind)
    new = rebuilt(data[: len(data) * 3 // 4])
    assert [finding.threat for finding in new.findings] == [Threat.MALFORMED]
    half = (0, 0, 160, 56)
    assert ssim(shown(new.data).convert("RGB").crop(half), shown(data).crop(half)) > 0.95


def test_an_animation_that_breaks_off_keeps_its_whole_frames() -> None:
    frames = [photo((48, 36)).quantize(20), photo((48, 36)).rotate(90).quantize(9), photo((48, 36)).quantize(5)]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    new = rebuilt(data[:-100])
    assert shown(new.data).n_frames == 2
    assert "cut short" in details(new.findings)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "TIFF", "AVIF", "JPEG2000", "BMP"])
def test_what_cannot_be_shown_is_refused(kind: str) -> None:
    data = saved(photo(), kind)
    with pytest.raises(CannotSanitize) as refusal:
        rebuilt(data[: len(data) // 3])
    assert refusal.value.threat is Threat.MALFORMED


def test_further_pictures_of_a_heic_go() -> None:
    several = pillow_heif.from_pillow(photo((128, 96)))
    several.add_from_pillow(Image.new("RGB", (64, 64), "red"))
    out = io.BytesIO()
    several.save(out, quality=80, primary_index=0)
    new = rebuilt(out.getvalue())
    assert shown(new.data).size == (128, 96)
    assert "further picture" in details(new.findings)


def test_of_an_icon_the_largest_goes_on() -> None:
    new = rebuilt(saved(photo((64, 64)).convert("RGBA"), "ICO", sizes=[(16, 16), (64, 64), (32, 32)]))
    assert (new.type, shown(new.data).size) == ("image/png", (64, 64))
    assert "further size of an icon (2)" in details(new.findings)
