"""CSV and TSV: spreadsheets show every cell; numbers, telephone numbers and dashes stay as they are."""

import csv
import io

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from sanitizers.formats.textfile.formulas import begins_formula
from sanitizers.model import CannotSanitize, Rebuilt, Severity, Threat
from sanitizers.verify.textfile import verify_table, verify_tabs
from tests.unit.sanitizers.textfile.text_job import details, rebuilt

FORMULAS = [
    "=1+1",
    "=A1",
    '="001"',
    "=====",
    "=-5",
    "+A1",
    "+SUM(A1)",
    "-A1",
    "-5+A1",
    "-SUM(1)",
    "--A1",
    "+-+A1",
    "@SUM(1)",
    "@name",
    "=cmd|' /C calc'!A0",
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+9)*cmd|' /C calc'!A0",
    '=HYPERLINK("http://x")',
    " =1+1",
    "\t=1+1",
    "\n=1+1",
    "\u00a0=1",
    "\u3000=1",
    " \u3000\t =1",
    '"=1+1"',
    '""=1',
    "＝１＋１",
    "＝A1",
    "＋A1",
    "－A1",
    "＠A1",
    " ＝A1",
    "﹦A1",
    "﹢A1",
    "-増加",
    "+α",
    "－なし",
    "@100*A1",
    "-1:30",
    "-5円+A1",
    "-(A1)",
    "-5+(A1)",
    "+1*A1",
    "+81-A1",
    "-1E5+A1",
    "-5%*B2",
    "-{1}",
    "+'x'!A1",
    "-[x]y!A1",
]
WORDS = [
    "",
    "-5",
    "+5",
    "-1,234.5",
    "-1,234",
    "- 5",
    "-０．５",
    "－５",
    "＋１０",
    "-5%",
    "-3.2％",
    "-5円",
    "-3.2 ℃",
    "+2.5ポイント",
    "-10kg",
    "+81-3-1234-5678",
    "+81 (0)3-1234-5678",
    "+81-3-1234-5678(代表)",
    "+81-3-1234-5678 (内線 12)",
    "-1/2",
    "-1E5",
    "-1.5E+3",
    "-¥1,000",
    "-\\1,000",
    "-$5",
    "(-5)",
    "-(5)",
    "-5-3",
    "-5～-3",
    "@100",
    "＠1,000円",
    "-",
    "－",
    "--",
    "---",
    "- -",
    "＝＝＝",
    "+",
    "@",
    "=",
    "2026-11-21",
    "a=b",
    "1+1",
    "a@example.jp",
    "03-1234-5678",
    "'=1+1",
    "'",
    "△5",
    "▲5",
    "・=1",
    "a -b",
    "x=1;y",
    "漢字",
    "A-1",
]


