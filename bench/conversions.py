"""`make bench-conversions`: one old document after the other through LibreOffice, kept warm and started for each.

Both ways get the same files in the same run, in turn, and do all that a gateway does for a conversion: its folder, its
child, its walls, its watch. The first document of the warm one, which pays for loading it, is told apart.
"""

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.fidelity import ROOT
from sanitizers.confinement.converter import LIBREOFFICE, Conversion, find_program
from sanitizers.confinement.forking import Order
from sanitizers.confinement.offices import Offices
from sanitizers.confinement.pool import Pool
from sanitizers.confinement.process import Child
from sanitizers.model import CannotSanitize
from sanitizers.rules import Budget

TARGETS = {"doc": "docx", "xls": "xlsx", "ppt": "pptx", "rtf": "docx", "xlsb": "xlsx"}
WAYS = ("started", "warm")
BUDGET = Budget(seconds=300)
_bear = Offices.bear


async def none_warm(_offices: Offices, _order: Order) -> Child | None:
    return None


@contextmanager
def by(way: str) -> Iterator[None]:
    """Where there is no warm one, LibreOffice is started."""
    Offices.bear = _bear if way == "warm" else none_warm  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        Offices.bear = _bear  # type: ignore[method-assign]


async def seconds_for(pool: Pool, path: Path) -> float:
    """For one conversion; raises CannotSanitize."""
    extension, data = kind_of(path), path.read_bytes()  # noqa: ASYNC240 - nothing else goes on
    began = time.perf_counter()
    await pool.convert(Conversion(LIBREOFFICE.name, extension, TARGETS[extension]), data)
    return time.perf_counter() - began


async def measure(files: list[Path], rounds: int) -> tuple[float, dict[str, dict[Path, float]]]:
    """The first warm one, and of each way the middle seconds of each file that it made something of."""
    taken: dict[str, dict[Path, list[float]]] = {way: {} for way in WAYS}
    pool = Pool(1, budget=BUDGET, items_before_recycling=1_000_000, seconds_before_recycling=3_600)
    await pool.start()
    try:
        first = await seconds_for(pool, ROOT / "samples" / "rtf" / "plain.rtf")
        for number, path in enumerate(files * rounds):
            if sys.stderr.isatty():
                print(f"\rconverting: {number} of {len(files) * rounds} ", end="", file=sys.stderr, flush=True)
            for way in WAYS:
                with by(way):
                    try:
                        taken[way].setdefault(path, []).append(await seconds_for(pool, path))
                    except CannotSanitize:
                        break  # behind a password, or broken: neither makes anything of it
    finally:
        await pool.stop()
    return first, {way: {path: statistics.median(of) for path, of in files.items()} for way, files in taken.items()}


def tell(title: str, files: list[Path], first: float, taken: dict[str, dict[Path, float]]) -> None:
    print(f"\n{title}; the first document of a warm one, loading included: {first * 1000:.0f} ms")
    print(f"{'':8}{'files':>8}{'started, ms':>14}{'warm, ms':>12}{'ratio':>8}{'least':>8}{'most':>8}")
    for kind in (*TARGETS, "all"):
        done = [path for path in files if kind in {kind_of(path), "all"} and path in taken["warm"]]
        if not done:
            continue
        started, warm = (statistics.median(taken[way][path] for path in done) * 1000 for way in WAYS)
        ratios = [taken["started"][path] / taken["warm"][path] for path in done]
        print(
            f"{kind:8}{len(done):8}{started:14.0f}{warm:12.0f}"
            f"{statistics.median(ratios):8.1f}{min(ratios):8.1f}{max(ratios):8.1f}"
        )


def kind_of(path: Path) -> str:
    return path.suffix.lower().removeprefix(".")


def documents_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if kind_of(path) in TARGETS and path.is_file())


def main() -> int:
    """Exit status 0; 2 without LibreOffice. There is nothing to pass, only figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.conversions", description=__doc__)
    parser.add_argument("corpus", nargs="?", type=Path, default=ROOT.parent / "shared" / "corpus")
    parser.add_argument("--rounds", type=int, default=3, help="over the samples; the corpus gets one")
    options = parser.parse_args()
    if not find_program(LIBREOFFICE.name):
        print("conversions: needs LibreOffice", file=sys.stderr)
        return 2
    for title, folder, rounds in (("samples", ROOT / "samples", options.rounds), ("corpus", options.corpus, 1)):
        if files := documents_in(folder):
            tell(f"{title}, medians of {rounds}", files, *asyncio.run(measure(files, rounds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
