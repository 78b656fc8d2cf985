"""Detection: content decides, the more dangerous of two readings wins, a claim only chooses between kinds of text."""

import io
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers import detect as detect_module
from sanitizers.detect import detect

CORPUS = Path(__file__).parents[3] / "../shared/corpus"
TEXT = "こんにちは。資料をお送りします。\r\n".encode()
MAIL = b"From: a@example.jp\r\nTo: b@example.jp\r\nSubject: x\r\n\r\nbody\r\n"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ODT = "application/vnd.oasis.opendocument.text"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def zipped(*names: str, first: tuple[str, bytes] | None = None) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in ([first] if first else []) + [(name, b"x") for name in names]:
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (PDF, "application/pdf"),
        (b"junk\n" * 100 + PDF, "application/pdf"),
        (PDF.replace(b"-", b"", 1), "application/pdf"),  # readers open these, too
        (PDF.replace(b"-1.7", b".x", 1), "application/pdf"),
        (b"%PDF is how it begins\n", "text/plain"),
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0" + bytes(40), "image/jpeg"),
        (b"GIF89a" + bytes(20), "image/gif"),
        (b"\xff\x4f\xff\x51\x00\x2f" + bytes(40), "image/x-jp2-codestream"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "image/heic"),
        (b"\0\0\0\x18ftyphevm\0\0\0\0mif1heic", "image/heic"),
        (b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", "image/avif"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
        (b"{\\rtf1 x}", "application/rtf"),
        (b"MZ\x90\0\3" + bytes(80), "application/vnd.microsoft.portable-executable"),
        (b"\x7fELF\2\1\1" + bytes(60), "application/x-executable"),
        (b"L\0\0\0\1\x14\2\0\0\0\0\0\xc0\0\0\0", "application/x-ms-shortcut"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "application/gzip"),
        (b"7z\xbc\xaf\x27\x1c\0\4", "application/x-7z-compressed"),
        (b"Rar!\x1a\x07\0", "application/x-rar"),
        (b"MSCF\0\0\0\0" + bytes(30), "application/vnd.ms-cab-compressed"),
        (b"\x22\x11-lh5-" + bytes(13) + b"\0a.txt", "application/x-lzh-compressed"),
        (b"\x78\x9f\x3e\x22" + bytes(30), "application/vnd.ms-tnef"),
        (b"\x30\x82\x01\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02" + bytes(20), "application/pkcs7-mime"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(80) + "WordDocument".encode("utf-16-le"), "application/msword"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(80) + "EncryptedPackage".encode("utf-16-le"),
            "application/encrypted",
        ),
        (bytes(32_769) + b"CD001", "application/x-iso9660-image"),
        (zipped("a.txt"), "application/zip"),
        (zipped("[Content_Types].xml", "word/document.xml"), DOCX),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), XLSX),
        (
            zipped("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
            "application/vnd.ms-word.document.macroenabled.12",
        ),
        (zipped("content.xml", first=("mimetype", ODT.encode())), "application/vnd.oasis.opendocument.text"),
        (zipped("META-INF/MANIFEST.MF", "A.class"), "application/java-archive"),
        (MAIL, "message/rfc822"),
        (b"<!DOCTYPE html><p>x", "text/html"),
        (b"<!-- c --><html>", "text/html"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
        (b"<?xml version='1.0'?><a/>", "text/xml"),
        (b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", "text/calendar"),
        (b"BEGIN:VCARD\r\n", "text/vcard"),
        (b"-----BEGIN PGP MESSAGE-----\n", "application/pgp-encrypted"),
        (b"#!/bin/sh\nrm -rf /\n", "text/x-shellscript"),
        (b"<?php system($_GET[0]);", "text/x-php"),
        (b"[InternetShortcut]\r\nURL=file://x", "application/x-mswinurl"),
        (TEXT, "text/plain"),
        (TEXT.decode().encode("iso2022_jp"), "text/plain"),
        (TEXT.decode().encode("utf_16"), "text/plain"),
        (b"", "text/plain"),
        (bytes(range(256)) * 3, "application/octet-stream"),
    ],
)
def test_content_alone(data: bytes, media_type: str) -> None:
    found = detect(data, "")
    assert found == media_type or (media_type == "application/octet-stream" and not found.startswith("text/"))
    assert detect(data, "application/octet-stream") == found


@pytest.mark.parametrize("claimed", ["text/plain", "text/html", "image/png", "text/csv; charset=utf-8"])
def test_no_claim_makes_text_of_what_runs_or_unpacks(claimed: str) -> None:
    assert detect(zipped("a"), claimed) == "application/zip"
    assert detect(b"MZ\x90\0\3" + bytes(80), claimed) == "application/vnd.microsoft.portable-executable"
    assert detect(PDF, claimed) == "application/pdf"


def test_of_a_polyglot_the_more_dangerous_half_counts() -> None:
    assert detect(TEXT + zipped("a"), "text/plain") == "application/zip"
    assert detect(PNG + zipped("a"), "image/png") == "application/zip"
    assert detect(PNG + zipped("a") + b"tail", "image/png") == "application/zip"
    assert detect(PNG + PDF, "image/png") == "application/pdf"
    assert detect(b"GIF89a" + zipped("META-INF/MANIFEST.MF"), "image/gif") == "application/java-archive"


def test_words_about_a_format_are_not_the_format() -> None:
    assert detect(b"A PDF begins with %PDF-1.4 in its first line.", "text/plain") == "text/plain"
    assert detect("MZ-80 を譲ります".encode(), "text/plain") == "text/plain"
    assert detect(b"a zip ends with PK\x05\x06 ..................", "text/plain") == "text/plain"
    assert detect(b"BM is short for something, BZ too", "text/plain") == "text/plain"


@pytest.mark.parametrize(
    ("data", "claimed", "media_type"),
    [
        (b"<html><body>x", "text/plain", "text/plain"),  # shown as written
        (b"no tag at all", "text/html", "text/html"),
        (b"<p>x</p><br>", "", "text/html"),
        (b"a <b> c", "", "text/plain"),
        (MAIL, "text/plain; charset=utf-8", "text/plain"),  # a forwarded mail in a body
        (MAIL, "message/rfc822", "message/rfc822"),
        (MAIL, "message/delivery-status", "text/plain"),
        (b"a,b\n1,2\n", "text/csv", "text/csv"),
        (b"a,b\n1,2\n", "text/calendar", "text/plain"),
        (b"BEGIN:VCALENDAR\r\n", "text/calendar; method=REQUEST", "text/calendar"),
        (b"#!/bin/sh\n", "text/plain", "text/x-shellscript"),
        (b"x" * 50 + b"\0\0", "text/plain", "text/plain"),  # a few NUL are taken out later
        ("こんにちは".encode("utf_16_le"), "text/plain; charset=utf-16", "text/plain"),
        (b"", "text/html", "text/html"),
        (MAIL + zipped("a"), "message/rfc822", "message/rfc822"),  # a binary part; parts are detected one by one
    ],
)
def test_a_claim_chooses_between_kinds_of_text(data: bytes, claimed: str, media_type: str) -> None:
    assert detect(data, claimed) == media_type


def test_a_text_body_never_costs_a_call_of_libmagic(monkeypatch: pytest.MonkeyPatch) -> None:
    def called() -> None:
        raise AssertionError("libmagic was asked")

    monkeypatch.setattr(detect_module, "_libmagic", called)
    for codec in ("utf_8", "iso2022_jp", "cp932", "euc_jp"):
        assert detect(TEXT.decode().encode(codec) * 50, "text/plain") == "text/plain"


def test_a_directory_that_lies_about_its_size_is_survived() -> None:
    lying = PNG + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, 0xFFFFFFFF, 0, 0)
    assert detect(lying, "") == "image/png"
    assert detect(b"PK\x03\x04" + lying, "") == "application/zip"


@given(st.binary(max_size=300), st.sampled_from(["", "text/plain", "text/html", "message/rfc822", "x", ";;"]))
def test_anything_gets_a_type(data: bytes, claimed: str) -> None:
    found = detect(data, claimed)
    assert found == found.lower()
    assert found.count("/") == 1


@pytest.mark.skipif(not (CORPUS / "INDEX.tsv").exists(), reason="the shared corpus is not here")
def test_real_files_are_what_they_are() -> None:
    agreed = total = 0
    for row in (CORPUS / "INDEX.tsv").read_text().splitlines()[1:]:
        columns = row.split("\t")
        if columns[4] in {
            "application/pdf",
            "image/png",
            "image/jpeg",
            "application/zip",
            "image/gif",
            "application/x-7z-compressed",
        }:
            path = CORPUS / columns[-1]
            if path.is_file():
                total += 1
                agreed += detect(path.read_bytes(), "") == columns[4]
    assert agreed > total * 0.95
