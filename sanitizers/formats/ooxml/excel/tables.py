"""Tables (18.5): their columns, formulas of columns judged like those of cells; what a table was fetched from goes."""

from typing import Final

from sanitizers.formats.ooxml.allowed import XML, Fate, Grammar
from sanitizers.formats.ooxml.excel import formulas
from sanitizers.formats.ooxml.excel.filters import FILTERS
from sanitizers.formats.ooxml.excel.notation import changed, extensions, table
from sanitizers.formats.ooxml.work import PartWork
from sanitizers.model import Action


def _column_formula(element: XML, work: PartWork) -> XML | None:
    judged = formulas.of(work.document).judge((element.text or "").removeprefix("="))
    if judged.harm is not None:
        words = judged.harm.words.replace("a formula", "a table's column with a formula").removesuffix(
            "; its value stays"
        )
        work.found(judged.harm.threat, judged.harm.severity, Action.REMOVED, "", words)
        return None
    element.text = judged.text
    return element


def _own_table(element: XML, _: PartWork) -> XML:
    """A table filled by a query or from XML is an ordinary one here."""
    if element.get("tableType") in {"queryTable", "xml"}:
        del element.attrib["tableType"]
    return element


_ROWS: Final = table({
    "x:table": (
        "id=n name=text displayName=text comment=text ref=area tableType headerRowCount=n insertRow=flag "
        "insertRowShift=flag totalsRowCount=n totalsRowShown=flag headerRowDxfId=n dataDxfId=n totalsRowDxfId=n "
        "headerRowBorderDxfId=n tableBorderDxfId=n totalsRowBorderDxfId=n headerRowCellStyle=text dataCellStyle=text "
        "totalsRowCellStyle=text > autoFilter sortState tableColumns tableStyleInfo extLst"
    ),
    "x:tableColumns": "count=n > tableColumn",
    "x:tableStyleInfo": "name=text showFirstColumn=flag showLastColumn=flag showRowStripes=flag showColumnStripes=flag",
    "x:tableColumn": (
        "id=n name=text totalsRowFunction totalsRowLabel=text headerRowDxfId=n dataDxfId=n totalsRowDxfId=n "
        "headerRowCellStyle=text dataCellStyle=text totalsRowCellStyle=text > calculatedColumnFormula "
        "totalsRowFormula xmlColumnPr extLst"
    ),
    "x:calculatedColumnFormula": "words array=flag",
    "x:totalsRowFormula": "words array=flag",
    "x14:table": "altText=text altTextSummary=text",
})  # fmt: skip

TABLE: Final = Grammar(
    "x:table",
    {
        **FILTERS,
        **_ROWS,
        **extensions("x14:table"),
        "x:table": changed(
            _ROWS["x:table"], attributes=dict.fromkeys(("connectionId", "published"), Fate.SILENT), treat=_own_table
        ),
        "x:tableColumn": changed(
            _ROWS["x:tableColumn"], attributes=dict.fromkeys(("queryTableFieldId", "uniqueName"), Fate.SILENT)
        ),
        "x:calculatedColumnFormula": changed(_ROWS["x:calculatedColumnFormula"], treat=_column_formula),
        "x:totalsRowFormula": changed(_ROWS["x:totalsRowFormula"], treat=_column_formula),
        "x:xmlColumnPr": Fate.SILENT,  # where in an XML file the column came from
        "x15:slicerList": Fate.SILENT,  # told of as a relationship
        "x14:slicerList": Fate.SILENT,
    },
    default="x",
)
