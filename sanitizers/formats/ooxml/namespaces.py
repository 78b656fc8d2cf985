"""The namespaces of Office Open XML: the one prefix that each has in our files, and the names of ISO strict."""

from collections.abc import Mapping
from typing import Final

_OPENXML: Final = "http://schemas.openxmlformats.org"
_MICROSOFT: Final = "http://schemas.microsoft.com/office"

#: Prefix → namespace. Grammars write names as "w:p"; what is written carries these prefixes and no others.
NAMESPACES: Final[Mapping[str, str]] = {
    # ECMA-376 part 1
    "w": f"{_OPENXML}/wordprocessingml/2006/main",
    "x": f"{_OPENXML}/spreadsheetml/2006/main",
    "p": f"{_OPENXML}/presentationml/2006/main",
    "a": f"{_OPENXML}/drawingml/2006/main",
    "c": f"{_OPENXML}/drawingml/2006/chart",
    "cdr": f"{_OPENXML}/drawingml/2006/chartDrawing",
    "dgm": f"{_OPENXML}/drawingml/2006/diagram",
    "pic": f"{_OPENXML}/drawingml/2006/picture",
    "wp": f"{_OPENXML}/drawingml/2006/wordprocessingDrawing",
    "xdr": f"{_OPENXML}/drawingml/2006/spreadsheetDrawing",
    "lc": f"{_OPENXML}/drawingml/2006/lockedCanvas",
    "m": f"{_OPENXML}/officeDocument/2006/math",
    "r": f"{_OPENXML}/officeDocument/2006/relationships",
    "ep": f"{_OPENXML}/officeDocument/2006/extended-properties",
    "cp": f"{_OPENXML}/package/2006/metadata/core-properties",
    "ct": f"{_OPENXML}/package/2006/content-types",
    "rel": f"{_OPENXML}/package/2006/relationships",
    "sl": f"{_OPENXML}/schemaLibrary/2006/main",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    # ECMA-376 part 3 and part 4
    "mc": f"{_OPENXML}/markup-compatibility/2006",
    "v": "urn:schemas-microsoft-com:vml",
    "o": "urn:schemas-microsoft-com:office:office",
    "w10": "urn:schemas-microsoft-com:office:word",
    "xvml": "urn:schemas-microsoft-com:office:excel",
    "pvml": "urn:schemas-microsoft-com:office:powerpoint",
    "xml": "http://www.w3.org/XML/1998/namespace",
    # of Microsoft for Word (MS-DOCX)
    "w14": f"{_MICROSOFT}/word/2010/wordml",
    "w15": f"{_MICROSOFT}/word/2012/wordml",
    "w16cid": f"{_MICROSOFT}/word/2016/wordml/cid",
    "w16se": f"{_MICROSOFT}/word/2015/wordml/symex",
    "w16": f"{_MICROSOFT}/word/2018/wordml",
    "w16cex": f"{_MICROSOFT}/word/2018/wordml/cex",
    "w16sdtdh": f"{_MICROSOFT}/word/2020/wordml/sdtdatahash",
    "w16du": f"{_MICROSOFT}/word/2023/wordml/word16du",
    "wne": f"{_MICROSOFT}/word/2006/wordml",
    "wp14": f"{_MICROSOFT}/word/2010/wordprocessingDrawing",
    "wpc": f"{_MICROSOFT}/word/2010/wordprocessingCanvas",
    "wpg": f"{_MICROSOFT}/word/2010/wordprocessingGroup",
    "wpi": f"{_MICROSOFT}/word/2010/wordprocessingInk",
    "wps": f"{_MICROSOFT}/word/2010/wordprocessingShape",
    # of Microsoft for Excel (MS-XLSX)
    "x14": f"{_MICROSOFT}/spreadsheetml/2009/9/main",
    "x14ac": f"{_MICROSOFT}/spreadsheetml/2009/9/ac",
    "x15": f"{_MICROSOFT}/spreadsheetml/2010/11/main",
    "x15ac": f"{_MICROSOFT}/spreadsheetml/2010/11/ac",
    "x16r2": f"{_MICROSOFT}/spreadsheetml/2015/02/main",
    "xcalcf": f"{_MICROSOFT}/spreadsheetml/2018/calcfeatures",
    "xda": f"{_MICROSOFT}/spreadsheetml/2017/dynamicarray",
    "xr": f"{_MICROSOFT}/spreadsheetml/2014/revision",
    "xr2": f"{_MICROSOFT}/spreadsheetml/2015/revision2",
    "xr3": f"{_MICROSOFT}/spreadsheetml/2016/revision3",
    "xr6": f"{_MICROSOFT}/spreadsheetml/2016/revision6",
    "xr10": f"{_MICROSOFT}/spreadsheetml/2016/revision10",
    "xltc": f"{_MICROSOFT}/spreadsheetml/2018/threadedcomments",
    "xltc2": f"{_MICROSOFT}/spreadsheetml/2020/threadedcomments2",
    "xm": f"{_MICROSOFT}/excel/2006/main",
    "x12ac": f"{_MICROSOFT}/spreadsheetml/2011/1/ac",
    # of Microsoft for PowerPoint (MS-PPTX)
    "p14": f"{_MICROSOFT}/powerpoint/2010/main",
    "p15": f"{_MICROSOFT}/powerpoint/2012/main",
    "p159": f"{_MICROSOFT}/powerpoint/2015/09/main",
    "p16": f"{_MICROSOFT}/powerpoint/2015/main",
    "p188": f"{_MICROSOFT}/powerpoint/2018/8/main",
    "pc": f"{_MICROSOFT}/powerpoint/2013/main/command",
    # of Microsoft for drawings (MS-ODRAWXML)
    "a14": f"{_MICROSOFT}/drawing/2010/main",
    "a15": f"{_MICROSOFT}/drawing/2012/main",
    "a16": f"{_MICROSOFT}/drawing/2014/main",
    "adec": f"{_MICROSOFT}/drawing/2017/decorative",
    "ahyp": f"{_MICROSOFT}/drawing/2018/hyperlinkcolor",
    "am3d": f"{_MICROSOFT}/drawing/2017/model3d",
    "asvg": f"{_MICROSOFT}/drawing/2016/SVG/main",
    "c14": f"{_MICROSOFT}/drawing/2007/8/2/chart",
    "c15": f"{_MICROSOFT}/drawing/2012/chart",
    "c16": f"{_MICROSOFT}/drawing/2014/chart",
    "c16r2": f"{_MICROSOFT}/drawing/2015/06/chart",
    "c16r3": f"{_MICROSOFT}/drawing/2017/03/chart",
    "com14": f"{_MICROSOFT}/drawing/2010/compatibility",
    "cs": f"{_MICROSOFT}/drawing/2012/chartStyle",
    "cx": f"{_MICROSOFT}/drawing/2014/chartex",
    "cx1": f"{_MICROSOFT}/drawing/2015/9/8/chartex",
    "cx2": f"{_MICROSOFT}/drawing/2015/10/21/chartex",
    "dgm14": f"{_MICROSOFT}/drawing/2010/diagram",
    "dsp": f"{_MICROSOFT}/drawing/2008/diagram",
    "thm15": f"{_MICROSOFT}/thememl/2012/main",
}
#: Namespaces of extensions: where one is used, the root says so in mc:Ignorable, so that older programs pass over it.
EXTENSIONS: Final = frozenset(
    prefix for prefix, space in NAMESPACES.items() if space.startswith(f"{_MICROSOFT}/") and prefix not in {"cs", "dsp"}
)

