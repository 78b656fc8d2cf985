"""A part that is one level too deep is blocked alone: what the engine reports of it, the gateway believes."""

from hashlib import sha256

from sanitizers import engine
from sanitizers.confinement.protocol import ProtocolBroken, Result
from sanitizers.confinement.recheck import Evidence, check_result
from sanitizers.job import Job, Role
from sanitizers.model import Cleaned, DnsAnswer, File, Notice, Outcome, Rebuilt, Threat
from sanitizers.registry import Registry
from sanitizers.rules import Budget, Kind, Profile, Task

DEPTH = 3
TASK = Task("1", Kind.FILE, "a.zip", Profile(), Budget(depth=DEPTH), Notice("1", ()))


class Bundle:
    """A file that holds one of its own kind, for as long as it has bytes."""

    name = "bundle"
    types = frozenset({"application/zip"})
    limitations = ()

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        if len(file.data) > 8:
            job.child("", "", file.data[:-1], role=Role.ATTACHMENT)
        return Rebuilt(b"PK\x03\x04", file.claimed_name, "application/zip")


def cleaned(levels: int) -> tuple[Cleaned, Evidence]:
    data = b"PK\x03\x04" + b"\0" * (4 + levels)
    registry = Registry((), (Bundle(),), {})
    result = engine.clean(TASK, data, lambda _name, _type: DnsAnswer("absent"), registry=registry)
    assert result is not None
    assert result.data is not None
    out = result.data
    return result, Evidence(len(data), sha256(data).hexdigest(), len(out), sha256(out).hexdigest())


def believed(result: Cleaned, evidence: Evidence) -> bool:
    answer = Result(result.name, result.type, result.report, result.facts, result.authentication, evidence.size_out)
    try:
        check_result(answer, TASK, evidence)
    except ProtocolBroken:
        return False
    return True


def test_the_deepest_part_that_is_allowed() -> None:
    result, evidence = cleaned(DEPTH)
    assert {part.outcome for part in result.report.parts} <= {Outcome.CLEAN, Outcome.REBUILT}
    assert believed(result, evidence)


def test_one_level_more_blocks_that_part_alone() -> None:
    result, evidence = cleaned(DEPTH + 1)
    last = result.report.parts[-1]
    assert (last.path, last.outcome) == ("1.1.1.1.1", Outcome.BLOCKED)
    assert [found.threat for found in last.findings] == [Threat.LIMIT_EXCEEDED]
    assert believed(result, evidence)
