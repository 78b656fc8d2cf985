"""Files from upload to clean download, one and several at a time: megabytes a second, and the gateway's peak memory.

    python -m bench.files --mib 1024 --at-once 1 8

Without the web: what the store, the children and the disk make of it. A process of its own for each row, so that its
peak is its own; the children's memory is not the gateway's.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

from gateway.app import Gateway
from gateway.intake.acceptance import FileAcceptance
from gateway.intake.upload import Uploads
from gateway.model import Segment, Transfer
from gateway.settings import StoreSettings, TransferSettings
from gateway.settings.structure import Settings
from gateway.store.transfers import TransferDraft
from gateway.store.upload_rows import UploadDraft
from sanitizers.rules import Profile, Rules

MIB = 1 << 20
PIECE = 16 * MIB
WAIT_SECONDS = 3_600.0


def table(size: int) -> Iterator[bytes]:
    """A CSV file of about so many bytes."""
    block = "".join(f"{row},防災課,庁舎の点検記録,2026-11-21\r\n" for row in range(20_000)).encode()
    for _ in range(max(1, size // len(block))):
        yield block


def archive(size: int) -> Iterator[bytes]:
    """A ZIP file of tables that do not compress, of about so many bytes."""
    memory = BytesIO()
    with zipfile.ZipFile(memory, "w") as written:
        for number in range(max(1, size // (4 * MIB))):
            lines = (os.urandom(24).hex() + "\r\n" for _ in range(4 * MIB // 50))
            written.writestr(f"{number}.csv", "".join(lines))
    yield memory.getvalue()


KINDS = {"csv": table, "zip": archive}


def peak_bytes() -> int:
    """Of this process alone (proc(5), VmHWM)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) * 1024


def settings_in(folder: Path) -> Settings:
    """Of a gateway that only cleans."""
    return Settings(
        hostname="bench.example.jp",
        accepted_domains=("city.example.jp",),
        routes=(),
        listeners=(),
        store=StoreSettings(url=f"sqlite:///{folder}/kiyome.db", blobs=str(folder / "blobs")),
        transfers=TransferSettings(max_bytes=64 << 30),
    )


async def one(gateway: Gateway, uploads: Uploads, transfer: Transfer, name: str, path: Path, length: int) -> int:
    """In, cleaned, out; how many bytes came out."""
    upload = await uploads.begin(UploadDraft(transfer_id=transfer.id, name=name, length=length))
    offset = 0
    with path.open("rb", buffering=0) as file:
        while offset < length:
            async with uploads.appending(upload.id, offset) as piece:
                for _ in range(PIECE // MIB):
                    await piece.write(file.read(MIB))
                offset = await piece.keep()
    number = await uploads.finish(upload.id)
    item = await gateway.store.settled.wait(number, WAIT_SECONDS)
    if item is None or item.clean is None:
        raise SystemExit(f"{name}: {item.decision if item else 'not done'}")
    chunks, size = (await gateway.store.clean_original(item)).chunks(MIB), 0
    while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
        size += len(chunk)
    return size


async def row(kind: str, path: Path, length: int, at_once: int, folder: Path) -> None:
    """One line of the table."""
    settings, rules = settings_in(folder), Rules(profiles={"standard": Profile()})
    gateway = Gateway(settings, rules, frozenset({"worker"}))
    await gateway.start()
    try:
        acceptance = FileAcceptance(gateway.store, rules, gateway.wake)
        uploads = Uploads(settings, gateway.store, acceptance, gateway.wake)
        transfer = await uploads.begin_transfer(
            TransferDraft(
                person_id="bench",
                actor="user:bench",
                address="a@city.example.jp",
                side=Segment.INTERNET,
                recipients=("a@city.example.jp",),
                expires_at=datetime.now(UTC) + timedelta(days=1),
            )
        )
        began = time.monotonic()
        sizes = await asyncio.gather(
            *(one(gateway, uploads, transfer, f"{number}.{kind}", path, length) for number in range(at_once))
        )
        seconds = time.monotonic() - began
    finally:
        await gateway.stop()
    megabytes = length * at_once / 1e6
    print(
        f"{kind:4} {length / 1e6:8.1f} MB {at_once:2} at once: {megabytes / seconds:6.1f} MB/s"
        f"  {seconds:6.1f} s  out {sum(sizes) / 1e6:8.1f} MB  gateway's peak {peak_bytes() / 1e6:6.1f} MB",
        flush=True,
    )


def main() -> None:
    """The rows that the command line asks for; each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--mib", type=int, default=64, help="size of one file")
    parser.add_argument("--at-once", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--kind", choices=sorted(KINDS), nargs="+", default=sorted(KINDS))
    parser.add_argument("--row", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.row:
        kind, path, at_once = asked.row
        with tempfile.TemporaryDirectory(prefix="kiyome-bench-") as folder:
            asyncio.run(row(kind, Path(path), Path(path).stat().st_size, int(at_once), Path(folder)))
        return
    for kind in asked.kind:
        with tempfile.NamedTemporaryFile(prefix="kiyome-bench-", suffix=f".{kind}") as file:
            for block in KINDS[kind](asked.mib * MIB):
                file.write(block)
            file.flush()
            for at_once in asked.at_once:
                again = [sys.executable, "-m", "bench.files", "--row", kind, file.name, str(at_once)]
                subprocess.run(again, check=True)


if __name__ == "__main__":
    main()
