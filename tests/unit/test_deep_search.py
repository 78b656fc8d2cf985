"""The deep search finds a marker in every way that it says it knows, and only where there is one."""

import base64
import bz2
import gzip
import io
import lzma
import quopri
import zipfile
import zlib
from collections.abc import Callable
from urllib.parse import quote

import pikepdf
import pytest
from PIL import Image, PngImagePlugin

from tests.deep_search import TooMuchToSearch, places

MARKER = "KIYOME-HARM-search"
RAW = MARKER.encode()
AROUND = bytes(range(200, 256))


def raw_deflate(content: bytes) -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return compressor.compress(content * 3) + compressor.flush()


def small_window(content: bytes) -> bytes:
    compressor = zlib.compressobj(1, zlib.DEFLATED, 10)
    return compressor.compress(content) + compressor.flush()


def zipped(content: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("a.txt", content)
    return file.getvalue()


def without_directory(content: bytes) -> bytes:
    archive = zipped(content)
    return archive[: archive.index(b"PK\x01\x02")]


def pdf(build: Callable[[pikepdf.Pdf], None], **options: object) -> bytes:
    document = pikepdf.new()
    document.add_blank_page(page_size=(100, 100))
    build(document)
    file = io.BytesIO()
    document.save(file, **options)
    return file.getvalue()


def in_stream(content: bytes, *, filters: list[str]) -> bytes:
    def build(document: pikepdf.Pdf) -> None:
        stream = document.make_stream(b"")
        stream.write(content, filter=pikepdf.Array([pikepdf.Name(name) for name in filters]))
        document.Root.Hidden = stream

    return pdf(build, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)


def in_string(document: pikepdf.Pdf) -> None:
    document.Root.Hidden = pikepdf.Dictionary(X=[pikepdf.String(MARKER)])


def in_name(document: pikepdf.Pdf) -> None:
    document.Root.Hidden = pikepdf.Name("/" + MARKER.replace("-", " "))


def in_pieces(document: pikepdf.Pdf) -> None:
    document.pages[0].Contents = document.make_stream(b"BT [(KIYO) -20 (ME-HA) 3 (RM-) <736561726368>] TJ ET")


def picture(format_: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (4, 4)).save(file, format_, **options)
    return file.getvalue()


def compressed_text_chunk() -> bytes:
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text("Comment", MARKER, zip=True)
    return picture("PNG", pnginfo=chunks)


def exif() -> bytes:
    tags = Image.Exif()
    tags[0x9C9B] = MARKER.encode("utf-16-le")  # XPTitle
    return picture("JPEG", exif=tags)


ENCRYPTED = pikepdf.Encryption(owner="owner", user="", R=6)
WAYS: dict[str, bytes] = {
    "raw": RAW,
    "other case": RAW.lower(),
    "zlib": zlib.compress(RAW),
    "zlib that breaks off": zlib.compress(RAW + AROUND)[:-12],
    "zlib with a small window": small_window(RAW),
    "gzip": gzip.compress(RAW),
    "bare deflate": raw_deflate(RAW),
    "bzip2": bz2.compress(RAW),
    "xz": lzma.compress(RAW),
    "lzma": lzma.compress(RAW, lzma.FORMAT_ALONE),
    "zip": zipped(RAW),
    "zip without a directory": without_directory(RAW),
    "zip, bzip2 inside": zipped(RAW, zipfile.ZIP_BZIP2),
    "base64, by one": base64.b64encode(b"x" + RAW),
    "base64, by two": base64.b64encode(b"xx" + RAW),
    "base64 after letters": b"src=data" + base64.b64encode(RAW),
    "base64 in short lines": b"\r\n".join(base64.b64encode(RAW)[at : at + 6] for at in range(0, 24, 6)),
    "base64 of the web": base64.urlsafe_b64encode(zlib.compress(RAW + AROUND)),
    "hex": RAW.hex().encode(),
    "hex with blanks": RAW.hex(" ").upper().encode(),
    "hex after a digit": b"0" + RAW.hex().encode(),
    "ascii85": base64.a85encode(RAW) + b"~>",
    "ascii85 after words": b"stream\n" + base64.a85encode(RAW) + b"~>",
    "adobe's ascii85": base64.a85encode(RAW, adobe=True),
    "utf-16, little end first": MARKER.encode("utf-16-le"),
    "utf-16, big end first": MARKER.encode("utf-16-be"),
    "utf-32": MARKER.encode("utf-32-be"),
    "base64 in utf-16": base64.b64encode(RAW).decode().encode("utf-16-le"),
    "percent": "".join(f"%{byte:02x}" for byte in RAW).encode(),
    "percent, the signs alone": quote(MARKER.replace("-", " "), safe="").replace("%20", "%2D").encode(),
    "entities": "".join(f"&#{byte};" for byte in RAW).encode(),
    "entities in hex": "".join(f"&#x{byte:X};" for byte in RAW).encode(),
    "named entity": MARKER.replace("-", "&hyphen;").replace("&hyphen;", "&#45;").encode(),
    "quoted-printable": b"".join(b"=%02X" % byte for byte in RAW),
    "quoted-printable, soft line": quopri.encodestring(b"x" * 66 + RAW),
    "octal escapes": b"".join(b"\\%03o" % byte for byte in RAW),
    "hex escapes": b"".join(b"\\x%02x" % byte for byte in RAW),
    "script escapes": b"".join(b"\\u%04x" % byte for byte in RAW),
    "broken string line": RAW[:5] + b"\\\n" + RAW[5:],
    "name escapes": b"/" + b"".join(b"#%02x" % byte for byte in RAW),
    "character codes": ", ".join(str(byte) for byte in RAW).encode(),
    "full width": "".join(chr(ord(letter) + 0xFEE0) for letter in MARKER).encode(),
    "full width in Shift_JIS": "".join(chr(ord(letter) + 0xFEE0) for letter in MARKER.replace("-", "")).encode("cp932"),
    "zero-width between": "\u200b".join(MARKER).encode(),
    "pdf string": pdf(in_string),
    "pdf string in an object stream": pdf(in_string, object_stream_mode=pikepdf.ObjectStreamMode.generate),
    "pdf string, encrypted": pdf(in_string, encryption=ENCRYPTED),
    "pdf name": pdf(in_name),
    "pdf text in pieces": pdf(in_pieces),
    "pdf text in pieces, compressed": pdf(in_pieces, compress_streams=True),
    "pdf runlength": in_stream(bytes([len(RAW) - 1]) + RAW + b"\x80", filters=["/RunLengthDecode"]),
    "pdf hex and ascii85": in_stream(
        base64.a85encode(RAW.hex().encode() + b">") + b"~>", filters=["/ASCII85Decode", "/ASCIIHexDecode"]
    ),
    "pdf in a pdf": in_stream(zlib.compress(pdf(in_pieces, compress_streams=True)), filters=["/FlateDecode"]),
    "png, compressed text": compressed_text_chunk(),
    "jpeg comment": picture("JPEG", comment=RAW),
    "exif in utf-16": exif(),
    "four deep": b"data:;base64," + base64.b64encode(gzip.compress(base64.b64encode(zlib.compress(RAW * 2)))),
    "five deep": zipped(base64.b64encode(gzip.compress(zlib.compress(RAW.hex().encode())))),
}
FOLDS = {
    "full width in Shift_JIS": MARKER.replace("-", ""),
    "percent, the signs alone": MARKER,
    "pdf name": MARKER.replace("-", " "),
}


@pytest.mark.parametrize("way", WAYS)
def test_it_is_found(way: str) -> None:
    marker = FOLDS.get(way, MARKER)
    for before, after in ((b"", b""), (b"\r\n", b"\r\n"), (b"before: ", b"\n" + AROUND)):
        assert places(before + WAYS[way] + after, [marker]).get(marker), way


@pytest.mark.parametrize("way", WAYS)
def test_nothing_else_is_found(way: str) -> None:
    assert places(WAYS[way], ["KIYOME-HARM-another"]) == {}


def test_each_marker_is_told_apart_and_where_it_was() -> None:
    content = zlib.compress(b"KIYOME-HARM-one") + base64.b64encode(b"KIYOME-HARM-two")
    met = places(content, ["KIYOME-HARM-one", "KIYOME-HARM-two", "KIYOME-HARM-three"])
    assert set(met) == {"KIYOME-HARM-one", "KIYOME-HARM-two"}
    assert met["KIYOME-HARM-one"] == ["zlib@0 > as it is"]


def test_what_is_too_much_is_an_error_and_not_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.deep_search.MOST_BYTES", 1_000_000)
    with pytest.raises(TooMuchToSearch):
        places(zlib.compress(b"\1" * 2_000_000), [MARKER])
