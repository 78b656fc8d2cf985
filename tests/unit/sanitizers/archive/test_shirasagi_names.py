"""ZIP files for the CMS SHIRASAGI: marks that it takes off again, and reports that it drops."""

import io
import re
import zipfile

import pytest

from sanitizers.engine import clean
from sanitizers.formats.archive.shirasagi import marked, restored
from sanitizers.model import Action, Cleaned, DnsAnswer, Finding, Notice, Rebuilt, Severity, Threat
from sanitizers.rules import Budget, Kind, Profile, Task, Verdict, ZipMembers
from tests.unit.sanitizers.archive.opening import TEXT, inside

MARK = re.compile(r"_\d+_(?:marked|marked\.MSOfficeWithPassword|withPassword|withEncrypt|sanitized)(?:\.[^./]+)?$")
DROPPED = re.compile(r"_[a-zA-Z]+Report\.txt\Z")  # the pattern of SHIRASAGI
PROFILE = Profile(zip_members=ZipMembers.SHIRASAGI, blocked_part=Verdict.DELIVER)
OPENED = Finding(Threat.ENCRYPTED, Severity.NOTE, Action.REWRITTEN, "password", "opened")


def zipped(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as box:
        for name, content in files.items():
            box.writestr(name, content)
    return target.getvalue()


def cleaned(files: dict[str, bytes], profile: Profile = PROFILE) -> Cleaned:
    task = Task("20261121-4X7K-2M9Q", Kind.FILE, "ss_file_1_1635072302.zip", profile, Budget(), Notice("N-1", ()))
    result = clean(task, zipped(files), lambda _name, _type: DnsAnswer("failed"))
    assert result is not None
    return result


@pytest.mark.parametrize(
    "name",
    [
        "image.png",
        "報告_2026_final.pdf",
        "2023_salesReport.txt",
        "a_1_2.tar.gz",
        "README",
        "表 (2).xlsx",
        "a.b_3_c.txt",
        "x_marked.MSOfficeWithPassword.xlsx",
        "名前.テキスト",
    ],
)
@pytest.mark.parametrize("type_", ["application/pdf", "application/zip", "text/plain"])
@pytest.mark.parametrize("findings", [(), (OPENED,)], ids=["plain", "opened"])
def test_shirasagi_gets_the_name_back(name: str, type_: str, findings: tuple[Finding, ...]) -> None:
    there = marked(Rebuilt(b"", name, type_, findings), 7)
    assert MARK.search(there)
    assert not DROPPED.search(there)
    if "MSOfficeWithPassword" not in name:  # SHIRASAGI itself shortens these
        assert restored(there) == name


def test_the_examples_of_the_contract() -> None:
    """Names as they stand in SHIRASAGI's own tests."""
    assert restored("image_1000_marked.png") == "image.png"
    assert restored("with_encrypt_8424_withEncrypt.pdf") == "with_encrypt.pdf"
    assert restored("book_100_marked.MSOfficeWithPassword.xlsx") == "book.xlsx"
    assert DROPPED.search("with_password.xlsx_8424_holdReport.txt")
    assert DROPPED.search("with_password_7933_pdfEncryptReport.txt")


def test_members_are_marked_and_come_back_under_their_names() -> None:
    found = inside(cleaned({"import/a.txt": TEXT, "import/窓口/b.txt": TEXT, "c_1_d.txt": TEXT}))
    assert all(MARK.search(name) for name in found)
    assert {restored(name) for name in found} == {"import/a.txt", "import/窓口/b.txt", "c_1_d.txt"}


def test_what_stays_behind_has_a_report_in_its_folder() -> None:
    found = inside(cleaned({"import/bad.exe": b"MZ" + bytes(200), "import/a.txt": TEXT}))
    (report,) = [name for name in found if DROPPED.search(name)]
    assert report.startswith("import/bad.exe_")
    text = found[report].decode()
    assert "bad.exe" in text.splitlines()[0]
    assert "N-1" in text.splitlines()[0]
    assert {restored(name) for name in found if name != report} == {"import/a.txt"}


def test_a_box_in_the_box_keeps_its_names() -> None:
    found = inside(cleaned({"inner.zip": zipped({"a.txt": TEXT, "bad.exe": b"MZ" + bytes(200)})}))
    (name,) = found
    assert re.fullmatch(r"inner_\d+_marked\.zip", name)
    assert [each.filename for each in zipfile.ZipFile(io.BytesIO(found[name])).infolist()] == ["a.txt"]


def test_without_the_rule_names_are_their_own() -> None:
    assert set(inside(cleaned({"a.txt": TEXT}, Profile()))) == {"a.txt"}
