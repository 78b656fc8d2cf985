"""Behind the walls of a reader and of a converter: what must not work does not, what honest work needs does."""

import mmap
import os
import resource
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from sanitizers.confinement import walls as house
from sanitizers.confinement.enclosures import CONVERTER, ENCLOSURES, READER
from sanitizers.confinement.forkserver import load_workshop
from sanitizers.confinement.walls import Account, Bounds, Walls
from sanitizers.model import Cleaned
from tests.contract.confinement.behind_walls import (
    GIBIBYTE,
    NOBODY,
    ROOMY,
    Seen,
    address_of,
    anybody,
    behind,
    call,
    number_of,
    ordinary_user,
)
from tests.golden.test_mail_samples import SAMPLES, cleaned

PROJECT = Path(__file__).resolve().parents[3]
MEBIBYTE = 1 << 20
OUTSIDE = {"import", "open", "os.listdir", "os.scandir", "ctypes.dlopen", "socket.__new__", "subprocess.Popen"}
WALLS = {name: Walls(enclosure) for name, enclosure in ENCLOSURES.items()}


@pytest.fixture(params=["started as root", "started as an ordinary user"])
def whom(request: pytest.FixtureRequest) -> Callable[[], None]:
    """Both ways to start a gateway; the second is the only one where an ordinary user runs the tests."""
    if request.param == "started as an ordinary user":
        return ordinary_user
    if os.geteuid() != 0:
        pytest.skip("only root can be started as root")
    return anybody


@pytest.fixture
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A private folder of whom a child becomes, on a way that everybody may walk."""
    folder = Path("/tmp") / f"kiyome-walls-{os.getpid()}-{tmp_path_factory.mktemp('name').name}"
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(folder, NOBODY.uid, NOBODY.gid)
    yield folder
    subprocess.run(["/bin/rm", "-rf", str(folder)], check=True)


def reader(act: Callable[[], object], whom: Callable[[], object] = anybody, bounds: Bounds = ROOMY) -> Seen:
    return behind(act, before=whom, bounds=bounds, walls=WALLS["reader"])


def converter(act: Callable[[], object], scratch: Path, whom: Callable[[], object] = anybody) -> Seen:
    bounds = msgspec.structs.replace(ROOMY, file_bytes=MEBIBYTE)
    return behind(act, before=whom, bounds=bounds, walls=WALLS["converter"], scratch=str(scratch))


# --- what it has become ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ENCLOSURES)
def test_every_wall_stands(name: str, whom: Callable[[], None]) -> None:
    seen = behind(lambda: "here", before=whom, walls=WALLS[name])
    assert seen.missing == ()
    assert seen.value == "here"
    assert seen.status["NoNewPrivs"] == "1"
    assert seen.status["Seccomp"] == "2"


@pytest.mark.parametrize("name", ENCLOSURES)
def test_no_root_no_group_no_capability(name: str, whom: Callable[[], None]) -> None:
    status = behind(lambda: "here", before=whom, walls=WALLS[name]).status
    user, group = (NOBODY.uid, NOBODY.gid) if os.geteuid() == 0 else (os.getuid(), os.getgid())
    assert status["Uid"] == " ".join([str(user)] * 4)
    assert status["Gid"] == " ".join([str(group)] * 4)
    if os.geteuid() == 0:
        assert status["Groups"] == ""
    assert {status[kind] for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {"0" * 16}


def _with_ambient_capability() -> None:
    """As systemd starts a service with User= and AmbientCapabilities=CAP_NET_BIND_SERVICE."""
    keep, ambient, raise_it, bind_service = 8, 47, 2, 10
    call(number_of("prctl"), keep, 1, 0, 0, 0)
    ordinary_user()
    header = (0x20080522).to_bytes(4, sys.byteorder) + bytes(4)
    word = (1 << bind_service).to_bytes(4, sys.byteorder)
    with mmap.mmap(-1, 4_096) as page:
        page[:32] = header + word * 3 + bytes(12)
        address = address_of(page)
        call(number_of("capset"), address, address + 8)
    call(number_of("prctl"), ambient, raise_it, bind_service, 0, 0)
    text = Path("/proc/self/status").read_text()
    assert f"CapAmb:\t{1 << bind_service:016x}" in text


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a capability to an ordinary user")
def test_an_ordinary_user_loses_the_capabilities_it_was_started_with() -> None:
    status = behind(lambda: "here", before=_with_ambient_capability, walls=WALLS["reader"]).status
    assert {status[kind] for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {"0" * 16}


PEEK = """
import os, sys
if os.geteuid() == 0:
    os.setgroups([])
    os.setresgid(*[int(sys.argv[3])] * 3)
    os.setresuid(*[int(sys.argv[2])] * 3)
