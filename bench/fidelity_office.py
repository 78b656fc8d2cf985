"""Office files as libraries of others show them: python-docx, openpyxl, python-pptx, odfdo.

Words and pictures are read from the parts that these libraries find, so that what a document holds twice for old
and new programs (mc:AlternateContent) counts once. Old files and RTF have no such library; LibreOffice opens
both versions and writes what it sees as flat OpenDocument.
"""

import io
import re
import zipfile
from collections.abc import Callable, Hashable, Iterator

import docx.opc.constants
import docx.opc.part
import docx.package
import docx.parts.document
import odfdo
import openpyxl
import pptx.opc.package
import pptx.parts.presentation
from lxml import etree

from bench.seeing import Cell, Reading, words_of

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
WORD_MAIN = {  # python-docx itself opens the first alone
    f"{WORD}.document.main+xml",
    f"{WORD}.template.main+xml",
    "application/vnd.ms-word.document.macroEnabled.main+xml",
    "application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
}
WORD_STORIES = WORD_MAIN | {f"{WORD}.{name}+xml" for name in ("header", "footer", "footnotes", "endnotes", "comments")}
SLIDES_MAIN = {  # python-pptx itself opens the first two alone
    "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
    "application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml",
    "application/vnd.openxmlformats-officedocument.presentationml.template.main+xml",
    "application/vnd.openxmlformats-officedocument.presentationml.slideshow.main+xml",
    "application/vnd.ms-powerpoint.template.macroEnabled.main+xml",
    "application/vnd.ms-powerpoint.slideshow.macroEnabled.main+xml",
}
MAIN = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
WORDS = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
PICTURE = {f"{MAIN}blip": f"{RELATION}embed", "{urn:schemas-microsoft-com:vml}imagedata": f"{RELATION}id"}
OLE = "{http://schemas.openxmlformats.org/presentationml/2006/main}oleObj"
OLE_IN_SHEET = re.compile(rb"<(?:\w+:)?oleObject [^>]*?shapeId=\"(\d+)\"")
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}sheet"
BREAKS = {f"{MAIN}p", f"{MAIN}br", f"{WORDS}p", f"{WORDS}br", f"{WORDS}tab", f"{WORDS}cr", f"{WORDS}tc"}
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
OBJECTS = {f"{DRAW}{name}" for name in ("image", "object", "object-ole")}
ODF_VALUES = ("value", "date-value", "time-value", "boolean-value", "string-value")
SEPARATE = {f"{TEXT}{name}" for name in ("p", "h", "s", "tab", "line-break")}


def once(root: etree._Element) -> Iterator[etree._Element]:
    """Every element but what stands there for older programs, or inside an object, which is a picture itself."""
    yield root
    for child in root if root.tag != OLE else ():
        if child.tag != FALLBACK:
            yield from once(child)


def story(root: etree._Element, relations: set[str]) -> tuple[str, int]:
    """The text of a part, and its pictures."""
    text, pictures = [], 0
    for element in once(root):
        if element.tag in {f"{WORDS}t", f"{MAIN}t"}:
            text.append(element.text or "")
        elif element.tag in BREAKS:
            text.append("\n")
        elif element.tag == OLE or (element.tag in PICTURE and element.get(PICTURE[element.tag]) in relations):
            pictures += 1
    return "".join(text), pictures


def told(stories: list[tuple[str, int]]) -> Reading:
    return Reading(words=words_of("\n".join(text for text, _ in stories)), pictures=sum(count for _, count in stories))


def internal(part: object) -> set[str]:
    """The relationships of a part that stay in the package and go to a picture."""
    found = part.rels.items()  # type: ignore[attr-defined]
    return {key for key, rel in found if not rel.is_external and rel.reltype.endswith("/image")}


def read_docx(data: bytes) -> Reading:
    for kind in WORD_MAIN:
        docx.opc.part.PartFactory.part_type_for[kind] = docx.parts.document.DocumentPart
    package = docx.package.Package.open(io.BytesIO(data))
    list(package.main_document_part.document.iter_inner_content())
    parts = [part for part in package.iter_parts() if part.content_type in WORD_STORIES]
    return told([story(etree.fromstring(part.blob, parser()), internal(part)) for part in parts])


def read_pptx(data: bytes) -> Reading:
    for kind in SLIDES_MAIN:
        pptx.opc.package.PartFactory.part_type_for[kind] = pptx.parts.presentation.PresentationPart
    presentation = pptx.opc.package.OpcPackage.open(io.BytesIO(data)).main_document_part.presentation
    parts = []
    for slide in presentation.slides:
        [shape.shape_type for shape in slide.shapes]
        parts.append(slide.part)
        if slide.has_notes_slide:
            [shape.has_text_frame for shape in slide.notes_slide.shapes]
            parts.append(slide.notes_slide.part)
    return told([story(etree.fromstring(part.blob, parser()), internal(part)) for part in parts])


