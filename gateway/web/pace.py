"""How many requests one client may make: a bucket that fills again (a token bucket), for each of the latest clients."""

import time
from collections import OrderedDict
from collections.abc import Callable

import msgspec

CLIENTS = 10_000  #: the one that was quiet longest is forgotten


class Rate(msgspec.Struct, frozen=True):
    """So many at once, and so many a second for ever."""

    burst: int
    per_second: float


#: A whole office may stand behind one address, a page asks for a few things, and live lists ask again and again.
ADDRESS = Rate(burst=600, per_second=30.0)
PERSON = Rate(burst=300, per_second=15.0)
#: Of what one address tries by links of notices, whichever they are, by page or by API: guessing takes for ever.
LINK = Rate(burst=30, per_second=0.5)


class Pace:
    """`clock` gives seconds that never go back."""

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def seconds_to_wait(self, client: str) -> int:
        """0, and one request is counted; or the whole seconds until the next is welcome."""
        now = self._clock()
        left, before = self._buckets.get(client, (float(self._rate.burst), now))
        left = min(self._rate.burst, left + (now - before) * self._rate.per_second)
        waits = left < 1
        self._buckets[client] = (left if waits else left - 1, now)
        self._buckets.move_to_end(client)
        if len(self._buckets) > CLIENTS:
            self._buckets.popitem(last=False)
        return int((1 - left) / self._rate.per_second) + 1 if waits else 0
