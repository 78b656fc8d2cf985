"""Reports kept plain and within bounds: no control characters, no endless lists."""

import re
from collections.abc import Iterable, Sequence

from sanitizers.budget import (
    DETAIL_CHARACTERS,
    FACT_CHARACTERS,
    FINDINGS_PER_ITEM,
    FINDINGS_PER_PART,
    NAME_CHARACTERS,
    WHERE_CHARACTERS,
)
from sanitizers.model import (
    Action,
    AuthenticationResult,
    Cleaned,
    Finding,
    MailFacts,
    Outcome,
    PartReport,
    Report,
    Severity,
    Threat,
)
from sanitizers.rules import Kind

#: Controls, line separators, bidirectional controls and lone surrogates: nothing that could rearrange a line.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

FindingKind = tuple[Threat, Severity, Action]


def plain(text: str, limit: int) -> str:
    """At most `limit` characters, none of them UNPRINTABLE."""
    text = text[:limit]
    return UNPRINTABLE.sub("�", text) if UNPRINTABLE.search(text) else text


def plain_facts(facts: MailFacts) -> MailFacts:
    """Every value within its limit."""
    return MailFacts(*(plain(getattr(facts, field), FACT_CHARACTERS) for field in facts.__struct_fields__))


def plain_authentication(results: Iterable[AuthenticationResult]) -> tuple[AuthenticationResult, ...]:
    """ASCII, and every value within its limit."""
    return tuple(
        AuthenticationResult(x.method, x.result, _ascii(x.domain, NAME_CHARACTERS), _ascii(x.detail, WHERE_CHARACTERS))
        for x in results
    )


def blocked(
    kind: Kind, size: int, sha256_in: str, threat: Threat, detail: str, severity: Severity = Severity.WARNING
) -> Cleaned:
    """Nothing of the item may go on, and nothing is known of its parts."""
    finding = Finding(threat, severity, Action.BLOCKED, "", plain(detail, DETAIL_CHARACTERS))
    part = PartReport(
        path="1",
        name="",
        claimed_type="",
        detected_type="message/rfc822" if kind is Kind.MAIL else "",
        sanitizer="",
        outcome=Outcome.BLOCKED,
        size_in=size,
        size_out=0,
        sha256_in=sha256_in,
        sha256_out="",
        findings=(finding,),
        milliseconds=0.0,
    )
    return Cleaned(None, "", "", Report((part,)))


class FindingsLedger:
    """Keeps the findings of an item within bounds without losing a kind: rules ask whether a threat was met at all."""

    def __init__(self) -> None:
        self._room = FINDINGS_PER_ITEM
        self._kinds: set[FindingKind] = set()

    def enter(self, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        """The findings of one part as they go into the report."""
        room = min(FINDINGS_PER_PART, self._room)
        if len(findings) > room:
            findings = self._shortened(findings, room)
        self._room = max(0, self._room - len(findings))
        self._kinds.update((found.threat, found.severity, found.action) for found in findings)
        return tuple(_plain_finding(found) for found in findings)

    def _shortened(self, findings: Sequence[Finding], room: int) -> list[Finding]:
        first_of_kind: dict[FindingKind, int] = {}
        for index, found in enumerate(findings):
            first_of_kind.setdefault((found.threat, found.severity, found.action), index)
        nearly_full = room < FINDINGS_PER_PART  # then a kind that the item's list has already is not repeated
        kept = [i for kind, i in first_of_kind.items() if not (nearly_full and kind in self._kinds)]
        chosen = set(kept)
        others = [index for index in range(len(findings)) if index not in chosen]
        kept += others[: max(0, room - len(kept) - 1)]
        shortened = [findings[index] for index in kept]
        if len(shortened) < room:
            left = f"{len(findings) - len(shortened)} more findings not listed"
            shortened.append(Finding(findings[-1].threat, Severity.NOTE, Action.NOTED, "", left))
        return shortened


def _plain_finding(found: Finding) -> Finding:
    where, detail = plain(found.where, WHERE_CHARACTERS), plain(found.detail, DETAIL_CHARACTERS)
    if where == found.where and detail == found.detail:
        return found
    return Finding(found.threat, found.severity, found.action, where, detail)


def _ascii(text: str, limit: int) -> str:
    return plain(text.encode("ascii", "replace").decode("ascii"), limit).replace("�", "?")
