"""Hidden slides, notes and comments: by the rule for remarks they stay or go, and they are always told of."""

from typing import Final

from sanitizers.formats.ooxml.allowed import XML, PartFailed
from sanitizers.formats.ooxml.kinds import Trace, microsoft, office
from sanitizers.formats.ooxml.namespaces import clark
from sanitizers.formats.ooxml.parsing import parsed
from sanitizers.formats.ooxml.relationships import Relationship
from sanitizers.formats.ooxml.work import PartWork
from sanitizers.model import Action, Severity, Threat
from sanitizers.rules import Remarks

MODERN_COMMENTS: Final = microsoft("2018/10", "comments")
MODERN_AUTHORS: Final = microsoft("2018/10", "authors")

_TEXT: Final = clark("a:t")
_NAMED: Final = clark("p188:commentRel")
_COMMENTS: Final = frozenset(map(clark, ("p:cm", "p188:cm", "p188:reply")))


def _trace(words: str, action: Action) -> Trace:
    return Trace(Threat.HIDDEN_CONTENT, Severity.NOTE, words, action)


def are_removed(work: PartWork) -> bool:
    """What the rule says."""
    return work.rules.office_remarks is Remarks.REMOVED


def is_hidden(relationship: Relationship, work: PartWork) -> bool:
    """Whether the slide that this leads to is left out of the show. One that cannot be read is told of later."""
    root = _root(relationship, work)
    return root is not None and root.get("show") in {"0", "false", "off", "f"}


def hidden_slide(work: PartWork, action: Action) -> None:
    """One more slide that is not shown."""
    work.met(_trace("a hidden slide", action))


def speaker_notes(work: PartWork) -> None:
    """Of a slide: keep them or leave them out."""
    for relationship in _of(work, office("notesSlide")):
        root = _root(relationship, work)
        words = "" if root is None else "".join(each.text or "" for each in root.iter(_TEXT)).strip()
        # The number of the slide stands on most pages of notes.
        if words and not words.isdecimal():
            work.met(_trace("speaker's notes", Action.REMOVED if are_removed(work) else Action.NOTED))
        if are_removed(work):
            work.asked.add(relationship.id)


def comments(root: XML, work: PartWork) -> None:
    """Of a slide."""
    for type_ in (office("comments"), MODERN_COMMENTS):
        for relationship in _of(work, type_):
            written = _root(relationship, work)
            count = 0 if written is None else sum(1 for each in written.iter() if each.tag in _COMMENTS)
            for _ in range(count):
                work.met(_trace("a comment", Action.REMOVED if are_removed(work) else Action.NOTED))
    if are_removed(work):
        for named in list(root.iter(_NAMED)):
            drop(named)
    authors(work)


def authors(work: PartWork) -> None:
    """Where remarks go, nothing follows the relationships to comments and to those who wrote them."""
    if are_removed(work):
        for type_ in (office("comments"), MODERN_COMMENTS, office("commentAuthors"), MODERN_AUTHORS):
            work.asked.update(relationship.id for relationship in _of(work, type_))


def drop(element: XML) -> None:
    """Take an element out of its tree."""
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _of(work: PartWork, type_: str) -> list[Relationship]:
    return [each for each in work.relationships.values() if each.type == type_ and not each.outside]


def _root(relationship: Relationship, work: PartWork) -> XML | None:
    package = work.document.package
    if relationship.outside or relationship.target not in package:
        return None
    try:
        return parsed(package.own(relationship.target))
    except PartFailed:
        return None
