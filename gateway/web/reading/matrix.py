"""What happens to which type in which profile, as a table that a person reads: from the rules alone."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

from sanitizers.model import Threat
from sanitizers.rules import Assignment, Profile, Rules

DEFAULT_PROFILE: Final = "standard"  # of recipients that no assignment names


class Tone(StrEnum):
    """How much of a file is there afterwards."""

    KEPT = "kept"  # rebuilt as the same type
    CHANGED = "changed"  # goes on as something else, or less
    STOPPED = "stopped"  # does not go on
    PLAIN = "plain"  # says nothing about that


class Cell(msgspec.Struct, frozen=True):
    """One profile's answer: a key of the wording and its tone."""

    key: str
    tone: Tone


class Line(msgspec.Struct, frozen=True):
    """One family of types."""

    key: str  #: "family.pdf", a key of the wording
    examples: str  #: names as people see them
    cells: tuple[Cell, ...]  #: in the order of the profiles


#: The families, in the order in which offices meet them; each is one setting of a profile.
FAMILIES: Final[Mapping[str, str]] = {
    "office": ".docx .xlsx .pptx .odt .ods .odp",
    "legacy_office": ".doc .xls .ppt .rtf .xlsb",
    "pdf": ".pdf",
    "pictures": ".jpg .png .gif .tif .heic .webp",
    "svg": ".svg",
    "mail_files": ".eml .msg winmail.dat",
    "calendars": ".ics .vcf",
    "ichitaro": ".jtd .jtdc .jtt",
    "hwp": ".hwp .hwpx",
    "cad": ".dxf .sfc .p21",
    "html_files": ".html .htm",
    "text_files": ".txt .csv .json .xml",
}
#: What else a profile says.
MANNERS: Final = (
    "links",
    "body_charset",
    "notice",
    "office_remarks",
    "office_author",
    "pdf_picture_text",
    "blocked_part",
    "locked_part",
    "removed_part",
    "dmarc_failure",
    "own_child",
    "approval",
    "transfer_approval",
    "tell_held",
    "zip_members",
)
#: The same in every profile: no setting opens it.
ALWAYS: Final[Mapping[str, tuple[str, Tone]]] = {
    "body": ("way.text", Tone.CHANGED),
    "unknown": ("way.removed", Tone.STOPPED),
}
_TONES: Final[Mapping[str, Tone]] = {
    "rebuilt": Tone.KEPT,
    "resampled": Tone.KEPT,
    "kept": Tone.KEPT,
    "utf-8": Tone.KEPT,
    "same": Tone.KEPT,
    "removed": Tone.STOPPED,
    "hold": Tone.STOPPED,
}


def families(rules: Rules) -> list[Line]:
    """The matrix."""
    profiles = rules.profiles.values()
    lines = [Line("family.body", "text/plain text/html", _same("body", len(rules.profiles)))]
    lines += [
        Line(f"family.{name}", examples, tuple(_family(name, profile) for profile in profiles))
        for name, examples in FAMILIES.items()
    ]
    return [*lines, Line("family.unknown", ".exe .js .lnk .iso …", _same("unknown", len(rules.profiles)))]


def _same(name: str, count: int) -> tuple[Cell, ...]:
    key, tone = ALWAYS[name]
    return (Cell(key, tone),) * count


def _family(name: str, profile: Profile) -> Cell:
    value = str(getattr(profile, name).value)
    return Cell(f"way.{name}.{value}", _TONES.get(value, Tone.CHANGED))


def manners(rules: Rules) -> list[Line]:
    """The other settings that are one of a closed set."""
    return [
        Line(f"manner.{name}", "", tuple(_manner(name, profile) for profile in rules.profiles.values()))
        for name in MANNERS
    ]


def _manner(name: str, profile: Profile) -> Cell:
    value = str(getattr(profile, name).value)
    return Cell(f"way.{name}.{value}", Tone.STOPPED if value == "hold" else Tone.PLAIN)


def holding(rules: Rules) -> list[tuple[Threat, tuple[bool, ...]]]:
    """Which finding holds a mail, profile by profile."""
    return [(threat, tuple(threat in profile.hold_on for profile in rules.profiles.values())) for threat in Threat]


class Chosen(msgspec.Struct, frozen=True):
    """The profile of a recipient, and the assignment that says so; None: none matches, the default does."""

    profile: str
    number: int | None  #: counted from 1
    assignment: Assignment | None


def profile_for(rules: Rules, address: str, direction: str) -> Chosen:
    """As intake chooses: the first assignment that matches."""
    lowered = address.strip().lower()
    patterns = {"*", "*@" + lowered.rpartition("@")[2], lowered}
    for number, assignment in enumerate(rules.assignments, 1):
        matches = patterns & {pattern.lower() for pattern in assignment.recipients}
        if matches and assignment.direction in {"any", direction}:
            return Chosen(assignment.profile, number, assignment)
    return Chosen(DEFAULT_PROFILE, None, None)
