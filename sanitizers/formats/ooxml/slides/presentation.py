"""The presentation: its slides, their order, sections and shows (ECMA-376 part 1, 19.2.1.26)."""

from typing import Final

from sanitizers.formats.ooxml import values
from sanitizers.formats.ooxml.allowed import XML, Element, Entry, Fate, Grammar, Related
from sanitizers.formats.ooxml.drawing.extensions import extensions
from sanitizers.formats.ooxml.drawing.links import SLIDES
from sanitizers.formats.ooxml.drawing.notation import children, table
from sanitizers.formats.ooxml.drawing.shared import SHARED
from sanitizers.formats.ooxml.namespaces import clark
from sanitizers.formats.ooxml.slides import remarks
from sanitizers.formats.ooxml.slides.remarks import drop
from sanitizers.formats.ooxml.work import PartWork
from sanitizers.model import Action

_ID: Final = clark("r:id")
_SLIDE_ID: Final = clark("p:sldId")
_SHOWN: Final = clark("p:sld")
_IN_SECTION: Final = clark("p14:sldId")


def _look_around(root: XML, work: PartWork) -> None:
    """Settle which slides go on, before anything refers to one."""
    kept: set[str] = set()
    numbers: set[str | None] = set()
    for slide in list(root.iter(_SLIDE_ID)):
        relationship = work.relationship(slide.get(_ID, ""))
        if relationship is None:
            continue
        if remarks.are_removed(work) and remarks.is_hidden(relationship, work):
            remarks.hidden_slide(work, Action.REMOVED)
            work.asked.add(relationship.id)
            drop(slide)
            continue
        kept.add(relationship.target.lower())
        numbers.add(slide.get("id"))
    work.document.memory[SLIDES] = frozenset(kept)
    _forget(root, work, kept, numbers)
    remarks.authors(work)


def _forget(root: XML, work: PartWork, kept: set[str], numbers: set[str | None]) -> None:
    """Shows and sections name no slide that is not there."""
    for shown in list(root.iter(_SHOWN)):
        relationship = work.relationship(shown.get(_ID, ""))
        if relationship is None or relationship.target.lower() not in kept:
            drop(shown)
    for slide in list(root.iter(_IN_SECTION)):
        if slide.get("id") not in numbers:
            drop(slide)


def _numbered(kind: str) -> Element:
    """An entry of a list of parts."""
    return Element(
        attributes={"id": values.natural, "r:id": Related(frozenset({kind}))},
        children=frozenset(),
        required=frozenset({"r:id"}),
    )


def _list(of: str) -> Element:
    return Element(children=children("p", of), needs=children("p", of))


_flag = values.boolean
_base64 = values.matching(r"[A-Za-z0-9+/=\s]{0,400}")

_ELEMENTS: Final[dict[str, Entry]] = {
    **SHARED,
    **extensions("p"),
    "p:presentation": Element(
        attributes={
            "serverZoom": values.measure,
            "firstSlideNum": values.integer,
            "bookmarkIdSeed": values.natural,
            **dict.fromkeys(
                (
                    *("showSpecialPlsOnTitleSld", "rtl", "removePersonalInfoOnSave", "compatMode"),
                    *("strictFirstAndLastChars", "autoCompressPictures"),
                ),
                _flag,
            ),
            # Fonts in the file do not go on; strict files become transitional ones.
            **dict.fromkeys(("embedTrueTypeFonts", "saveSubsetFonts", "conformance"), Fate.SILENT),
        },
        children=children(
            "p",
            "sldMasterIdLst notesMasterIdLst handoutMasterIdLst sldIdLst sldSz notesSz custShowLst photoAlbum kinsoku"
            " defaultTextStyle modifyVerifier extLst",
        ),
    ),
    "p:sldMasterIdLst": _list("sldMasterId"),
    "p:notesMasterIdLst": _list("notesMasterId"),
    "p:handoutMasterIdLst": _list("handoutMasterId"),
    "p:sldIdLst": Element(children=children("p", "sldId")),
    "p:sldMasterId": _numbered("slides/master"),
    "p:notesMasterId": _numbered("slides/notes-master"),
    "p:handoutMasterId": _numbered("slides/handout-master"),
    "p:sldId": _numbered("slides/slide"),
    "p:custShowLst": _list("custShow"),
    "p:sldLst": _list("sld"),
    "p:sld": _numbered("slides/slide"),
    "p:custShow": Element(
        attributes={"id": values.natural, "name": values.name},
        children=children("p", "sldLst"),
        needs=children("p", "sldLst"),
    ),
    "p:embeddedFontLst": Fate.SILENT,  # told of where the relationships are gone through
    "p:custDataLst": Fate.SILENT,
    "p:smartTags": Fate.SILENT,
    "p:kinsoku": Element(
        attributes={
            "lang": values.language,
            "invalStChars": values.shorter(1000),
            "invalEndChars": values.shorter(1000),
        }
    ),
    # A password asked for before the file is changed: salt and hash, no key to anything.
    "p:modifyVerifier": Element(
        attributes={
            **dict.fromkeys(("cryptProviderType", "cryptAlgorithmClass", "cryptAlgorithmType"), values.token),
            **dict.fromkeys(("algorithmName", "cryptProvider", "algIdExtSource"), values.name),
            **dict.fromkeys(
                ("cryptAlgorithmSid", "spinCount", "spinValue", "algIdExt", "cryptProviderTypeExt"), values.natural
            ),
            **dict.fromkeys(("saltData", "hashData", "hashValue", "saltValue"), _base64),
        }
    ),
    **table(
        {
            "p:sldSz": "cx=number cy=number type=tokens",
            "p:notesSz": "cx=number cy=number",
            "p:photoAlbum": "bw=flag showCaptions=flag layout=tokens frame",
            "p:defaultTextStyle": "> a:defPPr $levels a:extLst",
            "p14:sectionLst": "> section",
            "p14:section": "name=name id=guid > sldIdLst",
            "p14:sldIdLst": "> sldId",
            "p14:sldId": "id=number",
            "p15:sldGuideLst": "> guide",
            "p15:notesGuideLst": "> guide",
            "p15:guide": "id=number name=name orient pos=number userDrawn=flag > clr",
            "p15:clr": "> $colour",
        }
    ),
    "p14:sectionPr": Fate.SILENT,
    "p14:modId": Fate.SILENT,
}
PRESENTATION: Final = Grammar("p:presentation", _ELEMENTS, begin=_look_around)
