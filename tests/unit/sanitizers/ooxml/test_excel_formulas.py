"""Formulas as tokens, and which of them go on."""

import pytest

from sanitizers.formats.ooxml.excel.formulas import Formulas
from sanitizers.formats.ooxml.excel.functions import HARMLESS, REACHING, RUNNING
from sanitizers.formats.ooxml.excel.tokens import LONGEST, Kind, NoFormula, tokens
from sanitizers.markup.addresses import Hrefs
from sanitizers.model import Threat
from sanitizers.rules import Links


def judge(links: Links = Links.KEPT) -> Formulas:
    return Formulas(Hrefs(links))


@pytest.mark.parametrize(
    ("formula", "kinds"),
    [
        ("A1+$B$2*3.5E-2", "word sign word sign number"),
        ('"a ""b"" |"&\'集計 表\'!A1', "string sign quoted sign word"),
        ("Table1[[#This Row],[a]:[b]]", "word bracket"),
        ("[1]Sheet1!A1", "bracket word sign word"),
        ("cmd|'/c calc'!A0", "word pipe quoted sign word"),
        ("#REF!+#N/A", "error sign error"),
        ("2021年!A1", "word sign word"),
        ("{1,2;3,4}", "sign number sign number sign number sign number sign"),
        ("SUM( A1 )", "word sign blank word blank sign"),
        ("表['[名']]", "word bracket"),
    ],
)
def test_a_formula_falls_into_tokens_without_a_rest(formula: str, kinds: str) -> None:
    found = tokens(formula)
    assert " ".join(token.kind.value for token in found) == kinds
    assert "".join(token.text for token in found) == formula


@pytest.mark.parametrize(
    "formula", ["SUM(A1", "A1)", "{1", "(1}", '"open', "'open", "[open", "A1\x00", "`a`", "1" * (LONGEST + 1)]
)
def test_what_no_grammar_knows_is_no_formula(formula: str) -> None:
    with pytest.raises(NoFormula):
        tokens(formula)


def test_a_bar_inside_text_is_no_dde() -> None:
    assert [token.kind for token in tokens('"a|b"')] == [Kind.STRING]


@pytest.mark.parametrize(
    "formula",
    [
        "SUM(A1:B2)*2",
        "IF(A1=\"\",\"\",VLOOKUP(A1,集計!$A:$C,2,FALSE))",
        "SUM('集計 表'!A1,'4月:3月'!B2,Sheet1:Sheet3!C1)",
        "Table1[[#This Row],[金額]]*1.1",
        "Table1[#All]",
        "SUM(表1[[#Headers],[a]:[b]])",
        "_xlfn._xlws.SORT(_xlfn.UNIQUE(A1:A9))",
        "_xlfn.LET(_xlpm.a,1,_xlpm.a+1)",
        "_xlfn.ANCHORARRAY(A1)",
        "SUM(A1:C3 B2:D4)",
        "A1 (B1:B3)",
        "INDIRECT(A1&\"!B2\")",
        "PHONETIC(A1)&DATESTRING(B1)&YEN(C1)",
        "TEXT(A1,\"ggge年m月d日\")",
        "[0]!名前",
        "SUM({1,2;3,4})",
        "#REF!",
        "1:1",
        "A1#",
        'HYPERLINK("#集計!A1","先頭")',
        'HYPERLINK("#"&A1,"そこへ")',
        'HYPERLINK("#"&A1&"!A1","[一覧] へ")',
        "_xlfn.MAP(A1:A3,_xleta.LEN)",
        "IMAGE*2+RESULT",
        "'WEBSERVICE の表'!A1",
        "Table1[WEBSERVICE]",
        'HYPERLINK("https://example.com/","案内")',
        'HYPERLINK("mailto:a@example.com")',
        'CONCATENATE("WEBSERVICE(","cmd|x")',
    ],
)  # fmt: skip
def test_formulas_of_this_file_go_on_unchanged(formula: str) -> None:
    assert judge().judge(formula).text == formula


