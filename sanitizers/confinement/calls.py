"""Which system calls a child may make: tables, each row with its reason. What no row names is refused with EPERM.

The names are those of every architecture; libseccomp knows which of them this one has.
"""

import fcntl
import mmap
import os
import signal
import termios
from enum import StrEnum

import msgspec


class Answer(StrEnum):
    """What the kernel says to a call."""

    ALLOW = "allow"
    DENY = "deny"  # EACCES, as when a file's rights forbid it
    KILL = "kill"  # the process ends with SIGSYS: no honest parser calls it by accident
    ABSENT = "absent"  # ENOSYS, upon which the C library takes an older call that can be looked into
    PRETEND = "pretend"  # the call returns 0 and the kernel does nothing


class Comparison(StrEnum):
    """How an argument is compared, as unsigned 64 bits."""

    BITS = "bits"  # argument & bits == value
    ABOVE = "above"  # argument > value


class Argument(msgspec.Struct, frozen=True):
    """What an argument must be for a row to hold."""

    place: int  #: from 0
    value: int
    bits: int = 0xFFFF_FFFF_FFFF_FFFF
    comparison: Comparison = Comparison.BITS


class Row(msgspec.Struct, frozen=True):
    """An answer to some calls, whenever all arguments are as said."""

    answer: Answer
    names: str  #: separated by blanks
    why: str
    when: tuple[Argument, ...] = ()


class Calls(msgspec.Struct, frozen=True):
    """All rows of an enclosure. Rows of one call and different answers must exclude each other by their arguments."""

    rows: tuple[Row, ...]


# <asm-generic/fcntl.h>, <linux/sched.h>, <asm-generic/mman-common.h>
_WRITING = (os.O_WRONLY, os.O_RDWR, os.O_CREAT, os.O_TRUNC, os.O_APPEND, os.O_TMPFILE & ~os.O_DIRECTORY)
_CLONE_THREAD = 0x0001_0000
_NEW_NAMESPACES = 0x7E02_0080  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET, NEWTIME
_EXECUTABLE = mmap.PROT_EXEC
_PR_SET_PDEATHSIG, _PR_SET_SECCOMP = 1, 22  # <linux/prctl.h>
_AF_UNIX, _SOCK_STREAM = 1, 1  # <linux/socket.h>


def _allow(names: str, why: str, *when: Argument) -> Row:
    return Row(Answer.ALLOW, names, why, when)


def _kill(names: str, why: str, *when: Argument) -> Row:
    return Row(Answer.KILL, names, why, when)


def _no_flags(call: str, place: int, flags: tuple[int, ...], why: str) -> tuple[Row, ...]:
    return tuple(Row(Answer.DENY, call, why, (Argument(place, flag, flag),)) for flag in flags)


def _commands(calls: str, place: int, commands: tuple[int, ...], why: str) -> tuple[Row, ...]:
    return tuple(_allow(calls, why, Argument(place, command)) for command in commands)


EVERYBODY = (
    _allow("read readv pread64 write writev close", "the pipe, and files that Landlock lets it open"),
    _allow("lseek fstat newfstatat stat lstat statx fstatfs statfs", "size and kind of a file"),
    _allow("access faccessat faccessat2", "whether a file is there"),
    _allow("getdents64 readlink readlinkat getcwd", "a lazy import lists its folder"),
    _allow("poll ppoll select pselect6", "waiting for what is open already"),
    _allow("munmap mremap brk madvise", "memory"),
    _allow("futex futex_waitv sched_yield", "locks of the C library and of Python"),
    _allow("rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack", "the timer of an item; they send nothing"),
    _allow("restart_syscall", "the kernel itself calls it after a signal"),
    _allow("setitimer getitimer", "the timer of an item"),
    _allow("clock_gettime clock_getres gettimeofday time nanosleep clock_nanosleep", "the time; mostly without a call"),
    _allow("getrandom", "hash seeds, boundaries"),
    _allow("getpid gettid getppid getuid geteuid getgid getegid", "asked by the C library; tells nothing of worth"),
    _allow("uname sysinfo sched_getaffinity getrusage times", "asked by allocators, Python and large parsers"),
    _allow("getrlimit", "its own limits"),
    _allow("prlimit64", "its own limits, reading only", Argument(0, 0), Argument(2, 0)),
    _allow("exit exit_group", "the end"),
    *_commands("fcntl", 1, (fcntl.F_GETFD, fcntl.F_SETFD, fcntl.F_GETFL, fcntl.F_SETFL), "flags of a descriptor"),
    *_commands("fcntl", 1, (fcntl.F_DUPFD, fcntl.F_DUPFD_CLOEXEC), "a second descriptor of the same thing"),
    *_commands("ioctl", 1, (termios.TCGETS, termios.FIOCLEX), "open() asks for a terminal, and closes on exec"),
    Row(Answer.ABSENT, "clone3 openat2", "their flags are in memory, where no filter sees them"),
)

