"""How a presentation is shown, printed and viewed, and its styles of tables (ECMA-376 part 1, 13.3.7, 13.3.15)."""

from typing import Final

from sanitizers.formats.ooxml import values
from sanitizers.formats.ooxml.allowed import Element, Entry, Fate, Grammar
from sanitizers.formats.ooxml.drawing.extensions import extensions
from sanitizers.formats.ooxml.drawing.notation import children, table
from sanitizers.formats.ooxml.drawing.shared import SHARED

_SHOW: Final[dict[str, Entry]] = {
    **SHARED,
    **extensions("p"),
    "p:presentationPr": Element(children=children("p", "prnPr showPr clrMru extLst")),
    "p:custShow": Element(attributes={"id": values.natural}),
    **table(
        {
            "p:prnPr": "prnWhat clrMode hiddenSlides=flag scaleToFitPaper=flag frameSlides=flag",
            "p:showPr": (
                "loop=flag showNarration=flag showAnimation=flag useTimings=flag > present browse kiosk sldAll sldRg "
                "custShow penClr extLst"
            ),
            "p:present": "",
            "p:browse": "showScrollbar=flag",
            "p:kiosk": "restart=number",
            "p:sldAll": "",
            "p:sldRg": "st=number end=number",
            "p:penClr": "> $colour",
            "p:clrMru": "> $colour",
            "p14:laserClr": "> $colour",
            "p14:browseMode": "showStatus=flag",
            "p14:showMediaCtrls": "val=flag",
            "p14:discardImageEditData": "val=flag",
            "p14:defaultImageDpi": "val=number",
            "p15:chartTrackingRefBased": "val=flag",
        }
    ),
    # Publishing as web pages, which no version does any more.
    "p:htmlPubPr": Fate.SILENT,
    "p:webPr": Fate.SILENT,
}
_VIEW: Final[dict[str, Entry]] = {
    **SHARED,
    **extensions("p"),
    **table(
        {
            "p:viewPr": (
                "lastView showComments=flag > normalViewPr slideViewPr outlineViewPr notesTextViewPr sorterViewPr "
                "notesViewPr gridSpacing extLst"
            ),
            "p:normalViewPr": (
                "showOutlineIcons=flag snapVertSplitter=flag vertBarState horzBarState preferSingleView=flag > "
                "restoredLeft restoredTop extLst"
            ),
            "p:restoredLeft": "sz=number autoAdjust=flag",
            "p:restoredTop": "sz=number autoAdjust=flag",
            "p:slideViewPr": "> cSldViewPr extLst",
            "p:outlineViewPr": "> cViewPr extLst",
            "p:notesTextViewPr": "> cViewPr extLst",
            "p:sorterViewPr": "showFormatting=flag > cViewPr extLst",
            "p:notesViewPr": "> cSldViewPr extLst",
            "p:cSldViewPr": "snapToGrid=flag snapToObjects=flag showGuides=flag > cViewPr guideLst",
            "p:cViewPr": "varScale=flag > scale origin",
            "p:scale": "> a:sx a:sy",
            "p:origin": "x=number y=number",
            "p:guideLst": "> guide",
            "p:guide": "orient pos=number",
            "p:gridSpacing": "cx=number cy=number",
            "p15:sldGuideLst": "> guide",
            "p15:notesGuideLst": "> guide",
            "p15:guide": "id=number name=name orient pos=number userDrawn=flag > clr",
            "p15:clr": "> $colour",
        }
    ),
    "p:sldLst": Fate.SILENT,  # slides folded up in the outline
}
SHOW: Final = Grammar("p:presentationPr", _SHOW)
VIEW: Final = Grammar("p:viewPr", _VIEW)
TABLE_STYLES: Final = Grammar(
    "a:tblStyleLst",
    {**SHARED, "a:tblStyleLst": Element(attributes={"def": values.guid}, children=frozenset({"a:tblStyle"}))},
)
