"""What was met in one marked-up file and did not go on: counted by kind, one finding for each kind."""

import re
from typing import Final, NamedTuple

from sanitizers.model import Action, Finding, Severity, Threat

EXAMPLES: Final = 3
EXAMPLE_CHARACTERS: Final = 100
_UNSHOWABLE: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]+")


class Kind(NamedTuple):
    """One construct that is never passed on as it is."""

    threat: Threat
    severity: Severity
    words: str
    action: Action = Action.REMOVED


def showable(text: str, limit: int = EXAMPLE_CHARACTERS) -> str:
    """Untrusted text for a report: one line, no control characters, cut to `limit` characters."""
    line = _UNSHOWABLE.sub(" ", text[: 4 * limit]).strip()
    return line if len(line) <= limit else line[: limit - 1] + "…"


class Census:
    """Counts by kind, with the first examples of each. `place` begins the place in each finding: "SVG", "HTML"."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._counts: dict[Kind, int] = {}
        self._examples: dict[Kind, list[str]] = {}
        self._others: list[Finding] = []
        self._seen: dict[tuple[str, ...], int] = {}

    def met(self, kind: Kind, example: str = "", count: int = 1) -> None:
        """One more of this kind, or several."""
        known = self._counts.get(kind, 0)
        self._counts[kind] = known + count
        if known < EXAMPLES and example:
            self._examples.setdefault(kind, []).append(showable(example))

    def add(self, findings: tuple[Finding, ...]) -> None:
        """Findings made elsewhere; of each threat and place the first ones are kept."""
        for finding in findings:
            key = (finding.threat, finding.severity, finding.where)
            self._seen[key] = self._seen.get(key, 0) + 1
            if self._seen[key] <= EXAMPLES:
                self._others.append(finding)

    def findings(self) -> tuple[Finding, ...]:
        """One for each kind, in the order they were first met, then those made elsewhere."""
        return (*(self._finding(kind, count) for kind, count in self._counts.items()), *self._others)

    def _finding(self, kind: Kind, count: int) -> Finding:
        examples = self._examples.get(kind, [])
        detail = f"{count} × {kind.words}" + (f": {'; '.join(examples)}" if examples else "")
        return Finding(kind.threat, kind.severity, kind.action, f"{self._place}, {kind.words}"[:200], detail[:500])


class HiddenText:
    """Text that a reader of the page would not have seen, by the way it was hidden."""

    LONG = 200  #: characters; a newsletter's preview line is shorter

    def __init__(self) -> None:
        self._characters: dict[str, int] = {}
        self._examples: dict[str, list[str]] = {}
        self._with_link: set[str] = set()

    def met(self, reason: str, text: str) -> None:
        """One text node hidden by `reason`; blank fillers do not count."""
        shown = showable(text)
        if not shown.strip("\u034f\u00ad\u00a0\u3000 "):
            return
        self._characters[reason] = self._characters.get(reason, 0) + len(text.strip())
        examples = self._examples.setdefault(reason, [])
        if len(examples) < EXAMPLES:
            examples.append(shown)
        if "://" in text:
            self._with_link.add(reason)

    def met_link(self, reason: str) -> None:
        """A link whose words are hidden."""
        self._with_link.add(reason)

    def findings(self) -> tuple[Finding, ...]:
        """One for each way of hiding."""
        return tuple(self._finding(reason, count) for reason, count in self._characters.items())

    def _finding(self, reason: str, count: int) -> Finding:
        suspicious = count > self.LONG or reason in self._with_link
        detail = f"{count} characters hidden by {reason}: {'; '.join(self._examples[reason])}"
        severity = Severity.WARNING if suspicious else Severity.NOTE
        return Finding(
            Threat.HIDDEN_CONTENT, severity, Action.REMOVED, where=f"HTML, text hidden by {reason}", detail=detail[:500]
        )
