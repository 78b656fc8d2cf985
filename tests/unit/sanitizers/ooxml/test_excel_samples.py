"""The samples of workbooks: what must vanish is in no part, what must stay is read by a second library."""

import io
import tomllib
from pathlib import Path

import openpyxl
import pytest

from sanitizers.model import Action
from tests.deep_search import places
from tests.unit.sanitizers.ooxml.excel_books import cleaned, findings_of

FOLDER = Path(__file__).resolve().parents[4] / "samples" / "ooxml"
SAMPLES = sorted(path for path in FOLDER.glob("excel-*") if path.suffix != ".toml")


def told_of(sample: Path) -> dict[str, list[str]]:
    return tomllib.loads(sample.with_suffix(".toml").read_text(encoding="utf-8"))


def shown(data: bytes) -> str:
    book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    cells = (cell.value for sheet in book.worksheets for line in sheet.iter_rows() for cell in line)
    return "\n".join(str(value) for value in cells if value is not None)


def test_there_is_a_sample_for_each_construct() -> None:
    assert len(SAMPLES) > 60
    assert {path.with_suffix(".toml") for path in SAMPLES} == set(FOLDER.glob("excel-*.toml"))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_a_sample_loses_its_harm_and_keeps_its_words(sample: Path) -> None:
    about = told_of(sample)
    result = cleaned(sample.read_bytes(), sample.name)
    assert result.data is not None, findings_of(result)
    assert result.name.endswith(".xlsx")
    assert not about["must_vanish"] or not places(result.data, about["must_vanish"])
    assert not [words for words in about["must_stay"] if words not in shown(result.data)]
    threats = {found.threat.value for found in findings_of(result)}
    assert threats & set(about["findings"]) if about["findings"] else not threats


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_a_clean_sample_is_clean(sample: Path) -> None:
    result = cleaned(sample.read_bytes(), sample.name)
    again = cleaned(result.data or b"", result.name)
    assert again.data == result.data
    assert not [found for found in findings_of(again) if found.action is not Action.NOTED]
