"""`python -m bench.fidelity`: cleans a folder of real files and tells, type by type, what came through and how alike.

Every file goes through `kiyome clean`, one run for each family. Then readers that Kiyome does not write with open the
originals and the clean files: pdfium and qpdf for PDF, Pillow for pictures, resvg for SVG, python-docx, openpyxl,
python-pptx and odfdo for Office files, which LibreOffice draws too, before and after. Words, cells and pictures are
counted, the first page or picture is compared (SSIM: 1 is the same). A file counts as well formed when such a reader
opens the original; what no gateway should pass is counted apart (`bench.fidelity_apart`).
"""

import argparse
import csv
import json
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from bench import drawing
from bench.fidelity_apart import OTHER_ENDINGS, why_apart
from bench.fidelity_office import FLAT
from bench.fidelity_reading import Request
from bench.fidelity_table import Result, tell

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 120  # seconds for a reader; a file that takes longer counts as one that it does not open
EXTENSIONS = {
    "pdf": {".pdf"},
    "image": {".jpg", ".jpeg", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".heic", ".avif", ".ico", ".psd"},
    "svg": {".svg", ".svgz"},
    "html": {".html", ".htm", ".xhtml"},
    "text": {".txt", ".log", ".md", ".json", ".xml"},
    "csv": {".csv", ".tsv"},
    "docx": {".docx", ".docm", ".dotx", ".dotm"},
    "xlsx": {".xlsx", ".xlsm", ".xltx", ".xltm"},
    "pptx": {".pptx", ".pptm", ".potx", ".potm", ".ppsx", ".ppsm"},
    "odf": {f".{way}{kind}" for way in ("od", "ot", "fod") for kind in "tspg"},
    "doc": {".doc", ".dot"},
    "xls": {".xls", ".xlt", ".xlsb"},
    "ppt": {".ppt", ".pps", ".pot"},
    "rtf": {".rtf"},
    "other": set(OTHER_ENDINGS),
}
OFFICE = {"docx", "xlsx", "pptx", "odf", "doc", "xls", "ppt", "rtf"}  # what LibreOffice draws
FAMILY_OF_KIND = {
    "pdf": "pdf", "image": "image", "svg": "svg", "html/mht": "html", "text/other": "text", "json": "text",
    "xml": "text", "csv/sylk": "csv",
}  # fmt: skip
BY_ENDING = {"ooxml": "docx", "ole-office": "other", "legacy-office-other": "other", "odf": "other", "rtf": "rtf"}
#: kinds whose family the ending tells, and the family of what has none of these endings


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
                if family := family_of(row["kind"], row["mime"], Path(row["local"])):
                    found[family].append(folder / row["local"])
        return found
    for path in sorted(folder.rglob("*")):
        if path.is_file() and (family := by_ending(path)):
            found[family].append(path)
    return found


def family_of(kind: str, mime: str, path: Path) -> str:
    """Of a row of INDEX.tsv; "" when it has none."""
    if kind == "html/mht" and "html" not in mime:
        return ""
    return (by_ending(path) or BY_ENDING[kind]) if kind in BY_ENDING else FAMILY_OF_KIND.get(kind, "")


def by_ending(path: Path) -> str:
    return next((family for family, endings in EXTENSIONS.items() if path.suffix.lower() in endings), "")


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

    def compare(self, request: Request) -> dict[str, object]:
        process = self._process = self._process or self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(msgspec.json.encode(request).decode() + "\n")
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
        if request.clean is None:
            return {"original_error": ended}
        alone = self.compare(msgspec.structs.replace(request, clean=None))  # whose fault was it?
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


def results(
    family: str, files: list[Path], fates: list[dict], base: Path, drawer: drawing.Drawer | None
) -> Iterator[Result]:
    """Each file with what the readers say of it."""
    drawn: dict[Path, Path | None] = {}
    flat: dict[Path, Path | None] = {}
    if drawer and family in OFFICE:
        both = [*files, *(Path(fate["output"]) for fate in fates if fate["output"])]
        drawn = drawer.drawn(both)
        flat = drawer.drawn(both, FLAT[family]) if family in FLAT else {}
    readers = Readers()
    try:
        for number, (path, fate) in enumerate(zip(files, fates, strict=True)):
            if sys.stderr.isatty():
                print(f"\r{family}: {number + 1} of {len(files)} ", end="", file=sys.stderr, flush=True)
            after = Path(fate["output"] or "")
            views = [
                [str(made) if (made := seen.get(each)) else None for each in (path, after)] for seen in (drawn, flat)
            ]
            request = Request(family, str(path), fate["output"], *map(tuple, views))
            yield result(family, str(path.relative_to(base)), fate, readers.compare(request))
    finally:
        readers.close()
        if sys.stderr.isatty():
            print("\r" + " " * 40 + "\r", end="", file=sys.stderr)


def result(family: str, path: str, fate: dict, seen: dict[str, object]) -> Result:
    part = fate["report"]["parts"][0]
    return Result(
        file=path,
        family=family,
        outcome=fate["outcome"],
        reason="" if fate["output"] else why_not(fate),
        apart=why_apart(path, part["detected_type"], seen),
        drawn=any("as a picture" in found["detail"] for found in part["findings"]),
        size_in=fate["size_in"],
        size_out=fate["size_out"],
        milliseconds=part["milliseconds"],
        seen=seen,
    )


def why_not(fate: dict) -> str:
    findings = [found for part in fate["report"]["parts"] for found in part["findings"]]
    stopping = [found for found in findings if found["action"] == "blocked"] or findings[-1:]
    told = "; ".join(f"{found['threat']}: {found['detail']}" for found in stopping[:2])
    return told or f"held: {fate['decision']['rule']}"


def main() -> int:
    """0; the figures are for a person to judge."""
    parser = argparse.ArgumentParser(prog="python -m bench.fidelity", description=__doc__)
    parser.add_argument("corpus", nargs="?", type=Path, help="folder of real files; $KIYOME_CORPUS or ../shared/corpus")
    parser.add_argument("--kind", action="append", choices=list(EXTENSIONS), help="only this family (repeatable)")
    parser.add_argument("--profile", default="standard")
    parser.add_argument("--rules", type=Path)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure to a file")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave the clean files there")
    parser.add_argument(
        "--drawn", type=Path, metavar="DIR", help="leave LibreOffice's drawings there, for the next run too"
    )
    options = parser.parse_args()
    folder = corpus_folder(options.corpus).resolve()
    if why := drawing.missing():
        print(f"fidelity: Office files are not drawn: {why}", file=sys.stderr)
    everything: list[Result] = []
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="kiyome-fidelity-") as scratch:
        drawer = None if drawing.missing() else drawing.Drawer((options.drawn or Path(scratch) / "drawn").resolve())
        for family, files in files_by_family(folder).items():
            if not files or (options.kind and family not in options.kind):
                continue
            work = (options.keep.resolve() if options.keep else Path(scratch)) / family
            fates, seconds[family] = cleaned(files, options, work)
            everything += results(family, files, fates, folder, drawer)
        tell(everything, seconds)
    if options.json:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(everything)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
