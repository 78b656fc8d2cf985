"""What the readers say of two versions of an Office file: each loss must be told."""

import io
import zipfile
from pathlib import Path

import docx
import odfdo
import openpyxl
import pptx
import pptx.util
import pytest
from PIL import Image

from bench.fidelity_office import look_into_book, read_docx, read_flat, read_pptx, read_xlsx
from bench.fidelity_reading import Request, compare
from bench.seeing import Cell

SAMPLES = Path(__file__).resolve().parents[3] / "samples"


def picture() -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(out, "PNG")
    out.seek(0)
    return out


def document(*lines: str, pictures: int = 0) -> bytes:
    made = docx.Document()
    for line in lines:
        made.add_paragraph(line)
    for _ in range(pictures):
        made.add_picture(picture())
    made.sections[0].header.paragraphs[0].text = "頭"
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def changed(package: bytes, name: str, old: str, new: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as source, zipfile.ZipFile(out, "w") as target:
        for member in source.namelist():
            data = source.read(member)
            if member == name:
                assert old.encode() in data
                data = data.replace(old.encode(), new.encode())
            target.writestr(member, data)
    return out.getvalue()


def told(folder: Path, family: str, before: bytes, after: bytes | None) -> dict[str, object]:
    names = [folder / "before", folder / "after"]
    names[0].write_bytes(before)
    names[1].write_bytes(after or b"")
    return compare(Request(family, str(names[0]), str(names[1]) if after is not None else None))


def test_of_a_document_words_and_pictures_are_told(tmp_path: Path) -> None:
    answer = told(tmp_path, "docx", document("市 長", "町", pictures=2), document("市", pictures=1))
    assert (answer["words"], answer["kept"], answer["pictures"]) == (4, 0.5, [2, 1])
    assert answer["lost"] == ["長", "町"]


def test_what_a_document_holds_for_older_programs_counts_once() -> None:
    both = (
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        "<mc:Choice Requires='w14'><w:r><w:t>年</w:t></w:r></mc:Choice>"
        "<mc:Fallback><w:r><w:t>年</w:t></w:r></mc:Fallback></mc:AlternateContent></w:p>"
    )
    reading = read_docx(changed(document("市"), "word/document.xml", "</w:p>", both))
    assert reading.words == {"市": 1, "年": 1, "頭": 1}


@pytest.mark.parametrize("kind", ["ms-word.document.macroEnabled.main", "ms-word.template.macroEnabledTemplate.main"])
def test_macro_variants_and_templates_are_opened(kind: str) -> None:
    plain = "openxmlformats-officedocument.wordprocessingml.document.main"
    assert read_docx(changed(document("市"), "[Content_Types].xml", plain, kind)).words == {"市": 1, "頭": 1}


def test_a_file_that_its_reader_does_not_open_is_told(tmp_path: Path) -> None:
    assert "BadZipFile" in str(told(tmp_path, "docx", b"broken", None)["original_error"])
    assert "BadZipFile" in str(told(tmp_path, "docx", document("市"), b"broken")["clean_error"])
    assert told(tmp_path, "doc", b"broken", None)["original_error"] == "LibreOffice makes nothing of it"


def test_a_file_behind_a_password_is_told(tmp_path: Path) -> None:
    assert told(tmp_path, "xlsx", (SAMPLES / "encrypted" / "password.xlsx").read_bytes(), None)["encrypted"] is True
    assert "encrypted" not in told(tmp_path, "docx", document("市"), None)


def test_a_clean_file_that_only_libreoffice_refuses_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(document("市"))
    answer = compare(Request("docx", str(path), str(path), drawn=("before.pdf", None)))
    assert answer["clean_error"] == "LibreOffice makes nothing of it"
    assert answer["kept"] == 1


def book(value: object, formula: str = "=A1*2") -> bytes:
    made = openpyxl.Workbook()
    made.active["A1"], made.active["B1"] = value, formula
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def test_of_a_workbook_values_and_formulas_are_told(tmp_path: Path) -> None:
    assert told(tmp_path, "xlsx", book(1), book(1)) == {
        "words": 1, "kept": 1.0, "lost": [], "cells": 2, "same": 2, "replaced": 0, "different": [], "pictures": [0, 0]
    }  # fmt: skip
    assert told(tmp_path, "xlsx", book(1), book(2))["different"] == ["Sheet!A1: 1 → 2"]
    assert told(tmp_path, "xlsx", book(1), book(1, "=A1*3"))["different"] == ["Sheet!B1: =A1*2 → =A1*3"]


def test_a_formula_that_gives_way_to_its_last_value_is_replaced(tmp_path: Path) -> None:
    known = changed(book(1), "xl/worksheets/sheet1.xml", "<v></v>", "<v>2</v>")
    assert read_xlsx(known).cells == {"Sheet!A1": Cell(None, 1, "General"), "Sheet!B1": Cell("=A1*2", 2, "General")}
    answer = told(tmp_path, "xlsx", known, book(1, 2))  # type: ignore[arg-type]
    assert (answer["same"], answer["replaced"], answer["different"]) == (1, 1, [])


def test_of_slides_words_notes_and_pictures_are_told() -> None:
    made = pptx.Presentation()
    slide = made.slides.add_slide(made.slide_layouts[5])
    slide.shapes.title.text = "市"
    slide.shapes.add_picture(picture(), 0, 0)
    slide.notes_slide.notes_text_frame.text = "町"
    out = io.BytesIO()
    made.save(out)
    reading = read_pptx(out.getvalue())
    assert reading.words is not None
    assert (reading.words["市"], reading.words["町"], reading.pictures) == (1, 1, 1)


def test_of_opendocument_words_are_told(tmp_path: Path) -> None:
    def text(*lines: str) -> bytes:
        made = odfdo.Document("text")
        made.body.clear()
        for line in lines:
            made.body.append(odfdo.Paragraph(line))
        out = io.BytesIO()
        made.save(out)
        return out.getvalue()

    answer = told(tmp_path, "odf", text("市", "町"), text("市"))
    assert (answer["words"], answer["lost"]) == (2, ["町"])


FLAT = """<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"><office:body>{}</office:body></office:document>"""


def test_flat_cells_stand_where_repeated_ones_put_them() -> None:
    cell = '<table:table-cell office:value-type="float" office:value="{}"><text:p>{}</text:p></table:table-cell>'
    gap = '<table:table-cell table:number-columns-repeated="3"/>'
    rows = f'<table:table-row table:number-rows-repeated="2">{gap}{cell.format(1, "1.0")}</table:table-row>'
    rows += f"<table:table-row>{cell.format(2, '2')}</table:table-row>"
    tables = [f'<table:table table:name="{name}">{rows}</table:table>' for name in ("表", "'file:///a.xls'#表")]
    sheet = f"<office:spreadsheet>{''.join(tables)}</office:spreadsheet>"
    assert read_flat(FLAT.format(sheet).encode()).words == {"1": 1, "0": 1, "2": 1}
    assert read_flat(FLAT.format(sheet).encode()).cells == {
        "表!0,3": Cell(None, "1", "1.0"),
        "表!2,0": Cell(None, "2", "2"),
    }


def test_of_a_flat_picture_or_object_only_that_it_is_there_counts() -> None:
    shown = "<draw:frame><draw:object>x</draw:object><draw:image>y</draw:image></draw:frame>"
    reading = read_flat(FLAT.format(f"<text:p>ab<text:span>c</text:span>d<!--no-->e{shown}</text:p>").encode())
    assert (reading.words, reading.pictures, reading.cells) == ({"abcde": 1}, 1, None)


def test_a_macro_sheet_is_a_program_and_no_table() -> None:
    plain = book(1)
    assert read_xlsx(plain).words == {"Sheet": 1}
    as_macro = changed(plain, "xl/_rels/workbook.xml.rels", "relationships/worksheet", "relationships/xlMacrosheet")
    moved = io.BytesIO(as_macro)
    with zipfile.ZipFile(moved, "a") as package:
        package.writestr("xl/macrosheets/sheet1.xml", "<x/>")
    assert look_into_book(moved.getvalue()) == ({"Sheet"}, 0)


def test_an_embedded_object_of_a_sheet_counts_once() -> None:
    twice = (
        '<oleObjects><oleObject shapeId="7"/><x:oleObject progId="p" shapeId="7"/><oleObject shapeId="8"/></oleObjects>'
    )
    assert look_into_book(changed(book(1), "xl/worksheets/sheet1.xml", "</sheetData>", f"</sheetData>{twice}"))[1] == 2
