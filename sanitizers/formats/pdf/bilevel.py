"""CCITT and JBIG2 pictures of one bit: decoded by PDFium, encoded again as Group 4 (ISO 32000-2, 7.4.6 and 7.4.7)."""

from io import BytesIO

import msgspec
import pikepdf
import pypdfium2
from PIL import Image, ImageChops, TiffImagePlugin

from sanitizers.formats.pdf.encoded import Encoded
from sanitizers.formats.pdf.streams import Parameters, number
from sanitizers.formats.pdf.values import integer, is_true
from sanitizers.formats.pdf.work import StreamFailed

MOST_COLUMNS = 65_535
_SINGLE_STRIP = 1 << 30
_FAX_SWITCHES = ("/EncodedByteAlign", "/EndOfLine", "/BlackIs1")


def fax(data: bytes, size: tuple[int, int], parameters: Parameters) -> Encoded:
    """A CCITT picture as Group 4. `size` in pixels, which the caller has counted. Raises StreamFailed."""
    columns = number(parameters, "/Columns", 1728, MOST_COLUMNS)
    if not columns:
        raise StreamFailed("a picture without pixels")
    scheme = integer(parameters.get("/K", 0), -(1 << 31) + 1, (1 << 31) - 1) or 0
    given = pikepdf.Dictionary({"/K": max(-1, min(1, scheme)), "/Columns": columns, "/Rows": size[1]})
    for key in _FAX_SWITCHES:
        given[key] = is_true(parameters.get(key))
    return _again(_Source(data, b"", pikepdf.Name.CCITTFaxDecode, given), size)


def jbig2(data: bytes, shared: bytes, size: tuple[int, int]) -> Encoded:
    """A JBIG2 picture as Group 4; `shared` are the segments that several pictures use. Raises StreamFailed."""
    return _again(_Source(data, shared, pikepdf.Name.JBIG2Decode, pikepdf.Dictionary()), size)


class _Source(msgspec.Struct, frozen=True):
    data: bytes
    shared: bytes
    filter: pikepdf.Name
    parameters: pikepdf.Dictionary


def _again(source: _Source, size: tuple[int, int]) -> Encoded:
    document = pypdfium2.PdfDocument(_document(source, size))
    try:
        shown = next(iter(document[0].get_objects(max_depth=1)), None)
        if not isinstance(shown, pypdfium2.PdfImage):
            raise StreamFailed("a picture that cannot be decoded")
        grey = shown.get_bitmap().to_pil().convert("L")
    except pypdfium2.PdfiumError as error:
        raise StreamFailed("a picture that cannot be decoded") from error
    finally:
        document.close()
    if grey.size != size:
        raise StreamFailed("a picture of another size than it says")
    return group_4(ImageChops.invert(grey).convert("1", dither=Image.Dither.NONE))


def group_4(bits: Image.Image) -> Encoded:
    """Bits as libtiff writes them: a set bit is a black run (ITU-T T.6)."""
    file = BytesIO()
    bits.save(file, "TIFF", compression="group4", strip_size=_SINGLE_STRIP)
    tiff = file.getvalue()
    tags = TiffImagePlugin.TiffImageFile(BytesIO(tiff)).tag_v2
    start, length = tags[273][0], tags[279][0]
    width, height = bits.size
    parameters: dict[str, object] = {"/K": -1, "/Columns": width, "/Rows": height}
    return Encoded(tiff[start : start + length], "/CCITTFaxDecode", width, height, 1, 1, parameters)


def _document(source: _Source, size: tuple[int, int]) -> bytes:
    """One page with nothing but the picture."""
    width, height = size
    document = pikepdf.new()
    page = document.add_blank_page(page_size=(100, 100))
    picture = pikepdf.Stream(document, b"")
    if source.shared:
        source.parameters["/JBIG2Globals"] = document.make_stream(source.shared)
    picture.write(source.data, filter=source.filter, decode_parms=source.parameters)
    for key, value in (
        ("/Type", pikepdf.Name.XObject),
        ("/Subtype", pikepdf.Name.Image),
        ("/Width", width),
        ("/Height", height),
        ("/BitsPerComponent", 1),
        ("/ColorSpace", pikepdf.Name.DeviceGray),
    ):
        picture[key] = value
    page.obj["/Resources"] = pikepdf.Dictionary({"/XObject": pikepdf.Dictionary({"/I": picture})})
    page.obj["/Contents"] = document.make_stream(b"q 100 0 0 100 0 0 cm /I Do Q")
    file = BytesIO()
    document.save(file, compress_streams=False, static_id=True)
    return file.getvalue()
