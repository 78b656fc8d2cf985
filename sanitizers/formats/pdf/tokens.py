"""The tokens of content streams (ISO 32000-2, 7.2 and 7.3): read tolerantly, written strictly."""

import re

LONGEST_STRING = 65_536
DEEPEST = 8  #: arrays and dictionaries inside each other

WHITE = rb"\0\t\n\f\r "
REGULAR = rb"[^\0\t\n\f\r ()<>\[\]{}/%]"
NUMBER = rb"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})"
STRING = rb"\((?:[^()\\\r]|\\(?:[nrtbf()\\]|[0-7]{3}))*+\)"  # needs no second look: it is written as it is
HEX = rb"<(?:[0-9A-Fa-f]{2})*+>"

ELEMENT = re.compile(rb"%b|%b|%b" % (NUMBER, STRING, HEX))
#: An operator that takes nothing but numbers, with its operands: most of every stream.
PLAIN = re.compile(rb"[\t\n\f\r ]*+((?:%b[\t\n\f\r ]++)*+)([A-Za-z][A-Za-z0-9]?\*?)(?!%b)" % (NUMBER, REGULAR))
#: Text that is shown, when it needs no second look: a string, or an array of strings and numbers.
SHOW = re.compile(
    rb"[\t\n\f\r ]*+(?:(%b|%b)[\t\n\f\r ]*+(Tj|')"
    rb"|\[((?:[\t\n\f\r ]++|%b(?=[\t\n\f\r (<\]])|%b|%b)*+)\][\t\n\f\r ]*+TJ)(?!%b)"
    % (STRING, HEX, NUMBER, STRING, HEX, REGULAR)
)
#: Any token; which it is tells the number of the group.
TOKEN = re.compile(
    rb"(?:[%b]++|%%[^\r\n]*+)*+(?:"
    rb"(%b)(?!%b)"  # 1 number
    rb"|/(%b*+)"  # 2 name
    rb"|(%b)"  # 3 string
    rb"|(%b)"  # 4 hexadecimal string
    rb"|\[((?:[\t\n\f\r ]++|%b(?=[\t\n\f\r (<\]])|%b|%b)*+)\]"  # 5 array of numbers and strings
    rb"|([A-Za-z'\"]%b*+)"  # 6 operator or keyword
    rb"|(<<)"  # 7 dictionary
    rb"|(\()"  # 8 string that must be read character by character
    rb"|(<)"  # 9 hexadecimal string with blanks or junk
    rb"|(\[)"  # 10 array of anything
    rb"|([^\0\t\n\f\r ()<>\[\]{}/%%]++)"  # 11 perhaps a number
    rb"|(>>|.)"  # 12 nothing that may stand here
    rb")" % (WHITE, NUMBER, REGULAR, REGULAR, STRING, HEX, NUMBER, STRING, HEX, REGULAR),
    re.DOTALL,
)
_LOOSE_NUMBER = re.compile(rb"[+-]*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))")
_STRING_END = re.compile(rb"(?:[^()\\]|\\.)*+([()])", re.DOTALL)
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|\r|\n)|(.))|(\r\n|\r)", re.DOTALL)
_NOT_HEX = bytes(set(range(256)) - set(b"0123456789abcdefABCDEF"))
_NAME_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_NOT_PLAIN = re.compile(rb"[^A-Za-z0-9_.+*:@-]")
_ESCAPED = {0x6E: b"\n", 0x72: b"\r", 0x74: b"\t", 0x62: b"\b", 0x66: b"\f"}

Operand = tuple[str, bytes]  #: the letter of its type as in `operators`, and how it is written


def next_token(data: bytes, place: int, depth: int = 0) -> tuple[str, bytes, int]:
    """The next operand, ready to be written, operator ("o") or junk (""), and where it ends; "end" at the end."""
    found = TOKEN.match(data, place)
    if found is None:
        return "end", b"", len(data)
    kind, end = found.lastindex or 12, found.end()
    if kind <= 6:
        return _simple(kind, found[kind], end)
    if kind >= 11:
        return _number(found[11], end) if kind == 11 else ("", found[12], end)
    if kind in {7, 10}:
        return (_dictionary if kind == 7 else _array)(data, end, depth)
    return (_string if kind == 8 else _hexadecimal)(data, end)


