"""Whatever a page or a drawing is made of: a second reader finds it clean, a second cleaning finds nothing."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.model import CannotSanitize, Rebuilt
from tests.unit.sanitizers.svg import drawings
from tests.unit.sanitizers.webpage import pages

TAG_NAMES = """
    a b p div table tr td pre svg math style title script form input button select option textarea noscript template
    iframe object plaintext xmp img li ul h1 foreignObject desc mtext mglyph annotation-xml
"""
DRAWING_NAMES = "g a use rect style text pattern script image foreignObject animate linearGradient filter"
TAGS = st.sampled_from(TAG_NAMES.split())
ATTRIBUTES = st.sampled_from(
    ["", " onclick=x", ' title="</style><script>x"', " href=javascript:x", " href='https://a.example/'", " style='a:b'",
     ' id="--><b>"', " style='color:red;background:url(x)'", " encoding=text/html", " class='a b'"]
)  # fmt: skip
WORDS = st.sampled_from(
    ["字", "<", "&lt;", "&", "-->", "<!--", "]]>", "<![CDATA[", "\0", "\n", "'", '"', "<!DOCTYPE html>"]
)
PIECES = st.one_of(
    st.builds("<{}{}>".format, TAGS, ATTRIBUTES), st.builds("</{}>".format, TAGS), WORDS, st.text(max_size=5)
)
MARKUP = st.lists(PIECES, max_size=30).map("".join)

NAMES = st.sampled_from(DRAWING_NAMES.split())
VALUES = st.sampled_from(
    ["", " id='a'", " id='b'", " href='#a'", " fill='url(#b)'", " xlink:href='#b'", " onload='x'", " class='c'",
     " style='mask:url(#a)'", " href='https://a.example/'", " d='M0 0'", " fill='url(x)'"]
)  # fmt: skip


def _element(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    inside = st.lists(children, max_size=4).map("".join)
    return st.builds(lambda name, value, inner: f"<{name}{value}>{inner}</{name}>", NAMES, VALUES, inside)


DRAWINGS = st.recursive(st.sampled_from(["字", ".c{fill:url(#a)}", "<!-- x -->", ""]), _element, max_leaves=20)


def drawn(inside: str | bytes) -> Rebuilt | None:
    try:
        return drawings.rebuilt(inside)
    except CannotSanitize as refusal:
        if "second reading" in refusal.detail:
            raise
        return None


@settings(max_examples=150, deadline=None)
@given(MARKUP)
def test_any_page(markup: str) -> None:
    once = pages.rebuilt(markup.encode("utf-8", "replace"))
    again = pages.rebuilt(once.data)
    assert again.findings == ()


@settings(max_examples=100, deadline=None)
@given(DRAWINGS)
def test_any_drawing(inside: str) -> None:
    once = drawn(inside)
    if once is not None:
        again = drawings.rebuilt(once.data)
        assert again.data == once.data
        assert again.findings == ()


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    pages.rebuilt(data)
    drawn(data)