DANGEROUS = [
    ('WEBSERVICE("http://example.com")', Threat.EXTERNAL_REFERENCE),
    ('webservice("http://example.com")', Threat.EXTERNAL_REFERENCE),
    ('_xlfn.WEBSERVICE("http://example.com")', Threat.EXTERNAL_REFERENCE),
    ('SUM(1,IF(A1,WEBSERVICE ("http://example.com")))', Threat.EXTERNAL_REFERENCE),
    ('RTD("x",,"y")', Threat.EXTERNAL_REFERENCE),
    ('_xlfn.IMAGE("http://example.com/a.png")', Threat.EXTERNAL_REFERENCE),
    ('_xlfn._xlws.PY(0,1)', Threat.EXTERNAL_REFERENCE),
    ('CALL("Kernel32","WinExec","JCJ","x",0)', Threat.ACTIVE_CONTENT),
    ('REGISTER.ID("a","b")', Threat.ACTIVE_CONTENT),
    ('EXEC("calc")', Threat.ACTIVE_CONTENT),
    ('EVALUATE(A1)', Threat.ACTIVE_CONTENT),
    ('Sheet1!WEBSERVICE("x")', Threat.EXTERNAL_REFERENCE),
    ('Macro(1)', Threat.ACTIVE_CONTENT),
    ('A1(1)', Threat.ACTIVE_CONTENT),
    ('_xll.Addin(1)', Threat.ACTIVE_CONTENT),
    ("cmd|'/c calc'!A0", Threat.ACTIVE_CONTENT),
    ("'cmd|x'!A0", Threat.ACTIVE_CONTENT),
    ('SUM("",cmd|x!y', Threat.ACTIVE_CONTENT),
    ("[1]Sheet1!A1", Threat.EXTERNAL_REFERENCE),
    ("[1]!Name", Threat.EXTERNAL_REFERENCE),
    ("'[1]Sheet 1'!A1", Threat.EXTERNAL_REFERENCE),
    ("SUM(A1,'C:\\x\\[a.xlsx]S'!A1)", Threat.EXTERNAL_REFERENCE),
    ("'\\\\host\\share\\a.xlsx'!A1", Threat.EXTERNAL_REFERENCE),
    ("'http://example.com/a.xlsx'!A1", Threat.EXTERNAL_REFERENCE),
    ("'file:///a.ods'#$Sheet1.A1", Threat.EXTERNAL_REFERENCE),
    ("[Book1.xlsx]Sheet1!A1", Threat.EXTERNAL_REFERENCE),
    ("INDIRECT(\"'[a.xlsx]S'!A1\")", Threat.EXTERNAL_REFERENCE),
    ('HYPERLINK(A1)', Threat.EXTERNAL_REFERENCE),
    ('HYPERLINK("http://example.com/?"&A1)', Threat.EXTERNAL_REFERENCE),
    ('HYPERLINK("file:///c:/x.exe","x")', Threat.EXTERNAL_REFERENCE),
    ('HYPERLINK("#[a.xlsx]S!A1","x")', Threat.EXTERNAL_REFERENCE),
    ('HYPERLINK("#"+A1,"x")', Threat.EXTERNAL_REFERENCE),
    ('HYPERLINK("#"&"[\\\\host\\a.xlsx]S!A1","x")', Threat.EXTERNAL_REFERENCE),
    ('HYPERLINK("#"&A1&"//host","x")', Threat.EXTERNAL_REFERENCE),
    ("HYPERLINK(\"#a\"," * 51 + "1" + ")" * 51, Threat.EXTERNAL_REFERENCE),
    # A function that is not called but handed on.
    ("_xlfn.MAP(A1:A3,_xleta.WEBSERVICE)", Threat.EXTERNAL_REFERENCE),
    ('_xlfn.LET(_xlpm.f,_xleta.WEBSERVICE,_xlpm.f("http://example.com"))', Threat.EXTERNAL_REFERENCE),
    ("_xlfn.LET(_xlpm.f,WEBSERVICE,_xlpm.f(A1))", Threat.EXTERNAL_REFERENCE),
    ('(FILTERXML)(A1,"//a")', Threat.EXTERNAL_REFERENCE),
    ('IF(1,WEBSERVICE,1)("http://example.com")', Threat.EXTERNAL_REFERENCE),
    ("_xlfn.MAP(A1,_xlfn._xleta.IMAGE)", Threat.EXTERNAL_REFERENCE),
    ("_xleta.EXEC", Threat.ACTIVE_CONTENT),
    ("_xleta.Addin", Threat.ACTIVE_CONTENT),
    ("_xlfn.MAP(A1,_xleta.HYPERLINK)", Threat.EXTERNAL_REFERENCE),
    ("_xlfn.MAP(\"'[a.xlsx]S'!A1\",_xleta.INDIRECT)", Threat.EXTERNAL_REFERENCE),
    ("_xlfn.LET(_xlpm.WEBSERVICE,1,_xlpm.WEBSERVICE(A1))", Threat.EXTERNAL_REFERENCE),
    ('WEBSERV"x"ICE("y")', Threat.ACTIVE_CONTENT),
    ('SU"x"M(1)', Threat.ACTIVE_CONTENT),
    ("SUM(A1", Threat.MALFORMED),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "threat"), DANGEROUS)
