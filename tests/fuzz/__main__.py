"""`python -m tests.fuzz --seconds 60`: every target in turn, each in its own process; what it found becomes files."""

import argparse
import importlib.util
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hypothesis import HealthCheck, given, settings

from tests.fuzz.cleaning import check_mail
from tests.fuzz.harness import Findings, NotingFailures
from tests.fuzz.mails import any_mail
from tests.fuzz.targets import TARGETS

WITHOUT_ATHERIS = "atheris is not installed (pip install -e '.[fuzz]'): only hypothesis runs, without coverage."
GRACE_SECONDS = 120  #: after its time, for a harness that is still at one input
FINDINGS_NOT_INPUTS = ".txt"


def main() -> int:
    """Exit 0: nothing found; 1: something was; 2: wrong usage."""
    options = arguments()
    if options.replay:
        return replay(options.replay)
    names = options.only.split(",") if options.only else list(TARGETS)
    unknown = [name for name in names if name not in TARGETS]
    if unknown:
        print(f"no such target: {', '.join(unknown)}; there are {', '.join(TARGETS)}", file=sys.stderr)
        return 2
    out = Path(options.out or tempfile.mkdtemp(prefix="kiyome-fuzz-")).resolve()
    (out / "findings").mkdir(parents=True, exist_ok=True)
    print(f"working folder: {out}", flush=True)
    if importlib.util.find_spec("atheris"):
        for name, seconds in shares(names, options.seconds):
            search(name, seconds, out, options.seed_folder)
    else:
        print(WITHOUT_ATHERIS, flush=True)
        draw_mails(options.seconds, out)
    return told(out)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="for all targets together (60)")
    parser.add_argument("--only", default="", help=f"some of: {','.join(TARGETS)}")
    parser.add_argument("--seed-folder", type=Path, help="further inputs to start from")
    parser.add_argument("--out", help="folder for what is learnt and found (a temporary one)")
    parser.add_argument("--replay", nargs=2, metavar=("TARGET", "FILE"), help="run one input again")
    return parser.parse_args()


def shares(names: list[str], seconds: int) -> list[tuple[str, int]]:
    """The time of each target; at least a second."""
    return [(name, max(1, seconds // len(names))) for name in names]


def search(name: str, seconds: int, out: Path, seed_folder: Path | None) -> None:
    """One target under atheris. A harness that ends early or never ended by itself: its findings tell."""
    command = [sys.executable, "-m", "tests.fuzz.harness", name, "--seconds", str(seconds), "--out", str(out)]
    if seed_folder:
        command += ["--seed-folder", str(seed_folder)]
    started = time.monotonic()
    log = out / f"{name}.log"
    with log.open("wb") as lines:
        process = subprocess.Popen(command, stdout=lines, stderr=subprocess.STDOUT)
        try:
            code = process.wait(timeout=seconds + GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
    print(f"{name}: {time.monotonic() - started:.0f} s, {tries(log)} inputs, exit {code}", flush=True)
    if code and not any((out / "findings").glob(f"{name}-*")):
        (out / "findings" / f"{name}-harness-failed.log").write_bytes(log.read_bytes())


def tries(log: Path) -> str:
    """How many inputs were tried, as libFuzzer says at the end."""
    words = [line.split() for line in log.read_text("utf-8", "replace").splitlines()]
    return next((line[1] for line in words if line[:1] == ["stat::number_of_executed_units:"]), "?")


def draw_mails(seconds: int, out: Path) -> None:
    """Hypothesis alone: new mails until the time is up."""
    findings = Findings(out / "findings", "mail")
    tried = 0

    @settings(max_examples=200, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(any_mail())
    def draw(mail: bytes) -> None:
        nonlocal tried
        tried += 1
        with NotingFailures(findings, mail):
            check_mail(mail)

    until = time.monotonic() + seconds
    while time.monotonic() < until:
        draw()
    print(f"mail: {tried} inputs", flush=True)


def told(out: Path) -> int:
    """Print what was found and how to see it again."""
    found = [path for path in sorted((out / "findings").iterdir()) if path.suffix != FINDINGS_NOT_INPUTS]
    for path in found:
        print(f"found: {path}")
        print(f"  {sys.executable} -m tests.fuzz --replay {path.name.partition('-')[0]} {path}")
    print(f"{len(found)} found")
    return 1 if found else 0


def replay(target_and_file: list[str]) -> int:
    """Raises what the target raises; 0 when it no longer does."""
    name, path = target_and_file
    TARGETS[name].run(Path(path).read_bytes())
    print("nothing is wrong with it any more")
    return 0


if __name__ == "__main__":
    sys.exit(main())
