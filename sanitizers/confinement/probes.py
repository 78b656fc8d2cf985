"""Attempts to break out, made inside a real child instead of cleaning an item; `proving` judges what came of each.

A workshop like the engine's (see `serving.Workshop`). Whatever gets through does no harm: it opens and closes, or asks
the kernel for something that it would refuse anyway, after the wall.
"""

import errno
from collections.abc import Callable
from hashlib import sha256

import msgspec

from sanitizers.confinement import probe_acts as acts
from sanitizers.confinement.enclosures import CONVERTER, READER, WARM_CONVERTER, Wall
from sanitizers.confinement.probe_acts import Act, Target, call
from sanitizers.model import AskConverter, AskDns, Cleaned, Outcome, PartReport, Report
from sanitizers.rules import Task

KILLED = "SIGSYS"  #: the filter ended the process
NOTHING = ""  #: it looked, and there was nothing

EVERY = frozenset({READER.name, CONVERTER.name, WARM_CONVERTER.name})
ONLY_READER = frozenset({READER.name})
ONLY_PROGRAM = frozenset({CONVERTER.name})
NO_PROGRAM = frozenset({READER.name, WARM_CONVERTER.name})
CONVERTERS = frozenset({CONVERTER.name, WARM_CONVERTER.name})


class Attempt(msgspec.Struct, frozen=True):
    """One way out. It counts as held only when it ended in one of the ways that this wall ends it."""

    name: str
    wall: Wall | None  #: None: what a child has from birth; no setting accepts anything else
    ja: str
    en: str
    act: Act  #: what it got, "" for nothing; raises OSError when it was refused
    held_by: frozenset[str]  #: names of errors, KILLED or NOTHING
    enclosures: frozenset[str] = EVERY
    milder: frozenset[str] = frozenset()  #: how a converter's wall may end it as well

    def holds(self, outcome: str, enclosure: str) -> bool:
        """Whether this outcome is the wall's doing."""
        return outcome in self.held_by or (enclosure != READER.name and outcome in self.milder)

    @property
    def is_fatal(self) -> bool:
        """Where the wall stands, its child does not live to tell."""
        return KILLED in self.held_by


class Order(msgspec.Struct, frozen=True):
    """The original of a probing item."""

    attempts: tuple[str, ...]
    target: Target


class Told(msgspec.Struct, frozen=True):
    """What a child says of an attempt that it survived."""

    name: str
    error: str  #: name of the errno; "" when the kernel let it pass
    got: str  #: what was there; "" for nothing


def _file(name: str, ja: str, en: str, act: Act, enclosures: frozenset[str] = EVERY) -> Attempt:
    return Attempt(name, Wall.FILES, ja, en, act, frozenset({"EACCES"}), enclosures)


def _fatal(name: str, ja: str, en: str, act: Act, enclosures: frozenset[str] = EVERY) -> Attempt:
    return Attempt(name, Wall.SYSTEM_CALLS, ja, en, act, frozenset({KILLED}), enclosures)


def _mild(name: str, ja: str, en: str, act: Act, enclosures: frozenset[str] = EVERY) -> Attempt:
    # LibreOffice asks for sockets, and programs, without meaning harm: it is refused instead of ended.
    return Attempt(name, Wall.SYSTEM_CALLS, ja, en, act, frozenset({KILLED}), enclosures, frozenset({"EPERM"}))


def _refused(name: str, ja: str, en: str, act: Act, error: str, enclosures: frozenset[str] = ONLY_READER) -> Attempt:
    return Attempt(name, Wall.SYSTEM_CALLS, ja, en, act, frozenset({error}), enclosures)


def _user(name: str, ja: str, en: str, act: Act, *held_by: str) -> Attempt:
    return Attempt(name, Wall.USER, ja, en, act, frozenset(held_by))


def _limit(name: str, ja: str, en: str, act: Act, *held_by: str) -> Attempt:
    return Attempt(name, Wall.LIMITS, ja, en, act, frozenset(held_by))


def _birth(name: str, ja: str, en: str, act: Act, held_by: str) -> Attempt:
    return Attempt(name, None, ja, en, act, frozenset({held_by}))


