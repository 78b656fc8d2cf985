"""Kill -9 of any process at random moments under load: every mail that got 250 arrives."""

import collections
import os
import random
import re
import signal
import smtplib
import threading
import time
from pathlib import Path
from typing import Self

import pytest

from bench.processes import tree
from tests.servers.gateway import Gateway
from tests.servers.sink import Sink

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

KILLS = 50
SENDERS = 4
MAIL = (
    "From: sender@example.jp\r\nTo: madoguchi@city.example.lg.jp\r\nSubject: number {number}\r\n"
    "Date: Sat, 21 Nov 2026 09:00:00 +0900\r\nMessage-ID: <number-{number}@example.jp>\r\n"
    "Content-Type: {kind}; charset=utf-8\r\n\r\n{body}\r\n"
)
NUMBER = re.compile(rb"<number-(\d+-\d+)@example.jp>")


class Load:
    """Senders that go on whatever happens, and remember which mails got 250."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.kept: set[str] = set()
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(sender,)) for sender in range(SENDERS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    def _send(self, sender: int) -> None:
        count = 0
        while not self._end.is_set():
            count += 1
            number = f"{sender}-{count}"
            large = count % 5 == 0  # beyond what lives in the database
            body = "本文です。" * (20_000 if large else 20)
            kind = "text/html" if count % 3 == 0 else "text/plain"
            try:
                with smtplib.SMTP("127.0.0.1", self.port, timeout=20) as client:
                    client.sendmail(
                        "sender@example.jp",
                        ["madoguchi@city.example.lg.jp"],
                        MAIL.format(number=number, kind=kind, body="\r\n".join(re.findall(".{1,60}", body))).encode(),
                    )
                    self.kept.add(number)
            except (OSError, smtplib.SMTPException):
                time.sleep(0.05)


def kill_one(gateway: Gateway, choose: random.Random) -> bool:
    """Kill the gateway or one of its children; whether it was the gateway itself."""
    assert gateway.process is not None
    root = gateway.process.pid
    children = [process for process in tree(root) if process != root]
    if children and choose.random() < 0.5:
        os.kill(choose.choice(children), signal.SIGKILL)
        return False
    gateway.kill()
    return True


def test_every_mail_that_got_250_arrives(tmp_path: Path) -> None:
    choose = random.Random(20261121)
    with Sink() as sink:
        gateway = Gateway(
            tmp_path / "kiyome", sink.port, extra="\n[delivery]\nretry_first_seconds = 1\nretry_max_seconds = 2\n"
        )
        gateway.start()
        with Load(gateway.port) as load:
            for _ in range(KILLS):
                time.sleep(choose.uniform(0.05, 1.2))
                if kill_one(gateway, choose):
                    gateway.start()
            time.sleep(1)
        assert len(load.kept) > KILLS
        deadline = time.monotonic() + 300
        arrived: collections.Counter[str] = collections.Counter()
        while time.monotonic() < deadline:
            arrived = collections.Counter(
                found[1].decode() for arrival in list(sink.arrivals) if (found := NUMBER.search(arrival.content))
            )
            if load.kept <= set(arrived):
                break
            time.sleep(0.5)
        log = gateway.log()
        gateway.stop()
    assert not load.kept - set(arrived), log[-4000:]
    # A kill between the next hop's 250 and its record sends that mail again, so a mail may come once more for
    # each kill that met it in flight; over one kill of the gateway that is twice at most.
    assert sum(count > 2 for count in arrived.values()) == 0
