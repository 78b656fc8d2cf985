"""Appointments, meetings, tasks and contacts: what Outlook shows in fields, as lines of text."""

from datetime import datetime, timedelta, timezone
from typing import Final

from sanitizers.formats.outlook.properties import Properties

_JAPAN: Final = timezone(timedelta(hours=9))
_APPOINTMENT: Final = "0220060000000000c000000000000046"  # PSETID_Appointment, as stored
_TASK: Final = "0320060000000000c000000000000046"
_ADDRESS: Final = "0420060000000000c000000000000046"
# Label, property set ("" for a property without a name), identifier.
_Field = tuple[str, str, int]
_FIELDS: Final[tuple[tuple[str, tuple[_Field, ...]], ...]] = (
    (
        "IPM.Appointment",
        (
            ("開始 / Start", _APPOINTMENT, 0x820D),
            ("終了 / End", _APPOINTMENT, 0x820E),
            ("場所 / Location", _APPOINTMENT, 0x8208),
            ("繰り返し / Recurrence", _APPOINTMENT, 0x8232),
        ),
    ),
    (
        "IPM.Schedule.Meeting",
        (
            ("開始 / Start", _APPOINTMENT, 0x820D),
            ("終了 / End", _APPOINTMENT, 0x820E),
            ("開始 / Start", "", 0x0060),
            ("終了 / End", "", 0x0061),
            ("場所 / Location", _APPOINTMENT, 0x8208),
            ("繰り返し / Recurrence", _APPOINTMENT, 0x8232),
        ),
    ),
    (
        "IPM.Task",
        (
            ("開始 / Start", _TASK, 0x8104),
            ("期限 / Due", _TASK, 0x8105),
            ("完了 / Completed", _TASK, 0x810F),
            ("担当 / Owner", _TASK, 0x811F),
        ),
    ),
    (
        "IPM.Contact",
        (
            ("氏名 / Name", "", 0x3001),
            ("姓の読み / Reading of the family name", _ADDRESS, 0x802D),
            ("名の読み / Reading of the given name", _ADDRESS, 0x802C),
            ("会社 / Company", "", 0x3A16),
            ("部署 / Department", "", 0x3A18),
            ("役職 / Title", "", 0x3A17),
            ("電話 / Telephone", "", 0x3A08),
            ("自宅 / Home", "", 0x3A09),
            ("携帯 / Mobile", "", 0x3A1C),
            ("ファクス / Fax", "", 0x3A24),
            ("メール / Mail", _ADDRESS, 0x8083),
            ("メール / Mail", _ADDRESS, 0x8093),
            ("メール / Mail", _ADDRESS, 0x80A3),
            ("住所 / Address", _ADDRESS, 0x801B),
            ("自宅の住所 / Home address", _ADDRESS, 0x801A),
            ("ウェブ / Web", "", 0x3A51),
        ),
    ),
)


def details_of(found: Properties) -> str:
    """One line for each field that has a value; "" for a mail."""
    kind = found.text(0x001A).lower()
    fields = next((fields for beginning, fields in _FIELDS if kind.startswith(beginning.lower())), ())
    lines: list[str] = []
    for label, group, which in fields:
        identifier = found.by_name(group, which) if group else which
        value = _shown(found.time(identifier)) or " ".join(found.text(identifier).split())
        if value and not any(line.startswith(f"{label}: ") and line.endswith(value) for line in lines):
            lines.append(f"{label}: {value}")
    return "\n".join(lines)


def _shown(time: datetime | None) -> str:
    """In Japan's time, and said so."""
    return f"{time.astimezone(_JAPAN):%Y-%m-%d %H:%M} (+09:00)" if time else ""
