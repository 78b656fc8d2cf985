"""Metadata of cells (18.9): only that a formula spills into its neighbours; no data types from the web."""

from typing import Final

from sanitizers.formats.ooxml.allowed import Fate, Grammar
from sanitizers.formats.ooxml.excel.notation import extensions, table
from sanitizers.formats.ooxml.kinds import Trace, office
from sanitizers.formats.ooxml.namespaces import clark
from sanitizers.formats.ooxml.work import PartWork
from sanitizers.model import Severity, Threat

_KEY: Final = "excel/spills"
_SPILLS: Final = "XLDAPR"  #: the name of dynamic arrays ([MS-XLSX] 2.3.12)
_TYPE: Final = clark("x:metadataType")
_OTHER_DATA: Final = Trace(Threat.UNSUPPORTED, Severity.NOTE, "data types and pictures inside cells; their values stay")


def remember(work: PartWork) -> None:
    """Decide whether metadata goes on: only where no other kind of it is numbered together with spilling formulas."""
    root = work.neighbour("excel/metadata")
    kept = root is not None and {each.get("name") for each in root.iter(_TYPE)} == {_SPILLS}
    work.document.memory[_KEY] = kept
    for relationship in work.relationships.values():
        if relationship.type == office("sheetMetadata") and not kept:
            work.asked.add(relationship.id)
            work.met(_OTHER_DATA)


def are_kept(work: PartWork) -> bool:
    """Whether cells may carry the mark "cm"."""
    return work.document.memory.get(_KEY) is True


_ROWS: Final = table({
    "x:metadata": "> metadataTypes futureMetadata cellMetadata valueMetadata",
    "x:metadataTypes": "count=n > metadataType",
    "x:metadataType": (
        "name=text minSupportedVersion=n ghostRow=flag ghostCol=flag edit=flag delete=flag copy=flag "
        "pasteAll=flag pasteFormulas=flag pasteValues=flag pasteFormats=flag pasteComments=flag "
        "pasteDataValidation=flag pasteBorders=flag pasteColWidths=flag pasteNumberFormats=flag merge=flag "
        "splitFirst=flag splitAll=flag rowColShift=flag clearAll=flag clearFormats=flag clearContents=flag "
        "clearComments=flag assign=flag coerce=flag adjust=flag cellMeta=flag"
    ),
    "x:futureMetadata": "name=text count=n > bk",
    "x:cellMetadata": "count=n > bk",
    "x:bk": "> extLst rc",
    "x:rc": "t=n v=n",
    "xda:dynamicArrayProperties": "fDynamic=flag fCollapsed=flag",
})  # fmt: skip

METADATA: Final = Grammar(
    "x:metadata",
    {
        **_ROWS,
        **extensions("xda:dynamicArrayProperties"),
        "x:valueMetadata": Fate.SILENT,
    },
    default="x",
)
