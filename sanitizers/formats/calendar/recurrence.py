"""Recurrence rules (RFC 5545 section 3.3.10): read part by part, and only as many repetitions as a person has."""

import re
from typing import Final

MOST_REPETITIONS: Final = 10_000
MOST_EACH_DAY: Final = 100
MOST_HOURLY: Final = 1_000
_NUMBERS: Final = r"-?[0-9]{1,3}(?:,-?[0-9]{1,3}){0,400}"
_DAYS: Final = r"[+-]?[0-9]{0,2}(?:SU|MO|TU|WE|TH|FR|SA)(?:,[+-]?[0-9]{0,2}(?:SU|MO|TU|WE|TH|FR|SA)){0,100}"
# A part of a rule → what it may say.
_PARTS: Final = {
    "FREQ": re.compile(r"HOURLY|DAILY|WEEKLY|MONTHLY|YEARLY"),  # nothing that a person does comes round by the minute
    "UNTIL": re.compile(r"[0-9]{8}(?:T[0-9]{6}Z?)?"),
    "COUNT": re.compile(r"[0-9]{1,5}"),
    "INTERVAL": re.compile(r"[1-9][0-9]{0,3}"),
    "BYSECOND": re.compile(_NUMBERS),
    "BYMINUTE": re.compile(_NUMBERS),
    "BYHOUR": re.compile(_NUMBERS),
    "BYDAY": re.compile(_DAYS),
    "BYMONTHDAY": re.compile(_NUMBERS),
    "BYYEARDAY": re.compile(_NUMBERS),
    "BYWEEKNO": re.compile(_NUMBERS),
    "BYMONTH": re.compile(_NUMBERS),
    "BYSETPOS": re.compile(_NUMBERS),
    "WKST": re.compile(r"SU|MO|TU|WE|TH|FR|SA"),
}


def rule(written: str) -> str:
    """The rule written anew; "" when it is none, or would repeat beyond all measure."""
    parts: dict[str, str] = {}
    for piece in written.upper().replace(" ", "").strip(";").split(";"):
        name, _, value = piece.partition("=")
        if name in parts or name not in _PARTS or not _PARTS[name].fullmatch(value):
            return ""
        parts[name] = value
    if "FREQ" not in parts or not _is_bearable(parts):
        return ""
    return ";".join(f"{name}={value}" for name, value in parts.items())


def _is_bearable(parts: dict[str, str]) -> bool:
    each_day = 1
    for name in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        each_day *= parts.get(name, "").count(",") + 1
    count = int(parts.get("COUNT", "0"))
    if parts["FREQ"] == "HOURLY" and not 0 < count <= MOST_HOURLY:
        return False
    return each_day <= MOST_EACH_DAY and count <= MOST_REPETITIONS
