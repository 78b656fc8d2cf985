"""Passwords of locked files: given by a recipient, whose link and code are the right to do so, or by an operator."""

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
from fastapi import Response
from msgspec import Meta

from gateway.web.api.calls import Answer, Ask, Book, Nothing, answered
from gateway.web.api.problem import Problem
from gateway.web.desk import Desk
from gateway.web.handling import refusals
from gateway.web.health import Tried, Unlocks

BODY_BYTES: Final = 4_096

Password = Annotated[str, Meta(min_length=1, max_length=128)]
Passwords = Annotated[list[Password], Meta(min_length=1, max_length=5, description="one, or several for several files")]

#: What a try is called when it did not open anything.
REFUSED: Final = {"wrong": "no_right", "wait": "too_many", "over": "gone"}


class ByLink(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the recipient gives."""

    token: Annotated[str, Meta(max_length=100, description="the last part of the link")]
    code: Annotated[str, Meta(max_length=40, description="of the letter; blanks do not matter")]
    passwords: Passwords


class ByOperator(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an operator gives, for one recipient who waits or for all ("")."""

    passwords: Passwords
    recipient: Annotated[str, Meta(max_length=320)] = ""


class Unlocked(msgspec.Struct, frozen=True):
    """opened: everything; partly: some still wait for a password; held: opened, and the rules hold what was inside."""

    answer: str


_OPENED: Final = Answer(what=Unlocked, text="Something was opened; the clean files follow in a mail of their own.")
_PROBLEMS: Final = ("invalid", "no_right", "gone", "unavailable", "too_many")


def add_unlocking(book: Book, desk: Desk) -> None:
    """Adds the calls. Nothing of them is written to a log: they carry passwords."""
    _add_by_link(book, desk)
    _add_by_operator(book, desk)


def _add_by_link(book: Book, desk: Desk) -> None:
    @book.call(
        "POST",
        "/unlock",
        tag="unlock",
        title="Give the password of a locked file, as its recipient",
        more="For whoever has the link and the code of the letter; no sign-in.",
        body=ByLink,
        body_bytes=BODY_BYTES,
        example={"token": "q1w2e3r4t5y6u7i8o9p0aZxCvBn", "code": "1234 5678", "passwords": ["himitsu"]},
        answers=_OPENED,
        problems=_PROBLEMS,
    )
    async def unlock(ask: Ask[Nothing, ByLink]) -> Response:
        desk.guard.try_link(ask.request)
        body = ask.body
        with refusals():
            tried = await locksmith_of(desk).open_by_link(body.token, body.code, body.passwords)
        return _said(tried)


def _add_by_operator(book: Book, desk: Desk) -> None:
    @book.call(
        "POST",
        "/items/{item_id}/unlock",
        tag="unlock",
        title="Give the password of a locked file, as an operator",
        body=ByOperator,
        body_bytes=BODY_BYTES,
        example={"passwords": ["himitsu"]},
        answers=_OPENED,
        problems=("not_found", *_PROBLEMS),
    )
    async def unlock_item(ask: Ask[Nothing, ByOperator]) -> Response:
        item = await desk.bench.handling.item(ask.caller, ask["item_id"])
        passwords: Sequence[str] = ask.body.passwords
        with refusals():
            tried = await locksmith_of(desk).open_by_administrator(
                item, ask.body.recipient, passwords, ask.caller.actor
            )
        return _said(tried)


def locksmith_of(desk: Desk) -> Unlocks:
    """Raises Problem in a process that cannot try passwords."""
    locksmith = desk.gateway.locksmith
    if locksmith is None:
        raise Problem("unavailable")
    return locksmith


def _said(tried: Tried) -> Response:
    answer = tried.answer.value
    if answer not in REFUSED:
        return answered(Unlocked(answer))
    wait = max(tried.wait_seconds, 1) if answer == "wait" else 0
    headers = {"Retry-After": str(wait)} if wait else {}
    more = {"answer": answer, "wait_seconds": tried.wait_seconds, "tries_left": tried.tries_left}
    raise Problem(REFUSED[answer], reason=answer, more=more, headers=headers)
