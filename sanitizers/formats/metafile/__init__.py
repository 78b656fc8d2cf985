"""Windows metafiles, EMF and WMF: drawn by LibreOffice, and go on as the picture that they show."""

import base64
import struct
from typing import Final, NamedTuple

from sanitizers.job import Job, Role
from sanitizers.model import CannotSanitize, File, Rebuilt, Threat, Withheld

EMF: Final = "image/emf"
WMF: Final = "image/wmf"
PNG: Final = "image/png"

MILLIMETRES: Final = 25.4  # to the inch
DRAWN_AT: Final = 96  # pixels per inch: what LibreOffice makes of a page
WANTED: Final = 192  # so the page is made twice as large as the drawing
SHORTEST, LONGEST = 8, 3_000  # pixels of a side
_EMF_RECORD: Final = struct.Struct("<II")  # [MS-EMF] 2.3: type, bytes
_WMF_RECORD: Final = struct.Struct("<IH")  # [MS-WMF] 2.3: words of two octets, function
EMF_END, WMF_END = 14, 0
WMF_RECORDS_AT: Final = 22 + 18  # behind META_PLACEABLE and META_HEADER
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
 fo:page-width="{width}mm" fo:page-height="{height}mm"/></style:page-layout>\
<style:style style:name="P" style:family="drawing-page"/></office:automatic-styles>\
<office:master-styles><style:master-page style:name="M" style:page-layout-name="L" draw:style-name="P"/>\
</office:master-styles><office:body><office:drawing><draw:page draw:master-page-name="M">\
<draw:frame svg:x="0mm" svg:y="0mm" svg:width="{width}mm" svg:height="{height}mm"><draw:image>\
<office:binary-data>{data}</office:binary-data></draw:image></draw:frame></draw:page></office:drawing></office:body>\
</office:document>"""  # OpenDocument 1.2, of the size of the drawing; opened alone, it would lie on a sheet of A4


class Size(NamedTuple):
    """Of a drawing, in millimetres."""

    width: float
    height: float


class Metafile:
    """Has a metafile drawn, and the picture cleaned."""

    name = "metafile"
    types = frozenset({EMF, WMF})
    limitations = (
        "Drawings go on as pictures (PNG) of at most 3000 pixels a side, on white.",
        "Needs LibreOffice on the gateway; without it these files are blocked.",
    )

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        """What it shows; raises CannotSanitize."""
        if not _is_whole(file):
            raise CannotSanitize(Threat.MALFORMED, "a drawing that is cut off")
        size = _enlarged(_size_of(file))
        page = _PAGE.format(
            width=f"{size.width:.2f}", height=f"{size.height:.2f}", data=base64.b64encode(file.data).decode("ascii")
        )
        drawn = job.convert("fodg", "png", page.encode())
        stem = file.claimed_name.rpartition(".")[0] or file.claimed_name
        picture = job.child(f"{stem}.png" if stem else "", PNG, drawn, role=Role.ATTACHMENT)
        if isinstance(picture, Withheld):
            raise CannotSanitize(picture.finding.threat, picture.finding.detail)
        return Rebuilt(picture.data, picture.name, picture.type)


def _is_whole(file: File) -> bool:
    """Whether its records lead to the one that ends it; of a file that is cut off, an empty picture would be drawn."""
    emf = file.detected_type == EMF
    at, record, unit, last = (0, _EMF_RECORD, 1, EMF_END) if emf else (WMF_RECORDS_AT, _WMF_RECORD, 2, WMF_END)
    while at + record.size <= len(file.data):
        first, second = record.unpack_from(file.data, at)
        kind, size = (first, second) if emf else (second, first)
        if kind == last:
            return True
        if size * unit < record.size:
            return False
        at += size * unit
    return False


def _size_of(file: File) -> Size:
    try:
        left, top, right, bottom, unit = _box_of_emf(file.data) if file.detected_type == EMF else _box_of_wmf(file.data)
    except struct.error:
        return Size(*USUAL)
    width, height = abs(right - left) * unit, abs(bottom - top) * unit
    return Size(width, height) if width and height else Size(*USUAL)


def _box_of_emf(data: bytes) -> tuple[int, int, int, int, float]:
    """[MS-EMF] 2.2.9 Header: Frame, in hundredths of a millimetre."""
    return (*struct.unpack_from("<4i", data, 24), 0.01)


def _box_of_wmf(data: bytes) -> tuple[int, int, int, int, float]:
    """[MS-WMF] 2.3.2.3 META_PLACEABLE: BoundingBox, and how many of its units make an inch."""
    *box, inch = struct.unpack_from("<4hH", data, 6)
    return (*box, MILLIMETRES / max(inch, 1))


def _enlarged(size: Size) -> Size:
    """So that drawing it makes enough pixels, and not too many."""
    pixels = WANTED / MILLIMETRES  # per millimetre of the drawing
    scale = WANTED / DRAWN_AT
    longest = max(size) * pixels
    if longest > LONGEST:
        scale *= LONGEST / longest
    least = SHORTEST / DRAWN_AT * MILLIMETRES
    return Size(max(size.width * scale, least), max(size.height * scale, least))