def read_xlsx(data: bytes) -> Reading:
    formulas = openpyxl.load_workbook(io.BytesIO(data))
    values = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    cells: dict[Hashable, Cell] = {}
    macros, pictures = look_into_book(data)
    texts = [name for name in formulas.sheetnames if name not in macros]
    for sheet in formulas.worksheets:
        if sheet.title in macros:
            continue
        pictures += len(sheet._images) + len(sheet._charts)  # noqa: SLF001 - openpyxl has no other way to them
        results = values[sheet.title]._cells  # noqa: SLF001
        for place, cell in sheet._cells.items():  # noqa: SLF001 - rows of a sheet are full of empty cells
            texts += [cell.comment.text] if cell.comment else []
            if cell.value is not None:
                value = results[place].value
                formula = None if cell.data_type != "f" else written(cell.value)
                cells[f"{sheet.title}!{cell.coordinate}"] = Cell(formula, value, cell.number_format)
    texts += [cell.value for cell in cells.values() if isinstance(cell.value, str)]
    return Reading(words=words_of("\n".join(texts)), pictures=pictures, cells=cells)


def look_into_book(data: bytes) -> tuple[set[str], int]:
    """What openpyxl does not tell: the names of macro sheets, which are programs; the number of embedded objects."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        sheets = [name for name in package.namelist() if name.startswith("xl/worksheets/sheet")]
        objects = sum(len(set(OLE_IN_SHEET.findall(package.read(name)))) for name in sheets)
        if not any(name.startswith("xl/macrosheets/") for name in package.namelist()):
            return set(), objects
        book = etree.fromstring(package.read("xl/workbook.xml"), parser())
        leads = etree.fromstring(package.read("xl/_rels/workbook.xml.rels"), parser())
    programs = {lead.get("Id") for lead in leads if (lead.get("Type") or "").lower().endswith("macrosheet")}
    return {str(sheet.get("name")) for sheet in book.iter(SHEET) if sheet.get(f"{RELATION}id") in programs}, objects


def written(formula: object) -> str:
    """A formula as text; those of whole ranges are objects of openpyxl."""
    return formula if isinstance(formula, str) else str(sorted(vars(formula).items()))


def read_odf(data: bytes) -> Reading:
    return shown(etree.fromstring(odfdo.Document(io.BytesIO(data)).get_part("content").serialize(), parser()))


def read_flat(data: bytes) -> Reading:
    """One XML file, as LibreOffice writes any document that it opens."""
    return shown(etree.fromstring(data, parser()))


def shown(root: etree._Element) -> Reading:
    """The body of an OpenDocument file; of pictures and objects that there are some, not what they show."""
    body = root.find(f".//{OFFICE}body")
    if body is None:
        raise ValueError("no body")
    pieces = list(pieces_of(body))
    words = words_of("".join(piece for piece in pieces if piece is not None))
    book = body.find(f"{OFFICE}spreadsheet")
    cells = dict(cells_of(book)) if book is not None else None
    return Reading(words=words, pictures=pieces.count(None), cells=cells)


def pieces_of(element: etree._Element) -> Iterator[str | None]:
    """Its text; None for a picture or an object, with what is in it."""
    if not isinstance(element.tag, str):
        return  # a comment
    if any(child.tag in OBJECTS for child in element):
        yield None
        return
    if is_remembered(element):
        return
    yield "\n" if element.tag in SEPARATE else ""
    yield element.text or ""
    for child in element:
        yield from pieces_of(child)
        yield child.tail or ""


def is_remembered(element: etree._Element) -> bool:
    """A table that LibreOffice keeps of another workbook, to which a formula refers."""
    return element.get(f"{TABLE}name", "").startswith("'file:")


def cells_of(book: etree._Element) -> Iterator[tuple[Hashable, Cell]]:
    """Those with a value, by table, row and column; rows and columns that repeat count as often."""
    for table in book.iterchildren(f"{TABLE}table"):
        if is_remembered(table):
            continue
        at = 0
        for row in table.iter(f"{TABLE}table-row"):
            column = 0
            for cell in row.iterchildren(f"{TABLE}table-cell", f"{TABLE}covered-table-cell"):
                if cell.get(f"{OFFICE}value-type"):
                    yield f"{table.get(f'{TABLE}name')}!{at},{column}", value_of(cell)
                column += int(cell.get(f"{TABLE}number-columns-repeated", 1))
            at += int(row.get(f"{TABLE}number-rows-repeated", 1))


def value_of(cell: etree._Element) -> Cell:
    lines = ("".join(line.itertext()) for line in cell.iterchildren(f"{TEXT}p"))
    shown_as = "\n".join(" ".join(line.split()) for line in lines)  # blanks are elements here, or only for the eye
    value = next((cell.get(f"{OFFICE}{kind}") for kind in ODF_VALUES if cell.get(f"{OFFICE}{kind}")), shown_as)
    return Cell(cell.get(f"{TABLE}formula"), value, shown_as)


def parser() -> etree.XMLParser:
    """Large documents too; nothing from outside."""
    return etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)


READERS: dict[str, Callable[[bytes], Reading]] = {
    "docx": read_docx,
    "xlsx": read_xlsx,
    "pptx": read_pptx,
    "odf": read_odf,
}
FLAT = {"doc": "fodt", "xls": "fods", "ppt": "fodp", "rtf": "fodt"}  # what LibreOffice writes of old files and of RTF
