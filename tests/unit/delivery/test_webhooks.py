"""Webhooks: where they may go, what they say, how long they are tried; against a server of our own."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest
from standardwebhooks import Webhook as Signature

from gateway.delivery import webhooks
from gateway.delivery.addressing import Allowed, NotAllowed
from gateway.delivery.webhooks import PAUSES, Herald, Secrets, body_of
from gateway.model import Segment
from gateway.settings import TransferSettings
from gateway.store.items import Store
from gateway.store.transfers import TransferDraft
from gateway.store.upload_rows import UploadDraft
from tests.unit.web.api.world import CITY, FakeGateway, World, settings_in
from tests.unit.web.transfers.house import House

LISTED = ("hooks.example", "inner.example", "10.1.2.0/24", "127.0.0.1")
ADDRESSES = {
    "hooks.example": ["93.184.216.34"],
    "inner.example": ["10.1.2.3"],
    "half.example": ["93.184.216.34", "10.9.9.9"],
    "moved.example": ["169.254.169.254"],
    "mapped.example": ["::ffff:192.168.1.1"],
    "six.example": ["fd00::1"],
    "old.example": ["fec0::1"],
    "nat.example": ["64:ff9b::a01:203"],
    "embedded.example": ["::127.0.0.1"],
}


def allowed(*more: str) -> Allowed:
    async def resolve(host: str, port: int) -> list[str]:
        return ADDRESSES[host]

    return Allowed((*LISTED, *more), resolve)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/",
        "https://other.example/",
        "https://hooks.example.evil.example/",
        "https://hooks.example@evil.example/",
        "https://u:p@hooks.example/",
        "ftp://hooks.example/",
        "//hooks.example/",
        "https:///x",
        "https://192.168.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "http://10.1.2.3/",
        "https://hooks.example:0/",
        "https://hooks.example:99999/",
        "https://hooks.example/\\evil",
        "https://hooks.example/ x",
        "https://hooks.exämple/",
        "https://0x7f.1/",
        "https://2130706433/",
        "https://localhost/",
    ],
)
def test_nothing_is_sent_where_the_settings_do_not_say(url: str) -> None:
    with pytest.raises(NotAllowed):
        allowed().check(url)


@pytest.mark.parametrize(
    "url",
    ["https://hooks.example/a?b=1", "https://HOOKS.example:8443/", "http://127.0.0.1:8000/x", "https://10.1.2.3/"],
)
def test_what_the_settings_name_may_be_registered(url: str) -> None:
    allowed().check(url)


@pytest.mark.parametrize("host", sorted(set(ADDRESSES) - {"hooks.example", "inner.example"}))
async def test_a_name_that_comes_to_mean_an_inner_address_is_refused(host: str) -> None:
    with pytest.raises(NotAllowed):
        await allowed(host).place(f"https://{host}/")


async def test_a_public_address_behind_a_translator_is_public() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["64:ff9b::5db8:d822"]

    place = await Allowed(("hooks.example",), resolve).place("https://hooks.example/")
    assert place.url == "https://[64:ff9b::5db8:d822]:443/"


async def test_the_address_that_was_looked_at_is_the_one_that_is_called() -> None:
    place = await allowed().place("https://hooks.example:8443/a?b=1#c")
    assert (place.url, place.host, place.header) == (
        "https://93.184.216.34:8443/a?b=1", "hooks.example", "hooks.example:8443",
    )  # fmt: skip
    assert (await allowed().place("https://inner.example/")).url == "https://10.1.2.3:443/"


class Receiver:
    """A system's side: keeps what it gets and answers as it is told."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[str] = []
        self.called = asyncio.Event()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)}
        self.got.append((headers, await reader.readexactly(int(headers["content-length"]))))
        self.called.set()
        answer = self.answers.pop(0) if self.answers else "200 OK"
        writer.write(f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()


class Office:
    """A store with one file whose system wants to hear of it."""

    def __init__(self, world: World, receiver: Receiver, herald: Herald) -> None:
        self.world, self.receiver, self.herald = world, receiver, herald
        self.now = datetime.now(UTC)

    async def hand_in(self, webhook: str = "") -> str:
        uploads = self.world.gateway.uploads
        draft = TransferDraft(
            person_id="0123456789abcdef",
            actor="user:taro",
            address=f"taro@{CITY}",
            side=Segment.INTERNET,
            recipients=(f"taro@{CITY}",),
            expires_at=self.now + timedelta(days=1),
            webhook=webhook or f"http://127.0.0.1:{self.receiver.port}/hook",
        )
        transfer = await uploads.begin_transfer(draft)
        upload = await uploads.begin(UploadDraft(transfer_id=transfer.id, name="機密.txt", length=4))
        async with uploads.appending(upload.id, 0) as piece:
            await piece.write(b"data")
            await piece.keep()
        return await uploads.finish(upload.id)

    async def look(self, later: timedelta = timedelta()) -> int:
        async with httpx.AsyncClient(trust_env=False) as client:
            begun = await self.herald.look(client, datetime.now(UTC) + later)
            await self.herald.finished()
            return begun


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    settings = msgspec.structs.replace(settings_in(tmp_path), transfers=TransferSettings(webhook_hosts=("127.0.0.1",)))
    world = World(FakeGateway(settings, await Store.open(settings.store)))
    receiver = Receiver()
    await receiver.start()
    made = Office(world, receiver, Herald(settings, world.store))
    await made.look()  # nobody is told of what was before
    yield made
    await receiver.stop()
    await world.close()


async def cleaned(office: Office) -> None:
    await House.clean(office.world)  # type: ignore[arg-type] # it has a store, too


async def test_a_system_is_told_and_can_tell_that_it_is_us(office: Office) -> None:
    item = await office.hand_in()
    await cleaned(office)
    assert await office.look() == 1
    ((headers, body),) = office.receiver.got
    secret = Secrets(office.world.gateway.settings).of("0123456789abcdef")
    said = Signature(secret).verify(body, headers)
    assert (said["type"], said["data"]["item"], said["data"]["state"]) == ("file.ready", item, "ready")
    assert "機密" not in json.dumps(said, ensure_ascii=False)
    other = Secrets(office.world.gateway.settings).of("fedcba9876543210")
    with pytest.raises(Exception, match="No matching signature"):
        Signature(other).verify(body, headers)
    assert await office.look() == 0  # once


async def test_it_is_told_again_until_it_is_taken(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = PAUSES[1:]  # the first of all may be over before the second look
    monkeypatch.setattr(webhooks, "PAUSES", pauses)
    office.receiver.answers = ["500 No", "302 Found\r\nLocation: http://127.0.0.1:1/", "200 OK"]
    await office.hand_in()
    await cleaned(office)
    assert [await office.look(), await office.look()] == [1, 0]
    assert [
        await office.look(2 * pauses[0]),
        await office.look(2 * pauses[1]),
        await office.look(timedelta(days=3)),
    ] == [1, 1, 0]
    assert len({headers["webhook-id"] for headers, _ in office.receiver.got}) == 1
    assert await office.world.store.webhooks.waiting() == 0


@pytest.mark.parametrize(("answer", "tries"), [("410 Gone", 1), ("500 No", len(PAUSES) + 1)])
async def test_it_is_given_up_at_last(office: Office, answer: str, tries: int) -> None:
    office.receiver.answers = [answer] * 50
    await office.hand_in()
    await cleaned(office)
    for _ in range(tries + 3):
        await office.look(timedelta(days=3))
    assert len(office.receiver.got) == tries


async def test_what_was_not_sent_is_sent_by_the_next_process(office: Office) -> None:
    await office.hand_in()
    await cleaned(office)
    office.herald = Herald(office.world.gateway.settings, office.world.store)
    assert await office.look() == 1
    assert len(office.receiver.got) == 1


async def test_a_host_that_is_not_there_is_tried_later(office: Office) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        await office.hand_in(f"http://127.0.0.1:{free.getsockname()[1]}/")
        await cleaned(office)
        assert await office.look() == 1
    assert await office.world.store.webhooks.waiting() == 1


async def test_a_system_that_does_not_answer_holds_up_nobody(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "TIMEOUT_SECONDS", 3_600.0)  # no call to it ends by itself
    with socket.socket() as dead:
        dead.bind(("127.0.0.1", 0))
        dead.listen(100)  # connections stand, and nothing is ever answered
        for _ in range(60):
            await office.hand_in(f"http://127.0.0.1:{dead.getsockname()[1]}/")
        await cleaned(office)
        await office.world.store.webhooks.gather(body_of, office.now - timedelta(hours=1))  # all of them are due first
        await office.hand_in()
        await cleaned(office)
        running = asyncio.create_task(office.herald.run())
        try:
            async with asyncio.timeout(60):
                await office.receiver.called.wait()
                while True:
                    if await office.world.store.webhooks.waiting() == 60:
                        break
                    await asyncio.sleep(0.05)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    assert len(office.receiver.got) == 1
