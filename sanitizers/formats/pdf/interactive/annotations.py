"""Annotations of a page (ISO 32000-2, 12.5): links go on, what draws becomes part of the page, the rest is left out."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

import pikepdf

from sanitizers.formats.pdf import traces
from sanitizers.formats.pdf.checked import (
    Entries,
    Reader,
    elements,
    entries,
    exactly,
    name,
    one_of,
    picked,
    place,
    rectangle,
    text,
    up_to,
    whole,
    words,
)
from sanitizers.formats.pdf.interactive import appearances, fieldlooks, fields
from sanitizers.formats.pdf.interactive.actions import link, report_actions, report_triggers
from sanitizers.formats.pdf.interactive.destinations import Destinations
from sanitizers.formats.pdf.resources import Resources
from sanitizers.formats.pdf.traces import Trace, met
from sanitizers.model import Action, Severity, Threat

MOST_ANNOTATIONS: Final = 20_000  #: of one page

_HIDDEN: Final = 2  # table 167: bit 2 Hidden, bit 6 NoView
_NO_VIEW: Final = 32


class Fate(StrEnum):
    """What becomes of a kind of annotation."""

    LINK = "link"
    FIELD = "field"
    DRAWN = "drawn"  # its appearance becomes part of the page
    DROPPED = "dropped"


class _Kind(NamedTuple):
    fate: Fate
    trace: Trace | None = None


def _medium(what: str) -> Trace:
    return Trace(Threat.EMBEDDED_OBJECT, Severity.WARNING, what)


_MARKED: Final = Trace(Threat.METADATA, Severity.NOTE, "annotation made part of the page", Action.REWRITTEN)
_DRAWING: Final = _Kind(Fate.DRAWN, _MARKED)

#: Table 171. A kind that is not named is dropped.
_KINDS: Final[Mapping[str, _Kind]] = {
    "Link": _Kind(Fate.LINK),
    "Widget": _Kind(Fate.FIELD),
    **dict.fromkeys(
        (
            "FreeText", "Line", "Square", "Circle", "Polygon", "PolyLine", "Highlight", "Underline", "Squiggly",
            "StrikeOut", "Caret", "Stamp", "Ink", "Redact", "Watermark",
        ),
        _DRAWING,
    ),
    "3D": _Kind(Fate.DRAWN, _medium("3D model")),
    "Movie": _Kind(Fate.DRAWN, _medium("film")),
    "RichMedia": _Kind(Fate.DRAWN, _medium("embedded medium (RichMedia)")),
    "Screen": _Kind(Fate.DRAWN, _medium("area that plays a medium (Screen)")),
    "FileAttachment": _Kind(Fate.DROPPED, _medium("attached file")),
    "Sound": _Kind(Fate.DROPPED, _medium("sound")),
    "Popup": _Kind(Fate.DROPPED),
    "Text": _Kind(Fate.DROPPED, Trace(Threat.METADATA, Severity.NOTE, "note with a comment")),
    "PrinterMark": _Kind(Fate.DROPPED, Trace(Threat.METADATA, Severity.NOTE, "mark for a printing press")),
    "TrapNet": _Kind(Fate.DROPPED, Trace(Threat.METADATA, Severity.NOTE, "mark for a printing press")),
    "Projection": _Kind(Fate.DROPPED, Trace(Threat.METADATA, Severity.NOTE, "note on a projection")),
}  # fmt: skip
_OTHER: Final = _Kind(Fate.DROPPED, Trace(Threat.UNSUPPORTED, Severity.NOTE, "annotation of an unknown kind"))
_UNSEEN: Final = Trace(Threat.HIDDEN_CONTENT, Severity.WARNING, "hidden annotation or form field")
_NO_LOOKS: Final = Trace(Threat.UNSUPPORTED, Severity.NOTE, "annotation without an appearance")


def _border_style(thing: object) -> pikepdf.Dictionary | None:
    made = picked(
        entries(thing),
        {"/W": lambda width: width if whole(width) in range(13) else None, "/S": _STYLE, "/D": up_to(10)},
    )
    return pikepdf.Dictionary(made) if made else None


_STYLE: Final = one_of("S", "D", "B", "I", "U")

#: Of a link (tables 166 and 176). Contents is what a screen reader says.
_LINK: Final[Mapping[str, Reader]] = {
    "/Border": exactly(3),
    "/BS": _border_style,
    "/C": up_to(4),
    "/Contents": words,
    "/H": one_of("N", "I", "O", "P"),
    "/QuadPoints": up_to(8 * 100),
}


class Annotated(NamedTuple):
    """What the annotations of a page come to."""

    links: list[pikepdf.Object]
    drawing: bytes  #: operators to be put after the content of the page


def annotations(page: Entries, drawing: Resources, places: Destinations) -> Annotated:
    """Read the annotations of one page; `drawing` gets the resources of those that become part of it."""
    links = []
    painted = []
    seen: set[tuple[int, int]] = set()
    for written in elements(page.get("/Annots"), MOST_ANNOTATIONS):
        known = entries(written)
        at = place(written)
        if not known or at in seen:
            continue
        if at != (0, 0):
            seen.add(at)
        kind = _KINDS.get(name(known.get("/Subtype")), _OTHER)
        if not _visible(known, drawing):
            continue
        if kind.fate is Fate.LINK:
            made = _link(known, drawing, places)
            links.extend([] if made is None else [made])
            if made is not None and at != (0, 0):
                drawing.work.made["link", at] = made  # the structure tree names it
        else:
            painted.append(_painted(known, kind, drawing))
    return Annotated(links, b"".join(painted))


def _visible(known: Entries, drawing: Resources) -> bool:
    """Whether a reader sees it on the screen; what is not seen does not go on, and is named."""
    layer = known.get("/OC")
    if isinstance(layer, pikepdf.Object) and drawing.work.layers.hidden(layer):
        traces.hidden_layer(layer, drawing.work, drawing.where)
    elif (whole(known.get("/F")) or 0) & (_HIDDEN | _NO_VIEW):
        if name(known.get("/Subtype")) != "Popup":
            met(_UNSEEN, drawing.work, drawing.where)
    else:
        return True
    _report(known, drawing)
    return False


def _report(known: Entries, drawing: Resources) -> None:
    """What the annotation would do, beside what it shows."""
    work, where = drawing.work, drawing.where
    traces.report(known, traces.ANYWHERE, work, where)
    if "/A" in known:
        report_actions(known["/A"], work, where)
    if "/AA" in known:
        report_triggers(known["/AA"], work, where)


def _link(known: Entries, drawing: Resources, places: Destinations) -> pikepdf.Object | None:
    work, where = drawing.work, drawing.where
    traces.report(known, traces.ANYWHERE, work, where)
    rect = rectangle(known.get("/Rect"))
    leads = link(known, places, work, where)
    if rect is None or leads is None:
        return None
    made: dict[str, object] = {
        "/Type": pikepdf.Name.Annot,
        "/Subtype": pikepdf.Name.Link,
        "/Rect": pikepdf.Array(rect),
        "/F": 4,  # printed with the page; no other flag says anything about a link
        **picked(known, _LINK),
        **leads,
    }
    return work.target.make_indirect(pikepdf.Dictionary(made))


def _painted(known: Entries, kind: _Kind, drawing: Resources) -> bytes:
    _report(known, drawing)
    if kind.trace is not None:
        met(kind.trace, drawing.work, drawing.where)
    if kind.fate is Fate.DROPPED:
        return b""
    if kind.fate is Fate.FIELD:
        return fields.drawn(known, drawing)
    appearance = appearances.normal_appearance(known)
    if appearance is not None:
        return appearances.drawn(appearance, known, drawing)
    if name(known.get("/Subtype")) == "FreeText":
        return fieldlooks.drawn(known, _words_of(known), drawing)
    met(_NO_LOOKS, drawing.work, drawing.where)
    return b""


def _words_of(known: Entries) -> fieldlooks.Looks:
    """A box of text (12.5.6.6) that leaves its looks to the program."""
    lines = fieldlooks.lines_of(known.get("/Contents"))
    return fieldlooks.Looks((lines,), wrapped=True, alignment=whole(known.get("/Q")) or 0, style=text(known.get("/DA")))
