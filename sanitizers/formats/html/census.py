"""What was met in one HTML body and did not go on: counted by kind, one finding for each kind."""

import re
from typing import NamedTuple

from sanitizers.model import Action, Finding, Severity, Threat


class Kind(NamedTuple):
    """One construct that is never passed on."""

    threat: Threat
    severity: Severity
    words: str
    action: Action = Action.REMOVED


_ACTIVE = Threat.ACTIVE_CONTENT
_REFERENCE = Threat.EXTERNAL_REFERENCE
_EMBEDDED = Threat.EMBEDDED_OBJECT
_HIDDEN = Threat.HIDDEN_CONTENT
_METADATA = Threat.METADATA
_NOTE = Severity.NOTE
_WARNING = Severity.WARNING
_DANGER = Severity.DANGER

SCRIPT = Kind(_ACTIVE, _WARNING, "script")
EVENT_ATTRIBUTE = Kind(_ACTIVE, _WARNING, "event attribute")
SCRIPT_TARGET = Kind(_ACTIVE, _DANGER, "link that runs a script or carries its own content")
FORM = Kind(_ACTIVE, _WARNING, "form that sends what is entered")
PASSWORD_FIELD = Kind(_ACTIVE, _DANGER, "field that asks for a password")
META_REFRESH = Kind(_ACTIVE, _WARNING, "automatic redirection (meta refresh)")
FRAME = Kind(_EMBEDDED, _WARNING, "embedded page (iframe, frame, portal)")
PLUGIN = Kind(_EMBEDDED, _WARNING, "embedded object (object, embed, applet)")
VECTOR_IMAGE = Kind(_EMBEDDED, _NOTE, "embedded drawing (svg)")
FORMULA = Kind(_EMBEDDED, _NOTE, "embedded formula (math); its characters stay", Action.REWRITTEN)
INLINE_IMAGE = Kind(_EMBEDDED, _NOTE, "image inside the mail (cid, data)")
BASE = Kind(_REFERENCE, _NOTE, "base address for links")
LINKED_RESOURCE = Kind(_REFERENCE, _NOTE, "linked resource (link element)")
REMOTE_IMAGE = Kind(_REFERENCE, _NOTE, "remote image")
TRACKING_PIXEL = Kind(_REFERENCE, _WARNING, "tracking pixel")
BACKGROUND = Kind(_REFERENCE, _NOTE, "background image")
STYLE_REFERENCE = Kind(_REFERENCE, _NOTE, "remote resource in a style (url, import, font)")
MEDIA = Kind(_REFERENCE, _NOTE, "video or audio")
PING = Kind(_REFERENCE, _WARNING, "link that reports the click to another address (ping)")
STYLE_SHEET = Kind(_METADATA, _NOTE, "style sheet")
STYLE_SCRIPT = Kind(_ACTIVE, _WARNING, "script in a style (expression, behavior, binding)")
COMMENT = Kind(_METADATA, _NOTE, "comment")
CONDITIONAL_COMMENT = Kind(_HIDDEN, _NOTE, "content for one mail program only (conditional comment)")
TEMPLATE = Kind(_HIDDEN, _NOTE, "template that is not shown")
NOT_SHOWN = Kind(_HIDDEN, _NOTE, "fallback content that is not shown (noframes, noembed, datalist)")
XML_ISLAND = Kind(_METADATA, _NOTE, "XML data island")
FILE_IN_TEXT = Kind(_EMBEDDED, _WARNING, "beginning of a file in the text (uuencode, yEnc, BinHex)", Action.REWRITTEN)
HIDDEN_FIELD = Kind(_HIDDEN, _NOTE, "hidden form field")
EXAMPLES = 3
EXAMPLE_CHARACTERS = 100
_UNSHOWABLE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]+")


def showable(text: str, limit: int = EXAMPLE_CHARACTERS) -> str:
    """Untrusted text for a report: one line, no control characters, cut to `limit` characters."""
    line = _UNSHOWABLE.sub(" ", text[: 4 * limit]).strip()
    return line if len(line) <= limit else line[: limit - 1] + "…"


class Census:
    """Counts by kind, with the first examples of each."""

    def __init__(self) -> None:
        self._counts: dict[Kind, int] = {}
        self._examples: dict[Kind, list[str]] = {}
        self._others: list[Finding] = []
        self._seen: dict[tuple[str, ...], int] = {}

    def met(self, kind: Kind, example: str = "") -> None:
        """One more of this kind."""
        count = self._counts.get(kind, 0)
        self._counts[kind] = count + 1
        if count < EXAMPLES and example:
            self._examples.setdefault(kind, []).append(showable(example))

    def add(self, findings: tuple[Finding, ...]) -> None:
        """Findings made elsewhere; of each threat and place the first ones are kept."""
        for finding in findings:
            key = (finding.threat, finding.severity, finding.where)
            self._seen[key] = self._seen.get(key, 0) + 1
            if self._seen[key] <= EXAMPLES:
                self._others.append(finding)

    def findings(self) -> tuple[Finding, ...]:
        """One for each kind, in the order they were first met."""
        return (*(self._finding(kind, count) for kind, count in self._counts.items()), *self._others)

    def _finding(self, kind: Kind, count: int) -> Finding:
        examples = self._examples.get(kind, [])
        detail = f"{count} × {kind.words}" + (f": {'; '.join(examples)}" if examples else "")
        return Finding(kind.threat, kind.severity, kind.action, where=f"HTML, {kind.words}", detail=detail[:500])


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
        return Finding(_HIDDEN, severity, Action.REMOVED, where=f"HTML, text hidden by {reason}", detail=detail[:500])
