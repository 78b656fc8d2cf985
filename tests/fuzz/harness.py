"""One target under atheris (libFuzzer with Python's coverage), in a process of its own: `python -m tests.fuzz.harness`.

What a target raises is written down once per place and the search goes on; a hang, or memory without end, is what
libFuzzer itself writes down, and ends the process.
"""

import argparse
import sys
import traceback
from hashlib import sha256
from pathlib import Path
from types import TracebackType

SLOW_SECONDS = 30  #: wall clock of one input; half of what a mail may cost
MEMORY_MEGABYTES = 2_048
ROOT = Path(__file__).resolve().parents[2]


class Findings:
    """Failures in a folder: the smallest input of each, by where it was raised."""

    def __init__(self, folder: Path, target: str) -> None:
        self._folder = folder
        self._target = target
        self._smallest: dict[str, int] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def met(self, data: bytes, error: BaseException) -> None:
        """Keep it when it is new, or smaller than what was known of the same failure."""
        place = f"{type(error).__name__} {where(error.__traceback__)}"
        name = f"{self._target}-{sha256(place.encode()).hexdigest()[:8]}"
        if self._smallest.get(name, sys.maxsize) <= len(data):
            return
        if name not in self._smallest:
            print(f"{self._target}: {place}: {str(error)[:300]}", flush=True)
        self._smallest[name] = len(data)
        (self._folder / name).write_bytes(data)
        (self._folder / f"{name}.txt").write_text(
            "".join(traceback.format_exception(error))[-20_000:], "utf-8", "replace"
        )


def where(trace: TracebackType | None) -> str:
    """The last lines of ours on the way to a failure."""
    ours = [step for step in traceback.extract_tb(trace) if step.filename.startswith(str(ROOT))]
    return " ← ".join(f"{Path(step.filename).name}:{step.lineno}" for step in reversed(ours[-3:]))


class NotingFailures:
    """`with` it, any failure inside is a finding, and the search goes on. Only an order to stop passes."""

    def __init__(self, findings: Findings, data: bytes) -> None:
        self._findings = findings
        self._data = data

    def __enter__(self) -> None:
        """Nothing to open."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        self._findings.met(self._data, error)
        return True


def main() -> None:
    """Search until the time is up."""
    options = arguments()
    import atheris  # noqa: PLC0415 - an extra of developers; `python -m tests.fuzz` says so when it is missing

    with atheris.instrument_imports(include=["sanitizers"]):
        from tests.fuzz.mails import dictionary  # noqa: PLC0415 - imported here to be instrumented
        from tests.fuzz.targets import TARGETS  # noqa: PLC0415

    target = TARGETS[options.target]
    out: Path = options.out
    findings = Findings(out / "findings", options.target)
    corpus = out / "corpus" / options.target
    plant(corpus, target.seeds(), options.seed_folder, target.longest)
    words = out / "dictionary.txt"
    words.write_text(dictionary(target.words))

    def run(data: bytes) -> None:
        with NotingFailures(findings, data):
            target.run(data)

    flags = [
        f"-max_total_time={options.seconds}", f"-max_len={target.longest}", f"-dict={words}",
        f"-timeout={SLOW_SECONDS}",
        f"-rss_limit_mb={MEMORY_MEGABYTES}", f"-artifact_prefix={findings_prefix(out, options.target)}",
        "-print_final_stats=1", "-verbosity=0",
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *flags, str(corpus)], run)
    atheris.Fuzz()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.harness", description=__doc__)
    parser.add_argument("target")
    parser.add_argument("--seconds", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed-folder", type=Path)
    return parser.parse_args()


def plant(corpus: Path, seeds: object, folder: Path | None, longest: int) -> None:
    """Write what the search starts from; libFuzzer adds what it learns."""
    corpus.mkdir(parents=True, exist_ok=True)
    given = [path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()] if folder else []
    for seed in (*seeds, *given):
        if len(seed) <= longest:
            (corpus / sha256(seed).hexdigest()[:16]).write_bytes(seed)


def findings_prefix(out: Path, target: str) -> str:
    """What libFuzzer puts before the names of its own findings."""
    return str(out / "findings" / f"{target}-")


if __name__ == "__main__":
    main()
