"""What a calendar may hold: components, their properties, and how each property is written (RFC 5545, 7986, 5546)."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from sanitizers.formats.calendar.census import removed, rewritten
from sanitizers.formats.calendar.lines import Line
from sanitizers.formats.calendar.people import person
from sanitizers.formats.calendar.recurrence import rule
from sanitizers.formats.calendar.values import Work, divided, escaped, parameter
from sanitizers.model import Severity, Threat

MOST_MOMENTS: Final = 1_000  # in one RDATE, EXDATE or FREEBUSY
LONGEST_IDENTIFIER: Final = 1_000
_MOMENT: Final = re.compile(r"[0-9]{8}(?:T[0-9]{6}Z?)?")
_PERIOD: Final = re.compile(r"[0-9]{8}T[0-9]{6}Z?/(?:[0-9]{8}T[0-9]{6}Z?|P[0-9DTHMSW]{1,30})")
_DURATION: Final = re.compile(
    r"[+-]?P(?=[0-9T])(?:[0-9]{1,5}W)?(?:[0-9]{1,5}D)?(?:T(?:[0-9]{1,5}H)?(?:[0-9]{1,5}M)?(?:[0-9]{1,6}S)?)?"
)
_OFFSET: Final = re.compile(r"[+-][0-9]{4}(?:[0-9]{2})?")
_INTEGER: Final = re.compile(r"-?[0-9]{1,10}")
_PLACE: Final = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{1,16})?;[+-]?[0-9]{1,3}(?:\.[0-9]{1,16})?")
_TOKEN: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,40}")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,4}")
_STATUS_CODE: Final = re.compile(r"[0-9](?:\.[0-9]{1,2}){1,2}")
# A zone is looked up by its name, in some programs as the name of a file.
_ZONE: Final = re.compile(r"(?!.*\.\.)[^\x00-\x1f\x7f\"\\%<>|*?]{1,200}")
METHODS: Final = frozenset({"PUBLISH", "REQUEST", "REPLY", "ADD", "CANCEL", "REFRESH", "COUNTER", "DECLINECOUNTER"})

RULE: Final = removed(
    Threat.LIMIT_EXCEEDED, Severity.WARNING, "recurrence", "a rule that repeats beyond all measure, or is none"
)
WRONG: Final = removed(Threat.MALFORMED, Severity.NOTE, "properties", "a value that is none of its kind")
ZONE: Final = removed(Threat.DECEPTION, Severity.WARNING, "time zones", "the name of a time zone that is a path")
OUTSIDE: Final = removed(
    Threat.EXTERNAL_REFERENCE, Severity.NOTE, "properties", "an address of a description or directory kept elsewhere"
)
MANY: Final = rewritten(Threat.LIMIT_EXCEEDED, Severity.WARNING, "recurrence", "an endless list of dates was cut")

Written = tuple[str, str] | None  #: parameters and value; None: it does not go on
Write = Callable[[Line, Work], Written]


def text(line: Line, work: Work) -> Written:
    """Words for people."""
    return _language(line, work), escaped(work.text(line.value))


def texts(line: Line, work: Work) -> Written:
    """Several, by commas."""
    return _language(line, work), ",".join(escaped(work.text(piece)) for piece in divided(line.value, ","))


def identifier(line: Line, work: Work) -> Written:
    """Words for programs."""
    return "", escaped(work.plain(line.value)[:LONGEST_IDENTIFIER])


def related(line: Line, work: Work) -> Written:
    """The identifier of another component."""
    kind = line.parameter("RELTYPE").upper()
    return f";RELTYPE={kind}" if kind in {"PARENT", "CHILD", "SIBLING"} else "", escaped(work.plain(line.value))


def request_status(line: Line, work: Work) -> Written:
    """RFC 5545 section 3.8.8.3."""
    code, *words = divided(line.value, ";")
    if not _STATUS_CODE.fullmatch(code):
        return _wrong(work)
    return _language(line, work), ";".join([code, *(escaped(work.text(word)) for word in words[:2])])


def _language(line: Line, work: Work) -> str:
    if line.parameter("ALTREP"):
        work.census.saw(OUTSIDE)
    said = line.parameter("LANGUAGE")
    return f";LANGUAGE={said}" if _LANGUAGE.fullmatch(said) else ""


def _wrong(work: Work) -> Written:
    work.census.saw(WRONG)
    return None


def matching(pattern: re.Pattern[str]) -> Write:
    """A value of this form."""

    def write(line: Line, work: Work) -> Written:
        value = line.value.strip()
        return ("", value) if pattern.fullmatch(value) else _wrong(work)

    return write


def one_of(*words: str) -> Write:
    """A value that is one of these words."""

    def write(line: Line, work: Work) -> Written:
        value = line.value.strip().upper()
        return ("", value) if value in words else _wrong(work)

    return write


def moment(line: Line, work: Work) -> Written:
    """A date, or a date and a time (RFC 5545 sections 3.3.4 and 3.3.5)."""
    value = line.value.strip().upper()
    if not _MOMENT.fullmatch(value):
        return _wrong(work)
    span = ";RANGE=THISANDFUTURE" if line.parameter("RANGE").upper() == "THISANDFUTURE" else ""
    return _zone(line, work, value) + span + ("" if "T" in value else ";VALUE=DATE"), value


def moments(line: Line, work: Work) -> Written:
    """Several, or periods."""
    values = [value for piece in line.value.upper().split(",") if (value := piece.strip())]
    if len(values) > MOST_MOMENTS:
        work.census.saw(MANY)
        values = values[:MOST_MOMENTS]
    if values and all(map(_MOMENT.fullmatch, values)):
        kind = "" if "T" in values[0] else ";VALUE=DATE"
    elif values and all(map(_PERIOD.fullmatch, values)):
        kind = ";VALUE=PERIOD" if line.name != "FREEBUSY" else _busy(line)
    else:
        return _wrong(work)
    return _zone(line, work, values[0]) + kind, ",".join(values)


def _busy(line: Line) -> str:
    kind = line.parameter("FBTYPE").upper()
    return f";FBTYPE={kind}" if kind in {"FREE", "BUSY", "BUSY-UNAVAILABLE", "BUSY-TENTATIVE"} else ""


def _zone(line: Line, work: Work, value: str) -> str:
    named = line.parameter("TZID")
    if not named or "T" not in value or value.endswith("Z"):
        return ""
    if _ZONE.fullmatch(named):
        return parameter("TZID", named)
    work.census.saw(ZONE)
    return ""


def zone_name(line: Line, work: Work) -> Written:
    """The name that the parameters TZID refer to."""
    name = work.plain(line.value).replace("^", " ").strip()
    if not _ZONE.fullmatch(name):
        work.census.saw(ZONE)
        return None
    return "", escaped(name)


def trigger(line: Line, work: Work) -> Written:
    """When a reminder shows (RFC 5545 section 3.8.6.3)."""
    value = line.value.strip().upper()
    if _DURATION.fullmatch(value):
        return ";RELATED=END" if line.parameter("RELATED").upper() == "END" else "", value
    return (";VALUE=DATE-TIME", value) if _MOMENT.fullmatch(value) and "T" in value else _wrong(work)


def recurrence(line: Line, work: Work) -> Written:
    """See `recurrence.rule`."""
    value = rule(line.value)
    if value:
        return "", value
    work.census.saw(RULE)
    return None


_COMMON: Final[dict[str, Write]] = {
    "ATTENDEE": person,
    "CATEGORIES": texts,
    "CLASS": matching(_TOKEN),
    "COLOR": matching(_TOKEN),  # RFC 7986 section 5.9: a name of a colour
    "COMMENT": text,
    "CONTACT": text,
    "CREATED": moment,
    "DESCRIPTION": text,
    "DTSTAMP": moment,
    "DTSTART": moment,
    "DURATION": matching(_DURATION),
    "EXDATE": moments,
    "EXRULE": recurrence,  # RFC 2445 section 4.8.5.2; not in its successor, still in use
    "GEO": matching(_PLACE),
    "LAST-MODIFIED": moment,
    "LOCATION": text,
    "ORGANIZER": person,
    "PRIORITY": matching(_INTEGER),
    "RDATE": moments,
    "RECURRENCE-ID": moment,
    "RELATED-TO": related,
    "REQUEST-STATUS": request_status,
    "RESOURCES": texts,
    "RRULE": recurrence,
    "SEQUENCE": matching(_INTEGER),
    "STATUS": matching(_TOKEN),
    "SUMMARY": text,
    "UID": identifier,
}
_ZONE_RULE: Final[dict[str, Write]] = {
    "COMMENT": text,
    "DTSTART": moment,
    "RDATE": moments,
    "RRULE": recurrence,
    "TZNAME": text,
    "TZOFFSETFROM": matching(_OFFSET),
    "TZOFFSETTO": matching(_OFFSET),
}
# Component → its properties; what is not here does not go on.
PROPERTIES: Final[Mapping[str, Mapping[str, Write]]] = {
    "VCALENDAR": {
        "CALSCALE": one_of("GREGORIAN"),
        "METHOD": one_of(*sorted(METHODS)),
        "NAME": text,  # RFC 7986 section 5.1
        "DESCRIPTION": text,
        "COLOR": matching(_TOKEN),
        "LAST-MODIFIED": moment,
        "X-WR-CALNAME": text,  # the name that every calendar program shows
        "X-WR-CALDESC": text,
        "X-WR-TIMEZONE": zone_name,
    },
    "VEVENT": {
        **_COMMON,
        "DTEND": moment,
        "TRANSP": one_of("OPAQUE", "TRANSPARENT"),
        "X-MICROSOFT-CDO-ALLDAYEVENT": one_of("TRUE", "FALSE"),  # how Outlook shows it; words from closed lists
        "X-MICROSOFT-CDO-BUSYSTATUS": one_of("FREE", "TENTATIVE", "BUSY", "OOF", "WORKINGELSEWHERE"),
        "X-MICROSOFT-CDO-IMPORTANCE": matching(_INTEGER),
        "X-MICROSOFT-CDO-INTENDEDSTATUS": one_of("FREE", "TENTATIVE", "BUSY", "OOF", "WORKINGELSEWHERE"),
    },
    "VTODO": {**_COMMON, "COMPLETED": moment, "DUE": moment, "PERCENT-COMPLETE": matching(_INTEGER)},
    "VJOURNAL": _COMMON,
    "VFREEBUSY": {
        **{
            name: _COMMON[name] for name in ("ATTENDEE", "COMMENT", "CONTACT", "DTSTAMP", "DTSTART", "ORGANIZER", "UID")
        },
        "DTEND": moment,
        "FREEBUSY": moments,
    },
    "VTIMEZONE": {"LAST-MODIFIED": moment, "TZID": zone_name, "X-LIC-LOCATION": zone_name},
    "STANDARD": _ZONE_RULE,
    "DAYLIGHT": _ZONE_RULE,
    "VALARM": {
        "DESCRIPTION": text,
        "DURATION": matching(_DURATION),
        "REPEAT": matching(re.compile(r"[0-9]{1,2}")),
        "TRIGGER": trigger,
        "UID": identifier,
    },
}
# Component → what may stand in it.
CHILDREN: Final[Mapping[str, frozenset[str]]] = {
    "VCALENDAR": frozenset({"VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VTIMEZONE"}),
    "VEVENT": frozenset({"VALARM"}),
    "VTODO": frozenset({"VALARM"}),
    "VTIMEZONE": frozenset({"STANDARD", "DAYLIGHT"}),
}
