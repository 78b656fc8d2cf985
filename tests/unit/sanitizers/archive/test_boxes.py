"""LZH, RAR, 7z, CAB, ISO, CPIO, AR and TAR: members come out, links, devices and paths do not."""

import gzip
import io
import struct
import tarfile
import zipfile
import zlib

import pytest

from sanitizers.model import Outcome, Threat
from sanitizers.rules import Budget
from sanitizers.unpacking import lhasa
from tests import archives
from tests.archives import DATE, SECONDS, TIME
from tests.unit.sanitizers.archive.opening import TEXT, cleaned, details, findings, inside

BOXES = {
    "a.lzh": archives.lzh_file([(b"a.txt", TEXT)]),
    "a.cab": archives.cabinet([("a.txt", TEXT)]),
    "a.rar": archives.rar([(b"a.txt", TEXT)]),
    "a.iso": archives.iso([("a.txt", TEXT)]),
    "a.cpio": archives.cpio([("a.txt", TEXT, 0o100644)]),
    "a.ar": archives.ar([("a.txt", TEXT)]),
}


@pytest.mark.parametrize("name", BOXES)
def test_a_box_becomes_a_zip_file(name: str) -> None:
    result = cleaned(name, BOXES[name])
    assert {path.lower(): data for path, data in inside(result).items()} == {"a.txt": TEXT}
    assert (result.name, result.type) == ("a.zip", "application/zip")
    assert result.report.parts[0].outcome is Outcome.CONVERTED


@pytest.mark.parametrize("name", BOXES)
def test_times_are_those_of_a_clock_in_japan(name: str) -> None:
    result = cleaned(name, BOXES[name])
    assert result.data is not None
    with zipfile.ZipFile(io.BytesIO(result.data)) as archive:
        assert archive.infolist()[0].date_time == (2026, 4, 1, 9, 30, 0), (DATE, TIME, SECONDS)


@pytest.mark.parametrize("name", BOXES)
def test_a_box_that_is_cut_off_is_blocked(name: str) -> None:
    whole = BOXES[name]
    place = whole.rindex(TEXT) + 5
    result = cleaned(name, whole[:place])
    assert result.data is None
    assert findings(result)[-1].threat is Threat.MALFORMED


@pytest.mark.parametrize("name", ["a.lzh", "a.cab", "a.rar"])
def test_a_program_that_carries_a_box_is_opened_as_that_box(name: str) -> None:
    result = cleaned("申請書.exe", archives.program(BOXES[name]))
    assert inside(result) == {"a.txt": TEXT}
    assert result.name == "申請書.zip"


def test_a_program_that_carries_none_is_never_passed() -> None:
    for behind in (b"", b"Rar!", b"\0" * 5_000, archives.ar([("a.txt", TEXT)])):
        result = cleaned("a.exe", archives.program(behind))
        assert result.data is None
        assert findings(result)[-1].threat is Threat.ACTIVE_CONTENT


@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_every_level_of_lzh(level: int) -> None:
    folder = "資料\xff".encode("cp932", "ignore") + b"\xff" if level else b""
    data = archives.lzh_file([("予算表.txt".encode("cp932"), TEXT)], level, folder=folder)
    assert inside(cleaned("a.lzh", data)) == {("資料/" if level else "") + "予算表.txt": TEXT}


def test_folders_in_an_lzh_name_stand_before_the_byte_that_lha_for_unix_writes() -> None:
    name = b"\xff".join(each.encode("cp932") for each in ("資料", "表", "予算.txt"))
    assert inside(cleaned("a.lzh", archives.lzh_file([(name, TEXT)]))) == {"資料/表/予算.txt": TEXT}


