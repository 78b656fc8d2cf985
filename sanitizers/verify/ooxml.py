"""The second reading of a Word, Excel or PowerPoint file that Kiyome wrote, by zipfile and expat: which parts it has.

What stands inside the parts is read by `ooxml_parts`.
"""

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, NamedTuple
from xml.parsers import expat

from sanitizers.model import CannotSanitize, Threat
from sanitizers.verify.ooxml_parts import WEB, Names, Quiet, Reader, Surprise

# Said here once more on purpose: a slip in the sanitizer's tables must not pass because both read the same ones.
_MOST_BYTES: Final = 1_000_000_000  # unpacked, all parts together
_MOST_MEMBERS: Final = 20_000
_DEEPEST: Final = 6  # packages in packages
_PIECE: Final = 65_536  # bytes of a part that are read at once

_TYPES: Final = "[Content_Types].xml"
_TYPES_SPACE: Final = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONSHIPS_SPACE: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
_RELATIONSHIPS_TYPE: Final = "application/vnd.openxmlformats-package.relationships+xml"
_CORE_RELATIONSHIP: Final = f"{_RELATIONSHIPS_SPACE}/metadata/core-properties"
_MAIN_RELATIONSHIP: Final = "officeDocument"
_HYPERLINK: Final = "hyperlink"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
_OPENXML: Final = "application/vnd.openxmlformats-"
_DOCUMENT: Final = f"{_OPENXML}officedocument.wordprocessingml."
_WORKBOOK: Final = f"{_OPENXML}officedocument.spreadsheetml."
_SHOW: Final = f"{_OPENXML}officedocument.presentationml."
_DRAWING: Final = f"{_OPENXML}officedocument.drawing"
_MICROSOFT: Final = "http://schemas.microsoft.com/office/"

_ENDS: Final = {"word": "docx", "xl": "xlsx", "ppt": "pptx"}
_ENDINGS: Final = {ending: folder for folder, ending in _ENDS.items()}
_EMBEDDED_TYPES: Final = {
    "docx": f"{_DOCUMENT}document",
    "xlsx": f"{_WORKBOOK}sheet",
    "pptx": f"{_SHOW}presentation",
}  #: also the media types of whole files
_PICTURES: Final = {
    "png": ("image/png", (b"\x89PNG\r\n\x1a\n",)),
    "jpeg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "gif": ("image/gif", (b"GIF87a", b"GIF89a")),
    "tiff": ("image/tiff", (b"II*\0", b"MM\0*")),
    "bmp": ("image/bmp", (b"BM",)),
}


class _Row(NamedTuple):
    """Parts of one kind."""

    name: "re.Pattern[str]"
    type: str
    relationship: str  #: the only type of relationship that may lead to it


def _row(name: str, type_: str, relationship: str) -> _Row:
    """In a name, # is a number and * the folder of the document; a relationship of one word is one of ECMA-376."""
    pattern = re.escape(name).replace(r"\#", "[1-9][0-9]{0,5}").replace(r"\*", "(?:word|xl|ppt)")
    full = relationship if ":" in relationship else _OFFICE + relationship
    return _Row(re.compile(pattern), type_, full)


