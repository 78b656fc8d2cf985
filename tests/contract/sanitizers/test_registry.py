"""What every registered sanitizer owes: name, types, limitations, samples, and output that is clean the second time."""

from pathlib import Path

import pytest

from gateway.processing.words import ENGLISH, JAPANESE
from sanitizers import engine
from sanitizers.job import Sanitizer
from sanitizers.model import Cleaned, DnsAnswer, Notice
from sanitizers.registry import BODY_SANITIZERS, FILE_SANITIZERS, VERIFIERS
from sanitizers.rules import Budget, Kind, Profile, Task

SAMPLES = Path(__file__).parents[3] / "samples"
MAILS = sorted(SAMPLES.glob("mail/*.eml"))
ALL = (*BODY_SANITIZERS, *FILE_SANITIZERS)


def clean(original: bytes) -> Cleaned:
    notice = Notice("20261121-TEST-0001", (JAPANESE, ENGLISH))
    task = Task(notice.item, Kind.MAIL, "", Profile(), Budget(), notice)
    return engine.clean(task, original, lambda name, rdtype: DnsAnswer("absent"))


@pytest.mark.parametrize("sanitizer", ALL, ids=lambda sanitizer: sanitizer.name)
def test_it_says_what_it_is(sanitizer: Sanitizer) -> None:
    assert sanitizer.name == sanitizer.name.lower().strip() != ""
    assert sanitizer.types
    assert all(kind == kind.lower() and kind.count("/") == 1 and ";" not in kind for kind in sanitizer.types)
    assert sanitizer.limitations
    assert all(limit.strip().endswith(".") for limit in sanitizer.limitations)


def test_names_and_types_have_one_owner() -> None:
    assert len({sanitizer.name for sanitizer in ALL}) == len(ALL)
    for shelf in (BODY_SANITIZERS, FILE_SANITIZERS):
        owned = [kind for sanitizer in shelf for kind in sanitizer.types]
        assert len(owned) == len(set(owned))


def test_what_goes_on_as_a_file_is_read_a_second_time() -> None:
    for sanitizer in FILE_SANITIZERS:
        if sanitizer.name in {"encrypted", "metafile", "outlook", "tnef"}:
            continue  # what they hand over was written, and read again, as a part of its own
        if sanitizer.name in {"archive", "ichitaro", "hwp"}:
            continue  # they write ZIP, Word files and text, never what they read
        assert sanitizer.types & set(VERIFIERS), f"nobody reads again what {sanitizer.name} writes"


@pytest.mark.parametrize("sanitizer", FILE_SANITIZERS, ids=lambda sanitizer: sanitizer.name)
def test_it_has_samples(sanitizer: Sanitizer) -> None:
    assert any((SAMPLES / sanitizer.name).iterdir())


def test_every_sanitizer_of_bodies_is_met_in_the_samples() -> None:
    met = {part.sanitizer for sample in MAILS for part in clean(sample.read_bytes()).report.parts}
    assert {sanitizer.name for sanitizer in BODY_SANITIZERS} <= met


@pytest.mark.parametrize("sample", MAILS, ids=lambda sample: sample.stem)
def test_sanitizing_the_output_again_finds_nothing(sample: Path) -> None:
    first = clean(sample.read_bytes())
    if first.data is None:
        assert first.report.parts[0].findings, "blocked without a reason"
        return
    again = clean(first.data)
    assert again.data is not None
    assert [found for part in again.report.parts for found in part.findings] == []
