"""Number formats, fonts, fills, borders and the styles made of them (18.8)."""

from typing import Final

from sanitizers.formats.ooxml.allowed import Fate, Grammar
from sanitizers.formats.ooxml.excel.notation import table
from sanitizers.formats.ooxml.excel.richtext import FONT

#: What a format is made of; conditional formats of 2010 and later bring their own.
FORMATS: Final = {
    **FONT,
    **table({
    "x:font": "> b i strike condense extend outline shadow u vertAlign sz color name family charset scheme",
    "x:numFmt": "numFmtId=n formatCode=text",
    "x:fill": "> patternFill gradientFill",
    "x:alignment": (
        "horizontal vertical textRotation=n wrapText=flag indent=n relativeIndent=int justifyLastLine=flag "
        "shrinkToFit=flag readingOrder=n mergeCell=text"
    ),
    "x:border": (
        "diagonalUp=flag diagonalDown=flag outline=flag > start end left right top bottom diagonal vertical "
        "horizontal"
    ),
    "x:protection": "locked=flag hidden=flag",
    "x:patternFill": "patternType > fgColor bgColor",
    "x:gradientFill": "type degree=number left=number right=number top=number bottom=number > stop",
    "x:start": "style > color",
    "x:end": "style > color",
    "x:left": "style > color",
    "x:right": "style > color",
    "x:top": "style > color",
    "x:bottom": "style > color",
    "x:diagonal": "style > color",
    "x:vertical": "style > color",
    "x:horizontal": "style > color",
    "x:fgColor": "auto=flag indexed=n rgb=hex theme=n tint=number",
    "x:bgColor": "auto=flag indexed=n rgb=hex theme=n tint=number",
    "x:stop": "position=number > color",
    }),
}  # fmt: skip

STYLES: Final = Grammar(
    "x:styleSheet",
    {
        **FORMATS,
        **table({
    "x:styleSheet": "> numFmts fonts fills borders cellStyleXfs cellXfs cellStyles dxfs tableStyles colors extLst",
    "x:numFmts": "count=n > numFmt",
    "x:fonts": "count=n x14ac:knownFonts=flag > font",
    "x:fills": "count=n > fill",
    "x:borders": "count=n > border",
    "x:cellStyleXfs": "count=n > xf",
    "x:cellXfs": "count=n > xf",
    "x:cellStyles": "count=n > cellStyle",
    "x:dxfs": "count=n > dxf",
    "x:tableStyles": "count=n defaultTableStyle=text defaultPivotStyle=text > tableStyle",
    "x:colors": "> indexedColors mruColors",
    "x:xf": (
        "numFmtId=n fontId=n fillId=n borderId=n xfId=n quotePrefix=flag pivotButton=flag applyNumberFormat=flag "
        "applyFont=flag applyFill=flag applyBorder=flag applyAlignment=flag applyProtection=flag > alignment "
        "protection extLst"
    ),
    "x:cellStyle": "name=text xfId=n builtinId=n iLevel=n hidden=flag customBuiltin=flag > extLst",
    "x:dxf": "> font numFmt fill alignment border protection extLst",
    "x:tableStyle": "name=text pivot=flag table=flag count=n > tableStyleElement",
    "x:indexedColors": "> rgbColor",
    "x:mruColors": "> color",
    "x:tableStyleElement": "type size=n dxfId=n",
    "x:rgbColor": "rgb=hex",
        }),
        "x:extLst": Fate.SILENT,  # looks of slicers and timelines, which do not go on
    },
    default="x",
)  # fmt: skip
