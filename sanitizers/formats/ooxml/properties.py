"""Document properties (ECMA-376 part 2, 8): the title goes on, the author by rule, and whether Office 2007 wrote it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple
from xml.sax.saxutils import escape

from sanitizers.formats.ooxml.allowed import XML, PartFailed
from sanitizers.formats.ooxml.kinds import BROKEN_PART, Trace
from sanitizers.formats.ooxml.namespaces import NAMESPACES, RELATIONSHIPS, clark
from sanitizers.formats.ooxml.parsing import parsed
from sanitizers.formats.ooxml.relationships import Relationship
from sanitizers.links import strip_deceptive_controls
from sanitizers.model import Severity, Threat
from sanitizers.rules import Author

if TYPE_CHECKING:
    from sanitizers.formats.ooxml.package import Document

_CORE: Final = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
_EXTENDED: Final = f"{RELATIONSHIPS}/extended-properties"
#: The same in workbooks of LibreOffice, which follows the first edition of ISO 29500.
_CORE_OF_OLD: Final = f"{RELATIONSHIPS.replace('officeDocument', 'officedocument')}/metadata/core-properties"
#: Of the package; what they lead to is told of here.
RELATIONSHIPS_READ: Final = frozenset({_CORE, _CORE_OF_OLD, _EXTENDED})

#: What stays of the program that wrote the file (ECMA-376 part 1, 22.2.2): LibreOffice believes the heights of rows
#: that Microsoft's program wrote, and draws charts that leave something open as Office 2007 did where it is told of
#: version 12. It names no person and no computer.
_PROGRAM: Final = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Properties'
    ' xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
    "<Application>Microsoft Office</Application><AppVersion>{}</AppVersion></Properties>"
)
OFFICE_2007: Final = _PROGRAM.format("12.0000")
OFFICE_LATER: Final = _PROGRAM.format("16.0000")
_APPLICATION: Final = clark("ep:Application")
_VERSION: Final = clark("ep:AppVersion")

_FILE: Final = "docProps/core.xml"
_TITLE: Final = "dc:title"
_CREATOR: Final = "dc:creator"
_LONGEST: Final = 1_000  # characters
_PROPERTIES: Final = Trace(Threat.METADATA, Severity.NOTE, "document properties")


class Properties(NamedTuple):
    """A part of the new package."""

    file: str
    type: str
    relationship: str
    content: bytes


def written(document: "Document", roots: dict[str, Relationship]) -> list[Properties]:
    """The parts with what goes on of the properties; none where nothing does."""
    core, extended = _core(document, roots), _extended(document, roots)
    return [*([core] if core else []), *([extended] if extended else [])]


def _core(document: "Document", roots: dict[str, Relationship]) -> Properties | None:
    kept: dict[str, str] = {}
    for root in _parts(document, roots, _CORE, _CORE_OF_OLD):
        _read(root, document, kept)
    if not kept:
        return None
    lines = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in kept.items())
    spaces = " ".join(f'xmlns:{prefix}="{NAMESPACES[prefix]}"' for prefix in ("cp", "dc"))
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    content = f"{head}<cp:coreProperties {spaces}>{lines}</cp:coreProperties>".encode()
    return Properties(_FILE, "application/vnd.openxmlformats-package.core-properties+xml", _CORE, content)


def _extended(document: "Document", roots: dict[str, Relationship]) -> Properties | None:
    """Whether Microsoft's Office wrote it, that of 2007 or a later one; anything else there is told of."""
    program = ""
    for root in _parts(document, roots, _EXTENDED):
        said = {each.tag: (each.text or "").strip() for each in root}
        by_office = said.get(_APPLICATION, "").lower().startswith("microsoft")
        if by_office:
            program = program or (OFFICE_2007 if said.get(_VERSION, "").startswith("12.") else OFFICE_LATER)
        goes_on = {_APPLICATION, _VERSION} if by_office else set()
        if any(each.tag not in goes_on for each in root.iter() if each is not root):
            document.tell(_PROPERTIES, "package")
    if not program:
        return None
    type_ = "application/vnd.openxmlformats-officedocument.extended-properties+xml"
    return Properties("docProps/app.xml", type_, _EXTENDED, program.encode())


def _parts(document: "Document", roots: dict[str, Relationship], *types: str) -> Iterator[XML]:
    for relationship in roots.values():
        if relationship.type not in types or relationship.outside or relationship.target not in document.package:
            continue
        try:
            yield parsed(document.package.own(relationship.target))
        except PartFailed:
            document.tell(BROKEN_PART, relationship.target)


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
            document.tell(_PROPERTIES, _FILE)
