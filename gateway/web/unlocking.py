"""POST /api/v1/unlock: a recipient gives the password of a file. Link and code are the right to do so."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec
from fastapi import FastAPI, Request, Response

from gateway.model import Answer, Tried
from gateway.store.errors import StoreError

PATH: Final = "/api/v1/unlock"
BODY_BYTES: Final = 4_096
#: Of one address that asks, whatever link it names: guessing links costs time, too.
REQUESTS, REQUEST_SECONDS = 30, 60.0
_ADDRESSES: Final = 10_000

STATUS: Final = {
    Answer.OPENED: 200,
    Answer.PARTLY: 200,
    Answer.HELD: 200,
    Answer.WRONG: 403,
    Answer.WAIT: 429,
    Answer.OVER: 410,
}
TITLES: Final = {
    Answer.WRONG: "パスワードか確認コードが違います / the password or the code does not fit",
    Answer.WAIT: "しばらく待ってからもう一度 / please wait and try again",
    Answer.OVER: "このリンクはもう使えません / this link can no longer be used",
}


class Unlocks(Protocol):
    """What tries passwords."""

    async def open_by_link(self, token: str, code: str, passwords: Sequence[str]) -> Tried:
        """The recipient's try."""


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """The body of the request."""

    token: str  #: the last part of the link
    code: str  #: of the letter; blanks do not matter
    passwords: list[str]  #: one, or several for several files


class Slowly:
    """How often one address may ask."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._asked: dict[str, deque[float]] = {}

    def wait(self, address: str) -> int:
        """Seconds until it may ask (again), 0: now; then it counts as asked."""
        now = self._clock()
        if len(self._asked) >= _ADDRESSES and address not in self._asked:
            del self._asked[next(iter(self._asked))]
        asked = self._asked.setdefault(address, deque(maxlen=REQUESTS))
        if len(asked) == REQUESTS and now - asked[0] < REQUEST_SECONDS:
            return int(REQUEST_SECONDS - (now - asked[0])) + 1
        asked.append(now)
        return 0


def add_unlocking(app: FastAPI, unlocks: Unlocks, slowly: Slowly | None = None) -> None:
    """Adds the one call. Nothing of it is written to a log: it carries passwords."""
    limits = slowly or Slowly()

    @app.post(PATH)
    async def unlock(request: Request) -> Response:
        wait = limits.wait(request.client.host if request.client else "")
        if wait:
            return problem(Answer.WAIT, wait)
        asked = await _asked(request)
        if asked is None:
            return _answer(400, {"title": "JSON: token, code, passwords", "status": 400})
        try:
            tried = await unlocks.open_by_link(asked.token, asked.code, asked.passwords)
        except StoreError:
            return _answer(503, {"title": "いまは使えません / not available now", "status": 503})
        if STATUS[tried.answer] != 200:
            return problem(tried.answer, tried.wait_seconds, tried.tries_left)
        return _answer(200, {"answer": tried.answer.value})


def problem(answer: Answer, wait: int = 0, left: int = 0) -> Response:
    """RFC 9457, with what the page needs to say."""
    body = {
        "title": TITLES[answer],
        "status": STATUS[answer],
        "answer": answer.value,
        "wait_seconds": wait,
        "tries_left": left,
    }
    response = _answer(STATUS[answer], body)
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response


def _answer(status: int, body: dict[str, object]) -> Response:
    media_type = "application/json" if status == 200 else "application/problem+json"
    return Response(msgspec.json.encode(body), status, media_type=media_type)


async def _asked(request: Request) -> Asked | None:
    received = b""
    async for chunk in request.stream():
        received += chunk
        if len(received) > BODY_BYTES:
            return None
    try:
        return msgspec.json.decode(received, type=Asked)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
