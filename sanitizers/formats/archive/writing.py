"""Writes the new archive: ZIP by our own hand, TAR by the standard library; files and folders, nothing else."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zlib
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from backports import zstd

from sanitizers.budget import OverBudget
from sanitizers.formats.archive.members import Moment

_LOCAL: Final = struct.Struct("<4s5H3I2H")  # APPNOTE 4.3.7
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")  # 4.3.12
_END: Final = struct.Struct("<4s4H2IH")  # 4.3.16
_VERSION: Final = 20  # 2.0: deflate, folders; the upper byte, 0, says that names and times are those of DOS
_UTF_8: Final = 0x0800  # 4.4.4; only where a name needs it, since very old programs stop at a flag they do not know
_FIRST_DAY: Final = (0x0021, 0)  # 1980-01-01 00:00
_STORED, _DEFLATED = 0, 8
_FOLDER: Final = 0x10  # FILE_ATTRIBUTE_DIRECTORY
_MOST_BYTES: Final = 0xFFFF_FFFE
_MOST_MEMBERS: Final = 0xFFFE
_LEVEL: Final = 6


class Writer(Protocol):
    """A new archive while it grows."""

    def add(self, path: str, content: bytes | None, wall: Moment | None, unix: int | None) -> None:
        """A file, or a folder where there is no content. OverBudget: it is too much for the format."""
        ...

    def finished(self) -> bytes:
        """The archive."""
        ...


class ZipWriter:
    """A ZIP file without comments, rights and extra fields; names in UTF-8, times as a clock on the wall shows them."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._entries: list[bytes] = []
        self._at = 0

    def add(self, path: str, content: bytes | None, wall: Moment | None, unix: int | None) -> None:  # noqa: ARG002
        """See `Writer.add`."""
        raw = path.encode("utf-8")
        data = content or b""
        packed, method = _deflated(data)
        date, time = _dos(wall)
        flags = 0 if path.isascii() else _UTF_8
        common = (flags, method, time, date, zlib.crc32(data), len(packed), len(data), len(raw))
        if self._at + len(packed) > _MOST_BYTES or len(self._entries) >= _MOST_MEMBERS:
            raise OverBudget("too large for a ZIP file", whole_item=False)
        self._pieces += (_LOCAL.pack(b"PK\x03\x04", _VERSION, *common, 0), raw, packed)
        attributes = _FOLDER if content is None else 0
        self._entries.append(
            _CENTRAL.pack(b"PK\x01\x02", _VERSION, _VERSION, *common, 0, 0, 0, 0, attributes, self._at) + raw
        )
        self._at += _LOCAL.size + len(raw) + len(packed)

    def finished(self) -> bytes:
        """See `Writer.finished`."""
        size, count = sum(map(len, self._entries)), len(self._entries)
        end = _END.pack(b"PK\x05\x06", 0, 0, count, count, size, self._at, 0)
        return b"".join((*self._pieces, *self._entries, end))


def _deflated(data: bytes) -> tuple[bytes, int]:
    stream = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = stream.compress(data) + stream.flush()
    return (packed, _DEFLATED) if len(packed) < len(data) else (data, _STORED)


def _dos(wall: Moment | None) -> tuple[int, int]:
    """Date and time as DOS has them (4.4.6); before 1980 and after 2107 the first day that there is."""
    if wall is None or not 1980 <= wall[0] <= 2107:
        return _FIRST_DAY
    year, month, day, hour, minute, second = wall
    return (year - 1980) << 9 | month << 5 | day, hour << 11 | minute << 5 | second // 2


#: What packs a TAR or a single file, by the type that comes out.
PACKERS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "application/x-tar": bytes,
    "application/gzip": lambda data: gzip.compress(data, mtime=0),
    "application/x-bzip2": bz2.compress,
    "application/x-xz": lzma.compress,
    "application/zstd": zstd.compress,
}


class TarWriter:
    """A TAR file (POSIX pax where a name or a size needs it) of nobody's files with everyday rights."""

    def __init__(self, media_type: str) -> None:
        self._pack = PACKERS[media_type]
        self._target = io.BytesIO()
        self._tar = tarfile.open(  # noqa: SIM115 - it grows from member to member; nothing is open on disk
            fileobj=self._target, mode="w", format=tarfile.PAX_FORMAT, encoding="utf-8"
        )

    def add(self, path: str, content: bytes | None, wall: Moment | None, unix: int | None) -> None:  # noqa: ARG002
        """See `Writer.add`."""
        entry = tarfile.TarInfo(path)
        entry.mtime = unix if unix is not None and 0 <= unix < 1 << 33 else 0
        if content is None:
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
        else:
            entry.size, entry.mode = len(content), 0o644
        self._tar.addfile(entry, io.BytesIO(content or b""))

    def finished(self) -> bytes:
        """See `Writer.finished`."""
        self._tar.close()
        return self._pack(self._target.getvalue())
