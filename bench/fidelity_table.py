"""The table of `bench.fidelity`, and below it every file that is not as it should be."""

import statistics
from collections import Counter

import msgspec

WANTED_WORDS, WANTED_SIMILARITY = 0.995, 0.97
COLUMNS = (
    "files",
    "apart",
    "well formed",
    "passed",
    "drawn",
    "blocked",
    "words",
    "cells",
    "pictures",
    "SSIM mid",
    "SSIM low",
    "size",
    "ms",
    "reopened",
)
LEGEND = """\
apart: what no gateway should pass, listed below; the other columns are of well-formed files that are not of these
drawn: could not be rebuilt, goes on as pictures of its pages
words: kept, mean; of old Office files and RTF as LibreOffice reads both versions
cells: the same value, formula and number format, but for formulas that gave way to their last value
pictures: files that show as many; SSIM: of the first page or picture; size: clean / original, middle
ms: in the sanitiser, middle; reopened: the clean file opens in independent readers, Office files in LibreOffice too"""


class Result(msgspec.Struct, frozen=True):
    """One file."""

    file: str
    family: str
    outcome: str
    reason: str  #: why nothing was written; "" when something was
    apart: str  #: why it is not counted; "" when it is
    drawn: bool  #: a PDF that could not be rebuilt and goes on as pictures of its pages
    size_in: int
    size_out: int
    milliseconds: float
    seen: dict[str, object]  #: what the readers say: see `bench.fidelity_reading.compare`

    @property
    def well_formed(self) -> bool:
        return "original_error" not in self.seen and not self.apart

    @property
    def passed(self) -> bool:
        return not self.reason


def tell(everything: list[Result], seconds: dict[str, float]) -> None:
    """On standard output."""
    groups = {family: [one for one in everything if one.family == family] for family in seconds}
    rows = [("", *COLUMNS), *(table_row(family, group) for family, group in groups.items() if group)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for first, *cells in rows:
        print("  ".join([first.ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(cells, widths[1:], strict=True))]))
    for family, taken in seconds.items():
        print(f"{family}: {taken / len(groups[family]):.3f} s a file in the whole run")
    print(LEGEND)
    tell_exceptions(everything, [one for one in everything if one.well_formed])


def table_row(family: str, group: list[Result]) -> tuple[str, ...]:
    well = [one for one in group if one.well_formed]
    through = [one for one in well if one.passed]
    kept = [figure(one, "kept") for one in through if "kept" in one.seen]
    alike = sorted(figure(one, "ssim") for one in through if "ssim" in one.seen)
    ratio = [one.size_out / one.size_in for one in through if one.size_in]
    blocked, reopened = len(well) - len(through), sum("clean_error" not in one.seen for one in through)
    return (
        family,
        str(len(group)),
        str(sum(bool(one.apart) for one in group)),
        str(len(well)),
        str(len(through)),
        str(sum(one.drawn for one in through)),
        f"{blocked} ({blocked / max(1, len(well)):.1%})",
        f"{statistics.mean(kept):.2%}" if kept else "-",
        told_cells(through),
        told_pictures(through),
        f"{statistics.median(alike):.4f}" if alike else "-",
        f"{alike[0]:.4f}" if alike else "-",
        f"{statistics.median(ratio):.2f}" if ratio else "-",
        f"{statistics.median(one.milliseconds for one in through):.1f}" if through else "-",
        f"{reopened}/{len(through)}",
    )


def told_cells(through: list[Result]) -> str:
    """Of those that are untouched: a formula that gave way to its value is no such cell."""
    tables = [one for one in through if "cells" in one.seen]
    untouched = sum(number(one, "cells") - number(one, "replaced") for one in tables)
    return f"{sum(number(one, 'same') for one in tables) / untouched:.2%}" if untouched else "-"


def told_pictures(through: list[Result]) -> str:
    counted = [pair(one, "pictures") for one in through if "pictures" in one.seen]
    return f"{sum(before == after for before, after in counted)}/{len(counted)}" if counted else "-"


def tell_exceptions(everything: list[Result], well: list[Result]) -> None:
    listed("blocked although a reader opens it", [(one, one.reason) for one in well if not one.passed])
    listed("not rebuilt but drawn", [(one, "goes on as pictures of its pages") for one in well if one.drawn])
    refused = [(one, str(one.seen["clean_error"])) for one in well if "clean_error" in one.seen]
    listed("a reader does not open the clean file", refused)
    listed("words lost", [(one, told_words(one)) for one in well if figure(one, "kept") < WANTED_WORDS])
    drawn = [one for one in well if figure(one, "drawn_kept") < WANTED_WORDS]
    listed("words not drawn by LibreOffice any more", [(one, told_drawn(one)) for one in drawn])
    cells = [(one, "; ".join(map(str, one.seen["different"]))) for one in well if one.seen.get("different")]
    listed("cells that are not the same", cells)
    replaced = [(one, f"{one.seen['replaced']} of {one.seen['cells']}") for one in well if one.seen.get("replaced")]
    listed("formulas that gave way to their last value", replaced)
    different = sorted(
        (one for one in well if figure(one, "ssim") < WANTED_SIMILARITY), key=lambda one: figure(one, "ssim")
    )
    listed("looks different", [(one, f"SSIM {figure(one, 'ssim'):.4f}") for one in different])
    for name, title in ("count", "another number of pages or frames"), ("pictures", "another number of pictures"):
        counted = [(one, pair(one, name)) for one in well if name in one.seen]
        changed = [(one, f"{before} before, {after} after") for one, (before, after) in counted if before != after]
        listed(title, changed)
    broken = [one for one in everything if "original_error" in one.seen and not one.apart]
    listed("no reader opens the original", [(one, one.reason or str(one.seen["original_error"])) for one in broken])
    apart = [one for one in everything if one.apart]
    told = [(one, f"{one.apart}; {'it went on' if one.passed else one.reason}") for one in apart]
    listed(f"counted apart ({told_reasons(apart)})", told)


def told_reasons(apart: list[Result]) -> str:
    reasons = Counter(one.apart.partition(":")[0] for one in apart)
    return ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())


def figure(result: Result, name: str) -> float:
    return float(str(result.seen.get(name, 1)))


def number(result: Result, name: str) -> int:
    return int(str(result.seen[name]))


def pair(result: Result, name: str) -> tuple[int, int]:
    before, after = msgspec.convert(result.seen[name], tuple[int, int])
    return before, after


def told_words(result: Result) -> str:
    return f"{result.seen['kept']:.2%} of {result.seen['words']} kept; lost: {result.seen['lost']}"


def told_drawn(result: Result) -> str:
    return f"{result.seen['drawn_kept']:.2%} drawn; missing: {result.seen['drawn_lost']}"


def listed(title: str, rows: list[tuple[Result, str]]) -> None:
    if rows:
        print(f"\n{title} ({len(rows)}):")
        for one, what in rows:
            print(f"  {one.family:6}{one.file}\n        {what}")
