"""Puts a file into a folder under its name, whole or not at all, once, and over nothing that is there.

    out/.kiyome-writing/KEY.new    the bytes, written and synced
    out/.kiyome-writing/KEY.name   the name they are about to get, synced
    out/窓口/申請.docx              one rename of KEY.new

A KEY.name without a KEY.new says that the rename has happened, whether or not somebody has fetched the file since:
after a crash it is not written again. Whoever has put the result on record then forgets KEY.name.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final

from gateway.folders import ground
from gateway.folders.naming import WRITING

_NEW: Final = ".new"
_NAME: Final = ".name"
_TRIES: Final = 20  #: when others put files of the same name beside ours at the same moment


def place(folder: int, key: str, path: str, chunks: Iterable[bytes]) -> str:
    """The path that the file has; that of the first time when it was placed before.

    `key`: letters, digits, hyphens and underscores; what is placed under one key is placed once until it is forgotten.
    Raises OSError, and what `chunks` raises.
    """
    with ground.parent_of(folder, [WRITING], make=ground.PRIVATE) as writing:
        done = _placed(folder, writing, key)
        if done is not None:
            return done
        ground.write_new(writing, key + _NEW, chunks)
        *steps, name = path.split("/")
        with ground.parent_of(folder, steps, make=ground.SHARED) as target:
            free = _named(writing, key, target, steps, name)
            ground.synced(target)
        ground.synced(writing)
        return "/".join((*steps, free))


def _placed(folder: int, writing: int, key: str) -> str | None:
    """Where a file of this key was put, or None; then nothing is left that could say otherwise."""
    name = ground.read_small(writing, key + _NAME)
    if name is None:
        return None
    path = os.fsdecode(name)
    if not ground.exists(writing, key + _NEW):
        return path
    if _linked(folder, writing, key, path):
        os.unlink(key + _NEW, dir_fd=writing)
        return path
    os.unlink(key + _NAME, dir_fd=writing)  # before KEY.new is touched: without it this would say "placed"
    ground.synced(writing)
    return None


def _linked(folder: int, writing: int, key: str, path: str) -> bool:
    """Whether the file has its name already, beside that of KEY.new: where the one step had to be made in two."""
    *steps, name = path.split("/")
    with suppress(FileNotFoundError), ground.parent_of(folder, steps) as target:
        return ground.same_file(writing, key + _NEW, target, name)
    return False


def _named(writing: int, key: str, target: int, steps: list[str], name: str) -> str:
    for _ in range(_TRIES):
        free = ground.free_name(target, name)
        ground.write_new(writing, key + _NAME, [os.fsencode("/".join((*steps, free)))])
        ground.synced(writing)
        with suppress(FileExistsError):  # somebody took the name at this moment
            ground.move_without_replacing(writing, key + _NEW, target, free)
            return free
    raise FileExistsError(name)


def forget(folder: int, key: str) -> None:
    """What was placed under this key is on record elsewhere."""
    with suppress(FileNotFoundError), ground.parent_of(folder, [WRITING]) as writing:
        os.unlink(key + _NAME, dir_fd=writing)


def remembered(folder: int) -> Iterator[str]:
    """Keys of what was placed, or begun, and not forgotten."""
    try:
        with ground.parent_of(folder, [WRITING]) as writing:
            names = ground.names_in(writing)
    except FileNotFoundError:
        return
    yield from (name.removesuffix(_NAME) for name in names if name.endswith(_NAME))
