"""The readers of `bench.archives`, bsdtar, 7-Zip and lhasa: who opens an archive, and what each gives of it."""

import hashlib
import subprocess
from pathlib import Path

PATIENCE = 20  # seconds for a reader
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}


def told_by(command: list[str], *, whole: bool = True) -> bytes | None:
    """What a reader prints; None when it complains, and not the `whole` is wanted, or takes too long."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, env=ENVIRONMENT, check=False
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout if done.returncode == 0 or not whole else None


def readers_of(path: Path, kind: str) -> tuple[str, ...]:
    """Who unpacks all of it without a word; A password is given, so that none asks for one."""
    commands = {
        "bsdtar": ["bsdtar", "--passphrase", "none", "-xOf", str(path)],
        "7-Zip": ["7z", "t", "-pnone", str(path)],
    }
    if kind == "arc-lzh":
        commands["lhasa"] = ["lhasa", "t", str(path)]
    return tuple(name for name, command in commands.items() if told_by(command) is not None)


def reading_again(path: Path) -> tuple[tuple[str, ...], bool]:
    """Who opens the clean file; whether both give the same. Behind a filter 7-Zip shows the TAR, not what is in it."""
    if path.suffix != ".zip":
        again = readers_of(path, "") if is_box(path) else ("bsdtar", "7-Zip")
        if told_by(["7z", "t", str(path)]) is None:
            again = tuple(name for name in again if name != "7-Zip")
        return again, True
    by_bsdtar, by_7z = (
        told_by(["bsdtar", "--passphrase", "none", "-xOf", str(path)]),
        told_by(["7z", "e", "-so", str(path)]),
    )
    again = tuple(n for n, told in (("bsdtar", by_bsdtar), ("7-Zip", by_7z)) if told is not None)
    return again, hashed(by_bsdtar) == hashed(by_7z)


def is_box(path: Path) -> bool:
    """Whether a clean file has members with names: not a single compressed file."""
    return path.suffix in {".zip", ".tgz", ".tbz2", ".txz"} or ".tar" in path.suffixes


def hashed(content: bytes | None) -> str:
    return hashlib.sha256(content or b"").hexdigest()
