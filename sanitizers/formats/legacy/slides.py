"""PowerPoint 97 to 2003 ([MS-PPT]), looked at: the records that run, fetch, embed or encrypt."""

import struct
from typing import Final

from sanitizers.formats.legacy.sightings import Sight, Sightings
from sanitizers.model import Severity, Threat

RECORD: Final = struct.Struct("<HHI")  # [MS-PPT] 2.3.1: version and instance, type, size
CONTAINER: Final = 0xF
MOST_RECORDS: Final = 1_000_000
TOKEN_AT: Final = 12  # 2.3.2 CurrentUserAtom: headerToken
ENCRYPTED: Final = 0xF3D1C4DF
VBA_INFO: Final = 0x0400  # 2.4.11 VBAInfoAtom, which every file has
HAS_MACROS_AT: Final = 4
ACTION_AT: Final = 8  # 2.6.4 InteractiveInfoAtom
MACRO, PROGRAM = 1, 2
INTERACTIVE: Final = 0x0FF3

SIGHTS: Final = {
    0x0FEE: Sight(Threat.ACTIVE_CONTENT, Severity.DANGER, "objects", "an ActiveX control"),  # ExControlContainer
    0x0FCC: Sight(Threat.EMBEDDED_OBJECT, Severity.WARNING, "objects", "an embedded object (OLE)"),  # ExOleEmbed
    0x0FCE: Sight(Threat.EXTERNAL_REFERENCE, Severity.WARNING, "links", "an object that is fetched from elsewhere"),
    0x1006: Sight(
        Threat.EXTERNAL_REFERENCE, Severity.WARNING, "links", "a film or sound in another file"
    ),  # ExAviMovie
    0x1007: Sight(
        Threat.EXTERNAL_REFERENCE, Severity.WARNING, "links", "a film or sound in another file"
    ),  # ExMCIMovie
}
MACROS: Final = Sight(Threat.ACTIVE_CONTENT, Severity.DANGER, "macros", "VBA macros")
RUNS: Final = Sight(
    Threat.ACTIVE_CONTENT, Severity.DANGER, "actions", "a click or a mouse that runs a program or macro"
)


def is_encrypted(current_user: bytes) -> bool:
    """By the stream Current User."""
    return current_user[TOKEN_AT : TOKEN_AT + 4] == struct.pack("<I", ENCRYPTED)


def look(document: bytes, seen: Sightings) -> None:
    """What its records say, at any depth."""
    at = 0
    for _ in range(MOST_RECORDS):
        if at + RECORD.size > len(document):
            return
        version, kind, size = RECORD.unpack_from(document, at)
        at += RECORD.size
        if kind in SIGHTS:
            seen.saw(SIGHTS[kind])
        elif kind == VBA_INFO and any(document[at + HAS_MACROS_AT : at + HAS_MACROS_AT + 4]):
            seen.saw(MACROS)
        elif kind == INTERACTIVE and document[at + ACTION_AT : at + ACTION_AT + 1] in {
            bytes([MACRO]),
            bytes([PROGRAM]),
        }:
            seen.saw(RUNS)
        if version & 0xF != CONTAINER:
            at += size
