"""ZIP files: two readers must see the same content, or the file is refused; what is written is the same each time."""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable

import pytest

from sanitizers.budget import BudgetMeter, OverBudget
from sanitizers.model import CannotSanitize, Threat
from sanitizers.rules import Budget
from sanitizers.zipped import Anomaly, Packing, opened, written

TEXT = "清めの一通\n".encode() * 200
LOCAL = "<4s5H3I2H"
CENTRAL = "<4s6H3I5H2I"
END = "<4s4H2IH"


def meter(**limits: int) -> BudgetMeter:
    return BudgetMeter(Budget(**limits))


def contents(data: bytes) -> dict[str, bytes]:
    zipped = opened(data)
    return {member.name: zipped.read(member, meter()) for member in zipped.members if not member.is_folder}


def of(members: dict[str, bytes]) -> bytes:
    return written((name, content, Packing.DEFLATED) for name, content in members.items())


class Entry:
    """A member, both of its records open to lies."""

    def __init__(self, name: bytes, content: bytes, *, method: int = 8, flags: int = 0) -> None:
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        self.packed = packer.compress(content) + packer.flush() if method == 8 else content
        common = {
            "flags": flags,
            "method": method,
            "crc": zlib.crc32(content),
            "packed": len(self.packed),
            "size": len(content),
            "name": name,
            "extra": b"",
        }
        self.local = dict(common)
        self.central = dict(common, disk=0, at=None, comment=b"")
        self.descriptor = b""


def file_of(*entries: Entry, before: bytes = b"", between: bytes = b"", behind: bytes = b"", **end: object) -> bytes:
    out = before
    places = []
    for number, entry in enumerate(entries):
        out += between if number else b""
        places.append(len(out))
        x = entry.local
        sizes = (x["crc"], x["packed"], x["size"], len(x["name"]), len(x["extra"]))
        out += struct.pack(LOCAL, b"PK\x03\x04", 20, x["flags"], x["method"], 0, 33, *sizes)
        out += x["name"] + x["extra"] + entry.packed + entry.descriptor
    start = len(out)
    for entry, place in zip(entries, places, strict=True):
        x = entry.central
        at = place if x["at"] is None else x["at"]
        lengths = (len(x["name"]), len(x["extra"]), len(x["comment"]), x["disk"], 0, 0, at)
        head = (b"PK\x01\x02", 20, 20, x["flags"], x["method"], 0, 33, x["crc"], x["packed"], x["size"])
        out += struct.pack(CENTRAL, *head, *lengths) + x["name"] + x["extra"] + x["comment"]
    told = {
        "count": len(entries),
        "size": len(out) - start,
        "start": start,
        "comment": b"",
        "disk": 0,
        "tail": b"",
    } | end
    out += told["tail"]
    count = told["count"]
    out += struct.pack(
        END, b"PK\x05\x06", told["disk"], 0, count, count, told["size"], told["start"], len(told["comment"])
    )
    return out + told["comment"] + behind


def one(name: bytes = b"a.xml", content: bytes = TEXT, **kinds: int) -> Entry:
    return Entry(name, content, **kinds)


def lying(**told: object) -> Entry:
    entry = one()
    for key, value in told.items():
        record, _, field = key.partition("_")
        getattr(entry, record)[field] = value
    return entry


# Reading


def test_what_other_programs_write_is_read() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", TEXT)
        archive.writestr("日本語.txt", b"x", zipfile.ZIP_STORED)
        archive.mkdir("word/media")
    assert contents(buffer.getvalue()) == {"word/document.xml": TEXT, "日本語.txt": b"x"}
    assert opened(buffer.getvalue()).anomalies == frozenset()