def test_formulas_that_reach_out_or_run_do_not_go_on(formula: str, threat: Threat) -> None:
    judged = judge().judge(formula)
    assert judged.text is None
    assert judged.harm is not None
    assert judged.harm.threat is threat


def test_a_function_of_a_persons_own_that_does_not_go_on_is_not_called() -> None:
    formulas = judge()
    formulas.learn("OWN")
    assert formulas.judge("OWN(1)").text == "OWN(1)"
    formulas.lose("OWN")
    assert formulas.judge("OWN(1)").text is None


def test_the_worst_of_several_harms_is_told() -> None:
    judged = judge().judge('[1]A!A1+EXEC("x")')
    assert judged.harm is not None
    assert "runs programs" in judged.harm.words


def test_no_function_is_both_harmless_and_harmful() -> None:
    assert not HARMLESS & (REACHING | RUNNING)
    assert "HYPERLINK" not in HARMLESS


@pytest.mark.parametrize("name", sorted(HARMLESS))
def test_every_harmless_function_goes_on_in_any_case(name: str) -> None:
    for formula in (f"{name}(A1)", f"_xlfn.{name.lower()}(A1)"):
        assert judge().judge(formula).text == formula


def test_a_formula_with_a_sheet_or_name_that_has_gone_does_not_go_on() -> None:
    formulas = judge()
    assert formulas.judge("マクロ!A1+税率").text is not None
    formulas.lose("マクロ")
    formulas.lose("税率")
    assert formulas.judge("マクロ!A1").text is None
    assert formulas.judge("'マクロ'!A1").text is None
    assert formulas.judge("税率*2").text is None
    assert formulas.judge("税率表*2").text is not None


def test_a_name_that_is_a_lambda_may_be_called() -> None:
    formulas = judge()
    assert formulas.judge("消費税(A1)").text is None
    other = judge()
    other.learn("消費税")
    assert other.judge("消費税(A1)").text is not None


def test_an_address_in_a_formula_is_judged_by_the_rules_for_links() -> None:
    formula = 'HYPERLINK("https://example.com/","案内")'
    assert judge(Links.DEFANGED).judge(formula).text is None
    assert judge(Links.REMOVED).judge(formula).text is None
    assert (
        judge().judge('HYPERLINK("HTTPS://Example.COM/a","案内")').text == 'HYPERLINK("https://example.com/a","案内")'
    )


@pytest.mark.parametrize("words", ["https://www.city.example.lg.jp/", ""])
def test_words_of_another_host_make_a_link_in_a_formula_go(words: str) -> None:
    literal = '"https://www.city.example.lg.jp/"' if not words else '"案内"'
    judged = judge().judge(f'HYPERLINK("http://evil.example/",{literal})', words)
    assert judged.text is None
    assert any(found.threat is Threat.DECEPTION for found in judged.findings)


def test_the_same_link_is_judged_anew_for_other_words() -> None:
    formulas = judge()
    formula = 'HYPERLINK("http://evil.example/",A1)'
    assert formulas.judge(formula, "案内").text == formula
    assert formulas.judge(formula, "https://www.city.example.lg.jp/").text is None
