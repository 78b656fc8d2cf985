"""Type 2 charstrings: every token of an outline checked, and only tokens carried (Adobe Technical Note 5177).

Most outlines call no subroutine: one regular expression reads such an outline whole. The others are walked through with
the subroutines that they call, since how many bytes a hint mask takes depends on the hints that came before it.
"""

import re
from functools import cache

from sanitizers.formats.pdf.work import StreamFailed

DEEPEST = 10  #: subroutines in subroutines (annex B)
LARGEST_STACK = 513  #: 48 by annex B; fonts made of CFF2 have more
MOST_STEMS = 96
MOST_STEPS = 2_000_000  #: tokens of all outlines of a font together
END = b"\x0e"
RETURN = b"\x0b"

_NUMBER = rb"(?:[\x20-\xf6]|[\xf7-\xfe].|\x1c..|\xff....)"
#: Paths, moves, hints, flex, and arithmetic without storage and random numbers; 12 34 to 12 37 are flex.
_OPERATOR = (
    rb"(?:[\x01\x03-\x08\x12\x15-\x1b\x1e\x1f]"
    rb"|\x0c[\x03-\x05\x09-\x0c\x0e\x0f\x12\x14-\x16\x18\x1a-\x1e\x22-\x25])"
)
_STEMS = re.compile(rb"(?:%b*+[\x01\x03\x12\x17])*+%b*+" % (_NUMBER, _NUMBER), re.DOTALL)
_ONE_NUMBER = re.compile(_NUMBER, re.DOTALL)
_STEM_OPERATORS = frozenset({1, 3, 18, 23})
_MASKS = frozenset({19, 20})
_CLEARING = frozenset({4, 5, 6, 7, 8, 21, 22, 24, 25, 26, 27, 30, 31, 14})
_FLEX = frozenset({34, 35, 36, 37})


@cache
def _whole(mask: int) -> re.Pattern[bytes]:
    """An outline without calls, whose hint masks are of `mask` bytes."""
    return re.compile(rb"(?:%b|%b|\x17|[\x13\x14].{%d})*+\x0e?" % (_NUMBER, _OPERATOR, mask), re.DOTALL)


def plain(outline: bytes) -> bytes | None:
    """The outline up to its end, when it calls no subroutine; None when it has to be walked."""
    mask = 0
    if b"\x13" in outline or b"\x14" in outline:
        head = _STEMS.match(outline)
        mask = (_stems(outline[: head.end()]) + 7) // 8 if head else 0
    found = _whole(mask).match(outline)
    if found is None:
        return None
    read = found[0]
    if read.endswith(END):
        return read
    return read + END if len(read) == len(outline) else None


def _stems(head: bytes) -> int:
    """Two numbers a stem; a width may stand before the first."""
    numbers = 0
    stems = 0
    place = 0
    while place < len(head):
        number = _ONE_NUMBER.match(head, place)
        if number is None:
            stems += numbers // 2
            numbers = 0
            place += 1
        else:
            numbers += 1
            place = number.end()
    return stems + numbers // 2


class Walk:
    """The outlines of one font (of one font dictionary of a CID font) that call subroutines."""

    def __init__(self, local: list[bytes], common: list[bytes], steps: list[int]) -> None:
        self._lists = (local, common)
        self.read: tuple[dict[int, bytes], dict[int, bytes]] = (
            {},
            {},
        )  #: subroutines that were met, as they are written
        self._steps = steps  #: one number: how many tokens may still be read
        self._stack: list[int] = []
        self._stems = 0

    def outline(self, data: bytes) -> bytes:
        """The outline up to its end. Raises StreamFailed."""
        self._stack, self._stems = [], 0
        read, ended = self._walk(data, 0)
        return read if ended else read + END

    def _walk(self, data: bytes, depth: int) -> tuple[bytes, bool]:
        """What was read of it, and whether the outline ended in it."""
        place, stack = 0, self._stack
        while place < len(data):
            self._steps[0] -= 1
            if self._steps[0] < 0 or len(stack) > LARGEST_STACK:
                raise StreamFailed("outlines that take too long")
            first = data[place]
            if first >= 32 or first == 28:
                place = self._number(data, place, first)
                continue
            place += 1
            if first in {10, 29}:
                if self._call(int(first == 29), depth):
                    return data[:place], True
            elif first in {11, 14}:
                return data[:place], first == 14
            else:
                place = self._operator(data, place, first)
        return (data, False) if depth == 0 else (data + RETURN, False)

    def _number(self, data: bytes, place: int, first: int) -> int:
        if first == 28:
            self._stack.append(int.from_bytes(data[place + 1 : place + 3], signed=True))
            place += 3
        elif first < 247:
            self._stack.append(first - 139)
            place += 1
        elif first < 255:
            more = data[place + 1] if place + 1 < len(data) else 0
            self._stack.append((first - 247) * 256 + more + 108 if first < 251 else -(first - 251) * 256 - more - 108)
            place += 2
        else:
            self._stack.append(int.from_bytes(data[place + 1 : place + 3], signed=True))
            place += 5
        if place > len(data):
            raise StreamFailed("an outline cut off")
        return place

    def _operator(self, data: bytes, place: int, first: int) -> int:
        stack = self._stack
        if first in _STEM_OPERATORS or first in _MASKS:
            self._stems += len(stack) // 2
            stack.clear()
            if self._stems > MOST_STEMS * 2:
                raise StreamFailed("an outline with too many hints")
            return self._mask(data, place) if first in _MASKS else place
        if first in _CLEARING:
            stack.clear()
            return place
        if first == 12 and place < len(data) and data[place] in _FLEX:
            stack.clear()
            return place + 1
        raise StreamFailed("an outline with unknown operators")

    def _mask(self, data: bytes, place: int) -> int:
        place += (self._stems + 7) // 8
        if place > len(data):
            raise StreamFailed("an outline cut off")
        return place

    def _call(self, which: int, depth: int) -> bool:
        """`which`: 0 for the subroutines of the part, 1 for those of the font."""
        routines, read = self._lists[which], self.read[which]
        if not self._stack or depth >= DEEPEST:
            raise StreamFailed("subroutines in disorder")
        count = len(routines)
        number = self._stack.pop() + (107 if count < 1240 else 1131 if count < 33_900 else 32_768)
        if not 0 <= number < count:
            raise StreamFailed("a subroutine that is missing")
        written, ended = self._walk(routines[number], depth + 1)
        if len(written) > len(read.get(number, b"")):  # read with other hints before it, it may have ended elsewhere
            read[number] = written
        return ended
