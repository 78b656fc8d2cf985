"""When a file is complete: it stood still for a while, or was given its real name after it had a temporary one."""

from collections.abc import Iterable

import msgspec

from gateway.folders.ground import Seen
from gateway.folders.naming import is_temporary

_Identity = tuple[tuple[int, int], int, int]
_AT_ONCE = float("-inf")


class _Since(msgspec.Struct, frozen=True):
    """How a file looked, and since when (seconds of a clock that only goes forward)."""

    seen: Seen
    at: float


class Sightings:
    """What the looks at one folder showed so far; only those of the last look are remembered."""

    def __init__(self, stable_seconds: float) -> None:
        self._stable_seconds = stable_seconds
        self._known: dict[str, _Since] = {}
        self._ages: dict[_Identity, float] = {}

    @property
    def waiting(self) -> int:
        """Files of the last look, complete or not."""
        return len(self._known)

    def complete(self, found: Iterable[Seen], now: float) -> list[Seen]:
        """Those of this look that are complete, the longest known first. `now` as of time.monotonic()."""
        known: dict[str, _Since] = {}
        ages: dict[_Identity, float] = {}
        for seen in found:
            if is_temporary(seen.path.rpartition("/")[2]):
                ages[_identity(seen)] = _AT_ONCE  # once its writer gives it its name
                continue
            known[seen.path] = _Since(seen, self._since(seen, now))
            ages[_identity(seen)] = known[seen.path].at
        self._known, self._ages = known, ages
        still = [each for each in known.values() if now - each.at >= self._stable_seconds]
        return [each.seen for each in sorted(still, key=lambda each: each.at)]

    def _since(self, seen: Seen, now: float) -> float:
        """A new name does not make a file that stood still a new one."""
        return self._ages.get(_identity(seen), now)


def _identity(seen: Seen) -> _Identity:
    return seen.inode, seen.size, seen.changed_ns
