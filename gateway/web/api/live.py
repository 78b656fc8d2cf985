"""Live events as Server-Sent Events: what happens to items within the caller's scope, as it happens."""

from collections.abc import AsyncIterator
from typing import Final

from fastapi import Response
from fastapi.responses import StreamingResponse

from gateway.access.model import Caller
from gateway.web.api.calls import Answer, Ask, Book, Nothing
from gateway.web.desk import Desk
from gateway.web.handling import refusals
from gateway.web.happenings import Watcher, as_sse

MEDIA_TYPE: Final = "text/event-stream"
RETRY_MILLISECONDS: Final = 3_000  #: after which a reader that was cut off comes back


def add_live(book: Book, desk: Desk) -> None:
    """Adds the call."""
    happenings = desk.bench.happenings

    @book.call(
        "GET",
        "/events",
        tag="events",
        title="Live events",
        more="`item`: something happened to an item (`what`: received, cleaned, held, released, delivered, …). "
        "`job`: how far one's own bulk action is. `statistics`: the figures have changed. `reset`: events were missed, "
        "ask for everything anew. A comment line is a heartbeat, every 15 seconds without an event. `Last-Event-ID` "
        "goes on where the reader was, at most 1,000 rows of the record behind.",
        answers=Answer(media=MEDIA_TYPE, text="The stream; it ends with the session or the token."),
        headers=("Last-Event-ID",),
    )
    async def events(ask: Ask[Nothing, Nothing]) -> Response:
        with refusals():
            watcher = await happenings.watch(ask.caller, _after(ask.request.headers.get("Last-Event-ID", "")))
        authorization = ask.request.headers.get("Authorization", "")
        token = authorization.partition(" ")[2].strip() if authorization else desk.guard.cookies.of(ask.request)
        headers = {"X-Accel-Buffering": "no"}  # a proxy in front passes each event on at once
        return StreamingResponse(_stream(desk, watcher, ask.caller, token), media_type=MEDIA_TYPE, headers=headers)


def _after(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None


async def _stream(desk: Desk, watcher: Watcher, caller: Caller, token: str) -> AsyncIterator[bytes]:
    async def still() -> bool:
        """Whether this is the same person with the same rights, still."""
        now = await (
            desk.doorkeeper.session(token, quiet=True) if caller.session else desk.doorkeeper.callers.by_token(token)
        )
        return now is not None and (now.rights, now.scope) == (caller.rights, caller.scope)

    happenings = desk.bench.happenings
    try:
        yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
        async for happening in happenings.events(watcher, still):
            yield as_sse(happening)
    finally:
        happenings.leave(watcher)
