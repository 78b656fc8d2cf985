"""What a look at an old Office file sees, with a converter that is played."""

import io
import struct
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from sanitizers import engine
from sanitizers.budget import BudgetMeter
from sanitizers.formats.legacy import EncryptedOffice, Legacy, excel, password, rtf, slides, word, workbook
from sanitizers.formats.legacy.compound import Compound
from sanitizers.formats.legacy.sightings import Sightings
from sanitizers.formats.metafile import Metafile
from sanitizers.job import Job
from sanitizers.model import CannotSanitize, Cleaned, DnsAnswer, File, Notice, Outcome, Rebuilt, Threat
from sanitizers.passwords import Passwords
from sanitizers.registry import Registry
from sanitizers.rules import Budget, Kind, LegacyOffice, Profile, Task
from sanitizers.verify import legacy as verify

ROOT = Path(__file__).resolve().parents[4]
SAMPLES = ROOT / "samples"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


NONE = Passwords((), BudgetMeter(Budget()))


def seen_in(data: bytes) -> list[str]:
    seen = Sightings()
    rtf.look(data, seen)
    return seen.names


# RTF


def test_words_are_words_only_outside_of_others() -> None:
    assert seen_in(rb"{\rtf1 \objectx \\object \'5cobject {\*\objupdatey x}}") == []
    assert seen_in(rb"{\rtf1 {\object x}}") == ["an embedded object"]


def test_many_of_a_kind_are_one_finding() -> None:
    seen = Sightings()
    rtf.look(rb"{\rtf1 " + rb"{\object x}" * 500 + b"}", seen)
    (found,) = seen.findings()
    assert found.detail == "an embedded object (500)"


@pytest.mark.parametrize("beginning", [rb"{\rtf1\ansi ", rb"{\rtf\ansi ", rb"{\rtf1{\fonttbl}"])
def test_usual_beginnings(beginning: bytes) -> None:
    assert seen_in(beginning + b"x}") == []


@pytest.mark.parametrize("beginning", [rb"{\rtf2 ", rb"{\rtfansi ", rb"{\rt ", rb"{\rtf11 "])
def test_other_beginnings_are_told(beginning: bytes) -> None:
    assert seen_in(beginning + b"x}") == [rtf.HEADER.detail]


@pytest.mark.parametrize(
    "data",
    [rb"d0cf{\*\x}11e0", rb"d0cf\par 11e0", rb"d0cf\'4111e0", rb"{d0cf}11e0"],
    ids=["group", "word", "byte", "open"],
)
def test_object_data_that_are_broken_up(data: bytes) -> None:
    assert rtf.BROKEN_UP.detail in seen_in(rb"{\rtf1 {\object{\*\objdata " + data + b"}}}")


def test_object_data_with_line_ends_are_not_broken_up() -> None:
    assert rtf.BROKEN_UP.detail not in seen_in(rb"{\rtf1 {\object{\*\objdata d0cf" + b"\r\n" + b"11e0}}}")


def test_raw_data_are_skipped_and_their_words_do_not_count() -> None:
    assert seen_in(rb"{\rtf1 \bin14 {\object\objocx}" + b"}") == [rtf.BINARY.detail]
    assert rtf.OBJECT.detail in seen_in(rb"{\rtf1 \bin0 {\object x}}")
    assert rtf.OBJECT.detail in seen_in(rb"{\rtf1 \bin-5 {\object x}}")


@pytest.mark.parametrize(
    ("instruction", "detail"),
    [
        (rb'DDEAUTO c:\\cmd.exe "x"', rtf.RUNNING.detail),
        (rb" ddeauto x", rtf.RUNNING.detail),
        (rb"{\b DDE} x", rtf.RUNNING.detail),
        (rb"INCLUDEPICTURE http://harm.example/x", rtf.FETCHING.detail),
    ],
)
def test_fields(instruction: bytes, detail: str) -> None:
    assert seen_in(rb"{\rtf1 {\field{\*\fldinst " + instruction + rb"}{\fldrslt x}}}") == [detail]


def test_harmless_fields_and_words_in_text() -> None:
    assert seen_in(rb'{\rtf1 DDEAUTO {\field{\*\fldinst HYPERLINK "https://example.jp/"}{\fldrslt x}} PAGE}') == []


