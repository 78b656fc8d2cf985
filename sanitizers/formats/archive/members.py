"""What every reader of archives gives: members in the order of the archive, none of it believed yet."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, NamedTuple, Protocol

from sanitizers.budget import BudgetMeter
from sanitizers.model import CannotSanitize, Finding
from sanitizers.unpacking.libarchive import Kind

__all__ = ["Box", "Kind", "Member", "Moment", "gathered", "unspent", "wall_of"]

Moment = tuple[int, int, int, int, int, int]  #: year, month, day, hour, minute, second on a clock on the wall
JAPAN: Final = timezone(timedelta(hours=9))  # no summer time since 1952
_EARLIEST, _LATEST = -62_135_596_800, 253_402_300_799  # the years 1 to 9999


class Member(NamedTuple):
    """One member."""

    path: str  #: decoded, as written: it may lead anywhere
    kind: Kind
    read: Callable[[], bytes]  #: what it holds, counted; raises CannotSanitize
    wall: Moment | None = None  #: when it was changed, on the clock of whoever made the archive or else in Japan
    unix: int | None = None  #: the same in seconds since 1970, where the archive says that
    refusal: CannotSanitize | None = None  #: why it is not to be opened, where two readers could see two members


class Box(Protocol):
    """An archive that is open."""

    @property
    def findings(self) -> list[Finding]:
        """What was met so far that is not in a member; complete when the last member was read."""
        ...

    def members(self) -> Iterator[Member]:
        """Each member; it is read before the next one is asked for. Raises CannotSanitize."""
        ...


def gathered(pieces: Iterator[bytes], meter: BudgetMeter, size_in: int, before: int = 0) -> bytes:
    """All pieces joined, stopped as soon as they are too much. `before`: bytes out of the same decoder so far."""
    kept: list[bytes] = []
    size = 0
    for piece in pieces:
        size += len(piece)
        meter.check_expansion(size_in, before + size)
        meter.check_room(size=size)
        kept.append(piece)
    return kept[0] if len(kept) == 1 else b"".join(kept)


def unspent(size_in: int, given: int, meter: BudgetMeter) -> int:
    """How many bytes of an archive no growth was charged to yet, when its members so far have given that many.

    Counted for the archive, since one blank page packs far better than all the rest: a BMP of it a thousandfold.
    """
    return size_in - given // meter.limits.expansion_ratio


def wall_of(unix: int | None) -> Moment | None:
    """Seconds since 1970 on a clock in Japan."""
    if unix is None or not _EARLIEST < unix < _LATEST - 86_400:
        return None
    there = datetime.fromtimestamp(0, UTC) + timedelta(seconds=unix)
    return moment_of(there.astimezone(JAPAN))


def moment_of(time: datetime) -> Moment:
    """The wall clock's fields."""
    return (time.year, time.month, time.day, time.hour, time.minute, time.second)


def dos_moment(date: int, time: int) -> Moment | None:
    """What two words of DOS say (APPNOTE 4.4.6); None for a day that there is not."""
    try:
        return moment_of(
            datetime(  # noqa: DTZ001 - a wall clock has no time zone
                1980 + (date >> 9), date >> 5 & 15, date & 31, time >> 11, time >> 5 & 63, min(59, (time & 31) * 2)
            )
        )
    except ValueError:
        return None