NETWORK = (
    _kill(
        "socket socketpair connect bind listen accept accept4 getsockname getpeername getsockopt setsockopt shutdown"
        " sendto sendmsg sendmmsg recvfrom recvmsg recvmmsg",
        "the network, and other programs of this host; the pipe is read and written",
    ),
)

OWN_LIMITS = (
    _kill("setrlimit", "limits are set already"),
    _kill("prlimit64", "limits are set already", Argument(2, 0, comparison=Comparison.ABOVE)),
)

NOBODY = (
    _kill("ptrace process_vm_readv process_vm_writev process_madvise kcmp", "other processes' memory"),
    _kill("kill tkill rt_sigqueueinfo rt_tgsigqueueinfo", "signals to others"),
    _kill("pidfd_open pidfd_getfd pidfd_send_signal", "other processes' descriptors"),
    _kill(
        "mount umount2 mount_setattr move_mount open_tree fsopen fsconfig fsmount fspick chroot pivot_root quotactl"
        " quotactl_fd name_to_handle_at open_by_handle_at",
        "another view of the file system",
    ),
    _kill("setns unshare", "namespaces: root of a world of one's own"),
    _kill(
        "setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid setgroups capset personality",
        "another user, other privileges",
    ),
    _kill("add_key request_key keyctl", "the kernel's keyrings"),
    _kill("bpf perf_event_open userfaultfd lookup_dcookie", "tools for kernel exploits"),
    _kill("io_uring_setup io_uring_enter io_uring_register", "calls that no filter sees"),
    _kill("io_setup io_submit io_destroy io_getevents io_pgetevents io_cancel", "the older asynchronous calls: unused"),
    _kill("memfd_create memfd_secret", "memory that can be executed or handed on"),
    _kill(
        "shmget shmat shmctl shmdt msgget msgsnd msgrcv msgctl semget semop semtimedop semctl"
        " mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr",
        "talk to other processes",
    ),
    _kill("fanotify_init fanotify_mark", "watching others' files"),
    _kill("mknod mknodat", "devices"),
    _kill(
        "init_module finit_module delete_module kexec_load kexec_file_load reboot swapon swapoff acct syslog"
        " sethostname setdomainname settimeofday clock_settime clock_adjtime adjtimex stime nfsservctl vhangup"
        " iopl ioperm modify_ldt",
        "the machine itself",
    ),
    _kill("seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self", "the walls stand already"),
)

# A reader parses bytes in its own process: no file is written, nothing is started, no code appears.
READER_CALLS = Calls((
    *EVERYBODY,
    *NOBODY,
    *NETWORK,
    *OWN_LIMITS,
    _allow("open", "for reading", Argument(1, 0, sum(_WRITING))),
    _allow("openat", "for reading", Argument(2, 0, sum(_WRITING))),
    *_no_flags("open", 1, _WRITING, "nothing is written"),
    *_no_flags("openat", 2, _WRITING, "nothing is written"),
    _allow("mmap mprotect", "memory that is not code", Argument(2, 0, _EXECUTABLE)),
    _kill("mmap mprotect pkey_mprotect", "new code", Argument(2, _EXECUTABLE, _EXECUTABLE)),
    _kill("execve execveat fork vfork", "another program or process"),
    _kill("clone", "another process; a thread is only refused", Argument(0, 0, _CLONE_THREAD)),
))  # fmt: skip

