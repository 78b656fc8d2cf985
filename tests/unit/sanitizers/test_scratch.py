"""Scratch folders from the gateway's side: private, measured, and gone afterwards whatever was put into them."""

# ruff: noqa: PTH101, PTH102, PTH106, PTH116, PTH123, PTH208
# Odd names and modes need the calls of os.

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sanitizers.confinement import scratch, watch
from sanitizers.confinement.scratch import Size

PLENTY = Size(1 << 30, 10_000)

LEFT_BEHIND = """
import sys, time
from sanitizers.confinement import scratch
folder = scratch.make(sys.argv[1])
open(folder.path + "/rest", "w").write("of a mail")
print(folder.path, flush=True)
time.sleep(100)
"""


def test_a_folder_is_private_and_empty(tmp_path: Path) -> None:
    folder = scratch.make(str(tmp_path))
    assert stat.S_IMODE(os.stat(folder.path).st_mode) == 0o700
    assert os.listdir(folder.path) == []
    assert folder.size(PLENTY) == Size(0, 0)
    folder.remove()
    assert os.listdir(tmp_path) == []


def test_two_folders_are_two(tmp_path: Path) -> None:
    first, second = scratch.make(str(tmp_path)), scratch.make(str(tmp_path))
    assert first.path != second.path
    first.remove()
    assert Path(second.path).is_dir()
    second.remove()


def test_bytes_are_those_on_the_disk_not_those_that_a_file_claims(tmp_path: Path) -> None:
    folder = scratch.make(str(tmp_path))
    with open(folder.path + "/claims", "wb") as file:
        file.truncate(1 << 40)
    assert folder.size(PLENTY).bytes < 1 << 20
    Path(folder.path, "is").write_bytes(b"x" * 1_000_000)
    assert 1_000_000 <= folder.size(PLENTY).bytes < 2_000_000
    folder.remove()


def test_a_limit_of_names_is_crossed_by_one(tmp_path: Path) -> None:
    folder = scratch.make(str(tmp_path))
    most = Size(1 << 30, 10)
    for number in range(10):
        Path(folder.path, f"{number}").touch()
    assert not folder.size(most).exceeds(most)
    Path(folder.path, "one-more").mkdir()
    assert folder.size(most).exceeds(most)
    folder.remove()


def test_a_limit_of_bytes_is_crossed_by_one_block(tmp_path: Path) -> None:
    folder = scratch.make(str(tmp_path))
    Path(folder.path, "deep").mkdir()
    Path(folder.path, "deep/file").write_bytes(b"x" * 100_000)
    most = folder.size(PLENTY)
    assert not folder.size(most).exceeds(most)
    Path(folder.path, "deep/more").write_bytes(b"x")
    assert folder.size(Size(most.bytes, 100)).exceeds(Size(most.bytes, 100))
    folder.remove()


def test_links_are_counted_and_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "large").write_bytes(b"x" * 1_000_000)
    root = tmp_path / "root"
    root.mkdir()
    folder = scratch.make(str(root))
    Path(folder.path, "folder").symlink_to(outside)
    Path(folder.path, "file").symlink_to(outside / "large")
    Path(folder.path, "nowhere").symlink_to("/nonexistent")
    size = folder.size(PLENTY)
    assert size.files == 3
    assert size.bytes < 1_000_000
    folder.remove()
    assert (outside / "large").stat().st_size == 1_000_000
    assert os.listdir(root) == []


def test_what_cannot_be_measured_is_too_much(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root reads every folder, so nothing can be hidden from it")
    folder = scratch.make(str(tmp_path))
    Path(folder.path, "hidden").mkdir(0o000)
    assert folder.size(PLENTY).exceeds(PLENTY)
    folder.remove()


def _dig(path: str, depth: int) -> None:
    """Deeper than a path can be long: by changing into each folder."""
    child = os.fork()
    if child == 0:
        try:
            os.chdir(path)
            for _ in range(depth):
                os.mkdir("d" * 200)
                os.chdir("d" * 200)
            os.close(os.open("at the end", os.O_CREAT | os.O_WRONLY))
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def test_deeper_than_a_path_can_say(tmp_path: Path) -> None:
    folder = scratch.make(str(tmp_path))
    _dig(folder.path, 1_500)
    assert folder.size(PLENTY).exceeds(PLENTY)
    folder.remove()
    assert os.listdir(tmp_path) == []


def test_whatever_was_made_of_it_goes(tmp_path: Path) -> None:
    folder = scratch.make(str(tmp_path))
    root = os.fsencode(folder.path)
    for name in (b"\xff\xfe", b"new\nline", b" ", b"-rf", "清め".encode(), b"x" * 255):
        os.mkdir(root + b"/" + name)
        os.close(os.open(root + b"/" + name + b"/" + name, os.O_CREAT | os.O_WRONLY, 0))
        os.mkdir(root + b"/" + name + b"/inner", 0)
        os.chmod(root + b"/" + name, 0)
    os.mkfifo(root + b"/pipe")
    os.chmod(root, 0)
    folder.remove()
    assert os.listdir(tmp_path) == []


def test_a_folder_that_is_gone_already_is_no_error(tmp_path: Path) -> None:
    folder = scratch.make(str(tmp_path))
    os.rmdir(folder.path)
    folder.remove()
    assert os.listdir(tmp_path) == []


def test_sweeping_takes_what_a_killed_gateway_left_and_nothing_else(tmp_path: Path) -> None:
    mine = scratch.make(str(tmp_path))
    Path(tmp_path, "converter-of-somebody").mkdir()
    Path(tmp_path, "notes.txt").write_text("not ours")
    command = [sys.executable, "-c", LEFT_BEHIND, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]) as other:
        assert other.stdout is not None
        path = Path(other.stdout.readline().strip())
        assert scratch.sweep(str(tmp_path)) == 0  # both gateways live
        assert path.is_dir()
        other.send_signal(signal.SIGKILL)
        other.wait()
    assert scratch.sweep(str(tmp_path)) == 1
    assert not path.exists()
    assert Path(mine.path).is_dir()
    mine.remove()
    assert sorted(os.listdir(tmp_path)) == ["converter-of-somebody", "notes.txt"]


