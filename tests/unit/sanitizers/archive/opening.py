"""An archive through the engine, and what is in the new one."""

from sanitizers.engine import clean
from sanitizers.model import Cleaned, DnsAnswer, Finding, Notice
from sanitizers.rules import Budget, Kind, Profile, Task
from tests.golden.archive_readers import members

TEXT = "清めの後に残る文\n".encode()


def cleaned(name: str, data: bytes, *, passwords: tuple[str, ...] = (), budget: Budget | None = None) -> Cleaned:
    task = Task("x", Kind.FILE, name, Profile(), budget or Budget(), Notice("x", ()), passwords=passwords)
    result = clean(task, data, lambda _name, _type: DnsAnswer("failed"))
    assert result is not None
    return result


def inside(result: Cleaned) -> dict[str, bytes]:
    assert result.data is not None, result.report.parts[0].findings
    return members(result.data)


def findings(result: Cleaned) -> list[Finding]:
    return [finding for part in result.report.parts for finding in part.findings]


def details(result: Cleaned) -> str:
    return "\n".join(finding.detail for finding in findings(result))
