"""Extension lists: an extension goes on when the grammar knows what is in it; what nobody sees goes without a word."""

from typing import Final

from sanitizers.formats.ooxml import values
from sanitizers.formats.ooxml.allowed import XML, Element, Entry, Fate
from sanitizers.formats.ooxml.drawing.notation import table
from sanitizers.formats.ooxml.kinds import ADDITION, Trace
from sanitizers.formats.ooxml.work import PartWork

#: A GUID; [MS-ODRAWXML] names the first extensions by an address, never opened.
_uri: Final = values.matching(r"\{[0-9A-Fa-f-]{36}\}|http://schemas\.microsoft\.com/office/[A-Za-z0-9/.-]{1,100}")


def extension(element: XML, work: PartWork) -> XML | None:
    """For the element "ext" of any room: itself, when something in it goes on."""
    if element.get("uri") is None:
        return element  # a:ext is also a size
    grammar = work.kind.grammar
    assert grammar is not None  # noqa: S101 - a grammar is calling
    known = False
    for child in element:
        fate = grammar.left_out.get(child.tag)
        if child.tag in grammar.table:
            known = True
            continue
        if fate is None:
            work.met(ADDITION, "extension")
        elif isinstance(fate, Trace):
            work.met(fate)
        element.remove(child)
    return element if known else None


def extensions(prefix: str) -> dict[str, Entry]:
    """The entries "extLst" and "ext" of a namespace."""
    ext = f"{prefix}:ext"
    return {
        ext: Element(attributes={"uri": _uri, "cx": values.measure, "cy": values.measure}, treat=extension),
        f"{prefix}:extLst": Element(children=frozenset({ext}), needs=frozenset({ext}), attributes={"mod": Fate.SILENT}),
    }


#: What Microsoft's extensions of drawings say ([MS-ODRAWXML], [MS-PPTX]).
ELEMENTS: Final[dict[str, Entry]] = {
    **extensions("a"),
    **table(
        {
            "adec:decorative": "val=flag",  # nothing to be read out
            "ahyp:hlinkClr": "val",  # a link in the colour of its text
            "dgm14:recolorImg": "val=flag",
            "a15:nonVisualGroupProps": "isLegacyGroup=flag",
        }
    ),
    # Nothing of a14 is an Element: choices that require it hold formulas, ink, controls; fallbacks a picture.
    # The look before an effect was switched off, links of a shape to others, identifiers.
    "a14:useLocalDpi": Fate.SILENT,
    "a14:hiddenFill": Fate.SILENT,
    "a14:hiddenLine": Fate.SILENT,
    "a14:hiddenEffects": Fate.SILENT,
    "a14:hiddenScene3d": Fate.SILENT,
    "a14:hiddenSp3d": Fate.SILENT,
    "a14:shadowObscured": Fate.SILENT,
    "a14:compatExt": Fate.SILENT,
    "a14:cameraTool": Fate.SILENT,
    "a14:isCanvas": Fate.SILENT,
    "a15:backgroundPr": Fate.SILENT,
    "a16:creationId": Fate.SILENT,
    "a16:predDERef": Fate.SILENT,
    "a16:cxnDERefs": Fate.SILENT,
    "a16:rowId": Fate.SILENT,
    "a16:colId": Fate.SILENT,
    "thm15:themeFamily": Fate.SILENT,
    # The same picture once more: as SVG, and before the effects of Photoshop's kind; the one shown stays.
    "asvg:svgBlip": Fate.SILENT,
    "a14:imgProps": Fate.SILENT,
}
