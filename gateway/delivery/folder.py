"""Writes results and reports into watched folders: each once, whole, and over nothing that is there."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Protocol, TypeVar

from gateway.conveyor import LEASE_SECONDS, Conveyor, until_recorded
from gateway.folders import ground, placing, reports, shirasagi
from gateway.folders.ground import Away
from gateway.folders.naming import fitting, given_back, readable, result_name
from gateway.model import Channel, Item, ItemState, RecipientState, Reply
from gateway.settings import Preset, Settings, WatchedFolder
from gateway.store.blobs import Original
from gateway.store.drafts import Progress
from gateway.store.errors import BlobGone, StoreUnavailable
from gateway.store.folder_records import Unreported

ITEMS_AT_ONCE = 16
BYTES_AT_ONCE = 4_294_967_296  # they pass through in chunks
CHUNK_BYTES = 1_048_576
POLL_SECONDS = 2.0
REPORTS_AT_ONCE = 1_000
AGAIN_SECONDS = (2, 5, 10, 30, 60)  # while a folder is away
WRITTEN = Reply(250, "2.0.0", "written into the folder")
_CHANNELS = frozenset({Channel.FOLDER})

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")


class Records(Protocol):
    """What is known of reports that were written."""

    async def unreported(self, now: datetime, limit: int) -> Sequence[Unreported]:
        """Items without a result that nobody was told of."""

    async def reported(self, news: Unreported, at: datetime) -> None:
        """On record."""


class Results(Protocol):
    """The part of the store that this needs."""

    @property
    def folders(self) -> Records:
        """Of reports."""

    async def lease_for_delivery(
        self, owner: str, limit: int, seconds: int, now: datetime, *, channels: frozenset[Channel]
    ) -> Sequence[Item]:
        """Items whose time has come."""

    async def renew(self, owner: str, ids: Sequence[str], seconds: int) -> None:
        """Keep leases."""

    async def clean_original(self, item: Item) -> Original:
        """The bytes that are to go on."""

    async def record(self, owner: str, item_id: str, progress: Sequence[Progress]) -> ItemState:
        """Ends the lease."""

    async def item(self, item_id: str) -> Item | None:
        """One item."""


class _Target:
    """One folder's out-side, in a thread of its own: a share that hangs stops nobody else."""

    def __init__(self, folder: WatchedFolder) -> None:
        self.folder = folder
        self.problem = ""
        self._failures = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"kiyome-out-{folder.name}")

    async def do(self, work: Callable[..., Answer], *words: object) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *words)

    def failed(self, error: OSError | Away) -> int:
        """Said once; how many seconds to wait."""
        problem = f"nothing can be written: {ground.trouble(error)}"
        if not self.problem:
            log.warning("folder %s: %s; it is tried again until it works", self.folder.name, problem)
        self.problem = problem
        self._failures += 1
        return AGAIN_SECONDS[min(self._failures, len(AGAIN_SECONDS)) - 1]

    def worked(self) -> None:
        if self.problem:
            log.info("folder %s: results are written again", self.folder.name)
        self.problem, self._failures = "", 0

    def place(self, where: str, key: str, path: str, original: Original | bytes) -> None:
        """Blocks. Raises OSError, Away, and what reading raises."""
        chunks = [original] if isinstance(original, bytes) else original.chunks(CHUNK_BYTES)
        with ground.opened(where, self.folder.mount) as out:
            placing.place(out, key, path, chunks)

    def forget(self, where: str, key: str) -> None:
        """Blocks. What is left behind is a few bytes, and `sweep` finds it."""
        with suppress(OSError, Away), ground.opened(where, self.folder.mount) as out:
            placing.forget(out, key)

    def remembered(self) -> list[str]:
        with suppress(OSError, Away), ground.opened(self.folder.out, self.folder.mount) as out:
            return list(placing.remembered(out))
        return []


