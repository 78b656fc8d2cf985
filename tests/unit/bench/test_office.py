"""The benchmark beside mat2: what it takes, what it counts, and when it says that a promise is not kept."""

import io
import sys
from pathlib import Path

import docx
import pytest

from bench.cdr import Run
from bench.office import by_one_process, chosen, cpu_of, reached, told


def document() -> bytes:
    made = docx.Document()
    made.add_paragraph("市")
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def test_files_are_taken_from_all_sizes_and_no_broken_ones(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"{number}.docx").write_bytes(document() + b"\0" * number)
    (tmp_path / "broken.docx").write_bytes(b"broken")
    assert [path.name for path in chosen(list(tmp_path.iterdir()), 2)] == ["0.docx", "2.docx"]


def test_one_process_tells_what_came_out(tmp_path: Path) -> None:
    (tmp_path / "a.docx").write_bytes(document())
    (tmp_path / "b.docx").write_bytes(b"\0" * 99)
    run = by_one_process(tmp_path, tmp_path)
    assert run.done == 1
    assert run.inside > 0


def test_ratios_are_to_mat2_of_the_same_rounds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(b"\0" * 1_000_000)
    own = [Run(1.0, 1, 20.0), Run(2.0, 1, 40.0), Run(9.0, 1, 99.0)]
    figures = told("docx", [path], {"mat2": [Run(4.0, 1, 160.0)] * 3, "one process": own})
    assert figures["one process"] == (40.0, 4.0)
    line = capsys.readouterr().out.splitlines()[-1].split()
    assert line == ["one", "process", "2.00", "0.5", "0.50", "1", "2.0", "40.0", "4.0"]


def test_without_the_peer_there_is_no_ratio(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.doc"
    path.write_bytes(b"\0" * 1_000)
    told("doc", [path], {"kiyome clean": [Run(1.0, 1, 500.0)]})
    assert capsys.readouterr().out.splitlines()[-1].split()[-3:] == ["-", "500.0", "-"]


def test_a_ratio_below_the_promised_one_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert reached("docx", 100.0, 4.0)
    assert not reached("docx", 1.0, 3.9)
    assert "wanted 4" in capsys.readouterr().out


def test_the_cpu_of_a_command_is_its_own() -> None:
    busy = cpu_of([sys.executable, "-c", "sum(range(3_000_000))"])
    assert 0 < cpu_of([sys.executable, "-c", "import time; time.sleep(3)"]) < 2900
    assert busy > 0
