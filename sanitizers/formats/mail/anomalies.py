"""What was met while a mail was read: findings, each kind once, never more than a report can hold."""

import re

from sanitizers.budget import DETAIL_CHARACTERS, FINDINGS_PER_PART, WHERE_CHARACTERS
from sanitizers.model import Action, Finding, Severity, Threat

_UNSHOWABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def shown(text: str, characters: int) -> str:
    """The text as a report may carry it: no control characters, cut to length."""
    clean = _UNSHOWABLE.sub(" ", text)
    return clean if len(clean) <= characters else clean[: characters - 1] + "…"


class Anomalies:
    """Collects findings; the same one counts once."""

    def __init__(self) -> None:
        self._found: dict[tuple[Threat, Action, str, str], Finding] = {}

    def add(self, threat: Threat, severity: Severity, action: Action, where: str, detail: str) -> Finding:
        """Record a finding and return it."""
        where, detail = shown(where, WHERE_CHARACTERS), shown(detail, DETAIL_CHARACTERS)
        finding = Finding(threat, severity, action, where, detail)
        if len(self._found) < FINDINGS_PER_PART:
            self._found.setdefault((threat, action, where, detail), finding)
        return finding

    def malformed(self, where: str, detail: str, severity: Severity = Severity.NOTE) -> None:
        """The standards do not allow it, or parsers disagree about it; it was written anew in the one plain way."""
        self.add(Threat.MALFORMED, severity, Action.REWRITTEN, where, detail)

    def deception(self, where: str, detail: str) -> None:
        """It would show the reader something else than it is; it was rewritten."""
        self.add(Threat.DECEPTION, Severity.WARNING, Action.REWRITTEN, where, detail)

    def extend(self, findings: tuple[Finding, ...], where: str) -> None:
        """Take over what another room found in a piece of this mail."""
        for finding in findings:
            self.add(finding.threat, finding.severity, finding.action, where, finding.detail)

    def found(self) -> tuple[Finding, ...]:
        """All of them, in the order they were met."""
        return tuple(self._found.values())
