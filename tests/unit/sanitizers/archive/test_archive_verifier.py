"""What a writer of ours may not have written is refused."""

import gzip
import tarfile

import pytest

from sanitizers.formats.archive.writing import PACKERS, TarWriter, ZipWriter
from sanitizers.model import CannotSanitize
from sanitizers.verify.archive import VERIFIERS, verify_zip
from tests import archives
from tests.archives import Entry, zip_file
from tests.unit.sanitizers.archive.opening import TEXT

WALL = (2026, 4, 1, 9, 30, 0)


def written() -> bytes:
    writer = ZipWriter()
    writer.add("資料/", None, WALL, None)
    writer.add("資料/a.txt", TEXT * 9, WALL, None)
    return writer.finished()


def test_what_was_written_passes() -> None:
    verify_zip(written())
    verify_zip(ZipWriter().finished())
    for media_type in PACKERS:
        writer = TarWriter(media_type)
        writer.add("資料/", None, None, 0)
        writer.add("資料/" + "長い" * 25 + ".txt", TEXT, None, 1_700_000_000)
        VERIFIERS[media_type](writer.finished())
        if media_type != "application/x-tar":
            VERIFIERS[media_type](PACKERS[media_type](TEXT))


@pytest.mark.parametrize(
    "data",
    [
        zip_file([Entry(b"a.txt", TEXT)], comment=b"x"),
        zip_file([Entry(b"a.txt", TEXT)], behind=b"x"),
        zip_file([Entry(b"a.txt", TEXT)], before=b"x"),
        zip_file([Entry(b"a.txt", TEXT)], before=b"x", shifted=False),
        zip_file([Entry(b"a.txt", TEXT), Entry(b"b.txt", TEXT, listed=False)]),
        zip_file([Entry(b"a.txt", TEXT), Entry(b"a.txt", TEXT)]),
        zip_file([Entry(b"a.txt", TEXT), Entry(b"A.TXT", TEXT)]),
        zip_file([Entry(b"../a.txt", TEXT)]),
        zip_file([Entry(b"/a.txt", TEXT)]),
        zip_file([Entry(b"CON.txt", TEXT)]),
        zip_file([Entry(b"a.txt", TEXT, local_name=b"b.txt")]),
        zip_file([Entry(b"a.txt", TEXT, system=3, attributes=0o120777 << 16)]),
        zip_file([Entry(b"a.txt", TEXT, flags=1)]),
        zip_file([Entry(b"a.txt", TEXT, extra=b"\1\0\0\0")]),
        zip_file([Entry(b"a.txt", TEXT, crc=1)]),
        zip_file([Entry("表.txt".encode("cp932"), TEXT)]),
        zip_file([Entry(b"a.txt", archives.program(b""))]),
        b"PK\5\6",
        b"",
    ],
)
def test_other_zip_files_do_not(data: bytes) -> None:
    with pytest.raises(CannotSanitize):
        verify_zip(data)


@pytest.mark.parametrize(
    "data",
    [
        archives.tar_file([("a.txt", TEXT)], archives.tar_entry("b", tarfile.SYMTYPE, "a.txt")),
        archives.tar_file([("a.txt", TEXT)], archives.tar_entry("b", tarfile.LNKTYPE, "a.txt")),
        archives.tar_file([], archives.tar_entry("b", tarfile.CHRTYPE)),
        archives.tar_file([("../a.txt", TEXT)]),
        archives.tar_file([("a.txt", TEXT), ("A.txt", TEXT)]),
        archives.tar_file([("a.txt", archives.program(b""))]),
        archives.tar_file([("a.txt", TEXT)])[:-9_700],
    ],
)
def test_other_tar_files_do_not(data: bytes) -> None:
    for media_type, pack in PACKERS.items():
        with pytest.raises(CannotSanitize):
            VERIFIERS[media_type](pack(data))


def test_a_name_inside_gzip_does_not() -> None:
    packed = gzip.compress(TEXT)
    named = packed[:3] + b"\x08" + packed[4:10] + b"x.exe\0" + packed[10:]
    with pytest.raises(CannotSanitize):
        VERIFIERS["application/gzip"](named)
