"""What a look at an old Office file sees before it is converted, counted; none of it goes on."""

from collections import Counter
from typing import NamedTuple

from sanitizers.model import Action, Finding, Severity, Threat
from sanitizers.passwords import OPENED


class Sight(NamedTuple):
    """One kind of thing."""

    threat: Threat
    severity: Severity
    where: str
    detail: str


class Sightings:
    """Of one file."""

    def __init__(self) -> None:
        self._seen: Counter[Sight] = Counter()
        self._opened: tuple[Finding, ...] = ()

    def opened_with_password(self) -> None:
        """Of the file itself."""
        self._opened = (OPENED,)

    def saw(self, sight: Sight, times: int = 1) -> None:
        """Once, or several times."""
        self._seen[sight] += times

    @property
    def names(self) -> list[str]:
        """In the words of the report."""
        return [_told(sight, times) for sight, times in self._seen.items()]

    def findings(self) -> tuple[Finding, ...]:
        """One for each kind."""
        seen = (
            Finding(sight.threat, sight.severity, Action.REMOVED, sight.where, _told(sight, times))
            for sight, times in self._seen.items()
        )
        return (*self._opened, *seen)


def _told(sight: Sight, times: int) -> str:
    return f"{sight.detail} ({times})" if times > 1 else sight.detail
