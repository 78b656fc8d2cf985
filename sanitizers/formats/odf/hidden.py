"""Tracked changes, comments, notes and what is hidden: always told of; by rule out of the tree before it is written."""

from bisect import bisect_left
from collections.abc import Iterator
from copy import deepcopy
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from lxml import etree

from sanitizers.formats.odf.namespaces import clark
from sanitizers.formats.odf.parsing import XML
from sanitizers.markup.census import Kind
from sanitizers.model import Action, Severity, Threat
from sanitizers.rules import Author, Remarks

if TYPE_CHECKING:
    from sanitizers.formats.odf.work import Work

_T: Final = clark("table:table")
_ROW: Final = clark("table:table-row")
_COLUMN: Final = clark("table:table-column")
_ROW_GROUP: Final = clark("table:table-row-group")
_COLUMN_GROUP: Final = clark("table:table-column-group")
_GROUP_DISPLAY: Final = clark("table:display")
_PAGE: Final = clark("draw:page")
_SECTION: Final = clark("text:section")
_NOTES: Final = clark("presentation:notes")
_HIDDEN_PARAGRAPH: Final = clark("text:hidden-paragraph")
_PARAGRAPHS: Final = frozenset({clark("text:p"), clark("text:h")})
_CELLS: Final = frozenset({clark("table:table-cell"), clark("table:covered-table-cell")})
_NAME: Final = clark("table:name")
_STYLE: Final = clark("table:style-name")
_PAGE_STYLE: Final = clark("draw:style-name")
_TEXT_STYLE: Final = clark("text:style-name")
_VISIBILITY: Final = clark("table:visibility")
_DISPLAY: Final = clark("text:display")
_SHAPE_DISPLAY: Final = clark("draw:display")
_COLUMNS_REPEATED: Final = clark("table:number-columns-repeated")
_OUT_OF_SIGHT: Final = frozenset({"collapse", "filter"})
#: What an emptied cell keeps: its place and its look.
_OF_EMPTY_CELLS: Final = frozenset(
    clark(f"table:{name}")
    for name in ("style-name", "number-columns-repeated", "number-columns-spanned", "number-rows-spanned")
)

_SHEET: Final = "a hidden sheet"
_ROWS: Final = "hidden rows"
_COLUMNS: Final = "hidden columns"
_SLIDE: Final = "a hidden slide"
_HIDDEN_SECTION: Final = "a hidden section"
_TEXT: Final = "hidden text"
_WORDS: Final = {
    clark("text:tracked-changes"): "tracked changes",
    clark("table:tracked-changes"): "tracked changes",
    clark("office:annotation"): "comments",
    clark("text:hidden-text"): _TEXT,
    _HIDDEN_PARAGRAPH: _TEXT,
    _NOTES: "speaker notes",
}
_BY_ATTRIBUTE: Final = {
    _ROW: (_VISIBILITY, _OUT_OF_SIGHT, _ROWS),
    _COLUMN: (_VISIBILITY, _OUT_OF_SIGHT, _COLUMNS),
    _ROW_GROUP: (_GROUP_DISPLAY, frozenset({"false"}), _ROWS),
    _COLUMN_GROUP: (_GROUP_DISPLAY, frozenset({"false"}), _COLUMNS),
    _SECTION: (_DISPLAY, frozenset({"none", "condition"}), _HIDDEN_SECTION),
}
#: Marks of changes and comments, which stand in the text; they go with what they mark, silently.
_MARKS: Final = (
    *(clark(f"text:{name}") for name in ("change", "change-start", "change-end")),
    clark("office:annotation-end"),
)
_LOOKED_AT: Final = (*_WORDS, *_BY_ATTRIBUTE, _T, _PAGE)
#: Who wrote a comment or a change (ODF 1.3 part 3, 4.3.2.7, 4.3.2.8), and what LibreOffice writes beside it.
_NAMES: Final = (clark("dc:creator"),)
_NAMES_IN_SHORT: Final = (clark("meta:creator-initials"), clark("loext:sender-initials"))
_ANYBODY: Final = "Author"
_SHAPES: Final = etree.XPath("//*[@draw:display='none']", namespaces={"draw": _SHAPE_DISPLAY[1:].partition("}")[0]})


