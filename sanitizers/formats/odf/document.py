"""From the source to the new package: the document, the documents in its objects, its pictures, its manifest."""

from copy import deepcopy
from typing import Final, NamedTuple
from xml.sax.saxutils import quoteattr

from sanitizers.formats.odf import dropped, hidden, properties, settings
from sanitizers.formats.odf.flat import NoPackage
from sanitizers.formats.odf.namespaces import NAMESPACES, clark
from sanitizers.formats.odf.package import MANIFEST, Package
from sanitizers.formats.odf.parsing import XML, NotReadable
from sanitizers.formats.odf.pictures import Pictures
from sanitizers.formats.odf.treatments import scripts
from sanitizers.formats.odf.work import Work
from sanitizers.formats.odf.writing import Writer
from sanitizers.job import Job
from sanitizers.markup.addresses import Hrefs
from sanitizers.markup.census import Census
from sanitizers.model import CannotSanitize, Threat
from sanitizers.zipped import Packing, written

#: What office:body holds → media type of the new file. Templates, master and web documents become plain ones.
BODIES: Final = {
    "text": "application/vnd.oasis.opendocument.text",
    "spreadsheet": "application/vnd.oasis.opendocument.spreadsheet",
    "presentation": "application/vnd.oasis.opendocument.presentation",
    "drawing": "application/vnd.oasis.opendocument.graphics",
    "chart": "application/vnd.oasis.opendocument.chart",
}
FORMULA: Final = "application/vnd.oasis.opendocument.formula"

_DEEPEST: Final = 5  # documents inside documents
_VERSIONS: Final = frozenset({"1.0", "1.1", "1.2", "1.3", "1.4"})
_XML: Final = "text/xml"
_OFFICE: Final = f"{{{NAMESPACES['office']}}}"
_MATH: Final = clark("math:math")
_HREF: Final = clark("xlink:href")
_VERSION: Final = clark("office:version")
_CONTENT: Final = ("font-face-decls", "automatic-styles", "body")
_STYLES: Final = ("font-face-decls", "styles", "automatic-styles", "master-styles")


class Roots(NamedTuple):
    """The parts of one document; in a flat file all of them are the same element."""

    content: XML
    styles: XML | None = None
    settings: XML | None = None
    meta: XML | None = None


