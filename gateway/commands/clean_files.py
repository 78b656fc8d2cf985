"""Which files `kiyome clean` reads, and where their clean twins are written: never outside the output folder."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec


class UnusablePath(Exception):
    """A path on the command line that cannot be used; the text names it and says why, in both languages."""

    def __init__(self, path: Path, ja: str, en: str) -> None:
        super().__init__(f"{path}: {en}")
        self.ja = f"{path}: {ja}"
        self.en = f"{path}: {en}"


class Pair(msgspec.Struct, frozen=True):
    """One file and its twin."""

    source: Path
    target: Path
    shown: str  #: the name relative to the path that was given


class Targets:
    """Names that are taken. A name made safe, shortened or given its right ending may be that of another file."""

    def __init__(self, chosen: Sequence[Pair], *, force: bool) -> None:
        self._taken = {pair.target for pair in chosen}
        self._force = force

    def named(self, pair: Pair, name: str) -> Path:
        """Where the file goes under this name, or the nearest free one: "a (2).pdf"."""
        wanted = target = pair.target.with_name(name or pair.target.name)
        number = 1
        while target != pair.target and self._is_taken(target):
            number += 1
            target = wanted.with_name(f"{wanted.stem} ({number}){wanted.suffix}")
        self._taken.add(target)
        return target

    def _is_taken(self, target: Path) -> bool:
        return target in self._taken or (not self._force and os.path.lexists(target))


def pairs(paths: Sequence[Path], out: Path, *, force: bool) -> list[Pair]:
    """Every regular file under `paths`, links left out; raises UnusablePath before anything is written."""
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise UnusablePath(out, "出力先はフォルダーでなければなりません", "the output must be a folder")
    found = [Pair(source, out / relative, str(relative)) for path in paths for source, relative in _files(path, out)]
    if not found:
        raise UnusablePath(paths[0], "ファイルがありません", "no files here")
    taken: set[Path] = set()
    for pair in found:
        if pair.target in taken:
            raise UnusablePath(pair.target, "二つのファイルの出力先が同じです", "two files would be written here")
        if not force and os.path.lexists(pair.target):
            raise UnusablePath(pair.target, "すでにあります (--force で上書き)", "exists already (--force overwrites)")
        taken.add(pair.target)
    return found


def read(source: Path, limit: int) -> bytes:
    """The content, cut off just above `limit` bytes: more is over the budget in any case."""
    with os.fdopen(os.open(source, os.O_RDONLY | os.O_NOFOLLOW), "rb") as stream:
        return stream.read(limit + 1)


def write(target: Path, data: bytes, out: Path, *, force: bool) -> None:
    """Whole or not at all; raises OSError, also when a link would lead out of the folder."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.parent.resolve().is_relative_to(out.resolve()):
        raise OSError(f"{target}: a link leads out of {out}")
    beside = target.with_name(f".{target.name[:100]}.{os.getpid()}.part")
    try:
        with open(beside, "xb") as stream:  # noqa: PTH123 - exclusive
            stream.write(data)
        if force:
            beside.replace(target)
        else:
            os.link(beside, target, follow_symlinks=False)  # fails when somebody made it meanwhile
    finally:
        beside.unlink(missing_ok=True)


def _files(path: Path, out: Path) -> Iterator[tuple[Path, Path]]:
    """Each file with its name relative to the folder that was given."""
    if path.is_symlink():
        raise UnusablePath(path, "シンボリックリンクは読みません", "symbolic links are not followed")
    if path.is_file():
        yield path, Path(path.name)
        return
    if not path.is_dir():
        raise UnusablePath(path, "ファイルもフォルダーもありません", "no such file or folder")
    written = out.resolve()
    for folder, subfolders, names in os.walk(path, followlinks=False):
        here = Path(folder)
        subfolders[:] = sorted(name for name in subfolders if (here / name).resolve() != written)
        for name in sorted(names):
            source = here / name
            if source.is_file() and not source.is_symlink():
                yield source, source.relative_to(path)
