"""Carries clean mails to their next hops: a reply per recipient, retries with back-off, and news for the sender."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from secrets import SystemRandom
from typing import Protocol

import idna
import msgspec

from gateway.conveyor import LEASE_SECONDS, Conveyor, place, until_recorded
from gateway.delivery.connections import Connections, Handed
from gateway.delivery.fate import Fate, Tell, Telling
from gateway.delivery.message import Message, prepare
from gateway.delivery.session import Hop, temporary
from gateway.model import Channel, Direction, Item, ItemState, Recipient, RecipientState, Reply
from gateway.settings import DeliverySettings, Route, Settings, TlsPolicy
from gateway.store.drafts import Draft, Progress
from gateway.store.errors import BlobGone

ITEMS_AT_ONCE = 100
BYTES_AT_ONCE = 134_217_728
JITTER = 0.1  # of a delay, so that what failed together is not tried together
LATE_AFTER = timedelta(hours=4)  # when a sender who asked for it hears of a delay (RFC 5321 4.5.4.1: a few hours)
SWEEP_SECONDS = 15.0

log = logging.getLogger(__name__)
_random = SystemRandom()


class HopState(msgspec.Struct, frozen=True, kw_only=True):
    """A next hop, and how this process found it."""

    host: str
    port: int
    tls: TlsPolicy
    direction: Direction
    domains: tuple[str, ...]  #: of its routes; "*" for all others
    down: bool  #: it could not be reached just now
    known: bool  #: this process has delivered to it, or tried


class Deliveries(Protocol):
    """The part of the store that delivery needs."""

    async def lease_for_delivery(self, owner: str, limit: int, seconds: int, now: datetime) -> Sequence[Item]:
        """Items with a waiting recipient whose time has come."""

    async def renew(self, owner: str, ids: Sequence[str], seconds: int) -> None:
        """Keep leases."""

    async def clean(self, item: Item) -> bytes:
        """The bytes that are to go on."""

    async def record(
        self, owner: str, item_id: str, progress: Sequence[Progress], notices: Sequence[tuple[Draft, bytes]] = ()
    ) -> ItemState:
        """Ends the lease."""


class Courier:
    """Delivers what is clean or released until it is stopped."""

    def __init__(self, settings: Settings, store: Deliveries, bounce: Tell, owner: str) -> None:
        self._settings = settings
        self._store = store
        self._bounce = bounce
        self._owner = owner
        self._routes = Routes(settings.routes)
        self._connections: dict[Hop, Connections] = {}
        renew = partial(_renew, store, owner)
        self._conveyor = Conveyor("delivery", self._lease, self._deliver, renew, ITEMS_AT_ONCE, BYTES_AT_ONCE)

    @property
    def in_flight(self) -> int:
        """Items being delivered."""
        return self._conveyor.in_flight

    @property
    def hops_down(self) -> list[str]:
        """Next hops that could not be reached just now."""
        return [f"{each.hop.host}:{each.hop.port}" for each in self._connections.values() if each.down]

    def failing(self) -> dict[str, datetime]:
        """Next hops that did not answer when they were last tried, each since when."""
        found = {f"{hop.host}:{hop.port}": each.failing_since for hop, each in self._connections.items()}
        return {hop: since for hop, since in found.items() if since is not None}

    def hops(self) -> list[HopState]:
        """Every next hop of the settings."""
        return hops_of(self._settings.routes, {hop: each.down for hop, each in self._connections.items()})

    def wake(self) -> None:
        """There is something to deliver."""
        self._conveyor.wake()

    async def run(self) -> None:
        """Until `stop`, and then until what was begun has ended."""
        sweeping = asyncio.create_task(self._sweep(), name="delivery idle connections")
        try:
            await self._conveyor.run()
            for connections in self._connections.values():
                await connections.close_idle(all_of_them=True)
        finally:
            sweeping.cancel()

    async def stop(self) -> None:
        """Begin nothing more."""
        await self._conveyor.stop()

    async def _lease(self, limit: int) -> Sequence[Item]:
        return await self._store.lease_for_delivery(self._owner, limit, LEASE_SECONDS, datetime.now(UTC))

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            for connections in list(self._connections.values()):
                await connections.close_idle()

    async def _deliver(self, item: Item) -> None:
        """One attempt for every recipient whose time has come, and its record."""
        started = datetime.now(UTC)
        groups = self._grouped(item, started)
        try:
            data = await self._store.clean(item)
        except BlobGone as error:
            await self._record(item, _unreadable(item, groups, error))
            return
        message = prepare(data, item.envelope.mail_from)
        attempts = [self._attempt(item, route, recipients, message) for route, recipients in groups]
        # A fault on the way to one hop must not lose what another has already taken: that would be sent again.
        results = await asyncio.gather(*attempts, return_exceptions=True)
        fates: list[tuple[Fate, bool]] = []
        for (route, recipients), result in zip(groups, results, strict=True):
            if isinstance(result, Exception):
                fates += _faulty(item, route, recipients, result)
            elif isinstance(result, BaseException):
                raise result
            else:
                fates += result
        await self._record(item, fates)

    def _grouped(self, item: Item, now: datetime) -> list[tuple[Route | None, list[Recipient]]]:
        """Recipients that are due, those of one next hop together."""
        groups: dict[Hop | None, tuple[Route | None, list[Recipient]]] = {}
        for recipient in item.envelope.recipients:
            if recipient.state is not RecipientState.WAITING or _later(recipient, now):
                continue
            route = self._routes.find(recipient.address, item.envelope.direction)
            groups.setdefault(Hop.of(route) if route else None, (route, []))[1].append(recipient)
        return list(groups.values())

    async def _attempt(
        self, item: Item, route: Route | None, recipients: list[Recipient], message: Message
    ) -> list[tuple[Fate, bool]]:
        """A fate for each recipient, and whether the hop sends notifications itself."""
        if route is None:
            handed = Handed([_no_route(item)] * len(recipients), notifies=False)
        else:
            envelope = item.envelope
            handed = await self._to(Hop.of(route)).send(envelope.mail_from, envelope.options, recipients, message)
        host = route.host if route else ""
        return [
            (Fate(recipient, reply, host), handed.notifies)
            for recipient, reply in zip(recipients, handed.replies, strict=True)
        ]

    def _to(self, hop: Hop) -> Connections:
        if hop not in self._connections:
            self._connections[hop] = Connections(hop, self._settings.hostname, self._settings.delivery)
        return self._connections[hop]

    async def _record(self, item: Item, fates: Sequence[tuple[Fate, bool]]) -> None:
        now = datetime.now(UTC)
        progress: list[Progress] = []
        tellings: dict[Telling, list[Fate]] = {}
        for fate, notifies in fates:
            step = after(fate, item, self._settings.delivery, now)
            progress.append(step)
            telling = _telling(step, item, now, notifies=notifies)
            if telling:
                tellings.setdefault(telling, []).append(fate)
        built = (self._bounce(item, telling, told, now) for telling, told in tellings.items())
        notices = [notice for notice in built if notice]
        state = await until_recorded(lambda: self._store.record(self._owner, item.id, progress, notices))
        _log_outcome(item, progress, state, len(notices))
        if notices:
            self.wake()


async def _renew(store: Deliveries, owner: str, ids: Sequence[str]) -> None:
    await store.renew(owner, ids, LEASE_SECONDS)


def hops_of(routes: Sequence[Route], down: Mapping[Hop, bool]) -> list[HopState]:
    """The next hops that routes name; `down` says of those that were tried how they were found."""
    domains: dict[tuple[Hop, Direction], list[str]] = {}
    for route in routes:
        domains.setdefault((Hop.of(route), route.direction), []).append(route.domain)
    return [
        HopState(
            host=hop.host,
            port=hop.port,
            tls=hop.tls,
            direction=direction,
            domains=tuple(named),
            down=down.get(hop, False),
            known=hop in down,
        )
        for (hop, direction), named in domains.items()
    ]


class Routes:
    """Finds the route of a recipient: its domain, else "*", in the item's direction."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = {(route.direction, ascii_domain(route.domain)): route for route in reversed(routes)}

    def find(self, address: str, direction: Direction) -> Route | None:
        """None when no route of this direction fits."""
        exact = self._routes.get((direction, ascii_domain(address.rpartition("@")[2])))
        return exact or self._routes.get((direction, "*"))


