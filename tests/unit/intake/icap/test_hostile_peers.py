"""Peers that lie, stall, smuggle or come in crowds: each gets a plain no, and nobody else notices."""

import asyncio
import ssl
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from tests.unit.intake.icap.talk import chunked, respmod, response, served, until

GOOD = respmod(response(), b"", "Allow: 204") + chunked(b"hello")
ASKED = b"GET http://o/a HTTP/1.1\r\nHost: o\r\n\r\n"


def mod(encapsulated: str, rest: bytes = b"", *fields: str, method: str = "RESPMOD", line: str = "") -> bytes:
    start = line or f"{method} icap://x/{method.lower()} ICAP/1.0"
    lines = [start, "Host: x", *([f"Encapsulated: {encapsulated}"] if encapsulated else []), *fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + rest


def with_header(header: bytes) -> bytes:
    return mod(f"res-hdr=0, res-body={len(header)}", header + chunked(b"hello"))


MALFORMED = {
    "no protocol": b"hello\r\n\r\n",
    "http": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "bare line feeds": GOOD.replace(b"\r\nHost", b"\nHost", 1),
    "bare carriage return": GOOD.replace(b"localhost\r\n", b"local\rhost\r\n", 1),
    "a NUL": GOOD.replace(b"Host: localhost", b"Host: local\0host", 1),
    "a folded field": GOOD.replace(b"Host: localhost", b"Host: local\r\n host", 1),
    "a blank before the colon": GOOD.replace(b"Host:", b"Host :", 1),
    "a field without a colon": GOOD.replace(b"Host: localhost", b"Host localhost", 1),
    "Encapsulated twice": mod("req-hdr=0, null-body=37", ASKED, "Encapsulated: null-body=0"),
    "Encapsulated is missing": mod("", b""),
    "Encapsulated of nothing": mod("", b"", "Encapsulated: "),
    "an unknown part": mod("hdr=0, res-body=10", b"x" * 10),
    "parts in another order": mod(
        f"res-hdr=0, req-hdr={len(response())}, res-body={len(response() + ASKED)}",
        response() + ASKED + chunked(b"hello"),
    ),
    "a part twice": mod(
        f"res-hdr=0, res-hdr={len(response())}, res-body={2 * len(response())}", response() * 2 + chunked(b"hello")
    ),
    "offsets that fall": mod("req-hdr=0, res-hdr=40, res-body=30", b"x" * 40),
    "offsets that stand still": mod("req-hdr=0, res-hdr=0, res-body=30", b"x" * 40),
    "a first offset beyond 0": mod(f"res-hdr=5, res-body={5 + len(response())}", response() + chunked(b"hello")),
    "an offset that is negative": mod("res-hdr=0, res-body=-1", b"x" * 40),
    "an offset that is huge": mod("res-hdr=0, res-body=900000", b"x" * 40),
    "an offset in other digits": mod("res-hdr=0, res-body=\xb2", b"x" * 40),
    "a body of the other method": mod(f"res-hdr=0, req-body={len(response())}", response() + chunked(b"hello")),
    "REQMOD of a response": mod("res-hdr=0, res-body=30", b"x" * 40, method="REQMOD"),
    "a header block that ends too soon": mod("res-hdr=0, res-body=20", response()),
    "a header block with two ends": with_header(response() + b"X: y\r\n\r\n"),
    "a status line of its own kind": with_header(b"HTTP/1.1 2000 OK\r\n\r\n"),
    "a folded field inside": with_header(b"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n"),
    "a bare line feed inside": with_header(b"HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n"),
    "Content-Length twice inside": with_header(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"),
    "Content-Length of words inside": with_header(b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n"),
    "Content-Disposition twice inside": with_header(
        b"HTTP/1.1 200 OK\r\nContent-Disposition: a\r\nContent-Disposition: b\r\n\r\n"
    ),
    "Content-Type twice inside": with_header(b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Type: c/d\r\n\r\n"),
    "Content-Length of ICAP": mod("res-body=0", chunked(b"hello"), "Content-Length: 5"),
    "Transfer-Encoding of ICAP": mod("res-body=0", chunked(b"hello"), "Transfer-Encoding: chunked"),
    "a preview that is negative": mod("res-body=0", b"", "Preview: -1"),
    "two previews": mod("res-body=0", b"", "Preview: 0", "Preview: 4"),
    "a preview longer than announced": mod("res-body=0", chunked(b"hello"), "Preview: 4"),
    "a chunk without a size": mod("res-body=0", b"\r\nhello"),
    "a chunk with a sign": mod("res-body=0", b"+5\r\nhello\r\n0\r\n\r\n"),
    "a chunk in 0x": mod("res-body=0", b"0x5\r\nhello\r\n0\r\n\r\n"),
    "a chunk with an extension": mod("res-body=0", b"5;a=b\r\nhello\r\n0\r\n\r\n"),
    "ieof in the middle": mod("res-body=0", b"5; ieof\r\nhello\r\n0\r\n\r\n"),
    "a chunk that is longer than it says": mod("res-body=0", b"4\r\nhello\r\n0\r\n\r\n"),
    "a chunk's line that ends with LF": mod("res-body=0", b"5\nhello\r\n0\r\n\r\n"),
    "a chunk of too many digits": mod("res-body=0", b"000000005\r\nhello\r\n0\r\n\r\n"),
    "a chunk's line without an end": mod("res-body=0", b"5" + b" " * 100_000),
    "a trailer": mod("res-body=0", b"5\r\nhello\r\n0\r\nA: b\r\n\r\n"),
}


@pytest.mark.parametrize("said", MALFORMED.values(), ids=MALFORMED.keys())
async def test_what_is_not_well_formed_is_refused_and_the_connection_ends(tmp_path: Path, said: bytes) -> None:
    async with served(tmp_path) as here, here.client() as client:
        await client.say(said + GOOD)
        reply = await client.reply()
        assert reply.status == 400
        assert "Connection: close" in reply.head
        assert await client.ended()
        assert not here.shelf.items  # nor was the request behind it served


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (mod("", line="RESPMOD icap://x/respmod ICAP/2.0"), 400),
        (mod("", line="RESPMOD icap://x/respmod ICAP/1.1"), 505),
        (mod("", line="BREW icap://x/respmod ICAP/1.0"), 501),
        (mod("", line="OPTIONS http://x/respmod ICAP/1.0"), 400),
        (mod("", line="OPTIONS icap://[x/respmod ICAP/1.0"), 400),
        (b"OPTIONS icap://x/respmod ICAP/1.0\r\nA: " + b"b" * 20_000 + b"\r\n\r\n", 431),
        (b"OPTIONS icap://x/respmod ICAP/1.0\r\n" + b"A: b\r\n" * 300 + b"\r\n", 431),
        (b"OPTIONS icap://x/respmod ICAP/1.0\r\nA: " + b"b" * 200_000, 431),
    ],
)
async def test_other_refusals_have_their_own_status(tmp_path: Path, said: bytes, status: int) -> None:
    async with served(tmp_path) as here, here.client() as client:
        await client.say(said)
        assert (await client.reply()).status == status


CUT = [len(GOOD) - 2, len(GOOD) - 7, GOOD.index(b"HTTP/1.1 200") + 3, 40, 1]


@pytest.mark.parametrize("cut", CUT)
async def test_a_peer_that_leaves_in_the_middle_leaves_nothing(tmp_path: Path, cut: int) -> None:
    async with served(tmp_path) as here:
        async with here.client() as client:
            await client.say(GOOD[:cut])
            client.writer.write_eof()
            assert await client.ended()
        assert not here.shelf.items
        assert not list(here.shelf.blobs.folder.rglob("*incoming*/*"))


async def test_a_peer_that_closes_its_half_gets_its_answer(tmp_path: Path) -> None:
    async with served(tmp_path) as here, here.client() as client:
        await client.say(GOOD)
        client.writer.write_eof()
        assert (await client.reply()).status == 204
        assert await client.ended()


@pytest.mark.parametrize("cut", CUT)
async def test_a_peer_that_falls_silent_is_left(tmp_path: Path, cut: int) -> None:
    async with served(tmp_path, idle_seconds=0.2) as here, here.client() as client:
        await client.say(GOOD[:cut])
        assert await client.ended()
        assert not here.shelf.items


async def test_a_head_that_drips_in_is_left(tmp_path: Path) -> None:
    async with served(tmp_path, idle_seconds=0.3) as here, here.client() as client:

        async def drip() -> None:
            for at in range(100):
                with suppress(ConnectionError):
                    await client.say(GOOD[at : at + 1])
                await asyncio.sleep(0.05)

        dripping = asyncio.create_task(drip())
        assert await client.ended()  # each octet came in time; the head did not
        assert not dripping.done()
        dripping.cancel()
        await asyncio.wait([dripping])


async def test_a_peer_that_does_not_read_is_cut_off(tmp_path: Path) -> None:
    body = b"x" * 8_000_000
    async with served(tmp_path, idle_seconds=5) as here, here.client() as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await client.say(respmod(response(), b""), chunked(body, piece=500_000))
        await until(lambda: bool(here.shelf.items) and not here.server._running)
        assert not here.shelf.said  # it has not got it


async def test_a_client_from_elsewhere_is_turned_away(tmp_path: Path) -> None:
    async with served(tmp_path, allowed_networks=("192.0.2.0/24",)) as here, here.client() as client:
        assert (await client.reply()).status == 403  # before it says anything
        assert await client.ended()
        assert not here.shelf.items


@pytest.mark.parametrize("limit", ["connections", "connections_per_network"])
async def test_more_connections_than_there_may_be(tmp_path: Path, limit: str) -> None:
    async with served(tmp_path, **{limit: 2}) as here:
        async with here.client() as one, here.client() as two:
            for client in (one, two):
                await client.say(GOOD)
                assert (await client.reply()).status == 204
            async with here.client() as three:
                assert (await three.reply()).status == 503
                assert await three.ended()
        await until(lambda: not here.server._running)
        async with here.client() as client:  # those that left count no more
            await client.say(GOOD)
            assert (await client.reply()).status == 204


async def test_a_stop_lets_a_request_on_its_way_finish_and_sends_the_idle_away(tmp_path: Path) -> None:
    async with served(tmp_path) as here, here.client() as busy, here.client() as idle:
        await idle.say(GOOD)
        await idle.reply()
        await busy.say(GOOD[:-10])
        await until(lambda: [each for each in here.server._running.values() if each and not each.idle] != [])
        stopping = asyncio.create_task(here.server.stop(60))
        assert await idle.ended()
        await busy.say(GOOD[-10:])
        reply = await busy.reply()
        assert (reply.status, "Connection: close" in reply.head) == (204, True)
        await stopping
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*(here.server.address or ("", 0)))


def make_certificate(key: Path, certificate: Path) -> None:
    words = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    made = [*words.split(), "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, check=True, capture_output=True)


async def test_over_tls(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    await asyncio.to_thread(make_certificate, key, certificate)
    context = ssl.create_default_context(cafile=str(certificate))
    async with served(tmp_path, tls_certificate=str(certificate), tls_key=str(key)) as here:
        assert here.server.address is not None
        here.server.reload_certificates()
        reader, writer = await asyncio.open_connection(*here.server.address, ssl=context, server_hostname="localhost")
        writer.write(GOOD)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"ICAP/1.0 204 ")
        (item,) = here.shelf.items.values()
        assert item.envelope.tls.startswith("TLSv1.3 ")
        writer.close()
        await writer.wait_closed()
        async with here.client() as plain:  # nobody speaks in clear there
            await plain.say(GOOD)
            assert await plain.ended()


async def test_over_ipv6(tmp_path: Path) -> None:
    try:
        async with served(tmp_path, host="::1", allowed_networks=("::1/128",)) as here, here.client() as client:
            await client.say(GOOD)
            assert (await client.reply()).status == 204
    except OSError as error:
        pytest.skip(f"this host has no IPv6: {error}")
