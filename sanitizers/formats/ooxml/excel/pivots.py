"""Pivot tables on data of this file go on with that data; of others the values stay in the cells (18.10)."""

import re
from typing import Final

from sanitizers.formats.ooxml.allowed import XML, Fate, Grammar, PartFailed, Related
from sanitizers.formats.ooxml.excel import formulas
from sanitizers.formats.ooxml.excel.filters import FILTERS
from sanitizers.formats.ooxml.excel.notation import changed, extensions
from sanitizers.formats.ooxml.excel.pivotrows import PIVOT_CACHE, PIVOT_RECORDS, PIVOT_TABLE
from sanitizers.formats.ooxml.kinds import Trace, office
from sanitizers.formats.ooxml.namespaces import clark
from sanitizers.formats.ooxml.parsing import parsed
from sanitizers.formats.ooxml.relationships import Relationship
from sanitizers.formats.ooxml.work import PartWork
from sanitizers.model import Action, Severity, Threat
from sanitizers.rules import Remarks

_CACHES: Final = "excel/caches"  #: key of `document.memory`: number → source name of those that go on
_OUTSIDE: Final = Trace(
    Threat.EXTERNAL_REFERENCE,
    Severity.WARNING,
    "a pivot table of data outside the file; its values stay",
    Action.REPLACED,
)
_WITHOUT: Final = Trace(
    Threat.UNSUPPORTED, Severity.NOTE, "a pivot table whose data does not go on; its values stay", Action.REPLACED
)
_COPY: Final = Trace(
    Threat.HIDDEN_CONTENT,
    Severity.NOTE,
    "the copy of its data, hidden rows and sheets too, that a pivot table keeps; its values stay",
    Action.REPLACED,
)

_CACHE_TYPE: Final = office("pivotCacheDefinition")
_ID: Final = clark("r:id")
_PIVOT_CACHE: Final = clark("x:pivotCache")
_SOURCE: Final = clark("x:cacheSource")
_PLACES: Final = frozenset(map(clark, ("x:worksheetSource", "x:rangeSet")))
_FILE: Final = re.compile(r"[\[\]\\/|]")  #: no sheet has these in its name
_CACHE: Final = Related(frozenset({"excel/pivot-cache"}))


def settle_caches(root: XML, work: PartWork) -> None:
    """Take the caches out of the workbook whose data comes from outside."""
    kept: dict[str, str] = {}
    for cache in list(root.iter(_PIVOT_CACHE)):
        relationship = work.relationship(cache.get(_ID, ""))
        parent = cache.getparent()
        if relationship is not None and _is_inside(relationship, work) and work.related(relationship.id, _CACHE):
            kept[cache.get("cacheId", "")] = relationship.target.lower()
        elif parent is not None:
            parent.remove(cache)
    for relationship in work.relationships.values():
        if relationship.type == _CACHE_TYPE:
            work.asked.add(relationship.id)  # those that no element names stay behind
    work.document.memory[_CACHES] = kept


def settle_tables(work: PartWork) -> None:
    """Pass over the pivot tables of a sheet that have no cache any more."""
    kept = work.document.memory.get(_CACHES)
    for relationship in work.relationships.values():
        if relationship.type != office("pivotTable") or relationship.outside:
            continue
        root = _looked_at(relationship, work)
        number = "" if root is None else root.get("cacheId", "")
        if not isinstance(kept, dict) or not number or _caches_of(relationship, work) != {kept.get(number)}:
            work.asked.add(relationship.id)
            work.met(_WITHOUT)


def _caches_of(table: Relationship, work: PartWork) -> set[str | None]:
    """Source names of what a pivot table is made from: the one that its number says, or it does not go on."""
    try:
        known = work.document.package.relationships(table.target)
    except PartFailed:
        return set()
    return {each.target.lower() for each in known.values() if each.type == _CACHE_TYPE}


def _is_inside(relationship: Relationship, work: PartWork) -> bool:
    root = _looked_at(relationship, work)
    source = None if root is None else root.find(_SOURCE)
    if source is None:
        return False
    if not _is_of_this_file(source):
        work.met(_OUTSIDE)
        return False
    if work.rules.office_remarks is Remarks.REMOVED:
        work.met(_COPY)
        return False
    return True


def _is_of_this_file(source: XML) -> bool:
    if source.get("type") not in {"worksheet", "consolidation"} or source.get("connectionId") is not None:
        return False
    places = [each for each in source.iter() if each.tag in _PLACES]
    words = "".join(each.get(key, "") for each in places for key in ("name", "sheet"))
    return not any(each.get(_ID) is not None for each in places) and _FILE.search(words) is None


def _looked_at(relationship: Relationship, work: PartWork) -> XML | None:
    package = work.document.package
    if relationship.outside or relationship.target not in package:
        return None
    try:
        return parsed(package.own(relationship.target))
    except PartFailed:
        return None


def _with_formula(element: XML, work: PartWork) -> XML | None:
    """A calculated field or item."""
    text = element.get("formula")
    judged = formulas.of(work.document).judge(text.removeprefix("=")) if text else None
    if judged is None or judged.harm is None:
        return element
    words = judged.harm.words.replace("a formula", "a calculated field of a pivot table").removesuffix(
        "; its value stays"
    )
    work.found(judged.harm.threat, judged.harm.severity, Action.REMOVED, "", words)
    del element.attrib["formula"]
    return element


_SILENT: Final = {
    "x15:pivotTableUISettings": Fate.SILENT,
    "x15:pivotCacheDecimals": Fate.SILENT,
    "x14:pivotTableDefinition": Fate.SILENT,
    "x14:pivotCacheDefinition": Fate.SILENT,
    "x14:pivotField": Fate.SILENT,
    "x14:dataField": Fate.SILENT,
    "x14:cacheField": Fate.SILENT,
    "x14:pivotHierarchy": Fate.SILENT,
}  #: choices of newer versions that the cells already show

PIVOT: Final = Grammar(
    "x:pivotTableDefinition",
    {**FILTERS, **PIVOT_TABLE, **_SILENT, **extensions()},
    default="x",
)
CACHE: Final = Grammar(
    "x:pivotCacheDefinition",
    {
        **PIVOT_CACHE,
        "x:pivotCacheDefinition": changed(
            PIVOT_CACHE["x:pivotCacheDefinition"],
            attributes={"r:id": Related(frozenset({"excel/pivot-records"})), "refreshedBy": Fate.SILENT},
        ),
        "x:cacheField": changed(PIVOT_CACHE["x:cacheField"], treat=_with_formula),
        "x:calculatedItem": changed(
            PIVOT_CACHE["x:calculatedItem"], treat=_with_formula, required=frozenset({"formula"})
        ),
        "x:worksheetSource": changed(PIVOT_CACHE["x:worksheetSource"], attributes={"r:id": Fate.SILENT}),
        "x:rangeSet": changed(PIVOT_CACHE["x:rangeSet"], attributes={"r:id": Fate.SILENT}),
        **_SILENT,
        **extensions(),
    },
    default="x",
)  # fmt: skip
RECORDS: Final = Grammar(
    "x:pivotCacheRecords",
    {**PIVOT_RECORDS, **extensions()},
    default="x",
    streamed="x:r",
)
