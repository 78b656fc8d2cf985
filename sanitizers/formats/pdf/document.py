"""The new document: what the catalog, the page tree and the information dictionary may hold (ISO 32000-2, 7.7)."""

from collections.abc import Mapping
from typing import Final

import pikepdf

from sanitizers.formats.pdf import census, pages, traces, trees
from sanitizers.formats.pdf.checked import Entries, Reader, boolean, entries, name, one_of, picked, text, words
from sanitizers.formats.pdf.interactive import fields
from sanitizers.formats.pdf.interactive.actions import report_actions, report_script_names, report_triggers
from sanitizers.formats.pdf.interactive.destinations import Destinations
from sanitizers.formats.pdf.interactive.outlines import outlines
from sanitizers.formats.pdf.labels import page_labels
from sanitizers.formats.pdf.layers import Layers
from sanitizers.formats.pdf.structure import structure
from sanitizers.formats.pdf.traces import Trace, met
from sanitizers.formats.pdf.work import Work
from sanitizers.model import Severity, Threat

#: Table 147: what says how to read, nothing that changes the program's window.
_PREFERENCES: Final[Mapping[str, Reader]] = {
    "/Direction": one_of("L2R", "R2L"),
    "/DisplayDocTitle": boolean,
    "/Duplex": one_of("Simplex", "DuplexFlipShortEdge", "DuplexFlipLongEdge"),
    "/PrintScaling": one_of("None", "AppDefault"),
}


def _preferences(thing: object) -> pikepdf.Dictionary | None:
    made = picked(entries(thing), _PREFERENCES)
    return pikepdf.Dictionary(made) if made else None


#: Table 29. Pages, Outlines and PageLabels are written by hand.
_CATALOG: Final[Mapping[str, Reader]] = {
    "/Lang": words,
    "/PageLayout": one_of("SinglePage", "OneColumn", "TwoColumnLeft", "TwoColumnRight", "TwoPageLeft", "TwoPageRight"),
    "/PageMode": one_of("UseNone", "UseOutlines", "UseThumbs"),
    "/ViewerPreferences": _preferences,
}

_ON_OPENING: Final = Trace(Threat.METADATA, Severity.NOTE, "place shown on opening (OpenAction)")
_RUNS_ON_OPENING: Final = Trace(Threat.ACTIVE_CONTENT, Severity.WARNING, "action on opening (OpenAction)")
_FULL_SCREEN: Final = Trace(Threat.DECEPTION, Severity.NOTE, "opens over the whole screen (FullScreen)")
_RENDITIONS: Final = Trace(Threat.EMBEDDED_OBJECT, Severity.WARNING, "media (Renditions)")
_BASE: Final = Trace(Threat.EXTERNAL_REFERENCE, Severity.NOTE, "address that all links start from (URI Base)")
_INFORMATION: Final = Trace(Threat.METADATA, Severity.NOTE, "document information (author, program, dates …)")

#: Leaves of the trees of Names (table 32) that hold something that acts or is carried along.
_NAMED: Final[Mapping[str, Trace]] = {"/EmbeddedFiles": traces.EMBEDDED_FILE, "/Renditions": _RENDITIONS}


def build(work: Work) -> None:
    """Carry the source into the target. Raises CannotSanitize."""
    catalog = entries(work.source.Root)
    work.layers = Layers(catalog)
    _report(catalog, work)
    made = work.target.Root
    for key, value in picked(catalog, _CATALOG).items():
        made[key] = value
    found = trees.pages(catalog, work)
    places = Destinations(catalog)
    for page in found:
        places.add_page(page.source, work.target.make_indirect(pikepdf.Dictionary({"/Type": pikepdf.Name.Page})))
    _pages(found, places, work)
    if (bookmarks := outlines(catalog.get("/Outlines"), places, work)) is not None:
        made["/Outlines"] = bookmarks
    if (labels := page_labels(catalog.get("/PageLabels"), len(found))) is not None:
        made["/PageLabels"] = labels
    if (tags := structure(catalog.get("/StructTreeRoot"), places, work)) is not None:
        made["/StructTreeRoot"] = tags
        made["/MarkInfo"] = pikepdf.Dictionary({"/Marked": True})
    _information(work)
    census.report_unread(work)


def _pages(found: list[trees.Page], places: Destinations, work: Work) -> None:
    root = work.target.Root["/Pages"]
    root["/Kids"] = pikepdf.Array(places.pages)
    root["/Count"] = len(found)
    for number, (page, made) in enumerate(zip(found, places.pages, strict=True), 1):
        made["/Parent"] = root
        pages.fill(made, page, number, places, work)


def _report(catalog: Entries, work: Work) -> None:
    """Name what the document as a whole has and does not take along."""
    traces.report(catalog, traces.CATALOG, work, "document")
    if "/OpenAction" in catalog:
        _report_opening(catalog["/OpenAction"], work)
    report_triggers(catalog.get("/AA"), work, "document")
    names = entries(catalog.get("/Names"))
    report_script_names(names.get("/JavaScript"), work)
    for key, trace in _NAMED.items():
        for _ in trees.leaves(names.get(key), "/Names"):
            met(trace, work, "document")
    if name(catalog.get("/PageMode")) == "FullScreen":
        met(_FULL_SCREEN, work, "document")
    if "/Base" in entries(catalog.get("/URI")):
        met(_BASE, work, "document")
    fields.report_form(entries(catalog.get("/AcroForm")), work)


def _report_opening(action: object, work: Work) -> None:
    known = entries(action)
    runs = bool(known) and (name(known.get("/S")) != "GoTo" or "/Next" in known)
    met(_RUNS_ON_OPENING if runs else _ON_OPENING, work, "document")
    report_actions(action, work, "document")


def _information(work: Work) -> None:
    """Of the information dictionary (14.3.3) the title goes on: readers show it in place of the file name."""
    known = entries(work.source.trailer.get("/Info"))
    if set(known) - {"/Title"}:
        met(_INFORMATION, work, "document")
    if title := text(known.get("/Title")):
        information = pikepdf.Dictionary({"/Title": pikepdf.String(title)})
        work.target.trailer["/Info"] = work.target.make_indirect(information)
