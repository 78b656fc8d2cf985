"""CSS values by a closed grammar: words, numbers, colours, strings and functions that neither load nor run anything."""

import re
from functools import lru_cache
from typing import Final

# Functions of CSS Values 4, Color 4, Transforms 2, Filter Effects 1, Images 3 and Shapes 1 that only compute.
FUNCTIONS: Final = frozenset(
    {
        *("rgb", "rgba", "hsl", "hsla", "hwb", "lab", "lch", "oklab", "oklch", "color", "color-mix"),
        *("calc", "min", "max", "clamp", "var", "rect", "inset", "circle", "ellipse", "polygon"),
        *("matrix", "matrix3d", "translate", "translatex", "translatey", "translate3d", "scale", "scalex", "scaley"),
        *("scale3d", "rotate", "rotatex", "rotatey", "rotatez", "rotate3d", "skew", "skewx", "skewy", "perspective"),
        *("blur", "brightness", "contrast", "drop-shadow", "grayscale", "hue-rotate", "invert", "opacity"),
        *("saturate", "sepia", "linear-gradient", "radial-gradient", "conic-gradient", "repeating-linear-gradient"),
        *("repeating-radial-gradient", "cubic-bezier", "steps", "repeat", "minmax", "fit-content", "counter"),
        "",  # brackets inside calc()
    }
)
LONGEST: Final = 4_000  #: characters of one value

_WORDS: Final = re.compile(r"[\w\s.,%#+*/!-]*")
_BARE: Final = re.compile(r"[\w\s.,%#+*/!()-]*")
_STRING: Final = re.compile(r"\"[\w\s.,%#+*/!:;-]*\"|'[\w\s.,%#+*/!:;-]*'")
_FUNCTION: Final = re.compile(r"([-\w]*)\(")
#: A reference inside the same document: url(#name).
LOCAL: Final = re.compile(r"url\(\s*+(?:#([\w.:-]+)|\"#([\w.:-]+)\"|'#([\w.:-]+)')\s*+\)", re.IGNORECASE)


def safe_value(written: str, *, local: bool = True) -> str | None:
    """The value if the grammar knows it, else None. `local`: references inside the document, url(#name), may stay."""
    return _safe_value(written, local) if len(written) < 200 else _read(written, local)


def _read(written: str, local: bool) -> str | None:
    value = " ".join(written.split())  # to Python, controls such as U+001D are white space
    if len(value) > LONGEST:
        return None
    if _WORDS.fullmatch(value):
        return None if "/*" in value or "*/" in value else value
    bare = LOCAL.sub(" ", value) if local else value
    functions = _FUNCTION.findall(bare)
    if not functions:  # strings are names of fonts: no function needs one
        bare = _STRING.sub(" ", bare)
    if not _BARE.fullmatch(bare) or not _balanced(bare) or "/*" in value or "*/" in value:
        return None
    if not all(name.lower() in FUNCTIONS for name in functions) or ("" in functions and "calc(" not in bare):
        return None
    return LOCAL.sub(_plain_reference, value) if local else value


_safe_value: Final = lru_cache(maxsize=2_048)(_read)


def local_references(value: str) -> list[str]:
    """The names that a value refers to by url(#name)."""
    if "url(" not in value[: LONGEST + 1].lower():
        return []
    return [one or two or three for one, two, three in LOCAL.findall(value)]


def _plain_reference(found: re.Match[str]) -> str:
    return f"url(#{found[1] or found[2] or found[3]})"


def _balanced(value: str) -> bool:
    depth = 0
    for mark in re.findall(r"[()]", value):
        depth += 1 if mark == "(" else -1
        if depth < 0:
            return False
    return depth == 0
