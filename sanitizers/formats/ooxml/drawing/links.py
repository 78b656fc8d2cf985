"""Links and actions of shapes and text: a:hlinkClick, a:hlinkHover, a:hlinkMouseOver (ECMA-376 part 1, 21.1.2.3.5)."""

from collections.abc import Mapping
from typing import Final

from sanitizers.formats.ooxml import values
from sanitizers.formats.ooxml.allowed import XML, Element, Entry, Fate, Related
from sanitizers.formats.ooxml.drawing.notation import CHECKS
from sanitizers.formats.ooxml.kinds import Trace, office
from sanitizers.formats.ooxml.namespaces import clark
from sanitizers.formats.ooxml.relationships import Relationship
from sanitizers.formats.ooxml.work import PartWork
from sanitizers.model import Severity, Threat

#: Key of `document.memory`: names of the slides that go on (frozenset, lower case); others are not jumped to.
SLIDES: Final = "slides"

_JUMP: Final = "ppaction://hlinksldjump"
#: Actions that stay within the show.
_WITHIN: Final = frozenset({"ppaction://hlinkshowjump", "ppaction://customshow", "ppaction://noaction"})

#: Actions that do not go on. None: what it belonged to is told of elsewhere.
_REMOVED: Final[Mapping[str, Trace | None]] = {
    "ppaction://program": Trace(Threat.ACTIVE_CONTENT, Severity.DANGER, "an action that starts a program"),
    "ppaction://macro": Trace(Threat.ACTIVE_CONTENT, Severity.DANGER, "an action that runs a macro"),
    "ppaction://ole": Trace(Threat.ACTIVE_CONTENT, Severity.WARNING, "an action on an embedded object (OLE verb)"),
    "ppaction://hlinkfile": Trace(Threat.EXTERNAL_REFERENCE, Severity.WARNING, "an action that opens a file"),
    "ppaction://hlinkpres": Trace(
        Threat.EXTERNAL_REFERENCE, Severity.WARNING, "an action that opens another presentation"
    ),
    "ppaction://media": None,
}
_UNKNOWN: Final = Trace(Threat.ACTIVE_CONTENT, Severity.WARNING, "an action of an unknown kind")
_HOVER: Final = Trace(Threat.ACTIVE_CONTENT, Severity.WARNING, "a link that opens when the mouse passes over it")

_CLICK: Final = clark("a:hlinkClick")
_ID: Final = clark("r:id")
_TEXT: Final = clark("a:t")
_RUN_PROPERTIES: Final = frozenset(map(clark, ("a:rPr", "a:endParaRPr", "a:defRPr")))
_SLIDE: Final = Related(frozenset({"slides/slide"}))


def _link(element: XML, work: PartWork) -> XML | None:
    """Give the element the id of a relationship of the new part, or leave it out."""
    action = element.get("action", "")
    id_ = _acted(element, action, work) if action else _linked(element, work)
    if id_ is None:
        return None
    # PowerPoint writes an empty id for actions that lead to no part.
    element.set(_ID, id_)
    return element


def _acted(element: XML, action: str, work: PartWork) -> str | None:
    name = action.partition("?")[0].lower()
    if name == _JUMP:
        return _jump(element, work)
    if name in _WITHIN:
        return ""
    trace = _REMOVED.get(name, _UNKNOWN)
    if trace is not None:
        work.met(trace)
    return None


def _jump(element: XML, work: PartWork) -> str | None:
    id_ = element.get(_ID, "")
    relationship = work.relationship(id_)
    slides = work.document.memory.get(SLIDES)
    if relationship is None or not isinstance(slides, frozenset) or relationship.target.lower() not in slides:
        return None
    return work.related(id_, _SLIDE)


def _linked(element: XML, work: PartWork) -> str | None:
    relationship = work.relationship(element.get(_ID, ""))
    if relationship is None:
        return None
    if relationship.type == office("slide") and not relationship.outside:
        element.set("action", _JUMP)
        return _jump(element, work)
    if not relationship.outside or not relationship.is_hyperlink:
        return None  # told of where the relationships are gone through
    work.asked.add(relationship.id)
    if element.tag != _CLICK:
        work.met(_HOVER)
        return None
    return _outside(element, relationship, work)


def _outside(element: XML, relationship: Relationship, work: PartWork) -> str | None:
    if _is_place(relationship.target):
        return work.refer(work.document.link(relationship.target))
    run = _run(element)
    linked = work.hyperlink(relationship.target, "" if run is None else (run.text or ""))
    if linked.beside and run is not None:
        run.text = f"{run.text or ''}{linked.beside}"
    return linked.id


def _run(element: XML) -> XML | None:
    """The a:t that the link stands behind; written after its properties, so what is added here goes on."""
    properties = element.getparent()
    if properties is None or properties.tag not in _RUN_PROPERTIES:
        return None
    run = properties.getparent()
    return None if run is None else run.find(_TEXT)


_place: Final = values.matching(r"#[^\\/:*?\"<>|]{1,255}")


def _is_place(target: str) -> bool:
    """A place in the same file: "#Sheet2!A1", "#bookmark"."""
    return _place(target) is not None


_ATTRIBUTES: Final = {
    "r:id": values.matching(r"(?:rId[0-9]{1,9})?"),  # `_link` has set it
    "action": values.matching(r"ppaction://[a-z]{1,20}(?:\?[A-Za-z0-9=&;]{0,100})?"),
    "tooltip": CHECKS["text"],
    "history": values.boolean,
    "highlightClick": values.boolean,
    "endSnd": Fate.SILENT,
    "tgtFrame": Fate.SILENT,
    "invalidUrl": Fate.SILENT,
}
_LINK: Final = Element(attributes=_ATTRIBUTES, children=frozenset({"a:extLst"}), treat=_link)

#: Sounds of links are relationships, told of where these are gone through.
ELEMENTS: Final[dict[str, Entry]] = {
    "a:hlinkClick": _LINK,
    "a:hlinkHover": _LINK,
    "a:hlinkMouseOver": _LINK,
    "a:snd": Fate.SILENT,
}
