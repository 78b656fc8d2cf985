"""Document properties (ECMA-376 part 2, 8): the title goes on, the author by rule; nothing else does."""

from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from sanitizers.formats.ooxml.allowed import XML, PartFailed
from sanitizers.formats.ooxml.kinds import BROKEN_PART, Trace
from sanitizers.formats.ooxml.namespaces import NAMESPACES, clark
from sanitizers.formats.ooxml.parsing import parsed
from sanitizers.formats.ooxml.relationships import Relationship
from sanitizers.links import strip_deceptive_controls
from sanitizers.model import Severity, Threat
from sanitizers.rules import Author

if TYPE_CHECKING:
    from sanitizers.formats.ooxml.package import Document

FILE: Final = "docProps/core.xml"
TYPE: Final = "application/vnd.openxmlformats-package.core-properties+xml"
RELATIONSHIP: Final = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"

_TITLE: Final = "dc:title"
_CREATOR: Final = "dc:creator"
_LONGEST: Final = 1_000  # characters
_PROPERTIES: Final = Trace(Threat.METADATA, Severity.NOTE, "document properties")


def core(document: "Document", roots: dict[str, Relationship]) -> bytes | None:
    """The new core properties; None when there is nothing to say."""
    kept: dict[str, str] = {}
    for relationship in roots.values():
        if relationship.type != RELATIONSHIP or relationship.outside or relationship.target not in document.package:
            continue
        try:
            root = parsed(document.package.own(relationship.target))
        except PartFailed:
            document.tell(BROKEN_PART, relationship.target)
            continue
        _read(root, document, kept)
    if not kept:
        return None
    lines = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in kept.items())
    spaces = " ".join(f'xmlns:{prefix}="{NAMESPACES[prefix]}"' for prefix in ("cp", "dc"))
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    return f"{head}<cp:coreProperties {spaces}>{lines}</cp:coreProperties>".encode()


def _read(root: XML, document: "Document", kept: dict[str, str]) -> None:
    names = [_TITLE] if document.job.rules.office_author is Author.REMOVED else [_TITLE, _CREATOR]
    wanted = {clark(name): name for name in names}
    for element in root.iterchildren():
        text = (element.text or "").strip()
        name = wanted.get(element.tag)
        clean = strip_deceptive_controls(text)[0][:_LONGEST] if name else ""
        if name and clean and name not in kept:
            kept[name] = clean
        if text != clean or len(element):
            document.tell(_PROPERTIES, FILE)
