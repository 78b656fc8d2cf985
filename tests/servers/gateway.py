"""A Kiyome of its own, run as a user runs it: `kiyome run` in a process, with its settings and store in one folder."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

from tests.servers.ports import free_port, wait_until_listening

ROOT = Path(__file__).resolve().parent.parent.parent

START_SECONDS = 120.0  # on a machine that does many things at once, proving the walls takes its time

SETTINGS = """\
hostname = "gateway.example.lg.jp"
accepted_domains = ["city.example.lg.jp"]
contact = "情報政策課 内線 1234"
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
port = {next_hop}
tls = "none"

[store]
url = "{store}"
blobs = "{folder}/blobs"

[web]
port = {web}
"""


class Gateway:
    """A running `kiyome run`. `extra` is appended to gateway.toml; a context manager, or start and stop by hand."""

    def __init__(
        self, folder: Path, next_hop: int, *, extra: str = "", store: str = "", rules: Path | None = None
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.web = free_port()
        self.settings = folder / "gateway.toml"
        self.log_file = folder / "kiyome.log"
        folder.mkdir(parents=True, exist_ok=True)
        self.settings.write_text(
            SETTINGS.format(
                folder=folder,
                port=self.port,
                web=self.web,
                next_hop=next_hop,
                rules=rules or ROOT / "config" / "rules.toml",
                store=store or f"sqlite:///{folder}/kiyome.db",
            )
            + extra
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process and wait until it takes mail."""
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gateway", "run", "--config", str(self.settings)],
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )
        try:
            wait_until_listening(self.port, START_SECONDS)
        except TimeoutError as error:
            self.kill()
            raise RuntimeError(self.log()) from error

    def stop(self) -> int:
        """End it as an administrator does (SIGTERM); its exit status."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """End it as a power cut does (SIGKILL)."""
        return self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(120)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run another `kiyome` command on the same settings."""
        return subprocess.run(
            [sys.executable, "-m", "gateway", *words, "--config", str(self.settings)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "LANG": "C.UTF-8"},
        )

    def log(self) -> str:
        """What it logged so far."""
        return self.log_file.read_text(errors="replace")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.stop()
