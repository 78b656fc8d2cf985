"""What the tests of HTML bodies share: reading a page as the gateway would."""

from dataclasses import dataclass, field

from sanitizers.budget import BudgetMeter
from sanitizers.formats.html import HtmlBody
from sanitizers.job import Role
from sanitizers.model import File, Finding, Notice, Rebuilt, Severity, Threat, Withheld
from sanitizers.rules import Budget, Links, Profile


@dataclass
class LoneJob:
    """A job without children: an HTML body has none."""

    rules: Profile = field(default_factory=Profile)
    notice: Notice = field(default_factory=lambda: Notice("20261121-AAAA-AAAA", ()))
    budget: BudgetMeter = field(default_factory=lambda: BudgetMeter(Budget()))

    def child(self, name: str, claimed_type: str, data: bytes, *, role: Role) -> Rebuilt | Withheld:
        raise AssertionError("an HTML body has no children")


def rebuilt(html: str | bytes, claimed_type: str = "text/html", links: Links = Links.KEPT) -> Rebuilt:
    data = html.encode() if isinstance(html, str) else html
    return HtmlBody().rebuild(File("", claimed_type, "text/html", data), LoneJob(Profile(links=links)))


def text_of(html: str | bytes, claimed_type: str = "text/html", links: Links = Links.KEPT) -> str:
    return rebuilt(html, claimed_type, links).data.decode().rstrip("\n")


def findings_of(html: str) -> tuple[Finding, ...]:
    return rebuilt(html).findings


def kinds_of(html: str) -> set[tuple[Threat, Severity]]:
    return {(finding.threat, finding.severity) for finding in findings_of(html)}
