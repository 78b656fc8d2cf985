"""The second reading of a mail that Kiyome wrote: strict bytes of our own grammar, and an unrelated parser (Rust)."""

import binascii
import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

import msgspec
from fast_mail_parser import ParseError, PyMimePart, parse_email_tree

from sanitizers.model import CannotSanitize, Threat

# Said here once more on purpose: a slip in the writer's table must not pass because both read the same one.
_ONCE = frozenset({"Date", "From", "Message-ID", "MIME-Version", "Content-Type"})
_AT_MOST_ONCE = frozenset(
    {
        "Sender",
        "Reply-To",
        "To",
        "Cc",
        "Subject",
        "In-Reply-To",
        "References",
        "Importance",
        "Priority",
        "X-Priority",
        "Auto-Submitted",
        "Precedence",
        "List-Id",
        "Content-Language",
        "Content-Transfer-Encoding",
    }
)
_ANY_NUMBER = frozenset({"Received"})
_PART_ONLY = frozenset({"Content-Type", "Content-Transfer-Encoding", "Content-Disposition"})
_MAY_BE_UTF_8 = frozenset({"From", "Sender", "Reply-To", "To", "Cc"})  # RFC 6532: addresses that ASCII cannot write

_FIELD = re.compile(rb"([A-Z][A-Za-z-]*):((?: |\r\n [^ \t\r\n])[^\r\n]*(?:\r\n [^ \t\r\n][^\r\n]*)*)\r\n")
_LONGEST_LINE = 998  # RFC 5322 section 2.1.1
_LONG_LINE = re.compile(rb"\n[^\r\n]{999}")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]")  # ESC belongs to ISO-2022-JP
_TEXT_TYPE = re.compile(rb" text/plain; charset=(utf-8|iso-2022-jp)")
_MIXED_TYPE = re.compile(rb' multipart/mixed; boundary="(=_kiyome_[0-9a-f]{32})"')
_ALTERNATIVE_TYPE = re.compile(rb' multipart/alternative; boundary="(=_kiyome_[0-9a-f]{32})"')
_INVITATION_TYPE = re.compile(rb' text/calendar; charset=utf-8; method=([A-Z]{1,20});\r\n name="invite\.ics"')
_MAIL = "message/rfc822"
_FILE_TYPE = re.compile(
    rb' ([a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+-]*)(; charset=utf-8)?(?:;\r\n name="([^"\\]{1,3000})")?'
)
_ENCODED_NAME = re.compile(rb"=\?utf-8\?B\?([A-Za-z0-9+/]+={0,2})\?=(?:\r\n (?==)|\Z)")
_PLAIN_NAME = re.compile(rb' attachment;\r\n filename="([A-Za-z0-9 ._+-]+)"')
_NAME_SECTION = re.compile(rb"\r\n filename\*(?:[0-9]+\*)?=(?:utf-8'')?([A-Za-z0-9%._~-]+)(?:;|\Z)")
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{76}\r\n)*(?:[A-Za-z0-9+/]{0,75}={0,2}\r\n)?")
_PYTHON_CODECS = {b"utf-8": "utf-8", b"iso-2022-jp": "iso2022_jp"}
_SHOWABLE = re.compile(r"[^\x00-\x08\x0b-\x1f\x7f]*")


class Surprise(Exception):
    """The bytes are not what our writer writes."""


class _Leaf(msgspec.Struct, frozen=True):
    """A leaf as our own grammar has it."""

    type: str
    content: bytes


def verify(clean: bytes) -> None:
    """Raise CannotSanitize unless the mail is exactly of the kind that our writer makes, for two readers."""
    try:
        leaves = strict_leaves(clean)
        compare(leaves, parsed(clean), fields_and_body(clean)[0])
    except Surprise as surprise:
        raise CannotSanitize(Threat.MALFORMED, f"the second reading found: {surprise}") from surprise


def _check_bytes(clean: bytes) -> None:
    pairs = clean.count(b"\r\n")
    if clean.count(b"\r") != pairs or clean.count(b"\n") != pairs or not clean.endswith(b"\r\n"):
        raise Surprise("a line that does not end in CRLF")
    if b"\r\n" not in clean[: _LONGEST_LINE + 2] or _LONG_LINE.search(clean):
        raise Surprise("a line of more than 998 octets")
    if _CONTROL.search(clean):
        raise Surprise("a control character")


