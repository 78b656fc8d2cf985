"""Charts: what they show, their workbook (cleaned as a file of its own), the shapes drawn upon them."""

import re
from collections.abc import Mapping
from typing import Final, Protocol, runtime_checkable

from sanitizers.formats.ooxml import values
from sanitizers.formats.ooxml.allowed import XML, Check, Element, Entry, Fate, Grammar, Related
from sanitizers.formats.ooxml.drawing import charttables, extensions, themes
from sanitizers.formats.ooxml.drawing.notation import children, element, table
from sanitizers.formats.ooxml.drawing.shared import SHARED
from sanitizers.formats.ooxml.kinds import Trace
from sanitizers.formats.ooxml.work import PartWork
from sanitizers.model import Severity, Threat

_ELSEWHERE: Final = Trace(
    Threat.EXTERNAL_REFERENCE, Severity.WARNING, "a chart's reference to another file; its values stay as they were"
)
_MACRO: Final = Trace(Threat.ACTIVE_CONTENT, Severity.DANGER, "a macro behind a shape of a chart")
_FILTERED: Final = Trace(Threat.HIDDEN_CONTENT, Severity.NOTE, "a series that is filtered out of a chart")

#: In a reference to cells: the book "[…]", a path, an address, DDE "program|topic". A table's "Table1[Column]" is none.
_OUTSIDE: Final = re.compile(r"\[[^\]]*\][^!\]]*!|\||\\|:/")


#: Key of `document.memory`: what judges the formulas of a workbook; other documents have none.
_FORMULAS: Final = "excel/formulas"


class _Judged(Protocol):
    @property
    def text(self) -> str | None: ...
    @property
    def harm(self) -> Trace | None: ...


@runtime_checkable
class _Formulas(Protocol):
    def judge(self, formula: str, words: str = "") -> _Judged: ...


def _reference(element_: XML, work: PartWork) -> XML:
    """A reference to cells; where it does not go on, the values that the chart shows still do."""
    written = element_.text or ""
    formulas = work.document.memory.get(_FORMULAS)
    if isinstance(formulas, _Formulas):
        judged = formulas.judge(written)
        element_.text = judged.text or ""
        if judged.harm is not None:
            work.met(judged.harm)
    elif _OUTSIDE.search(written):
        work.met(_ELSEWHERE)
        element_.text = ""
    return element_


def _shape(element_: XML, work: PartWork) -> XML:
    if element_.attrib.pop("macro", ""):
        work.met(_MACRO)
    return element_


def reference(attributes: Mapping[str, Check]) -> Element:
    """The entry for an element whose text is a formula."""
    return Element(attributes=attributes, text=values.any_text, children=frozenset(), treat=_reference)


_REFERENCE: Final = reference({})

_CHARTS: Final[dict[str, Entry]] = {
    **SHARED,
    **charttables.ELEMENTS,
    **extensions.extensions("c"),
    "c:chartSpace": Element(
        attributes={"version": Fate.SILENT, "featureList": Fate.SILENT, "fallbackImg": Fate.SILENT},
        children=children(
            "c",
            "date1904 lang roundedCorners style clrMapOvr pivotSource protection chart spPr txPr externalData"
            " printSettings userShapes extLst",
        ),
    ),
    "c:chart": element(
        "c:chart",
        "> title autoTitleDeleted pivotFmts view3D floor sideWall backWall plotArea legend plotVisOnly dispBlanksAs"
        " showDLblsOverMax extLst",
    ),
    "c:lang": Element(attributes={"val": values.language}),
    "c:clrMapOvr": themes.ELEMENTS["a:clrMap"],
    "c:f": _REFERENCE,
    "c15:f": _REFERENCE,
    # The workbook of the chart goes on as a clean file; a reference to one elsewhere does not.
    "c:externalData": Element(
        attributes={"r:id": Related(frozenset({"package"}))},
        children=frozenset({"c:autoUpdate"}),
        required=frozenset({"r:id"}),
    ),
    "c:userShapes": Element(
        attributes={"r:id": Related(frozenset({"drawing/chart-shapes"}))}, required=frozenset({"r:id"})
    ),
    "c:legacyDrawingHF": Fate.SILENT,  # pictures in the headers of a chart printed alone
    # What an older or newer program wrote for itself.
    "c14:style": Fate.SILENT,
    "c14:invertSolidFillFmt": Fate.SILENT,
    "c14:pivotOptions": Fate.SILENT,
    "c14:sketchOptions": Fate.SILENT,
    "c15:xForSave": Fate.SILENT,
    "c15:fullRef": Fate.SILENT,
    "c15:levelRef": Fate.SILENT,
    "c15:formulaRef": Fate.SILENT,
    "c15:tx": Fate.SILENT,
    "c15:pivotSource": Fate.SILENT,
    "c16:uniqueId": Fate.SILENT,
    "c16:datapointuniqueidmap": Fate.SILENT,
    "c16:pivotOptions16": Fate.SILENT,
    **{
        f"c15:filtered{name}": _FILTERED
        for name in (
            *("AreaSeries", "BarSeries", "BubbleSeries", "LineSeries", "PieSeries", "RadarSeries", "ScatterSeries"),
            *("SurfaceSeries", "SeriesTitle", "CategoryTitle"),
        )
    },
    "c15:categoryFilterExceptions": _FILTERED,
    "c16:categoryFilterExceptions": _FILTERED,
}
CHART: Final = Grammar("c:chartSpace", _CHARTS)

