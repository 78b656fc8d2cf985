"""Which kind of value stands behind a group code of DXF (AutoCAD DXF Reference, "Group Code Value Types")."""

from enum import Enum, auto
from typing import Final


class Kind(Enum):
    """How a value is written, in letters and in binary."""

    TEXT = auto()
    HANDLE = auto()  # a number in hexadecimal, written as text
    FLOAT = auto()
    INT_16 = auto()
    INT_32 = auto()
    INT_64 = auto()
    BOOL = auto()
    BINARY = auto()


# 5 is a handle, and in a dimension style of R12 the name of a block.
# First and last code, and what is behind them; 105, 1004 and 1005 stand before the range they lie in.
_RANGES: Final = (
    (105, 105, Kind.HANDLE), (1004, 1004, Kind.BINARY), (1005, 1005, Kind.HANDLE),
    (0, 9, Kind.TEXT), (10, 59, Kind.FLOAT), (60, 79, Kind.INT_16), (90, 99, Kind.INT_32), (100, 109, Kind.TEXT),
    (110, 149, Kind.FLOAT), (160, 169, Kind.INT_64), (170, 179, Kind.INT_16), (210, 239, Kind.FLOAT),
    (270, 289, Kind.INT_16), (290, 299, Kind.BOOL), (300, 309, Kind.TEXT), (310, 319, Kind.BINARY),
    (320, 369, Kind.HANDLE), (370, 389, Kind.INT_16), (390, 399, Kind.HANDLE), (400, 409, Kind.INT_16),
    (410, 419, Kind.TEXT), (420, 429, Kind.INT_32), (430, 439, Kind.TEXT), (440, 459, Kind.INT_32),
    (460, 469, Kind.FLOAT), (470, 479, Kind.TEXT), (480, 481, Kind.HANDLE), (999, 1003, Kind.TEXT),
    (1006, 1009, Kind.TEXT), (1010, 1059, Kind.FLOAT), (1060, 1070, Kind.INT_16), (1071, 1071, Kind.INT_32),
)  # fmt: skip
KINDS: Final = {
    code: kind for first, last, kind in reversed(_RANGES) for code in range(first, last + 1)
}  #: a code that is not here has no meaning
EXTENDED: Final = 1_000  #: from here on, data that programs attach to an entity
COMMENT: Final = 999
