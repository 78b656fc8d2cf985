"""Tables (ECMA-376 part 1, 17.4)."""

from typing import Final

import msgspec

from sanitizers.formats.ooxml.allowed import Element, Entry
from sanitizers.formats.ooxml.word.notation import rows, table

_SIDES: Final = "top left start bottom right end"
_ROWS: Final = "tr sdt $ranges ins del moveFrom moveTo"
_CELLS: Final = "tc sdt $ranges ins del moveFrom moveTo"
_CHANGE: Final = "id=number author=name date=date w16du:dateUtc=silent"


def _with(name: str, entry: Element, needs: str) -> dict[str, Entry]:
    return {name: msgspec.structs.replace(entry, needs=frozenset(needs.split()))}


_TABLES: Final = table({
    "w:tbl": f"> tblPr tblGrid {_ROWS}",
    "w:tr": "rsidR=silent rsidRPr=silent rsidDel=silent rsidTr=silent w14:paraId=silent w14:textId=silent > tblPrEx"
    f" trPr {_CELLS}",
    "w:tc": "id=silent > tcPr $blocks",
})  # fmt: skip

ELEMENTS: Final[dict[str, Entry]] = {
    # A table without rows and a row without cells is one that Word calls damaged.
    **_with("w:tbl", _TABLES["w:tbl"], "w:tr w:sdt"),
    **_with("w:tr", _TABLES["w:tr"], "w:tc w:sdt"),
    "w:tc": _TABLES["w:tc"],
    **rows("bidiVisual cantSplit tblHeader hidden noWrap tcFitText hideMark", "val=flag"),
    **rows("tblStyleRowBandSize tblStyleColBandSize gridBefore gridAfter gridSpan", "val=number"),
    **rows("tblOverlap hMerge vMerge", "val"),
    **rows("tblW tblCellSpacing tblInd wBefore wAfter tcW", "w=number type"),
    **rows("tblCaption tblDescription", "val=text"),
    **table({
        "w:tblPr": "> tblStyle tblpPr tblOverlap bidiVisual tblStyleRowBandSize tblStyleColBandSize tblW jc"
        " tblCellSpacing tblInd"
        " tblBorders shd tblLayout tblCellMar tblLook tblCaption tblDescription tblPrChange",
        "w:tblPrEx": "> tblW jc tblCellSpacing tblInd tblBorders shd tblLayout tblCellMar tblLook tblPrExChange",
        "w:tblStyle": "val=name",
        "w:tblpPr": "leftFromText=number rightFromText=number topFromText=number bottomFromText=number vertAnchor"
        " horzAnchor"
        " tblpXSpec tblpX=number tblpYSpec tblpY=number",
        "w:tblLayout": "type",
        "w:tblBorders": f"> {_SIDES} insideH insideV",
        "w:tblCellMar": f"> {_SIDES}",
        "w:tblLook": "val=hex firstRow=flag lastRow=flag firstColumn=flag lastColumn=flag noHBand=flag noVBand=flag",
        "w:tblGrid": "> gridCol tblGridChange",
        "w:gridCol": "w=number",
        "w:trPr": "> cnfStyle gridBefore gridAfter wBefore wAfter cantSplit trHeight tblHeader tblCellSpacing jc"
        " hidden ins del"
        " trPrChange",
        "w:trHeight": "val=number hRule",
        "w:tcPr": "> cnfStyle tcW gridSpan hMerge vMerge tcBorders shd noWrap tcMar textDirection tcFitText vAlign"
        " hideMark"
        " headers cellIns cellDel cellMerge tcPrChange",
        "w:tcBorders": f"> {_SIDES} insideH insideV tl2br tr2bl",
        "w:tcMar": f"> {_SIDES}",
        "w:headers": "> header",
        "w:header": "val=name",
        "w:cellMerge": f"{_CHANGE} vMerge vMergeOrig",
        "w:cellIns": _CHANGE,
        "w:cellDel": _CHANGE,
    }),
}  # fmt: skip