def fields_and_body(entity: bytes) -> tuple[dict[str, bytes], bytes]:
    """Header fields by name, and the body; every name once but Received (joined), every byte accounted for."""
    fields: dict[str, bytes] = {}
    pos = 0
    while field := _FIELD.match(entity, pos):
        name = field.group(1).decode("ascii")
        if name in fields and name not in _ANY_NUMBER:
            raise Surprise(f"header {name} twice")
        fields[name] = fields.get(name, b"") + field.group(2)
        pos = field.end()
    if entity[pos : pos + 2] != b"\r\n":
        raise Surprise("a header line that is not ours")
    return fields, entity[pos + 2 :]


def strict_leaves(clean: bytes) -> list[_Leaf]:
    """The leaves by our own grammar, every byte of the mail accounted for."""
    _check_bytes(clean)
    fields, body = fields_and_body(clean)
    if strange := fields.keys() - _ONCE - _AT_MOST_ONCE - _ANY_NUMBER:
        raise Surprise(f"header {min(strange)}")
    if missing := _ONCE - fields.keys():
        raise Surprise(f"no header {min(missing)}")
    for name, value in fields.items():
        _check_value(name, value)
    if mixed := _MIXED_TYPE.fullmatch(fields["Content-Type"]):
        first, *files = _parts(fields, body, mixed.group(1))
        return [*_body_leaves(*first), *(_file_leaf(*file) for file in files)]
    return _body_leaves(fields, body)


def _check_value(name: str, value: bytes) -> None:
    if b"\x1b" in value:
        raise Surprise(f"ESC in header {name}")
    if value.isascii():
        return
    if name not in _MAY_BE_UTF_8:
        raise Surprise(f"8-bit characters in header {name}")
    try:
        value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Surprise(f"header {name} is not UTF-8") from error


def _parts(fields: dict[str, bytes], body: bytes, boundary: bytes) -> list[tuple[dict[str, bytes], bytes]]:
    if "Content-Transfer-Encoding" in fields:
        raise Surprise("a transfer encoding on a multipart")
    divider = b"--" + boundary
    if not body.startswith(divider + b"\r\n") or not body.endswith(b"\r\n" + divider + b"--\r\n"):
        raise Surprise("text outside the parts")
    parts = body[len(divider) + 2 : -len(divider) - 4].split(divider + b"\r\n")
    if sum(part.count(boundary) for part in parts):
        raise Surprise("the boundary inside a part")
    return [fields_and_body(part) for part in parts]


def _body_leaves(fields: dict[str, bytes], body: bytes) -> list[_Leaf]:
    """A text, or a text and an invitation."""
    alternative = _ALTERNATIVE_TYPE.fullmatch(fields.get("Content-Type", b""))
    if alternative is None:
        return [_text_leaf(fields, body)]
    parts = _parts(fields, body, alternative.group(1))
    if len(parts) != 2 or "Content-Disposition" in fields:
        raise Surprise("alternatives other than a text and an invitation")
    return [_text_leaf(*parts[0]), _invitation_leaf(*parts[1])]


def _invitation_leaf(fields: dict[str, bytes], body: bytes) -> _Leaf:
    kind = _INVITATION_TYPE.fullmatch(fields.get("Content-Type", b""))
    if kind is None or fields.keys() != {"Content-Type", "Content-Transfer-Encoding"}:
        raise Surprise("an invitation with headers that are not ours")
    if fields["Content-Transfer-Encoding"] != b" base64":
        raise Surprise("an invitation that is not base64")
    content = _base64(body)
    if b"\r\nMETHOD:" + kind.group(1) + b"\r\n" not in content.partition(b"\r\nBEGIN:")[0] + b"\r\n":
        raise Surprise("an invitation with two methods")
    return _Leaf("text/calendar", content)


def _text_leaf(fields: dict[str, bytes], body: bytes) -> _Leaf:
    kind = _TEXT_TYPE.fullmatch(fields.get("Content-Type", b""))
    if kind is None or "Content-Disposition" in fields:
        raise Surprise("a body that is not text/plain")
    encoding = fields.get("Content-Transfer-Encoding")
    if encoding not in {b" 7bit", b" base64"}:
        raise Surprise("an encoding that is not ours")
    content = _base64(body) if encoding == b" base64" else body
    if encoding == b" 7bit" and not content.isascii():
        raise Surprise("8-bit text that says 7bit")
    _check_text(content, _PYTHON_CODECS[kind.group(1)])
    return _Leaf("text/plain", content)


