"""The words of a drawn page, written anew and unseen where they stand: the picture can be searched and copied."""

import base64
import re
import unicodedata
import zlib
from collections.abc import Iterator
from ctypes import byref, c_double
from math import hypot, isfinite
from typing import NamedTuple, cast

import pikepdf
import pypdfium2
from PIL import Image
from pypdfium2 import raw

from sanitizers.formats.pdf.work import Work
from sanitizers.links.controls import strip_deceptive_controls
from sanitizers.model import Action, Severity, Threat

MOST_CHARACTERS = 100_000  #: of one page that are looked at; a dense newspaper page has 20 000
MOST_CODES = 65_000  #: different characters in a document; codes have two bytes
LEAST_CONTRAST = 6  #: of 255, between the darkest and the brightest pixel: what shows less shows nothing
_WIDE, _NARROW = 1000, 500  #: thousandths of the font size
_SPACE = " "
_WORD = re.compile(r"[^\s\0]+")
_LINE_BREAK_HYPHENS = str.maketrans({"\x02": "-", "\ufffe": "-"})  # how pdfium writes a hyphen at the end of a line
# A TrueType font of two glyphs that show nothing (head, hhea, maxp, hmtx, loca, glyf, post; 1000 units an em): made by
# fontTools' FontBuilder, deflated, base64. The second is a triangle without area, (0, 0) (500, 800) (250, 400): pdfium
# leaves out the text of a glyph that has no extent at all.
_FONT_OF_NOTHING = (
    "eNpjYGRgYGBncGBgYjBIz6lM43RRS2RgYOQAikpkpCamJHK5AJkMNUBslgEUYE1jTQOytwCxSkZuSQXzC5A0ww8gZsvJT05k4AFxQYYysOUmVh"
    "QwsDCwAtk3gFihIL+4hIEZLK8A4oOVAfH9+CNP4vltvjIwQ01DA4xfmEHqmYFuhAoAOQX/O4DkC5As4xeIhchawCJMQD0QGSZ0M1Fs4oE5GWwT"
    "UK0hIzPjl1/MCv8KIO7FDQDRiiSt"
)


class Matrix(NamedTuple):
    """x' = a x + c y + e, y' = b x + d y + f (ISO 32000-2, 8.3.3)."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Where a point comes to lie."""
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f

    def direction(self, x: float, y: float) -> tuple[float, float]:
        """Where a direction points to."""
        return self.a * x + self.c * y, self.b * x + self.d * y


class View(NamedTuple):
    """How a page is seen: its own coordinates on the new page, and the picture of it."""

    to_page: Matrix
    size: tuple[float, float]  #: points
    picture: Image.Image

    @classmethod
    def of(cls, page: pypdfium2.PdfPage, size: tuple[float, float], picture: Image.Image) -> "View":
        """Turned and cut as pdfium draws it, so that the visible part fills `size`."""
        left, bottom, right, top = page.get_bbox()
        turned = {
            0: Matrix(1, 0, 0, 1, -left, -bottom),
            90: Matrix(0, -1, 1, 0, -bottom, right),
            180: Matrix(-1, 0, 0, -1, right, top),
            270: Matrix(0, 1, -1, 0, top, -left),
        }[page.get_rotation()]
        seen = (top - bottom, right - left) if page.get_rotation() in {90, 270} else (right - left, top - bottom)
        across = size[0] / seen[0] if seen[0] > 0 else 1.0
        down = size[1] / seen[1] if seen[1] > 0 else 1.0
        a, b, c, d, e, f = turned
        return cls(Matrix(a * across, b * down, c * across, d * down, e * across, f * down), size, picture)

    def shows(self, corners: list[tuple[float, float]]) -> bool:
        """Whether there is anything to see between these points of the new page."""
        across, down = self.picture.width / self.size[0], self.picture.height / self.size[1]
        xs, ys = [x * across for x, _ in corners], [self.picture.height - y * down for _, y in corners]
        left, upper = max(0, int(min(xs))), max(0, int(min(ys)))
        right, lower = min(self.picture.width, int(max(xs)) + 2), min(self.picture.height, int(max(ys)) + 2)
        if left >= right or upper >= lower:
            return False
        piece = self.picture.crop((left, upper, right, lower))
        extrema = piece.getextrema()
        bands = cast("list[tuple[int, int]]", extrema if len(piece.getbands()) > 1 else [extrema])
        return any(high - low >= LEAST_CONTRAST for low, high in bands)


