"""The body as a whole: its charset, what the profile says about links, and how lines and tables come out."""

import pytest

from sanitizers.formats.html.tables import width
from sanitizers.markup.sight.selectors import selectors
from sanitizers.markup.sight.stylesheet import Applies, media
from sanitizers.model import Severity, Threat
from sanitizers.rules import Links
from tests.unit.sanitizers.html.reading_html import findings_of, rebuilt, text_of

MUNICIPAL = "例示市役所からのお知らせです。窓口の受付時間が変わります。"


def test_result_is_text() -> None:
    result = rebuilt("<p>文<p>text")
    assert (result.type, result.data) == ("text/plain", "文\n\ntext\n".encode())


def test_nothing_visible_is_an_empty_text() -> None:
    assert rebuilt("<title>題</title><script>x</script>").data == b""
    assert rebuilt(b"").data == b""


@pytest.mark.parametrize("charset", ["iso-2022-jp", "shift_jis", "euc-jp", "utf-8"])
@pytest.mark.parametrize(
    "meta",
    [
        "<meta charset='{}'>",
        '<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset={}">',
        '<?xml version="1.0" encoding="{}"?>',
    ],
)
def test_page_names_its_charset(charset: str, meta: str) -> None:
    data = f"{meta.format(charset)}<p>{MUNICIPAL}</p>".encode(charset)
    assert text_of(data) == MUNICIPAL


def test_claimed_charset_counts_more_than_the_page() -> None:
    data = f"<meta charset=utf-8><p>{MUNICIPAL}</p>".encode("euc-jp")
    assert text_of(data, 'text/html; charset="EUC-JP"') == MUNICIPAL


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        (Links.KEPT, "案内 <https://www.example.jp/a> 住所 https://www.example.jp/b"),
        (Links.DEFANGED, "案内 <hxxps://www[.]example[.]jp/a> 住所 hxxps://www[.]example[.]jp/b"),
        (Links.REMOVED, "案内 住所 [リンク削除 / link removed]"),
    ],
)
def test_profile_decides_about_links(links: Links, expected: str) -> None:
    page = "<a href='https://www.example.jp/a'>案内</a> 住所 https://www.example.jp/<i>b</i>"
    assert text_of(page, links=links) == expected


def test_link_that_names_another_host_says_both() -> None:
    page = "<a href='https://evil.example.com/x'>www.example.jp</a>"
    assert "evil[.]example[.]com" in text_of(page)
    assert "www.example.jp" in text_of(page)
    assert Threat.DECEPTION in {finding.threat for finding in findings_of(page)}


def test_link_that_names_another_host_over_several_lines_says_both() -> None:
    page = "<a href='https://evil.example.com/x'><div>ログイン</div><div>https://www.example.jp/</div></a>"
    assert "evil[.]example[.]com" in text_of(page)
    assert (Threat.DECEPTION, Severity.DANGER) in {(found.threat, found.severity) for found in findings_of(page)}


def test_link_around_a_block_picture_stays_beside_it() -> None:
    page = "<a href='https://www.example.jp/'><img alt='表紙' src='cid:x' style='display:block'></a>"
    assert text_of(page) == "[画像: 表紙] <https://www.example.jp/>"


def test_relative_link_leads_where_the_base_says() -> None:
    page = "<base href='https://www.example.jp/dir/'><a href='page.html'>頁</a>"
    assert text_of(page) == "頁 <https://www.example.jp/dir/page.html>"


def test_directions_and_invisible_characters_are_taken_out() -> None:
    assert text_of("<p>a\u202egpj.exe\u200b&#8203;</p>") == "agpj.exe"


def test_a_file_in_the_text_cannot_be_taken_out_of_it() -> None:
    page = "<pre>begin 644 x.exe\n#86)C\n`\nend\n</pre>"
    assert text_of(page).startswith(" begin 644 x.exe")
    assert Threat.EMBEDDED_OBJECT in {finding.threat for finding in findings_of(page)}


