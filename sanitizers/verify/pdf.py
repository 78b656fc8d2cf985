"""The second reading of a PDF that Kiyome wrote: every byte by our own strict grammar, and pdfium instead of qpdf."""

import re
import zlib
from collections.abc import Iterator
from ctypes import create_string_buffer

import pypdfium2
from pypdfium2 import raw

from sanitizers.model import CannotSanitize, Threat

# Said here once more on purpose: a slip in the writer's tables must not pass because both read the same ones.
# What may be nowhere in an object, be it key or value (ISO 32000-2).
_FORBIDDEN = (
    *("JavaScript", "JS", "Rendition", "RichMedia", "RichMediaContent", "3D", "OnInstantiate"),  # what runs, 12.6, 13
    *("OpenAction", "AA", "NeedsRendering"),  # what happens by itself
    *("Launch", "GoToR", "GoToE", "GoToDp", "GoTo3DView", "SubmitForm", "ResetForm", "ImportData"),  # what leaves
    *("Hide", "SetOCGState", "Trans", "Thread", "Threads", "Movie", "Sound", "Base"),  # what changes what is seen
    *("AcroForm", "XFA", "Widget"),  # forms, 12.7
    *("EmbeddedFile", "EmbeddedFiles", "FileAttachment", "Filespec", "EF", "AF", "Collection"),  # files, 7.11
    *("FFilter", "FDecodeParms", "OPI", "Alternates", "Ref"),  # content from elsewhere or in other versions
    *("PieceInfo", "Metadata", "Thumb", "Perms", "DSS", "ByteRange", "SigFlags"),  # traces and signatures
    *("OCProperties", "OCG", "OCMD"),  # layers, which a reader can show and hide
    *("Author", "Creator", "Producer", "CreationDate", "ModDate"),  # who, with what and when
    *("Encrypt", "Linearized", "XRefStm"),  # what our writer never uses
)
_TYPES = (
    *("Catalog", "Pages", "Page", "ObjStm", "XRef"),
    *("XObject", "Font", "FontDescriptor", "Encoding", "CMap", "ExtGState", "Pattern", "Mask", "Group", "Halftone"),
    *("Annot", "Border", "Action", "Outlines", "PageLabel"),
    *("StructTreeRoot", "StructElem", "MCR", "OBJR"),
)
_SUBTYPES = (
    *("Image", "Form", "Link"),
    *("Type0", "Type1", "MMType1", "TrueType", "Type3", "CIDFontType0", "CIDFontType2"),
    *("Type1C", "CIDFontType0C", "OpenType"),  # of font programs, 9.9
)
_SCHEMES = ("http://", "https://", "mailto:")
_MOST_PAGES_READ = 10  #: by pdfium; the grammar reads all of the file
_MOST_LINKS = 10_000
_MOST_INFLATED = 256 * 1_048_576  #: bytes of objects; more than any budget lets a sanitizer write
_ROOM_FOR_URI = 65_536

_HEADER = re.compile(rb"%PDF-1\.[4-7]\n%[\x80-\xff]{4}\n")
_LITERAL = rb"\((?:[^()\\]|\\.)*\)"  # the writer escapes every bracket
# Every object of its own is a stream; all others are inside object streams.
_OBJECT = re.compile(rb"[1-9]\d{0,9} 0 obj\n(<<(?:[^(]|%b)*?>>)\nstream\n" % _LITERAL, re.DOTALL)
_END_OF_OBJECT = re.compile(rb"\n?endstream\nendobj\n")
_END = re.compile(rb"startxref\n([1-9]\d{0,10})\n%%EOF\n")
_LENGTH = re.compile(rb"/Length (\d{1,10})(?=[ >])")
_OBJECT_STREAM = re.compile(rb"/Type /ObjStm(?=[ >])")
_CROSS_REFERENCES = re.compile(rb"/Type /XRef(?=[ >])")
_FLATE_ALONE = re.compile(rb"/Filter /FlateDecode(?=[ >])")
_PREVIOUS = re.compile(rb"/Prev(?=[ >])")
_STRING = re.compile(rb"%b|<[0-9A-Fa-f\s]*>" % _LITERAL, re.DOTALL)
_ANY_FORBIDDEN = re.compile(rb"/(%b)(?![^\s/<>\[\]()%%])" % b"|".join(name.encode() for name in _FORBIDDEN))
_KIND = re.compile(rb"/((?:Sub)?type) ?/([^\s/<>\[\]()%]*)", re.IGNORECASE)
_KINDS = {b"Type": {name.encode() for name in _TYPES}, b"Subtype": {name.encode() for name in _SUBTYPES}}
_URI = re.compile(rb"/URI (%b|<[0-9A-Fa-f\s]*>|[^/ ])" % _LITERAL, re.DOTALL)
_NAME_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_STRING_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)


class Surprise(Exception):
    """The bytes are not what our writer writes."""


def verify(clean: bytes) -> None:
    """Raise CannotSanitize unless our own grammar and pdfium both find a document of the kind that our writer makes."""
    try:
        for text in object_texts(clean):
            check_objects(text)
        read_by_pdfium(clean)
    except Surprise as surprise:
        raise CannotSanitize(Threat.MALFORMED, f"the second reading found: {surprise}") from surprise


