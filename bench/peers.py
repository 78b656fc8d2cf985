"""The two that are measured: a plain Postfix relay and a Kiyome gateway, each storing before it forwards."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.ports import free_port, wait_until_listening
from tests.servers.postfix import Postfix

ROOT = Path(__file__).resolve().parent.parent


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


SETTINGS = """\
hostname = "gateway.example.lg.jp"
accepted_domains = ["city.example.lg.jp"]
rules = "{rules}"

[[listeners]]
name = "internet"
segment = "internet"
direction = "inbound"
host = "127.0.0.1"
port = {port}
tls = "off"

[[routes]]
domain = "city.example.lg.jp"
host = "127.0.0.1"
port = {sink}
tls = "none"

[limits]
connections_per_network = 500

[store]
url = "sqlite:///{folder}/kiyome.db"
blobs = "{folder}/blobs"

[web]
port = {web}
"""


@contextmanager
def kiyome(folder: Path, sink: int) -> Iterator[Peer]:
    """Kiyome with its defaults: every mail kept and synced, sanitised in children, forwarded."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    config = folder / "gateway.toml"
    config.write_text(
        SETTINGS.format(folder=folder, port=port, sink=sink, web=free_port(), rules=ROOT / "config" / "rules.toml")
    )
    with (folder / "kiyome.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "run", "--config", str(config)],
            cwd=ROOT,
            stdout=log,
            stderr=log,
            env=dict(os.environ),
        )
        try:
            wait_until_listening(port)
            yield Peer("Kiyome", port, process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