_MAINS: Final = {"word": "word/document.xml", "xl": "xl/workbook.xml", "ppt": "ppt/presentation.xml"}
_CORE: Final = _row("docProps/core.xml", f"{_OPENXML}package.core-properties+xml", _CORE_RELATIONSHIP)
_EXTENDED_RELATIONSHIP: Final = f"{_OFFICE}extended-properties"
_EXTENDED: Final = _row("docProps/app.xml", f"{_OPENXML}officedocument.extended-properties+xml", _EXTENDED_RELATIONSHIP)
_PROGRAMS: Final = frozenset(
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Properties xmlns="http://schemas.openxmlformats.org/'
    b'officeDocument/2006/extended-properties"><Application>Microsoft Office</Application>'
    b"<AppVersion>" + version + b"</AppVersion></Properties>"
    for version in (b"12.0000", b"16.0000")
)  #: all that our writer says of the program that wrote the source
_WORDS: Final = (
    _row(_MAINS["word"], f"{_DOCUMENT}document.main+xml", _MAIN_RELATIONSHIP),
    *(_row(f"word/{name}.xml", f"{_DOCUMENT}{name}+xml", name) for name in
      ("styles", "numbering", "fontTable", "settings", "footnotes", "endnotes", "comments")),
    *(_row(f"word/{name}#.xml", f"{_DOCUMENT}{name}+xml", name) for name in ("header", "footer")),
)  # fmt: skip
_SHEETS: Final = (
    _row(_MAINS["xl"], f"{_WORKBOOK}sheet.main+xml", _MAIN_RELATIONSHIP),
    _row("xl/worksheets/sheet#.xml", f"{_WORKBOOK}worksheet+xml", "worksheet"),
    _row("xl/chartsheets/sheet#.xml", f"{_WORKBOOK}chartsheet+xml", "chartsheet"),
    _row("xl/sharedStrings.xml", f"{_WORKBOOK}sharedStrings+xml", "sharedStrings"),
    _row("xl/styles.xml", f"{_WORKBOOK}styles+xml", "styles"),
    _row("xl/metadata.xml", f"{_WORKBOOK}sheetMetadata+xml", "sheetMetadata"),
    _row("xl/tables/table#.xml", f"{_WORKBOOK}table+xml", "table"),
    _row("xl/comments#.xml", f"{_WORKBOOK}comments+xml", "comments"),
    _row(
        "xl/threadedComments/threadedComment#.xml",
        "application/vnd.ms-excel.threadedcomments+xml",
        f"{_MICROSOFT}2017/10/relationships/threadedComment",
    ),
    _row(
        "xl/persons/person.xml",
        "application/vnd.ms-excel.person+xml",
        f"{_MICROSOFT}2017/10/relationships/person",
    ),
    _row("xl/drawings/drawing#.xml", f"{_DRAWING}+xml", "drawing"),
    *(_row(f"xl/pivotCache/{name}#.xml", f"{_WORKBOOK}{name}+xml", name) for name in
      ("pivotCacheDefinition", "pivotCacheRecords")),
    _row("xl/pivotTables/pivotTable#.xml", f"{_WORKBOOK}pivotTable+xml", "pivotTable"),
)  # fmt: skip
_SLIDES: Final = (
    _row(_MAINS["ppt"], f"{_SHOW}presentation.main+xml", _MAIN_RELATIONSHIP),
    _row("ppt/slides/slide#.xml", f"{_SHOW}slide+xml", "slide"),
    *(_row(f"ppt/{name}s/{name}#.xml", f"{_SHOW}{name}+xml", name) for name in
      ("slideLayout", "slideMaster", "notesSlide", "notesMaster", "handoutMaster")),
    *(_row(f"ppt/{name}.xml", f"{_SHOW}{name}+xml", name) for name in
      ("presProps", "viewProps", "tableStyles", "commentAuthors")),
    _row("ppt/comments/comment#.xml", f"{_SHOW}comments+xml", "comments"),
    _row(
        "ppt/comments/modernComment#.xml",
        "application/vnd.ms-powerpoint.comments+xml",
        f"{_MICROSOFT}2018/10/relationships/comments",
    ),
    _row(
        "ppt/authors.xml",
        "application/vnd.ms-powerpoint.authors+xml",
        f"{_MICROSOFT}2018/10/relationships/authors",
    ),
)  # fmt: skip
_SHARED: Final = (
    _row("*/theme/theme#.xml", f"{_OPENXML}officedocument.theme+xml", "theme"),
    _row("*/theme/themeOverride#.xml", f"{_OPENXML}officedocument.themeOverride+xml", "themeOverride"),
    _row("*/charts/chart#.xml", f"{_DRAWING}ml.chart+xml", "chart"),
    _row(
        "*/charts/chartEx#.xml",
        "application/vnd.ms-office.chartex+xml",
        f"{_MICROSOFT}2014/relationships/chartEx",
    ),
    _row(
        "*/charts/style#.xml",
        "application/vnd.ms-office.chartstyle+xml",
        f"{_MICROSOFT}2011/relationships/chartStyle",
    ),
    _row(
        "*/charts/colors#.xml",
        "application/vnd.ms-office.chartcolorstyle+xml",
        f"{_MICROSOFT}2011/relationships/chartColorStyle",
    ),
    _row("*/drawings/chartshapes#.xml", f"{_DRAWING}ml.chartshapes+xml", "chartUserShapes"),
    _row("*/diagrams/data#.xml", f"{_DRAWING}ml.diagramData+xml", "diagramData"),
    _row("*/diagrams/layout#.xml", f"{_DRAWING}ml.diagramLayout+xml", "diagramLayout"),
    _row("*/diagrams/quickStyle#.xml", f"{_DRAWING}ml.diagramStyle+xml", "diagramQuickStyle"),
    _row("*/diagrams/colors#.xml", f"{_DRAWING}ml.diagramColors+xml", "diagramColors"),
    _row(
        "*/diagrams/drawing#.xml",
        "application/vnd.ms-office.drawingml.diagramDrawing+xml",
        f"{_MICROSOFT}2007/relationships/diagramDrawing",
    ),
    _row("*/drawings/vmlDrawing#.vml", f"{_OPENXML}officedocument.vmlDrawing", "vmlDrawing"),
)
_MEDIA: Final = tuple(
    _row(f"*/media/image#.{ending}", type_, "image") for ending, (type_, _) in _PICTURES.items()
) + tuple(_row(f"*/embeddings/file#.{ending}", type_, "package") for ending, type_ in _EMBEDDED_TYPES.items())
_ROWS: Final = {
    "word": (*_WORDS, *_SHARED, *_MEDIA, _CORE, _EXTENDED),
    "xl": (*_SHEETS, *_SHARED, *_MEDIA, _CORE, _EXTENDED),
    "ppt": (*_SLIDES, *_SHARED, *_MEDIA, _CORE, _EXTENDED),
}
_DEFAULTS: Final = {
    "rels": _RELATIONSHIPS_TYPE,
    "xml": "application/xml",
    **{ending: type_ for ending, (type_, _) in _PICTURES.items()},
}
_OF_THE_ROOT: Final = {_OFFICE + _MAIN_RELATIONSHIP, _CORE_RELATIONSHIP, _EXTENDED_RELATIONSHIP}
_PACKAGE: Final = f"{_OFFICE}package"
_OF_CHARTS: Final = re.compile(r"(?:word|xl|ppt)/charts/chart(?:Ex)?[0-9]+\.xml")


