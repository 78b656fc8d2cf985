"""What a row of numbers says in one sentence: more, fewer, as many as before, or nothing yet to compare with."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

#: A difference below this many, or below this share of the earlier number, is chance.
LEAST_DIFFERENCE = 3
LEAST_SHARE = 0.2


class Trend(StrEnum):
    """How a number stands beside an earlier one."""

    NONE = "none"  # nothing at all
    MORE = "more"
    FEWER = "fewer"
    SAME = "same"
    NEW = "new"  # nothing to compare with


class Compared(msgspec.Struct, frozen=True):
    """A number, the one before, and how they stand."""

    now: int
    before: int
    trend: Trend

    @property
    def difference(self) -> int:
        """Without its sign."""
        return abs(self.now - self.before)


def compared(now: int, before: int | None) -> Compared:
    """`before` is None when nothing was counted then."""
    if not now and not before:
        return Compared(0, 0, Trend.NONE)
    if before is None:
        return Compared(now, 0, Trend.NEW)
    difference = now - before
    if abs(difference) < max(LEAST_DIFFERENCE, LEAST_SHARE * before):
        return Compared(now, before, Trend.SAME)
    return Compared(now, before, Trend.MORE if difference > 0 else Trend.FEWER)


def halves(numbers: Sequence[int]) -> Compared:
    """The later half beside the earlier one."""
    middle = len(numbers) // 2
    earlier, later = sum(numbers[:middle]), sum(numbers[middle:])
    return compared(later, earlier if any(numbers[:middle]) else None)
