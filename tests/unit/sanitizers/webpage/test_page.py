"""Pages as a whole: charsets, the head that is written, links and pictures, forms, text by the rules, limits."""

import base64

import pytest

from sanitizers.job import Role
from sanitizers.model import CannotSanitize, Threat
from sanitizers.rules import HtmlFiles, Links, Profile
from tests.unit.sanitizers.webpage.pages import CLEAN_PICTURE, ParentJob, body_of, rebuilt


def test_the_head_is_ours() -> None:
    page = rebuilt("<html lang=ja><title> 題 &lt;b&gt;\n名 </title><meta name=viewport content=x><p>a").data.decode()
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"
    assert page == (
        '<!DOCTYPE html>\n<html lang="ja"><head><meta charset="utf-8">'
        f'<meta content="{policy}" http-equiv="Content-Security-Policy">'
        "<title>題 &lt;b&gt; 名</title></head><body><p>a</p></body></html>"
    )


@pytest.mark.parametrize("codec", ["shift_jis", "euc-jp", "iso-2022-jp", "utf-8"])
def test_charsets_the_page_names(codec: str) -> None:
    page = f"<html><head><meta charset='{codec}'></head><body>窓口案内です</body></html>".encode(codec)
    assert "窓口案内です" in rebuilt(page).data.decode()


def test_the_charset_of_the_transport_wins() -> None:
    page = "<meta charset=utf-8><p>窓口案内です".encode("euc-jp")
    assert "窓口案内です" in rebuilt(page, claimed_type="text/html; charset=euc-jp").data.decode()


def test_utf_16_with_a_mark() -> None:
    assert "窓口" in rebuilt("<p>窓口".encode("utf-16")).data.decode()


def test_links_by_the_rules() -> None:
    link = "<a href='https://www.example.jp/x'>押す</a>"
    assert body_of(link) == '<a href="https://www.example.jp/x" rel="noopener noreferrer">押す</a>'
    assert body_of(link, Links.DEFANGED) == "<a>押す &lt;hxxps://www[.]example[.]jp/x&gt;</a>"
    assert body_of(link, Links.REMOVED) == "<a>押す</a>"


def test_links_that_deceive_say_where_they_go() -> None:
    kept = body_of("<a href='https://evil.example/'>www.bank.example.jp</a>")
    assert kept == "<a>www.bank.example.jp [表示と異なるリンク先 / actual link: hxxps://evil[.]example/]</a>"


def test_a_mail_link_keeps_only_its_address() -> None:
    assert body_of("<a href='mailto:a@example.jp?subject=x&attach=y'>書く</a>") == (
        '<a href="mailto:a@example.jp" rel="noopener noreferrer">書く</a>'
    )


def test_pictures_go_through_a_child_and_come_back_clean() -> None:
    job = ParentJob()
    dirty = base64.b64encode(b"\x89PNG dirty").decode()
    page = rebuilt(
        f"<img src='data:image/png;base64,{dirty}' width=4 onload=x><img src=' DATA:image/png;base64,{dirty}'>", job
    )
    assert [data for _, data, _ in job.children] == [b"\x89PNG dirty"]
    assert page.data.count(b"data:image/png;base64," + base64.b64encode(CLEAN_PICTURE)) == 2
    assert dirty.encode() not in page.data


def test_drawings_go_on_as_pictures() -> None:
    job = ParentJob()
    kept = rebuilt(
        "<p><svg width=9 viewBox='0 0 9 9'><circle r=4 onclick=x /><use xlink:href='#a'/>&nbsp;</svg></p>", job
    )
    ((claimed, data, role),) = job.children
    assert (claimed, role) == ("image/svg+xml", Role.SHOWN)
    assert b'xmlns="http://www.w3.org/2000/svg"' in data
    assert b'<p><img src="data:image/svg+xml;base64,' in kept.data
    assert b"onclick" not in base64.b64decode(kept.data.partition(b"base64,")[2].partition(b'"')[0])


@pytest.mark.parametrize(
    ("drawing", "xml"),
    [
        ("<svg a=1><g><path d='M'></g>t&lt;&amp;<b/></svg>", '<svg{} a="1"><g><path d="M"></path></g>t&lt;&amp;</svg>'),
        ("<svg><foreignObject>x<br><img alt='a\"b'></foreignObject>y</svg>",
         "<svg{}><foreignObject>x<br></br><img alt='a\"b'></img></foreignObject>y</svg>"),
        ("<svg @click=x v-on:y=1 xmlns:q=z><o:p>a</o:p>b<!-- c --></svg>", "<svg{}>b</svg>"),
        ("<svg/>", "<svg{}></svg>"),
    ],
)  # fmt: skip
def test_drawings_are_handed_on_as_xml(drawing: str, xml: str) -> None:
    job = ParentJob()
    rebuilt(drawing + "<p>behind", job)
    namespaces = ' xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    assert [data.decode() for _, data, _ in job.children] == [xml.format(namespaces)]


