"""`make bench-walls`: what the walls cost, with and without them, in warm children and in one child for each item."""

import argparse
import asyncio
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from bench.mails import MARK, attachment_mail, newsletter_mail, text_mail
from bench.processes import cpu_seconds
from sanitizers.confinement import forking
from sanitizers.confinement.pool import Pool
from sanitizers.model import DnsAnswer, Notice, Outcome
from sanitizers.rules import Budget, Kind, OwnChild, Profile, Task

LOADS = {"text": text_mail, "html": newsletter_mail, "attachments": attachment_mail}
WALLED = forking.SERVER_COMMAND
UNWALLED = (sys.executable, "-s", "-P", "-m", "bench.unwalled")
WAYS = {"warm": OwnChild.NEVER, "one-shot": OwnChild.ALWAYS}


class Figures(msgspec.Struct, frozen=True):
    """Of one load, one way, with or without walls."""

    rate: float  #: mails a second, as many at once as there are processors
    item_ms: float  #: one after the other, median
    cpu_ms: float  #: a mail, gateway's side and children together


async def no_dns(_name: str, _rdtype: str) -> DnsAnswer:
    return DnsAnswer("failed")


@contextmanager
def served_by(command: tuple[str, ...]) -> Iterator[None]:
    forking.SERVER_COMMAND = command
    try:
        yield
    finally:
        forking.SERVER_COMMAND = WALLED


async def measure(load: str, way: OwnChild, mails: int) -> Figures:
    budget = Budget()
    task = Task("20261121-0000-0001", Kind.MAIL, "", Profile(own_child=way), budget, Notice("1", ()))
    originals = [LOADS[load]().replace(b"bench-0000000", (MARK % number).encode()) for number in range(mails)]
    pool = Pool(0, budget=budget, items_before_recycling=1_000_000, seconds_before_recycling=3_600)
    await pool.start()
    try:

        async def one(original: bytes) -> float:
            began = time.perf_counter()
            cleaned = await pool.clean(task, original, no_dns)
            assert cleaned.report.parts[0].outcome is not Outcome.BLOCKED, cleaned.report.parts[0].findings
            return time.perf_counter() - began

        alone = [await one(original) for original in originals[: mails // 4]]
        used, began = cpu_seconds(os.getpid()), time.perf_counter()
        await asyncio.gather(*(one(original) for original in originals))
        seconds = time.perf_counter() - began
        used = cpu_seconds(os.getpid()) - used
    finally:
        await pool.stop()
    return Figures(mails / seconds, statistics.median(alone) * 1_000, used * 1_000 / mails)


def compare(load: str, way: str, mails: int, rounds: int) -> None:
    """With and without in turn; one line for each, and their ratio."""
    taken: dict[tuple[str, ...], list[Figures]] = {WALLED: [], UNWALLED: []}
    for number in range(rounds):
        print(f"{load}, {way}: round {number + 1} of {rounds} …", file=sys.stderr, flush=True)
        for command in (UNWALLED, WALLED):
            with served_by(command):
                taken[command].append(asyncio.run(measure(load, WAYS[way], mails)))
    for command, title in ((UNWALLED, "without walls"), (WALLED, "with walls")):
        figures = taken[command]
        print(
            f"{load:12}{way:10}{title:15}"
            f"{statistics.median(one.rate for one in figures):10.1f}"
            f"{statistics.median(one.item_ms for one in figures):12.2f}"
            f"{statistics.median(one.cpu_ms for one in figures):12.2f}"
        )
    ratios = sorted(our.rate / bare.rate for our, bare in zip(taken[WALLED], taken[UNWALLED], strict=True))
    middle, least, most = statistics.median(ratios), ratios[0], ratios[-1]
    print(f"{load:12}{way:10}{'with / without':15}{middle:10.2f}   ({least:.2f} to {most:.2f})")


def main() -> int:
    """Always 0: there is nothing to pass, only figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.walls", description=__doc__)
    parser.add_argument("--mails", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--load", action="append", choices=list(LOADS))
    options = parser.parse_args()
    print(f"{options.mails} mails; medians of {options.rounds} rounds in turn")
    print(f"{'load':12}{'child':10}{'':15}{'mails/s':>10}{'ms an item':>12}{'CPU ms':>12}")
    for load in options.load or LOADS:
        for way in WAYS:
            compare(load, way, options.mails, options.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
