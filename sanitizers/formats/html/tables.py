"""Tables as text: data in aligned columns or as "heading: value" lines, layout as the blocks it places.

Aligned columns are joined by " | " under a rule line, so that they can be read in a proportional font too; what does
not fit a mail's line becomes "heading: value" lines, which need no alignment at all.
"""

import re
import unicodedata
from dataclasses import dataclass, field

from sanitizers.formats.html.page import trimmed

WIDEST = 78  #: columns of one line (RFC 5322 section 2.1.1)
WIDEST_LABEL = 30  #: columns of a heading that stands before its value
MAX_COLUMNS = 60  #: a wider table is laid out cell by cell
MAX_CELLS = 100_000  #: rows by columns, where a span repeats cells; a larger table is laid out cell by cell, too
MAX_SPAN = 1_000  #: of rowspan and colspan; the HTML standard allows 65534
JOINT = " | "

_MARK = re.compile(r"[^\w\s]{1,2}|\(?\d{1,2}[.)]|[①-⑳]")
_ENDS_LABEL = (":", "：")


@dataclass(slots=True)
class Cell:
    """One cell with the lines inside it."""

    lines: list[str] = field(default_factory=list)
    heading: bool = False
    columns: int = 1  #: colspan
    rows: int = 1  #: rowspan
    room: bool = False  #: a blank line is due after it

    @property
    def text(self) -> str:
        """The lines as one; most cells have one."""
        return " ".join(line.strip() for line in self.lines if line)


@dataclass(slots=True)
class Table:
    """A table being read."""

    says_data: bool = False  #: a border, a caption, a heading cell, or a role says that it holds data
    says_layout: bool = False  #: role=presentation, or another table inside
    caption: list[str] = field(default_factory=list)
    rows: list[list[Cell]] = field(default_factory=list)


Grid = list[list[Cell | None]]


def table_lines(table: Table) -> list[str]:
    """The table as lines of text."""
    return [*table.caption, *_body_lines(table)]


def _body_lines(table: Table) -> list[str]:
    rows = [row for row in table.rows if any(cell.lines for cell in row)]
    if table.says_layout or _one_column(rows) or not _looks_like_data(table, rows):
        return _layout(rows)
    grid = _without_empty_columns(_grid(rows))
    if not grid or len(grid[0]) == 1:
        return _layout(rows)
    if _labels_first(grid):
        return _pairs(grid)
    return _aligned(grid) or _spelled_out(grid) or _layout(rows)


def _one_column(rows: list[list[Cell]]) -> bool:
    return all(sum(1 for cell in row if cell.lines) <= 1 for row in rows)


def _looks_like_data(table: Table, rows: list[list[Cell]]) -> bool:
    if table.says_data:
        return True
    several = [row for row in rows if sum(1 for cell in row if cell.lines) > 1]
    return len(several) > 1 and all(_fits_one_line(row) for row in several)


def _fits_one_line(row: list[Cell]) -> bool:
    room = WIDEST
    for cell in row:
        if len(cell.lines) > 1:
            return False
        if cell.lines:
            room -= width(cell.lines[0]) + len(JOINT)
    return room >= 0


def _layout(rows: list[list[Cell]]) -> list[str]:
    """Cells one after the other; a short row stays on one line."""
    lines: list[str] = []
    for row in rows:
        full = [cell for cell in row if cell.lines]
        if len(full) > 1 and _fits_one_line(full):
            mark = _MARK.fullmatch(full[0].text) is not None
            rest = JOINT.join(cell.text for cell in full[mark:])
            lines.append(f"{full[0].text} {rest}" if mark else rest)
            continue
        for cell in full:
            apart = cell.room or len(cell.lines) > 1
            if lines and apart and lines[-1]:
                lines.append("")
            lines += cell.lines
            if apart:
                lines.append("")
    return trimmed(lines)


def _grid(rows: list[list[Cell]]) -> Grid:
    """Cells in their columns, empty when there are too many.

    A cell that spans several columns stands in the first, the others are None. A short value that spans several rows
    stands in each of them, so that every line can be understood on its own.
    """
    grid: Grid = []
    columns = 0
    covered: dict[int, tuple[int, Cell | None]] = {}  # column → rows left, and what to show there
    for row in rows:
        line: list[Cell | None] = []
        for cell in row:
            while len(line) in covered:
                line.append(covered[len(line)][1])
            span = min(cell.columns, MAX_COLUMNS)
            if cell.rows > 1:
                repeated = cell if span == 1 and not cell.heading and width(cell.text) <= WIDEST_LABEL else None
                covered.update(dict.fromkeys(range(len(line), len(line) + span), (cell.rows, repeated)))
            line += [cell, *[None] * (span - 1)]
            if len(line) > MAX_COLUMNS:
                return []
        grid.append(line)
        columns = max(columns, len(line))
        if len(grid) * columns > MAX_CELLS:
            return []
        covered = {column: (left - 1, shown) for column, (left, shown) in covered.items() if left > 1}
    return [line + [None] * (columns - len(line)) for line in grid]


