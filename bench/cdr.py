"""`python -m bench.cdr`: pages and megabytes a second of `kiyome clean`, rebuilt and as pictures, beside mat2.

mat2 (Debian package mat2) makes pictures of the pages of a PDF and a new PDF of them, many files at once,
as `kiyome clean` does with its children. All get the same files, in turn. Two ratios are told: of whole
commands, start and end included; and of the middle file alone, mat2's command for it against the report's
own milliseconds, which is what a gateway that runs all day spends. The second is the one that is promised.
"""

import argparse
import io
import json
import logging
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pikepdf
import pypdfium2

from bench.fidelity import ROOT, corpus_folder, files_by_family

PATIENCE = 1_800  # seconds for one run
WANTED = {"rebuilt": 20.0, "pictures": 1.0}  # times mat2
LINE = "Kiyome writes every page anew, so that only what is known goes on."


class Run(msgspec.Struct, frozen=True):
    """One way over all files."""

    seconds: float
    done: int  #: files that came out
    inside: float  #: ms for the middle file: mat2's command for it alone, or the sanitiser's own milliseconds


def missing() -> str:
    """Why it cannot run; "" when it can."""
    return "" if shutil.which("mat2") else "needs mat2: apt-get install mat2"


def pages_of(path: Path) -> int:
    """0: no PDF that all sides can be expected to open."""
    try:
        with pikepdf.open(path) as document, pypdfium2.PdfDocument(path) as other:
            return len(other) if len(document.pages) == len(other) and not document.is_encrypted else 0
    except (pikepdf.PdfError, pikepdf.PasswordError, pypdfium2.PdfiumError, ValueError):
        return 0


def chosen(folder: Path, count: int) -> list[Path]:
    """Evenly from all sizes."""
    files = sorted(
        (path for path in files_by_family(folder)["pdf"] if pages_of(path)), key=lambda path: path.stat().st_size
    )
    return files[:: max(1, len(files) // count)][:count] if files else []


def long_document(path: Path, pages: int) -> Path:
    """Pages full of text, each with its number."""
    pdf = pikepdf.new()
    font = pdf.make_indirect(
        pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    )
    for number in range(pages):
        page = pdf.add_blank_page(page_size=(595, 842))
        lines = "".join(f"({number + 1}.{line} {LINE}) Tj 0 -14 Td\n" for line in range(52))
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F=font))
        page.Contents = pdf.make_stream(f"BT /F 11 Tf 50 790 Td\n{lines}ET".encode())
    out = io.BytesIO()
    pdf.save(out)
    path.write_bytes(out.getvalue())
    return path


def by_mat2(inbox: Path, work: Path) -> Run:
    own = work / "mat2"
    shutil.copytree(inbox, own)
    files = sorted(own.iterdir())
    seconds = seconds_of(["mat2", *map(str, files)])
    done = len(list(own.glob("*.cleaned.pdf")))
    alone = [seconds_of(["mat2", str(path)]) * 1000 for path in files] if len(files) > 1 else [seconds * 1000]
    return Run(seconds, done, statistics.median(alone))


def seconds_of(command: list[str]) -> float:
    """By the clock on the wall."""
    began = time.perf_counter()
    subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)
    return time.perf_counter() - began


def by_kiyome(way: str) -> Callable[[Path, Path], Run]:
    def run(inbox: Path, work: Path) -> Run:
        rules, report = work / f"{way}.toml", work / f"{way}.json"
        rules.write_text(f'[profiles.standard]\npdf = "{way}"\n')
        command = [sys.executable, "-m", "gateway", "clean", str(inbox), "-o", str(work / way)]
        began = time.perf_counter()
        done = subprocess.run(
            [*command, "--rules", str(rules), "--report", str(report)],
            cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        seconds = time.perf_counter() - began
        if done.returncode not in {0, 3}:
            raise SystemExit(f"cdr: kiyome clean ended with {done.returncode}: {done.stderr.strip()[-300:]}")
        fates = json.loads(report.read_text(encoding="utf-8"))
        times = [part["milliseconds"] for fate in fates for part in fate["report"]["parts"][:1]]
        return Run(seconds, sum(fate["output"] is not None for fate in fates), statistics.median(times))

    return run


WAYS: dict[str, Callable[[Path, Path], Run]] = {
    "mat2": by_mat2,
    "rebuilt": by_kiyome("rebuilt"),
    "pictures": by_kiyome("pictures"),
}


def compare(title: str, files: list[Path], rounds: int) -> bool:
    """All ways in turn over the same files; whether the wanted ratios were reached."""
    pages, size = sum(map(pages_of, files)), sum(path.stat().st_size for path in files)
    runs: dict[str, list[Run]] = {way: [] for way in WAYS}
    for number in range(rounds):
        print(f"{title}: round {number + 1} of {rounds} …", file=sys.stderr, flush=True)
        for way, run in WAYS.items():
            with tempfile.TemporaryDirectory(prefix="kiyome-cdr-") as scratch:
                inbox = Path(scratch) / "in"
                inbox.mkdir()
                for index, path in enumerate(files):
                    shutil.copyfile(path, inbox / f"{index:04d}.pdf")
                runs[way].append(run(inbox, Path(scratch)))
    print(f"\n{title}: {len(files)} files, {pages} pages, {size / 1e6:.1f} MB; medians of {rounds} rounds in turn")
    heads = ("seconds", "pages/s", "MB/s", "files out", "times mat2", "ms a file", "times mat2")
    print(" " * 12 + "".join(f"{head:>12}" for head in heads))
    theirs, their_file = (statistics.median(getattr(run, key) for run in runs["mat2"]) for key in ("seconds", "inside"))
    reached = True
    for way, taken in runs.items():
        seconds = statistics.median(run.seconds for run in taken)
        inside = statistics.median(run.inside for run in taken)
        ratio = their_file / inside
        told = f"{seconds:12.2f}{pages / seconds:12.1f}{size / 1e6 / seconds:12.2f}{taken[0].done:12}"
        told += f"{theirs / seconds:12.1f}{inside:12.1f}{ratio:12.1f}"
        print(f"{way:12}{told}" + (f"  (wanted {WANTED[way]:.0f})" if way in WANTED else ""))
        reached = reached and ratio >= WANTED.get(way, 0)
    return reached


def main() -> int:
    """Exit status 0 when every wanted ratio was reached."""
    parser = argparse.ArgumentParser(prog="python -m bench.cdr", description=__doc__)
    parser.add_argument("corpus", nargs="?", type=Path, help="folder of real files; $KIYOME_CORPUS or ../shared/corpus")
    parser.add_argument("--files", type=int, default=60)
    parser.add_argument("--pages", type=int, default=300, help="of the long document; 0: leave it out")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if why := missing():
        print(f"cdr: {why}", file=sys.stderr)
        return 2
    logging.disable(logging.WARNING)  # what pikepdf thinks of the damaged ones among real files
    results = [compare("real files", chosen(corpus_folder(options.corpus), options.files), options.rounds)]
    if options.pages:
        with tempfile.TemporaryDirectory(prefix="kiyome-cdr-") as scratch:
            document = long_document(Path(scratch) / "long.pdf", options.pages)
            results.append(compare("a long document", [document], options.rounds))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