def empty_lines(blocks: int) -> tuple[bytes, bytes]:
    """-lh5- of 65535 new lines a block: tables of one code each, which then takes no bits at all."""
    bits = "".join(f"{65_535:016b}" + f"{0:010b}" + f"{0:09b}{10:09b}" + f"{0:08b}" for _ in range(blocks))
    packed = int(bits.ljust(-(-len(bits) // 8) * 8 + 64, "0"), 2).to_bytes(-(-len(bits) // 8) + 8, "big")
    return b"\n" * 65_535 * blocks, packed


def lh5_member(name: bytes, data: bytes, packed: bytes) -> bytes:
    fields = b"-lh5-" + struct.pack("<IIHHBB", len(packed), len(data), TIME, DATE, 0x20, 0)
    header = fields + bytes((len(name),)) + name + struct.pack("<H", lhasa.checksum(data))
    return bytes((len(header), sum(header) & 0xFF)) + header + packed


@pytest.mark.parametrize(("pages", "blocked"), [(2, False), (4, True)])
def test_an_empty_page_in_an_lzh_may_pack_well_as_long_as_the_whole_file_does_not(pages: int, blocked: bool) -> None:
    """20 KB of others beside it allow for 4 MB in all."""
    other = "".join(f"{zlib.crc32(b'%d' % number):08x}\n" for number in range(20_000 // 9)).encode()
    page = b"".join(lh5_member(b"%d.txt" % number, *empty_lines(23)) for number in range(pages))
    result = cleaned("a.lzh", archives.lzh_file([(b"a.txt", other)], end=page + b"\0"))
    assert (result.data is None) == blocked
    assert ("grows more than 200 times" in details(result)) == blocked


@pytest.mark.parametrize("level", [0, 1])
def test_a_checksum_of_an_lzh_header_that_is_wrong(level: int) -> None:
    data = bytearray(archives.lzh_file([(b"a.txt", TEXT)], level))
    data[23] ^= 1
    assert cleaned("a.lzh", bytes(data)).data is None


def test_lzh_names_in_unicode_win() -> None:
    wide = b"\x44" + "𠮷野.txt".encode("utf-16-le")
    assert inside(cleaned("a.lzh", archives.lzh_file([(b"?.txt", TEXT)], 2, more=wide))) == {"𠮷野.txt": TEXT}


def test_lzh_names_in_the_code_page_that_it_tells() -> None:
    page = b"\x46" + (65_001).to_bytes(4, "little")
    data = archives.lzh_file([("見積.txt".encode(), TEXT)], 2, more=page)
    assert inside(cleaned("a.lzh", data)) == {"見積.txt": TEXT}


def test_a_tar_stays_one_without_links_and_devices() -> None:
    kinds = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE)
    others = [archives.tar_entry(f"x{number}", kind, "a.txt") for number, kind in enumerate(kinds)]
    result = cleaned("a.tar", archives.tar_file([("d/a.txt", TEXT)], archives.tar_entry("e", tarfile.DIRTYPE), *others))
    assert (result.name, result.type) == ("a.tar", "application/x-tar")
    assert result.data is not None
    with tarfile.open(fileobj=io.BytesIO(result.data)) as archive:
        assert [(entry.name, entry.type, entry.mtime, entry.mode) for entry in archive] == [
            ("d/a.txt", tarfile.REGTYPE, SECONDS, 0o644), ("e", tarfile.DIRTYPE, SECONDS, 0o755),
        ]  # fmt: skip
    assert details(result).count("a link to another file") == 2
    assert details(result).count("a device") == 3


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_kind_of_tar(form: int) -> None:
    name = "長い名前の書類" * 4 + ".txt"
    assert inside(cleaned("a.tar", archives.tar_file([(name, TEXT)], form=form))) == {name: TEXT}


def test_a_tar_of_before_1988_is_known_by_its_checksum() -> None:
    data = bytearray(archives.tar_file([("a.txt", TEXT)]))
    data[257:265] = bytes(8)
    data[148:156] = b" " * 8
    data[148:155] = b"%06o\0" % sum(data[:512])
    assert inside(cleaned("a.tar", bytes(data))) == {"a.txt": TEXT}


def test_a_single_file_keeps_its_compression_and_gets_the_name_of_what_is_in_it() -> None:
    page = b"<html><body><p>a</p><script>KIYOME-HARM</script></body></html>"
    result = cleaned("記録.txt.gz", gzip.compress(page))
    assert result.name == "記録.html.gz"
    assert result.data is not None
    assert b"KIYOME-HARM" not in gzip.decompress(result.data)


def test_growth_behind_a_filter_is_counted_as_it_comes() -> None:
    noise = b"".join(b"%d\n" % number for number in range(400_000))
    assert cleaned("a.txt.gz", gzip.compress(noise)).data is not None
    result = cleaned("a.txt.gz", gzip.compress(noise), budget=Budget(bytes_in=1_500_000))
    assert result.data is None
    assert "1500000 bytes" in details(result)


def test_a_package_of_debian_is_no_archive() -> None:
    data = archives.ar([("debian-binary", b"2.0\n"), ("a.txt", TEXT)]).replace(b"debian-binary/ ", b"debian-binary  ")
    assert cleaned("a.deb", data).data is None
