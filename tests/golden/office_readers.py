"""What independent readers show of a clean Office file: python-docx, openpyxl, python-pptx, odfdo; then its XML."""

import contextlib
import importlib
import io
import zipfile
from collections.abc import Iterator
from types import ModuleType
from typing import Any
from xml.etree import ElementTree as ET

_OPENXML = "application/vnd.openxmlformats-officedocument."
WORDS = f"{_OPENXML}wordprocessingml.document"
SHEETS = f"{_OPENXML}spreadsheetml.sheet"
SLIDES = f"{_OPENXML}presentationml.presentation"
_IGNORABLE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Ignorable"
OPEN_DOCUMENT = "application/vnd.oasis.opendocument."


def is_office(type_: str) -> bool:
    return type_ in {WORDS, SHEETS, SLIDES} or type_.startswith(OPEN_DOCUMENT)


def text_of_office(content: bytes, type_: str) -> str:
    """What its reader shows, then what the reader does not look at: the text of all parts, values of ODF attributes."""
    return "\n".join((*text_of_reader(content, type_), *_text_of_parts(content)))


def text_of_reader(content: bytes, type_: str) -> list[str]:
    """Raises what the reader raises for a file that it cannot read; nothing when the reader is not installed."""
    if type_ == WORDS:
        return list(_words(content))
    if type_ == SHEETS:
        return list(_cells(content))
    return list(_shapes(content) if type_ == SLIDES else _open_document(content))


def reader(name: str) -> ModuleType | None:
    with contextlib.suppress(ImportError):
        return importlib.import_module(name)
    return None


def _words(content: bytes) -> Iterator[str]:
    docx = reader("docx")
    if docx is None:
        return
    document = docx.Document(io.BytesIO(content))
    sections = [part for section in document.sections for part in (section.header, section.footer)]
    for story in (document, *sections):
        yield from (paragraph.text for paragraph in story.paragraphs)
        yield from (cell.text for table in story.tables for row in table.rows for cell in row.cells)
    yield from (comment.text for comment in document.comments)


def _cells(content: bytes) -> Iterator[str]:
    openpyxl = reader("openpyxl")
    if openpyxl is None:
        return
    for only_values in (True, False):
        book = openpyxl.load_workbook(io.BytesIO(content), data_only=only_values)
        for sheet in book.worksheets:
            yield sheet.title
            for cell in (cell for line in sheet.iter_rows() for cell in line):
                if cell.value is not None:
                    yield str(cell.value)
                if cell.comment is not None:
                    yield cell.comment.text


def _shapes(content: bytes) -> Iterator[str]:
    pptx = reader("pptx")
    if pptx is None:
        return
    for slide in pptx.Presentation(io.BytesIO(content)).slides:
        yield from (text for shape in slide.shapes for text in _of_shape(shape))
        if slide.has_notes_slide:
            yield slide.notes_slide.notes_text_frame.text if slide.notes_slide.notes_text_frame else ""


def _of_shape(shape: Any) -> Iterator[str]:
    if shape.has_text_frame:
        yield shape.text_frame.text
    if shape.has_table:
        yield from (cell.text for row in shape.table.rows for cell in row.cells)
    yield from (text for inner in getattr(shape, "shapes", ()) for text in _of_shape(inner))


def _open_document(content: bytes) -> Iterator[str]:
    odfdo = reader("odfdo")
    if odfdo is None:
        return
    document = odfdo.Document(io.BytesIO(content))
    yield document.body.serialize()
    yield "".join(document.body.itertext()) if hasattr(document.body, "itertext") else document.get_formatted_text()


def _text_of_parts(content: bytes) -> Iterator[str]:
    """Parts by name, for their order in the file says nothing."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        for name in sorted(package.namelist()):
            if name.endswith((".xml", ".vml")) and name != "[Content_Types].xml":
                root = ET.fromstring(package.read(name))
                yield "".join(root.itertext())
                yield from (value for element in root.iter() for key, value in element.items() if key != _IGNORABLE)
