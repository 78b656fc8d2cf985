"""`python -m bench.fidelity`: cleans a folder of real files and tells, type by type, what came through and how alike.

Every file goes through `kiyome clean`, one run for each family. Then readers that Kiyome does not write with open the
originals and the clean files: pdfium and qpdf for PDF, Pillow for pictures, resvg for SVG. Words are counted, the first
page or picture is compared (SSIM: 1 is the same). A file counts as well formed when such a reader opens the original.
"""

import argparse
import csv
import json
import os
import selectors
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 60  # seconds for a reader; a file that takes longer counts as one that it does not open
EXTENSIONS = {
    "pdf": {".pdf"},
    "image": {".jpg", ".jpeg", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".heic", ".avif", ".ico", ".psd"},
    "svg": {".svg", ".svgz"},
    "html": {".html", ".htm", ".xhtml"},
    "text": {".txt", ".log", ".md", ".json", ".xml"},
    "csv": {".csv", ".tsv"},
}
FAMILY_OF_KIND = {
    "pdf": "pdf", "image": "image", "svg": "svg", "html/mht": "html", "text/other": "text", "json": "text",
    "xml": "text", "csv/sylk": "csv",
}  # fmt: skip
WANTED_WORDS, WANTED_SIMILARITY = 0.995, 0.98
COLUMNS = (
    "files",
    "well formed",
    "passed",
    "drawn",
    "blocked",
    "words kept",
    "SSIM mid",
    "SSIM low",
    "size",
    "ms",
    "reopened",
)


class Result(msgspec.Struct, frozen=True):
    """One file."""

    file: str
    family: str
    outcome: str
    reason: str  #: why nothing was written; "" when something was
    drawn: bool  #: a PDF that could not be rebuilt and goes on as pictures of its pages
    size_in: int
    size_out: int
    milliseconds: float
    seen: dict[str, object]  #: what the readers say: see `bench.fidelity_reading.compare`

    @property
    def well_formed(self) -> bool:
        return "original_error" not in self.seen

    @property
    def passed(self) -> bool:
        return not self.reason


def corpus_folder(named: Path | None) -> Path:
    """As named, as $KIYOME_CORPUS says, or ../shared/corpus beside the checkout."""
    folder = named or Path(os.environ.get("KIYOME_CORPUS", ROOT.parent / "shared" / "corpus"))
    if not folder.is_dir():
        raise SystemExit(f"fidelity: no folder {folder}; name one, or set KIYOME_CORPUS")
    return folder


def files_by_family(folder: Path) -> dict[str, list[Path]]:
    """By the folder's INDEX.tsv where it has one, else by extension."""
    found: dict[str, list[Path]] = {family: [] for family in EXTENSIONS}
    index = folder / "INDEX.tsv"
    if index.is_file():
        with index.open(newline="", encoding="utf-8") as lines:
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                family = FAMILY_OF_KIND.get(row["kind"])
                if family and not (family == "html" and "html" not in row["mime"]):
                    found[family].append(folder / row["local"])
        return found
    for path in sorted(folder.rglob("*")):
        for family, extensions in EXTENSIONS.items():
            if path.is_file() and path.suffix.lower() in extensions:
                found[family].append(path)
    return found


