"""The outgoing mail, written anew: our headers, our encodings, our boundary (RFC 5322, RFC 2045)."""

import base64
import binascii
import hashlib
import re
from urllib.parse import quote

from sanitizers.detect import SCRIPT_TYPES, detect
from sanitizers.formats.mail.unpacked import Invitation
from sanitizers.formats.mail.words import jis_bytes
from sanitizers.model import Rebuilt
from sanitizers.rules import BodyCharset

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
_LONGEST_LINE = 990  # RFC 5322 section 2.1.1 allows 998
_LONG_LINE = re.compile(rb"\n[^\n]{991}")
_BASE64_LINE = 57  # bytes that make 76 characters (RFC 2045 section 6.8)
_SAFE_NAME = re.compile(r"[A-Za-z0-9 ._+-]{1,120}")
_PERCENT_ENCODED = re.compile(r"%..|.")
_NAME_CHARACTERS = 255
_NAME_ROW = 200  # octets of a name in one section, three characters each: most names fit in the first
_NAME_WORD = 11  # characters in one encoded word: four octets each at most, and no word over 75 (RFC 2047 section 2)
_INVITATION_NAME = "invite.ics"  # for programs that show it as a file
_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,100}/[a-z0-9][a-z0-9.+-]{0,100}")


def write_mail(
    headers: tuple[str, ...],
    text: str,
    charset: BodyCharset,
    attached: list[Rebuilt],
    invitation: Invitation | None = None,
) -> bytes:
    """The whole mail, CRLF throughout."""
    body_headers, body = _text_part(clean_text(text), charset)
    top = [*headers, "MIME-Version: 1.0"]
    if invitation is not None:
        body_headers, body = _multipart("alternative", [_entity(body_headers, body), _calendar(invitation)])
    if attached:
        parts = [_entity(body_headers, body), *(_attachment(file) for file in attached)]
        body_headers, body = _multipart("mixed", parts)
    return _entity([*top, *body_headers], body)


def _multipart(subtype: str, parts: list[bytes]) -> tuple[list[str], bytes]:
    boundary = _boundary(parts)
    divider = b"--" + boundary.encode("ascii")
    joined = b"".join(divider + b"\r\n" + part for part in parts) + divider + b"--\r\n"
    return [f'Content-Type: multipart/{subtype}; boundary="{boundary}"'], joined


def _calendar(invitation: Invitation) -> bytes:
    """Beside the text, with its method said: so mail programs offer to accept or decline (RFC 6047 section 2.4)."""
    kind = f"text/calendar; charset=utf-8; method={invitation.method}"
    headers = [f'Content-Type: {kind};\r\n name="{_INVITATION_NAME}"', "Content-Transfer-Encoding: base64"]
    return _entity(headers, _base64_lines(invitation.data))


