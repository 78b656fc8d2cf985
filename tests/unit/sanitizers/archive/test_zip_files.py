"""ZIP files: what is in them comes out, and what two readers could read differently does not."""

import bz2
import io
import lzma
import struct
import zipfile
import zlib

import inflate64
import pytest
from backports import zstd

from sanitizers.model import Outcome, Severity, Threat
from sanitizers.rules import Budget
from tests import archives
from tests.archives import Entry, zip_file
from tests.unit.sanitizers.archive.opening import TEXT, cleaned, details, findings, inside


def lzma_packed(data: bytes) -> bytes:
    """APPNOTE 5.8.8."""
    form = {"id": lzma.FILTER_LZMA1, "lc": 3, "lp": 0, "pb": 2, "dict_size": 1 << 16}
    packed = lzma.compress(data, lzma.FORMAT_RAW, filters=[form])
    return b"\x09\x14\x05\x00\x5d" + struct.pack("<I", 1 << 16) + packed


def deflated_64(data: bytes) -> bytes:
    stream = inflate64.Deflater()
    return stream.deflate(data) + stream.flush()


METHODS = {
    0: bytes, 8: archives.deflated, 9: deflated_64, 12: bz2.compress, 14: lzma_packed, 93: zstd.compress,
    95: lzma.compress,
}  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("data", [b"", TEXT, TEXT * 20_000], ids=["empty", "short", "long"])
def test_every_compression_that_is_read(method: int, data: bytes) -> None:
    result = cleaned("a.zip", zip_file([Entry(b"a.txt", data, method=method, packed=METHODS[method](data))]))
    assert inside(result) == {"a.txt": data}
    assert result.report.parts[0].outcome is Outcome.CLEAN


@pytest.mark.parametrize("method", [m for m in METHODS if m])
def test_a_compression_that_is_cut_off_blocks_the_file(method: int) -> None:
    packed = METHODS[method](TEXT * 100)[:-9]
    result = cleaned("a.zip", zip_file([Entry(b"a.txt", TEXT * 100, method=method, packed=packed)]))
    assert result.data is None
    assert findings(result)[-1].threat is Threat.MALFORMED


@pytest.mark.parametrize("method", [1, 6, 97, 200])
def test_other_compressions_block_the_file(method: int) -> None:
    result = cleaned("a.zip", zip_file([Entry(b"a.txt", TEXT, method=method, packed=TEXT)]))
    assert result.data is None
    assert f"not opened: {method}" in details(result)


@pytest.mark.parametrize("method", [m for m in METHODS if m])
def test_a_bomb_is_not_unpacked_to_know_that_it_is_one(method: int) -> None:
    data = b"\0" * 30_000_000
    result = cleaned("a.zip", zip_file([Entry(b"a.txt", data, method=method, packed=METHODS[method](data))]))
    assert result.data is None
    assert findings(result)[-1].threat is Threat.LIMIT_EXCEEDED


def test_what_a_member_claims_is_not_believed() -> None:
    packed = archives.deflated(b"\0" * 30_000_000)
    result = cleaned("a.zip", zip_file([Entry(b"a.txt", TEXT, method=8, packed=packed)]))
    assert findings(result)[-1].threat is Threat.LIMIT_EXCEEDED


