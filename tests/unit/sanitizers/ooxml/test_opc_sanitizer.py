"""The sanitizer as the engine sees it: types, rules, what it gives back."""

import io
from pathlib import Path

import pikepdf
import pytest

from sanitizers.engine import clean
from sanitizers.extensions import ENDINGS
from sanitizers.formats.ooxml import Ooxml
from sanitizers.job import Role
from sanitizers.model import (
    Action,
    CannotSanitize,
    DnsAnswer,
    File,
    Finding,
    Notice,
    Outcome,
    Rebuilt,
    Severity,
    Threat,
    Withheld,
)
from sanitizers.registry import FILE_SANITIZERS
from sanitizers.rules import Budget, Kind, Office, Pdf, Profile, Task
from tests.unit.sanitizers.ooxml.opc_packages import PLAIN, Job, packed

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.dotx", "a.docx"), ("a.b.DOTM", "a.b.docx"), ("a.docx", "a.docx"), ("dotx", "dotx"), (".dotx", ".dotx")],
)
def test_a_variant_gets_the_ending_of_what_it_is_now(name: str, expected: str) -> None:
    assert Ooxml().rebuild(File(name, "", DOCX, packed(PLAIN)), Job()).name == expected


class Printing(Job):
    """LibreOffice prints what it is given; the engine cleans what it printed, or not."""

    def __init__(self, office: Office, pdf: Pdf = Pdf.REBUILT, *, works: bool = True) -> None:
        super().__init__(Profile(office=office, pdf=pdf))
        self.printed_by: Pdf | None = None
        self.works = works
        self.converted: list[tuple[str, str]] = []

    def convert(self, extension: str, target: str, data: bytes) -> bytes:
        assert data.startswith(b"PK")
        self.converted.append((extension, target))
        return b"printed"

    def child(
        self, name: str, claimed_type: str, data: bytes, *, role: Role, rules: Profile | None = None
    ) -> Rebuilt | Withheld:
        assert rules is not None
        self.printed_by = rules.pdf
        assert (name, claimed_type, data) == ("", "application/pdf", b"printed")
        if self.works:
            return Rebuilt(b"clean PDF", "", "application/pdf")
        finding = Finding(Threat.MALFORMED, Severity.WARNING, Action.BLOCKED, "", "no PDF")
        return Withheld("", "application/pdf", len(data), Outcome.BLOCKED, finding)


def rebuilt(job: Job, parts: dict[str, bytes] = PLAIN) -> Rebuilt:
    return Ooxml().rebuild(File("規程.docx", "", DOCX, packed(parts)), job)


def test_it_is_registered_for_every_type_that_detection_gives() -> None:
    owner = next(each for each in FILE_SANITIZERS if each.name == "ooxml")
    modern = {kind for kind in ENDINGS if "openxmlformats" in kind or "macroenabled" in kind}
    assert modern - owner.types <= {"application/vnd.ms-excel.sheet.binary.macroenabled.12"}
    assert len(owner.types) == 6


def test_a_document_goes_on_as_one() -> None:
    result = rebuilt(Job())
    assert (result.name, result.type, result.findings) == ("規程.docx", DOCX, ())


@pytest.mark.parametrize(
    ("office", "pdf", "printed_by"),
    [
        (Office.PDF, Pdf.REBUILT, Pdf.REBUILT),
        (Office.PDF, Pdf.PICTURES, Pdf.PICTURES),
        (Office.PDF, Pdf.REMOVED, Pdf.REBUILT),
        (Office.PICTURES, Pdf.REBUILT, Pdf.PICTURES),
        (Office.PICTURES, Pdf.REMOVED, Pdf.PICTURES),
    ],
)
def test_by_rule_it_is_printed_from_the_clean_file(office: Office, pdf: Pdf, printed_by: Pdf) -> None:
    job = Printing(office, pdf)
    harm = {**PLAIN, "harm.bin": b"x"}
    result = rebuilt(job, harm)
    assert job.converted == [("docx", "pdf")]
    assert job.printed_by is printed_by
    assert (result.data, result.type) == (b"clean PDF", "application/pdf")
    assert [finding.threat for finding in result.findings] == [Threat.METADATA]


def test_what_cannot_be_printed_does_not_go_on() -> None:
    with pytest.raises(CannotSanitize, match="no PDF"):
        rebuilt(Printing(Office.PDF, works=False))


def a_pdf() -> bytes:
    with pikepdf.Pdf.new() as pdf:
        pdf.add_blank_page(page_size=(72, 72))
        pdf.save(kept := io.BytesIO())
    return kept.getvalue()


@pytest.mark.parametrize(("office", "pictures"), [(Office.PDF, 0), (Office.PICTURES, 1)])
def test_through_the_engine_a_printed_file_follows_the_rule_for_office_files(office: Office, pictures: int) -> None:
    """Also where the rule for PDF files that come in says otherwise."""
    profile = Profile(office=office, pdf=Pdf.REMOVED)
    sample = Path(__file__).parents[4] / "samples" / "ooxml" / "opc-bom.docx"
    task = Task("", Kind.FILE, "案内.docx", profile, Budget(), Notice("", ()))
    asked: list[tuple[str, str]] = []

    def convert(extension: str, target: str, data: bytes) -> bytes:
        assert data.startswith(b"PK")
        asked.append((extension, target))
        return a_pdf()

    result = clean(task, sample.read_bytes(), lambda _name, _type: DnsAnswer("failed"), convert=convert)
    assert result is not None
    assert result.data is not None
    assert asked == [("docx", "pdf")]
    assert (result.name, result.type) == ("案内.pdf", "application/pdf")
    assert result.report.parts[0].outcome is Outcome.CONVERTED
    with pikepdf.Pdf.open(io.BytesIO(result.data)) as pdf:
        assert len(pdf.pages[0].get_images()) == pictures
