"""The gateway: builds the parts that its roles need, joins them, starts them in order and stops them in the other."""

import asyncio
import contextlib
import logging
import signal
import ssl
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from gateway.access.links import of_originals
from gateway.conveyor import place
from gateway.delivery.quarantine import expire_due
from gateway.delivery.smtp import Courier, HopState, hops_of
from gateway.intake.acceptance import Acceptance
from gateway.intake.authentication import SenderChecks
from gateway.intake.certificates import CertificateMissing
from gateway.intake.smtp import Intake
from gateway.presence import Presence
from gateway.processing import notices, trace
from gateway.processing.alerts import Senses, Watch
from gateway.processing.digest import Digest
from gateway.processing.teller import Teller
from gateway.processing.tryout import TryOut
from gateway.processing.unlocking import Locksmith
from gateway.processing.worker import Worker, child_count
from gateway.settings import Settings, SettingsError, secret_value
from gateway.store.errors import StoreError, StoreUnavailable
from gateway.store.items import Store
from gateway.viewing import Viewer
from gateway.walls import insist_on_walls
from sanitizers.confinement.pool import Pool, PoolCannotStart
from sanitizers.confinement.proving import WallsBroken
from sanitizers.rules import Rules

ROLES = frozenset({"intake", "worker", "delivery", "web"})
DRAIN_SECONDS = 30.0  # what each part gets to finish what it has begun
HOUSEKEEPING_SECONDS = 3600.0
RESTART_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0)
STEADY_SECONDS = 60.0  # a part that ran this long starts anew at the first pause

log = logging.getLogger(__name__)
T = TypeVar("T")
Run = Callable[[], Coroutine[Any, Any, None]]
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
        self._worker: Worker | None = None
        self._courier: Courier | None = None
        self._viewer: Viewer | None = None
        self._try_out: TryOut | None = None
        self._locksmith: Locksmith | None = None
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
        """Name, host and port of every SMTP listener."""
        return self._intake.addresses if self._intake else []

    def health(self) -> dict[str, Any]:
        """What the parts are doing now."""
        return {
            "roles": sorted(self.roles),
            "listeners": [f"{name} {host}:{port}" for name, host, port in self.addresses],
            "children": self.children,
            "processing": self._worker.in_flight if self._worker else None,
            "delivering": self._courier.in_flight if self._courier else None,
            "next_hops_down": self._courier.hops_down if self._courier else [],
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

    async def checks(self) -> Sequence[Any]:
        """Looks at the installation now."""
        return await self._checks(self.settings) if self._checks else ()

    def hops(self) -> list[HopState]:
        """The next hops of the settings, as this process found them."""
        return self._courier.hops() if self._courier else hops_of(self.settings.routes, {})

    def wake(self) -> None:
        """There may be something to clean, or to deliver."""
        for part in (self._worker, self._courier):
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
        if "worker" in self.roles:
            await self._start_worker(self._store)
        if self.roles & {"worker", "delivery"}:
            self._start_telling(self._store)
        if "web" in self.roles:
            await self._start_web()
        if "intake" in self.roles:
            await self._start_intake(self._store)

    async def stop(self) -> None:
        """Intake drains, the worker and delivery finish what they began, leases are given back, the store closes."""
        await self._parts.aclose()
        self._store = self._pool = self._intake = self._worker = self._courier = None
        self._viewer = self._try_out = self._locksmith = None

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
            on_settled=self._courier.wake if self._courier else _nobody_here,
        )
        self._run("processing", self._worker.run, self._worker.stop)
        self._run("housekeeping", partial(self._keep_house, store), None)

    def _start_telling(self, store: Store) -> None:
        courier, pool = self._courier, self._pool
        senses = Senses(
            hops_down=lambda: courier.failing() if courier else {}, deaths=lambda: pool.deaths if pool else 0
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

    async def _start_web(self) -> None:
        from gateway.web.app import build  # noqa: PLC0415 - a process without this role need not load a web framework
        from gateway.web.server import WebServer  # noqa: PLC0415

        if self._locksmith is None:  # people's items are opened in confined children, too
            self._open_items(self.store, await self._start_pool())
        server = WebServer(build(self), self.settings.web.host, self.settings.web.port)
        await server.start()
        self._parts.push_async_callback(server.stop)

    async def _keep_house(self, store: Store) -> None:
        """Every hour: what was held too long expires, bytes of long finished items and ended sessions go."""
        while True:
            now = datetime.now(UTC)
            expired = await expire_due(store, self.rules, now, partial(notices.expiry, self.settings))
            await store.expire_locks()
            purged = await store.purge(now - timedelta(days=self.rules.retention.finished_days))
            await store.people.sessions.tidy(now, now - timedelta(minutes=self.settings.web.session_minutes))
            await store.tellings.tidy(now)
            if expired or purged:
                log.info("retention: %d held items expired, %d finished items lost their bytes", expired, purged)
            if expired and self._courier:
                self._courier.wake()
            await asyncio.sleep(HOUSEKEEPING_SECONDS)

    def _run(
        self, name: str, run: Callable[[], Coroutine[Any, Any, None]], stop: Callable[[], Awaitable[None]] | None
    ) -> None:
        task = asyncio.create_task(_kept_running(name, run), name=name)
        self._parts.push_async_callback(_end, name, task, stop)


async def start_pool(settings: Settings, rules: Rules, *, count: int) -> Pool:
    """Confined children, once their walls are proven. Raises WallsBroken or PoolCannotStart."""
    await insist_on_walls(settings, rules)
    children = settings.children
    pool = Pool(
        count,
        budget=rules.budget,
        accepted=frozenset(children.accept_missing_walls),
        user=children.user,
        items_before_recycling=children.items_before_recycling,
        seconds_before_recycling=children.seconds_before_recycling,
    )
    await pool.start()
    return pool


async def _kept_running(name: str, run: Run) -> None:
    """Runs a part to its end, and anew whenever it breaks: a part never dies silently."""
    failures = 0
    while True:
        began = time.monotonic()
        task = asyncio.create_task(run(), name=name)
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait({task})
            raise
        error = None if task.cancelled() else task.exception()
        if error is None:
            return
        failures = 0 if time.monotonic() - began > STEADY_SECONDS else failures
        pause = RESTART_SECONDS[min(failures, len(RESTART_SECONDS) - 1)]
        failures += 1
        log.error("%s: %s at %s; starting it again in %g s", name, type(error).__name__, place(error), pause)
        await asyncio.sleep(pause)


async def _end(name: str, task: asyncio.Task[None], stop: Callable[[], Awaitable[None]] | None) -> None:
    """Lets a part finish what it has begun, but not for ever: what is cut off is taken up again at the next start."""
    if stop:
        await stop()
        await asyncio.wait({task}, timeout=DRAIN_SECONDS)
        if not task.done():
            log.warning("%s: not finished after %g s; cut off", name, DRAIN_SECONDS)
    task.cancel()
    await asyncio.wait({task})


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
