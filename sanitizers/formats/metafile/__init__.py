"""Metafiles, EMF, WMF and SVM: drawn by LibreOffice, and go on as the picture that they show.

LibreOffice draws on paper. To know where nothing is drawn, so that what lies behind the picture in a document is seen
there, it draws the metafile twice on one page: on white and on black. Where both differ, the paper shows through.
"""

import base64
import io
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from PIL import Image, ImageChops, UnidentifiedImageError

from sanitizers.formats.metafile import starview
from sanitizers.job import Job, Role
from sanitizers.model import CannotSanitize, File, Rebuilt, Threat, Withheld
from sanitizers.pictures.writing import as_png

EMF: Final = "image/emf"
WMF: Final = "image/wmf"
SVM: Final = "image/x-svm"
PNG: Final = "image/png"

MILLIMETRES: Final = 25.4  # to the inch
DRAWN_AT: Final = 96  # pixels per inch: what LibreOffice makes of a page
WANTED: Final = 192  # so the page is made twice as large as the drawing
SHORTEST, LONGEST = 8, 3_000  # pixels of a side
_EMF_RECORD: Final = struct.Struct("<II")  # [MS-EMF] 2.3: type, bytes
_WMF_RECORD: Final = struct.Struct("<IH")  # [MS-WMF] 2.3: words of two octets, function
EMF_END, WMF_END = 14, 0
WMF_PLACEABLE: Final = b"\xd7\xcd\xc6\x9a"  # [MS-WMF] 2.3.2.3 META_PLACEABLE, 22 octets that many files do without
WMF_HEADER: Final = 18  # octets of META_HEADER
WMF_WINDOW: Final = 0x020C  # META_SETWINDOWEXT
USUAL: Final = (160.0, 120.0)  # millimetres, where a file does not say its size

_PAGE: Final = """<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"\
 xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"\
 xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"\
 xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"\
 xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"\
 office:version="1.2" office:mimetype="application/vnd.oasis.opendocument.graphics"><office:styles/>\
<office:automatic-styles><style:page-layout style:name="L"><style:page-layout-properties\
 fo:margin-top="0mm" fo:margin-bottom="0mm" fo:margin-left="0mm" fo:margin-right="0mm"\
 fo:page-width="{both}mm" fo:page-height="{height}mm"/></style:page-layout>\
<style:style style:name="P" style:family="drawing-page"/><style:style style:name="B" style:family="graphic">\
<style:graphic-properties draw:stroke="none" draw:fill="solid" draw:fill-color="#000000"/></style:style>\
</office:automatic-styles>\
<office:master-styles><style:master-page style:name="M" style:page-layout-name="L" draw:style-name="P"/>\
</office:master-styles><office:body><office:drawing><draw:page draw:master-page-name="M">\
<draw:frame svg:x="0mm" svg:y="0mm" svg:width="{width}mm" svg:height="{height}mm"><draw:image>\
<office:binary-data>{data}</office:binary-data></draw:image></draw:frame>\
<draw:rect draw:style-name="B" svg:x="{width}mm" svg:y="0mm" svg:width="{width}mm" svg:height="{height}mm"/>\
<draw:frame svg:x="{width}mm" svg:y="0mm" svg:width="{width}mm" svg:height="{height}mm"><draw:image>\
<office:binary-data>{data}</office:binary-data></draw:image></draw:frame></draw:page></office:drawing></office:body>\
</office:document>"""  # OpenDocument 1.2, of the size of the drawing; opened alone, it would lie on a sheet of A4


class Size(NamedTuple):
    """Of a drawing, in millimetres."""

    width: float
    height: float


class Metafile:
    """Has a metafile drawn, and the picture cleaned."""

    name = "metafile"
    types = frozenset({EMF, WMF, SVM})
    limitations = (
        "Drawings go on as pictures (PNG) of at most 3000 pixels a side.",
        "Needs LibreOffice on the gateway; without it these files are blocked.",
    )

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        """What it shows; raises CannotSanitize."""
        if not _is_whole(file):
            raise CannotSanitize(Threat.MALFORMED, "a drawing that is cut off")
        drawn = job.convert("fodg", "png", _page(file).encode())
        stem = file.claimed_name.rpartition(".")[0] or file.claimed_name
        picture = job.child(f"{stem}.png" if stem else "", PNG, drawn, role=Role.ATTACHMENT)
        if isinstance(picture, Withheld):
            raise CannotSanitize(picture.finding.threat, picture.finding.detail)
        return Rebuilt(_seen_through(picture.data), picture.name, PNG)


