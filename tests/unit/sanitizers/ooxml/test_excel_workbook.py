"""Sheets, names, links to outside and pivot tables of a workbook, each with what goes and what stays."""

import io

import openpyxl
import pytest

from sanitizers.formats.ooxml.excel import PARTS
from sanitizers.formats.ooxml.excel.references import column
from sanitizers.formats.ooxml.excel.sheets import WORKSHEET
from sanitizers.formats.ooxml.namespaces import clark
from sanitizers.model import Action, Threat
from sanitizers.rules import Links, Profile, Remarks
from tests.unit.sanitizers.ooxml.excel_books import (
    CONTENT,
    MAIN,
    OFFICE,
    Book,
    cleaned,
    findings_of,
    formulas_of,
    parts_of,
    row,
    text,
    told,
    worked_out,
)

SHEET = "xl/worksheets/sheet1.xml"
MACRO_SHEET = "http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet"
REMARKS_REMOVED = Profile(office_remarks=Remarks.REMOVED)


def test_a_plain_workbook_goes_on_without_a_finding() -> None:
    book = Book()
    book.sheet("一覧", row(text("A1", "市役所"), worked_out("B1", "SUM(A2:A3)")))
    result = cleaned(book.packed())
    assert not told(result)
    workbook = openpyxl.load_workbook(io.BytesIO(result.data or b""))
    assert workbook.sheetnames == ["一覧"]
    assert workbook["一覧"]["A1"].value == "市役所"
    assert workbook["一覧"]["B1"].value == "=SUM(A2:A3)"


@pytest.mark.parametrize(
    "name", ["x:row", "x:cfRule", "x:dataValidation", "x14:cfRule", "x14:dataValidation", "x14:sparklineGroup", "x:col"]
)
def test_each_place_of_formulas_and_hidden_things_is_looked_at(name: str) -> None:
    """A table merged over another would silently lose the function that looks."""
    assert WORKSHEET.table[clark(name)].treat is not None


def test_cells_stand_in_rows_only_and_formulas_in_cells_only() -> None:
    holders = {
        held: {
            name for name, entry in WORKSHEET.table.items() if entry.children is None or clark(held) in entry.children
        }
        for held in ("x:f", "x:c", "x:row")
    }
    assert holders == {"x:f": {clark("x:c")}, "x:c": {clark("x:row")}, "x:row": {clark("x:sheetData")}}


def test_every_kind_of_part_has_a_grammar_and_a_name_of_ours() -> None:
    assert all(kind.grammar is not None and kind.file.startswith("xl/") for kind in PARTS)
    assert len({kind.name for kind in PARTS}) == len(PARTS)


# Sheets


def hidden_book() -> Book:
    book = Book()
    book.sheet("秘密", row(text("A1", "奥")), state="veryHidden")
    book.sheet("一覧", row(worked_out("A1", "秘密!A1", "7"), worked_out("B1", "1+1")))
    book.before = '<bookViews><workbookView activeTab="1" firstSheet="1"/></bookViews>'
    book.names = (
        '<definedName name="_xlnm.Print_Area" localSheetId="1">一覧!$A$1</definedName>'
        '<definedName name="奥" localSheetId="0">秘密!$A$1</definedName>'
    )
    return book


def test_hidden_sheets_are_kept_and_told_of() -> None:
    result = cleaned(hidden_book().packed())
    assert 'state="veryHidden"' in parts_of(result)["xl/workbook.xml"]
    assert [found.action for found in findings_of(result)] == [Action.NOTED]
    assert "秘密" in told(result)[0]


def test_hidden_sheets_go_by_rule_and_what_counts_sheets_is_counted_anew() -> None:
    result = cleaned(hidden_book().packed(), profile=REMARKS_REMOVED)
    parts = parts_of(result)
    workbook = parts["xl/workbook.xml"]
    assert "秘密" not in workbook
    assert 'activeTab="0"' in workbook
    assert 'localSheetId="0">一覧!$A$1' in workbook
    assert "奥" not in "".join(parts.values())
    assert formulas_of(parts[SHEET]) == ["1+1"]
    assert "<v>7</v>" in parts[SHEET]


