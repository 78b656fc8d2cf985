"""The bytes of an upload that come now: written, put on disk for good, and cut off again when they were not kept."""

import asyncio
import os
import threading
from typing import Any

import msgspec

from gateway.store.blobs import full_or_unavailable
from gateway.store.transfer_errors import TooLong

WRITE_BYTES = 1_048_576  # that are gathered before they are written


class Progress(msgspec.Struct, frozen=True):
    """A digest over the first bytes of an upload."""

    size: int
    digest: Any  # hashlib gives its objects no public type


class Piece:
    """Bytes that come now, for one upload. What is not kept is cut off again."""

    def __init__(self, descriptor: int, start: int, length: int, digest: Any) -> None:
        self._descriptor = descriptor
        self._used = threading.Lock()  # a thread may still be writing when its caller was cancelled
        self._length = length
        self._digest = digest
        self._waiting = bytearray()
        self._size = start
        self.kept = start  #: bytes that are on disk for good

    async def write(self, data: bytes) -> None:
        """Raises TooLong, StoreFull, StoreUnavailable."""
        if self._size + len(self._waiting) + len(data) > self._length:
            raise TooLong(self._length)
        self._waiting += data
        if len(self._waiting) >= WRITE_BYTES:
            await asyncio.to_thread(self._write)

    async def keep(self) -> int:
        """Everything so far is on disk: the new offset."""
        await asyncio.to_thread(self._sync)
        return self.kept

    def progress(self) -> Progress | None:
        """The digest over what was kept, if it is known."""
        known = self._digest is not None and self._size == self.kept
        return Progress(self.kept, self._digest) if known else None

    def close(self) -> None:
        """Cut off what was not kept, and let go of the file."""
        with self._used:
            descriptor, self._descriptor = self._descriptor, -1
            try:
                if os.fstat(descriptor).st_size > self.kept:
                    os.ftruncate(descriptor, self.kept)
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _write(self) -> None:
        with self._used:
            self._write_out()

    def _write_out(self) -> None:
        rest = memoryview(bytes(self._waiting))
        self._waiting.clear()
        if self._digest is not None:
            self._digest.update(rest)
        try:
            while rest:
                written = os.pwrite(self._descriptor, rest, self._size)
                self._size += written
                rest = rest[written:]
        except OSError as error:
            self._digest = None
            raise full_or_unavailable(error) from error

    def _sync(self) -> None:
        with self._used:
            self._write_out()
            try:
                os.fsync(self._descriptor)
            except OSError as error:
                raise full_or_unavailable(error) from error
            self.kept = self._size
