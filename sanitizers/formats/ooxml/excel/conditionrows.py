"""Conditional formats, checks of input and sparklines: as in 2007 (18.3.1), and as in 2010 ([MS-XLSX] 2.3)."""

from typing import Final

from sanitizers.formats.ooxml.excel.notation import table
from sanitizers.formats.ooxml.excel.styles import FORMATS

CONDITIONS: Final = table({
    "x:conditionalFormatting": "pivot=flag sqref=areas > cfRule extLst",
    "x:cfRule": (
        "type dxfId=n priority=int stopIfTrue=flag aboveAverage=flag percent=flag bottom=flag operator text=text "
        "timePeriod rank=n stdDev=int equalAverage=flag > formula colorScale dataBar iconSet extLst"
    ),
    "x:formula": "words",
    "x:colorScale": "> cfvo color",
    "x:dataBar": "minLength=n maxLength=n showValue=flag > cfvo color",
    "x:iconSet": "iconSet=icons showValue=flag percent=flag reverse=flag > cfvo",
    "x:cfvo": "type val=text gte=flag > extLst",
    "x:dataValidations": "disablePrompts=flag xWindow=n yWindow=n count=n > dataValidation",
    "x:dataValidation": (
        "type errorStyle imeMode operator allowBlank=flag showDropDown=flag showInputMessage=flag "
        "showErrorMessage=flag errorTitle=text error=text promptTitle=text prompt=text sqref=areas > x12ac:list "
        "formula1 formula2"
    ),
    "x:formula1": "words",
    "x:formula2": "words",
})  # fmt: skip

CONDITIONS_2010: Final = {
    **FORMATS,
    **table({
    "x14:conditionalFormattings": "> conditionalFormatting",
    "x14:conditionalFormatting": "pivot=flag > cfRule xm:sqref extLst",
    "x14:cfRule": (
        "type priority=int stopIfTrue=flag aboveAverage=flag percent=flag bottom=flag operator text=text timePeriod "
        "rank=n stdDev=int equalAverage=flag activePresent=flag id=text > xm:f colorScale dataBar iconSet extLst"
    ),
    "xm:sqref": "words",
    "xm:f": "words",
    "x14:colorScale": "> cfvo color",
    "x14:dataBar": (
        "minLength=n maxLength=n showValue=flag border=flag gradient=flag direction "
        "negativeBarColorSameAsPositive=flag negativeBarBorderColorSameAsPositive=flag axisPosition > cfvo fillColor "
        "borderColor negativeFillColor negativeBorderColor axisColor"
    ),
    "x14:iconSet": "iconSet=icons showValue=flag percent=flag reverse=flag custom=flag > cfvo cfIcon",
    "x14:cfvo": "type gte=flag > xm:f extLst",
    "x14:color": "auto=flag indexed=n rgb=hex theme=n tint=number",
    "x14:fillColor": "auto=flag indexed=n rgb=hex theme=n tint=number",
    "x14:borderColor": "auto=flag indexed=n rgb=hex theme=n tint=number",
    "x14:negativeFillColor": "auto=flag indexed=n rgb=hex theme=n tint=number",
    "x14:negativeBorderColor": "auto=flag indexed=n rgb=hex theme=n tint=number",
    "x14:axisColor": "auto=flag indexed=n rgb=hex theme=n tint=number",
    "x14:cfIcon": "iconSet=icons iconId=n",
    "x14:dxf": "> x:font x:numFmt x:fill x:alignment x:border x:protection x:extLst",
    "x14:dataValidations": "disablePrompts=flag xWindow=n yWindow=n count=n > dataValidation",
    "x14:dataValidation": (
        "type errorStyle imeMode operator allowBlank=flag showDropDown=flag showInputMessage=flag "
        "showErrorMessage=flag errorTitle=text error=text promptTitle=text prompt=text > formula1 formula2 xm:sqref"
    ),
    "x14:formula1": "> xm:f",
    "x14:formula2": "> xm:f",
    }),
}  # fmt: skip

SPARKLINES: Final = table({
    "x14:sparklineGroups": "> sparklineGroup",
    "x14:sparklineGroup": (
        "manualMax=number manualMin=number lineWeight=number type dateAxis=flag displayEmptyCellsAs markers=flag "
        "high=flag low=flag first=flag last=flag negative=flag displayXAxis=flag displayHidden=flag minAxisType "
        "maxAxisType rightToLeft=flag > colorSeries colorNegative colorAxis colorMarkers colorFirst colorLast "
        "colorHigh colorLow xm:f sparklines"
    ),
    "x14:colorSeries": "auto=flag indexed=n rgb=hex theme=n tint=number",
    "x14:colorNegative": "auto=flag indexed=n rgb=hex theme=n tint=number",
    "x14:colorAxis": "auto=flag indexed=n rgb=hex theme=n tint=number",
    "x14:colorMarkers": "auto=flag indexed=n rgb=hex theme=n tint=number",
    "x14:colorFirst": "auto=flag indexed=n rgb=hex theme=n tint=number",
    "x14:colorLast": "auto=flag indexed=n rgb=hex theme=n tint=number",
    "x14:colorHigh": "auto=flag indexed=n rgb=hex theme=n tint=number",
    "x14:colorLow": "auto=flag indexed=n rgb=hex theme=n tint=number",
    "x14:sparklines": "> sparkline",
    "x14:sparkline": "> xm:f xm:sqref",
})  # fmt: skip