def test_a_workbook_of_nothing_but_a_macro_sheet_does_not_go_on() -> None:
    book = Book()
    book.part("xl/macrosheets/sheet1.xml", "application/vnd.ms-excel.macrosheet+xml", f'<worksheet xmlns="{MAIN}"/>')
    id_ = book.relate("xl/workbook.xml", MACRO_SHEET, "macrosheets/sheet1.xml")
    book.sheets.append(f'<sheet name="M" sheetId="1" r:id="{id_}"/>')
    result = cleaned(book.packed())
    assert result.data is None


def test_a_workbook_whose_sheets_stand_where_none_may_stand_does_not_go_on() -> None:
    book = Book()
    book.sheet("一", row(text("A1", "a")))
    book.sheets = [f"<nowhere>{book.sheets[0]}</nowhere>"]
    assert cleaned(book.packed()).data is None


def test_a_workbook_of_hidden_sheets_shows_the_first() -> None:
    book = Book()
    book.sheet("一", row(text("A1", "a")), state="hidden")
    assert "state=" not in parts_of(cleaned(book.packed()))["xl/workbook.xml"]


def test_hidden_rows_and_columns_go_by_rule() -> None:
    book = Book()
    columns = '<cols><col min="2" max="2" width="0" hidden="1"/></cols>'
    rows = row(text("A1", "残る"), text("B1", "隠れた列")) + row(
        text("A2", "隠れた行"), number=2, attributes=' hidden="1"'
    )
    book.sheet("一覧", rows, before=columns)
    kept = parts_of(cleaned(book.packed()))[SHEET]
    assert "隠れた行" in kept
    assert "隠れた列" in kept
    result = cleaned(book.packed(), profile=REMARKS_REMOVED)
    gone = parts_of(result)[SHEET]
    assert "残る" in gone
    assert "隠れた" not in gone
    assert {found.threat for found in findings_of(result)} == {Threat.HIDDEN_CONTENT}


# Names


@pytest.mark.parametrize(
    "name",
    [
        "Auto_Open",
        "auto_open",
        "AUTO_OPENx",
        "_xlnm.Auto_Open",
        "_xlnm.Auto_Activate",
        "Auto_Close",
        "Auto_Deactivate1",
    ],
)
def test_names_that_run_by_themselves_go(name: str) -> None:
    book = Book()
    book.sheet("一覧", row(text("A1", "a")))
    book.names = f'<definedName name="{name}" hidden="1">一覧!$A$1</definedName>'
    result = cleaned(book.packed())
    assert "definedName" not in parts_of(result)["xl/workbook.xml"]
    assert any(line.startswith("active_content removed") for line in told(result))


def test_names_that_use_names_that_go_go_too_and_cells_keep_their_values() -> None:
    book = Book()
    book.sheet("一覧", row(worked_out("A1", "三", "3"), worked_out("B1", "四", "4")))
    book.names = (
        '<definedName name="三">二+1</definedName><definedName name="二">一+1</definedName>'
        '<definedName name="一">RTD("x",,"y")</definedName><definedName name="四">一覧!$A$1</definedName>'
    )
    parts = parts_of(cleaned(book.packed()))
    assert parts["xl/workbook.xml"].count("<definedName ") == 1
    assert formulas_of(parts[SHEET]) == ["四"]
    assert "<v>3</v>" in parts[SHEET]


def test_names_in_an_alternative_are_looked_at_too() -> None:
    book = Book()
    book.sheet("一覧", row(text("A1", "a")))
    inside = '<definedName name="Auto_Open">一覧!$A$1</definedName>'
    book.names = f"<mc:AlternateContent><mc:Fallback>{inside}</mc:Fallback></mc:AlternateContent>"
    assert "Auto_Open" not in parts_of(cleaned(book.packed()))["xl/workbook.xml"]


# Cells


