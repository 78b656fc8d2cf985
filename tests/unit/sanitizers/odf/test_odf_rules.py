"""What the rules decide about OpenDocument files: remarks, links, the author; and what a reader must find again."""

import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from sanitizers.confinement.converter import LIBREOFFICE
from sanitizers.engine import clean
from sanitizers.formats.odf import PRINTED
from sanitizers.model import Action, DnsAnswer, Notice, Outcome, Threat
from sanitizers.rules import Author, Budget, Kind, Links, Office, Profile, Remarks, Task
from tests.unit.sanitizers.odf.opendocuments import (
    SPACES,
    body_of,
    cleaned,
    content,
    findings,
    packed,
    parts_of,
    sheets,
    text,
    words_of,
)

CHANGES = (
    '<text:tracked-changes><text:changed-region text:id="c1"><text:deletion><office:change-info><dc:creator>山田'
    "</dc:creator></office:change-info><text:p>消した</text:p></text:deletion></text:changed-region></text:tracked-changes>"
    '<text:p>前<text:change text:change-id="c1"/>後<office:annotation><text:p>確認中</text:p></office:annotation>尾'
    '</text:p><text:section text:name="s" text:display="none"><text:p>見えない節</text:p></text:section>'
    '<text:p>見える<text:span text:style-name="T1">見えない字</text:span></text:p>'
)
HIDING = '<style:style style:name="T1" style:family="text"><style:text-properties text:display="none"/></style:style>'


def hidden(result: object) -> list[tuple[str, Action]]:
    found = findings(result)  # type: ignore[arg-type]
    return [(each.detail, each.action) for each in found if each.threat is Threat.HIDDEN_CONTENT]


def test_remarks_are_kept_and_told() -> None:
    result = cleaned(text(CHANGES, HIDING))
    assert {action for _, action in hidden(result)} == {Action.NOTED}
    assert len(hidden(result)) == 4
    for words in ("消した", "確認中", "見えない節", "見えない字"):
        assert words in words_of(result)


def test_remarks_are_removed_by_rule() -> None:
    result = cleaned(text(CHANGES, HIDING), office_remarks=Remarks.REMOVED)
    assert {action for _, action in hidden(result)} == {Action.REMOVED}
    assert words_of(result) == "前後尾見える"
    assert "text:change" not in body_of(result)


SHEETS = (
    '<table:table table:name="表1"><table:table-column table:number-columns-repeated="2"/>'
    '<table:table-column table:visibility="collapse"/><table:table-row><table:table-cell '
    'table:formula="of:=[$秘密.A1]*2" office:value-type="float" office:value="84"><text:p>84</text:p>'
    '</table:table-cell><table:table-cell table:number-columns-repeated="3" office:value-type="string">'
    "<text:p>列</text:p>"
    '</table:table-cell></table:table-row><table:table-row table:visibility="collapse">'
    '<table:table-cell office:value-type="string">'
    "<text:p>隠れた行</text:p></table:table-cell></table:table-row></table:table>"
    '<table:table table:name="秘密" table:style-name="ta2"><table:table-row><table:table-cell '
    'office:value-type="float" office:value="42"><text:p>42</text:p></table:table-cell></table:table-row></table:table>'
)
HIDDEN_SHEET = (
    '<style:style style:name="ta2" style:family="table"><style:table-properties table:display="false"/></style:style>'
)


def test_hidden_cells_and_sheets_are_kept_and_told() -> None:
    result = cleaned(sheets(SHEETS, HIDDEN_SHEET), "a.ods")
    assert [detail for detail, _ in hidden(result)] == [
        "1 × hidden columns",
        "1 × hidden rows",
        "1 × a hidden sheet: 秘密",
    ]
    assert "of:=[$秘密.A1]*2" in body_of(result)
    assert words_of(result) == "84列隠れた行42"


def test_hidden_cells_and_sheets_are_removed_by_rule() -> None:
    result = cleaned(sheets(SHEETS, HIDDEN_SHEET), "a.ods", office_remarks=Remarks.REMOVED)
    body = body_of(result)
    assert "秘密" not in body
    assert 'office:value="84"' in body, "the last result of the formula stays"
    assert "隠れた行" not in body
    assert words_of(result) == "84列列", "the middle one of three equal cells is hidden"
    assert body.count('table:number-columns-repeated="1"') == 3


