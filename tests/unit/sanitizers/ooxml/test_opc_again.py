"""Each sample of Office files: what was cleaned once is, cleaned again, the same byte for byte."""

from pathlib import Path

import pytest

from sanitizers.engine import clean
from sanitizers.model import Cleaned, DnsAnswer, Notice
from sanitizers.rules import Budget, Kind, Profile, Task

FOLDER = Path(__file__).resolve().parents[4] / "samples" / "ooxml"
SAMPLES = sorted(path for path in FOLDER.glob("*") if path.suffix != ".toml" and not path.name.startswith("excel-"))


def cleaned(data: bytes, name: str) -> Cleaned:
    task = Task("20261121-TEST-TEST", Kind.FILE, name, Profile(), Budget(), Notice("", ()))
    result = clean(task, data, lambda _name, _type: DnsAnswer("failed"))
    assert result is not None
    return result


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_cleaned_again_a_sample_stays_as_it_is(sample: Path) -> None:
    first = cleaned(sample.read_bytes(), sample.name)
    if first.data is not None:
        assert cleaned(first.data, first.name).data == first.data
