"""Slides, layouts, masters, pages of notes and handouts (ECMA-376 part 1, 19.3.1)."""

from typing import Final

from sanitizers.formats.ooxml import values
from sanitizers.formats.ooxml.allowed import XML, Element, Entry, Fate, Grammar, Related
from sanitizers.formats.ooxml.drawing import UNDERSTOOD
from sanitizers.formats.ooxml.drawing.links import SLIDES
from sanitizers.formats.ooxml.drawing.notation import children
from sanitizers.formats.ooxml.kinds import office
from sanitizers.formats.ooxml.slides import objects, remarks, shapes, timing
from sanitizers.formats.ooxml.work import PartWork
from sanitizers.model import Action


def _slide(root: XML, work: PartWork) -> None:
    if root.get("show") in {"0", "false", "off", "f"}:
        remarks.hidden_slide(work, Action.NOTED)
    remarks.speaker_notes(work)
    remarks.comments(root, work)
    objects.replace(root, work)


def _notes(root: XML, work: PartWork) -> None:
    """Their way back leads to a slide that goes on, or nowhere."""
    slides = work.document.memory.get(SLIDES)
    for relationship in work.relationships.values():
        known = isinstance(slides, frozenset) and relationship.target.lower() in slides
        if relationship.type == office("slide") and not known:
            work.asked.add(relationship.id)
    objects.replace(root, work)


_SHOWN: Final = dict.fromkeys(("showMasterSp", "showMasterPhAnim", "show", "preserve", "userDrawn"), values.boolean)

_ELEMENTS: Final[dict[str, Entry]] = {
    **shapes.ELEMENTS,
    **timing.ELEMENTS,
    "p:sld": Element(attributes=_SHOWN, children=children("p", "cSld clrMapOvr transition timing extLst")),
    "p:sldLayout": Element(
        attributes={**_SHOWN, "matchingName": values.name, "type": values.token},
        children=children("p", "cSld clrMapOvr transition timing hf extLst"),
    ),
    "p:sldMaster": Element(
        attributes=_SHOWN, children=children("p", "cSld clrMap sldLayoutIdLst transition timing hf txStyles extLst")
    ),
    "p:sldLayoutIdLst": Element(children=children("p", "sldLayoutId"), needs=children("p", "sldLayoutId")),
    "p:sldLayoutId": Element(
        attributes={"id": values.natural, "r:id": Related(frozenset({"slides/layout"}))},
        children=frozenset(),
        required=frozenset({"r:id"}),
    ),
    "p:notes": Element(attributes=_SHOWN, children=children("p", "cSld clrMapOvr extLst")),
    "p:notesMaster": Element(children=children("p", "cSld clrMap hf notesStyle extLst")),
    "p:handoutMaster": Element(children=children("p", "cSld clrMap hf extLst")),
    "p188:commentRel": Element(
        attributes={"r:id": Related(frozenset({"slides/modern-comments"}))}, required=frozenset({"r:id"})
    ),
    "p:sldSyncPr": Fate.SILENT,
}
SLIDE: Final = Grammar("p:sld", _ELEMENTS, begin=_slide, understood=UNDERSTOOD)
LAYOUT: Final = Grammar("p:sldLayout", _ELEMENTS, begin=objects.replace)
MASTER: Final = Grammar("p:sldMaster", _ELEMENTS, begin=objects.replace)
NOTES: Final = Grammar("p:notes", _ELEMENTS, begin=_notes)
NOTES_MASTER: Final = Grammar("p:notesMaster", _ELEMENTS, begin=objects.replace)
HANDOUT_MASTER: Final = Grammar("p:handoutMaster", _ELEMENTS, begin=objects.replace)
