"""Counters by hour, in the transactions that change what they count: of everything ("") and of each domain."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from gateway.model import FILE_CHANNELS, Channel, Direction, ItemState
from sanitizers.model import Report

MICROSECONDS = 3_600_000_000  # in an hour
EVERYBODY = ""

MAILS_IN, MAILS_OUT, NOTICES, BYTES = "mails.in", "mails.out", "notices", "bytes"
FILES_IN, FILES_OUT = "files.in", "files.out"
TOOK_SUM, TOOK_MOST = "took.sum", "took.most"
#: How long cleaning took, in milliseconds: each is counted at the first of these that it does not exceed.
TOOK_UP_TO = (10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000)
#: The states that an item comes to; each coming is counted.
COUNTED = (
    ItemState.HELD,
    ItemState.RELEASED,
    ItemState.DELIVERED,
    ItemState.BOUNCED,
    ItemState.DISCARDED,
    ItemState.EXPIRED,
)
#: Slower than this, in milliseconds, is worth a look (the list of the slowest).
SLOW = 1_000

# A row for each domain, hour and measure; the longest of all is the one that is not a sum.
_ADD = """
INSERT INTO hours (domain, hour, measure, value) VALUES ({values})
ON CONFLICT (domain, hour, measure) DO UPDATE SET value =
CASE WHEN hours.measure <> 'took.most' THEN hours.value + excluded.value
WHEN hours.value > excluded.value THEN hours.value ELSE excluded.value END
"""
ADD = {
    "sqlite": _ADD.format(values=":domain, :hour, :measure, :value"),
    "postgresql": _ADD.format(values="%(domain)s, %(hour)s, %(measure)s, %(value)s"),
}


class Counts:
    """What one transaction counts; written at its end in one order, so that gateways never wait in a ring."""

    def __init__(self) -> None:
        self._sums: Counter[tuple[str, int, str]] = Counter()
        self._longest: dict[tuple[str, int, str], int] = {}

    def arrived(self, hour: int, domains: Iterable[str], channel: str, direction: str, size: int) -> None:
        """An item was kept."""
        if channel == Channel.FOLLOW_UP.value:
            return  # its mail was counted when it came in
        if channel == Channel.NOTICE.value:
            self._add(hour, domains, {NOTICES: 1})
        else:
            ways = (FILES_IN, FILES_OUT) if channel in FILE_CHANNELS else (MAILS_IN, MAILS_OUT)
            way = ways[0] if direction == Direction.INBOUND.value else ways[1]
            self._add(hour, domains, {way: 1, BYTES: size})

    def cleaned(self, hour: int, domains: Iterable[str], report: Report | None) -> None:
        """Cleaning came to an end: its parts, what was found in them, and how long it took."""
        if report is None or not report.parts:
            return
        sums: Counter[str] = Counter()
        for part in report.parts:
            sums[f"parts.{part.outcome.value}"] += 1
            for threat in {found.threat for found in part.findings}:
                sums[f"findings.{threat.value}"] += 1
        took = milliseconds(report)
        sums[f"took.{next((most for most in TOOK_UP_TO if took <= most), 'longer')}"] += 1
        sums[TOOK_SUM] += took
        self._add(hour, domains, sums)
        for domain in (EVERYBODY, *domains):
            key = (domain, hour, TOOK_MOST)
            self._longest[key] = max(took, self._longest.get(key, 0))

    def became(self, hour: int, domains: Iterable[str], state: ItemState) -> None:
        """An item came to a state."""
        if state in COUNTED:
            self._add(hour, domains, {f"items.{state.value}": 1})

    def _add(self, hour: int, domains: Iterable[str], sums: dict[str, int]) -> None:
        for domain in (EVERYBODY, *domains):
            for measure, number in sums.items():
                self._sums[domain, hour, measure] += number

    def rows(self) -> list[dict[str, Any]]:
        """For ADD."""
        found = sorted((self._sums | self._longest).items())
        return [
            {"domain": domain, "hour": hour, "measure": measure, "value": value}
            for (domain, hour, measure), value in found
        ]


def milliseconds(report: Report | None) -> int:
    """How long the item took in its child: its first part is the item itself."""
    return round(report.parts[0].milliseconds) if report is not None and report.parts else 0
