"""One test for each construct that never goes on: gone from the text, named in the report."""

import pytest

from sanitizers.model import Action
from tests.unit.sanitizers.html.reading_html import findings_of, rebuilt, text_of
from tests.unit.sanitizers.vanishing import (
    ACTIVE,
    DANGER,
    EMBEDDED,
    HIDDEN,
    METADATA,
    NOTE,
    REFERENCE,
    WARNING,
    check_gone,
)

# construct, threat, severity, words of the report
GONE = {
    "script": ("<script>GONE</script>", ACTIVE, WARNING, "script"),
    "script in a head": ("<head><script src='https://x.example/GONE.js'></script></head>", ACTIVE, WARNING, "script"),
    "event attribute": ("<p onclick='GONE()'></p>", ACTIVE, WARNING, "onclick"),
    "event attribute of a dropped element": ("<iframe onload='GONE()'></iframe>", ACTIVE, WARNING, "onload"),
    "javascript link": ("<a href='javascript:GONE()'>STAYS</a>", ACTIVE, DANGER, "runs a script"),
    "javascript link in disguise": ("<a href=' java\nscript:GONE()'>STAYS</a>", ACTIVE, DANGER, "runs a script"),
    "javascript link by entities": ("<a href='&#106;avascript&colon;GONE()'>x</a>", ACTIVE, DANGER, "runs a script"),
    "vbscript link": ("<a href='VBScript:GONE'>x</a>", ACTIVE, DANGER, "runs a script"),
    "data link": ("<a href='data:text/html,GONE'>x</a>", ACTIVE, DANGER, "carries its own content"),
    "form": ("<form action='https://x.example/GONE'>STAYS</form>", ACTIVE, WARNING, "form that sends"),
    "formaction": ("<button formaction='https://x.example/GONE'>STAYS</button>", ACTIVE, WARNING, "form that sends"),
    "password field": ("<input type=password value=GONE>", ACTIVE, DANGER, "password"),
    "hidden field": ("<input type=hidden name=n value=GONE>", HIDDEN, NOTE, "hidden form field"),
    "meta refresh": (
        "<meta http-equiv=refresh content='0;url=https://x.example/GONE'>",
        ACTIVE,
        WARNING,
        "redirection",
    ),
    "iframe": ("<iframe src='https://x.example/GONE'>GONE</iframe>", EMBEDDED, WARNING, "embedded page"),
    "iframe srcdoc": ("<iframe srcdoc='<p>GONE</p>'></iframe>", EMBEDDED, WARNING, "embedded page"),
    "frameset": ("<frameset><frame src='GONE'></frameset>", EMBEDDED, WARNING, "embedded page"),
    "portal": ("<portal src='https://x.example/GONE'></portal>", EMBEDDED, WARNING, "embedded page"),
    "object": ("<object data='GONE'>STAYS</object>", EMBEDDED, WARNING, "embedded object"),
    "embed": ("<embed src='GONE'>", EMBEDDED, WARNING, "embedded object"),
    "applet": ("<applet code='GONE'>STAYS</applet>", EMBEDDED, WARNING, "embedded object"),
    "base": ("<base href='https://GONE.example/'>", REFERENCE, NOTE, "base address"),
    "link element": ("<link rel=stylesheet href='https://x.example/GONE'>", REFERENCE, NOTE, "linked resource"),
    "remote image": ("<img src='https://x.example/GONE'>", REFERENCE, NOTE, "remote image"),
    "image of a Windows share": (r"<img src='\\x.example\GONE'>", REFERENCE, NOTE, "remote image"),
    "image by srcset": ("<img srcset='https://x.example/GONE 2x'>", REFERENCE, NOTE, "remote image"),
    "tracking pixel": ("<img src='//x.example/GONE' width=1 height=1>", REFERENCE, WARNING, "tracking pixel"),
    "pixel by style": (
        "<img src='https://x.example/GONE' style='width:1px;height:1px'>",
        REFERENCE,
        WARNING,
        "tracking pixel",
    ),
    "hidden image": ("<img src='https://x.example/GONE' style='display:none'>", REFERENCE, WARNING, "tracking pixel"),
    "image in the mail": ("<img src='cid:GONE'>", EMBEDDED, NOTE, "image of the mail"),
    "image in the page": ("<img src='data:image/png;base64,GONE'>", EMBEDDED, NOTE, "image inside the page"),
    "background attribute": ("<table background='https://x.example/GONE'></table>", REFERENCE, NOTE, "background"),
    "url in a style": ("<p style='background:url(https://x.example/GONE)'></p>", REFERENCE, NOTE, "in a style"),
    "import": ("<style>@import 'https://x.example/GONE';</style>", REFERENCE, NOTE, "in a style"),
    "font": (
        "<style>@font-face{font-family:f;src:url(https://x.example/GONE)}</style>",
        REFERENCE,
        NOTE,
        "in a style",
    ),
    "style sheet": ("<style>.GONE{color:red}</style>", METADATA, NOTE, "style sheet"),
    "expression": ("<p style='width:expression(GONE())'></p>", ACTIVE, WARNING, "script in a style"),
    "behavior": ("<style>p{behavior:url(GONE.htc)}</style>", ACTIVE, WARNING, "script in a style"),
    "video": ("<video src='GONE' poster='https://x.example/GONE'>STAYS</video>", REFERENCE, NOTE, "video or audio"),
    "audio source": ("<audio><source src='GONE'></audio>", REFERENCE, NOTE, "video or audio"),
    "track": ("<video><track src='GONE'></video>", REFERENCE, NOTE, "video or audio"),
    "svg": ("<svg><desc>GONE</desc><g>GONE</g></svg>", EMBEDDED, NOTE, "drawing"),
    "image in an svg": ("<svg><image href='https://x.example/GONE'/></svg>", REFERENCE, NOTE, "remote image"),
    "math": ("<math><mi>STAYS</mi><annotation>GONE</annotation></math>", EMBEDDED, NOTE, "formula"),
    "comment": ("<!-- GONE -->", METADATA, NOTE, "comment"),
    "conditional comment": ("<!--[if mso]>GONE<![endif]-->", HIDDEN, NOTE, "one mail program only"),
    "template": ("<template>GONE</template>", HIDDEN, NOTE, "template"),
    "noembed": ("<noembed>GONE</noembed>", HIDDEN, NOTE, "fallback"),
    "XML island": ("<xml><o:p>GONE</o:p></xml>", METADATA, NOTE, "XML data island"),
    "CDATA": ("<![CDATA[GONE]]>", METADATA, NOTE, "comment"),
    "ping": ("<a href='https://x.example/' ping='https://y.example/GONE'>STAYS</a>", REFERENCE, WARNING, "reports"),
    "click through": ("<area href='javascript:GONE()' alt='x'>", ACTIVE, DANGER, "runs a script"),
}


