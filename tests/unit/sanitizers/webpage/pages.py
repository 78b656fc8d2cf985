"""What the tests of pages share: cleaning one as the gateway would, with drawings and pictures as children."""

from dataclasses import dataclass, field

from sanitizers.budget import BudgetMeter
from sanitizers.formats.html import HtmlBody
from sanitizers.formats.svg import Svg
from sanitizers.formats.webpage import Webpage
from sanitizers.job import Role
from sanitizers.model import Action, CannotSanitize, File, Finding, Notice, Outcome, Rebuilt, Severity, Threat, Withheld
from sanitizers.rules import Budget, Links, Profile
from sanitizers.verify.webpage import verify

CLEAN_PICTURE = b"a clean picture"
_BLOCKED = Finding(Threat.MALFORMED, Severity.WARNING, Action.BLOCKED, "", "not a picture")


@dataclass
class ParentJob:
    """A job whose children are real drawings and bodies; every PNG is called clean."""

    rules: Profile = field(default_factory=Profile)
    notice: Notice = field(default_factory=lambda: Notice("20261121-AAAA-AAAA", ()))
    budget: BudgetMeter = field(default_factory=lambda: BudgetMeter(Budget()))
    children: list[tuple[str, bytes, Role]] = field(default_factory=list)

    def child(self, name: str, claimed_type: str, data: bytes, *, role: Role) -> Rebuilt | Withheld:
        self.children.append((claimed_type, data, role))
        if role is Role.BODY:
            return HtmlBody().rebuild(File(name, claimed_type, "text/html", data), self)
        if claimed_type == "image/svg+xml" and b"<svg" in data:
            try:
                return Svg().rebuild(File(name, claimed_type, claimed_type, data), self)
            except CannotSanitize:
                return Withheld(name, claimed_type, len(data), Outcome.BLOCKED, _BLOCKED)
        if data.startswith(b"\x89PNG") or data == CLEAN_PICTURE:
            return Rebuilt(CLEAN_PICTURE, name, "image/png")
        return Withheld(name, claimed_type, len(data), Outcome.BLOCKED, _BLOCKED)


def rebuilt(html: str | bytes, job: ParentJob | None = None, claimed_type: str = "text/html") -> Rebuilt:
    """A whole file, read a second time as well."""
    data = html.encode() if isinstance(html, str) else html
    result = Webpage().rebuild(File("a.html", claimed_type, "text/html", data), job or ParentJob())
    if result.type == "text/html":
        verify(result.data)
    return result


def body_of(html: str, links: Links = Links.KEPT) -> str:
    """What stands between <body> and </body>."""
    page = rebuilt(f"<!DOCTYPE html><body>{html}", ParentJob(Profile(links=links))).data.decode()
    return page.partition("<body>")[2].removesuffix("</body></html>")
