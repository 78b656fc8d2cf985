"""Every file of the corpus, bombs and fuzzers' finds among them, in one run of `kiyome clean`, and what it leaves."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

SECONDS = 20  # of the budget; honest files here take a tenth of one
# Of the gateway's side alone: 60 MiB of Python and libraries, two originals and two results, the report of all files.
MOST_MEMORY = 256 << 20
PATIENCE = 60  # seconds for processes to be gone that are told to go


@dataclass
class Run:
    """What was seen of the command while it ran, and what it left."""

    folder: Path
    status: int = -1
    peak: int = 0
    processes: set[tuple[int, str]] = field(default_factory=set)

    @property
    def report(self) -> list[dict[str, Any]]:
        return json.loads((self.folder / "report.json").read_bytes())

    def left_in(self, name: str) -> set[str]:
        """Files and folders."""
        return {str(path.relative_to(self.folder / name)) for path in (self.folder / name).rglob("*")}


@pytest.fixture(scope="module")
def run(corpus: Path, project: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = Run(tmp_path_factory.mktemp("clean"))
    for name in ("temporary", "here", "home"):
        (run.folder / name).mkdir()
    rules = (project / "config" / "rules.toml").read_text(encoding="utf-8")
    assert "\nseconds = 60\n" in rules
    (run.folder / "rules.toml").write_text(rules.replace("\nseconds = 60\n", f"\nseconds = {SECONDS}\n"), "utf-8")
    command = [sys.executable, "-m", "gateway", "clean", str(corpus), "-o", str(run.folder / "out")]
    command += ["--report", str(run.folder / "report.json"), "--rules", str(run.folder / "rules.toml")]
    with (run.folder / "said").open("wb") as said, (run.folder / "complained").open("wb") as complained:
        process = subprocess.Popen(
            command,
            stdout=said,
            stderr=complained,
            cwd=run.folder / "here",
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(project),
                "HOME": str(run.folder / "home"),
                "TMPDIR": str(run.folder / "temporary"),
                "LC_ALL": "C.UTF-8",
            },
        )
        while process.poll() is None:
            run.peak = max(run.peak, peak_of(process.pid))
            run.processes |= set(descendants(process.pid))
            time.sleep(0.05)
    run.status = process.returncode
    return run


def peak_of(pid: int) -> int:
    """Bytes that were resident at most (proc(5), VmHWM)."""
    for line in lines_of(pid, "status"):
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def descendants(pid: int) -> Iterator[tuple[int, str]]:
    """Children and theirs, each with the time of its start: numbers are given again."""
    for thread in threads_of(pid):
        for child in map(int, " ".join(lines_of(pid, f"task/{thread}/children")).split()):
            yield child, started(child)
            yield from descendants(child)


def threads_of(pid: int) -> list[str]:
    """None of a process that has ended since it was seen."""
    try:
        return os.listdir(f"/proc/{pid}/task")  # noqa: PTH208 - names only
    except OSError:
        return []


def started(pid: int) -> str:
    """In clock ticks since boot; "" when it is gone (proc(5), the 22nd field of stat)."""
    return next((line.rpartition(")")[2].split()[19] for line in lines_of(pid, "stat")), "")


def lines_of(pid: int, name: str) -> list[str]:
    try:
        return Path(f"/proc/{pid}/{name}").read_text().splitlines()
    except OSError:
        return []


def test_it_ends_as_it_should(run: Run) -> None:
    complaints = (run.folder / "complained").read_text()
    assert run.status in {0, 3}, complaints
    assert "Traceback" not in complaints
    assert "Traceback" not in (run.folder / "said").read_text()


def test_every_file_is_in_the_report(run: Run, corpus: Path) -> None:
    files = sorted(str(path.relative_to(corpus)) for path in corpus.rglob("*") if path.is_file())
    assert len(files) > 2_000
    assert sorted(entry["file"] for entry in run.report) == files


def test_no_child_died(run: Run) -> None:
    """Not even of files that were made to crash other programs."""
    for entry in run.report:
        for found in findings(entry):
            assert "sanitising process" not in found["detail"], entry["file"]
            assert "forbidden system call" not in found["detail"], entry["file"]


def test_no_file_took_longer_than_its_budget(run: Run) -> None:
    for entry in run.report:
        # Whoever ends it may have had to wait for the processor as well.
        assert entry["report"]["parts"][0]["milliseconds"] < 3 * SECONDS * 1_000, entry["file"]
        for found in findings(entry):
            if found["detail"].startswith("not done within"):
                assert found["threat"] == "limit_exceeded", entry["file"]
                assert entry["output"] is None, entry["file"]


def findings(entry: dict[str, Any]) -> list[dict[str, Any]]:
    return [found for part in entry["report"]["parts"] for found in part["findings"]]


def test_the_memory_of_the_parent_stays_small(run: Run) -> None:
    assert 0 < run.peak < MOST_MEMORY


def test_nothing_is_written_but_what_the_report_names(run: Run) -> None:
    out = run.folder / "out"
    named = {str(Path(entry["output"]).relative_to(out)) for entry in run.report if entry["output"]}
    written = {name for name in run.left_in("out") if not (out / name).is_dir()}
    assert named
    assert written == named
    assert {entry["file"] for entry in run.report if not entry["output"]} >= {
        entry["file"] for entry in run.report if entry["decision"]["verdict"] == "hold"
    }


def test_nothing_is_left_behind(run: Run) -> None:
    for name in ("temporary", "here", "home"):
        assert run.left_in(name) == set(), name
    assert len(run.processes) > 1
    until = time.monotonic() + PATIENCE
    while left := {(pid, start) for pid, start in run.processes if start and started(pid) == start}:
        assert time.monotonic() < until, left
        time.sleep(0.1)
