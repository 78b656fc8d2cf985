"""The gateway: builds the parts that its roles need, joins them, starts them in order and stops them in the other."""

import asyncio
import contextlib
import logging
import signal
import ssl
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from gateway.access.links import of_originals
from gateway.delivery.folder import FolderWriter
from gateway.delivery.smtp import Courier, HopState, hops_of
from gateway.delivery.webhooks import Herald
from gateway.folders.state import FolderState
from gateway.housekeeping import keep_house
from gateway.intake.acceptance import Acceptance, FileAcceptance
from gateway.intake.authentication import SenderChecks
from gateway.intake.certificates import CertificateMissing
from gateway.intake.folder import FolderIntake
from gateway.intake.icap.building import build as icap_service
from gateway.intake.icap.server import IcapServer
from gateway.intake.smtp import Intake
from gateway.intake.upload import Uploads
from gateway.model import Transfer
from gateway.presence import Presence
from gateway.processing import notices, trace
from gateway.processing.alerts import Senses, Watch
from gateway.processing.digest import Digest
from gateway.processing.teller import Teller
from gateway.processing.transfer_letters import Sent, letters_of
from gateway.processing.tryout import TryOut
from gateway.processing.unlocking import Locksmith
from gateway.processing.words import ENGLISH, JAPANESE
from gateway.processing.worker import Worker, child_count
from gateway.settings import Icap, Settings, SettingsError, secret_value
from gateway.store.errors import StoreError, StoreUnavailable
from gateway.store.items import Store
from gateway.supervision import DRAIN_SECONDS, end, kept_running
from gateway.viewing import Viewer
from gateway.walls import start_pool
from sanitizers.confinement.pool import Pool, PoolCannotStart
from sanitizers.confinement.proving import WallsBroken
from sanitizers.rules import Rules

ROLES = frozenset({"intake", "worker", "delivery", "web"})

log = logging.getLogger(__name__)
T = TypeVar("T")
Checks = Callable[[Settings], Awaitable[Sequence[Any]]]


