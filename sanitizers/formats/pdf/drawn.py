"""Picture mode (画面転送): pages drawn by pdfium and written as a new PDF of pictures and, if asked, unseen words."""

import io
import math
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager

import msgspec
import pikepdf
import pypdfium2
from PIL import Image

from sanitizers.formats.pdf.textlayer import TextLayer, View
from sanitizers.formats.pdf.work import Work
from sanitizers.model import Action, CannotSanitize, File, Severity, Threat
from sanitizers.rules import PictureText

MOST_PIXELS = 16_000_000  #: of one page: an A2 poster at 150 an inch; a larger one gets fewer pixels an inch
LONGEST_SIDE = 16_000  #: pixels: JPEG (ITU-T T.81) ends at 65 535, readers of pictures sooner
LARGEST_PAGE = 14_400.0  #: points, ISO 32000-1 annex C.2
SMALLEST_PAGE = 3.0
MOST_FIELDS = 20_000
JPEG_QUALITY = 85
# Bytes a pixel that a page costs without loss. Text and drawings stay far below, photographs and scans far above.
LOSSLESS_UP_TO = 0.10
_SAMPLED_ROWS = 16  #: rows in each tried strip; every eighth strip is tried
_INCH = 72.0  #: points
_BLACK, _WHITE = 0, 255
_PASSWORD_NEEDED = "Incorrect password error"  # noqa: S105 - pdfium's words for it


class _Encoded(msgspec.Struct, frozen=True):
    """The pixels of a page as a PDF holds them."""

    data: bytes
    filter: str
    colours: str
    bits: int


def as_pictures(file: File, work: Work) -> bytes:
    """The document as pictures of its pages at `work.rules.pdf_resolution`; raises CannotSanitize.

    Page sizes stay; fields and annotations are drawn as they show. Nothing of the original's objects is carried: the
    words of `pdf_picture_text = "invisible"` are written anew. Deterministic.
    """
    target = pikepdf.Pdf.new()
    with closing(_opened(file.data)) as source:
        count = len(source)
        if count == 0:
            raise CannotSanitize(Threat.MALFORMED, "a document without pages")
        _open_fields(source, file, work)
        work.meter.take_pages(count)
        layer = TextLayer() if work.rules.pdf_picture_text is PictureText.INVISIBLE else None
        drawn = sum(_add_page(source, number, target, layer, work) for number in range(count))
        if not drawn:
            raise CannotSanitize(Threat.MALFORMED, "no page of the document can be drawn")
    if layer is not None:
        layer.finish(target)
    out = io.BytesIO()
    target.save(
        out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate, recompress_flate=False
    )
    return out.getvalue()


def warm() -> None:
    """Let pdfium find the fonts of the system now: the first page with a font that is not embedded pays for it else."""
    page = pikepdf.Pdf.new()
    page.add_blank_page(page_size=(72, 72))
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    page.pages[0].Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F=font))
    page.pages[0].Contents = page.make_stream(b"BT /F 9 Tf 9 9 Td (warm) Tj ET")
    out = io.BytesIO()
    page.save(out)
    with closing(_opened(out.getvalue())) as document:
        _render(document[0], (36, 36))


@contextmanager
def readable(data: bytes) -> Iterator[pypdfium2.PdfDocument]:
    """A document whose pages are to be looked at, its fields filled in; raises CannotSanitize."""
    with closing(_opened(data)) as source:
        if source.get_formtype() != pypdfium2.raw.FORMTYPE_NONE and _is_tree_of_fields(data):
            source.init_forms()
        yield source


def page_picture(source: pypdfium2.PdfDocument, number: int, pixels: tuple[int, int]) -> Image.Image | None:
    """One page, counted from 0, as a reader would see it; None when it cannot be drawn."""
    try:
        with _page(source, number) as page:
            return _render(page, pixels)
    except pypdfium2.PdfiumError:
        return None


