"""The workbook (18.2): sheets and their order, names, protection; what it calls from outside goes."""

from typing import Final

from sanitizers.formats.ooxml import values
from sanitizers.formats.ooxml.allowed import XML, Fate, Grammar, PartFailed, Related
from sanitizers.formats.ooxml.excel import formulas, metadata, names, pivots
from sanitizers.formats.ooxml.excel.notation import changed, extensions, table
from sanitizers.formats.ooxml.kinds import Trace, office
from sanitizers.formats.ooxml.namespaces import clark
from sanitizers.formats.ooxml.parsing import parsed
from sanitizers.formats.ooxml.work import PartWork
from sanitizers.model import Action, CannotSanitize, Severity, Threat
from sanitizers.rules import Remarks

#: Key of `document.memory`: source name of a sheet → its title.
TITLES: Final = "excel/titles"
#: Key of `document.memory`: the workbook's PartWork, for neighbours that only it refers to.
WORKBOOK: Final = "excel/workbook"

SHEETS: Final = Related(frozenset({"excel/worksheet", "excel/chartsheet"}))
CACHE: Final = Related(frozenset({"excel/pivot-cache"}))

_DDE: Final = Trace(Threat.ACTIVE_CONTENT, Severity.DANGER, "a link to another program (DDE)")
_OLE: Final = Trace(Threat.EXTERNAL_REFERENCE, Severity.DANGER, "a link to a file of another program (OLE)")
_BOOK: Final = Trace(Threat.EXTERNAL_REFERENCE, Severity.WARNING, "a link to another workbook")
_VIEWS: Final = Trace(Threat.METADATA, Severity.NOTE, "views of the workbook for single persons (custom views)")
_PUBLISHED: Final = Trace(Threat.EXTERNAL_REFERENCE, Severity.WARNING, "settings for publishing on the web")
_LINK_KINDS: Final = {clark("x:ddeLink"): _DDE, clark("x:oleLink"): _OLE}

_ID: Final = clark("r:id")
_SHEET: Final = clark("x:sheet")
_VIEW: Final = clark("x:workbookView")
_STATES: Final = {"hidden": "hidden sheets", "veryHidden": "sheets that Excel itself does not list (very hidden)"}


def _begin(root: XML, work: PartWork) -> None:
    work.document.memory[WORKBOOK] = work
    _outside(work)
    metadata.remember(work)
    places = _sheets(root, work)
    for view in root.iter(_VIEW):
        for key in ("activeTab", "firstSheet"):
            view.set(key, str(places.get(values.whole(view.get(key)) or 0, 0)))
    names.settle(root, work, places)
    pivots.settle_caches(root, work)


def _outside(work: PartWork) -> None:
    """Tell of links to other files and programs, each by what it is."""
    for relationship in work.relationships.values():
        if relationship.type != office("externalLink") or relationship.outside:
            continue
        work.asked.add(relationship.id)
        trace = _BOOK
        if relationship.target in work.document.package:
            try:
                root = parsed(work.document.package.own(relationship.target))
            except PartFailed:
                root = None
            if root is not None:
                trace = next((_LINK_KINDS[each.tag] for each in root if each.tag in _LINK_KINDS), _BOOK)
        work.met(trace)


def _sheets(root: XML, work: PartWork) -> dict[int, int]:
    """Take the sheets out that do not go on; number of a sheet → its number in the new file."""
    places: dict[int, int] = {}
    titles: dict[str, str] = {}
    kept: list[XML] = []
    for number, sheet in enumerate(list(root.iter(_SHEET))):
        relationship = work.relationship(sheet.get(_ID, ""))
        if _goes_on(sheet, work):
            places[number] = len(kept)
            kept.append(sheet)
            if relationship is not None:
                titles[relationship.target.lower()] = sheet.get("name", "")
        else:
            formulas.of(work.document).lose(sheet.get("name", ""))
            _take_out(sheet)
    if not kept:
        raise CannotSanitize(Threat.UNSUPPORTED, "a workbook without a sheet that may go on")
    if all(sheet.get("state") in _STATES for sheet in kept):
        kept[0].attrib.pop("state")  # Excel opens no workbook in which nothing can be seen
    work.document.memory[TITLES] = titles
    return places


def _take_out(sheet: XML) -> None:
    parent = sheet.getparent()
    if parent is not None:
        parent.remove(sheet)


def _goes_on(sheet: XML, work: PartWork) -> bool:
    state = _STATES.get(sheet.get("state", ""))
    relationship = work.relationship(sheet.get(_ID, ""))
    is_sheet = relationship is not None and relationship.type in {office("worksheet"), office("chartsheet")}
    if state is None or not is_sheet:
        return work.related(sheet.get(_ID, ""), SHEETS) is not None
    removed = work.rules.office_remarks is Remarks.REMOVED
    severity = Severity.NOTE if state == _STATES["hidden"] else Severity.WARNING
    action = Action.REMOVED if removed else Action.NOTED
    work.found(Threat.HIDDEN_CONTENT, severity, action, sheet.get("name", ""), state)
    if removed:
        work.asked.add(sheet.get(_ID, ""))
        return False
    return work.related(sheet.get(_ID, ""), SHEETS) is not None


