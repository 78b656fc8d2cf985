"""Everything that was ever counted, as one number for each measure: what a monitoring system reads again and again."""

from collections import Counter

from sqlalchemy import Connection, bindparam, func, select

from gateway.store.counting import EVERYBODY, TOOK_MOST
from gateway.store.deeds import Reading
from gateway.store.schema import hours

#: Hours that may still be counted on: the current one, and those of a clock that was set back a little.
OPEN = 3

_HEAD = select(func.max(hours.c.hour)).where(hours.c.domain == EVERYBODY)
_SUMS = (
    select(hours.c.measure, func.sum(hours.c.value))
    .where(
        hours.c.domain == EVERYBODY,
        hours.c.measure != TOOK_MOST,
        hours.c.hour >= bindparam("since"),
        hours.c.hour < bindparam("until"),
    )
    .group_by(hours.c.measure)
)


class Totals:
    """Adds the years up once, and then what follows them."""

    def __init__(self, read: Reading) -> None:
        self._read = read
        self._closed: tuple[int, Counter[str]] = (0, Counter())

    async def now(self) -> dict[str, int]:
        """By measure (counting.py)."""
        return await self._read(self._now)

    def _now(self, connection: Connection) -> dict[str, int]:
        newest = connection.execute(_HEAD).scalar()
        if newest is None:
            return {}
        until, closed = self._closed
        edge = max(until, newest - OPEN)
        closed = closed + _sums(connection, until, edge)
        self._closed = (edge, closed)
        return dict(closed + _sums(connection, edge, newest + 1))


def _sums(connection: Connection, since: int, until: int) -> Counter[str]:
    found = connection.execute(_SUMS, {"since": since, "until": until})
    return Counter({measure: int(total) for measure, total in found})
