"""LibreOffice opens cleaned tables: it shows every cell and works none out."""

import csv
import io
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from lxml import etree

from sanitizers.engine import clean
from sanitizers.model import DnsAnswer, Notice
from sanitizers.rules import Budget, Kind, Profile, Task

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
CELLS = (
    "=1+1",
    "=SUM(A1:A3)",
    "=====",
    "=cmd|' /C calc'!A0",
    "@SUM(1)",
    "+1+A1",
    "-1+A1",
    "＝1+1",
    "＋A1",
    " =1+1",
    "\u3000=1",
    "\t=1",
    '=HYPERLINK("http://x")',
    '="001"',
    "-増加",
    "=",
    "@",
    "-",
    "－",
    "---",
    "-5",
    "-1,234.5",
    "+81-3-1234-5678",
    "-5円",
    "漢字",
)
# All of comma, semicolon and tab divide; formulas are worked out, as nobody should let it.
GREEDY = "44/59/9,34,76,1,,0,false,true,false,false,false,0,true"
COMMAS = "44,34,76,1,,0,false,true,false,false,false,0,true"


def cleaned(table: str) -> bytes:
    task = Task("x", Kind.FILE, "a.csv", Profile(), Budget(), Notice("x", ()))
    result = clean(task, table.encode(), lambda _name, _type: DnsAnswer("failed"))
    assert result is not None
    assert result.data is not None, result.report
    return result.data


def opened(table: bytes, folder: Path, options: str) -> etree._Element:
    """The sheet that LibreOffice makes of a CSV file."""
    if shutil.which("soffice") is None:
        pytest.skip("LibreOffice (soffice) is not installed")
    source = folder / "table.csv"
    source.write_bytes(table)
    command = [
        "soffice",
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--headless",
        "--convert-to",
        "xlsx",
    ]
    command += [f"--infilter=Text - txt - csv (StarCalc):{options}", "--outdir", str(folder / "out"), str(source)]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    with zipfile.ZipFile(folder / "out" / "table.xlsx") as book:
        return etree.fromstring(book.read("xl/worksheets/sheet1.xml"))


def formulas(sheet: etree._Element) -> list[str]:
    return [str(formula.text) for formula in sheet.iter(f"{MAIN}f")]


def table_of(delimiter: str) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows(
        [["名", "値", "備考"], *([f"x{delimiter}y", cell, "z"] for cell in CELLS)]
    )
    return buffer.getvalue()


def test_it_would_work_formulas_out_if_it_could(tmp_path: Path) -> None:
    assert formulas(opened(b"a,=1+1\n", tmp_path, COMMAS)) == ["1+1"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("options", [COMMAS, GREEDY])
def test_no_cell_is_a_formula(delimiter: str, options: str, tmp_path: Path) -> None:
    sheet = opened(cleaned(table_of(delimiter)), tmp_path, options)
    assert formulas(sheet) == []
    assert len(list(sheet.iter(f"{MAIN}row"))) >= len(CELLS)
