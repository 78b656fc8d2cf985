"""One test for each construct of a drawing that never goes on: gone from the output, named in the report."""

import pytest

from sanitizers.model import Threat
from tests.unit.sanitizers.svg.drawings import rebuilt, svg_of
from tests.unit.sanitizers.vanishing import ACTIVE, DANGER, EMBEDDED, NOTE, REFERENCE, WARNING, check_gone

XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'

# construct, threat, severity, words of the report
GONE = {
    "script": ("<script>GONE()</script>", ACTIVE, WARNING, "script"),
    "script by address": ("<script href='https://x.example/GONE.js'/>", ACTIVE, WARNING, "GONE.js"),
    "script of another namespace": (f"<g><script {XHTML}>GONE()</script></g>", ACTIVE, WARNING, "script"),
    "handler": ("<handler>GONE()</handler>", ACTIVE, WARNING, "script"),
    "event attribute": ("<rect onclick='GONE()'/>", ACTIVE, WARNING, "onclick"),
    "event attribute, unknown": ("<rect onbogus='GONE()'/>", ACTIVE, WARNING, "onbogus"),
    "event attribute, in capitals": ("<rect ONLOAD='GONE()'/>", ACTIVE, WARNING, "ONLOAD"),
    "foreignObject": ("<foreignObject><p>GONE</p></foreignObject>", EMBEDDED, WARNING, "foreignObject"),
    "script in foreignObject": (
        f"<foreignObject><script {XHTML}>GONE()</script></foreignObject>",
        ACTIVE,
        WARNING,
        "script",
    ),
    "iframe": (f"<iframe {XHTML} src='https://x.example/GONE'/>", EMBEDDED, WARNING, "iframe"),
    "javascript in an iframe": (f"<iframe {XHTML} src='javascript:GONE()'/>", ACTIVE, DANGER, "runs a script"),
    "audio": (f"<audio {XHTML} src='https://x.example/GONE'/>", EMBEDDED, WARNING, "audio"),
    "style sheet of XHTML": (f"<link {XHTML} href='https://x.example/GONE'/>", REFERENCE, WARNING, "style sheet"),
    "animate": ("<rect><animate attributeName='x' values='GONE'/></rect>", ACTIVE, NOTE, "stands still"),
    "animate a link": ("<a><animate attributeName='href' values='javascript:GONE'/></a>", ACTIVE, DANGER, "a link"),
    "animate an old link": ("<a><set attributeName='xlink:href' to='javascript:GONE'/></a>", ACTIVE, DANGER, "a link"),
    "set a handler": ("<rect><set attributeName='onclick' to='GONE()'/></rect>", ACTIVE, DANGER, "a handler"),
    "event of an animation": ("<rect><set attributeName='x' onbegin='GONE()'/></rect>", ACTIVE, WARNING, "onbegin"),
    "animateMotion": ("<rect><animateMotion><mpath href='#GONE'/></animateMotion></rect>", ACTIVE, NOTE, "still"),
    "javascript link": ("<a href='javascript:GONE()'><text>x</text></a>", ACTIVE, DANGER, "javascript"),
    "old javascript link": ("<a xlink:href=' java&#10;script:GONE()'/>", ACTIVE, DANGER, "javascript"),
    "both links": ("<a xlink:href='https://x.example/GONE' href='javascript:GONE()'/>", ACTIVE, DANGER, "javascript"),
    "data link": ("<a href='data:text/html,GONE'/>", ACTIVE, DANGER, "data"),
    "file link": ("<a href='file:///GONE'/>", REFERENCE, DANGER, "file"),
    "use of another file": ("<use href='https://x.example/GONE#a'/>", REFERENCE, WARNING, "out of the drawing"),
    "use of a data URL": ("<use href='data:image/svg+xml,GONE#a'/>", ACTIVE, DANGER, "carries its own content"),
    "remote image": ("<image href='https://x.example/GONE'/>", REFERENCE, WARNING, "out of the drawing"),
    "image of a Windows share": (r"<image href='\\x.example\GONE'/>", REFERENCE, WARNING, "out of the drawing"),
    "image that is a drawing": ("<image href='data:image/svg+xml,GONE'/>", EMBEDDED, NOTE, "picture inside"),
    "event of an image": ("<image href='GONE.png' onerror='GONE()'/>", ACTIVE, WARNING, "onerror"),
    "feImage": ("<filter><feImage href='https://x.example/GONE'/></filter>", REFERENCE, NOTE, "picture in a filter"),
    "gradient of another file": ("<linearGradient href='x.svg#GONE'/>", REFERENCE, WARNING, "out of the drawing"),
    "text on another file's path": ("<text><textPath href='//x.example/GONE'/></text>", REFERENCE, WARNING, "out of"),
    "fill by url": ("<rect fill='url(https://x.example/GONE)'/>", REFERENCE, NOTE, "in a style"),
    "fill by url with a space": ("<rect fill='URL ( //x.example/GONE )'/>", REFERENCE, NOTE, "in a style"),
    "mask by url": ("<rect mask=\"url('x.svg#GONE')\"/>", REFERENCE, NOTE, "in a style"),
    "filter by url": ("<rect style='filter:url(x.svg#GONE)'/>", REFERENCE, NOTE, "in a style"),
    "url with an escape": (r"<rect style='fill:u\72l(x.svg#GONE)'/>", REFERENCE, NOTE, "in a style"),
    "url in a sheet": ("<style>rect{fill:url(//x.example/GONE)}</style>", REFERENCE, NOTE, "in a style"),
    "url split by CDATA": ("<style>rect{fill:ur<![CDATA[l(//x/GONE)]]>}</style>", REFERENCE, NOTE, "in a style"),
    "import": ("<style>@import 'https://x.example/GONE';</style>", REFERENCE, NOTE, "in a style"),
    "font": ("<style>@font-face{font-family:f;src:url(GONE)}</style>", REFERENCE, NOTE, "in a style"),
    "expression": ("<rect style='width:expression(GONE())'/>", ACTIVE, WARNING, "script in a style"),
    "xml:base": ("<g xml:base='https://x.example/GONE'/>", REFERENCE, WARNING, "out of the drawing"),
    "comment": ("<!-- GONE -->", Threat.METADATA, NOTE, "comment"),
    "processing instruction": ("<?php GONE ?>", Threat.METADATA, NOTE, "processing instruction"),
    "metadata": ("<metadata><x>GONE</x></metadata>", Threat.METADATA, NOTE, "drawing program"),
    "another namespace": ("<x xmlns='urn:GONE'>GONE</x>", Threat.METADATA, NOTE, "drawing program"),
    "attribute of a drawing program": ("<g data-GONE='GONE'/>", Threat.METADATA, NOTE, "drawing program"),
    "unknown element": ("<blink>GONE</blink>", Threat.UNSUPPORTED, NOTE, "not drawn here"),
    "unknown attribute": ("<rect formaction='GONE'/>", Threat.UNSUPPORTED, NOTE, "not kept"),
    "text that is not drawn": ("<g>GONE</g>", Threat.HIDDEN_CONTENT, NOTE, "not drawn"),
    "reference of a rectangle": ("<rect href='https://x.example/GONE'/>", REFERENCE, WARNING, "out of the drawing"),
    "zero-width characters": ("<text>a\u200b\u2062b</text><!--GONE-->", Threat.HIDDEN_CONTENT, NOTE, "zero-width"),
    "words of another host": (
        "<a href='https://GONE.example/'><text>https://bank.example.jp</text></a>",
        Threat.DECEPTION,
        DANGER,
        "bank.example.jp",
    ),
}


