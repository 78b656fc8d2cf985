"""Files of transfers: how far each is, its report, the clean file itself, all of them as a ZIP, and passwords."""

from datetime import UTC, datetime
from functools import partial
from typing import Final

from fastapi import Response

from gateway.delivery import transfers as delivery
from gateway.model import Item, ItemState
from gateway.store.transfers import TransferFile
from gateway.web.api import transfer_shapes as shapes
from gateway.web.api.calls import Answer, Ask, Book, Nothing
from gateway.web.api.problem import Problem
from gateway.web.api.transfers import Shown
from gateway.web.desk import Desk
from gateway.web.doors import door_of
from gateway.web.downloads import MEDIA_TYPE, safe_name
from gateway.web.pace import Pace, Rate
from gateway.web.transfers import sending
from gateway.web.transfers.counter import refusals
from gateway.web.transfers.files import FileState, state_of
from gateway.web.transfers.folders import unique
from sanitizers.model import Report

#: Passwords that one person tries: guessing takes time, whatever file it is for.
RATE: Final = Rate(burst=10, per_second=0.1)
_REFUSED: Final = {"wrong": ("no_right", "wrong"), "wait": ("too_many", "wait"), "over": ("gone", "over")}


def add_files(book: Book, desk: Desk) -> None:
    """Adds the calls."""
    shown = Shown(desk)
    _add_one(book, desk, shown)
    _add_content(book, shown)
    _add_password(book, desk, shown)


def _add_one(book: Book, desk: Desk, shown: Shown) -> None:
    @book.call(
        "GET",
        "/files/{item_id}",
        tag="files",
        title="One file",
        more="`wait` answers as soon as cleaning has ended, or after so many seconds as things are then.",
        query=shapes.Waiting,
        answers=Answer(what=shapes.File, text="As it is now."),
        problems=("not_found",),
    )
    async def one(ask: Ask[shapes.Waiting, Nothing]) -> shapes.File:
        door = door_of(ask.request)
        _, file = await shown.counter.file(ask.caller, door, ask["item_id"])
        if ask.query.wait and file.item is not None and file.item.state is ItemState.RECEIVED:
            with refusals():
                await desk.gateway.store.settled.wait(file.item.id, ask.query.wait)
            _, file = await shown.counter.file(ask.caller, door, ask["item_id"])
        return await shown.file(ask.request, file)

    @book.call(
        "GET",
        "/files/{item_id}/report",
        tag="files",
        title="What was found in it and done about it",
        answers=Answer(what=Report, text="The tree of part reports."),
        problems=("not_found", "conflict"),
    )
    async def report(ask: Ask[Nothing, Nothing]) -> Report:
        _, file = await shown.counter.file(ask.caller, door_of(ask.request), ask["item_id"])
        if file.item is None or file.item.report is None:
            raise Problem("conflict", reason="not_ready")
        return file.item.report


def _add_content(book: Book, shown: Shown) -> None:
    @book.call(
        "GET",
        "/files/{item_id}/content",
        tag="files",
        title="The clean file",
        more="On the other side than it was handed in, for its recipients, until the transfer expires. On record.",
        answers=(
            Answer(media=MEDIA_TYPE, text="The bytes, to be saved and not shown."),
            Answer(status=206, media=MEDIA_TYPE, text="The range that was asked for."),
        ),
        problems=("not_found", "conflict", "gone", "range"),
        headers=("Range", "If-Range"),
    )
    async def content(ask: Ask[Nothing, Nothing]) -> Response:
        item, original = await shown.counter.fetch(ask.caller, door_of(ask.request), ask["item_id"])
        return sending.answer(original, delivery.outgoing_name(item), item.clean or "", ask.request.headers)

    @book.call(
        "GET",
        "/transfers/{transfer_id}/archive",
        tag="files",
        title="All clean files as a ZIP",
        answers=Answer(media=sending.ZIP, text="Those that are ready, in their folders."),
        problems=("not_found", "conflict", "gone"),
    )
    async def archive(ask: Ask[Nothing, Nothing]) -> Response:
        found = await shown.counter.fetch_all(ask.caller, door_of(ask.request), ask["transfer_id"])
        paths = unique(_path(file, item) for file, item, _ in found)
        members = [
            sending.Member(path, size, partial(shown.counter.content, item))
            for path, (_, item, size) in zip(paths, found, strict=True)
        ]
        return sending.archive(members, f"{ask['transfer_id'][:8]}.zip")


def _path(file: TransferFile, item: Item) -> str:
    name = safe_name(delivery.outgoing_name(item), "file")
    return f"{file.upload.path}/{name}" if file.upload.path else name


def _add_password(book: Book, desk: Desk, shown: Shown) -> None:
    pace = Pace(RATE)

    @book.call(
        "POST",
        "/files/{item_id}/password",
        tag="files",
        title="The password of a locked file",
        body=shapes.PasswordGiven,
        answers=Answer(what=shapes.File, text="It was opened; `state` says what became of it."),
        problems=("not_found", "conflict", "no_right", "gone", "unavailable"),
    )
    async def password(ask: Ask[Nothing, shapes.PasswordGiven]) -> shapes.File:
        door, person = door_of(ask.request), ask.caller.person
        transfer, file = await shown.counter.file(ask.caller, door, ask["item_id"])
        if file.item is None or not delivery.may_open(transfer, person.id, person.address, datetime.now(UTC)):
            raise Problem("not_found")
        if state_of(file.item) is not FileState.LOCKED:
            raise Problem("conflict", reason="wrong_state")
        seconds = pace.seconds_to_wait(person.id)
        if seconds:
            raise Problem("too_many", reason="wait", headers={"Retry-After": str(seconds)})
        await _open(desk, file.item, ask.body.password, ask.caller.actor)
        _, file = await shown.counter.file(ask.caller, door, ask["item_id"])
        return await shown.file(ask.request, file)


async def _open(desk: Desk, item: Item, password: str, actor: str) -> None:
    locksmith = desk.gateway.locksmith
    if locksmith is None:
        raise Problem("unavailable", headers={"Retry-After": "60"})
    with refusals():
        tried = await locksmith.open_by_administrator(item, "", [password], actor)
    desk.gateway.wake()
    if tried.answer.value in _REFUSED:
        kind, reason = _REFUSED[tried.answer.value]
        raise Problem(kind, reason=reason)
