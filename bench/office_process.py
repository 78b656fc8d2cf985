"""`python -m bench.office_process FILE…`: the sanitiser alone, in one warm process on one core, file after file.

One line a file: CPU milliseconds, and whether it came out. What needs LibreOffice becomes a grey field here.
"""

import os
import sys
import time
from pathlib import Path

from sanitizers import engine
from sanitizers.model import DnsAnswer, Notice
from sanitizers.rules import Budget, Kind, Profile, Task


def main() -> None:
    """Every file of the command line, the first one twice: the first time pays for what is loaded late."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    engine.warm()
    files = [Path(name) for name in sys.argv[1:]]
    clean(files[0])
    for path in files:
        began = time.process_time()
        came_out = clean(path)
        print(f"{(time.process_time() - began) * 1000:.2f} {int(came_out)}", flush=True)


def clean(path: Path) -> bool:
    task = Task("bench", Kind.FILE, path.name, Profile(), Budget(), Notice("bench", ()))
    cleaned = engine.clean(task, path.read_bytes(), lambda _name, _type: DnsAnswer("failed"))
    return cleaned is not None and cleaned.data is not None


if __name__ == "__main__":
    main()
