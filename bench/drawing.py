"""LibreOffice draws files as PDF, or writes them as flat XML, many in one start.

What it does not manage in company it gets once more alone.

It runs without a network of its own where the system lets it, with a profile that ends with the run.
"""

import functools
import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

TOGETHER = 24  # files in one start
PATIENCE = 60  # seconds for a file alone; a batch gets this and ten for each file


def missing() -> str:
    """Why it cannot draw; "" when it can."""
    return "" if shutil.which("soffice") else "needs LibreOffice: apt-get install libreoffice-core libreoffice-writer …"


class Drawer:
    """Draws into `folder`; a file that was drawn into it before is not drawn again."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def drawn(self, files: Iterable[Path], target: str = "pdf") -> dict[Path, Path | None]:
        """What LibreOffice makes of each file, a PDF unless told otherwise; None where it makes nothing of it."""
        places = {path: self._place(path, target) for path in files}
        waiting = {place: path for path, place in places.items() if not place.exists() and not failed(place).exists()}
        order = sorted(waiting)
        with tempfile.TemporaryDirectory(prefix="kiyome-drawing-") as scratch:
            for first in range(0, len(order), TOGETHER):
                if sys.stderr.isatty():
                    print(f"\rdrawing: {first} of {len(order)} ", end="", file=sys.stderr, flush=True)
                together = order[first : first + TOGETHER]
                convert(Path(scratch), {place: waiting[place] for place in together}, target)
                for place in together:
                    if not place.exists():
                        convert(Path(scratch), {place: waiting[place]}, target)
                    if not place.exists():
                        failed(place).touch()
        return {path: place if place.exists() else None for path, place in places.items()}

    def _place(self, path: Path, target: str) -> Path:
        """By content and ending, which is all that LibreOffice is told."""
        return self._folder / f"{hashlib.sha256(path.read_bytes()).hexdigest()}{path.suffix.lower()}.{target}"


def failed(place: Path) -> Path:
    return place.with_name(f"{place.name}.failed")


def convert(scratch: Path, wanted: dict[Path, Path], target: str) -> None:
    """One start; what comes of it goes to its places."""
    with emptied(scratch / "in") as inbox, emptied(scratch / "out") as outbox:
        for number, path in enumerate(wanted.values()):
            shutil.copyfile(path, inbox / f"{number}{path.suffix.lower()}")
        profile = f"-env:UserInstallation={(scratch / 'profile').as_uri()}"
        command = [*alone(), "soffice", "--headless", profile, "--convert-to", target, "--outdir", str(outbox)]
        patience = PATIENCE + 10 * (len(wanted) - 1)
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        run = subprocess.Popen([*command, *map(str, sorted(inbox.iterdir()))], start_new_session=True, **quiet)
        try:
            run.wait(patience)
        except subprocess.TimeoutExpired:
            subprocess.run(
                ["kill", "-9", "--", f"-{run.pid}"], check=False
            )  # its own session: the program behind soffice too
            run.wait()
        for number, place in enumerate(wanted):
            if (made := outbox / f"{number}.{target}").exists():
                shutil.move(made, place)


@contextmanager
def emptied(folder: Path) -> Iterator[Path]:
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(folder)


@functools.cache
def alone() -> list[str]:
    """What keeps it from the network; nothing where the system has none of it."""
    command = ["unshare", "--map-root-user", "--net"]
    works = (
        shutil.which("unshare") and subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
    )
    return command if works else []
