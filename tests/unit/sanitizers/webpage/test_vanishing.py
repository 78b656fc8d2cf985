"""One test for each construct of a page that never goes on: gone from the output, named in the report."""

import base64

import pytest

from sanitizers.model import Threat
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
from tests.unit.sanitizers.webpage.pages import rebuilt

LONG = base64.b64encode(b"GONE" * 300).decode()

# construct, threat, severity, words of the report
GONE = {
    "script": ("<script>GONE</script>", ACTIVE, WARNING, "script"),
    "script by address": ("<script src='https://x.example/GONE.js'></script>", ACTIVE, WARNING, "GONE.js"),
    "script that saves a file": ("<script>new Blob([GONE])</script>", ACTIVE, DANGER, "smuggling"),
    "script with much data": (f"<script>x='{LONG}'</script>", ACTIVE, DANGER, "smuggling"),
    "smuggling in a template": (
        "<template><script>URL.createObjectURL(GONE)</script></template>",
        ACTIVE,
        DANGER,
        "smuggling",
    ),
    "smuggling in srcdoc": (
        "<iframe srcdoc='<script>a.download=\"GONE\"</script>'></iframe>",
        ACTIVE,
        DANGER,
        "smuggling",
    ),
    "event attribute": ("<p onclick='GONE()'>STAYS</p>", ACTIVE, WARNING, "onclick"),
    "event of a dropped element": ("<iframe onload='GONE()'></iframe>", ACTIVE, WARNING, "onload"),
    "event of a picture": ("<img onerror='GONE()' alt=STAYS>", ACTIVE, WARNING, "onerror"),
    "event of an unknown element": ("<x-y onbogus='GONE()'>STAYS</x-y>", ACTIVE, WARNING, "onbogus"),
    "javascript link": ("<a href='javascript:GONE()'>STAYS</a>", ACTIVE, DANGER, "javascript"),
    "javascript link in disguise": ("<a href=' java\nscript:GONE()'>STAYS</a>", ACTIVE, DANGER, "javascript"),
    "javascript by entities": ("<a href='&#106;avascript&colon;GONE()'>STAYS</a>", ACTIVE, DANGER, "javascript"),
    "javascript elsewhere": ("<p xlink:href='javascript:GONE()'>STAYS</p>", ACTIVE, DANGER, "runs a script"),
    "data link": ("<a href='data:text/html,GONE' download>STAYS</a>", ACTIVE, DANGER, "data"),
    "blob link": ("<a href='blob:https://x.example/GONE'>STAYS</a>", ACTIVE, DANGER, "blob"),
    "javascript frame": ("<iframe src='javascript:GONE()'></iframe>", ACTIVE, DANGER, "runs a script"),
    "data object": ("<object data='data:text/html,GONE'></object>", ACTIVE, DANGER, "carries its own"),
    "javascript picture": ("<img src='javascript:GONE()'>", ACTIVE, DANGER, "runs a script"),
    "program link": ("<a href='ms-msdt:/id GONE'>STAYS</a>", REFERENCE, DANGER, "ms-msdt"),
    "relative link": ("<a href='GONE.html'>STAYS</a>", REFERENCE, NOTE, "without a host"),
    "form": ("<form action='https://x.example/GONE'>STAYS</form>", ACTIVE, WARNING, "form that sends"),
    "formaction": ("<button formaction='https://x.example/GONE'>STAYS</button>", ACTIVE, WARNING, "form that sends"),
    "password field": ("<input type=password value=GONE>", ACTIVE, DANGER, "password"),
    "hidden field": ("<input type=hidden value=GONE>", HIDDEN, NOTE, "hidden form field"),
    "meta refresh": ("<meta http-equiv=refresh content='0;url=//x.example/GONE'>", ACTIVE, WARNING, "redirection"),
    "meta refresh to a script": (
        "<meta http-equiv=Refresh content='0; URL=javascript:GONE()'>",
        ACTIVE,
        DANGER,
        "runs a script",
    ),
    "description": ("<meta name=author content=GONE>", METADATA, NOTE, "description"),
    "base": ("<base href='https://GONE.example/'>", REFERENCE, NOTE, "base address"),
    "link element": ("<link rel=stylesheet href='https://x.example/GONE'>", REFERENCE, NOTE, "linked resource"),
    "remote image": ("<img src='https://x.example/GONE' alt=STAYS>", REFERENCE, NOTE, "remote image"),
    "image by srcset": ("<img srcset='https://x.example/GONE 2x'>", REFERENCE, NOTE, "remote image"),
    "image of a Windows share": (r"<img src='\\x.example\GONE'>", REFERENCE, NOTE, "remote image"),
    "broken data image": ("<img src='data:image/png;base64,GONE'>", EMBEDDED, NOTE, "cannot go on"),
    "background": ("<table background='https://x.example/GONE'></table>", REFERENCE, NOTE, "background"),
    "url in a style": ("<p style='background:url(//x.example/GONE)'>STAYS</p>", REFERENCE, NOTE, "in a style"),
    "url with an escape": (r"<p style='background:u\72l(//x/GONE)'>STAYS</p>", REFERENCE, NOTE, "in a style"),
    "import": ("<style>@import 'https://x.example/GONE';</style>", REFERENCE, NOTE, "in a style"),
    "font": ("<style>@font-face{font-family:f;src:url(//x/GONE)}</style>", REFERENCE, NOTE, "in a style"),
    "reading out by style": ("<style>a[b^=c]{background:url(//x/GONE)}</style>", REFERENCE, NOTE, "in a style"),
    "content of a style": ("<style>p::before{content:'GONE'}</style>", Threat.UNSUPPORTED, NOTE, "not kept"),
    "expression": ("<p style='width:expression(GONE())'>STAYS</p>", ACTIVE, WARNING, "script in a style"),
    "behavior": ("<style>p{behavior:url(GONE.htc)}</style>", ACTIVE, WARNING, "script in a style"),
    "iframe": ("<iframe src='https://x.example/GONE'>GONE</iframe>", EMBEDDED, WARNING, "embedded page"),
    "object": ("<object data='GONE'>STAYS</object>", EMBEDDED, WARNING, "embedded object"),
    "embed": ("<embed src='GONE'>", EMBEDDED, WARNING, "embedded object"),
    "applet": ("<applet code='GONE'>STAYS</applet>", EMBEDDED, WARNING, "embedded object"),
    "video": ("<video src='GONE' poster='GONE'>GONE</video>", REFERENCE, NOTE, "video or audio"),
    "canvas": ("<canvas>GONE</canvas>", HIDDEN, NOTE, "fallback"),
    "script in a drawing": ("<svg><script>GONE()</script><text>x</text></svg>", EMBEDDED, NOTE, "drawing"),
    "drawing with names that XML does not know": ("<svg><a @x=GONE><o:p>GONE</o:p></svg>", EMBEDDED, NOTE, "drawing"),
    "formula": ("<math><mi href='GONE'>STAYS</mi></math>", EMBEDDED, NOTE, "formula"),
    "comment": ("<!-- GONE -->", METADATA, NOTE, "comment"),
    "conditional comment": ("<!--[if mso]>GONE<![endif]-->", HIDDEN, NOTE, "one program only"),
    "template": ("<template>GONE</template>", HIDDEN, NOTE, "template"),
    "XML island": ("<xml><o:p>GONE</o:p></xml>", METADATA, NOTE, "data for scripts"),
    "data attribute": ("<p data-x='GONE'>STAYS</p>", METADATA, NOTE, "data for scripts"),
    "unknown attribute": ("<p frobnicate='GONE'>STAYS</p>", Threat.UNSUPPORTED, NOTE, "not kept"),
    "ping": ("<a href='https://x.example/' ping='https://y.example/GONE'>STAYS</a>", REFERENCE, WARNING, "reports"),
    "hidden by display": ("<p style='display:none'>GONE</p>", HIDDEN, NOTE, "display"),
    "hidden by a class": ("<style>.h{display:none}</style><p class=h>GONE</p>", HIDDEN, NOTE, "display"),
    "hidden by attribute": ("<p hidden>GONE</p>", HIDDEN, NOTE, "display"),
    "hidden by colour": ("<p style='color:#fff'>GONE</p>", HIDDEN, NOTE, "colour"),
    "hidden by size": ("<p style='font-size:0'>GONE</p>", HIDDEN, NOTE, "font size"),
    "script in hidden": ("<div style='display:none'><script>GONE</script></div>", ACTIVE, WARNING, "script"),
    "words of another host": (
        "<a href='https://evil.example/login'>https://bank.example.jp</a><!--GONE-->",
        Threat.DECEPTION,
        DANGER,
        "bank.example.jp",
    ),
}


