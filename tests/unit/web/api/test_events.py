"""Live events: within the scope, from where the reader was, bounded for slow readers, over with the session."""

import asyncio
import json

import pytest

from gateway.access.model import Caller
from gateway.access.rights import Role
from gateway.web import happenings
from gateway.web.happenings import OF_ONE_PERSON, RESET, WAITING, Happening, Watcher, as_sse
from tests.unit.web.api.world import CITY, TOWN, Entrance, Listening, World

EVENTS = "/api/v1/events"


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(happenings, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(happenings, "STATISTICS_SECONDS", 0.0)


def fields(event: str) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in event.splitlines())


async def items_of(stream: Listening, number: int) -> list[tuple[str, str]]:
    """The next events about items."""
    found: list[tuple[str, str]] = []
    while len(found) < number:
        event = await stream.event()
        assert event, "the stream ended"
        if "event: item" in event:
            data = json.loads(fields(event)["data"])
            found.append((data["item"], data["what"]))
    return found


async def test_what_happens_is_told_in_order(world: World) -> None:
    operator = await world.person("operator", Role.OPERATOR)
    async with Listening(world, operator, EVENTS) as stream:
        assert stream.status == 200
        assert await stream.event() == "retry: 3000"
        item_id = await world.item()
        await world.post(operator, f"/items/{item_id}/discard", {"reason": "x"})
        assert await items_of(stream, 3) == [(item_id, "received"), (item_id, "held"), (item_id, "discarded")]


async def test_another_towns_mail_is_not_told(world: World) -> None:
    town = await world.person("town", Role.OPERATOR, frozenset({TOWN}))
    async with Listening(world, town, EVENTS) as stream:
        await world.item(f"hanako@{CITY}")
        mine = await world.item(f"hanako@{TOWN}")
        assert (await items_of(stream, 1))[0] == (mine, "received")


async def test_a_reader_goes_on_where_they_were(world: World) -> None:
    operator = await world.person("operator", Role.OPERATOR)
    first = await world.item()
    seen = (await world.get(operator, "/audit?limit=1")).json()["items"][0]["seq"]
    second = await world.item()
    async with Listening(world, operator, EVENTS, {"Last-Event-ID": str(seen)}) as stream:
        told = await items_of(stream, 2)
    assert told == [(second, "received"), (second, "held")]
    assert first not in dict(told)


@pytest.mark.parametrize("number", ["999999999", "00000000000000001" + "0"])
async def test_a_made_up_number_means_to_start_anew(world: World, number: str) -> None:
    operator = await world.person("operator", Role.OPERATOR)
    async with Listening(world, operator, EVENTS, {"Last-Event-ID": number}) as stream:
        assert await stream.event() == "retry: 3000"
        assert "event: reset" in await stream.event()


async def test_a_slow_reader_is_told_to_start_anew_and_takes_no_room(world: World) -> None:
    operator = await world.person("operator", Role.OPERATOR)
    async with Listening(world, operator, EVENTS) as stream:
        (watcher,) = world.app.state.desk.bench.happenings._watchers
        for number in range(WAITING * 3):
            watcher.tell(Happening("item", {"item": str(number)}, number + 1))
        assert len(watcher._waiting) <= WAITING
        events = [await stream.event() for _ in range(5)]
    assert "event: reset" in "".join(events)


async def test_the_stream_ends_with_the_session(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(happenings.Happenings.events, "__defaults__", (0.05,))
    operator = await world.person("operator", Role.OPERATOR)
    async with Listening(world, operator, EVENTS) as stream:
        await stream.event()
        assert await stream.event() == ":"  # a heartbeat
        person = await world.store.people.find("operator")
        assert person is not None
        await world.store.people.sessions.end_all(person.id, actor="test")
        while (event := await stream.event()) in {":", "event: statistics\ndata: {}"}:
            pass
        assert event == ""


async def test_streams_of_one_person_are_counted(world: World) -> None:
    operator = await world.person("operator", Role.OPERATOR)
    streams = [Listening(world, operator, EVENTS) for _ in range(OF_ONE_PERSON + 1)]
    try:
        for stream in streams:
            await stream.__aenter__()
        assert [stream.status for stream in streams] == [200] * OF_ONE_PERSON + [429]
    finally:
        for stream in streams:
            await stream.__aexit__()
    async with asyncio.timeout(60):
        while world.app.state.desk.bench.happenings._watchers:  # noqa: ASYNC110 - who leaves tells nobody
            await asyncio.sleep(0.01)
    assert world.app.state.desk.bench.happenings._looking is None


async def test_ones_own_job_is_told_and_nobody_elses(world: World) -> None:
    await world.item()
    operator = await world.person("operator", Role.OPERATOR)
    colleague = await world.person("colleague", Role.OPERATOR)
    async with Listening(world, operator, EVENTS) as mine, Listening(world, colleague, EVENTS) as other:
        job = (await world.post(operator, "/bulk", {"action": "discard", "reason": "x", "search": {}})).json()["id"]
        while "event: job" not in (event := await mine.event()):
            pass
        assert job in event
        assert (await items_of(other, 1))[0][1] == "discarded"
        assert not [each for each in (await _rest(other)) if "event: job" in each]


async def _rest(stream: Listening) -> list[str]:
    found = []
    try:
        while True:
            found.append(await asyncio.wait_for(stream.event(), 0.1))
    except TimeoutError:
        return found


def test_an_event_is_three_lines() -> None:
    event = Happening("item", {"item": "1\n2"}, 7)
    assert as_sse(event) == b'id: 7\nevent: item\ndata: {"item":"1\\n2"}\n\n'
    assert as_sse(None) == b":\n\n"
    assert as_sse(RESET) == b"event: reset\ndata: {}\n\n"


@pytest.mark.parametrize("steps", range(5))
async def test_a_reader_who_leaves_as_something_happens_is_gone(world: World, steps: int) -> None:
    token = await world.token("program", Role.ADMINISTRATOR)
    watcher = Watcher(await caller_of(world, token))
    task = asyncio.create_task(watcher.next(10))
    await asyncio.sleep(0.01)
    watcher.tell(RESET)
    for _ in range(steps):
        await asyncio.sleep(0)
    if not task.done():
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()


async def caller_of(world: World, token: Entrance) -> Caller:
    caller = await world.app.state.desk.doorkeeper.callers.by_token(token.headers["Authorization"].split()[1])
    assert caller is not None
    return caller


async def test_a_watcher_waits_no_longer_than_it_says(world: World) -> None:
    token = await world.token("program", Role.ADMINISTRATOR)
    assert await Watcher(await caller_of(world, token)).next(0.01) is None