def ascii_domain(domain: str) -> str:
    """For comparing: lower case, A-labels (RFC 5890); as it is when it is no international domain name."""
    lowered = domain.lower().rstrip(".")
    if lowered.isascii():
        return lowered
    try:
        return idna.encode(lowered, uts46=True).decode("ascii")
    except idna.IDNAError:
        return lowered


def after(fate: Fate, item: Item, settings: DeliverySettings, now: datetime) -> Progress:
    """Where a recipient stands after an attempt: delivered, bounced, or waiting for the next one."""
    recipient, reply = fate.recipient, fate.reply
    attempts = recipient.attempts + 1
    if reply.positive:
        return Progress(recipient.address, RecipientState.DELIVERED, reply, None, attempts)
    deadline = item.envelope.received_at + timedelta(seconds=settings.give_up_seconds)
    if reply.permanent or now >= deadline:
        return Progress(recipient.address, RecipientState.BOUNCED, reply, None, attempts)
    delay = retry_seconds(attempts, settings) * _random.uniform(1 - JITTER, 1 + JITTER)
    next_attempt_at = min(now + timedelta(seconds=delay), deadline)
    return Progress(recipient.address, RecipientState.WAITING, reply, next_attempt_at, attempts)


def retry_seconds(attempts: int, settings: DeliverySettings) -> int:
    """Doubling from the first delay up to the longest."""
    return min(settings.retry_max_seconds, settings.retry_first_seconds << min(attempts - 1, 30))


