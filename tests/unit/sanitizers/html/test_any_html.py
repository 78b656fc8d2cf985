"""Whatever the page: no other exception than CannotSanitize, no control characters, and no visible word lost."""

import re

from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.formats.html import html_to_text
from sanitizers.formats.text import PlainText
from sanitizers.model import CannotSanitize, File
from sanitizers.rules import Links
from tests.unit.sanitizers.html.reading_html import LoneJob

TAGS = [
    *("a", "b", "blockquote", "body", "br", "button", "caption", "center", "code", "dd", "del"),
    *("details", "dialog", "div", "dl", "dt", "em", "fieldset", "font", "form", "frameset", "h1"),
    *("h3", "head", "hr", "html", "i", "iframe", "img", "input", "ins", "li", "link"),
    *("math", "meta", "noscript", "object", "ol", "optgroup", "option", "p", "plaintext", "pre", "q"),
    *("rp", "rt", "ruby", "s", "script", "select", "small", "span", "strong", "style", "sub"),
    *("sup", "svg", "table", "tbody", "td", "template", "text", "textarea", "th", "thead", "title"),
    *("tr", "ul", "video", "xml", "xmp"),
]
ATTRIBUTES = st.sampled_from(
    [
        *("", " hidden", " style='display:none'", " style='display:inline'", " style='white-space:pre'", " class=x"),
        *(" href='https://www.example.jp/'", " href='javascript:x'", " style='color:#fff'", " colspan=3", " rowspan=2"),
        *(
            " style='font-size:0'",
            " alt='絵'",
            " src='https://e.example/x'",
            " start=5 reversed",
            " border=1",
            " onx=1",
        ),
        *(
            " style='}{;:\"'",
            " type=hidden",
            " width=1 height=1",
            " background=x",
            " style='display:block;margin:20px'",
        ),
    ]
)
PIECES = st.one_of(
    st.builds(lambda tag, rest: f"<{tag}{rest}>", st.sampled_from(TAGS), ATTRIBUTES),
    st.builds(lambda tag: f"</{tag}>", st.sampled_from(TAGS)),
    st.sampled_from(
        ["<!--", "-->", "<![CDATA[", "<", "&amp;", "&#0;", "&nbsp;", "\n", " ", "\x00", "\r\n", "</", "<!"]
    ),
    st.sampled_from(
        ["<style>.x{display:none}", "<style>div .x>p{color:red}", "a{", "}", "@media x{", "url(", "'", '"']
    ),
    st.text(max_size=8),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join), st.sampled_from(Links))
def test_any_page_ends_in_clean_text(page: str, links: Links) -> None:
    try:
        text, findings = html_to_text(page, links)
    except CannotSanitize:
        return
    assert not [character for character in text if ord(character) < 32 and character not in "\n\t"]
    assert all(0 < len(found.detail) <= 500 and len(found.where) <= 200 for found in findings)
    again = PlainText().rebuild(File("", "text/plain; charset=utf-8", "text/plain", text.encode()), LoneJob())
    assert again.findings == ()


WORDS = st.text("abcxyz市民課窓口", min_size=1, max_size=6)
WRAPPERS = ("p", "div", "span", "b", "em", "h1", "h2", "ul", "ol", "li", "blockquote", "table", "tr", "td", "th", "pre")
WRAPPERS += ("section", "font", "center", "dl", "dt", "dd", "code", "a", "small", "u", "address", "noscript", "label")
DOCUMENTS = st.recursive(
    WORDS,
    lambda inner: st.builds(
        lambda tag, parts, joint: f"<{tag}>{joint.join(parts)}</{tag}>",
        st.sampled_from(WRAPPERS),
        st.lists(inner, min_size=1, max_size=4),
        st.sampled_from(["", " ", "\n", "<br>"]),
    ),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None)
@given(DOCUMENTS)
def test_no_visible_word_is_lost_or_torn(page: str) -> None:
    """Beautiful Soup's own parser, which shares nothing with ours, says which characters there are."""
    expected = sorted("".join(BeautifulSoup(page, "html.parser").get_text().split()))
    text, findings = html_to_text(page, Links.KEPT)
    marks = "■●・>|-+.:0123456789"
    kept = sorted(character for character in text if not character.isspace() and character not in marks)
    assert kept == expected
    for word in re.findall(r">([^<\s]+)<", f">{page}<"):
        assert word in text
    assert findings == ()
