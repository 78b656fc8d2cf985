"""XLSB ([MS-XLSB]), looked at by the names in its ZIP directory."""

from typing import Final

from sanitizers.formats.legacy.sightings import Sight, Sightings
from sanitizers.model import Severity, Threat
from sanitizers.zipped.reading import opened

# Beginning of a member's name, lower case → what it is there for.
NAMES: Final = {
    "xl/vbaproject": Sight(Threat.ACTIVE_CONTENT, Severity.DANGER, "macros", "VBA macros"),
    "xl/macrosheets/": Sight(Threat.ACTIVE_CONTENT, Severity.DANGER, "macros", "a sheet of Excel 4 macros"),
    "xl/activex/": Sight(Threat.ACTIVE_CONTENT, Severity.DANGER, "objects", "an ActiveX control"),
    "xl/embeddings/": Sight(Threat.EMBEDDED_OBJECT, Severity.WARNING, "objects", "an embedded object (OLE)"),
    "xl/externallinks/": Sight(
        Threat.EXTERNAL_REFERENCE, Severity.WARNING, "links", "links to another file, DDE or OLE"
    ),
    "xl/connections": Sight(
        Threat.EXTERNAL_REFERENCE, Severity.WARNING, "links", "a connection to data outside the file"
    ),
    "xl/webextensions/": Sight(Threat.ACTIVE_CONTENT, Severity.DANGER, "macros", "a web extension"),
    "customui/": Sight(Threat.ACTIVE_CONTENT, Severity.WARNING, "macros", "buttons of its own (customUI)"),
}


def look(data: bytes, seen: Sightings) -> None:
    """Everything that is reported of one file. CannotSanitize: no sound ZIP file."""
    for member in opened(data).members:
        name = member.name.lower()
        sight = next((sight for beginning, sight in NAMES.items() if name.startswith(beginning)), None)
        if sight is not None and "/_rels/" not in name:
            seen.saw(sight)