def test_a_formula_in_an_alternative_is_looked_at_too() -> None:
    book = Book()
    choice = '<mc:AlternateContent><mc:Choice Requires="x14"><f>EXEC("x")</f></mc:Choice></mc:AlternateContent>'
    book.sheet("一覧", row(f'<c r="A1">{choice}<v>1</v></c>'))
    result = cleaned(book.packed())
    assert "EXEC" not in parts_of(result)[SHEET]
    assert any("一覧!A1" in line for line in told(result))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_shared_formula_goes_from_all_its_cells_wherever_it_stands(order: tuple[int, int]) -> None:
    cells = (
        worked_out("A1", "[1]S!A1", "5", ' t="shared" ref="A1:A2" si="0"'),
        worked_out("A2", "", "6", ' t="shared" si="0"'),
    )
    book = Book()
    book.sheet("一覧", row(*(cells[place] for place in order)))
    part = parts_of(cleaned(book.packed()))[SHEET]
    assert "<f" not in part
    assert "<v>5</v>" in part
    assert "<v>6</v>" in part


def test_a_shared_formula_that_is_harmless_stays_shared() -> None:
    book = Book()
    cells = (
        worked_out("A1", "B1*2", "5", ' t="shared" ref="A1:A2" si="3"'),
        worked_out("A2", "", "6", ' t="shared" si="3"'),
    )
    book.sheet("一覧", row(*cells))
    part = parts_of(cleaned(book.packed()))[SHEET]
    assert '<f t="shared" ref="A1:A2" si="3">B1*2</f>' in part
    assert '<f t="shared" si="3"/>' in part


def test_a_shared_formula_that_nobody_wrote_is_left_out() -> None:
    book = Book()
    book.sheet("一覧", row(worked_out("A1", "", "6", ' t="shared" si="8"')))
    assert "<f" not in parts_of(cleaned(book.packed()))[SHEET]


def test_a_large_sheet_is_judged_row_by_row() -> None:
    book = Book()
    filler = row(text("A2", "文" * 32_000), number=2) * 1
    rows = row(worked_out("A1", 'WEBSERVICE("http://example.com")', "1")) + filler
    rows += "".join(row(text(f"A{number}", "字" * 30_000), number=number) for number in range(3, 60))
    rows += row(worked_out("A60", "cmd|x!y", "2"), worked_out("B60", "A1+1", "3"), number=60)
    book.sheet("一覧", rows)
    assert len(book.parts[SHEET]) > 4 * 1_048_576
    result = cleaned(book.packed())
    assert formulas_of(parts_of(result)[SHEET]) == ["A1+1"]
    assert len([line for line in told(result) if "its value stays" in line]) == 2


# Hyperlinks


def link_book(target: str, words: str = "案内", attributes: str = "") -> Book:
    book = Book()
    behind = f'<hyperlinks><hyperlink ref="A1" r:id="rId1"{attributes}/></hyperlinks>'
    sheet = book.sheet("一覧", row(text("A1", words)), behind=behind)
    book.relate(sheet, "hyperlink", target, outside=True)
    return book


def test_a_link_to_the_web_goes_on_with_its_place() -> None:
    parts = parts_of(cleaned(link_book("https://example.com/a", attributes=' location="place"').packed()))
    assert "https://example.com/a#place" in parts["xl/worksheets/_rels/sheet1.xml.rels"]
    assert '<hyperlink ref="A1" r:id="rId1"/>' in parts[SHEET]


@pytest.mark.parametrize("target", ["javascript:x", "file:///c:/x", "\\\\host\\x", "ms-msdt:/id", "other.xlsx"])
def test_other_links_leave_their_words(target: str) -> None:
    parts = parts_of(cleaned(link_book(target).packed()))
    assert "hyperlink" not in parts[SHEET]
    assert "案内" in parts[SHEET]


def test_words_of_another_host_are_followed_by_the_real_one() -> None:
    result = cleaned(link_book("http://evil.example/x", "https://www.city.example.lg.jp/").packed())
    part = parts_of(result)[SHEET]
    assert "<hyperlink" not in part
    assert "https://www.city.example.lg.jp/" in part
    assert "evil[.]example" in part
    assert any(found.threat is Threat.DECEPTION for found in findings_of(result))


def test_links_are_written_out_by_rule() -> None:
    part = parts_of(cleaned(link_book("https://example.com/").packed(), profile=Profile(links=Links.DEFANGED)))[SHEET]
    assert "<hyperlink" not in part
    assert "example[.]com" in part


