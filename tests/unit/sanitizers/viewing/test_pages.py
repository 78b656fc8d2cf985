"""Pictures of pages: whatever the part is, what comes back is pixels that were encoded here, or a reason."""

import io
from email.message import EmailMessage
from email.policy import SMTP

import pikepdf
import pypdfium2
import pytest
from PIL import Image

from sanitizers.confinement.recheck_views import check_png, check_view
from sanitizers.model import CannotSanitize, Notice, Threat
from sanitizers.rules import Budget, Kind, Profile, Task
from sanitizers.viewing import sheets, view
from sanitizers.viewing.pages import _encoded
from sanitizers.views import CONVERTED, PAGE_PIXELS, TALLEST, NoView, Page, Pages, Shown, View, ViewWish, Why, is_drawn

MARK = b"KIYOME-SECRET-BYTES"
EXE = b"MZ\x90\x00" + bytes(60) + MARK
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def pdf(pages: int = 1, size: tuple[float, float] = (200, 100)) -> bytes:
    document = pikepdf.new()
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String(MARK.decode()))
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    for number in range(pages):
        document.add_blank_page()
        page = document.pages[number]
        page.MediaBox = [0, 0, *size]
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F0=document.make_indirect(font)))
        page.Contents = document.make_stream(b"BT /F0 12 Tf 20 50 Td (page %d) Tj ET" % number)
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def locked_pdf() -> bytes:
    written = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf())) as document:
        document.save(written, encryption=pikepdf.Encryption(owner="o", user="u"))
    return written.getvalue()


def picture(kind: str, mode: str = "RGB", size: tuple[int, int] = (400, 200)) -> bytes:
    written = io.BytesIO()
    exif = Image.Exif()
    exif[0x013B] = MARK.decode()
    Image.new(mode, size, 120 if mode == "L" else "#3366cc").save(written, kind, exif=exif)
    return written.getvalue()


def frames(count: int) -> bytes:
    written = io.BytesIO()
    pictures = [Image.new("L", (60, 40), 10 * number) for number in range(count)]
    pictures[0].save(written, "TIFF", save_all=True, append_images=pictures[1:])
    return written.getvalue()


def mail(*files: tuple[str, bytes]) -> bytes:
    written = EmailMessage(policy=SMTP)
    written["From"], written["To"] = "a@example.jp", "b@example.jp"
    written.set_content("本文です。\u202e" + MARK.decode())
    for name, data in files:
        written.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return written.as_bytes()


def no_converter(_extension: str, _target: str, _data: bytes) -> bytes:
    raise CannotSanitize(Threat.UNSUPPORTED, "no converter here")


def shown(data: bytes, kind: Kind = Kind.FILE, convert=no_converter, **wish) -> View:
    wished = ViewWish(Shown.PAGES, **{"path": "1", "width": 300, **wish})
    task = Task("1", kind, "", Profile(), Budget(), Notice("1", ()))
    found = view(task, wished, data, b"", mark=lambda _path, _digest: None, convert=convert)
    check_view(found, wished, task)  # what the parent will say of it
    return found


def pages(data: bytes, kind: Kind = Kind.FILE, convert=no_converter, **wish) -> Pages:
    found = shown(data, kind, convert, **wish)
    assert isinstance(found, Pages), found
    return found


def opened(found: Pages, number: int = 0) -> Image.Image:
    return Image.open(io.BytesIO(found.pages[number].png)).convert("RGB")


def has_ink(image: Image.Image) -> bool:
    return min(low for low, _ in image.getextrema()) < 100


def test_the_pages_of_a_pdf_that_were_asked_for() -> None:
    found = pages(pdf(5), first=2, count=2)
    assert found.total == 5
    assert [page.number for page in found.pages] == [2, 3]
    assert (found.pages[0].width, found.pages[0].height) == (300, 150)
    assert has_ink(opened(found))


def test_behind_the_last_page_there_is_none() -> None:
    assert pages(pdf(2), first=2, count=9).pages[-1].number == 2
    assert pages(pdf(2), first=3).pages == ()


@pytest.mark.parametrize("size", [(3, 14_000), (14_000, 3), (1_000, 2_900), (0.001, 0.001)])
def test_a_page_of_any_shape_is_a_picture_within_bounds(size: tuple[float, float]) -> None:
    (page,) = pages(pdf(1, size), width=2_000).pages
    assert page.height <= TALLEST
    assert page.width * page.height <= PAGE_PIXELS


def test_a_page_that_cannot_be_drawn_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_arguments: object) -> None:
        raise pypdfium2.PdfiumError("no")

    monkeypatch.setattr("sanitizers.formats.pdf.drawn._render", refused)
    assert has_ink(opened(pages(pdf())))


def test_a_pdf_behind_a_password_is_a_reason() -> None:
    found = shown(locked_pdf())
    assert isinstance(found, NoView)
    assert found.why is Why.ENCRYPTED


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"])
def test_pictures_come_as_pixels(kind: str) -> None:
    found = pages(picture(kind))
    assert (found.pages[0].width, found.pages[0].height) == (300, 150)
    assert MARK not in found.pages[0].png
    red, green, blue = opened(found).getpixel((5, 5))
    assert abs(red - 0x33) < 12
    assert abs(green - 0x66) < 12
    assert abs(blue - 0xCC) < 12


def test_a_small_picture_is_not_made_larger() -> None:
    assert pages(picture("PNG", size=(20, 10))).pages[0].width == 20


def test_every_page_of_a_tiff_is_one() -> None:
    found = pages(frames(4), first=2, count=2)
    assert found.total == 4
    assert [opened(found, number).getpixel((1, 1))[0] for number in (0, 1)] == [10, 20]


