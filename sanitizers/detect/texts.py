"""Whether bytes are text at all, and which kind of text: where the content leaves a choice, the claim decides."""

import re
from typing import Final

from sanitizers.detect.markup import HTML, NO_MARKUP, XML, Markup, markup_of
from sanitizers.detect.scripts import SCRIPT_TYPES, kind_of_script
from sanitizers.detect.wide import wide_charset, without_mark

__all__ = [
    "HTML", "MAIL", "MAILBOX", "PLAIN", "SCRIPT_TYPES", "is_mail_claim", "is_mailbox", "is_text",
    "kind_of_nothing", "kind_of_text", "looks_like_mail",
]  # fmt: skip

PLAIN: Final = "text/plain"
SVG: Final = "image/svg+xml"
MAIL: Final = "message/rfc822"
MAILBOX: Final = "application/mbox"
CSV: Final = "text/csv"
TSV: Final = "text/tab-separated-values"
JSON: Final = "application/json"

# Controls that no text has in number. TAB, LF, CR, FF are white space, ESC, SO and SI belong to Japanese charsets.
_CONTROLS: Final = bytes(set(range(0x20)) - {0x09, 0x0A, 0x0C, 0x0D, 0x0E, 0x0F, 0x1B}) + b"\x7f"
_EXAMINED: Final = 1_048_576
_HEAD: Final = 4_096

_BEFORE_ELEMENT: Final = (
    r"(?:<\?xml\b[^>]*+>|<!doctype (?:svg:)?svg\b[^>\[]*+(?:\[[^\]]*+\]\s*+)?>|<!--.{0,1000}?-->|\s++)*+"
)
_BEGINNINGS: Final = (
    ("text/calendar", r"BEGIN:VCALENDAR\b"),
    ("text/vcard", r"BEGIN:VCARD\b"),
    ("application/pgp-encrypted", r"-----BEGIN PGP MESSAGE-----"),
    ("application/pgp-signature", r"-----BEGIN PGP SIGNATURE-----"),
    ("application/pgp-keys", r"-----BEGIN PGP PUBLIC KEY BLOCK-----"),
    ("application/pkcs7-mime", r"-----BEGIN (?:PKCS7|CMS)-----"),
    (SVG, rf"{_BEFORE_ELEMENT}<(?:\w+:)?svg\b"),
    (HTML, rf"{_BEFORE_ELEMENT}<(?:!doctype html|html|head|body)\b"),
    (XML, r"<\?xml\b"),
    # An object, or a list that goes on like one: "[1] see below" is no JSON.
    (JSON, r"\{\s*(?:\"[^\"\n]{0,300}\"\s*:|\}\s*\Z)|\[\s*(?:[\[{\"]|-?\d[\d.eE+-]{0,40}\s*,|\]\s*\Z)"),
)
_TEXT_BEGINNINGS: Final = tuple((name, re.compile(sign, re.IGNORECASE | re.DOTALL)) for name, sign in _BEGINNINGS)
_CARDS: Final = _TEXT_BEGINNINGS[:2]  # calendars and cards say what they are also under another claim
_DRAWINGS: Final = (
    # DXF: comments, then the first section
    ("image/vnd.dxf", re.compile(r"(?:999[ \t]*\n[^\n]*\n\s*)*0[ \t]*\n\s*SECTION[ \t]*\n\s*2[ \t]*\n\s*"
                                 r"(?:HEADER|CLASSES|TABLES|BLOCKS|ENTITIES|OBJECTS)[ \t]*\n")),
    ("application/x-sxf", re.compile(r"ISO-10303-21;.{0,2000}?'SCADEC level[0-9] feature_mode'", re.DOTALL)),
    ("model/step", re.compile(r"ISO-10303-21;\s*(?:/\*.{0,2000}?\*/\s*)*HEADER;", re.DOTALL)),
)  # fmt: skip
_TAG: Final = re.compile(
    r"<(?:!--|(?:a|b|br|div|font|form|h[1-6]|hr|i|iframe|img|li|meta|ol|p|script|span|style|table|title|ul)[\s/>])",
    re.IGNORECASE,
)
_MAIL_START: Final = re.compile(r"(?:From [^\n]*\n)?(?:[!-9;-~]+[ \t]*:[^\n]*\n(?:[ \t][^\n]*\n)*){1,400}")
_MAIL_FIELD: Final = re.compile(
    r"^(?:From|To|Subject|Date|Received|Message-ID|MIME-Version|Return-Path|Content-Type)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_POSTMARK: Final = re.compile(
    rb"From [^\r\n]{1,200} (?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?[^\r\n]{0,60}\r?\n[!-9;-~]{1,76}:"
)
_NEXT_POSTMARK: Final = re.compile(rb"\n\r?\n" + _POSTMARK.pattern)
_MAIL_CLAIMS: Final = frozenset({MAIL, "message/global", "message/news"})
_DECIDED_BY_CLAIM: Final = frozenset({PLAIN, HTML, CSV, TSV})
_TABLES: Final = frozenset({CSV, TSV})
_XML_CLAIM: Final = re.compile(r"(?:application|text)/xml|[a-z]+/[a-z0-9.-]+\+xml")
_JSON_CLAIM: Final = re.compile(r"application/json|text/json|[a-z]+/[a-z0-9.-]+\+json")
# Wrong claims that say nothing; with them a mail that was attached as a file is still seen as one.
_NOTHING_CLAIMED: Final = frozenset({"", "application/octet-stream", "application/x-unknown", "binary/octet-stream"})


