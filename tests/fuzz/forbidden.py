"""What no clean file may hold, said once more on purpose: the sanitizers' own tables are what is under test.

Read with pikepdf, Beautiful Soup, the csv and json modules and expat, whichever the sanitizer itself uses.
"""

import base64
import csv
import io
import json
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from xml.parsers import expat

import pikepdf
from bs4 import BeautifulSoup, Comment, Doctype, MarkupResemblesLocatorWarning

HARM = "KIYOMEHARM"  #: strategies put it where it must not come out of, and nowhere else

PDF_KEYS = frozenset(
    {"/JS", "/AA", "/OpenAction", "/AcroForm", "/XFA", "/EF", "/EmbeddedFiles", "/AF", "/JavaScript", "/Launch"}
    | {"/RichMediaContent", "/RichMediaSettings", "/Metadata", "/PieceInfo", "/Collection", "/Requirements", "/OPI"}
    | {"/Ref", "/FFilter", "/FDecodeParms", "/Alternates", "/Thumb", "/SpiderInfo", "/Encrypt", "/Perms", "/DSS"}
    | {"/Renditions", "/AlternatePresentations", "/PresSteps", "/Threads", "/Legal", "/Movie", "/Sound", "/3DD"}
)
PDF_NAMES = frozenset(
    {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE", "/RichMedia", "/Movie", "/Sound"}
    | {"/Rendition", "/Screen", "/3D", "/FileAttachment", "/EmbeddedFile", "/Filespec", "/PS", "/Widget", "/Hide"}
)
MARKUP_NEVER = re.compile(
    r"(?:\w+:)?(?:script|iframe|frame|object|embed|applet|form|input|button|base|link|foreignobject|set|animate\w*|audio"
    r"|video|source|portal|handler|listener|metadata|template|noscript|textarea|select|mpath|include|math)",
    re.IGNORECASE,
)
#: Attributes, without prefix; a style may name nothing outside.
ATTRIBUTE_NEVER = re.compile(
    r"on\w+|srcdoc|formaction|ping|action|background|srcset|dynsrc|lowsrc|xmlns:xi", re.IGNORECASE
)
TARGETS = frozenset({"href", "src", "data", "cite", "poster"})
SCRIPT_TARGET = re.compile(
    r"(?:javascript|vbscript|livescript|mocha|jar|file|ms-\w+|search-ms|data:(?!image/(?:png|jpeg|gif|webp);base64,))",
    re.IGNORECASE,
)
STYLE_NEVER = re.compile(
    r"@import|expression\s*\(|javascript:|behavior\s*:|-moz-binding|url\s*\(\s*['\"]?(?!#|data:image/)", re.IGNORECASE
)
NO_CHARACTER = re.compile("[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]+")
INCLUSIONS = "http://www.w3.org/2001/XInclude "
#: Equals signs, or another sign before anything that is computed; a sign before a number or a word is neither.
FORMULA = re.compile(
    r"[\s\ufeff]*(?:[=＝﹦]\s*[^\s=;|]|[+\-@＋－＠﹢﹣﹫][^;]*(?:[A-Za-z.]\(|\|.*!|[A-Za-z]!)"
    r"|[+\-＋－﹢﹣]\$?[A-Za-z]{1,3}\$?\d)"
)


def forbidden_in(data: bytes, media_type: str) -> list[str]:
    """Each forbidden thing, in words; nothing for a type of which only the verifier knows more."""
    read = READERS.get(media_type)
    return list(dict.fromkeys(read(data))) if read else []


def text_of(data: bytes) -> str:
    """By rule a text file keeps the charset that it came in."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    for charset in ("iso2022_jp",) if b"\x1b$" in data else ("utf-8-sig", "cp932", "euc_jp"):
        with suppress(UnicodeDecodeError):
            return data.decode(charset)
    return data.decode("latin_1")


def _in_pdf(data: bytes) -> Iterator[str]:
    with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as document:
        for thing in (*document.objects, document.trailer):
            yield from _in_object(thing)


def _in_object(thing: pikepdf.Object) -> Iterator[str]:
    """One indirect object with all that is direct in it."""
    pending = [thing]
    while pending:
        value = pending.pop()
        if isinstance(value, pikepdf.Name) and bytes(value).decode("latin_1") in PDF_NAMES:
            yield f"name {value}"
        elif isinstance(value, pikepdf.String) and HARM.encode() in bytes(value):
            yield "the marker in a string"
        elif isinstance(value, (pikepdf.Dictionary, pikepdf.Stream)):
            items = dict(value.items())
            yield from (f"key {key}" for key in PDF_KEYS & set(items))
            pending += [inner for inner in items.values() if not _is_elsewhere(inner)]
        elif isinstance(value, pikepdf.Array):
            pending += [inner for inner in value if not _is_elsewhere(inner)]
    if isinstance(thing, pikepdf.Stream) and HARM.encode() in _decoded(thing):
        yield "the marker in a stream"


def _is_elsewhere(value: object) -> bool:
    return isinstance(value, pikepdf.Object) and value.is_indirect


def _decoded(stream: pikepdf.Stream) -> bytes:
    try:
        return stream.read_bytes()
    except pikepdf.PdfError:
        return stream.read_raw_bytes()


def _in_markup(data: bytes) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MarkupResemblesLocatorWarning)
        tree = BeautifulSoup(data.decode("utf-8-sig"), "lxml-xml" if data.startswith(b"<?xml") else "html.parser")
    for element in tree.find_all(True):
        if MARKUP_NEVER.fullmatch(element.name):
            yield f"element {element.name}"
        if element.name == "meta" and str(element.get("http-equiv", "")).lower() not in {"", "content-security-policy"}:
            yield "meta http-equiv"
        if element.name == "style" and STYLE_NEVER.search(_unescaped(element.get_text())):
            yield "something outside, named by a style sheet"
        for name, value in element.attrs.items():
            yield from _in_attribute(name.rpartition(":")[2].lower(), str(value))
    yield from ("a comment" for _ in tree.find_all(string=lambda text: isinstance(text, Comment)))
    yield from (
        f"document type {text}"
        for text in tree.find_all(string=lambda text: isinstance(text, Doctype))
        if text != "html"
    )
    if HARM in data.decode("utf-8-sig"):
        yield "the marker"


def _in_attribute(name: str, value: str) -> Iterator[str]:
    if ATTRIBUTE_NEVER.fullmatch(name):
        yield f"attribute {name}"
    drawing = value.partition("data:image/svg+xml;base64,")[2]
    if drawing and name in {"src", "href"}:
        yield from _in_markup(base64.b64decode(drawing))
    elif name in TARGETS and SCRIPT_TARGET.match(NO_CHARACTER.sub("", value)):
        yield f"target {value[:40]}"
    if name == "style" and STYLE_NEVER.search(_unescaped(value)):
        yield "something outside, named by a style"


def _unescaped(css: str) -> str:
    """CSS Syntax 3, section 4.3.7: what stands escaped, without comments."""
    plain = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return re.sub(r"\\([0-9a-fA-F]{1,6})\s?", lambda found: chr(min(int(found[1], 16), 0x10FFFF)), plain)


def _in_table(data: bytes) -> Iterator[str]:
    return _in_cells(data, ",")


def _in_tabs(data: bytes) -> Iterator[str]:
    return _in_cells(data, "\t")


def _in_cells(data: bytes, delimiter: str) -> Iterator[str]:
    """As a spreadsheet divides it by what the type says, and by all that any of them knows."""
    text = text_of(data)
    alike = text.translate({ord(other): delimiter for other in ",;\t"})
    for how, written in (("by its own delimiter", text), ("by all delimiters", alike)):
        for row in csv.reader(io.StringIO(written, newline=""), delimiter=delimiter):
            yield from (f"{how}, a formula: {cell[:40]!r}" for cell in row if FORMULA.match(cell))


def _in_json(data: bytes) -> Iterator[str]:
    def constant(name: str) -> object:
        raise AssertionError(name)

    json.loads(text_of(data), parse_constant=constant, object_pairs_hook=_once)
    return iter(())


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    assert len({name for name, _ in pairs}) == len(pairs), "a name stands twice"
    return dict(pairs)


def _in_xml(data: bytes) -> Iterator[str]:
    met: list[str] = []
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    parser.StartDoctypeDeclHandler = lambda *_: met.append("document type")
    parser.ProcessingInstructionHandler = lambda target, _: met.append(f"processing instruction {target}")
    parser.StartElementHandler = lambda name, _: met.append(name) if name.startswith(INCLUSIONS) else None
    parser.Parse(text_of(data).encode(), True)
    return iter(met)


READERS: dict[str, Callable[[bytes], Iterator[str]]] = {
    "application/pdf": _in_pdf,
    "image/svg+xml": _in_markup,
    "text/html": _in_markup,
    "text/csv": _in_table,
    "text/tab-separated-values": _in_tabs,
    "application/json": _in_json,
    "text/xml": _in_xml,
}