def _page(file: File) -> str:
    """The drawing on white, and beside it on black."""
    width, height = _enlarged(_size_of(file))
    data = base64.b64encode(file.data).decode("ascii")
    return _PAGE.format(both=f"{2 * width:.2f}", width=f"{width:.2f}", height=f"{height:.2f}", data=data)


def _seen_through(data: bytes) -> bytes:
    """One picture of the two, transparent where they differ; raises CannotSanitize."""
    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as both:
            shown = both.convert("RGB")
    except (UnidentifiedImageError, OSError) as problem:
        raise CannotSanitize(Threat.MALFORMED, "no picture of a drawing") from problem
    half = shown.width // 2
    on_white = shown.crop((0, 0, half, shown.height))
    on_black = shown.crop((shown.width - half, 0, shown.width, shown.height))
    red, green, blue = ImageChops.subtract(on_white, on_black).split()
    cover = ImageChops.invert(ImageChops.darker(ImageChops.darker(red, green), blue))
    if cover.getextrema() == (255, 255):
        picture = on_white
    else:  # what lies on black has its colours multiplied by the cover
        picture = Image.merge("RGBa", (*on_black.split(), cover)).convert("RGBA")
    return as_png(picture).data


def _is_whole(file: File) -> bool:
    """Whether its records lead to the one that ends it; of a file that is cut off, an empty picture would be drawn."""
    if file.detected_type == SVM:
        return starview.is_whole(file.data)
    last = EMF_END if file.detected_type == EMF else WMF_END
    return any(kind == last for kind, _ in _records(file))


def _records(file: File) -> Iterator[tuple[int, int]]:
    """Type and place of each, up to the one that ends them."""
    emf = file.detected_type == EMF
    at = 0 if emf else WMF_HEADER + (22 if file.data.startswith(WMF_PLACEABLE) else 0)
    record, unit, last = (_EMF_RECORD, 1, EMF_END) if emf else (_WMF_RECORD, 2, WMF_END)
    while at + record.size <= len(file.data):
        first, second = record.unpack_from(file.data, at)
        kind, size = (first, second) if emf else (second, first)
        yield kind, at
        if kind == last or size * unit < record.size:
            return
        at += size * unit


def _size_of(file: File) -> Size:
    try:
        left, top, right, bottom, unit = _box_of(file)
    except struct.error:
        return Size(*USUAL)
    width, height = abs(right - left) * unit, abs(bottom - top) * unit
    return Size(width, height) if width and height else Size(*USUAL)


def _box_of(file: File) -> tuple[int, int, int, int, float]:
    """Its sides and the millimetres of their unit; struct.error: it does not say."""
    if file.detected_type == SVM:
        return starview.box(file.data)
    return _box_of_emf(file.data) if file.detected_type == EMF else _box_of_wmf(file)


def _box_of_emf(data: bytes) -> tuple[int, int, int, int, float]:
    """[MS-EMF] 2.2.9 Header: Frame, in hundredths of a millimetre."""
    return (*struct.unpack_from("<4i", data, 24), 0.01)


def _box_of_wmf(file: File) -> tuple[int, int, int, int, float]:
    """[MS-WMF] 2.3.2.3 META_PLACEABLE: BoundingBox, and how many of its units make an inch; or the window alone."""
    if file.data.startswith(WMF_PLACEABLE):
        *box, inch = struct.unpack_from("<4hH", file.data, 6)
        return (*box, MILLIMETRES / max(inch, 1))
    at = next((at for kind, at in _records(file) if kind == WMF_WINDOW), len(file.data))
    height, width = struct.unpack_from("<2h", file.data, at + _WMF_RECORD.size)
    return (0, 0, width, height, max(USUAL) / max(abs(width), abs(height), 1))


def _enlarged(size: Size) -> Size:
    """So that drawing it makes enough pixels, and not too many."""
    pixels = WANTED / MILLIMETRES  # per millimetre of the drawing
    pixels *= min(1.0, LONGEST / (max(size) * pixels))
    wide, high = (max(round(length * pixels), SHORTEST) for length in size)
    return Size(wide / DRAWN_AT * MILLIMETRES, high / DRAWN_AT * MILLIMETRES)
