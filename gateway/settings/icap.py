"""[icap] of gateway.toml: files that proxies and storage appliances hand over (RFC 3507)."""

import msgspec

from gateway.model import Direction


class Icap(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The ICAP listener; there is none when not given."""

    host: str = "127.0.0.1"
    port: int = 1344  #: registered for ICAP; 11344 is usual with TLS
    allowed_networks: tuple[str, ...]  #: CIDR of the proxies and appliances; nobody else may connect
    owner: str  #: address that items stand under: who is responsible for what comes this way
    profile: str = ""  #: "" is the owner's, by assignment
    direction: Direction = Direction.INBOUND
    tls_certificate: str = ""  #: given: TLS from the first byte (icaps)
    tls_key: str = ""
    pass_types: tuple[str, ...] = ()  #: media types that go on as they came, by claim and by content
    max_bytes: int = 104_857_600  #: of one body
    preview_bytes: int = 4_096  #: that a peer sends before it waits
    wait_seconds: int = 60  #: for the end of cleaning; then a page says that it takes longer
    remember_hours: int = 24  #: within which the same bytes get the same answer without being cleaned again
    idle_seconds: int = 60  #: patience with a silent peer
    options_seconds: int = 3_600  #: how long a peer may remember what OPTIONS said
    connections: int = 200
    connections_per_network: int = 200  #: /24 of IPv4, /64 of IPv6; one proxy holds many