def cleaned(files: list[Path], options: argparse.Namespace, work: Path) -> tuple[list[dict], float]:
    """The fates that `kiyome clean` tells, in the order of the files, and the seconds that it took."""
    inbox = work / "in"
    inbox.mkdir(parents=True)
    for number, path in enumerate(files):
        shutil.copyfile(path, inbox / f"{number:05d}-{path.name}")
    report = work / "report.json"
    command = [sys.executable, "-m", "gateway", "clean", str(inbox), "-o", str(work / "out"), "--report", str(report)]
    command += ["--profile", options.profile, *(["--rules", str(options.rules)] if options.rules else [])]
    began = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode not in {0, 3}:
        raise SystemExit(f"fidelity: kiyome clean ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    fates = json.loads(report.read_text(encoding="utf-8"))
    return sorted(fates, key=lambda fate: Path(fate["file"]).name), seconds


class Readers:
    """The reading process; started again when a file ends it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def compare(self, family: str, original: Path, clean: str | None) -> dict[str, object]:
        process = self._process = self._process or self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps({"family": family, "original": str(original), "clean": clean}) + "\n")
            process.stdin.flush()
            with selectors.DefaultSelector() as selector:
                selector.register(process.stdout, selectors.EVENT_READ)
                line = process.stdout.readline() if selector.select(PATIENCE) else ""
        except BrokenPipeError:
            line = ""
        if line:
            answer: dict[str, object] = json.loads(line)
            return answer
        self.close()
        ended = f"the reader crashed or took more than {PATIENCE} s"
        if clean is None:
            return {"original_error": ended}
        alone = self.compare(family, original, None)  # whose fault was it?
        return alone if "original_error" in alone else {"clean_error": ended}

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    @staticmethod
    def _started() -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "bench.fidelity_reading"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(command, cwd=ROOT, text=True, **pipes)


def results(family: str, files: list[Path], fates: list[dict], base: Path) -> Iterator[Result]:
    """Each file with what the readers say of it."""
    readers = Readers()
    try:
        for number, (path, fate) in enumerate(zip(files, fates, strict=True)):
            if sys.stderr.isatty():
                print(f"\r{family}: {number + 1} of {len(files)} ", end="", file=sys.stderr, flush=True)
            part = fate["report"]["parts"][0]
            reason = "" if fate["output"] else why_not(fate)
            yield Result(
                file=str(path.relative_to(base)) if path.is_relative_to(base) else str(path),
                family=family,
                outcome=fate["outcome"],
                reason=reason,
                drawn=any("as a picture" in found["detail"] for found in part["findings"]),
                size_in=fate["size_in"],
                size_out=fate["size_out"],
                milliseconds=part["milliseconds"],
                seen=readers.compare(family, path, fate["output"]),
            )
    finally:
        readers.close()
        if sys.stderr.isatty():
            print("\r" + " " * 40 + "\r", end="", file=sys.stderr)


def why_not(fate: dict) -> str:
    findings = [found for part in fate["report"]["parts"] for found in part["findings"]]
    stopping = [found for found in findings if found["action"] == "blocked"] or findings[-1:]
    told = "; ".join(f"{found['threat']}: {found['detail']}" for found in stopping[:2])
    return told or f"held: {fate['decision']['rule']}"


def table_row(family: str, group: list[Result]) -> tuple[str, ...]:
    well = [one for one in group if one.well_formed]
    through = [one for one in well if one.passed]
    kept = [float(str(one.seen["kept"])) for one in through if "kept" in one.seen]
    alike = sorted(float(str(one.seen["ssim"])) for one in through if "ssim" in one.seen)
    ratio = [one.size_out / one.size_in for one in through if one.size_in]
    reopened = [one for one in through if "clean_error" not in one.seen]
    return (
        family,
        str(len(group)),
        str(len(well)),
        str(len(through)),
        str(sum(one.drawn for one in through)),
        f"{len(well) - len(through)} ({(len(well) - len(through)) / max(1, len(well)):.1%})",
        f"{statistics.mean(kept):.2%}" if kept else "-",
        f"{statistics.median(alike):.4f}" if alike else "-",
        f"{alike[0]:.4f}" if alike else "-",
        f"{statistics.median(ratio):.2f}" if ratio else "-",
        f"{statistics.median(one.milliseconds for one in through):.1f}" if through else "-",
        f"{len(reopened)}/{len(through)}",
    )


def tell(everything: list[Result], seconds: dict[str, float]) -> None:
    """The table, then every file that is not as it should be."""
    groups = {family: [one for one in everything if one.family == family] for family in EXTENSIONS}
    rows = [("", *COLUMNS), *(table_row(family, group) for family, group in groups.items() if group)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for first, *cells in rows:
        print("  ".join([first.ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(cells, widths[1:], strict=True))]))
    for family, taken in seconds.items():
        print(f"{family}: {taken / len(groups[family]):.3f} s a file in the whole run")
    print("drawn: could not be rebuilt, goes on as pictures of its pages")
    print("all of well-formed files; words kept: mean; SSIM: of the first page or picture; size: clean / original;")
    print("ms: in the sanitiser, middle; reopened: the clean file opens in the independent readers")
    well = [one for one in everything if one.well_formed]
    listed("blocked although a reader opens it", [(one, one.reason) for one in well if not one.passed])
    listed("not rebuilt but drawn", [(one, "goes on as pictures of its pages") for one in well if one.drawn])
    refused = [(one, str(one.seen["clean_error"])) for one in well if "clean_error" in one.seen]
    listed("a reader does not open the clean file", refused)
    listed("words lost", [(one, told_words(one)) for one in well if figure(one, "kept") < WANTED_WORDS])
    different = [one for one in well if figure(one, "ssim") < WANTED_SIMILARITY]
    listed("looks different", [(one, f"SSIM {figure(one, 'ssim'):.4f}") for one in different])
    counted = [(one, one.seen["count"]) for one in well if "count" in one.seen]
    changed = [(one, f"{count[0]} before, {count[1]} after") for one, count in counted if count[0] != count[1]]
    listed("another number of pages or frames", changed)
    broken = [one for one in everything if not one.well_formed]
    listed("no reader opens the original", [(one, one.reason or str(one.seen["original_error"])) for one in broken])


def figure(result: Result, name: str) -> float:
    return float(str(result.seen.get(name, 1)))


def told_words(result: Result) -> str:
    return f"{result.seen['kept']:.2%} of {result.seen['words']} kept; lost: {result.seen['lost']}"


def listed(title: str, rows: list[tuple[Result, str]]) -> None:
    if rows:
        print(f"\n{title} ({len(rows)}):")
        for one, what in rows:
            print(f"  {one.family:6}{one.file}\n        {what}")


def main() -> int:
    """0; the figures are for a person to judge."""
    parser = argparse.ArgumentParser(prog="python -m bench.fidelity", description=__doc__)
    parser.add_argument("corpus", nargs="?", type=Path, help="folder of real files; $KIYOME_CORPUS or ../shared/corpus")
    parser.add_argument("--kind", action="append", choices=list(EXTENSIONS), help="only this family (repeatable)")
    parser.add_argument("--profile", default="standard")
    parser.add_argument("--rules", type=Path)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure to a file")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave the clean files there")
    options = parser.parse_args()
    folder = corpus_folder(options.corpus).resolve()
    everything: list[Result] = []
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="kiyome-fidelity-") as scratch:
        for family, files in files_by_family(folder).items():
            if not files or (options.kind and family not in options.kind):
                continue
            work = (options.keep.resolve() if options.keep else Path(scratch)) / family
            fates, seconds[family] = cleaned(files, options, work)
            everything += results(family, files, fates, folder)
        tell(everything, seconds)
    if options.json:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(everything)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
