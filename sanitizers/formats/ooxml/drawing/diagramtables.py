"""Diagrams (SmartArt), the table: points, layouts, styles, drawings (ECMA-376 part 1, 21.4; [MS-ODRAWXML])."""

from typing import Final

from sanitizers.formats.ooxml.drawing.notation import alike, table

ELEMENTS: Final = {
    **alike(
        "dgm",
        "fillClrLst linClrLst effectClrLst txLinClrLst txFillClrLst txEffectClrLst",
        "meth hueDir > $colour",
    ),
    **alike(
        "dgm",
        "orgChart bulletEnabled",
        "val=flag",
    ),
    **alike(
        "dgm",
        "chMax chPref",
        "val=number",
    ),
    **alike(
        "dgm",
        "dir hierBranch animOne animLvl resizeHandles",
        "val",
    ),
    **alike(
        "dgm",
        "sampData styleData clrData",
        "useDef=flag > dataModel",
    ),
    **table(
        {
            "dgm:colorsDef": "uniqueId=url minVer=url > title desc catLst styleLbl extLst",
            "dgm:dataModel": "> ptLst cxnLst bg whole extLst",
            "dgm:layoutDef": (
                "uniqueId=url minVer=url defStyle=name > title desc catLst sampData styleData clrData layoutNode extLst"
            ),
            "dgm:styleDef": "uniqueId=url minVer=url > title desc catLst scene3d styleLbl extLst",
            "dgm:cat": "type=url pri=number",
            "dgm:title": "lang=language val=text",
            "dgm:desc": "lang=language val=text",
            "dgm:catLst": "> cat",
            "dgm:styleLbl": (
                "name=name > fillClrLst linClrLst effectClrLst txLinClrLst txFillClrLst txEffectClrLst extLst "
                "scene3d sp3d txPr style"
            ),
            "dgm:pt": "modelId=id type cxnId=id > prSet spPr t extLst",
            "dgm:cxn": (
                "modelId=id type srcId=id destId=id srcOrd=number destOrd=number parTransId=id sibTransId=id "
                "presId=name > extLst"
            ),
            "dgm:constr": (
                "type for forName=name ptType refType refFor refForName=name refPtType op val=real fact=real > extLst"
            ),
            "dgm:rule": "type for forName=name ptType val=real fact=real max=real > extLst",
            "dgm:adj": "idx=number val=real",
            "dgm:adjLst": "> adj",
            "dgm:param": "type val=name",
            "dgm:alg": "type rev=number > param extLst",
            "dgm:presOf": "axis=tokens ptType=tokens hideLastTrans=tokens st=tokens cnt=tokens step=tokens > extLst",
            "dgm:constrLst": "> constr",
            "dgm:ruleLst": "> rule",
            "dgm:varLst": "> orgChart chMax chPref bulletEnabled dir hierBranch animOne animLvl resizeHandles",
            "dgm:presLayoutVars": "> orgChart chMax chPref bulletEnabled dir hierBranch animOne animLvl resizeHandles",
            "dgm:forEach": (
                "name=name ref axis=tokens ptType=tokens hideLastTrans=tokens st=tokens cnt=tokens step=tokens > alg "
                "shape presOf constrLst ruleLst forEach layoutNode choose extLst"
            ),
            "dgm:layoutNode": (
                "name=name styleLbl=name chOrder moveWith=name > alg shape presOf constrLst ruleLst varLst forEach "
                "layoutNode choose extLst"
            ),
            "dgm:choose": "name=name > if else",
            "dgm:if": (
                "name=name axis=tokens ptType=tokens hideLastTrans=tokens st=tokens cnt=tokens step=tokens func "
                "arg=name op val=name > alg shape presOf constrLst ruleLst forEach layoutNode choose extLst"
            ),
            "dgm:else": "name=name > alg shape presOf constrLst ruleLst forEach layoutNode choose extLst",
            "dgm:style": "> a:lnRef a:fillRef a:effectRef a:fontRef",
            "dgm:scene3d": "> a:camera a:lightRig a:backdrop a:extLst",
            "dgm:sp3d": (
                "z=number extrusionH=number contourW=number prstMaterial > a:bevelT a:bevelB a:extrusionClr "
                "a:contourClr a:extLst"
            ),
            "dgm:txPr": "> a:sp3d a:flatTx",
            "dgm:ptLst": "> pt",
            "dgm:cxnLst": "> cxn",
            "dgm:bg": "> $fill $effects",
            "dgm:whole": "> a:ln $effects",
            "dgm:prSet": (
                "presAssocID=id presName=name presStyleLbl=name presStyleIdx=number presStyleCnt=number loTypeId=url "
                "loCatId=name qsTypeId=url qsCatId=name csTypeId=url csCatId=name coherent3DOff=flag phldrT=text "
                "phldr=flag custAng=number custFlipVert=flag custFlipHor=flag custSzX=number custSzY=number "
                "custScaleX=number custScaleY=number custT=flag custLinFactX=number custLinFactY=number "
                "custLinFactNeighborX=number custLinFactNeighborY=number custRadScaleRad=number "
                "custRadScaleInc=number > presLayoutVars style"
            ),
            "dgm:spPr": "bwMode > a:xfrm a:custGeom a:prstGeom $fill a:ln $effects a:scene3d a:sp3d a:extLst",
            "dgm:t": "> a:bodyPr a:lstStyle a:p",
        }
    ),
}
DRAWN: Final = table(
    {
        "dsp:drawing": "> spTree",
        "dsp:cNvPr": "id=number name=name descr=text hidden=flag title=text > a:hlinkClick a:hlinkHover a:extLst",
        "dsp:cNvSpPr": "txBox=flag > a:spLocks a:extLst",
        "dsp:nvSpPr": "> cNvPr cNvSpPr",
        "dsp:spPr": "bwMode > a:xfrm a:custGeom a:prstGeom $fill a:ln $effects a:scene3d a:sp3d a:extLst",
        "dsp:style": "> a:lnRef a:fillRef a:effectRef a:fontRef",
        "dsp:txBody": "> a:bodyPr a:lstStyle a:p",
        "dsp:txXfrm": "rot=number flipH=flag flipV=flag > a:off a:ext",
        "dsp:cNvGrpSpPr": "> a:grpSpLocks a:extLst",
        "dsp:nvGrpSpPr": "> cNvPr cNvGrpSpPr",
        "dsp:grpSpPr": "bwMode > a:xfrm $fill $effects a:scene3d a:extLst",
        "dsp:sp": "modelId=id > nvSpPr spPr style txBody txXfrm extLst",
        "dsp:grpSp": "> nvGrpSpPr grpSpPr sp grpSp extLst",
        "dsp:spTree": "> nvGrpSpPr grpSpPr sp grpSp extLst",
    }
)
