"""Charts, the table: series, axes, labels, legends (ECMA-376 part 1, 21.2)."""

from typing import Final

from sanitizers.formats.ooxml.drawing.notation import alike, table

ELEMENTS: Final = {
    **alike(
        "c",
        "dLblPos grouping barDir axPos majorTickMark minorTickMark tickLblPos crosses layoutTarget xMode yMode "
        "wMode hMode symbol trendlineType errDir errBarType errValType ofPieType splitType pictureFormat "
        "builtInUnit orientation legendPos scatterStyle radarStyle shape sizeRepresents lblAlgn baseTimeUnit "
        "majorTimeUnit minorTimeUnit crossBetween dispBlanksAs",
        "val",
    ),
    **alike(
        "c",
        "showLegendKey showVal showCatName showSerName showPercent showBubbleSize showLeaderLines varyColors "
        "wireframe delete overlay rAngAx showHorzBorder showVertBorder showOutline showKeys invertIfNegative "
        "bubble3D dispRSqr dispEq noEndCap applyToFront applyToSides applyToEnd chartObject data formatting "
        "selection userInterface autoUpdate smooth showNegBubbles auto noMultiLvlLbl autoTitleDeleted plotVisOnly "
        "showDLblsOverMax date1904 roundedCorners",
        "val=flag",
    ),
    **alike(
        "c",
        "separator name v formatCode oddHeader oddFooter evenHeader evenFooter firstHeader firstFooter",
        "words",
    ),
    **alike(
        "c",
        "idx order axId crossAx ptCount secondPiePt explosion fmtId rotX hPercent rotY depthPercent perspective "
        "size period gapWidth gapDepth secondPieSize firstSliceAng holeSize thickness overlap bubbleScale "
        "lblOffset tickLblSkip tickMarkSkip style",
        "val=number",
    ),
    **alike(
        "c",
        "crossesAt x y w h forward backward intercept splitPos custUnit max min pictureStackUnit logBase majorUnit "
        "minorUnit",
        "val=real",
    ),
    **table(
        {
            "c:numFmt": "formatCode=text sourceLinked=flag",
            "c:spPr": "bwMode > a:xfrm a:custGeom a:prstGeom $fill a:ln $effects a:scene3d a:sp3d a:extLst",
            "c:txPr": "> a:bodyPr a:lstStyle a:p",
            "c:rich": "> a:bodyPr a:lstStyle a:p",
            "c:marker": "val=flag > symbol size spPr extLst",
            "c:layout": "> manualLayout extLst",
            "c:tx": "> strRef rich strLit v",
            "c:leaderLines": "> spPr",
            "c:dropLines": "> spPr",
            "c:majorGridlines": "> spPr",
            "c:minorGridlines": "> spPr",
            "c:serLines": "> spPr",
            "c:hiLowLines": "> spPr",
            "c:ser": (
                "> idx order tx spPr marker pictureOptions dPt dLbls trendline errBars cat val smooth extLst "
                "invertIfNegative shape explosion bubble3D xVal yVal bubbleSize"
            ),
            "c:dLbls": (
                "> dLbl delete numFmt spPr txPr dLblPos showLegendKey showVal showCatName showSerName showPercent "
                "showBubbleSize separator showLeaderLines leaderLines extLst"
            ),
            "c:bandFmts": "> bandFmt",
            "c:scaling": "> logBase orientation max min extLst",
            "c:title": "> tx layout overlay spPr txPr extLst",
            "c:val": "val=real > numRef numLit",
            "c:pt": "idx=number formatCode=text > v",
            "c:numRef": "> f numCache extLst",
            "c:numLit": "> formatCode ptCount pt extLst",
            "c:numCache": "> formatCode ptCount pt extLst",
            "c:lvl": "> pt",
            "c:multiLvlStrRef": "> f multiLvlStrCache extLst",
            "c:strRef": "> f strCache extLst",
            "c:strLit": "> ptCount pt extLst",
            "c:strCache": "> ptCount pt extLst",
            "c:manualLayout": "> layoutTarget xMode yMode wMode hMode x y w h extLst",
            "c:pictureOptions": "> applyToFront applyToSides applyToEnd pictureFormat pictureStackUnit",
            "c:trendlineLbl": "> layout tx numFmt spPr txPr extLst",
            "c:plus": "> numRef numLit",
            "c:minus": "> numRef numLit",
            "c:yVal": "> numRef numLit",
            "c:bubbleSize": "> numRef numLit",
            "c:upBars": "> spPr",
            "c:downBars": "> spPr",
            "c:custSplit": "> secondPiePt",
            "c:bandFmt": "> idx spPr",
            "c:dispUnitsLbl": "> layout tx spPr txPr",
            "c:pivotFmt": "> idx spPr marker dLbl extLst",
            "c:legendEntry": "> idx delete txPr extLst",
            "c:headerFooter": (
                "alignWithMargins=flag differentOddEven=flag differentFirst=flag > oddHeader oddFooter evenHeader "
                "evenFooter firstHeader firstFooter"
            ),
            "c:pageMargins": "l=real r=real t=real b=real header=real footer=real",
            "c:pageSetup": (
                "paperSize=number firstPageNumber=number orientation blackAndWhite=flag draft=flag "
                "useFirstPageNumber=flag horizontalDpi=number verticalDpi=number copies=number"
            ),
            "c:dLbl": (
                "> idx delete layout tx numFmt spPr txPr dLblPos showLegendKey showVal showCatName showSerName "
                "showPercent showBubbleSize separator extLst"
            ),
            "c:areaChart": "> grouping varyColors ser dLbls dropLines axId extLst",
            "c:area3DChart": "> grouping varyColors ser dLbls dropLines gapDepth axId extLst",
            "c:lineChart": "> grouping varyColors ser dLbls dropLines hiLowLines upDownBars marker smooth axId extLst",
            "c:line3DChart": "> grouping varyColors ser dLbls dropLines gapDepth axId extLst",
            "c:stockChart": "> ser dLbls dropLines hiLowLines upDownBars axId extLst",
            "c:radarChart": "> radarStyle varyColors ser dLbls axId extLst",
            "c:scatterChart": "> scatterStyle varyColors ser dLbls axId extLst",
            "c:pieChart": "> varyColors ser dLbls firstSliceAng extLst",
            "c:pie3DChart": "> varyColors ser dLbls extLst",
            "c:doughnutChart": "> varyColors ser dLbls firstSliceAng holeSize extLst",
            "c:barChart": "> barDir grouping varyColors ser dLbls gapWidth overlap serLines axId extLst",
            "c:bar3DChart": "> barDir grouping varyColors ser dLbls gapWidth gapDepth shape axId extLst",
            "c:ofPieChart": (
                "> ofPieType varyColors ser dLbls gapWidth splitType splitPos custSplit secondPieSize serLines extLst"
            ),
            "c:surfaceChart": "> wireframe ser bandFmts axId extLst",
            "c:surface3DChart": "> wireframe varyColors ser bandFmts axId extLst",
            "c:bubbleChart": "> varyColors ser dLbls bubble3D bubbleScale showNegBubbles sizeRepresents axId extLst",
            "c:valAx": (
                "> axId scaling delete axPos majorGridlines minorGridlines title numFmt majorTickMark minorTickMark "
                "tickLblPos spPr txPr crossAx crosses crossesAt crossBetween majorUnit minorUnit dispUnits extLst"
            ),
            "c:catAx": (
                "> axId scaling delete axPos majorGridlines minorGridlines title numFmt majorTickMark minorTickMark "
                "tickLblPos spPr txPr crossAx crosses crossesAt auto lblAlgn lblOffset tickLblSkip tickMarkSkip "
                "noMultiLvlLbl extLst"
            ),
            "c:dateAx": (
                "> axId scaling delete axPos majorGridlines minorGridlines title numFmt majorTickMark minorTickMark "
                "tickLblPos spPr txPr crossAx crosses crossesAt auto lblOffset baseTimeUnit majorUnit majorTimeUnit "
                "minorUnit minorTimeUnit extLst"
            ),
            "c:serAx": (
                "> axId scaling delete axPos majorGridlines minorGridlines title numFmt majorTickMark minorTickMark "
                "tickLblPos spPr txPr crossAx crosses crossesAt tickLblSkip tickMarkSkip extLst"
            ),
            "c:dTable": "> showHorzBorder showVertBorder showOutline showKeys spPr txPr extLst",
            "c:upDownBars": "> gapWidth upBars downBars extLst",
            "c:multiLvlStrCache": "> ptCount lvl extLst",
            "c:dispUnits": "> custUnit builtInUnit dispUnitsLbl extLst",
            "c:dPt": "> idx invertIfNegative marker bubble3D explosion spPr pictureOptions extLst",
            "c:trendline": (
                "> name spPr trendlineType order period forward backward intercept dispRSqr dispEq trendlineLbl extLst"
            ),
            "c:errBars": "> errDir errBarType errValType noEndCap plus minus val spPr extLst",
            "c:cat": "> multiLvlStrRef numRef numLit strRef strLit",
            "c:xVal": "> multiLvlStrRef numRef numLit strRef strLit",
            "c:pivotFmts": "> pivotFmt",
            "c:view3D": "> rotX hPercent rotY depthPercent rAngAx perspective extLst",
            "c:floor": "> thickness spPr pictureOptions extLst",
            "c:sideWall": "> thickness spPr pictureOptions extLst",
            "c:backWall": "> thickness spPr pictureOptions extLst",
            "c:plotArea": (
                "> layout areaChart area3DChart lineChart line3DChart stockChart radarChart scatterChart pieChart "
                "pie3DChart doughnutChart barChart bar3DChart ofPieChart surfaceChart surface3DChart bubbleChart "
                "valAx catAx dateAx serAx dTable spPr extLst"
            ),
            "c:legend": "> legendPos legendEntry layout overlay spPr txPr extLst",
            "c:pivotSource": "> name fmtId extLst",
            "c:protection": "> chartObject data formatting selection userInterface",
            "c:printSettings": "> headerFooter pageMargins pageSetup legacyDrawingHF",
        }
    ),
    # [MS-ODRAWXML] 2.24.3: labels taken from cells, and their places.
    **table(
        {
            "c15:layout": "> c:manualLayout",
            "c15:numFmt": "formatCode=text sourceLinked=flag",
            "c15:spPr": "bwMode > a:xfrm a:custGeom a:prstGeom $fill a:ln $effects a:scene3d a:sp3d a:extLst",
            "c15:leaderLines": "> c:spPr",
            "c15:datalabelsRange": "> f dlblRangeCache",
            "c15:dlblRangeCache": "> c:ptCount c:pt",
            "c15:dlblFieldTable": "> dlblFTEntry",
            "c15:dlblFTEntry": "> txfldGUID f dlblFieldTableCache",
            "c15:dlblFieldTableCache": "> c:ptCount c:pt",
            "c15:txfldGUID": "words",
        }
    ),
    **alike("c15", "showDataLabelsRange showLeaderLines autoCat", "val=flag"),
    **alike("c16r3", "dispNaAsBlank", "val=flag"),
}
