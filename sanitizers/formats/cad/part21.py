"""The exchange structure of ISO 10303-21: taken apart token by token, and put together again."""

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from sanitizers.model import CannotSanitize, Threat

MOST_TOKENS: Final = 6_000_000
_TOKEN: Final = re.compile(
    r"\s+"
    r"|/\*(?P<comment>.*?)\*/"
    r"|'(?P<text>(?:[^']|'')*)'"
    r"|(?P<mark>#[0-9]{1,15}|[=(),;$*]|\.[A-Za-z_][A-Za-z0-9_]*\.)"
    r"|(?P<number>[+-]?[0-9]+(?:\.[0-9]*(?:[Ee][+-]?[0-9]{1,4})?)?)"
    r"|(?P<word>!?[A-Z_][A-Z0-9_-]*)",
    re.DOTALL,
)
_WIDE: Final = re.compile(r"\\X2\\((?:[0-9A-Fa-f]{4})*)\\X0\\|\\X4\\((?:[0-9A-Fa-f]{8})*)\\X0\\")
_NARROW: Final = re.compile(r"\\X\\([0-9A-Fa-f]{2})|\\S\\(.)|\\P[A-I]\\")
_FOREIGN: Final = re.compile(r"[^ -~]+")


class Token(NamedTuple):
    """One token: its kind ("text", "mark", "number", "word", "comment") and what it says."""

    kind: str
    value: str


def tokens(text: str) -> Iterator[Token]:
    """All of them, texts decoded; raises CannotSanitize for anything else."""
    at = 0
    for _ in range(MOST_TOKENS):
        if at >= len(text):
            return
        found = _TOKEN.match(text, at)
        if found is None:
            raise CannotSanitize(Threat.MALFORMED, "a drawing (SXF) that is not written as ISO 10303-21 says")
        at = found.end()
        kind = found.lastgroup
        if kind is not None:
            yield Token(kind, _decoded(found[kind]) if kind == "text" else found[kind])
    raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {MOST_TOKENS} words in a drawing")


def quoted(text: str) -> str:
    """A text as a token: ASCII, everything else in hexadecimal (clause 6.4.3)."""
    plain = text.replace("\\", "\\\\").replace("'", "''")
    return f"'{_FOREIGN.sub(_in_hexadecimal, plain)}'"


def statement(parts: list[Token], clean: Callable[[str], str]) -> str:
    """Tokens in one line, texts as `clean` makes them."""
    return "".join(quoted(clean(each.value)) if each.kind == "text" else each.value for each in parts)


def _in_hexadecimal(found: re.Match[str]) -> str:
    if all(ord(character) < 0x10000 for character in found[0]):
        return f"\\X2\\{found[0].encode('utf-16-be').hex().upper()}\\X0\\"
    return f"\\X4\\{found[0].encode('utf-32-be').hex().upper()}\\X0\\"


def _decoded(raw: str) -> str:
    text = raw.replace("''", "'")
    if "\\" not in text:
        return text
    pieces = text.split("\\\\")  # a backslash itself
    return "\\".join(_NARROW.sub(_of_one, _WIDE.sub(_of_many, piece)) for piece in pieces)


def _of_many(found: re.Match[str]) -> str:
    if found[1] is not None:
        return bytes.fromhex(found[1]).decode("utf-16-be", "replace")
    return bytes.fromhex(found[2]).decode("utf-32-be", "replace")


def _of_one(found: re.Match[str]) -> str:
    if found[1]:
        return chr(int(found[1], 16))
    return chr(ord(found[2]) + 128) if found[2] and ord(found[2]) < 128 else ""
