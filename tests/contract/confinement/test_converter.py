"""LibreOffice behind the walls: it converts, and whoever owns it gets no further.

Run as a program this file is the child: it raises the walls, does one act and writes what came of it to descriptor 3.
"""

# ruff: noqa: PTH116, PTH123, PTH211, FURB122
# Acts of an attacker, in the plain calls that they are.

import contextlib
import ctypes
import io
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sanitizers.confinement import converter, scratch, seccomp, watch
from sanitizers.confinement.converter import Conversion, convert, find_program
from sanitizers.confinement.enclosures import CONVERTER
from sanitizers.confinement.kernel import die_with
from sanitizers.confinement.scratch import Scratch, Size
from sanitizers.confinement.walls import Account, Bounds, Walls, account
from sanitizers.model import CannotSanitize, Threat

ROOT = Path(__file__).resolve().parents[3]
CORPUS = ROOT.parent / "shared" / "corpus"
MEBIBYTE = 1 << 20
REPORT = 3  # the child's pipe, as in a real one
BOUNDS = Bounds(memory=2_048 * MEBIBYTE, cpu_seconds=60, file_bytes=64 * MEBIBYTE)
MOST = 64 * MEBIBYTE
PATIENCE = 60  # seconds, after which a test gives up

needs_libreoffice = pytest.mark.skipif(
    not find_program("libreoffice"), reason="LibreOffice is not installed (Debian: libreoffice-writer-nogui)"
)

# ---------------------------------------------------------------- the child


def _owner() -> Account:
    return account("nobody") if os.geteuid() == 0 else Account(os.geteuid(), os.getegid())


def _errno_of(act: Callable[[], object]) -> str:
    try:
        act()
    except OSError as error:
        return os.strerror(error.errno)
    return "done"


libc = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: object) -> str:
    result = getattr(libc, name)(*arguments)
    return "done" if result >= 0 else os.strerror(ctypes.get_errno())


def _converting(folder: str, extension: str, target: str, most: int) -> dict[str, object]:
    data = sys.stdin.buffer.read()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    try:
        made = convert(Conversion("libreoffice", extension, target), data, folder, most)
    except CannotSanitize as refused:
        return {"threat": refused.threat, "detail": refused.detail}
    return {"made": made.hex()}


def _sockets(folder: str) -> dict[str, object]:
    families = {"INET": 2, "INET6": 10, "NETLINK": 16, "PACKET": 17, "VSOCK": 40}
    told: dict[str, object] = {name: _call("socket", family, 1, 0) for name, family in families.items()}
    told["INET datagram"] = _call("socket", 2, 2, 0)
    told["UNIX datagram"] = _call("socket", 1, 2, 0)
    told["UNIX pair"] = _call("socketpair", 1, 1, 0, (ctypes.c_int * 2)())
    told["UNIX stream"] = libc.socket(1, 1, 0)
    told["is a socket"] = stat.S_ISSOCK(os.fstat(0).st_mode)
    for name in ("connect", "accept", "sendto", "sendmsg", "recvfrom", "recvmsg", "shutdown", "setsockopt"):
        told[name] = _call(name, 0, None, 0, 0, None, 0)
    told["bound"] = libc.bind(0, None, 0)
    told["listening"] = libc.listen(0, 5)
    return told


def _files(folder: str, *elsewhere: str) -> dict[str, object]:
    told: dict[str, object] = {path: _errno_of(lambda path=path: os.open(path, os.O_RDONLY)) for path in elsewhere}
    for path in ("/tmp/kiyome-escape", "/var/tmp/kiyome-escape", folder + "-beside", "/dev/shm/kiyome-escape"):
        told[path] = _errno_of(lambda path=path: os.open(path, os.O_CREAT | os.O_WRONLY))
    told["symlink"] = _errno_of(lambda: os.symlink("/etc", folder + "/link"))
    told["link"] = _errno_of(lambda: os.link("/etc/hostname", folder + "/hard"))
    told["inside"] = _errno_of(lambda: os.open(folder + "/file", os.O_CREAT | os.O_WRONLY))
    return told


def _processes(folder: str) -> dict[str, object]:
    return {
        "fork": _errno_of(os.fork),
        "vfork and run": _errno_of(lambda: os.posix_spawn("/bin/true", ["true"], {})),
        "clone": _call("syscall", 56 if os.uname().machine == "x86_64" else 220, signal.SIGCHLD, 0, 0, 0, 0),
        "sh": _errno_of(lambda: os.execv("/bin/sh", ["sh"])),
        "python": _errno_of(lambda: os.execv(os.path.realpath(sys.executable), ["python"])),
        "own session": _errno_of(os.setsid),
        "own group": _errno_of(lambda: os.setpgid(0, 0)),
        "outlive": _call("prctl", 1, 0, 0, 0, 0),
    }


