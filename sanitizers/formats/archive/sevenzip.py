"""7z archives that libarchive does not read: behind a password, or in its newer or rarer compressions; by py7zr."""

import io
import lzma
import struct
import zlib
from collections.abc import Iterator
from functools import partial
from typing import Final

import Cryptodome.Cipher._mode_cbc  # noqa: F401 - py7zr loads it at the first password: behind the walls, too late
import py7zr
import py7zr.py7zr
from py7zr.exceptions import ArchiveError, PasswordRequired
from py7zr.io import MemIO, Py7zIO, WriterFactory

from sanitizers.budget import MEBIBYTE, BudgetMeter
from sanitizers.formats.archive.members import Kind, Member, wall_of
from sanitizers.model import CannotSanitize, Finding, Locked, Threat
from sanitizers.passwords import OPENED, Passwords

# Compressions of 7-Zip's Methods.txt that libarchive 3.6 lacks and py7zr has: Deflate64, Zstandard, Brotli.
_NOT_OF_LIBARCHIVE: Final = frozenset({b"\x04\x01\x09", b"\x04\xf7\x11\x01", b"\x04\xf7\x11\x02"})
# py7zr would ask the system for its memory, which a child may not, and unpack up to 128 MB between two looks at the
# budget. From here on it unpacks a MiB at a time.
setattr(py7zr.py7zr, "get_memory_limit", lambda: MEBIBYTE)  # noqa: B010
_FILETIME_EPOCH: Final = 11_644_473_600
# What py7zr and its decoders raise for what they cannot read: a wrong password makes noise of the data.
_UNREADABLE: Final = (
    ArchiveError, PasswordRequired, lzma.LZMAError, zlib.error, struct.error, EOFError, OSError, ValueError, IndexError,
    KeyError, TypeError, AssertionError,
)  # fmt: skip


class _Counted(Py7zIO):
    """A member while it is unpacked."""

    def __init__(self, factory: "_Memory") -> None:
        self._factory = factory
        self.content = bytearray()

    def write(self, piece: bytes | bytearray) -> int:
        self._factory.count(len(piece))
        self.content += piece
        return len(piece)

    def read(self, size: int | None = None) -> bytes:
        return bytes(self.content if size is None else self.content[:size])

    def seek(self, offset: int, whence: int = 0) -> int:  # noqa: ARG002
        return 0

    def flush(self) -> None:
        pass

    def size(self) -> int:
        return len(self.content)


class _Memory(WriterFactory):
    """Keeps what is unpacked, within the budget."""

    def __init__(self, meter: BudgetMeter, size_in: int) -> None:
        self._meter = meter
        self._size_in = size_in
        self._size = 0
        self.files: dict[str, _Counted] = {}

    def create(self, filename: str) -> Py7zIO:
        return self.files.setdefault(filename, _Counted(self))

    def count(self, size: int) -> None:
        self._size += size
        self._meter.check_expansion(self._size_in, self._size)
        self._meter.check_room(size=self._size)


class SevenZipBox:
    """A 7z archive that was unpacked into memory as a whole."""

    def __init__(self, data: bytes, meter: BudgetMeter, passwords: Passwords) -> None:
        self.findings: list[Finding] = []
        self._meter = meter
        self._data = data
        self._archive, self._memory = self._opened(passwords)

    def _opened(self, passwords: Passwords) -> tuple[py7zr.SevenZipFile, _Memory]:
        if not is_locked(self._data):
            return self._attempt(None)
        for secret in passwords:
            try:
                opened = self._attempt(secret)
            except CannotSanitize as refusal:
                if refusal.threat is not Threat.MALFORMED:
                    raise
                continue
            passwords.fits(secret)
            self.findings.append(OPENED)
            return opened
        raise Locked("a 7z archive behind a password")

    def _attempt(self, secret: str | None) -> tuple[py7zr.SevenZipFile, _Memory]:
        """CannotSanitize, malformed: damaged, or another password; else over the budget, or not supported."""
        memory = _Memory(self._meter, len(self._data))
        try:
            archive = py7zr.SevenZipFile(io.BytesIO(self._data), password=secret)
            self._meter.check_room(parts=len(archive.files))
            for each in archive.files:
                wanted = not (each.is_directory or each.is_symlink or each.is_junction or each.is_socket)
                archive.worker.register_filelike(each.id, MemIO(str(each.id), memory) if wanted else None)
            archive.worker.extract(archive.fp, None, parallel=False)
        except py7zr.UnsupportedCompressionMethodError as refusal:
            detail = "a 7z archive with a compression that is not opened"
            raise CannotSanitize(Threat.UNSUPPORTED, detail) from refusal
        except _UNREADABLE as damage:
            raise CannotSanitize(Threat.MALFORMED, "a damaged 7z archive") from damage
        return archive, memory

    def members(self) -> Iterator[Member]:
        """See `Box.members`."""
        for each in self._archive.files:
            kind = Kind.FOLDER if each.is_directory else Kind.FILE
            if each.is_symlink or each.is_junction:
                kind = Kind.LINK
            elif each.is_socket:
                kind = Kind.OTHER
            written = self._memory.files.get(str(each.id))
            content = bytes(written.content) if written else b""
            filetime = each.lastwritetime
            unix = int(filetime) // 10_000_000 - _FILETIME_EPOCH if filetime is not None else None
            yield Member(each.filename, kind, partial(bytes, content), wall_of(unix), unix)


def is_locked(data: bytes) -> bool:
    """Whether any of it, names or contents, is encrypted."""
    try:
        return bool(py7zr.SevenZipFile(io.BytesIO(data)).needs_password())
    except PasswordRequired:
        return True
    except _UNREADABLE:
        return False


def _methods(archive: py7zr.SevenZipFile) -> set[bytes]:
    streams = archive.header.main_streams
    folders = streams.unpackinfo.folders if streams is not None else ()
    return {bytes(coder["method"]) for folder in folders for coder in folder.coders}


def is_beyond_libarchive(data: bytes) -> bool:
    """Whether py7zr alone reads it: a password, or a compression that libarchive lacks."""
    try:
        archive = py7zr.SevenZipFile(io.BytesIO(data))
        return archive.needs_password() or not _NOT_OF_LIBARCHIVE.isdisjoint(_methods(archive))
    except PasswordRequired:
        return True
    except _UNREADABLE:
        return False
