"""Serves the application inside the gateway's own event loop; signals stay with whoever runs the gateway."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from gateway.web.doors import AtDoor, Door

STOP_SECONDS = 5


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None: uvicorn would take SIGTERM away from the gateway."""
        yield


class WebServer:
    """One application on one address: that of [web], or the door of a segment."""

    def __init__(self, app: FastAPI, host: str, port: int, door: Door | None = None) -> None:
        config = uvicorn.Config(
            AtDoor(app, door or app.state.admin_door),
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,  # whom to believe, the settings say (clients.py); uvicorn believes its own host
            lifespan="off",
            timeout_graceful_shutdown=STOP_SECONDS,
        )
        self._server = _Server(config)
        self._app = app
        self._address = (host, port)
        self._serving: asyncio.Task[None] | None = None
        self.host, self.port = host, port  #: after start the port that was bound

    async def start(self) -> None:
        """Raises OSError when the address cannot be bound."""
        bound = _listening(*self._address)
        self.port = bound.getsockname()[1]
        self._serving = asyncio.create_task(self._server.serve([bound]), name="web")

    async def stop(self) -> None:
        """Lets answers that have begun go out; streams that would go on for ever end."""
        await self._app.state.desk.bench.stop()
        self._server.should_exit = True
        if self._serving:
            await self._serving


def _listening(host: str, port: int) -> socket.socket:
    """Bound here, since uvicorn would end the whole process if it could not."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound
