"""Formulas (ECMA-376 part 1, 22.1)."""

from typing import Final

from sanitizers.formats.ooxml.allowed import Entry
from sanitizers.formats.ooxml.word import text
from sanitizers.formats.ooxml.word.notation import rows, table

#: Structures: name → their parts. Each has properties (m:accPr …).
_STRUCTURES: Final = {
    "acc": "e", "bar": "e", "borderBox": "e", "box": "e", "d": "e", "eqArr": "e", "f": "num den", "func": "fName e",
    "groupChr": "e", "limLow": "e lim", "limUpp": "e lim", "m": "mr", "nary": "sub sup e", "phant": "e", "rad": "deg e",
    "sPre": "sub sup e", "sSub": "e sub", "sSubSup": "e sub sup", "sSup": "e sup",
}  # fmt: skip
_PROPERTIES: Final = {
    "acc": "chr", "bar": "pos", "borderBox": "hideTop hideBot hideLeft hideRight strikeH strikeV strikeBLTR strikeTLBR",
    "box": "opEmu noBreak diff brk aln", "d": "begChr sepChr endChr grow shp",
    "eqArr": "baseJc maxDist objDist rSpRule rSp", "f": "type", "groupChr": "chr pos vertJc",
    "m": "baseJc plcHide rSpRule cGpRule rSp cSp cGp mcs", "nary": "chr limLoc grow subHide supHide",
    "phant": "show zeroWid zeroAsc zeroDesc transp", "rad": "degHide", "sSubSup": "alnScr",
}  # fmt: skip

ELEMENTS: Final[dict[str, Entry]] = {
    **table({f"m:{name}": f"> {name}Pr {parts}" for name, parts in _STRUCTURES.items()}),
    **table({f"m:{name}Pr": f"> {_PROPERTIES.get(name, '')} ctrlPr" for name in _STRUCTURES}),
    **rows("e num den fName lim deg sub sup", "> argPr ctrlPr $math", prefix="m"),
    **rows("chr begChr endChr sepChr mathFont", "val=name", prefix="m"),
    **rows("pos vertJc baseJc mcJc limLoc type jc scr sty shp defJc intLim naryLim brkBin", "val", prefix="m"),
    **rows("brkBinSub", "val=name", prefix="m"),  # "--", "+-" or "-+"
    **rows("grow hideTop hideBot hideLeft hideRight strikeH strikeV strikeBLTR strikeTLBR opEmu noBreak diff aln"
    " maxDist objDist"
           " plcHide subHide supHide show zeroWid zeroAsc zeroDesc transp degHide alnScr lit nor smallFrac dispDef"
           " wrapRight",
           "val=flag", prefix="m"),
    **rows("argSz count rSpRule rSp cGpRule cSp cGp", "val=number", prefix="m"),
    **rows("lMargin rMargin preSp postSp interSp intraSp wrapIndent", "val=number", prefix="m"),
    **table({
        "m:oMath": "> argPr ctrlPr $math",
        "m:oMathPara": "> oMathParaPr oMath r w:r w:ins w:del w:moveFrom w:moveTo w:bookmarkStart w:bookmarkEnd"
        " w:commentRangeStart"
        " w:commentRangeEnd",
        "m:oMathParaPr": "> jc",
        "m:r": f"> rPr t w:rPr {' '.join(f'w:{name}' for name in text.CONTENT.split())}",
        "m:rPr": "> lit nor scr sty brk aln",
        "m:t": "words",
        "m:brk": "alnAt=number val=number",
        "m:argPr": "> argSz",
        "m:ctrlPr": "> w:rPr w:ins w:del w:moveFrom w:moveTo",
        "m:mr": "> e",
        "m:mcs": "> mc",
        "m:mc": "> mcPr",
        "m:mcPr": "> count mcJc",
        # of the whole document, in its settings
        "m:mathPr": "> mathFont brkBin brkBinSub smallFrac dispDef lMargin rMargin defJc preSp postSp interSp intraSp"
        " wrapIndent"
        " wrapRight intLim naryLim",
    }),
}  # fmt: skip
