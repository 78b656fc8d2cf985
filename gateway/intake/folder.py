"""Takes files from watched folders: complete ones, each once, whatever is killed or goes away meanwhile.

Folders are looked at every few seconds: shares (CIFS, NFS) tell nobody of what others put into them.
"""

import asyncio
import contextlib
import errno
import hashlib
import logging
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import Protocol, TypeVar

import msgspec

from gateway.folders import claims, ground, placing, reports, shirasagi
from gateway.folders.claims import Claimed
from gateway.folders.completeness import Sightings
from gateway.folders.ground import Away, Seen, What
from gateway.folders.naming import LONGEST_PATH, fitting, readable
from gateway.folders.reports import Refusal
from gateway.folders.state import FolderState
from gateway.model import Channel, Envelope, MailOptions, Recipient
from gateway.settings import Preset, Settings, WatchedFolder
from gateway.store.blobs import Spool
from gateway.store.errors import StoreError
from gateway.store.transfer_errors import MixedProfiles

CHUNK_BYTES = 1_048_576
PROTOCOL = "FOLDER"
MOST_AT_A_LOOK = 100_000  # names held in memory; what is taken makes room for the others
_REFUSED_BY_ERROR = {
    errno.EACCES: Refusal.UNREADABLE,
    errno.EPERM: Refusal.UNREADABLE,
    errno.ELOOP: Refusal.NOT_A_FILE,
    errno.ENXIO: Refusal.NOT_A_FILE,  # a socket
    errno.EXDEV: Refusal.OTHER_FILE_SYSTEM,
}

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")


class Accepts(Protocol):
    """What keeps a file."""

    async def __call__(
        self, channel: Channel, envelope: Envelope, spool: Spool, name: str, *, profile: str = "", group: str = ""
    ) -> str:
        """The item's number. Raises StoreError."""


class Records(Protocol):
    """The part of the store that knows what was kept."""

    async def of_group(self, channel: Channel, group: str) -> str:
        """Number of the item under this key, or ""."""


class FolderIntake:
    """All watched folders of the settings."""

    def __init__(
        self, settings: Settings, accept: Accepts, records: Records, spool: Callable[[], Spool], most_bytes: int
    ) -> None:
        """`most_bytes`: what a file may have at most."""
        contact = settings.contact
        self._watchers = [_Watcher(each, accept, records, spool, most_bytes, contact) for each in settings.folders]

    def states(self) -> Sequence[FolderState]:
        """In the order of the settings."""
        return [watcher.state for watcher in self._watchers]

    async def run(self) -> None:
        """Until `stop`."""
        await asyncio.gather(*(watcher.run() for watcher in self._watchers))

    async def stop(self) -> None:
        """Takes nothing more; what is being kept at this moment is finished by `run`."""
        for watcher in self._watchers:
            watcher.stop()


