"""POST /api/v1/unlock: what it takes, what it says, and that it cannot be asked without end."""

from collections.abc import AsyncIterator, Sequence

import httpx
import pytest
from fastapi import FastAPI

from gateway.model import Answer, Tried
from gateway.store.errors import StoreUnavailable
from gateway.web.unlocking import BODY_BYTES, PATH, REQUESTS, Slowly, add_unlocking

ASKED = {"token": "t", "code": "1234 5678", "passwords": ["secret"]}


class Smith:
    def __init__(self) -> None:
        self.tried = Tried(Answer.OPENED)
        self.calls: list[tuple[str, str, list[str]]] = []
        self.unavailable = False

    async def open_by_link(self, token: str, code: str, passwords: Sequence[str]) -> Tried:
        if self.unavailable:
            raise StoreUnavailable("the disk of db.example.jp is full")
        self.calls.append((token, code, list(passwords)))
        return self.tried


@pytest.fixture
def smith() -> Smith:
    return Smith()


@pytest.fixture
async def client(smith: Smith) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI(openapi_url=None)
    add_unlocking(app, smith)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://kiyome") as opened:
        yield opened


@pytest.mark.parametrize(
    ("tried", "status"),
    [
        (Tried(Answer.OPENED), 200),
        (Tried(Answer.PARTLY), 200),
        (Tried(Answer.HELD), 200),
        (Tried(Answer.WRONG, 4, 6), 403),
        (Tried(Answer.WAIT, 9, 6), 429),
        (Tried(Answer.OVER), 410),
    ],
)
async def test_each_answer_has_its_status(client: httpx.AsyncClient, smith: Smith, tried: Tried, status: int) -> None:
    smith.tried = tried
    said = await client.post(PATH, json=ASKED)
    assert (said.status_code, said.json()["answer"]) == (status, tried.answer.value)
    if status != 200:
        assert said.headers["content-type"] == "application/problem+json"
        assert said.json()["tries_left"] == tried.tries_left
    assert said.headers.get("retry-after") == (str(tried.wait_seconds) if tried.wait_seconds else None)
    assert smith.calls == [("t", "1234 5678", ["secret"])]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"token": "t"}',
        b'{"token": "t", "code": "1", "passwords": "p"}',
        b'{"token": "t", "code": "1", "passwords": [], "more": 1}',
        b'{"token": "\xff", "code": "1", "passwords": []}',
        b'{"token": "' + b"x" * BODY_BYTES + b'", "code": "1", "passwords": []}',
    ],
)
async def test_anything_else_is_refused_unread(client: httpx.AsyncClient, smith: Smith, body: bytes) -> None:
    said = await client.post(PATH, content=body)
    assert said.status_code == 400
    assert smith.calls == []


async def test_a_store_that_does_not_answer_tells_nothing_of_itself(client: httpx.AsyncClient, smith: Smith) -> None:
    smith.unavailable = True
    said = await client.post(PATH, json=ASKED)
    assert said.status_code == 503
    assert "example" not in said.text


async def test_one_address_cannot_ask_without_end(client: httpx.AsyncClient, smith: Smith) -> None:
    for _ in range(REQUESTS):
        assert (await client.post(PATH, json=ASKED)).status_code == 200
    refused = await client.post(PATH, json=ASKED)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert len(smith.calls) == REQUESTS


def test_time_gives_back_the_right_to_ask() -> None:
    now = [0.0]
    slowly = Slowly(lambda: now[0])
    assert [slowly.wait("a") for _ in range(REQUESTS)] == [0] * REQUESTS
    assert slowly.wait("a") > 0
    assert slowly.wait("b") == 0
    now[0] = 61.0
    assert slowly.wait("a") == 0
