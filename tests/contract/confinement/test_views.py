"""A child that is to show something may do what it likes: nothing that is not plain words or plain pixels gets out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sanitizers.confinement.converter import find_program
from sanitizers.confinement.pool import Pool, PoolStopped
from sanitizers.model import AuthenticationMethod, AuthenticationResult, DnsAnswer, Notice, SenderClaim
from sanitizers.rules import Budget, Kind, OwnChild, Profile, Task
from sanitizers.views import NoView, Shown, View, ViewWish, Why
from tests.contract.confinement.workshops import showing
from tests.contract.confinement.workshops.showing import ACTS, HONEST, LIES, RAW

BUDGET = Budget(seconds=40, memory=512 << 20, bytes_out=2_000_000)
SENDER = SenderClaim(AuthenticationResult(AuthenticationMethod.SPF, "pass", "example.jp"))
WRONGLY = NoView(Why.ENDED, "the confined process answered wrongly")
ABNORMALLY = NoView(Why.ENDED, "the confined process ended abnormally")


@asynccontextmanager
async def pool_of(count: int = 1) -> AsyncIterator[Pool]:
    pool = Pool(
        count,
        budget=BUDGET,
        items_before_recycling=1_000,
        seconds_before_recycling=3_600,
        workshop=showing.__name__,
        start_seconds=300,
    )
    await pool.start()
    try:
        yield pool
    finally:
        await pool.stop()


def task(seconds: int = 40) -> Task:
    budget = Budget(seconds=seconds, memory=BUDGET.memory, bytes_out=BUDGET.bytes_out, conversions=2)
    profile = Profile(own_child=OwnChild.NEVER)
    return Task("20261121-TEST-0001", Kind.MAIL, "", profile, budget, Notice("1", ()), SENDER)


async def view(pool: Pool, name: str, shown: Shown = Shown.PAGES, clean: bytes = b"", seconds: int = 40) -> View:
    wish = ViewWish(shown, path="1.2", first=1, count=3, width=300)
    return await pool.view(task(seconds), name.encode(), wish, clean)


@pytest.mark.parametrize("shown", list(Shown))
async def test_an_honest_child(shown: Shown) -> None:
    async with pool_of() as pool:
        assert await view(pool, shown.value, shown) == HONEST[shown.value]


async def test_original_and_clean_version_arrive_apart_in_a_child_of_their_own() -> None:
    async with pool_of() as pool:
        said = [await view(pool, "echo", clean=b"clean") for _ in range(2)]
        details = [each.detail.split() for each in said if isinstance(each, NoView)]
        assert [detail[:4] for detail in details] == [["1.2", "clean", "True", "True"]] * 2
        assert details[0][4] != details[1][4]  # whatever `own_child` says


async def test_every_lie_is_seen_through_and_the_next_look_is_served() -> None:
    async with pool_of() as pool:
        for name in LIES:
            assert await view(pool, name, Shown(name.partition(":")[0])) == WRONGLY, name
            assert pool.alive == 1, name
        assert await view(pool, "pages") == HONEST["pages"]


@pytest.mark.parametrize("name", list(RAW))
async def test_what_no_child_says(name: str) -> None:
    async with pool_of() as pool:
        assert await view(pool, name) == WRONGLY
        assert await view(pool, "pages") == HONEST["pages"]


async def test_a_child_that_ends() -> None:
    async with pool_of() as pool:
        for name in ("dies", "is killed", "forbidden", "too much memory"):
            assert name in ACTS
            assert await view(pool, name) == ABNORMALLY
        assert await view(pool, "pages") == HONEST["pages"]


async def test_a_child_that_takes_too_long() -> None:
    async with pool_of() as pool:
        assert await view(pool, "sleeps", seconds=1) == NoView(Why.TOO_MUCH, "not done within 1 seconds")
        assert await view(pool, "pages") == HONEST["pages"]


async def test_what_a_child_says_of_itself_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    async with pool_of() as pool:
        await view(pool, "texts: an escape", Shown.TEXTS)
        await view(pool, "dies")
    assert "20261121-TEST-0001" in caplog.text
    assert "\x1b" not in caplog.text


async def test_a_large_original_and_many_pieces_arrive() -> None:
    async with pool_of() as pool:
        wish = ViewWish(Shown.PAGES, path="1.2")
        found = await pool.view(task(), [b"ec", b"ho"], wish, b"c" * 400)
        assert isinstance(found, NoView)
        assert found.detail.startswith("1.2 " + "c" * 400)


async def test_a_warm_child_is_not_used_up_by_looks() -> None:
    async def absent(_name: str, _rdtype: str) -> DnsAnswer:
        return DnsAnswer("absent")

    async with pool_of() as pool:
        await view(pool, "dies")
        assert (await pool.clean(task(), b"x", absent)).data == b"x"
        assert pool.alive == 1


async def test_no_look_after_the_end() -> None:
    async with pool_of() as pool:
        pass
    with pytest.raises(PoolStopped):
        await view(pool, "pages")


@pytest.mark.skipif(
    not find_program("libreoffice"), reason="LibreOffice is not installed (Debian: libreoffice-writer-nogui)"
)
async def test_what_is_converted_for_a_look_counts_for_its_budget() -> None:
    async with pool_of() as pool:
        found = await view(pool, "convert 2")
        assert isinstance(found, NoView)
        assert found.detail == "%PDF-; %PDF-"
        assert await view(pool, "convert 3") == WRONGLY
