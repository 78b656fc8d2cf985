"""Small packages of a made-up kind of document, and the engine over them: the frame alone, without the real tables."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

from lxml import etree

from sanitizers.budget import BudgetMeter
from sanitizers.formats.ooxml import values
from sanitizers.formats.ooxml.allowed import Element, Fate, Grammar, Related
from sanitizers.formats.ooxml.kinds import ANYWHERE, ROOT, Carry, Follow, PartKind, Trace, office
from sanitizers.formats.ooxml.media import KINDS as MEDIA
from sanitizers.formats.ooxml.package import Document, rows
from sanitizers.formats.ooxml.source import Package
from sanitizers.job import Role
from sanitizers.model import Action as Done
from sanitizers.model import Finding, Notice, Outcome, Rebuilt, Severity, Threat, Withheld
from sanitizers.rules import Budget, Profile

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
MACRO = "application/vnd.ms-word.document.macroenabled.main+xml"
STYLES = "application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"
HEADER = "application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"
CHART = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
NOISE = Trace(Threat.ACTIVE_CONTENT, Severity.DANGER, "noise")

ELEMENTS = {
    "w:document": Element(),
    "w:hdr": Element(),
    "w:body": Element(children=frozenset({"w:p", "w:tbl", "w:sectPr"})),
    "w:p": Element(attributes={"w:rsidR": Fate.SILENT, "w14:paraId": values.hexadecimal, "w:loud": NOISE}),
    "w:r": Element(),
    "w:t": Element(text=values.any_text),
    "w:tbl": Element(needs=frozenset({"w:tr"})),
    "w:tr": Element(needs=frozenset({"w:tc"})),
    "w:tc": Element(),
    "w:jc": Element(attributes={"w:val": values.one_of("left", "right")}, required=frozenset({"w:val"})),
    "w:hyperlink": Element(attributes={"r:id": Related(links=True)}, required=frozenset({"r:id"}), unwrap=True),
    "w:headerReference": Element(
        attributes={"r:id": Related(frozenset({"word/header"}))}, required=frozenset({"r:id"})
    ),
    "w:sectPr": Element(),
    "w:pict": Element(attributes={"r:embed": Related(frozenset({"image", "drawing/chart"}))}),
    "w:control": NOISE,
    "w:proofErr": Fate.SILENT,
    "w:smartTag": Fate.UNWRAPPED,
    "w14:checkbox": Element(attributes={"w14:val": values.boolean}),
    "c:chart": Element(attributes={"r:id": Related(frozenset({"package"}))}),
}
TEXTS = Grammar(("w:document", "w:hdr", "w:styles"), {**ELEMENTS, "w:styles": Element()})
CHARTS = Grammar("c:chart", ELEMENTS)
KINDS = (
    PartKind("word/document", (office("officeDocument"),), (MAIN, MACRO), frozenset({ROOT}), "word/document.xml", MAIN,
             TEXTS, needed=True),
    PartKind("word/styles", (office("styles"),), (STYLES,), frozenset({"word/document"}), "word/styles.xml", STYLES,
             TEXTS, follow=Follow.ALWAYS),
    PartKind("word/header", (office("header"),), (HEADER,), frozenset({"word/document"}), "word/header{}.xml", HEADER,
             TEXTS),
    PartKind("drawing/chart", (office("chart"),), (CHART,), frozenset({ANYWHERE}), "*/charts/chart{}.xml", CHART,
             CHARTS),
    *MEDIA,
)  # fmt: skip
assert {kind.carry for kind in MEDIA} == {Carry.PICTURE, Carry.PACKAGE}


class Job:
    """An engine whose children come back with "clean" in front of them, or not at all."""

    def __init__(self, profile: Profile | None = None, budget: Budget | None = None) -> None:
        self.rules = profile or Profile()
        self.notice = Notice("", ())
        self.budget = BudgetMeter(budget or Budget())
        self.children: list[tuple[str, str, bytes]] = []

    def foresee(self, role: Role) -> None:
        raise AssertionError

    def convert(self, extension: str, target: str, data: bytes) -> bytes:
        raise AssertionError

    def child(
        self, name: str, claimed_type: str, data: bytes, *, role: Role, rules: Profile | None = None
    ) -> Rebuilt | Withheld:
        assert role is Role.SHOWN
        assert rules is None
        self.children.append((name, claimed_type, data))
        if data.startswith(b"bad"):
            finding = Finding(Threat.MALFORMED, Severity.WARNING, Done.REMOVED, name, "bad")
            return Withheld(name, "image/emf", len(data), Outcome.REMOVED, finding)
        if data.startswith(b"<svg"):
            return Rebuilt(b"clean" + data, name, "image/svg+xml")
        sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        return Rebuilt(b"clean" + data, name, sheet if claimed_type == sheet else "image/png")


def body(inside: str, spaces: str = "") -> bytes:
    text = f'<w:document xmlns:w="{W}" xmlns:r="{R}" {spaces}><w:body>{inside}</w:body></w:document>'
    return text.encode()


def relationships(*each: tuple[str, str, str]) -> bytes:
    """(id, type, target); a target that begins with "!" is outside."""
    lines = "".join(
        f'<Relationship Id="{id_}" Type="{type_}" Target="{target.removeprefix("!")}"'
        f"{' TargetMode=' + chr(34) + 'External' + chr(34) if target.startswith('!') else ''}/>"
        for id_, type_, target in each
    )
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{space}">{lines}</Relationships>'.encode()


def types(overrides: Mapping[str, str], **defaults: str) -> bytes:
    lines = "".join(f'<Default Extension="{end}" ContentType="{type_}"/>' for end, type_ in defaults.items())
    lines += "".join(f'<Override PartName="{name}" ContentType="{type_}"/>' for name, type_ in overrides.items())
    return f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{lines}</Types>'.encode()


PLAIN: dict[str, bytes] = {
    "[Content_Types].xml": types(
        {
            "/word/document.xml": MAIN,
            "/word/styles.xml": STYLES,
            "/word/header1.xml": HEADER,
            "/word/charts/chart1.xml": CHART,
        },
        png="image/png",
        xlsx="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        bin="application/octet-stream",
    ),
    "_rels/.rels": relationships(("rId1", office("officeDocument"), "word/document.xml")),
    "word/document.xml": body("<w:p><w:r><w:t>stays</w:t></w:r></w:p>"),
}


def packed(parts: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


class Built:
    """A new package, its parts by name, and what was told."""

    def __init__(self, parts: Mapping[str, bytes], job: Job | None = None, kinds: tuple[PartKind, ...] = KINDS) -> None:
        self.job = job or Job()
        document = Document(Package(packed(parts), self.job.budget), self.job, rows(kinds))
        self.data, self.type = document.build()
        self.findings = (*document.census.findings(), *document.hrefs.findings())
        with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
            assert archive.testzip() is None
            self.parts = {name: archive.read(name) for name in archive.namelist()}

    def tree(self, name: str = "word/document.xml") -> Any:
        return etree.fromstring(self.parts[name])

    def text(self, name: str = "word/document.xml") -> str:
        return self.parts[name].decode()

    def targets(self, name: str = "word/_rels/document.xml.rels") -> dict[str, tuple[str, str]]:
        """Id → last word of the type, target."""
        if name not in self.parts:
            return {}
        return {each.get("Id"): (each.get("Type").rpartition("/")[2], each.get("Target")) for each in self.tree(name)}

    def told(self) -> list[str]:
        return [finding.detail for finding in self.findings]

    def inside(self) -> str:
        """What stands in the body, without the declarations."""
        return self.text().partition("<w:body")[2].partition(">")[2].rpartition("</w:body>")[0]


def built(inside: str, *, spaces: str = "", **parts: bytes) -> Built:
    """A document of this body."""
    return Built({**PLAIN, "word/document.xml": body(inside, spaces), **parts})


def with_parts(parts: Mapping[str, bytes], job: Job | None = None) -> Built:
    return Built({**PLAIN, **parts}, job)
