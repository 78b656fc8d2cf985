"""The proof that the record is whole, which reads all of it: begun, looked at, kept while this process runs."""

import asyncio
import logging
import secrets
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Final

import msgspec

from gateway.store.drafts import AuditProof
from gateway.store.errors import StoreError
from gateway.web.api.problem import Problem
from gateway.web.health import Served
from gateway.web.jobs import JobState

KEPT: Final = 20  #: proofs of the past that can still be asked for

log = logging.getLogger(__name__)


class ProofOut(msgspec.Struct, frozen=True, kw_only=True):
    """What reading the whole chain again showed."""

    intact: bool
    rows: int
    head_hash: str
    broken_seq: int | None
    problem: str


class Proving(msgspec.Struct, frozen=True, kw_only=True):
    """How far a proof is, and what it showed."""

    id: str
    state: JobState
    rows: int  #: that were read
    total: int
    begun_at: datetime
    ended_at: datetime | None = None
    proof: ProofOut | None = None


class Proofs:
    """One for each process; one runs at a time, for all who asked: the chain is the same for everybody."""

    def __init__(self, gateway: Served) -> None:
        self._gateway = gateway
        self._proofs: OrderedDict[str, Proving] = OrderedDict()
        self._running: asyncio.Task[None] | None = None
        self._read = (0, 0)  # told by the thread that reads

    def begin(self) -> Proving:
        """Goes on by itself from here; whoever asks meanwhile gets the same one."""
        newest = next(reversed(self._proofs.values()), None)
        if newest is not None and newest.state is JobState.RUNNING:
            return self.get(newest.id)
        while len(self._proofs) >= KEPT:
            self._proofs.popitem(last=False)
        self._read = (0, 0)
        begun = Proving(
            id=secrets.token_hex(8), state=JobState.RUNNING, rows=0, total=0, begun_at=datetime.now(UTC)
        )  # fmt: skip
        self._proofs[begun.id] = begun
        self._running = asyncio.create_task(self._run(begun), name="proof of the record")
        return begun

    def get(self, proof_id: str) -> Proving:
        """Raises Problem not_found."""
        found = self._proofs.get(proof_id)
        if found is None:
            raise Problem("not_found")
        if found.state is not JobState.RUNNING:
            return found
        rows, total = self._read
        return msgspec.structs.replace(found, rows=rows, total=total)

    async def stop(self) -> None:
        """The process ends; nobody waits for the proof any more."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])

    async def _run(self, begun: Proving) -> None:
        end, proof = JobState.FAILED, None
        try:
            found = await self._gateway.store.verify_audit(self._told)
            end, proof = JobState.DONE, _out(found)
        except asyncio.CancelledError:
            end = JobState.CANCELLED
            raise
        except StoreError as error:
            log.warning("the proof of the record ended early: %s", error)
        finally:
            now = self.get(begun.id)
            self._proofs[begun.id] = msgspec.structs.replace(now, state=end, proof=proof, ended_at=datetime.now(UTC))

    def _told(self, rows: int, total: int) -> None:
        self._read = (rows, total)


def _out(proof: AuditProof) -> ProofOut:
    return ProofOut(intact=proof.intact, **msgspec.structs.asdict(proof))
