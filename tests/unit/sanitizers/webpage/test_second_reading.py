"""The second reading of pages refuses whatever the first might let through."""

import pytest

from sanitizers.model import CannotSanitize
from sanitizers.verify.webpage import verify
from tests.unit.sanitizers.webpage.pages import rebuilt

OURS = rebuilt("<!DOCTYPE html><title>t</title><p>HERE</p>").data.decode()

SURPRISES = [
    "<script>x</script>",
    "<svg></svg>",
    "<math></math>",
    "<template></template>",
    "<noscript></noscript>",
    "<iframe></iframe>",
    "<object></object>",
    "<form></form>",
    "<input>",
    "<textarea></textarea>",
    "<link>",
    "<base>",
    '<meta http-equiv="refresh">',
    "<plaintext>",
    "<x-y></x-y>",
    "<!-- x -->",
    "<![CDATA[x]]>",
    "<?x?>",
    "</ p>",
    "a < b",
    '<p onclick="x"></p>',
    "<p title=x></p>",
    "<p title='x'></p>",
    '<p title="<"></p>',
    '<P title="x"></P>',
    '<p\ntitle="x"></p>',
    '<p srcdoc="x"></p>',
    '<a href="javascript:x">x</a>',
    '<a href="data:text/html,x">x</a>',
    '<a href="//x.example/">x</a>',
    '<a href="x.html">x</a>',
    '<p href="https://x.example/"></p>',
    '<img src="https://x.example/">',
    '<img src="data:text/html;base64,AAAA">',
    '<p src="data:image/png;base64,AAAA"></p>',
    '<p style="background:url(x)"></p>',
    '<p style="width:expression(x)"></p>',
    '<p style="x:\\75rl(x)"></p>',
    "<style>@import 'x'</style>",
    "<style>a{b:url(//x)}</style>",
    "\0",
]


@pytest.mark.parametrize("surprise", SURPRISES)
def test_surprise(surprise: str) -> None:
    with pytest.raises(CannotSanitize, match="second reading"):
        verify(OURS.replace("HERE", surprise).encode())


@pytest.mark.parametrize(
    "whole",
    [
        b"",
        b"<p>x</p>",
        OURS.replace("default-src 'none'", "default-src *").encode(),
        OURS.replace("<title>", '<meta name="x"><title>').encode(),
        OURS.replace('charset="utf-8"', 'charset="utf-7"').encode(),
        b"\xef\xbb\xbf" + OURS.encode(),
        OURS.encode("utf-16"),
        OURS.replace("HERE", "字").encode("cp932"),
    ],
)
def test_surprising_document(whole: bytes) -> None:
    with pytest.raises(CannotSanitize, match="second reading"):
        verify(whole)


def test_ours_is_no_surprise() -> None:
    verify(OURS.encode())
    kept = '<a href="mailto:a@example.jp" rel="x">x</a><img src="data:image/png;base64,AAAA" style="float:left">'
    verify(OURS.replace("HERE", kept).encode())
