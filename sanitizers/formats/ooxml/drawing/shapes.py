"""DrawingML: colours, fills, lines, effects, geometry, pictures and shapes (ECMA-376 part 1, 20.1)."""

from typing import Final

from sanitizers.formats.ooxml.drawing.notation import alike, table

ELEMENTS: Final = {
    **alike(
        "a",
        "shade alpha alphaOff hueMod hue hueOff sat satOff satMod lumOff lumMod red redOff redMod green greenOff "
        "greenMod blue blueOff blueMod",
        "val=number",
    ),
    **alike(
        "a",
        "comp inv gray gamma invGamma noFill grpFill alphaCeiling alphaFloor grayscl round close",
        "",
    ),
    **alike(
        "a",
        "solidFill alphaInv clrRepl duotone extrusionClr contourClr clrFrom clrTo fgClr bgClr",
        "> $colour",
    ),
    **alike(
        "a",
        "fillRef effectRef lnRef",
        "idx=number > $colour",
    ),
    **alike(
        "a",
        "fillToRect tileRect fillRect",
        "l=number t=number r=number b=number",
    ),
    **alike(
        "a",
        "moveTo lnTo quadBezTo cubicBezTo",
        "> pt",
    ),
    **table(
        {
            "a:tint": "val=number hue=number amt=number",
            "a:alphaMod": "val=number > cont",
            "a:lum": "val=number bright=number contrast=number",
            "a:scrgbClr": "r=number g=number b=number > $change",
            "a:srgbClr": "val=hex a14:legacySpreadsheetColorIndex=silent > $change",
            "a:hslClr": "hue=number sat=number lum=number > $change",
            "a:sysClr": "val=tokens lastClr=hex > $change",
            "a:schemeClr": "val > $change",
            "a:prstClr": "val > $change",
            "a:sp3d": (
                "z=number extrusionH=number contourW=number prstMaterial > bevelT bevelB extrusionClr contourClr extLst"
            ),
            "a:lin": "ang=number scaled=flag",
            "a:path": (
                "path w=number h=number fill stroke=flag extrusionOk=flag > fillToRect close moveTo lnTo arcTo "
                "quadBezTo cubicBezTo"
            ),
            "a:tile": "tx=number ty=number sx=number sy=number flip algn",
            "a:stretch": "> fillRect",
            "a:gradFill": "flip rotWithShape=flag > gsLst lin path tileRect",
            "a:blipFill": "dpi=number rotWithShape=flag > blip srcRect tile stretch",
            "a:pattFill": "prst > fgClr bgClr",
            "a:cont": (
                "type name=name > cont effect alphaBiLevel alphaCeiling alphaFloor alphaInv alphaMod alphaModFix "
                "alphaOutset alphaRepl biLevel blend blur clrChange clrRepl duotone fill fillOverlay glow grayscl "
                "hsl innerShdw lum outerShdw prstShdw reflection relOff softEdge tint xfrm"
            ),
            "a:effectDag": (
                "type name=name > cont effect alphaBiLevel alphaCeiling alphaFloor alphaInv alphaMod alphaModFix "
                "alphaOutset alphaRepl biLevel blend blur clrChange clrRepl duotone fill fillOverlay glow grayscl "
                "hsl innerShdw lum outerShdw prstShdw reflection relOff softEdge tint xfrm"
            ),
            "a:effect": "ref > $effects",
            "a:alphaBiLevel": "thresh=number",
            "a:alphaModFix": "amt=number",
            "a:alphaOutset": "rad=number",
            "a:alphaRepl": "a=number",
            "a:biLevel": "thresh=number",
            "a:blend": "blend > cont",
            "a:blur": "rad=number grow=flag",
            "a:clrChange": "useA=flag > clrFrom clrTo",
            "a:fillOverlay": "blend > $fill",
            "a:glow": "rad=number > $colour",
            "a:hsl": "hue=number sat=number lum=number",
            "a:innerShdw": "blurRad=number dist=number dir=number > $colour",
            "a:outerShdw": (
                "blurRad=number dist=number dir=number sx=number sy=number kx=number ky=number algn "
                "rotWithShape=flag > $colour"
            ),
            "a:prstShdw": "prst dist=number dir=number > $colour",
            "a:reflection": (
                "blurRad=number stA=number stPos=number endA=number endPos=number dist=number dir=number "
                "fadeDir=number sx=number sy=number kx=number ky=number algn rotWithShape=flag"
            ),
            "a:relOff": "tx=number ty=number",
            "a:softEdge": "rad=number",
            "a:xfrm": (
                "sx=number sy=number kx=number ky=number tx=number ty=number rot=number flipH=flag flipV=flag > off "
                "ext chOff chExt"
            ),
            "a:effectLst": "> blur fillOverlay glow innerShdw outerShdw prstShdw reflection softEdge",
            "a:custGeom": "> avLst gdLst ahLst cxnLst rect pathLst",
            "a:prstGeom": "prst > avLst",
            "a:bevel": "w=number h=number prst",
            "a:miter": "lim=number",
            "a:prstDash": "val",
            "a:custDash": "> ds",
            "a:fontRef": "idx > $colour",
            "a:ln": "w=number cap cmpd algn > $line",
            "a:scene3d": "> camera lightRig backdrop extLst",
            "a:sx": "n=number d=number",
            "a:sy": "n=number d=number",
            "a:off": "x=number y=number",
            "a:chOff": "x=number y=number",
            "a:chExt": "cx=number cy=number",
            "a:spLocks": (
                "noGrp=flag noSelect=flag noRot=flag noChangeAspect=flag noMove=flag noResize=flag noEditPoints=flag "
                "noAdjustHandles=flag noChangeArrowheads=flag noChangeShapeType=flag noTextEdit=flag > extLst"
            ),
            "a:cxnSpLocks": (
                "noGrp=flag noSelect=flag noRot=flag noChangeAspect=flag noMove=flag noResize=flag noEditPoints=flag "
                "noAdjustHandles=flag noChangeArrowheads=flag noChangeShapeType=flag > extLst"
            ),
            "a:stCxn": "id=number idx=number",
            "a:endCxn": "id=number idx=number",
            "a:graphicFrameLocks": (
                "noGrp=flag noDrilldown=flag noSelect=flag noChangeAspect=flag noMove=flag noResize=flag > extLst"
            ),
            "a:dgm": "id=guid bldStep",
            "a:chart": "seriesIdx=number categoryIdx=number bldStep",
            "a:bldDgm": "bld rev=flag",
            "a:bldChart": "bld animBg=flag",
            "a:cNvPr": "id=number name=name descr=text hidden=flag title=text > hlinkClick hlinkHover extLst",
            "a:cNvSpPr": "txBox=flag > spLocks extLst",
            "a:nvSpPr": "> cNvPr cNvSpPr",
            "a:spPr": "bwMode > xfrm custGeom prstGeom $fill ln $effects scene3d sp3d extLst",
            "a:style": "> lnRef fillRef effectRef fontRef",
            "a:cNvCxnSpPr": "> cxnSpLocks stCxn endCxn extLst",
            "a:nvCxnSpPr": "> cNvPr cNvCxnSpPr",
            "a:cNvPicPr": "preferRelativeResize=flag > picLocks extLst",
            "a:nvPicPr": "> cNvPr cNvPicPr",
            "a:cNvGraphicFramePr": "> graphicFrameLocks extLst",
            "a:nvGraphicFramePr": "> cNvPr cNvGraphicFramePr",
            "a:cNvGrpSpPr": "> grpSpLocks extLst",
            "a:rot": "lat=number lon=number rev=number",
            "a:camera": "prst fov=number zoom=number > rot",
            "a:lightRig": "rig dir > rot",
            "a:backdrop": "> anchor norm up extLst",
            "a:anchor": "x=number y=number z=number",
            "a:norm": "dx=number dy=number dz=number",
            "a:up": "dx=number dy=number dz=number",
            "a:bevelT": "w=number h=number prst",
            "a:bevelB": "w=number h=number prst",
            "a:gs": "pos=number > $colour",
            "a:gsLst": "> gs",
            "a:gd": "name=name fmla=formula",
            "a:pos": "x=guide y=guide",
            "a:pt": "x=guide y=guide",
            "a:ahXY": "gdRefX=guide minX=guide maxX=guide gdRefY=guide minY=guide maxY=guide > pos",
            "a:ahPolar": "gdRefR=guide minR=guide maxR=guide gdRefAng=guide minAng=guide maxAng=guide > pos",
            "a:cxn": "ang=guide > pos",
            "a:arcTo": "wR=guide hR=guide stAng=guide swAng=guide",
            "a:avLst": "> gd",
            "a:gdLst": "> gd",
            "a:ahLst": "> ahXY ahPolar",
            "a:cxnLst": "> cxn",
            "a:rect": "l=guide t=guide r=guide b=guide",
            "a:pathLst": "> path",
            "a:ds": "d=number sp=number",
            "a:nvGrpSpPr": "> cNvPr cNvGrpSpPr",
            "a:grpSpPr": "bwMode > xfrm $fill $effects scene3d extLst",
            "a:sp": "> nvSpPr spPr txSp style extLst",
            "a:cxnSp": "> nvCxnSpPr spPr style extLst",
            "a:pic": "> nvPicPr blipFill spPr style extLst",
            "a:graphicFrame": "> nvGraphicFramePr graphic xfrm extLst",
            "a:grpSp": "> nvGrpSpPr grpSpPr txSp sp cxnSp pic graphicFrame grpSp extLst",
            "a:grpSpLocks": (
                "noGrp=flag noUngrp=flag noSelect=flag noRot=flag noChangeAspect=flag noMove=flag noResize=flag > "
                "extLst"
            ),
            "a:headEnd": "type w len",
            "a:tailEnd": "type w len",
            "a:picLocks": (
                "noGrp=flag noSelect=flag noRot=flag noChangeAspect=flag noMove=flag noResize=flag noEditPoints=flag "
                "noAdjustHandles=flag noChangeArrowheads=flag noChangeShapeType=flag noCrop=flag > extLst"
            ),
        }
    ),
}
