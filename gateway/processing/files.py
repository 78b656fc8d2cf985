"""Cleans a file and judges it: what came in by upload, watched folder or ICAP, and goes on as a file."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from gateway.model import TRANSFER_APPROVAL, Item
from gateway.processing import policy
from gateway.store.blobs import Blobs, Original, Spool
from gateway.store.drafts import Settlement
from sanitizers.confinement.passage import Outlet, Source
from sanitizers.model import Cleaned, DnsAnswer, Notice
from sanitizers.rules import Kind, Profile, Rules, Task


class Shelf(Protocol):
    """The part of the store that holds the bytes."""

    @property
    def blobs(self) -> Blobs:
        """Where the clean file goes."""

    async def original(self, item: Item) -> Original:
        """As it came in. Raises BlobGone."""


class Children(Protocol):
    """The confined processes."""

    async def clean(
        self,
        task: Task,
        original: bytes | Source,
        ask_dns: Callable[[str, str], Awaitable[DnsAnswer]],
        outlet: Outlet | None = None,
    ) -> Cleaned:
        """Never raises for anything that a child does."""


class Result:
    """The clean file while it comes: in memory while it is small, then on disk."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._spool: Spool | None = None

    def begin(self) -> None:
        """What came of an earlier try is void."""
        self.discard()
        self._spool = self._blobs.spool()

    def write(self, chunk: bytes) -> None:
        """Its next bytes. Raises StoreFull, StoreUnavailable."""
        self.spool.write(chunk)

    def hexdigest(self) -> str:
        """Of what was written."""
        return self.spool.hexdigest()

    @property
    def spool(self) -> Spool:
        """What was written; only after `begin`."""
        if self._spool is None:
            raise RuntimeError("no result has begun")
        return self._spool

    def discard(self) -> None:
        """Harmless when the store took it over."""
        if self._spool is not None:
            self._spool.discard()


class FileCleaner:
    """From a file to what is to be settled."""

    def __init__(self, rules: Rules, store: Shelf, pool: Children, known: Sequence[str]) -> None:
        """`known`: passwords to try on every locked file."""
        self._rules = rules
        self._store = store
        self._pool = pool
        self._known = tuple(known)

    async def clean(self, item: Item, profile: Profile, passwords: Sequence[str] = ()) -> Settlement:
        """Its clean version is a spool: whoever does not settle it discards it.

        Raises BlobGone, PoolStopped, StoreUnavailable.
        """
        result = Result(self._store.blobs)
        settled = False
        try:
            cleaned = await self._cleaned(item, profile, passwords, result)
            settlement = _settlement(item, profile, cleaned, result)
            settled = settlement.clean is not None
        finally:
            if not settled:
                result.discard()
        return settlement

    async def _cleaned(self, item: Item, profile: Profile, passwords: Sequence[str], result: Result) -> Cleaned:
        task = Task(
            item.id,
            Kind.FILE,
            item.name,
            profile,
            self._rules.file_budget,
            Notice(item.id, ()),  # nothing is written into a file; its report says what was done
            passwords=(*passwords, *self._known),
        )
        original = await self._store.original(item)
        return await self._pool.clean(task, original.read() if original.in_memory else original, no_dns, result)


def _settlement(item: Item, profile: Profile, cleaned: Cleaned, result: Result) -> Settlement:
    decision = policy.decide_on_file(cleaned.report, item, profile, cleaned.passed)
    return Settlement(
        decision,
        result.spool if cleaned.passed else None,
        cleaned.report,
        name=cleaned.name if cleaned.passed else "",
        type=cleaned.type if cleaned.passed else "",
        asks_approval=decision.rule.endswith(f".{TRANSFER_APPROVAL}"),
    )


async def no_dns(_name: str, _rdtype: str) -> DnsAnswer:
    """A file has no sender whose name could be asked for."""
    return DnsAnswer("failed")