def verify(clean: bytes, folder: str, depth: int = 0) -> None:
    """Raise CannotSanitize unless the file is of the kind that our writer makes; folder: "word", "xl" or "ppt"."""
    try:
        with zipfile.ZipFile(io.BytesIO(clean)) as package:
            _check_members(clean, package)
            _Package(package, folder, depth).check()
    except Surprise as surprise:
        raise CannotSanitize(Threat.MALFORMED, f"the second reading found: {surprise}") from surprise
    except (
        zipfile.BadZipFile,
        expat.ExpatError,
        UnicodeDecodeError,
        EOFError,
        NotImplementedError,
        zlib.error,
    ) as error:
        raise CannotSanitize(Threat.MALFORMED, "the second reading cannot read it") from error


VERIFIERS: Final[Mapping[str, Callable[[bytes], None]]] = {
    type_: partial(verify, folder=_ENDINGS[ending]) for ending, type_ in _EMBEDDED_TYPES.items()
}  #: by the media type that was written


def _check_members(clean: bytes, package: zipfile.ZipFile) -> None:
    """One member after the other from the first byte on, then the directory; nothing in front, between or behind."""
    members = package.infolist()
    if len({member.filename.lower() for member in members}) != len(members) or package.comment:
        raise Surprise("names twice, or a comment")
    if len(members) > _MOST_MEMBERS or sum(member.file_size for member in members) > _MOST_BYTES:
        raise Surprise("too much")
    at = 0
    for member in members:
        plain = member.compress_type in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} and not member.flag_bits & ~0x0800
        if member.header_offset != at or member.extra or member.comment or not plain:
            raise Surprise("a member that our writer does not write so")
        if clean[at + 28 : at + 30] != b"\0\0":
            raise Surprise("a member with an extra field")
        at += 30 + len(member.orig_filename.encode()) + member.compress_size
    if package.start_dir != at or clean[-22:-18] != b"PK\x05\x06":
        raise Surprise("bytes between members, or behind the directory")


