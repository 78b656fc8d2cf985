"""Attributes of one element: those that the tables know, with values by a closed grammar; the rest is counted."""

import re
from typing import Final

from sanitizers.formats.webpage import kinds, names
from sanitizers.links import strip_deceptive_controls
from sanitizers.links.targets import harm_of, read_target
from sanitizers.markup import styles
from sanitizers.markup.census import Census
from sanitizers.model import Threat

Attributes = dict[str, str | None]

_PLAIN: Final = re.compile(r"[\w\s.,%#+:()-]{0,300}")
_NAME: Final = re.compile(r"(?:[^\W\d]|-)[\w.:-]{0,199}")
_CLASS: Final = re.compile(r"(?:[^\W\d]|-)[\w-]{0,99}")
_ADDRESSES: Final = frozenset({"href", "src", "data", "content"})  # whoever reads the element looks at these
_LONGEST_WORDS: Final = 2_000  #: characters of a title or an alternative text


def kept(attributes: Attributes, census: Census) -> dict[str, str]:
    """The attributes that any element may keep."""
    found: dict[str, str] = {}
    for name, value in attributes.items():
        value_kept = _value(name, value or "", census)
        if value_kept is not None:
            found[name] = value_kept
    return found


def _value(name: str, written: str, census: Census) -> str | None:
    """What one attribute keeps; None when it goes."""
    if name == "style":
        return styles.written(styles.declarations(written, names.PROPERTIES, census)) or None
    if name == "class":
        return " ".join([one for one in written.split() if _CLASS.fullmatch(one)]) or None
    if name in names.PLAIN:
        return written if _PLAIN.fullmatch(written) else None
    if name == "id":
        return written if _NAME.fullmatch(written) else None
    if name in names.SHOWN:
        shown, findings = strip_deceptive_controls(written[:_LONGEST_WORDS])
        census.add(findings)
        return shown
    _count_one(name, written, census)
    return None


def count(attributes: Attributes, census: Census) -> None:
    """What the attributes of an element that does not stay would have done."""
    for name, value in attributes.items():
        if name == "style":
            styles.declarations(value or "", names.PROPERTIES, census)
        else:
            _harmful(name, value or "", census)


def _count_one(name: str, value: str, census: Census) -> None:
    if _harmful(name, value, census) or name in names.IDLE or name == "href" or name.startswith("aria-"):
        return
    census.met(kinds.DATA if name.startswith("data-") else kinds.ATTRIBUTE, name)


def _harmful(name: str, value: str, census: Census) -> bool:
    if name[:2] == "on" and len(name) > 2:
        census.met(kinds.EVENT, name)
    elif name == "background" and value:
        census.met(kinds.BACKGROUND, value)
    elif name == "ping":
        census.met(kinds.PING, value)
    elif name == "formaction":
        census.met(kinds.FORM, value)
    elif name not in _ADDRESSES and runs(value):
        census.met(kinds.SCRIPT_ADDRESS, value)
    else:
        return False
    return True


def runs(address: str) -> bool:
    """Whether an address would run a script or carries its own content."""
    return ":" in address[:60] and harm_of(read_target(address[:200]).scheme)[0] is Threat.ACTIVE_CONTENT