def name(raw: bytes) -> bytes:
    """A name without its slash, escapes undone (7.3.5)."""
    if b"#" not in raw:
        return raw
    return _NAME_ESCAPE.sub(lambda found: bytes((int(found[1], 16),)), raw)


def written_name(plain: bytes) -> bytes:
    """A name as it is written, with its slash; NUL cannot be in one."""
    plain = plain.replace(b"\0", b"")[:127]
    return b"/" + _NOT_PLAIN.sub(lambda found: b"#%02X" % found[0][0], plain)


def written_string(text: bytes) -> bytes:
    """A string as it is written: hexadecimal, so that no byte of it can be taken for syntax."""
    return b"<" + text.hex().encode() + b">"


def string_value(token: bytes) -> bytes:
    """The bytes that a written string stands for."""
    if token.startswith(b"<"):
        return bytes.fromhex(token[1:-1].decode())
    return unescaped(token[1:-1])


def unescaped(inside: bytes) -> bytes:
    """What stands between the parentheses of a string (7.3.4.2)."""
    if b"\\" not in inside and b"\r" not in inside:
        return inside
    return _ESCAPE.sub(_meaning, inside)


def _meaning(found: re.Match[bytes]) -> bytes:
    octal, line_end, character, bare = found.groups()
    if octal is not None:
        return bytes((int(octal, 8) & 255,))
    if bare is not None:
        return b"\n"
    if line_end is not None:
        return b""
    return _ESCAPED.get(character[0], character)


def _simple(kind: int, token: bytes, end: int) -> tuple[str, bytes, int]:
    if kind == 5:
        return "a", b"[" + b" ".join(ELEMENT.findall(token)) + b"]", end
    if kind == 2:
        return "N", name(token), end
    return ("n", "", "s", "s", "", "o")[kind - 1], token, end


def _number(token: bytes, end: int) -> tuple[str, bytes, int]:
    """Numbers that readers understand although no standard does: --5, 1.2.3, 6e7, and very long ones."""
    found = _LOOSE_NUMBER.match(token)
    if found is None:
        return "", token, end
    value = float(found[1][:40])
    if abs(value) >= 1e15:
        value = 0.0
    plain = b"%.6f" % value
    return "n", plain.rstrip(b"0").rstrip(b"."), end


def _string(data: bytes, start: int) -> tuple[str, bytes, int]:
    depth, place = 1, start
    while depth:
        found = _STRING_END.match(data, place)
        if found is None:
            return "", b"", len(data)  # never closed: nothing can be said of what follows
        depth += 1 if found[1] == b"(" else -1
        place = found.end()
    if place - start > LONGEST_STRING:
        return "", b"", place
    return "s", written_string(unescaped(data[start : place - 1])), place


def _hexadecimal(data: bytes, start: int) -> tuple[str, bytes, int]:
    end = data.find(b">", start)
    if end < 0:
        return "", b"", len(data)
    digits = data[start:end].translate(None, _NOT_HEX)
    return "s", b"<" + digits + b"0" * (len(digits) % 2) + b">", end + 1


def _array(data: bytes, place: int, depth: int) -> tuple[str, bytes, int]:
    """Numbers and strings of an array; nothing else may stand in one of a content stream."""
    kept: list[bytes] = []
    while True:
        start = place
        kind, token, place = next_token(data, place, depth + 1) if depth < DEEPEST else ("end", b"", len(data))
        if kind == "end" or token == b"]":
            break
        if kind == "o":  # never closed: what follows is read as operators again
            return "a", b"[" + b" ".join(kept) + b"]", start
        if kind in {"n", "s"}:
            kept.append(token)
    return "a", b"[" + b" ".join(kept) + b"]", place


def _dictionary(data: bytes, start: int, depth: int) -> tuple[str, bytes, int]:
    """What stands between the brackets, for `entries`."""
    place = start
    while True:
        before = place
        kind, token, place = next_token(data, place, depth + 1) if depth < DEEPEST else ("end", b"", len(data))
        if kind == "end" or token == b">>":
            return "d", data[start:before], place


def entries(dictionary: bytes) -> dict[bytes, Operand]:
    """Keys and values of what stands between the brackets of a dictionary; the first of equal keys counts."""
    found: dict[bytes, Operand] = {}
    key: bytes | None = None
    place = 0
    while True:
        kind, token, place = next_token(dictionary, place)
        if kind == "end":
            return found
        if key is None:
            key = token if kind == "N" else None
        else:
            found.setdefault(key, (kind, token))
            key = None