FILES = (
    _file("passwd", "/etc/passwd を読む", "read /etc/passwd", acts.read("/etc/passwd")),
    _file("root", "/ の一覧を読む", "list /", acts.enumerate_folder("/")),
    _file("proc", "/proc の一覧を読む", "list /proc", acts.enumerate_folder("/proc")),
    _file("environ", "/proc から環境変数を読む", "read /proc/self/environ", acts.read("/proc/self/environ")),
    _file("secrets", "設定と保管庫を読む", "read the settings and the store", acts.read_secrets),
    _file("tmp", "一時フォルダーに書く", "write into /tmp", acts.write_in_tmp),
    _file("shell", "/bin/sh を実行する", "run /bin/sh", acts.execute("/bin/sh"), ONLY_PROGRAM),
)

NETWORK = (
    _mild("tcp", "IPv4 の通信", "socket: IPv4", acts.open_socket(acts.AF_INET)),
    _mild("tcp6", "IPv6 の通信", "socket: IPv6", acts.open_socket(acts.AF_INET6)),
    _mild("unix", "UNIX ソケット", "socket: UNIX", acts.open_socket(acts.AF_UNIX)),
    _mild("netlink", "netlink", "socket: netlink", acts.open_socket(acts.AF_NETLINK)),
    _mild("connect", "接続", "connect", call("connect", -1, 0, 0)),
    _mild("bind", "待ち受け", "bind", call("bind", -1, 0, 0)),
    _mild("sendmsg", "ファイルの受け渡し", "hand descriptors over (sendmsg)", call("sendmsg", -1, 0, 0)),
)

PROCESSES = (
    _mild("fork", "fork", "fork", acts.fork, NO_PROGRAM),
    _mild("execve", "プログラムの実行", "run a program (execve)", acts.execute("/bin/true"), NO_PROGRAM),
    _mild("mmap", "実行できるメモリー (mmap)", "executable memory (mmap)", acts.map_code, NO_PROGRAM),
    _fatal("memfd", "memfd_create", "memfd_create", acts.make_memfd),
    _fatal("kill", "親プロセスへのシグナル", "signal the parent (kill)", acts.signal_parent),
    _fatal("ptrace", "親プロセスの追跡 (ptrace)", "trace the parent (ptrace)", acts.trace_parent),
    _fatal("vm_readv", "親のメモリーを読む", "read the parent's memory", acts.read_parent),
    _fatal("pidfd", "pidfd_open", "pidfd_open", acts.open_parent),
    _fatal("shm", "共有メモリー (shmget)", "shared memory (shmget)", call("shmget", 0x4B49594F, 0, 0)),
    _fatal("mq", "メッセージキュー", "message queues (mq_open)", call("mq_open", b"/kiyome-none", 0)),
    _refused("thread", "スレッド (clone)", "a thread (clone)", call("clone", acts.CLONE_THREAD, 0, 0, 0, 0), "EPERM"),
)

KERNEL = (
    _fatal("io_uring", "io_uring_setup", "io_uring_setup", call("io_uring_setup", 1, 0)),
    _fatal("bpf", "bpf", "bpf", call("bpf", 0, 0, 0)),
    _fatal("userfaultfd", "userfaultfd", "userfaultfd", call("userfaultfd", -1)),
    _fatal("perf", "perf_event_open", "perf_event_open", call("perf_event_open", 0, 0, -1, -1, 0)),
    _fatal("keyctl", "鍵リング (keyctl)", "keyrings (keyctl)", call("keyctl", 0, -3, 0)),
    _fatal("mount", "mount", "mount", call("mount", b"none", b"/nonexistent", b"tmpfs", 0, 0)),
    _fatal("chroot", "chroot", "chroot", call("chroot", b"/nonexistent")),
    _fatal("unshare", "名前空間 (unshare)", "namespaces (unshare)", call("unshare", 0)),
    _fatal("setns", "名前空間 (setns)", "namespaces (setns)", call("setns", -1, 0)),
    _fatal("handle", "open_by_handle_at", "open_by_handle_at", call("open_by_handle_at", -1, 0, 0)),
    _fatal("mknod", "装置を作る (mknod)", "devices (mknod)", call("mknodat", -1, b"nonexistent", 0, 0)),
    _fatal("module", "カーネルモジュール", "kernel modules", call("finit_module", -1, b"", 0)),
    _fatal("personality", "personality", "personality", call("personality", 0xFFFF_FFFF)),
    _fatal("seccomp", "seccomp の変更", "another filter (seccomp)", call("seccomp", 2, 0, 0)),
    _fatal("landlock", "Landlock の変更", "another Landlock", call("landlock_create_ruleset", 0, 0, 1)),
    _refused("openat2", "openat2", "openat2", call("openat2", -1, b"", 0, 0), "ENOSYS", NO_PROGRAM),
    _refused("unlisted", "表にない呼び出し", "a call that no row names", call("getpriority", 0, 0), "EPERM"),
    *([_fatal("x32", "x32 の呼び出し", "a call of the x32 ABI", call("x32"))] if "x32" in acts.NUMBERS else []),
)

