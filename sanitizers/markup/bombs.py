"""Refuses HTML whose tree would grow too deep or too large before the parser, quadratic in both, sees it."""

import re

from sanitizers.model import CannotSanitize, Threat

MAX_CHARACTERS = 20_000_000  #: of decoded HTML
MAX_TAGS = 100_000  #: opening tags; with the text between them about 200,000 nodes
MAX_DEPTH = 2_000  #: open elements at once; HTML written by people and mailers stays below 100
MAX_ATTRIBUTES = 500  #: in one tag; the parser looks for doubles by comparing each with each
MAX_REOPENED = 2_000_000  #: formatting elements that the parser would open again, over the whole document

SMALL_CHARACTERS = 100_000  #: below both of these even the worst document costs well under a second
SMALL_TAGS = 3_000

# Comments, then tags with their attributes as the HTML standard reads them (13.2.5.32 onwards): a quote opens a value
# only after "=". Possessive, so that a failing match costs linear time.
_TOKEN = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"
    r"|<(?P<end>/?)(?P<name>[a-zA-Z][^\s/>]*+)"
    r"(?P<rest>(?:[\s/]++|[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"'][^\s>]*+)?+)?+)*+)>?",
    re.DOTALL,
)
_OPENING_END_TAG = re.compile(r"</(?:br|p)(?=[\s/>])", re.IGNORECASE)  # with nothing to close, it makes an element
_ATTRIBUTE = re.compile(r"[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"'][^\s>]*+)?+)?+")
_FEWEST_CHARACTERS = 2 * MAX_ATTRIBUTES  #: a shorter tag cannot hold too many attributes

_VOID = frozenset(
    {"area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "link", "meta"}
    | {"param", "source", "track", "wbr"}
)
_FORMATTING = frozenset(
    {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"}
)
_ITEMS = frozenset({"p", "li"})
_TERMS = frozenset({"p", "dd", "dt"})
_CELLS = frozenset({"p", "td", "th"})
_ROWS = _CELLS | {"tr"}
_SECTIONS = _ROWS | {"thead", "tbody", "tfoot"}
#: Elements that end where another begins, when no end tag is written (HTML 13.1.2.4, optional tags).
_ENDED_BY: dict[str, frozenset[str]] = {
    "li": _ITEMS,
    **dict.fromkeys(("dd", "dt"), _TERMS),
    **dict.fromkeys(("td", "th"), _CELLS),
    "tr": _ROWS,
    **dict.fromkeys(("thead", "tbody", "tfoot"), _SECTIONS),
    "a": frozenset({"a"}),
    "option": frozenset({"option"}),
    "optgroup": frozenset({"option", "optgroup"}),
    **dict.fromkeys(("rt", "rp"), frozenset({"rt", "rp"})),
    **dict.fromkeys(("p", "div", "ul", "ol", "dl", "table", "blockquote", "pre", "form", "center"), frozenset({"p"})),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "hr"), frozenset({"p"})),
}
#: An end tag does not reach an element outside of these (HTML 13.2.4.2, "has an element in scope").
_BARRIERS = frozenset(
    {"table", "td", "th", "caption", "object", "applet", "marquee", "template", "select", "svg", "math"}
    | {"foreignobject"}
)
_NEAR = 64  #: how many unclosed elements an end tag may jump over


def refuse_bombs(html: str) -> None:
    """Raise CannotSanitize(LIMIT_EXCEEDED) for a document that would be too expensive to parse."""
    if len(html) > MAX_CHARACTERS:
        raise _exceeded(f"more than {MAX_CHARACTERS} characters of HTML")
    tags = html.count("<") - html.count("</")
    if html.count("</") > MAX_TAGS:
        tags += max(0, sum(1 for _ in _OPENING_END_TAG.finditer(html)) - html.lower().count("<p"))
    if tags > MAX_TAGS:
        raise _exceeded(f"more than {MAX_TAGS} HTML elements")
    if len(html) < SMALL_CHARACTERS and tags < SMALL_TAGS:
        return
    outline = _Outline()
    for match in _TOKEN.finditer(html):
        name = match["name"]
        if name is None:
            continue
        if match["end"]:
            outline.close(name.lower())
        else:
            _refuse_many_attributes(match["rest"])
            outline.open(name.lower(), match["rest"])


def _refuse_many_attributes(written: str) -> None:
    if len(written) < _FEWEST_CHARACTERS:
        return
    for count, _ in enumerate(_ATTRIBUTE.finditer(written), start=1):
        if count > MAX_ATTRIBUTES:
            raise _exceeded(f"more than {MAX_ATTRIBUTES} attributes in one HTML tag")


def _exceeded(detail: str) -> CannotSanitize:
    return CannotSanitize(Threat.LIMIT_EXCEEDED, detail)


class _Outline:
    """A rough count of what the parser would hold open; where it cannot know, it counts too much, not too little."""

    def __init__(self) -> None:
        self._stack: list[str] = []
        self._formatting: dict[str, list[str]] = {}
        self._open_formatting = 0
        self._reopened = 0

    def open(self, name: str, attributes: str) -> None:
        if name in _VOID:
            return
        stack = self._stack
        if name in _FORMATTING:
            self._open_formatting_element(name, attributes)
        else:
            self._reopened += self._open_formatting
            if self._reopened > MAX_REOPENED:
                raise _exceeded("HTML with too many unclosed formatting elements")
        ended = _ENDED_BY.get(name)
        while ended and stack and stack[-1] in ended:
            stack.pop()
        stack.append(name)
        if len(stack) > MAX_DEPTH:
            raise _exceeded(f"more than {MAX_DEPTH} HTML elements inside each other")

    def _open_formatting_element(self, name: str, attributes: str) -> None:
        # HTML 13.2.4.3: at most three with the same name and attributes are kept ("Noah's Ark clause").
        kept = self._formatting.setdefault(name, [])
        if name == "a" and kept:
            return  # it ends the link before it
        if kept[-3:].count(attributes) < 3:
            kept.append(attributes)
            self._open_formatting += 1

    def close(self, name: str) -> None:
        kept = self._formatting.get(name)
        if kept:
            kept.pop()
            self._open_formatting -= 1
        stack = self._stack
        for steps in range(1, min(len(stack), _NEAR) + 1):
            if stack[-steps] == name:
                del stack[-steps:]
                return
            if stack[-steps] in _BARRIERS:
                return
