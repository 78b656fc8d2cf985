"""Pictures in drawings: always a clean picture in the file, never one fetched from elsewhere; sound and video go."""

import re
from typing import Final

from sanitizers.formats.ooxml import values
from sanitizers.formats.ooxml.allowed import XML, Element, Entry, Fate, Related
from sanitizers.formats.ooxml.drawing.notation import CHECKS, children, table
from sanitizers.formats.ooxml.kinds import Trace
from sanitizers.formats.ooxml.namespaces import clark
from sanitizers.formats.ooxml.work import PartWork
from sanitizers.model import Action, Severity, Threat

_EMBED: Final = clark("r:embed")
_LINK: Final = clark("r:link")
_SVG: Final = clark("asvg:svgBlip")
_CUT: Final = Trace(
    Threat.HIDDEN_CONTENT, Severity.NOTE, "pictures of which a part is cut away, but still there", Action.NOTED
)
_SHARE: Final = re.compile(r"\s*([0-9]{1,9})(?:\.[0-9]{0,9})?\s*(%)?\s*")
_NOTICEABLE: Final = 2_000  #: 2 percent: a trimmed edge hides nothing
_GRAPHIC: Final = frozenset({"a:graphicData"})
_DRAWN: Final = frozenset(
    {
        *("pic:pic", "a:tbl", "c:chart", "cx:chart", "dgm:relIds", "lc:lockedCanvas"),
        *("wps:wsp", "wpg:wgp", "wpc:wpc"),
    }
)


def _blip(element: XML, work: PartWork) -> XML:
    """The picture that stands in the file; where there is none, what the link or the SVG names is asked for instead."""
    if work.relationship(element.get(_EMBED, "")) is None:
        svg = element.find(f".//{_SVG}")
        other = element.get(_LINK) or ("" if svg is None else svg.get(_EMBED, ""))
        if other:
            element.set(_EMBED, other)
    return element


def _cut(element: XML, work: PartWork) -> XML:
    """What was cut away (20.1.8.55) is still in the picture, and a person who thinks it gone should know."""
    if any(_share(element.get(side, "")) >= _NOTICEABLE for side in ("l", "t", "r", "b")):
        work.met(_CUT)
    return element


def _share(value: str) -> int:
    """In thousandths of a percent; ISO strict writes "12.5%"."""
    found = _SHARE.fullmatch(value)
    return int(found[1]) * (1000 if found[2] else 1) if found else 0


ELEMENTS: Final[dict[str, Entry]] = {
    "a:srcRect": Element(attributes=dict.fromkeys("ltrb", CHECKS["number"]), children=frozenset(), treat=_cut),
    "a:blip": Element(
        attributes={
            "r:embed": Related(frozenset({"image"})),
            "r:link": Fate.SILENT,  # told of where the relationships are gone through
            "cstate": values.token,
        },
        children=children(
            "a",
            "alphaBiLevel alphaCeiling alphaFloor alphaInv alphaMod alphaModFix alphaRepl biLevel blur clrChange"
            " clrRepl duotone fillOverlay grayscl hsl lum tint extLst",
        ),
        treat=_blip,
    ),
    # A frame around a chart or diagram that does not go on would be taken for damage: it goes as well.
    "a:graphic": Element(children=_GRAPHIC, needs=_GRAPHIC),
    "a:graphicData": Element(
        attributes={"uri": values.graphic}, children=_DRAWN, required=frozenset({"uri"}), needs=_DRAWN
    ),
    "c:chart": Element(attributes={"r:id": Related(frozenset({"drawing/chart"}))}, required=frozenset({"r:id"})),
    "lc:lockedCanvas": Element(children=children("a", "nvGrpSpPr grpSpPr txSp sp cxnSp pic graphicFrame grpSp extLst")),
    **table(
        {
            "pic:pic": "> nvPicPr blipFill spPr a:extLst",
            "pic:nvPicPr": "> cNvPr cNvPicPr",
            "pic:cNvPr": "id=number name=name descr=text hidden=flag title=text > a:hlinkClick a:hlinkHover a:extLst",
            "pic:cNvPicPr": "preferRelativeResize=flag > a:picLocks a:extLst",
            "pic:blipFill": "dpi=number rotWithShape=flag > a:blip a:srcRect a:tile a:stretch",
            "pic:spPr": "bwMode > a:xfrm a:custGeom a:prstGeom $fill a:ln $effects a:scene3d a:sp3d a:extLst",
        }
    ),
    # Sound and video are relationships, told of where these are gone through; the picture that stands for them stays.
    "a:audioCd": Fate.SILENT,
    "a:wavAudioFile": Fate.SILENT,
    "a:audioFile": Fate.SILENT,
    "a:videoFile": Fate.SILENT,
    "a:quickTimeFile": Fate.SILENT,
}
