"""Calendars: events, tasks, journals and free times of allow-listed properties; an invitation stays an invitation."""

from typing import Final

from sanitizers.formats.calendar.census import removed, rewritten
from sanitizers.formats.calendar.components import CHILDREN, PROPERTIES
from sanitizers.formats.calendar.lines import Line, read_lines
from sanitizers.formats.calendar.tree import Component, components
from sanitizers.formats.calendar.values import Work, escaped, folded
from sanitizers.job import Job
from sanitizers.model import CannotSanitize, File, Rebuilt, Severity, Threat

CALENDAR: Final = "text/calendar"
MOST_COMPONENTS: Final = 10_000
MOST_ALARMS: Final = 10  # of one event
MOST_SAME: Final = 2_000  # properties of one name in one component
_HEAD: Final = ("VERSION:2.0\r\n", "PRODID:-//Kiyome//Kiyome//EN\r\n")
_LINKS: Final = frozenset({"URL", "CONFERENCE"})  # RFC 7986 section 5.11: where a meeting is held
_OUTSIDE: Final = frozenset({"ATTACH", "IMAGE", "SOURCE", "STRUCTURED-DATA"})
_SILENT: Final = frozenset({"VERSION", "PRODID", "ACTION"})  # ours are written
_REMINDER: Final = "Reminder"
_RUNS: Final = {
    "PROCEDURE": removed(Threat.ACTIVE_CONTENT, Severity.DANGER, "alarms", "an alarm that runs a program"),
    "EMAIL": removed(Threat.ACTIVE_CONTENT, Severity.WARNING, "alarms", "an alarm that sends mail"),
}
ALARM: Final = removed(Threat.UNSUPPORTED, Severity.NOTE, "alarms", "an alarm of an unknown kind, or one too many")
SOUND: Final = rewritten(Threat.EXTERNAL_REFERENCE, Severity.NOTE, "alarms", "an alarm shows words instead of a sound")
ATTACHED: Final = removed(
    Threat.EXTERNAL_REFERENCE, Severity.WARNING, "properties", "an attachment or picture kept elsewhere"
)
INSIDE: Final = removed(Threat.EMBEDDED_OBJECT, Severity.WARNING, "properties", "a file inside a calendar")
LINK: Final = rewritten(Threat.EXTERNAL_REFERENCE, Severity.NOTE, "links", "an address became text of the description")
PAGE: Final = removed(Threat.ACTIVE_CONTENT, Severity.NOTE, "properties", "a second description, in HTML")
OWN: Final = removed(Threat.METADATA, Severity.NOTE, "properties", "properties of one program only")
COMPONENT: Final = removed(Threat.UNSUPPORTED, Severity.NOTE, "components", "a component of a kind that does not go on")
MANY: Final = removed(Threat.LIMIT_EXCEEDED, Severity.WARNING, "properties", "thousands of the same property")


class Calendar:
    """Writes a calendar anew."""

    name = "calendar"
    types = frozenset({CALENDAR})
    limitations = (
        "Attachments and pictures of an event do not go on, neither files inside it nor addresses of such.",
        "Addresses of pages and of online meetings become text of the description.",
        "Alarms that run something or send mail do not go on; those with a sound show their words instead.",
        "HTML in a description becomes its words, and the second description in HTML (X-ALT-DESC) goes.",
        "Rules that repeat by the minute, or many times a day, do not go on: the event then takes place once.",
        "A calendar in the old form (vCalendar 1.0) becomes iCalendar, without its rules for repetition.",
        "People without a mail address, and what only one program understands (X- properties), do not go on.",
    )

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        """UTF-8, lines folded; raises CannotSanitize when there is no calendar in it, or too much of one."""
        work = Work(job)
        lines = read_lines(file.data, _charset(file.claimed_type), work.census)
        if sum(line.name == "BEGIN" for line in lines) > MOST_COMPONENTS:
            raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {MOST_COMPONENTS} components")
        calendars = [each for each in components(lines, work.census) if each.name == "VCALENDAR"]
        if not calendars:
            raise CannotSanitize(Threat.MALFORMED, "no calendar that can be read")
        text = "".join(piece for calendar in calendars for piece in _written(calendar, work))
        return Rebuilt(text.encode(), file.claimed_name, CALENDAR, work.census.findings())


