"""Small text documents through the real tables, and what a reader sees of the result, fields written out as"
" {instruction|result}."""

import io
import zipfile
from collections.abc import Mapping

from lxml import etree

from sanitizers.formats.ooxml.package import Document
from sanitizers.formats.ooxml.source import Package
from sanitizers.rules import Profile
from tests.unit.sanitizers.ooxml.opc_packages import Job, R, W, packed, relationships, types

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml."
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
SPACES = (
    f'xmlns:w="{W}" xmlns:r="{R}" xmlns:v="urn:schemas-microsoft-com:vml"'
    ' xmlns:o="urn:schemas-microsoft-com:office:office"'
    ' xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
    ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    ' xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    ' xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"'
    ' xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
    ' xmlns:wp14="http://schemas.microsoft.com/office/word/2010/wordprocessingDrawing"'
    ' xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
    ' xmlns:w15="http://schemas.microsoft.com/office/word/2012/wordml"'
)
_W = f"{{{W}}}"


def root(name: str, inside: str) -> bytes:
    """A part with this root element."""
    return f"<w:{name} {SPACES}>{inside}</w:{name}>".encode()


def p(*runs: str) -> str:
    return f"<w:p>{''.join(runs)}</w:p>"


def r(text: str, properties: str = "") -> str:
    """A run of text."""
    return f'<w:r>{f"<w:rPr>{properties}</w:rPr>" if properties else ""}<w:t xml:space="preserve">{text}</w:t></w:r>'


def mark(kind: str, inside: str = "") -> str:
    """A run with the begin, separator or end of a field."""
    return f'<w:r><w:fldChar w:fldCharType="{kind}">{inside}</w:fldChar></w:r>'


def code(text: str) -> str:
    """A run with a piece of an instruction."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return f'<w:r><w:instrText xml:space="preserve">{escaped}</w:instrText></w:r>'


def field(instruction: str, result: str = "result") -> str:
    """A complex field of five runs."""
    return mark("begin") + code(instruction) + mark("separate") + r(result) + mark("end")


class Written:
    """A document after the real tables."""

    def __init__(
        self,
        body: str,
        profile: Profile | None = None,
        *,
        parts: Mapping[str, bytes] | None = None,
        links: tuple[tuple[str, str, str], ...] = (),
        files: Mapping[str, bytes] | None = None,
    ) -> None:
        """parts: by relationship type ("header"); they get the id of that name. links: further (id, type, target).

        files: further files of the package, by name.
        """
        parts = parts or {}
        related = [(name, f"{OFFICE}{name}", f"{name}.xml") for name in parts]
        source = {
            "[Content_Types].xml": types(
                {
                    "/word/document.xml": f"{WORD}document.main+xml",
                    **{f"/word/{name}.xml": f"{WORD}{name}+xml" for name in parts},
                },
                png="image/png",
                rels="application/vnd.openxmlformats-package.relationships+xml",
                bin="application/vnd.openxmlformats-officedocument.oleObject",
            ),
            "_rels/.rels": relationships(("rId1", f"{OFFICE}officeDocument", "word/document.xml")),
            "word/document.xml": root("document", f"<w:body>{body}</w:body>"),
            "word/_rels/document.xml.rels": relationships(
                *related, *((id_, f"{OFFICE}{type_}", target) for id_, type_, target in links)
            ),
            **{f"word/{name}.xml": content for name, content in parts.items()},
            **{
                f"word/{target}": b"picture" if type_ == "image" else b"object"
                for _, type_, target in links
                if "." in target and not target.startswith("!")
            },
            **(files or {}),
        }
        job = Job(profile)
        document = Document(Package(packed(source), job.budget), job)
        self.data, self.type = document.build()
        self.findings = (*document.census.findings(), *document.hrefs.findings())
        with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
            self.parts = {name: archive.read(name) for name in archive.namelist()}

    def tree(self, part: str = "document") -> etree._Element:
        return etree.fromstring(self.parts[f"word/{part}.xml"])

    def xml(self, part: str = "document") -> str:
        return self.parts[f"word/{part}.xml"].decode()

    def shown(self, part: str = "document") -> str:
        """The text, a line for a paragraph; {instruction|result} for a field, (words→id) for a link."""
        return "\n".join(_shown(paragraph) for paragraph in self.tree(part).iter(f"{_W}p"))

    def targets(self, part: str = "document") -> dict[str, str]:
        """Where the relationships of a part lead."""
        rels = self.parts.get(f"word/_rels/{part}.xml.rels")
        return {each.get("Id", ""): each.get("Target", "") for each in etree.fromstring(rels)} if rels else {}

    def told(self) -> set[tuple[str, str, str]]:
        """Threat, severity and action of what was found."""
        return {(each.threat.value, each.severity.value, each.action.value) for each in self.findings}

    def words(self) -> str:
        """What was found, in words."""
        return "; ".join(each.detail for each in self.findings)


_FIELD_MARKS = {"begin": "{", "separate": "|", "end": "}"}


def _shown(element: etree._Element) -> str:
    if element.tag in {f"{_W}t", f"{_W}instrText", f"{_W}delInstrText", f"{_W}delText"}:
        return element.text or ""
    if element.tag == f"{_W}fldChar":
        return _FIELD_MARKS[element.get(f"{_W}fldCharType", "")]
    inside = "".join(_shown(child) for child in element)
    if element.tag == f"{_W}fldSimple":
        return f"{{{element.get(f'{_W}instr')}|{inside}}}"
    if element.tag == f"{_W}hyperlink":
        return f"({inside}→{element.get(f'{{{R}}}id') or '#' + element.get(f'{_W}anchor', '')})"
    return inside