def test_a_file_written_to_a_pipe_is_read() -> None:
    """Sizes behind the data (bit 3), and Zip64 sizes, as Java and .NET write them."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.kept = b""

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:
            self.kept += bytes(data)
            return len(data)

    pipe = Pipe()
    with (
        zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.xml", "w", force_zip64=True) as member,
    ):
        member.write(TEXT)
    assert contents(pipe.kept) == {"a.xml": TEXT}
    assert opened(pipe.kept).anomalies == frozenset()


def test_names_in_japanese_windows_charset_are_read() -> None:
    assert list(contents(file_of(one("議事録.txt".encode("cp932"))))) == ["議事録.txt"]


def test_an_empty_file_of_no_members_is_read() -> None:
    assert contents(of({})) == {}


@pytest.mark.parametrize(
    ("data", "threat", "words"),
    [
        (b"", Threat.MALFORMED, "without an end"),
        (b"PK\x03\x04" + b"x" * 50, Threat.MALFORMED, "without an end"),
        (file_of(one())[:-5], Threat.MALFORMED, "without an end"),
        (file_of(one(), comment=b"abc")[:-1], Threat.MALFORMED, "cut off"),
        (file_of(one(), start=0), Threat.MALFORMED, "not where its end says"),
        (b"MZ" + file_of(one()), Threat.MALFORMED, "not where its end says"),
        (file_of(one(), count=2), Threat.MALFORMED, "broken directory"),
        (file_of(one(b"a"), one(b"b"), count=1), Threat.MALFORMED, "more in its directory"),
        (file_of(one(), disk=1), Threat.MALFORMED, "several pieces"),
        (file_of(lying(central_disk=1)), Threat.MALFORMED, "several pieces"),
        (file_of(one(), start=0xFFFFFFFF), Threat.MALFORMED, "Zip64 end"),
        (file_of(lying(central_size=0xFFFFFFFF)), Threat.MALFORMED, "Zip64 size"),
        (file_of(lying(local_name=b"b.xml")), Threat.MALFORMED, "disagree"),
        (file_of(lying(local_method=0)), Threat.MALFORMED, "disagree"),
        (file_of(lying(local_size=1)), Threat.MALFORMED, "disagree"),
        (file_of(lying(local_packed=1)), Threat.MALFORMED, "disagree"),
        (file_of(lying(local_crc=1)), Threat.MALFORMED, "disagree"),
        (file_of(lying(local_flags=8, local_size=1)), Threat.MALFORMED, "disagree"),
        (file_of(lying(local_flags=1)), Threat.MALFORMED, "disagree"),
        (file_of(lying(central_at=5)), Threat.MALFORMED, "not where the directory says"),
        (file_of(one(b"a"), lying(central_at=0)), Threat.MALFORMED, "disagree"),
        (file_of(one(b"a.xml"), lying(central_at=0, central_name=b"a.xml")), Threat.MALFORMED, "overlap"),
        (file_of(lying(local_packed=9999, central_packed=9999)), Threat.MALFORMED, "overlap"),
        (file_of(one(b"a"), one(b"a")), Threat.MALFORMED, "same name"),
        (file_of(one(b"word/a.xml"), one(b"Word/A.xml")), Threat.MALFORMED, "same name"),
        (file_of(one(b"word/a.xml"), one(b"word\\a.xml")), Threat.MALFORMED, "same name"),
        (file_of(one("が.xml".encode()), one("か\u3099.xml".encode())), Threat.MALFORMED, "same name"),
        (file_of(one(b"")), Threat.MALFORMED, "proper name"),
        (file_of(one(b"a" * 2000)), Threat.MALFORMED, "proper name"),
        (file_of(one(b"a\x00.xml")), Threat.MALFORMED, "control characters"),
        (file_of(one(b"a\n.xml")), Threat.MALFORMED, "control characters"),
        (file_of(one(b"../a.xml")), Threat.MALFORMED, "leads elsewhere"),
        (file_of(one(b"a/../../b")), Threat.MALFORMED, "leads elsewhere"),
        (file_of(one(b"..\\a.xml")), Threat.MALFORMED, "leads elsewhere"),
        (file_of(one(b"C:/a.xml")), Threat.MALFORMED, "leads elsewhere"),
        (file_of(one(b"a//b")), Threat.MALFORMED, "leads elsewhere"),
        (file_of(one(b"\xff\xfe", flags=0x800)), Threat.MALFORMED, "proper name"),
        (file_of(one(flags=1)), Threat.ENCRYPTED, "encrypted"),
        (file_of(one(flags=0x2000)), Threat.ENCRYPTED, "encrypted"),
    ],
)  # fmt: skip
def test_what_can_be_understood_in_two_ways_is_refused(data: bytes, threat: Threat, words: str) -> None:
    with pytest.raises(CannotSanitize, match=words) as refusal:
        opened(data)
    assert refusal.value.threat is threat


@pytest.mark.parametrize(
    ("data", "anomaly"),
    [
        (file_of(one(), before=b"MZ and a program"), Anomaly.BEFORE),
        (file_of(one(b"a"), one(b"b"), between=b"a member that the directory does not name"), Anomaly.BETWEEN),
        (file_of(one(), tail=b"") + b"behind", Anomaly.BEHIND),
        (file_of(one(), comment=b"a comment"), Anomaly.COMMENT),
        (file_of(one(b"word\\a.xml")), Anomaly.BACKSLASH),
        (file_of(one(b"/word/a.xml")), Anomaly.ROOTED),
    ],
)
def test_what_a_usual_program_does_not_write_is_told(data: bytes, anomaly: Anomaly) -> None:
    assert opened(data).anomalies == {anomaly}
    assert TEXT in contents(data).values()


def test_a_descriptor_behind_a_member_is_no_hiding_place() -> None:
    streamed = one(flags=8)
    streamed.local.update(crc=0, packed=0, size=0)
    streamed.descriptor = b"PK\x07\x08" + struct.pack("<3I", streamed.central["crc"], len(streamed.packed), len(TEXT))
    assert opened(file_of(streamed)).anomalies == frozenset()
    streamed.descriptor += b"more than any descriptor has"
    assert opened(file_of(streamed)).anomalies == {Anomaly.BETWEEN}


# Unpacking


def claiming(size: int, content: bytes = TEXT) -> bytes:
    entry = one(content=content)
    entry.local["size"] = entry.central["size"] = size
    return file_of(entry)


def damaged() -> bytes:
    entry = one(content=random.Random(5).randbytes(3000))
    entry.packed = entry.packed[:1500] + b"\xff" * 10 + entry.packed[1510:]
    return file_of(entry)


def wrong_sum() -> bytes:
    entry = one()
    entry.local["crc"] = entry.central["crc"] = 1
    return file_of(entry)


def with_more_behind() -> bytes:
    entry = one()
    entry.packed += b"more"
    entry.local["packed"] = entry.central["packed"] = len(entry.packed)
    return file_of(entry)


@pytest.mark.parametrize(
    "make",
    [
        lambda: claiming(len(TEXT) - 1),
        lambda: claiming(len(TEXT) + 1),
        lambda: claiming(0),
        lambda: claiming(0xFFFF_FFF0),
        damaged,
        wrong_sum,
        with_more_behind,
        lambda: file_of(one(content=b"stored", method=0)).replace(b"stored", b"STORED"),
    ],
)
def test_a_member_that_is_not_what_is_claimed_is_not_read(make: Callable[[], bytes]) -> None:
    zipped = opened(make())
    with pytest.raises(CannotSanitize, match="damaged") as refusal:
        zipped.read(zipped.members[0], meter())
    assert refusal.value.threat is Threat.MALFORMED


def test_other_compressions_are_not_opened() -> None:
    zipped = opened(file_of(one(method=9)))
    with pytest.raises(CannotSanitize, match="compression") as refusal:
        zipped.read(zipped.members[0], meter())
    assert refusal.value.threat is Threat.UNSUPPORTED


def test_a_bomb_stops_at_the_budget_whatever_it_claims() -> None:
    bomb = claiming(50_000_000, b"\0" * 50_000_000)
    zipped = opened(bomb)
    with pytest.raises(OverBudget, match="grows"):
        zipped.read(zipped.members[0], meter())
    with pytest.raises(OverBudget, match="bytes when decoded"):
        zipped.read(zipped.members[0], meter(expansion_ratio=100_000, bytes_in=10_000_000))


def test_more_members_than_any_document_has_are_refused() -> None:
    many = of({f"{number}": b"" for number in range(20_001)})
    with pytest.raises(CannotSanitize) as refusal:
        opened(many)
    assert refusal.value.threat is Threat.LIMIT_EXCEEDED


# Writing


def test_what_is_written_is_read_by_others() -> None:
    members = {"[Content_Types].xml": b"<Types/>", "word/document.xml": TEXT, "xl/表.xml": b""}
    data = written(
        (name, content, Packing.STORED if "T" in name else Packing.DEFLATED) for name, content in members.items()
    )
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == members
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.infolist()[0].compress_type == zipfile.ZIP_STORED
        assert archive.infolist()[1].compress_type == zipfile.ZIP_DEFLATED


def test_what_is_written_is_read_here_without_anything_odd() -> None:
    data = of({"a": TEXT, "b": b""})
    assert contents(data) == {"a": TEXT, "b": b""}
    assert opened(data).anomalies == frozenset()


def test_the_same_members_give_the_same_bytes() -> None:
    assert of({"a": TEXT, "b": b"x"}) == of({"a": TEXT, "b": b"x"})


def test_more_than_fits_without_zip64_is_refused() -> None:
    with pytest.raises(OverBudget):
        of({f"{number}": b"" for number in range(65_536)})
