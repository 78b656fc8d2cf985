"""Patterns (ISO 32000-2, 8.7): tiles are content of their own, shadings are numbers and functions."""

from typing import TYPE_CHECKING, Final

import pikepdf

from sanitizers.formats.pdf import shadings, states, xobjects
from sanitizers.formats.pdf.checked import entries, exactly, integer, number, picked, rectangle, whole

if TYPE_CHECKING:
    from sanitizers.formats.pdf.resources import Resources

_TILING: Final = {"/Matrix": exactly(6), "/PaintType": integer(1, 2), "/TilingType": integer(1, 3)}
_SHADING: Final = {"/Matrix": exactly(6)}


def pattern(found: pikepdf.Object, outer: "Resources") -> pikepdf.Object | None:
    """The same pattern in the target; None where it cannot be read."""
    work = outer.work
    if isinstance(found, pikepdf.Stream):
        return work.once("tiling", found, lambda: work.deeper(lambda: _tiling(found, outer)))
    if whole(entries(found).get("/PatternType")) == 2:
        return work.once("shading pattern", found, lambda: work.deeper(lambda: _shading(found, outer)))
    return None


def _tiling(found: pikepdf.Object, outer: "Resources") -> pikepdf.Object | None:
    known = entries(found)
    box = rectangle(known.get("/BBox"))
    steps = [number(known.get(key)) for key in ("/XStep", "/YStep")]
    if box is None or not all(steps):
        return None
    inner = outer.inner(entries(known.get("/Resources")))
    drawing = xobjects.drawn_by(found, inner)
    if drawing is None:
        return None
    made: dict[str, object] = {
        "/Type": pikepdf.Name.Pattern,
        "/PatternType": 1,
        "/PaintType": 1,
        "/TilingType": 1,
        "/BBox": pikepdf.Array(box),
        "/XStep": steps[0],
        "/YStep": steps[1],
        "/Resources": inner.dictionary(),
        **picked(known, _TILING),
    }
    return outer.work.stream(drawing, made)


def _shading(found: pikepdf.Object, outer: "Resources") -> pikepdf.Object | None:
    known = entries(found)
    shading = shadings.shading(known.get("/Shading"), outer.work)
    if shading is None:
        return None
    made = {"/Type": pikepdf.Name.Pattern, "/PatternType": 2, "/Shading": shading, **picked(known, _SHADING)}
    state = known.get("/ExtGState")
    if isinstance(state, pikepdf.Object) and (carried := states.graphics_state(state, outer)) is not None:
        made["/ExtGState"] = carried
    return outer.work.target.make_indirect(pikepdf.Dictionary(made))
