"""A process that hands files in piece by piece and has them cleaned; killed half way and started again, it goes on."""

import asyncio
import os
import signal
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.app import Gateway
from gateway.intake.acceptance import FileAcceptance
from gateway.intake.upload import Uploads
from gateway.model import ItemState, Segment, Transfer, UploadState
from gateway.settings import load_configuration
from gateway.store.items import Store
from gateway.store.transfers import TransferDraft, TransferQuery
from gateway.store.upload_rows import UploadDraft

FILES = 24
PIECE = 64_000
STEPS = 100  #: pieces kept and files finished in all, at the least


class Fuse:
    """Kills this process, as a failure of the mains would, after so many steps and seconds ("3+0.02"; "inf": never).

    Counted in steps, not in seconds from outside: on a fast machine all would be over before a kill came.
    """

    def __init__(self, after: str) -> None:
        steps, _, seconds = after.partition("+")
        self._left = float(steps)
        self._seconds = float(seconds or 0)

    def step(self) -> None:
        """One more is done."""
        self._left -= 1
        if self._left == 0:
            asyncio.get_running_loop().call_later(self._seconds, os.kill, os.getpid(), signal.SIGKILL)


def content(number: int) -> bytes:
    """A table: the even ones live in the database, the others in files."""
    rows = 20 if number % 2 == 0 else 20_000 + 250 * number
    return "".join(f"{number},{row},防災\r\n" for row in range(rows)).encode()


async def transfer_of(store: Store, uploads: Uploads) -> Transfer:
    known = (await store.transfers.search(TransferQuery(person_id="p1"))).transfers
    if known:
        return known[0]
    return await uploads.begin_transfer(
        TransferDraft(
            person_id="p1",
            actor="user:taro",
            address="taro@city.example.lg.jp",
            side=Segment.INTERNET,
            recipients=("hanako@city.example.lg.jp",),
            expires_at=datetime.now(UTC) + timedelta(days=7),
        )
    )


async def hand_in(uploads: Uploads, upload_id: str, data: bytes, fuse: Fuse) -> None:
    offset = await uploads.offset(upload_id)
    while offset < len(data):
        async with uploads.appending(upload_id, offset) as piece:
            await piece.write(data[offset : offset + PIECE])
            offset = await piece.keep()
        fuse.step()
    await uploads.finish(upload_id)
    fuse.step()


async def main(settings: Path, fuse: Fuse) -> None:
    configuration = load_configuration(settings)
    gateway = Gateway(configuration.settings, configuration.rules, frozenset({"worker"}))
    await gateway.start()
    try:
        store = gateway.store
        acceptance = FileAcceptance(store, configuration.rules, gateway.wake)
        uploads = Uploads(configuration.settings, store, acceptance, gateway.wake)
        await uploads.resume()
        transfer = await transfer_of(store, uploads)
        for number in range(FILES):
            known = {each.upload.name: each.upload for each in await store.transfers.files(transfer.id)}
            name, data = f"{number}.csv", content(number)
            upload = known.get(name)
            if upload is None:
                upload = await uploads.begin(UploadDraft(transfer_id=transfer.id, name=name, length=len(data)))
            if upload.state is UploadState.OPEN:
                await hand_in(uploads, upload.id, data, fuse)
        while True:
            files = await store.transfers.files(transfer.id)
            states = Counter(each.item.state if each.item else None for each in files)
            if not states[None] and not states[ItemState.RECEIVED]:
                break
            await asyncio.sleep(0.1)
        print("done", flush=True)
    finally:
        await gateway.stop()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Fuse(sys.argv[2])))