def _fill(folder: str) -> dict[str, object]:
    def grow() -> None:
        with open(folder + "/large", "wb") as file:
            for _ in range(BOUNDS.file_bytes // MEBIBYTE + 1):
                file.write(bytes(MEBIBYTE))

    return {"grow": _errno_of(grow), "size": os.stat(folder + "/large").st_size}


def _fill_with_many(folder: str) -> dict[str, object]:
    for number in range(1_000_000):
        Path(folder, f"{number}").write_bytes(bytes(4_096))
    return {}


def _ptrace(folder: str) -> dict[str, object]:
    return {"ptrace": _call("ptrace", 16, os.getppid(), 0, 0)}


AS_PROGRAM = {
    act.__name__: act for act in (_sockets, _files, _processes, _fill, _fill_with_many, _ptrace)
}  # in what a hostile document would own: the program's process
AS_CHILD = {_converting.__name__: _converting}


def _child(act: str, folder: str, bounds: str, *arguments: str) -> None:
    os.umask(0o077)
    os.chdir("/")
    converter.prepare()
    walls = Walls(CONVERTER)
    child = os.getppid()
    missing = walls.up(Bounds(**json.loads(bounds)), _owner(), folder, after_drop=lambda: die_with(child))
    assert missing == ()
    if act in AS_CHILD:
        told = _converting(folder, arguments[0], arguments[1], int(arguments[2]))
    else:
        told = _as_program(act, folder, arguments)
    with os.fdopen(REPORT, "w") as report:
        json.dump(told, report)


def _as_program(act: str, folder: str, arguments: tuple[str, ...]) -> dict[str, object]:
    ears, mouth = os.pipe()
    child = os.getpid()
    pid = os.fork()
    if pid == 0:
        die_with(child)
        seccomp.load(converter.prepare())
        os.write(mouth, json.dumps(AS_PROGRAM[act](folder, *arguments)).encode())
        os._exit(0)
    os.close(mouth)
    with os.fdopen(ears, "rb") as stream:
        said = stream.read()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return {"status": status, **(json.loads(said) if said else {})}


# ---------------------------------------------------------------- the tests


class Started:
    """A child behind the walls, in its own session."""

    def __init__(
        self, folder: Scratch, act: str, *arguments: object, data: bytes = b"", bounds: Bounds = BOUNDS
    ) -> None:
        self.folder = folder
        ears, mouth = os.pipe()
        self._ears = os.fdopen(ears, "rb")
        limits = json.dumps({name: getattr(bounds, name) for name in bounds.__struct_fields__})
        words = [sys.executable, __file__, str(mouth), act, folder.path, limits, *map(str, arguments)]
        self.process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=(mouth,),
            start_new_session=True,
            env={"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]), "PATH": os.environ["PATH"]},
        )
        os.close(mouth)
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.close()

    @property
    def pid(self) -> int:
        return self.process.pid

    def told(self) -> dict[str, object]:
        """What it says at its end; {} for nothing."""
        said = self._ears.read()
        self.process.wait()
        return json.loads(said) if said else {}

    def program(self) -> int:
        """Waits for LibreOffice to be there."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self.process.poll() is None:
            for pid in self.programs():
                return pid
            time.sleep(0.01)
        raise AssertionError("LibreOffice did not come up")

    def programs(self) -> Iterator[int]:
        """LibreOffice, when it is there."""
        for pid in self.session():
            with contextlib.suppress(OSError):
                if Path(f"/proc/{pid}/comm").read_text() == "soffice.bin\n":
                    yield pid

    def session(self) -> list[int]:
        """Everything alive in it, wherever it hangs."""
        found = []
        for entry in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                state, _, _, session = entry.read_text().rpartition(")")[2].split()[:4]
                if int(session) == self.pid and state != "Z":
                    found.append(int(entry.parent.name))
        return found

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()
        _empty(self)  # else its folder might still be written to
        self._ears.close()


@pytest.fixture
def place() -> Iterator[Path]:
    """A scratch root that the child's account can reach; nothing may be left in it.

    Not below pytest's own folder: every other run of pytest closes that to others again.
    """
    root = Path(tempfile.mkdtemp(prefix="kiyome-test-"))
    root.chmod(0o755)
    yield root
    assert list(root.iterdir()) == []
    root.rmdir()


@pytest.fixture
def start(place: Path) -> Iterator[Callable[..., Started]]:
    started: list[Started] = []

    def starting(act: str, *arguments: object, data: bytes = b"", bounds: Bounds = BOUNDS) -> Started:
        folder = scratch.make(str(place), _owner())
        started.append(Started(folder, act, *arguments, data=data, bounds=bounds))
        return started[-1]

    yield starting
    for child in started:
        child.end()
        child.folder.remove()


def _odt(body: str) -> bytes:
    names = (
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
        ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
        ' xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"'
        ' xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"'
        ' xmlns:xlink="http://www.w3.org/1999/xlink"'
    )
    content = f'<office:document-content {names} office:version="1.2"><office:body><office:text>{body}</office:text>'
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        '<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.text"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    return _zip(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": content + "</office:body></office:document-content>",
            "META-INF/manifest.xml": manifest,
        }
    )


def _docx(text: str) -> bytes:
    types, relations = "http://schemas.openxmlformats.org/package/2006", "http://schemas.openxmlformats.org"
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    return _zip(
        {
            "[Content_Types].xml": f'<Types xmlns="{types}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{main}"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{types}/relationships"><Relationship Id="r1" Type="{relations}'
            '/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>',
            "word/document.xml": f'<w:document xmlns:w="{relations}/wordprocessingml/2006/main">'
            f"<w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>",
        }
    )


def _zip(members: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


RTF = rb"{\rtf1\ansi Kiyome \b shrine\b0 }"
LONG = rb"{\rtf1 " + rb"\trowd\cellx1000 x\cell\row " * 60_000 + rb"}"  # busy until it is ended: rows take square time
ODT = _odt("<text:p>Kiyome</text:p>")
LEGACY = {
    ("doc", "docx"): "word/document.xml",
    ("xls", "xlsx"): "xl/workbook.xml",
    ("ppt", "pptx"): "ppt/presentation.xml",
}
EXAMPLES = {"doc": "testWORD_1img.doc", "xls": "testEXCEL_extra_metadata.xls", "ppt": "plain.ppt"}


def _made(start: Callable[..., Started], extension: str, target: str, data: bytes, most: int = MOST) -> bytes:
    told = start("_converting", extension, target, most, data=data).told()
    assert "made" in told, told
    return bytes.fromhex(str(told["made"]))


def _refusal(start: Callable[..., Started], data: bytes, most: int = MOST, bounds: Bounds = BOUNDS) -> tuple[str, str]:
    told = start("_converting", "rtf", "docx", most, data=data, bounds=bounds).told()
    assert "threat" in told, told
    return str(told["threat"]), str(told["detail"])


@needs_libreoffice
@pytest.mark.parametrize(("extension", "target"), LEGACY)
def test_old_office_files_become_new_ones(start: Callable[..., Started], extension: str, target: str) -> None:
    found = sorted(CORPUS.rglob(EXAMPLES[extension])) if CORPUS.is_dir() else []
    if not found:
        pytest.skip(f"needs {EXAMPLES[extension]} of ../shared/corpus")
    made = _made(start, extension, target, found[0].read_bytes())
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert LEGACY[extension, target] in archive.namelist()


@needs_libreoffice
@pytest.mark.parametrize(("extension", "data"), [("odt", ODT), ("docx", _docx("Kiyome")), ("rtf", RTF)])
def test_documents_become_pdf(start: Callable[..., Started], extension: str, data: bytes) -> None:
    made = _made(start, extension, "pdf", data)
    assert made.startswith(b"%PDF-")
    assert made.rstrip().endswith(b"%%EOF")


@needs_libreoffice
def test_the_text_arrives(start: Callable[..., Started]) -> None:
    with zipfile.ZipFile(io.BytesIO(_made(start, "rtf", "docx", RTF))) as archive:
        document = archive.read("word/document.xml")
    assert b"Kiyome " in document
    assert b"shrine" in document


@needs_libreoffice
def test_the_result_may_be_as_large_as_allowed_and_not_one_byte_more(start: Callable[..., Started]) -> None:
    size = len(_made(start, "rtf", "docx", RTF))
    assert len(_made(start, "rtf", "docx", RTF, most=size + 8)) <= size + 8
    threat, detail = _refusal(start, RTF, most=size - 8)
    assert threat == Threat.LIMIT_EXCEEDED
    assert str(size - 8) in detail


@needs_libreoffice
def test_another_type_than_said_is_not_opened_by_another_reader(start: Callable[..., Started]) -> None:
    """RTF called DOC: left to itself, LibreOffice would choose its RTF reader by the content, and convert it."""
    told = start("_converting", "doc", "docx", MOST, data=RTF).told()
    assert told["threat"] == Threat.MALFORMED


@needs_libreoffice
def test_a_larger_file_than_allowed_ends_it(start: Callable[..., Started]) -> None:
    """The result needs 4 kB; LibreOffice catches the signal and gives up."""
    threat, _ = _refusal(start, RTF, bounds=Bounds(BOUNDS.memory, BOUNDS.cpu_seconds, 3_000))
    assert threat in {Threat.LIMIT_EXCEEDED, Threat.MALFORMED}


@needs_libreoffice
def test_an_input_beyond_the_limit_of_files_is_refused(start: Callable[..., Started]) -> None:
    threat, _ = _refusal(start, RTF + b" " * 5_000, bounds=Bounds(BOUNDS.memory, BOUNDS.cpu_seconds, 4_000))
    assert threat == Threat.LIMIT_EXCEEDED


@needs_libreoffice
def test_too_little_memory_is_a_refusal(start: Callable[..., Started]) -> None:
    bounds = Bounds(200 * MEBIBYTE, BOUNDS.cpu_seconds, BOUNDS.file_bytes)
    threat, _ = _refusal(start, RTF, bounds=bounds)
    assert threat in {Threat.MALFORMED, Threat.UNSUPPORTED, Threat.LIMIT_EXCEEDED}


@needs_libreoffice
@pytest.mark.parametrize(
    ("sent", "threat"),
    [
        (signal.SIGSEGV, Threat.MALFORMED),
        (signal.SIGKILL, Threat.LIMIT_EXCEEDED),
        (signal.SIGSYS, Threat.ACTIVE_CONTENT),
    ],
)
def test_how_the_program_died_says_what_the_document_is(
    start: Callable[..., Started], sent: signal.Signals, threat: Threat
) -> None:
    child = start("_converting", "rtf", "docx", MOST, data=LONG)
    os.kill(child.program(), sent)
    assert child.told()["threat"] == threat
    assert child.session() == []


@needs_libreoffice
def test_a_kill_of_the_group_leaves_nothing(start: Callable[..., Started]) -> None:
    child = start("_converting", "rtf", "docx", MOST, data=LONG)
    child.program()
    os.killpg(child.pid, signal.SIGKILL)
    assert child.told() == {}
    assert _empty(child)


@needs_libreoffice
def test_a_kill_of_the_child_alone_takes_the_program_with_it(start: Callable[..., Started]) -> None:
    child = start("_converting", "rtf", "docx", MOST, data=LONG)
    child.program()
    os.kill(child.pid, signal.SIGKILL)
    child.process.wait()
    assert _empty(child)


def _empty(child: Started) -> bool:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if not child.session():
            return True
        time.sleep(0.01)
    return False


@needs_libreoffice
def test_the_program_does_not_hold_the_pipe_or_any_socket(start: Callable[..., Started]) -> None:
    busy = start("_converting", "rtf", "docx", MOST, data=LONG)
    assert "/dev/null" in _opened(busy.program())
    busy.end()
    child = start("_converting", "rtf", "docx", MOST, data=RTF)  # as long as it lives
    seen: set[str] = set()
    while child.process.poll() is None:
        for pid in child.programs():
            seen |= _opened(pid)
    assert not [name for name in seen if name.startswith("socket:")]
    made_itself = {name for name in seen if name.startswith("pipe:")}
    assert len(made_itself) <= 1
    assert child.told()  # what came of the document, other tests look at


def _opened(pid: int) -> set[str]:
    seen = set()
    with contextlib.suppress(FileNotFoundError, PermissionError):  # at its end
        for descriptor in list(Path(f"/proc/{pid}/fd").iterdir()):
            with contextlib.suppress(FileNotFoundError):
                seen.add(str(descriptor.readlink()))
    return seen


def _filters(pid: int) -> int:
    """How many filters of system calls hold for it (proc_pid_status(5))."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Seccomp_filters:"))


