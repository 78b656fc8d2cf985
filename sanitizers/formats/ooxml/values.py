"""Checks of attribute values and text: each gives the value as it may be written, or None."""

import re
from typing import Final

from sanitizers.formats.ooxml.allowed import Check
from sanitizers.formats.ooxml.namespaces import is_strict, transitional

_MOST_DIGITS: Final = 20


def matching(pattern: str) -> Check:
    """The values that a regular expression matches as a whole."""
    fits = re.compile(pattern).fullmatch
    return lambda value: value if fits(value) else None


def one_of(*values: str) -> Check:
    """A closed list of words."""
    known = frozenset(values)
    return lambda value: value if value in known else None


def only(value: str) -> Check:
    """One word."""
    return one_of(value)


def any_text(value: str) -> str | None:
    """Text that a reader sees, of any length: it cannot do anything."""
    return value


def shorter(limit: int) -> Check:
    """Text up to so many characters: names, titles, descriptions."""
    return lambda value: value if len(value) <= limit else value[:limit]


def graphic(value: str) -> str | None:
    """The uri of a:graphicData: which kind of drawing follows; the elements inside are checked one by one."""
    if is_strict(value):
        value = transitional(value)
    return value if value in _GRAPHICS else None


def whole(value: str | None) -> int | None:
    """The number that such a value says; None: it says none, or one beyond every measure (int() refuses those)."""
    said = (value or "").strip()
    return int(said) if said.isdecimal() and len(said) < _MOST_DIGITS else None


#: "1", "0", "true", "false", "on", "off" (ST_OnOff; xsd:boolean).
boolean: Final[Check] = one_of("0", "1", "true", "false", "on", "off", "t", "f")
#: A whole number, with its sign.
integer: Final[Check] = matching(r"\s*[+-]?[0-9]{1,19}\s*")
#: A whole number, none below zero.
natural: Final[Check] = matching(r"\s*[0-9]{1,20}\s*")
#: A decimal number, xsd:double.
number: Final[Check] = matching(
    r"\s*[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[Ee][+-]?[0-9]{1,4})?\s*|NaN|-?INF"
)
#: A length, angle or share: a number, perhaps with a unit (ST_UniversalMeasure, percentages of ISO strict).
measure: Final[Check] = matching(
    r"\s*[+-]?[0-9]{1,19}(?:\.[0-9]{0,19})?(?:mm|cm|in|pt|pc|pi|px|em|ex|%|fd|f)?\s*|auto|nil"
)
#: Hexadecimal digits: colours (RRGGBB, AARRGGBB), identifiers, bit fields.
hexadecimal: Final[Check] = matching(r"[0-9A-Fa-f]{1,40}")
#: A colour as Word writes it: six hexadecimal digits, or "auto".
colour: Final[Check] = matching(r"#?[0-9A-Fa-f]{3,8}|auto")
#: {8-4-4-4-12}.
guid: Final[Check] = matching(r"\{?[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}\}?")
#: A word of a closed list that is not written out here: letters, digits, "-", "_".
token: Final[Check] = matching(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
#: Several tokens or numbers, with blanks between them.
tokens: Final[Check] = matching(r"[A-Za-z0-9_.,:+ -]{0,500}")
#: A language: "ja-JP", "x-none".
language: Final[Check] = matching(r"[A-Za-z0-9_-]{0,40}")
#: xsd:dateTime, date or time.
date: Final[Check] = matching(r"[0-9TtZz:.+-]{1,40}")
#: A name that a person gave: style, bookmark, font, shape.
name: Final[Check] = shorter(255)

_OPENXML: Final = "http://schemas.openxmlformats.org/drawingml/2006"
_MICROSOFT: Final = "http://schemas.microsoft.com/office"
_GRAPHICS: Final = frozenset(
    {
        *(f"{_OPENXML}/{kind}" for kind in ("picture", "chart", "diagram", "table", "lockedCanvas", "chartDrawing")),
        f"{_MICROSOFT}/word/2010/wordprocessingShape",
        f"{_MICROSOFT}/word/2010/wordprocessingGroup",
        f"{_MICROSOFT}/word/2010/wordprocessingCanvas",
        f"{_MICROSOFT}/drawing/2014/chartex",
    }
)