def test_a_font_table_without_end() -> None:
    fonts = b"".join(b"{\\f%d x;}" % number for number in range(rtf.MOST_FONTS))
    assert rtf.FONTS.detail in seen_in(rb"{\rtf1{\fonttbl" + fonts + b"}x}")


@pytest.mark.parametrize(
    "data", [b"", b"\\", b"{\\rtf1", b"}}}}{\\rtf1 x", b"{\\rtf1 \\'", b"{\\rtf1 \\bin999999999999 x}"]
)
def test_anything_can_be_read(data: bytes) -> None:
    rtf.look(data, Sightings())


def test_no_end_of_groups() -> None:
    with pytest.raises(CannotSanitize) as refused:
        rtf.look(b"{\\rtf1 " + b"{" * 3_000, Sightings())
    assert refused.value.threat is Threat.LIMIT_EXCEEDED


# Records


def record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


@pytest.mark.parametrize(
    ("workbook", "names"),
    [
        (record(0x85, b"\0\0\0\0\0\0"), []),
        (record(0x85, b"\0\0\0\0\2\1"), [excel.MACRO_SHEETS.detail]),
        (record(0x18, b"\x20\0" + b"\0" * 12 + b"\0\1"), [excel.AUTOMATIC.detail]),
        (record(0x18, b"\0" * 14 + b"\0auto_open1"), [excel.AUTOMATIC.detail]),
        (record(0x18, b"\0" * 14 + b"\1a\0U\0t\0o\0_\0o\0"), [excel.AUTOMATIC.detail]),
        (record(0x18, b"\0" * 14 + b"\0automatic"), []),
        (record(0x1AE, b"\1\0\1\4"), []),
        (record(0x1AE, b"\1\0\x10\0"), [excel.ELSEWHERE.detail]),
        (record(0x876, b""), [excel.QUERIES.detail]),
        (b"\x85", []),
    ],
)
def test_records_of_a_workbook(workbook: bytes, names: list[str]) -> None:
    seen = Sightings()
    excel.look(workbook, seen)
    assert seen.names == names


BEGUN, ENDED = b"\0\6\x10\0", record(0x0A, b"")  # BOF of a worksheet
MACROS_BEGUN = b"\0\6\x40\0"


@pytest.mark.parametrize(
    ("sheet", "kept"),
    [
        (record(0x809, BEGUN) + record(6, b"HARM") + ENDED, True),
        (record(0x809, MACROS_BEGUN) + record(6, b"HARM") + ENDED, False),
        (record(0x809, MACROS_BEGUN) + record(0x809, BEGUN) + ENDED + record(0x204, b"HARM") + ENDED, False),
        (record(0x809, MACROS_BEGUN) + ENDED + record(0x809, BEGUN) + record(6, b"HARM") + ENDED, True),
        (record(0x809, MACROS_BEGUN) + struct.pack("<HH", 6, 99) + b"HARM", False),
    ],
    ids=["worksheet", "macros", "chart in it", "next sheet", "cut off"],
)
def test_a_sheet_of_macros_is_emptied(sheet: bytes, kept: bool) -> None:
    emptied = excel.without_macro_sheets(sheet)
    assert len(emptied) == len(sheet)
    assert (b"HARM" in emptied) is kept
    assert (emptied == sheet) is kept


def test_a_sheet_is_of_macros_too_when_only_the_list_of_sheets_says_so() -> None:
    listed = record(0x85, struct.pack("<IBB", 10, 2, 1))
    sheet = record(0x809, BEGUN) + record(6, b"HARM") + ENDED
    assert len(listed) == 10
    assert b"HARM" not in excel.without_macro_sheets(listed + sheet)


def atom(kind: int, body: bytes, version: int = 0) -> bytes:
    return struct.pack("<HHI", version, kind, len(body)) + body


@pytest.mark.parametrize(
    ("document", "names"),
    [
        (atom(0x400, struct.pack("<III", 1, 0, 2)), []),
        (atom(0x3FF, atom(0x400, struct.pack("<III", 1, 1, 2)), 0xF), [slides.MACROS.detail]),
        (atom(0xFF3, b"\0" * 8 + b"\2" + b"\0" * 7), [slides.RUNS.detail]),
        (atom(0xFF3, b"\0" * 8 + b"\4" + b"\0" * 7), []),
        (atom(0x1234, atom(0xFCC, b"")), []),  # not a container: its bytes are data
        (atom(0x1234, atom(0xFCC, b""), 0xF), ["an embedded object (OLE)"]),
        (struct.pack("<HHI", 0, 1, 0xFFFFFFFF), []),
    ],
)
def test_records_of_slides(document: bytes, names: list[str]) -> None:
    seen = Sightings()
    slides.look(document, seen)
    assert seen.names == names