class _Placed(NamedTuple):
    """A word: where its first letter stands, where it runs to, how large it is; in points of the new page."""

    text: str
    start: tuple[float, float]
    along: tuple[float, float]  #: of length 1
    length: float
    size: float


class TextLayer:
    """Of one document: each character gets a code when it is first met, and all share one font of empty glyphs."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self._font: pikepdf.Object | None = None

    def words(self, page: pypdfium2.PdfPage, view: View, work: Work) -> bytes:
        """The operators that write the page's words unseen (rendering mode 3); empty when there is none."""
        lines = []
        text_page = page.get_textpage()
        try:
            for word in _placed_words(text_page, view, work):
                codes = self._encoded(word.text)
                if codes:
                    lines.append(self._shown(word, codes))
        finally:
            text_page.close()
        return b"BT 3 Tr /T 1 Tf\n%b\nET" % b"\n".join(lines) if lines else b""

    def font(self, target: pikepdf.Pdf) -> pikepdf.Object:
        """The one font; it is complete after `finish`."""
        if self._font is None:
            self._font = target.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.Font))
        return self._font

    def finish(self, target: pikepdf.Pdf) -> None:
        """Write the font, now that all characters are known."""
        if self._font is None:
            return
        self._font.Subtype, self._font.BaseFont = pikepdf.Name.Type0, pikepdf.Name("/KIYOME+Nothing")
        self._font.Encoding = pikepdf.Name("/Identity-H")
        self._font.DescendantFonts = [self._descendant(target)]
        self._font.ToUnicode = target.make_stream(self._to_unicode())

    def _encoded(self, text: str) -> list[int]:
        known = self._codes
        return [
            known.setdefault(letter, len(known) + 1) for letter in text if letter in known or len(known) < MOST_CODES
        ]

    def _shown(self, word: _Placed, codes: list[int]) -> bytes:
        """One word, as wide as it is on the picture: the font's widths are only narrow and wide."""
        natural = sum(map(_width, word.text.rstrip(_SPACE))) / 1000
        across = word.length / natural if natural and word.length > 0 else word.size
        x, y = word.along
        matrix = (x * across, y * across, -y * word.size, x * word.size, *word.start)
        return b"%.3f %.3f %.3f %.3f %.2f %.2f Tm <" % matrix + b"".join(b"%04X" % code for code in codes) + b"> Tj"

    def _descendant(self, target: pikepdf.Pdf) -> pikepdf.Object:
        name = pikepdf.Name
        program = zlib.decompress(base64.b64decode(_FONT_OF_NOTHING))
        descriptor = pikepdf.Dictionary(
            Type=name.FontDescriptor, FontName=name("/KIYOME+Nothing"), Flags=4, FontBBox=[0, -120, 1000, 880],
            ItalicAngle=0, Ascent=880, Descent=-120, CapHeight=880, StemV=80,
            FontFile2=target.make_stream(program, Length1=len(program)),
        )  # fmt: skip
        glyphs = target.make_stream(b"\0\0" + b"\0\1" * len(self._codes))
        return target.make_indirect(
            pikepdf.Dictionary(
                Type=name.Font, Subtype=name.CIDFontType2, BaseFont=name("/KIYOME+Nothing"),
                CIDSystemInfo=pikepdf.Dictionary(Registry=b"Adobe", Ordering=b"Identity", Supplement=0),
                FontDescriptor=target.make_indirect(descriptor), DW=_WIDE, W=[1, [_width(c) for c in self._codes]],
                CIDToGIDMap=glyphs,
            )
        )  # fmt: skip

    def _to_unicode(self) -> bytes:
        """What each code means (ISO 32000-2, 9.10.3), at most a hundred in a block."""
        rows = [b"<%04X> <%b>" % (code, letter.encode("utf-16-be").hex().upper().encode())
                for letter, code in self._codes.items()]  # fmt: skip
        blocks = [rows[at : at + 100] for at in range(0, len(rows), 100)]
        body = b"\n".join(b"%d beginbfchar\n%b\nendbfchar" % (len(block), b"\n".join(block)) for block in blocks)
        return _CMAP % body