RELATIONSHIPS: Final = f"{_OPENXML}/officeDocument/2006/relationships"
_STRICT: Final = "http://purl.oclc.org/ooxml/"

#: ISO/IEC 29500-1 annex A (strict) → the transitional name. What follows the last "/" of a longer name is kept.
_STRICT_NAMES: Final[Mapping[str, str]] = {
    "wordprocessingml/main": NAMESPACES["w"],
    "spreadsheetml/main": NAMESPACES["x"],
    "presentationml/main": NAMESPACES["p"],
    "drawingml/main": NAMESPACES["a"],
    "drawingml/chart": NAMESPACES["c"],
    "drawingml/chartDrawing": NAMESPACES["cdr"],
    "drawingml/diagram": NAMESPACES["dgm"],
    "drawingml/picture": NAMESPACES["pic"],
    "drawingml/wordprocessingDrawing": NAMESPACES["wp"],
    "drawingml/spreadsheetDrawing": NAMESPACES["xdr"],
    "drawingml/lockedCanvas": NAMESPACES["lc"],
    "officeDocument/math": NAMESPACES["m"],
    "officeDocument/relationships": NAMESPACES["r"],
    "officeDocument/extendedProperties": NAMESPACES["ep"],
    "officeDocument/customProperties": f"{_OPENXML}/officeDocument/2006/custom-properties",
    "officeDocument/customXml": f"{_OPENXML}/officeDocument/2006/customXml",
    "officeDocument/docPropsVTypes": f"{_OPENXML}/officeDocument/2006/docPropsVTypes",
    "officeDocument/bibliography": f"{_OPENXML}/officeDocument/2006/bibliography",
    "officeDocument/characteristics": f"{_OPENXML}/officeDocument/2006/characteristics",
    "schemaLibrary/main": NAMESPACES["sl"],
}
_STRICT_RELATIONSHIPS: Final[Mapping[str, str]] = {
    "extendedProperties": "extended-properties",
    "customProperties": "custom-properties",
}
THUMBNAIL: Final = f"{_OPENXML}/package/2006/relationships/metadata/thumbnail"


def is_strict(name: str) -> bool:
    """Whether a namespace, relationship type or graphic type is one of ISO strict."""
    return name.startswith(_STRICT)


def transitional(space: str) -> str:
    """The transitional name of a strict namespace; any other name as it is."""
    return _STRICT_NAMES.get(space[len(_STRICT) :], space) if space.startswith(_STRICT) else space


def strict_twins(space: str) -> tuple[str, ...]:
    """The strict names of a transitional namespace."""
    return tuple(f"{_STRICT}{last}" for last, name in _STRICT_NAMES.items() if name == space)


def transitional_relationship(type_: str) -> str:
    """The transitional type of a strict relationship; any other type as it is."""
    strict = f"{_STRICT}officeDocument/relationships/"
    if not type_.startswith(strict):
        return type_
    last = type_[len(strict) :]
    if last == "metadata/thumbnail":
        return THUMBNAIL
    return f"{RELATIONSHIPS}/{_STRICT_RELATIONSHIPS.get(last, last)}"


def clark(name: str) -> str:
    """ "w:p" as lxml says it: "{namespace}p"; a name without a prefix has no namespace. KeyError: an unknown prefix."""
    prefix, colon, local = name.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}" if colon else name
