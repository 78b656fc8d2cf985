"""Puts the records of a section together again: paragraphs, and the tables, notes and boxes that hang from them."""

import struct
from typing import Final

from sanitizers.formats.hwp import records
from sanitizers.formats.hwp.records import Record, text_of
from sanitizers.manuscript import Draft, Section
from sanitizers.model import CannotSanitize, Severity, Threat

_DEEPEST: Final = 64  # levels of tables and boxes inside each other
_CELL: Final = struct.Struct("<8x2H")  # of a list that is a cell: column and row
_MOST_ROWS: Final = 32_767

# What hangs from a paragraph, by its four letters → where its words stand; a table stands where it is.
_PLACES: Final = {
    b"head": Section.HEADER,
    b"foot": Section.HEADER,
    b"fn  ": Section.NOTE,
    b"en  ": Section.NOTE,
    b"gso ": Section.FRAME,
    b"secd": Section.HEADER,  # a master page, in the definition of the section
}
_TABLE: Final = b"tbl "
_EQUATION: Final = b"eqed"
_HIDDEN: Final = {b"tcmt": "a hidden comment"}
_FETCHING: Final = {b"%hlk": "the target of a hyperlink", b"%pat": "the path of a file", b"%unk": "a field"}
_DROPPED: Final = {
    records.PICTURE: (Threat.EMBEDDED_OBJECT, Severity.NOTE, "a picture"),
    records.OLE: (Threat.EMBEDDED_OBJECT, Severity.WARNING, "an embedded object (OLE)"),
    records.VIDEO: (Threat.EMBEDDED_OBJECT, Severity.WARNING, "a video"),
    records.FORM: (Threat.ACTIVE_CONTENT, Severity.NOTE, "a form field"),
}


class Story:
    """One section."""

    def __init__(self, section: bytes, draft: Draft) -> None:
        self._records = list(records.records(section))
        self._draft = draft
        self._at = 0

    def read(self) -> None:
        """All of its paragraphs into the draft."""
        while self._at < len(self._records):
            record = self._records[self._at]
            if record.tag == records.PARAGRAPH:
                self._paragraphs(record.level, Section.BODY, 0)
            else:
                self._look(record)
                self._at += 1

    def _paragraphs(self, level: int, place: Section, depth: int) -> None:
        """The paragraphs of this level, up to a record of a lower one or another thing beside them."""
        if depth > _DEEPEST:
            raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {_DEEPEST} levels of tables and boxes")
        while (record := self._next_at(level)) is not None and record.tag == records.PARAGRAPH:
            self._at += 1
            self._paragraph(level + 1, place, depth)

    def _paragraph(self, level: int, place: Section, depth: int) -> None:
        text = ""
        hanging: list[int] = []
        start = self._at
        while (record := self._next_at(level)) is not None:
            if record.tag == records.TEXT and record.level == level:
                text = text_of(record.body)
            elif record.tag == records.CONTROL and record.level == level:
                hanging.append(self._at)
            self._at += 1
        end = self._at
        if text.strip() or not hanging:
            self._draft.paragraph(text, place)
        for number, at in enumerate(hanging):
            self._at = at
            self._control(level, place, depth, hanging[number + 1] if number + 1 < len(hanging) else end)
        self._at = max(end, start)

    def _control(self, level: int, place: Section, depth: int, end: int) -> None:
        """A control and all below it, which ends before `end`."""
        letters = self._records[self._at].body[:4][::-1]
        self._at += 1
        if letters in _HIDDEN:
            self._draft.met(Threat.HIDDEN_CONTENT, Severity.NOTE, "text", _HIDDEN[letters])
        elif letters in _FETCHING:
            self._draft.met(Threat.EXTERNAL_REFERENCE, Severity.NOTE, "fields", _FETCHING[letters])
        elif letters == _TABLE:
            self._table(level + 1, place, depth, end)
        else:
            self._below(_PLACES.get(letters, place), depth, end)
        self._at = end

    def _below(self, place: Section, depth: int, end: int) -> None:
        """Lists of paragraphs at any depth below a control."""
        while self._at < end:
            record = self._records[self._at]
            if record.tag == records.PARAGRAPH:
                self._paragraphs(record.level, place, depth + 1)
                continue
            if record.tag == records.EQUATION:
                self._draft.paragraph(_script_of(record.body), place)
            self._look(record)
            self._at += 1

    def _table(self, level: int, place: Section, depth: int, end: int) -> None:
        """Its caption, which stands in front of it, then its cells."""
        cells: dict[int, dict[int, str]] = {}
        is_cell = False
        while self._at < end:
            record = self._records[self._at]
            self._at += 1
            if record.tag == records.TABLE:
                is_cell = True
            elif record.tag == records.LIST and record.level == level:
                if not is_cell or len(record.body) < _CELL.size:
                    self._paragraphs(level, place, depth + 1)
                    continue
                column, row = _CELL.unpack_from(record.body)
                text = self._cell(level, depth, end)
                if row <= _MOST_ROWS:
                    cells.setdefault(row, {})[column] = text
        self._draft.table([[text for _, text in sorted(row.items())] for _, row in sorted(cells.items())], place)

    def _cell(self, level: int, depth: int, end: int) -> str:
        """All words of a cell: paragraphs, and tables in it, line by line."""
        if depth > _DEEPEST:
            raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {_DEEPEST} levels of tables and boxes")
        lines: list[str] = []
        while self._at < end:
            record = self._records[self._at]
            if record.level < level or (record.level == level and record.tag in {records.LIST, records.TABLE}):
                break
            if record.tag == records.TEXT:
                lines.append(text_of(record.body))
            elif record.tag == records.EQUATION:
                lines.append(_script_of(record.body))
            self._look(record)
            self._at += 1
        return "\n".join(lines)

    def _next_at(self, level: int) -> Record | None:
        """The next record if it is of this level or deeper."""
        if self._at >= len(self._records) or self._records[self._at].level < level:
            return None
        return self._records[self._at]

    def _look(self, record: Record) -> None:
        if record.tag in _DROPPED:
            threat, severity, detail = _DROPPED[record.tag]
            self._draft.met(threat, severity, "objects", detail)


def _script_of(body: bytes) -> str:
    """4.3.9.4: attributes, length in units, the script of an equation."""
    if len(body) < 6:
        return ""
    (length,) = struct.unpack_from("<H", body, 4)
    return body[6 : 6 + length * 2].decode("utf-16-le", "replace")