def test_many_blank_lines_do_not_push_text_away() -> None:
    assert text_of("a" + "<br>" * 100 + "b") == "a\n\n\nb"


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>a</p><p>&nbsp;</p><p>b</p>", "a\n\nb"),
        ("<div>a</div><div><br></div><div>b</div>", "a\n\nb"),
        ("<p style='margin:0'>a</p><p style='margin:0'>b</p>", "a\nb"),
        ("<p style='margin:0 0 1em'>a</p><p style='margin:0 0 1em'>b</p>", "a\n\nb"),
        ("<span style='display:block'>a</span><span style='display:block'>b</span>", "a\nb"),
        ("<span style='display:inline-block'>a</span><span style='display:inline-block'>b</span>", "a b"),
        ("<div style='display:inline'>a</div><div style='display:inline'>b</div>", "ab"),
        ("東京<b>都</b>\n庁舎", "東京都庁舎"),
        ("東京 <b>都</b>", "東京 都"),
        ("日本語<br>\n次", "日本語\n次"),
        ("a <b> b </b> c", "a b c"),
        ("<p>　字下げ</p>", "　字下げ"),
        ("a<!-- x -->b<wbr>c&shy;d", "abcd"),
    ],
)
def test_white_space_as_a_browser_shows_it(page: str, text: str) -> None:
    assert text_of(page) == text


@pytest.mark.parametrize(
    ("text", "columns"), [("abc", 3), ("漢字", 4), ("ｶﾅ", 2), ("①※", 4), ("か\u3099", 2), ("😀", 2), ("한글", 4)]
)
def test_width_in_a_japanese_font(text: str, columns: int) -> None:
    assert width(text) == columns


def test_columns_line_up_in_a_monospaced_font() -> None:
    table = "<table border=1><tr><th>番号<th>名称<tr><td>1<td>例示市<tr><td>100<td>ﾃｽﾄ町</table>"
    places = {width(line[: line.index("|")]) for line in text_of(table).splitlines() if "|" in line}
    assert places == {5}


def test_layout_table_does_not_become_columns() -> None:
    page = "<table role=presentation><tr><td><p>左の段落</p><p>二つ目</p></td><td><p>右の段落</p></td></tr></table>"
    assert "|" not in text_of(page)
    assert text_of(page).split() == ["左の段落", "二つ目", "右の段落"]


def test_table_with_one_cell_in_use_per_row_is_no_table() -> None:
    assert text_of("<table border=1><tr><td>一<td><tr><td><td>二</table>") == "一\n二"


def test_heading_of_a_table_without_room_stands_before_each_value() -> None:
    long = "長い説明が続きます。" * 6
    page = f"<table><tr><th>項目<th>説明<tr><td>甲<td>{long}<tr><td>乙<td>{long}</table>"
    assert text_of(page) == f"項目: 甲\n説明: {long}\n\n項目: 乙\n説明: {long}"


@pytest.mark.parametrize(
    ("condition", "applies"),
    [
        ("@media screen", Applies.YES),
        ("@media all and (min-width: 30em)", Applies.YES),
        ("@media only screen and (max-width: 600px)", Applies.NO),
        ("@media print", Applies.NO),
        ("@media print, screen", Applies.YES),
        ("@media not print", Applies.MAYBE),
        ("@media (prefers-color-scheme: dark)", Applies.MAYBE),
        ("@supports (display: grid)", Applies.MAYBE),
    ],
)
def test_which_conditions_hold_at_a_desk(condition: str, applies: Applies) -> None:
    assert media(condition) is applies


@pytest.mark.parametrize(
    ("written", "guess"),
    [("td.a#b > p", False), ("a[href^='https']", False), ("a:hover", True), ("h1 + p", True), ("p:is(.a)", True)],
)
def test_selectors_that_cannot_be_decided_are_guesses(written: str, guess: bool) -> None:
    assert [selector.guess for selector in selectors(written)] == [guess]
