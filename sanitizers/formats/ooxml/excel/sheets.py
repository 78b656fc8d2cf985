"""Worksheets and sheets that are one chart (18.3): the whole grammar of both."""

from typing import Final

from sanitizers.formats.ooxml import values
from sanitizers.formats.ooxml.allowed import XML, Entry, Fate, Grammar, Related
from sanitizers.formats.ooxml.excel import cells, controls, drawings, pivots, weblinks
from sanitizers.formats.ooxml.excel.conditions import RULES
from sanitizers.formats.ooxml.excel.filters import FILTERS
from sanitizers.formats.ooxml.excel.notation import Rule, changed, extensions, table
from sanitizers.formats.ooxml.excel.sheetrows import ROWS
from sanitizers.formats.ooxml.kinds import Trace, microsoft, office
from sanitizers.formats.ooxml.namespaces import clark
from sanitizers.formats.ooxml.work import PartWork
from sanitizers.model import Severity, Threat
from sanitizers.rules import Remarks

_COMMENTS: Final = frozenset({office("comments"), microsoft("2017/10", "threadedComment")})
_LEGACY: Final = clark("x:legacyDrawing")
_REMARKS: Final = Trace(Threat.HIDDEN_CONTENT, Severity.NOTE, "comments")
_VIEWS: Final = Trace(Threat.METADATA, Severity.NOTE, "views of a sheet for single persons (custom views)")
_PUBLISHED: Final = Trace(Threat.EXTERNAL_REFERENCE, Severity.WARNING, "settings for publishing on the web")
_SCENARIOS: Final = Trace(Threat.UNSUPPORTED, Severity.NOTE, "scenarios (what-if values)")
_CONSOLIDATED: Final = Trace(Threat.EXTERNAL_REFERENCE, Severity.NOTE, "sources of a consolidation; its values stay")


def _begin(root: XML, work: PartWork) -> None:
    pivots.settle_tables(work)
    controls.show(root, work, drawings.KIND)
    _remarks(root, work)
    cells.look_ahead(root, work)
    weblinks.judge(root, work)


def _remarks(root: XML, work: PartWork) -> None:
    """Comments by rule; without comments the old drawing, which is there to show them, has nothing to show."""
    remarks = [each for each in work.relationships.values() if each.type in _COMMENTS]
    if remarks and work.rules.office_remarks is Remarks.KEPT:
        return
    for relationship in remarks:
        work.asked.add(relationship.id)
        work.met(_REMARKS, cells.sheet_of(work).title)
    for legacy in list(root.iterchildren(_LEGACY)):
        root.remove(legacy)


_VML: Final = Related(frozenset({"drawing/vml"}))
_ATTRIBUTES: Final[dict[str, dict[str, Rule]]] = {
    "x:drawing": {"r:id": values.matching(r"rId[0-9]{1,9}")},  # `controls.show` has set it
    "x:legacyDrawing": {"r:id": _VML},
    "x:legacyDrawingHF": {"r:id": _VML},  # pictures in headers and footers
    "x:picture": {"r:id": Related(frozenset({"image"}))},  # behind the cells
    "x:tablePart": {"r:id": Related(frozenset({"excel/table"}))},
}
_LEFT_OUT: Final[dict[str, Entry]] = {
    "x:customSheetViews": _VIEWS,
    "x:webPublishItems": _PUBLISHED,
    "x:scenarios": _SCENARIOS,
    "x:dataConsolidate": _CONSOLIDATED,
    "x:sheetCalcPr": Fate.SILENT,
    # Told of as relationships; what they show is drawn by `controls`.
    "x:oleObjects": Fate.SILENT,
    "x:controls": Fate.SILENT,
    "x:customProperties": Fate.SILENT,
    "x:drawingHF": Fate.SILENT,
    "x:smartTags": Fate.SILENT,
    "x:extLst": Fate.SILENT,
    # Extensions without anything that a reader sees, or whose relationships are told of.
    "x14:ignoredErrors": Fate.SILENT,
    "x14:protectedRanges": Fate.SILENT,
    "x14:slicerList": Fate.SILENT,
    "x15:timelineRefs": Fate.SILENT,
    "x15:webExtensions": Fate.SILENT,
}
#: Of Excel 2010 ([MS-XLSX] 2.3): what a reader sees; and the number by which a condition names its other half.
_EXTENSIONS: Final = ("x14:conditionalFormattings", "x14:dataValidations", "x14:sparklineGroups", "x14:id")
_SILENT: Final = dict.fromkeys(("codeName", "published"), Fate.SILENT)

_SHEET: Final[dict[str, Entry]] = {
    **ROWS,
    **{
        name: changed(ROWS[name], attributes=attributes, required=frozenset({"r:id"}))
        for name, attributes in _ATTRIBUTES.items()
    },
    "x:sheetPr": changed(ROWS["x:sheetPr"], attributes=_SILENT),
    "x:protectedRange": changed(ROWS["x:protectedRange"], attributes={"securityDescriptor": Fate.SILENT}),  # accounts
    "x:pageSetup": changed(ROWS["x:pageSetup"], attributes={"r:id": Fate.SILENT}),  # settings of a printer
    "x:pivotSelection": Fate.SILENT,
    "x:tableParts": changed(ROWS["x:tableParts"], needs=frozenset({"x:tablePart"})),
    "x:mergeCells": changed(ROWS["x:mergeCells"], needs=frozenset({"x:mergeCell"})),
}

WORKSHEET: Final = Grammar(
    "x:worksheet",
    {
        **FILTERS,
        **RULES,
        **cells.CELLS,
        **_SHEET,
        **weblinks.LINKS,
        **_LEFT_OUT,
        **extensions(*_EXTENSIONS),
        "x14:id": table({"x14:id": "words"})["x14:id"],  # of the same condition as Excel 2010 writes it
    },
    default="x",
    begin=_begin,
    streamed="x:row",
)

_CHART_ROWS: Final = table({
    "x:chartsheet": (
        "> sheetPr sheetViews sheetProtection pageMargins pageSetup headerFooter drawing legacyDrawing legacyDrawingHF "
        "picture customSheetViews webPublishItems extLst"
    ),
    "x:sheetView": "tabSelected=flag zoomScale=n workbookViewId=n zoomToFit=flag",
    "x:sheetProtection": (
        "password=hex algorithmName=text hashValue=text saltValue=text spinCount=n content=flag objects=flag"
    ),
})  # fmt: skip


def _begin_chart(root: XML, work: PartWork) -> None:
    controls.show(root, work, drawings.KIND)
    _remarks(root, work)


CHARTSHEET: Final = Grammar(
    "x:chartsheet",
    {
        **_SHEET,
        **_LEFT_OUT,
        **_CHART_ROWS,
        **extensions(*_EXTENSIONS),
    },
    default="x",
    begin=_begin_chart,
)
