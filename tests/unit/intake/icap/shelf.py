"""A store for ICAP tests: keeps in memory, and "cleans" by a table that the test gives."""

from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import msgspec

from gateway.model import Decision, Item, ItemState
from gateway.store.auditing import AuditPage, AuditQuery
from gateway.store.blobs import Blobs, Original, Spool
from gateway.store.deciding import CHANGES_OF_FILES
from gateway.store.drafts import AuditRow, Draft
from gateway.store.errors import StoreError, WrongState
from gateway.store.queries import Query
from sanitizers.model import Action, Finding, Outcome, PartReport, Report, Severity, Threat
from sanitizers.rules import Verdict


class Result(msgspec.Struct, frozen=True):
    """What cleaning makes of some bytes."""

    clean: bytes | None  #: None: blocked
    type: str = "text/plain"  #: detected
    clean_type: str = ""
    name: str | None = None  #: of the clean file; None: as before
    rule: str = "engine.blocked"
    slow: bool = False  #: never done


class Shelf:
    """Everything `Service` asks of a store."""

    def __init__(self, folder: Path, results: Callable[[bytes], Result]) -> None:
        self.blobs = Blobs(folder / "blobs", 10_000_000)
        self.blobs.folder.mkdir(parents=True)
        self.items: dict[str, Item] = {}
        self.bytes: dict[str, bytes] = {}
        self.said: list[tuple[str, str]] = []
        self.audit: list[AuditRow] = []
        self.results = results
        self.failing: StoreError | None = None
        self.settled = SimpleNamespace(wait=self._wait)
        self.lists = SimpleNamespace(search=self._search)
        self.records = SimpleNamespace(search=self._records)

    def spool(self) -> Spool:
        return self.blobs.spool()

    async def accept(self, drafts: tuple[Draft, ...], spool: Spool) -> tuple[str, ...]:
        if self.failing is not None:
            raise self.failing
        (draft,) = drafts
        data = spool.keep().data or b""
        item_id = f"20261121-{len(self.items):04d}-0000"
        digest = sha256(data).hexdigest()
        self.bytes[digest] = data
        self.items[item_id] = Item(
            id=item_id,
            channel=draft.channel,
            profile=draft.profile,
            envelope=draft.envelope,
            state=ItemState.RECEIVED,
            original=digest,
            original_size=len(data),
            original_sha256=digest,
            name=draft.name,
            group=draft.group,
        )
        self.settle(item_id)
        return (item_id,)

    def settle(self, item_id: str) -> None:
        item = self.items[item_id]
        result = self.results(self.bytes[item.original])
        if result.slow:
            return
        clean = result.clean
        digest = sha256(clean).hexdigest() if clean is not None else ""
        if clean is not None:
            self.bytes[digest] = clean
        blocked = Finding(Threat.ACTIVE_CONTENT, Severity.DANGER, Action.BLOCKED, "file", "for the administrator only")
        part = PartReport(
            path="1",
            name=item.name,
            claimed_type="",
            detected_type=result.type,
            sanitizer="",
            outcome=Outcome.REBUILT if clean is not None else Outcome.BLOCKED,
            size_in=item.original_size,
            size_out=len(clean or b""),
            sha256_in=item.original_sha256,
            sha256_out=digest,
            findings=() if clean is not None else (blocked,),
            milliseconds=1.0,
        )
        verdict = Verdict.DELIVER if clean is not None else Verdict.HOLD
        self.items[item_id] = msgspec.structs.replace(
            item,
            state=ItemState.CLEANED if clean is not None else ItemState.HELD,
            clean=digest or None,
            clean_name=item.name if result.name is None else result.name,
            clean_type=result.clean_type or result.type,
            report=Report((part,)),
            decision=Decision(verdict, result.rule, ""),
        )

    def bytes_of(self, items: Iterable[Item]) -> list[bytes]:
        return [self.bytes[item.original] for item in items]

    async def item(self, item_id: str) -> Item | None:
        return self.items.get(item_id)

    async def original(self, item: Item) -> Original:
        return self._bytes(item.original)

    async def clean_original(self, item: Item) -> Original:
        assert item.clean is not None
        return self._bytes(item.clean)

    def _bytes(self, digest: str) -> Original:
        data = self.bytes[digest]
        return Original(len(data), data, None, digest)

    async def change(
        self, item_id: str, *, to: ItemState, actor: str, reason: str, deliver_original: bool = False
    ) -> Item:
        item = self.items[item_id]
        if to not in CHANGES_OF_FILES.get(item.state, ()):
            raise WrongState(item_id, item.state, to)
        clean = item.original if deliver_original else item.clean
        self.items[item_id] = msgspec.structs.replace(item, state=to, clean=clean, deliver_original=deliver_original)
        self.audit.append(AuditRow(1, "", actor, to.value, item_id, reason, "", ""))
        return self.items[item_id]

    async def handed_over(self, item_id: str, *, actor: str, text: str) -> Item:
        assert actor == "icap"
        self.said.append((item_id, text))
        self.items[item_id] = msgspec.structs.replace(self.items[item_id], state=ItemState.DELIVERED)
        return self.items[item_id]

    async def _wait(self, item_id: str, _timeout: float) -> Item | None:
        item = self.items[item_id]
        return None if item.state is ItemState.RECEIVED else item

    async def _search(self, query: Query) -> SimpleNamespace:
        found = [each for each in self.items.values() if each.original_sha256 == query.sha256]
        return SimpleNamespace(items=tuple(reversed(found)))

    async def _records(self, query: AuditQuery) -> AuditPage:
        rows = [row for row in self.audit if (row.item_id, row.action) == (query.item_id, query.action)]
        return AuditPage(tuple(rows[::-1]), 0)
