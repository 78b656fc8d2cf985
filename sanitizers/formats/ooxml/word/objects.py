"""Objects, and files that Word would merge into a text: what shows them stays (ECMA-376 part 1, 17.3.3.19, 17.17.2)."""

from typing import TYPE_CHECKING, Final

from lxml import etree

from sanitizers.formats.ooxml.allowed import XML, PartFailed
from sanitizers.formats.ooxml.kinds import Trace, office
from sanitizers.formats.ooxml.namespaces import clark
from sanitizers.formats.ooxml.word import trees
from sanitizers.formats.ooxml.word.trees import PARAGRAPH
from sanitizers.model import Severity, Threat

if TYPE_CHECKING:
    from sanitizers.formats.ooxml.work import PartWork

_OBJECT: Final = clark("w:object")
_PICTURE: Final = clark("w:pict")
_DRAWING: Final = clark("w:drawing")
_CHUNK: Final = clark("w:altChunk")
_FRAMES: Final = Trace(Threat.EXTERNAL_REFERENCE, Severity.WARNING, "frames that show other files (frameset)")
_WEB_SETTINGS: Final = office("webSettings")
_FRAME: Final = office("frame")
#: Marks of notes, and the parts in which the notes stand; a mark without its note makes a file that Word repairs.
_NOTES: Final = {clark("w:footnoteReference"): "word/footnotes", clark("w:endnoteReference"): "word/endnotes"}


def settle(root: XML, work: "PartWork") -> None:
    """Put the preview picture in the place of each object, and an empty paragraph where a file was to be merged."""
    for holder in list(root.iter(_OBJECT)):
        for drawing in holder.findall(_DRAWING):
            holder.addprevious(drawing)
        holder.tag = _PICTURE
        if not len(holder):
            trees.leave_out(holder)
    for chunk in list(root.iter(_CHUNK)):
        chunk.addprevious(etree.Element(PARAGRAPH))
        trees.leave_out(chunk)
    if work.kind.name != "word/document":
        return  # only the document has relationships to its notes
    for mark, kind in _NOTES.items():
        if next(root.iter(mark), None) is not None and work.neighbour(kind) is None:
            for reference in list(root.iter(mark)):
                trees.leave_out(reference)


def tell_frames(work: "PartWork") -> None:
    """A frameset stands in the settings for the web, which do not go on (17.15.2.17)."""
    for relationship in work.relationships.values():
        if relationship.type != _WEB_SETTINGS or relationship.outside:
            continue
        try:
            inner = work.document.package.relationships(relationship.target)
        except PartFailed:
            continue
        if any(each.type == _FRAME for each in inner.values()):
            work.met(_FRAMES)
