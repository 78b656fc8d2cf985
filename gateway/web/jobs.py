"""Work on many items that goes on after the answer: begun, looked at, cancelled; kept while this process runs."""

import asyncio
import logging
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import msgspec

from gateway.access.model import Caller
from gateway.access.rights import Right
from gateway.delivery import quarantine
from gateway.store.errors import StoreError
from gateway.store.lists import Bulk
from gateway.store.queries import BulkAction, BulkProgress, Query
from gateway.web.api.problem import FieldProblem, Problem
from gateway.web.handling import reason_of
from gateway.web.health import Served

AT_ONCE: Final = 4  #: jobs that go on; one more is told to wait
OF_ONE_PERSON: Final = 2
KEPT: Final = 200  #: jobs of the past that can still be asked for
MOST_IDS: Final = 1_000  #: named one by one
LONGEST_KEY: Final = 100  #: characters of an idempotency key

#: What each needs. An original is released one by one, by a person who has looked at it.
RIGHTS: Final = {
    BulkAction.RELEASE: Right.ITEMS_RELEASE,
    BulkAction.DISCARD: Right.ITEMS_DISCARD,
    BulkAction.HOLD: Right.ITEMS_HOLD,
    BulkAction.CLEAN_AGAIN: Right.ITEMS_RETRY,
    BulkAction.RETRY: Right.ITEMS_RETRY,
}

log = logging.getLogger(__name__)


class JobState(StrEnum):
    """How far a job is."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"  # the store did not answer; what was changed stays changed


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A bulk action."""

    id: str
    action: BulkAction
    reason: str
    state: JobState
    progress: BulkProgress
    begun_at: datetime
    ended_at: datetime | None = None


class _Running:
    def __init__(self, job: Job, person: str, key: str) -> None:
        self.job = job
        self.person = person
        self.key = key
        self.cancelled = False
        self.task: asyncio.Task[None] | None = None

    def now(self, **changed: Any) -> None:
        self.job = msgspec.structs.replace(self.job, **changed)


Tell = Callable[[str, Job], None]  #: the person's id, and how far their job is


class Jobs:
    """One for each process. A person sees and cancels their own."""

    def __init__(self, gateway: Served, tell: Tell) -> None:
        self._gateway = gateway
        self._tell = tell
        self._jobs: OrderedDict[str, _Running] = OrderedDict()

    def begin(
        self, caller: Caller, chosen: Query | Sequence[str], action: BulkAction, reason: str, key: str = ""
    ) -> Job:
        """Goes on by itself from here. The same `key` of the same person gives the same job. Raises Problem."""
        if action not in RIGHTS:
            raise Problem("invalid", fields=(FieldProblem("action", "originals are released one by one"),))
        if RIGHTS[action] not in caller.rights:
            raise Problem("no_right")
        said = reason_of(reason)
        if not isinstance(chosen, Query) and not 0 < len(chosen) <= MOST_IDS:
            raise Problem("invalid", fields=(FieldProblem("items", f"1 to {MOST_IDS} numbers"),))
        before = self._by_key(caller.person.id, key[:LONGEST_KEY])
        if before is not None:
            return before.job
        self._make_room(caller.person.id)
        return self._start(caller, chosen, action, said, key[:LONGEST_KEY])

    def get(self, caller: Caller, job_id: str) -> Job:
        """Raises Problem not_found, also for somebody else's."""
        return self._own(caller, job_id).job

    def list(self, caller: Caller) -> list[Job]:
        """The newest first."""
        return [each.job for each in reversed(self._jobs.values()) if each.person == caller.person.id]

    def cancel(self, caller: Caller, job_id: str) -> Job:
        """No further item is changed; those that were stay so."""
        running = self._own(caller, job_id)
        running.cancelled = True
        return running.job

    async def stop(self) -> None:
        """The process ends: jobs end at the item they are at."""
        tasks = [each.task for each in self._jobs.values() if each.task and not each.task.done()]
        for each in self._jobs.values():
            each.cancelled = True
        if tasks:
            await asyncio.wait(tasks)

    def _own(self, caller: Caller, job_id: str) -> _Running:
        found = self._jobs.get(job_id)
        if found is None or found.person != caller.person.id:
            raise Problem("not_found")
        return found

    def _by_key(self, person: str, key: str) -> _Running | None:
        return next((each for each in self._jobs.values() if key and (each.person, each.key) == (person, key)), None)

    def _make_room(self, person: str) -> None:
        running = [each for each in self._jobs.values() if each.job.state is JobState.RUNNING]
        if len(running) >= AT_ONCE or sum(each.person == person for each in running) >= OF_ONE_PERSON:
            raise Problem("too_many", headers={"Retry-After": "5"})
        ended = [job_id for job_id, each in self._jobs.items() if each.job.state is not JobState.RUNNING]
        for job_id in ended[: max(0, len(self._jobs) - KEPT + 1)]:
            del self._jobs[job_id]

    def _start(self, caller: Caller, chosen: Query | Sequence[str], action: BulkAction, reason: str, key: str) -> Job:
        total = 0 if isinstance(chosen, Query) else len(chosen)
        job = Job(
            id=secrets.token_hex(8),
            action=action,
            reason=reason,
            state=JobState.RUNNING,
            progress=BulkProgress(seen=0, changed=0, refused={}, total=total),
            begun_at=datetime.now(UTC),
        )
        running = _Running(job, caller.person.id, key)
        self._jobs[job.id] = running
        running.task = asyncio.create_task(self._run(running, self._steps(caller, chosen, action, reason)), name="bulk")
        return job

    def _steps(
        self, caller: Caller, chosen: Query | Sequence[str], action: BulkAction, reason: str
    ) -> AsyncIterator[BulkProgress]:
        rules = self._gateway.rules
        # One that has left the rules is not among them: nobody knows how strict it was.
        alone = [name for name in rules.profiles if not quarantine.needs_second_person(rules, name, original=False)]
        bulk = Bulk(
            chosen=chosen if isinstance(chosen, Query) else tuple(chosen),
            action=action,
            actor=caller.actor,
            reason=reason,
            scope=caller.scope,
            alone=frozenset(alone),
        )
        return self._gateway.store.lists.change_many(bulk)

    async def _run(self, running: _Running, steps: AsyncIterator[BulkProgress]) -> None:
        end = JobState.DONE
        try:
            async for progress in steps:
                running.now(progress=progress)
                self._tell(running.person, running.job)
                if running.cancelled:
                    end = JobState.CANCELLED
                    break
        except StoreError as error:
            log.warning("a bulk action ended early: %s", error)
            end = JobState.FAILED
        running.now(state=end, ended_at=datetime.now(UTC))
        self._tell(running.person, running.job)
        self._gateway.wake()
