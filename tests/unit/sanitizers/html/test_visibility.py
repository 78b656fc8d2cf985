"""Hidden text goes and is reported; text that may be seen stays."""

import pytest

from sanitizers.model import Severity, Threat
from tests.unit.sanitizers.html.reading_html import findings_of, text_of

DOCTYPE = "<!doctype html>"

HIDING = {
    "display": "<p style='display:none'>GONE</p>",
    "display in capitals": "<p STYLE='DISPLAY : NONE'>GONE</p>",
    "display, important": "<style>p{display:block}</style><p style='display:none!important'>GONE</p>",
    "display after a comment": "<p style='/*;*/display:/**/none'>GONE</p>",
    "hidden attribute": "<p hidden>GONE</p>",
    "closed dialog": "<dialog>GONE</dialog>",
    "visibility": "<p style='visibility:hidden'>GONE</p>",
    "opacity": "<p style='opacity:0'>GONE</p>",
    "opacity of several": "<div style='opacity:.2'><p style='opacity:20%'>GONE</p></div>",
    "font size": "<p style='font-size:0'>GONE</p>",
    "font size in points": "<p style='font-size:1.0pt'>GONE</p>",
    "font size of a parent": "<div style='font-size:1px'><p>GONE</p></div>",
    "relative font size": "<div style='font-size:10px'><p style='font-size:.1em'>GONE</p></div>",
    "font shorthand": "<p style='font:0/0 a'>GONE</p>",
    "white on white": "<p style='color:#ffffff'>GONE</p>",
    "nearly white on white": "<p style='color:#fdfdfd'>GONE</p>",
    "white by name": "<p style='color:White'>GONE</p>",
    "white by function": "<p style='color:rgb(255, 255, 255)'>GONE</p>",
    "font element": "<font color=white>GONE</font>",
    "colour of the cell": "<table bgcolor='#336699'><tr><td style='color:#336699'>GONE</td></tr></table>",
    "colour of the row": "<table><tr bgcolor=navy><td><font color='#000080'>GONE</font></td></tr></table>",
    "body text": "<body bgcolor=black text=black>GONE</body>",
    "transparent": "<p style='color:transparent'>GONE</p>",
    "transparent by alpha": "<p style='color:rgba(0,0,0,0)'>GONE</p>",
    "indent": "<p style='text-indent:-9999px'>GONE</p>",
    "position": "<p style='position:absolute;left:-9999px'>GONE</p>",
    "above the page": "<p style='position:absolute;top:-100em'>GONE</p>",
    "clip": "<p style='position:absolute;clip:rect(1px,1px,1px,1px)'>GONE</p>",
    "clip-path": "<p style='clip-path:inset(100%)'>GONE</p>",
    "no height": "<p style='height:0;overflow:hidden'>GONE</p>",
    "no width": "<div style='width:0px;overflow:hidden'>GONE</div>",
    "max-height": "<div style='max-height:0px;overflow:hidden'>GONE</div>",
    "by class": "<style>.x{display:none}</style><p class='a x'>GONE</p>",
    "by id": "<style>#x{display:none}</style><p id=x>GONE</p>",
    "by tag": "<style>em{display:none}</style><em>GONE</em>",
    "by descendant": "<style>.a .b{display:none}</style><div class=a><p><span class=b>GONE</span></p></div>",
    "by child": "<style>.a>.b{display:none}</style><div class=a><span class=b>GONE</span></div>",
    "by attribute": "<style>[data-x='1']{display:none}</style><p data-x=1>GONE</p>",
    "by list of selectors": "<style>h6, p.x , a{display:none}</style><p class=x>GONE</p>",
    "by a style sheet further down": "<p class=x>GONE</p><style>.x{display:none}</style>",
    "for a screen": "<style>@media screen{.x{display:none}}</style><p class=x>GONE</p>",
    "for a wide window": "<style>@media (min-width:600px){.x{display:none}}</style><p class=x>GONE</p>",
    "but for a narrow window": (
        "<style>.x{display:none}@media (max-width:600px){.x{display:block!important}}</style><p class=x>GONE</p>"
    ),
    "more specific": "<style>p.x{display:none}p{display:block}</style><p class=x>GONE</p>",
}


@pytest.mark.parametrize("name", HIDING)
def test_hidden_text_is_gone_and_reported(name: str) -> None:
    page = f"{DOCTYPE}{HIDING[name]}<p style='color:red'>見える文</p>"
    assert text_of(page).splitlines()[-1:] == ["見える文"]
    assert "GONE" not in text_of(page)
    assert [found for found in findings_of(page) if found.threat is Threat.HIDDEN_CONTENT and "GONE" in found.detail]


