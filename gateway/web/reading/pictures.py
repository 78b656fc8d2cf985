"""Page pictures that somebody is looking at: kept in memory for some minutes, for that person's session alone."""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

SECONDS: Final = 900
BYTES: Final = 67_108_864  #: of all pictures together; the oldest go first
TOKEN_BYTES: Final = 16


class Kept(msgspec.Struct, frozen=True):
    """The pictures of one look."""

    session: str
    pictures: tuple[bytes, ...]
    until: float

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(map(len, self.pictures))


class Gallery:
    """What is being looked at now. `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, Kept] = OrderedDict()

    def hang(self, session: str, pictures: Sequence[bytes]) -> str:
        """Keeps them; the name under which a page finds them."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        self._kept[token] = Kept(session, tuple(pictures), self._clock() + SECONDS)
        self._tidy()
        return token

    def find(self, session: str, token: str, number: int) -> bytes | None:
        """One picture, counted from 0; None when it is not (any more) there, or somebody else's."""
        kept = self._kept.get(token)
        if kept is None or kept.session != session or kept.until <= self._clock():
            return None
        return kept.pictures[number] if 0 <= number < len(kept.pictures) else None

    def _tidy(self) -> None:
        now, total = self._clock(), sum(kept.size for kept in self._kept.values())
        while self._kept:
            token, oldest = next(iter(self._kept.items()))
            if oldest.until > now and (total <= BYTES or len(self._kept) == 1):
                return
            total -= oldest.size
            del self._kept[token]
