"""What was met in a calendar or card: each kind of thing once, with how often."""

import msgspec

from sanitizers.budget import FINDINGS_PER_PART
from sanitizers.model import Action, Finding, Severity, Threat


class Sight(msgspec.Struct, frozen=True):
    """One kind of thing, and what was done about it."""

    threat: Threat
    severity: Severity
    action: Action
    where: str
    detail: str


class Census:
    """Counts."""

    def __init__(self) -> None:
        self._seen: dict[Sight, int] = {}
        self._others: dict[Finding, None] = {}

    def saw(self, sight: Sight) -> None:
        """One more."""
        self._seen[sight] = self._seen.get(sight, 0) + 1

    def extend(self, findings: tuple[Finding, ...]) -> None:
        """What another room found in a value."""
        for found in findings:
            if len(self._others) < FINDINGS_PER_PART:
                self._others.setdefault(found)

    def findings(self) -> tuple[Finding, ...]:
        """For the report."""
        counted = (
            Finding(
                sight.threat,
                sight.severity,
                sight.action,
                sight.where,
                sight.detail if count == 1 else f"{sight.detail} ({count})",
            )
            for sight, count in self._seen.items()
        )
        return (*counted, *self._others)


def removed(threat: Threat, severity: Severity, where: str, detail: str) -> Sight:
    """Something that does not go on."""
    return Sight(threat, severity, Action.REMOVED, where, detail)


def rewritten(threat: Threat, severity: Severity, where: str, detail: str) -> Sight:
    """Something that goes on otherwise than it was."""
    return Sight(threat, severity, Action.REWRITTEN, where, detail)
