"""From bytes to a tree: unpacked (SVGZ), decoded, without its document type, parsed with nothing switched on."""

import re
import zlib
from typing import Final

from lxml import etree

from sanitizers.budget import BudgetMeter
from sanitizers.charsets import decode
from sanitizers.formats.svg import kinds
from sanitizers.markup.census import Census
from sanitizers.markup.tags import refuse_long_tags
from sanitizers.model import CannotSanitize, Finding, Threat

MAX_CHARACTERS: Final = 30_000_000
MAX_TAGS: Final = 1_000_000  #: start and end tags, comments; a tree of more would not fit into the memory of a child
MAX_ENTITIES: Final = 200  #: declared
MAX_ENTITY_TEXT: Final = 100_000  #: characters that all entity references together may stand for

_GZIP: Final = b"\x1f\x8b"
_CHUNK: Final = 65_536

_MARKS: Final = ((b"\xff\xfe", "utf-16le"), (b"\xfe\xff", "utf-16be"), (b"\xef\xbb\xbf", "utf-8"))
_DECLARED: Final = re.compile(rb"\s*<\?xml\b[^>]{0,200}?encoding\s*=\s*[\"']([-\w.:]{1,40})", re.IGNORECASE)
_DECLARATION: Final = re.compile(r"\s*<\?xml\s[^>]{0,300}\?>")
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

# XML 1.0 (fifth edition) sections 2.8 and 4.2. Possessive: a failing match costs linear time.
_BEFORE_ROOT: Final = re.compile(r"(?:[\s\ufeff]++|<!--(?:[^-]|-(?!->))*+-->|<\?(?:[^?]|\?(?!>))*+\?>)*+")
_LITERAL: Final = r"(?:\"[^\"]*+\"|'[^']*+')"
_DOCTYPE: Final = re.compile(rf"<!DOCTYPE\s(?:[^\[\]>\"']++|{_LITERAL})*+(?P<open>\[)?", re.IGNORECASE)
_SUBSET: Final = re.compile(
    rf"\s++|<!--(?:[^-]|-(?!->))*+-->|<\?(?:[^?]|\?(?!>))*+\?>|%[^;\s]*+;|<!(?:[^>\"']++|{_LITERAL})*+>"
)
_ENTITY: Final = re.compile(rf"<!ENTITY\s++(?P<name>[\w:.-]++)\s++(?P<value>{_LITERAL})\s*+>")
_REFERENCE: Final = re.compile(r"&([^\W\d][\w:.-]*+);")
_BUILT_IN: Final = frozenset({"amp", "lt", "gt", "quot", "apos"})
_CDATA_OR_REFERENCE: Final = re.compile(r"<!\[CDATA\[.*?\]\]>|<!--.*?-->|&([^\W\d][\w:.-]*+);", re.DOTALL)


def unpacked(data: bytes, meter: BudgetMeter, census: Census) -> bytes:
    """The drawing itself; an SVGZ is decompressed, counted as it grows (RFC 1952)."""
    if not data.startswith(_GZIP):
        return data
    stream = zlib.decompressobj(wbits=31)
    pieces: list[bytes] = []
    size = 0
    rest = data
    try:
        while rest and not stream.eof:
            piece = stream.decompress(rest, _CHUNK)
            rest = stream.unconsumed_tail
            size += len(piece)
            meter.check_expansion(len(data), size)
            meter.check_room(size=size)
            pieces.append(piece)
    except zlib.error as failed:
        raise CannotSanitize(Threat.MALFORMED, "a compressed drawing that cannot be unpacked") from failed
    if not stream.eof:
        raise CannotSanitize(Threat.MALFORMED, "a compressed drawing that ends too early")
    if stream.unused_data.strip(b"\0"):
        census.met(kinds.BEHIND)
    meter.take_in(size)
    return b"".join(pieces)


def read(data: bytes, census: Census) -> tuple[etree._Element, tuple[Finding, ...]]:
    """The root of the drawing, and what decoding it met; raises CannotSanitize when it is not well-formed XML."""
    decoded = decode(data, _charset(data))
    if len(decoded.text) > MAX_CHARACTERS:
        raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {MAX_CHARACTERS} characters of SVG")
    text = _NOT_XML.sub("", decoded.text).lstrip("\ufeff")
    text = _without_doctype(_DECLARATION.sub("", text, count=1), census)
    if text.count("<") > MAX_TAGS:
        raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {MAX_TAGS} tags of SVG")
    return _parsed(text), decoded.findings


def _charset(data: bytes) -> str:
    """XML 1.0 appendix F: a mark, then what the declaration says, then UTF-8."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    if data[:2] in {b"<\0", b"\0<"}:
        return "utf-16"
    declared = _DECLARED.match(data)
    return declared[1].decode("ascii", "replace") if declared else "utf-8"


def _without_doctype(text: str, census: Census) -> str:
    """Cut out the document type; entities that are plain text are written where they were named."""
    before = _BEFORE_ROOT.match(text)
    start = before.end() if before else 0
    doctype = _DOCTYPE.match(text, start)
    if doctype is None:
        return text
    census.met(kinds.DOCTYPE)
    end = doctype.end()
    entities: dict[str, str] = {}
    if doctype["open"]:
        end, entities = _read_subset(text, end, census)
    close = re.compile(r"\s*+>").match(text, end)
    if close is None:
        raise CannotSanitize(Threat.MALFORMED, "a document type that does not end")
    body = text[:start] + text[close.end() :]
    return _expanded(body, entities, census) if doctype["open"] else body


def _read_subset(text: str, at: int, census: Census) -> tuple[int, dict[str, str]]:
    entities: dict[str, str] = {}
    while not text.startswith("]", at):
        piece = _SUBSET.match(text, at)
        if piece is None:
            raise CannotSanitize(Threat.MALFORMED, "a document type that cannot be read")
        at = piece.end()
        if not piece[0].startswith("<!ENTITY"):
            continue
        entity = _ENTITY.fullmatch(piece[0])
        if entity is None:
            census.met(kinds.OUTER_ENTITY, piece[0])
        else:
            entities.setdefault(entity["name"], entity["value"][1:-1])
        if len(entities) > MAX_ENTITIES:
            raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {MAX_ENTITIES} entities")
    return at + 1, entities


def _expanded(text: str, entities: dict[str, str], census: Census) -> str:
    size = 0

    def plain(found: re.Match[str]) -> str:
        nonlocal size
        name = found[1]
        if name is None or name in _BUILT_IN:
            return found[0]
        value = entities.get(name, "")  # one that would be read from elsewhere is nothing
        if "<" in value or any(inner not in _BUILT_IN for inner in _REFERENCE.findall(value)):
            raise CannotSanitize(Threat.LIMIT_EXCEEDED, "entities made of other entities or of markup")
        size += len(value)
        if size > MAX_ENTITY_TEXT:
            raise CannotSanitize(Threat.LIMIT_EXCEEDED, "entities that grow too much")
        census.met(kinds.ENTITY)
        return value.replace('"', "&quot;").replace("'", "&apos;")

    return _CDATA_OR_REFERENCE.sub(plain, text)


def _parsed(text: str) -> etree._Element:
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        recover=False,
    )
    data = text.encode("utf-8")
    refuse_long_tags(data)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as failed:
        line = failed.lineno or 0
        raise CannotSanitize(Threat.MALFORMED, f"not well-formed XML, at line {line}") from failed
    if root.getroottree().docinfo.internalDTD is not None:
        raise CannotSanitize(Threat.MALFORMED, "a document type where none may stand")
    return root