VISIBLE = {
    "aria-hidden": "<p aria-hidden=true>STAYS</p>",
    "mso-hide": "<a style='mso-hide:all'>STAYS</a>",
    "shown again": "<div style='visibility:hidden'><p style='visibility:visible'>STAYS</p></div>",
    "font size restored": "<div style='font-size:0'><p style='font-size:14px'>STAYS</p></div>",
    "font size restored by an attribute": "<div style='font-size:0'><font size=3>STAYS</font></div>",
    "unknown font size": "<div style='font-size:0'><p style='font-size:calc(1vw + 2px)'>STAYS</p></div>",
    "small print": "<p style='font-size:6px'>STAYS</p>",
    "white on black": "<div style='background:#000'><p style='color:#fff'>STAYS</p></div>",
    "white on a picture": "<div style='background:url(cid:x) #fff'><p style='color:#fff'>STAYS</p></div>",
    "white on a background attribute": "<table background='cid:x'><tr><td><font color=white>STAYS</font></table>",
    "white on a gradient": "<div style='background:linear-gradient(#000,#333)'><p style='color:#fff'>STAYS</p></div>",
    "white on an unknown colour": "<div style='background:var(--x)'><p style='color:#fff'>STAYS</p></div>",
    "white laid over something": "<div style='position:absolute;color:#fff'>STAYS</div>",
    "white with a shadow": "<p style='color:#fff;text-shadow:0 0 2px #000'>STAYS</p>",
    "light grey": "<p style='color:#cccccc'>STAYS</p>",
    "letters cut out of a picture": "<p style='color:transparent;-webkit-background-clip:text'>STAYS</p>",
    "link on a ground of link colour's parent": "<div style='color:#fff'><a href='https://www.example.jp/'>STAYS</a></div>",
    "low but not hidden": "<p style='height:0'>STAYS</p>",
    "narrow cell": "<table><tr><td style='width:1px;overflow:hidden'>STAYS</td></tr></table>",
    "width of a span": "<span style='width:0;overflow:hidden'>STAYS</span>",
    "small indent": "<p style='text-indent:-2em'>STAYS</p>",
    "fades in": "<p style='opacity:0;animation:fade 1s'>STAYS</p>",
    "for print": "<style>@media print{.x{display:none}}</style><p class=x>STAYS</p>",
    "for a narrow window": "<style>@media (max-width:600px){.x{display:none}}</style><p class=x>STAYS</p>",
    "brought back for some": (
        "<style>.x{display:none}@media (prefers-color-scheme:dark){.x{display:block}}</style><p class=x>STAYS</p>"
    ),
    "brought back by a style": "<style>.x{display:none}</style><p class=x style='display:block'>STAYS</p>",
    "brought back by importance": (
        "<style>.x{display:block!important}</style><p class=x style='display:none'>STAYS</p>"
    ),
    "brought back by order": "<style>.x{display:none}.x{display:block}</style><p class=x>STAYS</p>",
    "brought back by a strange selector": (
        "<style>.x{display:none}:is(p, q):not(.y){display:block!important}</style><p class=x>STAYS</p>"
    ),
    "position among siblings": "<style>p:nth-child(2){display:none}</style><p>STAYS</p>",
    "after a sibling": "<style>h1 + p{display:none}</style><p>STAYS</p>",
    "when pointed at": "<style>.x{display:none}.x:hover{display:block}</style><p class=x>STAYS</p>",
    "before the element": "<style>p::before{display:none}</style><p>STAYS</p>",
    "other class": "<style>.xy{display:none}</style><p class=x>STAYS</p>",
    "not a descendant": "<style>.a .b{display:none}</style><p class=a></p><p class=b>STAYS</p>",
    "not a child": "<style>.a>.b{display:none}</style><div class=a><p><i class=b>STAYS</i></p></div>",
    "longhand before shorthand": "<p style='background-color:#000;background:#fff;color:#000'>STAYS</p>",
    "open dialog": "<dialog open>STAYS</dialog>",
    "details": "<details><summary>a</summary>STAYS</details>",
    "broken style": "<p style='display:none;;;color:'>GONE</p><p style='disp lay:none'>STAYS</p>",
}


@pytest.mark.parametrize("name", VISIBLE)
def test_text_that_may_be_seen_stays(name: str) -> None:
    assert "STAYS" in text_of(DOCTYPE + VISIBLE[name])


def test_a_table_without_doctype_has_its_own_font_size() -> None:
    page = "<div style='font-size:0'><table><tr><td>文</td></tr></table></div>"
    assert text_of(page) == "文"
    assert text_of(DOCTYPE + page) == ""


@pytest.mark.parametrize(
    ("hidden", "severity"),
    [
        ("短い前置き", Severity.NOTE),
        ("長" * 201, Severity.WARNING),
        ("<a href='https://www.example.jp/'>隠れたリンク</a>", Severity.WARNING),
        ("https://www.example.jp/ を見る", Severity.WARNING),
    ],
)
def test_long_or_linking_hidden_text_is_a_warning(hidden: str, severity: Severity) -> None:
    (finding,) = findings_of(f"<div style='display:none'>{hidden}</div>見える")
    assert (finding.threat, finding.severity) == (Threat.HIDDEN_CONTENT, severity)


def test_blank_fillers_are_not_hidden_text() -> None:
    assert findings_of("<div style='display:none'>&nbsp;&zwnj;&nbsp;&#847;&shy; </div>見える") == ()
