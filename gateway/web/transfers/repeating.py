"""Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07): the same request, sent again, is not done again."""

import hashlib
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from fastapi import Response

from gateway.store.once import First, Once, key_of
from gateway.web.api.calls import JSON, Ask, invalid_at
from gateway.web.api.problem import Problem
from gateway.web.transfers.counter import refusals

HEADER: Final = "Idempotency-Key"
_KEY = re.compile(r'"?([\x21\x23-\x7e]{1,200})"?')  # a string of RFC 9651, or the same without its quotes


class Kept(msgspec.Struct, frozen=True):
    """An answer, as every repetition gets it."""

    status: int
    body: str
    headers: dict[str, str] = {}

    def response(self) -> Response:
        """As it goes out."""
        return Response(self.body, self.status, headers=self.headers, media_type=JSON if self.body else None)


def kept(what: object, status: int = 200, **headers: str) -> Kept:
    """The answer with this body; None: without one."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Kept(status, "" if what is None else msgspec.json.encode(what).decode(), named)


async def once(
    once: Once,
    ask: Ask[Any, Any],
    body: bytes,
    do: Callable[[], Awaitable[Kept]],
    filled: Callable[[Kept], Kept] = lambda answer: answer,
) -> Response:
    """Does it, or tells what came of it the first time. A request that was refused may be sent again.

    What is not to lie in the store with the answer, `filled` puts in each time.
    """
    text = ask.request.headers.get(HEADER)
    if text is None:
        return filled(await do()).response()
    fits = _KEY.fullmatch(text)
    if fits is None:
        raise invalid_at(HEADER, "1 to 200 visible characters of ASCII")
    key = key_of(ask.caller.person.id, fits[1])
    request = hashlib.sha256(f"{ask.request.method} {ask.request.url.path}?{ask.request.url.query}\n".encode() + body)
    with refusals():
        told = await once.begin(key, request.hexdigest(), datetime.now(UTC))
    if told.first is First.OTHER:
        raise Problem("invalid", "the key was used for another request", reason="key_used")
    if told.first is First.GOING_ON:
        raise Problem("conflict", reason="in_progress", headers={"Retry-After": "1"})
    if told.first is First.DONE:
        return filled(msgspec.json.decode(told.answer, type=Kept)).response()
    return filled(await _done(once, key, do)).response()


async def _done(once: Once, key: str, do: Callable[[], Awaitable[Kept]]) -> Kept:
    finished = False
    try:
        answer = await do()
        finished = True
    finally:
        if not finished:
            await once.failed(key)
    await once.answered(key, msgspec.json.encode(answer).decode())
    return answer