open(f"/proc/{sys.argv[1]}/mem", "rb")
print("opened")
"""


def test_nobody_looks_into_its_memory(whom: Callable[[], None]) -> None:
    said = []

    def peek(pid: int) -> None:
        command = [sys.executable, "-c", PEEK, str(pid), str(NOBODY.uid), str(NOBODY.gid)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        said.append(done.stdout + done.stderr)

    behind(lambda: "here", before=whom, walls=WALLS["reader"], look=peek)
    assert "PermissionError" in said[0]


def test_account_names_a_user_and_says_so_when_there_is_none() -> None:
    assert house.account("root") == house.Account(0, 0)
    with pytest.raises(LookupError, match="no user kiyome-nobody-at-all"):
        house.account("kiyome-nobody-at-all")


def test_what_has_to_be_done_after_the_change_of_user_is_done_then() -> None:
    said, say = os.pipe()
    pid = os.fork()
    if pid == 0:
        WALLS["reader"].up(ROOMY, NOBODY, after_drop=lambda: os.write(say, b"%d" % os.getuid()) and None)
        os._exit(0)
    os.close(say)
    os.waitpid(pid, 0)
    assert int(os.read(said, 100)) == (NOBODY.uid if os.geteuid() == 0 else os.getuid())


# --- files ----------------------------------------------------------------------------------------------------------

NOT_READABLE = (
    "/",
    "/etc/passwd",
    "/etc/hostname",
    "/proc/self/status",
    "/proc/self/environ",
    "/proc/1/stat",
    "/sys/kernel",
    "/tmp",
    "/var/log",
    "/root",
    "/home",
    "/usr/lib/../../etc/passwd",
    "/dev/zero",
    str(PROJECT),
    str(PROJECT / "config/gateway.toml"),
    str(PROJECT / "sanitizers/../config/rules.toml"),
    str(PROJECT / "gateway/app.py"),
    str(PROJECT / "pyproject.toml"),
)


@pytest.mark.parametrize("name", ENCLOSURES)
@pytest.mark.parametrize("path", NOT_READABLE)
def test_what_may_not_be_read(path: str, name: str, scratch: Path, whom: Callable[[], None]) -> None:
    seen = behind(lambda: os.open(path, os.O_RDONLY), before=whom, walls=WALLS[name], scratch=str(scratch))
    assert seen.error == "EACCES"


def test_even_a_file_that_lies_open_to_everybody(scratch: Path, whom: Callable[[], None]) -> None:
    victim = scratch / "original"
    victim.write_text("of another item")
    for path, mode in ((scratch, 0o777), (victim, 0o666)):
        path.chmod(mode)
    assert reader(victim.read_bytes, whom).error == "EACCES"
    assert reader(lambda: os.open(victim, os.O_WRONLY), whom).error == "EACCES"
    assert reader(lambda: os.open(scratch / "new", os.O_RDWR | os.O_CREAT), whom).error == "EACCES"
    assert victim.read_text() == "of another item"


@pytest.mark.parametrize("flag", ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND", "O_TMPFILE"])
def test_a_reader_opens_nothing_for_writing(flag: str, whom: Callable[[], None]) -> None:
    assert reader(lambda: os.open("/dev/null", getattr(os, flag)), whom).error == "EACCES"


def test_a_reader_reads_libraries_and_time_zones(whom: Callable[[], None]) -> None:
    def read() -> list[bool]:
        zone = Path("/usr/share/zoneinfo/Asia/Tokyo")
        return [any(Path("/usr/lib").iterdir()), bool(zone.read_bytes()), os.open("/dev/urandom", os.O_RDONLY) > 0]

    assert reader(read, whom).value == [True, True, True]


def test_a_reader_reads_its_own_code_and_nothing_beside_it() -> None:
    """As who runs the tests, root or not: the code may lie where nobody else may look, and Landlock holds root too."""
    own = Account(os.getuid(), os.getgid())

    def read(path: Path) -> Seen:
        return behind(lambda: len(path.read_bytes()) > 0, walls=WALLS["reader"], owner=own)

    installed = list(Path(sysconfig.get_path("platlib")).rglob("*.py"))[:1]  # none in a system Python without packages
    for path in (*installed, Path(os.__file__), Path(house.__file__), PROJECT / "sanitizers/model.py"):
        assert read(path).value is True, path
    for path in (PROJECT / "config/gateway.toml", PROJECT / "gateway/model.py"):
        assert read(path).error == "EACCES", path


def test_no_list_reaches_the_settings() -> None:
    for enclosure in ENCLOSURES.values():
        for path in (*enclosure.readable, *enclosure.runnable):
            assert not (PROJECT / "config").is_relative_to(path), path
            assert not Path("/var/lib").is_relative_to(path), path


def test_a_converter_works_in_its_scratch_folder(scratch: Path, whom: Callable[[], None]) -> None:
    def work() -> str:
        (scratch / "in").mkdir()
        (scratch / "in" / "a").write_bytes(b"x" * MEBIBYTE)
        (scratch / "in" / "a").rename(scratch / "b")
        (scratch / "in").rmdir()
        text = (scratch / "b").read_bytes()
        (scratch / "b").write_bytes(b"short")
        (scratch / "c").touch()
        (scratch / "c").unlink()
        return f"{len(text)} {[path.name for path in scratch.iterdir()]}"

    assert converter(work, scratch, whom).value == f"{MEBIBYTE} ['b']"
    assert (scratch / "b").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda folder: (folder.parent / "kiyome-elsewhere").write_bytes(b"x"), "EACCES"),
        (lambda folder: (folder / "link").symlink_to("/etc/passwd"), "EPERM"),
        (lambda folder: os.link("/usr/lib/os-release", folder / "link"), "EPERM"),
        (lambda folder: (folder / "big").write_bytes(b"x" * (MEBIBYTE + 1)), "EFBIG"),
        (lambda folder: os.truncate("/usr/lib/os-release", 0), "EPERM"),
        (lambda folder: os.open("/usr/lib/os-release", os.O_RDONLY | os.O_TRUNC), "EPERM"),
        (lambda folder: socket.socketpair(), "EPERM"),
        (lambda folder: socket.socket(socket.AF_INET), "EPERM"),
    ],
    ids=["write beside it", "symlink", "link", "too large", "truncate", "empty", "socket pair", "socket"],
)
def test_a_converter_does_no_more_than_that(
    act: Callable[[Path], object], error: str, scratch: Path, whom: Callable[[], None]
) -> None:
    assert converter(lambda: act(scratch), scratch, whom).error == error


def test_a_reader_is_given_no_scratch_folder(scratch: Path) -> None:
    seen = behind(lambda: list(scratch.iterdir()), walls=WALLS["reader"], scratch=str(scratch))
    assert seen.error == "EACCES"


def test_a_scratch_folder_that_is_not_there_is_a_missing_wall() -> None:
    seen = behind(lambda: "here", walls=WALLS["converter"], scratch="/nonexistent/folder")
    assert [(missing.wall.value, missing.reason) for missing in seen.missing] == [
        ("files", "Landlock cannot be set up: No such file or directory")
    ]


# --- programs and processes -----------------------------------------------------------------------------------------


def test_a_converter_runs_what_its_table_names_and_nothing_else(scratch: Path, whom: Callable[[], None]) -> None:
    programs = ("/bin/true", *(path for path in CONVERTER.runnable if "ld-linux" in path))
    one = Walls(msgspec.structs.replace(CONVERTER, runnable=programs))

    def run(program: str) -> Seen:
        def act() -> int:
            return os.waitstatus_to_exitcode(os.waitpid(os.posix_spawn(program, [program], {}), 0)[1])

        return behind(act, before=whom, walls=one, scratch=str(scratch))

    assert run("/bin/true").value == 0
    assert run("/bin/false").error == "EACCES"
    assert run("/bin/sh").error == "EACCES"


def test_a_converter_s_fork_bomb_ends_at_its_limit(scratch: Path, whom: Callable[[], None]) -> None:
    few = Walls(msgspec.structs.replace(CONVERTER, processes=8))

    def bomb() -> str:
        stay, hold = os.pipe()
        for _ in range(200):
            if os.fork() == 0:
                os.close(hold)
                os.read(stay, 1)  # until the first process is gone
                os._exit(0)
        return "200 processes"

    assert behind(bomb, before=whom, walls=few, scratch=str(scratch)).error == "EAGAIN"


# --- limits ---------------------------------------------------------------------------------------------------------


def test_the_limits_as_the_kernel_shows_them(whom: Callable[[], None]) -> None:
    bounds = Bounds(memory=7 * GIBIBYTE, cpu_seconds=23, file_bytes=0)
    shown = reader(lambda: "here", whom, bounds).limits
    table = {line[:26].strip(): line[26:].split()[:2] for line in shown.splitlines()[1:]}
    assert table["Max address space"] == [str(7 * GIBIBYTE)] * 2
    assert table["Max cpu time"] == ["23", "24"]
    assert table["Max open files"] == [str(READER.files)] * 2
    for name in (
        "Max processes",
        "Max file size",
        "Max core file size",
        "Max locked memory",
        "Max msgqueue size",
        "Max nice priority",
        "Max realtime priority",
    ):
        assert table[name] == ["0", "0"], name
    assert int(table["Max pending signals"][1]) <= 64


def test_a_tighter_limit_that_is_there_stays() -> None:
    def tight() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))

    assert "Max open files            20                   20" in reader(lambda: "here", tight).limits


def test_memory_ends_at_its_bound(whom: Callable[[], None]) -> None:
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    bounds = msgspec.structs.replace(ROOMY, memory=used + 200 * MEBIBYTE)
    assert reader(lambda: len(bytearray(100 * MEBIBYTE)), whom, bounds).value == 100 * MEBIBYTE
    assert reader(lambda: len(bytearray(400 * MEBIBYTE)), whom, bounds).error.startswith("MemoryError")


def spin() -> None:
    while True:
        pass


def spin_regardless() -> None:
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    spin()


@pytest.mark.parametrize(("act", "end"), [(spin, "SIGXCPU"), (spin_regardless, "SIGKILL")])
def test_processor_time_ends_at_its_bound(act: Callable[[], object], end: str) -> None:
    assert reader(act, bounds=msgspec.structs.replace(ROOMY, cpu_seconds=1)).died_of == end


def test_open_files_end_at_their_bound(whom: Callable[[], None]) -> None:
    def open_many() -> None:
        for _ in range(100):
            os.open("/dev/null", os.O_RDONLY)

    assert reader(open_many, whom).error == "EMFILE"


def test_the_timer_of_an_item_works(whom: Callable[[], None]) -> None:
    def overdue() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        time.sleep(30)

    assert reader(overdue, whom).died_of == "SIGALRM"


# --- honest work ----------------------------------------------------------------------------------------------------


def _without_times(result: Cleaned) -> bytes:
    parts = tuple(msgspec.structs.replace(part, milliseconds=0) for part in result.report.parts)
    report = msgspec.structs.replace(result.report, parts=parts)
    return msgspec.json.encode(msgspec.structs.replace(result, report=report))


def test_the_engine_does_behind_the_walls_what_it_does_before_them(whom: Callable[[], None]) -> None:
    load_workshop("sanitizers.engine")
    originals = [sample.read_bytes() for sample in SAMPLES]
    wanted = [sha256(_without_times(cleaned(original))).hexdigest() for original in originals]
    reached_for: list[str] = []

    def work() -> list[object]:
        sys.addaudithook(lambda event, what: reached_for.append(f"{event} {what[0]}") if event in OUTSIDE else None)
        return [[sha256(_without_times(cleaned(original))).hexdigest() for original in originals], reached_for]

    seen = reader(work, whom)
    assert seen.missing == ()
    assert seen.died_of == ""
    assert isinstance(seen.value, list), seen.error
    differing = [
        sample.name for sample, there, here in zip(SAMPLES, seen.value[0], wanted, strict=True) if there != here
    ]
    assert differing == []
    assert seen.value[1] == [], "loaded behind the walls: to be loaded in the fork server"
