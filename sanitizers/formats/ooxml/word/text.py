"""Runs of text and how they look (ECMA-376 part 1, 17.3.2 and 17.3.3; text effects of [MS-DOCX] 2.6.1)."""

from typing import Final

from sanitizers.formats.ooxml.allowed import Entry, Fate
from sanitizers.formats.ooxml.word.notation import rows, table

#: 17.3.2: on or off.
_FLAGS: Final = (
    "b bCs i iCs caps smallCaps strike dstrike outline shadow emboss imprint noProof snapToGrid vanish webHidden rtl cs"
    " specVanish oMath"
)
#: [MS-DOCX] 2.6.1: effects of Word 2010.
_EFFECTS: Final = (
    "glow shadow reflection textOutline textFill scene3d props3d ligatures numForm numSpacing stylisticSets cntxtAlts"
)
PROPERTIES: Final = (
    f"rStyle rFonts {_FLAGS} color spacing w kern position sz szCs highlight u effect bdr shd fitText vertAlign em lang"
    f" eastAsianLayout ins del moveFrom moveTo rPrChange {' '.join(f'w14:{name}' for name in _EFFECTS.split())}"
)
#: 17.3.3: what a run may hold.
CONTENT: Final = (
    "br t delText instrText delInstrText noBreakHyphen softHyphen dayShort monthShort yearShort dayLong monthLong"
    " yearLong"
    " annotationRef footnoteRef endnoteRef separator continuationSeparator sym pgNum cr tab pict fldChar ruby"
    " footnoteReference endnoteReference commentReference drawing ptab lastRenderedPageBreak"
)

_BORDER: Final = (
    "val color=colour themeColor themeTint=hex themeShade=hex sz=number space=number shadow=flag frame=flag"
)

ELEMENTS: Final[dict[str, Entry]] = {
    **rows(_FLAGS, "val=flag"),
    **rows("rStyle", "val=name"),
    **rows("spacing", "val=number before=number beforeLines=number beforeAutospacing=flag after=number"
    " afterLines=number"
           " afterAutospacing=flag line=number lineRule"),  # of a run: val; of a paragraph: the rest
    **rows("w kern position sz szCs", "val=number"),
    **rows("highlight effect vertAlign em", "val"),
    **rows("bdr top left start bottom right end insideH insideV tl2br tr2bl between bar", f"{_BORDER} w=number type"),
    **rows("shd", "val color=colour themeColor themeTint=hex themeShade=hex fill=colour themeFill themeFillTint=hex"
           " themeFillShade=hex"),
    **rows("noBreakHyphen softHyphen dayShort monthShort yearShort dayLong monthLong yearLong annotationRef footnoteRef"
           " endnoteRef separator continuationSeparator pgNum cr lastRenderedPageBreak"),
    **rows("t delText instrText delInstrText", "words"),
    **rows("noFill round bevel", prefix="w14"),
    **rows("tint shade alpha hueMod sat satOff satMod lum lumOff lumMod", "val=number", prefix="w14"),
    **rows("ligatures numForm numSpacing cntxtAlts prstDash", "val=word", prefix="w14"),
    **rows("bevelT bevelB", "w=number h=number prst", prefix="w14"),
    **table({
        "w:r": f"rsidR=silent rsidRPr=silent rsidDel=silent > rPr {CONTENT}",
        "w:rPr": f"> {PROPERTIES}",
        "w:rFonts": "hint ascii=name hAnsi=name eastAsia=name cs=name asciiTheme hAnsiTheme eastAsiaTheme cstheme",
        "w:color": "val=colour themeColor themeTint=hex themeShade=hex",
        "w:u": "val color=colour themeColor themeTint=hex themeShade=hex",
        "w:fitText": "val=number id=number",
        "w:lang": "val=language eastAsia=language bidi=language",
        "w:eastAsianLayout": "id=number combine=flag combineBrackets vert=flag vertCompress=flag",
        "w:br": "type clear",
        "w:sym": "font=name char=hex",
        "w:tab": "val leader pos=number",  # a stop in w:tabs, or the character
        "w:ptab": "alignment relativeTo leader",
        # Ruby (17.3.3.25): furigana above its base.
        "w:ruby": "> rubyPr rt rubyBase",
        "w:rubyPr": "> rubyAlign hps hpsRaise hpsBaseText lid dirty",
        "w:rubyAlign": "val",
        "w:hps": "val=number",
        "w:hpsRaise": "val=number",
        "w:hpsBaseText": "val=number",
        "w:lid": "val=language",
        "w:dirty": "val=flag",
        "w:rt": "> r $ranges ins del moveFrom moveTo",
        "w:rubyBase": "> r $ranges ins del moveFrom moveTo",
        "w14:glow": "rad=number > $colour",
        "w14:shadow": "blurRad=number dist=number dir=number sx=number sy=number kx=number ky=number algn > $colour",
        "w14:reflection": "blurRad=number stA=number stPos=number endA=number endPos=number dist=number dir=number"
        " fadeDir=number"
        " sx=number sy=number kx=number ky=number algn",
        "w14:textOutline": "w=number cap cmpd algn > $fill prstDash round bevel miter",
        "w14:textFill": "> $fill",
        "w14:solidFill": "> $colour",
        "w14:gradFill": "> gsLst lin path",
        "w14:gsLst": "> gs",
        "w14:gs": "pos=number > $colour",
        "w14:lin": "ang=number scaled=flag",
        "w14:path": "path > fillToRect",
        "w14:fillToRect": "l=number t=number r=number b=number",
        "w14:miter": "lim=number",
        "w14:srgbClr": "val=hex > $change",
        "w14:schemeClr": "val > $change",
        "w14:scene3d": "> camera lightRig",
        "w14:camera": "prst",
        "w14:lightRig": "rig dir > rot",
        "w14:rot": "lat=number lon=number rev=number",
        "w14:props3d": "extrusionH=number contourW=number prstMaterial > bevelT bevelB extrusionClr contourClr",
        "w14:extrusionClr": "> $colour",
        "w14:contourClr": "> $colour",
        "w14:stylisticSets": "> styleSet",
        "w14:styleSet": "id=number val=word",
    }),
    "w:proofErr": Fate.SILENT,  # marks of the spelling checker
}  # fmt: skip