_SHAPE_ROWS: Final = {
    "cdr:relSizeAnchor": "> from to sp grpSp graphicFrame cxnSp pic",
    "cdr:absSizeAnchor": "> from ext sp grpSp graphicFrame cxnSp pic",
    "cdr:grpSp": "> nvGrpSpPr grpSpPr sp grpSp graphicFrame cxnSp pic",
    "cdr:cNvPr": "id=number name=name descr=text hidden=flag title=text > a:hlinkClick a:hlinkHover a:extLst",
    "cdr:cNvSpPr": "txBox=flag > a:spLocks a:extLst",
    "cdr:nvSpPr": "> cNvPr cNvSpPr",
    "cdr:spPr": "bwMode > a:xfrm a:custGeom a:prstGeom $fill a:ln $effects a:scene3d a:sp3d a:extLst",
    "cdr:style": "> a:lnRef a:fillRef a:effectRef a:fontRef",
    "cdr:txBody": "> a:bodyPr a:lstStyle a:p",
    "cdr:cNvCxnSpPr": "> a:cxnSpLocks a:stCxn a:endCxn a:extLst",
    "cdr:nvCxnSpPr": "> cNvPr cNvCxnSpPr",
    "cdr:cNvPicPr": "preferRelativeResize=flag > a:picLocks a:extLst",
    "cdr:nvPicPr": "> cNvPr cNvPicPr",
    "cdr:blipFill": "dpi=number rotWithShape=flag > a:blip a:srcRect a:tile a:stretch",
    "cdr:cNvGraphicFramePr": "> a:graphicFrameLocks a:extLst",
    "cdr:nvGraphicFramePr": "> cNvPr cNvGraphicFramePr",
    "cdr:xfrm": "rot=number flipH=flag flipV=flag > a:off a:ext",
    "cdr:cNvGrpSpPr": "> a:grpSpLocks a:extLst",
    "cdr:x": "words",
    "cdr:y": "words",
    "cdr:from": "> x y",
    "cdr:to": "> x y",
    "cdr:ext": "cx=number cy=number",
    "cdr:nvGrpSpPr": "> cNvPr cNvGrpSpPr",
    "cdr:grpSpPr": "bwMode > a:xfrm $fill $effects a:scene3d a:extLst",
}
#: Shapes that a macro can stand behind → what stands inside.
_ASSIGNABLE: Final = {
    "cdr:sp": "nvSpPr spPr style txBody",
    "cdr:graphicFrame": "nvGraphicFramePr xfrm a:graphic",
    "cdr:cxnSp": "nvCxnSpPr spPr style",
    "cdr:pic": "nvPicPr blipFill spPr style",
}
SHAPES: Final = Grammar(
    "c:userShapes",
    {
        **SHARED,
        "c:userShapes": element("c:userShapes", "> cdr:relSizeAnchor cdr:absSizeAnchor"),
        **table(_SHAPE_ROWS),
        **{
            name: Element(
                attributes={"textlink": Fate.SILENT, "fLocksText": values.boolean, "fPublished": Fate.SILENT},
                children=children("cdr", inside),
                treat=_shape,
            )
            for name, inside in _ASSIGNABLE.items()
        },
    },
)