@pytest.mark.parametrize("name", GONE)
def test_construct_is_gone_and_reported(name: str) -> None:
    construct = GONE[name][0]
    text = check_gone(GONE[name], rebuilt(f"{construct}<text>見える</text>"), "見える")
    assert "\u200b" not in text


@pytest.mark.parametrize(
    "harmless",
    [
        "<rect x='1' y='2' width='3%' height='4em' fill='#fff' stroke='rgb(1, 2, 3)' transform='rotate(45)'/>",
        "<g fill='url(#a)' style='fill:url(#a);mask:url(#b)'><linearGradient id='a'/><mask id='b'/></g>",
        "<style>.a{fill:red}#b > g,rect:first-child{stroke:url(#c) none}</style><g class='a' id='b'/>",
        "<text font-family=\"'ＭＳ ゴシック', sans-serif\">字</text>",
        "<text>onclick javascript: url(x)</text>",
        "<a href='#x'><text>x</text></a><a href='https://www.example.jp/?a=b&amp;c=d'><text>x</text></a>",
        "<a href='mailto:a@example.jp'><text>x</text></a>",
        "<symbol id='s' viewBox='0 0 1 1'><path d='M0,0 L1e-5.5 1z'/></symbol><use href='#s' x='1'/>",
        "<filter id='f'><feGaussianBlur in='SourceGraphic' stdDeviation='2'/></filter><g filter='url(#f)'/>",
        "<title>題</title><desc>説明</desc><switch><g systemLanguage='ja'/></switch>",
        "<path d='M10 80 C 40 10, 65 10, 95 80 S 150 150, 180 80' pointer-events='none'/>",
    ],
)
def test_harmless_things_stay_and_are_not_reported(harmless: str) -> None:
    result = rebuilt(harmless)
    assert result.findings == ()
    again = rebuilt(result.data)
    assert again.data == result.data
    assert again.findings == ()


def test_what_stays_is_written_as_it_was() -> None:
    kept = svg_of(
        "<rect x='1' style='fill:red;stroke:url( \"#a\" )'/><use href='#b'/><style>a > b { fill : RED }</style>"
    )
    assert '<rect x="1" style="fill:red;stroke:url(#a)"/>' in kept
    assert '<use xlink:href="#b"/>' in kept
    assert "<style>a &gt; b{fill:RED}</style>" in kept
