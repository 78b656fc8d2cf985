"""CSS colours as numbers, to tell whether text stands out from what is behind it."""

import re
from functools import lru_cache
from math import isnan

Rgb = tuple[int, int, int]

NEAR = 16  #: largest difference in any of red, green and blue (0-255) that a reader does not see as text

#: The named colours that mailers use (CSS Color 4, section 6.1). Another name is not known: its text is visible.
_NAMED: dict[str, Rgb] = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "snow": (255, 250, 250),
    "ivory": (255, 255, 240),
    "ghostwhite": (248, 248, 255),
    "whitesmoke": (245, 245, 245),
    "floralwhite": (255, 250, 240),
    "azure": (240, 255, 255),
    "mintcream": (245, 255, 250),
    "gray": (128, 128, 128),
    "grey": (128, 128, 128),
    "silver": (192, 192, 192),
    "lightgray": (211, 211, 211),
    "lightgrey": (211, 211, 211),
    "red": (255, 0, 0),
    "maroon": (128, 0, 0),
    "yellow": (255, 255, 0),
    "olive": (128, 128, 0),
    "lime": (0, 255, 0),
    "green": (0, 128, 0),
    "aqua": (0, 255, 255),
    "cyan": (0, 255, 255),
    "teal": (0, 128, 128),
    "blue": (0, 0, 255),
    "navy": (0, 0, 128),
    "fuchsia": (255, 0, 255),
    "magenta": (255, 0, 255),
    "purple": (128, 0, 128),
    "orange": (255, 165, 0),
    "windowtext": (0, 0, 0),
    "window": (255, 255, 255),
}
_HEX = re.compile(r"#?([0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})\Z")
_RGB = re.compile(r"rgba?\(([^()]*)\)\Z")
_SOLID = 0.9  #: an alpha from here on counts as opaque


class Clear:
    """A colour that lets everything through."""


CLEAR = Clear()
Colour = Rgb | Clear | None  #: None: not known


@lru_cache(maxsize=1024)
def colour(value: str) -> Colour:
    """The colour a CSS or HTML value names; None when it is not understood or half transparent."""
    value = value.strip().lower()
    if value == "transparent":
        return CLEAR
    if value in _NAMED:
        return _NAMED[value]
    if (digits := _HEX.match(value)) is not None:
        return _from_hex(digits[1])
    if (call := _RGB.match(value)) is not None:
        return _from_numbers(call[1])
    return None


def _from_hex(digits: str) -> Colour:
    if len(digits) <= 4:
        digits = "".join(digit * 2 for digit in digits)
    alpha = int(digits[6:8], 16) / 255 if len(digits) == 8 else 1.0
    return _with_alpha((int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)), alpha)


def _from_numbers(listed: str) -> Colour:
    numbers = listed.replace(",", " ").replace("/", " ").split()
    if len(numbers) not in {3, 4}:
        return None
    try:
        red, green, blue = (_channel(number) for number in numbers[:3])
        alpha = _fraction(numbers[3]) if len(numbers) == 4 else 1.0
    except ValueError:
        return None
    return _with_alpha((red, green, blue), alpha)


def _channel(number: str) -> int:
    value = float(number[:-1]) * 2.55 if number.endswith("%") else float(number)
    if isnan(value):
        raise ValueError(number)
    return int(min(max(value, 0.0), 255.0))


def _fraction(number: str) -> float:
    return float(number[:-1]) / 100 if number.endswith("%") else float(number)


def _with_alpha(solid: Rgb, alpha: float) -> Colour:
    if alpha <= 0.05:
        return CLEAR
    return solid if alpha >= _SOLID else None


def alike(text: Colour, ground: Colour) -> bool:
    """Whether text of one colour on a ground of the other cannot be read; what is not known can be."""
    if isinstance(text, Clear):
        return True
    if text is None or ground is None or isinstance(ground, Clear):
        return False
    return max(abs(text[0] - ground[0]), abs(text[1] - ground[1]), abs(text[2] - ground[2])) <= NEAR
