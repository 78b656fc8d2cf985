"""A clean drawing as a picture: drawn by resvg, in bounds, with the fonts of this host."""

import re
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Final

import resvg_py
from lxml import etree

from sanitizers.budget import BudgetMeter
from sanitizers.formats.svg.names import SVG
from sanitizers.model import CannotSanitize, Threat

LARGEST: Final = 2_000  #: pixels a side
FINENESS: Final = 2  #: a small drawing becomes a picture of this many pixels for each of its own
_WITHOUT_SIZE: Final = (300.0, 150.0)  #: pixels; CSS 2.1 section 10.3.2

_FONTS: Final = ("/usr/share/fonts", "/usr/local/share/fonts")
# Japanese families that Debian packages, the most common first; the first that is installed stands for all others.
_FAMILIES: Final = (
    ("Noto Sans CJK JP", "NotoSansCJK*"),
    ("IPAexGothic", "ipaexg.ttf"),
    ("IPAGothic", "ipag.ttf"),
    ("VL Gothic", "VL-Gothic-Regular.ttf"),
    ("TakaoGothic", "TakaoGothic.ttf"),
    ("DejaVu Sans", "DejaVuSans.ttf"),
)
# Pixels of each unit (CSS Values 4, section 6.2).
_UNITS: Final = {
    "": 1.0, "px": 1.0, "pt": 96 / 72, "pc": 16.0, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4, "em": 16.0, "ex": 8.0,
}  # fmt: skip
_LENGTH: Final = re.compile(r"\s*\+?([0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]{1,2})?)([a-z]*)\s*")
_GENERIC: Final = re.compile(r"\b(?:sans-serif|serif|monospace|cursive|fantasy)\s*\Z")
_FAMILY_IN_STYLE: Final = re.compile(r"((?:\A|[;{])\s*font-family:[^;}]*)")


@cache
def _family() -> str:
    for family, pattern in _FAMILIES:
        if any(next(Path(folder).rglob(pattern), None) for folder in _FONTS if Path(folder).is_dir()):
            return family
    return "sans-serif"


def draw(root: etree._Element, meter: BudgetMeter) -> bytes:
    """PNG; raises CannotSanitize when resvg cannot draw it."""
    width, height, box = _size(root)
    scale = min(FINENESS, LARGEST / max(width, height))
    across, down = max(1, round(width * scale)), max(1, round(height * scale))
    meter.take_pixels(across, down)
    drawn = deepcopy(root)
    drawn.set("viewBox", box)
    drawn.set("width", str(across))
    drawn.set("height", str(down))
    _name_fonts(drawn)
    family = _family()
    try:
        return resvg_py.svg_to_bytes(
            svg_string=etree.tostring(drawn, encoding="unicode"),
            skip_system_fonts=True,
            font_dirs=[folder for folder in _FONTS if Path(folder).is_dir()],
            font_family=family,
            sans_serif_family=family,
            serif_family=family,
            cursive_family=family,
            fantasy_family=family,
            monospace_family=family,
            languages=["ja", "en"],
        )
    except ValueError as failed:
        raise CannotSanitize(Threat.MALFORMED, "a drawing that cannot be drawn") from failed


def _size(root: etree._Element) -> tuple[float, float, str]:
    """Width and height in pixels, and the part of the plane that is shown."""
    box = [_number(word) for word in (root.get("viewBox") or "").replace(",", " ").split()]
    shown = (box[2] or 0.0, box[3] or 0.0) if len(box) == 4 else (0.0, 0.0)
    ratio = shown[1] / shown[0] if shown[0] > 0 and shown[1] > 0 else 0.0
    width, height = _pixels(root.get("width")), _pixels(root.get("height"))
    if not width and not height:
        width, height = shown if ratio else _WITHOUT_SIZE
    width = width or (height / ratio if ratio else _WITHOUT_SIZE[0])
    height = height or (width * ratio if ratio else _WITHOUT_SIZE[1])
    width, height = (min(max(side, 1.0), 1e6) for side in (width, height))
    return width, height, root.get("viewBox", "") if ratio else f"0 0 {width:g} {height:g}"


def _number(word: str) -> float | None:
    try:
        number = float(word[:40])
    except ValueError:
        return None
    return number if abs(number) < 1e9 else None


def _pixels(written: str | None) -> float:
    """A length in pixels; 0 when it is none or a share of the window."""
    length = _LENGTH.fullmatch((written or "")[:60])
    return float(length[1]) * _UNITS.get(length[2], 0.0) if length else 0.0


def _name_fonts(root: etree._Element) -> None:
    """Behind every family the generic one: resvg draws no text in a family that is not installed."""
    for element in root.iter(etree.Element):
        family = element.get("font-family")
        if family and not _GENERIC.search(family):
            element.set("font-family", f"{family},sans-serif")
        style = element.get("style")
        if style and "font-family" in style:
            element.set("style", _FAMILY_IN_STYLE.sub(r"\1,sans-serif", style))
        if element.tag == f"{{{SVG}}}style" and element.text and "font-family" in element.text:
            element.text = _FAMILY_IN_STYLE.sub(r"\1,sans-serif", element.text)
