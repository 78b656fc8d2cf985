"""Files of a transfer on this machine: what is handed in, and clean results written where nothing stands yet."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from hashlib import file_digest
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import msgspec

from gateway.commands.clean_files import UnusablePath
from gateway.commands.transfer_remote import FIRST_PAUSE, LONGEST_PAUSE, PATIENCE, READ, Refused, Remote, Unreachable
from gateway.web.api.transfer_shapes import File


class Source(msgspec.Struct, frozen=True):
    """A file that is handed in."""

    path: Path
    name: str
    folder: str  #: above it, with slashes; "" for none
    size: int  #: bytes
    changed: int  #: nanoseconds since 1970

    @property
    def shown(self) -> str:
        """Within the transfer."""
        return f"{self.folder}/{self.name}" if self.folder else self.name


class Changed(Exception):
    """A file was written to while it was sent."""


def sources(paths: Sequence[Path]) -> list[Source]:
    """Every regular file under the paths, links left out; a folder keeps its own name. Raises UnusablePath."""
    found = [each for path in paths for each in _files(path)]
    if not found:
        raise UnusablePath(paths[0], "ファイルがありません", "no files here")
    return found


def _files(path: Path) -> Iterator[Source]:
    if path.is_symlink():
        raise UnusablePath(path, "シンボリックリンクは読みません", "symbolic links are not followed")
    if path.is_file():
        yield _source(path, "")
        return
    if not path.is_dir():
        raise UnusablePath(path, "ファイルもフォルダーもありません", "no such file or folder")
    base = path.resolve()
    for folder, subfolders, names in os.walk(base, followlinks=False):
        subfolders.sort()
        here = Path(folder)
        for name in sorted(names):
            source = here / name
            if source.is_file() and not source.is_symlink():
                yield _source(source, str(PurePosixPath(base.name, *here.relative_to(base).parts)))


def _source(path: Path, folder: str) -> Source:
    """Names that are not UTF-8 are made readable."""
    about = path.stat()
    name, above = (text.encode(errors="surrogateescape").decode(errors="replace") for text in (path.name, folder))
    return Source(path, name, above, about.st_size, about.st_mtime_ns)


def is_same(source: Source, stream: BinaryIO) -> bool:
    """Whether an open file is still as it was chosen."""
    about = os.fstat(stream.fileno())
    return (about.st_size, about.st_mtime_ns) == (source.size, source.changed)


def reading(stream: BinaryIO, offset: int, size: int, step: Callable[[int], None]) -> Iterator[bytes]:
    """So many bytes from an offset on, a little at a time. Raises Changed."""
    stream.seek(offset)
    left = size
    while left:
        data = stream.read(min(READ, left))
        if not data:
            raise Changed
        left -= len(data)
        yield data
        step(len(data))


class Saved(msgspec.Struct, frozen=True):
    """A result and where it lies."""

    item: str
    path: str


def save_all(remote: Remote, files: Sequence[File], out: Path, step: Callable[[int], None]) -> list[Saved]:
    """Every file that is ready. Raises Refused, Unreachable, OSError; what was written before stays."""
    saved, taken = [], set[Path]()
    for file in files:
        if file.item is None or file.clean_name is None:
            continue
        target = _place(out, file)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.parent.resolve().is_relative_to(out.resolve()):
            raise OSError(f"{target}: a link leads out of {out}")
        path = _save(remote, file, target, taken, step)
        taken.add(path)
        saved.append(Saved(file.item, str(path)))
    return saved


def _place(out: Path, file: File) -> Path:
    """Names come from the gateway, and are not believed."""
    parts = [*(file.path.split("/") if file.path else ()), file.clean_name or ""]
    for part in parts:
        if part in {"", ".", ".."} or "/" in part or "\\" in part or not part.isprintable():
            raise Refused(200, "bad_name", f"{part!r} is not a name for a file")
    return out.joinpath(*parts)


def _save(remote: Remote, file: File, target: Path, taken: set[Path], step: Callable[[int], None]) -> Path:
    """Whole or not at all, and over nothing: what is the same stays, beside another one it gets a number."""
    beside = target.with_name(f".{target.name[:60]}.{os.getpid()}.part")
    try:
        with open(beside, "x+b") as stream:  # noqa: PTH123 - exclusive
            _download(remote, file, stream, step)
            stream.flush()
            os.fsync(stream.fileno())
            digest = _digest(stream)
        if file.sha256 and digest != file.sha256:
            raise Refused(200, "checksum", f"{file.clean_name}: what arrived is not what was sent")
        return _put(beside, target, digest, taken)
    finally:
        beside.unlink(missing_ok=True)


def _put(beside: Path, target: Path, digest: str, taken: set[Path]) -> Path:
    number, place = 1, target
    while True:
        if place not in taken:
            try:
                os.link(beside, place, follow_symlinks=False)  # fails when there is something
            except FileExistsError:
                if _is(place, digest):
                    return place
            else:
                return place
        number += 1
        place = target.with_name(f"{target.stem} ({number}){target.suffix}")


def _is(place: Path, digest: str) -> bool:
    if place.is_symlink() or not place.is_file():
        return False
    with place.open("rb") as stream:
        return _digest(stream) == digest


def _digest(stream: BinaryIO) -> str:
    stream.seek(0)
    return file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type] # a file in binary


def _download(remote: Remote, file: File, stream: BinaryIO, step: Callable[[int], None]) -> None:
    """Goes on where the line was cut."""
    tag, pause, until = "", FIRST_PAUSE, time.monotonic() + PATIENCE
    while True:
        offset = stream.seek(0, os.SEEK_END)
        try:
            with remote.content(file.item or "", offset, tag) as answer:
                if answer.status_code == 200:
                    stream.seek(0)
                    stream.truncate()
                tag = answer.headers.get("ETag", "")
                for data in answer.iter_raw(READ):
                    stream.write(data)
                    step(len(data))
                    until = time.monotonic() + PATIENCE
        except Unreachable as error:
            if time.monotonic() >= until:
                raise
            remote.pause(pause, str(error))
            pause = min(pause * 2, LONGEST_PAUSE)
        else:
            return
