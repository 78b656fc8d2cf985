"""Bookmarks, notes, comments and tracked changes as elements (ECMA-376 part 1, 17.11 and 17.13)."""

from typing import Final

from sanitizers.formats.ooxml.allowed import Entry, Fate
from sanitizers.formats.ooxml.word.notation import rows, table

_MARK: Final = "id=number displacedByCustomXml=silent"
#: Who changed what, and when.
_CHANGE: Final = "id=number author=name date=date w16du:dateUtc=silent"
_ACTS: Final = ("Ins", "Del", "MoveFrom", "MoveTo")

ELEMENTS: Final[dict[str, Entry]] = {
    **rows("bookmarkEnd commentRangeStart commentRangeEnd moveFromRangeEnd moveToRangeEnd", _MARK),
    **rows("moveFromRangeStart moveToRangeStart", f"{_MARK} name=name author=name date=date colFirst=number"
    " colLast=number"),
    # Inserted and deleted runs; the same as marks of a paragraph, a row or a formula.
    **rows("ins del moveFrom moveTo", f"{_CHANGE} > $inline m:acc m:bar m:box m:borderBox m:d m:eqArr m:f m:func"
    " m:groupChr"
           " m:limLow m:limUpp m:m m:nary m:phant m:rad m:sPre m:sSub m:sSubSup m:sSup m:r rPr"),
    **table({
        "w:bookmarkStart": f"{_MARK} name=name colFirst=number colLast=number",
        # Where the protection of the document leaves room to write; not for whom (w:ed: an account).
        "w:permStart": f"{_MARK} edGrp ed=silent colFirst=number colLast=number",
        "w:permEnd": _MARK,
        "w:footnoteReference": "customMarkFollows=flag id=number",
        "w:endnoteReference": "customMarkFollows=flag id=number",
        "w:commentReference": "id=number",
        "w:numberingChange": f"{_CHANGE} original=text",
        "w:rPrChange": f"{_CHANGE} > rPr",
        "w:pPrChange": f"{_CHANGE} > pPr",
        "w:sectPrChange": f"{_CHANGE} > sectPr",
        "w:tblPrChange": f"{_CHANGE} > tblPr",
        "w:tblGridChange": "id=number > tblGrid",
        "w:trPrChange": f"{_CHANGE} > trPr",
        "w:tcPrChange": f"{_CHANGE} > tcPr",
        "w:tblPrExChange": f"{_CHANGE} > tblPrEx",
    }),
    # Custom XML and smart tags go: what they stand around stays.
    "w:customXml": Fate.UNWRAPPED,
    "w:smartTag": Fate.UNWRAPPED,
    # The same text changed by two people at once, before they agreed.
    "w14:conflictIns": Fate.UNWRAPPED,
    "w14:conflictDel": Fate.UNWRAPPED,
    **dict.fromkeys(
        (
            "w:customXmlPr", "w:smartTagPr",
            *(f"w:customXml{act}RangeStart" for act in _ACTS), *(f"w:customXml{act}RangeEnd" for act in _ACTS),
            *(f"w14:customXmlConflict{act}RangeStart" for act in _ACTS),
            *(f"w14:customXmlConflict{act}RangeEnd" for act in _ACTS),
        ),
        Fate.SILENT,
    ),
}  # fmt: skip
