"""A file that is complete becomes an original without being copied: its name in the folder of blobs is a hard link.

The protocol of a crash is that of a spool (blobs.py): the file has a name in incoming/ until its row is committed. The
id of the blob is drawn when the upload begins, so that doing it again after a crash makes the same blob, not a second.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from gateway.store.blobs import Blobs, Kept, Spool, full_or_unavailable, sync_folder


class Adopted(Spool):
    """Bytes that are in a file of ours already; the caller holds the file locked (flock) and knows its SHA-256."""

    def __init__(self, blobs: Blobs, path: Path, blob_id: str, size: int, sha256: str) -> None:
        super().__init__(blobs)
        self.id = blob_id
        self.size = size
        self._path = path
        self._sha256 = sha256

    def write(self, chunk: bytes) -> None:
        """It is complete."""
        raise ValueError(f"{len(chunk)} bytes more than the file has")

    def hexdigest(self) -> str:
        """As the caller found it."""
        return self._sha256

    @property
    def in_memory(self) -> bool:
        """Never: it is in a file."""
        return False

    def discard(self) -> None:
        """The caller keeps the file; what it was linked to is seen to by `undo`."""

    def keep(self) -> Kept:
        """The file under its final name; blocks while the disk syncs. Then one of `committed`, `undo` and `leave`."""
        self._kept = True
        try:
            self._path.chmod(0o400)  # write-once holds for everybody who opens the file after us
            _sync(self._path)
            _link(self._path, self.incoming)
            self._link_finally()
        except OSError as error:
            raise full_or_unavailable(error) from error
        return Kept(self.id, self.size, self._sha256, None)

    def _link_finally(self) -> None:
        try:
            self._blobs.link(self.id)
        except FileExistsError:  # by ourselves, before a crash: the id is this upload's alone
            sync_folder(self._blobs.path(self.id).parent)

    def committed(self) -> None:
        """The row is on disk: the final name is enough."""
        self.incoming.unlink(missing_ok=True)

    def undo(self) -> None:
        """There is certainly no row: remove both names; the upload stays where it is."""
        self._blobs.path(self.id).unlink(missing_ok=True)
        self.incoming.unlink(missing_ok=True)

    def leave(self) -> None:
        """Nobody knows whether there is a row: trying again finds out, or the next opening of the store."""


def _link(path: Path, name: Path) -> None:
    with suppress(FileExistsError):
        os.link(path, name)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def locked(path: Path, flags: int) -> int | None:
    """The file, open and locked by nobody else (close it to let go); None when somebody holds it.

    Raises FileNotFoundError.
    """
    descriptor = os.open(path, flags | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
