"""The short notation of the tables of Word: a line for an element, after the schemas of ECMA-376 part 1 and [MS-DOCX].

    "w:ind": "left=number leftChars=number"        attributes, each with the name of its check ("type" alone: a word)
    "w:pPr": "> keepNext ind $marks m:oMath"       elements that may stand inside; "$marks" is a group; "*": all known
    "w:t": "words"                                 text

Names without a prefix have that of the element. In WordprocessingML one name may mean two things in two places (w:tab,
w:top); its row then says what both may carry.
"""

from collections.abc import Mapping
from typing import Final

from sanitizers.formats.ooxml import values
from sanitizers.formats.ooxml.allowed import Check, Element, Fate

CHECKS: Final[Mapping[str, Check | Fate]] = {
    "": values.token,
    "number": values.measure,
    "flag": values.boolean,
    "hex": values.hexadecimal,
    "colour": values.colour,
    "date": values.date,
    "language": values.language,
    "name": values.name,
    "text": values.shorter(4000),
    "word": values.matching(r"[A-Za-z0-9_-]{1,64}"),  # of a closed list; some begin with a digit
    "bits": values.matching(r"[01]{1,12}"),  # ST_Cnf
    "silent": Fate.SILENT,  # identifiers that nobody sees
}

_RANGES: Final = (
    "bookmarkStart bookmarkEnd commentRangeStart commentRangeEnd permStart permEnd"
    " moveFromRangeStart moveFromRangeEnd moveToRangeStart moveToRangeEnd"
)
_CHANGES: Final = "ins del moveFrom moveTo"
_INLINE: Final = f"r hyperlink fldSimple sdt dir bdo m:oMath m:oMathPara {_CHANGES} {_RANGES}"
_BLOCKS: Final = f"p tbl sdt m:oMath m:oMathPara {_CHANGES} {_RANGES}"

#: Groups of the schemas (EG_…).
GROUPS: Final[Mapping[str, str]] = {
    "ranges": _RANGES,
    "inline": _INLINE,
    "blocks": _BLOCKS,
    "fill": "w14:noFill w14:solidFill w14:gradFill",
    "colour": "w14:srgbClr w14:schemeClr",
    "change": "w14:tint w14:shade w14:alpha w14:hueMod w14:sat w14:satOff w14:satMod w14:lum w14:lumOff w14:lumMod",
    "math": (
        "acc bar box borderBox d eqArr f func groupChr limLow limUpp m nary phant rad sPre sSub sSubSup sSup r oMath"
        f" oMathPara w:r w:sdt {' '.join(f'w:{name}' for name in f'{_CHANGES} {_RANGES}'.split())}"
    ),
}


def table(rows: Mapping[str, str]) -> dict[str, Element]:
    """The entries of a grammar for rows in this notation. KeyError: a row with an unknown word."""
    return {name: element(name, row) for name, row in rows.items()}


def element(name: str, row: str) -> Element:
    """The entry for one row."""
    before, _, behind = row.partition(">")
    prefix = name.partition(":")[0]
    if before.strip() == "words":
        return Element(text=values.any_text, children=frozenset())
    attributes = dict(_attribute(prefix, word) for word in before.split())
    return Element(attributes=attributes, children=None if behind.strip() == "*" else names(prefix, behind))


def names(prefix: str, words: str) -> frozenset[str]:
    """Names of elements: "$ranges ind m:oMath" for the prefix "w"."""
    found: set[str] = set()
    for word in words.split():
        if word[0] == "$":
            found |= names(prefix if word == "$math" else "w", GROUPS[word[1:]])
        else:
            found.add(word if ":" in word else f"{prefix}:{word}")
    return frozenset(found)


def rows(words: str, row: str = "", prefix: str = "w") -> dict[str, Element]:
    """The same row for several names."""
    return {f"{prefix}:{word}": element(f"{prefix}:{word}", row) for word in words.split()}


def _attribute(prefix: str, word: str) -> tuple[str, Check | Fate]:
    name, _, check = word.partition("=")
    return name if ":" in name else f"{prefix}:{name}", CHECKS[check]
