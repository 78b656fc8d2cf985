"""A job for text files, which need no child, and the way they are cleaned in these tests."""

from typing import cast

from sanitizers.budget import BudgetMeter
from sanitizers.detect import detect
from sanitizers.formats.textfile import TextFile
from sanitizers.job import Job
from sanitizers.model import File, Rebuilt
from sanitizers.registry import VERIFIERS
from sanitizers.rules import Budget, Profile, TextFiles


class TextJob:
    """Rules and a budget."""

    def __init__(self, rule: TextFiles) -> None:
        self.rules = Profile(text_files=rule)
        self.budget = BudgetMeter(Budget())


def rebuilt(data: bytes | str, name: str = "a.txt", claimed: str = "", rule: TextFiles = TextFiles.UTF_8) -> Rebuilt:
    """The clean file, read a second time; a second pass must find nothing and change nothing."""
    once = _once(data.encode() if isinstance(data, str) else data, name, claimed, rule)
    again = _once(once.data, name, "", rule)
    assert again.data == once.data
    assert again.findings == ()
    return once


def _once(data: bytes, name: str, claimed: str, rule: TextFiles) -> Rebuilt:
    file = File(name, claimed, detect(data, claimed), data)
    result = TextFile().rebuild(file, cast("Job", TextJob(rule)))
    VERIFIERS[result.type](result.data)
    return result


def details(result: Rebuilt) -> str:
    """What the report says."""
    return "; ".join(found.detail for found in result.findings)
