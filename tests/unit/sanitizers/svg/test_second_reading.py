"""The second reading of drawings refuses whatever the first might let through."""

import pytest

from sanitizers.model import CannotSanitize
from sanitizers.verify.svg import verify
from tests.unit.sanitizers.svg.drawings import drawing

SURPRISES = [
    "<script/>",
    "<foreignObject/>",
    "<animate/>",
    "<feImage/>",
    "<metadata/>",
    "<x xmlns='urn:x'/>",
    "<p xmlns='http://www.w3.org/1999/xhtml'/>",
    "<!-- x -->",
    "<?x y?>",
    "<text><![CDATA[x]]></text>",
    "<rect onload='x'/>",
    "<rect href='#a'/>",
    "<rect src='x'/>",
    "<rect xml:base='x'/>",
    "<use xlink:href='x.svg#a'/>",
    "<use xlink:href='data:image/png;base64,AAAA'/>",
    "<use xlink:href='https://x.example/'/>",
    "<a xlink:href='javascript:x'/>",
    "<a xlink:href='data:image/png;base64,AAAA'/>",
    "<a xlink:href='ftp://x.example/'/>",
    "<image xlink:href='https://x.example/'/>",
    "<image xlink:href='data:image/svg+xml;base64,AAAA'/>",
    "<image xlink:href='#a'/>",
    "<rect fill='url(x)'/>",
    "<rect fill='url(x.svg#a)'/>",
    "<rect style='fill:URL(\"#a\")'/>",
    r"<rect style='fill:u\72l(#a)'/>",
    "<rect style='width:expression(x)'/>",
    "<style>@import 'x';</style>",
    "<style>a{fill:url(//x)}</style>",
    "<style>a{/*}*/fill:red}</style>",
    "<style><g/></style>",
    "<g>",
]


@pytest.mark.parametrize("surprise", SURPRISES)
def test_surprise(surprise: str) -> None:
    with pytest.raises(CannotSanitize, match="second reading"):
        verify(drawing(surprise))


@pytest.mark.parametrize(
    "whole",
    [
        b"",
        b"<g xmlns='http://www.w3.org/2000/svg'/>",
        b"<svg/>",
        b"<!DOCTYPE svg><svg xmlns='http://www.w3.org/2000/svg'/>",
    ],
)
def test_surprising_document(whole: bytes) -> None:
    with pytest.raises(CannotSanitize, match="second reading"):
        verify(whole)


def test_ours_is_no_surprise() -> None:
    verify(
        drawing(
            "<a xlink:href='mailto:a@example.jp'><rect fill='url(#a)' style='mask:url(#b)'/></a><style>a{c:d}</style>"
        )
    )
