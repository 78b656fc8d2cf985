"""Cells, ranges and sheets as spreadsheets write them (ECMA-376 part 1, 18.18: ST_CellRef, ST_Ref, ST_Sqref)."""

import re
from typing import Final

from sanitizers.formats.ooxml.allowed import Check
from sanitizers.formats.ooxml.values import matching

_CELL = r"\$?[A-Za-z]{1,3}\$?[0-9]{1,7}"
_RANGE = rf"(?:{_CELL}(?::{_CELL})?|\$?[A-Za-z]{{1,3}}:\$?[A-Za-z]{{1,3}}|\$?[0-9]{{1,7}}:\$?[0-9]{{1,7}})"
#: "B3", "B3:D5", "B:D", "3:5".
area: Final[Check] = matching(_RANGE)
#: Several of them, with blanks between.
areas: Final[Check] = matching(rf"\s*(?:{_RANGE}\s*)*")
#: "1:12": the columns that a row's cells lie between.
spans: Final[Check] = matching(r"\s*(?:[0-9]{1,6}:[0-9]{1,6}\s*)*")

_COLUMN: Final = re.compile(r"\$?([A-Za-z]{1,3})\$?[0-9]")


def column(reference: str) -> int:
    """The number of the column of "C7": 3; 0 when it is no cell."""
    found = _COLUMN.match(reference)
    number = 0
    for letter in found[1].upper() if found else "":
        number = number * 26 + ord(letter) - 64
    return number
