"""A folder that others write into: walked, read and written without ever following a link out of it.

Every step is opened relative to the one before, with O_NOFOLLOW (openat(2)), so that a sub-folder that somebody swaps
for a link at the wrong moment leads nowhere. A folder may be a share: whatever it answers may also be that it is gone.
"""

import ctypes
import errno
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import Enum
from typing import Final

import msgspec

from gateway.folders.naming import numbered

PRIVATE: Final = 0o700  #: rights of sub-folders that are ours alone
SHARED: Final = 0o777  #: of those in an out-folder, less the umask: whoever fetches results may have to remove them
_DEEPEST: Final = 60  #: sub-folders in each other
_NO_STEPS: Final = frozenset({"", ".", ".."})
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
#: O_NONBLOCK: opening a FIFO must not wait for somebody at its other end.
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NO_REPLACE: Final = 1  # RENAME_NOREPLACE of renameat2(2)
_UNKNOWN_TO_RENAME: Final = frozenset({errno.EINVAL, errno.ENOSYS})  # NFS; kernels before 3.15
_UNKNOWN_TO_LINK: Final = frozenset({errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.EMLINK})
#: The name alone is at fault, or what somebody has put where it would go; other files are not concerned.
OF_ONE_NAME: Final = frozenset({errno.EINVAL, errno.EILSEQ, errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTDIR})
_SAME_NAMES: Final = 10_000  #: results of one name that stand side by side

_libc = ctypes.CDLL(None, use_errno=True)


class Away(Exception):
    """The folder, or the share that it is on, is not there now."""


def trouble(error: OSError | Away) -> str:
    """What is wrong, for logs and pages: the message of an OSError would name somebody's file."""
    return (error.strerror or type(error).__name__) if isinstance(error, OSError) else str(error)


class What(Enum):
    """What a name stands for."""

    FILE = "file"
    LINK = "link"
    OTHER = "other"  # device, pipe or socket


class Seen(msgspec.Struct, frozen=True):
    """One name below a folder, at one look."""

    path: str  #: below the folder, "/" between steps; bytes that are no UTF-8 as surrogates (PEP 383)
    what: What
    inode: tuple[int, int]  #: device and number
    size: int
    changed_ns: int  #: st_mtime_ns


@contextmanager
def opened(path: str, mount: str = "") -> Iterator[int]:
    """A descriptor of a folder. Raises Away when it is not there, or when `mount` is given and nothing is mounted."""
    if mount and not os.path.ismount(mount):
        raise Away(f"nothing is mounted at {mount}")
    try:
        # The folder itself may be a link that the administrator made; what lies in it may not.
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise Away(f"{path}: {error.strerror}") from error
    try:
        yield folder
    finally:
        os.close(folder)


def walk(folder: int) -> Iterator[Seen]:
    """Every name below a folder but those of sub-folders, and nothing below hidden ones: ours are among these."""
    yield from _walked(os.dup(folder), "", 0)


def _walked(folder: int, before: str, depth: int) -> Iterator[Seen]:
    try:
        with os.scandir(folder) as entries:
            names = sorted(entries, key=lambda entry: entry.name)
        for entry in names:
            with suppress(FileNotFoundError):  # taken away while we looked
                if not entry.is_dir(follow_symlinks=False):
                    yield _seen(before + entry.name, os.stat(entry.name, dir_fd=folder, follow_symlinks=False))
                elif depth < _DEEPEST and not entry.name.startswith("."):
                    yield from _inside(folder, entry.name, before, depth)
    finally:
        os.close(folder)


def _inside(folder: int, name: str, before: str, depth: int) -> Iterator[Seen]:
    try:
        inner = os.open(name, _FOLDER, dir_fd=folder)
    except PermissionError:
        return  # `kiyome doctor` names it
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENOTDIR}:  # swapped for a link
            return
        raise
    yield from _walked(inner, f"{before}{name}/", depth + 1)


def _seen(path: str, status: os.stat_result) -> Seen:
    return Seen(path, _what(status), (status.st_dev, status.st_ino), status.st_size, status.st_mtime_ns)


def _what(status: os.stat_result) -> What:
    if stat.S_ISREG(status.st_mode):
        return What.FILE
    return What.LINK if stat.S_ISLNK(status.st_mode) else What.OTHER


