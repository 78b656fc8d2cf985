"""CSV and TSV: every cell read and written again, and no cell that a spreadsheet would work out."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final

import msgspec

from sanitizers.formats.textfile.formulas import (
    SHOWN_AS_TEXT,
    Formula,
    begins_formula,
    inner_starts,
    kind_of_formula,
    shown_inside,
)
from sanitizers.model import Action, Finding, Severity, Threat

csv.field_size_limit(2**31 - 1)  # one cell may be as long as the file; the item's budget counts the bytes

_DELIMITERS: Final = ",\t;|"  #: the more likely first
# Excel in Japan divides a .csv by commas; LibreOffice, unless told otherwise, by all three.
_DIVIDED_BY_OTHERS: Final = ",;\t"
_SAMPLE: Final = 65_536  # characters
_SAMPLE_LINES: Final = 200
_QUOTED: Final = re.compile(r'"[^"]*"?')
_SEPARATOR_LINE: Final = re.compile(r'(?i:"?sep=(.)"?[ \t]*(?:\n|\Z))')  # Excel divides by what stands here
_SIGN: Final = re.compile("[=+\\-@＝＋－＠﹦﹢﹣﹫]")
_NUMBER: Final = re.compile(r"[+-]?[\d,.]*[%％]?")
_NEEDS_QUOTES: Final = re.compile('[",;\t|\n\r]')
_PLACES_NAMED: Final = 5
_LINE: Final = re.compile(r"[^\r\n]*+(?:\r\n|\r|\n)|[^\r\n]++")
_ROWS_AT_ONCE: Final = 4_096


class Quoting(msgspec.Struct, frozen=True):
    """Which cells stand in quotation marks although they need none; None: no cell."""

    is_quoted: Callable[[str], bool] | None


class _Met:
    """Cells that were changed, by kind of formula."""

    def __init__(self) -> None:
        self.counts: Counter[Formula] = Counter()
        self.places: dict[Formula, list[str]] = {}

    def add(self, formula: Formula, row: int, column: int) -> None:
        self.counts[formula] += 1
        places = self.places.setdefault(formula, [])
        if len(places) < _PLACES_NAMED:
            places.append(f"row {row} column {column}")

    def findings(self) -> Iterator[Finding]:
        for formula, count in self.counts.items():
            where = ", ".join(self.places[formula]) + (" …" if count > _PLACES_NAMED else "")
            yield Finding(Threat.ACTIVE_CONTENT, formula.severity, Action.REWRITTEN, where, f"{count} {formula.kind}")


def rebuilt_table(text: str, newline: str, *, tabs: bool) -> tuple[str, tuple[Finding, ...]]:
    """A table written anew (RFC 4180), rows ended by `newline`, lines inside a cell by LF.

    `tabs`: it is a TSV, whatever it looks like.
    """
    directive, body, findings = _separator_line(text)
    delimiter = directive or ("\t" if tabs else found_delimiter(body))
    quoting = _quoting(body, delimiter)
    met = _Met()
    # To a reader of commas the tab after a sign is a blank in a formula.
    signs_count = delimiter == "\t" and not tabs
    lines = _lines(_rows(body, delimiter), delimiter, quoting, _shower(delimiter, met, signs_count=signs_count))
    # Pieces, and no list of lines: each would take its own memory, many times what the table has.
    pieces = []
    while some := list(islice(lines, _ROWS_AT_ONCE)):
        pieces.append(newline.join(some))
    if body.endswith("\n"):
        pieces.append("")
    start = f"sep={directive}{newline}" if directive else ""
    return start + newline.join(pieces), (*findings, *met.findings())


def _rows(body: str, delimiter: str) -> Iterator[list[str]]:
    """One after the other: a large table is never in memory as cells."""
    return csv.reader((line[0] for line in _LINE.finditer(body)), delimiter=delimiter)


def _separator_line(text: str) -> tuple[str, str, tuple[Finding, ...]]:
    """The delimiter that the first line orders, and the rest; a line that orders a strange one is left out."""
    line = _SEPARATOR_LINE.match(text)
    if line is None:
        return "", text, ()
    if line[1] in _DELIMITERS:
        return line[1], text[line.end() :], ()
    detail = "a first line that makes spreadsheets divide the table by another character"
    found = Finding(Threat.DECEPTION, Severity.WARNING, Action.REMOVED, "row 1", detail)
    return "", text[line.end() :], (found,)


def found_delimiter(text: str) -> str:
    """What divides most lines of the beginning into the same number of cells; a comma when nothing does."""
    lines = [line for line in _QUOTED.sub("", text[:_SAMPLE]).split("\n")[:_SAMPLE_LINES] if line]
    best, most = ",", 0
    for delimiter in _DELIMITERS:
        counts = Counter(line.count(delimiter) for line in lines)
        counts.pop(0, None)
        agreeing = max(counts.values(), default=0)
        if agreeing > most:
            best, most = delimiter, agreeing
    return best


def _quoting(body: str, delimiter: str) -> Quoting:
    """As it was: everything in quotation marks, everything but numbers, or only what needs them."""
    marks = body.count('"')
    if not marks:
        return Quoting(None)
    free = words = 0  # cells that need no marks, and those of them that are no numbers
    quoted = marks // 2  # of them
    for row in _rows(body, delimiter):
        for cell in row:
            if _NEEDS_QUOTES.search(cell):
                quoted -= 1 + cell.count('"')
            else:
                free += 1
                words += _NUMBER.fullmatch(cell) is None
    if quoted >= free > 0:
        return Quoting(lambda _cell: True)
    if quoted >= words > 0:
        return Quoting(lambda cell: _NUMBER.fullmatch(cell) is None)
    return Quoting(None)


# A file that begins with ID is SYLK to Excel, so that such a heading stands in quotation marks.
def _lines(
    rows: Iterable[list[str]], delimiter: str, quoting: Quoting, show: Callable[[str, int, int], str]
) -> Iterator[str]:
    needs_care = re.compile(_NEEDS_QUOTES.pattern.replace(delimiter, ""))
    is_quoted = quoting.is_quoted
    for number, row in enumerate(rows, 1):
        cells, line = row, delimiter.join(row)
        if _SIGN.search(line):
            cells = [show(cell, number, column) if _SIGN.search(cell) else cell for column, cell in enumerate(row, 1)]
            line = delimiter.join(cells)
        if number == 1 or is_quoted or needs_care.search(line) or line.count(delimiter) != len(row) - 1:
            written = [
                '"' + cell.replace('"', '""') + '"'
                if _NEEDS_QUOTES.search(cell)
                or (is_quoted and is_quoted(cell))
                or (number == 1 and cell.startswith("ID"))
                else cell
                for cell in cells
            ]
            line = delimiter.join(written)
        yield line


def _shower(delimiter: str, met: _Met, *, signs_count: bool) -> Callable[[str, int, int], str]:
    """Makes a cell show as text at its start, and wherever another program would see the start of one."""
    # Where commas divide, quotation marks hold lines together for everybody; elsewhere a reader of commas may not see
    # the marks, because they do not stand at the start of what is a cell to it.
    # There its own delimiter inside the marks counts too: read again, the table may seem divided by commas.
    others = ";\t" if delimiter == "," else f"{_DIVIDED_BY_OTHERS}\n"
    inner = inner_starts(others)

    def show(cell: str, row: int, column: int) -> str:
        if any(sign in cell for sign in others):
            shown = inner.sub(lambda found: shown_inside(found, others), cell)
        else:
            shown = cell
        if begins_formula(shown) or (signs_count and _SIGN.fullmatch(shown.strip())):
            shown = SHOWN_AS_TEXT + shown
        if shown != cell:
            met.add(kind_of_formula(cell), row, column)
        return shown

    return show
