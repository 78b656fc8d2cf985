"""What `kiyome doctor` finds wrong with watched folders."""

import os
from pathlib import Path

import pytest

from gateway.commands.doctor_checks import Check, Status
from gateway.commands.doctor_folders import folders
from gateway.settings import Settings, WatchedFolder


def checked(folder: Path, **changes: str) -> Check:
    paths = {name: str(folder / name) for name in ("in", "out", "error")} | changes
    watched = WatchedFolder(
        name="cms",
        intake=paths["in"],
        out=paths["out"],
        error=paths["error"],
        owner="web@city.example.lg.jp",
        mount=paths.get("mount", ""),
    )
    (check,) = folders(Settings(hostname="g", accepted_domains=(), routes=(), listeners=(), folders=(watched,)))
    return check


@pytest.fixture
def ready(tmp_path: Path) -> Path:
    for name in ("in", "out", "error"):
        (tmp_path / name).mkdir()
    return tmp_path


def test_well_and_nothing_left_behind(ready: Path) -> None:
    assert checked(ready).status is Status.OK
    assert sorted(path.name for path in ready.rglob("*")) == ["error", "in", "out"]


def test_one_is_missing(ready: Path) -> None:
    (ready / "error").rmdir()
    check = checked(ready)
    assert check.status is Status.BAD
    assert str(ready / "error") in check.advice_ja
    assert str(ready / "error") in check.advice_en


def test_the_share_is_not_mounted(ready: Path) -> None:
    assert "mounted" in checked(ready, mount=str(ready)).advice_en


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_one_cannot_be_written_to(ready: Path) -> None:
    (ready / "out").chmod(0o500)
    assert "cannot be written to" in checked(ready).advice_en


def test_one_that_is_a_file_system_without_writing() -> None:
    assert checked(Path("/nowhere"), **{"in": "/proc", "out": "/proc", "error": "/proc"}).status is Status.BAD


def test_a_link_that_makes_two_folders_one(ready: Path) -> None:
    (ready / "out").rmdir()
    (ready / "out").symlink_to(ready / "in")
    assert "Keep them apart" in checked(ready).advice_en
