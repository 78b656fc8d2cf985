"""A page that a child shares with the gateway: at which part it is, to be read when the child has died at it."""

import fcntl
import mmap
import os
import re

import msgspec

NOTE_BYTES = 4_096
DIGEST_BYTES = 32  # SHA-256
PATH = re.compile(rb"1(?:\.[1-9][0-9]{0,6}){0,100}\Z")
PATH_BYTES = 1_024


class Place(msgspec.Struct, frozen=True):
    """A part, as the child named it: good for a log line and for leaving the part out, for nothing else."""

    path: str
    digest: bytes  #: SHA-256 of the part's bytes

    @property
    def is_item(self) -> bool:
        """The item itself and none of its parts."""
        return self.path == "1"


START = Place("1", b"")


class Note:
    """The gateway's side. A child owned by an attacker may write anything here, so nothing is believed unchecked."""

    def __init__(self) -> None:
        self.descriptor = os.memfd_create("note", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(self.descriptor, NOTE_BYTES)
        # Nobody can shrink it, which would end whoever reads it with SIGBUS, or grow it without end.
        seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
        fcntl.fcntl(self.descriptor, fcntl.F_ADD_SEALS, seals)
        self._last = START

    def read(self) -> Place:
        """Where the child was; START when it said nothing sensible."""
        if self.descriptor < 0:
            return self._last
        page = os.pread(self.descriptor, NOTE_BYTES, 0)
        length = int.from_bytes(page[:2], "big")
        path = page[2 : 2 + min(length, PATH_BYTES)]
        digest = page[2 + len(path) : 2 + len(path) + DIGEST_BYTES]
        return Place(path.decode("ascii"), digest) if PATH.match(path) else START

    def wipe(self) -> None:
        """Before the next item."""
        os.pwrite(self.descriptor, b"\0\0", 0)

    def close(self) -> None:
        """After the child's end; what it said last can still be read."""
        if self.descriptor >= 0:
            self._last = self.read()
            os.close(self.descriptor)
            self.descriptor = -1


class Marker:
    """The child's side."""

    def __init__(self, descriptor: int) -> None:
        self._page = mmap.mmap(descriptor, NOTE_BYTES)

    def __call__(self, path: str, digest: bytes) -> None:
        """`path` and SHA-256 digest of the part that is opened next."""
        place = path.encode("ascii")[:PATH_BYTES]
        words = len(place).to_bytes(2, "big") + place + digest
        self._page[: len(words)] = words
