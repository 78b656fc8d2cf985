"""The two that are measured: a plain Postfix relay and a Kiyome gateway, each storing before it forwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.gateway import Gateway
from tests.servers.postfix import Postfix


@dataclass(frozen=True)
class Peer:
    """Something that listens and forwards; `process` is the root of its process tree."""

    name: str
    port: int
    process: int


@contextmanager
def postfix(folder: Path, sink: int) -> Iterator[Peer]:
    """Postfix with its defaults, queue synced as it ships."""
    with Postfix(folder, f"relayhost = [127.0.0.1]:{sink}\n") as server:
        process = int((server.folder / "queue" / "pid" / "master.pid").read_text())
        yield Peer("Postfix", server.port, process)


@contextmanager
def kiyome(folder: Path, sink: int) -> Iterator[Peer]:
    """Kiyome with its defaults: every mail kept and synced, sanitised in children, forwarded."""
    with Gateway(folder, sink, extra="\n[limits]\nconnections_per_network = 500\n") as server:
        assert server.process is not None
        yield Peer("Kiyome", server.port, server.process.pid)
