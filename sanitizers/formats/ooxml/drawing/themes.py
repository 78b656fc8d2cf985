"""Themes: colours, fonts and effects that a document chooses from (ECMA-376 part 1, 20.1.6 and 14.2.7)."""

from typing import Final

from sanitizers.formats.ooxml.drawing.notation import alike, table

ELEMENTS: Final = {
    **alike(
        "a",
        "dk1 lt1 dk2 lt2 accent1 accent2 accent3 accent4 accent5 accent6 hlink folHlink",
        "> scrgbClr srgbClr hslClr sysClr prstClr",
    ),
    **alike(
        "a",
        "spDef lnDef txDef",
        "> spPr bodyPr lstStyle style extLst",
    ),
    **table(
        {
            "a:majorFont": "> latin ea cs font extLst",
            "a:minorFont": "> latin ea cs font extLst",
            "a:theme": "name=name thm15:id=silent > themeElements objectDefaults extraClrSchemeLst custClrLst extLst",
            "a:themeOverride": "> clrScheme fontScheme fmtScheme",
            "a:themeManager": "",
            "a:masterClrMapping": "",
            "a:custClr": "name=name > $colour",
            "a:effectStyle": "> $effects scene3d sp3d",
            "a:fillStyleLst": "> $fill",
            "a:lnStyleLst": "> ln",
            "a:effectStyleLst": "> effectStyle",
            "a:bgFillStyleLst": "> $fill",
            "a:clrScheme": (
                "name=name > dk1 lt1 dk2 lt2 accent1 accent2 accent3 accent4 accent5 accent6 hlink folHlink extLst"
            ),
            "a:fontScheme": "name=name > majorFont minorFont extLst",
            "a:fmtScheme": "name=name > fillStyleLst lnStyleLst effectStyleLst bgFillStyleLst",
            "a:overrideClrMapping": (
                "bg1 tx1 bg2 tx2 accent1 accent2 accent3 accent4 accent5 accent6 hlink folHlink > extLst"
            ),
            "a:clrMap": "bg1 tx1 bg2 tx2 accent1 accent2 accent3 accent4 accent5 accent6 hlink folHlink > extLst",
            "a:extraClrScheme": "> clrScheme clrMap",
            "a:themeElements": "> clrScheme fontScheme fmtScheme extLst",
            "a:objectDefaults": "> spDef lnDef txDef extLst",
            "a:extraClrSchemeLst": "> extraClrScheme",
            "a:custClrLst": "> custClr",
        }
    ),
}