def test_a_header_that_is_cut_off_is_no_empty_document() -> None:
    with pytest.raises(CannotSanitize, match="cut off"):
        word.look(b"\xec\xa5\xc1\0", b"", Sightings())


# The whole way, with a converter that is played


class Modern:
    """Stands in for the sanitizer of what the converter makes."""

    name = "modern"
    types = frozenset({"text/plain", DOCX, "application/pdf", "image/png"})
    limitations = ("None.",)

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        if file.data == b"bad":
            raise CannotSanitize(Threat.MALFORMED, "no good")
        return Rebuilt(file.data + b" clean", file.claimed_name, DOCX)


REGISTRY = Registry((), (Legacy(), EncryptedOffice(), Metafile(), Modern()), {})
MODERN = b"made"


def cleaned(
    data: bytes, name: str, made: bytes = MODERN, rule: LegacyOffice = LegacyOffice.MODERN, budget: Budget | None = None
) -> tuple[Cleaned, list[tuple[str, str]]]:
    asked: list[tuple[str, str]] = []

    def convert(extension: str, target: str, document: bytes) -> bytes:
        asked.append((extension, target))
        return made

    task = Task("1", Kind.FILE, name, Profile(legacy_office=rule), budget or Budget(), Notice("1", ()))
    result = engine.clean(task, data, lambda _name, _type: DnsAnswer("absent"), registry=REGISTRY, convert=convert)
    assert result is not None
    return result, asked


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def test_the_clean_modern_file_is_what_goes_on() -> None:
    result, asked = cleaned(sample("legacy/word-vba.doc"), "案内.doc")
    assert asked == [("doc", "docx")]
    assert (result.data, result.name, result.type) == (b"made clean", "案内.docx", DOCX)
    assert result.report.parts[0].outcome is Outcome.CONVERTED
    assert [found.detail for found in result.report.parts[0].findings] == ["VBA macros"]


def test_what_the_converter_makes_is_not_believed() -> None:
    result, _ = cleaned(sample("legacy/word-plain.doc"), "x.doc", made=b"bad")
    assert result.data is None
    assert [part.outcome for part in result.report.parts] == [Outcome.BLOCKED, Outcome.BLOCKED]


@pytest.mark.parametrize(
    ("rule", "asked"),
    [
        (LegacyOffice.MODERN, [("doc", "docx")]),
        (LegacyOffice.SAME, [("doc", "docx"), ("docx", "doc")]),
        (LegacyOffice.PDF, [("doc", "pdf")]),
        (LegacyOffice.REMOVED, []),
    ],
)
def test_the_rule(rule: LegacyOffice, asked: list[tuple[str, str]]) -> None:
    assert cleaned(sample("legacy/word-plain.doc"), "x.doc", rule=rule)[1] == asked


def test_the_root_decides_what_it_is_and_not_what_is_embedded() -> None:
    """A workbook in a Word file: the names of both are in its bytes."""
    data = sample("legacy/excel-plain.xls") + "WordDocument".encode("utf-16-le")
    assert cleaned(data, "x.xls")[1] == [("xls", "xlsx")]


def test_one_conversion_too_many_blocks_the_part_alone() -> None:
    result, asked = cleaned(sample("rtf/plain.rtf"), "x.rtf", budget=Budget(conversions=0))
    assert asked == []
    assert result.report.parts[0].findings[-1].threat is Threat.LIMIT_EXCEEDED


def test_no_converter_blocks() -> None:
    task = Task("1", Kind.FILE, "x.rtf", Profile(), Budget(), Notice("1", ()))
    result = engine.clean(task, sample("rtf/plain.rtf"), lambda _name, _type: DnsAnswer("absent"), registry=REGISTRY)
    assert result is not None
    assert result.data is None
    assert result.report.parts[0].findings[-1].threat is Threat.UNSUPPORTED


def test_the_password_that_office_knows() -> None:
    data = sample("encrypted/default-password.xlsx")
    seen = Sightings()
    assert password.opened(data, Compound(data), NONE, seen).startswith(b"PK")
    assert seen.findings()[0].threat is Threat.HIDDEN_CONTENT


