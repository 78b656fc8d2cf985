"""Drawings upon a sheet (20.5): pictures, shapes, charts, without macros; what controls and objects showed is added."""

from typing import Final

from sanitizers.formats.ooxml import drawing, values
from sanitizers.formats.ooxml.allowed import XML, Fate, Grammar
from sanitizers.formats.ooxml.excel import controls, formulas
from sanitizers.formats.ooxml.excel.drawingrows import DRAWING
from sanitizers.formats.ooxml.excel.notation import changed
from sanitizers.formats.ooxml.kinds import PartKind, Trace, office
from sanitizers.formats.ooxml.namespaces import clark
from sanitizers.formats.ooxml.work import PartWork
from sanitizers.model import Severity, Threat

_MACRO: Final = Trace(Threat.ACTIVE_CONTENT, Severity.WARNING, "a shape that runs a macro when it is clicked")

_LEGACY: Final = clark("a14:compatExt")
_ANCHORED: Final = ("xdr:twoCellAnchor", "xdr:oneCellAnchor", "xdr:absoluteAnchor")
_ANCHORS: Final = frozenset(map(clark, _ANCHORED))
_DRAWN: Final = frozenset({"xdr:sp", "xdr:grpSp", "xdr:graphicFrame", "xdr:cxnSp", "xdr:pic"})
_LONGEST_NAME: Final = 255


def _begin(root: XML, work: PartWork) -> None:
    for legacy in list(root.iter(_LEGACY)):
        _leave(legacy)
    for element in root.iter():
        if element.get("macro"):
            work.met(_MACRO)
            element.set("macro", "")
        link = element.get("textlink")
        if link and formulas.of(work.document).judge(link.removeprefix("=")).text is None:
            del element.attrib["textlink"]
    controls.draw(root, work)


def _leave(legacy: XML) -> None:
    """The empty shape that stands for a control or an object of the old drawing."""
    anchor = legacy
    while anchor is not None and anchor.tag not in _ANCHORS:
        parent = anchor.getparent()
        if parent is None:
            return
        anchor = parent
    parent = anchor.getparent()
    if parent is not None:
        parent.remove(anchor)


def _no_macro(value: str) -> str | None:
    return "" if not value else None


_WITH_MACRO: Final = ("xdr:sp", "xdr:cxnSp", "xdr:pic")

SPREADSHEET: Final = Grammar(
    "xdr:wsDr",
    {
        **drawing.DRAWN,
        **DRAWING,
        **{
            name: changed(DRAWING[name], attributes={"macro": _no_macro, "fPublished": Fate.SILENT})
            for name in _WITH_MACRO
        },
        **{name: changed(DRAWING[name], needs=_DRAWN) for name in _ANCHORED},
        "xdr:graphicFrame": changed(
            DRAWING["xdr:graphicFrame"],
            attributes={"macro": _no_macro, "fPublished": Fate.SILENT},
            needs=frozenset({"a:graphic"}),
        ),
        "xdr:cNvPr": changed(DRAWING["xdr:cNvPr"], attributes={"name": values.shorter(_LONGEST_NAME)}),
        "a14:compatExt": Fate.SILENT,
    },
    understood=drawing.UNDERSTOOD,
    begin=_begin,
)

_TYPE: Final = "application/vnd.openxmlformats-officedocument.drawing+xml"
KIND: Final = PartKind(
    "drawing/spreadsheet",
    (office("drawing"),),
    (_TYPE,),
    frozenset({"excel/worksheet", "excel/chartsheet"}),
    "xl/drawings/drawing{}.xml",
    _TYPE,
    SPREADSHEET,
)
