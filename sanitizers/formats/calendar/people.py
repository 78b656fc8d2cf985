"""Organisers and guests: a name and a mail address, and no other kind of address (RFC 5545 section 3.3.3)."""

import re
from typing import Final

from sanitizers.formats.calendar.census import removed, rewritten
from sanitizers.formats.calendar.lines import Line
from sanitizers.formats.calendar.values import Work, parameter
from sanitizers.model import Severity, Threat

_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_SCHEME: Final = re.compile(r"mailto:", re.IGNORECASE)
# Parameter → what it may say (RFC 5545 section 3.2).
_TOKENS: Final[dict[str, re.Pattern[str]]] = {
    "CUTYPE": re.compile(r"INDIVIDUAL|GROUP|RESOURCE|ROOM|UNKNOWN"),
    "ROLE": re.compile(r"CHAIR|REQ-PARTICIPANT|OPT-PARTICIPANT|NON-PARTICIPANT"),
    "PARTSTAT": re.compile(r"NEEDS-ACTION|ACCEPTED|DECLINED|TENTATIVE|DELEGATED|COMPLETED|IN-PROCESS"),
    "RSVP": re.compile(r"TRUE|FALSE"),
}
_PEOPLE: Final = ("SENT-BY", "DELEGATED-TO", "DELEGATED-FROM", "MEMBER")
NOT_MAIL: Final = removed(Threat.EXTERNAL_REFERENCE, Severity.NOTE, "people", "a person without a mail address")
PASSES_FOR: Final = rewritten(
    Threat.DECEPTION, Severity.WARNING, "people", "a name that shows another address than the person's"
)


def person(line: Line, work: Work) -> tuple[str, str] | None:
    """Parameters and value of ORGANIZER or ATTENDEE; None for somebody that mail does not reach."""
    address = mail_address(line.value)
    if not address:
        work.census.saw(NOT_MAIL)
        return None
    written = parameter("CN", _name(line.parameter("CN"), address, work)) if line.parameter("CN") else ""
    for name, pattern in _TOKENS.items():
        if pattern.fullmatch(said := line.parameter(name).upper()):
            written += f";{name}={said}"
    for name in _PEOPLE:
        others = [f"mailto:{found}" for each in line.parameters.get(name, ()) if (found := mail_address(each))]
        written += parameter(name, *others)
    return written, f"mailto:{address}"


def mail_address(written: str) -> str:
    """The bare address of a mailto URI, or of what only looks like an address; "" for anything else."""
    bare = _SCHEME.sub("", written.strip(), count=1)
    return bare if _ADDRESS.fullmatch(bare) else ""


def _name(written: str, address: str, work: Work) -> str:
    name = " ".join(work.text(written).split())
    if "@" in name and name.lower().strip("'") != address.lower():
        work.census.saw(PASSES_FOR)
        name = name.replace("@", "＠")
    return name