def test_what_is_seen_through_lies_on_white() -> None:
    written = io.BytesIO()
    Image.new("RGBA", (40, 20), (0, 0, 0, 0)).save(written, "PNG")
    assert opened(pages(written.getvalue())).getpixel((1, 1)) == (255, 255, 255)


def test_a_drawing_is_a_picture() -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="90" height="30"><path d="M0 0h90v30H0z" fill="red"/></svg>'
    assert opened(pages(svg)).getpixel((5, 5)) == (255, 0, 0)


@pytest.mark.parametrize(
    "data",
    [
        "名前,値\r\n清め,=cmd|x\r\n".encode("cp932"),
        "<!DOCTYPE html><html><body><p>清め</p><script>x</script></body></html>".encode(),
        b'{"a": [1, 2]}',
        b"@echo off\r\nformat c:\r\n",
        "\ufeff清め".encode("utf-16-le"),
    ],
    ids=["csv", "html", "json", "batch", "utf-16"],
)
def test_words_are_drawn(data: bytes) -> None:
    found = pages(data)
    assert found.total == 1
    assert has_ink(opened(found))


def test_long_text_has_many_sheets() -> None:
    found = pages(b"line\r\n" * (sheets.LINES * 2 + 1), first=3)
    assert found.total == 3
    assert has_ink(opened(found))


def test_no_line_runs_off_the_sheet_and_marks_take_no_place() -> None:
    (sheet,) = sheets.sheets_of("あ" * 100 + "\n" + "e" + "\u0301" * 50 + "x")
    assert [len(line) for line in sheet[:3]] == [46, 46, 8]
    assert len(sheet) == 4


def test_text_is_drawn_in_the_order_in_which_it_was_written() -> None:
    """A program that obeyed U+202E would show another name."""
    (sheet,) = sheets.sheets_of("invoice\u202efdp.exe")
    assert sheet == ["invoice[U+202E]fdp.exe"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (EXE, Why.NO_PICTURE),
        (b"PK\x05\x06" + bytes(18), Why.NO_PICTURE),
        (b"\x89PNG\r\n\x1a\n" + MARK * 20, Why.UNREADABLE),
        (b"%PDF-1.7\n" + MARK, Why.UNREADABLE),
        (b"\xff\xd8\xff" + MARK, Why.UNREADABLE),
    ],
)
def test_what_cannot_be_drawn_is_a_reason(data: bytes, why: Why) -> None:
    found = shown(data)
    assert isinstance(found, NoView)
    assert found.why is why
    assert MARK.decode() not in found.detail


def test_a_part_is_found_by_its_path_and_no_other_is_opened() -> None:
    converted: list[str] = []

    def convert(extension: str, _target: str, _data: bytes) -> bytes:
        converted.append(extension)
        return pdf(3)

    original = mail(("a.rtf", rb"{\rtf1 one}"), ("b.pdf", pdf(2)), ("c.rtf", rb"{\rtf1 two}"))
    assert pages(original, Kind.MAIL, convert, path="1.3").total == 2
    assert converted == []
    found = pages(original, Kind.MAIL, convert, path="1.4")
    assert (found.total, found.type, converted) == (3, "application/rtf", ["rtf"])


def test_the_body_can_be_looked_at_too() -> None:
    found = pages(mail(), Kind.MAIL, path="1.1")
    assert found.type == "text/plain"
    assert has_ink(opened(found))


@pytest.mark.parametrize("path", ["1.9", "1.1.1", "2", "1.01", "", "x"])
def test_a_part_that_is_not_there(path: str) -> None:
    assert shown(mail(), Kind.MAIL, path=path) == NoView(Why.NO_SUCH_PART)


def test_what_a_converter_makes_of_a_document_is_drawn() -> None:
    asked: list[tuple[str, str]] = []

    def convert(extension: str, target: str, _data: bytes) -> bytes:
        asked.append((extension, target))
        return pdf(2)

    found = pages(rb"{\rtf1 hello}", convert=convert, count=2)
    assert asked == [("rtf", "pdf")]
    assert len(found.pages) == 2


def test_without_a_converter_a_document_has_no_pictures() -> None:
    found = shown(rb"{\rtf1 hello}")
    assert isinstance(found, NoView)
    assert found.why is Why.NO_PICTURE


def test_a_converter_that_lies_makes_a_reason() -> None:
    found = shown(rb"{\rtf1 hello}", convert=lambda _extension, _target, _data: MARK)
    assert isinstance(found, NoView)
    assert found.why is Why.UNREADABLE


def test_noise_is_made_smaller_until_it_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sanitizers.viewing.pages.PAGE_BYTES", 20_000)
    written = io.BytesIO()
    Image.effect_noise((300, 300), 120).convert("RGB").save(written, "PNG")
    (page,) = pages(written.getvalue()).pages
    assert len(page.png) <= 20_000
    check_png(page)


def test_nothing_goes_along_with_the_pixels() -> None:
    image = Image.new("RGB", (20, 10))
    image.info = {"icc_profile": MARK, "comment": MARK.decode(), "dpi": (72, 72)}
    drawn, png = _encoded(image)
    check_png(Page(1, drawn.width, drawn.height, png))


def test_pages_stop_where_their_bytes_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sanitizers.viewing.pages.PAGES_BYTES", 1)
    assert len(pages(pdf(5), count=5).pages) == 1


def test_what_the_tree_says_of_a_type_is_so() -> None:
    assert is_drawn("application/pdf")
    assert is_drawn("text/x-vbscript")
    assert is_drawn(DOCX)
    office = {"docx", "xlsx", "pptx", "xlsb", "odt", "ods", "odp", "odg", "doc", "xls", "ppt", "rtf"}
    assert set(CONVERTED.values()) == office
    assert not is_drawn("application/zip")
    assert not is_drawn("application/vnd.microsoft.portable-executable")
