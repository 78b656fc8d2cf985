"""Trying out a mail or a file: what would become of it. The result stays in memory for a while, for whoever asked."""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from gateway.access.model import Caller
from gateway.model import Decision
from gateway.web.api.problem import FieldProblem, Problem
from gateway.web.downloads import safe_name
from gateway.web.health import Served
from sanitizers.confinement.pool import PoolStopped
from sanitizers.model import Cleaned
from sanitizers.rules import Kind

MOST_BYTES: Final = 26_214_400  #: of what is tried
KEPT_SECONDS: Final = 900.0
KEPT_BYTES: Final = 134_217_728  #: of all tries together; the oldest goes first
KEPT_TRIES: Final = 64
AT_ONCE: Final = 2  #: each takes a child away from mail


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What would have become of it. `original` and `cleaned.data` are nowhere else."""

    id: str
    kind: Kind
    name: str  #: safe to show
    profile: str
    original: bytes
    cleaned: Cleaned
    decision: Decision
    ends_at: datetime  #: it is forgotten then

    @property
    def size(self) -> int:
        """Bytes that it takes up."""
        return len(self.original) + len(self.cleaned.data or b"")


class Trying:
    """One for each process."""

    def __init__(self, gateway: Served, clock: Callable[[], float] = time.monotonic) -> None:
        self._gateway = gateway
        self._clock = clock
        self._under_way = 0
        self._tries: OrderedDict[str, tuple[float, str, Tried]] = OrderedDict()

    async def begin(self, caller: Caller, data: bytes, kind: Kind, name: str, profile: str) -> Tried:
        """Cleans it now. Raises Problem."""
        try_out = self._gateway.try_out
        if try_out is None:  # this process has no children
            raise Problem("unavailable")
        if profile not in self._gateway.rules.profiles:
            raise Problem("invalid", fields=(FieldProblem("profile", "there is no such profile"),))
        if self._under_way >= AT_ONCE:
            raise Problem("too_many", headers={"Retry-After": "5"})
        self._under_way += 1
        try:
            cleaned, decision = await try_out(kind, name, data, profile)
        except PoolStopped:
            raise Problem("unavailable") from None
        finally:
            self._under_way -= 1
        return self._keep(caller, kind, safe_name(name, ""), profile, data, (cleaned, decision))

    def get(self, caller: Caller, tried_id: str) -> Tried:
        """Raises Problem not_found, also for somebody else's."""
        self._forget()
        _, person, tried = self._tries.get(tried_id, (0.0, "", None))
        if tried is None or person != caller.person.id:
            raise Problem("not_found")
        return tried

    def forget(self, caller: Caller, tried_id: str) -> None:
        """Before its time. Raises Problem not_found."""
        self.get(caller, tried_id)
        del self._tries[tried_id]

    def _keep(
        self, caller: Caller, kind: Kind, name: str, profile: str, data: bytes, found: tuple[Cleaned, Decision]
    ) -> Tried:
        tried = Tried(
            id=secrets.token_hex(8),
            kind=kind,
            name=name,
            profile=profile,
            original=data,
            cleaned=found[0],
            decision=found[1],
            ends_at=datetime.now(UTC) + timedelta(seconds=KEPT_SECONDS),
        )
        self._tries[tried.id] = (self._clock() + KEPT_SECONDS, caller.person.id, tried)
        self._forget()
        return tried

    def _forget(self) -> None:
        now = self._clock()
        for tried_id in [each for each, (until, _, _) in self._tries.items() if until <= now]:
            del self._tries[tried_id]
        while len(self._tries) > 1 and (
            len(self._tries) > KEPT_TRIES or sum(tried.size for _, _, tried in self._tries.values()) > KEPT_BYTES
        ):
            self._tries.popitem(last=False)
