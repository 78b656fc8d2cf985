"""Group commit: one thread writes; whatever waits when it is free becomes one transaction and one sync.

An operation that the store refuses (WrongState, LeaseLost) comes back as its own outcome and disturbs nobody. One that
the database chokes on rolls the group back, and each is tried alone. A commit that fails, fails for the whole group.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import Enum
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Engine, Insert, Update
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from gateway.store import audit
from gateway.store.counting import ADD, MICROSECONDS, Counts
from gateway.store.database import concerns_everyone, translated
from gateway.store.errors import StoreError, StoreFull, StoreUnavailable
from gateway.store.rows import Values

Request = TypeVar("Request")
Answer = TypeVar("Answer")

#: More in one transaction would make the first wait for the last.
_GROUP = 256
#: An item number that is taken: drawn again this often, alone.
_TRIES = 4
#: What one operation can trip over: the database, a text that is not Unicode, a number too large for a column.
_OPERATION_ERRORS = (SQLAlchemyError, StoreError, ValueError, OverflowError)


class Transaction:
    """One group's transaction: a connection, the time, and the counts and audit rows that are written at its end."""

    def __init__(self, connection: Connection, now: int) -> None:
        self.connection = connection
        self.now = now  #: microseconds since 1970
        self.hour = now // MICROSECONDS  #: hours since 1970
        self.counts = Counts()
        self._entries: list[audit.Entry] = []

    def audit(self, actor: str, action: str, item_id: str, **detail: str | int | bool) -> None:
        """Record what happened, in this transaction."""
        self._entries.append(audit.Entry(actor, action, item_id, detail))

    def write(self, statement: Insert | Update, rows: Sequence[Values]) -> None:
        """One statement for many rows of the same keys; none for none."""
        if rows:
            self.connection.exec_driver_sql(_rendered(self.connection, statement, tuple(rows[0])), rows)

    def finish(self) -> None:
        """Write counts and audit rows. Last, because they lock what other gateways wait for until the commit."""
        counted = self.counts.rows()
        if counted:
            self.connection.exec_driver_sql(ADD[self.connection.dialect.name], counted)
        if not self._entries:
            return
        rows = audit.chained(self.connection, self._entries, self.now)
        self.write(audit.APPEND, rows)
        self.write(audit.MOVE_HEAD, [{"new_seq": rows[-1]["seq"], "new_hash": rows[-1]["hash"]}])


_SQL: dict[tuple[str, Insert | Update, tuple[str, ...]], str] = {}


def _rendered(connection: Connection, statement: Insert | Update, keys: tuple[str, ...]) -> str:
    # Rendered once and then handed to the driver as it is: binding each row anew would cost more than the writing.
    name = connection.dialect.name
    sql = _SQL.get((name, statement, keys))
    if sql is None:
        dialect = SQLiteDialect_pysqlite(paramstyle="named") if name == "sqlite" else connection.dialect
        columns = keys if isinstance(statement, Insert) else None
        sql = _SQL[name, statement, keys] = str(statement.compile(dialect=dialect, column_keys=columns))
    return sql


#: Does all operations of one kind; gives an answer, or the StoreError that refuses, for each.
Kind = Callable[[Transaction, Sequence[Request]], Sequence[Answer | StoreError]]


class UncertainCommit(StoreUnavailable):
    """The commit was sent and its answer lost: the change may be on disk or not."""


class _Stage(Enum):
    """How far a transaction came."""

    BEGINNING = 1
    WORKING = 2
    COMMITTING = 3


class _Failure(msgspec.Struct, frozen=True):
    """Why a transaction failed, and whether trying its operations one by one could help."""

    error: StoreError
    one_may_be_to_blame: bool


class _Work:
    __slots__ = ("future", "kind", "outcome", "request")

    def __init__(self, kind: Kind[Any, Any], request: object, future: "asyncio.Future[Any]") -> None:
        self.kind = kind
        self.request = request
        self.future = future
        self.outcome: object = StoreUnavailable("the writer stopped")