def _opened(data: bytes) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as failure:
        if _PASSWORD_NEEDED in str(failure) and b"/Encrypt" in data:  # it says the same of a document without pages
            raise CannotSanitize(Threat.ENCRYPTED, "needs a password to be opened") from failure
        raise CannotSanitize(Threat.MALFORMED, "no document that can be drawn") from failure


def _open_fields(source: pypdfium2.PdfDocument, file: File, work: Work) -> None:
    """Without this a field would not show its value; pdfium, built without a script engine, runs nothing of a form."""
    if source.get_formtype() == pypdfium2.raw.FORMTYPE_NONE:
        return
    if _is_tree_of_fields(file.data):
        source.init_forms()
    else:
        detail = "form fields that hang together wrongly; what they say is not drawn"
        work.found(Threat.MALFORMED, Severity.WARNING, Action.REMOVED, "form", detail)


def _is_tree_of_fields(data: bytes) -> bool:
    """Whether each field hangs in one place: pdfium walks every way to a field, 2^n of them in n objects."""
    try:
        with pikepdf.Pdf.open(io.BytesIO(data)) as source:
            return _each_once(source.Root.get("/AcroForm"))
    except (pikepdf.PdfError, ValueError, TypeError, AttributeError):
        return False


def _each_once(form: pikepdf.Object | None) -> bool:
    pending = [form.get("/Fields")] if isinstance(form, pikepdf.Dictionary) else []
    seen: set[tuple[int, int]] = set()
    while pending:
        fields = pending.pop()
        for field in fields if isinstance(fields, pikepdf.Array) else ():
            if field.objgen in seen or len(seen) > MOST_FIELDS:
                return False
            if field.objgen != (0, 0):
                seen.add(field.objgen)
            if isinstance(field, pikepdf.Dictionary):
                pending.append(field.get("/Kids"))
    return True


def page_size(source: pypdfium2.PdfDocument, number: int) -> tuple[float, float]:
    """In points; that of A4 for a page that does not say."""
    try:
        width, height = source.get_page_size(number)
    except pypdfium2.PdfiumError:
        return 595.0, 842.0  # it will not be drawn; A4 is as good as any
    return _possible(width), _possible(height)


def _possible(length: float) -> float:
    return min(max(length, SMALLEST_PAGE), LARGEST_PAGE) if length == length else SMALLEST_PAGE  # noqa: PLR0124 - NaN


def _pixels(size: tuple[float, float], resolution: float) -> tuple[int, int]:
    """Width and height of the picture of a page."""
    scale = _scale(size, resolution)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _scale(size: tuple[float, float], resolution: float) -> float:
    """Pixels a point: as asked, less for a page that would be too large."""
    width, height = size
    scale = resolution / _INCH
    return min(scale, math.sqrt(MOST_PIXELS / (width * height)), LONGEST_SIDE / max(width, height))


def _add_page(
    source: pypdfium2.PdfDocument,
    number: int,
    target: pikepdf.Pdf,
    layer: TextLayer | None,
    work: Work,
) -> bool:
    """One page more; a page that cannot be drawn becomes an empty one, with a finding. Whether it was drawn."""
    size = page_size(source, number)
    page = target.add_blank_page(page_size=size)
    pixels = _pixels(size, work.rules.pdf_resolution)  # ours to choose and gone with the page: not the budget's pixels
    try:
        with _page(source, number) as original:
            picture = _without_needless_colour(_render(original, pixels))
            annotated = pypdfium2.raw.FPDFPage_GetAnnotCount(original) > 0
            if annotated:  # so that what they say is found, too: it is content of the page when that is opened again
                pypdfium2.raw.FPDFPage_Flatten(original, pypdfium2.raw.FLAT_NORMALDISPLAY)
            words = b"" if layer is None or annotated else layer.words(original, View.of(original, size, picture), work)
        if layer is not None and annotated:
            with _page(source, number) as flat:
                words = layer.words(flat, View.of(flat, size, picture), work)
    except pypdfium2.PdfiumError:
        detail = "pages that cannot be drawn; they are empty now"
        work.found(Threat.MALFORMED, Severity.WARNING, Action.REMOVED, f"page {number + 1}", detail)
        return False
    image = target.make_indirect(_image(target, picture))
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=image))
    if words and layer is not None:
        page.Resources.Font = pikepdf.Dictionary(T=layer.font(target))
    page.Contents = target.make_stream(b"q %.4f 0 0 %.4f 0 0 cm /I Do Q\n" % size + words)
    return True


