"""Graphics state dictionaries (ISO 32000-2, 8.4.5): how lines, colours and transparency are drawn."""

from typing import TYPE_CHECKING, Final

import pikepdf

from sanitizers.formats.pdf import fonts, functions, xobjects
from sanitizers.formats.pdf.checked import (
    between,
    boolean,
    elements,
    entries,
    integer,
    name,
    number,
    one_of,
    picked,
    up_to,
)

if TYPE_CHECKING:
    from sanitizers.formats.pdf.resources import Resources

_BLEND_MODES: Final = (
    "Normal", "Compatible", "Multiply", "Screen", "Overlay", "Darken", "Lighten", "ColorDodge", "ColorBurn",
    "HardLight", "SoftLight", "Difference", "Exclusion", "Hue", "Saturation", "Color", "Luminosity",
)  # fmt: skip
_blend_mode: Final = one_of(*_BLEND_MODES)


def _blend(thing: object) -> pikepdf.Object | None:
    """11.6.3: one mode, or the first known one of several."""
    choices = [thing] if isinstance(thing, pikepdf.Name) else elements(thing, 20)
    known = (_blend_mode(choice) for choice in choices)
    found = next((mode for mode in known if mode is not None), None)
    return found if isinstance(found, pikepdf.Object) else None


def _dash(thing: object) -> pikepdf.Array | None:
    parts = list(elements(thing, 2))
    if len(parts) != 2:
        return None
    pattern, phase = up_to(100)(parts[0]), number(parts[1])
    return None if pattern is None or phase is None else pikepdf.Array([pattern, phase])


#: Table 57. Left out: transfer functions, black generation, undercolour removal, halftones and their origin, which are
#: for one printing press (TR, TR2, BG, BG2, UCR, UCR2, HT, HTO, HTP).
_STATE: Final = {
    "/LW": between(0, 100_000),
    "/LC": integer(0, 2),
    "/LJ": integer(0, 2),
    "/ML": between(0, 100_000),
    "/D": _dash,
    "/RI": one_of("AbsoluteColorimetric", "RelativeColorimetric", "Saturation", "Perceptual"),
    "/OP": boolean,
    "/op": boolean,
    "/OPM": integer(0, 1),
    "/FL": between(0, 100),
    "/SM": between(0, 1),
    "/SA": boolean,
    "/BM": _blend,
    "/CA": between(0, 1),
    "/ca": between(0, 1),
    "/AIS": boolean,
    "/TK": boolean,
    "/UseBlackPtComp": one_of("OFF", "ON", "Default"),
}
_mask_kind: Final = one_of("Alpha", "Luminosity")


def graphics_state(found: pikepdf.Object, outer: "Resources") -> pikepdf.Object | None:
    """The same state in the target."""
    work = outer.work
    return work.once("state", found, lambda: work.deeper(lambda: _state(found, outer)))


def _state(found: pikepdf.Object, outer: "Resources") -> pikepdf.Object | None:
    known = entries(found)
    if not isinstance(found, pikepdf.Dictionary):
        return None
    made = picked(known, _STATE)
    if (font := _font(known.get("/Font"), outer)) is not None:
        made["/Font"] = font
    mask = known.get("/SMask")
    if name(mask) == "None":
        made["/SMask"] = pikepdf.Name("/None")
    elif (carried := _mask(mask, outer)) is not None:
        made["/SMask"] = carried
    return outer.work.target.make_indirect(pikepdf.Dictionary(made))


def _font(written: object, outer: "Resources") -> pikepdf.Array | None:
    parts = list(elements(written, 2))
    if len(parts) != 2 or not isinstance(parts[0], pikepdf.Dictionary):
        return None
    size = number(parts[1])
    font = fonts.font(parts[0], outer.work) if name(parts[0].get("/Subtype")) != "Type3" else None
    return None if font is None or size is None else pikepdf.Array([font, size])


def _mask(written: object, outer: "Resources") -> pikepdf.Dictionary | None:
    """A soft mask (11.6.5.1): a form whose shape or brightness covers what follows."""
    known = entries(written)
    kind, group = _mask_kind(known.get("/S")), known.get("/G")
    if kind is None or not isinstance(group, pikepdf.Stream):
        return None
    drawn = xobjects.form(group, outer.inner({}))
    if drawn is None:
        return None
    made: dict[str, object] = {"/S": kind, "/G": drawn, **picked(known, {"/BC": up_to(32)})}
    transfer = known.get("/TR")
    if name(transfer) == "Identity":
        made["/TR"] = pikepdf.Name.Identity
    elif isinstance(transfer, (pikepdf.Dictionary, pikepdf.Stream)):
        function = functions.function(transfer, outer.work)
        made.update({} if function is None else {"/TR": function})
    return pikepdf.Dictionary(made)
