"""A real PostgreSQL server for tests: made in a folder of its own, on a socket only, durable, and gone at the end."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import psycopg

_SETTINGS = "\n".join(
    [
        "listen_addresses = ''",
        "fsync = on",
        "synchronous_commit = on",
        "max_connections = 60",
        "shared_buffers = 16MB",
        "deadlock_timeout = 200ms",
        "",
    ]
)


def binaries() -> Path | None:
    """Where initdb and pg_ctl are: the newest version installed, or None."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    return versions[-1].parent if versions else None


def _as_ordinary_user(command: list[str]) -> list[str]:
    # PostgreSQL refuses to run as root; Debian's package brings the user.
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command] if _is_root() else command


def _is_root() -> bool:
    return os.geteuid() == 0


class PostgreSQL:
    """A running server. Each test gets a database of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._databases = 0

    def url(self, database: str) -> str:
        """The URL as the settings have it."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def new_database(self) -> str:
        """The URL of an empty database."""
        self._databases += 1
        name = f"kiyome_{self._databases}"
        with psycopg.connect(host=str(self.folder), user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE \"{name}\" ENCODING 'UTF8' TEMPLATE template0")
        return self.url(name)


@contextmanager
def postgresql(bin_folder: Path) -> Iterator[PostgreSQL]:
    """Start a server; stop it and remove its files afterwards."""
    folder = Path(mkdtemp(prefix="kiyome-pg-"))  # short: the path of a socket may have 107 bytes
    if _is_root():
        shutil.chown(folder, "postgres", "postgres")
    data = folder / "data"
    try:
        _run(bin_folder / "initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "-D", data)
        with (data / "postgresql.conf").open("a") as file:
            file.write(_SETTINGS + f"unix_socket_directories = '{folder}'\n")
        _run(bin_folder / "pg_ctl", "-w", "-D", data, "-l", folder / "log", "-t", 120, "start")
        try:
            yield PostgreSQL(folder)
        finally:
            _run(bin_folder / "pg_ctl", "-w", "-m", "fast", "-D", data, "-t", 120, "stop")
    finally:
        shutil.rmtree(folder)


def _run(*command: object) -> None:
    words = _as_ordinary_user([str(word) for word in command])
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, timeout=180, cwd="/")
