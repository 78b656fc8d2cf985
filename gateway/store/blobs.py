"""Write-once bytes: small ones travel to the database in memory, larger ones become a file, synced before its row.

A large blob is written to <blobs>/incoming/ID, synced, and gets a second name (a hard link) in its final folder; the
first name goes only after the row is committed. So whatever a crash leaves behind has a name in incoming/, and opening
the store again can tell by the row which of the two it was: kept, or never answered.
"""

import errno
import fcntl
import hashlib
import itertools
import os
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

import msgspec

from gateway.store.errors import BlobDamaged, BlobGone, StoreFull, StoreUnavailable

#: What the kernel says when there is no room: no space, over quota, over a file size limit.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_RECENT_BYTES = 16_777_216
_ID_LENGTH = 32
_PROCESS = secrets.token_hex(6)
_COUNTER = itertools.count()


class Place(StrEnum):
    """Where the bytes of a blob are."""

    INLINE = "inline"  # in the row
    FILE = "file"
    LEAVING = "leaving"  # a purge is removing the file
    GONE = "gone"


class Kept(msgspec.Struct, frozen=True):
    """Bytes that are on disk, or that the row will carry there."""

    id: str
    size: int
    sha256: str
    data: bytes | None  #: None: they are in a file, synced


def full_or_unavailable(error: OSError) -> StoreUnavailable:
    """What an error of the file system means to those who wait for the store."""
    if error.errno in _FULL:
        return StoreFull("no space left for blobs")
    return StoreUnavailable("a blob could not be written")


def new_blob_id() -> str:
    """Time first, so that indexes grow at their end; then what is random for this process, then a counter."""
    return f"{time.time_ns() // 1_000_000:012x}{_PROCESS}{next(_COUNTER) & 0xFFFFFFFF:08x}"


class Spool:
    """The bytes of one mail as they come in: in memory up to `inline_bytes`, then in a file in <blobs>/incoming/.

    Whoever asked for it discards it. Once `Store.accept` took it over, `discard` does nothing.
    """

    def __init__(self, blobs: "Blobs") -> None:
        self.id = new_blob_id()
        self.size = 0  #: bytes written so far
        self._blobs = blobs
        self._digest = hashlib.sha256()
        self._memory = bytearray()
        self._file: int | None = None
        self._kept = False

    def write(self, chunk: bytes) -> None:
        """Add bytes. Raises StoreFull or StoreUnavailable, after which the spool can only be discarded."""
        self.size += len(chunk)
        self._digest.update(chunk)
        if self._file is None and self.size <= self._blobs.inline_bytes:
            self._memory += chunk
            return
        try:
            self._write_to_file(chunk)
        except OSError as error:
            raise full_or_unavailable(error) from error

    def _write_to_file(self, chunk: bytes) -> None:
        if self._file is None:
            # 0400 from the start: write-once holds for everybody who opens the file after us.
            self._file = os.open(self.incoming, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o400)
            fcntl.flock(self._file, fcntl.LOCK_EX)  # tells a sweep by another process that this one is alive
            chunk = bytes(self._memory) + chunk
            self._memory.clear()
        rest = memoryview(chunk)
        while rest:
            rest = rest[os.write(self._file, rest) :]

    @property
    def incoming(self) -> Path:
        """The first name of a large blob."""
        return self._blobs.incoming / self.id

    def hexdigest(self) -> str:
        """SHA-256 of the bytes so far."""
        return self._digest.hexdigest()

    def discard(self) -> None:
        """Forget the bytes; harmless when done twice or after the store took them over."""
        if self._kept:
            return
        self._memory.clear()
        if self._file is not None:
            self._close()
            self.incoming.unlink(missing_ok=True)

    @property
    def in_memory(self) -> bool:
        """`keep` will not touch the disk."""
        return self._file is None

    def hand_over(self) -> None:
        """The store takes the bytes over: `discard` does nothing from here on."""
        self._kept = True

    def keep(self) -> Kept:
        """Make a large blob durable under its final name; blocks while the disk syncs.

        Then, or after StoreFull or StoreUnavailable, call one of `committed`, `undo` and `leave`.
        """
        self._kept = True
        if self._file is None:
            return Kept(self.id, self.size, self.hexdigest(), bytes(self._memory))
        try:
            os.fsync(self._file)
            self._blobs.link(self.id)
        except OSError as error:
            raise full_or_unavailable(error) from error
        return Kept(self.id, self.size, self.hexdigest(), None)

    def committed(self) -> None:
        """The row is on disk: the final name is enough."""
        if self._file is not None:
            self.incoming.unlink(missing_ok=True)
            self._close()

    def undo(self) -> None:
        """There is certainly no row: remove both names."""
        if self._file is not None:
            self._blobs.path(self.id).unlink(missing_ok=True)
            self.incoming.unlink(missing_ok=True)
            self._close()

    def leave(self) -> None:
        """Nobody knows whether there is a row: the next opening of the store finds out."""
        self._close()

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


