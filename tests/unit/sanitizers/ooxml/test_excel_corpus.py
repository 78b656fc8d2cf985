"""Every workbook of the corpus through the engine: what a second library reads from it before and after is the same."""

import csv
import io
import warnings
from pathlib import Path

import openpyxl
import pytest

from sanitizers.model import Action, Threat
from tests.unit.sanitizers.ooxml.excel_books import cleaned, findings_of

ENDINGS = (".xlsx", ".xlsm", ".xltx", ".xltm")
ENCRYPTED = "application/encrypted"

#: Files that no program opens: not a ZIP, or one whose parts cannot be parsed.
BROKEN = frozenset(
    {
        "clusterfuzz-testcase-minimized-POIXSSFFuzzer-6448258963341312.xlsx",
        "clusterfuzz-testcase-minimized-XLSX2CSVFuzzer-5636439151607808.xlsx",
        "clusterfuzz-testcase-minimized-XLSX2CSVFuzzer-6504225896792064.xlsx",
        "xlsx-corrupted.xlsx",
    }
)
#: Formulas with other workbooks or programs: name of the file → cells whose value takes the place of the formula.
REPLACED = {
    "ExternalLink.xlsx": 1,
    "link-external-workbook-b.xlsx": 1,
    "stress020.xlsx": 1,
}
#: Whole sheets of macros.
GONE_SHEETS = {"excel4_sample_macro.xlsm": {"Macro1"}}

Cells = dict[tuple[str, str], object]


def workbooks(corpus: Path) -> list[Path]:
    with (corpus / "INDEX.tsv").open(encoding="utf-8", newline="") as index:
        rows = [row for row in csv.DictReader(index, delimiter="\t") if row["local"].endswith(ENDINGS)]
    return [corpus / row["local"] for row in rows if row["mime"] != ENCRYPTED]


def read(data: bytes, *, values: bool) -> Cells | None:
    """What openpyxl reads, cell by cell; None: it cannot."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            book = openpyxl.load_workbook(io.BytesIO(data), data_only=values)
        except (KeyError, ValueError, TypeError):
            return None
        return {
            (sheet.title, cell.coordinate): (_plain(cell.value), cell.number_format, cell.font.name, cell.font.sz)
            for sheet in book.worksheets
            for line in sheet.iter_rows()
            for cell in line
            if cell.value is not None
        }


def _plain(value: object) -> object:
    """Array formulas are objects; their text tells them apart."""
    return getattr(value, "text", value)


def test_what_is_well_formed_goes_on_and_says_the_same(corpus: Path) -> None:
    known = workbooks(corpus)
    assert len(known) > 30
    different: dict[str, int] = {}
    for path in known:
        original = path.read_bytes()
        result = cleaned(original, path.name)
        assert (result.data is None) == (path.name in BROKEN), (path.name, findings_of(result))
        if result.data is None:
            continue
        gone = GONE_SHEETS.get(path.name, set())
        for values in (False, True):
            before, after = read(original, values=values), read(result.data, values=values)
            assert after is not None, path.name
            if before is None:
                continue
            before = {place: cell for place, cell in before.items() if place[0] not in gone}
            assert after.keys() == before.keys(), path.name
            changed = sum(after[place] != cell for place, cell in before.items())
            assert changed == (0 if values else REPLACED.get(path.name, 0)), path.name
            different[path.name] = max(changed, different.get(path.name, 0))
    assert {name: count for name, count in different.items() if count} == REPLACED


def test_cleaning_again_finds_nothing(corpus: Path) -> None:
    for path in workbooks(corpus):
        result = cleaned(path.read_bytes(), path.name)
        if result.data is None:
            continue
        again = cleaned(result.data, result.name)
        assert not [found for found in findings_of(again) if found.action is not Action.NOTED], path.name
        assert again.type == result.type


@pytest.mark.parametrize(
    ("name", "threat", "words"),
    [
        ("excel4_sample_macro.xlsm", Threat.ACTIVE_CONTENT, "Excel 4.0 macros"),
        ("dde-test.xlsm", Threat.ACTIVE_CONTENT, "DDE"),
        ("testEXCEL_macro.xlsm", Threat.ACTIVE_CONTENT, "VBA"),
        ("sample_with_external_link_to_doc.xlsx", Threat.EXTERNAL_REFERENCE, "OLE"),
        ("45540_form_Footer.xlsx", Threat.ACTIVE_CONTENT, "ActiveX"),
        ("TwoSheetsOneHidden.xlsx", Threat.HIDDEN_CONTENT, "hidden sheets"),
    ],
)
def test_what_was_harmful_is_named(corpus: Path, name: str, threat: Threat, words: str) -> None:
    path = next(path for path in workbooks(corpus) if path.name == name)
    found = findings_of(cleaned(path.read_bytes(), name))
    assert any(each.threat is threat and words in each.detail for each in found), found
