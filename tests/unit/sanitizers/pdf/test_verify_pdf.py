"""The second reading of PDF: what the writer writes passes, anything else that a PDF may hold does not."""

import io
from collections.abc import Callable

import pikepdf
import pytest

from sanitizers.model import CannotSanitize
from sanitizers.verify.pdf import verify

NAME = pikepdf.Name


def written(change: Callable[[pikepdf.Pdf], None] = lambda _pdf: None, **options: object) -> bytes:
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(100, 100))
    page.Contents = pdf.make_stream(b"q Q")
    change(pdf)
    out = io.BytesIO()
    as_we_do = {"object_stream_mode": pikepdf.ObjectStreamMode.generate, "deterministic_id": True}
    pdf.save(out, fix_metadata_version=False, **{**as_we_do, **options})
    return out.getvalue()


def link(action: pikepdf.Dictionary) -> Callable[[pikepdf.Pdf], None]:
    def change(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].Annots = [pikepdf.Dictionary(Type=NAME.Annot, Subtype=NAME.Link, Rect=[0, 0, 9, 9], A=action)]

    return change


def to(uri: bytes) -> Callable[[pikepdf.Pdf], None]:
    return link(pikepdf.Dictionary(S=NAME.URI, URI=uri))


def in_catalog(key: str, value: object) -> Callable[[pikepdf.Pdf], None]:
    def change(pdf: pikepdf.Pdf) -> None:
        pdf.Root[key] = value

    return change


def in_page(key: str, value: object) -> Callable[[pikepdf.Pdf], None]:
    def change(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].obj[key] = value

    return change


def on_stream(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].Contents.F = pikepdf.String("other.bin")
    pdf.pages[0].Contents.FFilter = NAME.FlateDecode


def attached(pdf: pikepdf.Pdf) -> None:
    pdf.attachments["a.txt"] = b"x"


@pytest.mark.parametrize(
    "change",
    [
        lambda _pdf: None,
        to(b"https://example.jp/"),
        to(b"HTTP://example.jp/(a)"),
        to(b"mailto:a@example.jp"),
        link(pikepdf.Dictionary(S=NAME.GoTo, D=[0, NAME.Fit])),
        in_catalog("/Lang", pikepdf.String("ja (/JavaScript) <</OpenAction 1 0 R>>")),  # only words
        in_page("/Tabs", NAME("/JavaScripts")),  # another name
    ],
)
def test_what_we_write_passes(change: Callable[[pikepdf.Pdf], None]) -> None:
    verify(written(change))


@pytest.mark.parametrize(
    "change",
    [
        in_catalog("/OpenAction", pikepdf.Array([0, NAME.Fit])),
        in_catalog("/Names", pikepdf.Dictionary(JavaScript=pikepdf.Dictionary())),
        in_catalog("/Names", pikepdf.Dictionary(EmbeddedFiles=pikepdf.Dictionary())),
        in_catalog("/AcroForm", pikepdf.Dictionary(Fields=[])),
        in_catalog("/Collection", pikepdf.Dictionary()),
        in_catalog("/OCProperties", pikepdf.Dictionary()),
        in_catalog("/URI", pikepdf.Dictionary(Base=b"https://example.jp/")),
        in_catalog("/X", pikepdf.Dictionary(Type=NAME.Filespec)),
        in_catalog("/X", pikepdf.Dictionary(Type=NAME.Unknown)),
        in_catalog("/X", pikepdf.Dictionary(Subtype=NAME.Widget)),
        in_page("/AA", pikepdf.Dictionary()),
        in_page("/Trans", pikepdf.Dictionary()),
        in_page("/PieceInfo", pikepdf.Dictionary()),
        in_page("/Annots", pikepdf.Array([pikepdf.Dictionary(Type=NAME.Annot, Subtype=NAME.Text, Rect=[0, 0, 9, 9])])),
        link(pikepdf.Dictionary(S=NAME.JavaScript, JS=b"1")),
        link(pikepdf.Dictionary(S=NAME.Launch, F=b"calc.exe")),
        link(pikepdf.Dictionary(S=NAME.GoToR, F=b"other.pdf")),
        link(pikepdf.Dictionary(S=NAME.Named, N=NAME.Print)),
        to(b"file:///etc/passwd"),
        to(b"javascript:alert(1)"),
        to(b"\\\\host\\share"),
        to("\ufefffile:///x".encode("utf-16-be")),
        on_stream,
        attached,
    ],
)
def test_a_construct_that_is_not_ours_does_not_pass(change: Callable[[pikepdf.Pdf], None]) -> None:
    with pytest.raises(CannotSanitize):
        verify(written(change))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda clean: clean + b"PK\x03\x04",
        lambda clean: b"GIF89a" + clean,
        lambda clean: clean.replace(b"endobj\n", b"endobj\n%comment\n", 1),
        lambda clean: clean.replace(b"startxref\n", b"99 0 obj\n<< /Type /Catalog >>\nendobj\nstartxref\n"),
        lambda clean: clean + clean[clean.index(b"startxref") :],
        lambda clean: clean.replace(b"/Length ", b"/Length 1"),
        lambda clean: clean.replace(b"%PDF-1.", b"%PDF-3."),
        lambda clean: clean[: len(clean) // 2],
        lambda _clean: b"",
    ],
)
def test_bytes_that_are_not_ours_do_not_pass(spoil: Callable[[bytes], bytes]) -> None:
    with pytest.raises(CannotSanitize):
        verify(spoil(written()))


@pytest.mark.parametrize(
    "options",
    [
        {"object_stream_mode": pikepdf.ObjectStreamMode.disable},
        {"linearize": True},
        {"encryption": pikepdf.Encryption(owner="", user="", R=6), "deterministic_id": False},
        {"stream_decode_level": pikepdf.StreamDecodeLevel.generalized, "compress_streams": False},
    ],
)
def test_another_way_of_writing_does_not_pass(options: dict[str, object]) -> None:
    with pytest.raises(CannotSanitize):
        verify(written(**options))


def test_a_document_without_pages_does_not_pass() -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        del pdf.pages[0]

    with pytest.raises(CannotSanitize):
        verify(written(change))
