"""Pictures, colours and functions: decoded and encoded again, and shown as before by a reader."""

import io
import struct
import zlib

import pikepdf
import pytest
from PIL import Image, ImageChops, ImageDraw

from sanitizers.budget import OverBudget
from sanitizers.formats.pdf import calculator, colours, functions, images, rasters
from tests.unit.sanitizers.pdf.stream_documents import details, stream, work

NAME = pikepdf.Name


def picture(mode: str = "RGB") -> Image.Image:
    drawing = Image.new(mode, (48, 32), "white")
    ImageDraw.Draw(drawing).ellipse((8, 4, 40, 28), fill="black" if mode in {"1", "L"} else (200, 60, 40))
    return drawing


def packed(drawing: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    drawing.save(file, kind, **options)  # type: ignore[arg-type]
    return file.getvalue()


def source(on: object, data: bytes, **entries: object) -> pikepdf.Object:
    size = {"Width": 48, "Height": 32, "BitsPerComponent": 8, "Subtype": NAME.Image}
    return stream(on, data, **{**size, **entries})  # type: ignore[arg-type]


def difference(one: Image.Image, other: Image.Image) -> int:
    """The largest difference of any value."""
    extrema = ImageChops.difference(one.convert("RGB"), other.convert("RGB")).getextrema()
    return max(high for _, high in extrema)  # type: ignore[misc]


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_keeps_its_values(mode: str, progressive: bool) -> None:
    on = work()
    before = packed(picture().convert(mode), "JPEG", quality=70, progressive=progressive)
    space = {"L": NAME.DeviceGray, "RGB": NAME.DeviceRGB, "CMYK": NAME.DeviceCMYK}[mode]
    made = images.image(source(on, before, ColorSpace=space, Filter=NAME.DCTDecode), on)
    assert made is not None
    after = made.read_raw_bytes()
    with Image.open(io.BytesIO(before)) as old, Image.open(io.BytesIO(after)) as new:
        assert new.mode == mode
        assert new.quantization == old.quantization  # type: ignore[attr-defined]
        assert difference(old, new) <= 24
        assert "progressive" not in new.info
        assert len(after) < 1.05 * len(before)


def test_jpeg_2000_becomes_jpeg() -> None:
    on = work()
    made = images.image(source(on, packed(picture(), "JPEG2000"), Filter=NAME.JPXDecode), on)
    assert made is not None
    assert made.Filter == "/DCTDecode"
    assert made.ColorSpace == "/DeviceRGB"
    with Image.open(io.BytesIO(made.read_raw_bytes())) as new:
        assert difference(picture(), new) <= 40


def fax_bits(made: pikepdf.Object) -> Image.Image:
    """What libtiff reads of Group 4 codes: a set bit is black."""
    data = made.read_raw_bytes()
    tags = [(256, 48), (257, 32), (258, 1), (259, 4), (262, 1), (273, 110), (277, 1), (279, len(data))]
    table = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    tiff = b"II*\0" + struct.pack("<IH", 8, len(tags)) + table + bytes(4) + data
    with Image.open(io.BytesIO(tiff)) as opened:
        return ImageChops.invert(opened.convert("L"))


@pytest.mark.parametrize(("compression", "scheme"), [("group4", -1), ("group3", 0)])
def test_fax_pictures_keep_every_bit(compression: str, scheme: int) -> None:
    on = work()
    black_runs = ImageChops.invert(picture("L")).convert("1")
    tiff = packed(black_runs, "TIFF", compression=compression, strip_size=1 << 30)
    with Image.open(io.BytesIO(tiff)) as opened:
        start, length = opened.tag_v2[273][0], opened.tag_v2[279][0]  # type: ignore[attr-defined]
    parameters = pikepdf.Dictionary(K=scheme, Columns=48, Rows=32)
    entries = {"ColorSpace": NAME.DeviceGray, "BitsPerComponent": 1, "Filter": NAME.CCITTFaxDecode}
    made = images.image(source(on, tiff[start : start + length], DecodeParms=parameters, **entries), on)
    assert made is not None
    assert made.DecodeParms.K == -1
    assert difference(fax_bits(made), picture("L").convert("1")) == 0


@pytest.mark.parametrize(("bits", "predictor"), [(8, 1), (8, 15), (1, 1), (1, 15), (4, 1), (16, 15)])
def test_rasters_keep_every_bit_and_nothing_behind_them(bits: int, predictor: int) -> None:
    on = work()
    row = rasters.row_bytes(48, 1, bits)
    pixels = bytes(range(256)) * 16
    pixels = pixels[: row * 32]
    rows = b"".join(b"\0" + pixels[at : at + row] for at in range(0, len(pixels), row)) if predictor > 1 else pixels
    parameters = pikepdf.Dictionary(Predictor=predictor, Columns=48, BitsPerComponent=bits)
    entries = {"ColorSpace": NAME.DeviceGray, "Filter": NAME.FlateDecode, "DecodeParms": parameters}
    made = images.image(source(on, zlib.compress(rows + b"KIYOME" * 40), BitsPerComponent=bits, **entries), on)
    assert made is not None
    assert made.read_bytes() == pixels


def test_a_picture_cut_off_is_filled() -> None:
    on = work()
    made = images.image(source(on, zlib.compress(b"abc"), ColorSpace=NAME.DeviceGray, Filter=NAME.FlateDecode), on)
    assert made is not None
    assert made.read_bytes() == b"abc" + bytes(48 * 32 - 3)


@pytest.mark.parametrize(
    "entries",
    [{"Width": 0}, {"Width": 1 << 20}, {"BitsPerComponent": 7}, {"Filter": NAME.DCTDecode}, {"Filter": NAME.JPXDecode},
     {"Filter": NAME.JBIG2Decode}, {"ColorSpace": NAME.Evil}],
)  # fmt: skip
def test_pictures_that_cannot_be_decoded_are_left_out(entries: dict[str, object]) -> None:
    on = work()
    assert images.image(source(on, b"junk" * 600, **{"ColorSpace": NAME.DeviceGray, **entries}), on) is None
    assert details(on) == ["pictures that cannot be decoded"]


def test_pixels_are_counted_before_anything_is_decoded() -> None:
    on = work()
    with pytest.raises(OverBudget):
        images.image(source(on, b"", Width=60_000, Height=60_000, ColorSpace=NAME.DeviceGray), on)


def test_pixels_of_the_file_inside_count_too() -> None:
    on = work()
    jpeg = packed(picture(), "JPEG")
    at = jpeg.index(b"\xff\xc0") + 5
    lying = jpeg[:at] + b"\xea\x60\xea\x60" + jpeg[at + 4 :]
    with pytest.raises(OverBudget):
        images.image(source(on, lying, ColorSpace=NAME.DeviceRGB, Filter=NAME.DCTDecode), on)


def test_profiles_are_replaced() -> None:
    on = work()
    space = pikepdf.Array([NAME.ICCBased, stream(on, b"profile", N=4)])
    assert colours.colour_space(space, on) == "/DeviceCMYK"
    assert details(on) == ["colour profiles"]


def test_palettes_are_as_long_as_they_say() -> None:
    on = work()
    space = pikepdf.Array([NAME.Indexed, NAME.DeviceRGB, 1, pikepdf.String(b"abcdefKIYOME")])
    made = colours.colour_space(space, on)
    assert made is not None
    assert bytes(made[3]) == b"abcdef"


PROGRAMS = {
    b"{ 1 add }": b"{ 1 add }",
    b"{dup 0 lt{neg}{2 mul}ifelse} % x": b"{ dup 0 lt { neg } { 2 mul } ifelse }",
    b"{ (x) run }": None,
    b"{ 1 add": None,
    b"1 add": None,
    b"{ { 1 } }": None,
    b"{ if }": None,
    b"{ file }": None,
    b"{" * 100 + b"}" * 100: None,
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_calculators_are_their_grammar(program: bytes) -> None:
    assert calculator.rewritten(program) == PROGRAMS[program]


def test_functions_that_stitch_themselves_end() -> None:
    on = work()
    inner = on.source.make_indirect(pikepdf.Dictionary(FunctionType=3, Domain=[0, 1], Bounds=[], Encode=[0, 1]))
    inner.Functions = pikepdf.Array([inner])
    assert functions.function(inner, on) is None


def test_tables_must_be_whole() -> None:
    on = work()
    entries = {"FunctionType": 0, "Domain": [0, 1], "Range": [0, 1], "Size": [4], "BitsPerSample": 8}
    assert functions.function(stream(on, b"abc", **entries), on) is None
    made = functions.function(stream(on, b"abcdKIYOME", **entries), on)
    assert made is not None
    assert made.read_bytes() == b"abcd"
