"""Contact cards of allow-listed properties, with the picture cleaned and the readings of names (furigana) kept."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from typing import Final

from sanitizers.formats.calendar.census import removed, rewritten
from sanitizers.formats.calendar.lines import Line, read_lines
from sanitizers.formats.calendar.people import mail_address
from sanitizers.formats.calendar.tree import Component, components
from sanitizers.formats.calendar.values import Work, divided, escaped, folded, parameter, unescaped
from sanitizers.job import Job, Role
from sanitizers.model import CannotSanitize, File, Rebuilt, Severity, Threat

CARD: Final = "text/vcard"
MOST_CARDS: Final = 10_000
MOST_SAME: Final = 200  # properties of one name in one card
_TOKEN: Final = re.compile(r"[A-Za-z0-9-]{1,40}")
_NUMBER: Final = re.compile(r"(?:tel:)?[^\x00-\x1f<>@:/\\]{1,100}", re.IGNORECASE)
_PHOTO_TYPES: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF"}
_DATA_URI: Final = re.compile(r"data:[a-z0-9/.+-]{1,60};base64,", re.IGNORECASE)
_PLACE: Final = re.compile(r"(?:geo:)?([+-]?[0-9]{1,3}(?:\.[0-9]{1,16})?)[;,]([+-]?[0-9]{1,3}(?:\.[0-9]{1,16})?)")
_GROUP: Final = re.compile(r"item[0-9]{1,4}", re.IGNORECASE)

OUTSIDE: Final = removed(Threat.EXTERNAL_REFERENCE, Severity.WARNING, "properties", "something that is kept elsewhere")
INSIDE: Final = removed(
    Threat.EMBEDDED_OBJECT, Severity.NOTE, "properties", "a sound, logo, key or card inside the card"
)
PHOTO: Final = removed(Threat.EMBEDDED_OBJECT, Severity.NOTE, "picture", "a picture that cannot be cleaned")
OWN: Final = removed(Threat.METADATA, Severity.NOTE, "properties", "properties of one program only")
WRONG: Final = removed(Threat.MALFORMED, Severity.NOTE, "properties", "a value that is none of its kind")
LINK: Final = rewritten(Threat.EXTERNAL_REFERENCE, Severity.NOTE, "links", "an address became text of the note")
MANY: Final = removed(Threat.LIMIT_EXCEEDED, Severity.WARNING, "properties", "hundreds of the same property")

_HELD_ELSEWHERE: Final = frozenset(
    {"SOURCE", "FBURL", "CALURI", "CALADRURI", "IMPP", "MEMBER", "RELATED", "SOUND", "LOGO", "KEY"}
)
_HELD_INSIDE: Final = frozenset({"SOUND", "LOGO", "KEY", "AGENT"})
_SILENT: Final = frozenset({"VERSION", "PRODID", "MAILER"})

Written = tuple[str, str] | None
Write = Callable[[Line, Work], Written]


class Contact:
    """Writes contact cards anew."""

    name = "contact"
    types = frozenset({CARD})
    limitations = (
        "Cards of version 2.1 become version 3.0, in UTF-8; those of 4.0 stay 4.0.",
        "Sounds, logos, keys and cards inside cards do not go on; readings of names (furigana) do.",
        "A picture goes on when it is inside the card and can be cleaned; one kept elsewhere does not.",
        "Addresses of pages stay, or become text of the note, by the rule for links; those of chats and calendars go.",
        "What only one program understands (X- properties) does not go on.",
    )

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        """UTF-8, lines folded; raises CannotSanitize when there is no card in it, or too many."""
        work = Work(job)
        claimed = re.search(r"charset=\"?([^\s;\"]+)", file.claimed_type, re.IGNORECASE)
        lines = read_lines(file.data, claimed[1] if claimed else "", work.census)
        cards = [each for each in components(lines, work.census) if each.name == "VCARD"]
        if not cards:
            raise CannotSanitize(Threat.MALFORMED, "no contact card that can be read")
        if len(cards) > MOST_CARDS:
            raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {MOST_CARDS} cards")
        text = "".join(_written(card, work) for card in cards)
        return Rebuilt(text.encode(), file.claimed_name, CARD, work.census.findings())


def _written(card: Component, work: Work) -> str:
    version = "4.0" if card.value("VERSION").strip() == "4.0" else "3.0"
    old = card.value("VERSION").strip() == "2.1"
    for _ in card.children:
        work.census.saw(INSIDE)
    lines: list[str] = []
    notes: list[str] = []
    seen: dict[str, int] = {}
    for line in card.lines:
        seen[line.name] = seen.get(line.name, 0) + 1
        if seen[line.name] > MOST_SAME:
            work.census.saw(MANY)
        elif line.name == "PHOTO":
            lines += _photo(line, work, version)
        elif line.name == "URL":
            _link(line, work, lines, notes)
        elif line.name == "SOUND" and "X-IRMC-N" in line.parameters.get("TYPE", ()):
            lines += _readings(line, work)
        else:
            lines += _property(line, work, old=old)
    lines += [f"NOTE:{escaped(chr(10).join(notes))}"] if notes else []
    return "".join(["BEGIN:VCARD\r\n", f"VERSION:{version}\r\n", *map(folded, lines), "END:VCARD\r\n"])


def _property(line: Line, work: Work, *, old: bool) -> list[str]:
    write = PROPERTIES.get(line.name)
    if write is None:
        _leave(line, work)
        return []
    if old and line.name in _DIVIDED_BY_SEMICOLON:  # version 2.1: a comma is a comma
        line = Line(line.name, line.value.replace("\\,", ",").replace(",", "\\,"), line.parameters, line.group)
    written = write(line, work)
    return [f"{_group(line)}{line.name}{written[0]}:{written[1]}"] if written and written[1].strip(";") else []


def _group(line: Line) -> str:
    return f"{line.group}." if _GROUP.fullmatch(line.group) else ""


def _leave(line: Line, work: Work) -> None:
    if line.name in _HELD_INSIDE and not re.match(r"\s*[a-z][a-z0-9+.-]*:", line.value, re.IGNORECASE):
        work.census.saw(INSIDE)
    elif line.name in _HELD_ELSEWHERE:
        work.census.saw(OUTSIDE)
    elif line.name not in _SILENT:
        work.census.saw(OWN)


def _link(line: Line, work: Work, lines: list[str], notes: list[str]) -> None:
    text = work.link(line.value)
    if text and text == unescaped(line.value).strip():
        lines.append(f"{_group(line)}URL{_types(line)}:{text}")
    elif text:
        work.census.saw(LINK)
        notes.append(text)


def _readings(line: Line, work: Work) -> list[str]:
    """How Japanese telephones write the reading of a name: as a sound, family name first."""
    family, given, *_ = [*(escaped(work.text(piece)) for piece in divided(line.value, ";")), "", ""]
    names = (("X-PHONETIC-LAST-NAME", family), ("X-PHONETIC-FIRST-NAME", given))
    return [f"{name}:{reading}" for name, reading in names if reading]


def _photo(line: Line, work: Work, version: str) -> list[str]:
    """RFC 2426 section 3.1.4, RFC 6350 section 6.2.4."""
    inside = _DATA_URI.match(line.value.replace("\\,", ",").replace("\\;", ";"))
    if line.parameter("ENCODING").upper() not in {"B", "BASE64"} and inside is None:
        work.census.saw(OUTSIDE)
        return []
    letters = re.sub(r"[^A-Za-z0-9+/]", "", line.value.partition(",")[2] if inside else line.value)
    try:
        data = binascii.a2b_base64(letters + "=" * (-len(letters) % 4))
    except binascii.Error:
        work.census.saw(PHOTO)
        return []
    child = work.job.child("", "", data, role=Role.SHOWN)
    if not isinstance(child, Rebuilt) or child.type not in _PHOTO_TYPES:
        work.census.saw(PHOTO)
        return []
    clean = base64.b64encode(child.data).decode("ascii")
    if version == "4.0":
        return [f"PHOTO:data:{child.type};base64,{clean}"]
    return [f"PHOTO;ENCODING=b;TYPE={_PHOTO_TYPES[child.type]}:{clean}"]


def _text(line: Line, work: Work) -> Written:
    return _types(line), escaped(work.text(line.value))


def _plain(line: Line, work: Work) -> Written:
    return "", escaped(work.plain(line.value)[:1_000])


def _structured(line: Line, work: Work) -> Written:
    """Fields by semicolons, several values in each by commas (RFC 6350 section 6.2.2)."""
    fields = (divided(field, ",") for field in divided(line.value, ";"))
    written = ";".join(",".join(escaped(work.text(value)) for value in field) for field in fields)
    sorted_as = parameter("SORT-AS", *(work.text(each) for each in line.parameters.get("SORT-AS", ())))
    label = parameter("LABEL", " ".join(work.text(line.parameter("LABEL")).split())) if line.name == "ADR" else ""
    return _types(line) + sorted_as + label, written


def _list(line: Line, work: Work) -> Written:
    return _types(line), ",".join(escaped(work.text(value)) for value in divided(line.value, ","))


def _telephone(line: Line, work: Work) -> Written:
    number = work.plain(line.value).strip()
    if not _NUMBER.fullmatch(number):
        work.census.saw(WRONG)
        return None
    if number.lower().startswith("tel:"):
        return ";VALUE=uri" + _types(line), number
    return _types(line), escaped(number)


def _mail(line: Line, work: Work) -> Written:
    address = mail_address(unescaped(line.value))
    if not address:
        work.census.saw(WRONG)
        return None
    return _types(line), address


def _place(line: Line, work: Work) -> Written:
    found = _PLACE.fullmatch(line.value.strip())
    if found is None:
        work.census.saw(WRONG)
        return None
    if line.value.strip().lower().startswith("geo:"):
        return "", f"geo:{found[1]},{found[2]}"
    return "", f"{found[1]};{found[2]}"


def _types(line: Line) -> str:
    types = [each.upper() for each in line.parameters.get("TYPE", ()) if _TOKEN.fullmatch(each)]
    preferred = line.parameter("PREF")
    return parameter("TYPE", *dict.fromkeys(types)) + (f";PREF={preferred}" if preferred.isdecimal() else "")


# Property → how it is written; what is not here does not go on.
PROPERTIES: Final[Mapping[str, Write]] = {
    "ADR": _structured,
    "ANNIVERSARY": _plain,
    "BDAY": _plain,
    "CATEGORIES": _list,
    "CLASS": _plain,
    "EMAIL": _mail,
    "FN": _text,
    "GENDER": _plain,
    "GEO": _place,
    "KIND": _plain,
    "LABEL": _text,
    "LANG": _plain,
    "N": _structured,
    "NAME": _text,
    "NICKNAME": _list,
    "NOTE": _text,
    "ORG": _structured,
    "REV": _plain,
    "ROLE": _text,
    "SORT-STRING": _text,
    "TEL": _telephone,
    "TITLE": _text,
    "TZ": _plain,
    "UID": _plain,
    "X-ABLABEL": _text,  # what Apple calls the property of the same group
    "X-ABSHOWAS": _plain,
    "X-PHONETIC-FIRST-NAME": _text,  # readings (furigana): Apple, Google, Android
    "X-PHONETIC-LAST-NAME": _text,
    "X-PHONETIC-MIDDLE-NAME": _text,
    "X-PHONETIC-ORG": _text,
}
_DIVIDED_BY_SEMICOLON: Final = frozenset({"ADR", "N", "ORG"})