class Document:
    """One file on its way; ends with it."""

    def __init__(self, package: Package | NoPackage, job: Job, census: Census) -> None:
        self.package = package
        self.job = job
        self.census = census
        self.hrefs = Hrefs(job.rules.links)
        self.pictures = Pictures(self)
        self._files: dict[str, tuple[bytes, str]] = {}  #: name → content, media type
        self._objects: dict[tuple[str, str], str | None] = {}
        self._number = 0

    def build(self, flat: XML | None) -> tuple[bytes, str]:
        """The new package and its media type. `flat`: the whole document where it came as one XML file."""
        roots = Roots(flat, flat, flat, flat) if flat is not None else self._roots("")
        if roots is None:
            raise CannotSanitize(Threat.MALFORMED, "an OpenDocument file without content")
        media_type = self._document(Work(self, "", "", 0), roots)
        if media_type is None:
            raise CannotSanitize(
                Threat.UNSUPPORTED, "neither a text, spreadsheet, presentation, drawing, chart nor formula"
            )
        version = _version(roots.content)
        properties.keep(self, roots.meta, version)
        self.package.tell_of_the_rest()
        return self._zipped(media_type, version), media_type

    def keep(self, name: str, content: bytes, media_type: str) -> None:
        """A part of the new package."""
        self._files[name] = (content, media_type)

    # One document

    def _roots(self, folder: str) -> Roots | None:
        content = self._tree(f"{folder}content.xml", needed=not folder)
        if content is None:
            return None
        names = ("styles.xml", "settings.xml", "meta.xml")
        return Roots(content, *(self._tree(f"{folder}{name}") for name in names))

    def _tree(self, name: str, *, needed: bool = False) -> XML | None:
        try:
            return self.package.tree(name)
        except NotReadable as failed:
            if needed:
                raise CannotSanitize(Threat.MALFORMED, f"{name}: {failed}") from failed
            self.census.met(dropped.BROKEN, name)
            return None

    def _document(self, work: Work, roots: Roots) -> str | None:
        """Write content, styles and settings into the folder; the media type, None: no document."""
        if roots.content.tag == _MATH:
            self.keep(f"{work.folder}content.xml", Writer(work).root(roots.content), _XML)
            settings.keep(self, work.folder, roots.settings, "")
            return FORMULA
        media_type = _media_type(roots.content)
        if media_type is None:
            return None
        hidden.settle(work, roots.content, roots.styles)
        version = _version(roots.content)
        extra = f' office:version="{version}"' if version else ""
        for element in roots.content.iter(f"{_OFFICE}scripts"):
            scripts(element, work)
        flat = roots.styles is roots.content
        styles = _children(roots.styles, _STYLES)
        if flat:
            styles = [deepcopy(each) if each.tag.endswith("styles") else each for each in styles]
        if styles:
            self.keep(f"{work.folder}styles.xml", Writer(work).document("office:document-styles", styles, extra), _XML)
        content = Writer(work).document("office:document-content", _children(roots.content, _CONTENT), extra)
        self.keep(f"{work.folder}content.xml", content, _XML)
        settings.keep(self, work.folder, roots.settings, extra)
        return media_type

    # Objects

    def object(self, work: Work, element: XML) -> str | None:
        """The address of the clean document that draw:object holds or names; None, as was told: it does not go on."""
        inline = next((each for each in element if each.tag in {_MATH, f"{_OFFICE}document"}), None)
        if inline is not None:
            return self._new_object(work, "", Roots(inline, inline, inline, None))
        address = (element.get(_HREF) or "").removeprefix("./").rstrip("/")
        if not address or ":" in address or address.startswith(("/", "\\", "../")):
            if address:
                work.met(dropped.LINKED, address)
            return None
        key = (work.folder, f"{work.source}{address}/")
        if key not in self._objects:
            self._objects[key] = None
            roots = self._roots(key[1])
            self._objects[key] = self._new_object(work, key[1], roots) if roots else None
            if self._objects[key] is None:
                work.met(dropped.OBJECT, address)
                self.package.use(work.source, address)
        return self._objects[key]

    def _new_object(self, work: Work, source: str, roots: Roots) -> str | None:
        if work.depth >= _DEEPEST:
            return None
        self._number += 1
        name = f"Object {self._number}"
        inner = Work(self, source, f"{work.folder}{name}/", work.depth + 1)
        media_type = self._document(inner, roots)
        if media_type is None:
            return None
        self.keep(inner.folder, b"", media_type)
        return f"./{name}"

    # The package

    def _zipped(self, media_type: str, version: str) -> bytes:
        """ODF 1.3 part 2, 3.3: the media type first and not compressed, so that the first bytes tell what it is."""
        rows = [("/", media_type), *((name, type_) for name, (_, type_) in self._files.items())]
        entries = "".join(
            f"<manifest:file-entry manifest:full-path={quoteattr(name)} manifest:media-type={quoteattr(type_)}/>\n"
            for name, type_ in rows
        )
        stated = f' manifest:version="{version}"' if version not in {"", "1.0", "1.1"} else ""
        manifest = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<manifest:manifest'
            f' xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"{stated}>\n'
            f"{entries}</manifest:manifest>\n"
        )
        members = [("mimetype", media_type.encode("ascii"), Packing.STORED)]
        for name, (content, type_) in self._files.items():
            if not name.endswith("/"):
                raster = type_.startswith("image/") and type_ != "image/svg+xml"
                members.append((name, content, Packing.STORED if raster else Packing.DEFLATED))
        return written([*members, (MANIFEST, manifest.encode(), Packing.DEFLATED)])


def _children(root: XML | None, names: tuple[str, ...]) -> list[XML]:
    if root is None:
        return []
    found = {name: [each for each in root if each.tag == _OFFICE + name] for name in names}
    return [each for name in names for each in found[name][:1]]


def _version(root: XML) -> str:
    version = root.get(_VERSION) or ""
    return version if version in _VERSIONS else ""


def _media_type(root: XML) -> str | None:
    if root.tag not in {f"{_OFFICE}document-content", f"{_OFFICE}document"}:
        return None
    body = root.find(f"{_OFFICE}body")
    for child in body if body is not None else ():
        if isinstance(child.tag, str) and child.tag.startswith(_OFFICE) and child.tag[len(_OFFICE) :] in BODIES:
            return BODIES[child.tag[len(_OFFICE) :]]
    return None