def clean_text(text: str) -> str:
    """LF line ends only, no control characters, exactly one line end at the end."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS.sub("", text).rstrip() + "\n"


def _entity(headers: list[str], body: bytes) -> bytes:
    return ("\r\n".join(headers) + "\r\n\r\n").encode("utf-8") + body


def _text_part(text: str, charset: BodyCharset) -> tuple[list[str], bytes]:
    """RFC 1468 for ISO-2022-JP; text that it cannot carry goes as UTF-8."""
    data, label = _encoded(text, charset)
    if not _is_words(data):
        data, label = _encoded("\n" + text.replace("%PDF", "% PDF"), charset)
    if data.isascii() and _may_stand_as_it_is(data):
        encoding, body = "7bit", data.replace(b"\n", b"\r\n")
    else:
        encoding, body = "base64", _base64_lines(data.replace(b"\n", b"\r\n"))
    return [f"Content-Type: text/plain; charset={label}", f"Content-Transfer-Encoding: {encoding}"], body


def _encoded(text: str, charset: BodyCharset) -> tuple[bytes, str]:
    data = jis_bytes(text) if charset is BodyCharset.ISO_2022_JP else None
    return (text.encode("utf-8"), "utf-8") if data is None else (data, "iso-2022-jp")


def _is_words(data: bytes) -> bool:
    """Not so when the text begins as a file of another type does: whoever goes by content would open it as one."""
    kind = detect(data, "text/plain")
    return kind.startswith("text/") or kind in SCRIPT_TYPES


def _may_stand_as_it_is(data: bytes) -> bool:
    """No line is too long, and none begins as mbox software would change it; `data` ends with a line end."""
    if b"\nFrom " in data or data.startswith(b"From "):
        return False
    return b"\n" in data[: _LONGEST_LINE + 1] and _LONG_LINE.search(data) is None


def _base64_lines(data: bytes) -> bytes:
    lines = [
        binascii.b2a_base64(data[start : start + _BASE64_LINE], newline=False)
        for start in range(0, len(data), _BASE64_LINE)
    ]
    return b"\r\n".join(lines) + b"\r\n"


def _attachment(file: Rebuilt) -> bytes:
    """Base64, or a mail as it is; the name in Content-Disposition, and once more as older mail programs look for it."""
    kind = file.type if _TYPE.fullmatch(file.type) else "application/octet-stream"
    name = file.name[:_NAME_CHARACTERS]
    encoding, body = "base64", b""
    if kind == "message/rfc822":  # RFC 2046 section 5.2.1 knows no base64 here; the last line end is the delimiter's
        encoding, body = "7bit" if file.data.isascii() else "8bit", file.data + b"\r\n"
    headers = [
        f"Content-Type: {kind}{_charset(kind, file.data)}{_name(name)}",
        f"Content-Transfer-Encoding: {encoding}",
        _disposition(name),
    ]
    return _entity(headers, body or _base64_lines(file.data))


def _charset(kind: str, data: bytes) -> str:
    """Said of text that is UTF-8; a rule may keep other charsets, of which a reader finds out as with any file."""
    if not kind.startswith("text/"):
        return ""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return "; charset=utf-8"


def _name(name: str) -> str:
    """Encoded words in a parameter: against RFC 2047 section 5, and all that many a mail program understands."""
    if not name:
        return ""
    if _SAFE_NAME.fullmatch(name):
        return f';\r\n name="{name}"'
    words = [_encoded_word(name[start : start + _NAME_WORD]) for start in range(0, len(name), _NAME_WORD)]
    return ';\r\n name="' + "\r\n ".join(words) + '"'


def _encoded_word(text: str) -> str:
    return f"=?utf-8?B?{base64.b64encode(text.encode('utf-8', 'replace')).decode('ascii')}?="


def _disposition(name: str) -> str:
    """RFC 2183 for plain names, RFC 2231 section 4 for all others."""
    if not name:
        return "Content-Disposition: attachment"
    if _SAFE_NAME.fullmatch(name):
        return f'Content-Disposition: attachment;\r\n filename="{name}"'
    letters = _PERCENT_ENCODED.findall(quote(name, safe="", errors="replace"))
    rows = ["".join(letters[start : start + _NAME_ROW]) for start in range(0, len(letters), _NAME_ROW)]
    if len(rows) == 1:
        return f"Content-Disposition: attachment;\r\n filename*=utf-8''{rows[0]}"
    charset = ("utf-8''", *[""] * len(rows))
    sections = [f" filename*{n}*={charset[n]}{row}" for n, row in enumerate(rows)]
    return "Content-Disposition: attachment;\r\n" + ";\r\n".join(sections)


def _boundary(parts: list[bytes]) -> str:
    """From the content, so that the same mail is written the same way; "_" keeps it out of base64 and text alike."""
    digest = hashlib.sha256(b"\0".join(parts)).hexdigest()[:32]
    while any(f"=_kiyome_{digest}".encode() in part for part in parts):
        digest = hashlib.sha256(digest.encode("ascii")).hexdigest()[:32]
    return f"=_kiyome_{digest}"
