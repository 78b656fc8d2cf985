"""What was met in one file: one finding for each kind, with how often and where first."""

from sanitizers.budget import DETAIL_CHARACTERS, WHERE_CHARACTERS
from sanitizers.model import Action, Finding, Severity, Threat
from sanitizers.reports import plain

MOST_KINDS = 90  #: of findings that one file may have; the report of a part takes a hundred
_Kind = tuple[Threat, Severity, Action, str]


class Census:
    """Counts by kind."""

    def __init__(self) -> None:
        self._counts: dict[_Kind, int] = {}
        self._places: dict[_Kind, str] = {}

    def found(self, threat: Threat, severity: Severity, action: Action, where: str, detail: str) -> None:
        """One more of this kind; the first place is remembered. `detail` says what it is, not which one."""
        kind = (threat, severity, action, detail)
        count = self._counts.get(kind)
        if count is None:
            if len(self._counts) >= MOST_KINDS:
                return
            self._places[kind] = where
        self._counts[kind] = (count or 0) + 1

    def has(self, detail: str) -> bool:
        """Whether something of this kind has been found."""
        return any(kind[3] == detail for kind in self._counts)

    def add(self, findings: tuple[Finding, ...]) -> None:
        """Findings made elsewhere (links): each once."""
        for finding in findings:
            self.found(finding.threat, finding.severity, finding.action, finding.where, finding.detail)

    def findings(self) -> tuple[Finding, ...]:
        """In the order they were first met."""
        return tuple(self._finding(kind, count) for kind, count in self._counts.items())

    def _finding(self, kind: _Kind, count: int) -> Finding:
        threat, severity, action, detail = kind
        words = f"{count} × {detail}" if count > 1 else detail
        where = plain(self._places[kind], WHERE_CHARACTERS)
        return Finding(threat, severity, action, where, plain(words, DETAIL_CHARACTERS))
