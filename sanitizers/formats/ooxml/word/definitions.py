"""Parts that text refers to: styles, numbering, fonts (ECMA-376 part 1, 17.7, 17.9, 17.8)."""

from typing import Final

from sanitizers.formats.ooxml.allowed import Fate, Grammar
from sanitizers.formats.ooxml.word.notation import rows, table
from sanitizers.formats.ooxml.word.story import ELEMENTS

_LATENT: Final = "locked=flag uiPriority=number semiHidden=flag unhideWhenUsed=flag qFormat=flag"

STYLES: Final = Grammar(
    "w:styles",
    {
        **ELEMENTS,
        **rows("autoRedefine hidden semiHidden unhideWhenUsed qFormat locked", "val=flag"),
        **rows("personal personalCompose personalReply", "val=flag"),
        **rows("basedOn next link", "val=name"),
        **rows("pPrDefault", "> pPr"),
        **rows("rPrDefault", "> rPr"),
        **table({
            "w:styles": "> docDefaults latentStyles style",
            "w:docDefaults": "> rPrDefault pPrDefault",
            "w:latentStyles": "defLockedState=flag defUIPriority=number defSemiHidden=flag defUnhideWhenUsed=flag"
            " defQFormat=flag"
            " count=number > lsdException",
            "w:lsdException": f"name=name {_LATENT}",
            "w:style": "type styleId=name default=flag customStyle=flag > name aliases basedOn next link autoRedefine"
            " hidden"
            " uiPriority semiHidden unhideWhenUsed qFormat locked personal personalCompose personalReply pPr rPr"
            " tblPr trPr tcPr"
            " tblStylePr",
            "w:aliases": "val=text",
            "w:uiPriority": "val=number",
            "w:tblStylePr": "type > pPr rPr tblPr trPr tcPr",
        }),
        "w:rsid": Fate.SILENT,
    },
)  # fmt: skip

NUMBERING: Final = Grammar(
    "w:numbering",
    {
        **ELEMENTS,
        **rows("abstractNumId lvlRestart lvlPicBulletId startOverride numIdMacAtCleanup", "val=number"),
        **rows("styleLink numStyleLink", "val=name"),
        **rows("nsid tmpl", "val=hex"),
        **rows("multiLevelType suff lvlJc", "val"),
        **table({
            "w:numbering": "> numPicBullet abstractNum num numIdMacAtCleanup",
            "w:numPicBullet": "numPicBulletId=number > pict drawing",
            "w:abstractNum": "abstractNumId=number w15:restartNumberingAfterBreak=flag w15:tentative=silent > nsid"
            " multiLevelType tmpl"
            " name styleLink numStyleLink lvl",
            "w:lvl": "ilvl=number tplc=silent tentative=flag > start numFmt lvlRestart pStyle isLgl suff lvlText"
            " lvlPicBulletId"
            " legacy lvlJc pPr rPr",
            "w:start": "val=number",  # here a number, elsewhere a border
            "w:isLgl": "val=flag",
            "w:lvlText": "val=text null=flag",
            "w:legacy": "legacy=flag legacySpace=number legacyIndent=number",
            "w:num": "numId=number w16cid:durableId=silent > abstractNumId lvlOverride",
            "w:lvlOverride": "ilvl=number > startOverride lvl",
        }),
    },
)  # fmt: skip

FONTS: Final = Grammar(
    "w:fonts",
    {
        **table({
            "w:fonts": "> font",
            "w:font": "name=name > altName panose1 charset family notTrueType pitch sig",
            "w:altName": "val=name",
            "w:panose1": "val=hex",
            "w:charset": "val=hex characterSet=word",
            "w:family": "val",
            "w:notTrueType": "val=flag",
            "w:pitch": "val",
            "w:sig": "usb0=hex usb1=hex usb2=hex usb3=hex csb0=hex csb1=hex",
        }),
        # Told where their relationships are left out.
        **dict.fromkeys(("w:embedRegular", "w:embedBold", "w:embedItalic", "w:embedBoldItalic"), Fate.SILENT),
    },
)  # fmt: skip
