"""Leased items on their way: bounded, renewed, and never lost from sight when something breaks."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence

import pytest

from gateway import conveyor
from gateway.conveyor import Conveyor, persistently
from gateway.model import Item
from gateway.store.errors import StoreUnavailable
from tests.fakes.items import item


class Line:
    """Items to lease, a gate that holds those being carried, and what was seen."""

    def __init__(self, *items: Item) -> None:
        self.waiting = list(items)
        self.asked: list[int] = []
        self.carried: list[str] = []
        self.now: set[str] = set()
        self.most = 0
        self.gate = asyncio.Event()
        self.renewed: list[list[str]] = []
        self.lease_errors = 0
        self.carry_errors: dict[str, Exception] = {}

    async def lease(self, limit: int) -> list[Item]:
        self.asked.append(limit)
        if self.lease_errors:
            self.lease_errors -= 1
            raise StoreUnavailable("not now")
        taken, self.waiting = self.waiting[:limit], self.waiting[limit:]
        return taken

    async def carry(self, one: Item) -> None:
        self.now.add(one.id)
        self.most = max(self.most, len(self.now))
        await self.gate.wait()
        self.now.discard(one.id)
        if one.id in self.carry_errors:
            raise self.carry_errors[one.id]
        self.carried.append(one.id)

    async def renew(self, ids: Sequence[str]) -> None:
        self.renewed.append(list(ids))


async def until(condition) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - any condition
            await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def moving(line: Line, capacity: int = 4, capacity_bytes: int = 1_000_000) -> AsyncIterator[Conveyor]:
    made = Conveyor("test", line.lease, line.carry, line.renew, capacity, capacity_bytes)
    task = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        line.gate.set()
        await made.stop()
        async with asyncio.timeout(60):
            await task


def items(count: int, size: int = 100) -> list[Item]:
    return [item(f"I-{n}", original_size=size) for n in range(count)]


async def test_no_more_than_the_capacity_is_taken_and_all_arrive() -> None:
    line = Line(*items(30))
    async with moving(line):
        await until(lambda: len(line.now) == 4)
        assert len(line.waiting) == 26
        line.gate.set()
        await until(lambda: len(line.carried) == 30)
    assert line.most == 4
    assert sorted(line.carried) == sorted(f"I-{n}" for n in range(30))


async def test_heavy_items_wait_for_each_other_and_a_giant_goes_too() -> None:
    line = Line(*items(3, size=400), item("giant", original_size=10_000))
    async with moving(line, capacity_bytes=1000):
        await until(lambda: len(line.now) == 2)
        await asyncio.sleep(0.02)
        assert len(line.now) == 2
        line.gate.set()
        await until(lambda: len(line.carried) == 4)
    assert line.most == 2


async def test_a_wake_is_seen_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conveyor, "POLL_SECONDS", 1000.0)
    line = Line()
    line.gate.set()
    async with moving(line) as made:
        await until(lambda: line.asked)
        line.waiting = items(1)
        made.wake()
        await until(lambda: line.carried)


async def test_it_looks_by_itself_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conveyor, "POLL_SECONDS", 0.01)
    line = Line()
    line.gate.set()
    async with moving(line):
        await until(lambda: line.asked)
        line.waiting = items(1)
        await until(lambda: line.carried)


async def test_an_idle_line_is_not_asked_for_every_item_that_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conveyor, "POLL_SECONDS", 1000.0)
    line = Line(*items(2))
    line.gate.set()
    async with moving(line):
        await until(lambda: len(line.carried) == 2)
        await asyncio.sleep(0.02)
        assert line.asked == [4]


async def test_a_store_that_is_unavailable_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conveyor, "BACK_OFF_SECONDS", (0.001,))
    line = Line(*items(1))
    line.lease_errors = 3
    line.gate.set()
    async with moving(line):
        await until(lambda: line.carried)


async def test_an_item_that_breaks_is_logged_without_its_words_and_stops_no_other(caplog) -> None:
    line = Line(*items(3))
    line.carry_errors["I-1"] = KeyError("words of the mail")
    line.gate.set()
    with caplog.at_level(logging.DEBUG):
        async with moving(line):
            await until(lambda: len(line.carried) == 2 and not line.now)
    assert "I-1: KeyError at carry:" in caplog.text
    assert "words of the mail" not in caplog.text


async def test_leases_are_renewed_while_items_are_carried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conveyor, "RENEW_SECONDS", 0.01)
    line = Line(*items(1))
    async with moving(line):
        await until(lambda: line.renewed)
        assert line.renewed[0] == ["I-0"]


async def test_stop_takes_nothing_new_and_finishes_what_was_begun() -> None:
    line = Line(*items(6))
    made = Conveyor("test", line.lease, line.carry, line.renew, 2, 1_000_000)
    task = asyncio.create_task(made.run())
    await until(lambda: len(line.now) == 2)
    await made.stop()
    await asyncio.sleep(0.01)
    assert not task.done()
    line.gate.set()
    await task
    assert len(line.carried) == 2
    assert len(line.waiting) == 4


async def test_a_cancelled_line_cancels_what_it_carries() -> None:
    line = Line(*items(1))
    made = Conveyor("test", line.lease, line.carry, line.renew, 2, 1_000_000)
    task = asyncio.create_task(made.run())
    await until(lambda: line.now)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0)
    assert made.in_flight == 0
    assert line.carried == []


async def test_persistently_gives_up_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conveyor, "BACK_OFF_SECONDS", (0.0, 0.0))
    tries: list[int] = []

    async def fails() -> None:
        tries.append(1)
        raise StoreUnavailable("no")

    with pytest.raises(StoreUnavailable):
        await persistently(fails)
    assert len(tries) == 3
