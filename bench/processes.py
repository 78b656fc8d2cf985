"""What a tree of processes uses: CPU seconds and memory, from /proc (proc(5))."""

import os
import threading
from pathlib import Path
from typing import Self

TICKS = os.sysconf("SC_CLK_TCK")


def tree(root: int) -> list[int]:
    """The process and all that descend from it."""
    parents: dict[int, list[int]] = {}
    for place in Path("/proc").iterdir():
        if place.name.isdigit() and (fields := _stat(int(place.name))):
            parents.setdefault(int(fields[1]), []).append(int(place.name))
    found, todo = [], [root]
    while todo:
        process = todo.pop()
        found.append(process)
        todo += parents.get(process, [])
    return found


def cpu_seconds(root: int) -> float:
    """User and system seconds of the tree, with those of children that already ended."""
    total = 0
    for process in tree(root):
        if fields := _stat(process):
            total += sum(map(int, fields[11:15]))  # utime, stime, cutime, cstime
    return total / TICKS


def memory_bytes(root: int) -> int:
    """Proportional set size of the tree: shared pages count once in all."""
    total = 0
    for process in tree(root):
        try:
            text = Path(f"/proc/{process}/smaps_rollup").read_text()
        except OSError:
            continue
        total += next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0) * 1024
    return total


def _stat(process: int) -> list[str]:
    """Fields of /proc/PID/stat from the third on: state, ppid, …; empty when it is gone."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


class MemoryWatch:
    """Samples the tree's memory once a second and keeps the peak."""

    def __init__(self, root: int) -> None:
        self.peak = 0
        self._root = root
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            self.peak = max(self.peak, memory_bytes(self._root))
            if self._end.wait(1.0):
                return
