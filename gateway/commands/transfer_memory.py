"""How far a transfer is, kept in a file of the user's own, so that the same command goes on after whatever ended it."""

import fcntl
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import msgspec


class Handed(msgspec.Struct, frozen=True):
    """One file, as it was when its upload was announced."""

    size: int
    changed: int  #: nanoseconds since 1970
    upload: str


class Memory(msgspec.Struct):
    """Of one command line. Never holds a token."""

    key: str  #: random: what begins twice with it begins once
    transfer: str = ""
    files: dict[str, Handed] = {}


class InUse(Exception):
    """The same command runs already."""


class Remembered:
    """The memory and its file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.memory = self._read() or Memory(secrets.token_hex(16))

    def _read(self) -> Memory | None:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Memory)
        except (OSError, msgspec.MsgspecError):
            return None

    def keep(self) -> None:
        """Before the next step: whole or as it was."""
        beside = self._path.with_suffix(".new")
        with open(beside, "wb", opener=_private) as stream:
            stream.write(msgspec.json.encode(self.memory))
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(self._path)

    def begin_anew(self) -> None:
        """What was begun is over."""
        self.memory = Memory(secrets.token_hex(16))

    def forget(self) -> None:
        """It is done."""
        self._path.unlink(missing_ok=True)


@contextmanager
def remembered(said: Sequence[str]) -> Iterator[Remembered]:
    """The memory of a command, by what it says. Raises InUse, OSError."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = sha256("\0".join(said).encode(errors="surrogateescape")).hexdigest()[:32]
    with open(folder / f"{name}.lock", "wb", opener=_private) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUse from None
        yield Remembered(folder / f"{name}.json")


def _folder() -> Path:
    """By the XDG Base Directory Specification."""
    home = os.environ.get("XDG_STATE_HOME", "")
    return (Path(home) if home.startswith("/") else Path.home() / ".local/state") / "kiyome/transfers"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)
