"""Whether bytes are text at all, and which kind of text: where the content leaves a choice, the claim decides."""

import re
from typing import Final

PLAIN: Final = "text/plain"
HTML: Final = "text/html"
MAIL: Final = "message/rfc822"

# Controls that no text has in number. TAB, LF, CR, FF are white space, ESC, SO and SI belong to Japanese charsets.
_CONTROLS: Final = bytes(set(range(0x20)) - {0x09, 0x0A, 0x0C, 0x0D, 0x0E, 0x0F, 0x1B}) + b"\x7f"
_EXAMINED: Final = 1_048_576
_HEAD: Final = 4_096

# Text that a program runs or opens a connection for. It wins over a claim to be plain: a script named .txt is a script.
# The expressions ignore case.
_SCRIPTS: Final = (
    ("text/x-shellscript", r"#! ?/"),
    ("text/x-php", r"<\?php\b"),
    ("text/x-vbscript", r"<%@|<job\b|<package\b|<scriptlet\b"),
    ("text/x-powershell", r"@?powershell(?:\.exe)? -"),
    ("text/x-msdos-batch", r"@echo off\b|\[AutoRun\]|\[Version\]\s+Signature\s*="),
    ("application/x-mswinurl", r"\[InternetShortcut\]"),
    ("text/x-sylk", r"ID;P[A-Z;]"),
    ("text/x-ms-iqy", r"WEB\r?\n1\r?\n"),
    ("text/x-ms-rdp", r"(?:screen mode id|full address):[is]:"),
    ("application/hta", r"[^\0]{0,500}<hta:application\b"),
)
SCRIPT_TYPES: Final = frozenset(media_type for media_type, _ in _SCRIPTS)

_BEFORE_ELEMENT: Final = r"(?:<\?xml\b[^>]*>|<!doctype svg\b[^>]*>|<!--.{0,1000}?-->|\s)*"
_BEGINNINGS: Final = (
    ("text/calendar", r"BEGIN:VCALENDAR\b"),
    ("text/vcard", r"BEGIN:VCARD\b"),
    ("application/pgp-encrypted", r"-----BEGIN PGP MESSAGE-----"),
    ("application/pgp-signature", r"-----BEGIN PGP SIGNATURE-----"),
    ("application/pgp-keys", r"-----BEGIN PGP PUBLIC KEY BLOCK-----"),
    ("application/pkcs7-mime", r"-----BEGIN (?:PKCS7|CMS)-----"),
    ("image/svg+xml", rf"{_BEFORE_ELEMENT}<(?:\w+:)?svg\b"),
    (HTML, rf"{_BEFORE_ELEMENT}<(?:!doctype html|html|head|body)\b"),
    ("text/xml", r"<\?xml\b"),
)
_SCRIPT_BEGINNINGS: Final = tuple((name, re.compile(sign, re.IGNORECASE)) for name, sign in _SCRIPTS)
_TEXT_BEGINNINGS: Final = tuple((name, re.compile(sign, re.IGNORECASE | re.DOTALL)) for name, sign in _BEGINNINGS)
_TAG: Final = re.compile(
    r"<(?:!--|(?:a|b|br|div|font|form|h[1-6]|hr|i|iframe|img|li|meta|ol|p|script|span|style|table|title|ul)[\s/>])",
    re.IGNORECASE,
)
_MAIL_START: Final = re.compile(r"(?:From [^\n]*\n)?(?:[!-9;-~]+[ \t]*:[^\n]*\n(?:[ \t][^\n]*\n)*){1,400}")
_MAIL_FIELD: Final = re.compile(
    r"^(?:From|To|Subject|Date|Received|Message-ID|MIME-Version|Return-Path|Content-Type)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_MAIL_CLAIMS: Final = frozenset({MAIL, "message/global", "message/news"})
_DECIDED_BY_CLAIM: Final = frozenset({PLAIN, HTML, "text/csv", "text/tab-separated-values"})
# Wrong claims that say nothing; with them a mail that was attached as a file is still seen as one.
_NOTHING_CLAIMED: Final = frozenset({"", "application/octet-stream", "application/x-unknown", "binary/octet-stream"})


def is_text(data: bytes, claimed_type: str) -> bool:
    """Whether it can be read as text: without a claim hardly any control characters, with one a few more."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")) or "utf-16" in claimed_type.lower():
        return True
    examined = data[:_EXAMINED]
    controls = len(examined) - len(examined.translate(None, _CONTROLS))
    if claimed_type[:5].lower() == "text/":
        return controls * 10 <= len(examined)
    return controls * 100 <= len(examined) and b"\0" not in examined


def looks_like_mail(data: bytes) -> bool:
    """A header block with at least two of the fields that every mail has (RFC 5322 section 3.6)."""
    block = _MAIL_START.match(_head(data).lstrip())
    return block is not None and len({name.lower() for name in _MAIL_FIELD.findall(block[0])}) > 1


def is_mail_claim(media_type: str) -> bool:
    """Whether a part says that it is a mail."""
    return media_type in _MAIL_CLAIMS


def kind_of_text(data: bytes, media_type: str) -> str:
    """The kind of text, by content, and by the claimed media type (without parameters) where content fits several."""
    if media_type == HTML:
        return HTML  # whatever it begins with, only its words go on
    start = _head(data).lstrip("\ufeff \t\r\n")
    script = _first_match(_SCRIPT_BEGINNINGS, start)
    if script or media_type in _DECIDED_BY_CLAIM:
        return script or media_type
    if is_mail_claim(media_type):
        return MAIL
    found = _first_match(_TEXT_BEGINNINGS, start)
    if found:
        return found
    if media_type in _NOTHING_CLAIMED and looks_like_mail(data):
        return MAIL
    return HTML if not media_type.startswith("text/") and len(_TAG.findall(start)) > 1 else PLAIN


def kind_of_nothing(media_type: str) -> str:
    """What no bytes at all are: an empty text of the claimed kind."""
    return media_type if media_type in _DECIDED_BY_CLAIM else PLAIN


def _first_match(beginnings: tuple[tuple[str, re.Pattern[str]], ...], start: str) -> str:
    return next((name for name, pattern in beginnings if pattern.match(start)), "")


def _head(data: bytes) -> str:
    head = data[:_HEAD]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf_16", "replace")
    return head.decode("latin_1").removeprefix("\u00ef\u00bb\u00bf")
