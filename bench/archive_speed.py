"""Members and megabytes per second beside a peer that only packs anew; the memory that a gigabyte of zeros takes."""

import hashlib
import io
import os
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path

from sanitizers.engine import clean, warm
from sanitizers.model import DnsAnswer, Notice
from sanitizers.rules import Budget, Kind, Profile, Task

MEMBERS, WORDS = 400, 300  # files of about 16 KB each
GIGABYTE = 1_073_741_824
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}


def texts() -> list[tuple[str, bytes]]:
    """Lines that differ, or 7z would pack them so well that they count as a bomb."""
    lines = [hashlib.sha256(b"%d" % number).hexdigest()[:16] for number in range(WORDS)]
    return [
        (f"資料/{number:03d}.txt", "".join(f"第{number}号 清めの後に残る文 {each}\r\n" for each in lines).encode())
        for number in range(MEMBERS)
    ]


def samples(folder: Path) -> list[Path]:
    """The same texts in each kind of archive."""
    source = folder / "source"
    for name, data in texts():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    for name, options in (("a.zip", ["--format", "zip"]), ("a.tar.gz", ["-z"]), ("a.tar.zst", ["--zstd"]),
                          ("a.tar", []), ("a.7z", ["--format", "7zip"])):  # fmt: skip
        command = ["bsdtar", "-cf", str(folder / name), *options, "-C", str(source), "."]
        subprocess.run(command, check=True, env=ENVIRONMENT)
    return [folder / name for name in ("a.zip", "a.tar", "a.tar.gz", "a.tar.zst", "a.7z")]


def ours(path: Path) -> float:
    """Seconds to clean it, in this process: what the walls cost, `make bench-walls` tells."""
    data = path.read_bytes()
    task = Task("x", Kind.FILE, path.name, Profile(), Budget(parts=2_000), Notice("x", ()))
    began = time.perf_counter()
    result = clean(task, data, lambda _name, _type: DnsAnswer("failed"))
    seconds = time.perf_counter() - began
    assert result is not None
    assert result.data is not None
    assert len(result.report.parts) == MEMBERS + 1
    return seconds


def peer(path: Path, folder: Path) -> float:
    """Seconds of bsdtar to read it and to write the same kind of archive, looking at nothing."""
    form = ["--format", "zip"] if path.suffix in {".zip", ".7z"} else ["-a"]
    target = folder / ("out.zip" if path.suffix in {".zip", ".7z"} else f"out{''.join(path.suffixes)}")
    began = time.perf_counter()
    subprocess.run(["bsdtar", "-cf", str(target), *form, f"@{path}"], check=True, env=ENVIRONMENT)
    return time.perf_counter() - began


def bombs() -> dict[str, bytes]:
    """A gigabyte of zeros in each."""
    zipped, packed = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.txt", "w") as member:
        for _ in range(GIGABYTE >> 20):
            member.write(bytes(1 << 20))
    with tarfile.open(fileobj=packed, mode="w:xz", preset=1) as archive:
        entry = tarfile.TarInfo("a.txt")
        entry.size = GIGABYTE
        with Path(os.devnull.replace("null", "zero")).open("rb") as zeros:
            archive.addfile(entry, zeros)
    return {"a.zip": zipped.getvalue(), "a.tar.xz": packed.getvalue()}


def resident(path: str) -> None:
    """In a process of its own: what cleaning a bomb adds to its memory, however much growth is allowed."""
    warm()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for ratio in (Budget().expansion_ratio, 1_000_000):
        budget = Budget(expansion_ratio=ratio)
        task = Task("x", Kind.FILE, Path(path).name, Profile(), budget, Notice("x", ()))
        result = clean(task, Path(path).read_bytes(), lambda _name, _type: DnsAnswer("failed"))
        assert result is not None
        assert result.data is None
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1_024
        why = result.report.parts[-1].findings[-1].detail
        print(f"{Path(path).name}: ratio {ratio:,}: {grown:,.0f} MB more than before; {why}", flush=True)


def tell() -> None:
    """Both tables."""
    warm()
    size = sum(len(data) for _, data in texts()) / 1_048_576
    with tempfile.TemporaryDirectory(prefix="kiyome-archives-") as scratch:
        folder = Path(scratch)
        print(f"{MEMBERS} texts, {size:.1f} MB unpacked; the best of three")
        print(f"{'':10}{'Kiyome, members/s':>20}{'MB/s':>8}{'bsdtar, members/s':>20}{'MB/s':>8}{'ratio':>8}")
        for path in samples(folder):
            mine = min(ours(path) for _ in range(3))
            theirs = min(peer(path, folder) for _ in range(3))
            print(
                f"{path.name:10}{MEMBERS / mine:>20,.0f}{size / mine:>8.1f}{MEMBERS / theirs:>20,.0f}"
                f"{size / theirs:>8.1f}{theirs / mine:>8.2f}"
            )
        print("\nA gigabyte of zeros (budget: 100 MiB of contents)")
        for name, data in bombs().items():
            path = folder / name
            path.write_bytes(data)
            subprocess.run([sys.executable, "-m", "bench.archive_speed", str(path)], check=True)


if __name__ == "__main__":
    resident(sys.argv[1])
