"""Styles and colours that a chart offers when it is edited ([MS-ODRAWXML] 2.26)."""

from typing import Final

from sanitizers.formats.ooxml.drawing.notation import alike, table

ELEMENTS: Final = {
    **alike(
        "cs",
        "lnRef fillRef effectRef",
        "idx=number mods=tokens > $colour styleClr",
    ),
    **alike(
        "cs",
        "categoryAxis seriesAxis valueAxis",
        "visible majorTick minorTick labelPosition majorGridlines minorGridlines title mods=tokens > lnRef "
        "lineWidthScale fillRef effectRef fontRef spPr defRPr bodyPr extLst",
    ),
    **alike(
        "cs",
        "axisTitle chartArea dataLabel dataLabelCallout dataPoint dataPoint3D dataPointLine dataPointMarker "
        "dataPointWireframe downBar dropLine errorBar floor gridlineMajor gridlineMinor hiLoLine leaderLine "
        "plotArea plotArea3D seriesLine trendlineLabel upBar wall",
        "mods=tokens > lnRef lineWidthScale fillRef effectRef fontRef spPr defRPr bodyPr extLst",
    ),
    **table(
        {
            "cs:colorStyle": "meth id=number > $colour variation extLst",
            "cs:chartStyle": (
                "id=number > axisTitle categoryAxis chartArea dataLabel dataLabelCallout dataPoint dataPoint3D "
                "dataPointLine dataPointMarker dataPointMarkerLayout dataPointWireframe dataTable downBar dropLine "
                "errorBar floor gridlineMajor gridlineMinor hiLoLine leaderLine legend plotArea plotArea3D "
                "seriesAxis seriesLine title trendline trendlineLabel upBar valueAxis wall extLst"
            ),
            "cs:variation": "> $change",
            "cs:styleClr": "val=tokens > $change",
            "cs:lineWidthScale": "words",
            "cs:fontRef": "idx mods=tokens > $colour styleClr",
            "cs:spPr": "bwMode > a:xfrm a:custGeom a:prstGeom $fill a:ln $effects a:scene3d a:sp3d a:extLst",
            "cs:defRPr": (
                "kumimoji=flag lang=language altLang=language sz=number b=flag i=flag u strike kern=number cap "
                "spc=number normalizeH=flag baseline=number noProof=flag dirty=silent err=silent smtClean=silent "
                "smtId=silent bmk=silent > $run"
            ),
            "cs:bodyPr": (
                "rot=number spcFirstLastPara=flag vertOverflow horzOverflow vert wrap lIns=number tIns=number "
                "rIns=number bIns=number numCol=number spcCol=number rtlCol=flag fromWordArt=flag anchor "
                "anchorCtr=flag forceAA=flag upright=flag compatLnSpc=flag > a:prstTxWarp a:noAutofit a:normAutofit "
                "a:spAutoFit a:scene3d a:sp3d a:flatTx a:extLst"
            ),
            "cs:dataSeries": (
                "overlap=number gapWidth=number gapDepth=number doughnutHoleSize=number markerVisible hiloLines "
                "dropLines seriesLines"
            ),
            "cs:dataLabels": "position value seriesName categoryName legendKey percentage",
            "cs:dataTable": (
                "legendKeys horizontalBorder verticalBorder outlineBorder mods=tokens > lnRef lineWidthScale fillRef "
                "effectRef fontRef spPr defRPr bodyPr extLst"
            ),
            "cs:legend": (
                "visible includeInLayout position mods=tokens > lnRef lineWidthScale fillRef effectRef fontRef spPr "
                "defRPr bodyPr extLst"
            ),
            "cs:title": (
                "position mods=tokens > lnRef lineWidthScale fillRef effectRef fontRef spPr defRPr bodyPr extLst"
            ),
            "cs:trendline": (
                "add equation rsquared mods=tokens > lnRef lineWidthScale fillRef effectRef fontRef spPr defRPr "
                "bodyPr extLst"
            ),
            "cs:view3D": "rotX=number rotY=number rAngAx perspective=number heightPercent=number depthPercent=number",
            "cs:dataPointMarkerLayout": "symbol size=number",
        }
    ),
}
