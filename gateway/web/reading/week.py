"""The hours that the store has counted, as the figures of the first page."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from gateway.model import ItemState
from gateway.store.queries import HourCounts
from gateway.web.reading.charts import Figure
from gateway.web.reading.trend import Compared, compared
from sanitizers.model import Threat

PartsOf = Callable[[HourCounts], tuple[int, ...]]
Count = Callable[[HourCounts], int]

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEK = timedelta(days=7)
STRIDE = timedelta(hours=6)  #: of a bar in the picture of a week


def beginning(now: datetime) -> datetime:
    """A week before the end of this hour: full hours only."""
    return this_hour(now) + HOUR - WEEK


def this_hour(now: datetime) -> datetime:
    """Its beginning."""
    return now.replace(minute=0, second=0, microsecond=0)


def mails(hours: Sequence[HourCounts], since: datetime, until: datetime, stride: timedelta) -> list[Figure]:
    """In and out, one figure for each stride; hours in which nothing was counted are there, too."""
    return _figures(hours, since, until, stride, lambda hour: (hour.mails_in, hour.mails_out))


def held(hours: Sequence[HourCounts], since: datetime, until: datetime, stride: timedelta) -> list[Figure]:
    """What came to be held."""
    return _figures(hours, since, until, stride, lambda hour: (hour.items.get(ItemState.HELD, 0),))


def _figures(
    hours: Sequence[HourCounts], since: datetime, until: datetime, stride: timedelta, parts_of: PartsOf
) -> list[Figure]:
    found, at = [], since
    while at < until:
        end = at + stride
        within = [parts_of(hour) for hour in hours if at <= hour.hour < end]
        found.append(Figure(at, end, tuple(map(sum, zip(*within, strict=True))) or (0,)))
        at = end
    return found


def day_beside_day(hours: Sequence[HourCounts], end: datetime, count: Count) -> Compared:
    """The last 24 hours beside the 24 before; nothing to compare with when nothing was counted before them."""
    today = sum(count(hour) for hour in hours if hour.hour >= end - DAY)
    before = [hour for hour in hours if hour.hour < end - DAY]
    yesterday = sum(count(hour) for hour in before if hour.hour >= end - 2 * DAY)
    return compared(today, yesterday if any(hour.mails_in or hour.mails_out for hour in before) else None)


def found_threats(hours: Sequence[HourCounts]) -> list[tuple[Threat, int]]:
    """How many parts had something of each kind."""
    return [(threat, sum(hour.findings.get(threat, 0) for hour in hours)) for threat in Threat]
