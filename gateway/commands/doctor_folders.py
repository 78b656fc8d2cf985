"""What `kiyome doctor` says of watched folders: whether files can be taken from them and written into them."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from gateway.commands.doctor_checks import Check, Status
from gateway.folders import ground
from gateway.folders.ground import Away
from gateway.settings import Settings, WatchedFolder


def folders(settings: Settings) -> list[Check]:
    """One line for each pair of folders."""
    return [_check(folder, settings.folders) for folder in settings.folders]


def _check(folder: WatchedFolder, every: tuple[WatchedFolder, ...]) -> Check:
    problem = next(_problems(folder, every), None)
    ja, en = problem or ("", "")
    return Check(
        name_ja=f"監視フォルダー {folder.name}",
        name_en=f"Watched folder {folder.name}",
        status=Status.BAD if problem else Status.OK,
        detail=f"{folder.intake} → {folder.out}",
        advice_ja=ja,
        advice_en=en,
    )


def _problems(folder: WatchedFolder, every: tuple[WatchedFolder, ...]) -> Iterator[tuple[str, str]]:
    for path in _paths(folder):
        try:
            with ground.opened(path, folder.mount) as opened:
                yield from _unwritable(path)
                yield from _divided(path, opened)
        except Away as error:
            yield f"フォルダーを作成またはマウントしてください({error})。", f"Make or mount the folder ({error})."
    places = [(path, os.path.realpath(path)) for each in every for path in _paths(each)]
    own = os.path.realpath(folder.intake)
    for path, real in places:
        if path != folder.intake and (_inside(real, own) or _inside(own, real)):
            yield (
                f"{folder.intake} と {path} は同じか、一方が他方の中にあります。別々の場所にしてください。",
                f"{folder.intake} and {path} are the same, or one lies in the other. Keep them apart.",
            )


def _unwritable(path: str) -> Iterator[tuple[str, str]]:
    """Tried by making a folder, as taking and writing do, and a file in it."""
    try:
        with tempfile.TemporaryDirectory(prefix=".kiyome-doctor-", dir=path) as made:
            (Path(made) / "file").write_bytes(b"x")
            (Path(made) / "file").rename(Path(path) / f"{Path(made).name}.file")
            (Path(path) / f"{Path(made).name}.file").unlink()
    except OSError as error:
        yield (
            f"{path} に書き込めません({error.strerror})。ゲートウェイの利用者に読み書きの権限を与えてください。",
            f"{path} cannot be written to ({error.strerror}). Let the gateway's user read and write there.",
        )


def _divided(path: str, opened: int) -> Iterator[tuple[str, str]]:
    """A file is moved in one step only within one file system."""
    here = os.fstat(opened).st_dev
    for name in ground.names_in(opened):
        inner = os.stat(name, dir_fd=opened, follow_symlinks=False)
        if inner.st_dev != here:
            yield (
                f"{path} の中の {name} は別のファイルシステムです。監視フォルダーの中にマウントしないでください。",
                f"{name} in {path} is another file system. Mount nothing inside a watched folder.",
            )


def _paths(folder: WatchedFolder) -> list[str]:
    return [folder.intake, folder.out, *([folder.error] if folder.error else [])]


def _inside(path: str, other: str) -> bool:
    return Path(path).is_relative_to(other)
