"""libarchive (Debian: libarchive13) by ctypes: one stream of entries from bytes in memory, nothing written to disk.

No function of ours is handed to it and it starts no thread, so that it works in a child whose walls stand. The manual
pages archive_read(3), archive_entry(3) and archive_read_data(3) describe each call.
"""

import ctypes
import locale
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from functools import cache
from typing import Any, Final, NamedTuple

from sanitizers.model import CannotSanitize, Locked, Threat

LIBRARY: Final = "libarchive.so.13"
CHUNK: Final = 262_144  #: bytes that one reading brings at most

_EOF, _OK, _WARN = 1, 0, -20  # <archive.h>; below: failed (this entry), fatal (all)
_CHARSETS: Final = (b"UTF-16LE", b"UTF-16BE")  # of names in 7z, RAR, CAB and Joliet
_MOST_WARNINGS: Final = 1_000

_POINTER, _SIZE, _TEXT, _NUMBER = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_int
# Function → result, arguments.
_FUNCTIONS: Final[dict[str, tuple[Any, tuple[Any, ...]]]] = {
    "archive_read_new": (_POINTER, ()),
    "archive_read_free": (_NUMBER, (_POINTER,)),
    "archive_read_open_memory": (_NUMBER, (_POINTER, _POINTER, _SIZE)),
    "archive_read_set_options": (_NUMBER, (_POINTER, _TEXT)),
    "archive_read_support_filter_compress": (_NUMBER, (_POINTER,)),
    "archive_read_append_filter": (_NUMBER, (_POINTER, _NUMBER)),
    "archive_read_add_passphrase": (_NUMBER, (_POINTER, _TEXT)),
    "archive_read_next_header": (_NUMBER, (_POINTER, ctypes.POINTER(_POINTER))),
    "archive_read_data": (ctypes.c_ssize_t, (_POINTER, _POINTER, _SIZE)),
    "archive_error_string": (_TEXT, (_POINTER,)),
    "archive_entry_pathname": (_TEXT, (_POINTER,)),
    "archive_entry_pathname_utf8": (_TEXT, (_POINTER,)),
    "archive_entry_hardlink": (_TEXT, (_POINTER,)),
    "archive_entry_filetype": (ctypes.c_uint, (_POINTER,)),
    "archive_entry_mtime": (ctypes.c_int64, (_POINTER,)),
    "archive_entry_mtime_is_set": (_NUMBER, (_POINTER,)),
    "archive_entry_is_encrypted": (_NUMBER, (_POINTER,)),
}


class Form(Enum):
    """A format of archives: the functions that let libarchive read it, and nothing else."""

    TAR = ("tar", "gnutar")
    SEVEN_ZIP = ("7zip",)
    RAR = ("rar", "rar5")
    CABINET = ("cab",)
    DISC = ("iso9660",)
    CPIO = ("cpio",)
    AR = ("ar",)
    ZIP_MEMBER = ("zip_streamable",)
    SINGLE = ("raw", "empty")  # one stream behind a filter


class Filter(Enum):
    """What an archive is packed in: the number of archive.h. Undone once: a file that unpacks to itself ends."""

    NONE = 0
    GZIP = 1
    BZIP2 = 2
    COMPRESS = 3
    LZMA = 5
    XZ = 6
    LZIP = 9
    LZ4 = 13
    ZSTD = 14


