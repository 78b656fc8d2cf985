"""What of a workbook nobody sees must not go on beside what goes: shared strings, copies in pivot tables, authors."""

import pytest

from sanitizers.model import Action, Threat
from sanitizers.rules import Author, Profile, Remarks
from tests.unit.sanitizers.ooxml.excel_books import CONTENT, MAIN, Book, cleaned, findings_of, parts_of, row, text
from tests.unit.sanitizers.ooxml.test_excel_workbook import pivot_book

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
REMOVED = Profile(office_remarks=Remarks.REMOVED)
ANONYMOUS = Profile(office_author=Author.REMOVED)
NOBODY = "{00000000-0000-0000-0000-000000000000}"
DIGITS = "9" * 5_000  # int() refuses so many


def shared(place: str, number: int | str) -> str:
    return f'<c r="{place}" t="s"><v>{number}</v></c>'


def with_strings(book: Book, *strings: str) -> bytes:
    rows = "".join(f"<si><t>{each}</t></si>" for each in strings)
    book.part(STRINGS, f"{CONTENT}.sharedStrings+xml", f'<sst xmlns="{MAIN}">{rows}</sst>')
    book.relate("xl/workbook.xml", "sharedStrings", "sharedStrings.xml")
    return book.packed()


def partly_hidden() -> bytes:
    book = Book()
    hidden = row(shared("A2", 1), number=2, attributes=' hidden="1"')
    book.sheet("S", row(shared("A1", 3)) + hidden)
    book.sheet("H", row(shared("A1", 2)), state="hidden")
    return with_strings(book, "使われない", "隠れた行", "隠れたシート", "見える")


def test_a_text_that_no_cell_shows_does_not_go_on_and_is_told_of() -> None:
    result = cleaned(partly_hidden())
    strings = parts_of(result)[STRINGS]
    assert strings.count("<si") == 4
    assert "使われない" not in strings
    for words in ("隠れた行", "隠れたシート", "見える"):
        assert words in strings
    told = [found for found in findings_of(result) if found.action is Action.REMOVED]
    assert [(found.threat, found.detail) for found in told] == [(Threat.HIDDEN_CONTENT, "texts that no cell shows")]


def test_texts_of_hidden_rows_and_sheets_go_with_them() -> None:
    result = cleaned(partly_hidden(), profile=REMOVED)
    assert "隠れた" not in "".join(parts_of(result).values())
    assert "見える" in parts_of(result)[STRINGS]
    assert not findings_of(cleaned(result.data or b"", profile=REMOVED))


def test_the_copy_of_its_data_in_a_pivot_table_is_hidden_too() -> None:
    book = pivot_book('<cacheSource type="worksheet"><worksheetSource ref="A1:B2" sheet="一覧"/></cacheSource>')
    result = cleaned(book.packed(), profile=REMOVED)
    assert not [name for name in parts_of(result) if "pivot" in name]
    assert any("pivot table keeps" in found.detail for found in findings_of(result))


@pytest.mark.parametrize("profile", [Profile(), REMOVED])
def test_a_number_of_thousands_of_digits_is_no_number(profile: Profile) -> None:
    book = Book()
    book.before = f'<bookViews><workbookView activeTab="{DIGITS}"/></bookViews>'
    book.names = f'<definedName name="a" localSheetId="{DIGITS}">1</definedName>'
    hyperlink = book.relate(SHEET, "hyperlink", "https://example.com/", outside=True)
    book.sheet(
        "S",
        row(shared("A1", DIGITS), shared("B1", 0)),
        before=f'<cols><col min="1" max="{DIGITS}" hidden="1"/></cols>',
        behind=f'<hyperlinks><hyperlink ref="A1" r:id="{hyperlink}"/></hyperlinks>',
    )
    assert "Error" not in "".join(found.detail for found in findings_of(cleaned(with_strings(book, "x"), "a.xlsx")))
    parts_of(cleaned(book.packed(), profile=profile))


def commented(words: str) -> bytes:
    book = Book()
    book.sheet("S", row(text("A1", "値")))
    book.relate(SHEET, "comments", "../comments1.xml")
    inside = (
        "<authors><author>山田 太郎</author></authors><commentList>"
        f'<comment ref="A1" authorId="0"><text><r><t>{words}</t></r></text></comment></commentList>'
    )
    book.part("xl/comments1.xml", f"{CONTENT}.comments+xml", f'<comments xmlns="{MAIN}">{inside}</comments>')
    book.relate("xl/workbook.xml", "http://schemas.microsoft.com/office/2017/10/relationships/person", "persons/p.xml")
    space = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
    people = f'<personList xmlns="{space}"><person displayName="山田 太郎" id="{NOBODY}"/>'
    book.part("xl/persons/p.xml", "application/vnd.ms-excel.person+xml", f"{people}</personList>")
    return book.packed()


def test_names_of_authors_of_comments_go_by_rule() -> None:
    kept = "".join(parts_of(cleaned(commented("山田 太郎:確認"))).values())
    assert kept.count("山田 太郎") == 3
    gone = parts_of(cleaned(commented("山田 太郎:確認"), profile=ANONYMOUS))
    assert "山田" not in "".join(gone.values())
    assert "<t>Author:確認</t>" in gone["xl/comments1.xml"]
    assert 'displayName="Author"' in gone["xl/persons/person.xml"]


def test_words_of_a_comment_that_only_begin_like_its_author_stay() -> None:
    gone = parts_of(cleaned(commented("山田 太郎さんへ"), profile=ANONYMOUS))
    assert "<t>山田 太郎さんへ</t>" in gone["xl/comments1.xml"]