@pytest.mark.parametrize(("location", "stays"), [("集計!A1", True), ("[a.xlsx]S!A1", False), ("cmd|x", False)])
def test_links_within_the_file_stay(location: str, stays: bool) -> None:
    book = Book()
    book.sheet(
        "一覧", row(text("A1", "a")), behind=f'<hyperlinks><hyperlink ref="A1" location="{location}"/></hyperlinks>'
    )
    assert ("<hyperlink " in parts_of(cleaned(book.packed()))[SHEET]) is stays


# Outside


def test_a_dde_link_is_named_as_what_it_is() -> None:
    book = Book()
    book.sheet("一覧", row(worked_out("A1", "[1]!'x'", "5")))
    inside = '<ddeLink ddeService="cmd" ddeTopic="/c calc"/>'
    book.part(
        "xl/externalLinks/externalLink1.xml",
        f"{CONTENT}.externalLink+xml",
        f'<externalLink xmlns="{MAIN}">{inside}</externalLink>',
    )
    id_ = book.relate("xl/workbook.xml", "externalLink", "externalLinks/externalLink1.xml")
    book.behind = f'<externalReferences><externalReference r:id="{id_}"/></externalReferences>'
    result = cleaned(book.packed())
    assert any("(DDE)" in line and line.startswith("active_content") for line in told(result))
    assert not [name for name in parts_of(result) if "external" in name]
    assert "externalReference" not in parts_of(result)["xl/workbook.xml"]


def pivot_book(source: str) -> Book:
    book = Book()
    sheet = book.sheet("一覧", row(text("A1", "値")))
    book.relate(sheet, "pivotTable", "../pivotTables/pivotTable1.xml")
    place = '<location ref="A3:B4" firstHeaderRow="1" firstDataRow="1" firstDataCol="0"/>'
    head = f'xmlns="{MAIN}" name="p" cacheId="4" dataCaption="d"'
    table = f"<pivotTableDefinition {head}>{place}</pivotTableDefinition>"
    book.part("xl/pivotTables/pivotTable1.xml", f"{CONTENT}.pivotTable+xml", table)
    book.relate("xl/pivotTables/pivotTable1.xml", "pivotCacheDefinition", "../pivotCache/pivotCacheDefinition1.xml")
    id_ = book.relate("xl/workbook.xml", "pivotCacheDefinition", "pivotCache/pivotCacheDefinition1.xml")
    book.behind = f'<pivotCaches><pivotCache cacheId="4" r:id="{id_}"/></pivotCaches>'
    head = f'xmlns="{MAIN}" xmlns:r="{OFFICE}" refreshedBy="田中"'
    fields = '<cacheFields count="2"><cacheField name="a"/><cacheField name="b" formula="WEBSERVICE(1)"/></cacheFields>'
    cache = f"<pivotCacheDefinition {head}>{source}{fields}</pivotCacheDefinition>"
    book.part("xl/pivotCache/pivotCacheDefinition1.xml", f"{CONTENT}.pivotCacheDefinition+xml", cache)
    return book


def test_a_pivot_table_of_this_file_goes_on_without_its_people() -> None:
    book = pivot_book('<cacheSource type="worksheet"><worksheetSource ref="A1:B2" sheet="一覧"/></cacheSource>')
    parts = parts_of(cleaned(book.packed()))
    assert "xl/pivotTables/pivotTable1.xml" in parts
    cache = parts["xl/pivotCache/pivotCacheDefinition1.xml"]
    assert "田中" not in cache
    assert "WEBSERVICE" not in cache
    assert 'sheet="一覧"' in cache


@pytest.mark.parametrize(
    "source",
    [
        '<cacheSource type="external" connectionId="1"/>',
        '<cacheSource type="worksheet"><worksheetSource r:id="rId9" ref="A1:B2" sheet="S"/></cacheSource>',
        '<cacheSource type="worksheet"><worksheetSource ref="A1:B2" sheet="[a.xlsx]S"/></cacheSource>',
        '<cacheSource type="consolidation"><rangeSet r:id="rId9"/></cacheSource>',
        "",
    ],
)  # fmt: skip
def test_a_pivot_table_of_other_data_leaves_its_values(source: str) -> None:
    parts = parts_of(cleaned(pivot_book(source).packed()))
    assert not [name for name in parts if "pivot" in name]
    assert "pivot" not in "".join(parts.values())
    assert "値" in parts[SHEET]