def _check_text(content: bytes, codec: str) -> None:
    try:
        text = content.decode(codec)
    except UnicodeDecodeError as error:
        raise Surprise("text that is not of its charset") from error
    if not _SHOWABLE.fullmatch(text.replace("\r\n", "\n")):
        raise Surprise("a control character in the text")


def _file_leaf(fields: dict[str, bytes], body: bytes) -> _Leaf:
    kind = _FILE_TYPE.fullmatch(fields.get("Content-Type", b""))
    if kind is None or fields.keys() != _PART_ONLY:
        raise Surprise("an attachment with headers that are not ours")
    if not fields["Content-Disposition"].startswith(b" attachment"):
        raise Surprise("an attachment that does not say so")
    if _name_in_type(kind.group(3) or b"") != _name_in_disposition(fields["Content-Disposition"]):
        raise Surprise("an attachment with two names")
    if kind.group(1).decode("ascii") == _MAIL:
        return _mail_leaf(fields, body)
    if fields["Content-Transfer-Encoding"] != b" base64":
        raise Surprise("an attachment that is not base64")
    content = _base64(body)
    if kind.group(2) and not _is_utf_8(content):
        raise Surprise("a text that is not of its charset")
    return _Leaf(kind.group(1).decode("ascii"), content)


def _mail_leaf(fields: dict[str, bytes], body: bytes) -> _Leaf:
    """A mail inside the mail is one that our writer wrote, too."""
    encoding = fields["Content-Transfer-Encoding"]
    if encoding not in {b" 7bit", b" 8bit"} or (encoding == b" 7bit" and not body.isascii()):
        raise Surprise("an attached mail in an encoding that is not ours")
    content = body.removesuffix(b"\r\n")
    verify(content)
    return _Leaf(_MAIL, content)


def _is_utf_8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _name_in_type(name: bytes) -> bytes:
    """In UTF-8; readers of RFC 2047 see this one."""
    if not name.startswith(b"=?"):
        return name
    words = _ENCODED_NAME.findall(name)
    if _ENCODED_NAME.sub(b"", name):
        raise Surprise("a name in encoded words that are not ours")
    return b"".join(binascii.a2b_base64(word, strict_mode=True) for word in words)


def _name_in_disposition(disposition: bytes) -> bytes:
    """In UTF-8; readers of RFC 2231 see this one."""
    if plain := _PLAIN_NAME.fullmatch(disposition):
        return plain.group(1)
    return unquote_to_bytes(b"".join(_NAME_SECTION.findall(disposition)))


def _base64(body: bytes) -> bytes:
    if not _BASE64.fullmatch(body):
        raise Surprise("base64 that is not ours")
    try:
        return binascii.a2b_base64(body.replace(b"\r\n", b""), strict_mode=True)
    except binascii.Error as error:
        raise Surprise("base64 that is not ours") from error


def parsed(clean: bytes) -> PyMimePart:
    """The tree that the unrelated parser sees."""
    try:
        return parse_email_tree(clean)
    except ParseError as error:
        raise Surprise("a second parser cannot read it") from error


def _leaves(part: PyMimePart) -> Iterator[PyMimePart]:
    if not part.children or part.content_type == _MAIL:
        yield part
        return
    for child in part.children:
        yield from _leaves(child)


def compare(ours: list[_Leaf], theirs: PyMimePart, fields: dict[str, bytes]) -> None:
    """Both readers see the same headers, the same leaves and the same bytes in them."""
    repeated = {name for name, values in theirs.headers.items() if len(values) != 1}
    if set(theirs.headers) != set(fields) or repeated - _ANY_NUMBER:
        raise Surprise("headers that a second parser sees otherwise")
    if any(not _SHOWABLE.fullmatch(value) for values in theirs.headers.values() for value in values):
        raise Surprise("a control character in a decoded header")
    seen = [_Leaf(leaf.content_type, leaf.content or b"") for leaf in _leaves(theirs)]
    if len(seen) != len(ours) or any(not _same(a, b) for a, b in zip(ours, seen, strict=True)):
        raise Surprise("parts that a second parser sees otherwise")


def _same(ours: _Leaf, theirs: _Leaf) -> bool:
    if ours == theirs:
        return True
    # The line end before a delimiter belongs to the delimiter (RFC 2046 section 5.1.1): 7bit text ends without it.
    return ours.type == theirs.type == "text/plain" and ours.content == theirs.content + b"\r\n"