def is_text(data: bytes, claimed_type: str) -> bool:
    """Whether it can be read as text: without a claim hardly any control characters, with one a few more."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")) or "utf-16" in claimed_type.lower():
        return True
    if wide_charset(data):
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


def is_mailbox(data: bytes) -> bool:
    """Whether several mails stand in it, each behind its postmark (RFC 4155); one alone is a mail."""
    return data.startswith(b"From ") and bool(_POSTMARK.match(data)) and bool(_NEXT_POSTMARK.search(data))


def is_mail_claim(media_type: str) -> bool:
    """Whether a part says that it is a mail."""
    return media_type in _MAIL_CLAIMS


def kind_of_text(data: bytes, media_type: str) -> str:
    """The kind of text, by content, and by the claimed media type (without parameters) where content fits several."""
    if media_type == HTML:
        return HTML  # whatever it begins with, only its words go on
    start = _head(data).lstrip("\ufeff \t\r\n").replace("\r\n", "\n").replace("\r", "\n")
    markup = markup_of(start) if start.startswith("<") else NO_MARKUP
    script = kind_of_script(start, markup.root) or _kind_of_drawing(start)
    if script:
        return script
    if media_type == PLAIN and (said := _first_match(_CARDS, start)):
        return said
    if media_type in _DECIDED_BY_CLAIM:
        return _kind_of_table(start, markup, media_type) if media_type in _TABLES else media_type
    found = MAIL if is_mail_claim(media_type) else _kind_by_start(start, markup, media_type)
    if not found and media_type in _NOTHING_CLAIMED and looks_like_mail(data):
        return MAIL
    return found or _html_or_plain(start, media_type)


def _html_or_plain(start: str, media_type: str) -> str:
    """Tags at the start make HTML; tags somewhere in a table or in a text do not."""
    tagged = start.startswith("<") and not media_type.startswith("text/") and len(_TAG.findall(start)) > 1
    return HTML if tagged else PLAIN


def _kind_of_table(start: str, markup: Markup, media_type: str) -> str:
    """A claim to be a table does not stand against markup: a spreadsheet looks at the content too."""
    found = markup.type or (_first_match(_TEXT_BEGINNINGS, start) if markup.root or markup.declared else "")
    return found or (XML if markup.declared else media_type)


def _kind_by_start(start: str, markup: Markup, media_type: str) -> str:
    found = markup.type or _first_match(_TEXT_BEGINNINGS, start)
    if found == JSON:
        return JSON if media_type in _NOTHING_CLAIMED or _JSON_CLAIM.fullmatch(media_type) else PLAIN
    if not found and (markup.declared or (markup.root and _XML_CLAIM.fullmatch(media_type))):
        return XML
    return found


def _kind_of_drawing(start: str) -> str:
    """A drawing in letters says so in its first words, whatever the claim."""
    return next((name for name, pattern in _DRAWINGS if pattern.match(start)), "")


def kind_of_nothing(media_type: str) -> str:
    """What no bytes at all are: an empty text of the claimed kind."""
    return media_type if media_type in _DECIDED_BY_CLAIM else PLAIN


def _first_match(beginnings: tuple[tuple[str, re.Pattern[str]], ...], start: str) -> str:
    return next((name for name, pattern in beginnings if pattern.match(start)), "")


def _head(data: bytes) -> str:
    codec = wide_charset(data)
    if codec:
        return without_mark(data[:_HEAD], codec).decode(codec, "replace")
    return data[:_HEAD].decode("latin_1").removeprefix("\u00ef\u00bb\u00bf")
