"""From the bytes of an XML part to a tree: nothing switched on, no entities, bounded by the parser's own limits."""

import re
from typing import Final, TypeAlias

from lxml import etree

from sanitizers.markup.tags import refuse_long_tags
from sanitizers.model import CannotSanitize, Threat

XML: TypeAlias = etree._Element  # noqa: SLF001 - lxml gives its class no public name

MOST_BYTES: Final = 100_000_000  #: of one part
#: ODF 1.3 part 2, 3.1 leaves it to XML, whose parsers know UTF-8 and UTF-16; a few more cannot be misread.
_ENCODINGS: Final = frozenset({b"utf-8", b"utf8", b"utf-16", b"us-ascii", b"ascii", b"iso-8859-1", b"windows-1252"})
_ENCODING: Final = re.compile(
    rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*<(?:\?xml\b[^>]{0,200}?\sencoding\s*=\s*[\"']([-\w.:]{1,40})[\"'])?"
)
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
_TOO_MUCH: Final = re.compile(r"huge|too long|too deep|depth|amplification|loop", re.IGNORECASE)


class NotReadable(Exception):
    """A part that is no well-formed XML."""


def parsed(data: bytes) -> XML:
    """The root. NotReadable: not well-formed. CannotSanitize: entities of its own, beyond all measure.

    OpenOffice.org 1 and 2 wrote document types without content (MathML, manifest): such a one is passed over.
    """
    if len(data) > MOST_BYTES:
        raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"an XML part of more than {MOST_BYTES} bytes")
    if b"<!ENTITY" in data or b"<\0!\0E\0N\0T\0I\0T\0Y" in data or b"\0<\0!\0E\0N\0T\0I\0T\0Y" in data:
        raise CannotSanitize(Threat.MALFORMED, "XML with entities of its own, which Office files never have")
    declared = _ENCODING.match(data.replace(b"\0", b"", 200) if data.startswith(_WIDE) else data)
    if declared is None or (declared[1] or b"utf-8").lower() not in _ENCODINGS:
        raise NotReadable("in an encoding that OpenDocument files do not use")
    refuse_long_tags(data)
    try:
        root = etree.fromstring(data, _parser())
    except etree.XMLSyntaxError as error:
        raise _failure(error) from error
    document_type = root.getroottree().docinfo.internalDTD
    if document_type is not None and any(True for _ in document_type.iterentities()):
        raise CannotSanitize(Threat.MALFORMED, "XML with entities of its own, which Office files never have")
    return root


def _failure(error: etree.XMLSyntaxError) -> Exception:
    message = str(error)
    if "ntity" in message:
        return CannotSanitize(Threat.MALFORMED, "XML with entities of its own, which Office files never have")
    if _TOO_MUCH.search(message):
        return CannotSanitize(Threat.LIMIT_EXCEEDED, "XML that nests or grows beyond every measure")
    return NotReadable("not well-formed XML")


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
    )
