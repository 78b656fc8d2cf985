"""What never goes on: scripts, embedded things, automatic loading. It is counted, or not even looked into."""

import re
from functools import partial

from sanitizers.formats.html import census
from sanitizers.formats.html.inlines import is_remote, is_scripted
from sanitizers.formats.html.reading import Attributes, Element, Leave, Reading
from sanitizers.markup.census import Kind
from sanitizers.markup.sight.declarations import Declarations

#: Elements left out with all that is inside them. None: routine, not worth a finding.
DROPPED: dict[str, Kind | None] = {
    "script": census.SCRIPT,
    "iframe": census.FRAME,
    "frame": census.FRAME,
    "portal": census.FRAME,
    "fencedframe": census.FRAME,
    "embed": census.PLUGIN,
    "style": None,  # all style blocks are read before the walk
    "template": census.TEMPLATE,
    "noframes": census.NOT_SHOWN,
    "noembed": census.NOT_SHOWN,
    "datalist": census.NOT_SHOWN,
    "xml": census.XML_ISLAND,
    "source": census.MEDIA,
    "track": census.MEDIA,
    "bgsound": census.MEDIA,
    "title": None,  # a mail program shows the subject instead
    "rp": None,  # parentheses for programs that cannot draw a reading; we write our own
    "param": None,
    "annotation": None,  # the source of a formula, beside the formula
    "annotation-xml": None,
    "desc": None,  # of a drawing
    "metadata": None,
    "defs": None,
}
#: Elements that do not go on but whose inside a mail program would show instead.
UNWRAPPED: dict[str, Kind] = {
    "object": census.PLUGIN,
    "applet": census.PLUGIN,
    "video": census.MEDIA,
    "audio": census.MEDIA,
}
# Content between the marks; "<!--[if !mso]><!-->" has none, what follows it is shown.
_CONDITIONAL = re.compile(r"\s*\[if\b[^\]]{0,200}\]>\s*(?!<!-*\Z)\S", re.IGNORECASE)
_MARK_ONLY = re.compile(r"\s*(?:\[if\b[^\]]{0,200}\]>\s*(?:<!-*)?|<!\[endif\]|\[CDATA\[)\s*\Z", re.IGNORECASE)
_EXAMPLE_CHARACTERS = 200
_REFRESH_TARGET = re.compile(r"url\s*=\s*[\"']?([^\"']*)", re.IGNORECASE)


def drop(reading: Reading, tag: str, attributes: Attributes) -> None:
    """Count an element that is left out."""
    kind = DROPPED[tag]
    if kind is not None:
        reading.census.met(kind, _address(attributes))


def _address(attributes: Attributes) -> str:
    return attributes.get("src") or attributes.get("data") or attributes.get("href") or ""


def unwrap(reading: Reading, element: Element) -> Leave | None:
    """Count an element whose inside is read in its place."""
    reading.census.met(UNWRAPPED[element.tag], _address(element.attributes))
    if poster := element.value("poster"):
        reading.census.met(census.REMOTE_IMAGE, poster)
    reading.page.space()
    return reading.page.space


def comment(reading: Reading, content: str) -> None:
    """A comment, or what only one mail program would read."""
    if _CONDITIONAL.match(content):
        reading.census.met(census.CONDITIONAL_COMMENT)
    elif not _MARK_ONLY.match(content):
        reading.census.met(census.COMMENT, content[:_EXAMPLE_CHARACTERS])


def style_block(reading: Reading, css: str, attributes: Attributes) -> None:
    """A style block: its rules tell what is hidden, its addresses are only counted."""
    reading.census.met(census.STYLE_SHEET)
    before = len(reading.sheet.references)
    media = attributes.get("media") or ""
    reading.sheet.add(f"@media {media}{{{css}}}" if media else css)
    for address in reading.sheet.references[before:]:
        _style_reference(reading, address)
    if reading.sheet.scripted:
        reading.census.met(census.STYLE_SCRIPT)


def style_attribute(reading: Reading, says: Declarations) -> None:
    """What an inline style would load or run."""
    for address in says.references:
        _style_reference(reading, address)
    if says.scripted:
        reading.census.met(census.STYLE_SCRIPT)


def _style_reference(reading: Reading, address: str) -> None:
    if not address.startswith("#"):
        reading.census.met(census.STYLE_REFERENCE, address)


def attributes(reading: Reading, found: Attributes) -> None:
    """Event attributes and background images, on whatever element they stand."""
    for name in found:
        if name[:2] == "on" and len(name) > 2:
            reading.census.met(census.EVENT_ATTRIBUTE, name)
    if background := found.get("background"):
        reading.census.met(census.BACKGROUND, background)


def meta(reading: Reading, element: Element) -> Leave | None:
    """meta: only the redirection matters."""
    if element.value("http-equiv").strip().lower() == "refresh":
        target = _REFRESH_TARGET.search(element.value("content"))
        reading.census.met(census.META_REFRESH, target[1] if target else "")
    return None


def base(reading: Reading, element: Element) -> Leave | None:
    """base: counted, and used to say where relative links really lead."""
    address = element.value("href").strip()
    if address:
        reading.census.met(census.BASE, address)
        if not reading.base and is_remote(address) and not is_scripted(address):
            reading.base = address
    return None


def linked(reading: Reading, element: Element) -> Leave | None:
    """Something loaded beside the page (link)."""
    reading.census.met(census.LINKED_RESOURCE, element.value("href"))
    return None


def drawing(reading: Reading, element: Element) -> Leave | None:  # noqa: ARG001
    """svg: only the words written in it are read."""
    reading.census.met(census.VECTOR_IMAGE)
    return _muted(reading, muted=True)


def drawn_words(reading: Reading, element: Element) -> Leave | None:  # noqa: ARG001
    """Words (text, foreignObject) inside a drawing."""
    if not reading.muted:
        return None
    leave = _muted(reading, muted=False)
    reading.page.space()
    return leave


def drawing_link(reading: Reading, element: Element) -> Leave | None:
    """Elements of a drawing that load something."""
    address = element.value("href") or element.value("xlink:href")
    if address and not address.startswith("#"):
        reading.census.met(census.REMOTE_IMAGE if is_remote(address) else census.INLINE_IMAGE, address)
    return None


def formula(reading: Reading, element: Element) -> Leave | None:  # noqa: ARG001
    """math: its characters in their order."""
    reading.census.met(census.FORMULA)
    return None


def _muted(reading: Reading, *, muted: bool) -> Leave:
    before, reading.muted = reading.muted, muted
    return partial(_unmute, reading, before)


def _unmute(reading: Reading, before: bool) -> None:
    reading.page.space()
    reading.muted = before