class FolderWriter:
    """The way out of all watched folders of the settings."""

    def __init__(self, settings: Settings, store: Results, owner: str) -> None:
        self._contact = settings.contact
        self._store = store
        self._owner = owner
        self._targets = {folder.name: _Target(folder) for folder in settings.folders}
        self._unknown: set[str] = set()
        self._signal = asyncio.Event()
        self._stopping = False
        renew = partial(_renew, store, owner)
        self._conveyor = Conveyor("folders", self._lease, self._write, renew, ITEMS_AT_ONCE, BYTES_AT_ONCE)

    @property
    def in_flight(self) -> int:
        """Results being written."""
        return self._conveyor.in_flight

    def problems(self) -> Mapping[str, str]:
        """Why nothing can be written, by the folder's name; "" when all is well."""
        return {name: target.problem for name, target in self._targets.items()}

    def wake(self) -> None:
        """There may be something to write."""
        self._conveyor.wake()
        self._signal.set()

    async def run(self) -> None:
        """Until `stop`, and then until what was begun has ended."""
        await self._sweep()
        reporting = asyncio.create_task(self._report_all(), name="folders reports")
        try:
            await self._conveyor.run()
            await reporting
        finally:
            reporting.cancel()

    async def stop(self) -> None:
        """Begin nothing more."""
        self._stopping = True
        self._signal.set()
        await self._conveyor.stop()

    async def _lease(self, limit: int) -> Sequence[Item]:
        now = datetime.now(UTC)
        return await self._store.lease_for_delivery(self._owner, limit, LEASE_SECONDS, now, channels=_CHANNELS)

    async def _write(self, item: Item) -> None:
        """One try. When the folder is away the lease is let run out, and the item comes again."""
        target = self._target(item)
        if target is None:
            return
        try:
            original = await self._store.clean_original(item)
            await target.do(target.place, target.folder.out, item.id, _result_path(item, target.folder), original)
        except BlobGone as error:
            log.error("item %s: its bytes cannot be written: %s", item.id, error)  # noqa: TRY400
            return
        except (OSError, Away) as error:
            await self._store.renew(self._owner, [item.id], target.failed(error))
            return
        target.worked()
        progress = [
            Progress(each.address, RecipientState.DELIVERED, WRITTEN, None, each.attempts + 1)
            for each in item.envelope.recipients
        ]
        await until_recorded(lambda: self._store.record(self._owner, item.id, progress))
        log.info("item %s: written into folder %s", item.id, target.folder.name)
        await target.do(target.forget, target.folder.out, item.id)

    def _target(self, item: Item) -> _Target | None:
        name = item.envelope.listener
        if name not in self._targets and name not in self._unknown:
            self._unknown.add(name)
            log.error("item %s came from the folder %s, which the settings no longer name; it waits", item.id, name)
        return self._targets.get(name)

    async def _report_all(self) -> None:
        while not self._stopping:
            self._signal.clear()
            try:
                await self._report_news()
            except StoreUnavailable as error:
                log.warning("folders: the store is unavailable (%s)", type(error).__name__)
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._signal.wait()

    async def _report_news(self) -> None:
        away: set[str] = set()
        for news in await self._store.folders.unreported(datetime.now(UTC), REPORTS_AT_ONCE):
            item = await self._store.item(news.item_id)
            target = self._target(item) if item else None
            if self._stopping or item is None or item.state is not news.state:
                continue
            if target is None or target.folder.name in away:
                continue
            try:
                await self._report(target, item, news)
            except (OSError, Away) as error:
                target.failed(error)
                if not isinstance(error, OSError) or error.errno not in ground.OF_ONE_NAME:
                    away.add(target.folder.name)

    async def _report(self, target: _Target, item: Item, news: Unreported) -> None:
        folder = target.folder
        key = f"{item.id}_{news.state.value}"
        path = _path_of(item)
        text = reports.without_result(item, readable(path), self._contact)
        await target.do(target.place, folder.reports, key, _report_path(item, folder), text)
        target.worked()
        await self._store.folders.reported(news, datetime.now(UTC))
        log.info("item %s: a report is in folder %s", item.id, folder.name)
        await target.do(target.forget, folder.reports, key)

    async def _sweep(self) -> None:
        """What was on record when a crash came, before it was forgotten."""
        for target in self._targets.values():
            for key in await target.do(target.remembered):
                item = await self._store.item(key)
                if item is not None and item.state is ItemState.DELIVERED:
                    await target.do(target.forget, target.folder.out, key)


def _path_of(item: Item) -> str:
    """Where the file lay below the in-folder."""
    return given_back(item.group.partition("/")[2])


def _result_path(item: Item, folder: WatchedFolder) -> str:
    before, _, name = _path_of(item).rpartition("/")
    if folder.preset is Preset.SHIRASAGI:
        result = shirasagi.result_name(name, item)
    elif item.clean == item.original:  # a person released the original
        result = name
    else:
        result = result_name(name, item.name, item.clean_name)
    return f"{before}/{result}" if before else result


def _report_path(item: Item, folder: WatchedFolder) -> str:
    before, _, name = _path_of(item).rpartition("/")
    if folder.preset is Preset.SHIRASAGI:
        result = shirasagi.report_name(name, item.envelope.received_at, shirasagi.report_kind(item))
    else:
        result = fitting(name, reports.ENDING)
    return f"{before}/{result}" if before else result


async def _renew(store: Results, owner: str, ids: Sequence[str]) -> None:
    await store.renew(owner, ids, LEASE_SECONDS)
