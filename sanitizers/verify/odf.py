"""The second reading of an OpenDocument file that Kiyome wrote, by zipfile and expat: parts, names, addresses."""

import io
import re
import zipfile
import zlib
from typing import Final
from xml.parsers import expat

from sanitizers.model import CannotSanitize, Threat

# Said here once more on purpose: a slip in the sanitizer's tables must not pass because both read the same ones.
TYPES: Final = tuple(
    f"application/vnd.oasis.opendocument.{kind}"
    for kind in ("text", "spreadsheet", "presentation", "graphics", "chart", "formula")
)  #: the media types that are written
_MOST_BYTES: Final = 400_000_000  # unpacked, all parts together
_OBJECT: Final = r"(?:Object [0-9]{1,6}/){0,6}"
_XML_PART: Final = re.compile(rf"{_OBJECT}(?:content|styles|settings)\.xml|meta\.xml")
_PICTURE: Final = re.compile(rf"{_OBJECT}Pictures/[0-9]{{1,6}}\.(png|jpg|gif|tif|bmp|webp|svg)")
_FOLDER: Final = re.compile(r"(?:Object [0-9]{1,6}/){1,6}")
_BEGINNINGS: Final = {
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpg": (b"\xff\xd8\xff",),
    "gif": (b"GIF8",),
    "tif": (b"II", b"MM"),
    "bmp": (b"BM",),
    "webp": (b"RIFF",),
    "svg": (b"<?xml", b"<svg"),
}
_MANIFEST: Final = "META-INF/manifest.xml"

_OASIS: Final = "urn:oasis:names:tc:opendocument:xmlns:"
_SPACES: Final = {
    **{
        f"{_OASIS}{name}:1.0": prefix
        for name, prefix in {
            "animation": "anim", "chart": "chart", "config": "config", "dr3d": "dr3d", "drawing": "draw",
            "xsl-fo-compatible": "fo", "form": "form", "meta": "meta", "datastyle": "number", "office": "office",
            "presentation": "presentation", "script": "script", "smil-compatible": "smil", "style": "style",
            "svg-compatible": "svg", "table": "table", "text": "text", "manifest": "manifest",
        }.items()
    },
    "http://www.w3.org/1999/xlink": "xlink",
    "http://www.w3.org/XML/1998/namespace": "xml",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://www.w3.org/1998/Math/MathML": "math",
    "http://www.w3.org/TR/css3-text/": "css3t",
    "http://openoffice.org/2009/office": "officeooo",
    "http://openoffice.org/2009/table": "tableooo",
    "http://openoffice.org/2010/draw": "drawooo",
    "http://openoffice.org/2010/chart": "chartooo",
    "urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0": "loext",
    "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0": "calcext",
    "urn:openoffice:names:experimental:ooo-ms-interop:xmlns:field:1.0": "field",
}  # fmt: skip
# Prefixes of which every element goes on but those of the second table; of the others, none does.
_OF_ELEMENTS_TABLE: Final = """
    anim calcext chart config dc dr3d draw field form loext manifest math meta number office presentation style svg
    table text
"""
_OF_ELEMENTS: Final = frozenset(_OF_ELEMENTS_TABLE.split())
_NEVER_TABLE: Final = """
    anim:audio anim:command anim:param draw:applet draw:floating-frame draw:object-ole draw:param draw:plugin
    form:connection-resource form:file form:generic-control form:grid form:hidden form:image form:image-frame
    form:properties form:property form:list-property form:list-value manifest:encryption-data manifest:algorithm
    manifest:key-derivation math:maction math:annotation-xml meta:auto-reload meta:hyperlink-behaviour meta:template
    meta:user-defined office:binary-data office:dde-source office:document office:script office:scripts
    presentation:sound svg:definition-src svg:font-face-src svg:font-face-uri table:cell-range-source
    table:database-source-query table:database-source-sql table:database-source-table table:dde-link table:dde-links
    table:error-macro table:source-service table:table-source text:alphabetical-index-auto-mark-file
    text:database-display text:database-name text:database-next text:database-row-number text:database-row-select
    text:dde-connection text:dde-connection-decl text:dde-connection-decls text:execute-macro text:script
"""
_NEVER: Final = frozenset(_NEVER_TABLE.split())
_NEVER_ATTRIBUTES_TABLE: Final = """
    draw:archive draw:class-id draw:code draw:may-script form:command form:data-field form:datasource
    form:list-source form:list-source-type form:linked-cell form:source-cell-range form:target-frame
    office:dde-application office:dde-item office:dde-topic presentation:verb script:language script:macro-name
    table:protection-key table:sql-statement table:filter-options table:filter-name text:connection-name
    text:filter-name text:protection-key
"""
_NEVER_ATTRIBUTES: Final = frozenset(_NEVER_ATTRIBUTES_TABLE.split())
_WEB: Final = re.compile(r"https?://[!#-;=?-\[\]_a-z~]+|mailto:[^\s@<>\"]+@[^\s@<>\"]+")
_PLACE: Final = re.compile(r"#[^\x00-\x1f]*")
_PICTURE_HERE: Final = re.compile(r"Pictures/[0-9]{1,6}\.(?:png|jpg|gif|tif|bmp|webp|svg)")
_OBJECT_HERE: Final = re.compile(r"\./Object [0-9]{1,6}")
_DATA_HERE: Final = re.compile(r"\.{1,2}")
# Element → what its address may be.
_HREFS: Final = {
    "text:a": (_WEB, _PLACE),
    "draw:a": (_WEB, _PLACE),
    "draw:area-rectangle": (_WEB, _PLACE),
    "draw:area-circle": (_WEB, _PLACE),
    "draw:area-polygon": (_WEB, _PLACE),
    "presentation:event-listener": (_PLACE,),
    "draw:image": (_PICTURE_HERE,),
    "draw:fill-image": (_PICTURE_HERE,),
    "style:background-image": (_PICTURE_HERE,),
    "text:list-level-style-image": (_PICTURE_HERE,),
    "draw:object": (_OBJECT_HERE,),
    "chart:chart": (_DATA_HERE,),
}
_FORMULAS: Final = frozenset(
    {
        "table:formula",
        "table:condition",
        "table:expression",
        "style:condition",
        "text:formula",
        "text:condition",
        "calcext:value",
    }
)
_STRING: Final = re.compile(r'"(?:[^"]|"")*"')
_REACHES: Final = re.compile(
    r"\b(?:DDE|WEBSERVICE|FILTERXML|RTD|CALL|REGISTER(?:\.ID)?|EXEC|IMAGE|SQL\.REQUEST)\s*\(|\\|//|'#|\bfile:|\bhttps?:",
    re.IGNORECASE,
)
_LINK: Final = re.compile(r"HYPERLINK\s*\(\s*(.{0,20})", re.IGNORECASE | re.DOTALL)
_LITERAL: Final = re.compile(r'"(?:https?://|mailto:|www\.|#)', re.IGNORECASE)
_RUNS: Final = re.compile(
    r"\s*(?:javascript|vbscript|vnd\.sun\.star\.[\w.]+|macro|file|smb|service|slot|private|mhtml|\.uno)\s*:(?!:)",
    re.IGNORECASE,
)
_HARMLESS_ACTIONS: Final = frozenset(
    {"none", "previous-page", "next-page", "first-page", "last-page", "hide", "stop", "show", "fade-out"}
)