# What LibreOffice may do beyond a reader. Not NETWORK and OWN_LIMITS: it means no harm when it asks for the name
# service's socket, for one to itself (socketpair) or, when a document names an address, for one to the world, and when
# it raises its limit of open files. All that is refused (EPERM) and the conversion goes on.
OFFICE = (
    # Landlock before Linux 6.2 does not see that a file opened for reading is emptied.
    *(
        _allow(call, "as Landlock lets it", Argument(place, flags, os.O_TRUNC | bits))
        for call, place in (("open", 1), ("openat", 2))
        for flags, bits in ((0, 0), (os.O_TRUNC | os.O_WRONLY, os.O_ACCMODE), (os.O_TRUNC | os.O_RDWR, os.O_ACCMODE))
    ),
    _allow("pwrite64 pwritev preadv ftruncate fallocate fsync fdatasync fadvise64", "files in the scratch folder"),
    _allow("mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2", "names in the scratch folder"),
    _allow("chmod fchmod fchmodat utimensat umask flock", "files in the scratch folder"),
    *_commands("fcntl", 1, (fcntl.F_GETLK, fcntl.F_SETLK, fcntl.F_SETLKW), "locks on files in the scratch folder"),
    _allow("chdir fchdir", "it works in the scratch folder"),
    _allow("set_tid_address set_robust_list rseq arch_prctl", "start of a program and of its threads"),
    _allow("pipe pipe2 dup dup2 dup3 eventfd2 epoll_create1 epoll_ctl epoll_wait epoll_pwait", "between its threads"),
    _allow("getpgrp getpgid getsid getpriority sched_getparam sched_getscheduler", "asked by its libraries"),
)

THREADS = (_allow("clone", "threads; no process, so none outlives it", Argument(0, _CLONE_THREAD, _CLONE_THREAD)),)

# Where it is started as a program.
PROGRAM = (
    *OFFICE,
    _allow(
        "mmap mprotect", "the loader maps programs and libraries; LibreOffice writes its bridges between components"
    ),
    _allow("execve", "the program that Landlock lets it run"),
)

# The converter's child starts one program and waits for it. No setsid and no setpgid: nothing leaves its session.
CONVERTER_CALLS = Calls((
    *EVERYBODY,
    *NOBODY,
    *PROGRAM,
    _allow("clone", "the process of the program, in no namespace of its own", Argument(0, 0, _NEW_NAMESPACES)),
    _allow("fork vfork wait4 waitid", "the process of the program, and its end"),
    _allow(
        "prctl", "the program dies with its child", Argument(0, _PR_SET_PDEATHSIG), Argument(1, signal.SIGKILL)
    ),
    _allow("prctl", "a filter more, for the program: it can only forbid", Argument(0, _PR_SET_SECCOMP), Argument(1, 2)),
))  # fmt: skip

# The program: the same and less. This filter comes on top of the one above and need not repeat what ends the process.
PROGRAM_CALLS = Calls((
    *EVERYBODY,
    *PROGRAM,
    *THREADS,
    # soffice.bin gives up where it cannot listen in /tmp for a second start of itself (its officeipcthread.cxx). It is
    # told that it does: it takes descriptor 0, /dev/null, for the socket. No socket of any family is made.
    Row(
        Answer.PRETEND,
        "socket",
        "the single-instance pipe",
        (Argument(0, _AF_UNIX), Argument(1, _SOCK_STREAM), Argument(2, 0)),
    ),
    Row(Answer.PRETEND, "bind listen", "the single-instance pipe; to accept is refused, which it takes for a hiccup"),
))  # fmt: skip

# LibreOffice that was loaded before the fork needs no program, no process and no new code. It means no harm either when
# it asks for one (to read EPS, it would start Ghostscript): refused, not ended.
WARM_CALLS = Calls((
    *EVERYBODY,
    *NOBODY,
    *OFFICE,
    *THREADS,
    _allow("mmap mprotect", "memory that is not code", Argument(2, 0, _EXECUTABLE)),
))  # fmt: skip