def _session(code: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", code], start_new_session=True, stdout=subprocess.PIPE)


@pytest.fixture
def leader() -> "list[subprocess.Popen[bytes]]":
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def _ready(process: subprocess.Popen[bytes]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"


def test_the_watch_counts_everything_in_the_session(leader: "list[subprocess.Popen[bytes]]") -> None:
    """Also a grandchild whose parent is gone, which hangs elsewhere in the tree of processes."""
    alone = _session("print('ready', flush=True); import time; time.sleep(1000)")
    family = _session(
        "import os, time, threading\n"
        "def hold():\n"
        "    block = bytearray(60_000_000)\n"
        "    threading.Thread(target=time.sleep, args=(1000,)).start()\n"
        "    os.write(1, b'ready\\n')\n"
        "    time.sleep(1000)\n"
        "if os.fork() == 0: time.sleep(1000)\n"
        "if (middle := os.fork()) == 0:\n"
        "    if os.fork() == 0: hold()\n"
        "    os._exit(0)\n"
        "os.waitpid(middle, 0)\n"
        "time.sleep(1000)\n"
    )
    leader += [alone, family]
    _ready(alone)
    _ready(family)
    assert watch.look(alone.pid).threads == 1
    end = time.monotonic() + 60
    while watch.look(family.pid).threads != 4 and time.monotonic() < end:
        time.sleep(0.05)  # the grandchild may be ready before its parent is gone
    assert watch.look(family.pid).threads == 4
    assert 1_000_000 < watch.resident_of_group(alone.pid) < 60_000_000
    assert watch.resident_of_group(family.pid) > 60_000_000


def test_a_file_without_a_name_is_counted_while_it_is_open(
    tmp_path: Path, leader: "list[subprocess.Popen[bytes]]"
) -> None:
    process = _session(
        "import os, time\n"
        f"file = open({str(tmp_path / 'hidden')!r}, 'wb')\n"
        "os.unlink(file.name)\n"
        "file.write(b'x' * 3_000_000)\n"
        "file.flush()\n"
        "os.write(1, b'ready\\n')\n"
        "time.sleep(1000)\n"
    )
    leader.append(process)
    _ready(process)
    assert os.listdir(tmp_path) == []
    assert 3_000_000 <= watch.look(process.pid).hidden < 4_000_000


def test_who_is_gone_holds_nothing() -> None:
    process = subprocess.Popen(["/bin/true"])
    process.wait()
    assert watch.resident_of_group(process.pid) == 0
    assert watch.look(process.pid).threads == 0
    assert watch.look(process.pid).hidden == 0


def test_sweeping_leaves_what_others_have_put_there(tmp_path: Path) -> None:
    folder = tmp_path / f"converter-{'a' * 16}"
    folder.mkdir()
    Path(f"{folder}.lock").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / f"converter-{'b' * 16}.lock")
    if os.geteuid() == 0:
        (tmp_path / f"converter-{'c' * 16}.lock").touch()
        os.chown(tmp_path / f"converter-{'c' * 16}.lock", 65_534, 65_534)
    before = sorted(tmp_path.iterdir())
    fifo = os.open(tmp_path / f"converter-{'b' * 16}.lock", os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert scratch.sweep(str(tmp_path)) <= 1  # the pipe is ours, so it may go
    finally:
        os.close(fifo)
    assert set(before) - set(tmp_path.iterdir()) <= {tmp_path / f"converter-{'b' * 16}.lock"}