def settle(work: "Work", content: XML, styles: XML | None) -> None:
    """Tell of what is hidden in a document and, where the rules say so, remove it from the tree."""
    for comment in list(content.iter(clark("officeooo:annotation"))):
        comment.tag = clark("office:annotation")  # LibreOffice's own name for those of slides; it reads both
    _Search(work, content, styles).settle()
    if work.document.job.rules.office_author is Author.REMOVED:
        for root in (content, *(() if styles is None or styles is content else (styles,))):
            for name in list(root.iter(*_NAMES)):
                name.text = _ANYBODY
            for initials in list(root.iter(*_NAMES_IN_SHORT)):
                _remove(initials)


class _Search:
    def __init__(self, work: "Work", content: XML, styles: XML | None) -> None:
        self._work = work
        self._content = content
        self._removes = work.document.job.rules.office_remarks is Remarks.REMOVED
        roots = [content] if styles is None or styles is content else [content, styles]
        self._sheets = _styles(roots, "style:table-properties", "table:display", "false")
        self._pages = _styles(roots, "style:drawing-page-properties", "presentation:visibility", "hidden")
        self._texts = _heirs(roots, _styles(roots, "style:text-properties", "text:display", "none"))
        self._left: set[str] = set()

    def settle(self) -> None:
        for element in list(self._content.iter(*_LOOKED_AT)):
            words = self._words(element)
            if words:
                self._met(element, words)
        if self._texts:
            for element in list(self._content.iter(clark("text:span"), *_PARAGRAPHS)):
                if element.get(_TEXT_STYLE) in self._texts and "".join(element.itertext()).strip():
                    self._met(element, _TEXT)
        for shape in _SHAPES(self._content):
            self._met(shape, "hidden shapes")
        if self._removes:
            for mark in list(self._content.iter(*_MARKS)):
                _remove(mark)
            self._empty_columns()
        self._work.left_sheets = frozenset(self._left)

    def _words(self, element: XML) -> str:
        """What it is when it is hidden or a remark, "" when a reader sees it."""
        tag = element.tag
        if tag in _BY_ATTRIBUTE:
            key, values, words = _BY_ATTRIBUTE[tag]
            return words if element.get(key) in values else ""
        if tag == _T:
            return _SHEET if element.get(_STYLE) in self._sheets else ""
        if tag == _PAGE:
            return _SLIDE if element.get(_PAGE_STYLE) in self._pages else ""
        speaks = (
            "".join(element.itertext()).strip() if tag == _NOTES else len(element) or element.attrib or element.text
        )
        return _WORDS[tag] if speaks else ""

    def _met(self, element: XML, words: str) -> None:
        if self._removes and (words == _COLUMNS or (words == _ROWS and not _is_filled(element))):
            return  # nothing to remove, or told of below
        action = Action.REMOVED if self._removes else Action.NOTED
        example = element.get(_NAME) or "" if words in {_SHEET, _SLIDE} else ""
        self._work.met(Kind(Threat.HIDDEN_CONTENT, Severity.NOTE, words, action), example)
        if not self._removes:
            return
        if words == _ROWS:
            _empty_cells(element)
        elif words == _SHEET:
            self._left.add(element.get(_NAME) or "")
            _remove(element)
        else:
            _remove(_paragraph_of(element) if element.tag == _HIDDEN_PARAGRAPH else element)

    def _empty_columns(self) -> None:
        """Cells of hidden columns, which keep their places: every other cell and formula stays where it is."""
        for table in self._content.iter(_T):
            hidden = list(_hidden_columns(table))
            emptied = [_empty_in_columns(row, hidden) for row in table.iter(_ROW)] if hidden else []
            if any(emptied):
                self._work.met(Kind(Threat.HIDDEN_CONTENT, Severity.NOTE, _COLUMNS, Action.REMOVED))


def _styles(roots: list[XML], properties: str, attribute: str, value: str) -> frozenset[str]:
    """Names of styles with this property."""
    key, name = clark(attribute), clark("style:name")
    found = (each for root in roots for each in root.iter(clark(properties)) if each.get(key) == value)
    parents = (each.getparent() for each in found)
    return frozenset(parent.get(name) or "" for parent in parents if parent is not None) - {""}


