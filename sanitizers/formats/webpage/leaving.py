"""Elements that do not go on, with all that is in them: what they would have done is counted."""

import re
from collections.abc import Callable
from typing import Final

from selectolax.lexbor import LexborNode

from sanitizers.formats.webpage import kinds
from sanitizers.formats.webpage.attributes import Attributes, runs
from sanitizers.formats.webpage.scripts import met_script
from sanitizers.markup.census import Census, Kind

_CONDITIONAL: Final = re.compile(r"\s*\[if\b[^\]]{0,200}\]>\s*(?!<!-*\Z)\S", re.IGNORECASE)
_MARK_ONLY: Final = re.compile(r"\s*(?:\[if\b[^\]]{0,200}\]>\s*(?:<!-*)?|<!\[endif\]|\[CDATA\[)\s*\Z", re.IGNORECASE)
_REFRESH_TARGET: Final = re.compile(r"url\s*=\s*[\"']?([^\"']*)", re.IGNORECASE)
#: Descriptions that nobody need be told about: they say how to draw the page.
_IDLE_META: Final = frozenset({"viewport", "theme-color", "color-scheme", "format-detection", "referrer", "robots"})
_IDLE_EQUIV: Final = frozenset({"content-type", "x-ua-compatible", "content-security-policy", "content-language"})


def _address(attributes: Attributes) -> str:
    return attributes.get("src") or attributes.get("data") or attributes.get("href") or ""


def _counted(kind: Kind) -> Callable[[LexborNode, Attributes, Census], None]:
    def leave(node: LexborNode, attributes: Attributes, census: Census) -> None:  # noqa: ARG001
        address = _address(attributes)
        if runs(address):
            census.met(kinds.SCRIPT_ADDRESS, address)
        census.met(kind, address)

    return leave


def _script(node: LexborNode, attributes: Attributes, census: Census) -> None:
    met_script(node.text(deep=True) or "", attributes.get("src") or "", census)


def _frame(node: LexborNode, attributes: Attributes, census: Census) -> None:
    inner = attributes.get("srcdoc") or ""
    if "<script" in inner.lower():
        met_script(inner, "", census)
    _counted(kinds.FRAME)(node, attributes, census)


def _meta(node: LexborNode, attributes: Attributes, census: Census) -> None:  # noqa: ARG001
    equivalent = (attributes.get("http-equiv") or "").strip().lower()
    content = attributes.get("content") or ""
    if equivalent == "refresh":
        target = _REFRESH_TARGET.search(content)
        if target and runs(target[1].strip()):
            census.met(kinds.SCRIPT_ADDRESS, target[1])
        census.met(kinds.REFRESH, target[1] if target else "")
        return
    name = (attributes.get("name") or attributes.get("property") or attributes.get("itemprop") or "").strip().lower()
    if (name and name not in _IDLE_META) or (equivalent and equivalent not in _IDLE_EQUIV):
        census.met(kinds.METADATA, f"{name or equivalent}: {content}")


def _template(node: LexborNode, attributes: Attributes, census: Census) -> None:  # noqa: ARG001
    census.met(kinds.TEMPLATE)
    inner = node.html or ""
    if "<script" in inner.lower():
        met_script(inner, "", census)


def _silently(node: LexborNode, attributes: Attributes, census: Census) -> None:
    """Not worth a word."""


LEAVING: Final[dict[str, Callable[[LexborNode, Attributes, Census], None]]] = {
    "script": _script,
    **dict.fromkeys(("iframe", "frame", "portal", "fencedframe"), _frame),
    **dict.fromkeys(("embed", "bgsound"), _counted(kinds.PLUGIN)),
    **dict.fromkeys(("video", "audio", "source", "track"), _counted(kinds.MEDIA)),
    **dict.fromkeys(("noframes", "noembed", "datalist", "canvas"), _counted(kinds.NOT_SHOWN)),
    "template": _template,
    "meta": _meta,
    "base": _counted(kinds.BASE),
    "link": _counted(kinds.LINKED),
    "xml": _counted(kinds.DATA),
    "title": _silently,  # read before
    "style": _silently,  # read before
    "param": _silently,
    "map": _silently,
    **dict.fromkeys(("annotation", "annotation-xml"), _silently),
}


def comment(content: str, census: Census) -> None:
    """A comment, or what only one program would read."""
    if _CONDITIONAL.match(content):
        census.met(kinds.CONDITIONAL)
    elif not _MARK_ONLY.match(content):
        census.met(kinds.COMMENT, content[:200])