def object_texts(clean: bytes) -> Iterator[bytes]:
    """The dictionaries of all streams and all objects inside object streams; every byte of the file accounted for."""
    header = _HEADER.match(clean)
    if header is None:
        raise Surprise("another header")
    at, inflated, cross_references = header.end(), 0, -1
    while not clean.startswith(b"startxref", at):
        if cross_references >= 0:
            raise Surprise("an object after the cross-references")
        found = _OBJECT.match(clean, at)
        length = _LENGTH.search(found[1]) if found else None
        if found is None or length is None:
            raise Surprise("an object that is no stream")
        dictionary, ends = found[1], found.end() + int(length[1])
        if _CROSS_REFERENCES.search(dictionary):
            cross_references = at
        if _OBJECT_STREAM.search(dictionary):
            text = _inflated(clean[found.end() : ends], dictionary, _MOST_INFLATED - inflated)
            inflated += len(text)
            yield text
        yield dictionary
        end = _END_OF_OBJECT.match(clean, ends)
        if end is None:
            raise Surprise("a stream of another length than it says")
        at = end.end()
    end = _END.fullmatch(clean, at)
    if end is None or int(end[1]) != cross_references:
        raise Surprise("something else at the end")


def _inflated(packed: bytes, dictionary: bytes, most: int) -> bytes:
    if not _FLATE_ALONE.search(dictionary):
        raise Surprise("objects that are not compressed as our writer does")
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(packed, most)
    except zlib.error as error:
        raise Surprise("objects that cannot be decompressed") from error
    if not inflater.eof or inflater.unused_data:
        raise Surprise("objects with more behind them")
    return text


def check_objects(text: bytes) -> None:
    """No name that is forbidden, no type that is not ours, no link to anything but the web and mail."""
    for uri in _URI.finditer(text):
        if not _decoded(uri[1]).lower().startswith(_SCHEMES):
            raise Surprise("a link that leads elsewhere")
    bare = _STRING.sub(b"()", text)
    if b"#" in bare:
        bare = _NAME_ESCAPE.sub(lambda escape: _regular(int(escape[1], 16)), bare)
    forbidden = _ANY_FORBIDDEN.search(bare)
    if forbidden:
        raise Surprise(f"the name {forbidden[1].decode()}")
    if _CROSS_REFERENCES.search(bare) and _PREVIOUS.search(bare):
        raise Surprise("an earlier revision")
    for key, kind in _KIND.findall(bare):
        if kind not in _KINDS.get(key, ()):
            raise Surprise(f"an object of {key.decode().lower()} {kind[:20].decode('ascii', 'replace')}")


def _regular(code: int) -> bytes:
    """The character of an escape, unless it would end the name."""
    return bytes([code]) if 0x21 <= code < 0x7F and code not in b"/<>[]()%#" else b"_"


def _decoded(string: bytes) -> str:
    """A PDF string (ISO 32000-2, 7.3.4) as text."""
    if string[:1] == b"<":
        digits = b"".join(string[1:-1].split())
        content = bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())
    else:
        content = _STRING_ESCAPE.sub(_escaped, string[1:-1])
    return content.decode("utf-16" if content[:2] in {b"\xfe\xff", b"\xff\xfe"} else "latin-1", "replace")


def _escaped(escape: "re.Match[bytes]") -> bytes:
    code = escape[1]
    if code.isdigit():
        return bytes([int(code, 8) & 0xFF])
    return {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b""}.get(code, code)


def read_by_pdfium(clean: bytes) -> None:
    """What pdfium, which shares no code with the writer, says of the document."""
    try:
        document = pypdfium2.PdfDocument(clean)
    except pypdfium2.PdfiumError as failure:
        raise Surprise("a document that pdfium does not open") from failure
    try:
        _check_document(document)
        for number in range(min(len(document), _MOST_PAGES_READ)):
            _check_page(document, number)
    finally:
        document.close()


def _check_document(document: pypdfium2.PdfDocument) -> None:
    if len(document) == 0:
        raise Surprise("no page")
    counted = (
        ("a script", raw.FPDFDoc_GetJavaScriptActionCount),
        ("an attached file", raw.FPDFDoc_GetAttachmentCount),
        ("a signature", raw.FPDF_GetSignatureCount),
        ("an XFA form", raw.FPDF_GetXFAPacketCount),
    )
    for what, count in counted:
        if count(document) != 0:
            raise Surprise(what)
    if document.get_formtype() != raw.FORMTYPE_NONE:
        raise Surprise("a form")


def _check_page(document: pypdfium2.PdfDocument, number: int) -> None:
    try:
        page = document[number]
    except pypdfium2.PdfiumError as failure:
        raise Surprise("a page that pdfium does not open") from failure
    try:
        for link in _links(page):
            _check_link(document, link)
    finally:
        page.close()


def _links(page: pypdfium2.PdfPage) -> Iterator[object]:
    """Every annotation of a page is a link."""
    count = raw.FPDFPage_GetAnnotCount(page)
    if count > _MOST_LINKS:
        raise Surprise("too many annotations")
    for index in range(count):
        annotation = raw.FPDFPage_GetAnnot(page, index)
        try:
            if raw.FPDFAnnot_GetSubtype(annotation) != raw.FPDF_ANNOT_LINK:
                raise Surprise("an annotation that is no link")
            yield raw.FPDFAnnot_GetLink(annotation)
        finally:
            raw.FPDFPage_CloseAnnot(annotation)


def _check_link(document: pypdfium2.PdfDocument, link: object) -> None:
    action = raw.FPDFLink_GetAction(link)
    if not action:
        return  # a place in the document
    kind = raw.FPDFAction_GetType(action)
    if kind not in {raw.PDFACTION_GOTO, raw.PDFACTION_URI}:
        raise Surprise("an action that is no link")
    if kind == raw.PDFACTION_URI:
        text = create_string_buffer(_ROOM_FOR_URI)
        raw.FPDFAction_GetURIPath(document, action, text, _ROOM_FOR_URI)
        if not text.value.decode("latin-1").lower().startswith(_SCHEMES):
            raise Surprise("a link that leads elsewhere")
