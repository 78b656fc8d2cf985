"""XLSB ([MS-XLSB]), looked at by the names in its ZIP directory."""

import re
from typing import Final

from sanitizers.budget import BudgetMeter
from sanitizers.formats.legacy.sightings import Sight, Sightings
from sanitizers.model import CannotSanitize, Severity, Threat
from sanitizers.zipped.reading import opened

# Beginning of a member's name, lower case → what it is there for.
NAMES: Final = {
    "xl/vbaproject": Sight(Threat.ACTIVE_CONTENT, Severity.DANGER, "macros", "VBA macros"),
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


# Where a workbook says which of its sheets are macros: by type of content, and by type of relationship.
_SAYS_SO: Final = re.compile(r"\[content_types\]\.xml|(?:.*/)?_rels/[^/]*\.rels")
_MACRO_SHEET: Final = b"macrosheet"  # both spellings of [MS-XLSB] 2.1.7.31 and .32, in types and in folder names
_MACROS: Final = "a workbook of the binary format with sheets of Excel 4 macros"
_MOST_BYTES: Final = 1_048_576  # of such a part; a workbook of a thousand sheets has a fifth of it


def look(data: bytes, meter: BudgetMeter, seen: Sightings) -> None:
    """Everything that is reported of one file. CannotSanitize: no sound ZIP file, or Excel 4 macros in it.

    LibreOffice would make ordinary sheets of these, with the words of the macros in their cells.
    """
    zipped = opened(data)
    for member in zipped.members:
        name = member.name.lower()
        if _SAYS_SO.fullmatch(name):
            _refuse_macro_sheets(zipped.read(member, meter) if member.size <= _MOST_BYTES else b"\0")
        if _MACRO_SHEET.decode() in name:
            raise CannotSanitize(Threat.ACTIVE_CONTENT, _MACROS)
        sight = next((sight for beginning, sight in NAMES.items() if name.startswith(beginning)), None)
        if sight is not None and "/_rels/" not in name:
            seen.saw(sight)


def _refuse_macro_sheets(part: bytes) -> None:
    """Looked for as letters; a part in which letters could be written otherwise is not believed."""
    if _MACRO_SHEET in part.lower():
        raise CannotSanitize(Threat.ACTIVE_CONTENT, _MACROS)
    if b"\0" in part or b"&#" in part or b"<!" in part:
        raise CannotSanitize(Threat.MALFORMED, "a workbook whose list of sheets is not written as Excel writes it")
