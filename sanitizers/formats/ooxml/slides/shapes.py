"""What stands on slides, layouts, masters and notes (ECMA-376 part 1, 19.3): shapes, pictures, frames, text styles."""

from typing import Final

from sanitizers.formats.ooxml import values
from sanitizers.formats.ooxml.allowed import Element, Entry, Fate
from sanitizers.formats.ooxml.drawing import DRAWN
from sanitizers.formats.ooxml.drawing.extensions import extensions
from sanitizers.formats.ooxml.drawing.notation import alike, children, table

ELEMENTS: Final[dict[str, Entry]] = {
    **DRAWN,
    **extensions("p"),
    **alike(
        "p",
        "titleStyle bodyStyle otherStyle notesStyle",
        "> a:defPPr $levels a:extLst",
    ),
    **table(
        {
            "p:bg": "bwMode > bgPr bgRef",
            "p:clrMap": "bg1 tx1 bg2 tx2 accent1 accent2 accent3 accent4 accent5 accent6 hlink folHlink > a:extLst",
            "p:clrMapOvr": "> a:masterClrMapping a:overrideClrMapping",
            "p:bgPr": "shadeToTitle=flag > a:noFill a:solidFill a:gradFill a:blipFill a:pattFill $effects extLst",
            "p:bgRef": "idx=number > $colour",
            "p:cNvPr": "id=number name=name descr=text hidden=flag title=text > a:hlinkClick a:hlinkHover a:extLst",
            "p:cNvSpPr": "txBox=flag > a:spLocks a:extLst",
            "p:nvSpPr": "> cNvPr cNvSpPr nvPr",
            "p:spPr": "bwMode > a:xfrm a:custGeom a:prstGeom $fill a:ln $effects a:scene3d a:sp3d a:extLst",
            "p:style": "> a:lnRef a:fillRef a:effectRef a:fontRef",
            "p:txBody": "> a:bodyPr a:lstStyle a:p",
            "p:cNvCxnSpPr": "> a:cxnSpLocks a:stCxn a:endCxn a:extLst",
            "p:nvCxnSpPr": "> cNvPr cNvCxnSpPr nvPr",
            "p:cNvPicPr": "preferRelativeResize=flag > a:picLocks a:extLst",
            "p:nvPicPr": "> cNvPr cNvPicPr nvPr",
            "p:blipFill": "dpi=number rotWithShape=flag > a:blip a:srcRect a:tile a:stretch",
            "p:cNvGraphicFramePr": "> a:graphicFrameLocks a:extLst",
            "p:nvGraphicFramePr": "> cNvPr cNvGraphicFramePr nvPr",
            "p:xfrm": "rot=number flipH=flag flipV=flag > a:off a:ext",
            "p:cNvGrpSpPr": "> a:grpSpLocks a:extLst",
            "p:nvGrpSpPr": "> cNvPr cNvGrpSpPr nvPr",
            "p:grpSpPr": "bwMode > a:xfrm $fill $effects a:scene3d a:extLst",
            "p:sp": "useBgFill=flag > nvSpPr spPr style txBody extLst",
            "p:cxnSp": "> nvCxnSpPr spPr style extLst",
            "p:pic": "> nvPicPr blipFill spPr style extLst",
            "p:ph": "type orient sz idx=number hasCustomPrompt=flag > extLst",
            "p:hf": "sldNum=flag hdr=flag ftr=flag dt=flag > extLst",
            "p:txStyles": "> titleStyle bodyStyle otherStyle extLst",
            "p:spTree": "> nvGrpSpPr grpSpPr sp grpSp graphicFrame cxnSp pic extLst",
            "p:grpSp": "> nvGrpSpPr grpSpPr sp grpSp graphicFrame cxnSp pic extLst",
            "a:masterClrMapping": "",
            "a:overrideClrMapping": (
                "bg1 tx1 bg2 tx2 accent1 accent2 accent3 accent4 accent5 accent6 hlink folHlink > extLst"
            ),
            # What remarks of 2018 and later name a slide by.
            "p14:creationId": "val=number",
            "p15:sldGuideLst": "> guide",
            "p15:guide": "id=number name=name orient pos=number userDrawn=flag > clr",
            "p15:clr": "> $colour",
        }
    ),
    "p:graphicFrame": Element(
        children=children("p", "nvGraphicFramePr xfrm a:graphic extLst"), needs=frozenset({"a:graphic"})
    ),
    "p:nvPr": Element(
        attributes={"isPhoto": values.boolean, "userDrawn": values.boolean}, children=children("p", "ph extLst")
    ),
    "p:cSld": Element(attributes={"name": values.name}, children=children("p", "bg spTree extLst")),
    # Parts of other programs, tags, controls: told of where the relationships are gone through.
    "p:custDataLst": Fate.SILENT,
    "p:controls": Fate.SILENT,
    "p:contentPart": Fate.SILENT,
    # Marks of the program for itself; sound and video are relationships.
    "p14:media": Fate.SILENT,
    "p14:modId": Fate.SILENT,
    "p14:showEvtLst": Fate.SILENT,
    "p14:laserTraceLst": Fate.SILENT,
}
