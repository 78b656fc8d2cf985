"""Which items are asked for: from the parameters of an address to a Query, and back, so that a search can be shared."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec

from gateway.access.model import EVERYTHING, Scope
from gateway.model import Channel, Direction, ItemState
from gateway.store.queries import Query, Sort
from sanitizers.model import Outcome, Threat
from sanitizers.rules import Verdict

Pairs = Iterable[tuple[str, str]]

LONGEST_TEXT: Final = 500  #: characters of one text
LEAST, MOST = 1, 200  #: items on one page
PAGE: Final = 50

#: Texts that are taken as they are: the parameter, and the field of Query.
TEXTS: Final[Mapping[str, str]] = {
    "text": "text",
    "sender": "sender",
    "mail_from": "mail_from",
    "header_from": "header_from",
    "recipient": "recipient",
    "subject": "subject",
    "type": "type",
    "sha256": "sha256",
    "follows": "follows",
    "after": "after",
}
#: One of a closed set.
CHOICES: Final[Mapping[str, tuple[str, type[StrEnum]]]] = {
    "verdict": ("verdict", Verdict),
    "finding": ("finding", Threat),
    "outcome": ("outcome", Outcome),
    "direction": ("direction", Direction),
    "sort": ("sort", Sort),
}
#: The same, of what may stand several times: any of them will do.
SEVERAL: Final[Mapping[str, tuple[str, type[StrEnum]]]] = {
    "channel": ("channels", Channel),
    "state": ("states", ItemState),
}
TIMES: Final = ("since", "until")
LIMIT: Final = "limit"
#: In the order in which they are written.
PARAMETERS: Final = (*(name for name in TEXTS if name != "after"), *CHOICES, *SEVERAL, *TIMES, LIMIT, "after")
#: What does not narrow the list.
MANNERS: Final = frozenset({"sort", LIMIT, "after"})

#: Years that a store can hold; mail is of these.
_YEARS: Final = range(1971, 2100)

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_HEXADECIMAL = re.compile(r"[0-9a-f]{64}")


class BadParameter(ValueError):
    """A parameter that cannot be understood: which one. What was given is not repeated."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the parameter {name} cannot be understood")
        self.name = name


class Asked(msgspec.Struct, frozen=True):
    """A query, and the parameters it came from without those that are empty."""

    query: Query
    pairs: tuple[tuple[str, str], ...]

    @property
    def narrowing(self) -> tuple[tuple[str, str], ...]:
        """The parameters that leave something out."""
        return tuple((name, value) for name, value in self.pairs if name not in MANNERS)

    def address(self, **changed: str) -> str:
        """What stands behind the question mark, with some parameters changed; "" takes one away."""
        kept = [(name, value) for name, value in self.pairs if name not in changed]
        return urlencode([*kept, *((name, value) for name, value in changed.items() if value)])

    def without(self, name: str, value: str) -> str:
        """The address of the same search without this one, from its first page."""
        return urlencode([pair for pair in self.pairs if pair != (name, value) and pair[0] != "after"])


def asked(pairs: Pairs, zone: ZoneInfo, scope: Scope = EVERYTHING) -> Asked:
    """Parameters that are none of ours are left alone. Raises BadParameter."""
    ours = [(name, value.strip()) for name, value in pairs if name in PARAMETERS and value.strip()]
    fields: dict[str, object] = {"scope": scope, "limit": PAGE}
    several: dict[str, set[object]] = {field: set() for field, _ in SEVERAL.values()}
    for name, value in ours:
        if name in SEVERAL:
            field, choices = SEVERAL[name]
            several[field].add(_choice(name, value, choices))
        else:
            field, read = _read(name, value, zone)
            fields[field] = read
    ordered = sorted(set(ours), key=lambda pair: (PARAMETERS.index(pair[0]), pair[1]))
    fields |= {field: frozenset(values) for field, values in several.items()}
    return Asked(Query(**fields), tuple(ordered))  # type: ignore[arg-type]


def _read(name: str, value: str, zone: ZoneInfo) -> tuple[str, object]:
    if name in TEXTS:
        return TEXTS[name], _text(name, value)
    if name in CHOICES:
        field, choices = CHOICES[name]
        return field, _choice(name, value, choices)
    if name in TIMES:
        return name, moment(name, value, zone)
    return LIMIT, _limit(value)


def _text(name: str, value: str) -> str:
    if len(value) > LONGEST_TEXT:
        raise BadParameter(name)
    if name == "sha256":
        if not _HEXADECIMAL.fullmatch(value.lower()):
            raise BadParameter(name)
        return value.lower()
    return value


def _choice(name: str, value: str, choices: type[StrEnum]) -> object:
    try:
        return choices(value)
    except ValueError:
        raise BadParameter(name) from None


def _limit(value: str) -> int:
    if not value.isascii() or not value.isdecimal() or not LEAST <= int(value[:6]) <= MOST:
        raise BadParameter(LIMIT)
    return int(value)


def moment(name: str, value: str, zone: ZoneInfo) -> datetime:
    """A day ("2026-11-21") or a time ("2026-11-21T09:30", "…Z"); without an offset it is of `zone`.

    A day as `until` is meant to its end. Raises BadParameter.
    """
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        raise BadParameter(name) from None
    if read.year not in _YEARS:
        raise BadParameter(name)
    whole_day = timedelta(days=1) if name == "until" and _DAY.fullmatch(value) else timedelta()
    return ((read if read.tzinfo else read.replace(tzinfo=zone)) + whole_day).astimezone(UTC)