def cells_of(data: bytes, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def table_of(*cells: str, delimiter: str = ",") -> str:
    line = delimiter.join('"' + cell.replace('"', '""') + '"' for cell in cells)
    return f"a{delimiter}b{delimiter}c\n{line}\n"


@pytest.mark.parametrize("cell", FORMULAS)
def test_a_cell_that_would_be_worked_out_is_shown_as_text(cell: str) -> None:
    result = rebuilt(table_of("x", cell, "y"), "a.csv")
    before, shown, after = cells_of(result.data)[1]
    assert (before, after) == ("x", "y")
    assert shown.replace("'", "", 1) == cell != shown
    assert shown.lstrip("\t \u3000").startswith("'")
    assert [found.threat for found in result.findings] == [Threat.ACTIVE_CONTENT]
    assert result.findings[0].where == "row 2 column 2"


@pytest.mark.parametrize("cell", WORDS)
def test_numbers_and_words_stay(cell: str) -> None:
    result = rebuilt(table_of("x", cell, "y"), "a.csv")
    assert cells_of(result.data)[1] == ["x", cell, "y"]
    assert result.findings == ()


def test_the_report_tells_programs_from_words_with_a_dash() -> None:
    result = rebuilt("=cmd|' /C calc'!A0,=SUM(A1),-なし\n=cmd|'x'!A1,1,-無し\n", "a.csv")
    assert [(found.severity, found.where) for found in result.findings] == [
        (Severity.DANGER, "row 1 column 1, row 2 column 1"),
        (Severity.WARNING, "row 1 column 2"),
        (Severity.NOTE, "row 1 column 3, row 2 column 3"),
    ]
    assert "2 formula cells that start a program" in details(result)


def test_many_formulas_are_one_finding() -> None:
    result = rebuilt("=A1,x\n" * 3000, "a.csv")
    assert [found.detail for found in result.findings] == ["3000 formula cells"]
    assert result.findings[0].where.endswith("row 5 column 1 …")


@pytest.mark.parametrize(
    ("text", "name", "delimiter"),
    [
        ("a,b\n1,2\n", "a.csv", ","),
        ("a;b,c\n1;2\n3;4\n", "a.csv", ";"),
        ("a\tb\n1\t2\n", "a.csv", "\t"),
        ("a|b\n1|2\n", "a.csv", "|"),
        ("a,b\tc\n1,2\t3\n", "a.tsv", "\t"),
        ("sep=;\na;b\n", "a.csv", ";"),
        ('"x;y","z"\n"1;2","3"\n', "a.csv", ","),
    ],
)
def test_the_delimiter_is_found_and_kept(text: str, name: str, delimiter: str) -> None:
    assert cells_of(rebuilt(text, name).data, delimiter) == cells_of(text.encode(), delimiter)


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n",
        "a,b\r\n1,2\r\n",
        "a,b\n1,2",
        '"a","b"\n"1","2"\n',
        '"a","b"\n"x",2\n',
        "a\n\nb\n\n",
        "a,b,c\n1\n,,,,\n",
        "a,,\n",
        '"a\nb",c\n',
        '"a\nb",c\r\nd,e\r\n',
        '"say ""hi""",b\n',
        "a b , c\n",
        "\n",
        "",
        ",\n",
        '"=",-\n',
    ],
)
def test_a_plain_table_stays_as_it_is_written(text: str) -> None:
    result = rebuilt(text, "a.csv")
    assert result.data.decode() == text
    assert result.findings == ()
    assert result.type == "text/csv"


def test_ragged_rows_and_lines_in_cells_stay() -> None:
    text = 'a,b,c\r\n1\r\n"x\r\ny",2,3,4\r\n'
    assert rebuilt(text, "a.csv").data == b'a,b,c\r\n1\r\n"x\ny",2,3,4\r\n'


def test_japanese_gets_a_mark_so_that_excel_reads_utf_8() -> None:
    assert rebuilt("市,①\r\n".encode("cp932"), "a.csv").data == b"\xef\xbb\xbf" + "市,①\r\n".encode()
    assert rebuilt("a,b\n", "a.csv").data == b"a,b\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('a;b\n1;"x,=1+1"\n2;"y,z"\n', '"x,\'=1+1"'),
        ('a;b\n1;"x\n=1+1"\n2;3\n', '"x\n\'=1+1"'),
        ('a,b\n1,"x;=1+1"\n', '"x;\'=1+1"'),
        ('a,b\n1,"x\t=1+1"\n', '"x\t\'=1+1"'),
        ('a,b\n1,"x;""=1+1"""\n', '"x;""\'=1+1"""'),
        ('a,b\n1,"x;-5;=1"\n', '"x;-5;\'=1"'),
        ('a,b\n1,"x;-5 ; =1"\n', '"x;-5 ; \'=1"'),
    ],
)
def test_what_another_delimiter_would_make_a_cell_is_shown_too(text: str, shown: str) -> None:
    assert shown in rebuilt(text, "a.csv").data.decode()


def test_lines_of_a_list_in_a_cell_stay() -> None:
    text = 'a,b\n1,"- 一\n- 二\n+ 三"\n'
    assert rebuilt(text, "a.csv").data.decode("utf-8-sig").endswith('"\'- 一\n- 二\n+ 三"\n')


def test_a_first_line_that_orders_a_strange_delimiter_goes() -> None:
    result = rebuilt("sep=z\naz=1+1\n", "a.csv")
    assert b"sep" not in result.data
    assert "another character" in details(result)


def test_a_table_never_begins_like_sylk() -> None:
    assert rebuilt("ID,name\n1,x\n", "a.csv").data == b'"ID",name\n1,x\n'