@contextmanager
def parent_of(folder: int, steps: Sequence[str], *, make: int = 0) -> Iterator[int]:
    """A descriptor of a sub-folder; `make`: created with these rights, and on disk, where it is missing."""
    here = os.dup(folder)
    try:
        for step in steps:
            if step in _NO_STEPS or "/" in step:  # no name that we were given has one; it would lead out of the folder
                raise OSError(errno.EINVAL, "not a sub-folder")
            if make:
                _make(here, step, make)
            inner = os.open(step, _FOLDER, dir_fd=here)
            os.close(here)
            here = inner
        yield here
    finally:
        os.close(here)


def _make(folder: int, name: str, mode: int) -> None:
    with suppress(FileExistsError):
        os.mkdir(name, mode, dir_fd=folder)
        synced(folder)


def synced(descriptor: int) -> None:
    """fsync; some shares cannot do it for folders and say EINVAL, which is then all that can be had."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.EBADF, errno.EOPNOTSUPP}:
            raise


def open_file(folder: int, name: str) -> int:
    """A descriptor of an ordinary file. Raises OSError; ELOOP when it is a link or something else."""
    descriptor = os.open(name, _FILE, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.ELOOP, "not an ordinary file")
    return descriptor


def seen_through(descriptor: int, path: str) -> Seen:
    """What an open file looks like now."""
    return _seen(path, os.fstat(descriptor))


def write_new(folder: int, name: str, chunks: Iterable[bytes]) -> None:
    """A file written and synced; what a crash left under this name is replaced."""
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)
    # Readable for the group: the systems that fetch results are seldom the gateway's user.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(name, flags, 0o664, dir_fd=folder)
    try:
        for chunk in chunks:
            rest = memoryview(chunk)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_small(folder: int, name: str, most: int = 65_536) -> bytes | None:
    """A small file of our own, or None."""
    try:
        descriptor = open_file(folder, name)
    except FileNotFoundError:
        return None
    try:
        return os.read(descriptor, most)
    finally:
        os.close(descriptor)


def names_in(folder: int) -> list[str]:
    """What lies in a folder."""
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries]


def same_file(one: int, name: str, other: int, other_name: str) -> bool:
    """Whether both names are there and are those of one file."""
    try:
        first = os.stat(name, dir_fd=one, follow_symlinks=False)
        second = os.stat(other_name, dir_fd=other, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(first, second)


def exists(folder: int, name: str) -> bool:
    """Whether a name is taken, be it by a broken link."""
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def free_name(folder: int, name: str) -> str:
    """The name, or the first of "a (2).txt", "a (3).txt" … that nothing has."""
    for number in range(1, _SAME_NAMES):
        if not exists(folder, numbered(name, number)):
            return numbered(name, number)
    raise OSError(errno.EEXIST, "too many files of one name")


def move_without_replacing(source: int, name: str, target: int, new: str) -> None:
    """Gives a file another name in one step. Raises FileExistsError when something has it."""
    result = _libc.renameat2(source, os.fsencode(name), target, os.fsencode(new), _NO_REPLACE)
    if result == 0:
        return
    number = ctypes.get_errno()
    if number not in _UNKNOWN_TO_RENAME:
        raise OSError(number, os.strerror(number))
    _link_instead(source, name, target, new)


def _link_instead(source: int, name: str, target: int, new: str) -> None:
    """Where the file system knows no such rename: a second name, which fails when it is taken; then the first goes."""
    try:
        os.link(name, new, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _UNKNOWN_TO_LINK or exists(target, new):
            raise
        os.rename(name, new, src_dir_fd=source, dst_dir_fd=target)  # nobody else has been given this name
        return
    os.unlink(name, dir_fd=source)


def remove_empty(folder: int, steps: Sequence[str]) -> None:
    """Takes away sub-folders, the innermost first, as far as they are empty."""
    for count in range(len(steps), 0, -1):
        try:
            with parent_of(folder, steps[: count - 1]) as parent:
                os.rmdir(steps[count - 1], dir_fd=parent)
        except FileNotFoundError:
            continue
        except OSError as error:
            if error.errno in {errno.ENOTEMPTY, errno.EEXIST}:
                return
            raise
