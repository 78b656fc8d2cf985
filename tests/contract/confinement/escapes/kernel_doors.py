"""System calls that have been the way into kernels, and those that change the machine: one row each.

The arguments are such that nothing happens should the call get through.
"""

from tests.contract.confinement.escapes.kernel import call, know
from tests.contract.confinement.escapes.table import Escape, killed, refused

Arguments = tuple[int | bytes | None, ...]

KILLED: tuple[tuple[str, Arguments, str], ...] = (
    ("userfaultfd", (1,), "the rhythm of page faults"),
    ("io_uring_setup", (4, bytes(120)), "a queue of calls that no filter sees"),
    ("io_uring_enter", (3, 0, 0, 0, None, 0), "a queue made elsewhere"),
    ("io_uring_register", (3, 0, None, 0), "a queue made elsewhere"),
    ("io_setup", (1, bytes(8)), "the older asynchronous calls"),
    ("io_submit", (0, 0, None), "the older asynchronous calls"),
    ("bpf", (0, bytes(64), 64), "a program in the kernel"),
    ("perf_event_open", (bytes(112), 0, -1, -1, 0), "counters of the processor"),
    ("add_key", (b"user", b"kiyome-escape", b"x", 1, -3), "the kernel's keyring"),
    ("request_key", (b"user", b"kiyome-escape", None, -3), "the kernel's keyring"),
    ("keyctl", (0, -3, 0), "the kernel's keyring"),
    ("mount", (b"none", b"/tmp", b"tmpfs", 0, None), "a file system"),
    ("umount2", (b"/nowhere", 0), "a file system"),
    ("mount_setattr", (-100, b"/nowhere", 0, bytes(32), 32), "a file system"),
    ("move_mount", (-1, b"", -1, b"", 0), "a file system"),
    ("open_tree", (-100, b"/", 1), "a copy of the file tree"),
    ("fsopen", (b"tmpfs", 0), "a file system"),
    ("fsconfig", (-1, 0, None, None, 0), "a file system"),
    ("fsmount", (-1, 0, 0), "a file system"),
    ("fspick", (-100, b"/nowhere", 0), "a file system"),
    ("quotactl", (0, None, 0, None), "quotas"),
    ("msgget", (0, 0o1600), "a System V queue"),
    ("semget", (0, 1, 0o1600), "a System V semaphore"),
    ("mq_open", (b"kiyome-escape", 0o102, 0o600, None), "a POSIX queue"),
    ("init_module", (None, 0, b""), "a kernel module"),
    ("finit_module", (-1, b"", 0), "a kernel module"),
    ("delete_module", (b"kiyome-escape", 0), "a kernel module"),
    ("kexec_load", (0, 0, None, 0xFFFF), "another kernel"),
    ("kexec_file_load", (-1, -1, 0, None, 0xFFFF), "another kernel"),
    ("reboot", (0, 0, 0, None), "the machine"),
    ("swapon", (b"/nowhere", 0), "swap space"),
    ("swapoff", (b"/nowhere",), "swap space"),
    ("acct", (b"/nowhere",), "a log that the kernel writes"),
    ("syslog", (3, None, 0), "the kernel's log"),
    ("sethostname", (b"", 1 << 20), "the host's name"),
    ("setdomainname", (b"", 1 << 20), "the host's domain"),
    ("settimeofday", (b"\xff" * 16, None), "the clock"),
    ("clock_settime", (99, bytes(16)), "the clock"),
    ("clock_adjtime", (99, bytes(208)), "the clock"),
    ("adjtimex", (bytes(208),), "the clock"),
    ("vhangup", (), "the terminal"),
    ("iopl", (9,), "ports of the hardware"),
    ("ioperm", (0x1_0000, 1, 1), "ports of the hardware"),
    ("modify_ldt", (0, None, 0), "segments of the processor"),
    ("lookup_dcookie", (0, None, 0), "paths by cookie"),
)
REFUSED: tuple[tuple[str, Arguments, str], ...] = (
    ("vmsplice", (2, None, 0, 0), "pages given to a pipe"),
    ("splice", (0, None, 2, None, 1, 0), "pages between pipes: Dirty Pipe"),
    ("tee", (2, 2, 1, 0), "pages between pipes"),
    ("sendfile", (3, 0, None, 1), "a file into the pipe"),
    ("copy_file_range", (0, None, 1, None, 1, 0), "a file into a file"),
    ("sync", (), "all disks wait"),
    ("syncfs", (0,), "a disk waits"),
    ("eventfd2", (0, 0), "a counter"),
    ("signalfd4", (-1, bytes(8), 8, 0), "signals as a file"),
    ("timerfd_create", (0, 0), "a timer as a file"),
    ("epoll_create1", (0,), "a set of descriptors"),
    ("membarrier", (0, 0, 0), "barriers on other processors"),
    ("rseq", (bytes(32), 32, 0, 0), "restartable sequences"),
    ("cachestat", (0, bytes(16), bytes(40), 0), "which pages others have read"),
    ("mincore", (0, 4_096, bytes(1)), "which pages others have read"),
    ("ustat", (0, bytes(32)), "a file system's state"),
    ("sysfs", (3, 0, None), "the kernel's file systems"),
    ("uselib", (b"/lib/x86_64-linux-gnu/libc.so.6",), "a library, the oldest way"),
    ("statmount", (bytes(24), bytes(512), 512, 0), "how a file system is mounted"),
    ("open_tree_attr", (-100, b"/", 1, None, 0), "a copy of the file tree"),
    ("file_setattr", (-100, b"/nowhere", bytes(24), 24, 0), "attributes of a file"),
    ("setxattrat", (-100, b"/nowhere", 0, b"user.x", bytes(16), 16), "attributes of a file"),
    ("chdir", (b"/tmp",), "another folder"),
    ("dup2", (0, 3), "nothing in the place of the pipe"),
    ("dup3", (0, 3, 0), "nothing in the place of the pipe"),
    ("close_range", (0, 1_000, 0), "all descriptors at once"),
)

ROWS: tuple[Escape, ...] = (
    *(
        killed(f"call_{name}", f"{name}: {tries}", lambda _, name=name, arguments=arguments: call(name, *arguments))
        for name, arguments, tries in KILLED
        if know(name)
    ),
    *(
        refused(f"call_{name}", f"{name}: {tries}", lambda _, name=name, arguments=arguments: call(name, *arguments))
        for name, arguments, tries in REFUSED
        if know(name)
    ),
)
