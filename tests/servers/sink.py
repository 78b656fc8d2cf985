"""A next hop that captures what arrives; it can refuse, and be switched off and on."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.servers.ports import free_port


@dataclass(frozen=True)
class Arrival:
    """One mail as the next hop got it."""

    mail_from: str
    recipients: tuple[str, ...]
    content: bytes


class _Session(SMTP):
    """Tells the sink that it is there and that it is over."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.event_handler.open.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self.event_handler.open.discard(self)


class _Controller(Controller):
    def factory(self) -> SMTP:
        return _Session(self.handler, **self.SMTP_kwargs)


@dataclass
class Sink:
    """Use as a context manager; `answer` may give another reply to DATA."""

    port: int = field(default_factory=free_port)
    answer: Callable[[Arrival], str] = lambda _: "250 2.0.0 captured"
    arrivals: list[Arrival] = field(default_factory=list)
    open: set[SMTP] = field(default_factory=set)  #: sessions that are not over
    changed: threading.Condition = field(default_factory=threading.Condition)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        content: Any = envelope.content
        mail_from = envelope.mail_from or ""
        arrival = Arrival("" if mail_from == "<>" else mail_from, tuple(envelope.rcpt_tos), bytes(content))
        reply = self.answer(arrival)
        if reply.startswith("2"):
            with self.changed:
                self.arrivals.append(arrival)
                self.changed.notify_all()
        return reply

    def __enter__(self) -> Self:
        self._controller = _Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            data_size_limit=0,
            enable_SMTPUTF8=True,
            decode_data=False,
            ready_timeout=120,
        )
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    def wait_for(self, count: int, seconds: float = 120.0) -> list[Arrival]:
        """Wait until `count` mails arrived; what arrived by then, also when it is fewer."""
        with self.changed:
            self.changed.wait_for(lambda: len(self.arrivals) >= count, seconds)
            return list(self.arrivals)