_ROWS: Final = table({
    "x:workbook": (
        "> fileVersion fileSharing workbookPr workbookProtection bookViews sheets definedNames calcPr oleSize "
        "pivotCaches functionGroups externalReferences customWorkbookViews webPublishing webPublishObjects "
        "fileRecoveryPr smartTagPr smartTagTypes extLst"
    ),
    "x:fileVersion": "appName=text lastEdited=text lowestEdited=text rupBuild=text",
    "x:fileSharing": (
        "readOnlyRecommended=flag reservationPassword=hex algorithmName=text hashValue=text saltValue=text spinCount=n"
    ),
    "x:workbookPr": (
        "date1904=flag dateCompatibility=flag showObjects showBorderUnselectedTables=flag filterPrivacy=flag "
        "promptedSolutions=flag showInkAnnotation=flag backupFile=flag hidePivotFieldList=flag "
        "showPivotChartFilter=flag checkCompatibility=flag autoCompressPictures=flag defaultThemeVersion=n"
    ),
    "x:workbookProtection": (
        "workbookPassword=hex revisionsPassword=hex lockStructure=flag lockWindows=flag lockRevision=flag "
        "revisionsAlgorithmName=text revisionsHashValue=text revisionsSaltValue=text revisionsSpinCount=n "
        "workbookAlgorithmName=text workbookHashValue=text workbookSaltValue=text workbookSpinCount=n"
    ),
    "x:bookViews": "> workbookView",
    "x:workbookView": (
        "visibility minimized=flag showHorizontalScroll=flag showVerticalScroll=flag showSheetTabs=flag xWindow=int "
        "yWindow=int windowWidth=n windowHeight=n tabRatio=n firstSheet=n activeTab=n autoFilterDateGrouping=flag > "
        "extLst"
    ),
    "x:sheets": "> sheet",
    "x:sheet": "name=text sheetId=n state",
    "x:definedNames": "> definedName",
    "x:definedName": "words name=text comment=text description=text localSheetId=n hidden=flag",
    "x:calcPr": (
        "calcId=n calcMode fullCalcOnLoad=flag refMode iterate=flag iterateCount=n iterateDelta=number "
        "fullPrecision=flag calcCompleted=flag calcOnSave=flag concurrentCalc=flag concurrentManualCount=n "
        "forceFullCalc=flag"
    ),
    "x:oleSize": "ref=area",
    "x:pivotCaches": "> pivotCache",
    "x:pivotCache": "cacheId=n",
})  # fmt: skip

#: Names of parts of the program's code, what to do with links at the start, help for macros: of no use any more.
_SILENT_ATTRIBUTES: Final = {
    "x:workbook": ("conformance",),
    "x:fileVersion": ("codeName",),
    "x:fileSharing": ("userName",),
    "x:workbookPr": (
        "codeName", "updateLinks", "saveExternalLinkValues", "refreshAllConnections", "allowRefreshQuery",
        "publishItems",
    ),
    "x:definedName": (
        "function", "vbProcedure", "xlm", "functionGroupId", "shortcutKey", "customMenu", "help", "statusBar",
        "publishToServer", "workbookParameter",
    ),
}  # fmt: skip
_OWN: Final = {
    **_ROWS,
    **{
        name: changed(_ROWS[name], attributes=dict.fromkeys(attributes, Fate.SILENT))
        for name, attributes in _SILENT_ATTRIBUTES.items()
    },
}

WORKBOOK_PART: Final = Grammar(
    "x:workbook",
    {
        **_OWN,
        **extensions(),
        # Also where sheets stand at a place that is not known: a workbook has at least one.
        "x:workbook": changed(_OWN["x:workbook"], needs=frozenset({"x:sheets"})),
        "x:sheets": changed(_ROWS["x:sheets"], needs=frozenset({"x:sheet"})),
        "x:sheet": changed(_ROWS["x:sheet"], attributes={"r:id": SHEETS}, required=frozenset({"r:id"})),
        "x:pivotCache": changed(_ROWS["x:pivotCache"], attributes={"r:id": CACHE}, required=frozenset({"r:id"})),
        "x:definedNames": changed(_ROWS["x:definedNames"], needs=frozenset({"x:definedName"})),
        "x:pivotCaches": changed(_ROWS["x:pivotCaches"], needs=frozenset({"x:pivotCache"})),
        "x:externalReferences": Fate.SILENT,  # told of where the relationships are gone through
        "x:functionGroups": Fate.SILENT,  # categories of functions of macros
        "x:webPublishing": Fate.SILENT,  # how a web page would be written
        "x:webPublishObjects": _PUBLISHED,
        "x:customWorkbookViews": _VIEWS,
        "x:fileRecoveryPr": Fate.SILENT,
        "x:smartTagPr": Fate.SILENT,
        "x:smartTagTypes": Fate.SILENT,
        # Extensions without anything that a reader sees.
        "x14:workbookPr": Fate.SILENT,
        "x15:workbookPr": Fate.SILENT,
        "x14:definedNames": Fate.SILENT,
        "xcalcf:calcFeatures": Fate.SILENT,
        "x14:slicerCaches": Fate.SILENT,  # told of as relationships
        "x15:slicerCaches": Fate.SILENT,
        "x15:timelineCacheRefs": Fate.SILENT,
        "x14:pivotCaches": Fate.SILENT,
        "x15:pivotCaches": Fate.SILENT,
        "x15:dataModel": Fate.SILENT,
        "x15:timelineCachePivotCaches": Fate.SILENT,
        "xr:revisionPtr": Fate.SILENT,
        "x15ac:absPath": Fate.SILENT,
    },
    default="x",
    begin=_begin,
)
