"""The second reading of a page that Kiyome wrote: bytes of our own grammar, and every element as lexbor sees it.

The sanitizer's page was built and written by Beautiful Soup.
"""

import re
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from sanitizers.model import CannotSanitize, Threat

# Said here once more on purpose: a slip in the sanitizer's tables must not pass because both read the same ones.
_ELEMENT_TABLE: Final = """
    a abbr address article aside b bdi bdo big blockquote body br caption center cite code col colgroup dd del details
    dfn div dl dt em fieldset figcaption figure font footer h1 h2 h3 h4 h5 h6 head header hgroup hr html i img ins kbd
    label legend li main mark meta nav nobr ol p pre q rb rp rt rtc ruby s samp section small span strike strong style
    sub summary sup table tbody td tfoot th thead time title tr tt u ul var wbr
"""
_ATTRIBUTE_TABLE: Final = """
    abbr align alink alt bgcolor border cellpadding cellspacing char charoff class clear color colspan compact datetime
    dir face frame headers height href hspace id lang leftmargin link marginheight marginwidth noshade nowrap open rel
    reversed rowspan rules scope size span src start style summary text title topmargin type valign value vlink vspace
    width
"""
_ELEMENTS: Final = frozenset(_ELEMENT_TABLE.split())
_ATTRIBUTES: Final = frozenset(_ATTRIBUTE_TABLE.split())
_METAS: Final = (
    {"charset": "utf-8"},
    {
        "http-equiv": "Content-Security-Policy",
        "content": "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'",
    },
)
_BEGINNING: Final = re.compile(
    rb'<!DOCTYPE html>\n<html(?: lang="[A-Za-z0-9-]{1,40}")?><head><meta charset="utf-8"><meta '
)
# Every tag in the one form that all parsers read alike: quoted values without angle brackets, no comment, no CDATA.
_GRAMMAR: Final = re.compile(
    r"<!DOCTYPE html>\n(?:<(?:/[a-z][a-z0-9]*+|[a-z][a-z0-9]*+(?: [a-z][a-z-]*+=\"[^\"<>]*+\")*+)>[^<]*+)*+"
)
_HREF: Final = re.compile(r"#[\w.:-]+|https?://[!#-;=?-\[\]_a-z~…]+|mailto:[^\s@<>\"]+@[^\s@<>\"]+")
_SRC: Final = re.compile(r"data:image/(?:png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/]+={0,2}")
_LOADS_OR_RUNS: Final = re.compile(
    r"[\\<&@\x00-\x08\x0b\x0c\x0e-\x1f]|\b(?:src|image|image-set|expression|attr|element)\s*\(|\burl\s*\((?!#)|/\*"
    r"|script\s*:|behaviou?r\s*:|-moz-binding",
    re.IGNORECASE,
)
_TEXT: Final = 2  # node ids of lexbor


class _Surprise(Exception):
    """The bytes are not what our writer writes."""


def verify(clean: bytes) -> None:
    """Raise CannotSanitize unless the page is of the kind that our writer makes."""
    try:
        _check_bytes(clean, clean.decode("utf-8"))
        _check_tree(clean)
    except UnicodeDecodeError as error:
        raise CannotSanitize(Threat.MALFORMED, "the second reading found: not UTF-8") from error
    except _Surprise as surprise:
        raise CannotSanitize(Threat.MALFORMED, f"the second reading found: {surprise}") from surprise


def _check_bytes(clean: bytes, text: str) -> None:
    if not _BEGINNING.match(clean) or not _GRAMMAR.fullmatch(text) or "\0" in text:
        raise _Surprise("markup that is not ours")


def _check_tree(clean: bytes) -> None:
    root = LexborHTMLParser(clean).root
    if root is None:
        raise _Surprise("nothing")
    metas: list[dict[str, str | None]] = []
    node: LexborNode | None = root
    depth = 0
    while node is not None:
        if node.tag_id != _TEXT:
            _check_element(node, metas)
        following = node.first_child
        if following is not None:
            depth += 1
        while following is None and depth:
            following = node.next
            if following is None:
                node, depth = node.parent or node, depth - 1
        node = following
    if tuple(metas) != _METAS:
        raise _Surprise("a head that is not ours")


def _check_element(node: LexborNode, metas: list[dict[str, str | None]]) -> None:
    tag = node.tag or ""
    if tag not in _ELEMENTS:
        raise _Surprise(f"element {tag[:40]}")
    if tag == "meta":
        metas.append(node.attributes)
        return
    for name, value in node.attributes.items():
        if name not in _ATTRIBUTES:
            raise _Surprise(f"attribute {name[:40]}")
        _check_value(tag, name, value or "")
    if tag == "style" and _LOADS_OR_RUNS.search(node.text(deep=True) or ""):
        raise _Surprise("a style sheet that could load or run something")


def _check_value(tag: str, name: str, value: str) -> None:
    if name == "href" and (tag != "a" or not _HREF.fullmatch(value)):
        raise _Surprise("a link to where none may go")
    if name == "src" and (tag != "img" or not _SRC.fullmatch(value)):
        raise _Surprise("a picture from elsewhere")
    if name == "style" and _LOADS_OR_RUNS.search(value):
        raise _Surprise("a style that could load or run something")
