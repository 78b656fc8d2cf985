"""The gateway's side of scratch folders: a private one for each converter, measured from outside, removed for good.

What lies in one was written by a process that may be an attacker's. It is never read, only counted and removed, at any
depth and whatever it is called; no link is followed.
"""

import fcntl
import os
import re
import secrets
import stat
from contextlib import suppress
from pathlib import Path

import msgspec

from sanitizers.confinement.privileges import Account

NAME = re.compile(r"converter-[0-9a-f]{16}\Z")
LOCK = ".lock"  #: beside a folder: held by the gateway that made it, for as long as it lives
BLOCK_BYTES = 512  # of st_blocks, stat(2)
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Size(msgspec.Struct, frozen=True):
    """What lies in a folder; counting stops soon after a limit, so that it ends."""

    bytes: int  #: on the disk
    files: int  #: with folders and everything else that has a name

    def exceeds(self, most: "Size") -> bool:
        """Whether it is too much: its child is to be ended."""
        return self.bytes > most.bytes or self.files > most.files


class Scratch:
    """One folder, until `remove`. Made by `make`."""

    def __init__(self, path: str, lock: int) -> None:
        self.path = path
        self._lock = lock

    def size(self, most: Size) -> Size:
        """What lies there; not all of it once it exceeds `most`. What vanishes or hides meanwhile counts as a name."""
        return _measured(self.path, most)

    def remove(self) -> None:
        """With all that is in it. After the child's end: who still writes there could make it fail (OSError)."""
        _remove(self.path)
        Path(self.path + LOCK).unlink(missing_ok=True)
        self.leave()

    def leave(self) -> None:
        """To the `sweep` of the next start, if it is still there."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def make(root: str, owner: Account | None = None) -> Scratch:
    """A new empty folder below `root`, which exists, for its child alone (0700). Raises OSError.

    `owner`: whom the child becomes, when the gateway runs as root.
    """
    path = str(Path(root).resolve() / f"converter-{secrets.token_hex(8)}")
    lock = os.open(path + LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        Path(path).mkdir(0o700)
        if owner is not None and os.geteuid() == 0:
            os.chown(path, owner.uid, owner.gid, follow_symlinks=False)
    except OSError:
        with suppress(FileNotFoundError):
            Path(path).rmdir()
        Path(path + LOCK).unlink()
        os.close(lock)
        raise
    return Scratch(path, lock)


def sweep(root: str) -> int:
    """At a start: removes what gateways left that were killed, and says how many. Those of a living one stay."""
    locks = [lock for lock in Path(root).iterdir() if lock.name.endswith(LOCK)]
    return sum(_swept(lock) for lock in locks if NAME.match(lock.name.removesuffix(LOCK)))


def _swept(lock: Path) -> bool:
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False  # of another user, or no file: the root may be a folder that everybody can write to
    try:
        if os.fstat(descriptor).st_uid != os.geteuid():
            return False
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False  # its gateway lives
    else:
        _remove(str(lock).removesuffix(LOCK))
        lock.unlink()
        return True
    finally:
        os.close(descriptor)


def _measured(path: str, most: Size) -> Size:
    size, waiting = Size(0, 0), [path]
    while waiting and not size.exceeds(most):
        folder = waiting.pop()
        try:
            descriptor = os.open(folder, FOLDER)
        except FileNotFoundError:
            continue  # it went meanwhile
        except OSError:  # it was made unreadable, too deep or a link: no converter of ours does that
            return Size(most.bytes + 1, most.files + 1)
        try:
            size = _with_entries(size, descriptor, folder, waiting, most)
        except OSError:  # it can be listed and not entered
            return Size(most.bytes + 1, most.files + 1)
        finally:
            os.close(descriptor)
    return size


def _with_entries(size: Size, descriptor: int, folder: str, waiting: list[str], most: Size) -> Size:
    with os.scandir(descriptor) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                status = entry.stat(follow_symlinks=False)
                size = Size(size.bytes + status.st_blocks * BLOCK_BYTES, size.files + 1)
                if stat.S_ISDIR(status.st_mode):
                    waiting.append(f"{folder}/{entry.name}")
            if size.exceeds(most):
                break
    return size


def _remove(path: str) -> None:
    """Folders are moved up before they are emptied, so neither the depth nor the length of a path matters."""
    parent = os.open(Path(path).parent, FOLDER)
    try:
        top = _opened(Path(path).name, parent)
    except FileNotFoundError:
        return
    finally:
        os.close(parent)
    try:
        while folders := _emptied_but_for_folders(top, top):
            for name in folders:
                inner = _opened(name, top)
                try:
                    _emptied_but_for_folders(inner, top)
                finally:
                    os.close(inner)
                os.rmdir(name, dir_fd=top)
    finally:
        os.close(top)
    Path(path).rmdir()


def _emptied_but_for_folders(folder: int, top: int) -> list[str]:
    """Names of the folders that are left in `top`; those of another folder are moved there."""
    left = []
    for name in os.listdir(folder):
        if not stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            os.unlink(name, dir_fd=folder)
        elif folder == top:
            left.append(name)
        else:
            os.close(_opened(name, folder))  # to move a folder, one must be able to write in it
            os.rename(name, secrets.token_hex(16), src_dir_fd=folder, dst_dir_fd=top)
    return left


def _opened(name: str, folder: int) -> int:
    os.chmod(name, 0o700, dir_fd=folder)  # whatever the child made of it; it is a folder, so no link is followed
    return os.open(name, FOLDER, dir_fd=folder)
