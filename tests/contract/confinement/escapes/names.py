"""Names, links and attributes of files outside, which Landlock knows in part only."""

# ruff: noqa: PTH101, PTH102, PTH104, PTH106, PTH108, PTH211 - system calls by their own names

import ctypes
import errno
import fcntl
import os
import stat

from tests.contract.confinement.escapes.kernel import call, know
from tests.contract.confinement.escapes.table import Escape, Target, grants, killed, new, refused

AT_FDCWD = -100
RENAME_EXCHANGE = 2
IN_ALL_EVENTS = 0xFFF
FAN_CLASS_NOTIF = 0

know(
    "renameat2",
    "fchmodat2",
    "utimensat",
    "setxattr",
    "setxattrat",
    "inotify_init1",
    "fanotify_init",
    "name_to_handle_at",
    "open_by_handle_at",
    "statmount",
    "listmount",
    "file_setattr",
)


def through_a_library(at: Target, change: str) -> str:
    """A file open for reading can have its attributes changed by its owner."""
    descriptor = os.open(at.library, os.O_RDONLY)
    if change == "mode":
        os.fchmod(descriptor, 0o777)
    elif change == "owner":
        os.fchown(descriptor, os.getuid(), os.getgid())
    else:
        os.utime(descriptor, (1, 1))
    return "changed its library"


def lock_a_library(at: Target) -> str:
    """Whoever else wants the lock waits."""
    fcntl.flock(os.open(at.library, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)
    return "locked"


def lock_a_library_for_reading(at: Target) -> str:
    fcntl.lockf(os.open(at.library, os.O_RDONLY), fcntl.LOCK_SH | fcntl.LOCK_NB)
    return "locked"


def lease_a_library(at: Target) -> int:
    """Whoever else opens it for writing waits for 45 seconds."""
    return fcntl.fcntl(os.open(at.library, os.O_RDONLY), fcntl.F_SETLEASE, fcntl.F_RDLCK)


def watch_a_folder(at: Target) -> int:
    folder = os.open(os.path.dirname(at.library), os.O_RDONLY)  # noqa: PTH120
    return fcntl.fcntl(folder, fcntl.F_NOTIFY, fcntl.DN_ACCESS | fcntl.DN_MULTISHOT)


def handle_of(at: Target) -> int:
    handle = ctypes.create_string_buffer(8 + 128)
    ctypes.c_uint.from_buffer(handle).value = 128
    return call("name_to_handle_at", AT_FDCWD, at.item.encode(), handle, ctypes.create_string_buffer(8), 0)


def open_by_handle(_: Target) -> int:
    return call("open_by_handle_at", 0, ctypes.create_string_buffer(8 + 128), os.O_RDONLY)


def list_mounts(_: Target) -> int:
    request = (24).to_bytes(4, "little") + bytes(4) + (0xFFFF_FFFF_FFFF_FFFF).to_bytes(8, "little") + bytes(8)
    return call("listmount", request, ctypes.create_string_buffer(4_096), 512, 0)


ROWS: tuple[Escape, ...] = (
    refused("make_a_folder", "mkdir outside", lambda at: grants(lambda: os.mkdir(new(at, at.folder))), control=True),
    refused("remove_a_file", "unlink another item", lambda at: grants(lambda: os.unlink(at.item)), control=True),
    refused("remove_a_folder", "rmdir", lambda at: grants(lambda: os.rmdir(at.folder)), errno.ENOTEMPTY),
    refused(
        "rename_away",
        "another item out of its place",
        lambda at: grants(lambda: os.rename(at.item, new(at, at.folder))),
        control=True,
    ),
    refused(
        "rename_over",
        "one item over another's database",
        lambda at: grants(lambda: os.rename(at.item, at.database)),
        control=True,
    ),
    refused(
        "exchange_names",
        "renameat2 RENAME_EXCHANGE",
        lambda at: call("renameat2", AT_FDCWD, at.item.encode(), AT_FDCWD, at.database.encode(), RENAME_EXCHANGE),
    ),
    refused(
        "link_symbolically",
        "a link that somebody may follow",
        lambda at: grants(lambda: os.symlink("/etc/passwd", new(at, at.folder))),
        control=True,
    ),
    refused(
        "link_hard",
        "another name for another item",
        lambda at: grants(lambda: os.link(at.item, new(at, at.folder))),
        control=True,
    ),
    killed("make_a_fifo", "mkfifo", lambda at: grants(lambda: os.mkfifo(new(at, at.folder))), control=True),
    killed(
        "make_a_device",
        "mknod of a disk",
        lambda at: grants(lambda: os.mknod(new(at, at.folder), 0o600 | stat.S_IFBLK, os.makedev(8, 0))),
    ),
    killed(
        "make_a_socket_file",
        "mknod of a socket",
        lambda at: grants(lambda: os.mknod(new(at, at.folder), 0o600 | stat.S_IFSOCK)),
        control=True,
    ),
    refused("change_mode", "chmod of another item", lambda at: grants(lambda: os.chmod(at.item, 0o777)), control=True),
    refused(
        "change_mode_newly",
        "fchmodat2 of another item",
        lambda at: call("fchmodat2", AT_FDCWD, at.item.encode(), 0o777, 0),
        control=True,
    ),
    refused(
        "change_owner",
        "chown of another item",
        lambda at: grants(lambda: os.chown(at.item, os.getuid(), os.getgid())),
        control=True,
    ),
    refused(
        "change_times", "utime of another item", lambda at: grants(lambda: os.utime(at.item, (1, 1))), control=True
    ),
    refused("cut_short", "truncate another item", lambda at: grants(lambda: os.truncate(at.item, 0)), control=True),
    refused(
        "set_an_attribute",
        "setxattr on another item",
        lambda at: grants(lambda: os.setxattr(at.item, "user.kiyome", b"x")),
    ),
    refused("change_its_librarys_mode", "fchmod of what is open for reading", lambda at: through_a_library(at, "mode")),
    refused(
        "change_its_librarys_owner", "fchown of what is open for reading", lambda at: through_a_library(at, "owner")
    ),
    refused(
        "change_its_librarys_times", "futimens of what is open for reading", lambda at: through_a_library(at, "times")
    ),
    refused("lock_a_library", "flock a file that others use", lock_a_library, control=True),
    refused(
        "lock_a_library_for_reading", "fcntl lock on a file that others use", lock_a_library_for_reading, control=True
    ),
    refused("lease_a_library", "a lease on a file that others use", lease_a_library),
    refused("watch_a_folder", "dnotify: signals about what others do", watch_a_folder, control=True),
    refused("watch_files", "inotify", lambda _: call("inotify_init1", 0), control=True),
    killed("watch_everything", "fanotify", lambda _: call("fanotify_init", FAN_CLASS_NOTIF, 0)),
    killed("take_a_handle", "name_to_handle_at", handle_of),
    killed("open_by_handle", "open_by_handle_at, past every path", open_by_handle),
    refused("list_mounts", "listmount", list_mounts),
)
