"""gateway.toml as typed, frozen settings; every key is commented where it stands in config/gateway.toml."""

from enum import StrEnum

import msgspec

from gateway.model import Direction, Segment
from gateway.settings.folders import WatchedFolder
from gateway.settings.icap import Icap
from gateway.settings.transfers import TransferSettings
from sanitizers.confinement.enclosures import Wall


class TlsOffer(StrEnum):
    """STARTTLS on a listener."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"


class TlsPolicy(StrEnum):
    """TLS towards a next hop."""

    NONE = "none"
    OPPORTUNISTIC = "opportunistic"  # STARTTLS if offered, any certificate
    REQUIRED = "required"  # STARTTLS or retry later, any certificate
    VERIFIED = "verified"  # as REQUIRED, and the certificate must be valid for the host


class Endings(StrEnum):
    """What to do with a bare CR, a bare LF or a NUL in DATA."""

    REFUSE = "refuse"
    NORMALISE = "normalise"


class Secret(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A secret in a file or an environment variable; exactly one of the two."""

    file: str = ""
    env: str = ""


class Listener(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One SMTP listener."""

    name: str
    segment: Segment
    direction: Direction
    host: str
    port: int = 25
    tls: TlsOffer = TlsOffer.OPTIONAL
    tls_certificate: str = ""
    tls_key: str = ""
    allowed_networks: tuple[str, ...] = ()  #: CIDR; inbound: empty means all; outbound: must not be empty
    trusted_xclient: tuple[str, ...] = ()  #: CIDR of peers that may send XCLIENT
    trusted_proxies: tuple[str, ...] = ()  #: CIDR of peers that must send the PROXY protocol (v1 or v2)


class Route(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The next hop for a recipient domain; "*" matches what no other route of the direction does."""

    domain: str
    host: str
    port: int = 25
    tls: TlsPolicy = TlsPolicy.OPPORTUNISTIC
    ca_file: str = ""
    direction: Direction = Direction.INBOUND


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Limits of the SMTP intake."""

    message_bytes: int = 52_428_800
    line_octets: int = 2_000  #: one line of DATA without CRLF; RFC 5321 says 998, real mail exceeds it
    command_octets: int = 2_048  #: one command line
    header_bytes: int = 262_144
    recipients: int = 1_000
    commands: int = 5_000  #: per session
    errors: int = 20  #: refused commands per session
    session_seconds: int = 3_600
    idle_seconds: int = 300
    data_bytes_per_second: int = 200  #: slowest DATA allowed, averaged over data_rate_window_seconds
    data_rate_window_seconds: int = 60
    connections: int = 500
    connections_per_network: int = 50  #: /24 of IPv4, /64 of IPv6
    received_headers: int = 50  #: more mean a loop
    endings: Endings = Endings.REFUSE


class StoreSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where items and originals are kept."""

    url: str = "sqlite:////var/lib/kiyome/kiyome.db"  #: SQLAlchemy URL; sqlite or postgresql+psycopg
    blobs: str = "/var/lib/kiyome/blobs"
    password: Secret | None = None  #: of the database, when not in the URL
    inline_bytes: int = 65_536  #: originals up to this size live in the database
    minimum_free_bytes: int = 1_073_741_824  #: less than this: 452


class DeliverySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Retries and connections towards next hops."""

    retry_first_seconds: int = 300
    retry_max_seconds: int = 14_400
    give_up_seconds: int = 432_000
    connections_per_hop: int = 10
    timeout_seconds: int = 300


class SenderChecks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """SPF, DKIM and DMARC; off while `nameservers` is empty."""

    nameservers: tuple[str, ...] = ()  #: "192.0.2.53" or "192.0.2.53:5353"
    timeout_seconds: int = 5


class Oidc(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Sign-in through an identity provider (OpenID Connect)."""

    issuer: str  #: as the provider names itself
    client_id: str
    client_secret: Secret
    roles: dict[str, str]  #: from a value of role_claim to a role; the first that fits
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    login_claim: str = "preferred_username"
    role_claim: str = "groups"
    domains_claim: str = ""  #: "" gives everybody every domain
    mfa_values: tuple[str, ...] = ()  #: in "amr" or "acr": a second factor was asked for over there
    button_ja: str = "組織のアカウントでサインイン"
    button_en: str = "Sign in with your organisation's account"
    timeout_seconds: int = 5  #: patience with the provider


class WebSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The web interface."""

    host: str = "127.0.0.1"
    port: int = 8080
    session_minutes: int = 30  #: a session ends after so long without anything done
    session_hours: int = 12  #: and at the latest so long after the sign-in
    secure_cookies: bool = True  #: the session's cookie goes over HTTPS alone
    trusted_proxies: tuple[str, ...] = ()  #: CIDR of peers whose X-Forwarded-For and -Proto are believed
    metrics_networks: tuple[str, ...] = ()  #: CIDR of clients that may read /metrics without an API token
    public_url: str = (
        ""  #: where recipients reach it, e.g. "https://kiyome.example.lg.jp"; "" puts no link into letters
    )
    segment: Segment | None = None  #: where it stands; None: files are neither handed in nor fetched here
    oidc: Oidc | None = None  #: nobody signs in through an identity provider when not given


class Notices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What recipients and administrators are told of by mail."""

    digest_at: str = "08:00"  #: local time, of the daily digest to recipients; "" sends none
    link_days: int = 7  #: how long a recipient may ask for release by the link in a notice
    administrators: tuple[str, ...] = ()  #: addresses that hear of what needs somebody


class Passwords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Files behind a password."""

    organisation: Secret | None = None  #: passwords to try on every one, one in each line
    days: int = 14  #: how long a recipient may give the password
    tries: int = 10  #: wrong passwords until the page is closed for this recipient
    look_back_hours: int = 24  #: within which the same sender's other mail may tell the password; 0 looks at none


class Children(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The confined child processes that open untrusted bytes."""

    count: int = 0  #: 0: one for each processor
    items_before_recycling: int = 5_000
    seconds_before_recycling: int = 3_600
    user: str = "nobody"  #: whom a child becomes when the gateway runs as root
    accept_missing_walls: tuple[Wall, ...] = ()  #: the gateway starts although these do not hold on this host


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All of gateway.toml."""

    hostname: str
    accepted_domains: tuple[str, ...]  #: recipient domains accepted inbound
    routes: tuple[Route, ...]
    listeners: tuple[Listener, ...]
    contact: str = ""  #: where readers ask, printed in the notice
    zone: str = "Asia/Tokyo"
    language: str = "ja"  #: first language: ja or en
    report_key: Secret | None = None  #: HMAC key of X-Kiyome-Report; made and kept beside the store when not given
    rules: str = "rules.toml"  #: beside gateway.toml unless absolute
    limits: Limits = Limits()
    store: StoreSettings = StoreSettings()
    delivery: DeliverySettings = DeliverySettings()
    sender_checks: SenderChecks = SenderChecks()
    children: Children = Children()
    web: WebSettings = WebSettings()
    notices: Notices = Notices()
    passwords: Passwords = Passwords()
    transfers: TransferSettings = TransferSettings()
    folders: tuple[WatchedFolder, ...] = ()
    icap: Icap | None = None  #: nothing is taken over ICAP when not given
