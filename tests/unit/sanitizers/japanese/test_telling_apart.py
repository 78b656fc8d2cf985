"""Ichitaro, HWP, drawings and Office files are told apart by what they are, whatever they hold or are called."""

import io
import zipfile

import pytest

from sanitizers.detect import detect
from sanitizers.detect.compound import root_names
from tests.unit.sanitizers.japanese.compound_files import compound
from tests.unit.sanitizers.japanese.documents import hwp, hwpx, hwpx_paragraph, jtd, jtdc, old, paragraph, store, units
from tests.unit.sanitizers.japanese.drawings import binary_dxf, dxf, header, line, p21, section, sfc, text

TARO, HWP, WORD, EXCEL = "application/x-js-taro", "application/x-hwp", "application/msword", "application/vnd.ms-excel"
DXF = "image/vnd.dxf"
LINE = "line_feature('1','1','1','1','10.0','10.0','100.0','50.0')"
BODY = store(units("本文"))


@pytest.mark.parametrize(
    ("streams", "kind"),
    [
        ({"DocumentText": BODY, "Embedding 1/Workbook": b"x" * 5_000}, TARO),
        ({"DocumentText": BODY, "Embedding 1/WordDocument": b"x"}, TARO),
        ({"WordDocument": b"x", "ObjectPool/_1/DocumentText": BODY}, WORD),
        ({"Workbook": b"x", "MBD0001/DocumentText": BODY}, EXCEL),
        ({"__properties_version1.0": b"x", "__attach/WordDocument": b"x"}, "application/vnd.ms-outlook"),
        ({"WordDocument": b"x", "DocumentText": BODY}, WORD),  # both at the root: the more dangerous
        ({"EncryptedPackage": b"x", "DocumentText": BODY}, "application/encrypted"),
        ({"DocumentTextPositionTables": b"x"}, "application/x-ole-storage"),
        ({"BodyText/Section0": b"x", "FileHeader": b"something else"}, "application/x-ole-storage"),
        ({"x": "DocumentText".encode("utf-16-le")}, "application/x-ole-storage"),
    ],
)
def test_what_is_at_the_root_decides(streams: dict[str, bytes], kind: str) -> None:
    assert detect(compound(streams), "") == kind


def test_a_directory_that_cannot_be_read_falls_back_to_the_names_in_the_file() -> None:
    data = bytearray(jtd(units("本文")))
    data[48:52] = b"\xf0\xff\xff\x7f"
    assert root_names(bytes(data)) is None
    assert detect(bytes(data), "") == TARO


def test_a_directory_that_goes_round_ends() -> None:
    data = bytearray(compound({f"s{number}": b"x" for number in range(60)}))
    start = int.from_bytes(data[48:52], "little")
    table = int.from_bytes(data[76:80], "little")
    place = (table + 1) * 512 + start * 4
    data[place : place + 4] = start.to_bytes(4, "little")
    assert root_names(bytes(data)) is None


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (jtd(units("x")), TARO),
        (jtdc(jtd(units("x"))), TARO),
        (old(b"x"), TARO),
        (hwp(paragraph("x")), HWP),
        (hwpx(hwpx_paragraph("x")), "application/hwp+zip"),
        (b"HWP Document File V3.00 \x1a" + bytes(50), HWP),
        (dxf(header(), section("ENTITIES", line())), DXF),
        (b"999\r\nJWW\r\n" + dxf(section("ENTITIES", text("図"))), DXF),
        (dxf(section("ENTITIES", line()), newline="\n"), DXF),
        (binary_dxf(header()), DXF),
        (sfc(LINE), "application/x-sxf"),
        (p21("CARTESIAN_POINT('',(0.,0.))"), "model/step"),
        (b"JwwData.\xbc\x02", "application/x-jww"),
        (b"AC1032\0\0", "image/vnd.dwg"),
        (b"DOC is the beginning of a text\n" * 9, "text/plain"),
        (b"0\nSECTION 1\n", "text/plain"),
        (b"ISO-10303-21 is a standard\n", "text/plain"),
    ],
)
@pytest.mark.parametrize("claim", ["", "text/plain", "application/msword", "application/octet-stream"])
def test_a_claim_changes_nothing(data: bytes, kind: str, claim: str) -> None:
    assert detect(data, claim) == kind


@pytest.mark.parametrize("data", [dxf(section("ENTITIES", line())), jtd(units("x")), old(b"x")])
def test_a_zip_behind_it_is_a_zip(data: bytes) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("a.exe", b"MZ")
    assert detect(data + buffer.getvalue(), "") == "application/zip"


def test_a_pdf_behind_comments_of_a_drawing_is_a_pdf() -> None:
    assert detect(b"999\r\n%PDF-1.7\r\n" + dxf(section("ENTITIES", text("endobj"))), "") == "application/pdf"
