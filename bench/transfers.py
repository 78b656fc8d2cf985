"""Megabytes a second from upload to clean download, for one and for eight at a time, beside a plain upload and copy.

    python -m bench.transfers [--megabytes 64] [--large 1024]

The peer takes the same bytes over HTTP in the same pieces, writes and syncs them, and gives them back: what a file
server does that looks into nothing. Both run on this machine, one after the other.
"""

import argparse
import asyncio
import base64
import os
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Self

import httpx
import uvicorn

from bench.processes import tree
from tests.servers.ports import free_port, wait_until_listening
from tests.servers.transferring import TransferGateway

TUS = {"Tus-Resumable": "1.0.0"}
PIECE = 8_388_608
MEGABYTE = 1_048_576
LOOK_SECONDS = 0.05


def text_of(megabytes: int) -> bytes:
    """A table in CSV: it is really read and written again."""
    line = b"".join(b"%d,%d," % (number, number * 7919) for number in range(12))[:-1] + b"\n"
    return line * (megabytes * MEGABYTE // len(line))


class Peer:
    """Takes files, syncs them, gives them back."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._server = uvicorn.Server(
            uvicorn.Config(self._app, port=self.port, log_level="error", lifespan="off", interface="asgi3")
        )
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        path = self._folder / Path(scope["path"]).name
        body = b""
        if scope["method"] == "PUT":
            with path.open("ab") as file:
                while True:
                    message = await receive()
                    file.write(message.get("body", b""))
                    if not message.get("more_body"):
                        break
                file.flush()
                await asyncio.to_thread(os.fsync, file.fileno())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        if scope["method"] == "GET":
            with path.open("rb") as file:
                while chunk := await asyncio.to_thread(file.read, 262_144):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": body})

    def __enter__(self) -> Self:
        self._thread.start()
        wait_until_listening(self.port)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)


async def through_the_peer(client: httpx.AsyncClient, peer: Peer, data: bytes, name: str) -> None:
    address = f"http://127.0.0.1:{peer.port}/{name}"
    for at in range(0, len(data), PIECE):
        (await client.put(address, content=data[at : at + PIECE])).raise_for_status()
    await fetched(client, address)


async def fetched(client: httpx.AsyncClient, address: str) -> int:
    size = 0
    async with client.stream("GET", address) as answer:
        answer.raise_for_status()
        async for chunk in answer.aiter_bytes():
            size += len(chunk)
    return size


async def through_kiyome(client: httpx.AsyncClient, gateway: TransferGateway, data: bytes, name: str) -> None:
    begun = await client.post(f"{gateway.out}/api/v1/transfers", json={})
    transfer = begun.raise_for_status().json()["id"]
    said = TUS | {
        "Upload-Length": str(len(data)),
        "Upload-Metadata": f"filename {base64.b64encode(name.encode()).decode()}",
    }
    announced = await client.post(f"{gateway.out}/api/v1/transfers/{transfer}/uploads", headers=said)
    address = gateway.out + announced.raise_for_status().headers["Location"]
    for at in range(0, len(data), PIECE):
        sent = TUS | {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(at)}
        (await client.patch(address, headers=sent, content=data[at : at + PIECE])).raise_for_status()
    files = (await client.get(f"{gateway.out}/api/v1/transfers/{transfer}/files")).json()["files"]
    item, state = files[0]["item"], "received"
    while state == "received":
        state = (await client.get(f"{gateway.out}/api/v1/files/{item}?wait=60")).json()["state"]
    if state != "ready":
        raise SystemExit(f"{name} is {state}, not ready")
    await fetched(client, f"{gateway.inside}/api/v1/files/{item}/content")


async def speed(work: Callable[[str], Any], megabytes: float, at_once: int) -> float:
    """Megabytes a second of all together."""
    began = time.monotonic()
    await asyncio.gather(*(work(f"{at_once}-{number}.csv") for number in range(at_once)))
    return megabytes * at_once / (time.monotonic() - began)


class Peak:
    """The most memory that a process held while this was open, in megabytes."""

    def __init__(self, pid: int) -> None:
        self._pid, self.gateway, self.children = pid, 0.0, 0.0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def _look(self) -> None:
        while not self._end.wait(LOOK_SECONDS):
            sizes = {pid: resident(pid) for pid in tree(self._pid)}
            self.gateway = max(self.gateway, sizes.pop(self._pid, 0.0))
            self.children = max([self.children, *sizes.values()])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()


def resident(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTE


async def uploaded(client: httpx.AsyncClient, gateway: TransferGateway, megabytes: int) -> None:
    """A large file that is handed in and then given up to the cleaning, whatever becomes of it."""
    block = text_of(1).ljust(MEGABYTE, b"\n")

    async def pieces(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield block

    transfer = (await client.post(f"{gateway.out}/api/v1/transfers", json={})).json()["id"]
    said = TUS | {"Upload-Length": str(megabytes * MEGABYTE), "Upload-Metadata": "filename YS5jc3Y="}
    announced = await client.post(f"{gateway.out}/api/v1/transfers/{transfer}/uploads", headers=said)
    address = gateway.out + announced.raise_for_status().headers["Location"]
    for at in range(0, megabytes, 8):
        count = min(8, megabytes - at)
        sent = TUS | {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(at * MEGABYTE)}
        (await client.patch(address, headers=sent, content=pieces(count))).raise_for_status()
    files = (await client.get(f"{gateway.out}/api/v1/transfers/{transfer}/files")).json()["files"]
    state = "received"
    while state == "received":
        state = (await client.get(f"{gateway.out}/api/v1/files/{files[0]['item']}?wait=60")).json()["state"]
    print(f"{megabytes} MB in one file: {state}")


async def run(folder: Path, megabytes: int, large: int) -> None:
    gateway = TransferGateway(folder / "kiyome")
    token = await asyncio.to_thread(gateway.token)
    headers = {"Authorization": f"Bearer {token}"}
    data = text_of(megabytes)
    size = len(data) / MEGABYTE
    with gateway, Peer(folder) as peer:
        async with httpx.AsyncClient(headers=headers, timeout=600, trust_env=False) as client:
            await through_kiyome(client, gateway, data[:MEGABYTE], "warm.csv")
            for at_once in (1, 8):
                plain = await speed(lambda name: through_the_peer(client, peer, data, name), size, at_once)
                ours = await speed(lambda name: through_kiyome(client, gateway, data, name), size, at_once)
                print(f"{at_once} at a time, {size:.0f} MB each: {ours:.1f} MB/s", end="")
                print(f", plain copy {plain:.1f} MB/s, ratio {ours / plain:.3f}")
            assert gateway.process is not None
            with Peak(gateway.process.pid) as peak:
                await uploaded(client, gateway, large)
            print(f"peak memory: gateway {peak.gateway:.0f} MB, largest child {peak.children:.0f} MB")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=64, help="of each file that is timed")
    parser.add_argument("--large", type=int, default=1024, help="megabytes of the file whose upload is watched")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kiyome-transfers-") as folder:
        asyncio.run(run(Path(folder), given.megabytes, given.large))


if __name__ == "__main__":
    main()
