"""What lies upon a sheet: pictures, shapes, charts, each bound to cells (20.5)."""

from typing import Final

from sanitizers.formats.ooxml.excel.notation import table

DRAWING: Final = table({
    "xdr:wsDr": "> twoCellAnchor oneCellAnchor absoluteAnchor",
    "xdr:twoCellAnchor": "editAs > from to sp grpSp graphicFrame cxnSp pic clientData",
    "xdr:oneCellAnchor": "> from ext sp grpSp graphicFrame cxnSp pic clientData",
    "xdr:absoluteAnchor": "> pos ext sp grpSp graphicFrame cxnSp pic clientData",
    "xdr:from": "> col colOff row rowOff",
    "xdr:to": "> col colOff row rowOff",
    "xdr:sp": "macro=text textlink=text fLocksText=flag fPublished=flag > nvSpPr spPr style txBody",
    "xdr:grpSp": "> nvGrpSpPr grpSpPr sp grpSp graphicFrame cxnSp pic",
    "xdr:graphicFrame": "macro=text fPublished=flag > nvGraphicFramePr xfrm a:graphic",
    "xdr:cxnSp": "macro=text fPublished=flag > nvCxnSpPr spPr style",
    "xdr:pic": "macro=text fPublished=flag > nvPicPr blipFill spPr style",
    "xdr:clientData": "fLocksWithSheet=flag fPrintsWithSheet=flag",
    "xdr:ext": "cx=int cy=int",
    "xdr:pos": "x=int y=int",
    "xdr:col": "words",
    "xdr:colOff": "words",
    "xdr:row": "words",
    "xdr:rowOff": "words",
    "xdr:nvSpPr": "> cNvPr cNvSpPr",
    "xdr:spPr": (
        "bwMode > a:xfrm a:custGeom a:prstGeom a:noFill a:solidFill a:gradFill a:blipFill a:pattFill a:grpFill a:ln "
        "a:effectLst a:effectDag a:scene3d a:sp3d a:extLst"
    ),
    "xdr:style": "> a:lnRef a:fillRef a:effectRef a:fontRef",
    "xdr:txBody": "> a:bodyPr a:lstStyle a:p",
    "xdr:nvGrpSpPr": "> cNvPr cNvGrpSpPr",
    "xdr:grpSpPr": (
        "bwMode > a:xfrm a:noFill a:solidFill a:gradFill a:blipFill a:pattFill a:grpFill a:effectLst a:effectDag "
        "a:scene3d a:extLst"
    ),
    "xdr:nvGraphicFramePr": "> cNvPr cNvGraphicFramePr",
    "xdr:xfrm": "rot=int flipH=flag flipV=flag > a:off a:ext",
    "xdr:nvCxnSpPr": "> cNvPr cNvCxnSpPr",
    "xdr:nvPicPr": "> cNvPr cNvPicPr",
    "xdr:blipFill": "rotWithShape=flag > a:blip a:srcRect a:tile a:stretch",
    "xdr:cNvPr": "id=n name=text descr=text hidden=flag title=text > a:hlinkClick a:hlinkHover a:extLst",
    "xdr:cNvSpPr": "txBox=flag > a:spLocks a:extLst",
    "xdr:cNvGrpSpPr": "> a:grpSpLocks a:extLst",
    "xdr:cNvGraphicFramePr": "> a:graphicFrameLocks a:extLst",
    "xdr:cNvCxnSpPr": "> a:cxnSpLocks a:stCxn a:endCxn a:extLst",
    "xdr:cNvPicPr": "preferRelativeResize=flag > a:picLocks a:extLst",
})  # fmt: skip