@pytest.mark.parametrize("name", GONE)
def test_construct_is_gone_and_reported(name: str) -> None:
    construct = GONE[name][0]
    text = check_gone(GONE[name], rebuilt(f"<!DOCTYPE html>{construct}<p>見える文</p>"), "見える文")
    assert LONG[:40] not in text
    assert ("STAYS" in construct) == ("STAYS" in text)


@pytest.mark.parametrize(
    "harmless",
    [
        "<p class='a' id='b' title='onclick' lang='ja'>a</p>",
        "<p style='color:red;margin:0 auto;font-family:\"ＭＳ ゴシック\",serif;width:calc(1px + 2%)'>a</p>",
        "<style>.a > b, td:first-child { color: red; background: linear-gradient(red, blue) }</style><p>a</p>",
        "<table border='1' cellpadding='2'><tr><td colspan='2' nowrap align='right'>1</td></tr></table>",
        "<a href='https://www.example.jp/?a=b&amp;c=d#e'>a</a><a href='#x'>b</a><a name='x'>c</a>",
        "<a href='mailto:a@example.jp'>a@example.jp</a>",
        "<ul><li>a<ol start='3' type='a'><li value='5'>b</ol></ul><dl><dt>c<dd>d</dl>",
        "<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby><pre>a\n  b</pre><hr><br>",
        "<h1>a &lt;script&gt; &amp;lt; &quot;</h1><details open><summary>b</summary>c</details>",
        "<font color='#333' size='+1' face='ＭＳ 明朝'>a</font><center>b</center>",
        "<noscript><p>a</p></noscript>",
    ],
)
def test_harmless_things_stay_and_are_not_reported(harmless: str) -> None:
    result = rebuilt(f"<!DOCTYPE html><title>題</title><body>{harmless}")
    assert result.findings == ()
    again = rebuilt(result.data)
    assert again.data == result.data
    assert again.findings == ()