def _charset(claimed_type: str) -> str:
    for piece in claimed_type.split(";")[1:]:
        name, _, value = piece.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"')
    return ""


def _written(component: Component, work: Work) -> list[str]:
    pieces = [f"BEGIN:{component.name}\r\n", *(_HEAD if component.name == "VCALENDAR" else ())]
    pieces += [folded(line) for line in _properties(component, work)]
    alarms = 0
    for child in component.children:
        if child.name not in CHILDREN.get(component.name, ()):
            work.census.saw(COMPONENT)
        elif child.name != "VALARM":
            pieces += _written(child, work)
        elif _may_ring(child, work):
            alarms += 1
            if alarms > MOST_ALARMS:
                work.census.saw(ALARM)
                continue
            pieces += _alarm(child, work)
    return [*pieces, f"END:{component.name}\r\n"]


def _properties(component: Component, work: Work) -> list[str]:
    allowed = PROPERTIES[component.name]
    written: list[str] = []
    links: list[str] = []
    seen: dict[str, int] = {}
    for line in component.lines:
        seen[line.name] = seen.get(line.name, 0) + 1
        if seen[line.name] > MOST_SAME:
            work.census.saw(MANY)
        elif line.name in _LINKS:
            links.append(work.link(line.value))
        elif (write := allowed.get(line.name)) is None:
            _leave(line, work)
        elif (value := write(line, work)) is not None and value[1]:
            written.append(f"{line.name}{value[0]}:{value[1]}")
    return _with_links(written, [link for link in links if link], "DESCRIPTION" in allowed, work)


def _with_links(written: list[str], links: list[str], described: bool, work: Work) -> list[str]:
    """At the end of the first description, unless they stand in it already."""
    place = next((n for n, line in enumerate(written) if line.startswith(("DESCRIPTION:", "DESCRIPTION;"))), None)
    here = "" if place is None else written[place]
    lines = [escaped(link) for link in dict.fromkeys(links) if escaped(link) not in here]
    if links:
        work.census.saw(LINK)
    if not lines or not described:
        return written
    if place is None:
        return [*written, "DESCRIPTION:" + "\\n".join(lines)]
    return [*written[:place], "\\n".join([here, *lines]), *written[place + 1 :]]


def _leave(line: Line, work: Work) -> None:
    if line.name in _OUTSIDE:
        work.census.saw(INSIDE if line.parameter("ENCODING") or line.value[:5].lower() == "data:" else ATTACHED)
    elif line.name == "X-ALT-DESC":
        work.census.saw(PAGE)
    elif line.name not in _SILENT:
        work.census.saw(OWN)


def _may_ring(alarm: Component, work: Work) -> bool:
    action = alarm.value("ACTION").strip().upper()
    if action in {"DISPLAY", "AUDIO"}:
        return True
    work.census.saw(_RUNS.get(action, ALARM))
    return False


def _alarm(alarm: Component, work: Work) -> list[str]:
    """RFC 5545 section 3.6.6: a reminder that shows words."""
    if alarm.value("ACTION").strip().upper() == "AUDIO":
        work.census.saw(SOUND)
        alarm.lines = [line for line in alarm.lines if line.name != "ATTACH"]
    lines = ["ACTION:DISPLAY", *_properties(alarm, work)]
    if not any(line.startswith("TRIGGER") for line in lines):
        return []
    if not any(line.startswith("DESCRIPTION") for line in lines):
        lines.append(f"DESCRIPTION:{_REMINDER}")
    return ["BEGIN:VALARM\r\n", *map(folded, lines), "END:VALARM\r\n"]
