"""Text drawn onto sheets: every character in its own place on a grid, in the order in which it was written."""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from sanitizers.viewing.visible import visible
from sanitizers.views import TEXT_CHARACTERS

#: The first that is installed draws. In each a kanji is as wide as two letters, or nearly.
FONTS: Final = (
    "/usr/share/fonts/opentype/ipafont-gothic/ipag.ttf",  # Debian: fonts-ipafont-gothic
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",  # Debian: fonts-noto-cjk
    "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
)
COLUMNS: Final = 92  #: letters; half as many kanji
LINES: Final = 64  #: of a sheet: about the shape of A4
_FEWEST: Final = 8  #: lines that a sheet is made for
_MARGIN: Final = 4  #: columns at each side
_TAB: Final = 4  #: columns
_LEADING: Final = 1.35  #: height of a line for the height of a character
_INK, _PAPER = (24, 24, 24), (255, 255, 255)
_WIDE: Final = frozenset({"W", "F", "A"})  # UAX 11; ambiguous ones are wide in a Japanese font, but not é and ü
_LAST_OF_LATIN: Final = "\u024f"


def sheets_of(text: str) -> list[list[str]]:
    """The lines of each sheet; at least one, of no more than a view may hold."""
    lines = list(_wrapped(unicodedata.normalize("NFC", visible(text[:TEXT_CHARACTERS])[:TEXT_CHARACTERS])))
    if len(text) > TEXT_CHARACTERS:
        lines.append("…")
    return [lines[at : at + LINES] for at in range(0, len(lines), LINES)] or [[]]


def draw(lines: list[str], width: int) -> Image.Image:
    """One sheet, so many pixels wide."""
    cell = width / (COLUMNS + 2 * _MARGIN)
    row = 2 * cell * _LEADING
    font = _font(max(4, round(2 * cell)))
    sheet = Image.new("RGB", (width, round(row * (max(len(lines), _FEWEST) + _MARGIN))), _PAPER)
    pen = ImageDraw.Draw(sheet)
    for number, line in enumerate(lines):
        column = _MARGIN
        for character in line:
            place = column - _cells(character) if _is_mark(character) else column
            if character != " ":
                pen.text((place * cell, (number + _MARGIN // 2) * row), character, _INK, font)
            column += _cells(character)
    return sheet


def _wrapped(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        piece: list[str] = []
        used = 0
        for character in line.expandtabs(_TAB):
            cells = _cells(character)
            if used + cells > COLUMNS:
                yield "".join(piece)
                piece, used = [], 0
            piece.append(character)
            used += cells
        yield "".join(piece)


def _is_mark(character: str) -> bool:
    return not character.isascii() and unicodedata.category(character) in {"Mn", "Me"}


@lru_cache(4_096)
def _cells(character: str) -> int:
    """Columns that a character takes; a mark stands on the one before it."""
    if character.isascii():
        return 1
    if _is_mark(character):
        return 0
    if character <= _LAST_OF_LATIN and character.isalpha():
        return 1
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1


@lru_cache(8)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Without Raqm: it would put characters where their directions say, and this shows them as they were written."""
    for path in FONTS:
        if Path(path).is_file():
            return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)
    return ImageFont.load_default(size)
