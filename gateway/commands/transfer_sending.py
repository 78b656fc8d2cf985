"""Hands the files of a transfer in, going on where an earlier run, a cut line or a killed gateway left off."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, BinaryIO, Final

from gateway.commands.transfer_files import Changed, Source, is_same, reading
from gateway.commands.transfer_memory import Handed, Remembered
from gateway.commands.transfer_remote import FIRST_PAUSE, LONGEST_PAUSE, PATIENCE, Refused, Remote, Unreachable
from gateway.model import TransferState
from gateway.web.api.transfer_shapes import Transfer

PIECE: Final = 8_388_608  #: bytes sent at once, at first
SMALLEST_PIECE: Final = 65_536
#: Of an upload that an earlier run began: it is not there any more.
_OVER: Final = frozenset({404, 410})


def hand_in(
    remote: Remote,
    chosen: Sequence[Source],
    wish: Mapping[str, Any],
    remembered: Remembered,
    step: Callable[[int], None],
) -> Transfer:
    """The transfer, sent. `step` hears of each byte that has arrived. Raises Refused, Unreachable, Changed, OSError."""
    transfer = _begun(remote, wish, remembered)
    if transfer.state is TransferState.OPEN:
        for source in chosen:
            _hand_in_one(remote, transfer.id, source, remembered, step)
        transfer = remote.send(transfer.id)
    return transfer


def _begun(remote: Remote, wish: Mapping[str, Any], remembered: Remembered) -> Transfer:
    """The one that an earlier run began, while it lasts; else a new one."""
    if remembered.memory.transfer:
        try:
            found = remote.transfer(remembered.memory.transfer)
        except Refused as error:
            if error.status not in _OVER:
                raise
        else:
            if found.state in {TransferState.OPEN, TransferState.SENT}:
                return found
        remembered.begin_anew()
    remembered.keep()  # the key, before it is used
    made = remote.begin(dict(wish), remembered.memory.key)
    remembered.memory.transfer = made.id
    remembered.keep()
    return made


def _hand_in_one(
    remote: Remote, transfer_id: str, source: Source, remembered: Remembered, step: Callable[[int], None]
) -> None:
    descriptor = os.open(source.path, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "rb") as stream:
        if not is_same(source, stream):
            raise Changed(str(source.path))
        upload, offset = _announced(remote, transfer_id, source, remembered)
        step(offset)
        if offset < source.size:
            _pour(remote, upload, source, stream, offset, step)


def _announced(remote: Remote, transfer_id: str, source: Source, remembered: Remembered) -> tuple[str, int]:
    """The upload, and how much of it is there; one of the same file before it was changed is given up."""
    memory, place = remembered.memory, str(source.path.resolve())
    before = memory.files.get(place)
    if before is not None:
        try:
            if (before.size, before.changed) == (source.size, source.changed):
                return before.upload, remote.offset(before.upload)
            remote.give_up(before.upload)
        except Refused as error:
            if error.status not in _OVER and error.status != 409:
                raise
    key = sha256(
        f"{memory.key}\0{place}\0{source.size}\0{source.changed}\0{before}".encode(errors="replace")
    ).hexdigest()
    upload = remote.announce(transfer_id, source.name, source.folder, source.size, key)
    memory.files[place] = Handed(source.size, source.changed, upload)
    remembered.keep()
    return upload, 0 if before is None else remote.offset(upload)


def _pour(
    remote: Remote, upload: str, source: Source, stream: BinaryIO, offset: int, step: Callable[[int], None]
) -> None:
    """Piece by piece; after a piece that did not get through, from where the gateway says."""
    piece, pause, until = PIECE, FIRST_PAUSE, time.monotonic() + PATIENCE
    while offset < source.size:
        size = min(piece, source.size - offset)
        try:
            now_at = remote.piece(upload, offset, size, reading(stream, offset, size, lambda _: None))
            if not is_same(source, stream):
                raise Changed(str(source.path))
        except Refused as error:
            if error.reason == "piece_too_large" and piece > SMALLEST_PIECE:
                piece //= 2
                continue
            if error.offset is None:
                raise
            now_at = error.offset
        except Unreachable as error:
            if time.monotonic() >= until:
                raise
            remote.pause(pause, str(error))
            pause = min(pause * 2, LONGEST_PAUSE)
            now_at = remote.offset(upload)
        if now_at > offset:
            step(now_at - offset)
            pause, until = FIRST_PAUSE, time.monotonic() + PATIENCE
        offset = now_at
