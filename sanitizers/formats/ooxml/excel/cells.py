"""Rows and cells: what each formula may stay, and rows and columns that are hidden."""

from typing import Final

from sanitizers.formats.ooxml import values
from sanitizers.formats.ooxml.allowed import XML, Fate
from sanitizers.formats.ooxml.excel import formulas, metadata, strings, workbook
from sanitizers.formats.ooxml.excel.notation import changed, table
from sanitizers.formats.ooxml.excel.references import column
from sanitizers.formats.ooxml.excel.richtext import RICH_TEXT
from sanitizers.formats.ooxml.kinds import Trace
from sanitizers.formats.ooxml.namespaces import clark
from sanitizers.formats.ooxml.work import PartWork
from sanitizers.model import Action, Severity, Threat
from sanitizers.rules import Remarks

_ROWS: Final = Trace(Threat.HIDDEN_CONTENT, Severity.NOTE, "hidden rows", Action.NOTED)
_COLUMNS: Final = Trace(Threat.HIDDEN_CONTENT, Severity.NOTE, "hidden columns", Action.NOTED)
_GONE_ROWS: Final = Trace(Threat.HIDDEN_CONTENT, Severity.NOTE, "hidden rows with something in them")
_GONE_COLUMNS: Final = Trace(Threat.HIDDEN_CONTENT, Severity.NOTE, "cells in hidden columns")

_CELL: Final = clark("x:c")
_FORMULA: Final = clark("x:f")
_VALUE: Final = clark("x:v")
_ON: Final = frozenset({"1", "true"})
_LAST_COLUMN: Final = 16_384


class Sheet:
    """What is known of one sheet while its rows go by."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.shared: dict[str, bool] = {}  #: number of a shared formula → whether it goes on
        self.hidden: set[int] = set()  #: columns

    def is_hidden(self, cell: str) -> bool:
        """Whether "C7" stands in a hidden column."""
        return column(cell) in self.hidden


def sheet_of(work: PartWork) -> Sheet:
    """The one that this part is."""
    key = f"excel/sheet {work.file}"
    known = work.document.memory.get(key)
    if not isinstance(known, Sheet):
        titles = work.document.memory.get(workbook.TITLES)
        title = titles.get(work.source.lower(), "") if isinstance(titles, dict) else ""
        known = work.document.memory[key] = Sheet(title)
    return known


def look_ahead(root: XML, work: PartWork) -> None:
    """Shared formulas stand where they were written last, which need not be in front of the cells that share them."""
    sheet = sheet_of(work)
    for formula in root.iter(_FORMULA):
        if formula.get("t") == "shared" and formula.text:
            judged = formulas.of(work.document).judge(formula.text)
            sheet.shared[formula.get("si", "")] = judged.text is not None


def _column(element: XML, work: PartWork) -> XML:
    if element.get("hidden") in _ON:
        first, last = values.whole(element.get("min")), values.whole(element.get("max"))
        if work.rules.office_remarks is Remarks.REMOVED and first is not None and last is not None:
            sheet_of(work).hidden.update(range(first, min(last, _LAST_COLUMN) + 1))
        elif work.rules.office_remarks is Remarks.KEPT:
            work.met(_COLUMNS, sheet_of(work).title)
    return element


def _row(element: XML, work: PartWork) -> XML:
    sheet = sheet_of(work)
    if element.get("hidden") in _ON:
        _hidden(element, work, sheet)
    if sheet.hidden:
        _leave_columns(element, work, sheet)
    for formula in list(element.iter(_FORMULA)):
        if not _goes_on(formula, work, sheet):
            _take_out(formula)  # the value that was worked out last stays
    strings.show(element, work)
    if not metadata.are_kept(work):
        for cell in element:
            if cell.get("cm") is not None:
                del cell.attrib["cm"]
    return element


def _hidden(row: XML, work: PartWork, sheet: Sheet) -> None:
    if work.rules.office_remarks is Remarks.KEPT:
        work.met(_ROWS, sheet.title)
    elif any(len(cell) for cell in row):
        work.met(_GONE_ROWS, sheet.title)
        for cell in list(row):
            row.remove(cell)


def _leave_columns(row: XML, work: PartWork, sheet: Sheet) -> None:
    for cell in list(row.iter(_CELL)):
        if len(cell) and sheet.is_hidden(cell.get("r", "")):
            work.met(_GONE_COLUMNS, sheet.title)
            _take_out(cell)


def _take_out(element: XML) -> None:
    holder = element.getparent()
    if holder is not None:
        holder.remove(element)


def _goes_on(formula: XML, work: PartWork, sheet: Sheet) -> bool:
    cell = next(formula.iterancestors(_CELL), formula)
    text = formula.text or ""
    shared = formula.get("si", "") if formula.get("t") == "shared" else None
    if shared is not None and not text:
        return sheet.shared.get(shared, False)
    value = cell.findtext(_VALUE) or "" if cell.get("t") == "str" else ""
    judged = formulas.of(work.document).judge(text.removeprefix("="), value)
    where = f"{sheet.title}!{cell.get('r', '')}"
    for finding in judged.findings:
        work.found(finding.threat, finding.severity, finding.action, where, finding.detail)
    if judged.harm is not None:
        work.met(judged.harm, where)
    if shared is not None:
        sheet.shared[shared] = judged.text is not None
    if judged.text is not None:
        formula.text = judged.text
    return judged.text is not None


_TABLE: Final = table({
    "x:cols": "> col",
    "x:col": (
        "min=n max=n width=number style=n hidden=flag bestFit=flag customWidth=flag phonetic=flag outlineLevel=n "
        "collapsed=flag"
    ),
    "x:sheetData": "> row",
    "x:row": (
        "r=n spans=spans s=n customFormat=flag ht=number hidden=flag customHeight=flag outlineLevel=n collapsed=flag "
        "thickTop=flag thickBot=flag ph=flag x14ac:dyDescent=number > c"
    ),
    "x:c": "r=area s=n t cm=n ph=flag > f v is",
    "x:f": "words t aca=flag ref=area dt2D=flag dtr=flag del1=flag del2=flag r1=area r2=area ca=flag si=n bx=flag",
    "x:v": "words",
    "x:is": "> t r rPh phoneticPr",
})  # fmt: skip

CELLS: Final = {
    **RICH_TEXT,
    **_TABLE,
    "x:cols": changed(_TABLE["x:cols"], needs=frozenset({"x:col"})),
    "x:col": changed(_TABLE["x:col"], treat=_column),
    "x:row": changed(_TABLE["x:row"], treat=_row),
    # Numbers of values from the web and of pictures in cells; their text stays.
    "x:c": changed(_TABLE["x:c"], attributes={"vm": Fate.SILENT}),
}