def test_a_deep_drawing_is_cut_off() -> None:
    job = ParentJob()
    rebuilt("<svg>" + "<g>" * 1_000 + "x</svg>", job)
    assert job.children[0][1].count(b"<g>") == 199
    assert job.children[0][1].count(b"</g>") == 199


def test_more_pictures_than_anybody_needs_are_left_out() -> None:
    job = ParentJob()
    rebuilt("".join(f"<svg><g id='a{number}'/></svg>" for number in range(400)), job)
    assert len(job.children) == 200


def test_forms_become_what_they_show() -> None:
    kept = body_of(
        "<form>名<input value=山田><input placeholder=例><input type=checkbox checked><input type=radio>"
        "<select><option>一<option selected>二</select><textarea>甲\n乙</textarea>"
        "<button>送る<b>!</b></button><input type=submit value=確認><input type=file></form>"
    )
    assert " ".join(kept.split()) == ("<div>名 山田 例 ☑ ○ 二 甲 <br> 乙 [送る!] [確認] </div>")


@pytest.mark.parametrize(
    ("markup", "kept"),
    [
        ("<p>a<math><p>b", "<p>a</p><p>b</p>"),
        ("<plaintext><b>", "<pre>&lt;b&gt;</pre>"),
        ("<xmp><b></xmp>", "<pre>&lt;b&gt;</pre>"),
        ("<pre>\n\n\na</pre>", "<pre>a</pre>"),
        ("<p>a<table><tr><td>b</table>", "<p>a</p><table><tbody><tr><td>b</td></tr></tbody></table>"),
        ("<a>a<object><a>b</a></object></a>", "<a>ab</a>"),
        ("<p>a<object><div>b</div></object>c", "<p>abc</p>"),
        ("<x-card><b>a</b></x-card>", "<b>a</b>"),
        ("<menu><li>a</menu>", "<ul><li>a</li></ul>"),
        ("a\0b\x0cc\x01", "abc"),
    ],
)
def test_structure(markup: str, kept: str) -> None:
    assert body_of(markup) == kept


def test_a_table_in_a_paragraph_of_an_old_page() -> None:
    page = rebuilt("<p>a<table><tr><td>b</table>c").data
    assert rebuilt(page).data == page


def test_deep_pages_are_flattened() -> None:
    page = rebuilt("<!DOCTYPE html>" + "<div>" * 1_000 + "底")
    assert page.data.count(b"<div>") == 200
    assert "底" in page.data.decode()
    assert Threat.LIMIT_EXCEEDED in {found.threat for found in page.findings}


@pytest.mark.parametrize("bomb", ["<div>" * 3_000, "<p>" * 200_000, "<style>" + "a{color:red}" * 100_000])
def test_bombs_are_refused(bomb: str) -> None:
    with pytest.raises(CannotSanitize) as caught:
        rebuilt(bomb)
    assert caught.value.threat is Threat.LIMIT_EXCEEDED


def test_as_text_by_the_rules() -> None:
    job = ParentJob(Profile(html_files=HtmlFiles.TEXT))
    result = rebuilt("<title>x</title><h1>窓口</h1><script>x</script>", job, "text/html; charset=utf-8")
    assert (result.type, result.data.decode()) == ("text/plain", "■ 窓口\n")
    assert [(claimed, role) for claimed, _, role in job.children] == [("text/html; charset=utf-8", Role.BODY)]


def test_findings_can_be_shown() -> None:
    nasty = "\x07\u202e\n" + "x" * 5_000
    findings = rebuilt(
        f"<!--{nasty}--><img src='https://e/{nasty}'><p style='{nasty}:a' {nasty}=1 data-{nasty}=1>"
    ).findings
    assert findings
    for finding in findings:
        assert len(finding.detail) <= 500
        assert len(finding.where) <= 200
        assert not any(ord(character) < 32 or character == "\u202e" for character in finding.detail)


def test_no_address_is_written_where_nobody_would_see_it() -> None:
    link = '<p style="font-size:0"><a href="https://www.example.jp/x"><img alt="" src="a.png"></a></p><p>x</p>'
    assert "hxxps" not in body_of(link, Links.DEFANGED)


def test_a_font_with_an_odd_name_costs_the_font_and_not_the_page() -> None:
    assert body_of('<p style="font-family:&quot;A&amp;B&quot;;color:red">x</p>') == '<p style="color:red">x</p>'