def _heirs(roots: list[XML], names: frozenset[str]) -> frozenset[str]:
    """These styles and all that take after them, unless they say otherwise themselves."""
    if not names:
        return names
    name, parent = clark("style:name"), clark("style:parent-style-name")
    children: dict[str, list[str]] = {}
    for style in (each for root in roots for each in root.iter(clark("style:style"))):
        said = style.find(clark("style:text-properties"))
        if said is None or said.get(clark("text:display")) is None:
            children.setdefault(style.get(parent) or "", []).append(style.get(name) or "")
    found, waiting = set(names), list(names)
    while waiting:
        fresh = [each for each in children.get(waiting.pop(), ()) if each not in found]
        found.update(fresh)
        waiting += fresh
    return frozenset(found)


def _paragraph_of(element: XML) -> XML:
    """text:hidden-paragraph hides the paragraph that it stands in."""
    return next((each for each in element.iterancestors() if each.tag in _PARAGRAPHS), element)


def _remove(element: XML) -> None:
    """Without the text behind it."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail:
        before = element.getprevious()
        if before is not None:
            before.tail = (before.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
    parent.remove(element)


def _empty_cells(rows: XML) -> None:
    """Of a row, or of a group of rows."""
    for cell in list(rows.iter(*_CELLS)):
        _empty(cell)


def _is_filled(rows: XML) -> bool:
    """Whether something stands in one of the cells."""
    return any(len(cell) or set(cell.attrib) - _OF_EMPTY_CELLS for cell in rows.iter(*_CELLS))


def _empty(cell: XML) -> None:
    for child in list(cell):
        cell.remove(child)
    for key in list(cell.attrib):
        if key not in _OF_EMPTY_CELLS:
            del cell.attrib[key]


def _hidden_columns(table: XML) -> Iterator[tuple[int, int]]:
    """First and last number of each run of hidden columns, in order."""
    at = 0
    for column in table.iter(_COLUMN):
        count = _repeated(column)
        grouped = any(group.get(_GROUP_DISPLAY) == "false" for group in column.iterancestors(_COLUMN_GROUP))
        if grouped or column.get(_VISIBILITY) in _OUT_OF_SIGHT:
            yield at, at + count - 1
        at += count


def _repeated(element: XML) -> int:
    text = element.get(_COLUMNS_REPEATED) or "1"
    return max(1, min(int(text), 20_000)) if text.isdecimal() and len(text) < 20 else 1


def _empty_in_columns(row: XML, hidden: list[tuple[int, int]]) -> bool:
    """Whether there was anything in them."""
    at = 0
    filled = False
    for cell in [each for each in row if each.tag in _CELLS]:
        count = _repeated(cell)
        runs = _runs(at, at + count - 1, hidden) if _is_filled(cell) else []
        at += count
        for length, is_hidden in reversed(runs[1:]):
            copy = deepcopy(cell)
            copy.tail = None
            cell.addnext(copy)
            _settle_run(copy, length, is_hidden=is_hidden)
        for length, is_hidden in runs[:1]:
            _settle_run(cell, length, is_hidden=is_hidden)
        filled = filled or any(is_hidden for _, is_hidden in runs)
    return filled


def _settle_run(cell: XML, length: int, *, is_hidden: bool) -> None:
    if is_hidden:
        _empty(cell)
    if length > 1 or _COLUMNS_REPEATED in cell.attrib:
        cell.set(_COLUMNS_REPEATED, str(length))


def _runs(first: int, last: int, hidden: list[tuple[int, int]]) -> list[tuple[int, bool]]:
    """The columns from first to last as runs of one kind: length, and whether they are hidden."""
    found: list[tuple[int, bool]] = []
    at = first
    for index in range(bisect_left(hidden, first, key=itemgetter(1)), len(hidden)):
        start, stop = hidden[index]
        if start > last:
            break
        if start > at:
            found.append((start - at, False))
            at = start
        found.append((min(stop, last) + 1 - at, True))
        at = min(stop, last) + 1
    return [*found, (last + 1 - at, False)] if at <= last else found
