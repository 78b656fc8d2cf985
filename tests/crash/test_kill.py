"""Kill -9 of any process at random moments under load: every mail that got 250 arrives."""

import collections
import itertools
import os
import random
import re
import signal
import smtplib
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

import pytest

from bench.processes import tree
from tests.contract.store.conftest import server
from tests.servers.gateway import Gateway
from tests.servers.sink import Arrival, Sink

__all__ = ["server"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(2700)]

KILLS = {"sqlite": 50, "postgresql": 15}
SENDERS = 4
PATIENCE = 120.0  # seconds for the next mail
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
        self.kept: dict[str, None] = {}  # in this order
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
                with smtplib.SMTP("127.0.0.1", self.port, timeout=60) as client:
                    client.sendmail(
                        "sender@example.jp",
                        ["madoguchi@city.example.lg.jp"],
                        MAIL.format(number=number, kind=kind, body="\r\n".join(re.findall(".{1,60}", body))).encode(),
                    )
                    self.kept[number] = None
            except (OSError, smtplib.SMTPException):
                time.sleep(0.05)


def kill_one(gateway: Gateway, choose: random.Random) -> bool:
    """Kill the gateway or one of its children; whether it was the gateway itself."""
    assert gateway.process is not None
    root = gateway.process.pid
    children = [process for process in tree(root) if process != root]
    if children and choose.random() < 0.5:
        with suppress(ProcessLookupError):  # it ended in this moment
            os.kill(choose.choice(children), signal.SIGKILL)
        return False
    gateway.kill()
    return True


def wait_until(condition: Callable[[], bool], gateway: Gateway, seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, gateway.log()[-4000:]
        time.sleep(0.01)


def numbers(arrivals: Sequence[Arrival]) -> list[str]:
    return [found[1].decode() for arrival in list(arrivals) if (found := NUMBER.search(arrival.content))]


def wait_for_work(load: Load, sink: Sink, gateway: Gateway, more: int, *, oldest: bool) -> None:
    """Until so many more came in and one went on, or the one that waits longest: a kill meets work on any machine.

    A mail that goes down with the gateway too often is held, and none may be: so the oldest gets its turn between.
    """
    kept, seen = len(load.kept) + more, len(sink.arrivals)
    before = set(numbers(sink.arrivals[:seen]))
    waiting = next((number for number in list(load.kept) if number not in before), "") if oldest else ""
    wait_until(lambda: len(load.kept) >= kept and len(sink.arrivals) > seen, gateway)
    wait_until(lambda: not waiting or waiting in numbers(sink.arrivals[seen:]), gateway)


@pytest.mark.parametrize("store", KILLS)
def test_every_mail_that_got_250_arrives(tmp_path: Path, store: str, request: pytest.FixtureRequest) -> None:
    choose = random.Random(20261121)
    url = "" if store == "sqlite" else request.getfixturevalue("server").new_database()
    often = "\n[delivery]\nretry_first_seconds = 1\nretry_max_seconds = 2\n"
    with Sink() as sink:
        gateway = Gateway(tmp_path / "kiyome", sink.port, extra=often, store=url)
        lives = [0]  # how many had arrived when each life of the gateway began
        with gateway:
            with Load(gateway.port) as load:
                for number in range(KILLS[store]):
                    wait_for_work(load, sink, gateway, choose.randint(1, 12), oldest=number % 2 == 0)
                    time.sleep(choose.uniform(0, 0.2))
                    if kill_one(gateway, choose):
                        wait_until(lambda: not sink.open, gateway)  # what it had said is heard
                        lives.append(len(sink.arrivals))
                        gateway.start()
            wait_until(lambda: set(load.kept) <= set(numbers(sink.arrivals)), gateway, 600)
    assert len(load.kept) > KILLS[store]
    # A kill between the next hop's 250 and its record sends that mail again; while the gateway lives it goes once.
    for begin, end in itertools.pairwise([*lives, len(sink.arrivals)]):
        assert max(collections.Counter(numbers(sink.arrivals[begin:end])).values(), default=0) <= 1
