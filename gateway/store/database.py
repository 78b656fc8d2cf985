"""Connections: what SQLite and PostgreSQL must be told so that a commit is durable, and what their errors mean."""

import os
import sqlite3
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, SQLAlchemyError

from gateway.store.blobs import sync_folder
from gateway.store.errors import StoreFull, StoreUnavailable, StoreUnusable

_BUSY_MILLISECONDS = 30_000
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",  # readers and the one writer do not wait for each other
    "PRAGMA synchronous=FULL",  # in WAL mode anything less loses the last commits when the power fails
    f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}",
    "PRAGMA foreign_keys=ON",
    "PRAGMA wal_autocheckpoint=4000",  # 16 MB: fewer copies of the pages that every mail touches
    "PRAGMA journal_size_limit=67108864",
)


def store_url(url: str, password: str | None) -> URL:
    """The URL with its password. Raises StoreUnusable for what cannot be a store."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StoreUnusable("store.url is not a database URL") from error
    if parsed.drivername not in {"sqlite", "sqlite+pysqlite", "postgresql+psycopg"}:
        raise StoreUnusable(f"store.url starts with {parsed.drivername}; it must be sqlite or postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite":
        if parsed.database in {None, "", ":memory:"}:
            raise StoreUnusable("store.url names no file; a store in memory would lose mail")
        return parsed
    return parsed if password is None else parsed.set(password=password)


def sqlite_file(url: URL) -> Path | None:
    """The file of an SQLite store; None for PostgreSQL."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def create_sqlite_file(path: Path) -> None:
    """Make the file, if it is new, readable by the gateway's user alone; SQLite gives its journals the same mode."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    sync_folder(path.parent)


def engine(url: URL) -> Engine:
    """An engine whose commits are durable, whose `begin` does not fail half-way on a lock, and whose errors quote
    no values (they would be of a mail)."""
    if url.get_backend_name() == "sqlite":
        made = create_engine(url, hide_parameters=True, connect_args={"timeout": _BUSY_MILLISECONDS / 1000})
        event.listen(made, "connect", _prepare_sqlite)
        event.listen(made, "begin", _begin_sqlite)
    else:
        made = create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args={"connect_timeout": 10})
        event.listen(made, "connect", _prepare_postgresql)
    return made


def for_reading(connection: Connection) -> Connection:
    """The same connection, for transactions that see one moment and lock nothing."""
    if connection.dialect.name == "postgresql":
        return connection.execution_options(isolation_level="REPEATABLE READ")
    return connection.execution_options(reads=True)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver shall not begin transactions of its own; _begin_sqlite does
    for pragma in _PRAGMAS:
        connection.execute(pragma).close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock at once: a transaction that reads first and writes later can fail in between.
    reads = connection.get_execution_options().get("reads", False)
    statement = "BEGIN" if reads else "BEGIN IMMEDIATE"
    try:
        connection.connection.execute(statement).close()
    except sqlite3.Error as error:  # said to the driver itself, so it is for us to wrap it
        raise OperationalError(statement, None, error) from error


def _prepare_postgresql(connection: psycopg.Connection[Any], _record: object) -> None:
    row = connection.execute("SHOW synchronous_commit").fetchone()
    if row is not None and row[0] == "off":
        connection.execute("SET synchronous_commit = on")  # "250 means kept", whatever the server's default
    connection.commit()


def translated(error: SQLAlchemyError) -> StoreUnavailable:
    """What a database error means to those who wait; the cause stays chained for the log."""
    if isinstance(error, DBAPIError) and _is_full(error.orig):
        return StoreFull("no space left for the database")
    return StoreUnavailable("the database did not take the change")


def _is_full(cause: object) -> bool:
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return isinstance(cause, psycopg.errors.DiskFull)


def concerns_everyone(error: SQLAlchemyError) -> bool:
    """No single operation can be to blame: trying them one by one would only fail one by one."""
    if not isinstance(error, DBAPIError):
        return False
    cause = error.orig
    busy = isinstance(cause, sqlite3.Error) and getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
    return error.connection_invalidated or busy or _is_full(cause)