# What the user is and may is read from the kernel's own account of the child, by `proving`; here is what can be tried.
USER = (
    _user("setuid", "root になる (setuid)", "become root (setuid)", call("setuid", 0), KILLED, "EPERM"),
    _user("capset", "権限を得る (capset)", "gain capabilities (capset)", acts.gain_capability, KILLED, "EPERM"),
    _user("chown", "所有者を変える (chown)", "change an owner (chown)", acts.change_owner, "EPERM", "EACCES"),
)

LIMITS = (
    _limit("memory", "上限を超えるメモリー", "memory beyond the limit", acts.map_memory, "ENOMEM"),
    _limit("descriptors", "上限を超えるファイル", "files beyond the limit", acts.open_many, "EMFILE"),
    _limit("lift", "上限を外す", "lift a limit", acts.lift_limit, KILLED, "EPERM"),
    _limit("limits", "定めた上限の確認", "the limits as they are set", acts.look_at_limits, NOTHING),
    Attempt(
        "file_size",
        Wall.LIMITS,
        "上限を超える大きさのファイル",
        "a file beyond its size",
        acts.grow_file,
        frozenset({"EFBIG"}),
        CONVERTERS,
    ),
)

BELONGINGS = (
    _birth("inherited", "開いたままのファイル", "descriptors left open", acts.look_for_descriptors, "EBADF"),
    _birth("environment", "環境変数の中の秘密", "secrets in the environment", acts.look_at_environment, NOTHING),
    _birth("folder", "作業フォルダー", "the working folder", acts.look_at_folder, NOTHING),
)

ATTEMPTS = (*FILES, *NETWORK, *PROCESSES, *KERNEL, *USER, *LIMITS, *BELONGINGS)
BY_NAME = {attempt.name: attempt for attempt in ATTEMPTS}


def warm() -> None:
    """Nothing to load: `ctypes` is there with this module."""


def clean(
    task: Task,  # noqa: ARG001 - a workshop's signature
    original: bytes,
    ask_dns: AskDns,  # noqa: ARG001
    mark: Callable[[str, bytes], None],  # noqa: ARG001
    *,
    convert: AskConverter,  # noqa: ARG001
) -> Cleaned:
    """Makes the attempts of the order in turn; the data are what came of each."""
    order = msgspec.json.decode(original, type=Order)
    data = msgspec.json.encode([make(BY_NAME[name], order.target) for name in order.attempts])
    return _as_item(original, data)


def make(attempt: Attempt, target: Target) -> Told:
    """One attempt, here and now. Does not return where a wall ends the process."""
    try:
        got = attempt.act(target)
    except OSError as error:
        return Told(attempt.name, errno.errorcode.get(error.errno or 0, str(error.errno)), "")
    return Told(attempt.name, "", got)


def _as_item(original: bytes, data: bytes) -> Cleaned:
    part = PartReport(
        path="1",
        name="",
        claimed_type="",
        detected_type="application/json",
        sanitizer="",
        outcome=Outcome.CLEAN,
        size_in=len(original),
        size_out=len(data),
        sha256_in=sha256(original).hexdigest(),
        sha256_out=sha256(data).hexdigest(),
        findings=(),
        milliseconds=0.0,
    )
    return Cleaned(data, "", "application/json", Report((part,)))
