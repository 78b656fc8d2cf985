"""Mails with attachments as real programs write them: each has its own way with a Japanese file name."""

import base64
import textwrap
import unicodedata
from collections.abc import Callable, Sequence
from email.charset import QP, Charset
from urllib.parse import quote

import msgspec

BODY = "添付の資料をご確認ください。"
Headers = Callable[["Given"], list[str]]


class Given(msgspec.Struct, frozen=True):
    """A file to attach; its type is what the sender's machine makes of the ending."""

    name: str
    type: str
    data: bytes


class Mailer(msgspec.Struct, frozen=True):
    """A program: how it writes the headers of an attachment, and the body."""

    name: str
    headers: Headers
    body: tuple[str, bytes]  #: header lines and encoded text


def mail(mailer: Mailer, files: Sequence[Given], subject: str = "attachments", inline: Sequence[bytes] = ()) -> bytes:
    """The whole mail; `inline` parts stand in front of the files, as they are."""
    parts = [f"{mailer.body[0]}\r\n\r\n".encode() + mailer.body[1], *inline]
    parts += [
        _lines(*mailer.headers(file), "Content-Transfer-Encoding: base64", "") + encoded(file.data) for file in files
    ]
    head = _lines(
        "From: =?UTF-8?B?5bGx55Sw?= <yamada@example.jp>",
        "To: madoguchi@city.example.lg.jp",
        f"Subject: {subject}",
        "Date: Sat, 21 Nov 2026 09:00:00 +0900",
        f"Message-ID: <{subject}@example.jp>",
        "MIME-Version: 1.0",
        'Content-Type: multipart/mixed; boundary="----=_mailer"',
        "",
    )
    return head + b"".join(b"------=_mailer\r\n" + part + b"\r\n" for part in parts) + b"------=_mailer--\r\n"


def encoded(data: bytes) -> bytes:
    """Base64 in lines."""
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def _lines(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8", "surrogateescape")


def _words(text: str, charset: str, codec: str) -> str:
    """Encoded words that cut characters nowhere, on folded lines."""
    pieces = textwrap.wrap(text, 12, drop_whitespace=False)
    return "\r\n ".join(f"=?{charset}?B?{base64.b64encode(piece.encode(codec)).decode()}?=" for piece in pieces)


def _thunderbird(file: Given) -> list[str]:
    """RFC 2231 in pieces for the one, RFC 2047 for the other."""
    letters = [quote(letter, safe="") for letter in file.name]
    pieces = ["".join(letters[start : start + 6]) for start in range(0, len(letters), 6)]
    rows = [f" filename*{n}*={'' if n else chr(85) + 'TF-8' + chr(39) * 2}{piece}" for n, piece in enumerate(pieces)]
    return [
        f'Content-Type: {file.type}; name="{_words(file.name, "UTF-8", "utf-8")}"',
        "Content-Disposition: attachment;\r\n" + ";\r\n".join(rows),
    ]


def _outlook(file: Given) -> list[str]:
    """RFC 2047 where RFC 2231 belongs, and dates behind it."""
    name = _words(file.name, "iso-2022-jp", "iso2022_jp_ext")
    return [
        f'Content-Type: {file.type};\r\n\tname="{name}"',
        f"Content-Description: {name}",
        (
            f'Content-Disposition: attachment;\r\n\tfilename="{name}"; size={len(file.data)};\r\n'
            '\tcreation-date="Fri, 20 Nov 2026 01:02:03 GMT";\r\n\tmodification-date="Fri, 20 Nov 2026 01:02:03 GMT"'
        ),
    ]


def _old_outlook(file: Given) -> list[str]:
    """The bytes of the machine's own charset, and nothing that says so."""
    raw = file.name.encode("cp932").decode("ascii", "surrogateescape")
    return [f'Content-Type: {file.type};\r\n\tname="{raw}"', f'Content-Disposition: attachment;\r\n\tfilename="{raw}"']


def _gmail(file: Given) -> list[str]:
    name = _words(file.name, "UTF-8", "utf-8")
    return [
        f'Content-Type: {file.type}; name="{name}"',
        f'Content-Disposition: attachment; filename="{name}"',
        "X-Attachment-Id: f_mi8x1k2a0",
        "Content-ID: <f_mi8x1k2a0>",
    ]


def _webmail(file: Given) -> list[str]:
    """RFC 2231 alone, all in one line."""
    return [
        f"Content-Type: {file.type}",
        f"Content-Disposition: attachment; filename*=utf-8''{quote(file.name, safe='')}",
    ]


def _apple_mail(file: Given) -> list[str]:
    """Names as the file system of the Mac has them: NFD. Pictures and texts stand inline."""
    name = unicodedata.normalize("NFD", file.name)
    charset = Charset("utf-8")
    charset.header_encoding = QP
    word = charset.header_encode(name)
    place = "inline" if file.type.startswith(("image/", "text/")) else "attachment"
    return [
        f"Content-Disposition: {place};\r\n\tfilename*=utf-8''{quote(name, safe='')}",
        f'Content-Type: {file.type};\r\n\tx-unix-mode=0644;\r\n\tname="{word}"',
    ]


_UTF_8 = ("Content-Type: text/plain; charset=UTF-8; format=flowed\r\nContent-Transfer-Encoding: 8bit", BODY.encode())
_JIS = (
    'Content-Type: text/plain;\r\n\tcharset="iso-2022-jp"\r\nContent-Transfer-Encoding: 7bit',
    BODY.encode("iso2022_jp"),
)
_RAW_SHIFT_JIS = ("Content-Type: text/plain\r\nContent-Transfer-Encoding: 8bit", BODY.encode("cp932"))

THUNDERBIRD = Mailer("Thunderbird", _thunderbird, _UTF_8)
OUTLOOK = Mailer("Outlook", _outlook, _JIS)
OLD_OUTLOOK = Mailer("old Outlook", _old_outlook, _RAW_SHIFT_JIS)
GMAIL = Mailer("Gmail", _gmail, _UTF_8)
WEBMAIL = Mailer("webmail", _webmail, _UTF_8)
APPLE_MAIL = Mailer("Apple Mail", _apple_mail, _UTF_8)
MAILERS = (THUNDERBIRD, OUTLOOK, OLD_OUTLOOK, GMAIL, WEBMAIL, APPLE_MAIL)
