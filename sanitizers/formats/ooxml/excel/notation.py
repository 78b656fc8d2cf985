"""The short notation of the tables of spreadsheets: one line for one element, as ECMA-376 part 1, 18, gives it.

    "x:cfRule": "type dxfId=n stopIfTrue=flag text=text > formula colorScale dataBar iconSet extLst"

Attributes stand before ">", each with the name of its check ("type" alone: a word of a closed list), elements that
may stand inside behind it, without the prefix where it is that of the element. "words" as the first: it has text.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from sanitizers.formats.ooxml import values
from sanitizers.formats.ooxml.allowed import Check, Element, Entry, Fate, Related
from sanitizers.formats.ooxml.drawing import extensions as drawing_extensions
from sanitizers.formats.ooxml.excel import references
from sanitizers.formats.ooxml.kinds import Trace

Rule = Check | Related | Trace | Fate

#: ST_IconSetType (18.18.42; [MS-XLSX] 2.6.31): these words begin with a digit.
_ICONS: Final = (
    "3Arrows", "3ArrowsGray", "3Flags", "3TrafficLights1", "3TrafficLights2", "3Signs", "3Symbols", "3Symbols2",
    "4Arrows", "4ArrowsGray", "4RedToBlack", "4Rating", "4TrafficLights", "5Arrows", "5ArrowsGray", "5Rating",
    "5Quarters", "3Stars", "3Triangles", "5Boxes", "NoIcons",
)  # fmt: skip

#: Name in the notation → check.
CHECKS: Final[Mapping[str, Check]] = {
    "": values.token,
    "n": values.matching(r"\s*[0-9]{1,10}\s*"),  # xsd:unsignedInt
    "int": values.integer,
    "number": values.number,
    "flag": values.boolean,
    "icons": values.one_of(*_ICONS),
    "hex": values.hexadecimal,
    "date": values.date,
    "guid": values.guid,
    "area": references.area,
    "areas": references.areas,
    "spans": references.spans,
    "text": values.shorter(32_767),  # what an attribute of a spreadsheet may hold (ST_Xstring)
}

#: What programs of Microsoft write for revisions shared between people; nobody sees it.
_NUMBERED: Final = dict.fromkeys(("xr:uid", "xr2:uid", "xr3:uid", "xr6:uid", "xr10:uid"), Fate.SILENT)


def table(rows: Mapping[str, str]) -> dict[str, Element]:
    """The entries of a grammar for rows in this notation. KeyError: a row with an unknown word."""
    return {name: element(name, row) for name, row in rows.items()}


def element(name: str, row: str) -> Element:
    """The entry for one row."""
    before, _, behind = row.partition(">")
    words = before.split()
    has_text = bool(words) and words[0] == "words"
    attributes: dict[str, Rule] = dict(map(_attribute, words[1:] if has_text else words))
    prefix = name.partition(":")[0]
    inside = frozenset(word if ":" in word else f"{prefix}:{word}" for word in behind.split())
    return Element(
        attributes={**_NUMBERED, **attributes},
        children=inside,
        text=values.any_text if has_text else None,
    )


def changed(entry: Element, *, attributes: Mapping[str, Rule] | None = None, **fields: object) -> Element:
    """The same entry with other attributes beside its own and other fields."""
    merged = {**entry.attributes, **(attributes or {})}
    return msgspec.structs.replace(entry, attributes=merged, **fields)


def extensions(*inside: str) -> dict[str, Entry]:
    """The lists of extensions of a part: only these elements may stand in one."""
    entries = drawing_extensions.extensions("x")
    ext = entries["x:ext"]
    assert isinstance(ext, Element)  # noqa: S101 - it is no trace
    return {**entries, "x:ext": changed(ext, children=frozenset(inside), needs=frozenset(inside))}


def _attribute(word: str) -> tuple[str, Check]:
    name, _, check = word.partition("=")
    return name, CHECKS[check]