@pytest.mark.parametrize("sign", ["\x0b", "\x0c", "\x85", "\u2028"])
def test_a_control_that_ends_a_line_elsewhere_makes_no_row(sign: str) -> None:
    assert cells_of(rebuilt(f"a{sign}=1,b\n", "a.csv").data) == [["a =1", "b"]]


@pytest.mark.parametrize(
    ("name", "claimed", "type_"),
    [
        ("a.csv", "", "text/csv"),
        ("a.CSV.", "text/plain", "text/csv"),
        ("a.csv", "application/octet-stream", "text/csv"),
        ("a.xls", "application/vnd.ms-excel", "text/csv"),
        ("", "text/csv", "text/csv"),
        ("a.tsv", "", "text/tab-separated-values"),
        ("a.csv", "application/json", "text/csv"),
        ("a.txt", "", "text/plain"),
    ],
)
def test_name_or_claim_make_a_table(name: str, claimed: str, type_: str) -> None:
    assert rebuilt("x\t=1\n", name, claimed).type == type_


@pytest.mark.parametrize("cell", [cell for cell in FORMULAS if cell != "-1:30"])
def test_the_second_reading_refuses_every_formula(cell: str) -> None:
    with pytest.raises(CannotSanitize):
        verify_table(table_of("x", cell, "y").encode())
    with pytest.raises(CannotSanitize):
        verify_tabs(table_of("x", cell, "y", delimiter="\t").encode())


@pytest.mark.parametrize("cell", WORDS)
def test_the_second_reading_lets_words_pass(cell: str) -> None:
    verify_table(table_of("x", cell, "y").encode())


def rebuilt_or_blocked(text: str, name: str) -> Rebuilt:
    """One in a hundred thousand of these heaps of signs means something else to each reader, and is blocked."""
    try:
        return rebuilt(text, name)
    except CannotSanitize:
        reject()


def test_signs_before_a_tab_are_no_formula() -> None:
    assert rebuilt("@@\t1,", "a.csv").data.decode("utf-8-sig") == '"@@\t1",'


@given(st.text(alphabet="=+-@＝＋－＠ab1,;\t|\"'\n\r 　!(", max_size=40), st.sampled_from(["a.csv", "a.tsv"]))
def test_any_table_is_clean_and_stays_so(text: str, name: str) -> None:
    rebuilt_or_blocked(text, name)


@given(st.text(alphabet="=+-@＝＋－＠ab1,;\t|\"'\n 　!(", max_size=30))
def test_no_word_is_lost(text: str) -> None:
    kept = [letter for letter in rebuilt_or_blocked(text, "a.csv").data.decode("utf-8-sig") if letter in "ab1!("]
    assert kept == [letter for letter in text if letter in "ab1!("]


def test_a_long_cell_is_judged_in_time() -> None:
    for cell in ("-" * 200_000 + "x", "\u3000" * 200_000 + "=1", "-1" * 100_000 + "-x", ";" * 200_000 + "=1"):
        assert begins_formula(cell) or ";" in cell
        rebuilt(f"a,{cell}\n", "a.csv")


def test_a_tab_in_a_quoted_cell_of_a_table_divided_by_tabs_or_by_commas_means_the_same() -> None:
    rows = 'a\tb\n"\t=1+1"\tc\n'
    assert "'=1+1" in rebuilt(rows, "a.csv").data.decode("utf-8-sig")
    rebuilt('sep=x\n"=HYPERLINK(""http://x.test"")"|abc|\n"\t=1+1"\n', "a.csv")
    rebuilt('a\n"\t=1+1"\n', "a.tsv")


@pytest.mark.parametrize("text", ['"\r', '"a\r\rb"\r', 'a,"b\nc\nd"\r\n', ';",＋', '@SUM(A1); ;";-A1\n"+"'])
def test_lines_in_cells_and_signs_in_quotation_marks_stay_what_they_are(text: str) -> None:
    rebuilt(text, "a.csv")


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", " = "])
def test_a_sign_before_a_tab_begins_no_formula_for_a_reader_of_commas(sign: str) -> None:
    row = f"{sign}\tHYPERLINK(A1)\n"
    assert f"'{sign}\t" in rebuilt(row * 3, "a.csv").data.decode("utf-8-sig")
    assert rebuilt(row * 3, "a.tsv").data.decode("utf-8-sig") == row * 3