class _Watcher:
    """One folder, in a thread of its own: a share that hangs stops nobody else."""

    def __init__(
        self,
        folder: WatchedFolder,
        accept: Accepts,
        records: Records,
        spool: Callable[[], Spool],
        most_bytes: int,
        contact: str,
    ) -> None:
        self._folder = folder
        self._accept = accept
        self._records = records
        self._spool = spool
        self._most_bytes = most_bytes
        self._contact = contact
        self._sightings = Sightings(folder.stable_seconds)
        self._refused: dict[str, Seen] = {}
        self._unreported = ""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"kiyome-in-{folder.name}")
        self._ended = asyncio.Event()
        self.state = FolderState(folder.name)

    def stop(self) -> None:
        self._ended.set()

    async def run(self) -> None:
        while not self._ended.is_set():
            await self._look()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._folder.look_seconds):
                    await self._ended.wait()

    async def _in_thread(self, work: Callable[..., Answer], *words: object) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *words)

    async def _look(self) -> None:
        """One look, and everything taken that is complete. What goes wrong is said once, and tried again."""
        inside = contextlib.ExitStack()
        self._unreported = ""
        try:
            root = await self._in_thread(self._entered, inside)
            complete = await self._in_thread(self._survey, root)
            for seen in complete:
                if self._ended.is_set():
                    break
                if await self._take(root, seen):
                    self._note(waiting=self.state.waiting - 1)
        except claims.Busy:
            self._note(looked_at=datetime.now(UTC))
        except (OSError, Away) as error:
            self._trouble(f"nothing can be taken: {ground.trouble(error)}")
        except (StoreError, MixedProfiles) as error:
            self._trouble(f"{type(error).__name__}: {error}")
        else:
            self._trouble(self._unreported) if self._unreported else self._well()
        finally:
            self._thread.submit(inside.close)  # not waited for: a share that hangs must not hold up the end

    def _entered(self, inside: contextlib.ExitStack) -> int:
        root = inside.enter_context(ground.opened(self._folder.intake, self._folder.mount))
        inside.enter_context(claims.taking(root))
        return root

    def _survey(self, root: int) -> list[Seen]:
        found = [*claims.left_behind(root)]
        for seen in ground.walk(root):
            if len(found) >= MOST_AT_A_LOOK:
                break
            found.append(seen)
        self._refused = {seen.path: seen for seen in found if self._refused.get(seen.path) == seen}
        complete = self._sightings.complete(found, time.monotonic())
        self._note(looked_at=datetime.now(UTC), waiting=self._sightings.waiting, refused=len(self._refused))
        return [seen for seen in complete if seen.path not in self._refused]

    async def _take(self, root: int, seen: Seen) -> bool:
        """Whether the file is kept, or was already. Raises OSError when the folder is away, and StoreError."""
        claimed = claims.claimed_at(seen.path)
        if claimed is not None and await self._records.of_group(Channel.FOLDER, claimed.key):
            await self._in_thread(claims.remove, root, claimed)
            return True
        refusal = self._refusal(seen)
        spool: Spool | None = None
        try:
            if refusal is None:
                claimed, spool = await self._in_thread(self._fetched, root, seen, claimed)
        except FileNotFoundError:
            return False  # its owner took it away
        except OSError as error:
            refusal = _REFUSED_BY_ERROR.get(error.errno or 0)
            if refusal is None:
                raise
        if refusal is not None:
            await self._refuse(seen, refusal)
            return False
        if claimed is None or spool is None:
            return False  # somebody is still writing to it
        await self._keep(root, claimed, spool)
        return True

    def _refusal(self, seen: Seen) -> Refusal | None:
        if seen.what is not What.FILE:
            return Refusal.NOT_A_FILE
        if seen.size > self._most_bytes:
            return Refusal.TOO_LARGE
        return Refusal.LONG_PATH if len(os.fsencode(seen.path)) > LONGEST_PATH else None

    def _fetched(self, root: int, seen: Seen, claimed: Claimed | None) -> tuple[Claimed, Spool | None]:
        """The file below a ticket, and its bytes, or None when it changed while they were read."""
        *steps, name = seen.path.split("/")
        with ground.parent_of(root, steps) as parent:
            descriptor = ground.open_file(parent, name)  # before it is moved: what cannot be read stays where it is
        try:
            claimed = claimed or claims.claim(root, seen.path)
            return claimed, self._read(descriptor, seen)
        finally:
            os.close(descriptor)

    def _read(self, descriptor: int, seen: Seen) -> Spool | None:
        spool = self._spool()
        try:
            while spool.size <= seen.size and (chunk := os.read(descriptor, CHUNK_BYTES)):
                spool.write(chunk)
        except (OSError, StoreError):
            spool.discard()
            raise
        if spool.size == seen.size and ground.seen_through(descriptor, seen.path) == seen:
            return spool
        spool.discard()
        return None

    async def _keep(self, root: int, claimed: Claimed, spool: Spool) -> None:
        folder = self._folder
        name = readable(claimed.name)
        try:
            item_id = await self._accept(
                Channel.FOLDER, self._envelope(), spool, name, profile=folder.profile, group=claimed.key
            )
        finally:
            spool.discard()
        log.info("folder %s: took a file as item %s", folder.name, item_id)
        if folder.preset is Preset.SHIRASAGI and not shirasagi.follows_the_contract(claimed.path):
            log.warning(
                "folder %s: item %s has no name of SHIRASAGI's; it will not fetch the result", folder.name, item_id
            )
        await self._in_thread(claims.remove, root, claimed)

    def _envelope(self) -> Envelope:
        folder = self._folder
        return Envelope(
            mail_from=folder.owner,
            recipients=(Recipient(folder.owner),),
            client="",
            helo="",
            tls="",
            options=MailOptions(),
            direction=folder.direction,
            received_at=datetime.now(UTC),
            listener=folder.name,
            protocol=PROTOCOL,
        )

    async def _refuse(self, seen: Seen, refusal: Refusal) -> None:
        """The file stays; a report says why, once for each version of the file."""
        try:
            await self._in_thread(self._report, seen, refusal)
        except (OSError, Away) as error:
            self._unreported = f"a report cannot be written: {ground.trouble(error)}"
            return
        self._refused[seen.path] = seen
        self._note(refused=len(self._refused))
        log.warning("folder %s: a file was not taken: %s", self._folder.name, refusal.value)

    def _report(self, seen: Seen, refusal: Refusal) -> None:
        claimed = claims.claimed_at(seen.path)
        path = claimed.path if claimed else seen.path
        key = "refused-" + hashlib.sha256(repr((path, seen.size, seen.changed_ns, refusal)).encode()).hexdigest()[:32]
        *steps, name = path.split("/")
        moment = datetime.fromtimestamp(seen.changed_ns / 1e9, UTC)
        if self._folder.preset is Preset.SHIRASAGI:
            target = shirasagi.report_name(name, moment, shirasagi.REFUSED)
        else:
            target = fitting(name, reports.ENDING)
        steps = steps if len(os.fsencode(path)) <= LONGEST_PATH else []
        text = reports.refused(refusal, readable(path), self._contact)
        with ground.opened(self._folder.reports, self._folder.mount) as out:
            placing.place(out, key, "/".join((*steps, target)), [text])

    def _note(self, **changes: object) -> None:
        self.state = msgspec.structs.replace(self.state, **changes)

    def _trouble(self, problem: str) -> None:
        """Said once, until it is over or something else."""
        if self.state.problem != problem:
            log.warning(
                "folder %s: %s; looking again every %d s", self._folder.name, problem, self._folder.look_seconds
            )
        self._note(problem=problem)

    def _well(self) -> None:
        if self.state.problem:
            log.info("folder %s: well again", self._folder.name)
        self._note(problem="")
