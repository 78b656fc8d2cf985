"""Nothing leads out of a folder, and nothing is written over."""

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.folders import ground
from gateway.folders.ground import Away, What


@contextmanager
def opened(path: Path) -> Iterator[int]:
    with ground.opened(str(path)) as folder:
        yield folder


def test_what_is_seen_and_what_not(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("x")
    inside = tmp_path / "in"
    (inside / "窓口" / "a").mkdir(parents=True)
    (inside / "empty").mkdir()
    (inside / ".kiyome-taken").mkdir()
    (inside / ".kiyome-taken" / "b.txt").write_text("b")
    (inside / "窓口" / "a" / "c.txt").write_text("c")
    (inside / "link.txt").symlink_to(outside / "secret.txt")
    (inside / "links").symlink_to(outside)
    os.mkfifo(inside / "pipe")
    (inside / os.fsdecode("申請.txt".encode("cp932"))).write_bytes(b"12")
    with opened(inside) as folder:
        found = {seen.path: seen for seen in ground.walk(folder)}
    assert {path: seen.what for path, seen in found.items()} == {
        "窓口/a/c.txt": What.FILE,
        "link.txt": What.LINK,
        "links": What.LINK,
        "pipe": What.OTHER,
        os.fsdecode("申請.txt".encode("cp932")): What.FILE,
    }
    assert found[os.fsdecode("申請.txt".encode("cp932"))].size == 2


def test_a_link_in_the_place_of_a_sub_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "sub").symlink_to(tmp_path / "outside")
    with opened(tmp_path / "in") as folder, pytest.raises(OSError, match=r"."), ground.parent_of(folder, ["sub"]):
        pass
    with (
        opened(tmp_path / "in") as folder,
        pytest.raises(OSError, match=r"."),
        ground.parent_of(folder, ["sub"], make=ground.SHARED),
    ):
        pass


def test_links_pipes_and_sockets_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
    with opened(tmp_path) as folder:
        for name, number in (("link", errno.ELOOP), ("pipe", errno.ELOOP), ("s", errno.ENXIO)):
            with pytest.raises(OSError, match=r".") as caught:
                ground.open_file(folder, name)
            assert caught.value.errno == number


def test_a_folder_that_is_not_there_is_away(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "nowhere", tmp_path / "file"):
        with pytest.raises(Away), opened(path):
            pass


def test_where_a_share_must_be_mounted_a_bare_folder_is_away(tmp_path: Path) -> None:
    with pytest.raises(Away, match="mounted"), ground.opened(str(tmp_path), str(tmp_path)):
        pass
    with ground.opened(str(tmp_path), "/proc"):
        pass


@pytest.fixture(params=["renameat2", "link", "rename"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The three ways to give a file its name; NFS knows no RENAME_NOREPLACE, some shares no links either."""
    if request.param != "renameat2":
        monkeypatch.setattr(ground, "_UNKNOWN_TO_RENAME", frozenset(errno.errorcode))
        monkeypatch.setattr(ground, "_NO_REPLACE", 0x4000)  # a flag that no kernel knows: EINVAL
    if request.param == "rename":

        def no_links(*_: object, **__: object) -> None:
            raise PermissionError(errno.EPERM, "no links here")

        monkeypatch.setattr(os, "link", no_links)
    return str(request.param)


def test_a_name_is_given_once(tmp_path: Path, way: str) -> None:
    (tmp_path / "new").write_text("new")
    (tmp_path / "there").write_text("there")
    with opened(tmp_path) as folder:
        with pytest.raises(OSError, match=r"."):
            ground.move_without_replacing(folder, "new", folder, "there")
        assert (tmp_path / "there").read_text() == "there"
        ground.move_without_replacing(folder, "new", folder, "free")
    assert (tmp_path / "free").read_text() == "new"
    assert not (tmp_path / "new").exists()


def test_the_first_free_name(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("")
    (tmp_path / "a (2).txt").symlink_to("nowhere")
    with opened(tmp_path) as folder:
        assert ground.free_name(folder, "a.txt") == "a (3).txt"


@pytest.mark.parametrize("steps", [[".."], ["a", "..", ".."], ["."], [""], ["a/.."]])
def test_no_step_leads_out_of_the_folder(tmp_path: Path, steps: list[str]) -> None:
    (tmp_path / "in" / "a").mkdir(parents=True)
    with (
        ground.opened(str(tmp_path / "in")) as folder,
        pytest.raises(OSError, match="not a sub-folder"),
        ground.parent_of(folder, steps, make=ground.PRIVATE),
    ):
        pytest.fail("it led somewhere")
