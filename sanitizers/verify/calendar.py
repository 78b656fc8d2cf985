"""The second reading of calendars and contact cards: our own grammar of lines, and the icalendar library's parser."""

import base64
import binascii
import re
from collections.abc import Callable
from typing import Final

from icalendar.parser import Contentline, Contentlines

from sanitizers.model import CannotSanitize, Threat

# Said here once more on purpose, and without the tables of the writer.
_COMPONENTS: Final = {
    "VCALENDAR": "",
    "VEVENT": "VCALENDAR",
    "VTODO": "VCALENDAR",
    "VJOURNAL": "VCALENDAR",
    "VFREEBUSY": "VCALENDAR",
    "VTIMEZONE": "VCALENDAR",
    "STANDARD": "VTIMEZONE",
    "DAYLIGHT": "VTIMEZONE",
    "VALARM": "VEVENT VTODO",
}
_PROPERTIES_LINES: Final = """
ACTION ATTENDEE BEGIN CALSCALE CATEGORIES CLASS COLOR COMMENT COMPLETED CONTACT CREATED DESCRIPTION DTEND DTSTAMP
DTSTART DUE DURATION END EXDATE EXRULE FREEBUSY GEO LAST-MODIFIED LOCATION METHOD NAME ORGANIZER PERCENT-COMPLETE
PRIORITY PRODID RDATE RECURRENCE-ID RELATED-TO REPEAT REQUEST-STATUS RESOURCES RRULE SEQUENCE STATUS SUMMARY TRANSP
TRIGGER TZID TZNAME TZOFFSETFROM TZOFFSETTO UID VERSION X-LIC-LOCATION X-MICROSOFT-CDO-ALLDAYEVENT
X-MICROSOFT-CDO-BUSYSTATUS X-MICROSOFT-CDO-IMPORTANCE X-MICROSOFT-CDO-INTENDEDSTATUS X-WR-CALDESC X-WR-CALNAME
X-WR-TIMEZONE
"""
_PROPERTIES: Final = frozenset(_PROPERTIES_LINES.split())
_PARAMETERS_LINES: Final = """
CN CUTYPE DELEGATED-FROM DELEGATED-TO FBTYPE LANGUAGE MEMBER PARTSTAT RANGE RELATED RELTYPE ROLE RSVP SENT-BY TZID
VALUE
"""
_PARAMETERS: Final = frozenset(_PARAMETERS_LINES.split())
_CARD_PROPERTIES_LINES: Final = """
ADR ANNIVERSARY BDAY BEGIN CATEGORIES CLASS EMAIL END FN GENDER GEO KIND LABEL LANG N NAME NICKNAME NOTE ORG PHOTO REV
ROLE SORT-STRING TEL TITLE TZ UID URL VERSION X-ABLABEL X-ABSHOWAS X-PHONETIC-FIRST-NAME X-PHONETIC-LAST-NAME
X-PHONETIC-MIDDLE-NAME X-PHONETIC-ORG
"""
_CARD_PROPERTIES: Final = frozenset(_CARD_PROPERTIES_LINES.split())
_CARD_PARAMETERS: Final = frozenset({"ENCODING", "LABEL", "PREF", "SORT-AS", "TYPE", "VALUE"})
_LONGEST_LINE: Final = 75
_HIDING: Final = re.compile(
    "[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
_MAIL: Final = re.compile(r"mailto:[!-9;-~]+@[A-Za-z0-9.-]+")
_MOMENT: Final = re.compile(r"[0-9]{8}(T[0-9]{6}Z?)?")
_RULE: Final = re.compile(r"(?:[A-Z]+=[A-Z0-9,+-]+;?)+")
_OFTEN: Final = re.compile(r"FREQ=(?:SECONDLY|MINUTELY)")
_PHOTO: Final = re.compile(r"(?:data:image/(?:jpeg|png|gif);base64,)?([A-Za-z0-9+/]+={0,2})")
_PICTURES: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8")
_LINK: Final = re.compile(r"https?://[!-~]+", re.IGNORECASE)


class Surprise(Exception):
    """The bytes are not what our writer writes."""


def verify_calendar(clean: bytes) -> None:
    """Raise CannotSanitize unless it is a calendar of the kind that our writer makes, for two readers."""
    _or_cannot(lambda: _check(clean, _PROPERTIES, _PARAMETERS, _check_calendar))


def verify_card(clean: bytes) -> None:
    """The same for contact cards."""
    _or_cannot(lambda: _check(clean, _CARD_PROPERTIES, _CARD_PARAMETERS, _check_cards))


def _or_cannot(check: Callable[[], None]) -> None:
    try:
        check()
    except Surprise as surprise:
        raise CannotSanitize(Threat.MALFORMED, f"the second reading found: {surprise}") from surprise


Property = tuple[str, dict[str, object], str]  # name, parameters, value
Properties = list[Property]


def _check(
    clean: bytes, names: frozenset[str], parameters: frozenset[str], check: Callable[[Properties], None]
) -> None:
    read = [_property(line) for line in _lines(clean) if line]
    for name, given, _ in read:
        if name.rpartition(".")[2] not in names:
            raise Surprise(f"a property {name[:60]}")
        if strange := {each.upper() for each in given} - parameters:
            raise Surprise(f"a parameter {min(strange)[:60]}")
    check(read)


def _lines(clean: bytes) -> list[Contentline]:
    pairs = clean.count(b"\r\n")
    if not clean.endswith(b"\r\n") or clean.count(b"\r") != pairs or clean.count(b"\n") != pairs:
        raise Surprise("a line that does not end in CRLF")
    if max(map(len, clean.split(b"\r\n"))) > _LONGEST_LINE:
        raise Surprise("a line of more than 75 octets")
    try:
        text = clean.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Surprise("text that is not UTF-8") from error
    if hidden := _HIDING.search(text):
        raise Surprise(f"the character U+{ord(hidden[0]):04X}")
    lines: list[Contentline] = Contentlines.from_ical(text)  # type: ignore[no-untyped-call]
    return lines


def _property(line: Contentline) -> Property:
    try:
        name, parameters, value = line.parts()
    except ValueError as error:
        raise Surprise("a line that a second parser cannot read") from error
    return name.upper(), dict(parameters), str(value)


def _nested(read: Properties, components: dict[str, str]) -> None:
    open_: list[str] = []
    for name, _, value in read:
        if name == "BEGIN":
            if value not in components or (open_[-1] if open_ else "") not in components[value].split(" "):
                raise Surprise(f"a component {value[:60]}")
            open_.append(value)
        elif name == "END":
            if not open_ or open_.pop() != value:
                raise Surprise("an end without its beginning")
        elif not open_:
            raise Surprise("a property outside")
    if open_ or not read:
        raise Surprise("a component without its end")


def _check_calendar(read: Properties) -> None:
    _nested(read, _COMPONENTS)
    for name, given, value in read:
        if name in {"ATTENDEE", "ORGANIZER"}:
            _check_person(given, value)
        elif name == "ACTION" and value != "DISPLAY":
            raise Surprise(f"an alarm {value[:60]}")
        elif name in {"RRULE", "EXRULE"} and (not _RULE.fullmatch(value) or _OFTEN.search(value)):
            raise Surprise("a rule for repetition that is not ours")
        elif name in {"DTSTART", "DTEND", "DUE", "RECURRENCE-ID", "DTSTAMP"} and not _MOMENT.fullmatch(value):
            raise Surprise(f"a value of {name}")


def _check_person(given: dict[str, object], value: str) -> None:
    if not _MAIL.fullmatch(value):
        raise Surprise("a person who is not a mail address")
    name = str(given.get("CN", ""))
    if "@" in name and name.strip("'").lower() != value.removeprefix("mailto:").lower():
        raise Surprise("a name that is another address")


def _check_cards(read: Properties) -> None:
    _nested(read, {"VCARD": ""})
    for name, _, value in read:
        last = name.rpartition(".")[2]
        if last == "PHOTO":
            _check_photo(value)
        elif last == "URL" and not _LINK.fullmatch(value):
            raise Surprise("an address that is none of the web")


def _check_photo(value: str) -> None:
    photo = _PHOTO.fullmatch(value)
    try:
        data = base64.b64decode(photo[1], validate=True) if photo else b""
    except binascii.Error as error:
        raise Surprise("a picture that is not base64") from error
    if not data.startswith(_PICTURES):
        raise Surprise("a picture that is none")
