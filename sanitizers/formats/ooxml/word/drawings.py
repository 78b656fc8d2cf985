"""Drawings in text: where they stand; shapes, groups and canvases (ECMA-376 part 1, 20.4; [MS-ODRAWXML] 2.8)."""

from typing import Final

from sanitizers.formats.ooxml import drawing
from sanitizers.formats.ooxml.allowed import Entry, Fate
from sanitizers.formats.ooxml.drawing import notation
from sanitizers.formats.ooxml.word.notation import rows, table

_SHOWN: Final = "id=number name=name descr=text hidden=flag title=text > a:hlinkClick a:hlinkHover a:extLst"
_DISTANCES: Final = "distT=number distB=number distL=number distR=number wp14:anchorId=silent wp14:editId=silent"
_POINT: Final = "x=number y=number"
_FRAME: Final = "extent effectExtent docPr cNvGraphicFramePr a:graphic"
_LOOK: Final = "a:xfrm $fill a:effectLst a:effectDag a:scene3d a:extLst"
_GROUPED: Final = "wps:wsp wpg:grpSp wpg:graphicFrame pic:pic wpg:extLst"

ELEMENTS: Final[dict[str, Entry]] = {
    **drawing.ELEMENTS,
    **rows("drawing", "> wp:inline wp:anchor"),
    **rows("txbxContent", "> $blocks"),
    **table({
        "w:pict": "w14:anchorId=silent w14:editId=silent dxaOrig=silent dyaOrig=silent w:dxaOrig=silent"
        " w:dyaOrig=silent > *",
        "w:background": "color=colour themeColor themeTint=hex themeShade=hex > v:background",
    }),
    **notation.table({
        "wp:inline": f"{_DISTANCES} > {_FRAME}",
        "wp:anchor": f"{_DISTANCES} simplePos=flag relativeHeight=number behindDoc=flag locked=flag layoutInCell=flag"
        " hidden=flag"
        f" allowOverlap=flag > {_FRAME} simplePos positionH positionV wrapNone wrapSquare wrapTight wrapThrough"
        " wrapTopAndBottom wp14:sizeRelH wp14:sizeRelV",
        "wp:simplePos": _POINT,
        "wp:start": _POINT,
        "wp:lineTo": _POINT,
        "wp:positionH": "relativeFrom > align posOffset wp14:pctPosHOffset",
        "wp:positionV": "relativeFrom > align posOffset wp14:pctPosVOffset",
        "wp:align": "words",
        "wp:posOffset": "words",
        "wp14:pctPosHOffset": "words",
        "wp14:pctPosVOffset": "words",
        "wp14:pctWidth": "words",
        "wp14:pctHeight": "words",
        "wp14:sizeRelH": "relativeFrom > pctWidth",
        "wp14:sizeRelV": "relativeFrom > pctHeight",
        "wp:extent": "cx=number cy=number",
        "wp:effectExtent": "l=number t=number r=number b=number",
        "wp:wrapNone": "",
        "wp:wrapSquare": "wrapText distT=number distB=number distL=number distR=number > effectExtent",
        "wp:wrapTight": "wrapText distL=number distR=number > wrapPolygon",
        "wp:wrapThrough": "wrapText distL=number distR=number > wrapPolygon",
        "wp:wrapTopAndBottom": "distT=number distB=number > effectExtent",
        "wp:wrapPolygon": "edited=flag > start lineTo",
        "wp:docPr": _SHOWN,
        "wp:cNvGraphicFramePr": "> a:graphicFrameLocks a:extLst",
        "wps:wsp": "normalEastAsianFlow=flag > cNvPr cNvSpPr cNvCnPr spPr style extLst txbx linkedTxbx bodyPr",
        "wps:cNvPr": _SHOWN,
        "wps:cNvSpPr": "txBox=flag > a:spLocks a:extLst",
        "wps:cNvCnPr": "> a:cxnSpLocks a:stCxn a:endCxn a:extLst",
        "wps:spPr": f"bwMode > {_LOOK} a:custGeom a:prstGeom a:ln a:sp3d",
        "wps:style": "> a:lnRef a:fillRef a:effectRef a:fontRef",
        "wps:extLst": "> a:ext",
        "wps:txbx": "id=number > w:txbxContent extLst",
        "wps:linkedTxbx": "id=number seq=number > extLst",
        "wps:bodyPr": "rot=number spcFirstLastPara=flag vertOverflow horzOverflow vert wrap lIns=number tIns=number"
        " rIns=number"
        " bIns=number numCol=number spcCol=number rtlCol=flag fromWordArt=flag anchor anchorCtr=flag forceAA=flag"
        " upright=flag"
        " compatLnSpc=flag > a:prstTxWarp a:noAutofit a:normAutofit a:spAutoFit a:scene3d a:sp3d a:flatTx a:extLst",
        "wpg:wgp": f"> cNvPr cNvGrpSpPr grpSpPr {_GROUPED}",
        "wpg:grpSp": f"> cNvPr cNvGrpSpPr grpSpPr {_GROUPED}",
        "wpg:cNvPr": _SHOWN,
        "wpg:cNvGrpSpPr": "> a:grpSpLocks a:extLst",
        "wpg:grpSpPr": f"bwMode > {_LOOK}",
        "wpg:graphicFrame": "> cNvPr cNvFrPr xfrm a:graphic extLst",
        "wpg:cNvFrPr": "> a:graphicFrameLocks a:extLst",
        "wpg:xfrm": "rot=number flipH=flag flipV=flag > a:off a:ext",
        "wpg:extLst": "> a:ext",
        "wpc:wpc": "> bg whole wps:wsp pic:pic wpg:wgp graphicFrame extLst",
        "wpc:bg": "> $fill a:effectLst a:effectDag",
        "wpc:whole": "> a:ln a:effectLst a:effectDag",
        "wpc:graphicFrame": "> wpg:cNvPr wpg:cNvFrPr wpg:xfrm a:graphic wpg:extLst",
        "wpc:extLst": "> a:ext",
    }),
    # Told where their relationships are left out.
    "w:control": Fate.SILENT,
    "w:movie": Fate.SILENT,
    "o:OLEObject": Fate.SILENT,
    "w:contentPart": Fate.SILENT,  # ink; beside it stands a picture of it
    "w14:contentPart": Fate.SILENT,
}  # fmt: skip
