"""Each check of `kiyome doctor`: what is well is OK, what is not says what to do."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.commands import doctor_checks as checks
from gateway.commands.doctor_checks import Status
from gateway.commands.trial_folder import prepare
from gateway.settings import Settings, TlsPolicy, load_settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = load_settings(prepare(tmp_path).settings)
    store = msgspec.structs.replace(settings.store, minimum_free_bytes=1)
    return msgspec.structs.replace(settings, store=store)


def test_the_machine_of_the_tests_is_fit() -> None:
    assert {checks.python().status, checks.libmagic().status, checks.clock().status} == {Status.OK}


def test_a_library_for_archives_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.archives().status is Status.OK
    monkeypatch.setattr("ctypes.util.find_library", lambda name: "libarchive.so.13" if name == "archive" else None)
    missing = checks.archives()
    assert (missing.status, missing.detail) == (Status.WARNING, "libarchive13")
    assert "apt-get install liblhasa0" in missing.advice_en


async def test_the_store_is_opened_and_counted(settings: Settings) -> None:
    (check,) = await checks.store(settings)
    assert check.status is Status.OK
    assert checks.space(settings).status is Status.OK


async def test_a_store_that_cannot_be_opened_is_bad(settings: Settings) -> None:
    broken = msgspec.structs.replace(settings.store, url="sqlite:////proc/none/kiyome.db")
    (check,) = await checks.store(msgspec.structs.replace(settings, store=broken))
    assert check.status is Status.BAD
    assert check.advice_en


@pytest.mark.parametrize(("minimum", "status"), [(2**62, Status.BAD), (1, Status.OK)])
def test_a_full_disk_is_bad(settings: Settings, minimum: int, status: Status) -> None:
    Path(settings.store.blobs).mkdir(parents=True, exist_ok=True)
    store = msgspec.structs.replace(settings.store, minimum_free_bytes=minimum)
    assert checks.space(msgspec.structs.replace(settings, store=store)).status is status


def test_a_missing_blob_folder_is_bad(settings: Settings) -> None:
    store = msgspec.structs.replace(settings.store, blobs="/proc/none")
    assert checks.space(msgspec.structs.replace(settings, store=store)).status is Status.BAD


def certificate(path: Path, days: int) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=100))
        .not_valid_after(now + timedelta(days=days, hours=1))
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))


@pytest.mark.parametrize(("days", "status"), [(90, Status.OK), (10, Status.WARNING), (-2, Status.BAD)])
def test_certificates_are_judged_by_their_end(settings: Settings, days: int, status: Status) -> None:
    certificate(Path(settings.listeners[0].tls_certificate), days)
    (check,) = checks.certificates(settings)
    assert check.status is status


async def test_a_next_hop_that_answers_is_ok_and_one_without_starttls_is_not_when_it_is_required(
    settings: Settings,
) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 x ESMTP\r\n")
        while line := await reader.readline():
            writer.write(b"221 bye\r\n" if line.upper().startswith(b"QUIT") else b"250 x\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    route = msgspec.structs.replace(settings.routes[0], port=port)
    assert (await checks.next_hop(settings, route)).status is Status.OK
    strict = msgspec.structs.replace(route, tls=TlsPolicy.REQUIRED)
    assert (await checks.next_hop(settings, strict)).status is Status.BAD
    server.close()
    await server.wait_closed()
    gone = msgspec.structs.replace(route, port=port)
    assert (await checks.next_hop(settings, gone)).status is Status.BAD


async def test_a_silent_name_server_is_bad(settings: Settings) -> None:
    asked = msgspec.structs.replace(settings.sender_checks, timeout_seconds=1)
    check = await checks.nameserver(msgspec.structs.replace(settings, sender_checks=asked), "127.0.0.1:1")
    assert check.status is Status.BAD


def test_without_a_way_for_bounces_there_is_a_warning(settings: Settings) -> None:
    assert checks.bounces(settings).status is Status.OK
    inbound = msgspec.structs.replace(settings, routes=settings.routes[:1])
    assert checks.bounces(inbound).status is Status.WARNING