class _Surprise(Exception):
    """The bytes are not what our writer writes."""


def verify(clean: bytes) -> None:
    """Raise CannotSanitize unless the file is of the kind that our writer makes."""
    try:
        with zipfile.ZipFile(io.BytesIO(clean)) as package:
            _check(clean, package)
    except _Surprise as surprise:
        raise CannotSanitize(Threat.MALFORMED, f"the second reading found: {surprise}") from surprise
    except (zipfile.BadZipFile, expat.ExpatError, UnicodeDecodeError, EOFError, zlib.error) as error:
        raise CannotSanitize(Threat.MALFORMED, "the second reading cannot read it") from error


def _check(clean: bytes, package: zipfile.ZipFile) -> None:
    members = package.infolist()
    names = [member.filename for member in members]
    if len(set(names)) != len(names) or package.comment:
        raise _Surprise("names twice, or a comment")
    if sum(member.file_size for member in members) > _MOST_BYTES:
        raise _Surprise("too much")
    media_type = _media_type(clean, members, package)
    told = _Manifest(package.read(_MANIFEST) if _MANIFEST in names else b"<none/>").entries
    if told.pop("/", "") != media_type:
        raise _Surprise("a manifest that tells another media type")
    parts = set(names) - {"mimetype", _MANIFEST}
    if {name for name in told if not _FOLDER.fullmatch(name)} != parts:
        raise _Surprise("a manifest that tells of other parts")
    if "content.xml" not in parts:
        raise _Surprise("no content")
    known = parts | {name for name in told if name.endswith("/")}
    for name in sorted(parts):
        _check_part(name, package.read(name), known)


def _media_type(clean: bytes, members: list[zipfile.ZipInfo], package: zipfile.ZipFile) -> str:
    first = members[0] if members else None
    if (
        first is None
        or first.filename != "mimetype"
        or first.compress_type != zipfile.ZIP_STORED
        or first.header_offset
    ):
        raise _Surprise("no media type at the beginning")
    media_type = package.read(first).decode("ascii")
    if media_type not in TYPES or clean[30 : 38 + len(media_type)] != b"mimetype" + media_type.encode():
        raise _Surprise("another media type")
    return media_type