class Writer:
    """The thread, its queue, and the futures of those who wait."""

    def __init__(self, engine: Engine, clock: Callable[[], int]) -> None:
        self._engine = engine
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._queue: deque[_Work] = deque()
        self._arrived = threading.Condition()
        self._closing = False
        self._running = False
        self._thread: threading.Thread | None = None
        self._connection: Connection | None = None

    def submit(self, kind: Kind[Request, Answer], request: Request) -> "asyncio.Future[Answer]":
        """Queue an operation; the future is done after its commit. Call on the event loop."""
        future: asyncio.Future[Answer] = self._loop.create_future()
        with self._arrived:
            if self._closing:
                future.set_exception(StoreUnavailable("the store is closed"))
                return future
            if not self._running:  # the first time, or an unforeseen error ended the thread
                self._running = True
                self._thread = threading.Thread(target=self._serve, name="kiyome-store", daemon=True)
                self._thread.start()
            self._queue.append(_Work(kind, request, future))
            self._arrived.notify()
        return future

    def stop(self) -> None:
        """Finish what is queued, then end the thread; blocks."""
        with self._arrived:
            self._closing = True
            self._arrived.notify()
        if self._thread is not None:
            self._thread.join()

    def _take(self) -> list[_Work]:
        with self._arrived:
            while not self._queue and not self._closing:
                self._arrived.wait()
            return [self._queue.popleft() for _ in range(min(len(self._queue), _GROUP))]

    def _serve(self) -> None:
        try:
            while group := self._take():
                try:
                    self._do(group)
                finally:
                    # Also on the way out of an unforeseen error: nobody waits for ever.
                    self._answer(group)
        finally:
            self._disconnect()
            with self._arrived:
                self._running = False
                left = list(self._queue)
                self._queue.clear()
            self._answer(left)

    def _do(self, group: list[_Work]) -> None:
        failure = self._attempt(group)
        if failure is None:
            return
        if not failure.one_may_be_to_blame:
            _fail(group, failure.error)
            return
        for work in group:
            self._do_alone(work)

    def _do_alone(self, work: _Work) -> None:
        for _ in range(_TRIES):
            failure = self._attempt([work])
            if failure is None:
                return
            _fail([work], failure.error)
            if not isinstance(failure.error.__cause__, IntegrityError):
                return

    def _attempt(self, group: list[_Work]) -> _Failure | None:
        """Try the whole group in one transaction; what went wrong, if nothing was committed (or nobody knows)."""
        stage = _Stage.BEGINNING
        try:
            connection = self._connect()
            with connection.begin() as begun:
                stage = _Stage.WORKING
                transaction = Transaction(connection, self._clock())
                outcomes = _outcomes(transaction, group)
                transaction.finish()
                stage = _Stage.COMMITTING
                begun.commit()
        except _OPERATION_ERRORS as error:
            failure = _failure(error, stage)
            if not failure.one_may_be_to_blame:
                self._disconnect()
            return failure
        for work, outcome in zip(group, outcomes, strict=True):
            work.outcome = outcome
        return None

    def _connect(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError):
                connection.invalidate()  # whatever is open in it ends here; the pool shall not have it back
            with suppress(SQLAlchemyError):
                connection.close()

    def _answer(self, group: list[_Work]) -> None:
        with suppress(RuntimeError):  # the loop was closed under us: nobody is waiting any more
            self._loop.call_soon_threadsafe(_resolve, group)


def _outcomes(transaction: Transaction, group: list[_Work]) -> list[object]:
    by_kind: dict[Kind[Any, Any], list[_Work]] = {}
    for work in group:
        by_kind.setdefault(work.kind, []).append(work)
    outcome_of: dict[_Work, object] = {}
    for kind, works in by_kind.items():
        outcome_of.update(zip(works, kind(transaction, [work.request for work in works]), strict=True))
    return [outcome_of[work] for work in group]


def _failure(error: Exception, stage: _Stage) -> _Failure:
    one_may_be_to_blame = stage is _Stage.WORKING
    failure: StoreError
    if isinstance(error, StoreError):
        failure = error
    elif isinstance(error, SQLAlchemyError):
        failure = translated(error)
        one_may_be_to_blame &= not concerns_everyone(error)
        if stage is _Stage.COMMITTING and not isinstance(failure, StoreFull):
            failure = UncertainCommit("the database did not confirm the commit")
    else:
        failure = StoreUnavailable("the database cannot hold a value")
    if failure is not error:
        failure.__cause__ = error
    return _Failure(failure, one_may_be_to_blame)


def _fail(group: list[_Work], error: StoreError) -> None:
    for work in group:
        work.outcome = error


def _resolve(group: list[_Work]) -> None:
    for work in group:
        if work.future.done():  # cancelled meanwhile
            continue
        if isinstance(work.outcome, StoreError):
            work.future.set_exception(work.outcome)
        else:
            work.future.set_result(work.outcome)
