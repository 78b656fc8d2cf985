"""Footnotes and endnotes (ECMA-376 part 1, 17.11): those that nothing in the text refers to any more do not go on."""

from typing import TYPE_CHECKING, Final

from sanitizers.formats.ooxml.allowed import XML
from sanitizers.formats.ooxml.kinds import Trace
from sanitizers.formats.ooxml.namespaces import clark
from sanitizers.formats.ooxml.word import trees
from sanitizers.model import Severity, Threat

if TYPE_CHECKING:
    from sanitizers.formats.ooxml.work import PartWork

_LEFT: Final = Trace(Threat.HIDDEN_CONTENT, Severity.NOTE, "notes that nothing in the text refers to")
_ID: Final = clark("w:id")
_TYPE: Final = clark("w:type")
#: Kind of part → its notes, what refers to them, and where the numbers referred to are remembered.
_KINDS: Final = {
    "word/footnotes": (clark("w:footnote"), clark("w:footnoteReference"), "word: footnotes"),
    "word/endnotes": (clark("w:endnote"), clark("w:endnoteReference"), "word: endnotes"),
}
_PLAIN: Final = frozenset({None, "normal"})  # of another type are lines between text and notes, which no text refers to


def remember(root: XML, work: "PartWork") -> None:
    """The notes that the document, which is written first, still refers to."""
    if work.kind.name == "word/document":
        for _, reference, key in _KINDS.values():
            work.document.memory[key] = frozenset(each.get(_ID) for each in root.iter(reference))


def keep_referred(root: XML, work: "PartWork") -> None:
    """Take the other notes out of their part."""
    if work.kind.name not in _KINDS:
        return
    note, _, key = _KINDS[work.kind.name]
    referred = work.document.memory.get(key)
    for each in list(root.iter(note)):
        if isinstance(referred, frozenset) and each.get(_TYPE) in _PLAIN and each.get(_ID) not in referred:
            if trees.text_of(each).strip():
                work.met(_LEFT)
            trees.leave_out(each)