# What lies upon a sheet


def control_book(kind: str, inside: str) -> Book:
    book = Book()
    sheet = book.sheet("一覧", row(text("A1", "a")), behind='<legacyDrawing r:id="rId1"/>')
    book.relate(sheet, "vmlDrawing", "../drawings/vmlDrawing1.vml")
    spaces = (
        'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
        ' xmlns:x="urn:schemas-microsoft-com:office:excel"'
    )
    place = "<x:Anchor>\n 1, 2, 3, 4, 5, 6, 7, 8</x:Anchor>"
    client = f'<x:ClientData ObjectType="{kind}">{place}{inside}</x:ClientData>'
    shape = f"<v:shape><v:textbox><div>同意する</div></v:textbox>{client}</v:shape>"
    book.parts["xl/drawings/vmlDrawing1.vml"] = f"<xml {spaces}>{shape}</xml>".encode()
    return book


@pytest.mark.parametrize(
    ("kind", "inside", "words"),
    [
        ("Checkbox", "<x:Checked>1</x:Checked>", "☑ 同意する"),
        ("Checkbox", "", "☐ 同意する"),
        ("Radio", "<x:Checked>1</x:Checked>", "◉ 同意する"),
        ("Button", "<x:FmlaMacro>[0]!Evil</x:FmlaMacro>", "同意する"),
    ],
)
def test_a_form_control_becomes_the_words_that_it_showed(kind: str, inside: str, words: str) -> None:
    result = cleaned(control_book(kind, inside).packed())
    parts = parts_of(result)
    drawing = parts["xl/drawings/drawing1.xml"]
    assert f"<a:t>{words}</a:t>" in drawing
    assert "<xdr:from><xdr:col>1</xdr:col><xdr:colOff>19050</xdr:colOff><xdr:row>3</xdr:row>" in drawing
    assert "legacyDrawing" not in parts[SHEET]
    assert "Evil" not in "".join(parts.values())
    assert not [name for name in parts if name.endswith(".vml")]
    again = cleaned(result.data or b"")
    assert not told(again)


def test_comments_are_kept_and_told_of_or_go_by_rule() -> None:
    book = control_book("Note", "<x:Row>0</x:Row><x:Column>0</x:Column>")
    book.relate(SHEET, "comments", "../comments1.xml")
    comment = '<comment ref="A1" authorId="0"><text><t>確認</t></text></comment>'
    inside = f"<authors><author>係長</author></authors><commentList>{comment}</commentList>"
    book.part("xl/comments1.xml", f"{CONTENT}.comments+xml", f'<comments xmlns="{MAIN}">{inside}</comments>')
    result = cleaned(book.packed())
    assert "確認" in parts_of(result)["xl/comments1.xml"]
    assert "legacyDrawing" in parts_of(result)[SHEET]
    assert any("noted" in line and "comments" in line for line in told(result))
    removed = parts_of(cleaned(book.packed(), profile=REMARKS_REMOVED))
    assert not [name for name in removed if "comments" in name or name.endswith(".vml")]
    assert "legacyDrawing" not in removed[SHEET]


def test_an_object_leaves_its_picture() -> None:
    book = control_book("Pict", "")
    vml = "xl/drawings/vmlDrawing1.vml"
    book.parts[vml] = book.parts[vml].replace(b"<v:textbox>", b'<v:imagedata o:relid="rId1"/><v:textbox>')
    book.relate(vml, "image", "../media/image1.bin")
    book.parts["xl/media/image1.bin"] = b"no picture that anybody knows"
    parts = parts_of(cleaned(book.packed()))
    assert parts["xl/drawings/drawing1.xml"].count("<xdr:pic>") == 1
    assert '<a:blip r:embed="rId1"/>' in parts["xl/drawings/drawing1.xml"]
    assert "media/image1.png" in parts["xl/drawings/_rels/drawing1.xml.rels"]
    assert "anybody" not in "".join(parts.values())


