"""The folder of a trial run: settings, certificate and data, made on first use and kept for the next."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.settings import Settings, SettingsError

HOST = "127.0.0.1"
DOMAIN = "city.example.lg.jp"  #: whose mail the trial accepts; the samples are addressed to it
SMTP_PORT = 2525
NEXT_HOP_PORT = 2526
WEB_PORT = 8080
CERTIFICATE_DAYS = 3650
DEFAULT_FOLDER = Path("trial")

SETTINGS = f"""\
# A trial run of Kiyome; the whole list of keys is in config/gateway.toml and docs/configuration.md.
# 試用の設定。全てのキーは config/gateway.toml と docs/configuration.md にある。
hostname = "kiyome.trial.example.jp"
accepted_domains = ["{DOMAIN}"]
contact = "情報政策課(試用) / IT desk (trial)"
rules = "rules.toml"
report_key = {{ file = "secrets/report.key" }}

[[listeners]]
name = "trial"
segment = "internet"
direction = "inbound"
host = "{HOST}"
port = {SMTP_PORT}
tls = "optional"
tls_certificate = "tls/certificate.pem"
tls_key = "tls/key.pem"

# Both directions end in the trial mailbox. どちらの方向も試用の受信箱に届く。
[[routes]]
domain = "*"
host = "{HOST}"
port = {NEXT_HOP_PORT}
direction = "inbound"

[[routes]]
domain = "*"
host = "{HOST}"
port = {NEXT_HOP_PORT}
direction = "outbound"

[store]
url = "sqlite:///data/kiyome.db"
blobs = "data/blobs"
minimum_free_bytes = 104_857_600

[web]
host = "{HOST}"
port = {WEB_PORT}
"""

RULES = """\
# The rules of the trial run; the whole list of keys is in config/rules.toml.
# 試用の規則。全てのキーは config/rules.toml にある。
[profiles.standard]

[[assignments]]
profile = "standard"
"""


class TrialFolder(msgspec.Struct, frozen=True):
    """Where things are in a trial's folder."""

    path: Path

    @property
    def settings(self) -> Path:
        """gateway.toml."""
        return self.path / "gateway.toml"

    @property
    def mailbox(self) -> Path:
        """The Maildir where delivered mail arrives."""
        return self.path / "mailbox"

    @property
    def log(self) -> Path:
        """What the gateway has to say, apart from what is printed for a person."""
        return self.path / "kiyome.log"

    @property
    def running(self) -> Path:
        """The addresses of the run that is on now, or was last."""
        return self.path / "running.json"


class Addresses(msgspec.Struct, frozen=True):
    """Where a trial run listens: "host:port" each."""

    smtp: str
    next_hop: str
    web: str


def prepare(path: Path) -> TrialFolder:
    """Makes what is missing; nothing that exists is touched."""
    folder = TrialFolder(path)
    for each in (path, path / "tls", path / "secrets", path / "data"):
        each.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write_once(folder.settings, SETTINGS.encode())
    _write_once(path / "rules.toml", RULES.encode())
    _write_once(path / "secrets" / "report.key", os.urandom(32).hex().encode())
    if not (path / "tls" / "certificate.pem").exists():
        _make_certificate(path / "tls")
    return folder


@contextmanager
def alone(folder: TrialFolder) -> Iterator[None]:
    """Holds the folder; raises SettingsError when another trial run does. The kernel lets go when a process ends."""
    with (folder.path / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SettingsError(f"{folder.path}: a trial run is on in this folder; stop it, or name another") from None
        yield


def with_free_ports(settings: Settings) -> tuple[Settings, Addresses]:
    """The settings with each port that is taken replaced by a free one, and the resulting addresses."""
    smtp, next_hop, web = (_free_port(port) for port in _ports(settings))
    moved = msgspec.structs.replace(
        settings,
        listeners=(msgspec.structs.replace(settings.listeners[0], port=smtp), *settings.listeners[1:]),
        routes=tuple(msgspec.structs.replace(route, host=HOST, port=next_hop) for route in settings.routes),
        web=msgspec.structs.replace(settings.web, port=web),
    )
    return moved, Addresses(f"{HOST}:{smtp}", f"{HOST}:{next_hop}", f"{HOST}:{web}")


def announce(folder: TrialFolder, addresses: Addresses) -> None:
    """Written for `kiyome samples send`, which finds the running trial by it."""
    folder.running.write_bytes(msgspec.json.encode(addresses))


def announced(path: Path) -> Addresses | None:
    """The addresses of the trial in this folder; None when it was never started."""
    try:
        return msgspec.json.decode(TrialFolder(path).running.read_bytes(), type=Addresses)
    except (OSError, msgspec.DecodeError):
        return None


def _ports(settings: Settings) -> tuple[int, int, int]:
    return settings.listeners[0].port, settings.routes[0].port, settings.web.port


def _free_port(wanted: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the servers do: a port in TIME_WAIT is free
        try:
            probe.bind((HOST, wanted))
        except OSError:
            probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _write_once(path: Path, data: bytes) -> None:
    if path.exists():
        return
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)


def _make_certificate(folder: Path) -> None:
    """Self-signed, for the trial's own STARTTLS only."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Kiyome trial")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address(HOST))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=CERTIFICATE_DAYS))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write_once(folder / "key.pem", private)
    _write_once(folder / "certificate.pem", certificate.public_bytes(serialization.Encoding.PEM))
