"""What all sessions of one listener share: its rules, and the ways to keep a mail."""

from collections.abc import Awaitable, Callable

import msgspec

from gateway.intake.admission import Admission, Networks, covers, parse_networks
from gateway.intake.certificates import Certificates
from gateway.intake.data import DataLimits
from gateway.intake.origin import ClientAddress
from gateway.intake.relaying import Relaying
from gateway.model import Direction, Envelope
from gateway.settings import Limits, Listener, Settings
from gateway.store.blobs import Spool

#: Keeps a mail and returns its item numbers; raises StoreFull when there is no room. Returning means kept for good.
Accept = Callable[[Envelope, Spool], Awaitable[tuple[str, ...]]]


class Keeping(msgspec.Struct, frozen=True):
    """How a mail is kept."""

    accept: Accept
    spool: Callable[[], Spool]
    free_bytes: Callable[[], int]


class Gate(msgspec.Struct, frozen=True):
    """One listener with its settings parsed."""

    listener: Listener
    hostname: str
    limits: Limits
    minimum_free_bytes: int
    data_limits: DataLimits
    allowed: Networks
    trusted_xclient: Networks
    trusted_proxies: Networks
    relaying: Relaying
    admission: Admission
    certificates: Certificates
    keeping: Keeping

    @classmethod
    def of(
        cls, listener: Listener, settings: Settings, admission: Admission, certificates: Certificates, keeping: Keeping
    ) -> "Gate":
        """The gate of a listener."""
        return cls(
            listener=listener,
            hostname=settings.hostname,
            limits=settings.limits,
            minimum_free_bytes=settings.store.minimum_free_bytes,
            data_limits=DataLimits.of(settings.limits),
            allowed=parse_networks(listener.allowed_networks),
            trusted_xclient=parse_networks(listener.trusted_xclient),
            trusted_proxies=parse_networks(listener.trusted_proxies),
            relaying=Relaying(settings, listener.direction),
            admission=admission,
            certificates=certificates,
            keeping=keeping,
        )

    def allows(self, client: ClientAddress | None) -> bool:
        """Whether this client may hand in mail; an unknown client only where all may. Outbound, nobody is a default."""
        if not self.allowed:
            return self.listener.direction is Direction.INBOUND
        return client is not None and covers(self.allowed, client)
