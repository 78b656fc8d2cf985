"""`kiyome doctor` on ICAP: running, not running, somebody else's port."""

import asyncio
import socket
from pathlib import Path

import msgspec

from gateway.commands.doctor_checks import Status
from gateway.commands.doctor_icap import icap_service
from gateway.settings import Icap
from tests.unit.intake.icap.talk import served

ICAP = Icap(allowed_networks=("127.0.0.1/32",), owner="a@city.example.jp")


async def test_a_service_that_answers_is_ok_also_when_it_is_not_for_us(tmp_path: Path) -> None:
    for networks in (("127.0.0.0/8",), ("192.0.2.0/24",)):
        async with served(tmp_path / networks[0][:3], allowed_networks=networks) as here:
            assert here.server.address is not None
            found = await icap_service(msgspec.structs.replace(ICAP, port=here.server.address[1]))
            assert found.status is Status.OK


async def test_nothing_there_is_a_warning() -> None:
    with socket.socket() as taken:  # so that nobody else is there
        taken.bind(("127.0.0.1", 0))
        found = await icap_service(msgspec.structs.replace(ICAP, port=taken.getsockname()[1]))
    assert found.status is Status.WARNING
    assert found.advice_en


async def test_another_program_on_the_port_is_bad() -> None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail \x1b[31m ESMTP\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    found = await icap_service(msgspec.structs.replace(ICAP, port=server.sockets[0].getsockname()[1]))
    server.close()
    assert (found.status, "\x1b" in found.detail) == (Status.BAD, False)
