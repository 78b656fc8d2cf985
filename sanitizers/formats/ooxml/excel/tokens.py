"""A formula as tokens (ECMA-376 part 1, 18.17.2): strings, errors, numbers, words, sheet names, brackets, operators."""

import re
from enum import Enum
from typing import Final, NamedTuple

LONGEST: Final = 8_192  #: characters of a formula; Excel takes no more


class Kind(Enum):
    """What a token is."""

    STRING = "string"  # "…"
    ERROR = "error"  # #REF!
    QUOTED = "quoted"  # '…': the name of a sheet, perhaps with a file
    BRACKET = "bracket"  # […]: a part of a table, or another workbook
    NUMBER = "number"
    WORD = "word"  # a cell, a range's end, a name, a function, a sheet
    BLANK = "blank"
    PIPE = "pipe"  # DDE: program|topic!item; no other construct has it
    SIGN = "sign"  # operators, separators, parentheses


class Token(NamedTuple):
    """One of them."""

    kind: Kind
    text: str


class NoFormula(Exception):
    """It is not a formula that the grammar knows."""


# Inside brackets an apostrophe takes the next character as it is; brackets nest once: Table[[#All],[a]:[b]].
_INSIDE = r"[^\[\]']|'[\s\S]"
_PATTERNS: Final = {
    Kind.STRING: r'"(?:[^"]|"")*+"',
    Kind.ERROR: r"\#(?:REF!|N/A|DIV/0!|NAME\?|NULL!|NUM!|VALUE!|[A-Z_]{3,20}[!?]|GETTING_DATA)",
    Kind.QUOTED: r"'(?:[^']|'')*+'",
    Kind.BRACKET: rf"\[(?:{_INSIDE}|\[(?:{_INSIDE})*+\])*+\]",
    Kind.NUMBER: r"(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[Ee][+-]?[0-9]++)?(?![A-Za-z_\\$?]|[^\x00-\x7f])",
    # Names of sheets that begin with a digit stand in quotes; programs other than Excel forget them.
    Kind.WORD: r"(?:[A-Za-z0-9_\\$.?]|[^\x00-\x7f])++",
    Kind.BLANK: r"[ \t\r\n]++",
    Kind.PIPE: r"\|",
    Kind.SIGN: r"<=|>=|<>|[-+*/^&=<>%,;:()@!{}#~]",
}
_KINDS: Final = {kind.value: kind for kind in _PATTERNS}
_TOKEN: Final = re.compile("|".join(f"(?P<{kind.value}>{pattern})" for kind, pattern in _PATTERNS.items()))
_PAIRS: Final = {")": "(", "}": "{"}


def tokens(formula: str) -> list[Token]:
    """All of them, nothing left out. NoFormula: an unknown character, parentheses that do not match, over-long."""
    if len(formula) > LONGEST:
        raise NoFormula
    found: list[Token] = []
    open_: list[str] = []
    place = 0
    while place < len(formula):
        match = _TOKEN.match(formula, place)
        if match is None:
            raise NoFormula
        text = match[0]
        found.append(Token(_KINDS[match.lastgroup or ""], text))
        place = match.end()
        if text in {"(", "{"}:
            open_.append(text)
        elif text in _PAIRS and (not open_ or open_.pop() != _PAIRS[text]):
            raise NoFormula
    if open_:
        raise NoFormula
    return found


def unquoted(text: str, mark: str) -> str:
    """What a quoted token says."""
    return text[1:-1].replace(mark * 2, mark)
