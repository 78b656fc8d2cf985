"""Actions (ISO 32000-2, 12.6): places in the document and plain web and mail addresses go on, all others are named."""

from collections.abc import Mapping
from typing import Final

import pikepdf

from sanitizers.formats.pdf.checked import Entries, elements, entries, name, place
from sanitizers.formats.pdf.interactive.destinations import Destinations
from sanitizers.formats.pdf.traces import Trace, met
from sanitizers.formats.pdf.trees import leaves
from sanitizers.formats.pdf.work import Work
from sanitizers.links.targets import Kind, Target, harm_of, read_target
from sanitizers.model import Action, Severity, Threat
from sanitizers.rules import Links

MOST_ACTIONS: Final = 1_000  #: of one chain

_ACTIVE: Final = Threat.ACTIVE_CONTENT
_ELSEWHERE: Final = Threat.EXTERNAL_REFERENCE
_EMBEDDED: Final = Threat.EMBEDDED_OBJECT
_NOTE: Final = Severity.NOTE
_WARNING: Final = Severity.WARNING
_DANGER: Final = Severity.DANGER

#: Table 201, and what programs add to it.
_KINDS: Final[Mapping[str, Trace]] = {
    "GoTo3DView": Trace(_EMBEDDED, _WARNING, "action on a 3D model (GoTo3DView)"),
    "GoToDp": Trace(_ACTIVE, _NOTE, "action that leads to a document part (GoToDp)"),
    "GoToE": Trace(_EMBEDDED, _WARNING, "link into an embedded file (GoToE)"),
    "GoToR": Trace(_ELSEWHERE, _WARNING, "link into another file (GoToR)"),
    "Hide": Trace(_ACTIVE, _WARNING, "action that hides or shows something (Hide)"),
    "ImportData": Trace(_ELSEWHERE, _WARNING, "action that loads data from a file (ImportData)"),
    "JavaScript": Trace(_ACTIVE, _WARNING, "JavaScript"),
    "Launch": Trace(_ACTIVE, _DANGER, "action that starts a program or opens a file (Launch)"),
    "Movie": Trace(_EMBEDDED, _WARNING, "action that plays a film (Movie)"),
    "Named": Trace(_ACTIVE, _NOTE, "command to the program that shows the document (Named)"),
    "Rendition": Trace(_EMBEDDED, _WARNING, "action that plays a medium (Rendition)"),
    "ResetForm": Trace(_ACTIVE, _NOTE, "action that empties a form (ResetForm)"),
    "RichMediaExecute": Trace(_EMBEDDED, _WARNING, "command to an embedded medium (RichMediaExecute)"),
    "SetOCGState": Trace(_ACTIVE, _WARNING, "action that hides or shows layers (SetOCGState)"),
    "Sound": Trace(_EMBEDDED, _WARNING, "action that plays a sound (Sound)"),
    "SubmitForm": Trace(_ELSEWHERE, _WARNING, "action that sends a form (SubmitForm)"),
    "Thread": Trace(_ELSEWHERE, _NOTE, "link to an article thread (Thread)"),
    "Trans": Trace(_ACTIVE, _NOTE, "page transition (Trans)"),
}
_UNKNOWN: Final = Trace(_ACTIVE, _WARNING, "action of an unknown kind")
_RELATIVE: Final = Trace(_ELSEWHERE, _NOTE, "link relative to an address that the document sets (URI Base)")
_NO_PLACE: Final = Trace(Threat.MALFORMED, _NOTE, "link to a place that does not exist")
_BY_RULE: Final = Trace(_ELSEWHERE, _NOTE, "web or mail link, removed by rule")

#: Kinds that `link` carries, so that their presence alone is nothing to report.
_CARRIED: Final = frozenset({"GoTo", "URI"})


def report_actions(first: object, work: Work, where: str) -> None:
    """Name every action of a chain that never goes on."""
    open_ = [first]
    seen: set[tuple[int, int]] = set()
    left = MOST_ACTIONS
    while open_ and left:
        left -= 1
        written = open_.pop()
        known = entries(written)
        at = place(written)
        if not known or at in seen:
            continue
        if at != (0, 0):
            seen.add(at)
        _report(known, work, where)
        following = known.get("/Next")
        open_.extend([following] if isinstance(following, pikepdf.Dictionary) else elements(following, left))


def _report(known: Entries, work: Work, where: str) -> None:
    kind = name(known.get("/S"))
    if kind not in _CARRIED:
        met(_KINDS.get(kind, _UNKNOWN), work, where)
    if "/JS" in known and kind != "JavaScript":
        met(_KINDS["JavaScript"], work, where)
    if kind == "URI":
        target = _target(known)
        if target.kind is Kind.OTHER:
            threat, severity = harm_of(target.scheme)
            work.found(threat, severity, Action.REMOVED, where, f"link of the scheme {target.scheme}")


def trace_of(thing: pikepdf.Object) -> Trace | None:
    """What a dictionary is called if it is an action that never goes on; None for anything else."""
    if "/JS" in thing:
        return _KINDS["JavaScript"]
    return _KINDS.get(name(thing.get("/S"))) if name(thing.get("/Type")) in {"", "Action"} else None


def report_triggers(written: object, work: Work, where: str) -> None:
    """Name what additional actions (AA, 12.6.3) would run."""
    for action in entries(written).values():
        report_actions(action, work, where)


def report_script_names(tree: object, work: Work) -> None:
    """Name the scripts of the document's own name tree (12.6.4.17)."""
    for _, action in leaves(tree, "/Names"):
        report_actions(action, work, "document")


def link(known: Entries, places: Destinations, work: Work, where: str) -> dict[str, object] | None:
    """What a link or a bookmark leads to: an entry Dest or A; None where nothing of it may go on.

    Whatever does not go on has been named in the report.
    """
    action = entries(known.get("/A"))
    if "/A" in known:
        report_actions(known["/A"], work, where)
    for trigger in ("/PA", "/AA"):
        if trigger in known:
            report = report_triggers if trigger == "/AA" else report_actions
            report(known[trigger], work, where)
    if "/Dest" in known:
        return _inside(known["/Dest"], places, work, where)
    match name(action.get("/S")):
        case "GoTo":
            return _inside(action.get("/D"), places, work, where)
        case "URI":
            return _outside(action, work, where)
        case _:
            return None


def _inside(written: object, places: Destinations, work: Work, where: str) -> dict[str, object] | None:
    destination = places.resolved(written)
    if destination is None:
        met(_NO_PLACE, work, where)
        return None
    return {"/Dest": destination}


def _outside(action: Entries, work: Work, where: str) -> dict[str, object] | None:
    target = _target(action)
    if target.kind is Kind.WEB and not target.cut:
        address = target.url
    elif target.kind is Kind.MAIL:
        address = f"mailto:{target.rest}"
    else:
        if target.kind is not Kind.OTHER:
            met(_RELATIVE, work, where)
        return None
    if work.rules.links is not Links.KEPT:
        met(_BY_RULE, work, f"{where}: {address}")
        return None
    for doubt in target.doubts:
        work.found(Threat.DECEPTION, Severity.WARNING, Action.NOTED, f"{where}: {address}", f"link: {doubt}")
    return {"/A": pikepdf.Dictionary({"/S": pikepdf.Name.URI, "/URI": pikepdf.String(address)})}


def _target(action: Entries) -> Target:
    written = action.get("/URI")
    return read_target(bytes(written).decode("utf-8", "replace") if isinstance(written, pikepdf.String) else "")
