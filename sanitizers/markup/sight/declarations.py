"""CSS declarations reduced to those that decide whether and how text is seen."""

import re
from functools import lru_cache
from typing import NamedTuple

#: Properties that hide text, bring it back, or change how it flows. Everything else in a style has no effect on text.
INTERESTING = frozenset(
    {
        *("display", "visibility", "opacity", "font-size", "font", "text-indent"),
        *("color", "background", "background-color", "background-image"),
        *("-webkit-text-fill-color", "-webkit-background-clip", "background-clip", "text-shadow", "animation"),
        *("animation-name", "mix-blend-mode", "position", "left", "top", "clip", "clip-path", "transform"),
        *("width", "height", "max-width", "max-height", "overflow", "overflow-x", "overflow-y"),
        *("white-space", "margin", "margin-top", "margin-bottom", "list-style", "list-style-type"),
        *("text-decoration", "text-decoration-line", "border-left"),
    }
)

LONGEST_VALUE = 300  #: characters; a longer one is not worth understanding
UNKNOWN = "?"  #: a value that may or may not apply; it never hides anything

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
# A value ends at a semicolon that is not in a string or in parentheses.
_DECLARATION = re.compile(
    r"(?<![-\w])([-\w]++)\s*+:((?:[^;\"'(]++|\"[^\"]*+\"|'[^']*+'|\([^()]*+\)|[\"'(])*+)",
)
_IMPORTANT = re.compile(r"!\s*+important\s*+\Z", re.IGNORECASE)
REFERENCE = re.compile(r"(?:url|image|src|(?:-webkit-)?image-set)\(\s*+[\"']?+\s*+([^\"')\s]{1,500})", re.IGNORECASE)
SCRIPT = re.compile(
    r"expression\s*\(|behaviou?r\s*:(?!\s*url\(#default#vml\))|-moz-binding\s*:|javascript\s*:", re.IGNORECASE
)

CACHED_CHARACTERS = 1_000  #: a longer style is parsed anew each time, so that the cache stays small

Values = dict[str, str]


class Declarations(NamedTuple):
    """The declarations of one style attribute or one rule. Never changed once made."""

    normal: Values
    important: Values
    references: tuple[str, ...]  #: addresses it would load
    scripted: bool  #: it tries to run a script

    @property
    def matters(self) -> bool:
        """Whether it says anything about how text is seen."""
        return bool(self.normal or self.important)


NO_VALUES: Values = {}  #: never written to
NOTHING = Declarations(NO_VALUES, NO_VALUES, (), scripted=False)

#: A shorthand sets all of its longer properties anew.
_SHORTHANDS = {
    "background": ("background-color", "background-image"),
    "font": ("font-size",),
    "margin": ("margin-top", "margin-bottom"),
    "overflow": ("overflow-x", "overflow-y"),
    "list-style": ("list-style-type",),
    "text-decoration": ("text-decoration-line",),
    "animation": ("animation-name",),
}


def merge(says: Values, newer: Values) -> None:
    """Later declarations over earlier ones."""
    for name, value in newer.items():
        for part in _SHORTHANDS.get(name, ()):
            says.pop(part, None)
        says[name] = value


def declarations(style: str) -> Declarations:
    """Parse a declaration list; what is not understood is left out."""
    return _cached(style) if len(style) <= CACHED_CHARACTERS else _parse(style)


def _parse(style: str) -> Declarations:
    if "/*" in style:
        style = _COMMENT.sub(" ", style)
    normal: Values = {}
    important: Values = {}
    for written_name, written in _DECLARATION.findall(style):
        name = written_name.lower()
        if name not in INTERESTING:
            continue
        value = written.strip().lower() if len(written) <= LONGEST_VALUE else UNKNOWN
        if "!" in value and (mark := _IMPORTANT.search(value)):
            merge(important, {name: value[: mark.start()].rstrip()})
        else:
            merge(normal, {name: value})
    references = tuple(REFERENCE.findall(style)) if "(" in style else ()
    return Declarations(normal, important, references, SCRIPT.search(style) is not None)


_cached = lru_cache(maxsize=512)(_parse)


def uncertain(known: Declarations) -> Declarations:
    """The same properties with values that nobody can rely on: for rules that may or may not apply."""
    return known._replace(
        normal=dict.fromkeys(known.normal, UNKNOWN), important=dict.fromkeys(known.important, UNKNOWN)
    )


_LENGTH = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+))([a-z%]*)")
_PIXELS = {
    "px": 1.0,
    "": 1.0,
    "pt": 4 / 3,
    "pc": 16.0,
    "in": 96.0,
    "cm": 37.8,
    "mm": 3.78,
    "em": 16.0,
    "rem": 16.0,
    "ex": 8.0,
    "ch": 8.0,
}


@lru_cache(maxsize=1024)
def pixels(value: str) -> float | None:
    """A CSS length in pixels; None for a percentage, a keyword or anything else that depends on the page."""
    if (match := _LENGTH.fullmatch(value.strip())) is None:
        return None
    if (unit := _PIXELS.get(match[2])) is None:
        return 0.0 if float(match[1]) == 0 else None
    return float(match[1]) * unit


_FONT_SIZE = re.compile(r"(?:^|\s)((?:\d+\.?\d*|\.\d+)(?:px|pt|em|rem|%)?)(?=\s*/|\s|$)")


@lru_cache(maxsize=1024)
def font_pixels(value: str, inherited: float | None) -> float | None:
    """A font size in pixels, relative ones counted from the inherited size; None when not known."""
    value = value.strip()
    if value == "inherit":
        return inherited
    if value.endswith("%"):
        factor = pixels(value[:-1])
        return None if factor is None or inherited is None else inherited * factor / 100
    if value.endswith("em") and not value.endswith("rem"):
        factor = pixels(value[:-2])
        return None if factor is None or inherited is None else inherited * factor
    return pixels(value)


def size_in_font(shorthand: str) -> str:
    """The font-size inside the `font` shorthand; UNKNOWN when there is none to be seen."""
    sizes = _FONT_SIZE.findall(shorthand)
    return sizes[-1] if len(sizes) == 1 else UNKNOWN
