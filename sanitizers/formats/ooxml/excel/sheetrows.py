"""The elements of a worksheet and of a sheet that is one chart (18.3.1), without cells, conditions and links."""

from typing import Final

from sanitizers.formats.ooxml.excel.notation import table

ROWS: Final = table({
    "x:worksheet": (
        "> sheetPr dimension sheetViews sheetFormatPr cols sheetData sheetCalcPr sheetProtection protectedRanges "
        "scenarios autoFilter sortState dataConsolidate customSheetViews mergeCells phoneticPr conditionalFormatting "
        "dataValidations hyperlinks printOptions pageMargins pageSetup headerFooter rowBreaks colBreaks "
        "customProperties cellWatches ignoredErrors drawing legacyDrawing legacyDrawingHF drawingHF picture "
        "oleObjects controls webPublishItems tableParts extLst"
    ),
    "x:sheetPr": (
        "syncHorizontal=flag syncVertical=flag syncRef=text transitionEvaluation=flag transitionEntry=flag "
        "published=flag codeName=text filterMode=flag enableFormatConditionsCalculation=flag > tabColor outlinePr "
        "pageSetUpPr"
    ),
    "x:dimension": "ref=area",
    "x:sheetViews": "> sheetView extLst",
    "x:sheetFormatPr": (
        "baseColWidth=n defaultColWidth=number defaultRowHeight=number customHeight=flag zeroHeight=flag "
        "thickTop=flag thickBottom=flag outlineLevelRow=n outlineLevelCol=n x14ac:dyDescent=number"
    ),
    "x:sheetProtection": (
        "password=hex algorithmName=text hashValue=text saltValue=text spinCount=n sheet=flag objects=flag "
        "scenarios=flag formatCells=flag formatColumns=flag formatRows=flag insertColumns=flag insertRows=flag "
        "insertHyperlinks=flag deleteColumns=flag deleteRows=flag selectLockedCells=flag sort=flag autoFilter=flag "
        "pivotTables=flag selectUnlockedCells=flag"
    ),
    "x:protectedRanges": "> protectedRange",
    "x:mergeCells": "count=n > mergeCell",
    "x:printOptions": "horizontalCentered=flag verticalCentered=flag headings=flag gridLines=flag gridLinesSet=flag",
    "x:pageMargins": "left=number right=number top=number bottom=number header=number footer=number",
    "x:pageSetup": (
        "paperSize=n scale=n firstPageNumber=n fitToWidth=n fitToHeight=n pageOrder orientation "
        "usePrinterDefaults=flag blackAndWhite=flag draft=flag cellComments useFirstPageNumber=flag errors "
        "horizontalDpi=n verticalDpi=n copies=n r:id=text"
    ),
    "x:headerFooter": (
        "differentOddEven=flag differentFirst=flag scaleWithDoc=flag alignWithMargins=flag > oddHeader oddFooter "
        "evenHeader evenFooter firstHeader firstFooter"
    ),
    "x:rowBreaks": "count=n manualBreakCount=n > brk",
    "x:colBreaks": "count=n manualBreakCount=n > brk",
    "x:cellWatches": "> cellWatch",
    "x:ignoredErrors": "> ignoredError extLst",
    "x:drawing": "r:id=text",
    "x:legacyDrawing": "r:id=text",
    "x:legacyDrawingHF": "r:id=text",
    "x:picture": "r:id=text",
    "x:tableParts": "count=n > tablePart",
    "x:tabColor": "auto=flag indexed=n rgb=hex theme=n tint=number",
    "x:outlinePr": "applyStyles=flag summaryBelow=flag summaryRight=flag showOutlineSymbols=flag",
    "x:pageSetUpPr": "autoPageBreaks=flag fitToPage=flag",
    "x:sheetView": (
        "windowProtection=flag showFormulas=flag showGridLines=flag showRowColHeaders=flag showZeros=flag "
        "rightToLeft=flag tabSelected=flag showRuler=flag showOutlineSymbols=flag defaultGridColor=flag "
        "showWhiteSpace=flag view topLeftCell=area colorId=n zoomScale=n zoomScaleNormal=n zoomScaleSheetLayoutView=n "
        "zoomScalePageLayoutView=n workbookViewId=n > pane selection pivotSelection extLst"
    ),
    "x:protectedRange": (
        "password=hex algorithmName=text hashValue=text saltValue=text spinCount=n sqref=areas name=text "
        "securityDescriptor=text"
    ),
    "x:dataRefs": "count=n",
    "x:mergeCell": "ref=area",
    "x:oddHeader": "words",
    "x:oddFooter": "words",
    "x:evenHeader": "words",
    "x:evenFooter": "words",
    "x:firstHeader": "words",
    "x:firstFooter": "words",
    "x:brk": "id=n min=n max=n man=flag pt=flag",
    "x:cellWatch": "r=area",
    "x:ignoredError": (
        "sqref=areas evalError=flag twoDigitTextYear=flag numberStoredAsText=flag formula=flag formulaRange=flag "
        "unlockedFormula=flag emptyCellReference=flag listDataValidation=flag calculatedColumn=flag"
    ),
    "x:tablePart": "r:id=text",
    "x:pane": "xSplit=number ySplit=number topLeftCell=area activePane state",
    "x:selection": "pane activeCell=area activeCellId=n sqref=areas",
})  # fmt: skip
