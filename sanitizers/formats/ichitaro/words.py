"""Words among the control codes of Ichitaro 7 and later; each code and record as learned from files.

A record begins with 001C and its class and length, and ends with the same and 001F; what stands between is layout. One
of class 1 opens words inside the line, which 001E ends: shown ones, readings of those (ruby), and hidden hints.
"""

from enum import Enum, auto
from typing import Final

from sanitizers.manuscript import Draft, Section
from sanitizers.model import Severity, Threat

_TAB, _LINE, _PAGE, _ROW = 0x09, 0x0A, 0x0C, 0x0E
_RECORD, _OPEN, _CLOSE, _END = 0x1C, 0x1D, 0x1E, 0x1F
_FOOT: Final = 4  # units at the end of a record: its length, 0, its class, 001F
_INLINE_HEAD: Final = 7  # 001C, class, 7, 0, a, b, 001D
_INLINE_FOOT: Final = 5  # 001E, 5, 0, class, 001F
_INLINE, _HEADER, _AREA_ENDS, _CELL = 0x01, 0x10, 0x20, 0x30  # classes
_READING: Final = (1, 0x82)
_DEEPEST: Final = 8  # words inside words
_FIRST_PRINTED: Final = 0x20


class _Kind(Enum):
    SHOWN = auto()
    READING = auto()
    HIDDEN = auto()


class Reader:
    """Goes through the units of one text once."""

    def __init__(self, draft: Draft, section: Section) -> None:
        self._draft = draft
        self._section = section
        self._line: list[int] = []  # units
        self._cells: list[list[int]] = []
        self._in_row = False
        self._open: list[tuple[_Kind, list[int]]] = []
        self._new_page = False

    def read(self, units: bytes) -> None:
        """All of them; what cannot be a record is skipped code by code."""
        self._all = [units[at] << 8 | units[at + 1] for at in range(0, len(units) - 1, 2)]
        at = 0
        while at < len(self._all):
            at += self._take(at)
        while self._open:
            self._closed()
        if self._in_row or self._line:
            self._line_ends()

    def _take(self, at: int) -> int:
        unit = self._all[at]
        if unit >= _FIRST_PRINTED or unit == _TAB:
            self._target().append(unit)
            return 1
        if unit == _RECORD:
            return self._record(at)
        if unit == _CLOSE:
            self._closed()
            return _INLINE_FOOT if self._all[at + 4 : at + 5] == [_END] else 1
        if unit == _LINE:
            self._line_or_wrap(at)
        elif unit == _ROW:
            self._line_ends()
        elif unit == _PAGE:
            self._page_ends()
        return 1

    def _page_ends(self) -> None:
        if self._line or self._in_row:
            self._line_ends()
        self._new_page = True

    def _target(self) -> list[int]:
        return self._open[-1][1] if self._open else self._line

    def _record(self, at: int) -> int:
        head = self._all[at : at + _INLINE_HEAD]
        if len(head) < 3:
            return 1
        kind, length = head[1], head[2]
        if kind == _INLINE and length == _INLINE_HEAD and head[-1] == _OPEN and len(self._open) < _DEEPEST:
            self._open.append((_kind(head[4], head[5]), []))
            return _INLINE_HEAD
        foot = self._all[at + length - _FOOT : at + length] if length > _FOOT else []
        if foot != [length, 0, kind, _END]:
            return 1
        if kind == _CELL:
            self._cell_begins()
        elif kind in {_HEADER, _AREA_ENDS} and self._in_row and at and self._all[at - 1] in {_LINE, _ROW}:
            self._line_ends()
        return length

    def _cell_begins(self) -> None:
        if self._in_row:
            self._cells.append(self._line)
        elif self._line:
            self._line_ends()
        self._line = []
        self._in_row = True

    def _line_or_wrap(self, at: int) -> None:
        """In a cell it ends a line of the cell; the row ends with a code of its own."""
        if self._open:
            return
        if not self._in_row:
            self._line_ends()
        elif self._all[at + 1 : at + 2] != [_ROW]:
            self._line.append(_FIRST_PRINTED)

    def _line_ends(self) -> None:
        if self._in_row:
            cells = [_decoded(cell).strip() for cell in (*self._cells, self._line)]
            text = "\t".join(cells).rstrip("\t")
        else:
            text = _decoded(self._line)
        self._draft.paragraph(text, self._section, new_page=self._new_page)
        self._line, self._cells, self._in_row, self._new_page = [], [], False, False

    def _closed(self) -> None:
        if not self._open:
            return
        kind, units = self._open.pop()
        if kind is _Kind.HIDDEN:
            if units:
                self._draft.met(Threat.HIDDEN_CONTENT, Severity.NOTE, "text", "words that are not shown")
        elif kind is _Kind.READING:
            self._target().extend((ord("("), *units, ord(")")) if units else ())
        else:
            self._target().extend(units)


def _kind(first: int, second: int) -> _Kind:
    if first == 0:
        return _Kind.SHOWN
    return _Kind.READING if (first, second) == _READING else _Kind.HIDDEN


def _decoded(units: list[int]) -> str:
    return b"".join(unit.to_bytes(2, "big") for unit in units).decode("utf-16-be", "replace")