def _check_part(name: str, content: bytes, known: set[str]) -> None:
    picture = _PICTURE.fullmatch(name)
    if picture is not None:
        if not content.startswith(_BEGINNINGS[picture[1]]):
            raise _Surprise("a picture of another kind")
    elif _XML_PART.fullmatch(name):
        _Reader(name.rpartition("/")[0], known).read(content)
    else:
        raise _Surprise(f"part {name[:60]}")


class _Quiet:
    """expat with everything refused that a part of ours does not have."""

    def __init__(self) -> None:
        parser = self._parser = expat.ParserCreate("utf-8", " ")
        for handler in (
            "StartDoctypeDeclHandler",
            "ProcessingInstructionHandler",
            "CommentHandler",
            "EntityDeclHandler",
        ):
            setattr(parser, handler, self._refuse)
        parser.StartCdataSectionHandler = self._refuse
        parser.StartElementHandler = self.start

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """One element."""

    def read(self, content: bytes) -> None:
        """The whole part."""
        self._parser.Parse(content, True)

    def _refuse(self, *_: object) -> None:
        raise _Surprise("a document type, comment, instruction or CDATA section")


class _Manifest(_Quiet):
    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.entries: dict[str, str] = {}
        self.read(content)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        element = _short(name)
        told = {_short(key): value for key, value in attributes.items()}
        if element == "manifest:file-entry":
            path = told.get("manifest:full-path", "")
            if path in self.entries:
                raise _Surprise("a part told twice")
            self.entries[path] = told.get("manifest:media-type", "")
        elif element != "manifest:manifest":
            raise _Surprise(f"{element[:40]} in the manifest")


class _Reader(_Quiet):
    def __init__(self, folder: str, known: set[str]) -> None:
        super().__init__()
        self._folder = f"{folder}/" if folder else ""
        self._known = known
        self._elements: dict[str, str] = {}
        self._attributes: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        element = self._elements.get(name)
        if element is None:
            element = self._elements[name] = _allowed_element(name)
        for key, value in attributes.items():
            attribute = self._attributes.get(key)
            if attribute is None:
                attribute = self._attributes[key] = _allowed_attribute(key)
            if attribute == "xlink:href":
                self._check_address(element, value)
            elif attribute in _FORMULAS:
                _check_formula(value)
            elif ":" in value and _RUNS.match(value) and attribute != "form:control-implementation":
                raise _Surprise(f"an address in {attribute[:40]}")
            elif attribute == "presentation:action" and value not in _HARMLESS_ACTIONS:
                raise _Surprise("an action that is no step of a slide show")
            elif attribute == "form:control-implementation" and not value.startswith(
                "ooo:com.sun.star.form.component."
            ):
                raise _Surprise("a control of another program")
            elif attribute == "form:button-type" and value not in {"push", "reset"}:
                raise _Surprise("a button that sends or opens")

    def _check_address(self, element: str, address: str) -> None:
        allowed = _HREFS.get(element, ())
        if not any(pattern.fullmatch(address) for pattern in allowed):
            raise _Surprise(f"an address of {element[:40]}")
        if element.endswith("image") and self._folder + address not in self._known:
            raise _Surprise("a picture that is not there")
        if element == "draw:object" and f"{self._folder}{address[2:]}/content.xml" not in self._known:
            raise _Surprise("an object that is not there")


def _short(name: str) -> str:
    space, _, local = name.rpartition(" ")
    return f"{_SPACES.get(space, '?')}:{local}" if space else local


def _allowed_element(name: str) -> str:
    element = _short(name)
    if element.partition(":")[0] not in _OF_ELEMENTS or element in _NEVER or ":" not in element:
        raise _Surprise(f"element {element[:60]}")
    return element


def _allowed_attribute(name: str) -> str:
    attribute = _short(name)
    bad = attribute in _NEVER_ATTRIBUTES or attribute.startswith("?") or attribute.lower().startswith("on")
    if bad or attribute == "href":
        raise _Surprise(f"attribute {attribute[:60]}")
    return attribute


def _check_formula(formula: str) -> None:
    """What stands in quotes is words, but for the address of a link."""
    if _REACHES.search(_STRING.sub('""', formula)):
        raise _Surprise("a formula that starts a program or reaches out")
    for link in _LINK.finditer(_STRING.sub(lambda found: found[0] if _LITERAL.match(found[0]) else '""', formula)):
        if not _LITERAL.match(link[1]):
            raise _Surprise("a link that a formula makes")
