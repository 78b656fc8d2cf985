"""PostScript calculator functions, by their grammar and nothing else (ISO 32000-2, 7.10.5)."""

import re

LONGEST = 131_072  #: bytes of one program
DEEPEST = 16  #: braces in braces

_TOKEN = re.compile(
    rb"(?:[\0\t\n\f\r ]|%[^\r\n]*)*+(?:([{}])|([+-]?(?:[0-9]{1,12}(?:\.[0-9]{0,12})?|\.[0-9]{1,12}))"
    rb"(?![^\0\t\n\f\r {}%])|([a-z]+)(?![^\0\t\n\f\r {}%])|(\Z)|(.))",
    re.DOTALL,
)

#: Table 42: the whole language. It has no loop, no string and no way out; if and ifelse follow a procedure.
OPERATORS = frozenset(
    b"abs add atan ceiling cos cvi cvr div exp floor idiv ln log mod mul neg round sin sqrt sub truncate "
    b"and bitshift eq false ge gt le lt ne not or true xor if ifelse copy dup exch index pop roll".split()
)
_PROCEDURES = {b"if": 1, b"ifelse": 2}  #: how many procedures stand before them


def rewritten(program: bytes) -> bytes | None:
    """The program in canonical form, comments gone; None when it is not one."""
    if len(program) > LONGEST:
        return None
    out: list[bytes] = []
    waiting: list[int] = []  #: for each brace that is open: procedures that wait for their operator
    for found in _TOKEN.finditer(program):
        brace, number, word = found[1], found[2], found[3]
        if brace == b"{":
            waiting.append(0)
        elif (
            not waiting
            or found[5] is not None
            or found[4] is not None
            or not (_closes(waiting) if brace else _may_follow(word, waiting))
        ):
            return None
        out.append(brace or number or word)
        if not waiting:
            return b" ".join(out)
        if len(waiting) > DEEPEST:
            return None
    return None


def _closes(waiting: list[int]) -> bool:
    """A procedure ends; none that waits for its operator may be left in it."""
    left = waiting.pop()
    if waiting:
        waiting[-1] += 1
    return left == 0


def _may_follow(word: bytes | None, waiting: list[int]) -> bool:
    if word is not None and word not in OPERATORS:
        return False
    expected = _PROCEDURES.get(word or b"", 0)
    matches = waiting[-1] == expected
    waiting[-1] = 0
    return matches
