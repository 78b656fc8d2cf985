"""Style attributes and sheets: what the grammar keeps, what it leaves, and that it takes no time to say no."""

import pytest

from sanitizers.markup.census import Census
from sanitizers.markup.styles import Sheet, declarations, keys, written
from sanitizers.markup.values import local_references, safe_value
from sanitizers.model import CannotSanitize

PROPERTIES = frozenset({"color", "fill", "font-family", "width"})


@pytest.mark.parametrize(
    "value",
    [
        "red", "#fff", "1px solid", "rgb(1, 2, 3)", "calc(1px + (2% * 3))", "url(#a)", "'ＭＳ ゴシック', serif",
        '"a b", c', "red !important", "1.5e3", "-1px", "linear-gradient(to right, red 0%, rgba(0,0,0,.5))", "",
    ],
)  # fmt: skip
def test_values_that_stay(value: str) -> None:
    assert safe_value(value) == value


@pytest.mark.parametrize(
    "value",
    [
        "url(x)", "url('x')", "url(//x)", "URL(x)", "u\\72l(x)", "url( x#a)", "url(#a b)", "image(x)", "src(x)",
        "image-set('x' 1x)", "expression(x)", "attr(href)", "javascript:x", "a;b", "a{b}", "a<b", "a>b", "a&b", "@a",
        "a/*b*/", "(a)", "rgb(1", "rgb)1(", "'a", "rgb('x')", "url(#a)url(x)", "\0", "a\\", "'url(x)'", "x" * 5_000,
        "element(#a)", "paint(x)", "-moz-element(#a)", "cross-fade(x)", "env(x)",
    ],
)  # fmt: skip
def test_values_that_go(value: str) -> None:
    assert safe_value(value) is None


def test_local_references_are_written_in_one_way() -> None:
    assert safe_value("URL( \"#a\" ) url('#b') url(#c)") == "url(#a) url(#b) url(#c)"
    assert local_references("url(#a) none, url('#b')") == ["a", "b"]
    assert safe_value("url(#a)", local=False) is None


@pytest.mark.parametrize(
    ("style", "kept"),
    [
        ("color:red;COLOR : blue ; fill:url(#a)", "color:blue;fill:url(#a)"),
        ("color:red;behavior:url(x);width:1px", "color:red;width:1px"),
        ("font-family:'a;b';color:red", "font-family:'a;b';color:red"),
        ("/* color:red */fill:red/**/", "fill:red"),
        ("color:{red};fill:red", "fill:red"),
        ("color:url(data:a;b);fill:red", "fill:red"),
        ("color:red;;;{}color:;}fill:red", "color:red"),
        ("col\\6fr:red", ""),
        ("", ""),
    ],
)
def test_declarations(style: str, kept: str) -> None:
    assert written(declarations(style, PROPERTIES, Census("x"))) == kept


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        ("a{color:red}b{nonsense:x}", "a{color:red}"),
        ("a , .b > #c d + e ~ f{color:red}", "a,.b > #c d + e ~ f{color:red}"),
        ("td:nth-child(2n+1),a:hover,[lang=ja]{color:red}", "td:nth-child(2n+1),a:hover,[lang=ja]{color:red}"),
        ("a::before,b:has(c),d{color:red}", "d{color:red}"),
        ("@import 'x';a{color:red}", "a{color:red}"),
        ("@media print{a{color:red}}b{color:red}", "b{color:red}"),
        ("@media screen{a{color:red}}b{color:red}", "a{color:red}\nb{color:red}"),
        ("@font-face{src:url(x)}@keyframes a{from{color:red}}b{color:red}", "b{color:red}"),
        ("<!-- a{color:red} -->", "a{color:red}"),
        ("</style><script>{color:red}a{color:red}", "a{color:red}"),
        ("a{color:red", "a{color:red}"),
        ("a{b{color:red}}c{color:red}", "c{color:red}"),
        ("}a{color:red}", "a{color:red}"),
    ],
)
def test_sheets(css: str, kept: str) -> None:
    sheet = Sheet(PROPERTIES, Census("x"))
    sheet.add(css)
    assert sheet.written() == kept


def test_a_sheet_that_is_too_long_is_refused() -> None:
    with pytest.raises(CannotSanitize):
        Sheet(PROPERTIES, Census("x")).add(" " * 1_000_001)


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "css",
    [
        "a > b > c > d > e > f > g > h > i > j > k !," * 20_000 + "{color:red}",
        "@media screen{" * 60_000,
        "a{" + "b:(" * 300_000,
        "a{b:\"'" * 100_000,
        "{" * 900_000,
        "a{" + "color:" * 150_000,
        "/*" * 400_000,
        "a{color:" + "rgb(" * 200_000,
        "[a=" * 200_000 + "{color:red}",
    ],
)
def test_nothing_makes_it_slow(css: str) -> None:
    sheet = Sheet(PROPERTIES, Census("x"))
    sheet.add(css)
    assert len(sheet.rules) <= 1


def test_what_a_selector_asks_of_the_element_itself() -> None:
    assert keys("a > .b.c#d:hover") == (".b", ".c", "#d")
    assert keys("td[lang=ja]") == ("td",)
    assert keys(":hover") == ("*",)


@pytest.mark.parametrize("space", ["\x0b", "\x1c", "\x1d", "\x1f", "\x85", "\u2028", "\t\n"])
def test_white_space_in_a_value_is_a_blank(space: str) -> None:
    assert safe_value(f'"MS{space}Gothic",{space}serif') == '"MS Gothic", serif'