class _Package:
    """One package; ends with it."""

    def __init__(self, package: zipfile.ZipFile, folder: str, depth: int) -> None:
        self._package = package
        self._folder = folder
        self._depth = depth
        self._names = Names()
        members = set(package.namelist())
        self._of_relationships = {name for name in members if name.endswith(".rels")}
        self._parts = {name: self._row_of(name) for name in members - self._of_relationships - {_TYPES}}

    def _row_of(self, name: str) -> _Row:
        for row in _ROWS[self._folder]:
            if row.name.fullmatch(name):
                return row
        raise Surprise(f"part {name[:60]}")

    def check(self) -> None:
        """All of it."""
        self._check_types()
        relationships = self._relationships()
        for name in sorted(self._parts):
            self._check_part(name, relationships.get(name, {}))

    def _check_types(self) -> None:
        if _TYPES not in self._package.namelist():
            raise Surprise("no content types")
        told = _Types(self._package.read(_TYPES)).overrides
        if told != {f"/{name}": row.type for name, row in self._parts.items() if not row.type.startswith("image/")}:
            raise Surprise("content types that tell of other parts")

    def _relationships(self) -> dict[str, dict[str, bool]]:
        """Of each part: id → whether it leads out of the file."""
        found: dict[str, dict[str, bool]] = {}
        reached: set[str] = set()
        for name in sorted(self._of_relationships):
            folder, between, last = name.rpartition("_rels/")
            owner = folder + last.removesuffix(".rels")
            if not between or (owner and owner not in self._parts):
                raise Surprise("relationships of a part that is not there")
            read = _Relationships(self._package.read(name)).found
            found[owner] = {id_: self._leads_out(owner, each, reached) for id_, each in read.items()}
        if reached != set(self._parts):
            raise Surprise("a part that nothing refers to")
        if _MAINS[self._folder] not in self._parts:
            raise Surprise("no main part")
        return found

    def _leads_out(self, owner: str, relationship: "_Relationship", reached: set[str]) -> bool:
        type_, target, outside = relationship
        if outside:
            if type_ != _OFFICE + _HYPERLINK or not owner or not WEB.fullmatch(target):
                raise Surprise("a relationship that leads out of the file")
            return True
        part = posixpath.normpath(posixpath.join(posixpath.dirname(owner), target))
        if part not in self._parts or self._parts[part].relationship != type_:
            raise Surprise(f"a relationship of another type, or to no part of the file: {type_[-60:]}")
        if (type_ in _OF_THE_ROOT) != (owner == ""):
            raise Surprise("a relationship at another place")
        if type_ == _PACKAGE and not _OF_CHARTS.fullmatch(owner):
            raise Surprise("an embedded file of something else than a chart")
        reached.add(part)
        return False

    def _check_part(self, name: str, relationships: dict[str, bool]) -> None:
        ending = name.rpartition(".")[2]
        if ending in _PICTURES:
            if not self._package.read(name).startswith(_PICTURES[ending][1]):
                raise Surprise("a picture of another kind")
        elif self._parts[name] is _EXTENDED:
            if self._package.read(name) not in _PROGRAMS:
                raise Surprise("properties of the program that our writer does not write so")
        elif ending in _ENDINGS:
            if self._depth >= _DEEPEST:
                raise Surprise("packages in packages")
            verify(self._package.read(name), _ENDINGS[ending], self._depth + 1)
        else:
            reader = Reader(self._names, relationships)
            with self._package.open(name) as part:
                while piece := part.read(_PIECE):
                    reader.feed(piece)
            reader.close()


class _Types(Quiet):
    """What [Content_Types].xml says."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.overrides: dict[str, str] = {}
        self.feed(content)
        self.close()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """One row."""
        space, _, element = name.rpartition(" ")
        type_ = attributes.get("ContentType", "")
        if space != _TYPES_SPACE:
            raise Surprise("content types of another namespace")
        if element == "Override" and attributes.keys() == {"PartName", "ContentType"}:
            if self.overrides.setdefault(attributes["PartName"], type_) != type_:
                raise Surprise("a part with two content types")
        elif element == "Default" and attributes.keys() == {"Extension", "ContentType"}:
            if _DEFAULTS.get(attributes["Extension"]) != type_:
                raise Surprise(f"content type {type_[:60]}")
        elif element != "Types" or attributes:
            raise Surprise(f"{element[:40]} in the content types")


class _Relationship(NamedTuple):
    type: str
    target: str
    outside: bool


class _Relationships(Quiet):
    """What a .rels says."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.found: dict[str, _Relationship] = {}
        self.feed(content)
        self.close()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """One relationship."""
        space, _, element = name.rpartition(" ")
        if space != _RELATIONSHIPS_SPACE or element not in {"Relationship", "Relationships"}:
            raise Surprise(f"{element[:40]} in relationships")
        if element == "Relationships":
            return
        mode = attributes.pop("TargetMode", "")
        id_ = attributes.get("Id", "")
        if attributes.keys() != {"Id", "Type", "Target"} or mode not in {"", "External"} or id_ in self.found:
            raise Surprise("a relationship that is not written as ours are")
        self.found[id_] = _Relationship(attributes["Type"], attributes["Target"], mode == "External")
