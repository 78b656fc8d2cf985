"""`python -m bench.archives`: cleans a folder of real archives; what came through, how fast, and in how much memory.

Every archive goes through `kiyome clean`, one run for all. Whether an original is well formed say bsdtar, 7-Zip and
lhasa; the clean files are opened again by bsdtar and 7-Zip, which must list the same names and give the same bytes.
"""

import argparse
import csv
import sys
import tempfile
from pathlib import Path

import msgspec

from bench import archive_names, archive_speed
from bench.archive_readers import is_box, readers_of, reading_again
from bench.archives_apart import why_apart
from bench.fidelity import cleaned, corpus_folder

KINDS = ("arc-zip", "arc-lzh", "arc-7z", "arc-rar", "arc-cab", "arc-other")
ENDINGS = {
    ".zip": "arc-zip", ".lzh": "arc-lzh", ".lha": "arc-lzh", ".7z": "arc-7z", ".rar": "arc-rar", ".cab": "arc-cab",
    ".tar": "arc-other", ".gz": "arc-other", ".tgz": "arc-other", ".bz2": "arc-other", ".xz": "arc-other",
    ".zst": "arc-other", ".iso": "arc-other", ".cpio": "arc-other", ".ar": "arc-other",
}  # fmt: skip
COLUMNS = ("files", "apart", "opened", "passed", "locked", "blocked", "bsdtar", "7-Zip", "alike", "names", "ms")

LEGEND = """\
apart: a reader unpacks it, and nothing of it should go on: listed below; opened: a reader unpacks any other original
passed, locked, blocked: of these; bsdtar, 7-Zip: open the clean file; alike: both give the same bytes; ms: middle
names: as readers list them in the original, decoded and made safe, or with another ending; what is left out is told"""


class Result(msgspec.Struct, frozen=True):
    """One archive."""

    file: str
    kind: str
    readers: tuple[str, ...]  #: who opens the original
    outcome: str
    reason: str  #: why nothing was written
    apart: str  #: why it is not counted; "" when it is
    milliseconds: float
    reopened: tuple[str, ...]  #: who opens the clean file
    alike: bool  #: both give the same bytes of all members
    strange: tuple[str, ...]  #: names of the clean file that no reader lists in the original
    missing: tuple[str, ...]  #: names of the original that are not in the clean file, and of which the report is silent

    @property
    def counted(self) -> bool:
        """Whether it should have come out."""
        return bool(self.readers) and not self.apart


def archives_in(folder: Path) -> list[tuple[Path, str]]:
    """By the folder's INDEX.tsv where it has one, else by ending."""
    index = folder / "INDEX.tsv"
    if index.is_file():
        with index.open(newline="", encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
        return [(folder / row["local"], row["kind"]) for row in rows if row["kind"] in KINDS]
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in ENDINGS]
    return [(path, ENDINGS[path.suffix.lower()]) for path in paths]


def result(path: Path, kind: str, fate: dict, folder: Path) -> Result:
    parts = fate["report"]["parts"] if fate.get("report") else []
    reasons = [finding["detail"] for part in parts for finding in part["findings"]] or ["no report"]
    if parts and parts[0]["findings"]:
        reasons = [parts[0]["findings"][-1]["detail"]]
    output = Path(fate["output"]) if fate.get("output") else None
    again, alike, strange, missing = (), True, (), ()
    if output is not None:
        again, alike = reading_again(output)
    if output is not None and is_box(output):
        known = archive_names.listings(path, kind)
        strange, missing = archive_names.strange(output, known), archive_names.missing(output, known, parts)
    file = str(path.relative_to(folder))
    return Result(
        file,
        kind,
        readers_of(path, kind),
        fate["outcome"],
        "" if output else reasons[-1],
        "" if output else why_apart(file, reasons[-1]),
        parts[0]["milliseconds"] if parts else 0.0,
        again,
        alike,
        strange,
        missing,
    )


def row(kind: str, group: list[Result]) -> tuple[str, ...]:
    opened = [one for one in group if one.counted]
    passed = [one for one in opened if not one.reason]
    locked = [one for one in opened if one.outcome == "locked"]
    middle = sorted(one.milliseconds for one in passed)
    return (
        kind,
        str(len(group)),
        str(sum(bool(one.readers and one.apart) for one in group)),
        str(len(opened)),
        str(len(passed)),
        str(len(locked)),
        str(len(opened) - len(passed) - len(locked)),
        f"{sum('bsdtar' in one.reopened for one in passed)}/{len(passed)}",
        f"{sum('7-Zip' in one.reopened for one in passed)}/{len(passed)}",
        f"{sum(one.alike for one in passed)}/{len(passed)}",
        f"{sum(not (one.strange or one.missing) for one in passed)}/{len(passed)}",
        f"{middle[len(middle) // 2]:.1f}" if middle else "-",
    )


def tell(everything: list[Result]) -> None:
    """The table, then every archive that is not as it should be, and why."""
    rows = [("", *COLUMNS)]
    rows += [row(kind, [one for one in everything if one.kind == kind]) for kind in KINDS]
    widths = [max(len(each[column]) for each in rows) for column in range(len(rows[0]))]
    for first, *cells in rows:
        print("  ".join([first.ljust(widths[0]), *(c.rjust(w) for c, w in zip(cells, widths[1:], strict=True))]))
    print(LEGEND)
    well = [one for one in everything if one.counted]
    blocked = [one for one in well if one.reason and one.outcome != "locked"]
    listed("blocked although a reader opens it", [(one, f"{', '.join(one.readers)}: {one.reason}") for one in blocked])
    shut = [one for one in everything if not one.reason and len(one.reopened) < 2]
    listed("a reader does not open the clean file", [(one, f"only {one.reopened}") for one in shut])
    listed("names that no reader lists in the original", [(o, ", ".join(o.strange[:4])) for o in well if o.strange])
    listed("names that are gone without a word", [(one, ", ".join(one.missing[:4])) for one in well if one.missing])
    apart = [one for one in everything if one.readers and one.apart]
    listed("counted apart", [(one, f"{one.apart}; {one.reason}") for one in apart])
    broken = [one for one in everything if not one.readers]
    listed("no reader opens the original", [(one, one.reason or "passed") for one in broken])


def listed(title: str, rows: list[tuple[Result, str]]) -> None:
    if rows:
        print(f"\n{title} ({len(rows)}):")
        for one, what in rows:
            print(f"  {one.kind:10}{one.file}\n        {what}")


def main() -> int:
    """0; the figures are for a person to judge."""
    parser = argparse.ArgumentParser(prog="python -m bench.archives", description=__doc__)
    parser.add_argument("corpus", nargs="?", type=Path, help="folder of archives; $KIYOME_CORPUS or ../shared/corpus")
    parser.add_argument("--profile", default="standard")
    parser.add_argument("--rules", type=Path)
    parser.add_argument("--only", choices=["fidelity", "speed"])
    options = parser.parse_args()
    if options.only != "speed":
        folder = corpus_folder(options.corpus).resolve()
        files = archives_in(folder)
        with tempfile.TemporaryDirectory(prefix="kiyome-archives-") as scratch:
            fates, seconds = cleaned([path for path, _ in files], options, Path(scratch))
            tell([result(path, kind, fate, folder) for (path, kind), fate in zip(files, fates, strict=True)])
        print(f"\n{seconds / max(1, len(files)):.3f} s an archive in the whole run\n")
    if options.only != "fidelity":
        archive_speed.tell()
    return 0


if __name__ == "__main__":
    sys.exit(main())
