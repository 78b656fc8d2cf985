"""Doors: the listeners that people and systems come through, each in a segment; known from the socket alone."""

import hashlib
from enum import StrEnum
from typing import Final

import msgspec
from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.model import Direction, Segment
from gateway.settings import Settings, TransferListener

_KEY: Final = "kiyome.door"


class Where(StrEnum):
    """At which doors a route is served."""

    ADMIN = "admin"  # at the door of [web] alone
    EVERYWHERE = "everywhere"
    SYSTEMS = "systems"  # at transfer doors that hand results back to the side they came from


class Door(msgspec.Struct, frozen=True):
    """One listener."""

    name: str  #: "" is that of [web]
    segment: Segment | None  #: None: nothing is handed in or fetched here
    same_side: bool = False
    public_url: str = ""

    @property
    def is_admin(self) -> bool:
        """That of [web]."""
        return not self.name

    @property
    def mark(self) -> str:
        """What sessions of this door carry; "" at that of [web]. Any name of a listener gives a name for a cookie."""
        return hashlib.sha256(self.name.encode()).hexdigest()[:16] if self.name else ""

    @property
    def direction(self) -> Direction:
        """Which way goes what is handed in here."""
        return Direction.OUTBOUND if self.segment is Segment.LGWAN else Direction.INBOUND

    def serves(self, where: Where) -> bool:
        """Whether there is such a route here."""
        if where is Where.EVERYWHERE:
            return True
        return self.is_admin if where is Where.ADMIN else self.same_side


def admin_door(settings: Settings) -> Door:
    """The door of [web]."""
    return Door("", settings.web.segment, public_url=settings.web.public_url)


def transfer_door(listener: TransferListener) -> Door:
    """A door of [[transfers.listeners]]."""
    return Door(listener.name, listener.segment, listener.same_side, listener.public_url)


def other_side(settings: Settings, segment: Segment) -> str:
    """Where people on the other side reach what was handed in on this one; "" when no address is set."""
    doors = [*map(transfer_door, settings.transfers.listeners), admin_door(settings)]
    reached = [door.public_url.rstrip("/") for door in doors if door.segment not in {None, segment} and door.public_url]
    return reached[0] if reached else ""


def door_of(request: Request) -> Door:
    """Where a request came in; an application that stands behind no listener, as in tests, is that of [web]."""
    door: Door | None = request.scope.get(_KEY)
    return door if door is not None else request.app.state.admin_door


class AtDoor:
    """The application as one listener serves it."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request (ASGI)."""
        await self._app({**scope, _KEY: self._door}, receive, send)