def test_an_object_beside_a_note_is_drawn_once() -> None:
    book = control_book("Note", "<x:Row>0</x:Row><x:Column>0</x:Column>")
    book.relate(SHEET, "comments", "../comments1.xml")
    comment = '<comment ref="A1" authorId="0"><text><t>確認</t></text></comment>'
    inside = f"<authors><author>係長</author></authors><commentList>{comment}</commentList>"
    book.part("xl/comments1.xml", f"{CONTENT}.comments+xml", f'<comments xmlns="{MAIN}">{inside}</comments>')
    vml = "xl/drawings/vmlDrawing1.vml"
    place = '<x:ClientData ObjectType="Pict"><x:Anchor>1, 2, 3, 4, 5, 6, 7, 8</x:Anchor></x:ClientData>'
    shape = f'<v:shape id="shown"><v:imagedata o:relid="rId1"/>{place}</v:shape></xml>'
    book.parts[vml] = book.parts[vml].replace(b"</xml>", shape.encode())
    book.relate(vml, "image", "../media/image1.bin")
    book.parts["xl/media/image1.bin"] = b"no picture that anybody knows"
    result = cleaned(book.packed())
    parts = parts_of(result)
    assert parts["xl/drawings/drawing1.xml"].count("<xdr:pic>") == 1
    assert 'ObjectType="Note"' in parts[vml]
    assert "Pict" not in parts[vml]
    assert cleaned(result.data or b"").data == result.data


def test_a_drawing_that_is_not_there_is_not_referred_to() -> None:
    book = Book()
    book.relate(
        book.sheet("一覧", row(text("A1", "a")), behind='<drawing r:id="rId1"/>'), "hyperlink", "x", outside=True
    )
    assert "<drawing" not in parts_of(cleaned(book.packed()))[SHEET]


def test_an_anchor_of_nothing_is_left_out() -> None:
    book = Book()
    sheet = book.sheet("一覧", row(text("A1", "a")), behind='<drawing r:id="rId1"/>')
    book.relate(sheet, "drawing", "../drawings/drawing1.xml")
    space = "http://schemas.openxmlformats.org/drawingml/2006"
    anchor = "<xdr:absoluteAnchor><xdr:graphicFrame/><xdr:clientData/></xdr:absoluteAnchor>"
    drawing = f'<xdr:wsDr xmlns:xdr="{space}/spreadsheetDrawing">{anchor}</xdr:wsDr>'
    book.part("xl/drawings/drawing1.xml", "application/vnd.openxmlformats-officedocument.drawing+xml", drawing)
    assert "Anchor" not in parts_of(cleaned(book.packed()))["xl/drawings/drawing1.xml"]


@pytest.mark.parametrize(("kind", "stays"), [("XLDAPR", True), ("XLRICHVALUE", False)])
def test_formulas_that_spill_keep_their_mark_and_values_of_the_web_do_not(kind: str, stays: bool) -> None:
    book = Book()
    book.sheet("一覧", row('<c r="A1" cm="1" vm="1"><f t="array" ref="A1:A2">B1:B2</f><v>1</v></c>'))
    book.relate("xl/workbook.xml", "sheetMetadata", "metadata.xml")
    types = f'<metadataTypes count="1"><metadataType name="{kind}" minSupportedVersion="120000"/></metadataTypes>'
    marks = '<cellMetadata count="1"><bk><rc t="1" v="0"/></bk></cellMetadata>'
    book.part("xl/metadata.xml", f"{CONTENT}.sheetMetadata+xml", f'<metadata xmlns="{MAIN}">{types}{marks}</metadata>')
    parts = parts_of(cleaned(book.packed()))
    assert ("xl/metadata.xml" in parts) is stays
    assert (' cm="1"' in parts[SHEET]) is stays
    assert "vm=" not in parts[SHEET]


@pytest.mark.parametrize(("cell", "number"), [("A1", 1), ("$Z$9", 26), ("aa3", 27), ("XFD1048576", 16_384), ("1", 0)])
def test_columns_have_numbers(cell: str, number: int) -> None:
    assert column(cell) == number
