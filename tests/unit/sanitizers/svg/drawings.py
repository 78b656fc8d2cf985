"""What the tests of drawings share: cleaning one as the gateway would, and a job whose children are noted."""

from dataclasses import dataclass, field

from sanitizers.budget import BudgetMeter
from sanitizers.formats.svg import Svg
from sanitizers.job import Role
from sanitizers.model import Action, File, Finding, Notice, Outcome, Rebuilt, Severity, Threat, Withheld
from sanitizers.rules import Budget, Links, Profile
from sanitizers.rules import Svg as Rule
from sanitizers.verify.svg import verify

NAMESPACES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
CLEAN_PICTURE = b"a clean picture"


@dataclass
class NotingJob:
    """A job that calls every PNG clean and nothing else."""

    rules: Profile = field(default_factory=Profile)
    notice: Notice = field(default_factory=lambda: Notice("20261121-AAAA-AAAA", ()))
    budget: BudgetMeter = field(default_factory=lambda: BudgetMeter(Budget()))
    children: list[tuple[str, bytes, Role]] = field(default_factory=list)

    def child(self, name: str, claimed_type: str, data: bytes, *, role: Role) -> Rebuilt | Withheld:
        self.children.append((claimed_type, data, role))
        if data.startswith(b"\x89PNG") or data == CLEAN_PICTURE:
            return Rebuilt(CLEAN_PICTURE, name, "image/png")
        reason = Finding(Threat.UNSUPPORTED, Severity.WARNING, Action.REMOVED, "", "no sanitizer")
        return Withheld(name, claimed_type, len(data), Outcome.REMOVED, reason)


def rebuilt(inside: str | bytes, job: NotingJob | None = None) -> Rebuilt:
    """A drawing with this inside, or this whole file when it is bytes; read a second time as well."""
    data = inside if isinstance(inside, bytes) else drawing(inside)
    result = Svg().rebuild(File("a.svg", "", "image/svg+xml", data), job or NotingJob())
    if result.type == "image/svg+xml":
        verify(result.data)
    return result


def drawing(inside: str) -> bytes:
    return f'<svg {NAMESPACES} width="100" height="50">{inside}</svg>'.encode()


def svg_of(inside: str | bytes, links: Links = Links.KEPT) -> str:
    return rebuilt(inside, NotingJob(Profile(links=links))).data.decode()


def as_picture() -> NotingJob:
    return NotingJob(Profile(svg=Rule.PICTURE))
