"""Bringing a database to the version this Kiyome speaks, whoever else opens it at the same time."""

from sqlalchemy import URL, Connection, Engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from gateway.store import database
from gateway.store.errors import StoreUnusable
from gateway.store.schema import VERSION

#: Any number will do; it is the key of the lock that migrations of Kiyome take on PostgreSQL.
_LOCK = 5_264_131_772
_WAIT_FOR_MIGRATION = text(f"SELECT pg_advisory_xact_lock({_LOCK})")


def open_engine(url: URL) -> Engine:
    """An engine on a database whose tables are up to date. Raises StoreUnusable with the reason; blocks."""
    file = database.sqlite_file(url)
    try:
        if file is not None:
            database.create_sqlite_file(file)
        engine = database.engine(url)
        try:
            _migrate(engine)
        except BaseException:
            engine.dispose()
            raise
    except (OSError, SQLAlchemyError) as error:
        raise StoreUnusable(f"the store cannot be opened: {_reason(error)}") from error
    return engine


def _reason(error: OSError | SQLAlchemyError) -> str:
    """The first line of what the system or the server said; neither repeats the password."""
    lines = str(getattr(error, "orig", None) or error).splitlines()
    return lines[0] if lines else type(error).__name__


def _migrate(engine: Engine) -> None:
    with engine.connect() as connection, database.for_reading(connection).begin():
        if _version(connection) == VERSION:
            return  # the usual case: no lock, and Alembic is not even imported
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(_WAIT_FOR_MIGRATION)
        _upgrade(connection)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - a tenth of a second that only a new version needs
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "gateway.store:migrations")
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    version = _version(connection)
    if version is not None and version not in known:
        raise StoreUnusable(
            f"the store is of version {version}, which this Kiyome does not know (its own is {VERSION}): "
            "it was opened by a newer Kiyome; install that or restore a backup"
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
