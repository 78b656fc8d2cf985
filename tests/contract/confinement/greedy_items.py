"""A process with a pool of its own: cleans all that is greedy and prints, as JSON, how far its memory went up."""

import asyncio
import json
import logging
import resource
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from sanitizers.confinement.pool import Pool
from sanitizers.model import DnsAnswer
from sanitizers.rules import Budget
from tests.contract.confinement.test_limits import GREEDY, HARMLESS, SHORTENED, WORKSHOP, task, verdict

BUDGET = Budget(seconds=3)
ENOUGH = Budget(seconds=100)  # for what goes on, however busy the machine is


def peak() -> int:
    """The most memory that was ever resident, bytes (getrusage(2))."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


async def slow_dns(_name: str, _rdtype: str) -> DnsAnswer:
    """Time for a child to say more than it is asked."""
    await asyncio.sleep(1)
    return DnsAnswer("absent")


async def main() -> None:
    pool = Pool(
        1,
        budget=BUDGET,
        items_before_recycling=1_000,
        seconds_before_recycling=600,
        workshop=WORKSHOP,
        start_seconds=300,
    )
    await pool.start()
    verdicts, after = {}, {}
    for _ in range(3):
        await pool.clean(task(ENOUGH), HARMLESS, slow_dns)
    before = peak()
    for name, original in GREEDY.items():
        cleaned = await pool.clean(task(ENOUGH if name in SHORTENED else BUDGET), original, slow_dns)
        verdicts[name] = verdict(cleaned).value
        after[name] = peak() - before
    await pool.stop()
    print(json.dumps({"growth": peak() - before, "verdicts": verdicts, "after": after}))


logging.disable()
asyncio.run(main())
