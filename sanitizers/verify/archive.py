"""Second reading of archives: ZIP by the standard library's directory and by libarchive's stream, TAR by libarchive.

Neither wrote them: ZIP is written by our own hand, TAR by the standard library's `tarfile`. Both readers must see the
same members, files and folders only, under names that lead nowhere else.
"""

import io
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from sanitizers.detect import SCRIPT_TYPES, detect
from sanitizers.detect.containers import is_tar
from sanitizers.model import CannotSanitize, Threat
from sanitizers.names import safe_name
from sanitizers.unpacking.libarchive import Filter, Form, Kind, unpacked

_UTF_8: Final = 0x0800
_FOLDER: Final = 0x10
_LOCAL_BYTES: Final = 30
_END_BYTES: Final = 22
_NEVER: Final = SCRIPT_TYPES | {
    "application/vnd.microsoft.portable-executable", "application/x-executable", "application/x-mach-binary",
    "application/x-ms-shortcut", "application/java-archive",
}  # fmt: skip
_FILTERS: Final[Mapping[str, Filter]] = {
    "application/x-tar": Filter.NONE,
    "application/gzip": Filter.GZIP,
    "application/x-bzip2": Filter.BZIP2,
    "application/x-xz": Filter.XZ,
    "application/zstd": Filter.ZSTD,
}


class _Seen(NamedTuple):
    path: str
    size: int
    crc: int


def _unexpected(what: str) -> CannotSanitize:
    return CannotSanitize(Threat.MALFORMED, f"the archive that was written has {what}")


def verify_zip(data: bytes) -> None:
    """Raises CannotSanitize for anything that the writer of ZIP files may not have written."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            start = archive.start_dir
            comment = archive.comment
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as damage:
        raise _unexpected("a directory that cannot be read") from damage
    at = 0
    for entry in entries:
        if entry.header_offset != at:
            raise _unexpected("something between its members")
        at += _LOCAL_BYTES + len(entry.orig_filename.encode()) + entry.compress_size
        _check_entry(entry)
    directory = sum(46 + len(entry.orig_filename.encode()) for entry in entries)
    if comment or at != start or start + directory + _END_BYTES != len(data):
        raise _unexpected("something around its members")
    wanted = [_Seen(entry.filename, entry.file_size, entry.CRC) for entry in entries]
    if _seen(data, Form.ZIP_MEMBER, Filter.NONE) != wanted:
        raise _unexpected("members that two readers see differently")


def _check_entry(entry: zipfile.ZipInfo) -> None:
    flags = 0 if entry.filename.isascii() else _UTF_8
    attributes = _FOLDER if entry.is_dir() else 0
    if entry.flag_bits != flags or entry.external_attr != attributes or entry.create_system:
        raise _unexpected("a member with flags of its own")
    if entry.extra or entry.comment or entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise _unexpected("a member with fields of its own")


def _verify_stream(media_type: str) -> Callable[[bytes], None]:
    def verify(data: bytes) -> None:
        """Raises CannotSanitize for a TAR, or a single compressed file, that may not have been written."""
        packed_in = _FILTERS[media_type]
        if media_type == "application/gzip" and data[3] & ~1:
            raise _unexpected("fields in front of what is packed")
        content = data if packed_in is Filter.NONE else _single(data, packed_in)
        if media_type == "application/x-tar" or is_tar(content):
            _seen(content, Form.TAR, Filter.NONE)
        else:
            _check_content(content)

    return verify


def _single(data: bytes, packed_in: Filter) -> bytes:
    with unpacked(data, Form.SINGLE, packed_in) as unpacking:
        contents = [b"".join(unpacking.chunks()) for _entry in unpacking.entries()]
    if len(contents) > 1:
        raise _unexpected("more than one file")
    return contents[0] if contents else b""


def _seen(data: bytes, form: Form, packed_in: Filter) -> list[_Seen]:
    """Every member as libarchive reads it, checked."""
    seen: list[_Seen] = []
    folded: set[str] = set()
    with unpacked(data, form, packed_in) as unpacking:
        for entry in unpacking.entries():
            if entry.kind not in {Kind.FILE, Kind.FOLDER} or entry.locked:
                raise _unexpected("a member that is no file")
            try:
                path = entry.path.decode("utf-8")
            except UnicodeDecodeError as damage:
                raise _unexpected("a name that is not UTF-8") from damage
            content = b"".join(unpacking.chunks())
            _check_path(path, entry.kind, folded)
            _check_content(content)
            seen.append(_Seen(path, len(content), zlib.crc32(content)))
    return seen


def _check_path(path: str, kind: Kind, folded: set[str]) -> None:
    whole = unicodedata.normalize("NFC", path.removesuffix("/")).casefold()
    if whole in folded or path.endswith("/") != (kind is Kind.FOLDER):
        raise _unexpected("two members of one name")
    folded.add(whole)
    if any(not step or safe_name(step)[0] != step for step in path.removesuffix("/").split("/")):
        raise _unexpected("a name that is not safe")


def _check_content(content: bytes) -> None:
    if detect(content, "") in _NEVER:
        raise _unexpected("a program or script in it")


VERIFIERS: Final[Mapping[str, Callable[[bytes], None]]] = {
    "application/zip": verify_zip,
    **{media_type: _verify_stream(media_type) for media_type in _FILTERS},
}
