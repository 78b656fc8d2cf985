"""Keys that are never carried because of what they do: each table says what their presence is reported as."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import pikepdf

from sanitizers.formats.pdf.checked import Entries
from sanitizers.formats.pdf.work import Work
from sanitizers.model import Action, Severity, Threat


class Trace(NamedTuple):
    """What one construct that does not go on is called in the report."""

    threat: Threat
    severity: Severity
    detail: str
    action: Action = Action.REMOVED


_METADATA: Final = Trace(Threat.METADATA, Severity.NOTE, "metadata stream (XMP)")
_PRIVATE: Final = Trace(Threat.METADATA, Severity.NOTE, "private data of a program (PieceInfo)")
_ASSOCIATED: Final = Trace(Threat.EMBEDDED_OBJECT, Severity.WARNING, "associated file (AF)")
_TRIGGERS: Final = Trace(Threat.ACTIVE_CONTENT, Severity.WARNING, "actions that run on their own (AA)")

EMBEDDED_FILE: Final = Trace(Threat.EMBEDDED_OBJECT, Severity.WARNING, "embedded file")

#: Of any dictionary (ISO 32000-2: 14.3.2, 14.5, 14.13). Actions are also looked into, in actions.py.
ANYWHERE: Final[Mapping[str, Trace]] = {
    "/AA": _TRIGGERS,
    "/AF": _ASSOCIATED,
    "/Metadata": _METADATA,
    "/PieceInfo": _PRIVATE,
}

#: Of the catalog (7.7.2).
CATALOG: Final[Mapping[str, Trace]] = {
    **ANYWHERE,
    "/Collection": Trace(Threat.EMBEDDED_OBJECT, Severity.WARNING, "portfolio of files (Collection)"),
    "/DSS": Trace(Threat.METADATA, Severity.NOTE, "certificates of signatures (DSS)"),
    "/Legal": Trace(Threat.METADATA, Severity.NOTE, "statement of what the document may do (Legal)"),
    "/OutputIntents": Trace(Threat.METADATA, Severity.NOTE, "output intent with its colour profile"),
    "/Perms": Trace(Threat.METADATA, Severity.NOTE, "permissions bound to a signature (Perms)"),
    "/Requirements": Trace(Threat.ACTIVE_CONTENT, Severity.NOTE, "demands on the program that reads it (Requirements)"),
    "/SpiderInfo": Trace(Threat.METADATA, Severity.NOTE, "addresses that the pages were taken from (SpiderInfo)"),
    "/Threads": Trace(Threat.METADATA, Severity.NOTE, "article threads"),
}

#: Of a page (7.7.3.3).
PAGE: Final[Mapping[str, Trace]] = {
    **ANYWHERE,
    "/Dur": Trace(Threat.ACTIVE_CONTENT, Severity.NOTE, "page that turns on its own (Dur, PresSteps)"),
    "/PresSteps": Trace(Threat.ACTIVE_CONTENT, Severity.NOTE, "page that turns on its own (Dur, PresSteps)"),
    "/Thumb": Trace(Threat.METADATA, Severity.NOTE, "thumbnail"),
    "/Trans": Trace(Threat.ACTIVE_CONTENT, Severity.NOTE, "page transition (Trans)"),
}

#: Of form and image XObjects (8.9.5, 8.10.2, 14.11.7).
XOBJECT: Final[Mapping[str, Trace]] = {
    **ANYWHERE,
    "/Alternates": Trace(Threat.HIDDEN_CONTENT, Severity.WARNING, "other pictures for print or the web (Alternates)"),
    "/F": Trace(Threat.EXTERNAL_REFERENCE, Severity.DANGER, "stream whose data is in another file (F)"),
    "/FFilter": Trace(Threat.EXTERNAL_REFERENCE, Severity.DANGER, "stream whose data is in another file (F)"),
    "/OPI": Trace(Threat.EXTERNAL_REFERENCE, Severity.WARNING, "picture that stands for another file (OPI)"),
    "/PS": Trace(Threat.ACTIVE_CONTENT, Severity.DANGER, "PostScript"),
    "/Ref": Trace(Threat.EXTERNAL_REFERENCE, Severity.WARNING, "drawing that stands for a page of another file (Ref)"),
}


def report(source: Entries, table: Mapping[str, Trace], work: Work, where: str) -> None:
    """Name in the report what the table knows and the dictionary has."""
    for key in source:
        if (trace := table.get(key)) is not None:
            met(trace, work, where)


def hidden_layer(group: pikepdf.Object, work: Work, where: str) -> None:
    """Name in the report a layer whose content does not go on."""
    label = work.layers.label(group)
    detail = f"hidden layer: {label[:80]}" if label else "hidden layer"
    work.found(Threat.HIDDEN_CONTENT, Severity.WARNING, Action.REMOVED, where, detail)


def met(trace: Trace, work: Work, where: str) -> None:
    """Name one construct in the report."""
    work.found(trace.threat, trace.severity, trace.action, where, trace.detail)