@pytest.mark.parametrize(("pages", "blocked"), [(1, False), (3, False), (4, True)])
def test_an_empty_page_may_pack_well_as_long_as_the_whole_file_does_not(pages: int, blocked: bool) -> None:
    """A BMP of a blank form packs a thousandfold; 20 KB of others beside it allow for 4 MB in all."""
    other = "".join(f"{zlib.crc32(b'%d' % number):08x}\n" for number in range(20_000 // 9)).encode()
    page = [Entry(b"%d.txt" % number, b"\n" * 1_500_000, method=8) for number in range(pages)]
    result = cleaned("a.zip", zip_file([Entry(b"a.txt", other), *page]))
    assert (result.data is None) == blocked
    assert ("grows more than 200 times" in details(result)) == blocked


def test_members_together_are_counted() -> None:
    budget = Budget(bytes_in=2_000_000)
    noise = [Entry(b"%d.txt" % number, b"%07d\n" % number * 40_000) for number in range(8)]
    result = cleaned("a.zip", zip_file(noise[:3]), budget=budget)
    assert result.data is not None
    result = cleaned("a.zip", zip_file(noise), budget=budget)
    assert result.data is None
    assert "2000000 bytes" in details(result)


def test_folders_count_as_parts() -> None:
    entries = [Entry(b"%d/" % number) for number in range(30)]
    assert inside(cleaned("a.zip", zip_file(entries), budget=Budget(parts=31))).keys() == {f"{n}/" for n in range(30)}
    assert cleaned("a.zip", zip_file(entries), budget=Budget(parts=29)).data is None


def test_a_macro_document_ten_levels_down_is_blocked_by_the_depth_and_nine_is_too() -> None:
    """The item is level 0; depth 10 counts what is inside. Whatever the depth, the macro never passes."""
    source = io.BytesIO()
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/vbaProject.bin", "KIYOME-HARM")
    for levels in (3, 9, 10, 11):
        data = source.getvalue()
        for _ in range(levels):
            data = zip_file([Entry(b"inner.zip", data), Entry(b"a.txt", TEXT)])
        result = cleaned("a.zip", data)
        assert b"KIYOME-HARM" not in (result.data or b"")
        assert ("levels of parts" in details(result)) == (levels > 10)


def test_the_new_file_is_plain() -> None:
    data = zip_file([Entry(b"a/"), Entry(b"a/b.txt", TEXT, system=3, attributes=0o104755 << 16, comment=b"x")])
    result = cleaned("a.zip", data)
    assert result.data is not None
    with zipfile.ZipFile(io.BytesIO(result.data)) as archive:
        for entry in archive.infolist():
            assert (entry.create_system, entry.comment, entry.extra) == (0, b"", b"")
            assert entry.date_time == (2026, 4, 1, 9, 30, 0)
        assert [entry.external_attr for entry in archive.infolist()] == [0x10, 0]


def test_an_empty_archive_stays_one() -> None:
    assert inside(cleaned("a.zip", zip_file([]))) == {}


def test_an_archive_of_which_nothing_is_left_is_blocked() -> None:
    result = cleaned(
        "a.zip", zip_file([Entry(b"a.exe", archives.program(b"")), Entry(b"b.exe", archives.program(b""))])
    )
    assert result.data is None
    assert result.report.parts[0].outcome is Outcome.BLOCKED
    assert "2 in it: a.exe" in details(result)


def test_the_hidden_member_is_the_worst_of_it() -> None:
    data = zip_file([Entry(b"a.txt", TEXT), Entry(b"b.txt", b"HARM", listed=False)])
    result = cleaned("a.zip", data)
    assert inside(result) == {"a.txt": TEXT}
    assert any(found.severity is Severity.DANGER for found in findings(result))


@pytest.mark.parametrize(
    "lie", [{"local_name": b"x.exe"}, {"local_method": 8}, {"local_size": 1}], ids=["name", "method", "size"]
)
def test_a_member_whose_headers_disagree_is_left_out(lie: dict[str, object]) -> None:
    data = zip_file([Entry(b"a.txt", TEXT), Entry(b"b.txt", TEXT, **lie)])  # type: ignore[arg-type]
    assert inside(cleaned("a.zip", data)).keys() == {"a.txt"}


def test_a_stub_in_front_of_which_the_directory_knows_nothing() -> None:
    data = zip_file([Entry(b"a.txt", TEXT)], before=archives.program(b"STUB"), shifted=False)
    result = cleaned("setup.exe", data)
    assert inside(result) == {"a.txt": TEXT}
    assert result.name == "setup.zip"


def test_a_jar_or_a_document_is_never_opened_as_a_zip() -> None:
    jar = zip_file([Entry(b"META-INF/MANIFEST.MF", TEXT), Entry(b"a.txt", TEXT)])
    assert cleaned("a.zip", jar).data is None
    apk = zip_file([Entry(b"classes.dex", TEXT), Entry(b"a.txt", TEXT)])
    assert cleaned("a.zip", apk).data is None
    docx = zip_file([Entry(b"[Content_Types].xml", b"<Types/>"), Entry(b"word/document.xml", b"<a/>")])
    assert cleaned("a.zip", docx).report.parts[0].sanitizer == "ooxml"