def _telling(step: Progress, item: Item, now: datetime, *, notifies: bool) -> Telling | None:
    """What the sender might want to hear; whether they do is for the notice to decide."""
    if step.state is RecipientState.BOUNCED:
        return Telling.FAILED
    if step.state is RecipientState.DELIVERED:
        return None if notifies else Telling.RELAYED
    late = item.envelope.received_at + LATE_AFTER
    # Once: at the last attempt before that time.
    return Telling.DELAYED if step.next_attempt_at and now < late <= step.next_attempt_at else None


def _later(recipient: Recipient, now: datetime) -> bool:
    return recipient.next_attempt_at is not None and recipient.next_attempt_at > now


def _no_route(item: Item) -> Reply:
    """A notice that has no way out ends here; for a mail the settings may yet be put right."""
    if item.channel is Channel.NOTICE:
        return Reply(550, "5.4.4", "no route for a notice in this direction")
    return temporary("4.4.4", "no route for this domain")


def _faulty(
    item: Item, route: Route | None, recipients: Sequence[Recipient], error: Exception
) -> list[tuple[Fate, bool]]:
    """An error of ours on the way to a hop: tried again later, with its attempt on record."""
    log.error("item %s: the attempt ended with %s at %s", item.id, type(error).__name__, place(error))
    reply = temporary("4.3.0", "the attempt failed", type(error).__name__)
    return [(Fate(recipient, reply, route.host if route else ""), False) for recipient in recipients]


def _unreadable(
    item: Item, groups: Sequence[tuple[Route | None, list[Recipient]]], error: BlobGone
) -> list[tuple[Fate, bool]]:
    """Perhaps the disk comes back or a backup is put in place; if not, the sender hears of it in the end."""
    log.error("item %s: its bytes cannot be delivered: %s", item.id, error)
    reply = temporary("4.3.0", "the mail cannot be read from the store", type(error).__name__)
    return [(Fate(recipient, reply, ""), False) for _, recipients in groups for recipient in recipients]


def _log_outcome(item: Item, progress: Sequence[Progress], state: ItemState, notices: int) -> None:
    if state is ItemState.DELIVERED:
        log.info("item %s: delivered to %d recipients", item.id, len(progress))
        return
    for step in progress:
        if step.reply and step.state is not RecipientState.DELIVERED:
            words = "item %s: one recipient is %s after %d attempts: %d %s %s"
            detail = step.reply.private_detail or step.reply.public_text
            log.warning(words, item.id, step.state.value, step.attempts, step.reply.code, step.reply.enhanced, detail)
    if state is ItemState.BOUNCED and not notices:
        log.warning("item %s: bounced, and nobody can be told", item.id)