@pytest.mark.parametrize("name", GONE)
def test_construct_is_gone_and_reported(name: str) -> None:
    construct = GONE[name][0]
    result = rebuilt(f"{construct}<p>見える文</p>")
    stays = "" if "frameset" in name else "見える文"  # a page of frames has no text of its own
    text = check_gone(GONE[name], result, stays)
    assert ("STAYS" in construct) == ("STAYS" in text)


@pytest.mark.parametrize(
    "harmless",
    [
        "<p style='color:red;margin:0'>a</p>",
        "<a name=x>a</a>",
        "<a href='#x'>a</a>",
        "<p title='onclick' class='url(x)'>a</p>",
        "<!--[if !mso]><!-->a<!--<![endif]-->",
        "<p>javascript: a</p>",
        "<a href='https://www.example.jp/?next=javascript:a'>a</a>",
    ],
)
def test_harmless_things_are_not_reported(harmless: str) -> None:
    assert findings_of(harmless) == ()


def test_outlook_vml_behavior_is_no_script() -> None:
    details = [found.detail for found in findings_of(r"<style>v\:* {behavior:url(#default#VML);}</style>a")]
    assert details == ["1 × style sheet"]


def test_a_thousand_of_a_kind_are_one_finding_with_examples() -> None:
    images = "".join(f"<img src='https://img.example.jp/{number}.png'>" for number in range(1000))
    (finding,) = findings_of(images)
    assert finding.detail.startswith("1000 × remote image: https://img.example.jp/0.png; ")
    assert "2.png" in finding.detail
    assert "3.png" not in finding.detail
    assert finding.action is Action.REMOVED


def test_many_links_to_nowhere_make_few_findings() -> None:
    assert len(findings_of("<a href='ftp://ftp.example.jp/x'>x</a>" * 500)) < 5


def test_findings_can_be_shown() -> None:
    nasty = "\x07\u202e\n" + "x" * 5_000
    for finding in findings_of(
        f"<!--{nasty}--><img src='https://e.example/{nasty}'><p style='display:none'>{nasty}</p>"
    ):
        assert len(finding.detail) <= 500
        assert len(finding.where) <= 200
        assert not any(ord(character) < 32 or character == "\u202e" for character in finding.detail)


def test_literal_markup_stays_literal() -> None:
    assert text_of("<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>") == "<script>alert(1)</script>"


def test_noscript_is_what_a_reader_without_scripts_sees() -> None:
    assert text_of("<noscript>見える</noscript><script>見えない</script>") == "見える"
