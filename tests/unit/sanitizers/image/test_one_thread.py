"""In a child no decoder or encoder starts a thread or a process, opens a socket or writes a file: any would end it."""

import json
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest

from tests.unit.sanitizers.image.making import photo, saved

FILTERED = """
import base64, errno, json, sys
import pyseccomp
from sanitizers import pictures
from sanitizers.budget import BudgetMeter
from sanitizers.detect import detect
from sanitizers.rules import Budget, Pictures
from sanitizers.verify.picture import verify
detect(b"\\0\\1\\2\\3", "")
work = [base64.b64decode(line) for line in json.load(sys.stdin)]
wall = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
for call in ("clone", "fork", "vfork", "execve", "socket", "unlink", "rename", "mkdir"):
    wall.add_rule(pyseccomp.KILL_PROCESS, call)
wall.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
wall.add_rule(pyseccomp.KILL_PROCESS, "openat", pyseccomp.Arg(2, pyseccomp.MASKED_EQ, 1, 1))
wall.add_rule(pyseccomp.KILL_PROCESS, "openat", pyseccomp.Arg(2, pyseccomp.MASKED_EQ, 2, 2))
wall.load()
for data in work:
    for how in (Pictures.REBUILT, Pictures.RESAMPLED):
        new = pictures.rebuilt(data, detect(data, ""), BudgetMeter(Budget()), how)
        verify(new.data)
        print(new.type, flush=True)
"""


def of(kind: str) -> list[bytes]:
    frames = [photo((300, 200)), photo((300, 200)).rotate(90)]
    data = [saved(frames[0], kind)]
    if kind in {"PNG", "GIF", "WEBP", "TIFF", "AVIF"}:
        data.append(saved(frames[0], kind, save_all=True, append_images=frames[1:]))
    if kind == "TIFF":
        data += [saved(frames[0].convert("1"), kind, compression="group4"), saved(frames[0], kind, compression="jpeg")]
    return data


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "AVIF", "HEIF", "JPEG2000", "ICO"])
def test_one_thread_is_enough(kind: str, project: Path) -> None:
    work = of(kind)
    run = subprocess.run(
        [sys.executable, "-c", FILTERED],
        input=json.dumps([b64encode(data).decode("ascii") for data in work]),
        capture_output=True,
        text=True,
        cwd=project,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stderr or f"ended by signal {-run.returncode}"
    assert len(run.stdout.split()) == 2 * len(work)