def test_another_password_is_held() -> None:
    result, asked = cleaned(sample("encrypted/password.xlsx"), "x.xlsx")
    assert asked == []
    assert result.data is None
    assert [found.threat for found in result.report.parts[0].findings] == [Threat.ENCRYPTED]


def test_hashing_for_ever_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    data = sample("encrypted/default-password.xlsx")
    assert b'spinCount="100000"' in data
    monkeypatch.setattr(password, "MOST_SPINS", 99_999)
    monkeypatch.setattr(password.msoffcrypto, "OfficeFile", None)  # would be a TypeError, and so ENCRYPTED too
    with pytest.raises(CannotSanitize) as refused:
        password.opened(data, Compound(data), NONE, Sightings())
    assert refused.value.__cause__ is None


# Metafiles


def drawing(background: str, *, see_through: bool) -> bytes:
    """What LibreOffice would make of a page: a drawing on white, and again on black, with a red stroke."""
    page = Image.new("RGB", (8, 2), "white")
    page.paste("black" if see_through else "white", (4, 0, 8, 2))
    if not see_through:
        page.paste(background, (0, 0, 8, 2))
    for left in (0, 4):
        page.putpixel((left, 0), (255, 0, 0))
    page.putpixel((1, 0), (255, 128, 128))  # its soft edge
    page.putpixel((5, 0), (127, 0, 0))
    out = io.BytesIO()
    page.save(out, "PNG")
    return out.getvalue()


def drawn(data: bytes, name: str, made: bytes) -> tuple[Cleaned, str]:
    pages: list[str] = []

    def convert(extension: str, target: str, document: bytes) -> bytes:
        assert (extension, target) == ("fodg", "png")
        pages.append(document.decode())
        return made

    task = Task("1", Kind.FILE, name, Profile(), Budget(), Notice("1", ()))
    result = engine.clean(task, data, lambda _name, _type: DnsAnswer("absent"), registry=REGISTRY, convert=convert)
    assert result is not None
    return result, "".join(pages)


@pytest.mark.parametrize(
    ("data", "width", "height"),
    [
        ("metafile/escape.wmf", "158.75", "105.83"),  # 600 by 400 pixels: twice the size at 96 to the inch
        ("metafile/comment.emf", "150.02", "100.01"),  # 75 by 50 millimetres, to whole pixels
        ("metafile/starview.svm", "150.02", "100.01"),
    ],
)
def test_a_page_of_twice_the_size_of_the_drawing_is_drawn(data: str, width: str, height: str) -> None:
    page = drawn(sample(data), data.partition("/")[2], drawing("white", see_through=True))[1]
    assert f'page-width="{2 * float(width):.2f}mm" fo:page-height="{height}mm"' in page
    assert page.count(f'svg:width="{width}mm" svg:height="{height}mm"') == 3
    assert page.count(f'svg:x="{width}mm"') == 2


def test_where_nothing_is_drawn_the_picture_is_transparent() -> None:
    result, _ = drawn(sample("metafile/escape.wmf"), "a.wmf", drawing("white", see_through=True))
    assert result.data is not None
    with Image.open(io.BytesIO(result.data)) as picture:
        assert (picture.mode, picture.size) == ("RGBA", (4, 2))
        assert picture.getpixel((0, 0)) == (255, 0, 0, 255)
        red, green, blue, cover = picture.getpixel((1, 0))
        assert (red, green, blue) == (255, 0, 0)
        assert cover == 127
        assert picture.getpixel((3, 1))[3] == 0


def test_a_drawing_with_a_ground_of_its_own_covers_what_is_behind() -> None:
    result, _ = drawn(sample("metafile/escape.wmf"), "a.wmf", drawing("#ffffee", see_through=False))
    assert result.data is not None
    with Image.open(io.BytesIO(result.data)) as picture:
        assert picture.convert("RGBA").getpixel((3, 1)) == (255, 255, 238, 255)


def test_what_is_no_picture_is_not_given_for_one() -> None:
    result, _ = drawn(sample("metafile/escape.wmf"), "a.wmf", b"nothing")
    assert result.data is None


def test_a_drawing_without_the_header_that_tells_its_size_is_drawn() -> None:
    window = struct.pack("<IHhh", 5, 0x020C, 400, 800)
    plain = sample("metafile/escape.wmf")[22:40] + window + sample("metafile/escape.wmf")[40:]
    result, page = drawn(plain, "a.wmf", drawing("white", see_through=True))
    assert result.data is not None
    assert 'fo:page-width="639.76mm" fo:page-height="160.07mm"' in page  # twice as wide as high
    assert drawn(plain[:-6], "a.wmf", b"")[1] == ""


