"""Pieces of split archives in one mail: joined when all are there, else held."""

import struct
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

import pytest

from sanitizers.engine import clean
from sanitizers.model import Cleaned, DnsAnswer, Notice, Outcome
from sanitizers.rules import Budget, Kind, Profile, Task
from sanitizers.unpacking.volumes import Style, joined, volume_of
from tests import archives
from tests.archives import Entry, zip_file
from tests.golden.archive_readers import members
from tests.unit.sanitizers.archive.opening import TEXT

WHOLE = zip_file([Entry(b"a.txt", TEXT), Entry(b"b.txt", TEXT * 9)])
CORPUS = Path(__file__).resolve().parents[5] / "shared" / "corpus"


def mailed(*files: tuple[str, bytes]) -> Cleaned:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.jp", "b@example.jp", "x"
    mail.set_content("text\n")
    for name, data in files:
        mail.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    task = Task("x", Kind.MAIL, "", Profile(), Budget(), Notice("x", ()))
    result = clean(task, mail.as_bytes(), lambda _name, _type: DnsAnswer("failed"))
    assert result is not None
    return result


def attached(result: Cleaned) -> dict[str, bytes]:
    assert result.data is not None
    mail = BytesParser(policy=default).parsebytes(result.data)
    return {str(part.get_filename()): part.get_payload(decode=True) for part in mail.iter_attachments()}  # type: ignore[misc]


def cut(data: bytes, pieces: int) -> list[bytes]:
    size = -(-len(data) // pieces)
    return [data[number * size : (number + 1) * size] for number in range(pieces)]


def spanned(data: bytes) -> list[bytes]:
    """Two pieces as Info-ZIP makes them: a sign in front, the directory in the second, counted from its beginning."""
    end = data.rindex(b"PK\5\6")
    (start,) = struct.unpack_from("<I", data, end + 16)
    first, second = b"PK\x07\x08" + data[:50], bytearray(data[50:])
    at = start - 50
    while second[at : at + 4] == b"PK\1\2":
        fields = struct.unpack_from("<4s6H3I5H2I", second, at)
        disk = 0 if fields[16] < 50 else 1
        struct.pack_into("<H", second, at + 34, disk)
        struct.pack_into("<I", second, at + 42, fields[16] + 4 if disk == 0 else fields[16] - 50)
        at += 46 + sum(fields[10:13])
    struct.pack_into("<2H", second, at + 4, 1, 1)
    struct.pack_into("<I", second, at + 16, start - 50)
    return [first, bytes(second)]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_numbered_pieces_are_joined_in_their_order(order: tuple[int, ...]) -> None:
    pieces = cut(WHOLE, 3)
    result = mailed(*((f"資料.zip.00{number + 1}", pieces[number]) for number in order))
    files = attached(result)
    assert list(files) == ["資料.zip"]
    assert members(files["資料.zip"]) == {"a.txt": TEXT, "b.txt": TEXT * 9}


def test_a_spanned_zip_is_joined() -> None:
    first, second = spanned(WHOLE)
    files = attached(mailed(("a.zip", second), ("a.z01", first)))
    assert members(files["a.zip"]) == {"a.txt": TEXT, "b.txt": TEXT * 9}


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_pieces_without_one_of_them_are_blocked_and_so_held(missing: int) -> None:
    pieces = [(f"a.7z.00{number + 1}", piece) for number, piece in enumerate(cut(WHOLE, 3)) if number != missing]
    result = mailed(*pieces)
    assert attached(result) == {}
    assert Outcome.BLOCKED in {part.outcome for part in result.report.parts}


def test_a_single_piece_is_blocked() -> None:
    result = mailed(("a.zip.002", b"x" * 100))
    assert attached(result) == {}
    assert result.report.parts[-1].outcome is Outcome.BLOCKED


def test_what_pieces_make_is_judged_like_any_other() -> None:
    pieces = cut(archives.program(b"x" * 900), 2)
    result = mailed(("a.zip.001", pieces[0]), ("a.zip.002", pieces[1]))
    assert attached(result) == {}


@pytest.mark.parametrize(
    ("name", "style", "number", "whole"),
    [
        ("A.ZIP.001", Style.NUMBERED, 0, "A.ZIP"),
        ("a.7z.012", Style.NUMBERED, 11, "a.7z"),
        ("a.z01", Style.SPANNED_ZIP, 0, "a.zip"),
        ("a.part01.rar", Style.RAR_PARTS, 0, "a.rar"),
        ("a.part2.rar", Style.RAR_PARTS, 1, "a.rar"),
        ("a.r00", Style.OLD_RAR, 1, "a.rar"),
    ],
)
def test_names_of_pieces(name: str, style: Style, number: int, whole: str) -> None:
    found = volume_of(name, b"")
    assert found is not None
    assert (found.style, found.number, found.whole_name) == (style, number, whole)


@pytest.mark.parametrize("name", ["a.zip", "a.rar", "a.001", "report.2024", "a.txt.001", ".z01", "a.zip.1", ""])
def test_names_of_whole_files(name: str) -> None:
    assert volume_of(name, WHOLE) is None


def test_more_pieces_than_anybody_makes_are_not_joined() -> None:
    assert joined(Style.NUMBERED, dict.fromkeys(range(300), b"x")) is None
    assert joined(Style.NUMBERED, {0: b"a", 2: b"b"}) is None


@pytest.mark.parametrize("kind", ["rar3-vols.part{}.rar", "rar5-vols.part{}.rar"])
def test_volumes_of_rar(kind: str) -> None:
    paths = [CORPUS / "markokr+rarfile/test/files" / kind.format(number) for number in (1, 2, 3)]
    if not all(path.is_file() for path in paths):
        pytest.skip("the corpus is not beside the checkout")
    files = attached(mailed(*((path.name, path.read_bytes()) for path in paths)))
    assert len(files) == 1
    assert next(iter(files)).endswith("-vols.zip")
