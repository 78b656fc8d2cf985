"""Form fields as what they show: the words in them, a ticked or empty box, the name of a button."""

from typing import Final

from selectolax.lexbor import LexborNode

from sanitizers.formats.webpage import kinds
from sanitizers.markup.census import Census

Attributes = dict[str, str | None]

_TICKS: Final = {"checkbox": ("☐", "☑"), "radio": ("○", "◉")}
_BUTTONS: Final = {"submit": "送信 / submit", "reset": "取消 / reset", "button": ""}
FIELDS: Final = frozenset({"input", "button", "select", "textarea", "keygen"})
_MOST_OPTIONS: Final = 2_000  #: of one list of choices that are looked through


def shown(tag: str, node: LexborNode, attributes: Attributes, census: Census) -> str:
    """The words that stand in place of a field; "" when it showed nothing."""
    if tag == "input":
        return _input(attributes, census)
    census.met(kinds.FIELD, tag)
    if tag == "button":
        return f"[{_words(node)}]"
    if tag == "textarea":
        return (node.text(deep=True) or "").strip("\n")
    return _chosen(node) if tag == "select" else ""


def _input(attributes: Attributes, census: Census) -> str:
    kind = (attributes.get("type") or "text").strip().lower()
    if kind == "hidden":
        census.met(kinds.HIDDEN_FIELD, attributes.get("name") or "")
        return ""
    census.met(kinds.PASSWORD if kind == "password" else kinds.FIELD, kind)
    if kind == "password":
        return ""
    if kind in _TICKS:
        return _TICKS[kind]["checked" in attributes]
    if kind in _BUTTONS:
        return f"[{attributes.get('value') or _BUTTONS[kind]}]"
    if kind == "image":
        return f"[{attributes.get('alt') or _BUTTONS['submit']}]"
    return attributes.get("value") or attributes.get("placeholder") or ""


def _words(node: LexborNode) -> str:
    return " ".join((node.text(deep=True) or "").split())


def _chosen(node: LexborNode) -> str:
    options = node.css("option")[:_MOST_OPTIONS]
    chosen = [option for option in options if "selected" in option.attributes]
    if not chosen and "multiple" not in node.attributes:
        chosen = options[:1]
    return ", ".join(_words(option) for option in chosen)