LINK = (
    '<text:p><text:a xlink:href="https://www.city.example.jp/">市</text:a>の'
    '<text:a xlink:href="../x.odt">文書</text:a></text:p>'
)


@pytest.mark.parametrize(("rule", "words"), [(Links.KEPT, "市の文書"), (Links.REMOVED, "市の文書")])
def test_links_by_rule(rule: Links, words: str) -> None:
    result = cleaned(text(LINK), links=rule)
    assert words_of(result) == words
    assert ('xlink:href="https://www.city.example.jp/"' in body_of(result)) is (rule is Links.KEPT)
    assert "x.odt" not in body_of(result)


def test_defanged_link_stands_behind_its_words() -> None:
    result = cleaned(text(LINK), links=Links.DEFANGED)
    assert "city[.]example[.]jp" in words_of(result)
    assert "xlink:href" not in body_of(result)


META = (
    f"<office:document-meta {SPACES}><office:meta><dc:title>題</dc:title><dc:creator>山田</dc:creator></office:meta>"
    "</office:document-meta>"
)


def test_the_author_by_rule() -> None:
    file = packed({"content.xml": content("text", "<text:p>文</text:p>"), "meta.xml": META})
    assert "山田" in body_of(cleaned(file), "meta.xml")
    without = body_of(cleaned(file, office_author=Author.REMOVED), "meta.xml")
    assert "山田" not in without
    assert "題" in without


JAPANESE = (
    '<text:p text:style-name="P1"><text:ruby text:style-name="Ru1"><text:ruby-base>清</text:ruby-base>'
    '<text:ruby-text>きよ</text:ruby-text></text:ruby>め</text:p><table:table table:name="t">'
    "<table:table-column/><table:table-row>"
    '<table:table-cell table:number-columns-spanned="2"><text:p>結合</text:p></table:table-cell>'
    "<table:covered-table-cell/></table:table-row></table:table>"
)
JAPANESE_STYLES = (
    '<style:style style:name="P1" style:family="paragraph"><style:paragraph-properties style:writing-mode="tb-rl" '
    'style:punctuation-wrap="hanging" style:line-break="strict" style:text-autospace="ideograph-alpha"/>'
    '<style:text-properties style:font-name-asian="ＭＳ 明朝" style:language-asian="ja" style:country-asian="JP" '
    'style:text-emphasize="accent above" style:text-combine="letters"/></style:style>'
    '<style:style style:name="Ru1" style:family="ruby"><style:ruby-properties style:ruby-align="distribute-space"/>'
    '</style:style><number:date-style style:name="N1" number:language="ja" number:country="JP"><number:era '
    'number:calendar="gengou"/><number:year number:calendar="gengou"/><number:text>年</number:text></number:date-style>'
)


def test_japanese_typesetting_stays_and_nothing_is_told() -> None:
    result = cleaned(text(JAPANESE, JAPANESE_STYLES))
    body = body_of(result)
    assert findings(result) == []
    assert result.report.parts[0].outcome is Outcome.CLEAN
    for kept in (
        "<text:ruby-text>きよ</text:ruby-text>", 'style:writing-mode="tb-rl"', 'style:font-name-asian="ＭＳ 明朝"',
        'number:calendar="gengou"', 'table:number-columns-spanned="2"', 'style:ruby-align="distribute-space"',
        'style:text-emphasize="accent above"', 'style:text-combine="letters"', "<table:covered-table-cell/>",
    ):  # fmt: skip
        assert kept in body


def test_flat_xml_becomes_a_package() -> None:
    body = "<office:body><office:spreadsheet/></office:body>"
    flat = f'<?xml version="1.0"?><office:document {SPACES} office:version="1.3">{body}</office:document>'
    result = cleaned(flat.encode(), "表.fods")
    assert result.type == "application/vnd.oasis.opendocument.spreadsheet"
    assert result.name == "表.ods"
    assert next(iter(parts_of(result))) == "mimetype"


