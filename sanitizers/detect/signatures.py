"""Types that show themselves by fixed bytes at fixed places, from the most dangerous to the least."""

import re
from typing import Final

# Where several fit (a polyglot), the first in this order wins: what runs, what unpacks, what carries active content,
# what is only drawn. A sanitizer that meets the harmless half of a polyglot could pass the other half on.
_AT_START: Final[tuple[tuple[bytes, str], ...]] = (
    # what runs
    (b"\x7fELF", "application/x-executable"),
    (b"\xfe\xed\xfa\xce", "application/x-mach-binary"),
    (b"\xfe\xed\xfa\xcf", "application/x-mach-binary"),
    (b"\xce\xfa\xed\xfe", "application/x-mach-binary"),
    (b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (b"\xca\xfe\xba\xbe", "application/x-mach-binary"),  # also Java classes
    (b"\x4c\x00\x00\x00\x01\x14\x02\x00", "application/x-ms-shortcut"),
    (b"ITSF\x03\x00", "application/vnd.ms-htmlhelp"),
    (b"dex\n0", "application/x-dex"),
    (b"\x00asm", "application/wasm"),
    (b"\xed\xab\xee\xdb", "application/x-rpm"),
    (b"!<arch>\ndebian-binary", "application/vnd.debian.binary-package"),
    (b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d", "application/onenote"),
    # what unpacks
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"PK\x07\x08PK\x03\x04", "application/zip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/x-rar"),
    (b"MSCF\x00\x00\x00\x00", "application/vnd.ms-cab-compressed"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"\x1f\x9d", "application/x-compress"),
    (b"LZIP\x01", "application/x-lzip"),
    (b"\x04\x22\x4d\x18", "application/x-lz4"),
    (b"!<arch>\n", "application/x-archive"),
    (b"070701", "application/x-cpio"),  # newc, crc, odc
    (b"070702", "application/x-cpio"),
    (b"070707", "application/x-cpio"),
    (b"MSWIM\x00\x00\x00", "application/x-ms-wim"),
    (b"vhdxfile", "application/x-vhd"),
    (b"conectix", "application/x-vhd"),
    (b"\x78\x9f\x3e\x22", "application/vnd.ms-tnef"),
    # what carries active content
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"{\\rt", "application/rtf"),
    (b"%!PS", "application/postscript"),
    (b"\xc5\xd0\xd3\xc6", "application/postscript"),
    (b"\x00\x01\x00\x00Standard ", "application/x-msaccess"),
    (b"SQLite format 3\x00", "application/vnd.sqlite3"),
    (b"JwwData.", "application/x-jww"),
    (b"AutoCAD Binary DXF\r\n\x1a\0", "image/vnd.dxf"),
    (b"HWP Document File V", "application/x-hwp"),  # before version 5
    (b"OTTO\x00", "font/otf"),
    (b"\x00\x01\x00\x00\x00", "font/ttf"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
    (b"\xd7\xcd\xc6\x9a", "image/wmf"),
    (b"\x01\x00\x09\x00\x00\x03", "image/wmf"),  # without a size in front, as in previews of objects
    (b"VCLMTF", "image/x-svm"),
    # what is only drawn
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"II+\x00", "image/tiff"),
    (b"MM\x00+", "image/tiff"),
    (b"8BPS\x00\x01", "image/vnd.adobe.photoshop"),
    (b"\x00\x00\x00\x0cjP  \r\n", "image/jp2"),
    (b"\xff\x4f\xff\x51\x00", "image/x-jp2-codestream"),
)

_STRUCTURES: Final[tuple[tuple[re.Pattern[bytes], str], ...]] = (
    (re.compile(rb"MZ[^\x00]{0,62}\x00", re.DOTALL), "application/vnd.microsoft.portable-executable"),
    (re.compile(rb".{2}-(?:l[hz][0-9dsx]|pm[0-2s])-.{13}[\x00-\x03]", re.DOTALL), "application/x-lzh-compressed"),
    (re.compile(rb".{257}ustar[\x00 ]", re.DOTALL), "application/x-tar"),
    (re.compile(rb".{32769}CD001", re.DOTALL), "application/x-iso9660-image"),
    # Alone, LZMA has no sign: usual properties, then a size that is not known or below 1 TiB.
    (re.compile(rb"\x5d\x00\x00.{2}(?:\xff{8}|.{5}\x00{3})\x00", re.DOTALL), "application/x-lzma"),
    # CPIO as old systems wrote it, in either order of bytes: the length of the first name is below 1024.
    (re.compile(rb"\xc7\x71.{18}[\x02-\xff][\x00-\x03].{4}", re.DOTALL), "application/x-cpio"),
    (re.compile(rb"\x71\xc7.{18}[\x00-\x03][\x02-\xff].{4}", re.DOTALL), "application/x-cpio"),
    # DER of RFC 5652: a sequence that begins with an object identifier 1.2.840.113549.1.7.x
    (re.compile(rb"\x30[\x02-\x84].{0,4}?\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07[\x01-\x06]", re.DOTALL),
     "application/pkcs7-mime"),
    (re.compile(rb"AC10[0-9]{2}[\x00-\x1f]"), "image/vnd.dwg"),
    (re.compile(rb"DOC\0.{56}\x19\x89\x02\x22", re.DOTALL), "application/x-js-taro"),  # Ichitaro 4 to 6
    # From memory, as none was at hand; a DocuWorks file with another beginning is unknown, and stays behind as well.
    (re.compile(rb"\x60\x0e\x82"), "application/vnd.fujixerox.docuworks"),
    (re.compile(rb"\x01\x00\x00\x00.{36} EMF", re.DOTALL), "image/emf"),
    (re.compile(rb"BM.{4}\x00\x00\x00\x00.{2}\x00\x00", re.DOTALL), "image/bmp"),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb".{4}ftyp(?:hei[cxms]|hev[cxms]|mif[12]|miaf|msf1)", re.DOTALL), "image/heic"),
    (re.compile(rb".{4}ftypavi[fs]", re.DOTALL), "image/avif"),
    (re.compile(rb"\x00\x00[\x01\x02]\x00[\x01-\x40]\x00.{3}\x00", re.DOTALL), "image/vnd.microsoft.icon"),
)  # fmt: skip

_PDF: Final = re.compile(rb"%PDF(-[0-9])?")  # readers forgive what stands behind the four letters
_PDF_SIGNS: Final = (b"endobj", b"%%EOF", b"startxref")
PDF: Final = "application/pdf"
ZIP: Final = "application/zip"
GZIP: Final = "application/gzip"


def by_signature(data: bytes) -> str:
    """The type that the first bytes show; "" when they show none."""
    for signature, media_type in _AT_START:
        if data.startswith(signature):
            return media_type
    for pattern, media_type in _STRUCTURES:
        if pattern.match(data):
            return media_type
    return ""


def holds_pdf(data: bytes) -> bool:
    """Whether a PDF reader would open it: its header may stand in the first 1024 bytes (ISO 32000-1 Annex H)."""
    header = _PDF.search(data, 0, 1032)
    if header is None:
        return False
    return (header.start() == 0 and header[1] is not None) or any(sign in data for sign in _PDF_SIGNS)


_NOT_ONLY_DRAWN: Final = frozenset({"image/emf", "image/vnd.dwg", "image/vnd.dxf", "image/wmf", "image/x-svm"})


def is_drawn_only(media_type: str) -> bool:
    """Whether a type of this module is at the harmless end of the order."""
    return media_type.startswith("image/") and media_type not in _NOT_ONLY_DRAWN
