"""Small workbooks part by part, and the engine over them."""

import io
import re
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from sanitizers.engine import clean
from sanitizers.model import Cleaned, DnsAnswer, Finding, Notice
from sanitizers.rules import Budget, Kind, Profile, Task

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = (
    f'xmlns="{MAIN}" xmlns:r="{OFFICE}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    ' xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"'
    ' xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"'
)


class Book:
    """A workbook that is put together: sheets, names, further parts."""

    def __init__(self) -> None:
        self.parts: dict[str, bytes] = {}
        self.types: dict[str, str] = {}
        self.relationships: dict[str, list[tuple[str, str, bool]]] = {}
        self.sheets: list[str] = []
        self.names = ""
        self.before = ""
        self.behind = ""

    def part(self, name: str, type_: str, text: str) -> None:
        self.parts[name] = text.encode()
        self.types[name] = type_

    def relate(self, owner: str, type_: str, target: str, *, outside: bool = False) -> str:
        known = self.relationships.setdefault(owner, [])
        known.append((type_ if ":" in type_ else f"{OFFICE}/{type_}", target, outside))
        return f"rId{len(known)}"

    def sheet(self, title: str, rows: str = "", *, before: str = "", behind: str = "", state: str = "") -> str:
        number = len(self.sheets) + 1
        name = f"xl/worksheets/sheet{number}.xml"
        data = f"<worksheet {_HEAD}>{before}<sheetData>{rows}</sheetData>{behind}</worksheet>"
        self.part(name, f"{CONTENT}.worksheet+xml", data)
        id_ = self.relate("xl/workbook.xml", "worksheet", name[3:])
        shown = f' state="{state}"' if state else ""
        self.sheets.append(f'<sheet name={quoteattr(title)} sheetId="{number}"{shown} r:id="{id_}"/>')
        return name

    def packed(self) -> bytes:
        names = f"<definedNames>{self.names}</definedNames>" if self.names else ""
        text = f"<workbook {_HEAD}>{self.before}<sheets>{''.join(self.sheets)}</sheets>{names}{self.behind}</workbook>"
        self.part("xl/workbook.xml", f"{CONTENT}.sheet.main+xml", text)
        self.relationships[""] = [(f"{OFFICE}/officeDocument", "xl/workbook.xml", False)]
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as package:
            package.writestr("[Content_Types].xml", self._types())
            for owner, known in self.relationships.items():
                folder, slash, name = owner.rpartition("/")
                package.writestr(f"{folder}{slash}_rels/{name}.rels", _relationships(known))
            for name, content in self.parts.items():
                package.writestr(name, content)
        return buffer.getvalue()

    def _types(self) -> str:
        lines = "".join(f'<Override PartName="/{name}" ContentType="{type_}"/>' for name, type_ in self.types.items())
        rels = "application/vnd.openxmlformats-package.relationships+xml"
        vml = "application/vnd.openxmlformats-officedocument.vmlDrawing"
        defaults = f'<Default Extension="rels" ContentType="{rels}"/><Default Extension="vml" ContentType="{vml}"/>'
        return f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{defaults}{lines}</Types>'


def _relationships(known: list[tuple[str, str, bool]]) -> str:
    lines = "".join(
        f'<Relationship Id="rId{number}" Type="{type_}" Target={quoteattr(target)}'
        f"{' TargetMode=' + quoteattr('External') if outside else ''}/>"
        for number, (type_, target, outside) in enumerate(known, start=1)
    )
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{lines}</Relationships>'
    )


def row(*cells: str, number: int = 1, attributes: str = "") -> str:
    return f'<row r="{number}"{attributes}>{"".join(cells)}</row>'


def text(place: str, words: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(words)}</t></is></c>'


def worked_out(place: str, formula: str, value: str = "9", attributes: str = "") -> str:
    return f'<c r="{place}"><f{attributes}>{escape(formula)}</f><v>{value}</v></c>'


def cleaned(data: bytes, name: str = "book.xlsx", profile: Profile | None = None) -> Cleaned:
    task = Task("20261121-TEST-TEST", Kind.FILE, name, profile or Profile(), Budget(), Notice("", ()))
    result = clean(task, data, lambda _name, _type: DnsAnswer("failed"))
    assert result is not None
    return result


def parts_of(result: Cleaned) -> Mapping[str, str]:
    """The parts of the clean workbook, as text."""
    assert result.data is not None, result.report.parts[0].findings
    with zipfile.ZipFile(io.BytesIO(result.data)) as package:
        return {name: package.read(name).decode("utf-8", "replace") for name in package.namelist()}


def findings_of(result: Cleaned) -> list[Finding]:
    return [finding for part in result.report.parts for finding in part.findings]


def told(result: Cleaned) -> list[str]:
    return [f"{found.threat.value} {found.action.value} {found.where} {found.detail}" for found in findings_of(result)]


def formulas_of(part: str) -> list[str]:
    return re.findall(r"<f[^>]*>([^<]*)</f>|<f[^>]*/>", part)
