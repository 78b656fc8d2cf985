"""Relationship parts (ECMA-376 part 2, 6.5): what a part refers to, read by our own rules and written anew."""

import posixpath
from collections.abc import Sequence
from typing import Final, NamedTuple
from urllib.parse import unquote
from xml.sax.saxutils import quoteattr

from sanitizers.formats.ooxml.allowed import XML
from sanitizers.formats.ooxml.namespaces import NAMESPACES, RELATIONSHIPS, transitional_relationship

HYPERLINK: Final = f"{RELATIONSHIPS}/hyperlink"
TYPE: Final = "application/vnd.openxmlformats-package.relationships+xml"
MOST: Final = 20_000  #: relationships of one part; a sheet may have a few thousand hyperlinks

_SPACE: Final = NAMESPACES["rel"]
_RELATIONSHIP: Final = f"{{{_SPACE}}}Relationship"
_OUTSIDE: Final = ' TargetMode="External"'


class Relationship(NamedTuple):
    """One of the source."""

    id: str
    type: str  #: transitional
    target: str  #: name of a part, "/word/media/image1.png"; outside: an address as it is written
    outside: bool

    @property
    def is_hyperlink(self) -> bool:
        """Whether a person follows it by hand; everything else outside is fetched by the program."""
        return self.type == HYPERLINK


class Written(NamedTuple):
    """One of the new package."""

    type: str
    target: str  #: name of a part without the first "/"; outside: a judged address
    outside: bool = False


def file_of(part: str) -> str:
    """Where the relationships of a part stand: "/word/document.xml" → "/word/_rels/document.xml.rels"; "/": of all."""
    folder, _, name = part.rpartition("/")
    return f"{folder}/_rels/{name}.rels"


def read(root: XML, part: str) -> dict[str, Relationship]:
    """By id, in the order they stand; of several with the same id the first."""
    known: dict[str, Relationship] = {}
    for element in root.iterchildren(_RELATIONSHIP):
        id_, type_, target = element.get("Id"), element.get("Type"), element.get("Target")
        if id_ is None or type_ is None or target is None or id_ in known or len(known) >= MOST:
            continue
        outside = (element.get("TargetMode") or "").lower() == "external"
        place = target if outside else resolved(target, part)
        known[id_] = Relationship(id_, transitional_relationship(type_.strip()), place, outside)
    return known


def resolved(target: str, part: str) -> str:
    """The name of the part that a target means, seen from `part`; "" for a place in the part itself, "#here"."""
    path = unquote(target.partition("#")[0].partition("?")[0]).replace("\\", "/").strip()
    if not path:
        return ""
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(part), path)).replace("//", "/")


def written(relationships: Sequence[Written], part: str) -> bytes:
    """The relationships, rId1, rId2 …, of the new part `part` ("word/document.xml"; "" for the package)."""
    folder = posixpath.dirname(part)
    lines = [
        f'<Relationship Id="rId{number}" Type={quoteattr(each.type)} Target={quoteattr(_target(each, folder))}'
        f"{_OUTSIDE if each.outside else ''}/>"
        for number, each in enumerate(relationships, start=1)
    ]
    head = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Relationships xmlns="{_SPACE}">'
    return (head + "".join(lines) + "</Relationships>").encode("utf-8")


def _target(relationship: Written, folder: str) -> str:
    if relationship.outside:
        return relationship.target
    return posixpath.relpath(f"/{relationship.target}", f"/{folder}")
