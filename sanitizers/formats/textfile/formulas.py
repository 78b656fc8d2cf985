"""Which cells of a table a spreadsheet would work out instead of showing, and how they are made to show."""

import re
from typing import Final

import msgspec

from sanitizers.model import Severity

# Signs that begin a formula in Excel and LibreOffice, and what input methods and best-fit tables make one of.
_SIGNS: Final = "=+\\-@＝＋－＠﹦﹢﹣﹫"
# Passed over in front of them by one program or another; what is invisible went with the controls.
_BEFORE: Final = '[\\s"“”]*'
_START: Final = re.compile(f"{_BEFORE}[{_SIGNS}]")
# A number, however it is written in tables: -5, +81-3-1234-5678, -1,234.5, -3.2％, -5円, －０．５, @100, -(1+2), 1E+3 …
# Digits and signs can be worked out to a number at most; a word after a digit makes it no formula at all.
_NUMBER: Final = re.compile(
    r"\s*+[+\-@＋－＠﹢﹣]++[\s+\-＋－﹣]*+[¥￥\\$€£(（\s]*+"
    r"\d[\d\s()（）.,．，、/／%％¥￥$€*＊+\-＋－ー–—~〜～]*+(?:(?<=\d)[eE][+\-]?\d++)?+"
    # A word right behind a digit: a unit, or what a telephone number is for.
    r"(?:(?:(?<=[\d%％])|(?<=[\d%％][\s(（])|(?<=\d\s[(（]))"
    r"(?:[^\W\d_]{1,10}+[\s\d.．:：)）]{0,20}+|[℃℉°‰㎡㎥㎏㎞㎜㎝]{1,3}+\s*+))?+"
)
_ONLY_SIGNS: Final = re.compile(r"[\s＝＋－＠+\-]*+|\s*+[=@]\s*+")  # rulers, "-" for nothing
# What begins programs, reads from elsewhere or sends there: DDE, external references, functions with an address.
_REACHES_OUT: Final = re.compile(
    r"\||!|\[|\\\\|//|\b(?:webservice|hyperlink|importxml|importdata|importhtml|importfeed|importrange|image|rtd|call|"
    r"register(?:\.id)?|exec|dde|filterxml|msexcel|cmd|encodeurl)\b",
    re.IGNORECASE,
)
_WORKED_OUT: Final = re.compile(f"{_BEFORE}+(?:[=＝﹦]|[^(（]*+[(（])")

SHOWN_AS_TEXT: Final = "'"  #: in front of a cell, Excel and LibreOffice read text from a file; both show it


class Formula(msgspec.Struct, frozen=True):
    """How much harm a formula could do."""

    severity: Severity
    kind: str


REACHING: Final = Formula(Severity.DANGER, "formula cells that start a program or reach out")
WORKING: Final = Formula(Severity.WARNING, "formula cells")
LIKENESS: Final = Formula(Severity.NOTE, "cells that a spreadsheet would take for a formula")


def begins_formula(cell: str) -> bool:
    """Whether a spreadsheet would work the cell out to something else than a number."""
    return _START.match(cell) is not None and not _harmless(cell)


def _harmless(cell: str) -> bool:
    return _NUMBER.fullmatch(cell) is not None or _ONLY_SIGNS.fullmatch(cell) is not None


def kind_of_formula(cell: str) -> Formula:
    """For the report: how much a person should care."""
    if _REACHES_OUT.search(cell):
        return REACHING
    return WORKING if _WORKED_OUT.match(cell) else LIKENESS


def inner_starts(separators: str) -> re.Pattern[str]:
    """Finds places inside a cell that are the start of a cell to a reader who divides by these characters instead."""
    run = rf"[\s\"“”{separators}]"
    return re.compile(f"(?<!{run})(?P<run>{run}++)(?=(?P<cell>[{_SIGNS}][^{separators}]*))")


def shown_inside(found: re.Match[str], separators: str) -> str:
    """What stands for a match of `inner_starts`."""
    divided = any(separator in found["run"] for separator in separators)
    if not divided or _harmless(found["cell"].rstrip('"')):
        return found["run"]
    return found["run"] + SHOWN_AS_TEXT