class Kind(Enum):
    """What an entry is."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    OTHER = "other"  # devices, pipes, sockets


class Entry(NamedTuple):
    """One entry as libarchive tells it; nothing of it is believed yet."""

    path: bytes  #: as written, or in UTF-8 where the format says in which charset it is
    kind: Kind
    modified: int | None  #: seconds since 1970; where the format has local time, in the time zone of this process
    locked: bool


class Damaged(CannotSanitize):
    """The archive cannot be read on."""

    def __init__(self, reason: str) -> None:
        super().__init__(Threat.MALFORMED, f"a damaged archive: {reason}")


@cache
def _library() -> ctypes.CDLL | None:
    """The library with all that it will ask the C library for, or None where it is not installed."""
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError:
        return None
    forms = [f"archive_read_support_format_{each}" for form in Form for each in form.value]
    wanted = {**_FUNCTIONS, **dict.fromkeys(forms, (_NUMBER, (_POINTER,)))}
    for name, (result, arguments) in wanted.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    locale.setlocale(locale.LC_CTYPE, "C.UTF-8")  # names whose charset is known come as UTF-8
    _keep_charsets()
    return library


def _keep_charsets() -> None:
    """Have the C library load its tables for good: behind the walls no library can be loaded."""
    process = ctypes.CDLL(None)
    process.iconv_open.restype, process.iconv_open.argtypes = _POINTER, (_TEXT, _TEXT)
    for charset in _CHARSETS:
        process.iconv_open(b"UTF-8", charset)
        process.iconv_open(charset, b"UTF-8")


def load() -> bool:
    """Load it now; whether it is there."""
    return _library() is not None


@contextmanager
def unpacked(data: bytes, form: Form, packed_in: Filter = Filter.NONE, secret: bytes = b"") -> Iterator["Unpacking"]:
    """An archive opened for one walk from its first entry to its last. CannotSanitize: it is not one, or damaged."""
    library = _library()
    if library is None:
        raise CannotSanitize(Threat.UNSUPPORTED, "libarchive is not installed on the gateway")
    handle = library.archive_read_new()
    try:
        for each in form.value:
            getattr(library, f"archive_read_support_format_{each}")(handle)
        if packed_in is Filter.COMPRESS:
            library.archive_read_support_filter_compress(handle)  # libarchive 3.6 crashes where this one is appended
        elif packed_in is not Filter.NONE:
            library.archive_read_append_filter(handle, packed_in.value)  # and none is guessed
        if form is Form.ZIP_MEMBER:
            library.archive_read_set_options(handle, b"zip:ignorecrc32")  # whoever has the whole member checks it
        if secret:
            library.archive_read_add_passphrase(handle, secret)
        unpacking = Unpacking(library, handle)
        unpacking.check(library.archive_read_open_memory(handle, data, len(data)))
        yield unpacking
    finally:
        library.archive_read_free(handle)


class Unpacking:
    """One walk over an archive."""

    def __init__(self, library: ctypes.CDLL, handle: int) -> None:
        self._library = library
        self._handle = handle
        self._buffer = ctypes.create_string_buffer(CHUNK)
        self._warnings = 0

    def check(self, status: int) -> int:
        """The status, where it lets the walk go on. Damaged: it does not."""
        if status < _WARN:
            raise self._damage()
        self._warnings += status == _WARN
        if self._warnings > _MOST_WARNINGS:
            raise Damaged("too much of it is wrong")
        return status

    def entries(self) -> Iterator[Entry]:
        """Each entry; what it holds is read, by `chunks`, before the next one is asked for."""
        library, entry = self._library, ctypes.c_void_p()
        while self.check(library.archive_read_next_header(self._handle, ctypes.byref(entry))) != _EOF:
            yield Entry(
                library.archive_entry_pathname(entry) or library.archive_entry_pathname_utf8(entry) or b"",
                self._kind(entry),
                library.archive_entry_mtime(entry) if library.archive_entry_mtime_is_set(entry) else None,
                bool(library.archive_entry_is_encrypted(entry)),
            )

    def chunks(self) -> Iterator[bytes]:
        """What the entry holds, piece by piece."""
        while True:
            size = self._library.archive_read_data(self._handle, self._buffer, CHUNK)
            if size < 0:
                raise self._damage()
            if not size:
                return
            yield ctypes.string_at(self._buffer, size)

    def _kind(self, entry: ctypes.c_void_p) -> Kind:
        mode = self._library.archive_entry_filetype(entry)
        if self._library.archive_entry_hardlink(entry) is not None or stat.S_ISLNK(mode):
            return Kind.LINK
        if stat.S_ISDIR(mode):
            return Kind.FOLDER
        return Kind.FILE if stat.S_ISREG(mode) or not mode else Kind.OTHER

    def _damage(self) -> CannotSanitize:
        """By libarchive's own words, of which only those about passwords are told from others."""
        words = (self._library.archive_error_string(self._handle) or b"").decode("ascii", "replace").lower()
        if any(sign in words for sign in ("passphrase", "encrypt", "decrypt", "crypto")):
            return Locked("an archive behind a password")
        if any(sign in words for sign in ("unsupported", "not supported", "unavailable")):
            return CannotSanitize(Threat.UNSUPPORTED, "an archive with a compression that is not opened")
        return Damaged("cut off" if "truncated" in words else "its contents are not what its headers say")
