"""Which kind of XML a text is, told by what stands before its root element, and by that element."""

import re
from typing import Final

import msgspec

HTML: Final = "text/html"
SVG: Final = "image/svg+xml"
XML: Final = "text/xml"

_BLANKS: Final = re.compile(r"\s*")
_ROOT: Final = re.compile(r"<(?:[^\s<>/!?:]{1,100}:)?([^\s<>/!?:]{1,100})((?:[\s/][^<>]*)?)(?:>|\Z)")
_DOCTYPE: Final = re.compile(r"<!doctype\b", re.IGNORECASE)
_DOCTYPE_HTML: Final = re.compile(r"<!doctype html\b", re.IGNORECASE)
_FOR_OFFICE: Final = re.compile(r"<\?mso-(application|infopath\w*)\b([^?]{0,500})", re.IGNORECASE)
_PROGRAM: Final = re.compile(r"progid\s*=\s*[\"']([a-z]+)", re.IGNORECASE)

# Documents of Office programs in one XML file: Windows opens them in those programs, so they are not "XML".
_PROGRAMS: Final = {
    "word": "application/vnd.ms-word.2003xml",
    "excel": "application/vnd.ms-excel.2003xml",
    "powerpoint": "application/vnd.ms-office.flat-opc",
    "infopath": "application/vnd.ms-infopath",
}
# Root, what its tag says (lower case), type.
_ROOTS: Final = (
    ("worddocument", "", "application/vnd.ms-word.2003xml"),
    ("workbook", "schemas-microsoft-com:office:", "application/vnd.ms-excel.2003xml"),
    ("package", "microsoft.com/office/2006/xmlpackage", "application/vnd.ms-office.flat-opc"),
    ("visiodocument", "", "application/vnd.ms-visio.2003xml"),
    ("project", "schemas.microsoft.com/project", "application/vnd.ms-project.xml"),
    ("document", "opendocument:xmlns:office", "application/vnd.oasis.opendocument.flat-xml"),
    ("document", "openoffice.org/2000/office", "application/vnd.oasis.opendocument.flat-xml"),
    ("svg", "", SVG),
    ("html", "", HTML),
)


class Markup(msgspec.Struct, frozen=True):
    """How a text in XML or HTML begins."""

    root: str  #: local name of the first element, lower case; "" when there is none in the head
    type: str  #: "" when it could be XML, HTML or only words
    declared: bool  #: it says that it is XML: a declaration, a document type or a namespace


NO_MARKUP: Final = Markup("", "", declared=False)


def markup_of(head: str) -> Markup:
    """What the first characters of a text say; blanks in front are passed over."""
    place = _before_root(head)
    prolog = head[:place]
    tag = _ROOT.match(head, place)
    if tag is None:
        office = _office_program(prolog)
        return Markup("", office, declared=bool(office) or prolog.lower().lstrip().startswith("<?xml"))
    root, attributes = tag[1].lower(), tag[2].lower()
    declared = "<?xml" in prolog[:1_000].lower() or "xmlns" in attributes or _is_xml_doctype(prolog)
    return Markup(root, _office_program(prolog) or _type_of_root(root, attributes), declared)


def _before_root(head: str) -> int:
    """Past declarations, comments, instructions and the document type."""
    place = 0
    while True:
        place = _end(_BLANKS.match(head, place), place)
        if head.startswith("<?", place):
            end = head.find("?>", place) + 2
        elif head.startswith("<!--", place):
            end = head.find("-->", place + 4) + 3
        elif _DOCTYPE.match(head, place):
            end = _end_of_doctype(head, place)
        else:
            return place
        if end < place + 2:  # no end in sight
            return len(head)
        place = end


def _end(match: re.Match[str] | None, otherwise: int) -> int:
    return match.end() if match else otherwise


def _end_of_doctype(head: str, place: int) -> int:
    close, subset = head.find(">", place), head.find("[", place)
    if 0 <= subset < close:
        after = head.find("]", subset)
        return head.find(">", after) + 1 if after > 0 else 0
    return close + 1


def _office_program(prolog: str) -> str:
    asked = _FOR_OFFICE.search(prolog)
    if asked is None:
        return ""
    program = _PROGRAM.search(asked[2])
    named = "infopath" if asked[1].lower() != "application" else program[1].lower() if program else ""
    return _PROGRAMS.get(named, "application/vnd.ms-office.flat-opc")


def _type_of_root(root: str, attributes: str) -> str:
    return next((kind for name, needed, kind in _ROOTS if root == name and needed in attributes), "")


def _is_xml_doctype(prolog: str) -> bool:
    return _DOCTYPE.search(prolog) is not None and _DOCTYPE_HTML.search(prolog) is None
