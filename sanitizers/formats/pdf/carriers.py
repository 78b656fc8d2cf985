"""Who carries which kind of named resource: the table that joins the rooms of this folder."""

from typing import Final

import pikepdf

from sanitizers.formats.pdf import colours, fonts, patterns, shadings, states, xobjects
from sanitizers.formats.pdf.checked import entries, name, picked, words
from sanitizers.formats.pdf.fonts import type3
from sanitizers.formats.pdf.resources import Carriers, Resources
from sanitizers.formats.pdf.work import Work

#: Of a property list (14.6.2): what says how to read the text aloud.
_PROPERTIES: Final = {"/ActualText": words, "/Alt": words, "/E": words, "/Lang": words}


def resources_of(source: object, work: Work, where: str) -> Resources:
    """The resources of a page or of an appearance; `where` is the place that findings name."""
    return Resources(entries(source), CARRIERS, work, where)


def _font(found: pikepdf.Object, resources: Resources) -> pikepdf.Object | None:
    if not isinstance(found, pikepdf.Dictionary):
        return None
    if name(found.get("/Subtype")) == "Type3":
        return type3.font(found, resources)
    return fonts.font(found, resources.work)


def _colour_space(found: pikepdf.Object, resources: Resources) -> pikepdf.Object | None:
    return colours.colour_space(found, resources.work)


def _properties(found: pikepdf.Object, _resources: Resources) -> pikepdf.Object | None:
    made = picked(entries(found), _PROPERTIES)
    return pikepdf.Dictionary(made) if made else None


#: All categories there are (7.8.3) but ProcSet, which is obsolete.
CARRIERS: Final[Carriers] = {
    "Font": _font,
    "XObject": xobjects.xobject,
    "ColorSpace": _colour_space,
    "Pattern": patterns.pattern,
    "Shading": shadings.of_resource,
    "ExtGState": states.graphics_state,
    "Properties": _properties,
}
