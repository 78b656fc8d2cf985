"""LibreOffice draws in batches; what fails in company is tried again alone, and what was drawn is not drawn again."""

import os
from pathlib import Path

import pytest

from bench import drawing

#: Stands in for LibreOffice: copies files until it meets one that ends it, and keeps a log of its starts.
OFFICE = """#!/bin/sh
while [ "$1" != --outdir ]; do shift; done
out=$2; shift 2
echo $# >> "$LOG"
for file; do
    grep -q crash "$file" && { [ $# = 1 ] && grep -q always "$file" || [ $# -gt 1 ]; } && exit 1
    name=$(basename "$file"); cp "$file" "$out/${name%.*}.pdf"
done
"""


@pytest.fixture
def starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "bin").mkdir()
    office = tmp_path / "bin" / "soffice"
    office.write_text(OFFICE)
    office.chmod(0o755)
    monkeypatch.setenv("PATH", f"{office.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("LOG", str(tmp_path / "log"))
    return tmp_path / "log"


def test_each_file_gets_its_own_drawing(tmp_path: Path, starts: Path) -> None:
    files = [tmp_path / name for name in ("a.docx", "b.xlsx", "c.docx", "d.odt")]
    for path, text in zip(files, ("one", "crash in company", "crash always", "four"), strict=True):
        path.write_text(text)
    drawer = drawing.Drawer(tmp_path / "drawn")
    made = drawer.drawn(files)
    assert [each and each.read_text() for each in made.values()] == ["one", "crash in company", None, "four"]
    before = starts.read_text()
    assert before.startswith("4\n")  # all in one start at first
    assert drawer.drawn(files) == made
    assert starts.read_text() == before  # neither what was drawn nor what could not be


def test_the_same_bytes_with_another_ending_are_another_drawing(tmp_path: Path, starts: Path) -> None:
    for name in ("a.doc", "a.rtf"):
        (tmp_path / name).write_text("same")
    made = drawing.Drawer(tmp_path / "drawn").drawn([tmp_path / "a.doc", tmp_path / "a.rtf"])
    assert len(set(made.values())) == 2
    assert starts.read_text() == "2\n"
