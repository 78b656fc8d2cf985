"""How the store works: one writer, a few readers, threads for files; bytes are durable before rows refer to them."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from gateway.store import database
from gateway.store.blobs import Kept, Recent, Spool, free_bytes
from gateway.store.deeds import one_by_one
from gateway.store.errors import StoreError, StoreUnavailable
from gateway.store.writer import Kind, Transaction, UncertainCommit, Writer

Request = TypeVar("Request")
Answer = TypeVar("Answer")

_READERS = 2


class Workings:
    """What the store's rooms write and read with; everything here ends with `close`."""

    def __init__(self, engine: Engine, folders: Sequence[Path], now: Callable[[], int]) -> None:
        self._engine = engine
        self._folders = folders
        self._writer = Writer(engine, now)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="kiyome-read")
        self._files = ThreadPoolExecutor(_READERS, thread_name_prefix="kiyome-files")
        self._closing = threading.Event()
        self._running: set[asyncio.Task[Any]] = set()
        self._recent = Recent()

    async def close(self) -> None:
        """Finish what was begun; later calls raise StoreUnavailable."""
        self._closing.set()
        if self._running:
            await asyncio.wait(self._running)
        await asyncio.to_thread(self._shut_down)

    def _shut_down(self) -> None:
        self._writer.stop()
        self._readers.shutdown()
        self._files.shutdown()
        self._engine.dispose()

    def free_bytes(self) -> int:
        """Room left where blobs and the database are, whichever is less."""
        return min(free_bytes(folder) for folder in self._folders)

    async def _write(self, kind: Kind[Request, Answer], request: Request) -> Answer:
        return await self._writer.submit(kind, request)

    async def _do(self, deed: Callable[[Transaction], Answer]) -> Answer:
        answer: Answer = await self._writer.submit(one_by_one, deed)
        return answer

    async def _with_blobs(
        self, spools: Sequence[Spool], kind: Kind[Request, Answer], request: Callable[[list[Kept]], Request]
    ) -> Answer:
        """Make blobs durable, then commit the rows that refer to them."""
        if all(spool.in_memory for spool in spools):
            kept = [spool.keep() for spool in spools]
            answer = await self._write(kind, request(kept))
            for one in kept:
                self._recent.add(one)
            return answer
        for spool in spools:
            spool.hand_over()
        # Files on the way must come to their end even when the caller goes away: he only stops waiting.
        task = asyncio.create_task(self._with_file_blobs(spools, kind, request))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def _with_file_blobs(
        self, spools: Sequence[Spool], kind: Kind[Request, Answer], request: Callable[[list[Kept]], Request]
    ) -> Answer:
        try:
            kept = await self._with_files(lambda: [spool.keep() for spool in spools])
            answer = await self._write(kind, request(kept))
        except UncertainCommit:
            for spool in spools:
                spool.leave()
            raise
        except StoreError:
            for spool in spools:
                spool.undo()
            raise
        for spool in spools:
            spool.committed()
        return answer

    async def _with_files(self, work: Callable[[], Answer]) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._files, work)

    async def _read(self, work: Callable[[Connection], Answer]) -> Answer:
        if self._closing.is_set():
            raise StoreUnavailable("the store is closed")
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._reading, work)

    def _reading(self, work: Callable[[Connection], Answer]) -> Answer:
        try:
            with self._engine.connect() as plain:
                connection = database.for_reading(plain)
                with connection.begin():
                    return work(connection)
        except SQLAlchemyError as error:
            raise database.translated(error) from error