def test_a_formula_object_stays_one() -> None:
    frame = '<text:p><draw:frame svg:width="2cm"><draw:object xlink:href="./Object 7"/></draw:frame></text:p>'
    formula = (
        '<math xmlns="http://www.w3.org/1998/Math/MathML"><mi href="javascript:1">x</mi><mo>=</mo><mn>1</mn></math>'
    )
    parts = {"content.xml": content("text", frame), "Object 7/content.xml": formula}
    result = cleaned(packed(parts))
    inner = body_of(result, "Object 1/content.xml")
    assert "<math:mi>x</math:mi><math:mo>=</math:mo><math:mn>1</math:mn>" in inner
    assert "javascript" not in inner
    assert 'xlink:href="./Object 1"' in body_of(result)


def test_an_object_that_holds_itself_ends() -> None:
    frame = '<text:p>文<draw:frame svg:width="2cm"><draw:object xlink:href="./Object 1"/></draw:frame></text:p>'
    inner = frame.replace("./Object 1", "../Object 1")
    result = cleaned(packed({"content.xml": content("text", frame), "Object 1/content.xml": content("text", inner)}))
    assert result.data is not None
    assert words_of(result) == "文"


def test_a_media_type_behind_other_members_is_detected() -> None:
    data = packed({"content.xml": content("text", "<text:p>文</text:p>")})
    moved = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(moved, "w", zipfile.ZIP_DEFLATED) as new:
        for name in reversed(old.namelist()):
            new.writestr(name, old.read(name))
    assert words_of(cleaned(moved.getvalue())) == "文"


def test_addresses_where_none_may_be_are_told() -> None:
    result = cleaned(
        text('<text:p xlink:href="https://x.example/">文</text:p><text:h text:ref-name="file:///x">題</text:h>')
    )
    assert "xlink:href" not in body_of(result)
    assert "file:" not in body_of(result)
    assert [(each.threat, each.action) for each in findings(result)] == [(Threat.EXTERNAL_REFERENCE, Action.REMOVED)]


def test_a_picture_that_cannot_be_read_is_a_grey_field() -> None:
    frame = '<text:p>文<draw:frame svg:width="2cm"><draw:image xlink:href="Pictures/x.png"/></draw:frame></text:p>'
    result = cleaned(packed({"content.xml": content("text", frame), "Pictures/x.png": b"not a picture"}))
    assert parts_of(result)["Pictures/1.png"].startswith(b"\x89PNG")
    assert 'xlink:href="Pictures/1.png"' in body_of(result)
    assert {each.action for each in findings(result)} == {Action.REPLACED}


def test_the_preview_of_an_object_is_drawn_and_goes_on_as_a_picture() -> None:
    """LibreOffice keeps previews as metafiles of its own (SVM)."""
    preview = (Path(__file__).resolve().parents[4] / "samples" / "metafile" / "starview.svm").read_bytes()
    ole, replacement = "Object 1", "ObjectReplacements/Object 1"
    inside = f'<draw:object-ole xlink:href="./{ole}"/><draw:image xlink:href="./{replacement}"/>'
    frame = f'<text:p><draw:frame svg:width="2cm">{inside}</draw:frame></text:p>'
    asked: list[tuple[str, str]] = []

    def convert(extension: str, target: str, _document: bytes) -> bytes:
        asked.append((extension, target))
        Image.new("RGB", (8, 2), "#00f").save(drawn := io.BytesIO(), "PNG")
        return drawn.getvalue()

    file = packed({"content.xml": content("text", frame), ole: b"\xd0\xcf\x11\xe0 KIYOME-HARM", replacement: preview})
    task = Task("20261121-TEST-TEST", Kind.FILE, "a.odt", Profile(), Budget(), Notice("", ()))
    result = clean(task, file, lambda _name, _type: DnsAnswer("failed"), convert=convert)
    assert result is not None
    assert asked == [("fodg", "png")]
    with Image.open(io.BytesIO(parts_of(result)["Pictures/1.png"])) as picture:
        assert picture.size == (4, 2)  # a grey field is square


def test_printed_by_rule() -> None:
    result = cleaned(text("<text:p>文</text:p>"), office=Office.PDF)
    assert result.data is None
    assert "LibreOffice is not within reach here" in findings(result)[-1].detail


