"""What dialogues cannot show: writes, many connections, clients that do not read, certificates, the log, the stop."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import uvloop

from gateway.commands.run import allow_many_files
from gateway.intake import connection, smtp
from gateway.intake.certificates import CertificateMissing
from tests.dialogue.player import make_certificate
from tests.unit.intake.intakes import Running, running, until

MAIL = b"MAIL FROM:<someone@example.com>\r\nRCPT TO:<resident@city.example.lg.jp>\r\nDATA\r\n"


@pytest.fixture(autouse=True)
def _quick_deadlines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "CHECK_SECONDS", 0.05)
    monkeypatch.setattr(connection, "CLOSING_SECONDS", 0.3)


class CountingWire(connection.Wire):
    """Tells how often something was written."""

    writes: list[bytes] = []  # noqa: RUF012

    async def flush(self) -> None:
        if self.output:
            self.writes.append(bytes(self.output))
        await super().flush()


async def test_a_batch_of_commands_is_answered_in_one_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "Wire", CountingWire)
    CountingWire.writes.clear()
    async with running({}) as intake:
        reader, writer = await intake.connect()
        writer.write(b"EHLO client.example\r\n")
        await reader.readuntil(b"250 ENHANCEDSTATUSCODES\r\n")
        writer.write(MAIL)
        await reader.readuntil(b"354 End data with <CR><LF>.<CR><LF>\r\n")
        writer.close()
    assert [write.count(b"\r\n") for write in CountingWire.writes[:3]] == [1, 7, 3]


async def test_five_hundred_idle_clients_and_one_that_works() -> None:
    assert allow_many_files() > 1_100  # as the gateway does when it starts; both ends are here
    async with running({"limits": {"connections_per_network": 1_000, "connections": 501}}) as intake:
        idle = [await intake.connect() for _ in range(500)]
        reader, writer = await intake.connect()
        writer.write(b"HELO client.example\r\n" + MAIL)
        await reader.readuntil(b"354 End data with <CR><LF>.<CR><LF>\r\n")
        writer.write(b"Subject: x\r\n\r\n.\r\n")
        assert (await reader.readline()).startswith(b"250 2.0.0 Kept")
        for _, other in [*idle, (reader, writer)]:
            other.close()
        await until(lambda: not intake._sessions)
    assert len(intake.store.mails) == 1


async def test_a_client_that_never_reads_is_cut_off() -> None:
    async with running({"limits": {"idle_seconds": 1, "commands": 10**6}}) as intake:
        reader, writer = await intake.connect()
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        for _ in range(400):
            writer.write(b"HELP\r\n" * 5_000)
        await until(lambda: not intake._sessions)
        writer.transport.abort()


async def test_input_that_nobody_asked_for_is_not_taken_in_without_end() -> None:
    async with running({"fake": {"accept": "slow"}}) as intake:
        reader, writer = await intake.connect()
        writer.write(b"HELO client.example\r\n" + MAIL)
        await reader.readuntil(b"354 End data with <CR><LF>.<CR><LF>\r\n")
        writer.write(b"Subject: x\r\n\r\n.\r\n")
        for _ in range(200):
            writer.write(b"NOOP\r\n" * 10_000)
        await asyncio.sleep(0.2)
        (session,) = intake._sessions
        assert session.wire.pending < 2_000_000
        intake.store.release.set()
        assert (await reader.readline()).startswith(b"250 2.0.0 Kept")
        writer.transport.abort()
        await until(lambda: not intake._sessions)


async def test_connections_are_counted_down_however_they_end() -> None:
    async with running({"limits": {"connections": 3, "connections_per_network": 3}}) as intake:
        for ending in (b"QUIT\r\n", b"GET / HTTP/1.0\r\n", b"NOOP\n", b""):
            reader, writer = await intake.connect()
            writer.write(ending)
            if ending:
                await reader.read()
            writer.close()
            await until(lambda: not intake._sessions)
        assert intake._admission._connections == 0
        assert not intake._admission._per_network


async def tls_client(intake: Running) -> str:
    """The common name of the certificate that STARTTLS shows."""
    reader, writer = await intake.connect()
    writer.write(b"EHLO client.example\r\n")
    await reader.readuntil(b"250 ENHANCEDSTATUSCODES\r\n")
    writer.write(b"STARTTLS\r\n")
    assert (await reader.readline()).startswith(b"220 ")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    await writer.start_tls(context)
    certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return str(hash(certificate))


async def test_certificates_are_read_again_on_request(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    async with running({"listener": {"tls_certificate": "here"}}, certificate) as intake:
        first = await tls_client(intake)
        make_certificate(tmp_path)
        assert await tls_client(intake) == first
        intake.reload_certificates()
        second = await tls_client(intake)
        assert second != first
        certificate[0].write_text("not a certificate")
        with pytest.raises(ssl.SSLError):
            intake.reload_certificates()
        assert await tls_client(intake) == second


async def test_old_tls_versions_are_refused(tmp_path: Path) -> None:
    async with running({"listener": {"tls_certificate": "here"}}, make_certificate(tmp_path)) as intake:
        context = intake._certificates.context("internet")
        assert context is not None
        assert context.minimum_version is ssl.TLSVersion.TLSv1_2


async def test_tls_required_without_a_certificate_does_not_start() -> None:
    intake = Running({"listener": {"tls": "required"}})
    with pytest.raises(CertificateMissing, match='"internet"'):
        await intake.start()


async def test_a_port_in_use_leaves_nothing_listening() -> None:
    async with running({}) as first:
        second = Running({"listener": {"port": first.port}})
        with pytest.raises(OSError, match="in use"):
            await second.start()
        assert not second._servers


async def test_the_log_has_the_envelope_and_never_the_content(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with running({}) as intake:
        reader, writer = await intake.connect()
        writer.write(b"HELO client.example\r\n" + MAIL)
        await reader.readuntil(b"354 End data with <CR><LF>.<CR><LF>\r\n")
        writer.write(b"Subject: confidential\r\n\r\nconfidential\r\n.\r\nQUIT\r\n")
        await reader.read()
        writer.close()
        await until(lambda: not intake._sessions)
    (kept,) = [record.getMessage() for record in caplog.records if record.getMessage().startswith("mail kept")]
    assert "items=ITEM-1 size=39" in kept
    assert "client=127.0.0.1 helo=client.example from=<someone@example.com>" in kept
    assert "recipients=1 to=<resident@city.example.lg.jp>" in kept
    (ended,) = [record.getMessage() for record in caplog.records if record.getMessage().startswith("session ")]
    assert "commands=5 errors=0" in ended
    assert "end=221/2.0.0" in ended
    assert "confidential" not in caplog.text


@pytest.mark.parametrize("accept", ["broken", "unavailable", "full"])
async def test_an_error_is_logged_by_its_kind_only(accept: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with running({"fake": {"accept": accept}}) as intake:
        reader, writer = await intake.connect()
        writer.write(b"HELO client.example\r\n" + MAIL)
        await reader.readuntil(b"354 End data with <CR><LF>.<CR><LF>\r\n")
        writer.write(b"Subject: x\r\n\r\n.\r\nQUIT\r\n")
        assert (await reader.readline())[:3] in {b"451", b"452"}
        await reader.read()
        writer.close()
    assert "secret" not in caplog.text
    assert intake.store.spools[0].discarded


async def test_stop_waits_only_so_long_for_a_message() -> None:
    intake = Running({})
    await intake.start()
    reader, writer = await intake.connect()
    writer.write(b"HELO client.example\r\n" + MAIL + b"")
    await reader.readuntil(b"354 End data with <CR><LF>.<CR><LF>\r\n")
    await intake.stop(0.1)
    assert (await reader.readline()).startswith(b"421 4.3.2 ")
    assert await reader.read() == b""
    writer.close()
    assert intake.store.spools[0].discarded
    assert not intake._sessions


async def test_stop_does_not_hang_on_a_store_that_never_answers() -> None:
    intake = Running({"fake": {"accept": "slow"}})
    await intake.start()
    reader, writer = await intake.connect()
    writer.write(b"HELO client.example\r\n" + MAIL)
    await reader.readuntil(b"354 End data with <CR><LF>.<CR><LF>\r\n")
    writer.write(b"Subject: x\r\n\r\n.\r\n")
    async with asyncio.timeout(60):
        await intake.asked.wait()
    await intake.stop(0.1)
    assert (await reader.readline()).startswith(b"421 4.3.2 ")
    writer.close()
    assert not intake.store.spools[0].discarded  # it may be on its way to the disk: it is the store's
    assert intake.store.mails == []


async def test_nobody_can_connect_after_stop() -> None:
    async with running({}) as intake:
        port = intake.port
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


async def greeted_after_an_early_proxy_header() -> bytes:
    async with running({"listener": {"trusted_proxies": ["127.0.0.0/8"]}}) as intake:
        early = socket.create_connection(("127.0.0.1", intake.port))
        early.sendall(b"PROXY TCP4 192.0.2.7 203.0.113.1 5000 25\r\n")
        reader, writer = await asyncio.open_connection(sock=early)
        async with asyncio.timeout(60):
            greeting = await reader.readline()
        writer.close()
    return greeting


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_what_comes_with_the_connection_is_not_waited_for_again(loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    with asyncio.Runner(loop_factory=loop) as runner:
        assert runner.run(greeted_after_an_early_proxy_header()).startswith(b"220 ")
