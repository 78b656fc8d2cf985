"""Paragraphs and sections (ECMA-376 part 1, 17.3.1 and 17.6)."""

from typing import Final

from sanitizers.formats.ooxml import values
from sanitizers.formats.ooxml.allowed import Element, Entry, Fate, Related
from sanitizers.formats.ooxml.word.notation import names, rows, table

#: 17.3.1: on or off; kinsoku, punctuation and the grid of East Asian text among them.
_FLAGS: Final = (
    "keepNext keepLines pageBreakBefore widowControl suppressLineNumbers suppressAutoHyphens kinsoku wordWrap"
    " overflowPunct"
    " topLinePunct autoSpaceDE autoSpaceDN bidi adjustRightInd contextualSpacing mirrorIndents suppressOverlap"
)
PROPERTIES: Final = (
    f"pStyle {_FLAGS} snapToGrid framePr numPr pBdr shd tabs spacing ind jc textDirection textAlignment"
    " textboxTightWrap"
    " outlineLvl cnfStyle rPr sectPr pPrChange"
)
_RSIDS: Final = "rsidR=silent rsidRPr=silent rsidRDefault=silent rsidP=silent rsidDel=silent rsidSect=silent"

ELEMENTS: Final[dict[str, Entry]] = {
    **rows(_FLAGS, "val=flag"),
    **rows("formProt noEndnote titlePg rtlGutter", "val=flag"),
    **rows("jc textDirection textAlignment textboxTightWrap vAlign pos numRestart", "val"),
    **rows("outlineLvl ilvl numId numStart", "val=number"),
    **table({
        "w:p": f"{_RSIDS} w14:paraId=silent w14:textId=silent w14:noSpellErr=silent > pPr $inline",
        "w:pPr": f"> {PROPERTIES}",
        "w:pStyle": "val=name",
        "w:framePr": "dropCap lines=number w=number h=number vSpace=number hSpace=number wrap hAnchor vAnchor"
        " x=number xAlign"
        " y=number yAlign hRule anchorLock=flag",
        "w:numPr": "> ilvl numId numberingChange ins",
        "w:pBdr": "> top left start bottom right end between bar",
        "w:tabs": "> tab",
        "w:ind": "left=number start=number leftChars=number startChars=number right=number end=number rightChars=number"
        " endChars=number hanging=number hangingChars=number firstLine=number firstLineChars=number",
        "w:cnfStyle": "val=bits firstRow=flag lastRow=flag firstColumn=flag lastColumn=flag oddVBand=flag"
        " evenVBand=flag"
        " oddHBand=flag evenHBand=flag firstRowFirstColumn=flag firstRowLastColumn=flag lastRowFirstColumn=flag"
        " lastRowLastColumn=flag",
        "w:dir": "val > $inline",
        "w:bdo": "val > $inline",
        # Sections
        "w:sectPr": f"{_RSIDS} > headerReference footerReference footnotePr endnotePr type pgSz pgMar paperSrc"
        " pgBorders"
        " lnNumType pgNumType cols formProt vAlign noEndnote titlePg textDirection bidi rtlGutter docGrid"
        " w15:footnoteColumns sectPrChange",
        "w:footnotePr": "> pos numFmt numStart numRestart footnote",
        "w:endnotePr": "> pos numFmt numStart numRestart endnote",
        "w:numFmt": "val format=name",
        "w:type": "val",
        "w:pgSz": "w=number h=number orient code=number",
        "w:pgMar": "top=number right=number bottom=number left=number header=number footer=number gutter=number",
        "w:paperSrc": "first=number other=number",
        "w:pgBorders": "zOrder display offsetFrom > top left bottom right",
        "w:lnNumType": "countBy=number start=number distance=number restart",
        "w:pgNumType": "fmt start=number chapStyle=number chapSep",
        "w:cols": "equalWidth=flag space=number num=number sep=flag > col",
        "w:col": "w=number space=number",
        "w:docGrid": "type linePitch=number charSpace=number",
        "w15:footnoteColumns": "w:val=number",
    }),
    "w:headerReference": Element(
        attributes={"w:type": values.token, "r:id": Related(frozenset({"word/header"}))},
        required=frozenset({"r:id"}),
        children=frozenset(),
    ),
    "w:footerReference": Element(
        attributes={"w:type": values.token, "r:id": Related(frozenset({"word/footer"}))},
        required=frozenset({"r:id"}),
        children=frozenset(),
    ),
    "w:hyperlink": Element(
        # `links.py` has put a new id there, or none.
        attributes={
            "r:id": values.matching(r"rId[0-9]{1,9}"),
            "w:anchor": values.name,
            "w:history": values.boolean,
            "w:docLocation": Fate.SILENT,  # a place in another document
            "w:tgtFrame": Fate.SILENT,
            "w:tooltip": Fate.SILENT,  # it could name another address than the link has
        },
        children=names("w", "$inline"),
    ),
    "w15:collapsed": Fate.SILENT,  # what stands under a heading, folded away: shown
    "w:divId": Fate.SILENT,  # a division of the web page that the document once was
    "w:printerSettings": Fate.SILENT,  # told where the relationship is left out
    "w:subDoc": Fate.SILENT,  # the same
}  # fmt: skip
