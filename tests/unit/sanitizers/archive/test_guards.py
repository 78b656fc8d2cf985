"""What an archive must never do: lead out, link, share bytes between members, or hold itself."""

import gzip
import tarfile
import zlib

import pytest

from sanitizers.formats.archive.names import Places
from sanitizers.model import Finding, Outcome, Severity, Threat
from tests import archives
from tests.archives import Entry, zip_file
from tests.golden.archive_bombs import gzip_quine, quoting_bomb
from tests.unit.sanitizers.archive.opening import TEXT, cleaned, details, findings, inside

OUTSIDE = ["../../up.txt", "a/../../b.txt", "..\\up.txt", "/etc/root.txt", "C:\\Windows\\drive.txt", "\\\\host\\x.txt"]


@pytest.mark.parametrize("path", OUTSIDE)
def test_a_path_that_leads_elsewhere_stays_below_the_root_and_is_told(path: str) -> None:
    result = cleaned("a.zip", zip_file([Entry(path.encode(), TEXT)]))
    (name,) = inside(result)
    assert not name.startswith("/")
    assert not {"..", "", "C:"} & set(name.split("/"))
    assert "\\" not in name
    assert (Threat.DECEPTION, Severity.DANGER) in [(found.threat, found.severity) for found in findings(result)]


@pytest.mark.parametrize("path", ["../a.txt", "a/./../b", "../../..", ".."])
def test_no_step_up_is_left_of_a_path(path: str) -> None:
    met: list[Finding] = []
    folders, last = Places(met).steps(path)
    assert ".." not in [*folders, last]
    assert len(met) == 1


def test_a_link_never_goes_on_whatever_the_archive() -> None:
    """What it leads to would be written or read by whoever unpacks the rest."""
    zipped = zip_file([Entry(b"a.txt", TEXT), Entry(b"link", b"/etc/passwd", system=3, attributes=0o120777 << 16)])
    links = [archives.tar_entry(f"link{number}", kind, "/etc/passwd") for number, kind in enumerate((
        tarfile.SYMTYPE, tarfile.LNKTYPE))]  # fmt: skip
    boxes = {
        "a.zip": zipped,
        "a.tar": archives.tar_file([("a.txt", TEXT)], *links),
        "a.cpio": archives.cpio([("a.txt", TEXT, 0o100644), ("link", b"/etc/passwd", 0o120777)]),
        "a.lzh": archives.lzh_file([(b"a.txt", TEXT)], end=b"")
        + archives.lzh_file([(b"link|/etc/passwd", b"")], method=b"-lhd-"),
    }
    for name, data in boxes.items():
        result = cleaned(name, data)
        assert inside(result) == {"a.txt": TEXT}, name
        assert "a link to another file" in details(result), name


def test_members_that_share_bytes_block_the_file() -> None:
    for data in (
        zip_file([Entry(b"a.txt", TEXT), Entry(b"a.txt", TEXT, packed=b"", listed=True, at=0)]),
        quoting_bomb(count=3, kernel=100),
    ):
        result = cleaned("a.zip", data)
        assert result.data is None
        assert "members overlap" in details(result)


def test_the_bomb_is_one() -> None:
    """Its first member prints all the others, or the test above shows nothing."""
    data = quoting_bomb(count=3, kernel=100)
    content = zlib.decompress(data[37:], wbits=-15)
    assert zlib.crc32(content) == int.from_bytes(data[14:18], "little")
    assert content.count(b"PK\3\4") == 2


def test_a_file_that_holds_itself_ends_at_the_depth() -> None:
    data = gzip_quine()
    assert gzip.decompress(data) == data
    for name, outer in ("r.gz", data), ("r.zip", zip_file([Entry(b"r.gz", data)])):
        result = cleaned(name, outer)
        assert result.data is None
        assert result.report.parts[0].outcome is Outcome.BLOCKED
        assert "levels of parts inside parts" in details(result)


def rar_4(main: int = 0, member: int = 0) -> bytes:
    """With flags of the main header and of the first member's; they stand three bytes behind where a block begins."""
    data = bytearray(archives.rar([(b"a.txt", TEXT)]))
    data[10] |= main
    data[23] |= member
    return bytes(data)


def rar_5(*blocks: bytes) -> bytes:
    return b"Rar!\x1a\x07\x01\x00" + b"".join(bytes(4) + bytes((len(block),)) + block for block in blocks)


RAR_5_MAIN = bytes((1, 0, 0))
LOCKED = {
    "names, RAR 4": rar_4(main=0x80),
    "a member, RAR 4": rar_4(member=0x04),
    "names, RAR 5": rar_5(RAR_5_MAIN, bytes((4, 0, 0))),
    "a member, RAR 5": rar_5(RAR_5_MAIN, bytes((2, 1, 3)) + bytes(8) + bytes((2, 1, 0))),
}


@pytest.mark.parametrize("which", LOCKED)
def test_a_rar_archive_behind_a_password_is_locked_and_no_noise_is_made_of_it(which: str) -> None:
    result = cleaned("a.rar", LOCKED[which])
    assert result.data is None
    assert result.report.parts[0].outcome is Outcome.LOCKED
    assert inside(cleaned("a.rar", rar_4())) == {"a.txt": TEXT}
