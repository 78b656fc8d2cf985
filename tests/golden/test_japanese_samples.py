"""The samples of Japanese formats are those that their writer makes, and what nothing here can write says why."""

import pytest

from tests.golden.japanese_samples import ALL, BLOCKED, SAMPLES, Sample
from tests.unit.sanitizers.japanese.working import cleaned, reason


@pytest.mark.parametrize("sample", ALL, ids=lambda sample: sample.path)
def test_the_files_are_those_of_the_writer(sample: Sample) -> None:
    path = SAMPLES / sample.path
    assert path.read_bytes() == sample.data, "run: python -m tests.golden.japanese_samples"
    assert path.with_suffix(".toml").read_text(encoding="utf-8") == sample.about


def test_no_other_file_lies_there() -> None:
    made = {path for sample in ALL for path in (SAMPLES / sample.path, (SAMPLES / sample.path).with_suffix(".toml"))}
    for folder in ("ichitaro", "hwp", "cad", "blocked"):
        assert set((SAMPLES / folder).iterdir()) <= made


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("docuworks.xdw", "DocuWorks"),
        ("unknown.xbd", "DocuWorks"),
        ("jw-cad.jww", "Jw_cad"),
        ("autocad.dwg", "AutoCAD"),
    ],
)
def test_what_cannot_be_written_says_so_in_plain_words(name: str, says: str) -> None:
    (sample,) = (each for each in BLOCKED if each.path.endswith(name))
    told = reason(cleaned(sample.data, name))
    assert told.startswith(says)
    assert "ask the sender for" in told


@pytest.mark.parametrize(("name", "says"), [("docuworks.xdw", "DocuWorks"), ("jw-cad.jww", "Jw_cad")])
def test_a_name_changes_nothing(name: str, says: str) -> None:
    (sample,) = (each for each in BLOCKED if each.path.endswith(name))
    assert reason(cleaned(sample.data, "a.docx")).startswith(says)
