"""Which Kiyome processes of this host are alive, so that what a killed one was at is taken up at once.

Each process keeps a locked file named after it beside the store; the kernel drops the lock when the process ends,
however it ends. A process id alone would not do: it may belong to another program by now.
"""

import fcntl
import os
import secrets
import socket
from pathlib import Path


class Presence:
    """This process, as others on this host see it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._handle: int | None = None

    def enter(self) -> None:
        """From now on others know that we live."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._handle = os.open(self._folder / self.owner, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._handle, fcntl.LOCK_EX)

    def leave(self) -> None:
        """The orderly end; does nothing when it has come already."""
        if self._handle is None:
            return
        (self._folder / self.owner).unlink(missing_ok=True)
        os.close(self._handle)
        self._handle = None

    def dead(self) -> list[str]:
        """Owners on this host that ended without leaving."""
        host = socket.gethostname() + ":"
        return [path.name for path in self._folder.iterdir() if path.name.startswith(host) and _is_dead(path)]

    def forget(self, owner: str) -> None:
        """What it held is given back."""
        (self._folder / owner).unlink(missing_ok=True)


def _is_dead(path: Path) -> bool:
    """Whether nobody holds its lock. Our own is held through another description, so it counts as alive."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:  # it left this moment
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True