def _without_empty_columns(grid: Grid) -> Grid:
    full = [column for column in range(len(grid[0]) if grid else 0) if any(_filled(line[column]) for line in grid)]
    return [[line[column] for column in full] for line in grid]


def _filled(cell: Cell | None) -> bool:
    return cell is not None and bool(cell.lines)


def _labels_first(grid: Grid) -> bool:
    """Two columns, and the first names the second: a form, a list of facts."""
    if len(grid[0]) != 2:
        return False
    first = [line[0] for line in grid if line[0] is not None and line[1] is not None]
    return (
        bool(first)
        and all(cell.heading and width(cell.text) <= WIDEST_LABEL for cell in first)
        and not any(line[1] is not None and line[1].heading for line in grid)
    )


def _pairs(grid: Grid) -> list[str]:
    lines: list[str] = []
    for line in grid:
        label, value = line
        if label is None or value is None:
            lines += [text for cell in line if cell is not None for text in cell.lines]
        else:
            lines += _pair(label.text, value.lines)
    return lines


def _pair(label: str, value: list[str]) -> list[str]:
    if not label:
        return list(value)
    joint = " " if label.endswith(_ENDS_LABEL) else ": "
    first, *others = value or [""]
    return [f"{label}{joint}{first}".rstrip(), *("  " + line if line else "" for line in others)]


def _aligned(grid: Grid) -> list[str]:
    """Columns under each other; nothing when they do not fit a line."""
    if any(cell is not None and len(cell.lines) > 1 for line in grid for cell in line):
        return []
    widths = [max((_own_width(line, column) for line in grid), default=0) for column in range(len(grid[0]))]
    if sum(widths) + len(JOINT) * (len(widths) - 1) > WIDEST:
        return []
    lines = [_aligned_line(line, widths) for line in grid]
    if any(width(line) > WIDEST for line in lines):
        return []
    if _is_heading(grid[0]) and len(grid) > 1:
        lines.insert(1, "-+-".join("-" * size for size in widths))
    return lines


def _own_width(line: list[Cell | None], column: int) -> int:
    cell = line[column]
    if cell is None or (cell.columns > 1 and column + 1 < len(line) and line[column + 1] is None):
        return 0
    return width(cell.text)


def _aligned_line(line: list[Cell | None], widths: list[int]) -> str:
    parts: list[str] = []
    column = 0
    while column < len(line):
        cell = line[column]
        text = cell.text if cell is not None else ""
        room, column = widths[column], column + 1
        if cell is not None and cell.columns > 1:
            if not any(_filled(other) for other in line[column:]) and not parts:
                return text
            covered = 1
            while column < len(line) and line[column] is None and covered < cell.columns:
                room += widths[column] + len(JOINT)
                column, covered = column + 1, covered + 1
        parts.append(text + " " * (room - width(text)))
    return JOINT.join(parts).rstrip()


def _is_heading(line: list[Cell | None]) -> bool:
    return all(cell.heading for cell in line if cell is not None and cell.lines)


def _spelled_out(grid: Grid) -> list[str]:
    """Each row as "heading: value" lines; nothing when there are no short headings to name the values."""
    if not _is_heading(grid[0]) or len(grid) < 2:
        return _unnamed_pairs(grid)
    labels = [cell.text if cell is not None else "" for cell in grid[0]]
    if any(width(label) > WIDEST_LABEL for label in labels):
        return []
    lines: list[str] = []
    for line in grid[1:]:
        lines.append("")
        for label, cell in zip(labels, line, strict=True):
            if cell is not None and cell.lines:
                lines += _pair(label, cell.lines)
    return lines[1:]


def _unnamed_pairs(grid: Grid) -> list[str]:
    """Two columns, the first short: its cells name those of the second, whatever the mark-up calls them."""
    firsts = [line[0] for line in grid]
    if len(grid[0]) != 2 or not all(
        cell is not None and len(cell.lines) <= 1 and 0 < width(cell.text) <= WIDEST_LABEL for cell in firsts
    ):
        return []
    return _pairs(grid)


def width(text: str) -> int:
    """Columns in a Japanese monospaced font, where ambiguous characters are wide."""
    try:
        # Microsoft's Shift_JIS has two octets exactly for the characters that are drawn two columns wide.
        return len(text.encode("cp932"))
    except UnicodeEncodeError:
        return sum(_character_width(character) for character in text)


def _character_width(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WFA" else 1
