"""The short notation of the tables of drawings: one line for one element, as the schemas of ECMA-376 give it.

    "a:ln": "w=number cap cmpd algn > $fill prstDash custDash headEnd tailEnd extLst"

Before ">" stand attributes, each with the name of its check ("cap" alone: a word of a closed list); behind it elements
that may stand inside, without the prefix where it is that of the element. "$fill" is a group. "words": text.
"""

from collections.abc import Mapping
from typing import Final

from sanitizers.formats.ooxml import values
from sanitizers.formats.ooxml.allowed import Check, Element, Fate

#: Name in the notation → check.
CHECKS: Final[Mapping[str, Check | Fate]] = {
    "": values.token,
    "number": values.measure,
    "real": values.number,
    "flag": values.boolean,
    "hex": values.hexadecimal,
    "guid": values.guid,
    "date": values.date,
    "tokens": values.tokens,
    "language": values.matching(r"[A-Za-z0-9_-]{0,40}"),  # also "es-ES_tradnl"
    "name": values.name,
    # What a field in a text shows. A free text in ISO/IEC 29500-1, 21.1.2.2.4; these are what programs write there.
    "field": values.matching(
        r"slidenum|slidecount|slidename|datetime(?:[1-9]|1[0-3]|FigureOut)?|header|footer|author|file[1-4]?|TxLink"
        r"|CELLRANGE|CELLREF|SERIESNAME|CATEGORYNAME|VALUE|[XY]VALUE|PERCENTAGE|BUBBLESIZE"
    ),
    "text": values.shorter(4000),  # alternative text, tooltips
    "guide": values.matching(r"\s*[\w.+-]{1,64}\s*"),  # a number or the name of a guide (ST_AdjCoordinate)
    "formula": values.matching(r"[\w.*/+?: -]{0,500}"),  # of a guide: "*/ w 1 2" (ST_GeomGuideFormula)
    "range": values.matching(r"[0-9]{1,6}(?: [0-9]{1,6}){0,99}"),
    "id": values.matching(r"[{}A-Za-z0-9_.:-]{1,64}"),  # a GUID, or a number, of a point of a diagram
    "silent": Fate.SILENT,  # what nobody sees: identifiers, marks of the spelling checker
    # The name of a layout or a style, never opened: a URN, a schema's address, a GUID, a word.
    "url": values.matching(
        r"(?:urn:[A-Za-z0-9.+/:#_-]{1,300}|https?://schemas\.(?:openxmlformats\.org|microsoft\.com)/[A-Za-z0-9./#_-]{1,200}"
        r"|\{[0-9A-Fa-f-]{36}\}|[A-Za-z0-9_-]{0,64})"
    ),
}

#: Groups of the schemas (EG_…).
GROUPS: Final[Mapping[str, str]] = {
    "colour": "scrgbClr srgbClr hslClr sysClr schemeClr prstClr",
    "fill": "noFill solidFill gradFill blipFill pattFill grpFill",
    "effects": "effectLst effectDag",
    "line": "noFill solidFill gradFill pattFill prstDash custDash round bevel miter headEnd tailEnd extLst",
    "change": (
        "tint shade comp inv gray alpha alphaOff alphaMod hue hueOff hueMod sat satOff satMod lum lumOff lumMod red "
        "redOff redMod green greenOff greenMod blue blueOff blueMod gamma invGamma"
    ),
    "paragraph": (
        "lnSpc spcBef spcAft buClrTx buClr buSzTx buSzPct buSzPts buFontTx buFont buNone buAutoNum buChar buBlip "
        "tabLst defRPr extLst"
    ),
    "run": (
        "ln noFill solidFill gradFill blipFill pattFill grpFill effectLst effectDag highlight uLnTx uLn uFillTx "
        "uFill latin ea cs sym hlinkClick hlinkMouseOver rtl extLst"
    ),
    "levels": "lvl1pPr lvl2pPr lvl3pPr lvl4pPr lvl5pPr lvl6pPr lvl7pPr lvl8pPr lvl9pPr",
}


def table(rows: Mapping[str, str]) -> dict[str, Element]:
    """The entries of a grammar for rows in this notation. KeyError, ValueError: a row with an unknown word."""
    return {name: element(name, row) for name, row in rows.items()}


def element(name: str, row: str) -> Element:
    """The entry for one row."""
    before, _, behind = row.partition(">")
    if before.strip() == "words":
        return Element(text=values.any_text, children=frozenset())
    attributes = dict(_attribute(word) for word in before.split())
    return Element(attributes=attributes, children=children(name.partition(":")[0], behind))


def children(prefix: str, words: str) -> frozenset[str]:
    """Names of elements: "$fill off p14:media" for the prefix "a"."""
    found: set[str] = set()
    for word in words.split():
        if word[0] == "$":
            found.update(f"a:{each}" for each in GROUPS[word[1:]].split())
        else:
            found.add(word if ":" in word else f"{prefix}:{word}")
    return frozenset(found)


def _attribute(word: str) -> tuple[str, Check | Fate]:
    name, _, check = word.partition("=")
    return name, CHECKS[check]


def alike(prefix: str, names: str, row: str) -> dict[str, Element]:
    """One row for several elements: `showVal` and `showCatName` of "c" are both "val=flag"."""
    return {f"{prefix}:{name}": element(f"{prefix}:{name}", row) for name in names.split()}
