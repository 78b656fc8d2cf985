"""Text with fonts of its own inside a cell or comment, and its furigana (rPh) (18.4)."""

from typing import Final

from sanitizers.formats.ooxml.excel.notation import table

#: Properties of a font (18.8): in text, in styles, in conditional formats.
FONT: Final = table({
    "x:b": "val=flag",
    "x:i": "val=flag",
    "x:strike": "val=flag",
    "x:condense": "val=flag",
    "x:extend": "val=flag",
    "x:outline": "val=flag",
    "x:shadow": "val=flag",
    "x:u": "val",
    "x:vertAlign": "val",
    "x:sz": "val=number",
    "x:color": "auto=flag indexed=n rgb=hex theme=n tint=number",
    "x:family": "val=int",
    "x:charset": "val=int",
    "x:scheme": "val",
    "x:name": "val=text",
    "x:rFont": "val=text",
})  # fmt: skip

#: Runs of text (18.4.4), furigana above them (18.4.6) and how it is shown (18.4.3).
RICH_TEXT: Final = {
    **FONT,
    **table({
    "x:t": "words",
    "x:r": "> rPr t",
    "x:rPr": "> b i strike condense extend outline shadow u vertAlign sz color rFont family charset scheme",
    "x:rPh": "sb=n eb=n > t",
    "x:phoneticPr": "fontId=n type alignment",
    }),
}  # fmt: skip
