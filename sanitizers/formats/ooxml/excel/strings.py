"""The table of shared strings (18.4.9): every text keeps its number; one that no cell shows is left empty.

What was in hidden rows or sheets that do not go on, or in cells emptied long ago, would else stand here still.
The sheets are written before it, for the workbook names them first.
"""

from typing import Final

from sanitizers.formats.ooxml import values
from sanitizers.formats.ooxml.allowed import XML, Grammar
from sanitizers.formats.ooxml.excel.notation import changed, table
from sanitizers.formats.ooxml.excel.richtext import RICH_TEXT
from sanitizers.formats.ooxml.kinds import Trace
from sanitizers.formats.ooxml.namespaces import clark
from sanitizers.formats.ooxml.work import PartWork
from sanitizers.model import Severity, Threat

_UNSHOWN: Final = Trace(Threat.HIDDEN_CONTENT, Severity.NOTE, "texts that no cell shows")
_MEMORY: Final = "excel/strings"
_TEXT: Final = clark("x:t")
_VALUE: Final = clark("x:v")
_TYPE: Final = "t"
_SHARED: Final = "s"


class _Shown:
    """Numbers of the texts that cells show, and how many texts have gone by."""

    def __init__(self) -> None:
        self.numbers: set[int] = set()
        self.next = 0


def show(row: XML, work: PartWork) -> None:
    """The texts of the cells of a row go on."""
    numbers = _of(work).numbers
    for cell in row:
        if cell.get(_TYPE) == _SHARED:
            number = values.whole(cell.findtext(_VALUE))
            if number is not None:
                numbers.add(number)


def _of(work: PartWork) -> _Shown:
    known = work.document.memory.get(_MEMORY)
    if not isinstance(known, _Shown):
        known = work.document.memory[_MEMORY] = _Shown()
    return known


def _string(element: XML, work: PartWork) -> XML:
    shown = _of(work)
    number, shown.next = shown.next, shown.next + 1
    if number not in shown.numbers and len(element):
        if any((each.text or "").strip() for each in element.iter(_TEXT)):
            work.met(_UNSHOWN)
        for child in list(element):
            element.remove(child)
    return element


_TABLE: Final = table({
    "x:sst": "count=n uniqueCount=n > si",
    "x:si": "> t r rPh phoneticPr",
})  # fmt: skip

STRINGS: Final = Grammar(
    "x:sst",
    {**RICH_TEXT, **_TABLE, "x:si": changed(_TABLE["x:si"], treat=_string)},
    default="x",
    streamed="x:si",
)
