"""The two ends of the line in one process: a sender of numbered mails and the sink that counts their arrival.

Both speak just enough SMTP (RFC 5321) and as cheaply as they can, so that what is measured is what stands between them.
"""

import argparse
import asyncio
import json
import re
import sys
import time
from pathlib import Path

import uvloop

from bench.mails import LOADS

NUMBER = re.compile(rb"bench-(\d{7})")


class SinkSession(asyncio.Protocol):
    """Takes mails and notes when each number arrived."""

    arrivals: dict[int, list[float]] = {}  # noqa: RUF012 - one sink a process
    unnumbered = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.buffer = b""
        self.in_data = False
        self.transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            if self.in_data:
                end = self.buffer.find(b"\r\n.\r\n")
                if end < 0:
                    return
                self._keep(self.buffer[:end])
                self.buffer = self.buffer[end + 5 :]
                self.in_data = False
                self.transport.write(b"250 2.0.0 ok\r\n")
                continue
            line, found, rest = self.buffer.partition(b"\r\n")
            if not found:
                return
            self.buffer = rest
            self._answer(line[:4].upper())

    def _answer(self, verb: bytes) -> None:
        if verb == b"EHLO":
            self.transport.write(
                b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE 104857600\r\n250 ENHANCEDSTATUSCODES\r\n"
            )
        elif verb == b"DATA":
            self.in_data = True
            self.transport.write(b"354 go\r\n")
        elif verb == b"QUIT":
            self.transport.write(b"221 2.0.0 bye\r\n")
            self.transport.close()
        else:
            self.transport.write(b"250 2.0.0 ok\r\n")

    def _keep(self, mail: bytes) -> None:
        found = NUMBER.search(mail)
        if found is None:
            SinkSession.unnumbered += 1
            return
        self.arrivals.setdefault(int(found[1]), []).append(time.monotonic())


class Sender(asyncio.Protocol):
    """One connection, one mail, as most peers on the Internet do it."""

    def __init__(self, mail: bytes, done: "asyncio.Future[float]") -> None:
        self.done = done
        body = mail.replace(b"\r\n.", b"\r\n..")
        self.steps = [
            b"EHLO bench.example.jp\r\n",
            b"MAIL FROM:<soumu@example.jp>\r\n",
            b"RCPT TO:<madoguchi@city.example.lg.jp>\r\n",
            b"DATA\r\n",
            body + (b"" if body.endswith(b"\r\n") else b"\r\n") + b".\r\n",
            b"QUIT\r\n",
        ]
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        *lines, self.buffer = self.buffer.split(b"\r\n")
        for line in lines:
            if line[3:4] == b"-":
                continue
            if line[:1] not in b"23" and not self.done.done():
                self.done.set_exception(RuntimeError(f"refused: {line!r}"))
                self.transport.close()
                return
            if len(self.steps) == 1 and not self.done.done():
                self.done.set_result(time.monotonic())
            if self.steps:
                self.transport.write(self.steps.pop(0))
            else:
                self.transport.close()

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(ConnectionError("connection lost"))


async def send_one(port: int, mail: bytes) -> tuple[float, float]:
    """Send one mail; begin and acceptance on the monotonic clock."""
    loop = asyncio.get_running_loop()
    for attempt in range(20):
        done: asyncio.Future[float] = loop.create_future()
        begin = time.monotonic()
        try:
            await loop.create_connection(lambda waiting=done: Sender(mail, waiting), "127.0.0.1", port)
            return begin, await done
        except (OSError, RuntimeError):
            if attempt == 19:
                raise
            await asyncio.sleep(0.1 * (attempt + 1))
    raise AssertionError


async def run(options: argparse.Namespace) -> dict[str, object]:
    """Send all, wait for all to arrive; what happened as plain data."""
    loop = asyncio.get_running_loop()
    await loop.create_server(SinkSession, "127.0.0.1", options.sink)
    make = LOADS[options.load]
    accepted: dict[int, float] = {}
    numbers = iter(range(1, options.mails + 1))

    async def sender() -> None:
        for number in numbers:
            _, accepted[number] = await send_one(options.port, make(number))

    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    begin = time.monotonic()
    await asyncio.gather(*(sender() for _ in range(options.connections)))
    sent = time.monotonic()
    deadline = sent + options.patience
    while len(SinkSession.arrivals) < options.mails and time.monotonic() < deadline:  # noqa: ASYNC110 - an Event would cost each arrival
        await asyncio.sleep(0.02)
    arrivals = SinkSession.arrivals
    last = max((times[-1] for times in arrivals.values()), default=begin)
    waits = sorted(max(0.0, times[0] - accepted[number]) for number, times in arrivals.items() if number in accepted)
    return {
        "mails": options.mails,
        "accept_seconds": sent - begin,
        "end_to_end_seconds": last - begin,
        "wait_p50": waits[len(waits) // 2] if waits else None,
        "wait_p95": waits[len(waits) * 95 // 100] if waits else None,
        "lost": options.mails - len(arrivals),
        "doubled": sum(1 for times in arrivals.values() if len(times) > 1),
        "unnumbered": SinkSession.unnumbered,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--sink", type=int, required=True)
    parser.add_argument("--load", choices=sorted(LOADS), required=True)
    parser.add_argument("--mails", type=int, required=True)
    parser.add_argument("--connections", type=int, default=20)
    parser.add_argument("--patience", type=float, default=120.0)
    parser.add_argument("--report", type=Path, required=True)
    options = parser.parse_args()
    options.report.write_text(json.dumps(uvloop.run(run(options))))


if __name__ == "__main__":
    main()
