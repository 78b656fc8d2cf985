"""DrawingML: text in shapes, and tables with their styles (ECMA-376 part 1, 21.1)."""

from typing import Final

from sanitizers.formats.ooxml.drawing.notation import table

ELEMENTS: Final = table(
    {
        "a:font": "script typeface=name > latin ea cs font extLst",
        "a:flatTx": "z=number",
        "a:fill": "> $fill",
        "a:prstTxWarp": "prst > avLst",
        "a:noAutofit": "",
        "a:normAutofit": "fontScale=number lnSpcReduction=number",
        "a:spAutoFit": "",
        "a:buClrTx": "",
        "a:buClr": "> $colour",
        "a:highlight": "> $colour",
        "a:buSzTx": "",
        "a:buSzPct": "val=number",
        "a:buSzPts": "val=number",
        "a:buFontTx": "",
        "a:buFont": "typeface=name panose=hex pitchFamily=number charset=number",
        "a:latin": "typeface=name panose=hex pitchFamily=number charset=number",
        "a:ea": "typeface=name panose=hex pitchFamily=number charset=number",
        "a:cs": "typeface=name panose=hex pitchFamily=number charset=number",
        "a:sym": "typeface=name panose=hex pitchFamily=number charset=number",
        "a:buNone": "",
        "a:buAutoNum": "type startAt=number",
        "a:buChar": "char=name",
        "a:buBlip": "> blip",
        "a:uLnTx": "",
        "a:uLn": "w=number cap cmpd algn > $line",
        "a:lnL": "w=number cap cmpd algn > $line",
        "a:lnR": "w=number cap cmpd algn > $line",
        "a:lnT": "w=number cap cmpd algn > $line",
        "a:lnB": "w=number cap cmpd algn > $line",
        "a:lnTlToBr": "w=number cap cmpd algn > $line",
        "a:lnBlToTr": "w=number cap cmpd algn > $line",
        "a:uFillTx": "",
        "a:uFill": "> $fill",
        "a:r": "> rPr t",
        "a:br": "> rPr",
        "a:fld": "id=guid type=field > rPr pPr t",
        "a:tbl": "> tblPr tblGrid tr",
        "a:tblStyleLst": "def=guid > tblStyle",
        "a:txBody": "> bodyPr lstStyle p",
        "a:useSpRect": "",
        "a:txSp": "> txBody useSpRect xfrm extLst",
        "a:bodyPr": (
            "rot=number spcFirstLastPara=flag vertOverflow horzOverflow vert wrap lIns=number tIns=number "
            "rIns=number bIns=number numCol=number spcCol=number rtlCol=flag fromWordArt=flag anchor anchorCtr=flag "
            "forceAA=flag upright=flag compatLnSpc=flag > prstTxWarp noAutofit normAutofit spAutoFit scene3d sp3d "
            "flatTx extLst"
        ),
        "a:lstStyle": "> defPPr $levels extLst",
        "a:cell3D": "prstMaterial > bevel lightRig extLst",
        "a:tcPr": (
            "marL=number marR=number marT=number marB=number vert anchor anchorCtr=flag horzOverflow > lnL lnR lnT "
            "lnB lnTlToBr lnBlToTr cell3D $fill extLst"
        ),
        "a:tc": "rowSpan=number gridSpan=number hMerge=flag vMerge=flag > txBody tcPr extLst",
        "a:tableStyle": (
            "styleId=guid styleName=name > tblBg wholeTbl band1H band2H band1V band2V lastCol firstCol lastRow "
            "seCell swCell firstRow neCell nwCell extLst"
        ),
        "a:tblStyle": (
            "styleId=guid styleName=name > tblBg wholeTbl band1H band2H band1V band2V lastCol firstCol lastRow "
            "seCell swCell firstRow neCell nwCell extLst"
        ),
        "a:tableStyleId": "words",
        "a:gridCol": "w=number > extLst",
        "a:tblPr": (
            "rtl=flag firstRow=flag firstCol=flag lastRow=flag lastCol=flag bandRow=flag bandCol=flag > $fill "
            "$effects tableStyle tableStyleId extLst"
        ),
        "a:tblGrid": "> gridCol",
        "a:tr": "h=number > tc extLst",
        "a:left": "> ln lnRef",
        "a:right": "> ln lnRef",
        "a:top": "> ln lnRef",
        "a:bottom": "> ln lnRef",
        "a:insideH": "> ln lnRef",
        "a:insideV": "> ln lnRef",
        "a:tl2br": "> ln lnRef",
        "a:tr2bl": "> ln lnRef",
        "a:tcBdr": "> left right top bottom insideH insideV tl2br tr2bl extLst",
        "a:tcTxStyle": "b i > font fontRef $colour extLst",
        "a:tcStyle": "> tcBdr fill fillRef cell3D",
        "a:tblBg": "> fill fillRef effect effectRef",
        "a:wholeTbl": "> tcTxStyle tcStyle",
        "a:band1H": "> tcTxStyle tcStyle",
        "a:band2H": "> tcTxStyle tcStyle",
        "a:band1V": "> tcTxStyle tcStyle",
        "a:band2V": "> tcTxStyle tcStyle",
        "a:lastCol": "> tcTxStyle tcStyle",
        "a:firstCol": "> tcTxStyle tcStyle",
        "a:lastRow": "> tcTxStyle tcStyle",
        "a:seCell": "> tcTxStyle tcStyle",
        "a:swCell": "> tcTxStyle tcStyle",
        "a:firstRow": "> tcTxStyle tcStyle",
        "a:neCell": "> tcTxStyle tcStyle",
        "a:nwCell": "> tcTxStyle tcStyle",
        "a:pPr": (
            "marL=number marR=number lvl=number indent=number algn defTabSz=number rtl=flag eaLnBrk=flag fontAlgn "
            "latinLnBrk=flag hangingPunct=flag > $paragraph"
        ),
        "a:defPPr": (
            "marL=number marR=number lvl=number indent=number algn defTabSz=number rtl=flag eaLnBrk=flag fontAlgn "
            "latinLnBrk=flag hangingPunct=flag > $paragraph"
        ),
        "a:lvl1pPr": (
            "marL=number marR=number lvl=number indent=number algn defTabSz=number rtl=flag eaLnBrk=flag fontAlgn "
            "latinLnBrk=flag hangingPunct=flag > $paragraph"
        ),
        "a:lvl2pPr": (
            "marL=number marR=number lvl=number indent=number algn defTabSz=number rtl=flag eaLnBrk=flag fontAlgn "
            "latinLnBrk=flag hangingPunct=flag > $paragraph"
        ),
        "a:lvl3pPr": (
            "marL=number marR=number lvl=number indent=number algn defTabSz=number rtl=flag eaLnBrk=flag fontAlgn "
            "latinLnBrk=flag hangingPunct=flag > $paragraph"
        ),
        "a:lvl4pPr": (
            "marL=number marR=number lvl=number indent=number algn defTabSz=number rtl=flag eaLnBrk=flag fontAlgn "
            "latinLnBrk=flag hangingPunct=flag > $paragraph"
        ),
        "a:lvl5pPr": (
            "marL=number marR=number lvl=number indent=number algn defTabSz=number rtl=flag eaLnBrk=flag fontAlgn "
            "latinLnBrk=flag hangingPunct=flag > $paragraph"
        ),
        "a:lvl6pPr": (
            "marL=number marR=number lvl=number indent=number algn defTabSz=number rtl=flag eaLnBrk=flag fontAlgn "
            "latinLnBrk=flag hangingPunct=flag > $paragraph"
        ),
        "a:lvl7pPr": (
            "marL=number marR=number lvl=number indent=number algn defTabSz=number rtl=flag eaLnBrk=flag fontAlgn "
            "latinLnBrk=flag hangingPunct=flag > $paragraph"
        ),
        "a:lvl8pPr": (
            "marL=number marR=number lvl=number indent=number algn defTabSz=number rtl=flag eaLnBrk=flag fontAlgn "
            "latinLnBrk=flag hangingPunct=flag > $paragraph"
        ),
        "a:lvl9pPr": (
            "marL=number marR=number lvl=number indent=number algn defTabSz=number rtl=flag eaLnBrk=flag fontAlgn "
            "latinLnBrk=flag hangingPunct=flag > $paragraph"
        ),
        "a:endParaRPr": (
            "kumimoji=flag lang=language altLang=language sz=number b=flag i=flag u strike kern=number cap "
            "spc=number normalizeH=flag baseline=number noProof=flag dirty=silent err=silent smtClean=silent "
            "smtId=silent bmk=silent > $run"
        ),
        "a:rPr": (
            "kumimoji=flag lang=language altLang=language sz=number b=flag i=flag u strike kern=number cap "
            "spc=number normalizeH=flag baseline=number noProof=flag dirty=silent err=silent smtClean=silent "
            "smtId=silent bmk=silent > $run"
        ),
        "a:defRPr": (
            "kumimoji=flag lang=language altLang=language sz=number b=flag i=flag u strike kern=number cap "
            "spc=number normalizeH=flag baseline=number noProof=flag dirty=silent err=silent smtClean=silent "
            "smtId=silent bmk=silent > $run"
        ),
        "a:p": "> pPr r br fld endParaRPr",
        "a:tab": "pos=number algn",
        "a:spcPct": "val=number",
        "a:spcPts": "val=number",
        "a:lnSpc": "> spcPct spcPts",
        "a:spcBef": "> spcPct spcPts",
        "a:spcAft": "> spcPct spcPts",
        "a:tabLst": "> tab",
        "a:t": "words",
        "a:rtl": "val=flag",
    }
)
