"""A file is in the folder whole, once, and over nothing, wherever the one who puts it there is killed."""

import errno
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.folders import ground, placing
from gateway.folders.naming import WRITING
from tests.unit.folders.killing import Killed, killed_at

CHUNKS = [b"first, ", b"second"]


def put(folder: Path, key: str = "K", path: str = "窓口/a.txt", chunks: list[bytes] | None = None) -> str:
    with ground.opened(str(folder)) as opened:
        return placing.place(opened, key, path, chunks or CHUNKS)


def forget(folder: Path, key: str = "K") -> None:
    with ground.opened(str(folder)) as opened:
        placing.forget(opened, key)


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and WRITING not in path.parts
    }


def test_a_file_lies_under_its_name_in_its_sub_folder(tmp_path: Path) -> None:
    assert put(tmp_path) == "窓口/a.txt"
    assert files(tmp_path) == {"窓口/a.txt": b"first, second"}


def test_nothing_is_written_over(tmp_path: Path) -> None:
    put(tmp_path, "K")
    assert put(tmp_path, "L", chunks=[b"other"]) == "窓口/a (2).txt"
    assert files(tmp_path) == {"窓口/a.txt": b"first, second", "窓口/a (2).txt": b"other"}


def test_the_same_is_put_there_once_even_when_it_was_fetched(tmp_path: Path) -> None:
    put(tmp_path)
    (tmp_path / "窓口" / "a.txt").unlink()
    assert put(tmp_path) == "窓口/a.txt"
    assert files(tmp_path) == {}
    forget(tmp_path)
    put(tmp_path)
    assert len(files(tmp_path)) == 1
    forget(tmp_path)
    assert list((tmp_path / WRITING).iterdir()) == []


def test_a_failure_leaves_nothing_to_see(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise OSError(errno.ENOSPC, "full")

    with pytest.raises(OSError, match="full"), ground.opened(str(tmp_path)) as opened:
        placing.place(opened, "K", "a.txt", broken())
    assert files(tmp_path) == {}
    put(tmp_path)
    assert files(tmp_path) == {"窓口/a.txt": b"first, second"}


def test_killed_anywhere_it_is_there_once(tmp_path: Path) -> None:
    for number in itertools.count():
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            with killed_at(number):
                put(folder)
        except Killed:
            seen = files(folder)
            assert seen in ({}, {"窓口/a.txt": b"first, second"})  # never a piece
            for path in seen:
                (folder / path).unlink()  # somebody is quick to fetch it
            put(folder)
            again = files(folder)
            assert len(seen) + len(again) == 1, number
            assert set((seen | again).values()) == {b"first, second"}
        else:
            assert number > 20
            return


def test_killed_again_while_it_is_put_right(tmp_path: Path) -> None:
    """After a first kill between the note of the name and the rename."""
    first = next(number for number in itertools.count() if _noted(tmp_path / f"first{number}", number))
    for number in itertools.count():
        folder = tmp_path / str(number)
        assert _noted(folder, first)
        try:
            with killed_at(number):
                put(folder)
        except Killed:
            seen = files(folder)
            for path in seen:
                (folder / path).unlink()
            put(folder)
            assert len(seen) + len(files(folder)) == 1, number
        else:
            assert number > 10
            return


def _noted(folder: Path, number: int) -> bool:
    """Whether a kill there leaves both the bytes and the note of their name."""
    folder.mkdir()
    with pytest.raises(Killed), killed_at(number):
        put(folder)
    return all((folder / WRITING / name).exists() for name in ("K.new", "K.name")) and not files(folder)


def test_killed_between_the_two_steps_where_one_is_not_to_be_had(tmp_path: Path) -> None:
    """On NFS a name is given by a link first: KEY.new is still there, and is the same file."""
    put(tmp_path)
    os.link(tmp_path / "窓口" / "a.txt", tmp_path / WRITING / "K.new")
    assert put(tmp_path) == "窓口/a.txt"
    assert files(tmp_path) == {"窓口/a.txt": b"first, second"}


def test_remembered_until_forgotten(tmp_path: Path) -> None:
    with ground.opened(str(tmp_path)) as opened:
        assert list(placing.remembered(opened)) == []
        placing.place(opened, "K", "a.txt", CHUNKS)
        assert list(placing.remembered(opened)) == ["K"]
        placing.forget(opened, "K")
        assert list(placing.remembered(opened)) == []
