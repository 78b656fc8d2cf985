"""Type 3 fonts (ISO 32000-2, 9.6.4): glyphs that are drawings; each is rewritten like a page."""

from typing import TYPE_CHECKING, Final

import pikepdf

from sanitizers.formats.pdf import fonts, xobjects
from sanitizers.formats.pdf.checked import Entries, entries, exactly, integer, picked, rectangle, up_to
from sanitizers.formats.pdf.fonts import cmaps

if TYPE_CHECKING:
    from sanitizers.formats.pdf.resources import Resources

MOST_GLYPHS: Final = 1_024  #: a code is one byte; some programs leave unused drawings
_FONT: Final = {
    "/FontMatrix": exactly(6),
    "/FirstChar": integer(0, 255),
    "/LastChar": integer(0, 255),
    "/Widths": up_to(256),
}


def font(found: pikepdf.Object, outer: "Resources") -> pikepdf.Object | None:
    """The same font in the target; None where its box or its glyphs are missing."""
    work = outer.work
    return work.once("Type3", found, lambda: work.deeper(lambda: _font(found, outer)))


def _font(found: pikepdf.Object, outer: "Resources") -> pikepdf.Object | None:
    known = entries(found)
    box = rectangle(known.get("/FontBBox"))
    encoding = known.get("/Encoding")
    if box is None or not isinstance(encoding, pikepdf.Object):
        return None
    source = entries(known.get("/Resources")) or outer.source
    inner = outer.inner(source)
    glyphs = _glyphs(known, inner)
    made = {
        "/Type": pikepdf.Name.Font,
        "/Subtype": pikepdf.Name.Type3,
        "/FontBBox": pikepdf.Array(box),
        "/FontMatrix": pikepdf.Array([0.001, 0, 0, 0.001, 0, 0]),
        "/CharProcs": pikepdf.Dictionary(glyphs),
        "/Resources": inner.dictionary(),
        **picked(known, _FONT),
    }
    if (carried := fonts.encoding(encoding, outer.work)) is not None:
        made["/Encoding"] = carried
    to_unicode = known.get("/ToUnicode")
    if isinstance(to_unicode, pikepdf.Stream) and (map_ := cmaps.to_unicode(to_unicode, outer.work)) is not None:
        made["/ToUnicode"] = map_
    return outer.work.target.make_indirect(pikepdf.Dictionary(made))


def _glyphs(known: Entries, inner: "Resources") -> dict[str, object]:
    """Glyph names are kept where they are plain: the encoding names them too."""
    made: dict[str, object] = {}
    for key, procedure in list(entries(known.get("/CharProcs")).items())[:MOST_GLYPHS]:
        if not isinstance(procedure, pikepdf.Stream) or not key.isascii() or not key.isprintable():
            continue
        drawing = xobjects.drawn_by(procedure, inner)
        if drawing is not None:
            made[key] = inner.work.stream(drawing)
    return made
