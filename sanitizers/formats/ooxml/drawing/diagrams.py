"""Diagrams (SmartArt): their points, layout, style and colours, and the drawing that other programs show."""

from typing import Final

from sanitizers.formats.ooxml import values
from sanitizers.formats.ooxml.allowed import XML, Element, Entry, Grammar, PartFailed, Related
from sanitizers.formats.ooxml.drawing import diagramtables
from sanitizers.formats.ooxml.drawing.notation import CHECKS, children, table
from sanitizers.formats.ooxml.drawing.shared import SHARED
from sanitizers.formats.ooxml.namespaces import clark
from sanitizers.formats.ooxml.parsing import parsed
from sanitizers.formats.ooxml.work import PartWork

_DATA: Final = clark("r:dm")
_MODEL: Final = clark("dsp:dataModelExt")
_DRAWING: Final = Related(frozenset({"drawing/diagram-drawing"}))
_KEY: Final = (
    "diagrams"  #: of `document.memory`: name of the data part → id, in its parent, of the drawing that shows it
)


def _diagram(element: XML, work: PartWork) -> XML:
    """The data part names the drawing by an id of the part that the diagram stands in: carry it from here."""
    data = work.relationship(element.get(_DATA, ""))
    if data is None or data.outside or data.target not in work.document.package:
        return element
    try:
        root = parsed(work.document.package.own(data.target))
    except PartFailed:
        return element  # told of when the part itself is carried
    model = root.find(f".//{_MODEL}")
    id_ = None if model is None else work.related(model.get("relId", ""), _DRAWING)
    drawings = work.document.memory.setdefault(_KEY, {})
    if id_ is not None and isinstance(drawings, dict):
        drawings[data.target.lower()] = id_
    return element


def _model(element: XML, work: PartWork) -> XML | None:
    drawings = work.document.memory.get(_KEY)
    id_ = drawings.get(work.source.lower()) if isinstance(drawings, dict) else None
    if id_ is None:
        return None
    element.set("relId", id_)
    return element


#: For every grammar with a:graphicData in it.
REFERENCES: Final[dict[str, Entry]] = {
    "dgm:relIds": Element(
        attributes={
            "r:dm": Related(frozenset({"drawing/diagram-data"})),
            "r:lo": Related(frozenset({"drawing/diagram-layout"})),
            "r:qs": Related(frozenset({"drawing/diagram-style"})),
            "r:cs": Related(frozenset({"drawing/diagram-colours"})),
        },
        required=frozenset({"r:dm", "r:lo", "r:qs", "r:cs"}),
        treat=_diagram,
    )
}

_ELEMENTS: Final[dict[str, Entry]] = {
    **SHARED,
    **diagramtables.ELEMENTS,
    "dgm:shape": Element(
        attributes={
            "rot": values.number,
            "type": values.name,  # often empty
            "r:blip": Related(frozenset({"image"})),
            **dict.fromkeys(("hideGeom", "lkTxEntry", "blipPhldr"), values.boolean),
            "zOrderOff": values.integer,
        },
        children=children("dgm", "adjLst extLst"),
    ),
    "dgm:extLst": Element(children=frozenset({"a:ext"}), needs=frozenset({"a:ext"})),
    "dsp:dataModelExt": Element(
        attributes={"relId": values.matching(r"rId[0-9]{1,9}"), "minVer": CHECKS["url"]}, treat=_model
    ),
    **table({"dgm14:cNvPr": "id=number name=name descr=text title=text > a:hlinkClick a:hlinkHover a:extLst"}),
}
DATA: Final = Grammar("dgm:dataModel", _ELEMENTS)
LAYOUT: Final = Grammar("dgm:layoutDef", _ELEMENTS)
STYLE: Final = Grammar("dgm:styleDef", _ELEMENTS)
COLOURS: Final = Grammar("dgm:colorsDef", _ELEMENTS)
DRAWING: Final = Grammar("dsp:drawing", {**_ELEMENTS, **diagramtables.DRAWN})
