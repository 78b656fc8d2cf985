"""Tracked changes and comments: kept, or accepted and removed, by rule; always reported (ECMA-376 part 1, 17.13)."""

from collections.abc import Iterable
from typing import Final

from sanitizers.formats.ooxml.allowed import XML
from sanitizers.formats.ooxml.kinds import Trace
from sanitizers.formats.ooxml.namespaces import clark
from sanitizers.formats.ooxml.word import trees
from sanitizers.formats.ooxml.word.trees import PARAGRAPH, RUN_PROPERTIES
from sanitizers.formats.ooxml.work import ANYBODY, PartWork
from sanitizers.model import Action, Severity, Threat
from sanitizers.rules import Author, Remarks


def _hidden(words: str, removed: Action) -> dict[Remarks, Trace]:
    return {
        Remarks.KEPT: Trace(Threat.HIDDEN_CONTENT, Severity.NOTE, words, Action.NOTED),
        Remarks.REMOVED: Trace(Threat.HIDDEN_CONTENT, Severity.NOTE, words, removed),
    }


_CHANGES: Final = _hidden("tracked changes", Action.REWRITTEN)
_COMMENTS: Final = _hidden("comments", Action.REMOVED)

_GONE: Final = trees.named("del moveFrom")  # with what is in them, once the change is accepted
_COME: Final = trees.named("ins moveTo")  # what is in them stays
_OTHERS: Final = trees.named(
    "rPrChange pPrChange sectPrChange tblPrChange tblGridChange trPrChange tcPrChange tblPrExChange numberingChange"
    " cellIns cellDel cellMerge"
)
_MOVES: Final = trees.named("moveFromRangeStart moveFromRangeEnd moveToRangeStart moveToRangeEnd")
_DELETED_TEXT: Final = trees.named("delText delInstrText")
_ALL: Final = (*_GONE, *_COME, *_OTHERS)
#: Where such an element is a mark of something else and holds no text.
_MARKED: Final = trees.named("rPr trPr numPr m:ctrlPr")
_COMMENT: Final = clark("w:comment")
_COMMENT_MARKS: Final = tuple(trees.named("commentRangeStart commentRangeEnd commentReference"))
_ROW: Final = clark("w:tr")
_ROW_PROPERTIES: Final = clark("w:trPr")
_CELL: Final = clark("w:tc")
_CELL_DELETED: Final = clark("w:cellDel")
_PARAGRAPH_PROPERTIES: Final = clark("w:pPr")
_AUTHOR: Final = clark("w:author")
_INITIALS: Final = clark("w:initials")


def settle(root: XML, work: PartWork) -> None:
    """Tell of tracked changes and comments, and do with them as the rules say."""
    _settle_comments(root, work)
    changes = list(root.iter(*_ALL))
    for _ in changes:
        work.met(_CHANGES[work.rules.office_remarks])
    if work.rules.office_remarks is Remarks.REMOVED:
        _accept(changes, root)
    elif work.rules.office_author is Author.REMOVED:
        _forget_authors((*changes, *root.iter(*_MOVES, _COMMENT)))


def _settle_comments(root: XML, work: PartWork) -> None:
    comments = list(root.iter(_COMMENT))
    for _ in comments:
        work.met(_COMMENTS[work.rules.office_remarks])
    marks = list(root.iter(*_COMMENT_MARKS))
    removed = work.rules.office_remarks is Remarks.REMOVED
    # A mark without its comment makes a file that Word repairs.
    if removed or (marks and work.kind.name == "word/document" and work.neighbour("word/comments") is None):
        for element in (*comments, *marks):
            trees.leave_out(element)


def _forget_authors(elements: Iterable[XML]) -> None:
    for element in elements:
        if element.get(_AUTHOR) is not None:
            element.set(_AUTHOR, ANYBODY)
        element.attrib.pop(_INITIALS, None)


def _accept(changes: list[XML], root: XML) -> None:
    """As if a person had accepted every change."""
    # From the end: of many paragraphs that become one, each is moved once.
    for change in reversed(changes):
        parent = change.getparent()
        if parent is None:
            continue
        if change.tag in _OTHERS:
            _accept_other(change)
        elif parent.tag in _MARKED:
            _accept_mark(change, parent)
        elif change.tag in _GONE:
            parent.remove(change)
        else:
            trees.unwrap(change)
    for rest in list(root.iter(*_MOVES, *_DELETED_TEXT)):
        trees.leave_out(rest)


def _accept_other(change: XML) -> None:
    cell = next(change.iterancestors(_CELL), None) if change.tag == _CELL_DELETED else None
    if cell is not None and any(
        next(cell.itersiblings(_CELL, preceding=before), None) is not None for before in (False, True)
    ):
        trees.leave_out(cell)
    trees.leave_out(change)


def _accept_mark(change: XML, parent: XML) -> None:
    """A mark says that the paragraph's end, the row or the number itself came or went."""
    parent.remove(change)
    if change.tag not in _GONE:
        return
    above = parent.getparent()
    if parent.tag == _ROW_PROPERTIES and above is not None and above.tag == _ROW:
        trees.leave_out(above)
    elif parent.tag == RUN_PROPERTIES and above is not None and above.tag == _PARAGRAPH_PROPERTIES:
        _join(above)


def _join(properties: XML) -> None:
    """A paragraph without its end: what is in it begins the next one."""
    paragraph = properties.getparent()
    following = paragraph.getnext() if paragraph is not None else None
    if paragraph is None or following is None or following.tag != PARAGRAPH or paragraph.tag != PARAGRAPH:
        return
    # No counting: of a document that is one long paragraph at last it would cost the square.
    first = next((each for each in following if each.tag != _PARAGRAPH_PROPERTIES), None)
    for child in [each for each in paragraph if each.tag != _PARAGRAPH_PROPERTIES]:
        if first is None:
            following.append(child)
        else:
            first.addprevious(child)
    trees.leave_out(paragraph)
