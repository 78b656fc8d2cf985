"""Fonts that every program has or replaces (ISO 32000-2, 9.6.2.2, 9.7.5.2): for text whose own font is missing."""

from typing import Final

import pikepdf

from sanitizers.formats.pdf.work import Work

_GOTHIC: Final = "/HeiseiKakuGo-W5"  #: programs show their own Japanese gothic for it

#: What a reader needs to pick the replacement: the measures of the font that Adobe's readers bring.
_DESCRIPTOR: Final = {
    "/Flags": 4,
    "/ItalicAngle": 0,
    "/Ascent": 752,
    "/Descent": -221,
    "/CapHeight": 737,
    "/StemV": 114,
}


def latin(work: Work) -> pikepdf.Object:
    """Helvetica in the code page 1252."""
    if ("standard font", "latin") not in work.made:
        font = {
            "/Type": pikepdf.Name.Font,
            "/Subtype": pikepdf.Name.Type1,
            "/BaseFont": pikepdf.Name.Helvetica,
            "/Encoding": pikepdf.Name.WinAnsiEncoding,
        }
        work.made["standard font", "latin"] = work.target.make_indirect(pikepdf.Dictionary(font))
    return work.made["standard font", "latin"]


def japanese(work: Work) -> pikepdf.Object:
    """A Japanese gothic in UTF-16."""
    if ("standard font", "japanese") not in work.made:
        font = {
            "/Type": pikepdf.Name.Font,
            "/Subtype": pikepdf.Name.Type0,
            "/BaseFont": pikepdf.Name(f"{_GOTHIC}-UniJIS-UTF16-H"),
            "/Encoding": pikepdf.Name("/UniJIS-UTF16-H"),
            "/DescendantFonts": pikepdf.Array([_descendant()]),
        }
        work.made["standard font", "japanese"] = work.target.make_indirect(pikepdf.Dictionary(font))
    return work.made["standard font", "japanese"]


def _descendant() -> pikepdf.Dictionary:
    system = {"/Registry": pikepdf.String("Adobe"), "/Ordering": pikepdf.String("Japan1"), "/Supplement": 2}
    descriptor = {
        "/Type": pikepdf.Name.FontDescriptor,
        "/FontName": pikepdf.Name(_GOTHIC),
        "/FontBBox": pikepdf.Array([-92, -250, 1010, 922]),
        **_DESCRIPTOR,
    }
    return pikepdf.Dictionary(
        {
            "/Type": pikepdf.Name.Font,
            "/Subtype": pikepdf.Name.CIDFontType0,
            "/BaseFont": pikepdf.Name(_GOTHIC),
            "/CIDSystemInfo": pikepdf.Dictionary(system),
            "/DW": 1000,
            "/FontDescriptor": pikepdf.Dictionary(descriptor),
        }
    )
