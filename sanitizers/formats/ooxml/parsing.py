"""From the bytes of an XML part to a tree: decoded by our own rules, parsed with nothing switched on."""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Final

from lxml import etree

from sanitizers.formats.ooxml.allowed import XML, PartFailed
from sanitizers.formats.ooxml.namespaces import is_strict, strict_twins, transitional
from sanitizers.markup.tags import refuse_long_tags
from sanitizers.model import CannotSanitize, Threat

MOST_BYTES: Final = 100_000_000  #: of one part

#: ECMA-376 part 2 knows UTF-8 and UTF-16; the others are written by a few programs and cannot be misread.
_ENCODINGS: Final = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "utf-16": "utf-16",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "latin_1",
    "windows-1252": "cp1252",
    "shift_jis": "cp932",
    "windows-31j": "cp932",
}
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_DECLARED: Final = re.compile(rb"\s*<\?xml\b[^>]{0,200}?\sencoding\s*=\s*[\"']([-\w.:]{1,40})[\"']")
_DECLARATION: Final = re.compile(r"\A\s*<\?xml\s[^>]{0,300}?\?>")
_TOO_MUCH: Final = re.compile(r"huge|too long|too deep|depth|amplification|loop", re.IGNORECASE)

_SWITCHES: Final = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "dtd_validation": False,
    "attribute_defaults": False,
    "huge_tree": False,
    "recover": False,
    "remove_comments": True,
    "remove_pis": True,
}
_GRAPHIC_DATA: Final = "{http://schemas.openxmlformats.org/drawingml/2006/main}graphicData"


def parsed(data: bytes) -> XML:
    """The root, in transitional names. PartFailed: not well-formed. CannotSanitize: a document type, or too much."""
    if len(data) > MOST_BYTES:
        raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"an XML part of more than {MOST_BYTES} bytes")
    try:
        root = etree.fromstring(as_utf_8(data), etree.XMLParser(encoding="utf-8", **_SWITCHES))
    except etree.XMLSyntaxError as error:
        raise failure(error) from error
    _refuse_document_type(root)
    if _says_strict(root):
        _to_transitional(root)
    return root


def skeleton(data: bytes, streamed: str) -> XML:
    """The root of a large part; of the elements `streamed` only the first is there, empty. Raises as `parsed` does."""
    root: XML | None = None
    for row in elements(data, streamed):
        root = row.getroottree().getroot() if root is None else root
    return root if root is not None else parsed(data)


def elements(data: bytes, streamed: str) -> Iterator[XML]:
    """Each element of this name, whole; it is emptied when the next one is asked for. Raises as `parsed` does."""
    names = (streamed, *_strict_twins(streamed))
    strict = False
    before: XML | None = None
    found = etree.iterparse(BytesIO(as_utf_8(data)), events=("end",), tag=names, encoding="utf-8", **_SWITCHES)
    try:
        for _, row in found:
            if before is None:
                _refuse_document_type(row)
                strict = _says_strict(row)
            if strict:
                _to_transitional(row)
            yield row
            row.clear()
            if before is not None and before.getparent() is row.getparent():
                row.getparent().remove(row)
            else:
                before = row
    except etree.XMLSyntaxError as error:
        raise failure(error) from error
    if strict and before is not None:
        _to_transitional(before.getroottree().getroot())


def _refuse_document_type(element: XML) -> None:
    if element.getroottree().docinfo.internalDTD is not None:
        raise CannotSanitize(
            Threat.MALFORMED, "XML with a document type declaration (DTD), which Office files never have"
        )


def _says_strict(element: XML) -> bool:
    # The declarations at the beginning are enough to know: who mixes both worlds deeper down writes what nobody knows.
    return any(is_strict(space) for space in element.nsmap.values())


def _strict_twins(name: str) -> tuple[str, ...]:
    space, _, local = name[1:].rpartition("}")
    return tuple(f"{{{twin}}}{local}" for twin in strict_twins(space))


def as_utf_8(data: bytes) -> bytes:
    """The same XML in UTF-8. PartFailed: another encoding than it says, or one that no Office program writes."""
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    if encoding is None and data[:2] in {b"<\0", b"\0<"}:
        encoding = "utf-16-le" if data[:2] == b"<\0" else "utf-16-be"
    if encoding is None:
        declared = _DECLARED.match(data)
        encoding = _ENCODINGS.get(declared[1].decode("ascii").lower()) if declared else "utf-8"
    if encoding is None:
        raise PartFailed("in an encoding that Office files do not use")
    if encoding == "utf-8":
        refuse_long_tags(data)
        return data  # the parser is told so, and checks every byte
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise PartFailed("bytes that are not in the encoding it says") from error
    decoded = _DECLARATION.sub("", text, count=1).encode("utf-8", "replace")
    refuse_long_tags(decoded)
    return decoded


def failure(error: etree.XMLSyntaxError) -> Exception:
    """What a parser's complaint means."""
    message = str(error)
    if "ntity" in message:
        return CannotSanitize(Threat.MALFORMED, "XML with entities of its own, which Office files never have")
    if _TOO_MUCH.search(message):
        return CannotSanitize(Threat.LIMIT_EXCEEDED, "XML that nests or grows beyond every measure")
    return PartFailed("not well-formed XML")


def _to_transitional(root: XML) -> None:
    for element in root.iter(etree.Element):
        element.tag = _name(element.tag)
        for key, value in element.items():
            if key[0] == "{" and is_strict(key[1:]):
                del element.attrib[key]
                element.set(_name(key), value)
    for graphic in root.iter(_GRAPHIC_DATA):
        graphic.set("uri", transitional(graphic.get("uri") or ""))


def _name(name: str) -> str:
    space, brace, local = name.rpartition("}")
    return f"{{{transitional(space[1:])}}}{local}" if brace else name