class Original:
    """Bytes that the store keeps, read where they are."""

    def __init__(self, size: int, data: bytes | None, path: Path | None, sha256: str) -> None:
        self.size = size
        self._data = data
        self._path = path
        self.sha256 = sha256  #: hexadecimal; "" while it is only in memory, where nothing is read again

    @property
    def in_memory(self) -> bool:
        """Reading does not touch the disk."""
        return self._data is not None

    def read(self) -> bytes:
        """All of it."""
        if self._data is not None:
            return self._data
        return b"".join(self.chunks(1_048_576))

    def chunks(self, size: int) -> Iterator[bytes]:
        """Pieces of at most `size` bytes. Raises BlobDamaged when the file is not what its row says.

        That comes in place of the last piece: who passes them on as they come never hands over all of a changed file.
        """
        if self._data is not None:
            yield from (self._data[at : at + size] for at in range(0, self.size, size))
            return
        digest, last, read = hashlib.sha256(), b"", 0
        try:
            with (self._path or Path()).open("rb", buffering=0) as file:
                while chunk := file.read(size):
                    digest.update(chunk)
                    read += len(chunk)
                    if read > self.size:  # then its digest is another one too
                        break
                    if last:
                        yield last
                    last = chunk
        except FileNotFoundError as error:
            raise BlobGone("the file of a blob is missing") from error
        except OSError as error:
            raise StoreUnavailable("a blob could not be read") from error
        if digest.hexdigest() != self.sha256:
            raise BlobDamaged("the file of a blob does not hold the bytes that were kept")
        if last:
            yield last

    def between(self, first: int, end: int, size: int) -> Iterator[bytes]:
        """Pieces of a part of it, which no digest is of: the whole is what was promised."""
        if self._data is not None:
            yield from (self._data[at : min(at + size, end)] for at in range(first, end, size))
            return
        try:
            with (self._path or Path()).open("rb", buffering=0) as file:
                file.seek(first)
                left = end - first
                while left and (chunk := file.read(min(size, left))):
                    left -= len(chunk)
                    yield chunk
        except FileNotFoundError as error:
            raise BlobGone("the file of a blob is missing") from error
        except OSError as error:
            raise StoreUnavailable("a blob could not be read") from error


class Recent:
    """The inline blobs written last, so that cleaning and delivering them at once needs no reading."""

    def __init__(self) -> None:
        self._blobs: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0

    def add(self, kept: Kept) -> None:
        """Remember a blob whose row is committed."""
        if kept.data is None:
            return
        self._blobs[kept.id] = kept.data
        self._bytes += len(kept.data)
        while self._bytes > _RECENT_BYTES:
            self._bytes -= len(self._blobs.popitem(last=False)[1])

    def get(self, blob_id: str) -> bytes | None:
        """The bytes, or None when they must be read."""
        return self._blobs.get(blob_id)

    def forget(self) -> None:
        """After a purge nothing may be answered from memory."""
        self._blobs.clear()
        self._bytes = 0


class Blobs:
    """The folder of large blobs, and the spools on their way into the store."""

    def __init__(self, folder: Path, inline_bytes: int) -> None:
        self.folder = folder
        self.incoming = folder / "incoming"
        self.inline_bytes = inline_bytes
        self._known: set[Path] = set()

    def create(self) -> None:
        """Make the folders, readable by the gateway's user alone."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.incoming.mkdir(exist_ok=True, mode=0o700)
        sync_folder(self.folder)
        sync_folder(self.folder.parent)

    def spool(self) -> Spool:
        """A place for the bytes of one mail."""
        return Spool(self)

    def spools_of(self, pieces: Iterable[bytes | Spool | None]) -> list[Spool]:
        """The same, for bytes that are already here; what is a spool stays one, and None is nothing."""
        spools: list[Spool] = []
        made: list[Spool] = []
        try:
            for data in pieces:
                if isinstance(data, bytes):
                    made.append(Spool(self))
                    made[-1].write(data)
                    spools.append(made[-1])
                elif data is not None:
                    spools.append(data)
        except StoreUnavailable:
            for spool in made:  # what came as a spool is its owner's: it may be tried again
                spool.discard()
            raise
        return spools

    def path(self, blob_id: str) -> Path:
        """The final name: two levels of folders by the end of the id, which spreads evenly."""
        return self.folder / blob_id[-4:-2] / blob_id[-2:] / blob_id

    def link(self, blob_id: str) -> None:
        """Give a synced file its final name and sync every folder on the way."""
        final = self.path(blob_id)
        if final.parent not in self._known:
            final.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            final.parent.parent.chmod(0o700)  # mkdir's mode is for the last folder only
            sync_folder(self.folder)
            sync_folder(final.parent.parent)
            self._known.add(final.parent)
        os.link(self.incoming / blob_id, final)
        sync_folder(final.parent)

    def remove(self, blob_ids: Iterable[str]) -> None:
        """Remove purged blobs for good."""
        try:
            for path in map(self.path, blob_ids):
                with suppress(FileNotFoundError):
                    path.unlink()
                    sync_folder(path.parent)
        except OSError as error:
            raise StoreUnavailable("a blob could not be removed") from error

    def leftovers(self, started: float) -> list[str]:
        """Names in incoming/ that no living process holds and that are older than `started` (seconds since 1970)."""
        return [
            path.name
            for path in self.incoming.iterdir()
            if len(path.name) == _ID_LENGTH and _is_abandoned(path, started)
        ]

    def sweep(self, started: float, with_row: Callable[[Collection[str]], Collection[str]]) -> None:
        """Finish what a crash interrupted: blobs with a row keep their final name, the others lose both."""
        leftovers = self.leftovers(started)
        if not leftovers:
            return
        kept = with_row(leftovers)
        for blob_id in leftovers:
            if blob_id not in kept:
                self.path(blob_id).unlink(missing_ok=True)
            (self.incoming / blob_id).unlink(missing_ok=True)


def _is_abandoned(path: Path, started: float) -> bool:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mtime >= started:
                return False
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, FileNotFoundError):
        return False
    return True


def free_bytes(folder: Path) -> int:
    """What an ordinary user may still write in a folder's file system."""
    room = os.statvfs(folder)
    return room.f_bavail * room.f_frsize


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: fsync of a file does not (see fsync(2))."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