@contextmanager
def _page(source: pypdfium2.PdfDocument, number: int) -> Iterator[pypdfium2.PdfPage]:
    """Loaded for as long as it is needed: what pdfium made of it is large."""
    page = source[number]
    try:
        yield page
    finally:
        page.close()


def _render(page: pypdfium2.PdfPage, pixels: tuple[int, int]) -> Image.Image:
    """What a reader would see on white paper."""
    width, height = pixels
    bitmap = pypdfium2.PdfBitmap.new_native(width, height, pypdfium2.raw.FPDFBitmap_BGR, rev_byteorder=True)
    try:
        bitmap.fill_rect((_WHITE, _WHITE, _WHITE, _WHITE), 0, 0, width, height)
        place = (0, 0, width, height, 0)
        flags = pypdfium2.raw.FPDF_ANNOT | pypdfium2.raw.FPDF_REVERSE_BYTE_ORDER
        pypdfium2.raw.FPDF_RenderPageBitmap(bitmap, page, *place, flags)
        if page.formenv:
            pypdfium2.raw.FPDF_FFLDraw(page.formenv, bitmap, page, *place, flags)
        drawn: Image.Image = bitmap.to_pil()
        drawn.load()  # three bytes a pixel: Pillow has its own copy
        return drawn
    finally:
        bitmap.close()


def _image(target: pikepdf.Pdf, picture: Image.Image) -> pikepdf.Stream:
    encoded = _encode(picture)
    image = pikepdf.Stream(target, b"")
    image.write(encoded.data, filter=pikepdf.Name(encoded.filter))
    image.Type, image.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
    image.Width, image.Height = picture.size
    image.ColorSpace, image.BitsPerComponent = pikepdf.Name(encoded.colours), encoded.bits
    return image


def _without_needless_colour(picture: Image.Image) -> Image.Image:
    """As few bits a pixel as show the same: black and white, grey or colour."""
    red, green, blue = picture.split()
    first = red.tobytes()
    if first != green.tobytes() or first != blue.tobytes():
        return picture
    levels = red.histogram()
    if levels[_BLACK] + levels[_WHITE] == picture.width * picture.height:
        return red.convert("1", dither=Image.Dither.NONE)
    return red


def _encode(picture: Image.Image) -> _Encoded:
    """Without loss where that is cheap, which text and drawings are; else as JPEG, unless that is larger."""
    pixels = picture.tobytes()
    colours = "/DeviceRGB" if picture.mode == "RGB" else "/DeviceGray"
    if picture.mode == "1":
        return _Encoded(zlib.compress(pixels), "/FlateDecode", colours, 1)
    guessed = _guessed_size(picture, pixels)
    if guessed > LOSSLESS_UP_TO * picture.width * picture.height:
        jpeg = _as_jpeg(picture)
        if len(jpeg) < guessed:
            return _Encoded(jpeg, "/DCTDecode", colours, 8)
    return _Encoded(zlib.compress(pixels, 4), "/FlateDecode", colours, 8)


def _guessed_size(picture: Image.Image, pixels: bytes) -> int:
    """Bytes after compression, from every eighth strip of the page."""
    strip = picture.width * len(picture.mode) * _SAMPLED_ROWS  # one byte for each letter of "L" and "RGB"
    sample = b"".join(pixels[at : at + strip] for at in range(0, len(pixels), strip * 8))
    return len(zlib.compress(sample, 1)) * len(pixels) // max(1, len(sample))


def _as_jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=JPEG_QUALITY, subsampling=0)  # full colour: text in colour stays sharp
    return out.getvalue()