class Gateway:
    """One process of Kiyome. After `start` every part is running; `stop` leaves nothing half done."""

    def __init__(
        self, settings: Settings, rules: Rules, roles: frozenset[str] = ROLES, *, checks: Checks | None = None
    ) -> None:
        """`checks` looks at the installation for the page about it."""
        self._checks = checks
        self.settings = settings
        self.rules = rules
        self.roles = roles
        self._store: Store | None = None
        self._pool: Pool | None = None
        self._intake: Intake | None = None
        self._icap: IcapServer | None = None
        self._worker: Worker | None = None
        self._courier: Courier | None = None
        self._folder_intake: FolderIntake | None = None
        self._folder_writer: FolderWriter | None = None
        self._viewer: Viewer | None = None
        self._try_out: TryOut | None = None
        self._locksmith: Locksmith | None = None
        self._uploads: Uploads | None = None
        self._presence = Presence(Path(settings.store.blobs).parent / "running")
        self._parts = contextlib.AsyncExitStack()

    @property
    def store(self) -> Store:
        """The open store; only between start and stop."""
        if self._store is None:
            raise RuntimeError("the gateway is not running")
        return self._store

    @property
    def children(self) -> int | None:
        """Confined child processes that are alive; None without the role worker."""
        return self._pool.alive if self._pool else None

    @property
    def addresses(self) -> list[tuple[str, str, int]]:
        """Name, host and port of every listener for mail, and of the one for ICAP."""
        found = list(self._intake.addresses) if self._intake else []
        if self._icap is not None and self._icap.address is not None:
            found.append(("icap", *self._icap.address))
        return found

    def health(self) -> dict[str, Any]:
        """What the parts are doing now."""
        return {
            "roles": sorted(self.roles),
            "listeners": [f"{name} {host}:{port}" for name, host, port in self.addresses],
            "children": self.children,
            "processing": self._worker.in_flight if self._worker else None,
            "delivering": self._courier.in_flight if self._courier else None,
            "next_hops_down": self._courier.hops_down if self._courier else [],
            "folders": self.folders(),
            "free_bytes": self._store.free_bytes() if self._store else None,
        }

    @property
    def viewer(self) -> Viewer | None:
        """Shows items; None without the role worker or web."""
        return self._viewer

    @property
    def try_out(self) -> TryOut | None:
        """Cleans without keeping; None without the role worker or web."""
        return self._try_out

    @property
    def locksmith(self) -> Locksmith | None:
        """Opens what is behind a password; None without the role worker or web."""
        return self._locksmith

    @property
    def uploads(self) -> Uploads:
        """Takes files in; only between start and stop, in a process with the role web."""
        if self._uploads is None:
            raise RuntimeError("this process takes no files")
        return self._uploads

    async def tell_recipients(self, transfer: Transfer, link: str) -> None:
        """A letter to everybody whom files were sent to, once. Raises StoreError."""
        now = datetime.now(UTC)
        sent = Sent(
            title=transfer.title,
            sender=transfer.address,
            recipients=tuple(each for each in transfer.recipients if each != transfer.address),
            profile=transfer.profile,
            files=transfer.files,
            held=transfer.held,
            link=link,
            expires_at=transfer.expires_at,
        )
        if await self.store.tell(f"sent {transfer.id}", letters_of(self.settings, sent, now), at=now):
            self.wake()

    async def checks(self) -> Sequence[Any]:
        """Looks at the installation now."""
        return await self._checks(self.settings) if self._checks else ()

    def hops(self) -> list[HopState]:
        """The next hops of the settings, as this process found them."""
        return self._courier.hops() if self._courier else hops_of(self.settings.routes, {})

    def folders(self) -> list[FolderState]:
        """The watched folders of the settings, as this process found them."""
        unknown = [FolderState(each.name) for each in self.settings.folders]
        states = self._folder_intake.states() if self._folder_intake else unknown
        problems = self._folder_writer.problems() if self._folder_writer else {}
        return [
            msgspec.structs.replace(state, problem=state.problem or problems.get(state.name, "")) for state in states
        ]

    def wake(self) -> None:
        """There may be something to clean, or to deliver."""
        if self._worker is not None:
            self._worker.wake()
        self._wake_delivery()

    def _wake_delivery(self) -> None:
        for part in (self._courier, self._folder_writer):
            if part is not None:
                part.wake()

    async def start(self) -> None:
        """Way out first, way in last. Raises SettingsError in one clear line; then nothing is left running."""
        started = False
        try:
            await self._start()
            started = True
        except (StoreError, WallsBroken, PoolCannotStart, CertificateMissing, ssl.SSLError, OSError) as error:
            raise SettingsError(f"the gateway cannot start: {error}") from error
        finally:
            if not started:
                await self.stop()
        log.info("started: %s", ", ".join(sorted(self.roles)))

    async def _start(self) -> None:
        self._store = await self._open_store()
        if "delivery" in self.roles:
            self._start_delivery(self._store)
            self._start_writing(self._store)
            self._start_heralding(self._store)
        if "worker" in self.roles:
            await self._start_worker(self._store)
        if self.roles & {"worker", "delivery"} or (self.settings.folders and "intake" in self.roles):
            self._start_telling(self._store)
        if "web" in self.roles:
            await self._start_web()
        if "intake" in self.roles:
            await self._start_intake(self._store)

    async def stop(self) -> None:
        """Intake drains, the worker and delivery finish what they began, leases are given back, the store closes."""
        await self._parts.aclose()
        self._store = self._pool = self._intake = self._icap = self._worker = self._courier = None
        self._viewer = self._try_out = self._locksmith = self._uploads = None
        self._folder_intake = self._folder_writer = None

    async def run_until_signalled(self) -> None:
        """Start, run until SIGTERM or SIGINT, stop. SIGHUP reads the certificates again."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        loop.add_signal_handler(signal.SIGHUP, self.reload_certificates)
        await self.start()
        try:
            await stop.wait()
            log.info("stopping")
        finally:
            await self.stop()

    def reload_certificates(self) -> None:
        """When they cannot be read the old ones stay in use, and the log says why."""
        if self._intake is None:
            return
        try:
            self._intake.reload_certificates()
            if self._icap is not None:
                self._icap.reload_certificates()
        except (OSError, ssl.SSLError, CertificateMissing) as error:
            log.error("certificates could not be read again: %s", error)  # noqa: TRY400 - the reason is all there is to it
            return
        log.info("certificates were read again")

    async def _open_store(self) -> Store:
        password = self.settings.store.password
        secret = secret_value(password, "store.password").decode() if password else None
        store = await Store.open(self.settings.store, secret=secret)
        self._parts.push_async_callback(store.close)
        self._presence.enter()
        self._parts.callback(self._presence.leave)
        self._parts.push_async_callback(self._forfeit, store, self._presence.owner)
        for owner in self._presence.dead():
            await self._forfeit(store, owner)
            self._presence.forget(owner)
        return store

    async def _forfeit(self, store: Store, owner: str) -> None:
        try:
            given_back = await store.forfeit(owner)
        except StoreUnavailable:
            log.warning("leases could not be given back; they end by themselves")
            return
        if given_back and owner != self._presence.owner:
            log.warning("took up %d items of a process that ended without stopping", given_back)

    def _start_delivery(self, store: Store) -> None:
        tell = partial(notices.bounce, self.settings)
        self._courier = Courier(self.settings, store, tell, self._presence.owner)
        self._run("delivery", self._courier.run, self._courier.stop)

    async def _start_worker(self, store: Store) -> None:
        settings = self.settings
        self._pool = await self._start_pool()
        locksmith = self._open_items(store, self._pool)
        checks = SenderChecks(settings.sender_checks) if settings.sender_checks.nameservers else None
        self._worker = Worker(
            settings,
            self.rules,
            store,
            self._pool,
            checks,
            locksmith,
            owner=self._presence.owner,
            on_settled=self._wake_delivery,
        )
        self._run("processing", self._worker.run, self._worker.stop)
        wake = self._courier.wake if self._courier else _nobody_here
        self._run("housekeeping", partial(keep_house, settings, self.rules, store, wake), None)

    def _start_telling(self, store: Store) -> None:
        courier, pool = self._courier, self._pool
        senses = Senses(
            hops_down=lambda: courier.failing() if courier else {},
            deaths=lambda: pool.deaths if pool else 0,
            folders=self.folders,
        )
        digest = Digest(self.settings, self.rules, store, of_originals(self.settings))
        teller = Teller(digest, Watch(self.settings, store, senses), courier.wake if courier else _nobody_here)
        self._run("telling", teller.run, None)

    def _open_items(self, store: Store, pool: Pool) -> Locksmith:
        """What opens items for people: with a password, to be looked at, or to be tried out."""
        on_kept = self._courier.wake if self._courier else _nobody_here
        stamp = trace.Stamp(self.settings, trace.report_key(self.settings))
        locksmith = Locksmith(self.settings, self.rules, store, pool, stamp, on_kept)
        self._viewer = Viewer(self.rules, store, pool, passwords=locksmith.known)
        self._try_out = TryOut(self.settings, self.rules, pool, passwords=locksmith.known)
        self._locksmith = locksmith
        return locksmith

    async def _start_pool(self) -> Pool:
        pool = await start_pool(self.settings, self.rules, count=child_count(self.settings))
        self._parts.push_async_callback(pool.stop)
        return pool

    async def _start_intake(self, store: Store) -> None:
        accept = Acceptance(store, self.rules, self._worker.wake if self._worker else _nobody_here)
        self._intake = Intake(self.settings, accept, store.free_bytes, store.blobs.spool)
        await self._intake.start()
        self._parts.push_async_callback(self._intake.stop, DRAIN_SECONDS)
        if self.settings.icap is not None:
            await self._start_icap(self.settings.icap, store)
        if self.settings.folders:
            self._start_taking(store)

    def _start_taking(self, store: Store) -> None:
        """Watched folders."""
        files = FileAcceptance(store, self.rules, self._worker.wake if self._worker else _nobody_here)
        most_bytes = self.rules.file_budget.bytes_in
        self._folder_intake = FolderIntake(self.settings, files, store, store.blobs.spool, most_bytes)
        self._run("folders in", self._folder_intake.run, self._folder_intake.stop)

    def _start_writing(self, store: Store) -> None:
        if self.settings.folders:
            self._folder_writer = FolderWriter(self.settings, store, self._presence.owner)
            self._run("folders out", self._folder_writer.run, self._folder_writer.stop)

    async def _start_icap(self, icap: Icap, store: Store) -> None:
        on_kept = self._worker.wake if self._worker else _nobody_here
        threats = {words.language: words.threats for words in (JAPANESE, ENGLISH)}
        self._icap = icap_service(self.settings, icap, self.rules, store, on_kept, threats)
        await self._icap.start()
        self._parts.push_async_callback(self._icap.stop, DRAIN_SECONDS)

    async def _start_web(self) -> None:
        from gateway.web.app import build  # noqa: PLC0415 - a process without this role need not load a web framework
        from gateway.web.doors import transfer_door  # noqa: PLC0415
        from gateway.web.server import WebServer  # noqa: PLC0415

        if self._locksmith is None:  # people's items are opened in confined children, too
            self._open_items(self.store, await self._start_pool())
        self._uploads = self._take_files(self.store)
        await self._uploads.resume()
        app = build(self)
        listeners = self.settings.transfers.listeners
        servers = [
            WebServer(app, self.settings.web.host, self.settings.web.port),
            *(WebServer(app, each.host, each.port, transfer_door(each)) for each in listeners),
        ]
        for server in servers:
            await server.start()
            self._parts.push_async_callback(server.stop)

    def _take_files(self, store: Store) -> Uploads:
        on_kept = self._worker.wake if self._worker else _nobody_here
        return Uploads(self.settings, store, FileAcceptance(store, self.rules, on_kept), on_kept)

    def _start_heralding(self, store: Store) -> None:
        """Webhooks, where the settings name hosts for them."""
        if self.settings.transfers.webhook_hosts:
            self._run("webhooks", Herald(self.settings, store).run, None)

    def _run(
        self, name: str, run: Callable[[], Coroutine[Any, Any, None]], stop: Callable[[], Awaitable[None]] | None
    ) -> None:
        task = asyncio.create_task(kept_running(name, run), name=name)
        self._parts.push_async_callback(end, name, task, stop)


def _nobody_here() -> None:
    """The next part is in another process, which looks by itself."""


def run(main: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run` on the faster event loop where it is installed."""
    try:
        import uvloop  # noqa: PLC0415 - optional: CPython only
    except ImportError:
        return asyncio.run(main)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)
