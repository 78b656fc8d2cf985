"""A manuscript as a Word file (ECMA-376): the fewest parts that Word opens, every element written here."""

from collections.abc import Iterable, Iterator
from typing import Final
from xml.sax.saxutils import escape

from sanitizers.manuscript.model import Block, Manuscript, Paragraph, Table
from sanitizers.zipped import Packing
from sanitizers.zipped import written as zipped

DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PART: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_CORE_TYPE: Final = "application/vnd.openxmlformats-package.core-properties+xml"
_RELATIONSHIPS: Final = "application/vnd.openxmlformats-package.relationships+xml"
_SPACES: Final = f'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="{_OFFICE}"'
# A font that every Japanese Windows has; A4 with the margins that Word gives it in Japan (twentieths of a point).
_STYLES: Final = (
    f"{_HEAD}<w:styles {_SPACES}><w:docDefaults><w:rPrDefault><w:rPr>"
    '<w:rFonts w:ascii="MS Mincho" w:eastAsia="MS Mincho" w:hAnsi="MS Mincho"/><w:sz w:val="21"/>'
    '<w:lang w:val="en-US" w:eastAsia="ja-JP"/></w:rPr></w:rPrDefault></w:docDefaults>'
    '<w:style w:type="paragraph" w:default="1" w:styleId="a"><w:name w:val="Normal"/></w:style></w:styles>'
)
_PAGE: Final = (
    '<w:pgSz w:w="11906" w:h="16838"/>'
    '<w:pgMar w:top="1985" w:right="1701" w:bottom="1701" w:left="1701" w:header="851" w:footer="992" w:gutter="0"/>'
)
_LINE: Final = 'w:val="single" w:sz="4" w:space="0" w:color="auto"'
_BORDERS: Final = "".join(f"<w:{side} {_LINE}/>" for side in ("top", "left", "bottom", "right", "insideH", "insideV"))
_WIDTH: Final = 8_504  # of a table: the page without its margins
_TITLES: Final = (("frames", "【枠内の文字 / text in frames】"), ("notes", "【注 / notes】"))


def in_word(manuscript: Manuscript) -> bytes:
    """The package; the same manuscript gives the same bytes."""
    parts = {"word/document.xml": _document(manuscript), "word/styles.xml": _STYLES}
    types = {"word/document.xml": f"{_PART}.document.main+xml", "word/styles.xml": f"{_PART}.styles+xml"}
    inside = [("styles", "styles.xml")]
    root = [(f"{_OFFICE}/officeDocument", "word/document.xml")]
    if manuscript.headers:
        parts["word/header1.xml"] = f"{_HEAD}<w:hdr {_SPACES}>{''.join(_story(manuscript.headers))}</w:hdr>"
        types["word/header1.xml"] = f"{_PART}.header+xml"
        inside.append(("header", "header1.xml"))
    if core := _core(manuscript):
        parts["docProps/core.xml"] = core
        types["docProps/core.xml"] = _CORE_TYPE
        root.append((f"{_PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"))
    members = {
        "[Content_Types].xml": _content_types(types),
        "_rels/.rels": _relationships(root),
        **parts,
        "word/_rels/document.xml.rels": _relationships([(f"{_OFFICE}/{name}", target) for name, target in inside]),
    }
    return zipped((name, text.encode(), Packing.DEFLATED) for name, text in members.items())


def _document(manuscript: Manuscript) -> str:
    pieces = [*_story(manuscript.body)]
    for name, title in _TITLES:
        blocks: tuple[Block, ...] = getattr(manuscript, name)
        if blocks:
            pieces += _story((Paragraph(""), Paragraph(title), *blocks))
    reference = '<w:headerReference w:type="default" r:id="rId2"/>' if manuscript.headers else ""
    pieces.append(f"<w:sectPr>{reference}{_PAGE}</w:sectPr>")
    return f"{_HEAD}<w:document {_SPACES}><w:body>{''.join(pieces)}</w:body></w:document>"


def _story(blocks: Iterable[Block]) -> Iterator[str]:
    """A story ends with a paragraph (17.4.38: so does a cell)."""
    last: Block | None = None
    for last in blocks:
        yield _table(last) if isinstance(last, Table) else _paragraph(last.text, new_page=last.new_page)
    if not isinstance(last, Paragraph):
        yield "<w:p/>"


def _paragraph(text: str, *, new_page: bool = False) -> str:
    properties = "<w:pPr><w:pageBreakBefore/></w:pPr>" if new_page else ""
    return f"<w:p>{properties}{_run(text)}</w:p>"


def _run(text: str) -> str:
    if not text:
        return ""
    words = escape(text)
    for character, element in (("\t", "tab"), ("\n", "br")):
        words = words.replace(character, f'</w:t><w:{element}/><w:t xml:space="preserve">')
    return f'<w:r><w:t xml:space="preserve">{words}</w:t></w:r>'


def _table(table: Table) -> str:
    columns = max((len(row) for row in table.rows), default=0)
    if not columns:
        return "<w:p/>"
    width = _WIDTH // columns
    grid = f'<w:gridCol w:w="{width}"/>' * columns
    rows = "".join(_row(row, columns, width) for row in table.rows)
    head = f'<w:tblPr><w:tblW w:w="0" w:type="auto"/><w:tblBorders>{_BORDERS}</w:tblBorders></w:tblPr>'
    return f"<w:tbl>{head}<w:tblGrid>{grid}</w:tblGrid>{rows}</w:tbl>"


def _row(cells: tuple[str, ...], columns: int, width: int) -> str:
    full = (*cells, *("",) * (columns - len(cells)))
    head = f'<w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>'
    return f"<w:tr>{''.join(f'<w:tc>{head}{_paragraph(cell)}</w:tc>' for cell in full)}</w:tr>"


def _core(manuscript: Manuscript) -> str:
    said = (("dc:title", manuscript.title), ("dc:creator", manuscript.author))
    lines = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in said if text)
    spaces = f'xmlns:cp="{_PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    return f"{_HEAD}<cp:coreProperties {spaces}>{lines}</cp:coreProperties>" if lines else ""


def _content_types(types: dict[str, str]) -> str:
    overrides = "".join(f'<Override PartName="/{name}" ContentType="{type_}"/>' for name, type_ in types.items())
    default = f'<Default Extension="rels" ContentType="{_RELATIONSHIPS}"/>'
    return f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">{default}{overrides}</Types>'


def _relationships(rows: list[tuple[str, str]]) -> str:
    lines = "".join(
        f'<Relationship Id="rId{number}" Type="{type_}" Target="{target}"/>'
        for number, (type_, target) in enumerate(rows, start=1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{lines}</Relationships>'
