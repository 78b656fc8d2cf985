"""`python -m bench.office`: files and megabytes a second of `kiyome clean` over Office files, beside mat2.

mat2 (Debian package mat2) takes metadata out of the package and leaves the rest; Kiyome writes it all anew. All
ways get the same files, in turn: mat2 and `kiyome clean` as whole commands over all of them, by the clock; and of each
file alone mat2's command against the sanitiser in one warm process on one core, in milliseconds of CPU, which
other programs on the machine do not change much. The ratio of these two is the one that is promised. The milliseconds
of `kiyome clean` are the report's own, by the clock. Old files and RTF, which mat2 does not read, go through
LibreOffice: of these the figure is what the gateway's own path needs.
"""

import argparse
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from bench.cdr import PATIENCE, Run, by_kiyome, missing, seconds_of
from bench.fidelity import ROOT, corpus_folder, files_by_family

SHOWN_TO_MAT2 = {".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp"}  # it knows no macro variants and no templates
WANTED = {"docx": (4.0, 30), "xlsx": (4.0, 30), "pptx": (2.0, 60), "odf": (4.0, 30)}  # times mat2; CPU ms, at most
LEGACY = ("doc", "xls", "ppt", "rtf")
HEADS = ("seconds", "files/s", "MB/s", "files out", "times mat2", "ms a file", "times mat2")
PROCESS = "one process"


def by_mat2(inbox: Path, work: Path) -> Run:
    """One command for all, by the clock; then one for each file, by its CPU."""
    own = work / "mat2"
    shutil.copytree(inbox, own)
    files = sorted(own.iterdir())
    seconds = seconds_of(["mat2", *map(str, files)])
    done = len(list(own.glob("*.cleaned.*")))
    return Run(seconds, done, statistics.median(cpu_of(["mat2", str(path)]) for path in files))


def cpu_of(command: list[str]) -> float:
    """Milliseconds of a command and of all that it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def by_one_process(inbox: Path, _work: Path) -> Run:
    """CPU of the sanitiser alone."""
    command = [sys.executable, "-m", "bench.office_process", *map(str, sorted(inbox.iterdir()))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=True)
    lines = [line.split() for line in done.stdout.splitlines()]
    taken = [float(taken) for taken, _ in lines]
    return Run(sum(taken) / 1000, sum(came_out == "1" for _, came_out in lines), statistics.median(taken))


WAYS = {"mat2": by_mat2, "kiyome clean": by_kiyome("rebuilt"), PROCESS: by_one_process}


def chosen(files: list[Path], count: int) -> list[Path]:
    """Evenly from all sizes, and only what is a whole package; old files and RTF are none."""
    whole = [path for path in files if path.suffix.lower() not in SHOWN_TO_MAT2 or zipfile.is_zipfile(path)]
    order = sorted(whole, key=lambda path: path.stat().st_size)
    return order[:: max(1, len(order) // count)][:count]


def measured(files: list[Path], ways: list[str], rounds: int, title: str) -> dict[str, list[Run]]:
    """All ways in turn over the same files, `rounds` times."""
    runs: dict[str, list[Run]] = {way: [] for way in ways}
    for number in range(rounds):
        print(f"{title}: round {number + 1} of {rounds} …", file=sys.stderr, flush=True)
        for way in ways:
            with tempfile.TemporaryDirectory(prefix="kiyome-office-") as scratch:
                inbox = Path(scratch) / "in"
                inbox.mkdir()
                for index, path in enumerate(files):
                    shutil.copyfile(path, inbox / f"{index:04d}{path.suffix.lower()}")
                runs[way].append(WAYS[way](inbox, Path(scratch)))
    return runs


def told(title: str, files: list[Path], runs: dict[str, list[Run]]) -> dict[str, tuple[float, float]]:
    """The table of one family; of each way the milliseconds of the middle file and how many times mat2 that is."""
    size = sum(path.stat().st_size for path in files) / 1e6
    print(f"\n{title}: {len(files)} files, {size:.1f} MB; medians of {len(next(iter(runs.values())))} rounds in turn")
    print(" " * 14 + "".join(f"{head:>12}" for head in HEADS))
    peer = runs.get("mat2")
    figures: dict[str, tuple[float, float]] = {}
    for way, taken in runs.items():
        seconds, inside = middle(taken)
        all_ratio, ratio = (
            (theirs / own for theirs, own in zip(middle(peer), (seconds, inside), strict=True)) if peer else (0, 0)
        )
        ratios = [f"{value:12.1f}" if peer else f"{'-':>12}" for value in (all_ratio, ratio)]
        print(f"{way:14}{seconds:12.2f}{len(files) / seconds:12.1f}{size / seconds:12.2f}{taken[0].done:12}"
              f"{ratios[0]}{inside:12.1f}{ratios[1]}")  # fmt: skip
        figures[way] = (inside, ratio)
    return figures


def middle(runs: list[Run]) -> tuple[float, float]:
    """Seconds for all, and milliseconds of the middle file."""
    return statistics.median(run.seconds for run in runs), statistics.median(run.inside for run in runs)


def reached(family: str, milliseconds: float, ratio: float) -> bool:
    """Whether the ratio is what is promised; the milliseconds are told, for a person who knows the machine."""
    times, most = WANTED[family]
    print(
        f"  {family}: {ratio:.1f} times mat2 (wanted {times:.0f}), {milliseconds:.1f} ms of CPU (aim: {most} or less)"
    )
    return ratio >= times


def main() -> int:
    """Exit status 0 when every wanted ratio was reached."""
    parser = argparse.ArgumentParser(prog="python -m bench.office", description=__doc__)
    parser.add_argument("corpus", nargs="?", type=Path, help="folder of real files; $KIYOME_CORPUS or ../shared/corpus")
    parser.add_argument("--files", type=int, default=24, help="of each family")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if why := missing():
        print(f"office: {why}", file=sys.stderr)
        return 2
    families = files_by_family(corpus_folder(options.corpus))
    good = True
    for family in WANTED:
        files = chosen([path for path in families[family] if path.suffix.lower() in SHOWN_TO_MAT2], options.files)
        if files:
            figures = told(family, files, measured(files, list(WAYS), options.rounds, family))
            good = reached(family, *figures[PROCESS]) and good
    for family in LEGACY:
        if files := chosen(families[family], max(1, options.files // 3)):
            told(f"{family} (LibreOffice)", files, measured(files, ["kiyome clean"], options.rounds, family))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