_CMAP = b"""/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
%b
endcmap
CMapName currentdict /CMap defineresource pop
end
end
"""


def _width(letter: str) -> int:
    return _WIDE if unicodedata.east_asian_width(letter) in "WFA" else _NARROW


def _placed_words(text_page: pypdfium2.PdfTextPage, view: View, work: Work) -> Iterator[_Placed]:
    """The words in reading order; without those of which the picture shows nothing."""
    count = min(text_page.count_chars(), MOST_CHARACTERS)
    text = "".join(chr(raw.FPDFText_GetUnicode(text_page, index)) for index in range(count))
    for found in _WORD.finditer(text):
        pairs_joined = found[0].translate(_LINE_BREAK_HYPHENS).encode("utf-16-le", "surrogatepass")
        clean, findings = strip_deceptive_controls(pairs_joined.decode("utf-16-le", "replace"))
        for finding in findings:
            work.found(finding.threat, finding.severity, finding.action, "text", "characters that are not seen")
        word = _placed(text_page, found.start(), found.end() - 1, clean, view)
        if word is None:
            detail = "words of which the page shows nothing"
            work.found(Threat.HIDDEN_CONTENT, Severity.NOTE, Action.REMOVED, "text", detail)
        elif clean:
            follows = text[found.end() : found.end() + 1] == _SPACE
            yield word._replace(text=word.text + _SPACE) if follows else word


def _placed(text_page: pypdfium2.PdfTextPage, first: int, last: int, text: str, view: View) -> _Placed | None:
    """Where a word stands; None where there is nothing to see."""
    corners = _corners(text_page, first, view) + _corners(text_page, last, view)
    if not view.shows(corners):
        return None
    matrix = raw.FS_MATRIX()
    raw.FPDFText_GetMatrix(text_page, first, byref(matrix))
    start, stop = view.to_page.point(*_origin(text_page, first)), view.to_page.point(*_origin(text_page, last))
    along = _unit(*view.to_page.direction(matrix.a, matrix.b))
    way = (stop[0] - start[0], stop[1] - start[1])
    forward = way[0] * along[0] + way[1] * along[1] if along else 0.0
    if along is None or abs(forward) * 2 < hypot(*way):  # written from top to bottom
        along = _unit(*way) or (1.0, 0.0)
    elif forward < 0:  # written from right to left: a reader turns it round again (UAX 9)
        text, start = text[::-1], stop
    length = max((x - start[0]) * along[0] + (y - start[1]) * along[1] for x, y in corners)
    high = hypot(*view.to_page.direction(matrix.c, matrix.d)) * raw.FPDFText_GetFontSize(text_page, first)
    size = high if isfinite(high) and high > 0.1 else 1.0
    return _Placed(text, start, along, length, size)


def _origin(text_page: pypdfium2.PdfTextPage, index: int) -> tuple[float, float]:
    x, y = c_double(), c_double()
    raw.FPDFText_GetCharOrigin(text_page, index, byref(x), byref(y))
    return x.value, y.value


def _corners(text_page: pypdfium2.PdfTextPage, index: int, view: View) -> list[tuple[float, float]]:
    """Two opposite corners of a character's place on the new page."""
    box = raw.FS_RECTF()
    raw.FPDFText_GetLooseCharBox(text_page, index, byref(box))
    return [view.to_page.point(box.left, box.bottom), view.to_page.point(box.right, box.top)]


def _unit(x: float, y: float) -> tuple[float, float] | None:
    length = hypot(x, y)
    return (x / length, y / length) if isfinite(length) and length > 0 else None