@pytest.mark.parametrize("rule", [Office.PDF, Office.PICTURES])
def test_what_libreoffice_opens_in_no_window_of_its_own_is_refused_in_words(rule: Office) -> None:
    chart = content("chart", '<chart:chart chart:class="chart:bar"><chart:plot-area/></chart:chart>')
    result = cleaned(packed({"content.xml": chart}, "chart"), office=rule)
    assert result.data is None
    assert "a chart or formula alone" in findings(result)[-1].detail


def test_every_other_kind_is_one_that_the_converter_prints() -> None:
    assert {(ending, "pdf") for ending in PRINTED.values()} <= LIBREOFFICE.pairs.keys()


def test_removed_by_rule() -> None:
    result = cleaned(text("<text:p>文</text:p>"), office=Office.REMOVED)
    assert result.data is None
    assert "by rule" in findings(result)[-1].detail


def test_text_is_hidden_by_the_parent_of_its_style() -> None:
    hiding = HIDING.replace('"T1"', '"Hidden"')
    heirs = "".join(
        f'<style:style style:family="text" style:name="{name}" style:parent-style-name="{parent}">{inside}'
        "</style:style>"
        for name, parent, inside in (
            ("T2", "T1", ""),
            ("T1", "Hidden", '<style:text-properties fo:color="#000000"/>'),
            ("T3", "Hidden", '<style:text-properties text:display="true"/>'),
        )
    )
    words = "".join(f'<text:span text:style-name="T{number}">字{number}</text:span>' for number in (1, 2, 3))
    result = cleaned(text(f"<text:p>見える{words}</text:p>", hiding + heirs), office_remarks=Remarks.REMOVED)
    assert words_of(result) == "見える字3"
    assert hidden(result) == [("2 × hidden text", Action.REMOVED)]


FOLDED = (
    '<table:table table:name="表"><table:table-column/><table:table-column-group table:display="false">'
    '<table:table-column/></table:table-column-group><table:table-row-group table:display="false"><table:table-row>'
    "<table:table-cell><text:p>行</text:p></table:table-cell></table:table-row></table:table-row-group><table:table-row>"
    '<table:table-cell table:number-columns-repeated="2"><text:p>値</text:p></table:table-cell></table:table-row>'
    "</table:table>"
)


def test_groups_that_are_folded_up_are_told_of() -> None:
    assert {each for each, _ in hidden(cleaned(sheets(FOLDED), "a.ods"))} == {"1 × hidden rows", "1 × hidden columns"}


def test_groups_that_are_folded_up_are_emptied_by_rule_and_then_there_is_nothing_to_tell() -> None:
    result = cleaned(sheets(FOLDED), "a.ods", office_remarks=Remarks.REMOVED)
    assert words_of(result) == "値"
    assert len(hidden(result)) == 2
    assert not findings(cleaned(result.data or b"", "a.ods", office_remarks=Remarks.REMOVED))


def test_names_of_authors_go_by_rule() -> None:
    remarks = CHANGES.replace("<office:annotation>", "<office:annotation><dc:creator>山田</dc:creator>"
                              "<meta:creator-initials>山</meta:creator-initials>")  # fmt: skip
    assert body_of(cleaned(text(remarks, HIDING))).count("山") == 3
    gone = body_of(cleaned(text(remarks, HIDING), office_author=Author.REMOVED))
    assert "山" not in gone
    assert gone.count("<dc:creator>Author</dc:creator>") == 2


def test_a_number_of_thousands_of_digits_is_no_number() -> None:
    digits = "9" * 5_000
    body = SHEETS.replace('table:number-columns-repeated="3"', f'table:number-columns-repeated="{digits}"')
    parts_of(cleaned(sheets(body), "a.ods", office_remarks=Remarks.REMOVED))


@pytest.mark.parametrize("encoding", ["utf-7", "iso-2022-jp", "ebcdic-cp-us"])
def test_an_encoding_that_could_be_misread_is_not_read(encoding: str) -> None:
    part = f'<?xml version="1.0" encoding="{encoding}"?>{content("text", "<text:p>x</text:p>")}'
    assert cleaned(packed({"content.xml": part})).data is None
    assert cleaned(packed({"content.xml": part.replace(encoding, "UTF-8")})).data is not None