@needs_libreoffice
def test_the_program_has_a_filter_more_than_its_child(start: Callable[..., Started]) -> None:
    child = start("_converting", "rtf", "docx", MOST, data=LONG)
    assert _filters(child.program()) == _filters(child.pid) + 1


@needs_libreoffice
def test_the_watch_sees_the_program(start: Callable[..., Started]) -> None:
    child = start("_converting", "rtf", "docx", MOST, data=LONG)
    child.program()
    alone = watch.look(child.pid).threads
    most = 0
    while child.process.poll() is None and most < 50 * MEBIBYTE:
        most = max(most, watch.resident_of_group(child.pid))
    assert alone >= 2
    assert most >= 50 * MEBIBYTE


@needs_libreoffice
def test_a_document_that_calls_home_is_converted_and_calls_nobody(start: Callable[..., Started]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/pixel.png"
        picture = f'<draw:image xlink:href="{address}" xlink:type="simple" xlink:actuate="onLoad"/>'
        frame = f'<draw:frame text:anchor-type="as-char" svg:width="1cm" svg:height="1cm">{picture}</draw:frame>'
        made = _made(start, "odt", "pdf", _odt(f"<text:p>Kiyome {frame}</text:p>"))
        assert made.startswith(b"%PDF-")
        with pytest.raises(TimeoutError):
            server.accept()


def test_whoever_owns_the_program_gets_no_socket(start: Callable[..., Started]) -> None:
    told = start("_sockets").told()
    assert told.pop("status") == 0
    # LibreOffice's single-instance pipe: what looks like a socket is descriptor 0, which leads nowhere.
    assert [told.pop(name) for name in ("UNIX stream", "is a socket", "bound", "listening")] == [0, False, 0, 0]
    assert set(told.values()) == {"Operation not permitted"}, told


def test_whoever_owns_the_program_sees_only_its_folder(start: Callable[..., Started], place: Path) -> None:
    other = scratch.make(str(place), _owner())
    Path(other.path, "mail").write_text("of somebody else")
    elsewhere = [
        str(ROOT / "config" / "gateway.toml"),
        str(ROOT / "config"),
        other.path + "/mail",
        other.path,
        "/etc/passwd",
        "/proc/self/environ",
    ]
    told = start("_files", *elsewhere).told()
    other.remove()
    assert [told.pop(name) for name in ("status", "inside")] == [0, "done"]
    assert set(told) >= set(elsewhere)
    assert set(told.values()) <= {"Permission denied", "Operation not permitted"}, told


def test_whoever_owns_the_program_starts_nothing_and_stays_in_its_session(start: Callable[..., Started]) -> None:
    told = start("_processes").told()
    assert told.pop("status") == 0
    assert set(told.values()) <= {"Permission denied", "Operation not permitted"}, told


def test_whoever_owns_the_program_and_traces_another_is_ended(start: Callable[..., Started]) -> None:
    assert start("_ptrace").told() == {"status": -signal.SIGSYS}


def test_a_file_does_not_grow_beyond_its_limit(start: Callable[..., Started]) -> None:
    told = start("_fill").told()
    assert told == {"status": 0, "grow": "File too large", "size": BOUNDS.file_bytes}


def test_many_files_are_seen_from_outside_and_its_end_is_the_end(start: Callable[..., Started]) -> None:
    most = Size(8 * MEBIBYTE, 500)
    child = start("_fill_with_many")
    until = time.monotonic() + 60
    while not child.folder.size(most).exceeds(most):
        assert time.monotonic() < until
    os.killpg(child.pid, signal.SIGKILL)
    assert child.told() == {}
    assert _empty(child)
    assert child.folder.size(Size(1 << 30, 1 << 20)).files < 1_000_000


@pytest.mark.parametrize(
    "conversion",
    [
        Conversion("libreoffice", "doc", "exe"),
        Conversion("libreoffice", "html", "pdf"),
        Conversion("another", "doc", "docx"),
        Conversion("libreoffice", "../doc", "docx"),
    ],
)
def test_only_pairs_of_the_table(conversion: Conversion, tmp_path: Path) -> None:
    with pytest.raises(CannotSanitize) as refused:
        convert(conversion, b"", str(tmp_path), MOST)
    assert refused.value.threat is Threat.UNSUPPORTED
    assert list(tmp_path.iterdir()) == []


def test_a_converter_that_is_not_installed_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converter, "find_program", lambda name: "")
    with pytest.raises(CannotSanitize) as refused:
        convert(Conversion("libreoffice", "doc", "docx"), b"", str(tmp_path), MOST)
    assert refused.value.threat is Threat.UNSUPPORTED
    assert refused.value.detail == "LibreOffice is not installed on the gateway"


if __name__ == "__main__":
    os.dup2(int(sys.argv[1]), REPORT)
    os.closerange(REPORT + 1, 64)
    _child(*sys.argv[2:])