@pytest.mark.parametrize("name", ["metafile/escape.wmf", "metafile/comment.emf", "metafile/starview.svm"])
def test_a_drawing_that_is_cut_off_is_not_drawn_as_an_empty_one(name: str) -> None:
    for end in (-21, 60):
        result, asked = cleaned(sample(name)[:end], name.partition("/")[2])
        assert result.data is None
        assert asked == []


# The second reading of what is written back


@pytest.mark.parametrize("name", ["word-plain.doc", "excel-plain.xls", "slides-plain.ppt", "excel-auto-open.xls"])
def test_a_plain_old_file_passes(name: str) -> None:
    path = SAMPLES / "legacy" / name.replace("excel-auto-open", "auto-open")
    _verify(path)


@pytest.mark.parametrize(
    "name",
    [
        "word-vba.doc", "excel-vba.xls", "ole10native.doc", "equation.doc", "package.xls", "activex.doc",
        "macro-sheet.xls", "broken.doc",
    ],
)  # fmt: skip
def test_an_old_file_with_anything_else_does_not(name: str) -> None:
    path = SAMPLES / "legacy" / name
    data = path.read_bytes() if name != "broken.doc" else b"\xd0\xcf\x11\xe0" + b"\0" * 2_000
    with pytest.raises(CannotSanitize):
        _verify(path, data)


def _verify(path: Path, data: bytes | None = None) -> None:
    readers = {".doc": verify.verify_word, ".xls": verify.verify_excel, ".ppt": verify.verify_powerpoint}
    readers[path.suffix](path.read_bytes() if data is None else data)


# XLSB


def workbook_of(**parts: bytes) -> bytes:
    """The sample's workbook with other parts in the place of its own, or beside them."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(sample("legacy/xlsb-vba.xlsb"))) as source, zipfile.ZipFile(out, "w") as target:
        names = {name: name for name in source.namelist()}
        for part, content in parts.items():
            name = {"types": "[Content_Types].xml", "related": "xl/_rels/workbook.bin.rels"}.get(part, part)
            names.pop(name, None)
            target.writestr(name, content)
        for name in names:
            target.writestr(name, source.read(name))
    return out.getvalue()


def refused_workbook(data: bytes) -> Threat:
    with pytest.raises(CannotSanitize) as refused:
        workbook.look(data, BudgetMeter(Budget()), Sightings())
    return refused.value.threat


@pytest.mark.parametrize(
    "parts",
    [
        {"related": b'<Relationships><Relationship Type="http://x/xlMacrosheet"/></Relationships>'},
        {"related": b'<Relationships><Relationship Type="http://x/xlIntlMacrosheet"/></Relationships>'},
        {"types": b'<Types><Override ContentType="application/vnd.ms-excel.macrosheet"/></Types>'},
        {"xl/macrosheets/sheet1.bin": b"x"},
        {"Xl/MacroSheets/Sheet1.bin": b"x"},
    ],
)
def test_sheets_of_excel_4_macros_block_a_binary_workbook(parts: dict[str, bytes]) -> None:
    assert refused_workbook(workbook_of(**parts)) is Threat.ACTIVE_CONTENT


@pytest.mark.parametrize(
    "written",
    [
        b'<Relationships><Relationship Type="http://x/xl&#77;acrosheet"/></Relationships>',
        '<?xml version="1.0" encoding="utf-16"?><R T="http://x/xlMacrosheet"/>'.encode("utf-16"),
        b'<!DOCTYPE x [<!ENTITY m "xlMacro">]><R T="http://x/&m;sheet"/>',
        b"<R>" + b" " * 1_048_576 + b"</R>",
    ],
)
def test_a_list_of_sheets_that_hides_letters_blocks_it(written: bytes) -> None:
    assert refused_workbook(workbook_of(related=written)) is Threat.MALFORMED


def test_an_ordinary_binary_workbook_is_looked_at() -> None:
    seen = Sightings()
    workbook.look(sample("legacy/xlsb-vba.xlsb"), BudgetMeter(Budget()), seen)
    assert [found.threat for found in seen.findings()] == [Threat.ACTIVE_CONTENT]
