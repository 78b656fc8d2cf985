"""Which reader opens which type, and what comes out: the tables of the archive sanitizers."""

from collections.abc import Mapping
from typing import Final

from sanitizers.detect.containers import self_extracting
from sanitizers.formats.archive import rarlocks
from sanitizers.formats.archive.lzh import LzhBox
from sanitizers.formats.archive.members import Box
from sanitizers.formats.archive.sevenzip import SevenZipBox, is_beyond_libarchive
from sanitizers.formats.archive.streams import StreamBox
from sanitizers.formats.archive.zips import ZipBox
from sanitizers.job import Job
from sanitizers.model import File, Locked
from sanitizers.unpacking.libarchive import Filter, Form

ZIP: Final = "application/zip"
TAR: Final = "application/x-tar"
GZIP: Final = "application/gzip"
RAR: Final = "application/x-rar"

#: Types that libarchive reads as boxes of members; they go on as ZIP.
FORMS: Final[Mapping[str, Form]] = {
    RAR: Form.RAR,
    "application/x-7z-compressed": Form.SEVEN_ZIP,
    "application/vnd.ms-cab-compressed": Form.CABINET,
    "application/x-iso9660-image": Form.DISC,
    "application/x-cpio": Form.CPIO,
    "application/x-archive": Form.AR,
}
LZH: Final = "application/x-lzh-compressed"

#: Compressions of one stream, a TAR or a single file, that are written again as they were.
FILTERS: Final[Mapping[str, Filter]] = {
    GZIP: Filter.GZIP,
    "application/x-bzip2": Filter.BZIP2,
    "application/x-xz": Filter.XZ,
    "application/zstd": Filter.ZSTD,
}
#: Those that few programs of today write; what is in them goes on in gzip.
OLD_FILTERS: Final[Mapping[str, Filter]] = {
    "application/x-compress": Filter.COMPRESS,
    "application/x-lzip": Filter.LZIP,
    "application/x-lzma": Filter.LZMA,
    "application/x-lz4": Filter.LZ4,
}


def opened(file: File, job: Job) -> Box:
    """The box, ready to be walked; a self-extracting one from where the archive begins. Raises CannotSanitize."""
    found = self_extracting(file.data)
    data = file.data[found.start :] if found else file.data
    kind = file.detected_type
    if kind == ZIP:
        return ZipBox(data, job.budget, job.passwords)
    if kind == LZH:
        return LzhBox(data, job.budget)
    if kind == "application/x-7z-compressed" and is_beyond_libarchive(data):
        return SevenZipBox(data, job.budget, job.passwords)
    if kind == RAR and rarlocks.is_locked(data):
        raise Locked("a RAR archive behind a password")
    return StreamBox(data, job.budget, FORMS[kind])
