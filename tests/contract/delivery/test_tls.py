"""TLS towards a next hop: what each policy accepts, and that none delivers in clear when it says otherwise."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.delivery.connections import Connections
from gateway.delivery.message import prepare
from gateway.delivery.session import Hop
from gateway.model import MailOptions, Recipient, Reply
from gateway.settings import DeliverySettings, TlsPolicy
from tests.fakes.next_hop import NextHop

NONE, OPPORTUNISTIC, REQUIRED, VERIFIED = TlsPolicy


def certificate(folder: Path, name: x509.GeneralName) -> Path:
    """Signed by itself, for one name; key and certificate in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "hop.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


def server_context(file: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    return certificate(tmp_path, x509.IPAddress(ipaddress.ip_address("127.0.0.1")))


@pytest.fixture
def of_another_host(tmp_path: Path) -> Path:
    return certificate(tmp_path, x509.DNSName("other.example.jp"))


async def send(hop: NextHop, policy: TlsPolicy, ca_file: Path | str = "", seconds: int = 60) -> Reply:
    settings = DeliverySettings(timeout_seconds=seconds)
    connections = Connections(Hop("127.0.0.1", hop.port, policy, str(ca_file)), "mx.example.jp", settings)
    message = prepare(b"Subject: x\r\n\r\nbody\r\n", "a@example.com")
    handed = await connections.send("a@example.com", MailOptions(), [Recipient("b@example.jp")], message)
    await connections.close_idle(all_of_them=True)
    return handed.replies[0]


@pytest.mark.parametrize("policy", [OPPORTUNISTIC, REQUIRED])
async def test_any_certificate_will_do_for(policy: TlsPolicy, of_another_host: Path) -> None:
    async with NextHop(tls=server_context(of_another_host)) as hop:
        assert (await send(hop, policy)).positive
        assert hop.over_tls == 1
        assert len(hop.said("EHLO")) == 2  # what was offered in clear is forgotten (RFC 3207 4.2)


async def test_none_stays_in_clear(ours: Path) -> None:
    async with NextHop(tls=server_context(ours)) as hop:
        assert (await send(hop, NONE)).positive
        assert hop.over_tls == 0


async def test_opportunistic_goes_on_in_clear_where_tls_is_not_offered() -> None:
    async with NextHop() as hop:
        assert (await send(hop, OPPORTUNISTIC)).positive


@pytest.mark.parametrize("policy", [REQUIRED, VERIFIED])
async def test_no_mail_in_clear_for(policy: TlsPolicy) -> None:
    async with NextHop() as hop:
        reply = await send(hop, policy)
        assert (reply.code, reply.enhanced) == (451, "4.7.4")
        assert not hop.said("MAIL")


async def test_verified_takes_a_certificate_of_the_named_authority_for_the_host(ours: Path) -> None:
    async with NextHop(tls=server_context(ours)) as hop:
        assert (await send(hop, VERIFIED, ours)).positive
        assert hop.over_tls == 1


async def test_verified_refuses_an_unknown_authority(ours: Path) -> None:
    async with NextHop(tls=server_context(ours)) as hop:
        reply = await send(hop, VERIFIED)
        assert (reply.code, reply.enhanced) == (451, "4.7.5")
        assert not hop.said("MAIL")


async def test_verified_refuses_the_certificate_of_another_host(of_another_host: Path) -> None:
    async with NextHop(tls=server_context(of_another_host)) as hop:
        assert (await send(hop, VERIFIED, of_another_host)).enhanced == "4.7.5"
        assert not hop.said("MAIL")


async def test_a_missing_ca_file_is_a_temporary_failure(tmp_path: Path) -> None:
    async with NextHop() as hop:
        assert (await send(hop, VERIFIED, tmp_path / "none.pem")).enhanced == "4.7.5"
        assert not hop.said("MAIL")


@pytest.mark.parametrize(("policy", "delivered"), [(OPPORTUNISTIC, True), (REQUIRED, False)])
async def test_broken_tls(policy: TlsPolicy, delivered: bool) -> None:
    # It offers STARTTLS and says 220, and then cannot speak it.
    broken = {"EHLO": "250-hop\r\n250 STARTTLS", "STARTTLS": "220 go"}
    async with NextHop(broken) as hop:
        reply = await send(hop, policy, seconds=5)  # of silence
        assert reply.positive is delivered
        assert bool(hop.bodies) is delivered


@pytest.mark.parametrize(("policy", "delivered"), [(OPPORTUNISTIC, True), (REQUIRED, False)])
async def test_starttls_that_is_refused(policy: TlsPolicy, delivered: bool) -> None:
    async with NextHop({"EHLO": "250-hop\r\n250 STARTTLS", "STARTTLS": "454 4.7.0 not now"}) as hop:
        reply = await send(hop, policy)
        assert reply.positive is delivered
        assert not reply.permanent
